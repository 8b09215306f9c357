package eval

import (
	"context"
	"errors"
	"io/fs"
	"math/rand/v2"
	"net"
	"os"
	"path"
	"strconv"
	"strings"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/kdb/ipc"
)

type reusePort struct{}

// ReusePort reports whether Sys.Listen is asked for a port that other processes
// may listen on too.
func ReusePort(ctx context.Context) bool { return ctx.Value(reusePort{}) != nil }

// address of a port: [rp,][host:](port|service|range). Source: KX manual,
// "Listening port".
type portArg struct {
	reuse    bool
	host     string
	from, to int // inclusive; 0 for any free one
	threaded bool
}

// port is \p: asks for the port, or begins to listen on another; 0 ends it.
func (c *connections) port(_ *thread, arg string) (kdb.Value, error) {
	if arg == "" {
		return kdb.Int(c.portNo), nil
	}
	if arg == "0" && len(c.eng.names.sealed) > 0 {
		return nil, errAccess
	}
	if arg == "0" {
		c.unlisten()
		return kdb.Nil, nil
	}
	a, err := parsePort(arg)
	if err != nil {
		return nil, err
	}
	s := &ipc.Server{
		Handler: func(ctx context.Context, conn *ipc.Conn) { c.eng.contain(func() { c.accept(ctx, conn) }) },
		Auth:    c.authorise,
		HTTP:    func(ctx context.Context, nc net.Conn) { c.eng.contain(func() { c.serveHTTP(ctx, nc) }) },
	}
	if mode := c.eng.conf.tlsMode; mode > 0 {
		if s.TLS, err = c.eng.tlsServer(); err != nil {
			return nil, err
		}
		s.Plain = mode == 1
	}
	tcp, err := c.listen(a)
	var refused kdb.Error
	if errors.As(err, &refused) {
		return nil, refused
	}
	if err == nil && tcp == nil {
		return kdb.Nil, nil
	}
	if err != nil {
		return nil, kdb.Error(arg + ". OS reports: " + reason(err))
	}
	c.unlisten()
	c.portNo = tcp.Addr().(*net.TCPAddr).Port
	c.threaded.Store(a.threaded)
	c.eng.dir() // known before clients ask for it at the same time
	c.listeners = []net.Listener{tcp}
	if !a.reuse {
		uds, err := c.listenUnix()
		if err != nil {
			c.unlisten()
			return nil, err
		}
		if uds != nil {
			c.listeners = append(c.listeners, uds)
		}
	}
	loaded := c.loaded
	for _, l := range c.listeners {
		c.work.Go(func() {
			if loaded != nil {
				select {
				case <-loaded: // whoever connects earlier waits for the script
				case <-c.ctx.Done():
				}
			}
			_ = s.Serve(c.ctx, lasting{l, c.ctx}) // ends with the engine
		})
	}
	return kdb.Nil, nil
}

// lasting is a listener that, once closed, lets nobody in but does not end, as
// the connections that came through it live on.
type lasting struct {
	net.Listener
	ctx context.Context
}

// Accept returns the next connection.
func (l lasting) Accept() (net.Conn, error) {
	nc, err := l.Listener.Accept()
	if errors.Is(err, net.ErrClosed) {
		<-l.ctx.Done()
	}
	return nc, err
}

func parsePort(arg string) (portArg, error) {
	a := portArg{}
	arg, a.reuse = strings.CutPrefix(arg, "rp,")
	num := arg
	if i := strings.LastIndexByte(arg, ':'); i >= 0 {
		a.host, num = strings.Trim(arg[:i], "[]"), arg[i+1:]
	}
	num, a.threaded = strings.CutPrefix(num, "-")
	if num == "0W" {
		return a, nil
	}
	from, to, isRange := strings.Cut(num, "/")
	if !isRange {
		to = from
	}
	var err error
	if a.from, err = net.LookupPort("tcp", from); err == nil {
		a.to, err = net.LookupPort("tcp", to)
	}
	if err != nil || a.from == 0 || a.to < a.from {
		return a, errDomain
	}
	return a, nil
}

// listen takes the port, or the ones of a range in a random order until one is free.
func (c *connections) listen(a portArg) (net.Listener, error) {
	ctx := c.ctx
	if a.reuse {
		ctx = context.WithValue(ctx, reusePort{}, true)
	}
	var err error
	for _, i := range rand.Perm(a.to - a.from + 1) {
		var l net.Listener
		if l, err = c.eng.sys.Listen(ctx, "tcp", net.JoinHostPort(a.host, strconv.Itoa(a.from+i))); err == nil {
			return l, nil
		}
	}
	return nil, err
}

// listenUnix listens on the unix socket that belongs to the port: an abstract
// one, or a file in the folder QUDSPATH; none where that is set to nothing.
func (c *connections) listenUnix() (net.Listener, error) {
	name := c.unixPath(strconv.Itoa(c.portNo))
	if name == "" {
		return nil, nil
	}
	if name[0] != '@' {
		if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, osError(name, err)
		}
	}
	l, err := c.eng.sys.Listen(c.ctx, "unix", name)
	if errors.Is(err, errors.ErrUnsupported) {
		return nil, nil
	}
	if err != nil {
		return nil, kdb.Error("cannot listen on uds " + name + ". OS reports: " + reason(err))
	}
	return l, nil
}

// unixPath is where the process that listens on port has its unix socket.
func (c *connections) unixPath(port string) string {
	dir, set := c.eng.sys.LookupEnv("QUDSPATH")
	if !set {
		return ipc.UnixPath(port)
	}
	if dir == "" {
		return ""
	}
	return path.Join(dir, "kx."+port)
}

// reason is the text of the system's error inside a network error.
func reason(err error) string {
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return sentence(err.Error())
		}
		err = next
	}
}

func (c *connections) unlisten() {
	for _, l := range c.listeners {
		_ = l.Close()
	}
	c.listeners, c.portNo = nil, 0
	c.threaded.Store(false)
}

// Loaded lets in those who connect, after the script of the command line.
func (eng *Engine) Loaded() {
	if eng.ipc.loaded != nil {
		close(eng.ipc.loaded)
		eng.ipc.loaded = nil
	}
}
