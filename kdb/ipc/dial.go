package ipc

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
)

// ErrRefused is returned by Dial when the server closed the connection on
// reading the login: it did not like user or password.
var ErrRefused = errors.New("ipc: login refused")

// Dialer connects to kdb+ processes. The zero Dialer is ready to use.
type Dialer struct {
	User, Password string
	// TLS, when not nil, encrypts the connection.
	TLS *tls.Config
	// Compression says when to compress what is sent.
	Compression Compression
	// MaxMessage is the largest message taken, DefaultMaxMessage if 0.
	MaxMessage int64
}

// Dial connects to an address as hopen takes it: "host:port",
// "host:port:user:password", "unix://5010", with "tcps://" before it for TLS; a
// leading colon may stand before all. A unix socket may also be named by its
// path. Errors: ErrRefused, those of the network and of ctx.
func Dial(ctx context.Context, addr string) (*Conn, error) { return new(Dialer).Dial(ctx, addr) }

// Dial is the function Dial with d's settings; user and password in addr
// override d's.
func (d *Dialer) Dial(ctx context.Context, addr string) (*Conn, error) {
	t, err := parseAddr(addr)
	if err != nil {
		return nil, err
	}
	l := Login{User: d.User, Password: d.Password, Capability: ours}
	if t.user != "" {
		l.User, l.Password = t.user, t.password
	}
	config := d.TLS
	if t.tls && config == nil {
		config = &tls.Config{}
	}
	nc, err := new(net.Dialer).DialContext(ctx, t.network, t.addr)
	if err != nil {
		return nil, err
	}
	if config != nil {
		if config.ServerName == "" && !config.InsecureSkipVerify {
			config = config.Clone()
			config.ServerName, _, _ = net.SplitHostPort(t.addr)
		}
		nc = tls.Client(nc, config)
	}
	c, err := d.NewConn(ctx, nc, l)
	if err != nil {
		nc.Close()
		return nil, err
	}
	return c, nil
}

// NewConn logs in over a connection that the caller made, which is the Conn's
// from then on. Errors: as Dial; nc is not closed then.
func (d *Dialer) NewConn(ctx context.Context, nc net.Conn, l Login) (*Conn, error) {
	c := newConn(nc, l, d.MaxMessage)
	login := deadline{set: nc.SetDeadline}
	login.arm(ctx)
	defer login.close()
	fail := func(err error) (*Conn, error) {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return nil, err
	}
	if strings.ContainsRune(l.User, ':') || strings.ContainsAny(l.User+l.Password, "\x00") {
		return nil, fmt.Errorf("ipc: user %q: %w", l.User, ErrLogin)
	}
	if _, err := nc.Write(l.Append(nil)); err != nil {
		return fail(err)
	}
	var reply [1]byte
	if _, err := io.ReadFull(nc, reply[:]); err != nil {
		if err == io.EOF || isReset(err) {
			err = ErrRefused
		}
		return fail(err)
	}
	c.agree(Capability(reply[0]), d.Compression)
	return c, nil
}

type target struct {
	network, addr  string
	tls            bool
	user, password string
}

// parseAddr reads what hopen takes.
func parseAddr(s string) (target, error) {
	t := target{network: "tcp"}
	s = strings.TrimPrefix(s, ":")
	if rest, ok := strings.CutPrefix(s, "tcps://"); ok {
		t.tls, s = true, rest
	}
	if rest, ok := strings.CutPrefix(s, "unix://"); ok {
		t.network = "unix"
		name, login, _ := strings.Cut(rest, ":")
		if !strings.Contains(name, "/") {
			name = UnixPath(name)
		}
		t.addr = name
		t.user, t.password, _ = strings.Cut(login, ":")
		return t, nil
	}
	host, rest, ok := "", "", false
	if strings.HasPrefix(s, "[") { // an IPv6 address
		i := strings.Index(s, "]:")
		if i < 0 {
			return t, fmt.Errorf("ipc: address %q without a port", s)
		}
		host, rest, ok = s[1:i], s[i+2:], true
	} else {
		host, rest, ok = strings.Cut(s, ":")
	}
	port, login, _ := strings.Cut(rest, ":")
	if !ok || port == "" {
		return t, fmt.Errorf("ipc: address %q without a port", s)
	}
	if host == "" {
		host = "localhost"
	}
	t.addr = net.JoinHostPort(host, port)
	t.user, t.password, _ = strings.Cut(login, ":")
	return t, nil
}

// UnixPath returns the name of the unix socket on which a process that listens
// on port is reached, an abstract one. A process that was given a folder for
// its sockets (QUDSPATH) is reached by path instead.
// Source: KX manual, "Listening port".
func UnixPath(port string) string { return "@/tmp/kx." + port }

// isReset reports whether the peer closed the connection without reading all
// that was sent, which refusing a login looks like too.
func isReset(err error) bool {
	return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || errors.Is(err, io.ErrUnexpectedEOF)
}
