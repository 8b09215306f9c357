package ipc

import (
	"fmt"
	"io"
	"net"
)

const (
	// readBuffer is enough for many small messages in one read.
	readBuffer = 32 << 10
	// firstChunk bounds what is reserved for a message of which nothing has
	// come yet; after that at most three times what has come is reserved.
	firstChunk = 1 << 20
)

// frames takes messages off a connection. It survives a read that a deadline
// interrupts: the next call goes on where that one stopped.
type frames struct {
	nc  net.Conn
	max int64

	buf      []byte // bytes read and not yet handed out are buf[from:to]
	from, to int

	large []byte // a message longer than buf, as far as it came
	head  Header // of large
}

// next returns the next message. own says that msg is memory of its own that
// the caller may keep; otherwise it is valid until the next call.
func (f *frames) next() (h Header, msg []byte, own bool, err error) {
	for f.large == nil {
		if f.to-f.from >= HeaderLen {
			if h, err = ParseHeader(f.buf[f.from:]); err != nil {
				return h, nil, false, err
			}
			if h.Len > f.max {
				return h, nil, false, fmt.Errorf("ipc: %d bytes from the peer: %w", h.Len, ErrTooLarge)
			}
			if int64(f.to-f.from) >= h.Len {
				msg = f.buf[f.from : f.from+int(h.Len)]
				f.from += int(h.Len)
				return h, msg, false, nil
			}
			if h.Len > readBuffer {
				f.head = h
				f.large = make([]byte, 0, min(h.Len, firstChunk))
				f.large = append(f.large, f.buf[f.from:f.to]...)
				f.from, f.to = 0, 0
				break
			}
		}
		if f.buf == nil {
			f.buf = make([]byte, readBuffer)
		}
		// There is always room: an incomplete message in buf is shorter than buf.
		if f.from > 0 {
			f.to = copy(f.buf, f.buf[f.from:f.to])
			f.from = 0
		}
		n, err := f.nc.Read(f.buf[f.to:])
		f.to += n
		if n == 0 && err != nil {
			if err == io.EOF && f.to > 0 {
				err = io.ErrUnexpectedEOF
			}
			return h, nil, false, err
		}
	}
	for total := int(f.head.Len); len(f.large) < total; {
		if len(f.large) == cap(f.large) {
			f.large = append(make([]byte, 0, min(total, 4*cap(f.large))), f.large...)
		}
		n, err := f.nc.Read(f.large[len(f.large):cap(f.large)])
		f.large = f.large[:len(f.large)+n]
		if n == 0 && err != nil {
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return h, nil, false, err
		}
	}
	h, msg, f.large = f.head, f.large, nil
	return h, msg, true, nil
}
