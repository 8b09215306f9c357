package ipc

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/kdb/internal/object"
)

// ErrClosed is returned after Close, and wrapped by what waiting calls return.
var ErrClosed = errors.New("ipc: connection closed")

// ErrBacklog closes a connection whose peer sends more than anybody receives.
var ErrBacklog = errors.New("ipc: too many messages waiting to be received")

// MalformedError closes a connection whose peer sends what is no message.
type MalformedError struct {
	Message []byte // with its header
	Err     error
}

func (e *MalformedError) Error() string { return e.Err.Error() }
func (e *MalformedError) Unwrap() error { return e.Err }

// maxInbox is how many messages may wait for Receive.
const maxInbox = 1 << 16

// Message is something the peer sent of its own accord.
type Message struct {
	Kind  Kind // Async, or Sync when the peer waits for Reply
	Value kdb.Value
}

// Conn is one end of a connection. All methods may be called concurrently:
// requests of many goroutines go out one after another, and each gets the
// response that belongs to it, since a kdb+ process answers in order.
//
// No goroutine belongs to a Conn. Whoever waits for a response or a message
// reads from the connection, for the others as well, until it has what it waits
// for; so a round trip costs two system calls and no change of goroutine. When
// nobody waits nothing is read and the peer feels it.
type Conn struct {
	nc         net.Conn
	login      Login
	capability Capability
	compress   bool
	max        int64

	// writing orders what is written, and the places in pending with it.
	writing       sync.Mutex
	out           []byte
	writeDeadline deadline

	// reading is held, by a token in it, by the goroutine that reads.
	reading      chan struct{}
	in           frames
	decoder      object.Decoder
	readDeadline deadline

	mu      sync.Mutex
	pending []*call   // requests without a response, oldest first
	inbox   []Message // inbox[:taken] is gone
	taken   int
	arrived chan struct{} // holds a token while inbox may have something
	err     error         // why the connection ended
}

// call is a request that waits for its response.
type call struct {
	done chan struct{} // holds one token when v and err are set
	v    kdb.Value
	err  error
}

var calls = sync.Pool{New: func() any { return &call{done: make(chan struct{}, 1)} }}

func newConn(nc net.Conn, l Login, max int64) *Conn {
	if max <= 0 {
		max = DefaultMaxMessage
	}
	return &Conn{
		nc: nc, login: l, max: max,
		reading: make(chan struct{}, 1), in: frames{nc: nc, max: max}, arrived: make(chan struct{}, 1),
		readDeadline: deadline{set: nc.SetReadDeadline}, writeDeadline: deadline{set: nc.SetWriteDeadline},
	}
}

// Compression says when a connection compresses what it sends. Whatever the
// setting, only messages over 2000 bytes that more than halve are compressed,
// and only when both ends can; compressed messages are always understood.
type Compression uint8

// Settings of Compression.
const (
	CompressRemote Compression = iota // as kdb+: to a peer on another host
	CompressAlways
	CompressNever
)

// agree settles what both ends can do.
func (c *Conn) agree(theirs Capability, z Compression) {
	c.capability = min(theirs, c.login.Capability, ours)
	c.compress = c.capability >= Compress && (z == CompressAlways || z == CompressRemote && !isLocal(c.nc))
}

// isLocal reports whether the peer is on this host.
func isLocal(nc net.Conn) bool {
	remote, ok := nc.RemoteAddr().(*net.TCPAddr)
	if !ok {
		return true
	}
	local, ok := nc.LocalAddr().(*net.TCPAddr)
	return remote.IP.IsLoopback() || ok && local.IP.Equal(remote.IP)
}

// User returns the name the client logged in with.
func (c *Conn) User() string { return c.login.User }

// TLS returns what was agreed on where the connection is encrypted.
func (c *Conn) TLS() (state tls.ConnectionState, ok bool) { return ConnectionState(c.nc) }

// ConnectionState is Conn.TLS for a connection that a Server handed to its HTTP.
func ConnectionState(nc net.Conn) (state tls.ConnectionState, ok bool) {
	if r, replayed := nc.(*replay); replayed {
		nc = r.Conn
	}
	secure, ok := nc.(*tls.Conn)
	if !ok {
		return state, false
	}
	return secure.ConnectionState(), true
}

// Compresses reports whether messages that are worth it are compressed.
func (c *Conn) Compresses() bool {
	c.writing.Lock()
	defer c.writing.Unlock()
	return c.compress
}

// SetCompression turns compression on or off for what is sent from now on; it
// stays off towards a peer that cannot decompress.
func (c *Conn) SetCompression(on bool) {
	c.writing.Lock()
	defer c.writing.Unlock()
	c.compress = on && c.capability >= Compress
}

// Capability returns what both ends can do.
func (c *Conn) Capability() Capability { return c.capability }

// LocalAddr and RemoteAddr return the connection's ends.
func (c *Conn) LocalAddr() net.Addr  { return c.nc.LocalAddr() }
func (c *Conn) RemoteAddr() net.Addr { return c.nc.RemoteAddr() }

// Close closes the connection; calls that wait return ErrClosed.
func (c *Conn) Close() error { return c.fail(ErrClosed) }

// fail ends the connection for the reason given, unless it has ended already.
func (c *Conn) fail(reason error) error {
	c.mu.Lock()
	if c.err != nil {
		c.mu.Unlock()
		return nil
	}
	c.err = reason
	pending := c.pending
	c.pending = nil
	c.mu.Unlock()
	for _, p := range pending {
		p.err = reason
		p.done <- struct{}{}
	}
	c.wake()
	err := c.nc.Close()
	c.readDeadline.close()
	c.writeDeadline.close()
	return err
}

// Sync sends a request and returns the response. An error that the peer
// answers with is a kdb.Error. When ctx ends first its error is returned and
// the response will be dropped; the connection stays usable, unless the
// request was half written. Other errors end the connection.
func (c *Conn) Sync(ctx context.Context, request kdb.Value) (kdb.Value, error) {
	p := calls.Get().(*call)
	if err := c.send(ctx, Sync, p, request); err != nil {
		return nil, err
	}
	for {
		select {
		case <-p.done:
			return p.result()
		case <-ctx.Done():
			// p stays in its place, to take the response that will come.
			return nil, context.Cause(ctx)
		case c.reading <- struct{}{}:
		}
		// Another reader may have brought the response meanwhile.
		select {
		case <-p.done:
			<-c.reading
			return p.result()
		default:
		}
		err := c.readUntil(ctx, func() bool { return len(p.done) > 0 })
		<-c.reading
		if err != nil && ctx.Err() != nil && len(p.done) == 0 {
			return nil, context.Cause(ctx)
		}
	}
}

func (p *call) result() (kdb.Value, error) {
	v, err := p.v, p.err
	p.v, p.err = nil, nil
	calls.Put(p)
	if e, ok := v.(kdb.Error); ok {
		return nil, e
	}
	return v, err
}

// Async sends messages that have no response, all in one write. When one of
// them has no encoding none is sent. When ctx ends while they are being written
// the connection ends.
func (c *Conn) Async(ctx context.Context, messages ...kdb.Value) error {
	return c.send(ctx, Async, nil, messages...)
}

// AsyncEncoded is Async for a message that was encoded before.
func (c *Conn) AsyncEncoded(ctx context.Context, message *Encoded) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	msg := message.plain
	if c.compress {
		if z := message.packed(); z != nil {
			msg = z
		}
	}
	if err := c.fits(msg); err != nil {
		return err
	}
	return c.write(ctx, msg, nil)
}

// Reply answers the oldest Sync message that was received and is not answered
// yet. The value may be a kdb.Error.
func (c *Conn) Reply(ctx context.Context, response kdb.Value) error {
	return c.send(ctx, Response, nil, response)
}

// Receive returns the next message that the peer sent of its own accord: one
// pushed by a publisher, an answer to a deferred request, a request. Errors:
// that of ctx, after which the connection stays usable; io.EOF when the peer
// closed it; ErrClosed.
func (c *Conn) Receive(ctx context.Context) (Message, error) {
	for {
		if m, ok, err := c.take(); ok || err != nil {
			return m, err
		}
		select {
		case <-c.arrived:
			continue
		case <-ctx.Done():
			return Message{}, context.Cause(ctx)
		case c.reading <- struct{}{}:
		}
		err := c.readUntil(ctx, func() bool { return len(c.arrived) > 0 })
		<-c.reading
		if err != nil && ctx.Err() != nil {
			return Message{}, context.Cause(ctx)
		}
	}
}

// take removes the oldest message of the inbox.
func (c *Conn) take() (m Message, ok bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.taken == len(c.inbox) {
		return m, false, c.err
	}
	m, c.inbox[c.taken] = c.inbox[c.taken], Message{}
	if c.taken++; c.taken < len(c.inbox) {
		c.wake() // the next receiver
	} else {
		c.inbox, c.taken = c.inbox[:0], 0
	}
	return m, true, nil
}

// wake has one receiver look into the inbox.
func (c *Conn) wake() {
	select {
	case c.arrived <- struct{}{}:
	default:
	}
}

// readUntil reads messages and hands them out until done says so or the
// connection or ctx ends. The caller holds reading. An error that is not ctx's
// has ended the connection.
func (c *Conn) readUntil(ctx context.Context, done func() bool) error {
	c.readDeadline.arm(ctx)
	for !done() {
		h, msg, own, err := c.in.next()
		if err != nil {
			if ctx.Err() != nil && isTimeout(err) {
				return err
			}
			c.fail(err)
			return err
		}
		v, err := decodeBody(&c.decoder, h, msg, own, c.max)
		if err != nil {
			err = &MalformedError{bytes.Clone(msg), err}
			c.fail(err)
			return err
		}
		if err := c.deliver(h.Kind, v); err != nil {
			c.fail(err)
			return err
		}
	}
	return nil
}

// deliver hands a message to whoever it is for.
func (c *Conn) deliver(k Kind, v kdb.Value) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if k != Response {
		if len(c.inbox)-c.taken >= maxInbox {
			return ErrBacklog
		}
		if c.taken > 64 && c.taken > len(c.inbox)/2 {
			n := copy(c.inbox, c.inbox[c.taken:])
			clear(c.inbox[n:])
			c.inbox, c.taken = c.inbox[:n], 0
		}
		c.inbox = append(c.inbox, Message{k, v})
		c.wake()
		return nil
	}
	if len(c.pending) == 0 {
		return errors.New("ipc: response without a request")
	}
	p := c.pending[0]
	n := copy(c.pending, c.pending[1:])
	c.pending[n] = nil
	c.pending = c.pending[:n]
	p.v = v
	p.done <- struct{}{}
	return nil
}

// send encodes and writes messages; p, if any, waits for the response to the one.
func (c *Conn) send(ctx context.Context, k Kind, p *call, messages ...kdb.Value) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	need := 0
	for _, v := range messages {
		need += HeaderLen + object.Size(v)
	}
	if cap(c.out) < need {
		c.out = make([]byte, 0, need)
	}
	b := c.out[:0]
	for _, v := range messages {
		at := len(b)
		var err error
		if b, err = appendMessage(b, k, v); err != nil {
			return err
		}
		if c.compress {
			if z, ok := compress(nil, b[at:]); ok {
				b = append(b[:at], z...)
			}
		}
		if err := c.fits(b[at:]); err != nil {
			return err
		}
	}
	// Memory of unusually much to write is not kept.
	if c.out = b[:0]; cap(b) > firstChunk {
		c.out = nil
	}
	return c.write(ctx, b, p)
}

// fits returns an error for a message that the peer cannot take.
func (c *Conn) fits(msg []byte) error {
	if len(msg) > limit32 && c.capability < Large {
		return fmt.Errorf("ipc: %d bytes to a peer of capability %d: %w", len(msg), c.capability, ErrTooLarge)
	}
	return nil
}

// write writes whole messages. The caller holds writing.
func (c *Conn) write(ctx context.Context, b []byte, p *call) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	c.mu.Lock()
	if err := c.err; err != nil {
		c.mu.Unlock()
		return err
	}
	if p != nil {
		c.pending = append(c.pending, p)
	}
	c.mu.Unlock()
	c.writeDeadline.arm(ctx)
	n, err := c.nc.Write(b)
	if err == nil {
		return nil
	}
	if ctx.Err() != nil && isTimeout(err) {
		err = context.Cause(ctx)
		if _, secure := c.nc.(*tls.Conn); n == 0 && !secure && c.withdraw(p) {
			return err // nothing is out, and nothing is lost
		}
	}
	// Part of it may be out; nothing sensible can follow.
	c.fail(fmt.Errorf("ipc: write: %w", err))
	return err
}

// withdraw takes the newest request back, if any, and reports whether the
// connection is as it was before.
func (c *Conn) withdraw(p *call) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return false
	}
	if last := len(c.pending) - 1; p != nil {
		if last < 0 || c.pending[last] != p {
			return false
		}
		c.pending = c.pending[:last]
	}
	return true
}

func isTimeout(err error) bool {
	var ne net.Error
	return errors.As(err, &ne) && ne.Timeout()
}
