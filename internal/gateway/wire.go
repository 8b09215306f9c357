package gateway

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"sync"
	"syscall"
)

// chunk is how much is moved at once. Buffers of that size are shared among all
// connections: one that nothing comes from holds none.
const chunk = 256 << 10

var chunks = sync.Pool{New: func() any { return new([chunk]byte) }}

// source reads from a connection without holding a buffer while it waits.
type source struct{ rc syscall.RawConn }

func newSource(c net.Conn) (source, error) {
	sc, ok := c.(syscall.Conn)
	if !ok {
		return source{}, errors.New("gateway: a connection that is no socket")
	}
	rc, err := sc.SyscallConn()
	return source{rc}, err
}

// next waits until there is something to read and reads it into a buffer, which
// the caller gives back to chunks. It ends with the connection's deadline.
// Errors: io.EOF, or the connection's.
func (s source) next() (b *[chunk]byte, n int, err error) {
	waitErr := s.rc.Read(func(fd uintptr) bool {
		b = chunks.Get().(*[chunk]byte)
		for {
			n, err = syscall.Read(int(fd), b[:])
			if err != syscall.EINTR {
				break
			}
		}
		if err != nil || n == 0 {
			chunks.Put(b)
			b = nil
		}
		return err != syscall.EAGAIN
	})
	switch {
	case waitErr != nil:
		return nil, 0, waitErr
	case err != nil:
		return nil, 0, err
	case n == 0:
		return nil, 0, io.EOF
	}
	return b, n, nil
}

// wire is a client's connection below TLS. TLS reads and writes one record of
// at most 16 KiB a time; wire has the system move many with one call, and knows
// whether there is another record to read without waiting. For that it gives
// TLS nothing beyond the record that TLS reads.
//
// One goroutine reads and one writes, as with any connection; but TLS may write
// alerts from either, which mu orders.
type wire struct {
	net.Conn
	from source
	in   *[chunk]byte // what rest is part of; nil when there is no rest
	rest []byte       // read from the connection, and not by TLS yet
	left int          // of the record that TLS is reading

	mu   sync.Mutex
	out  *[chunk]byte // records that wait for flush; nil when they do not wait
	held int
}

// Sizes of TLS records. Source: RFC 8446, 5.1 and 5.2.
const (
	recordHeader = 5
	recordPlain  = 16 << 10
	// recordControl is longer than an alert or a KeyUpdate, encrypted.
	recordControl = 64
)

func newWire(c net.Conn) (*wire, error) {
	from, err := newSource(c)
	return &wire{Conn: c, from: from}, err
}

// await waits until there is a part of a record.
func (w *wire) await() error {
	if len(w.rest) > 0 {
		return nil
	}
	b, n, err := w.from.next()
	if err == nil {
		w.in, w.rest = b, b[:n]
	}
	return err
}

// record returns the length of the record at the beginning of rest, 0 when that
// is not known yet.
func (w *wire) record() int {
	if len(w.rest) < recordHeader {
		return 0
	}
	return recordHeader + int(binary.BigEndian.Uint16(w.rest[3:]))
}

// more reports whether TLS can read data without waiting: there is a whole
// record, and it is longer than those with which TLS talks to itself, behind
// which a read would wait for the next.
func (w *wire) more() bool {
	n := w.record()
	return n > recordControl && n <= len(w.rest)
}

// Read implements net.Conn for TLS.
func (w *wire) Read(p []byte) (int, error) {
	if err := w.await(); err != nil {
		return 0, err
	}
	for w.left == 0 {
		if w.left = w.record(); w.left > 0 {
			break
		}
		// The header came in parts.
		part := copy(w.in[:], w.rest)
		n, err := w.Conn.Read(w.in[part:])
		w.rest = w.in[:part+n]
		if err != nil && n == 0 {
			return 0, err
		}
	}
	n := copy(p, w.rest[:min(len(w.rest), w.left)])
	w.left -= n
	if w.rest = w.rest[n:]; len(w.rest) == 0 {
		w.dropIn()
	}
	return n, nil
}

func (w *wire) dropIn() {
	if w.in != nil {
		chunks.Put(w.in)
		w.in, w.rest = nil, nil
	}
}

// hold has records wait for flush.
func (w *wire) hold() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.out = chunks.Get().(*[chunk]byte)
}

// Write implements net.Conn for TLS.
func (w *wire) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.out == nil {
		return w.Conn.Write(p)
	}
	if w.held+len(p) > chunk {
		if err := w.sendLocked(); err != nil {
			return 0, err
		}
	}
	if len(p) > chunk {
		return w.Conn.Write(p)
	}
	w.held += copy(w.out[w.held:], p)
	return len(p), nil
}

func (w *wire) sendLocked() error {
	_, err := w.Conn.Write(w.out[:w.held])
	w.held = 0
	return err
}

// flush sends what was held.
func (w *wire) flush() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	err := w.sendLocked()
	chunks.Put(w.out)
	w.out = nil
	return err
}
