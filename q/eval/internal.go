package eval

import (
	"runtime"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/kdb/file"
	"github.com/quoinhq/quoin/kdb/ipc"
)

// bang is n!y for the internal functions, which have negative numbers.
// Source: KX manual, "Internal functions" (basics/internal).
func (th *thread) bang(n int, y kdb.Value) (kdb.Value, error) {
	switch n {
	case -3:
		return kdb.Str(kdb.InlineAt(y, th.eng.conf.precision)), nil
	case -8:
		b, err := ipc.Marshal(outgoing(y))
		return bytesOf(b), err
	case -18:
		b, err := ipc.MarshalCompressed(outgoing(y))
		return bytesOf(b), err
	case -9:
		b, ok := y.(*kdb.Bytes)
		if !ok {
			return nil, errType
		}
		v, err := ipc.Unmarshal(rawBytes(b))
		if err != nil {
			return nil, kdb.Error("badmsg")
		}
		return th.localise(v), nil
	case -22:
		b, err := ipc.Marshal(outgoing(y))
		return kdb.Long(len(b)), err
	case -1, -7, -15, -20, -24:
		word := map[int]string{-1: "hsym", -7: "hcount", -15: "md5", -24: "reval"}[n]
		if n == -20 {
			runtime.GC()
			return kdb.Long(0), nil
		}
		b, ok := keyword(word)
		if !ok {
			return nil, errNYI
		}
		return b.Unary(&th.env, y)
	case -27:
		l, ok := y.(*kdb.List)
		if !ok || len(l.V) != 2 {
			return nil, errType
		}
		return th.mapItems(l.V[1], func(v kdb.Value) (kdb.Value, error) { return fixed(th, []kdb.Value{l.V[0], v}) })
	case -2:
		b, _ := keyword("attr")
		return b.Unary(&th.env, y)
	case -11:
		return th.replay(y)
	case -21:
		return th.compressionStats(y)
	case -16:
		if isShared(y) {
			return kdb.Int(2), nil
		}
		return kdb.Int(1), nil
	case -33:
		return sha1Of(y)
	case -29:
		s, ok := stringOf(y)
		if !ok {
			return nil, errType
		}
		return parseJSON(s)
	case -31:
		b, err := json(nil, y, false)
		return kdb.Str(string(b)), err
	case -25:
		return th.broadcast(y)
	case -30:
		return th.deferredResponse(y)
	case -5:
		return th.parse(y)
	case -6:
		return th.evalValue(y)
	}
	return nil, errElsewhere
}

func bytesOf(b []byte) kdb.Value {
	v := make([]kdb.Byte, len(b))
	for i, c := range b {
		v[i] = kdb.Byte(c)
	}
	return kdb.NewVec(v)
}

func rawBytes(v *kdb.Bytes) []byte {
	b := make([]byte, len(v.V))
	for i, c := range v.V {
		b[i] = byte(c)
	}
	return b
}

// broadcast is -25!(handles;message).
func (th *thread) broadcast(y kdb.Value) (kdb.Value, error) {
	l, ok := y.(*kdb.List)
	if !ok || len(l.V) != 2 {
		return nil, errType
	}
	msg := outgoing(l.V[1])
	for i := range l.V[0].Len() {
		id, ok := intOf(item(l.V[0], i))
		if !ok {
			return nil, errType
		}
		h := th.eng.ipc.get(max(id, -id))
		if h == nil || h.conn == nil {
			return nil, closedError(id)
		}
		if err := h.async(msg); err != nil {
			return nil, err
		}
	}
	return kdb.Nil, nil
}

// deferredResponse is -30!(::), which leaves the request being served
// unanswered, and -30!(handle;isError;value), which answers it.
func (th *thread) deferredResponse(y kdb.Value) (kdb.Value, error) {
	c := th.eng.ipc
	if y == kdb.Nil {
		h := c.get(th.handle)
		if h == nil {
			return nil, errType
		}
		h.deferred = true
		return kdb.Nil, nil
	}
	l, ok := y.(*kdb.List)
	if !ok || len(l.V) != 3 {
		return nil, errType
	}
	id, ok := intOf(l.V[0])
	h := c.get(id)
	if !ok || h == nil || h.conn == nil {
		return nil, kdb.Error("Handle " + kdb.Inline(l.V[0]) + " was not expecting a response msg")
	}
	v := outgoing(l.V[2])
	if failed, _ := isTrue(l.V[1]); failed {
		s, ok := stringOf(l.V[2])
		if !ok {
			return nil, errType
		}
		v = kdb.Error(s)
	}
	h.flush()
	if err := h.conn.Reply(c.ctx, v); err != nil {
		return nil, closedError(id)
	}
	return kdb.Nil, nil
}

// compressionStats is -21!: how a file is compressed; an empty dictionary if it
// is not.
func (th *thread) compressionStats(y kdb.Value) (kdb.Value, error) {
	name, ok := fileName(y)
	if !ok {
		return nil, errType
	}
	p, err := th.eng.path(name, Read)
	if err != nil {
		return nil, err
	}
	st, ok, err := file.CompressionStats(p)
	if err != nil {
		return nil, osError(name, err)
	}
	if !ok {
		return kdb.NewDict(&kdb.Symbols{}, kdb.NewList()), nil
	}
	return kdb.NewDict(kdb.Syms("compressedLength", "uncompressedLength", "algorithm", "logicalBlockSize", "zipLevel"),
		kdb.NewList(kdb.Long(st.Compressed), kdb.Long(st.Plain), kdb.Int(st.Algorithm), kdb.Int(st.Block), kdb.Int(st.Level))), nil
}
