package gateway_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log/slog"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"go.uber.org/goleak"

	"github.com/quoinhq/quoin/internal/control"
	"github.com/quoinhq/quoin/internal/gateway"
	"github.com/quoinhq/quoin/internal/iam"
	"github.com/quoinhq/quoin/internal/iam/iamtest"
	"github.com/quoinhq/quoin/internal/sigv4"
	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/kdb/ipc"
)

const (
	env          = "env1"
	cluster      = "rdb"
	nodePassword = "the node's own secret"
)

func clusterARN(env, name string) string {
	return "arn:aws:finspace:" + iamtest.Region + ":" + iamtest.Account + ":kxEnvironment/" + env + "/kxCluster/" + name
}

// fixture is a gateway before one node, with IAM behind it.
type fixture struct {
	testing.TB
	*gateway.Gateway
	iam     *iamtest.Env
	roles   *awsiam.Client
	url     string
	addr    string
	direct  string // the node's own address
	trusted *tls.Config

	mu       sync.Mutex
	users    map[string]string // role by user
	events   []gateway.Event
	released int
	closed   bool // the cluster
	passed   time.Duration
}

func newFixture(t testing.TB, change ...func(*gateway.Config)) *fixture {
	t.Helper()
	f := &fixture{TB: t, users: map[string]string{}}
	f.iam = iamtest.New(t, func(c *iam.Config) { c.Now = f.now })
	f.url = f.iam.Serve(t)
	f.roles = awsiam.New(awsiam.Options{Region: iamtest.Region, BaseEndpoint: &f.url, Credentials: static(f.iam.Root)})
	dir := t.TempDir()
	ca, err := gateway.OpenAuthority(filepath.Join(dir, "ca.pem"), filepath.Join(dir, "ca.key"), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(ca.PEM())
	f.trusted = &tls.Config{RootCAs: pool, ServerName: "127.0.0.1"}
	nodeAddr := f.node()
	f.direct = nodeAddr
	cfg := gateway.Config{
		IAM: f.iam.IAM, TLS: ca.TLS("127.0.0.1", "localhost"), Log: slog.New(slog.DiscardHandler), Now: f.now,
		Verifier:   sigv4.NewVerifier(sigv4.Config{Region: iamtest.Region, Services: []string{sigv4.ConnectService}}),
		ClusterARN: clusterARN,
		Look: func(_ context.Context, e, c, user string) (control.Standing, error) {
			f.mu.Lock()
			defer f.mu.Unlock()
			if e != env {
				return control.Standing{}, nil
			}
			return control.Standing{Role: f.users[user], Open: !f.closed && c != "gone"}, nil
		},
		Pick: func(_ context.Context, to control.Endpoint) (*gateway.Backend, error) {
			if to.Cluster != cluster {
				return nil, gateway.ErrNoNode
			}
			return &gateway.Backend{Node: "node-1", Addr: nodeAddr, Password: nodePassword, Release: func() {
				f.mu.Lock()
				defer f.mu.Unlock()
				f.released++
			}}, nil
		},
		Record: func(_ context.Context, e gateway.Event) error {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.events = append(f.events, e)
			return nil
		},
	}
	for _, fn := range change {
		fn(&cfg)
	}
	f.Gateway = gateway.New(cfg)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f.addr = l.Addr().String()
	f.run(func(ctx context.Context) error { return f.Serve(ctx, l) })
	return f
}

func (f *fixture) now() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return time.Now().Add(f.passed)
}

// pass moves the clock of IAM and the gateway on.
func (f *fixture) pass(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.passed += d
}

// run runs a server until the test ends.
func (f *fixture) run(serve func(context.Context) error) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- serve(ctx) }()
	f.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			f.Error(err)
		}
	})
}

// node is a kdb+ process that answers with who asked.
func (f *fixture) node() (addr string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		f.Fatal(err)
	}
	s := &ipc.Server{
		Auth: func(_ context.Context, l ipc.Login, _ net.Conn) error {
			if l.Password != nodePassword {
				return errors.New("wrong password")
			}
			return nil
		},
		Handler: ipc.Answer(func(_ context.Context, c *ipc.Conn, m ipc.Message) (kdb.Value, error) {
			return kdb.NewList(kdb.Sym(c.User()), m.Value), nil
		}),
	}
	f.run(func(ctx context.Context) error { return s.Serve(ctx, l) })
	return l.Addr().String()
}

func static(c sigv4.Credentials) credentials.StaticCredentialsProvider {
	return credentials.NewStaticCredentialsProvider(c.AccessKeyID, c.SecretAccessKey, c.SessionToken)
}

// role makes a role that may connect when allow is set, and returns its ARN.
func (f *fixture) role(name string, allow bool) string {
	f.Helper()
	out, err := f.roles.CreateRole(context.Background(), &awsiam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: aws.String(
		`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + iamtest.Account + `:root"},"Action":"sts:AssumeRole"}}`)})
	if err != nil {
		f.Fatal(err)
	}
	if allow {
		f.policy(name, "Allow")
	}
	return *out.Role.Arn
}

func (f *fixture) policy(role, effect string) {
	f.Helper()
	_, err := f.roles.PutRolePolicy(context.Background(), &awsiam.PutRolePolicyInput{RoleName: &role, PolicyName: aws.String("connect"), PolicyDocument: aws.String(
		`{"Version":"2012-10-17","Statement":{"Effect":"` + effect + `","Action":"finspace:ConnectKxCluster","Resource":"` + clusterARN(env, cluster) + `"}}`)})
	if err != nil {
		f.Fatal(err)
	}
}

func (f *fixture) setUser(name, role string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.users[name] = role
}

// revokeOlder denies sessions that were opened before then, as AWS's console
// does when it revokes sessions.
func (f *fixture) revokeOlder(role string, before time.Time) {
	f.Helper()
	_, err := f.roles.PutRolePolicy(context.Background(), &awsiam.PutRolePolicyInput{RoleName: &role, PolicyName: aws.String("AWSRevokeOlderSessions"), PolicyDocument: aws.String(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":["*"],"Resource":["*"],"Condition":{"DateLessThan":{"aws:TokenIssueTime":"` + before.UTC().Format("2006-01-02T15:04:05.000Z") + `"}}}]}`)})
	if err != nil {
		f.Fatal(err)
	}
}

// assume returns credentials of a session of the role.
func (f *fixture) assume(role string) sigv4.Credentials {
	f.Helper()
	c := sts.New(sts.Options{Region: iamtest.Region, BaseEndpoint: &f.url, Credentials: static(f.iam.Root)})
	out, err := c.AssumeRole(context.Background(), &sts.AssumeRoleInput{RoleArn: &role, RoleSessionName: aws.String("test")})
	if err != nil {
		f.Fatal(err)
	}
	return sigv4.Credentials{AccessKeyID: *out.Credentials.AccessKeyId, SecretAccessKey: *out.Credentials.SecretAccessKey, SessionToken: *out.Credentials.SessionToken}
}

// sign returns user and password of a connection string.
func (f *fixture) sign(to control.Endpoint, c sigv4.Credentials, at time.Time) (user, password string) {
	f.Helper()
	s, err := gateway.Sign(to, f.addr, c, iamtest.Region, at, gateway.DefaultLife)
	if err != nil {
		f.Fatal(err)
	}
	// AWS's clients split on the colon and take items 2 to 5.
	parts := strings.Split(s, ":")
	if len(parts) != 6 || parts[1] != "tcps" {
		f.Fatalf("the string has %d parts", len(parts))
	}
	return parts[4], parts[5]
}

func (f *fixture) dial(user, password string) (*ipc.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	d := ipc.Dialer{User: user, Password: password, TLS: f.trusted}
	return d.Dial(ctx, f.addr)
}

func (f *fixture) connected(user string, c sigv4.Credentials) *ipc.Conn {
	f.Helper()
	conn, err := f.dial(f.sign(control.Endpoint{Environment: env, Cluster: cluster, User: user}, c, time.Now()))
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { conn.Close() })
	f.answers(conn, user)
	return conn
}

// answers checks that the node hears the user through the connection.
func (f *fixture) answers(c *ipc.Conn, user string) {
	f.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	v, err := c.Sync(ctx, kdb.Long(7))
	if err != nil {
		f.Fatal(err)
	}
	if l, ok := v.(*kdb.List); !ok || l.V[0] != kdb.Sym(user) || l.V[1] != kdb.Long(7) {
		f.Errorf("the node answered %v", v)
	}
}

// ended checks that the connection is closed, and soon.
func (f *fixture) ended(c *ipc.Conn) {
	f.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if _, err := c.Receive(ctx); err == nil || errors.Is(err, context.DeadlineExceeded) {
		f.Errorf("the connection is still open: %v", err)
	}
}

// wants waits for an event of that kind and cause.
func (f *fixture) wants(kind string, cause gateway.Cause) gateway.Event {
	f.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		f.mu.Lock()
		i := slices.IndexFunc(f.events, func(e gateway.Event) bool { return e.Kind == kind && e.Cause == cause })
		var e gateway.Event
		if i >= 0 {
			e = f.events[i]
		}
		f.mu.Unlock()
		if i >= 0 {
			return e
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.Fatalf("no %s because of %q among %+v", kind, cause, f.events)
	return gateway.Event{}
}

func TestConnect(t *testing.T) {
	f := newFixture(t)
	role := f.role("reader", true)
	f.setUser("bob", role)
	c := f.connected("bob", f.assume(role))
	if e := f.wants("Connect", ""); e.User != "bob" || e.Endpoint.Node != "node-1" || e.Identity.PrincipalARN != role {
		t.Errorf("%+v", e)
	}
	if f.Connections() != 1 {
		t.Errorf("%d connections", f.Connections())
	}
	c.Close()
	if e := f.wants("Disconnect", gateway.ClientClosed); e.Bytes[0] == 0 || e.Bytes[1] == 0 {
		t.Errorf("%+v", e)
	}
}

// What a change means for a connection that is open.
func TestReview(t *testing.T) {
	tests := map[string]struct {
		change func(f *fixture, role string)
		cause  gateway.Cause // "" stays
	}{
		"role changed to one that is allowed":     {func(f *fixture, _ string) { f.setUser("bob", f.role("other", true)) }, ""},
		"role changed to one that is not allowed": {func(f *fixture, _ string) { f.setUser("bob", f.role("other", false)) }, gateway.RoleChanged},
		"role changed to one that is not there":   {func(f *fixture, _ string) { f.setUser("bob", "arn:aws:iam::"+iamtest.Account+":role/gone") }, gateway.RoleChanged},
		"user deleted":                            {func(f *fixture, _ string) { f.setUser("bob", "") }, gateway.UserDeleted},
		"policy taken away": {func(f *fixture, _ string) {
			_, err := f.roles.DeleteRolePolicy(context.Background(), &awsiam.DeleteRolePolicyInput{RoleName: aws.String("reader"), PolicyName: aws.String("connect")})
			if err != nil {
				f.Fatal(err)
			}
		}, gateway.NotAllowed},
		"policy denies":        {func(f *fixture, _ string) { f.policy("reader", "Deny") }, gateway.NotAllowed},
		"policy written again": {func(f *fixture, _ string) { f.policy("reader", "Allow") }, ""},
		"cluster deleted": {func(f *fixture, _ string) {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.closed = true
		}, gateway.ClusterClosed},
		"another user deleted": {func(f *fixture, _ string) { f.setUser("eve", "") }, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			role := f.role("reader", true)
			f.setUser("bob", role)
			c := f.connected("bob", f.assume(role))
			tt.change(f, role)
			f.Review()
			if tt.cause == "" {
				time.Sleep(50 * time.Millisecond) // a review that would end it has come by then
				f.answers(c, "bob")
				return
			}
			f.ended(c)
			f.wants("Disconnect", tt.cause)
		})
	}
}

// A session that is revoked takes its connections with it, however that is done
// and whatever became of the user since. Nobody calls Review here: IAM tells.
func TestSessionRevoked(t *testing.T) {
	revoke := func(q func(creds sigv4.Credentials) iam.SessionQuery) func(*fixture, sigv4.Credentials) {
		return func(f *fixture, creds sigv4.Credentials) {
			if _, err := f.iam.IAM.RevokeSessions(context.Background(), q(creds)); err != nil {
				f.Fatal(err)
			}
		}
	}
	session := revoke(func(c sigv4.Credentials) iam.SessionQuery { return iam.SessionQuery{AccessKeyID: c.AccessKeyID} })
	ofRole := revoke(func(sigv4.Credentials) iam.SessionQuery { return iam.SessionQuery{Principal: "role/reader"} })
	tests := map[string]struct {
		revoke func(*fixture, sigv4.Credentials)
		cause  gateway.Cause // "" stays
	}{
		"the session":         {session, gateway.SessionRevoked},
		"all of the role":     {ofRole, gateway.SessionRevoked},
		"all of another role": {revoke(func(sigv4.Credentials) iam.SessionQuery { return iam.SessionQuery{Principal: "role/other"} }), ""},
		"all that are older": {revoke(func(sigv4.Credentials) iam.SessionQuery {
			return iam.SessionQuery{Principal: "role/reader", IssuedBefore: time.Now().Add(-time.Minute)}
		}), ""},
		"all that root opened": {revoke(func(sigv4.Credentials) iam.SessionQuery { return iam.SessionQuery{Principal: iam.RootPrincipal} }), gateway.SessionRevoked},
		"after it has expired": {func(f *fixture, c sigv4.Credentials) { f.pass(2 * time.Hour); ofRole(f, c) }, gateway.NotAllowed},
		"expired, not revoked": {func(f *fixture, c sigv4.Credentials) { f.pass(2 * time.Hour); f.Review() }, ""},
		"the user's role moved": {func(f *fixture, c sigv4.Credentials) {
			f.setUser("bob", f.role("next", true))
			f.Review()
			session(f, c)
		}, gateway.SessionRevoked},
		"by a policy, as AWS's console does": {func(f *fixture, _ sigv4.Credentials) { f.revokeOlder("reader", time.Now().Add(time.Second)) }, gateway.NotAllowed},
		"by a policy, those that are older":  {func(f *fixture, _ sigv4.Credentials) { f.revokeOlder("reader", time.Now().Add(-time.Minute)) }, ""},
		"by a policy of the next role": {func(f *fixture, _ sigv4.Credentials) {
			f.setUser("bob", f.role("next", true))
			f.Review()
			f.revokeOlder("next", time.Now().Add(time.Second))
		}, gateway.RoleChanged},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			role := f.role("reader", true)
			f.role("other", true)
			f.setUser("bob", role)
			creds := f.assume(role)
			c := f.connected("bob", creds)
			tt.revoke(f, creds)
			if tt.cause == "" {
				time.Sleep(50 * time.Millisecond) // a review that would end it has come by then
				f.answers(c, "bob")
				return
			}
			f.ended(c)
			f.wants("Disconnect", tt.cause)
		})
	}
}

func TestCloseCluster(t *testing.T) {
	f := newFixture(t)
	role := f.role("reader", true)
	f.setUser("bob", role)
	c := f.connected("bob", f.assume(role))
	f.CloseCluster(env, "another", "")
	f.answers(c, "bob")
	f.CloseCluster(env, cluster, "")
	f.ended(c)
	f.wants("Disconnect", gateway.ClusterClosed)
}

func TestRefused(t *testing.T) {
	f := newFixture(t)
	role, other, poor := f.role("reader", true), f.role("other", true), f.role("poor", false)
	f.setUser("bob", role)
	f.setUser("eve", other)
	f.setUser("joe", poor)
	bob := f.assume(role)
	to := control.Endpoint{Environment: env, Cluster: cluster, User: "bob"}
	at := func(change func(*control.Endpoint)) control.Endpoint {
		e := to
		change(&e)
		return e
	}
	user, good := f.sign(to, bob, time.Now())
	sign := func(e control.Endpoint, c sigv4.Credentials, when time.Time) [2]string {
		u, p := f.sign(e, c, when)
		return [2]string{u, p}
	}
	tests := map[string]struct {
		login [2]string
		cause gateway.Cause
	}{
		"no password":            {[2]string{"bob", ""}, gateway.BadSignature},
		"a plain password":       {[2]string{"bob", "secret"}, gateway.BadSignature},
		"another user's login":   {[2]string{"eve", good}, gateway.BadSignature},
		"expired":                {sign(to, bob, time.Now().Add(-20*time.Minute)), gateway.BadSignature},
		"of the future":          {sign(to, bob, time.Now().Add(time.Hour)), gateway.BadSignature},
		"unknown access key":     {sign(to, sigv4.Credentials{AccessKeyID: "ASIAUNKNOWN", SecretAccessKey: "x", SessionToken: "y"}, time.Now()), gateway.BadSignature},
		"signed by root":         {sign(to, f.iam.Root, time.Now()), gateway.NotAllowed},
		"another user's role":    {sign(at(func(e *control.Endpoint) { e.User = "eve" }), bob, time.Now()), gateway.NotAllowed},
		"no such user":           {sign(at(func(e *control.Endpoint) { e.User = "nobody" }), bob, time.Now()), gateway.UserDeleted},
		"another environment":    {sign(at(func(e *control.Endpoint) { e.Environment = "env2" }), bob, time.Now()), gateway.UserDeleted},
		"a role without a right": {sign(at(func(e *control.Endpoint) { e.User = "joe" }), f.assume(poor), time.Now()), gateway.NotAllowed},
		"a cluster that is gone": {sign(at(func(e *control.Endpoint) { e.Cluster = "gone" }), bob, time.Now()), gateway.ClusterClosed},
		"another cluster":        {sign(at(func(e *control.Endpoint) { e.Cluster = "hdb" }), bob, time.Now()), gateway.NotAllowed},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f.mu.Lock()
			f.events = nil
			f.mu.Unlock()
			if c, err := f.dial(tt.login[0], tt.login[1]); !errors.Is(err, ipc.ErrRefused) {
				if c != nil {
					c.Close()
				}
				t.Errorf("err = %v, want a refusal", err)
			}
			e := f.wants("Refuse", tt.cause)
			if strings.Contains(e.Detail, bob.SecretAccessKey) || strings.Contains(e.Detail, bob.SessionToken) {
				t.Error("the event tells a secret")
			}
		})
	}
	t.Run("every character", func(t *testing.T) {
		for i := range len(good) {
			bad := []byte(good)
			if bad[i]++; bad[i] == 0 || bad[i] == ':' {
				bad[i]++
			}
			if c, err := f.dial(user, string(bad)); err == nil {
				c.Close()
				t.Errorf("character %d changed from %q to %q: let in", i, good[i], bad[i])
			}
		}
	})
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.released != 0 {
		t.Errorf("%d nodes were asked for", f.released)
	}
}

// A node that does not let the gateway in is as good as none; a shadowed error
// once let the client in before nobody.
func TestNodeRefusesLogin(t *testing.T) {
	f := newFixture(t, func(c *gateway.Config) {
		pick := c.Pick
		c.Pick = func(ctx context.Context, to control.Endpoint) (*gateway.Backend, error) {
			b, err := pick(ctx, to)
			if b != nil {
				b.Password = "wrong"
			}
			return b, err
		}
	})
	role := f.role("reader", true)
	f.setUser("bob", role)
	user, password := f.sign(control.Endpoint{Environment: env, Cluster: cluster, User: "bob"}, f.assume(role), time.Now())
	if c, err := f.dial(user, password); !errors.Is(err, ipc.ErrRefused) {
		if c != nil {
			c.Close()
		}
		t.Errorf("err = %v, want a refusal", err)
	}
	f.wants("Refuse", gateway.NoNode)
}

func TestLoginAbuse(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	t.Run("limits", func(t *testing.T) {
		f := newFixture(t, func(c *gateway.Config) { c.LoginTimeout, c.MaxPerAddress = 100*time.Millisecond, 8 })
		raw := func() net.Conn {
			nc, err := net.Dial("tcp", f.addr)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { nc.Close() })
			return nc
		}
		secure := func() *tls.Conn {
			c := tls.Client(raw(), f.trusted)
			if err := c.Handshake(); err != nil {
				t.Fatal(err)
			}
			return c
		}
		closed := func(nc net.Conn) {
			t.Helper()
			nc.SetReadDeadline(time.Now().Add(20 * time.Second))
			var ne net.Error
			if _, err := nc.Read(make([]byte, 1)); err == nil || errors.As(err, &ne) && ne.Timeout() {
				t.Errorf("still open: %v", err)
			}
		}
		closed(raw()) // says nothing
		plain := raw()
		plain.Write([]byte("bob:secret\x03\x00"))
		closed(plain)
		closed(secure()) // shakes hands and says nothing
		slow := secure()
		slow.Write([]byte("bob:"))
		closed(slow)
		long := secure()
		long.Write([]byte(strings.Repeat("x", 9<<10)))
		closed(long)
		f.wants("Refuse", gateway.BadLogin)
		var many []net.Conn
		for range 20 {
			many = append(many, raw())
		}
		f.wants("Refuse", gateway.TooMany)
		for _, nc := range many {
			closed(nc)
		}
	})
}

// The gateway ends, connections or not, and leaves nothing running.
func TestDrain(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	t.Run("open connections", func(t *testing.T) {
		f := newFixture(t)
		role := f.role("reader", true)
		f.setUser("bob", role)
		creds := f.assume(role)
		for range 5 {
			f.connected("bob", creds)
		}
	})
}

func TestCertificateAuthority(t *testing.T) {
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "ca.pem"), filepath.Join(dir, "ca.key")
	now := time.Now()
	clock := func() time.Time { return now }
	a, err := gateway.OpenAuthority(cert, key, clock)
	if err != nil {
		t.Fatal(err)
	}
	b, err := gateway.OpenAuthority(cert, key, clock)
	if err != nil || string(a.PEM()) != string(b.PEM()) {
		t.Fatalf("opened again: another authority, %v", err)
	}
	leaf := func() *x509.Certificate {
		c, err := b.TLS("127.0.0.1", "kx.example.com").GetCertificate(nil)
		if err != nil {
			t.Fatal(err)
		}
		return c.Leaf
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(a.PEM())
	first := leaf()
	for _, name := range []string{"127.0.0.1", "kx.example.com"} {
		if _, err := first.Verify(x509.VerifyOptions{Roots: pool, DNSName: name, CurrentTime: now}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	now = now.Add(21 * 24 * time.Hour)
	if second := leaf(); !second.NotAfter.After(first.NotAfter) {
		t.Error("the certificate was not renewed before its end")
	}
}
