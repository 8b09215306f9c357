package server_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/quoinhq/quoin/internal/audit"
	"github.com/quoinhq/quoin/internal/control"
	"github.com/quoinhq/quoin/internal/gateway"
	"github.com/quoinhq/quoin/internal/server"
	"github.com/quoinhq/quoin/internal/sigv4"
	"github.com/quoinhq/quoin/internal/store"
	"github.com/quoinhq/quoin/internal/store/sqlite"
	"github.com/quoinhq/quoin/kdb/ipc"
	"github.com/quoinhq/quoin/test/live"
)

// trailOf returns the server's audit trail once it has n events and has been
// verified.
func trailOf(t *testing.T, s *live.Server, n int) (events []*audit.Event) {
	t.Helper()
	return trailUntil(t, s, fmt.Sprint(n, " audit events"), func(events []*audit.Event) bool { return len(events) >= n })
}

// trailUntil returns the events of the trail once enough says that they are
// all there: some are stored after the reply.
func trailUntil(t *testing.T, s *live.Server, what string, enough func([]*audit.Event) bool) (events []*audit.Event) {
	t.Helper()
	db, err := sqlite.OpenReader(t.Context(), s.DataDir().Path("quoin.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	s.WaitFor(what, func() bool {
		events = nil
		for e, err := range audit.Events(t.Context(), db, audit.Filter{}, 0) {
			if err != nil {
				t.Fatal(err)
			}
			events = append(events, e)
		}
		return enough(events)
	})
	if _, err := audit.Verify(t.Context(), db, nil); err != nil {
		t.Error(err)
	}
	return events
}

func TestTrail(t *testing.T) {
	s := live.Start(t)
	do := func(method, path string, body any) string {
		return s.Do(method, path, body).Header.Get("X-Amzn-Requestid")
	}
	query := func(c sigv4.Credentials, service, action string, params ...string) string {
		form := map[string]string{"Action": action, "Version": map[string]string{"iam": "2010-05-08", "sts": "2011-06-15"}[service]}
		for i := 0; i < len(params); i += 2 {
			form[params[i]] = params[i+1]
		}
		return s.Query(c, service, form).Header.Get("X-Amzn-Requestid")
	}
	s3 := func(method, path string, body []byte) string {
		r, _ := s.Request(method, path, body)
		if err := sigv4.Sign(r, s.Root, "us-east-1", "s3", sigv4.HashBody(body), s.Now()); err != nil {
			t.Fatal(err)
		}
		return s.Send(r).Header.Get("X-Amzn-Requestid")
	}
	role := s.Role("reader")
	weak := s.UserKey("weak", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"finspace:ListKxEnvironments","Resource":"*"}}`)
	env := s.Environment("env")
	arn := "arn:aws:finspace:us-east-1:123456789012:kxEnvironment/" + env
	root, weakARN := "arn:aws:iam::123456789012:root", "arn:aws:iam::123456789012:user/weak"

	type want struct{ id, line string }
	var wants []want
	add := func(id, format string, args ...any) { wants = append(wants, want{id, fmt.Sprintf(format, args...)}) }

	users := "/kx/environments/" + env + "/users"
	add(do(http.MethodPost, users, map[string]string{"userName": "bob", "iamRole": role}),
		"%s finspace CreateKxUser %s OK", root, arn)
	add(do(http.MethodGet, users+"/bob", nil), "%s finspace GetKxUser %s/kxUser/bob OK", root, arn)
	add(do(http.MethodGet, users+"/nobody", nil), "%s finspace GetKxUser %s/kxUser/nobody ResourceNotFoundException", root, arn)
	add(do(http.MethodPut, users+"/bob", map[string]string{"iamRole": "x"}), "%s finspace UpdateKxUser  ValidationException", root)
	add(do(http.MethodGet, "/nothing/here", nil), " finspace (none)  UnknownOperationException")
	add(s.DoAs(weak, http.MethodDelete, users+"/bob", nil).Header.Get("X-Amzn-Requestid"),
		"%s finspace DeleteKxUser %s/kxUser/bob AccessDeniedException", weakARN, arn)
	add(s.DoAs(sigv4.Credentials{AccessKeyID: weak.AccessKeyID, SecretAccessKey: "wrong"}, http.MethodGet, users, nil).Header.Get("X-Amzn-Requestid"),
		" finspace ListKxUsers  InvalidSignatureException")
	unsigned, _ := s.Request(http.MethodGet, users, nil)
	add(s.Send(unsigned).Header.Get("X-Amzn-Requestid"), " finspace ListKxUsers  MissingAuthenticationTokenException")
	add(query(s.Root, "iam", "CreateRole", "RoleName", "made", "AssumeRolePolicyDocument", `{"Version":"2012-10-17","Statement":[]}`),
		"%s iam CreateRole arn:aws:iam::123456789012:role/made *", root)
	add(query(s.Root, "iam", "GetRole", "RoleName", "gone"), "%s iam GetRole arn:aws:iam::123456789012:role/gone NoSuchEntity", root)
	add(query(weak, "iam", "DeleteRole", "RoleName", "reader"), "%s iam DeleteRole arn:aws:iam::123456789012:role/reader AccessDenied", weakARN)
	add(query(weak, "sts", "GetCallerIdentity"), "%s sts GetCallerIdentity  OK", weakARN)
	add(s3(http.MethodPut, "/bucket-one", nil), "%s s3 CreateBucket arn:aws:s3:::bucket-one OK", root)
	add(s3(http.MethodPut, "/bucket-one/a/key", []byte("content")), "%s s3 PutObject arn:aws:s3:::bucket-one/a/key OK", root)
	add(s3(http.MethodGet, "/bucket-one/missing", nil), "%s s3 GetObject arn:aws:s3:::bucket-one/missing NotFound", root)

	byID := map[string]*audit.Event{}
	s.WaitFor("all events", func() bool {
		for _, e := range trailOf(t, s, len(wants)) {
			byID[e.RequestID] = e
		}
		for _, w := range wants {
			if byID[w.id] == nil {
				return false
			}
		}
		return true
	})
	for _, w := range wants {
		e := byID[w.id]
		got := fmt.Sprintf("%s %s %s %s %s", e.Principal, e.Service, e.Operation, e.Resource, e.Outcome)
		if wantLine, any := strings.CutSuffix(w.line, "*"); got != w.line && !(any && strings.HasPrefix(got, wantLine)) {
			t.Errorf("got  %s\nwant %s", got, w.line)
		}
		if e.SourceIP != "127.0.0.1" || time.Since(e.Time) > time.Hour {
			t.Errorf("%s came from %q at %v", w.line, e.SourceIP, e.Time)
		}
	}
	// One event per call, also for those that changed something.
	seen := map[string]int{}
	for _, e := range trailOf(t, s, len(wants)) {
		if seen[e.RequestID]++; seen[e.RequestID] > 1 {
			t.Errorf("%s %s %s is in the trail twice", e.Service, e.Operation, e.Outcome)
		}
	}
}

// TestSecretsStayOut plants secrets wherever a caller can put one and looks for
// them in everything that the server writes for people to read.
func TestSecretsStayOut(t *testing.T) {
	var log lockedBuffer
	s := live.Start(t, func(c *server.Config) {
		c.Log = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	n := 0
	plant := func() string { n++; return fmt.Sprintf("PLANTED%04d", n) }
	var errorTexts bytes.Buffer
	// Replies may hold what the caller itself has sent as a name, so only those
	// of refusals are searched, and for secrets alone.
	keep := func(r *live.Reply) { fmt.Fprintf(&errorTexts, "%s\n%v\n", r.Body, r.Header) }

	env := s.Environment("env")
	role := s.Role("reader")
	users := "/kx/environments/" + env + "/users"
	send := func(edit func(r *http.Request), method, path string, body any) {
		r, data := s.Request(method, path, body)
		s.Sign(r, data, s.Root)
		edit(r)
		keep(s.Send(r))
	}
	none := func(*http.Request) {}

	// The body: tokens, members that nobody knows, values that are wrong.
	s.Do(http.MethodPost, users, map[string]string{"userName": "bob", "iamRole": role, "clientToken": plant()})
	send(none, http.MethodPut, users+"/bob", map[string]string{"iamRole": role, "clientToken": plant(), "password": plant()})
	send(none, http.MethodPut, users+"/bob", map[string]string{"iamRole": role, "clientToken": strings.Repeat(plant(), 10)})
	send(none, http.MethodPost, users, []byte(`{"userName": "`+plant()+`"`))
	send(none, http.MethodPost, users, []byte(plant()))
	send(none, http.MethodPut, users+"/bob", map[string]any{"iamRole": []string{plant()}})
	// The query and headers.
	send(none, http.MethodGet, users+"?X-Amz-Security-Token="+plant()+"&password="+plant(), nil)
	for _, name := range []string{"X-Amz-Security-Token", "Cookie", "X-Api-Key", "User-Agent", "Referer", "Amz-Sdk-Invocation-Id"} {
		send(func(r *http.Request) { r.Header.Set(name, plant()) }, http.MethodGet, users, nil)
	}
	// Signatures, keys and tokens in the wrong places.
	for _, text := range []string{"Bearer ", "Basic ", "AWS4-HMAC-SHA256 Credential=", "AWS4-HMAC-SHA256 Credential=AKIA/20260304/us-east-1/finspace/aws4_request, SignedHeaders=host, Signature="} {
		send(func(r *http.Request) { r.Header.Set("Authorization", text+plant()) }, http.MethodGet, users, nil)
	}
	keep(s.DoAs(sigv4.Credentials{AccessKeyID: plant(), SecretAccessKey: plant()}, http.MethodGet, users, nil))
	keep(s.DoAs(sigv4.Credentials{AccessKeyID: s.Root.AccessKeyID, SecretAccessKey: plant(), SessionToken: plant()}, http.MethodGet, users, nil))
	keep(s.Query(s.Root, "sts", map[string]string{
		"Action": "AssumeRoleWithWebIdentity", "Version": "2011-06-15", "RoleArn": role,
		"RoleSessionName": "x", "WebIdentityToken": plant() + "." + plant() + "." + plant(),
	}))
	keep(s.Query(s.Root, "iam", map[string]string{"Action": "CreateLoginProfile", "Version": "2010-05-08", "UserName": "x", "Password": plant()}))
	keep(s.Query(s.Root, "iam", map[string]string{"Action": plant(), "Version": plant()}))
	object := []byte(plant())
	r, _ := s.Request(http.MethodPut, "/some-bucket/key?"+url.Values{"secret": {plant()}}.Encode(), object)
	if err := sigv4.Sign(r, s.Root, "us-east-1", "s3", sigv4.HashBody(object), s.Now()); err != nil {
		t.Fatal(err)
	}
	s.Send(r)
	// Keys that the server itself has made.
	made := s.UserKey("weak", `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}`)
	keep(s.DoAs(made, http.MethodGet, users, nil))

	// The passwords of kdb+ logins: plain ones, and strings that were signed
	// with keys and tokens that nobody gave out.
	end, err := s.DataDir().Endpoint()
	if err != nil {
		t.Fatal(err)
	}
	signed, err := gateway.Sign(control.Endpoint{Environment: env, Cluster: "hdb", User: "bob"}, end.Gateway,
		sigv4.Credentials{AccessKeyID: "ASIAPLANTED", SecretAccessKey: plant(), SessionToken: plant()}, "us-east-1", s.Now(), gateway.DefaultLife)
	if err != nil {
		t.Fatal(err)
	}
	signed = signed[strings.LastIndexByte(signed, ':')+1:]
	_, signature, _ := strings.Cut(signed, "X-Amz-Signature=")
	for _, password := range []string{plant(), signed, signed + "&X-Amz-Signature=" + plant(), "X-Amz-Security-Token=" + plant()} {
		d := ipc.Dialer{User: "bob", Password: password, TLS: &tls.Config{InsecureSkipVerify: true}}
		if c, err := d.Dial(t.Context(), end.Gateway); err == nil {
			c.Close()
			t.Error("a login without a good signature was let in")
		}
	}

	trail, err := json.Marshal(trailUntil(t, s, "the refusal of every login", func(events []*audit.Event) bool {
		refused := 0
		for _, e := range events {
			if e.Operation == "Refuse" {
				refused++
			}
		}
		return refused == 4
	}))
	if err != nil {
		t.Fatal(err)
	}
	metrics, _ := s.Request(http.MethodGet, "/metrics", nil)
	signature, _, _ = strings.Cut(signature, "&")
	secrets := []string{"PLANTED0", signature, s.Root.SecretAccessKey, made.SecretAccessKey}
	for where, text := range map[string]string{"the log": log.String(), "the audit trail": string(trail), "the metrics": string(s.Send(metrics).Body)} {
		for _, secret := range secrets {
			if i := strings.Index(text, secret); i >= 0 {
				t.Errorf("%s has %s", where, text[max(0, i-200):min(len(text), i+100)])
			}
		}
		if len(text) < 100 {
			t.Errorf("%s is empty: the test looks at nothing", where)
		}
	}
	for _, secret := range secrets[2:] {
		if strings.Contains(errorTexts.String(), secret) {
			t.Error("a reply to a refused request has a secret key")
		}
	}
	// What the server writes into its folder, the store apart.
	if err := filepath.WalkDir(s.DataDir().Path(), func(path string, d fs.DirEntry, err error) error {
		name := filepath.Base(path)
		if err != nil || d.IsDir() || strings.HasPrefix(name, "quoin.db") || name == "credentials" || strings.Contains(path, "/blobs/") {
			return err
		}
		b, err := os.ReadFile(path)
		for _, secret := range secrets {
			if bytes.Contains(b, []byte(secret)) {
				t.Errorf("%s has a secret", name)
			}
		}
		return err
	}); err != nil {
		t.Error(err)
	}
}

// lockedBuffer is a buffer that many goroutines write to.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// panicking breaks a transaction in a way that nobody has thought of.
type panicking struct {
	store.Store
	on atomic.Bool
}

func (p *panicking) View(ctx context.Context, fn func(store.Tx) error) error {
	if p.on.Load() {
		panic("a fault that nobody has thought of")
	}
	return p.Store.View(ctx, fn)
}

// TestTrailHasCallsThatPanicked sends a call into a panic: the caller gets the
// usual error, and the trail knows of it.
func TestTrailHasCallsThatPanicked(t *testing.T) {
	broken := new(panicking)
	s := live.Start(t, func(c *server.Config) {
		c.WrapStore = func(inner store.Store) store.Store { broken.Store = inner; return broken }
	})
	env := s.Environment("env")
	broken.on.Store(true)
	r := s.Do(http.MethodGet, "/kx/environments/"+env+"/users/bob", nil)
	broken.on.Store(false)
	if r.Status != 500 || r.Code() != "InternalServerException" || strings.Contains(string(r.Body), "nobody") {
		t.Errorf("%d %s", r.Status, r.Body)
	}
	id := r.Header.Get("X-Amzn-Requestid")
	trailUntil(t, s, "the call that panicked", func(events []*audit.Event) bool {
		for _, e := range events {
			if e.RequestID == id {
				return e.Operation == "GetKxUser" && e.Outcome == "InternalServerException" && strings.HasSuffix(e.Principal, ":root")
			}
		}
		return false
	})
}
