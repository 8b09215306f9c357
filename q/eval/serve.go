package eval

import (
	"context"
	"crypto/md5"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/kdb/ipc"
)

// port is \p: asks for the port, or begins to listen on another; 0 ends it, 0W
// takes a free one, a leading host narrows the addresses.
func (c *connections) port(_ *thread, arg string) (kdb.Value, error) {
	if arg == "" {
		return kdb.Int(c.portNo), nil
	}
	arg = strings.TrimPrefix(arg, "rp,")
	host, num := "", arg
	if i := strings.LastIndexByte(arg, ':'); i >= 0 {
		host, num = arg[:i], arg[i+1:]
	}
	if num == "0W" {
		num = "0"
	} else if num == "0" && len(c.eng.names.sealed) > 0 {
		return nil, errAccess
	} else if num == "0" {
		c.unlisten()
		return kdb.Nil, nil
	}
	n, err := strconv.Atoi(num)
	if err != nil {
		return nil, errDomain
	}
	l, err := c.eng.sys.Listen(c.ctx, "tcp", net.JoinHostPort(host, strconv.Itoa(max(n, -n))))
	var refused kdb.Error
	if errors.As(err, &refused) {
		return nil, refused
	}
	if err != nil {
		return nil, kdb.Error(num + ". OS reports: " + reason(err))
	}
	if l == nil {
		return kdb.Nil, nil
	}
	c.unlisten()
	ctx, stop := context.WithCancel(c.ctx)
	c.stop = stop
	c.portNo = n
	if a, ok := l.Addr().(*net.TCPAddr); ok {
		c.portNo = a.Port
	}
	s := &ipc.Server{
		Handler: func(ctx context.Context, conn *ipc.Conn) { c.eng.contain(func() { c.accept(ctx, conn) }) },
		Auth:    c.authorise,
		HTTP:    func(ctx context.Context, nc net.Conn) { c.eng.contain(func() { c.serveHTTP(ctx, nc) }) },
	}
	c.work.Add(1)
	go func() {
		defer c.work.Done()
		_ = s.Serve(ctx, l) // ends with ctx; what breaks a listener earlier leaves the port unserved
	}()
	return kdb.Nil, nil
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
	if c.stop != nil {
		c.stop()
		c.stop, c.portNo = nil, 0
	}
}

// authorise checks a login: the password file of -u, then .z.pw.
func (c *connections) authorise(_ context.Context, l ipc.Login, _ net.Conn) error {
	if c.users != nil {
		want, ok := c.users[l.User]
		if !ok || !passwordIs(want, l.Password) {
			return errors.New("access")
		}
	}
	if c.eng.handler("pw") == nil {
		return nil
	}
	c.eng.turn.Lock()
	defer c.eng.turn.Unlock()
	v, _ := c.callback(0, "pw", kdb.Sym(l.User), kdb.Str(l.Password))
	if ok, _ := isTrue(orNil(v)); !ok {
		return errors.New("access")
	}
	return nil
}

func orNil(v kdb.Value) kdb.Value {
	if v == nil {
		return kdb.Nil
	}
	return v
}

// passwordIs compares with a password in plain text, or its MD5 or SHA-1.
// Source: KX manual, "Command line", -u.
func passwordIs(want, given string) bool {
	switch len(want) {
	case 32:
		sum := md5.Sum([]byte(given))
		if hex.EncodeToString(sum[:]) == want {
			return true
		}
	case 40:
		sum := sha1.Sum([]byte(given))
		if hex.EncodeToString(sum[:]) == want {
			return true
		}
	}
	return want == given
}

// accept serves a client that logged in.
func (c *connections) accept(ctx context.Context, conn *ipc.Conn) {
	h := &handle{conn: conn, user: conn.User(), addr: conn.RemoteAddr()}
	id := c.add(h)
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		c.eng.contain(func() { h.send(ctx) })
	}()
	c.eng.turn.take(func() { c.callback(id, "po", kdb.Int(id)) })
	c.serve(ctx, h)
	<-sent
}

// setTimer is \t n: .z.ts is called every n milliseconds; 0 ends that.
func (c *connections) setTimer(ms int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ticking != nil {
		c.ticking()
		c.ticking = nil
	}
	if ms <= 0 {
		return
	}
	ctx, stop := context.WithCancel(c.ctx)
	c.ticking = stop
	c.work.Add(1)
	go func() {
		defer c.work.Done()
		t := time.NewTicker(time.Duration(ms) * time.Millisecond)
		defer t.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-t.C:
			}
			c.eng.turn.take(func() {
				if ctx.Err() != nil {
					return
				}
				now := moment('p', c.eng.sys.Now().UTC())
				if _, ok := c.callback(0, "ts", now); !ok {
					_ = c.eng.print(c.eng.format(now))
				}
			})
		}
	}()
}

// processKeywords registers what reaches other processes and the environment.
func (t specialTable) processKeywords() {
	t.unary("hopen", (*thread).hopen)
	t.unary("hclose", func(th *thread, x kdb.Value) (kdb.Value, error) {
		id, ok := intOf(x)
		if !ok {
			return nil, errType
		}
		h := th.eng.ipc.get(max(id, -id))
		if h == nil {
			return kdb.Nil, nil
		}
		th.eng.ipc.remove(h.id)
		h.close()
		return kdb.Nil, nil
	})
	t.unary("exit", func(th *thread, x kdb.Value) (kdb.Value, error) {
		code, ok := intOf(x)
		if !ok {
			return nil, errType
		}
		th.eng.exit(th, code)
		return nil, errStop
	})
	t.unary("getenv", func(th *thread, x kdb.Value) (kdb.Value, error) {
		s, ok := x.(kdb.Symbol)
		if !ok {
			return nil, errType
		}
		return kdb.Str(th.eng.sys.Getenv(s.String())), nil
	})
	t.binary("setenv", func(th *thread, x, y kdb.Value) (kdb.Value, error) {
		s, ok := x.(kdb.Symbol)
		v, ok2 := stringOf(y)
		if !ok || !ok2 {
			return nil, errType
		}
		return kdb.Nil, th.eng.sys.Setenv(s.String(), v)
	})
}

// exit is what q's exit does: .z.exit, then the end.
func (eng *Engine) exit(th *thread, code int) {
	if eng.exited.Swap(true) {
		return
	}
	eng.code = code
	if f := eng.handler("exit"); f != nil {
		if _, err := th.apply(f, []kdb.Value{kdb.Long(code)}); err != nil {
			eng.report(asError(err)) // what called exit is still running
		}
	}
	eng.sys.Exit(code)
	eng.ipc.cancel()
	eng.Interrupt()
}

// hopen opens a process or file.
func (th *thread) hopen(x kdb.Value) (kdb.Value, error) {
	if th.readOnly > 0 {
		return nil, errNoUpd
	}
	timeout := time.Duration(0)
	if l, ok := x.(*kdb.List); ok && len(l.V) == 2 {
		ms, ok := intOf(l.V[1])
		if !ok {
			return nil, errType
		}
		x, timeout = l.V[0], time.Duration(ms)*time.Millisecond
	}
	name, ok := stringOf(x)
	if !ok {
		n, ok := intOf(x)
		if !ok {
			return nil, errType
		}
		name = "::" + strconv.Itoa(n)
	}
	if !strings.HasPrefix(name, ":") {
		name = ":" + name
	}
	if isProcess(name) {
		h, err := th.eng.ipc.open(name, timeout)
		if err != nil {
			return nil, err
		}
		return kdb.Int(h.id), nil
	}
	return th.openFile(strings.TrimPrefix(name, ":"))
}

// isProcess tells the name of a process from that of a file.
func isProcess(name string) bool {
	s := strings.TrimPrefix(name, ":")
	for _, scheme := range []string{"tcps://", "unix://", "unixs://"} {
		if strings.HasPrefix(s, scheme) {
			return true
		}
	}
	if strings.HasPrefix(s, "fifo://") {
		return false
	}
	i := strings.IndexByte(s, ':')
	if i < 0 {
		return false
	}
	rest := s[i+1:]
	if j := strings.IndexByte(rest, ':'); j >= 0 {
		rest = rest[:j]
	}
	_, err := strconv.Atoi(rest)
	return err == nil && !strings.Contains(s[:i], "/")
}

// loadUsers reads the password file of -u and -U.
func (c *connections) loadUsers(file string) error {
	b, err := c.eng.readFile(file)
	if err != nil {
		return osError(file, err)
	}
	c.users = map[string]string{}
	for _, line := range strings.Split(string(b), "\n") {
		if user, pass, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			c.users[user] = pass
		}
	}
	return nil
}
