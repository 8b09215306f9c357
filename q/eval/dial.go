package eval

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/kdb/ipc"
)

// open is hopen of a process; once tells that it is for a single request, during
// which nothing from the other side is served.
func (c *connections) open(addr string, timeout time.Duration, once bool) (*handle, error) {
	target, err := parseAddress(addr)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(c.ctx)
	defer cancel()
	if timeout > 0 {
		ctx, cancel = context.WithTimeout(c.ctx, timeout)
		defer cancel()
	}
	conn, err := c.dial(ctx, target)
	if err != nil {
		return nil, connectError(addr, ctx, err)
	}
	h := &handle{conn: conn, user: target.user, addr: conn.RemoteAddr(), mine: true, once: once, path: addr}
	if s, ok := conn.TLS(); ok {
		policy, _ := c.eng.tlsSetting("SSL_VERIFY_SERVER")
		h.secure, h.verified = &s, policy != "NO"
	}
	c.add(h)
	c.work.Go(func() { c.eng.contain(func() { h.send(c.ctx) }) })
	c.work.Go(func() { c.eng.contain(func() { c.serve(c.ctx, h) }) })
	return h, nil
}

// dial connects, encrypts and logs in.
func (c *connections) dial(ctx context.Context, t address) (*ipc.Conn, error) {
	if t.network == "unix" {
		t.address = c.unixPath(t.address)
	}
	nc, err := c.eng.sys.Dial(ctx, t.network, t.address)
	if err != nil {
		return nil, err
	}
	if t.tls {
		host, _, _ := net.SplitHostPort(t.address)
		cfg, err := c.eng.tlsClient(host)
		if err != nil {
			_ = nc.Close()
			return nil, err
		}
		secure := tls.Client(nc, cfg)
		if err := secure.HandshakeContext(ctx); err != nil {
			_ = nc.Close()
			return nil, err
		}
		nc = secure
	}
	user := t.user
	if user == "" {
		user = c.eng.sys.User()
	}
	var d ipc.Dialer
	conn, err := d.NewConn(ctx, nc, ipc.Login{User: user, Password: t.password, Capability: ipc.Large})
	if err != nil {
		_ = nc.Close()
	}
	return conn, err
}

func connectError(addr string, ctx context.Context, err error) error {
	var q kdb.Error
	switch {
	case errors.As(err, &q):
		return q
	case errors.Is(err, ipc.ErrRefused):
		return kdb.Error("access")
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return kdb.Error("timeout")
	}
	var se *os.SyscallError
	if errors.As(err, &se) {
		return kdb.Error("hop. OS reports: " + sentence(se.Err.Error()))
	}
	var de *net.DNSError
	if errors.As(err, &de) {
		return kdb.Error("hop. OS reports: Invalid argument")
	}
	return kdb.Error("hop. OS reports: " + sentence(err.Error()))
}

// address is what hopen connects to.
type address struct {
	network, address string
	user, password   string
	tls              bool
}

func parseAddress(s string) (address, error) {
	s = strings.TrimPrefix(s, ":")
	a := address{network: "tcp"}
	if rest, ok := strings.CutPrefix(s, "tcps://"); ok {
		a.tls, s = true, rest
	}
	for scheme, encrypted := range map[string]bool{"unix://": false, "unixs://": true} {
		if rest, ok := strings.CutPrefix(s, scheme); ok {
			port, login, _ := strings.Cut(rest, ":")
			a.network, a.tls, a.address = "unix", encrypted, port
			a.user, a.password, _ = strings.Cut(login, ":")
			return a, nil
		}
	}
	if n, err := strconv.Atoi(s); err == nil && n > 0 {
		s = ":" + s
	}
	parts := strings.SplitN(s, ":", 4)
	if len(parts) < 2 {
		return a, errType
	}
	host := parts[0]
	if host == "" {
		host = "localhost"
	}
	a.address = net.JoinHostPort(host, parts[1])
	if len(parts) > 2 {
		a.user = parts[2]
	}
	if len(parts) > 3 {
		a.password = parts[3]
	}
	return a, nil
}
