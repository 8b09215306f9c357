package finspace

import (
	"bufio"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// LoadConfig reads what other AWS tools read: the environment, then the
// profile of that name in the shared credentials and config files. An empty
// profile is AWS_PROFILE's, or "default".
//
// Of the environment it reads AWS_ENDPOINT_URL_FINSPACE, AWS_ENDPOINT_URL,
// AWS_IGNORE_CONFIGURED_ENDPOINT_URLS, AWS_REGION, AWS_DEFAULT_REGION,
// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_ROLE_ARN
// with AWS_WEB_IDENTITY_TOKEN_FILE, AWS_SHARED_CREDENTIALS_FILE,
// AWS_CONFIG_FILE, AWS_CA_BUNDLE and AWS_MAX_ATTEMPTS. Of a profile: keys,
// region, endpoint_url, also below services, credential_process, role_arn with
// source_profile, role_session_name, external_id and duration_seconds, and
// ca_bundle. Keys in the environment win over a profile unless the profile is
// named by the argument.
//
// It fails on a file that cannot be read or parsed, on a profile that does not
// exist, and when there are no credentials; where requests go is checked by
// New.
func LoadConfig(profile string) (Config, error) { return loadConfig(profile, os.Getenv) }

func loadConfig(profile string, getenv func(string) string) (Config, error) {
	l := loader{getenv: getenv, named: profile != ""}
	if profile == "" {
		profile = first(getenv("AWS_PROFILE"), getenv("AWS_DEFAULT_PROFILE"))
		l.asked = profile != ""
	}
	l.profile = first(profile, "default")
	if err := l.readFiles(); err != nil {
		return Config{}, err
	}
	if (l.named || l.asked) && !l.known(l.profile) {
		return Config{}, fmt.Errorf("finspace: there is no profile %q", l.profile)
	}
	cfg := Config{
		Endpoint: l.endpoint("finspace"),
		Region:   first(getenv("AWS_REGION"), getenv("AWS_DEFAULT_REGION"), l.setting(l.profile, "region")),
	}
	if n := getenv("AWS_MAX_ATTEMPTS"); n != "" {
		if _, err := fmt.Sscanf(n, "%d", &cfg.MaxAttempts); err != nil || cfg.MaxAttempts < 1 {
			return Config{}, fmt.Errorf("finspace: AWS_MAX_ATTEMPTS is %q, not a number", n)
		}
	}
	var err error
	if cfg.HTTPClient, err = l.httpClient(); err != nil {
		return Config{}, err
	}
	l.sts = stsClient{http: cfg.HTTPClient, endpoint: l.endpoint("sts"), region: cfg.Region}
	if cfg.Credentials, err = l.credentials(); err != nil {
		return Config{}, err
	}
	return cfg, nil
}

// loader holds what the files say while a Config is made.
type loader struct {
	getenv      func(string) string
	profile     string
	named       bool // by the caller
	asked       bool // by the environment
	credentialf ini
	configf     ini
	sts         stsClient
}

func first(list ...string) string {
	for _, s := range list {
		if s != "" {
			return s
		}
	}
	return ""
}

func (l *loader) readFiles() error {
	home := l.getenv("HOME")
	if home == "" {
		home = l.getenv("USERPROFILE")
	}
	for _, f := range []struct {
		path string
		into *ini
	}{
		{first(l.getenv("AWS_SHARED_CREDENTIALS_FILE"), filepath.Join(home, ".aws", "credentials")), &l.credentialf},
		{first(l.getenv("AWS_CONFIG_FILE"), filepath.Join(home, ".aws", "config")), &l.configf},
	} {
		text, err := os.ReadFile(f.path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("finspace: %w", err)
		}
		if *f.into, err = parseINI(string(text)); err != nil {
			return fmt.Errorf("finspace: %s: %w", f.path, err)
		}
	}
	return nil
}

// section is what the config file calls a profile's section.
func section(profile string) string {
	if profile == "default" {
		return profile
	}
	return "profile " + profile
}

func (l *loader) known(profile string) bool {
	return l.credentialf[profile] != nil || l.configf[section(profile)] != nil
}

// setting is a profile's value of a key, from the credentials file or, if it
// is not there, from the config file.
func (l *loader) setting(profile, key string) string {
	return first(l.credentialf[profile][key], l.configf[section(profile)][key])
}

// endpoint finds the URL of a service in the order that AWS documents under
// "Service-specific endpoints".
func (l *loader) endpoint(name string) string {
	if url := first(l.getenv("AWS_ENDPOINT_URL_"+strings.ToUpper(name)), l.getenv("AWS_ENDPOINT_URL")); url != "" {
		return url
	}
	if strings.EqualFold(l.getenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"), "true") {
		return ""
	}
	services := l.configf["services "+l.setting(l.profile, "services")]
	return first(services[name+".endpoint_url"], l.setting(l.profile, "endpoint_url"))
}

// httpClient returns a client that trusts the certificate authorities that
// environment or profile name, or else the machine's.
func (l *loader) httpClient() (*http.Client, error) {
	bundle := first(l.getenv("AWS_CA_BUNDLE"), l.setting(l.profile, "ca_bundle"))
	if bundle == "" {
		return newHTTPClient(nil), nil
	}
	pem, err := os.ReadFile(bundle)
	if err != nil {
		return nil, fmt.Errorf("finspace: certificate authorities: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("finspace: %s holds no certificate", bundle)
	}
	return newHTTPClient(pool), nil
}

// credentials decides where credentials come from.
func (l *loader) credentials() (CredentialsProvider, error) {
	if !l.named {
		if id, secret := l.getenv("AWS_ACCESS_KEY_ID"), l.getenv("AWS_SECRET_ACCESS_KEY"); id != "" && secret != "" {
			return StaticCredentials{AccessKeyID: id, SecretAccessKey: secret, SessionToken: l.getenv("AWS_SESSION_TOKEN")}, nil
		}
		if file, role := l.getenv("AWS_WEB_IDENTITY_TOKEN_FILE"), l.getenv("AWS_ROLE_ARN"); file != "" && role != "" {
			return l.sts.webIdentity(role, first(l.getenv("AWS_ROLE_SESSION_NAME"), "quoin"), file), nil
		}
	}
	p, err := l.profileCredentials(l.profile, nil)
	if err == nil && p == nil {
		err = fmt.Errorf("finspace: no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or put them into profile %q", l.profile)
	}
	return p, err
}

// profileCredentials returns those that a profile asks for, or nil if it asks
// for none. The profiles on the way there are in seen.
func (l *loader) profileCredentials(profile string, seen []string) (CredentialsProvider, error) {
	for _, s := range seen {
		if s == profile && len(seen) > 1 {
			return nil, fmt.Errorf("finspace: profiles %q take their credentials from each other", seen)
		}
	}
	get := func(key string) string { return l.setting(profile, key) }
	static := StaticCredentials{
		AccessKeyID: get("aws_access_key_id"), SecretAccessKey: get("aws_secret_access_key"), SessionToken: get("aws_session_token"),
	}
	role, source := get("role_arn"), get("source_profile")
	switch {
	case role != "" && source == profile && static.AccessKeyID != "", role == "" && static.AccessKeyID != "":
		if static.SecretAccessKey == "" {
			return nil, fmt.Errorf("finspace: profile %q has an access key and no secret", profile)
		}
		if role == "" {
			return static, nil
		}
		return l.sts.assumeRole(l.roleRequest(profile), static), nil
	case role != "" && get("web_identity_token_file") != "":
		return l.sts.webIdentity(role, first(get("role_session_name"), "quoin"), get("web_identity_token_file")), nil
	case role != "" && source != "":
		if !l.known(source) {
			return nil, fmt.Errorf("finspace: profile %q takes its credentials from %q, which does not exist", profile, source)
		}
		from, err := l.profileCredentials(source, append(seen, profile))
		if err == nil && from == nil {
			err = fmt.Errorf("finspace: profile %q has no credentials for %q", source, profile)
		}
		if err != nil {
			return nil, err
		}
		return l.sts.assumeRole(l.roleRequest(profile), from), nil
	case role != "":
		return nil, fmt.Errorf("finspace: profile %q has a role and no source_profile", profile)
	case get("credential_process") != "":
		return &cachedCredentials{fetch: processCredentials(get("credential_process"))}, nil
	}
	return nil, nil
}

func (l *loader) roleRequest(profile string) roleRequest {
	return roleRequest{
		role:       l.setting(profile, "role_arn"),
		session:    first(l.setting(profile, "role_session_name"), "quoin"),
		externalID: l.setting(profile, "external_id"),
		seconds:    l.setting(profile, "duration_seconds"),
	}
}

// processCredentials runs a command of the user's that prints credentials, as
// "Sourcing credentials with an external process" in AWS's SDK guide has it.
func processCredentials(command string) func(context.Context) (Credentials, error) {
	return func(ctx context.Context) (Credentials, error) {
		out, err := exec.CommandContext(ctx, "sh", "-c", command).Output()
		if err != nil {
			return Credentials{}, fmt.Errorf("credential_process: %w", err)
		}
		var doc struct {
			Version                                    int
			AccessKeyID, SecretAccessKey, SessionToken string
			Expiration                                 *time.Time
		}
		if err := json.Unmarshal(out, &doc); err != nil || doc.Version != 1 || doc.AccessKeyID == "" {
			return Credentials{}, errors.New("credential_process printed no credentials of version 1")
		}
		return Credentials{
			AccessKeyID: doc.AccessKeyID, SecretAccessKey: doc.SecretAccessKey, SessionToken: doc.SessionToken, Expires: Value(doc.Expiration),
		}, nil
	}
}

// ini is a file of sections with settings. A setting that has settings of its
// own, indented below it, gives keys with a dot.
type ini map[string]map[string]string

func parseINI(text string) (ini, error) {
	out := make(ini)
	var section map[string]string
	var parent string
	lines := bufio.NewScanner(strings.NewReader(text))
	for n := 1; lines.Scan(); n++ {
		raw := lines.Text()
		line := strings.TrimSpace(raw)
		if line == "" || line[0] == '#' || line[0] == ';' {
			continue
		}
		if line[0] == '[' {
			name, _, ok := strings.Cut(line[1:], "]")
			if !ok {
				return nil, fmt.Errorf("line %d: a section without end", n)
			}
			name = strings.Join(strings.Fields(name), " ")
			if out[name] == nil {
				out[name] = make(map[string]string)
			}
			section, parent = out[name], ""
			continue
		}
		key, value, ok := strings.Cut(line, "=")
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		if !ok || section == nil {
			return nil, fmt.Errorf("line %d: neither a section nor a setting", n)
		}
		if value == "" || value[0] != '#' && value[0] != ';' {
			for _, mark := range []string{" #", " ;"} {
				value, _, _ = strings.Cut(value, mark)
			}
		}
		if raw[0] == ' ' || raw[0] == '\t' {
			if parent == "" {
				return nil, fmt.Errorf("line %d: an indented setting below none", n)
			}
			section[parent+"."+key] = strings.TrimSpace(value)
			continue
		}
		section[key] = strings.TrimSpace(value)
		parent = key
	}
	return out, lines.Err()
}
