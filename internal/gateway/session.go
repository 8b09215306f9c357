package gateway

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"time"

	"github.com/quoinhq/quoin/internal/control"
	"github.com/quoinhq/quoin/internal/iam"
	"github.com/quoinhq/quoin/internal/sigv4"
	"github.com/quoinhq/quoin/kdb/ipc"
)

// session is one client's connection.
type session struct {
	user  string
	to    control.Endpoint
	auth  *sigv4.Auth // what it logged in with
	addr  string
	began time.Time

	who  atomic.Pointer[iam.Identity] // who logged in, as last seen
	made atomic.Pointer[time.Time]    // when the user was made, as first seen
	node atomic.Pointer[string]       // the node it was given to, nil while it is let in

	ctx context.Context
	end context.CancelCauseFunc // stop, for who need not know when it has happened

	client  net.Conn
	backend atomic.Pointer[net.Conn] // nil until there is a node
}

func (s *session) owner() owner { return owner{s.to.Environment, s.user} }

// stop ends the session: when it returns nothing is read from either side any
// more, nor written to it. The first cause stays.
func (s *session) stop(why error) {
	s.end(why)
	s.cut()
}

// cut has reads and writes fail where they stand, and all later ones.
func (s *session) cut() {
	past := time.Unix(1, 0)
	s.client.SetDeadline(past)
	if c := s.backend.Load(); c != nil {
		(*c).SetDeadline(past)
	}
}

// handle serves one connection from its first byte to its last.
func (g *Gateway) handle(ctx context.Context, nc net.Conn) {
	defer nc.Close()
	addr := hostOf(nc.RemoteAddr())
	if !g.arrive(addr) {
		g.note(ctx, Event{Kind: "Refuse", Cause: TooMany, Address: addr})
		return
	}
	defer g.leave()
	arrived := true
	settle := func() {
		if arrived {
			arrived = false
			g.loggedIn(addr)
		}
	}
	defer settle()
	s := &session{addr: addr, began: g.cfg.Now(), client: nc}
	s.ctx, s.end = context.WithCancelCause(ctx)
	defer s.end(nil)
	// A connection that has to end ends where it stands, in a read or a write.
	unblock := context.AfterFunc(s.ctx, s.cut)
	defer unblock()

	client, backend, err := g.admit(s, nc)
	if backend != nil {
		defer backend.release()
	}
	if err != nil {
		g.note(ctx, s.event("Refuse", err))
		return
	}
	settle()
	defer g.sessions.remove(s)
	g.note(ctx, s.event("Connect", nil))
	up, down, err := s.join(client, backend)
	if cause := context.Cause(s.ctx); cause != nil {
		err = cause
	}
	e := s.event("Disconnect", err)
	e.Bytes, e.Lasted = [2]int64{up, down}, g.cfg.Now().Sub(s.began)
	g.note(ctx, e)
}

// note records an event; one that cannot be recorded is an operator's matter,
// the connection is not held up by it.
func (g *Gateway) note(ctx context.Context, e Event) {
	if err := g.cfg.Record(context.WithoutCancel(ctx), e); err != nil {
		g.cfg.Log.Error("connection not recorded", "kind", e.Kind, "error", err)
	}
}

// on is the node that the session was given to, "" while it is let in.
func (s *session) on() string {
	if n := s.node.Load(); n != nil {
		return *n
	}
	return ""
}

func (s *session) event(kind string, err error) Event {
	e := Event{Kind: kind, Address: s.addr, User: s.user, Endpoint: s.to, Identity: s.who.Load()}
	if e.Endpoint.Node == "" {
		e.Endpoint.Node = s.on()
	}
	if err != nil {
		e.Cause = causeOf(err)
		var r *refusal
		if errors.As(err, &r) && r.err != nil {
			e.Detail = r.err.Error()
		}
	}
	return e
}

// admit brings a connection through the login. The session is among those that
// are reviewed before it is checked.
func (g *Gateway) admit(s *session, nc net.Conn) (c *client, backend *joined, err error) {
	if err := nc.SetDeadline(time.Now().Add(g.cfg.LoginTimeout)); err != nil {
		return nil, nil, refuse(BadLogin, err)
	}
	w, err := newWire(nc)
	if err != nil {
		return nil, nil, refuse(Failed, err)
	}
	defer func() {
		if err != nil {
			w.dropIn()
		}
	}()
	tc := tls.Server(w, g.cfg.TLS)
	if err := tc.HandshakeContext(s.ctx); err != nil {
		return nil, nil, refuse(BadLogin, fmt.Errorf("TLS: %w", err))
	}
	r := bufio.NewReaderSize(tc, recordPlain) // takes a whole record: none is left halfway in TLS
	login, err := ipc.ReadLogin(r, g.cfg.MaxLogin)
	if err != nil {
		return nil, nil, refuse(BadLogin, err)
	}
	s.user = login.User
	id, err := g.identify(s, login)
	if err != nil {
		return nil, nil, err
	}
	s.who.Store(id)
	g.sessions.add(s)
	if err = g.check(s.ctx, s); err == nil {
		backend, err = g.connect(s, login)
	}
	if err == nil {
		// The reply is one byte in a packet of its own: clients read just that.
		_, err = tc.Write([]byte{backend.capability})
	}
	if err != nil {
		g.sessions.remove(s)
		return nil, backend, err
	}
	// The session may have been ended while it was let in; then the deadline
	// that ended it stands.
	if err := nc.SetDeadline(time.Time{}); err != nil || s.ctx.Err() != nil {
		g.sessions.remove(s)
		return nil, backend, errors.Join(context.Cause(s.ctx), err)
	}
	early, err := r.Peek(r.Buffered())
	if err != nil {
		g.sessions.remove(s)
		return nil, backend, err
	}
	return &client{tc, w, bytes.Clone(early)}, backend, nil
}

// identify verifies the password of a login and returns who signed it.
func (g *Gateway) identify(s *session, login ipc.Login) (*iam.Identity, error) {
	auth, k, err := sigv4.ParseConnect(login.Password)
	if err != nil {
		return nil, refuse(BadSignature, err)
	}
	id, secret, err := g.cfg.IAM.Authenticate(s.ctx, auth.AccessKeyID, auth.Token)
	if err != nil {
		var bad *sigv4.Error
		if errors.As(err, &bad) {
			return nil, refuse(BadSignature, err)
		}
		return nil, refuse(Failed, err)
	}
	if err := g.cfg.Verifier.Verify(auth, secret, sigv4.EmptyHash, g.cfg.Now()); err != nil {
		return nil, refuse(BadSignature, err)
	}
	s.auth = auth
	if s.to, err = parseHost(k.Host); err != nil {
		return nil, refuse(BadSignature, err)
	}
	if k.User != login.User || k.Action != sigv4.ConnectAction {
		return nil, refuse(BadSignature, errors.New("the string is another user's or for another action"))
	}
	return id, nil
}

// connect logs in to a node as the user.
func (g *Gateway) connect(s *session, login ipc.Login) (*joined, error) {
	b, err := g.cfg.Pick(s.ctx, s.to)
	if err != nil {
		return nil, refuse(NoNode, err)
	}
	s.node.Store(&b.Node)
	var d net.Dialer
	nc, err := d.DialContext(s.ctx, "tcp", b.Addr)
	if err != nil {
		b.Release()
		return nil, refuse(NoNode, err)
	}
	j := &joined{Conn: nc, traffic: b.Traffic, release: b.Release}
	release := j.release
	j.release = func() { nc.Close(); release() }
	s.backend.Store(&nc)
	hello := ipc.Login{User: login.User, Password: b.Password, Capability: login.Capability}
	var reply [1]byte
	err = nc.SetDeadline(time.Now().Add(g.cfg.LoginTimeout))
	if err == nil {
		err = s.ctx.Err() // a cut of before knew nothing of nc, or was just undone
	}
	if err == nil {
		if _, err = nc.Write(hello.Append(nil)); err == nil {
			_, err = io.ReadFull(nc, reply[:])
		}
	}
	if err != nil {
		return j, refuse(NoNode, fmt.Errorf("the node refused the login: %w", err))
	}
	if err := nc.SetDeadline(time.Time{}); err != nil {
		return j, refuse(Failed, err)
	}
	j.capability = reply[0]
	return j, nil
}

func hostOf(a net.Addr) string {
	host, _, err := net.SplitHostPort(a.String())
	if err != nil {
		return a.String()
	}
	return host
}
