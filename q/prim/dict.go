package prim

import "github.com/quoinhq/quoin/kdb"

// Til returns the numbers from 0 to n-1. Errors: 'type, 'domain.
func Til(x kdb.Value) (kdb.Value, error) {
	n, ok := intAtom(x)
	if !ok {
		return nil, ErrType
	}
	if n < 0 {
		return nil, ErrDomain
	}
	room(int(n), 8)
	out := make([]kdb.Long, n)
	for i := range out {
		out[i] = kdb.Long(i)
	}
	return kdb.NewVec(out), nil
}

// Bang is q's x!y for data: a dictionary of two lists, keys for a table (0!t
// takes them off), an enumeration from indices. Errors: 'length, 'type.
func Bang(e *Env, x, y kdb.Value) (kdb.Value, error) {
	if n, ok := intAtom(x); ok {
		switch y.(type) {
		case *kdb.Table, *kdb.Dict:
			return Enkey(n, y)
		}
		return nil, ErrType
	}
	if s, ok := x.(kdb.Symbol); ok {
		return enumFromIndex(e, s, y)
	}
	if !isList(x) {
		return nil, ErrType
	}
	if !isList(y) {
		if isAtom(y) || y.Type() > kdb.TDict {
			return nil, ErrType
		}
		d, ok := y.(*kdb.Dict)
		if !ok {
			return nil, ErrType
		}
		y = d.V
	}
	if x.Len() != y.Len() {
		return nil, ErrLength
	}
	return kdb.NewDict(x, y), nil
}

// Enkey makes the first n columns of a table its keys; 0 takes keys off.
// Errors: 'length, 'type.
func Enkey(n int64, y kdb.Value) (kdb.Value, error) {
	t, ok := y.(*kdb.Table)
	if !ok {
		if t, ok = Unkey(y); !ok {
			return nil, ErrType
		}
	}
	if n < 0 || n >= int64(len(t.Names)) && n > 0 {
		return nil, ErrLength
	}
	if n == 0 {
		return t, nil
	}
	return kdb.NewDict(kdb.NewTable(t.Names[:n:n], t.Cols[:n:n]), kdb.NewTable(t.Names[n:], t.Cols[n:])), nil
}

// Unkey returns a keyed table as a plain one.
func Unkey(y kdb.Value) (*kdb.Table, bool) {
	if t, ok := y.(*kdb.Table); ok {
		return t, true
	}
	k, v, ok := kdb.IsKeyed(y)
	if !ok {
		return nil, false
	}
	return kdb.NewTable(append(append([]kdb.Symbol{}, k.Names...), v.Names...), append(append([]kdb.Value{}, k.Cols...), v.Cols...)), true
}

func enumFromIndex(e *Env, name kdb.Symbol, y kdb.Value) (kdb.Value, error) {
	idx, ok := intVector(y)
	n, isAtom := intAtom(y)
	if !ok && !isAtom {
		return nil, ErrType
	}
	var dom *kdb.Symbols
	if e != nil && e.Get != nil {
		if g, err := e.Get(name); err == nil {
			switch v := g.(type) {
			case *kdb.Symbols:
				dom = v
			case *kdb.Dict:
				if kt, ok := v.K.(*kdb.Table); ok && len(kt.Cols) > 0 {
					dom, _ = desymbol(kt.Cols[0]).(*kdb.Symbols)
				}
			}
		}
	}
	if isAtom {
		return kdb.EnumAtom{Domain: name, Dom: dom, I: kdb.Long(n)}, nil
	}
	return &kdb.Enum{Domain: name, Dom: dom, V: idx}, nil
}

// Key returns what x is keyed by: a dictionary's keys, an enumeration's domain,
// the name of a vector's type, the numbers below an integer. Errors: 'type.
func Key(x kdb.Value) (kdb.Value, error) {
	switch v := x.(type) {
	case *kdb.Dict:
		return v.K, nil
	case *kdb.Enum:
		return v.Domain, nil
	case kdb.EnumAtom:
		return v.Domain, nil
	case kdb.Long, kdb.Int, kdb.Short, kdb.Byte, kdb.Bool:
		return Til(x)
	}
	if name := TypeName(x.Type()); name != "" {
		return kdb.Sym(name), nil
	}
	return nil, ErrType
}

// ValueOf returns a dictionary's values and an enumeration's symbols; it is the
// part of q's value that needs no evaluator. ok is false for the rest.
func ValueOf(x kdb.Value) (v kdb.Value, ok bool) {
	switch d := x.(type) {
	case *kdb.Dict:
		return d.V, true
	case *kdb.Enum, kdb.EnumAtom:
		return desymbol(x), true
	}
	return nil, false
}

func dictOps(r registry) {
	r.one("til", Til)
	r.binary("!", Bang)
	r.one("key", Key)
	r.two("#", hash)
	r.one("attr", func(x kdb.Value) (kdb.Value, error) { return kdb.Sym(AttrOf(x).String()), nil })
	r.one("value", func(x kdb.Value) (kdb.Value, error) {
		if v, ok := ValueOf(x); ok {
			return v, nil
		}
		return nil, ErrType
	})
}
