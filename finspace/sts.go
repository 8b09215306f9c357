package finspace

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/quoinhq/quoin/internal/sigv4"
)

// stsClient gets the credentials of roles that a profile names. It speaks the
// two calls of STS that this needs, in its query protocol.
type stsClient struct {
	http     *http.Client
	endpoint string
	region   string
}

// roleRequest is what a profile says of the role to assume.
type roleRequest struct{ role, session, externalID, seconds string }

func (s stsClient) assumeRole(r roleRequest, from CredentialsProvider) CredentialsProvider {
	return &cachedCredentials{fetch: func(ctx context.Context) (Credentials, error) {
		creds, err := from.Credentials(ctx)
		if err != nil {
			return Credentials{}, err
		}
		form := url.Values{"RoleArn": {r.role}, "RoleSessionName": {r.session}}
		if r.externalID != "" {
			form.Set("ExternalId", r.externalID)
		}
		if r.seconds != "" {
			form.Set("DurationSeconds", r.seconds)
		}
		return s.call(ctx, "AssumeRole", form, &creds)
	}}
}

// webIdentity reads the token anew each time, since whoever writes the file
// renews it.
func (s stsClient) webIdentity(role, session, file string) CredentialsProvider {
	return &cachedCredentials{fetch: func(ctx context.Context) (Credentials, error) {
		token, err := os.ReadFile(file)
		if err != nil {
			return Credentials{}, err
		}
		return s.call(ctx, "AssumeRoleWithWebIdentity", url.Values{
			"RoleArn": {role}, "RoleSessionName": {session}, "WebIdentityToken": {strings.TrimSpace(string(token))},
		}, nil)
	}}
}

type stsCredentials struct {
	AccessKeyID     string `xml:"AccessKeyId"`
	SecretAccessKey string
	SessionToken    string
	Expiration      time.Time
}

// call sends one request, signed if there are credentials to sign it with.
func (s stsClient) call(ctx context.Context, action string, form url.Values, creds *Credentials) (Credentials, error) {
	if s.endpoint == "" {
		return Credentials{}, errors.New("no endpoint to assume the role at: set AWS_ENDPOINT_URL")
	}
	form.Set("Action", action)
	form.Set("Version", "2011-06-15")
	body := []byte(form.Encode())
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(s.endpoint, "/")+"/", bytes.NewReader(body))
	if err != nil {
		return Credentials{}, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	if creds != nil {
		if err := sigv4.Sign(req, creds.signing(), first(s.region, "us-east-1"), "sts", sigv4.HashBody(body), time.Now()); err != nil {
			return Credentials{}, err
		}
	}
	resp, err := s.http.Do(req)
	if err != nil {
		return Credentials{}, err
	}
	defer resp.Body.Close()
	reply, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return Credentials{}, err
	}
	if resp.StatusCode != http.StatusOK {
		var doc struct {
			Error struct{ Code, Message string }
		}
		// What is no XML leaves the document empty, and the status must do.
		_ = xml.Unmarshal(reply, &doc)
		return Credentials{}, fmt.Errorf("%s: %w", action, &UnknownError{
			Code: first(doc.Error.Code, fmt.Sprint("HTTP", resp.StatusCode)), Message: doc.Error.Message, Status: resp.StatusCode,
		})
	}
	var doc struct {
		AssumeRole  stsCredentials `xml:"AssumeRoleResult>Credentials"`
		WebIdentity stsCredentials `xml:"AssumeRoleWithWebIdentityResult>Credentials"`
	}
	if err := xml.Unmarshal(reply, &doc); err != nil {
		return Credentials{}, fmt.Errorf("%s: %w", action, err)
	}
	got := doc.AssumeRole
	if got.AccessKeyID == "" {
		got = doc.WebIdentity
	}
	if got.AccessKeyID == "" {
		return Credentials{}, fmt.Errorf("%s: the reply has no credentials", action)
	}
	return Credentials{AccessKeyID: got.AccessKeyID, SecretAccessKey: got.SecretAccessKey, SessionToken: got.SessionToken, Expires: got.Expiration}, nil
}

// AssumeRole returns credentials of sessions of a role, got from cfg's server
// with cfg's credentials and got again before they expire. It may be used by
// many goroutines at once.
func AssumeRole(cfg Config, roleARN, sessionName string) CredentialsProvider {
	client := cfg.HTTPClient
	if client == nil {
		client = http.DefaultClient
	}
	s := stsClient{http: client, endpoint: cfg.Endpoint, region: cfg.Region}
	return s.assumeRole(roleRequest{role: roleARN, session: sessionName}, cfg.Credentials)
}
