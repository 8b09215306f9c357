package table

import (
	"slices"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q/prim"
)

// keyedParts returns the parts of a keyed table given as a value or by name.
func keyedParts(e *prim.Env, v kdb.Value) (k, val *kdb.Table, err error) {
	if v, err = resolve(e, v); err != nil {
		return nil, nil, err
	}
	k, val, ok := kdb.IsKeyed(v)
	if !ok {
		return nil, nil, prim.ErrType
	}
	return k, val, nil
}

// findRows returns for each row of t the row of the key table that equals its
// columns of those names, or -1.
func findRows(k *kdb.Table, t *kdb.Table) ([]int32, error) {
	cols, err := columnsNamed(t, k.Names)
	if err != nil {
		return nil, err
	}
	if len(cols) == 1 && symbolic(cols[0]) && symbolic(k.Cols[0]) {
		return findSymbols(k.Cols[0], cols[0]), nil
	}
	keys := make([]kdb.Value, len(cols))
	own := make([]kdb.Value, len(cols))
	for i := range cols {
		keys[i], own[i] = plain(cols[i]), plain(k.Cols[i])
	}
	at, err := prim.Find(kdb.NewTable(k.Names, own), kdb.NewTable(k.Names, keys))
	if err != nil {
		return nil, err
	}
	pos, ok := at.(*kdb.Longs)
	if !ok {
		return nil, prim.ErrType
	}
	n := kdb.Long(k.Len())
	out := make([]int32, len(pos.V))
	for i, p := range pos.V {
		out[i] = int32(p)
		if p >= n {
			out[i] = -1
		}
	}
	return out, nil
}

// findSymbols is findRows for one symbol key.
func findSymbols(in, v kdb.Value) []int32 {
	first := newCodes(kdb.SymbolCount(), -1)
	all := allRows(in.Len())
	read, _ := symbolReader(in, &all)
	for at := in.Len(); at > 0; {
		lo := max(0, at-blockLen)
		ids := read(lo, at)
		for i := len(ids) - 1; i >= 0; i-- {
			first[ids[i]] = int32(lo + i)
		}
		at = lo
	}
	n := v.Len()
	out := make([]int32, n)
	all = allRows(n)
	read, _ = symbolReader(v, &all)
	for at := 0; at < n; at += blockLen {
		for i, id := range read(at, min(at+blockLen, n)) {
			out[at+i] = first[id]
		}
	}
	return out
}

// LeftJoin is lj, with fill ljf: to each row of x the values of the row of keyed
// table y with its key. Without one, columns they share keep x's values and the
// others are null; with fill null values do not replace x's.
// Errors: 'type when y is not keyed, the name of a missing column.
func LeftJoin(e *prim.Env, x, y kdb.Value, fill bool) (kdb.Value, error) {
	if y.Type() == kdb.TList && y.Len() == 0 {
		return x, nil
	}
	k, v, err := keyedParts(e, y)
	if err != nil {
		return nil, err
	}
	return onTable(e, x, func(t *kdb.Table) (*kdb.Table, error) {
		at, err := findRows(k, t)
		if err != nil {
			return nil, err
		}
		return joinAt(e, t, v, v.Names, at, fill)
	})
}

// InnerJoin is ij, with fill ijf: LeftJoin of the rows of x that have a match.
func InnerJoin(e *prim.Env, x, y kdb.Value, fill bool) (kdb.Value, error) {
	k, v, err := keyedParts(e, y)
	if err != nil {
		return nil, err
	}
	return onTable(e, x, func(t *kdb.Table) (*kdb.Table, error) {
		at, err := findRows(k, t)
		if err != nil {
			return nil, err
		}
		kept, found := make([]int32, 0, len(at)), make([]int32, 0, len(at))
		for i, row := range at {
			if row >= 0 {
				kept, found = append(kept, int32(i)), append(found, row)
			}
		}
		if len(kept) < len(at) {
			t = gatherTable(e, t, kept)
		}
		return joinAt(e, t, v, v.Names, found, fill)
	})
}

// PlusJoin is pj: x plus the values of the rows of keyed table y with its keys,
// nulls and missing rows counting as zero.
func PlusJoin(e *prim.Env, x, y kdb.Value) (kdb.Value, error) {
	k, v, err := keyedParts(e, y)
	if err != nil {
		return nil, err
	}
	return onTable(e, x, func(t *kdb.Table) (*kdb.Table, error) {
		at, err := findRows(k, t)
		if err != nil {
			return nil, err
		}
		out := kdb.NewTable(slices.Clone(t.Names), slices.Clone(t.Cols))
		for i, n := range v.Names {
			add, err := call(e, "^", kdb.Long(0), gather(e, v.Cols[i], at))
			if err != nil {
				return nil, err
			}
			j := slices.Index(out.Names, n)
			if j < 0 {
				out.Names, out.Cols = append(out.Names, n), append(out.Cols, add)
				continue
			}
			if out.Cols[j], err = prim.Add(e, out.Cols[j], add); err != nil {
				return nil, err
			}
		}
		return out, nil
	})
}

// UnionJoin is uj, with fill ujf: the rows of both tables under the columns of
// both; of keyed tables, rows of y replace those of x with their key.
// Errors: 'type when only one is keyed.
func UnionJoin(e *prim.Env, x, y kdb.Value, fill bool) (kdb.Value, error) {
	x, err := resolve(e, x)
	if err != nil {
		return nil, err
	}
	if y, err = resolve(e, y); err != nil {
		return nil, err
	}
	if a, ok := x.(*kdb.Table); ok {
		b, ok := y.(*kdb.Table)
		if !ok {
			return nil, prim.ErrType
		}
		return stack(e, a, b)
	}
	xk, _, ok1 := kdb.IsKeyed(x)
	yk, yv, ok2 := kdb.IsKeyed(y)
	if !ok1 || !ok2 {
		if x.Type() == kdb.TList && x.Len() == 0 {
			return y, nil
		}
		if y.Type() == kdb.TList && y.Len() == 0 {
			return x, nil
		}
		return nil, prim.ErrType
	}
	joined, err := LeftJoin(e, x, y, fill)
	if err != nil {
		return nil, err
	}
	left := joined.(*kdb.Dict)
	at, err := findRows(xk, yk)
	if err != nil {
		return nil, err
	}
	var fresh []int32
	for i, row := range at {
		if row < 0 {
			fresh = append(fresh, int32(i))
		}
	}
	flat, err := stack(e, unkey(left.K.(*kdb.Table), left.V.(*kdb.Table)), gatherTable(e, unkey(yk, yv), fresh))
	if err != nil {
		return nil, err
	}
	return rekey(flat, len(xk.Names)), nil
}

// stack puts the rows of b under those of a; a column that one of them lacks is
// null there.
func stack(e *prim.Env, a, b *kdb.Table) (*kdb.Table, error) {
	names := slices.Clone(a.Names)
	for _, n := range b.Names {
		if !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	cols := make([]kdb.Value, len(names))
	for i, n := range names {
		x, okX := a.Col(n)
		y, okY := b.Col(n)
		if !okX {
			x = gather(e, y, newCodes(a.Len(), -1))
		}
		if !okY {
			y = gather(e, x, newCodes(b.Len(), -1))
		}
		v, err := prim.JoinValues(x, y)
		if err != nil {
			return nil, err
		}
		cols[i] = v
	}
	return kdb.NewTable(names, cols), nil
}

// EquiJoin is ej: every pair of rows of x and y that are equal in the columns
// named, in the order of x; other columns they share come from y.
func EquiJoin(e *prim.Env, columns, x, y kdb.Value) (kdb.Value, error) {
	names, err := symbolList(columns)
	if err != nil {
		return nil, err
	}
	a, err := plainTable(e, x)
	if err != nil {
		return nil, err
	}
	b, err := plainTable(e, y)
	if err != nil {
		return nil, err
	}
	ac, err := columnsNamed(a, names)
	if err != nil {
		return nil, err
	}
	bc, err := columnsNamed(b, names)
	if err != nil {
		return nil, err
	}
	k, err := matchKeys(ac, bc, a.Len(), b.Len())
	if err != nil {
		return nil, err
	}
	order, starts := groupRows(k.right(), k.nr, k.n)
	read := k.left()
	// Rows pair with all of their key: how many pairs there are is known before.
	pairs, count := 0, k.left()
	for at := 0; at < k.nl; at += blockLen {
		for _, key := range count(at, min(at+blockLen, k.nl)) {
			if key >= 0 {
				pairs += int(starts[key+1] - starts[key])
			}
		}
	}
	prim.Room(pairs, 16) // for these, and for columns of that length
	var left, right []int32
	for at := 0; at < k.nl; at += blockLen {
		for i, key := range read(at, min(at+blockLen, k.nl)) {
			if key < 0 {
				continue
			}
			for _, row := range order[starts[key]:starts[key+1]] {
				left, right = append(left, int32(at+i)), append(right, row)
			}
		}
	}
	take := slices.DeleteFunc(slices.Clone(b.Names), func(n kdb.Symbol) bool { return slices.Contains(names, n) })
	return joinAt(e, gatherTable(e, a, left), b, take, right, false)
}

// JoinEach is ,' of two tables of one length: the columns of both side by side,
// those of y replacing x's of the same name. Errors: 'length.
func JoinEach(x, y *kdb.Table) (*kdb.Table, error) {
	if x.Len() != y.Len() {
		return nil, prim.ErrLength
	}
	out := kdb.NewTable(slices.Clone(x.Names), slices.Clone(x.Cols))
	for _, c := range slices.Concat(x.Cols, y.Cols) {
		prim.Share(c) // the result holds the columns too
	}
	for i, n := range y.Names {
		if j := slices.Index(out.Names, n); j >= 0 {
			out.Cols[j] = y.Cols[i]
		} else {
			out.Names, out.Cols = append(out.Names, n), append(out.Cols, y.Cols[i])
		}
	}
	return out, nil
}
