package ipc

import (
	"io"
	"net"
)

// pieces is a connection that hands out what it has in small reads.
type pieces struct {
	net.Conn
	b    []byte
	size int
}

func (p *pieces) Read(b []byte) (int, error) {
	if len(p.b) == 0 {
		return 0, io.EOF
	}
	n := copy(b[:min(len(b), p.size)], p.b)
	p.b = p.b[n:]
	return n, nil
}

// Frames takes messages off a connection that brings b in reads of at most size
// bytes, until it ends: the messages, and why it ended.
func Frames(b []byte, size int, max int64) (messages [][]byte, err error) {
	f := frames{nc: &pieces{b: b, size: size}, max: max}
	for {
		_, msg, _, err := f.next()
		if err != nil {
			return messages, err
		}
		messages = append(messages, append([]byte(nil), msg...))
	}
}
