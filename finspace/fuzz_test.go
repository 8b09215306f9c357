package finspace_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/quoinhq/quoin/finspace"
)

// canned is a transport that answers everything alike.
type canned struct {
	status int
	body   string
}

func (c canned) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: c.status, Body: io.NopCloser(strings.NewReader(c.body)), Request: r}, nil
}

// Whatever answers in place of STS, there are credentials or an error.
func FuzzSTSReply(f *testing.F) {
	const reply = `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>` +
		`<AccessKeyId>ASIAX</AccessKeyId><SecretAccessKey>s&amp;s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2030-01-02T03:04:05Z</Expiration>` +
		`</Credentials></AssumeRoleResult></AssumeRoleResponse>`
	f.Add(200, reply)
	f.Add(200, strings.Replace(reply, "2030-01-02T03:04:05Z", "tomorrow", 1))
	f.Add(403, `<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>`)
	f.Add(500, "<html>")
	f.Add(200, "")
	f.Fuzz(func(t *testing.T, status int, body string) {
		cfg := finspace.Config{
			Endpoint: "http://sts", Region: "us-east-1", HTTPClient: &http.Client{Transport: canned{status, body}},
			Credentials: finspace.StaticCredentials{AccessKeyID: "AKIAX", SecretAccessKey: "secret"},
		}
		creds, err := finspace.AssumeRole(cfg, "arn:aws:iam::123456789012:role/r", "s").Credentials(t.Context())
		if err == nil && (creds.AccessKeyID == "" || status != http.StatusOK) {
			t.Fatalf("status %d: credentials %q", status, creds.AccessKeyID)
		}
	})
}
