package finspace_test

import (
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/api/apitest"
	"github.com/quoinhq/quoin/internal/sigv4"
)

// home writes the shared files below a home directory and returns an
// environment with it.
func home(t *testing.T, credentials, config string) map[string]string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, ".aws"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"credentials": credentials, "config": config} {
		if text == "" {
			continue
		}
		if err := os.WriteFile(filepath.Join(dir, ".aws", name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return map[string]string{"HOME": dir}
}

func TestLoadConfig(t *testing.T) {
	const credentials = `
[default]
aws_access_key_id = DEFAULTKEY
aws_secret_access_key = defaultsecret ; a remark
[desk]
aws_access_key_id=DESKKEY
aws_secret_access_key=desk#secret
aws_session_token=desktoken
`
	const config = `
# the shared config
[default]
region = us-east-2
endpoint_url = http://default:1

[profile desk]
region = eu-west-2
services = local
endpoint_url = http://desk:1
[services local]
finspace =
  endpoint_url = http://finspace:1
sts =
  endpoint_url = http://sts:1
[profile keys-in-config]
aws_access_key_id = CONFIGKEY
aws_secret_access_key = s
[profile half]
aws_access_key_id = HALF
[profile alone]
role_arn = arn:aws:iam::123456789012:role/r
[profile a]
role_arn = arn:aws:iam::123456789012:role/r
source_profile = b
[profile b]
role_arn = arn:aws:iam::123456789012:role/r
source_profile = a
[profile process]
credential_process = echo '{"Version":1,"AccessKeyId":"PROCKEY","SecretAccessKey":"s","SessionToken":"t","Expiration":"2999-01-01T00:00:00Z"}'
[profile broken]
credential_process = echo '{"Version":2}'
`
	keys := map[string]string{"AWS_ACCESS_KEY_ID": "ENVKEY", "AWS_SECRET_ACCESS_KEY": "s"}
	for _, tt := range []struct {
		name, profile         string
		env                   map[string]string
		key, token            string
		region, endpoint, err string
	}{
		{name: "default profile", key: "DEFAULTKEY", region: "us-east-2", endpoint: "http://default:1"},
		{name: "environment", env: map[string]string{"AWS_ACCESS_KEY_ID": "ENVKEY", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": "t", "AWS_REGION": "r1", "AWS_DEFAULT_REGION": "r2", "AWS_ENDPOINT_URL": "http://env:1"},
			key: "ENVKEY", token: "t", region: "r1", endpoint: "http://env:1"},
		{name: "the service's own endpoint", env: map[string]string{"AWS_ENDPOINT_URL": "http://env:1", "AWS_ENDPOINT_URL_FINSPACE": "http://own:1", "AWS_DEFAULT_REGION": "r2"}, key: "DEFAULTKEY", region: "r2", endpoint: "http://own:1"},
		{name: "AWS_PROFILE", env: map[string]string{"AWS_PROFILE": "desk"}, key: "DESKKEY", token: "desktoken", region: "eu-west-2", endpoint: "http://finspace:1"},
		{name: "keys in the environment before AWS_PROFILE", env: map[string]string{"AWS_PROFILE": "desk", "AWS_ACCESS_KEY_ID": "ENVKEY", "AWS_SECRET_ACCESS_KEY": "s"}, key: "ENVKEY", region: "eu-west-2", endpoint: "http://finspace:1"},
		{name: "a named profile before keys in the environment", profile: "desk", env: keys, key: "DESKKEY", token: "desktoken", region: "eu-west-2", endpoint: "http://finspace:1"},
		{name: "configured endpoints ignored", profile: "desk", env: map[string]string{"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "TRUE"}, key: "DESKKEY", token: "desktoken", region: "eu-west-2"},
		{name: "keys in the config file", profile: "keys-in-config", key: "CONFIGKEY"},
		{name: "process", profile: "process", key: "PROCKEY", token: "t"},
		{name: "process of another version", profile: "broken", err: "printed no credentials"},
		{name: "no such profile", profile: "nobody", err: `there is no profile "nobody"`},
		{name: "no such AWS_PROFILE", env: map[string]string{"AWS_PROFILE": "nobody"}, err: `there is no profile "nobody"`},
		{name: "a key without a secret", profile: "half", err: "no secret"},
		{name: "a role without a source", profile: "alone", err: "no source_profile"},
		{name: "a circle", profile: "a", err: "from each other"},
		{name: "a wrong number", env: map[string]string{"AWS_MAX_ATTEMPTS": "many"}, err: "AWS_MAX_ATTEMPTS"},
		{name: "no authorities", env: map[string]string{"AWS_CA_BUNDLE": "/does/not/exist"}, err: "certificate authorities"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			env := home(t, credentials, config)
			for k, v := range tt.env {
				env[k] = v
			}
			cfg, err := finspace.LoadConfigFrom(tt.profile, env)
			var got finspace.Credentials
			if err == nil {
				got, err = cfg.Credentials.Credentials(t.Context())
			}
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Fatalf("got %v, want %q", err, tt.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got.AccessKeyID != tt.key || got.SessionToken != tt.token || cfg.Region != tt.region || cfg.Endpoint != tt.endpoint {
				t.Errorf("%s %q, region %q, endpoint %q", got.AccessKeyID, got.SessionToken, cfg.Region, cfg.Endpoint)
			}
			if tt.key == "DEFAULTKEY" && got.SecretAccessKey != "defaultsecret" || tt.key == "DESKKEY" && got.SecretAccessKey != "desk#secret" {
				t.Errorf("secret %q", got.SecretAccessKey)
			}
		})
	}
	t.Run("nothing at all", func(t *testing.T) {
		if _, err := finspace.LoadConfigFrom("", home(t, "", "")); err == nil || !strings.Contains(err.Error(), "no credentials") {
			t.Errorf("%v", err)
		}
	})
	for name, text := range map[string]string{
		"a section without end":    "[default\n",
		"a setting in no section":  "region = x\n",
		"a line that is neither":   "[default]\nregion\n",
		"an indented line too far": "[default]\n  region = x\n",
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := finspace.LoadConfigFrom("", home(t, text, "")); err == nil || !strings.Contains(err.Error(), "credentials: line ") {
				t.Errorf("%v", err)
			}
		})
	}
}

// TestRoles has a server of STS's protocol give out roles.
func TestRoles(t *testing.T) {
	verifier := sigv4.NewVerifier(sigv4.Config{Region: apitest.Region, Services: []string{"sts"}, Global: []string{"sts"}})
	n := 0
	life := 2 * time.Hour
	sts := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body strings.Builder
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		if r.Form.Get("RoleArn") == "arn:aws:iam::123456789012:role/forbidden" {
			w.WriteHeader(403)
			fmt.Fprint(w, `<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>`)
			return
		}
		action := r.Form.Get("Action")
		if action == "AssumeRole" {
			auth, err := sigv4.Parse(r)
			if err == nil {
				err = verifier.Verify(auth, apitest.Secret, sigv4.HashBody([]byte(r.PostForm.Encode())), time.Now())
			}
			if err != nil {
				t.Error(err)
			}
			if r.Form.Get("RoleSessionName") != "me" || r.Form.Get("ExternalId") != "x" || r.Form.Get("DurationSeconds") != "900" {
				t.Errorf("%v", r.Form)
			}
		} else if r.Form.Get("WebIdentityToken") != "the-token" || r.Header.Get("Authorization") != "" {
			t.Errorf("%v", r.Form)
		}
		n++
		fmt.Fprintf(&body, `<%[1]sResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><%[1]sResult><Credentials><AccessKeyId>KEY%[2]d</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>%[3]s</Expiration></Credentials></%[1]sResult></%[1]sResponse>`,
			action, n, time.Now().Add(life).UTC().Format(time.RFC3339))
		fmt.Fprint(w, body.String())
	}))
	defer sts.Close()

	const config = `
[profile base]
aws_access_key_id = ` + apitest.KeyID + `
aws_secret_access_key = ` + apitest.Secret + `
[profile role]
role_arn = arn:aws:iam::123456789012:role/r
source_profile = base
role_session_name = me
external_id = x
duration_seconds = 900
[profile forbidden]
role_arn = arn:aws:iam::123456789012:role/forbidden
source_profile = base
`
	load := func(t *testing.T, profile string, more map[string]string) finspace.CredentialsProvider {
		env := home(t, "", config)
		env["AWS_ENDPOINT_URL"], env["AWS_REGION"] = sts.URL, apitest.Region
		for k, v := range more {
			env[k] = v
		}
		cfg, err := finspace.LoadConfigFrom(profile, env)
		if err != nil {
			t.Fatal(err)
		}
		return cfg.Credentials
	}
	get := func(t *testing.T, p finspace.CredentialsProvider) string {
		c, err := p.Credentials(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return c.AccessKeyID
	}
	t.Run("kept while it lasts", func(t *testing.T) {
		p := load(t, "role", nil)
		if a, b := get(t, p), get(t, p); a != b {
			t.Errorf("%s, then %s", a, b)
		}
	})
	t.Run("renewed before it ends", func(t *testing.T) {
		life = 30 * time.Second
		p := load(t, "role", nil)
		if a, b := get(t, p), get(t, p); a == b {
			t.Errorf("%s twice", a)
		}
	})
	t.Run("refused", func(t *testing.T) {
		if _, err := load(t, "forbidden", nil).Credentials(t.Context()); err == nil || !strings.Contains(err.Error(), "AssumeRole: AccessDenied: no") {
			t.Errorf("%v", err)
		}
	})
	t.Run("web identity", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "token")
		if err := os.WriteFile(file, []byte("the-token\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		get(t, load(t, "", map[string]string{"AWS_WEB_IDENTITY_TOKEN_FILE": file, "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/r"}))
	})
}

func TestTLS(t *testing.T) {
	srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, `{"environments":[]}`) }))
	srv.Config.ErrorLog = nil
	defer srv.Close()
	bundle := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(bundle, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, trusted := range []bool{true, false} {
		env := home(t, "", "")
		env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"], env["AWS_REGION"], env["AWS_ENDPOINT_URL"] = "A", "s", apitest.Region, srv.URL
		if trusted {
			env["AWS_CA_BUNDLE"] = bundle
		}
		cfg, err := finspace.LoadConfigFrom("", env)
		if err != nil {
			t.Fatal(err)
		}
		c, err := finspace.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.ListKxEnvironments(t.Context(), nil)
		if (err == nil) != trusted {
			t.Errorf("trusted %v: %v", trusted, err)
		}
		if err != nil && strings.Contains(err.Error(), "attempts") {
			t.Errorf("tried again: %v", err)
		}
	}
}
