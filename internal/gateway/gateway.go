// Package gateway is the front door for kdb+ clients: one TLS port behind which
// all clusters are. A client logs in with the user name and, as its password,
// the signed query of a connection string. The gateway verifies the signature,
// finds out who made it, asks the policies, and then joins the connection to a
// node of the cluster and copies bytes.
//
// What lets a connection in is asked again whenever it may have changed: the
// user, its role, a policy, a session. Each connection is known to the reviewer
// before it is checked for the first time, so that no change falls between the
// check and the watching. A connection that is no longer allowed ends with a
// cause that says why; one that still is does not notice.
package gateway

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"syscall"
	"time"

	"github.com/quoinhq/quoin/internal/control"
	"github.com/quoinhq/quoin/internal/iam"
	"github.com/quoinhq/quoin/internal/sigv4"
)

// Backend is a node that a connection was given to.
type Backend struct {
	Node     string
	Addr     string // host:port
	Password string // lets a login of any user in
	Traffic  *Traffic
	Release  func() // the connection has ended; called once
}

// ErrNoNode is returned by Pick when no node of the cluster takes connections.
var ErrNoNode = errors.New("gateway: no node takes connections")

// Config is what a gateway needs. All fields but the limits are required.
type Config struct {
	IAM      *iam.Service
	Verifier *sigv4.Verifier // accepts finspace-apricot
	TLS      *tls.Config
	// Look tells how a user and a cluster are now.
	Look func(ctx context.Context, env, cluster, user string) (control.Standing, error)
	// ClusterARN names a cluster for policies.
	ClusterARN func(env, cluster string) string
	// Pick chooses a node: that of the endpoint, or the one with the fewest
	// connections. Errors: ErrNoNode.
	Pick func(ctx context.Context, to control.Endpoint) (*Backend, error)
	// Record writes down that a connection began, was refused or ended.
	Record func(ctx context.Context, e Event) error
	Log    *slog.Logger
	Now    func() time.Time

	MaxConns      int           // open at once: 20,000
	MaxPerAddress int           // not logged in yet, of one address: 256
	LoginTimeout  time.Duration // from accepting to being logged in: 10 s
	MaxLogin      int           // bytes: 8 KiB
}

func (c *Config) ensureDefaults() {
	if c.MaxConns == 0 {
		c.MaxConns = 20_000
	}
	if c.MaxPerAddress == 0 {
		c.MaxPerAddress = 256
	}
	if c.LoginTimeout == 0 {
		c.LoginTimeout = 10 * time.Second
	}
	if c.MaxLogin == 0 {
		c.MaxLogin = 8 << 10
	}
}

// Cause says why a connection ended or was refused.
type Cause string

// The causes.
const (
	ClientClosed   Cause = "closed by the client"
	NodeClosed     Cause = "closed by the node"
	UserDeleted    Cause = "user deleted"
	RoleChanged    Cause = "role changed and not allowed"
	NotAllowed     Cause = "not allowed"
	SessionRevoked Cause = "session revoked"
	ClusterClosed  Cause = "cluster closing"
	Drained        Cause = "drained"
	BadLogin       Cause = "bad login"
	BadSignature   Cause = "bad signature"
	NoNode         Cause = "no node"
	TooMany        Cause = "too many connections"
	Failed         Cause = "internal error"
)

// Event is something that happened to a connection.
type Event struct {
	Kind     string // "Connect", "Refuse" or "Disconnect"
	Cause    Cause  // of a refusal or an end
	Detail   string // more about it, for operators
	Address  string // the client's
	User     string
	Endpoint control.Endpoint
	Identity *iam.Identity
	Bytes    [2]int64 // from and to the client, of an end
	Lasted   time.Duration
}

// refusal is an end with its cause.
type refusal struct {
	cause Cause
	err   error
}

func (r *refusal) Error() string {
	if r.err != nil {
		return string(r.cause) + ": " + r.err.Error()
	}
	return string(r.cause)
}

func (r *refusal) Unwrap() error { return r.err }

func refuse(c Cause, err error) error { return &refusal{c, err} }

// causeOf is why err ended a connection.
func causeOf(err error) Cause {
	var r *refusal
	if errors.As(err, &r) {
		return r.cause
	}
	return Failed
}

// Gateway lets kdb+ clients in. Its methods may be called concurrently.
type Gateway struct {
	cfg Config

	sessions registry
	reviews  reviews

	mu       sync.Mutex     // protects the rest
	arriving map[string]int // connections by address that are not logged in yet
	open     int
}

// New returns a gateway that is not serving yet.
func New(cfg Config) *Gateway {
	cfg.ensureDefaults()
	return &Gateway{cfg: cfg, reviews: newReviews(), arriving: map[string]int{}}
}

// Serve takes connections from l until ctx ends. Then it closes l and all
// connections and returns when nothing of them runs any more.
func (g *Gateway) Serve(ctx context.Context, l net.Listener) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var wg sync.WaitGroup
	defer wg.Wait()
	defer g.closeAll(refuse(Drained, nil))
	stop := g.cfg.IAM.OnChange(func(iam.Change) { g.Review() })
	defer stop()
	wg.Go(func() { g.reviewLoop(ctx) })
	unblock := context.AfterFunc(ctx, func() { l.Close() })
	defer unblock()
	for {
		nc, err := l.Accept()
		switch {
		case ctx.Err() != nil:
			if nc != nil {
				nc.Close()
			}
			return nil
		case err != nil && isTemporary(err):
			time.Sleep(10 * time.Millisecond) // out of file descriptors: some will be given back
			continue
		case err != nil:
			cancel()
			return fmt.Errorf("gateway: %w", err)
		}
		wg.Go(func() { g.handle(ctx, nc) })
	}
}

func isTemporary(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) || errors.Is(err, syscall.ECONNABORTED)
}

func (g *Gateway) closeAll(why error) {
	for _, s := range g.sessions.all() {
		s.stop(why)
	}
}

// CloseCluster ends the connections to a cluster, or with node not "" to one of
// its nodes.
func (g *Gateway) CloseCluster(env, cluster, node string) {
	for _, s := range g.sessions.all() {
		if s.to.Environment == env && s.to.Cluster == cluster && (node == "" || s.on() == node) {
			s.stop(refuse(ClusterClosed, nil))
		}
	}
}

// Connections returns how many connections are joined to nodes.
func (g *Gateway) Connections() int { return g.sessions.len() }

// arrive counts a connection in, and reports whether there is room for it.
func (g *Gateway) arrive(addr string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.open >= g.cfg.MaxConns || g.arriving[addr] >= g.cfg.MaxPerAddress {
		return false
	}
	g.open++
	g.arriving[addr]++
	return true
}

// loggedIn says that a connection no longer counts among those that arrive.
func (g *Gateway) loggedIn(addr string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.arriving[addr]--; g.arriving[addr] <= 0 {
		delete(g.arriving, addr)
	}
}

func (g *Gateway) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.open--
}
