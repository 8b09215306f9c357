package server_test

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/quoinhq/quoin/internal/api"
	"github.com/quoinhq/quoin/internal/control"
	"github.com/quoinhq/quoin/internal/datadir"
	"github.com/quoinhq/quoin/internal/server"
	"github.com/quoinhq/quoin/internal/sigv4"
	"github.com/quoinhq/quoin/test/live"
)

func TestRotateRoot(t *testing.T) {
	s := live.Start(t)
	old := s.Root
	weak := s.UserKey("weak", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`)
	if r := s.DoAs(weak, http.MethodPost, server.RotateRootPath, nil); r.Status != 403 || r.Code() != "AccessDeniedException" {
		t.Errorf("an administrator who is not root: %d %s", r.Status, r.Body)
	}
	if r := s.Do(http.MethodPost, server.RotateRootPath, nil); r.Status != 204 || len(r.Body) != 0 {
		t.Fatalf("%d %s", r.Status, r.Body)
	}
	if r := s.DoAs(old, http.MethodGet, "/kx/environments", nil); r.Status != 403 || r.Code() != "UnrecognizedClientException" {
		t.Errorf("the old keys: %d %s", r.Status, r.Body)
	}
	keys, err := s.DataDir().Credentials()
	if err != nil {
		t.Fatal(err)
	}
	fresh := sigv4.Credentials{AccessKeyID: keys.AccessKeyID, SecretAccessKey: keys.SecretAccessKey}
	if r := s.DoAs(fresh, http.MethodGet, "/kx/environments", nil); r.Status != 200 {
		t.Errorf("the new keys: %d %s", r.Status, r.Body)
	}
	s.Restart()
	if s.Root != fresh {
		t.Error("a restart changes the keys")
	}
	t.Run("a file that is lost is written again", func(t *testing.T) {
		if err := s.DataDir().WriteCredentials(datadir.Credentials{AccessKeyID: "AKIAX", SecretAccessKey: "x"}); err != nil {
			t.Fatal(err)
		}
		s.Restart()
		if s.Root != fresh {
			t.Error("the file does not have the keys that count")
		}
	})
}

// TestCertificateIsReadAgain has a server offer a renewed certificate without
// a restart, and keep the old one while the files are not a pair.
func TestCertificateIsReadAgain(t *testing.T) {
	cert, key := live.Certificate(t, 1)
	s := live.Start(t, func(c *server.Config) { c.TLSCert, c.TLSKey = cert, key })
	serial := func() int64 {
		conn, err := tls.Dial("tcp", strings.TrimPrefix(s.URL(), "https://"), &tls.Config{InsecureSkipVerify: true})
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		return conn.ConnectionState().PeerCertificates[0].SerialNumber.Int64()
	}
	if got := serial(); got != 1 {
		t.Fatalf("serial %d", got)
	}
	live.WriteCertificate(t, cert, key, 2)
	s.WaitFor("the new certificate", func() bool { return serial() == 2 })
	_, stranger := live.Certificate(t, 4)
	copyFile(t, stranger, key)
	end := time.Now().Add(1500 * time.Millisecond)
	for time.Now().Before(end) {
		if got := serial(); got != 2 {
			t.Fatalf("serial %d while the key is another certificate's", got)
		}
		time.Sleep(100 * time.Millisecond)
	}
	e, err := s.DataDir().Endpoint()
	if err != nil || e.CABundle != cert {
		t.Errorf("clients are not told of the authority: %v %v", e, err)
	}
}

// TestForwarded believes what a proxy tells of the client only when the
// configuration trusts the proxy.
func TestForwarded(t *testing.T) {
	policy := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"},"Bool":{"aws:SecureTransport":"true"}}}}`
	send := func(s *live.Server, forwarded string, host bool) *live.Reply {
		c := s.UserKey("u"+strings.NewReplacer(".", "", ",", "", " ", "").Replace(forwarded)+map[bool]string{true: "h"}[host], policy)
		r, body := s.Request(http.MethodGet, "/kx/environments", nil)
		if host {
			r.Host = "kdb.example.com"
		}
		s.Sign(r, body, c)
		if host {
			r.Host = ""
			r.Header.Set("X-Forwarded-Host", "kdb.example.com")
		}
		r.Header.Set("X-Forwarded-For", forwarded)
		r.Header.Set("X-Forwarded-Proto", "https")
		return s.Send(r)
	}
	proxied := live.Start(t, func(c *server.Config) {
		c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("10.0.0.0/8")}
	})
	for forwarded, status := range map[string]int{
		"203.0.113.9":              200,
		"198.51.100.1":             403,
		"198.51.100.1,203.0.113.9": 200, // what the client itself wrote is to the left
		"203.0.113.9,198.51.100.1": 403,
		"203.0.113.8,10.0.0.1":     200,
	} {
		if r := send(proxied, forwarded, false); r.Status != status {
			t.Errorf("forwarded for %s: status %d, want %d: %s", forwarded, r.Status, status, r.Body)
		}
	}
	if r := send(proxied, "203.0.113.7", true); r.Status != 200 {
		t.Errorf("forwarded host: %d %s", r.Status, r.Body)
	}
	direct := live.Start(t)
	if r := send(direct, "203.0.113.9", false); r.Status != 403 || r.Code() != "AccessDeniedException" {
		t.Errorf("without trust: %d %s", r.Status, r.Body)
	}
	if r := send(direct, "203.0.113.9", true); r.Status != 403 || r.Code() != "InvalidSignatureException" {
		t.Errorf("forwarded host without trust: %d %s", r.Status, r.Body)
	}
}

// TestEveryOperationHasAnAccessRule also fails when a rule names a member that
// its operation does not have: a server cannot start then.
func TestEveryOperationHasAnAccessRule(t *testing.T) {
	for _, op := range api.Operations() {
		if _, ok := control.AccessOf(op.Name); !ok {
			t.Errorf("none for %s", op.Name)
		}
	}
	live.Start(t)
}

// TestTagsDecide has policies ask for the tags of the request and the resource.
func TestTagsDecide(t *testing.T) {
	s := live.Start(t)
	env, role := s.Environment("env"), s.Role("a")
	users := "/kx/environments/" + env + "/users"
	allow := func(action, condition string) string {
		return `{"Effect":"Allow","Action":` + action + `,"Resource":"*","Condition":` + condition + `}`
	}
	key := s.UserKey("fx", `{"Version":"2012-10-17","Statement":[`+strings.Join([]string{
		allow(`"finspace:CreateKxUser"`, `{"StringEquals":{"aws:RequestTag/team":"fx"},"ForAllValues:StringEquals":{"aws:TagKeys":["team","desk"]}}`),
		allow(`["finspace:UpdateKxUser","finspace:TagResource"]`, `{"StringEquals":{"aws:ResourceTag/team":"fx"}}`),
		allow(`"finspace:UntagResource"`, `{"ForAllValues:StringEquals":{"aws:TagKeys":"desk"}}`),
	}, ",")+`]}`)
	create := func(name, tags string) *live.Reply {
		return s.DoAs(key, "POST", users, []byte(`{"userName":"`+name+`","iamRole":"`+role+`","tags":`+tags+`}`))
	}
	want := func(what string, r *live.Reply, status int) {
		t.Helper()
		if r.Status != status {
			t.Errorf("%s: %d, want %d: %s", what, r.Status, status, r.Body)
		}
	}
	want("create with the tag", create("bob", `{"team":"fx","desk":"1"}`), 200)
	want("create with another value", create("eve", `{"team":"equities"}`), 403)
	want("create with a tag more", create("eve", `{"team":"fx","cost":"1"}`), 403)
	want("create without", create("eve", `null`), 403)
	s.User(env, "eve", role)
	update := func(name string) *live.Reply {
		return s.DoAs(key, "PUT", users+"/"+name, map[string]string{"iamRole": role})
	}
	want("update of a user with the tag", update("bob"), 200)
	want("update of a user without", update("eve"), 403)
	arn := "/tags/arn%3Aaws%3Afinspace%3Aus-east-1%3A123456789012%3AkxEnvironment%2F" + env + "%2FkxUser%2Fbob"
	want("untag with a key that is allowed", s.DoAs(key, "DELETE", arn+"?tagKeys=desk", nil), 200)
	want("untag with one that is not", s.DoAs(key, "DELETE", arn+"?tagKeys=desk&tagKeys=team", nil), 403)
	s.Do("POST", arn, []byte(`{"tags":{"team":"rates"}}`))
	want("update once the tag is another", update("bob"), 403)
	want("a resource that is not there tells nothing", update("nobody"), 403)
}

// TestAssumeRole goes the way of a kdb user: a role's session calls the API.
func TestAssumeRole(t *testing.T) {
	s := live.Start(t)
	env, role := s.Environment("env"), s.Role("reader")
	put := s.Query(s.Root, "iam", map[string]string{
		"Action": "PutRolePolicy", "Version": "2010-05-08", "RoleName": "reader", "PolicyName": "p",
		"PolicyDocument": `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"finspace:Get*","Resource":"*"}}`,
	})
	if put.Status != 200 {
		t.Fatalf("%d %s", put.Status, put.Body)
	}
	assumed := s.Query(s.UserKey("bob", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"`+role+`"}}`), "sts",
		map[string]string{"Action": "AssumeRole", "Version": "2011-06-15", "RoleArn": role, "RoleSessionName": "session"})
	if assumed.Status != 200 {
		t.Fatalf("%d %s", assumed.Status, assumed.Body)
	}
	session := sigv4.Credentials{
		AccessKeyID: assumed.Element("AccessKeyId"), SecretAccessKey: assumed.Element("SecretAccessKey"), SessionToken: assumed.Element("SessionToken"),
	}
	if r := s.DoAs(session, "GET", "/kx/environments/"+env, nil); r.Status != 200 {
		t.Errorf("allowed: %d %s", r.Status, r.Body)
	}
	r := s.DoAs(session, "DELETE", "/kx/environments/"+env, nil)
	if r.Status != 403 || !strings.Contains(r.Member("message"), "arn:aws:sts::123456789012:assumed-role/reader/session") {
		t.Errorf("not allowed: %d %s", r.Status, r.Body)
	}
	session.SessionToken = strings.ToUpper(session.SessionToken)
	if r := s.DoAs(session, "GET", "/kx/environments/"+env, nil); r.Status != 403 {
		t.Errorf("another token: %d %s", r.Status, r.Body)
	}
}

// TestDrain lets a request that has begun end after the server was told to stop.
func TestDrain(t *testing.T) {
	s := live.Start(t)
	env, role := s.Environment("env"), s.Role("a")
	s.User(env, "bob", role)
	r, body := s.Request(http.MethodPut, "/kx/environments/"+env+"/users/bob", map[string]string{"iamRole": role})
	s.Sign(r, body, s.Root)
	var wire bytes.Buffer
	if err := r.Write(&wire); err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", r.URL.Host)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	half := wire.Len() - len(body)/2
	if _, err := conn.Write(wire.Bytes()[:half]); err != nil {
		t.Fatal(err)
	}
	s.WaitFor("the server to have begun", func() bool {
		r, _ := s.Request(http.MethodGet, "/metrics", nil)
		return strings.Contains(string(s.Send(r).Body), "quoin_api_requests_in_flight 2") // this one and ours
	})
	closed := make(chan error, 1)
	go func() { closed <- s.Close() }()
	s.WaitFor("the port to be closed", func() bool {
		c, err := net.Dial("tcp", r.URL.Host)
		if err == nil {
			c.Close()
		}
		return err != nil
	})
	if _, err := conn.Write(wire.Bytes()[half:]); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil || !strings.Contains(line, "200 OK") {
		t.Errorf("the reply begins with %q, %v", line, err)
	}
	if err := <-closed; err != nil {
		t.Errorf("close: %v", err)
	}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}
