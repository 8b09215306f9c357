package iam_test

import (
	"encoding/xml"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/quoinhq/quoin/internal/iam/iamtest"
	"github.com/quoinhq/quoin/internal/sigv4"
)

const (
	trustAccount = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":["sts:AssumeRole","sts:TagSession"]}]}`
	allowAll     = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`
)

// client speaks the query protocol to a test server.
type client struct {
	t     testing.TB
	url   string
	creds sigv4.Credentials
}

func newClient(t testing.TB, e *iamtest.Env) *client {
	return &client{t, e.Serve(t), e.Root}
}

func (c *client) as(creds sigv4.Credentials) *client { return &client{c.t, c.url, creds} }

// call sends an action with its parameters, given as name, value, name, value.
func (c *client) call(service, action string, params ...string) (status int, body string) {
	c.t.Helper()
	form := url.Values{"Action": {action}}
	for i := 0; i < len(params); i += 2 {
		form.Set(params[i], params[i+1])
	}
	text := form.Encode()
	r, err := http.NewRequest("POST", c.url+"/", strings.NewReader(text))
	if err != nil {
		c.t.Fatal(err)
	}
	return c.send(service, r, text)
}

// send signs a request as it is and returns the reply.
func (c *client) send(service string, r *http.Request, body string) (int, string) {
	c.t.Helper()
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if c.creds.AccessKeyID != "" {
		if err := sigv4.Sign(r, c.creds, iamtest.Region, service, sigv4.HashBody([]byte(body)), time.Now()); err != nil {
			c.t.Fatal(err)
		}
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	if resp.Header.Get("Content-Type") != "text/xml" || resp.Header.Get("X-Amzn-Requestid") == "" {
		c.t.Errorf("headers %v", resp.Header)
	}
	return resp.StatusCode, string(b)
}

// ok is call for what must succeed.
func (c *client) ok(service, action string, params ...string) string {
	c.t.Helper()
	status, body := c.call(service, action, params...)
	if status != 200 {
		c.t.Fatalf("%s: %d %s", action, status, body)
	}
	return body
}

// fails is call for what must be refused with that code.
func (c *client) fails(code, service, action string, params ...string) (message string) {
	c.t.Helper()
	status, body := c.call(service, action, params...)
	if status == 200 {
		c.t.Fatalf("%s succeeded, want %s", action, code)
	}
	if got := element(body, "Code"); got != code {
		c.t.Fatalf("%s: got %s (%s), want %s", action, got, element(body, "Message"), code)
	}
	return element(body, "Message")
}

// element returns the text of the first element of that name.
func element(doc, name string) string {
	dec := xml.NewDecoder(strings.NewReader(doc))
	for {
		tok, err := dec.Token()
		if err != nil {
			return ""
		}
		if s, ok := tok.(xml.StartElement); ok && s.Name.Local == name {
			var text string
			if dec.DecodeElement(&text, &s) != nil {
				return ""
			}
			return text
		}
	}
}

func credsIn(doc string) sigv4.Credentials {
	return sigv4.Credentials{AccessKeyID: element(doc, "AccessKeyId"), SecretAccessKey: element(doc, "SecretAccessKey"),
		SessionToken: element(doc, "SessionToken")}
}

const roleARN = "arn:aws:iam::123456789012:role/"

func (c *client) makeRole(name string) {
	c.t.Helper()
	c.ok("iam", "CreateRole", "RoleName", name, "AssumeRolePolicyDocument", trustAccount)
}

func (c *client) makeUser(name string) *client {
	c.t.Helper()
	c.ok("iam", "CreateUser", "UserName", name)
	return c.as(credsIn(c.ok("iam", "CreateAccessKey", "UserName", name)))
}

func (c *client) assume(name string, params ...string) *client {
	c.t.Helper()
	return c.as(credsIn(c.ok("sts", "AssumeRole", append([]string{"RoleArn", roleARN + name, "RoleSessionName", "test"}, params...)...)))
}

func TestCallerIdentity(t *testing.T) {
	root := newClient(t, iamtest.New(t))
	root.makeRole("reader")
	for _, c := range []struct {
		name      string
		who       *client
		arn, user string
	}{
		{"root", root, "arn:aws:iam::123456789012:root", "123456789012"},
		{"user", root.makeUser("alice"), "arn:aws:iam::123456789012:user/alice", "AIDA"},
		{"role", root.assume("reader"), "arn:aws:sts::123456789012:assumed-role/reader/test", "AROA"},
	} {
		t.Run(c.name, func(t *testing.T) {
			body := c.who.ok("sts", "GetCallerIdentity")
			if got := element(body, "Arn"); got != c.arn {
				t.Errorf("Arn %s", got)
			}
			if got := element(body, "UserId"); !strings.HasPrefix(got, c.user) {
				t.Errorf("UserId %s", got)
			}
			if !strings.Contains(body, `xmlns="https://sts.amazonaws.com/doc/2011-06-15/"`) || element(body, "RequestId") == "" {
				t.Errorf("not in the form of AWS: %s", body)
			}
		})
	}
}

func TestPermissionsDecide(t *testing.T) {
	root := newClient(t, iamtest.New(t))
	root.makeRole("reader")
	alice := root.makeUser("alice")
	msg := alice.fails("AccessDenied", "iam", "GetRole", "RoleName", "reader")
	want := "User: arn:aws:iam::123456789012:user/alice is not authorized to perform: iam:GetRole on resource: arn:aws:iam::123456789012:role/reader " +
		"because no identity-based policy allows the iam:GetRole action"
	if msg != want {
		t.Errorf("got  %s\nwant %s", msg, want)
	}
	root.ok("iam", "PutUserPolicy", "UserName", "alice", "PolicyName", "p",
		"PolicyDocument", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:Get*","Resource":"*"}]}`)
	alice.ok("iam", "GetRole", "RoleName", "reader")
	alice.fails("NoSuchEntity", "iam", "GetRole", "RoleName", "nobody")
	alice.fails("AccessDenied", "iam", "DeleteRole", "RoleName", "reader")
	root.ok("iam", "PutUserPolicy", "UserName", "alice", "PolicyName", "q",
		"PolicyDocument", `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"iam:GetRole","Resource":"*"}]}`)
	if msg := alice.fails("AccessDenied", "iam", "GetRole", "RoleName", "reader"); !strings.HasSuffix(msg, "with an explicit deny in an identity-based policy") {
		t.Error(msg)
	}
}

// What is taken away is gone for the very next call.
func TestRevocationCountsAtOnce(t *testing.T) {
	cases := map[string]func(t *testing.T, root *client){
		"key deactivated": func(t *testing.T, root *client) {
			u := root.makeUser("u")
			u.ok("sts", "GetCallerIdentity")
			root.ok("iam", "UpdateAccessKey", "UserName", "u", "AccessKeyId", u.creds.AccessKeyID, "Status", "Inactive")
			u.fails("InvalidClientTokenId", "sts", "GetCallerIdentity")
			root.ok("iam", "UpdateAccessKey", "UserName", "u", "AccessKeyId", u.creds.AccessKeyID, "Status", "Active")
			u.ok("sts", "GetCallerIdentity")
		},
		"key deleted": func(t *testing.T, root *client) {
			u := root.makeUser("u")
			u.ok("sts", "GetCallerIdentity")
			root.ok("iam", "DeleteAccessKey", "UserName", "u", "AccessKeyId", u.creds.AccessKeyID)
			u.fails("InvalidClientTokenId", "sts", "GetCallerIdentity")
		},
		"role deleted and made anew": func(t *testing.T, root *client) {
			root.makeRole("r")
			s := root.assume("r")
			s.ok("sts", "GetCallerIdentity")
			root.ok("iam", "DeleteRole", "RoleName", "r")
			s.fails("InvalidClientTokenId", "sts", "GetCallerIdentity")
			root.makeRole("r")
			s.fails("InvalidClientTokenId", "sts", "GetCallerIdentity")
		},
		"user of a session deleted": func(t *testing.T, root *client) {
			u := root.makeUser("u")
			s := u.as(credsIn(u.ok("sts", "GetSessionToken")))
			s.ok("sts", "GetCallerIdentity")
			root.ok("iam", "DeleteAccessKey", "UserName", "u", "AccessKeyId", u.creds.AccessKeyID)
			root.ok("iam", "DeleteUser", "UserName", "u")
			s.fails("InvalidClientTokenId", "sts", "GetCallerIdentity")
		},
		"inline policy deleted": func(t *testing.T, root *client) {
			u := root.makeUser("u")
			root.ok("iam", "PutUserPolicy", "UserName", "u", "PolicyName", "p", "PolicyDocument", allowAll)
			u.ok("iam", "ListRoles")
			root.ok("iam", "DeleteUserPolicy", "UserName", "u", "PolicyName", "p")
			u.fails("AccessDenied", "iam", "ListRoles")
		},
		"managed policy detached": func(t *testing.T, root *client) {
			u := root.makeUser("u")
			arn := element(root.ok("iam", "CreatePolicy", "PolicyName", "p", "PolicyDocument", allowAll), "Arn")
			root.ok("iam", "AttachUserPolicy", "UserName", "u", "PolicyArn", arn)
			u.ok("iam", "ListRoles")
			root.ok("iam", "DetachUserPolicy", "UserName", "u", "PolicyArn", arn)
			u.fails("AccessDenied", "iam", "ListRoles")
		},
		"managed policy version": func(t *testing.T, root *client) {
			u := root.makeUser("u")
			arn := element(root.ok("iam", "CreatePolicy", "PolicyName", "p", "PolicyDocument", allowAll), "Arn")
			root.ok("iam", "AttachUserPolicy", "UserName", "u", "PolicyArn", arn)
			u.ok("iam", "ListRoles")
			root.ok("iam", "CreatePolicyVersion", "PolicyArn", arn, "SetAsDefault", "true",
				"PolicyDocument", strings.Replace(allowAll, "Allow", "Deny", 1))
			u.fails("AccessDenied", "iam", "ListRoles")
			root.ok("iam", "SetDefaultPolicyVersion", "PolicyArn", arn, "VersionId", "v1")
			u.ok("iam", "ListRoles")
		},
		"boundary put": func(t *testing.T, root *client) {
			u := root.makeUser("u")
			root.ok("iam", "PutUserPolicy", "UserName", "u", "PolicyName", "p", "PolicyDocument", allowAll)
			u.ok("iam", "ListRoles")
			root.ok("iam", "PutUserPermissionsBoundary", "UserName", "u", "PermissionsBoundary", "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")
			if msg := u.fails("AccessDenied", "iam", "ListRoles"); !strings.Contains(msg, "because no permissions boundary allows") {
				t.Error(msg)
			}
		},
	}
	for name, run := range cases {
		t.Run(name, func(t *testing.T) { run(t, newClient(t, iamtest.New(t))) })
	}
}
