// Package live starts real servers for tests: on free ports, in temporary
// folders, with clients that sign what they send.
package live

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/quoinhq/quoin/internal/control"
	"github.com/quoinhq/quoin/internal/server"
	"github.com/quoinhq/quoin/internal/sigv4"
)

// Server is a server under test.
type Server struct {
	*server.Server
	Config server.Config
	Root   sigv4.Credentials
	Client *http.Client // http.DefaultClient unless a test sets another
	t      testing.TB
}

// Start starts a server, with what edit changes about its configuration, and
// ends it with the test.
func Start(t testing.TB, edit ...func(*server.Config)) *Server {
	t.Helper()
	cfg := server.Config{
		DataDir: t.TempDir(), APIAddr: "127.0.0.1:0", GatewayAddr: "127.0.0.1:0", AccountID: "123456789012",
		Quotas: control.Quotas{control.QuotaEnvironments: 100}, // tests have one each
	}
	for _, e := range edit {
		e(&cfg)
	}
	s := &Server{Config: cfg, Client: http.DefaultClient, t: t}
	s.open()
	t.Cleanup(func() { s.stop() })
	return s
}

func (s *Server) open() {
	s.t.Helper()
	var err error
	if s.Server, err = server.Open(s.t.Context(), s.Config); err != nil {
		s.t.Fatal(err)
	}
	keys, err := s.DataDir().Credentials()
	if err != nil {
		s.t.Fatal(err)
	}
	s.Root = sigv4.Credentials{AccessKeyID: keys.AccessKeyID, SecretAccessKey: keys.SecretAccessKey}
}

func (s *Server) stop() {
	s.t.Helper()
	if err := s.Close(); err != nil {
		s.t.Errorf("stop the server: %v", err)
	}
}

// Restart ends the server and starts it again on the same folder.
func (s *Server) Restart() {
	s.t.Helper()
	s.stop()
	s.open()
}

// Now is the time on the server's clock.
func (s *Server) Now() time.Time {
	if s.Config.Now != nil {
		return s.Config.Now()
	}
	return time.Now()
}

// Reply is an answer, read whole.
type Reply struct {
	Status int
	Header http.Header
	Body   []byte
}

// Code is the error code that an SDK would find, "" for a success.
func (r *Reply) Code() string { return r.Header.Get("X-Amzn-Errortype") }

// Member is a member of the reply's JSON body as text, "" if there is none.
func (r *Reply) Member(name string) string {
	var members map[string]any
	if json.Unmarshal(r.Body, &members) != nil || members[name] == nil {
		return ""
	}
	return fmt.Sprint(members[name])
}

// Element is the text of the first XML element of that name.
func (r *Reply) Element(name string) string {
	_, rest, _ := strings.Cut(string(r.Body), "<"+name+">")
	text, _, _ := strings.Cut(rest, "</"+name+">")
	return text
}

// Request makes a request for the server that is not signed yet. A body that
// is no []byte is sent as JSON; nil is none.
func (s *Server) Request(method, path string, body any) (*http.Request, []byte) {
	s.t.Helper()
	data, ok := body.([]byte)
	if !ok && body != nil {
		var err error
		if data, err = json.Marshal(body); err != nil {
			s.t.Fatal(err)
		}
	}
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.URL()+path, bytes.NewReader(data))
	if err != nil {
		s.t.Fatal(err)
	}
	if data != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	return r, data
}

// Sign signs a request for finspace as c.
func (s *Server) Sign(r *http.Request, body []byte, c sigv4.Credentials) {
	s.t.Helper()
	region := s.Config.Region
	if region == "" {
		region = "us-east-1"
	}
	if err := sigv4.Sign(r, c, region, "finspace", sigv4.HashBody(body), s.Now()); err != nil {
		s.t.Fatal(err)
	}
}

// Send sends a request as it is.
func (s *Server) Send(r *http.Request) *Reply {
	s.t.Helper()
	res, err := s.Client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return &Reply{res.StatusCode, res.Header, b}
}

// Do signs as the root user and sends.
func (s *Server) Do(method, path string, body any) *Reply {
	s.t.Helper()
	return s.DoAs(s.Root, method, path, body)
}

// DoAs signs as c and sends.
func (s *Server) DoAs(c sigv4.Credentials, method, path string, body any) *Reply {
	s.t.Helper()
	r, data := s.Request(method, path, body)
	s.Sign(r, data, c)
	return s.Send(r)
}

// Query calls an operation of iam or sts, as c, and returns the reply's XML.
func (s *Server) Query(c sigv4.Credentials, service string, params map[string]string) *Reply {
	s.t.Helper()
	form := make([]byte, 0, 256)
	for k, v := range params {
		if len(form) > 0 {
			form = append(form, '&')
		}
		form = append(form, k+"="+url.QueryEscape(v)...)
	}
	r, _ := s.Request(http.MethodPost, "/", form)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	if err := sigv4.Sign(r, c, "us-east-1", service, sigv4.HashBody(form), s.Now()); err != nil {
		s.t.Fatal(err)
	}
	return s.Send(r)
}

// Role makes an IAM role that the account trusts and returns its ARN.
func (s *Server) Role(name string) string {
	s.t.Helper()
	account := s.AccountID()
	reply := s.Query(s.Root, "iam", map[string]string{
		"Action": "CreateRole", "Version": "2010-05-08", "RoleName": name,
		"AssumeRolePolicyDocument": `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + account + `:root"},"Action":"sts:AssumeRole"}}`,
	})
	if reply.Status != http.StatusOK {
		s.t.Fatalf("create role %s: %d %s", name, reply.Status, reply.Body)
	}
	return "arn:aws:iam::" + account + ":role/" + name
}

// UserKey makes an IAM user with an inline policy and returns its access key.
func (s *Server) UserKey(name, policy string) sigv4.Credentials {
	s.t.Helper()
	var key *Reply
	for _, params := range []map[string]string{
		{"Action": "CreateUser", "UserName": name},
		{"Action": "PutUserPolicy", "UserName": name, "PolicyName": "p", "PolicyDocument": policy},
		{"Action": "CreateAccessKey", "UserName": name},
	} {
		params["Version"] = "2010-05-08"
		if key = s.Query(s.Root, "iam", params); key.Status != http.StatusOK {
			s.t.Fatalf("%s %s: %d %s", params["Action"], name, key.Status, key.Body)
		}
	}
	return sigv4.Credentials{AccessKeyID: key.Element("AccessKeyId"), SecretAccessKey: key.Element("SecretAccessKey")}
}

// Environment makes an environment and waits until it can be used.
func (s *Server) Environment(name string) (id string) {
	s.t.Helper()
	reply := s.Do(http.MethodPost, "/kx/environments", map[string]string{
		"name": name, "kmsKeyId": "arn:aws:kms:us-east-1:123456789012:key/1",
	})
	if reply.Status != http.StatusOK {
		s.t.Fatalf("create environment: %d %s", reply.Status, reply.Body)
	}
	id = reply.Member("environmentId")
	s.WaitFor("environment "+id, func() bool {
		return s.Do(http.MethodGet, "/kx/environments/"+id, nil).Member("status") == "CREATED"
	})
	return id
}

// User makes a user.
func (s *Server) User(env, name, role string) {
	s.t.Helper()
	reply := s.Do(http.MethodPost, "/kx/environments/"+env+"/users", map[string]string{"userName": name, "iamRole": role})
	if reply.Status != http.StatusOK {
		s.t.Fatalf("create user %s: %d %s", name, reply.Status, reply.Body)
	}
}

// WaitFor waits until something is true. The limit is far beyond what it takes
// on a slow machine.
func (s *Server) WaitFor(what string, done func() bool) {
	s.t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		if done() {
			return
		}
	}
	s.t.Fatalf("waited in vain for %s", what)
}

// Clock is a clock that tests set.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock returns a clock that stands at now.
func NewClock(now time.Time) *Clock { return &Clock{now: now} }

// Now is the time it shows.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves it on.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}
