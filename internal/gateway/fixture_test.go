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
	secure  string // the same with TLS
	trusted *tls.Config

	mu       sync.Mutex
	users    map[string]string // role by user
	made     time.Time         // when users were
	events   []gateway.Event
	released int
	traffic  gateway.Traffic
	closed   bool // the cluster
	passed   time.Duration

	conns map[string]*ipc.Conn // the latest of each user; for the test's goroutine
	key   string               // of the IAM user dev
}

func newFixture(t testing.TB, change ...func(*gateway.Config)) *fixture {
	t.Helper()
	f := &fixture{TB: t, users: map[string]string{}, conns: map[string]*ipc.Conn{}}
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
	nodeAddr := f.node(nil)
	f.direct, f.secure = nodeAddr, f.node(ca.TLS("127.0.0.1"))
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
			return control.Standing{Role: f.users[user], Open: !f.closed && c != "gone", Since: f.made}, nil
		},
		Pick: func(_ context.Context, to control.Endpoint) (*gateway.Backend, error) {
			if to.Cluster != cluster {
				return nil, gateway.ErrNoNode
			}
			return &gateway.Backend{Node: "node-1", Addr: nodeAddr, Password: nodePassword, Traffic: &f.traffic, Release: func() {
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
func (f *fixture) node(secure *tls.Config) (addr string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		f.Fatal(err)
	}
	s := &ipc.Server{
		TLS: secure,
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
	f.conns[user] = conn
	f.answers(conn, user)
	return conn
}

// answering checks that the user's latest connection still works.
func (f *fixture) answering(user string) {
	f.Helper()
	f.answers(f.conns[user], user)
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
