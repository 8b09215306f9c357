package prim

import (
	"github.com/quoinhq/quoin/kdb"
)

// A leaf works on two columns of one length, or of which one or both are atoms
// (one element that stands for every item of the other).
type leaf func(e *Env, a, b column, aAtom, bAtom bool) (column, error)

// pervade applies a leaf through lists, dictionaries and tables: item by item
// where both are lists, with an atom paired with every item, dictionaries by
// key. Errors: 'length where two lists differ, 'type, and the leaf's own.
func pervade(e *Env, x, y kdb.Value, f leaf) (kdb.Value, error) {
	a, aVec := columnOf(x)
	b, bVec := columnOf(y)
	aAtom, bAtom := false, false
	if !aVec {
		a, aAtom = atomColumn(x)
	}
	if !bVec {
		b, bAtom = atomColumn(y)
	}
	if (aVec || aAtom) && (bVec || bAtom) {
		if aVec && bVec && a.n != b.n {
			return nil, ErrLength
		}
		if err := e.poll(a.n + b.n); err != nil {
			return nil, err
		}
		r, err := f(e, a, b, aAtom, bAtom)
		if err != nil {
			return nil, err
		}
		if aAtom && bAtom {
			return r.item(0), nil
		}
		return r.value(), nil
	}
	again := func(x, y kdb.Value) (kdb.Value, error) { return pervade(e, x, y, f) }
	return pairUp(x, y, again)
}

// pairUp takes two values, not both leaves, apart by one level.
func pairUp(x, y kdb.Value, f func(x, y kdb.Value) (kdb.Value, error)) (kdb.Value, error) {
	xd, xIsDict := x.(*kdb.Dict)
	yd, yIsDict := y.(*kdb.Dict)
	switch {
	case xIsDict && yIsDict:
		return pairDicts(xd, yd, f, nil)
	case xIsDict:
		if t, ok := y.(*kdb.Table); ok && isTable(xd.K) {
			v, err := f(xd.V, t)
			return onlyDict(xd.K, v, err)
		} else if ok {
			return pairTable(t, func(n kdb.Symbol, c kdb.Value) (kdb.Value, error) { return withKey(xd, n, c, f, false) })
		}
		if isList(y) && y.Len() != xd.Len() {
			return nil, ErrLength
		}
		v, err := f(xd.V, y)
		return onlyDict(xd.K, v, err)
	case yIsDict:
		if t, ok := x.(*kdb.Table); ok && isTable(yd.K) {
			v, err := f(t, yd.V)
			return onlyDict(yd.K, v, err)
		} else if ok {
			return pairTable(t, func(n kdb.Symbol, c kdb.Value) (kdb.Value, error) { return withKey(yd, n, c, f, true) })
		}
		if isList(x) && x.Len() != yd.Len() {
			return nil, ErrLength
		}
		v, err := f(x, yd.V)
		return onlyDict(yd.K, v, err)
	}
	if xt, ok := x.(*kdb.Table); ok {
		if yt, ok := y.(*kdb.Table); ok {
			if xt.Len() != yt.Len() {
				return nil, ErrLength
			}
			return pairTable(xt, func(n kdb.Symbol, c kdb.Value) (kdb.Value, error) {
				d, ok := yt.Col(n)
				if !ok {
					return nil, ErrMismatch
				}
				return f(c, d)
			})
		}
		return pairTable(xt, func(_ kdb.Symbol, c kdb.Value) (kdb.Value, error) { return f(c, y) })
	}
	if yt, ok := y.(*kdb.Table); ok {
		return pairTable(yt, func(_ kdb.Symbol, c kdb.Value) (kdb.Value, error) { return f(x, c) })
	}
	switch {
	case isList(x) && isList(y):
		n := x.Len()
		if n != y.Len() {
			return nil, ErrLength
		}
		out := make([]kdb.Value, n)
		for i := range out {
			r, err := f(Item(x, i), Item(y, i))
			if err != nil {
				return nil, err
			}
			out[i] = r
		}
		return Collapse(out), nil
	case isList(x) && isAtom(y):
		return eachItem(x, func(v kdb.Value) (kdb.Value, error) { return f(v, y) })
	case isList(y) && isAtom(x):
		return eachItem(y, func(v kdb.Value) (kdb.Value, error) { return f(x, v) })
	}
	return nil, ErrType
}

func onlyDict(k, v kdb.Value, err error) (kdb.Value, error) {
	if err != nil {
		return nil, err
	}
	return kdb.NewDict(k, v), nil
}

func pairTable(t *kdb.Table, f func(name kdb.Symbol, col kdb.Value) (kdb.Value, error)) (kdb.Value, error) {
	cols := make([]kdb.Value, len(t.Cols))
	for i, c := range t.Cols {
		r, err := f(t.Names[i], c)
		if err != nil {
			return nil, err
		}
		cols[i] = r
	}
	return kdb.NewTable(t.Names, cols), nil
}

// withKey pairs a table's column with a dictionary's entry of the same name.
func withKey(d *kdb.Dict, n kdb.Symbol, c kdb.Value, f func(x, y kdb.Value) (kdb.Value, error), colFirst bool) (kdb.Value, error) {
	names, ok := d.K.(*kdb.Symbols)
	if !ok {
		return nil, ErrType
	}
	i := indexSymbol(names.V, n)
	if i < 0 {
		return c, nil
	}
	if colFirst {
		return f(c, Item(d.V, i))
	}
	return f(Item(d.V, i), c)
}

// pairDicts applies f to the entries that both have; the others stay, those
// of y alone as alone makes them if it is given.
func pairDicts(x, y *kdb.Dict, f func(x, y kdb.Value) (kdb.Value, error), alone func(kdb.Value) (kdb.Value, error)) (kdb.Value, error) {
	if Match(x.K, y.K) {
		v, err := f(x.V, y.V)
		return onlyDict(x.K, v, err)
	}
	switch {
	case y.Len() == 0:
		return x, nil
	case x.Len() == 0 && alone == nil:
		return y, nil
	}
	pos, err := Find(x.K, y.K)
	if err != nil {
		return nil, err
	}
	at, ok := pos.(*kdb.Longs)
	if !ok {
		return nil, ErrType
	}
	n := kdb.Long(x.Len())
	var inX, inY, fresh []kdb.Long
	for i, p := range at.V {
		if p < n {
			inX, inY = append(inX, p), append(inY, kdb.Long(i))
		} else {
			fresh = append(fresh, kdb.Long(i))
		}
	}
	both, err := f(Gather(x.V, inX), Gather(y.V, inY))
	if err != nil {
		return nil, err
	}
	own := Gather(y.V, fresh)
	if alone != nil {
		if own, err = alone(own); err != nil {
			return nil, err
		}
	}
	keys, err := JoinValues(x.K, Gather(y.K, fresh))
	if err != nil {
		return nil, err
	}
	// all holds x's values, the common results and y's own, in this order.
	all, err := JoinValues(x.V, both)
	if err != nil {
		return nil, err
	}
	if all, err = JoinValues(all, own); err != nil {
		return nil, err
	}
	src := make([]kdb.Long, int(n)+len(fresh))
	for i := range src {
		src[i] = kdb.Long(i)
		if kdb.Long(i) >= n {
			src[i] += kdb.Long(len(inX))
		}
	}
	for i, p := range inX {
		src[p] = n + kdb.Long(i)
	}
	return kdb.NewDict(keys, Gather(all, src)), nil
}

// overItems applies a function of one column through lists, dictionaries and
// tables.
func overItems(x kdb.Value, f func(c column) (column, error)) (kdb.Value, error) {
	if c, ok := columnOf(x); ok {
		r, err := f(c)
		if err != nil {
			return nil, err
		}
		if r.p == c.p && r.t == c.t && r.n == c.n {
			return x, nil // unchanged: no second vector over x's memory
		}
		return r.value(), nil
	}
	if c, ok := atomColumn(x); ok {
		r, err := f(c)
		if err != nil {
			return nil, err
		}
		return r.item(0), nil
	}
	again := func(v kdb.Value) (kdb.Value, error) { return overItems(v, f) }
	switch v := x.(type) {
	case *kdb.List:
		return eachItem(v, again)
	case *kdb.Dict:
		r, err := again(v.V)
		return onlyDict(v.K, r, err)
	case *kdb.Table:
		return pairTable(v, func(_ kdb.Symbol, c kdb.Value) (kdb.Value, error) { return again(c) })
	}
	return nil, ErrType
}
