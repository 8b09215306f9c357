package prim

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"github.com/quoinhq/quoin/kdb"
)

// Compare orders two values as q's sorts do: by type number first, then by
// value, nulls before everything, symbols by text, lists item by item.
func Compare(x, y kdb.Value) int {
	if a, ok := x.(*kdb.Chars); ok {
		if b, ok := y.(*kdb.Chars); ok {
			return bytes.Compare(view[byte](a.V), view[byte](b.V))
		}
	}
	a, ok1 := columnOf(x)
	b, ok2 := columnOf(y)
	if !ok1 || !ok2 {
		a, ok1 = atomColumn(x)
		b, ok2 = atomColumn(y)
	}
	if ok1 && ok2 {
		if a, b, same := alike(a, b); same {
			for i := range min(a.n, b.n) {
				if c := compareAt(a, i, b, i); c != 0 {
					return c
				}
			}
			return cmp.Compare(a.n, b.n)
		}
	}
	if isList(x) && isList(y) {
		xs, ys := Items(x), Items(y)
		for i := range min(len(xs), len(ys)) {
			if c := Compare(xs[i], ys[i]); c != 0 {
				return c
			}
		}
		return cmp.Compare(len(xs), len(ys))
	}
	if d, ok := x.(*kdb.Dict); ok {
		if e, ok := y.(*kdb.Dict); ok {
			return Compare(d.V, e.V)
		}
	}
	return cmp.Compare(abs8(x.Type()), abs8(y.Type()))
}

func abs8(t kdb.Type) int {
	if t < 0 {
		return -int(t)
	}
	return int(t)
}

// compareAt orders element i of a and element j of b, two columns of one type.
func compareAt(a column, i int, b column, j int) int {
	switch a.t {
	case kdb.TSymbol:
		x, y := words[kdb.Symbol](a)[i], words[kdb.Symbol](b)[j]
		if x == y {
			return 0
		}
		return strings.Compare(x.String(), y.String())
	case kdb.TEnum:
		if isLink(a) {
			return cmp.Compare(words[int64](a)[i], words[int64](b)[j])
		}
		return strings.Compare(a.sym(i).String(), b.sym(j).String())
	case kdb.TFloat, kdb.TDatetime:
		return cmp.Compare(words[float64](a)[i], words[float64](b)[j])
	case kdb.TReal:
		return cmp.Compare(words[float32](a)[i], words[float32](b)[j])
	case kdb.TGUID:
		x, y := words[kdb.GUID](a)[i], words[kdb.GUID](b)[j]
		return bytes.Compare(x[:], y[:])
	}
	switch width(a.t) {
	case 1:
		return cmp.Compare(words[uint8](a)[i], words[uint8](b)[j])
	case 2:
		return cmp.Compare(words[int16](a)[i], words[int16](b)[j])
	case 4:
		return cmp.Compare(words[int32](a)[i], words[int32](b)[j])
	}
	return cmp.Compare(words[int64](a)[i], words[int64](b)[j])
}

// sym returns the symbol that element i of an enumeration stands for.
func (c column) sym(i int) kdb.Symbol {
	return kdb.EnumAtom{Dom: c.enm.Dom, I: words[kdb.Long](c)[i]}.Sym()
}

// Grade returns the positions that put x in order, ascending or descending,
// equals in the order they had. Rows of a table order by its columns from the
// first on.
func Grade(e *Env, x kdb.Value, descending bool) []kdb.Long {
	var order []uint32
	switch v := x.(type) {
	case *kdb.Table:
		order = Order(e, v.Cols, descending)
	case *kdb.Dict:
		return Grade(e, v.V, descending)
	default:
		order = Order(e, []kdb.Value{x}, descending)
	}
	n := x.Len()
	if order != nil {
		n = len(order) // of no items of an atom, for one
	}
	out := MakeRaw[kdb.Long](n)
	inParts(e, len(out), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			if order == nil {
				out[i] = kdb.Long(i)
			} else {
				out[i] = kdb.Long(order[i])
			}
		}
	})
	return out
}

// gradeItems is Grade by comparing the items of a list.
func gradeItems(x kdb.Value, descending bool) []uint32 {
	items := Items(x)
	if texts, ok := stringsIn(items); ok {
		return gradeTexts(texts, descending)
	}
	idx := make([]uint32, len(items))
	for i := range idx {
		idx[i] = uint32(i)
	}
	slices.SortStableFunc(idx, func(i, j uint32) int {
		if descending {
			i, j = j, i
		}
		return Compare(items[i], items[j])
	})
	return idx
}

// Asc returns x in ascending order, marked sorted: a list's items, a
// dictionary's entries by value, a table's rows. Errors: 'type.
func Asc(e *Env, x kdb.Value) (kdb.Value, error) {
	switch v := x.(type) {
	case *kdb.Dict:
		if t, ok := v.V.(*kdb.Table); ok {
			g := Grade(e, t, false)
			return kdb.NewDict(markFirst(Gather(v.K, g).(*kdb.Table), len(t.Cols) == 1, true), markFirst(Gather(t, g).(*kdb.Table), len(t.Cols) == 1, false)), nil
		}
		return Gather(v, Grade(e, v, false)), nil
	case *kdb.Table:
		return markFirst(GatherOn(e, v, Grade(e, v, false)).(*kdb.Table), len(v.Cols) == 1, false), nil
	}
	if !isList(x) {
		return nil, ErrType
	}
	if isAscending(x) {
		return markSorted(x), nil
	}
	r := GatherOn(e, x, Grade(e, x, false))
	if l, ok := r.(*kdb.List); ok {
		return markSorted(l), nil
	}
	return withAttr(r, kdb.Sorted), nil
}

// markFirst sets the attribute that a sort by all columns leaves on the first.
func markFirst(t *kdb.Table, single, key bool) *kdb.Table {
	if len(t.Cols) > 0 && !key {
		a := kdb.Parted
		if single {
			a = kdb.Sorted
		}
		if attrPlace(t.Cols[0]) != nil {
			withAttr(t.Cols[0], a)
		}
	}
	return t
}

// copyHead returns a vector of its own over x's elements, so that an attribute
// can be set without x showing it.
func copyHead(x kdb.Value) kdb.Value {
	if c, ok := columnOf(x); ok {
		v := c.value()
		Share(v)
		return v
	}
	if l, ok := x.(*kdb.List); ok {
		return &kdb.List{V: slices.Clone(l.V)}
	}
	return x
}

// Desc is Asc the other way; it marks nothing.
func Desc(e *Env, x kdb.Value) (kdb.Value, error) {
	if !isList(x) && x.Type() != kdb.TDict {
		return nil, ErrType
	}
	return GatherOn(e, x, Grade(e, x, true)), nil
}

// Iasc and Idesc return the positions (of a dictionary: the keys) in order.
func Iasc(e *Env, x kdb.Value) (kdb.Value, error) { return gradeOf(e, x, false) }

// Idesc is Iasc in descending order.
func Idesc(e *Env, x kdb.Value) (kdb.Value, error) { return gradeOf(e, x, true) }

func gradeOf(e *Env, x kdb.Value, descending bool) (kdb.Value, error) {
	if d, ok := x.(*kdb.Dict); ok {
		return Gather(d.K, Grade(e, d, descending)), nil
	}
	if !isList(x) {
		return nil, ErrRank
	}
	return kdb.NewVec(Grade(e, x, descending)), nil
}

// Rank returns for each item its place in the sorted list.
func Rank(e *Env, x kdb.Value) (kdb.Value, error) {
	if d, ok := x.(*kdb.Dict); ok {
		x = d.V
	}
	if !isList(x) {
		return nil, ErrType
	}
	g := Grade(e, x, false)
	out := make([]kdb.Long, len(g))
	for i, p := range g {
		out[p] = kdb.Long(i)
	}
	return kdb.NewVec(out), nil
}

// Xrank returns for each item of y which of n equal parts of the order it is in.
func Xrank(e *Env, x, y kdb.Value) (kdb.Value, error) {
	n, ok := intAtom(x)
	if !ok {
		return nil, ErrType
	}
	r, err := Rank(e, y)
	if err != nil {
		return nil, err
	}
	v := r.(*kdb.Longs).V
	m := int64(len(v))
	out := make([]kdb.Long, m)
	for i, p := range v {
		out[i] = kdb.Long(n * int64(p) / m)
	}
	return kdb.NewVec(out), nil
}

// isAscending reports whether the items of x are in order.
func isAscending(x kdb.Value) bool {
	if AttrOf(x) == kdb.Sorted {
		return true
	}
	c, ok := columnOf(x)
	if !ok {
		items := Items(x)
		for i := 1; i < len(items); i++ {
			if Compare(items[i-1], items[i]) > 0 {
				return false
			}
		}
		return true
	}
	switch c.t {
	case kdb.TSymbol, kdb.TEnum, kdb.TGUID:
		for i := 1; i < c.n; i++ {
			if compareAt(c, i-1, c, i) > 0 {
				return false
			}
		}
		return true
	case kdb.TFloat, kdb.TDatetime:
		return slices.IsSorted(words[float64](c))
	case kdb.TReal:
		return slices.IsSorted(words[float32](c))
	}
	switch width(c.t) {
	case 1:
		return slices.IsSorted(words[uint8](c))
	case 2:
		return slices.IsSorted(words[int16](c))
	case 4:
		return slices.IsSorted(words[int32](c))
	}
	return slices.IsSorted(words[int64](c))
}
