package gateway

import (
	"sync/atomic"

	"github.com/quoinhq/quoin/kdb/ipc"
)

// Traffic is what went through the connections of a node, those that are open
// among them. It is counted as it passes.
type Traffic struct {
	In, Out Flow         // from clients to the node, and back
	Errors  atomic.Int64 // of the messages out, responses that are errors
}

// Flow is one direction of Traffic.
type Flow struct{ Messages, Bytes atomic.Int64 }

// meter follows the messages in one direction of one connection.
type meter struct {
	flow   *Flow
	errors *atomic.Int64 // nil: errors are not counted

	head [ipc.HeaderLen + 1]byte // of the message that begins, and its value's type
	have int                     // bytes of head
	left int64                   // bytes of the message after its head
	lost bool                    // what is sent is no message
}

// errorType is the type byte of a value that is an error.
const errorType = 0x80

// count takes the next bytes in.
func (m *meter) count(b []byte) {
	m.flow.Bytes.Add(int64(len(b)))
	for !m.lost {
		if m.left > 0 {
			skip := min(m.left, int64(len(b)))
			m.left -= skip
			b = b[skip:]
		}
		if len(b) == 0 {
			return
		}
		n := copy(m.head[m.have:], b)
		b = b[n:]
		if m.have += n; m.have < len(m.head) {
			return
		}
		h, err := ipc.ParseHeader(m.head[:])
		if err != nil {
			m.lost = true
			return
		}
		m.flow.Messages.Add(1)
		if m.errors != nil && h.Kind == ipc.Response && !h.Compressed && m.head[ipc.HeaderLen] == errorType {
			m.errors.Add(1)
		}
		m.have, m.left = 0, h.Len-int64(len(m.head))
	}
}
