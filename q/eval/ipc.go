package eval

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"os"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/kdb/ipc"
	"github.com/quoinhq/quoin/q/prim"
)

// connections are an engine's handles, its listener and its timer.
type connections struct {
	eng *Engine

	mu      sync.Mutex
	byID    map[int]*handle
	nextID  int
	ctx     context.Context // ends with the engine
	cancel  context.CancelFunc
	work    sync.WaitGroup // every goroutine below
	portNo  int
	stop    context.CancelFunc // ends the listener
	ticking context.CancelFunc // ends the timer
	waiting context.CancelFunc // ends a wait for an answer
	users   map[string]string  // -u: name to password or digest
}

// handle is one open connection: to a process, or to a file.
type handle struct {
	id   int
	conn *ipc.Conn
	ws   *wsConn
	file *os.File
	path string
	user string
	addr net.Addr
	mine bool // opened by hopen

	mu     sync.Mutex
	ready  sync.Cond
	queue  []kdb.Value // async messages to go
	closed bool
	err    error

	deferred bool // -30!: the answer to the request being served comes later
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

func (c *connections) remove(id int) {
	c.mu.Lock()
	delete(c.byID, id)
	c.mu.Unlock()
}

// interrupt ends a wait for an answer.
func (c *connections) interrupt() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.waiting != nil {
		c.waiting()
	}
}

// open is hopen of a process.
func (c *connections) open(addr string, timeout time.Duration) (*handle, error) {
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
	var conn *ipc.Conn
	if target.tls || target.network == "unix" {
		d := ipc.Dialer{TLS: c.trust()}
		conn, err = d.Dial(ctx, addr)
	} else {
		var nc net.Conn
		if nc, err = c.eng.sys.Dial(ctx, target.network, target.address); err == nil {
			var d ipc.Dialer
			user := target.user
			if user == "" {
				user = c.eng.sys.User()
			}
			conn, err = d.NewConn(ctx, nc, ipc.Login{User: user, Password: target.password, Capability: ipc.Large})
			if err != nil {
				_ = nc.Close()
			}
		}
	}
	if err != nil {
		return nil, connectError(addr, ctx, err)
	}
	h := &handle{conn: conn, user: target.user, addr: conn.RemoteAddr(), mine: true, path: addr}
	c.add(h)
	c.work.Add(2)
	go func() {
		defer c.work.Done()
		c.eng.contain(func() { h.send(c.ctx) })
	}()
	go func() {
		defer c.work.Done()
		c.eng.contain(func() { c.serve(c.ctx, h) })
	}()
	return h, nil
}

// trust is whom an encrypted connection believes to be the server: the
// authorities of SSL_CA_CERT_FILE, or those of the machine, or anybody where
// SSL_VERIFY_SERVER is NO. Source: KX manual, "SSL/TLS".
func (c *connections) trust() *tls.Config {
	sys, cfg := c.eng.sys, &tls.Config{MinVersion: tls.VersionTLS12}
	if sys.Getenv("SSL_VERIFY_SERVER") == "NO" {
		cfg.InsecureSkipVerify = true // as the user says
	}
	if file := sys.Getenv("SSL_CA_CERT_FILE"); file != "" {
		cfg.RootCAs = x509.NewCertPool()
		if pem, err := os.ReadFile(file); err == nil {
			cfg.RootCAs.AppendCertsFromPEM(pem) // one that cannot be read leaves nobody to trust
		}
	}
	return cfg
}

func connectError(addr string, ctx context.Context, err error) error {
	switch {
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
	} else if rest, ok := strings.CutPrefix(s, "unix://"); ok {
		a.network, s = "unix", ":"+rest
	} else if rest, ok := strings.CutPrefix(s, "unixs://"); ok {
		a.network, a.tls, s = "unix", true, ":"+rest
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

// send writes a handle's async messages, in order, until it closes.
func (h *handle) send(ctx context.Context) {
	for {
		h.mu.Lock()
		for len(h.queue) == 0 && !h.closed {
			h.ready.Wait()
		}
		if h.closed {
			h.mu.Unlock()
			return
		}
		m := h.queue[0]
		h.mu.Unlock()
		var err error
		if h.ws != nil {
			err = h.ws.writeValue(m)
		} else {
			err = h.conn.Async(ctx, m)
		}
		h.mu.Lock()
		h.queue = h.queue[1:]
		if err != nil {
			h.err, h.queue = err, nil
		}
		h.mu.Unlock()
		h.ready.Broadcast()
	}
}

// async queues a message.
func (h *handle) async(v kdb.Value) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed || h.err != nil {
		return closedError(h.id)
	}
	share(v)
	h.queue = append(h.queue, v)
	h.ready.Broadcast()
	return nil
}

// flush waits until everything queued has been written.
func (h *handle) flush() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for len(h.queue) > 0 && !h.closed && h.err == nil {
		h.ready.Wait()
	}
}

func (h *handle) close() {
	h.flushBriefly()
	h.mu.Lock()
	h.closed = true
	h.mu.Unlock()
	h.ready.Broadcast()
	if h.conn != nil {
		_ = h.conn.Close()
	}
	if h.file != nil {
		_ = h.file.Close()
	}
}

// flushBriefly gives queued messages a moment to go before a close.
func (h *handle) flushBriefly() {
	if h.conn == nil {
		return
	}
	done := make(chan struct{})
	timer := time.AfterFunc(2*time.Second, func() {
		h.mu.Lock()
		h.err = ipc.ErrClosed
		h.mu.Unlock()
		h.ready.Broadcast()
	})
	h.flush()
	timer.Stop()
	close(done)
}

func closedError(id int) error {
	return kdb.Error("Cannot write to handle " + strconv.Itoa(id) + ". OS reports: Bad file descriptor")
}

// serve evaluates what arrives on a handle until it closes.
func (c *connections) serve(ctx context.Context, h *handle) {
	for {
		m, err := h.conn.Receive(ctx)
		if err != nil {
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
	c.remove(h.id)
	if ctx.Err() == nil && c.ctx.Err() == nil {
		c.eng.turn.take(func() { c.callback(0, "pc", kdb.Int(h.id)) })
	}
}

// answerInTurn is answer when the engine's turn comes.
func (c *connections) answerInTurn(h *handle, m ipc.Message) (v kdb.Value, deferred bool) {
	nested := c.eng.turn.lockFor(h.id)
	defer c.eng.turn.release(nested)
	return c.answer(h, m, nested)
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
	defer func() { th.handle, th.ns, th.mode = handle, ns, modeAbort }()
	v, err := c.eng.guard(f)
	return v, th.finish(err)
}

// answer evaluates one message; the result is an error value if it failed.
func (c *connections) answer(h *handle, m ipc.Message, nested bool) (v kdb.Value, deferred bool) {
	th := c.eng.main
	if nested {
		th = c.eng.newThread()
	}
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
		msg := th.localise(m.Value)
		if f := c.eng.handler(name); f != nil {
			return th.apply(f, []kdb.Value{msg})
		}
		return th.valueOf(msg)
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
	v := eng.names.vars[kdb.Sym(".z."+name)]
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

// report prints an error that nobody waits for, with its trace if \e is 2.
func (eng *Engine) report(err error) {
	var e *Error
	if !errors.As(err, &e) {
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
		if f := th.eng.handler("ps"); f != nil {
			return th.apply(f, []kdb.Value{x})
		}
		return th.valueOf(x)
	case 1, 2:
		return kdb.Int(h), th.writeConsole(h, x)
	}
	if th.readOnly > 0 {
		return nil, errNoUpd
	}
	c := th.eng.ipc
	hd := c.get(id)
	if hd == nil {
		return nil, closedError(h)
	}
	if hd.file != nil {
		return kdb.Int(h), hd.write(x, h < 0)
	}
	if hd.ws != nil {
		if _, ok := rawText(x); !ok || h > 0 {
			return nil, errType
		}
		return kdb.Nil, hd.async(x)
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
	if h < 0 {
		return kdb.Nil, hd.async(outgoing(x))
	}
	return th.request(hd, outgoing(x))
}

// request sends a message and waits for the answer.
func (th *thread) request(h *handle, x kdb.Value) (v kdb.Value, err error) {
	c := th.eng.ipc
	ctx, cancel := context.WithCancel(c.ctx)
	defer cancel()
	c.mu.Lock()
	c.waiting = cancel
	c.mu.Unlock()
	h.flush()
	th.eng.turn.await(h.id, func() { v, err = h.conn.Sync(ctx, x) })
	c.mu.Lock()
	c.waiting = nil
	c.mu.Unlock()
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

func (th *thread) writeConsole(h int, x kdb.Value) error {
	w := th.eng.sys.Stdout()
	if h == 2 || h == -2 {
		w = th.eng.sys.Stderr()
	}
	return writeText(x, h < 0, func(b []byte) error {
		_, err := w.Write(b)
		return err
	})
}

// writeText writes strings, each with a line end if lines.
func writeText(x kdb.Value, lines bool, write func([]byte) error) error {
	emit := func(v kdb.Value) error {
		if b, ok := v.(*kdb.Bytes); ok {
			raw := make([]byte, len(b.V))
			for i, c := range b.V {
				raw[i] = byte(c)
			}
			return write(raw)
		}
		s, ok := stringOf(v)
		if !ok {
			return errType
		}
		if lines {
			s += "\n"
		}
		return write([]byte(s))
	}
	if l, ok := x.(*kdb.List); ok {
		for _, v := range l.V {
			if err := emit(v); err != nil {
				return err
			}
		}
		return nil
	}
	return emit(x)
}

// write appends to a file: the bytes of text, or the encoding of a message for
// a log that holds values.
func (h *handle) write(x kdb.Value, lines bool) error {
	switch x.(type) {
	case *kdb.Chars, kdb.Char, *kdb.Bytes, kdb.Byte:
		return writeText(x, lines, func(b []byte) error {
			_, err := h.file.Write(b)
			return err
		})
	}
	return appendValues(h, x, lines)
}

func (c *connections) queues() kdb.Value {
	c.mu.Lock()
	defer c.mu.Unlock()
	ids := c.ids(func(h *handle) bool { return h.conn != nil })
	vals := make([]kdb.Value, len(ids))
	for i, id := range ids {
		h := c.byID[int(id)]
		h.mu.Lock()
		sizes := make([]kdb.Long, len(h.queue))
		h.mu.Unlock()
		vals[i] = kdb.NewVec(sizes)
	}
	return kdb.NewDict(kdb.NewVec(ids), kdb.NewList(vals...))
}

// ids returns the handles that keep likes, ascending. c.mu is held.
func (c *connections) ids(keep func(*handle) bool) []kdb.Int {
	ids := []kdb.Int{}
	for id, h := range c.byID {
		if keep(h) {
			ids = append(ids, kdb.Int(id))
		}
	}
	sort.Slice(ids, func(i, j int) bool { return ids[i] < ids[j] })
	return ids
}

func (c *connections) handles() kdb.Value {
	c.mu.Lock()
	defer c.mu.Unlock()
	return kdb.NewVec(c.ids(func(h *handle) bool { return h.conn != nil }))
}

// address is .z.a: the IPv4 address of the other side as an integer.
func (c *connections) address(id int) kdb.Value {
	if h := c.get(id); h != nil && h.addr != nil {
		if a, ok := h.addr.(*net.TCPAddr); ok {
			if ip := a.IP.To4(); ip != nil {
				return kdb.Int(int32(uint32(ip[0])<<24 | uint32(ip[1])<<16 | uint32(ip[2])<<8 | uint32(ip[3])))
			}
		}
		return kdb.Int(0)
	}
	return kdb.Int(2130706433)
}

// user is .z.u: who logged in on the handle being served.
func (c *connections) user(id int) string {
	if h := c.get(id); h != nil && !h.mine {
		return h.user
	}
	return c.eng.sys.User()
}
