package eval

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/kdb/ipc"
)

// accept serves a client that logged in.
func (c *connections) accept(ctx context.Context, conn *ipc.Conn) {
	h := &handle{conn: conn, user: conn.User(), addr: conn.RemoteAddr(), threaded: c.threaded.Load()}
	if s, ok := conn.TLS(); ok {
		h.secure, h.verified = &s, len(s.VerifiedChains) > 0
	}
	id := c.add(h)
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		c.eng.contain(func() { h.send(ctx) })
	}()
	if !h.threaded {
		c.eng.turn.take(func() { c.callback(id, "po", kdb.Int(id)) })
	}
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
		if err := th.maySend(max(id, -id)); err != nil {
			return nil, err
		}
		h := th.eng.ipc.get(max(id, -id))
		if h == nil {
			return kdb.Nil, nil
		}
		th.eng.ipc.remove(h)
		h.close()
		return kdb.Nil, nil
	})
	t.unary("exit", func(th *thread, x kdb.Value) (kdb.Value, error) {
		if th.restricted() || th.reval > 0 {
			return nil, kdb.Error("access")
		}
		code, ok := intOf(x)
		if !ok {
			return nil, errType
		}
		th.eng.exit(th, code)
		return nil, errStop
	})
	t.unary("getenv", func(th *thread, x kdb.Value) (kdb.Value, error) {
		lookup := func(name kdb.Symbol) kdb.Value {
			value, _ := th.eng.sys.LookupEnv(name.String())
			return kdb.Str(value)
		}
		switch x := x.(type) {
		case kdb.Symbol:
			return lookup(x), nil
		case *kdb.Symbols:
			values := make([]kdb.Value, len(x.V))
			for i, name := range x.V {
				values[i] = lookup(name)
			}
			return kdb.NewList(values...), nil
		}
		return nil, errType
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
		if th.client {
			return nil, errNoSocket
		}
		h, err := th.eng.ipc.open(name, timeout, false)
		if err != nil {
			return nil, err
		}
		return kdb.Int(h.id), nil
	}
	file := strings.TrimPrefix(name, ":")
	if th.restricted() {
		return nil, accessError(file)
	}
	return th.openFile(file)
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
