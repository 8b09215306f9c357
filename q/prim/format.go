package prim

import "github.com/quoinhq/quoin/kdb"

// String is q's string: each atom as its text, through lists, dictionaries and
// tables; a primitive as it is written.
func String(e *Env, x kdb.Value) (kdb.Value, error) {
	if e == nil {
		e = &Env{Precision: 7}
	}
	if isAtom(x) {
		return chars(kdb.AppendText(nil, x, e.Precision)), nil
	}
	switch v := x.(type) {
	case *kdb.List:
		return eachKeep(v.V, func(y kdb.Value) (kdb.Value, error) { return String(e, y) })
	case *kdb.Dict:
		r, err := String(e, v.V)
		return onlyDict(v.K, r, err)
	case *kdb.Table:
		return pairTable(v, func(_ kdb.Symbol, c kdb.Value) (kdb.Value, error) { return String(e, c) })
	case kdb.Unary:
		if v == kdb.Nil {
			return kdb.Str("::"), nil
		}
	case *kdb.Lambda:
		return kdb.Str(v.Source), nil
	}
	if c, ok := columnOf(x); ok {
		out := make([]kdb.Value, c.n)
		text := textAppender(c, e.Precision)
		inParts(e, c.n, func(lo, hi int) {
			var m stringMaker
			var b []byte
			for i := lo; i < hi; i++ {
				b = text(b[:0], i)
				out[i] = m.of(b)
			}
		})
		return &kdb.List{V: out}, nil
	}
	if s, ok := x.(interface{ String() string }); ok {
		return kdb.Str(s.String()), nil
	}
	return kdb.Str(kdb.Inline(x)), nil
}

// eachKeep is eachItem without collapsing.
func eachKeep(items []kdb.Value, f func(kdb.Value) (kdb.Value, error)) (kdb.Value, error) {
	out := make([]kdb.Value, len(items))
	for i, v := range items {
		r, err := f(v)
		if err != nil {
			return nil, err
		}
		out[i] = r
	}
	return &kdb.List{V: out}, nil
}

// chars makes a char vector of bytes that it keeps.
func chars(b []byte) *kdb.Chars { return kdb.NewVec(view[kdb.Char](b)) }

// textOf returns the bytes of a char vector or atom, or a symbol's text.
func textOf(x kdb.Value) ([]byte, bool) {
	switch v := x.(type) {
	case *kdb.Chars:
		return view[byte](v.V), true
	case kdb.Char:
		return []byte{byte(v)}, true
	case kdb.Symbol:
		return []byte(v.String()), true
	case kdb.EnumAtom:
		return []byte(v.Sym().String()), true
	case *kdb.List:
		if len(v.V) == 0 {
			return nil, true
		}
	}
	return nil, false
}
