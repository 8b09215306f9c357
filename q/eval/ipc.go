package eval

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/kdb/ipc"
	"github.com/quoinhq/quoin/q/prim"
)

// connections are an engine's handles, its listener and its timer.
type connections struct {
	eng *Engine

	mu        sync.Mutex
	byID      map[int]*handle
	nextID    int
	ctx       context.Context // ends with the engine
	cancel    context.CancelFunc
	work      sync.WaitGroup // every goroutine below
	portNo    int
	listeners []net.Listener
	ticking   context.CancelFunc    // ends the timer
	waiting   context.CancelFunc    // ends a wait for an answer
	users     atomic.Pointer[users] // -u, -U; nil without
	// threaded tells that the port was given with a minus: its clients may not
	// update, and are served beside each other.
	threaded atomic.Bool
	// loaded is closed once the script of the command line ran; nil then, and
	// where there is no command line.
	loaded  chan struct{}
	ownOnce sync.Once
	own     int32 // this machine's address
}

func newConnections(eng *Engine) *connections {
	c := &connections{eng: eng, byID: map[int]*handle{}, nextID: 5}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	return c
}

// close ends everything and waits for it.
func (c *connections) close() {
	c.cancel()
	c.mu.Lock()
	hs := make([]*handle, 0, len(c.byID))
	for _, h := range c.byID {
		hs = append(hs, h)
	}
	c.mu.Unlock()
	for _, h := range hs {
		h.close()
	}
	c.work.Wait()
}

func (c *connections) get(id int) *handle {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.byID[id]
}

func (c *connections) add(h *handle) int {
	h.ready.L = &h.mu
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.byID[c.nextID] != nil {
		c.nextID++
	}
	// The lowest free number, as file descriptors have it.
	h.id = c.nextID
	for id := 5; id < c.nextID; id++ {
		if c.byID[id] == nil {
			h.id = id
			break
		}
	}
	c.byID[h.id] = h
	return h.id
}

// remove frees the number of a handle, and tells whether the handle still had it:
// once it is closed, another may.
func (c *connections) remove(h *handle) (had bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byID[h.id] != h {
		return false
	}
	delete(c.byID, h.id)
	return true
}

// ended frees the number of a handle whose connection has ended, and calls .z.name
// with it, unless hclose was before. Both are one turn: a new connection that gets
// the number is not served before q code knows that the old one is gone.
func (c *connections) ended(h *handle, name string) {
	c.eng.turn.take(func() {
		if c.remove(h) {
			c.callback(0, name, kdb.Int(h.id))
		}
	})
}

// interrupt ends a wait for an answer.
func (c *connections) interrupt() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.waiting != nil {
		c.waiting()
	}
}

// serve evaluates what arrives on a handle until it closes.
func (c *connections) serve(ctx context.Context, h *handle) {
	for {
		m, err := h.conn.Receive(ctx)
		if err != nil {
			c.malformed(h, err)
			break
		}
		v, deferred := c.answerInTurn(h, m)
		if m.Kind == ipc.Sync && !deferred {
			h.flush()
			if c.reply(ctx, h, v) != nil {
				break
			}
		}
	}
	h.close()
	if ctx.Err() != nil || c.ctx.Err() != nil || h.threaded || h.once {
		c.remove(h)
		return
	}
	c.ended(h, "pc")
}

// answerInTurn is answer when the engine's turn comes.
func (c *connections) answerInTurn(h *handle, m ipc.Message) (v kdb.Value, deferred bool) {
	if h.once {
		return errNoSocket, false // the client's thread waits, and all others for it
	}
	if h.threaded {
		served := false
		c.eng.turn.beside(func() {
			if served = c.servesBeside(); served {
				v, deferred = c.answer(h.clientThread(c.eng), h, m)
			}
		})
		if served {
			return v, deferred
		}
	}
	nested := c.eng.turn.lockFor(h.id)
	defer c.eng.turn.release(nested)
	th := c.eng.main
	if nested {
		th = c.eng.newThread()
	}
	return c.answer(th, h, m)
}

// reply answers a request; with 'type if there is no sending the value.
func (c *connections) reply(ctx context.Context, h *handle, v kdb.Value) error {
	_, err := c.eng.guard(func() (kdb.Value, error) { return nil, h.conn.Reply(ctx, outgoing(v)) })
	if err != nil {
		err = h.conn.Reply(ctx, errType) // fails as well if the connection has ended
	}
	return err
}

// forClient runs f on a thread at rest for the client of handle h. The turn is
// the caller's.
func (c *connections) forClient(th *thread, h int, f func() (kdb.Value, error)) (kdb.Value, error) {
	handle, ns := th.handle, th.ns
	th.handle, th.ns, th.mode = h, "", c.eng.clientMode()
	if h != 0 && (c.eng.conf.blocked || th.client || c.threaded.Load()) {
		th.readOnly++ // until the thread is at rest again
	}
	defer func() { th.handle, th.ns, th.mode = handle, ns, modeAbort }()
	v, err := c.eng.guard(f)
	return v, th.finish(err)
}

// malformed gives a message that is none to .z.bm.
func (c *connections) malformed(h *handle, err error) {
	var bad *ipc.MalformedError
	if !errors.As(err, &bad) {
		return
	}
	c.eng.turn.take(func() { c.callback(0, "bm", kdb.NewList(kdb.Int(h.id), bytesOf(bad.Message))) })
	c.eng.report(&Error{Msg: "badmsg"})
}

// answer evaluates one message; the result is an error value if it failed.
func (c *connections) answer(th *thread, h *handle, m ipc.Message) (v kdb.Value, deferred bool) {
	h.deferred = false
	name := "ps"
	if m.Kind == ipc.Sync {
		name = "pg"
	}
	if t := c.eng.conf.timeoutSec; t > 0 {
		timer := time.AfterFunc(time.Duration(t)*time.Second, c.eng.Interrupt)
		defer func() {
			if !timer.Stop() {
				c.eng.Resume()
			}
		}()
	}
	v, err := c.forClient(th, h.id, func() (kdb.Value, error) {
		return c.eng.logged(m.Value, func() (kdb.Value, error) {
			msg := th.localise(m.Value)
			if f := c.eng.handler(name); f != nil {
				return th.apply(f, []kdb.Value{msg})
			}
			return th.valueOf(msg)
		})
	})
	if err != nil {
		if m.Kind != ipc.Sync || c.eng.conf.errorTraps == 2 {
			c.eng.report(err)
		}
		return message(err), false
	}
	return v, h.deferred
}

// handler returns what q code assigned to .z.name, or nil.
func (eng *Engine) handler(name string) kdb.Value {
	v := eng.names.find(kdb.Sym(".z." + name))
	if v == nil {
		return nil
	}
	return v.v
}

// callback calls .z.name if q code defined it. The turn is the caller's.
func (c *connections) callback(h int, name string, args ...kdb.Value) (kdb.Value, bool) {
	f := c.eng.handler(name)
	if f == nil {
		return nil, false
	}
	th := c.eng.main
	v, err := c.forClient(th, h, func() (kdb.Value, error) { return th.apply(f, args) })
	if err != nil {
		c.eng.report(err)
		return nil, true
	}
	return v, true
}

// report prints an error that nobody waits for, with its trace if \e is 2. What
// exit ends, a timer or a message, is none.
func (eng *Engine) report(err error) {
	var e *Error
	if !errors.As(err, &e) || eng.Exited() && e.Msg == errStop {
		return
	}
	text := e.Format()
	if eng.conf.errorTraps == 2 {
		text = e.FormatTrace()
	}
	_, _ = io.WriteString(eng.sys.Stderr(), text)
}

// applyHandle is h x: a message to a process, text to a file or the console.
func (th *thread) applyHandle(h int, args []kdb.Value) (kdb.Value, error) {
	if len(args) != 1 {
		// h[`f;x;y] is h(`f;x;y).
		args = []kdb.Value{kdb.NewList(append([]kdb.Value(nil), args...)...)}
	}
	x := args[0]
	id := max(h, -h)
	switch id {
	case 0:
		return th.eng.logged(x, func() (kdb.Value, error) {
			if f := th.eng.handler("ps"); f != nil {
				return th.apply(f, []kdb.Value{x})
			}
			return th.valueOf(x)
		})
	case 1, 2:
		return kdb.Int(h), th.writeConsole(h, x)
	}
	if th.reval > 0 {
		return nil, errNoUpd
	}
	if err := th.maySend(id); err != nil {
		return nil, err
	}
	c := th.eng.ipc
	hd := c.get(id)
	if hd == nil {
		return nil, closedError(h)
	}
	if hd.file != nil {
		if err := th.writing(); err != nil {
			return nil, err
		}
		return kdb.Int(h), hd.write(x, h < 0)
	}
	if hd.ws != nil {
		return kdb.Nil, hd.asyncText(x, h > 0)
	}
	if hd.conn == nil {
		return nil, closedError(h)
	}
	if x == kdb.Nil {
		if h < 0 {
			hd.flush()
			return kdb.Nil, nil
		}
		// h[] waits until the other side has seen everything sent.
		return th.request(hd, kdb.Str(""))
	}
	x, err := th.eng.sendable(x)
	if err != nil {
		return nil, err
	}
	if h < 0 {
		return kdb.Nil, hd.async(x)
	}
	return th.request(hd, x)
}

// request sends a message and waits for the answer.
func (th *thread) request(h *handle, x kdb.Value) (v kdb.Value, err error) {
	c := th.eng.ipc
	ctx, cancel := context.WithCancel(c.ctx)
	defer cancel()
	h.flush()
	if th.client {
		v, err = h.conn.Sync(ctx, x)
		return th.answered(v, err)
	}
	c.interruptible(cancel, func() {
		th.eng.turn.await(h.id, func() { v, err = h.conn.Sync(ctx, x) })
	})
	return th.answered(v, err)
}

// answered is what a request comes to.
func (th *thread) answered(v kdb.Value, err error) (kdb.Value, error) {
	if err != nil {
		var q kdb.Error
		switch {
		case errors.As(err, &q):
			return nil, q
		case th.eng.stop.Load() != stopNo:
			return nil, errStop
		}
		return nil, kdb.Error("close")
	}
	return th.localise(v), nil
}

// outgoing replaces the engine's primitives by their numbers on the wire.
func outgoing(v kdb.Value) kdb.Value {
	switch x := v.(type) {
	case *prim.Builtin:
		if w, ok := x.Wire(); ok {
			return w
		}
		args := []string{"{" + x.Name + " x}", "{" + x.Name + "[x;y]}", "{" + x.Name + "[x;y;z]}"}
		return &kdb.Lambda{Source: args[min(x.Rank(), 3)-1]}
	case *GoFunc:
		return kdb.Sym(x.Name)
	case *kdb.List:
		return kdb.NewList(each(x.V, outgoing)...)
	case *kdb.Projection:
		return &kdb.Projection{F: outgoing(x.F), Args: each(x.Args, outgoing)}
	case *kdb.Compose:
		return &kdb.Compose{F: each(x.F, outgoing)}
	case *kdb.Derived:
		return &kdb.Derived{Iter: x.Iter, F: outgoing(x.F)}
	case *kdb.Dict:
		if x.V.Type() == kdb.TList {
			return &kdb.Dict{K: x.K, V: outgoing(x.V), Sorted: x.Sorted}
		}
	}
	return v
}

// localise replaces primitives' numbers by the engine's primitives.
func (th *thread) localise(v kdb.Value) kdb.Value {
	switch x := v.(type) {
	case kdb.Unary, kdb.Binary:
		if x == kdb.Nil {
			return x
		}
		if name, ok := prim.WireName(x); ok {
			if b, ok := keyword(name); ok {
				return b
			}
		}
	case *kdb.Lambda:
		// Compiled now, so that its rank is known; text that does not compile
		// fails when it is called.
		_, _ = th.eng.adopt(x)
	case *kdb.List:
		for i, y := range x.V {
			switch y.(type) {
			case kdb.Unary, kdb.Binary, *kdb.Lambda, *kdb.List, *kdb.Projection, *kdb.Compose, *kdb.Derived, *kdb.Dict:
				x.V[i] = th.localise(y)
			}
		}
	case *kdb.Projection:
		return &kdb.Projection{F: th.localise(x.F), Args: each(x.Args, th.localise)}
	case *kdb.Compose:
		return &kdb.Compose{F: each(x.F, th.localise)}
	case *kdb.Derived:
		return &kdb.Derived{Iter: x.Iter, F: th.localise(x.F)}
	case *kdb.Dict:
		if x.V.Type() == kdb.TList {
			return &kdb.Dict{K: x.K, V: th.localise(x.V), Sorted: x.Sorted}
		}
	}
	return v
}

func each(vs []kdb.Value, f func(kdb.Value) kdb.Value) []kdb.Value {
	out := make([]kdb.Value, len(vs))
	for i, v := range vs {
		if v != nil {
			out[i] = f(v)
		}
	}
	return out
}
