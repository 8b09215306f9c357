package prim

import (
	"github.com/quoinhq/quoin/kdb"
)

// Item returns item i of a list, entry i of a dictionary's values, row i of a
// table as a dictionary, or x itself if x is an atom. Out of range it returns
// what q does: the null of x's type.
func Item(x kdb.Value, i int) kdb.Value {
	switch v := x.(type) {
	case *kdb.List:
		if uint(i) < uint(len(v.V)) {
			return v.V[i]
		}
		return nullLike(x)
	case *kdb.Longs:
		if uint(i) < uint(len(v.V)) {
			return v.V[i]
		}
		return kdb.NullLong
	case *kdb.Dict:
		return Item(v.V, i)
	case *kdb.Table:
		if uint(i) >= uint(v.Len()) {
			return nullLike(x)
		}
		vals := make([]kdb.Value, len(v.Cols))
		for j, c := range v.Cols {
			vals[j] = Item(c, i)
		}
		return kdb.NewDict(symbolVec(v.Names), Collapse(vals))
	}
	c, ok := columnOf(x)
	if !ok {
		return x
	}
	if uint(i) < uint(c.n) {
		return c.item(i)
	}
	return nullLike(x)
}

// Gather returns the items of x at the given positions: of a list, the rows of
// a table, the entries of a dictionary. A position out of range gives a null.
func Gather(x kdb.Value, idx []kdb.Long) kdb.Value {
	switch v := x.(type) {
	case *kdb.List:
		out := make([]kdb.Value, len(idx))
		var null kdb.Value
		for i, j := range idx {
			if uint64(j) < uint64(len(v.V)) {
				out[i] = v.V[j]
				continue
			}
			if null == nil {
				null = nullLike(x)
			}
			out[i] = null
		}
		if len(out) > 0 && out[0].Type() >= 0 && out[0].Type() < kdb.TTable {
			return &kdb.List{V: out}
		}
		return Collapse(out)
	case *kdb.Dict:
		return &kdb.Dict{K: Gather(v.K, idx), V: Gather(v.V, idx)}
	case *kdb.Table:
		cols := make([]kdb.Value, len(v.Cols))
		for i, c := range v.Cols {
			cols[i] = Gather(c, idx)
		}
		return kdb.NewTable(v.Names, cols)
	}
	c, ok := columnOf(x)
	if !ok {
		out := make([]kdb.Value, len(idx))
		for i := range out {
			out[i] = x
		}
		return Collapse(out)
	}
	out := c.newRaw(len(idx))
	c.gatherTo(out, view[int64](idx), 0, len(idx))
	return out.value()
}

// GatherOn is Gather on the environment's threads.
func GatherOn(e *Env, x kdb.Value, idx []kdb.Long) kdb.Value {
	if t, ok := x.(*kdb.Table); ok {
		cols := make([]kdb.Value, len(t.Cols))
		for i, c := range t.Cols {
			cols[i] = GatherOn(e, c, idx)
		}
		return kdb.NewTable(t.Names, cols)
	}
	c, ok := columnOf(x)
	if !ok {
		return Gather(x, idx)
	}
	out := c.newRaw(len(idx))
	inParts(e, len(idx), func(lo, hi int) { c.gatherTo(out, view[int64](idx), lo, hi) })
	return out.value()
}

// gather returns the elements at idx; out of range gives null.
func (c column) gather(idx []int64) column {
	out := c.newRaw(len(idx))
	c.gatherTo(out, idx, 0, len(idx))
	return out
}

// gatherTo fills places lo to hi of out with the elements at idx.
func (c column) gatherTo(out column, idx []int64, lo, hi int) {
	out, idx = out.slice(lo, hi), idx[lo:hi]
	null := c.null()
	switch width(c.t) {
	case 1:
		gatherWords(words[uint8](out), words[uint8](c), idx, words[uint8](null)[0])
	case 2:
		gatherWords(words[uint16](out), words[uint16](c), idx, words[uint16](null)[0])
	case 4:
		gatherWords(words[uint32](out), words[uint32](c), idx, words[uint32](null)[0])
	case 8:
		gatherWords(words[uint64](out), words[uint64](c), idx, words[uint64](null)[0])
	default:
		gatherWords(words[kdb.GUID](out), words[kdb.GUID](c), idx, words[kdb.GUID](null)[0])
	}
}

func gatherWords[T any](dst, src []T, idx []int64, null T) {
	dst = dst[:len(idx)]
	for i, j := range idx {
		if uint64(j) < uint64(len(src)) {
			dst[i] = src[j]
		} else {
			dst[i] = null
		}
	}
}

// At indexes x by i as q's x@i does for data: i is an integer or list of them
// for a list, a key or list of keys for a dictionary, column names or row
// numbers for a table; nested lists of indices give nested results, and an
// index out of range gives a null. Errors: 'type when i cannot index x.
func At(x, i kdb.Value) (kdb.Value, error) {
	switch v := i.(type) {
	case kdb.Long:
		if isList(x) {
			return Item(x, clampIndex(int64(v))), nil
		}
	case kdb.Unary:
		if v == kdb.Nil {
			return x, nil
		}
	}
	switch v := x.(type) {
	case *kdb.Dict:
		return dictAt(v, i)
	case *kdb.Table:
		return tableAt(v, i)
	}
	if !isList(x) {
		return nil, ErrType
	}
	return listAt(x, i)
}

// AtOn is At on the environment's threads.
func AtOn(e *Env, x, i kdb.Value) (kdb.Value, error) {
	if idx, ok := i.(*kdb.Longs); ok && len(idx.V) >= parallelFrom && isList(x) {
		return GatherOn(e, x, idx.V), nil
	}
	return At(x, i)
}

func clampIndex(i int64) int {
	if i < 0 || i > 1<<62 {
		return -1
	}
	return int(i)
}

func listAt(x, i kdb.Value) (kdb.Value, error) {
	switch v := i.(type) {
	case *kdb.Longs:
		return Gather(x, v.V), nil
	case *kdb.List:
		return eachItem(v, func(j kdb.Value) (kdb.Value, error) { return At(x, j) })
	case *kdb.Dict:
		vals, err := At(x, v.V)
		if err != nil {
			return nil, err
		}
		return kdb.NewDict(v.K, vals), nil
	case *kdb.Table:
		cols := make([]kdb.Value, len(v.Cols))
		for j, c := range v.Cols {
			r, err := At(x, c)
			if err != nil {
				return nil, err
			}
			cols[j] = r
		}
		return kdb.NewTable(v.Names, cols), nil
	}
	if n, ok := intAtom(i); ok {
		return Item(x, clampIndex(n)), nil
	}
	if idx, ok := intVector(i); ok {
		return Gather(x, idx), nil
	}
	if i.Len() == 0 && i.Type() >= 0 {
		return emptyLike(x), nil
	}
	return nil, ErrType
}

// intAtom returns the integer value of an integer atom (bool, byte, short,
// int, long); the null of each type is the null long.
func intAtom(x kdb.Value) (int64, bool) {
	switch v := x.(type) {
	case kdb.Long:
		return int64(v), true
	case kdb.Int:
		if v == kdb.NullInt {
			return int64(kdb.NullLong), true
		}
		return int64(v), true
	case kdb.Short:
		if v == kdb.NullShort {
			return int64(kdb.NullLong), true
		}
		return int64(v), true
	case kdb.Bool:
		if v {
			return 1, true
		}
		return 0, true
	case kdb.Byte:
		return int64(v), true
	}
	return 0, false
}

// intVector returns an integer vector (bool, byte, short, int, long) as longs.
func intVector(x kdb.Value) ([]kdb.Long, bool) {
	switch v := x.(type) {
	case *kdb.Longs:
		return v.V, true
	case *kdb.Ints:
		return widen(v.V, kdb.NullInt), true
	case *kdb.Shorts:
		return widen(v.V, kdb.NullShort), true
	case *kdb.Bytes:
		out := make([]kdb.Long, len(v.V))
		for i, b := range v.V {
			out[i] = kdb.Long(b)
		}
		return out, true
	case *kdb.Bools:
		out := make([]kdb.Long, len(v.V))
		for i, b := range view[uint8](v.V) {
			out[i] = kdb.Long(b)
		}
		return out, true
	}
	return nil, false
}

func widen[T kdb.Int | kdb.Short](s []T, null T) []kdb.Long {
	out := make([]kdb.Long, len(s))
	for i, v := range s {
		if v == null {
			out[i] = kdb.NullLong
		} else {
			out[i] = kdb.Long(v)
		}
	}
	return out
}

// eachItem applies f to the items of a list and collapses the results.
func eachItem(x kdb.Value, f func(kdb.Value) (kdb.Value, error)) (kdb.Value, error) {
	items := Items(x)
	out := make([]kdb.Value, len(items))
	for i, v := range items {
		r, err := f(v)
		if err != nil {
			return nil, err
		}
		out[i] = r
	}
	return Collapse(out), nil
}

func tableAt(t *kdb.Table, i kdb.Value) (kdb.Value, error) {
	switch v := i.(type) {
	case kdb.Symbol:
		if c, ok := t.Col(v); ok {
			return c, nil
		}
		// An unknown column is an error only where a name is resolved; as an
		// index it gives what q gives, the null of the first column.
		if len(t.Cols) > 0 {
			return nullColumnOf(t), nil
		}
		return &kdb.List{}, nil
	case *kdb.Symbols:
		cols := make([]kdb.Value, len(v.V))
		for j, n := range v.V {
			c, err := tableAt(t, n)
			if err != nil {
				return nil, err
			}
			cols[j] = c
		}
		return &kdb.List{V: cols}, nil
	}
	return listAt(t, i)
}

func nullColumnOf(t *kdb.Table) kdb.Value { return emptyLike(t.Cols[0]) }

func dictAt(d *kdb.Dict, i kdb.Value) (kdb.Value, error) {
	if kt, ok := d.K.(*kdb.Table); ok {
		return keyedAt(d, kt, i)
	}
	switch v := i.(type) {
	case *kdb.List:
		if isPlainKeys(d.K) {
			return eachItem(v, func(j kdb.Value) (kdb.Value, error) { return dictAt(d, j) })
		}
	case *kdb.Dict:
		vals, err := dictAt(d, v.V)
		if err != nil {
			return nil, err
		}
		return kdb.NewDict(v.K, vals), nil
	case *kdb.Table:
		return listAt(&dictIndex{d}, i)
	}
	pos, err := findKey(d, i)
	if err != nil {
		return nil, err
	}
	switch p := pos.(type) {
	case kdb.Long:
		return Item(d.V, clampIndex(int64(p))), nil
	case *kdb.Longs:
		return Gather(d.V, p.V), nil
	}
	return At(d.V, pos)
}

// dictIndex lets listAt take a table of keys apart for a dictionary.
type dictIndex struct{ *kdb.Dict }

func isPlainKeys(k kdb.Value) bool { _, ok := columnOf(k); return ok }

// findKey returns the positions of i among d's keys, stepping if d is sorted.
func findKey(d *kdb.Dict, i kdb.Value) (kdb.Value, error) {
	if d.Sorted {
		return Bin(d.K, i)
	}
	return Find(d.K, i)
}

// keyedAt looks up a keyed table by a key row, or rows as a table.
func keyedAt(d *kdb.Dict, kt *kdb.Table, i kdb.Value) (kdb.Value, error) {
	switch v := i.(type) {
	case *kdb.Table, *kdb.Dict:
		pos, err := Find(kt, i)
		if err != nil {
			return nil, err
		}
		return At(d.V, pos)
	case *kdb.List:
		// A list of key columns' values: one row if its items are atoms,
		// a list of rows otherwise.
		if len(v.V) == len(kt.Cols) && allAtoms(v.V) {
			break
		}
		return eachItem(v, func(j kdb.Value) (kdb.Value, error) { return keyedAt(d, kt, j) })
	}
	row := i
	if isAtom(i) {
		row = Enlist(i)
	}
	if !isList(row) {
		return nil, ErrType
	}
	if row.Len() != len(kt.Cols) {
		if len(kt.Cols) == 1 && row.Type() > 0 {
			pos, err := Find(kt.Cols[0], row)
			if err != nil {
				return nil, err
			}
			return At(d.V, pos)
		}
		return nil, ErrLength
	}
	cols := make([]kdb.Value, len(kt.Cols))
	for j := range cols {
		cols[j] = Enlist(Item(row, j))
	}
	pos, err := Find(kt, kdb.NewTable(kt.Names, cols))
	if err != nil {
		return nil, err
	}
	return Item(d.V, clampIndex(int64(pos.(*kdb.Longs).V[0]))), nil
}

func allAtoms(items []kdb.Value) bool {
	for _, x := range items {
		if !isAtom(x) {
			return false
		}
	}
	return true
}
