package ipc

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"sync"
	"time"

	"github.com/quoinhq/quoin/kdb"
)

// Defaults of a Server.
const (
	DefaultMaxLogin     = 8 << 10
	DefaultLoginTimeout = 10 * time.Second
	DefaultGrace        = 5 * time.Second
)

// Server answers kdb+ clients. Its fields must not change once it serves.
type Server struct {
	// Handler serves one client that logged in, on a goroutine of its own. The
	// connection is closed when it returns. It should return soon after ctx
	// ends, as Receive does; [Answer] makes one from a function.
	Handler func(ctx context.Context, c *Conn)

	// Auth says with an error that the login is refused. The client sees only
	// that the connection closes. nil lets everybody in.
	Auth func(ctx context.Context, l Login, nc net.Conn) error

	// TLS, when not nil, has connections encrypted. Plain lets clients without
	// TLS in as well, on the same port.
	TLS   *tls.Config
	Plain bool

	// HTTP, when not nil, is given a connection whose client speaks HTTP, to
	// serve and to close before it returns or later; what has been read of it
	// will be read again. nil closes such connections.
	HTTP func(ctx context.Context, nc net.Conn)

	Compression  Compression
	MaxMessage   int64         // largest message taken, DefaultMaxMessage if 0
	MaxLogin     int           // longest login taken, DefaultMaxLogin if 0
	LoginTimeout time.Duration // from accepting to being logged in, DefaultLoginTimeout if 0
	Grace        time.Duration // how long handlers may take to end, DefaultGrace if 0
}

// Serve accepts connections on l until ctx ends, then closes l, gives the
// handlers s.Grace to return, closes what connections are left and waits for
// all that it started. Errors: the listener's, unless ctx ended.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	var (
		running sync.WaitGroup
		mu      sync.Mutex
		open    = map[net.Conn]struct{}{}
	)
	inner, end := context.WithCancel(ctx)
	defer end()
	stop := context.AfterFunc(ctx, func() { l.Close() })
	defer stop()
	err := accept(ctx, l, func(nc net.Conn) {
		mu.Lock()
		open[nc] = struct{}{}
		mu.Unlock()
		running.Go(func() {
			s.serve(inner, nc)
			mu.Lock()
			delete(open, nc)
			mu.Unlock()
		})
	})
	l.Close()
	end()
	grace := time.AfterFunc(orElse(s.Grace, DefaultGrace), func() {
		mu.Lock()
		defer mu.Unlock()
		for nc := range open {
			nc.Close()
		}
	})
	running.Wait()
	grace.Stop()
	return err
}

// accept calls start for each connection until ctx ends or the listener fails
// for good. Running out of descriptors passes: it waits and tries again.
func accept(ctx context.Context, l net.Listener, start func(net.Conn)) error {
	for wait := time.Millisecond; ; {
		nc, err := l.Accept()
		switch {
		case err == nil:
			start(nc)
			wait = time.Millisecond
			continue
		case ctx.Err() != nil:
			return nil
		case !isTemporary(err):
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
			wait = min(2*wait, time.Second)
		}
	}
}

func isTemporary(err error) bool {
	var t interface{ Temporary() bool }
	return errors.As(err, &t) && t.Temporary()
}

func orElse[T comparable](x, otherwise T) T {
	var zero T
	if x == zero {
		return otherwise
	}
	return x
}

// serve is one connection from accepting to closing.
func (s *Server) serve(ctx context.Context, nc net.Conn) {
	taken := false
	defer func() {
		if !taken {
			nc.Close()
		}
	}()
	login, done := context.WithTimeout(ctx, orElse(s.LoginTimeout, DefaultLoginTimeout))
	defer done()
	unarm := context.AfterFunc(login, func() { nc.SetDeadline(time.Unix(1, 0)) })
	defer unarm()

	r := bufio.NewReaderSize(nc, 512)
	if s.TLS != nil {
		first, err := r.Peek(1)
		if err != nil {
			return
		}
		if first[0] == tlsRecord {
			secure := tls.Server(&replay{Conn: nc, r: r}, s.TLS)
			if err := secure.HandshakeContext(login); err != nil {
				return
			}
			nc, r = secure, bufio.NewReaderSize(secure, 512)
		} else if !s.Plain {
			return
		}
	}
	http, err := speaksHTTP(r)
	if err != nil {
		return
	}
	if http {
		if s.HTTP != nil && unarm() {
			taken = true
			s.HTTP(ctx, &replay{Conn: nc, r: r})
		}
		return
	}
	l, err := ReadLogin(r, orElse(s.MaxLogin, DefaultMaxLogin))
	if err != nil {
		return
	}
	if s.Auth != nil && s.Auth(login, l, nc) != nil {
		return
	}
	c := newConn(nc, l, s.MaxMessage)
	c.agree(ours, s.Compression)
	// The one byte goes out on its own: common clients read exactly one byte here.
	if _, err := nc.Write([]byte{byte(c.capability)}); err != nil {
		return
	}
	if !unarm() {
		return
	}
	if n := r.Buffered(); n > 0 { // a client that did not wait for the reply
		c.in.buf = make([]byte, readBuffer)
		c.in.to, _ = r.Read(c.in.buf[:n])
	}
	taken = true
	defer c.Close()
	s.Handler(ctx, c)
}

// tlsRecord is the first byte of a TLS handshake.
const tlsRecord = 0x16

// speaksHTTP looks at the first bytes of a connection. A login may be as short
// as two bytes, so it looks no further than they leave HTTP possible.
func speaksHTTP(r *bufio.Reader) (bool, error) {
	for n := 1; ; n++ {
		b, err := r.Peek(n)
		if err != nil {
			return false, err
		}
		possible := false
		for _, m := range httpMethods {
			if string(b) == m {
				return true, nil
			}
			possible = possible || len(m) > n && m[:n] == string(b)
		}
		if !possible {
			return false, nil
		}
	}
}

var httpMethods = [...]string{"GET ", "POST ", "HEAD ", "PUT ", "DELETE ", "OPTIONS ", "PATCH "}

// replay is a connection of which something has been read into r.
type replay struct {
	net.Conn
	r *bufio.Reader
}

func (c *replay) Read(b []byte) (int, error) {
	if c.r != nil {
		if c.r.Buffered() > 0 {
			return c.r.Read(b)
		}
		c.r = nil
	}
	return c.Conn.Read(b)
}

// Answer returns a handler that calls f for each message and, where the client
// waits, answers with what f returns. An error that is a kdb.Error reaches the
// client; of any other it learns only "internal".
func Answer(f func(ctx context.Context, c *Conn, m Message) (kdb.Value, error)) func(context.Context, *Conn) {
	return func(ctx context.Context, c *Conn) {
		for {
			m, err := c.Receive(ctx)
			if err != nil {
				return
			}
			v, err := f(ctx, c, m)
			if m.Kind != Sync {
				continue
			}
			if err != nil {
				e := kdb.Error("internal")
				errors.As(err, &e)
				v = e
			}
			// What was asked before the end is still answered.
			if c.Reply(context.WithoutCancel(ctx), v) != nil {
				return
			}
		}
	}
}
