package eval

import (
	"math"
	"os"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/kdb/file"
	"github.com/quoinhq/quoin/kdb/ipc"
)

// appendValues appends to a file of values: each item of a list, encoded as on
// the wire without its header, the form of a tickerplant log.
func appendValues(h *handle, x kdb.Value, _ bool) error {
	l, ok := x.(*kdb.List)
	if !ok {
		return appendRaw(h, x)
	}
	var buf []byte
	for _, v := range l.V {
		b, err := ipc.Marshal(outgoing(v))
		if err != nil {
			return errType
		}
		buf = append(buf, b[ipc.HeaderLen:]...)
	}
	_, err := h.file.Write(buf)
	return err
}

// appendRaw appends the elements of a vector as they lie in memory.
func appendRaw(h *handle, x kdb.Value) error {
	if x.Type() < 0 || x.Type() > kdb.TTime || x.Type() == kdb.TSymbol {
		return errType
	}
	b, err := ipc.Marshal(x)
	if err != nil {
		return errType
	}
	_, err = h.file.Write(b[ipc.HeaderLen+6:])
	return err
}

// replay is -11!: of a log, or of (n;log) with n messages at most, -1 for all
// and -2 to count what is whole.
func (th *thread) replay(y kdb.Value) (kdb.Value, error) {
	limit := -1
	target := y
	if l, ok := y.(*kdb.List); ok && len(l.V) == 2 {
		n, ok := intOf(l.V[0])
		if !ok {
			return nil, errType
		}
		limit, target = n, l.V[1]
	}
	name, ok := fileName(target)
	if !ok {
		return nil, errType
	}
	p, err := th.path(name, Read)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(p); err != nil {
		return nil, osError(name, err)
	}
	if limit == -2 {
		st, err := file.CheckLog(p)
		if err != nil {
			return nil, osError(name, err)
		}
		if st.Truncated() {
			return kdb.Of(kdb.Long(st.Messages), kdb.Long(st.Valid)), nil
		}
		return kdb.Long(st.Messages), nil
	}
	count := 0
	st, err := file.ReplayLog(p, atMost(limit), func(_ int, m kdb.Value) error {
		count++
		m = th.localise(m)
		if f := th.eng.handler("ps"); f != nil {
			_, err := th.apply(f, []kdb.Value{m})
			return err
		}
		_, err := th.valueOf(m)
		return err
	})
	if err != nil {
		if _, ok := err.(*Error); ok {
			return nil, err
		}
		return nil, osError(name, err)
	}
	if limit < 0 && st.Truncated() {
		return nil, kdb.Error("badtail")
	}
	return kdb.Long(count), nil
}

// atMost is how many messages to replay at most; below zero all.
func atMost(limit int) int {
	if limit < 0 {
		return math.MaxInt
	}
	return limit
}
