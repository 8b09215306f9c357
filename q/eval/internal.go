package eval

import (
	"slices"
	"strconv"
	"strings"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/kdb/file"
	"github.com/quoinhq/quoin/kdb/ipc"
	"github.com/quoinhq/quoin/q/syntax"
)

// bang is n!y for the internal functions, which have negative numbers.
// Source: KX manual, "Internal functions" (basics/internal).
func (th *thread) bang(n int, y kdb.Value) (kdb.Value, error) {
	switch n {
	case -3:
		if err := th.eng.fits(roughSize(y), 1); err != nil {
			return nil, err
		}
		return kdb.Str(kdb.InlineAt(y, th.eng.conf.precision)), nil
	case -8:
		v, err := th.eng.sendable(y)
		if err != nil {
			return nil, err
		}
		b, err := ipc.Marshal(v)
		return bytesOf(b), err
	case -18:
		v, err := th.eng.sendable(y)
		if err != nil {
			return nil, err
		}
		b, err := ipc.MarshalCompressed(v)
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
		if n := ipc.Size(outgoing(y)); n > 0 {
			return kdb.Long(n), nil
		}
		b, err := ipc.Marshal(outgoing(y))
		return kdb.Long(len(b)), err
	case -1, -7, -15, -24:
		b, ok := keyword(map[int]string{-1: "hsym", -7: "hcount", -15: "md5", -24: "reval"}[n])
		if !ok {
			return nil, errNYI
		}
		return b.Unary(&th.env, y)
	case -4:
		return tokens(y)
	case -10:
		return th.enumFree(y)
	case -12, -13, -20, -32, -34, -35:
		f, err := th.getName(kdb.Sym(map[int]string{-12: ".Q.host", -13: ".Q.addr", -20: ".Q.gc", -32: ".Q.btoa", -34: ".Q.ts", -35: ".Q.gz"}[n]))
		if err != nil {
			return nil, err
		}
		if l, ok := y.(*kdb.List); ok && n == -34 && len(l.V) == 2 {
			return th.apply(f, []kdb.Value{l.V[0], l.V[1]})
		}
		return th.apply(f, []kdb.Value{y})
	case -14:
		return quoted(y)
	case -19:
		return th.compressFile(y)
	case -23:
		_, err := ipc.Marshal(outgoing(y)) // which reads every page
		return y, err
	case -26:
		if l, ok := y.(*kdb.List); y == kdb.Nil || ok && len(l.V) == 0 {
			return th.eng.tlsSettings(), nil
		}
		id, ok := intOf(y)
		if !ok {
			return nil, errType
		}
		return th.eng.ipc.connectionTLS(id), nil
	case -36:
		if y == kdb.Nil {
			return kdb.Bool(false), nil // no key is ever loaded
		}
		return nil, kdb.Error("Encryption lib unavailable")
	case -37:
		return nil, errNYI
	case -38:
		return th.eng.ipc.socketTable(y)
	case -120:
		return kdb.Long(0), nil // there is one memory domain
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

// broadcast is -25!(handles;message): the message is encoded once, and either
// all handles get it or none.
func (th *thread) broadcast(y kdb.Value) (kdb.Value, error) {
	l, ok := y.(*kdb.List)
	if !ok || len(l.V) != 2 {
		return nil, errType
	}
	var hs []*handle
	for i := range l.V[0].Len() {
		id, ok := intOf(item(l.V[0], i))
		if !ok {
			return nil, errType
		}
		if err := th.maySend(id); err != nil {
			return nil, err
		}
		h := th.eng.ipc.get(id)
		if h == nil || h.conn == nil {
			return nil, kdb.Error(strconv.Itoa(id) + " is not an ipc handle")
		}
		hs = append(hs, h)
	}
	if l.V[1] == kdb.Nil {
		for _, h := range hs {
			h.flush()
		}
		return kdb.Nil, nil
	}
	msg, err := newBroadcast(outgoing(l.V[1]))
	if err != nil {
		return nil, errType
	}
	for _, h := range hs {
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
		h.deferred, h.owes = true, true
		return kdb.Nil, nil
	}
	l, ok := y.(*kdb.List)
	if !ok || len(l.V) != 3 {
		return nil, errType
	}
	id, ok := intOf(l.V[0])
	h := c.get(id)
	if !ok || h == nil || h.conn == nil {
		return nil, errDomain
	}
	if !h.owes {
		return nil, kdb.Error("Handle " + strconv.Itoa(id) + " was not expecting a response msg")
	}
	h.owes = false
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
	p, err := th.path(name, Read)
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

// tokens is -4!: the tokens of a text.
func tokens(y kdb.Value) (kdb.Value, error) {
	s, ok := stringOf(y)
	if !ok {
		return nil, errType
	}
	toks, err := syntax.Tokens(s)
	if err != nil {
		return nil, err
	}
	out := make([]kdb.Value, len(toks))
	for i, t := range toks {
		out[i] = kdb.Str(t)
	}
	return kdb.NewList(out...), nil
}

// enumFree is -10!: whether the number of a type is that of no enumeration. All
// enumerations are of type 20.
func (th *thread) enumFree(y kdb.Value) (kdb.Value, error) {
	n, ok := intOf(y)
	if !ok || n < int(kdb.TEnum) || n > 76 {
		return nil, errType
	}
	if n > int(kdb.TEnum) {
		return kdb.Bool(true), nil
	}
	isEnum := func(v kdb.Value) bool { return v != nil && v.Type() == kdb.TEnum }
	names := th.eng.names
	names.mu.RLock()
	defer names.mu.RUnlock()
	for _, v := range names.vars {
		t, ok := v.v.(*kdb.Table)
		if isEnum(v.v) || ok && slices.ContainsFunc(t.Cols, isEnum) {
			return kdb.Bool(false), nil
		}
	}
	return kdb.Bool(true), nil
}

// quoted is -14!: quotes doubled, as a field of CSV has them.
func quoted(y kdb.Value) (kdb.Value, error) {
	if l, ok := y.(*kdb.List); ok {
		out := make([]kdb.Value, len(l.V))
		for i, v := range l.V {
			var err error
			if out[i], err = quoted(v); err != nil {
				return nil, err
			}
		}
		return kdb.NewList(out...), nil
	}
	s, ok := stringOf(y)
	if !ok {
		return nil, errType
	}
	return kdb.Str(strings.ReplaceAll(s, `"`, `""`)), nil
}

// compressFile is -19!(from;to;block;algorithm;level).
func (th *thread) compressFile(y kdb.Value) (kdb.Value, error) {
	l, ok := y.(*kdb.List)
	if !ok || len(l.V) != 5 {
		return nil, errType
	}
	from, ok := l.V[0].(kdb.Symbol)
	if !ok {
		return nil, errType
	}
	v, err := th.readValue(from)
	if err != nil {
		return nil, err
	}
	return th.writeValue(kdb.NewList(l.V[1:]...), v)
}
