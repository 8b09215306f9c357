package eval

import (
	"context"
	"crypto/tls"
	"net"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/kdb/ipc"
)

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
	once bool // for one request of a threaded client
	// threaded is a client of a port with a minus, thread what serves it beside
	// others.
	threaded bool
	thread   *thread
	// secure is what TLS agreed on, nil for a plain connection; verified tells
	// that the other side's certificate was checked.
	secure   *tls.ConnectionState
	verified bool

	mu     sync.Mutex
	ready  sync.Cond
	queue  []kdb.Value // async messages to go
	closed bool
	err    error

	deferred bool // -30!: the answer to the request being served comes later
	owes     bool // an answer is still to come
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
		next := h.queue[:h.together()]
		h.mu.Unlock()
		err := h.put(ctx, next)
		h.mu.Lock()
		h.queue = h.queue[len(next):]
		if err != nil {
			h.err, h.queue = err, nil
		}
		h.mu.Unlock()
		h.ready.Broadcast()
	}
}

// What is queued goes out in writes of so many messages and bytes, so that who
// publishes faster than the connection takes it pays for fewer writes.
const (
	maxTogether      = 64
	maxTogetherBytes = 64 << 10
)

// together is how many of the queued messages to write at once. mu is held.
func (h *handle) together() int {
	if h.ws != nil || len(h.queue) == 1 {
		return 1
	}
	n, size := 0, 0
	for n < min(len(h.queue), maxTogether) {
		if _, many := h.queue[n].(*broadcast); many {
			break
		}
		if size += ipc.Size(h.queue[n]); n > 0 && size > maxTogetherBytes {
			break
		}
		n++
	}
	return max(n, 1)
}

// put writes messages that together chose.
func (h *handle) put(ctx context.Context, messages []kdb.Value) error {
	switch b, many := messages[0].(*broadcast); {
	case h.ws != nil:
		return h.ws.writeValue(messages[0])
	case many:
		return h.conn.AsyncEncoded(ctx, b.encoded)
	}
	err := h.conn.Async(ctx, messages...)
	if err == nil || len(messages) == 1 {
		return err
	}
	// One that has no encoding keeps all from going: they go singly, up to it.
	for _, m := range messages {
		if err = h.conn.Async(ctx, m); err != nil {
			break
		}
	}
	return err
}

// broadcast is a queued message that was encoded for many.
type broadcast struct {
	kdb.Value // what it says
	encoded   *ipc.Encoded
}

func newBroadcast(v kdb.Value) (*broadcast, error) {
	e, err := ipc.Encode(v)
	if err != nil {
		return nil, err
	}
	share(v)
	return &broadcast{v, e}, nil
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

// asyncText queues a message for a WebSocket: text or bytes, or nothing, which
// waits until all others have gone.
func (h *handle) asyncText(x kdb.Value, sync bool) error {
	if sync {
		return errNYI
	}
	if x == kdb.Nil {
		h.flush()
		return nil
	}
	if _, ok := rawText(x); !ok {
		return errType
	}
	return h.async(x)
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
	if h.ws != nil {
		h.ws.close()
	}
	if h.file != nil {
		_ = h.file.Close()
	}
}

// flushBriefly gives queued messages a moment to go before a close.
func (h *handle) flushBriefly() {
	if !isSocket(h) {
		return
	}
	timer := time.AfterFunc(2*time.Second, func() {
		h.mu.Lock()
		h.err = ipc.ErrClosed
		h.mu.Unlock()
		h.ready.Broadcast()
	})
	h.flush()
	timer.Stop()
}

func closedError(id int) error {
	return kdb.Error("Cannot write to handle " + strconv.Itoa(id) + ". OS reports: Bad file descriptor")
}

func (th *thread) writeConsole(h int, x kdb.Value) error {
	w := th.eng.stdout
	if h == 2 || h == -2 {
		w = th.eng.stderr
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
