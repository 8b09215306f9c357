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

// symbolRanks returns, by symbol number, the rank of each symbol of s in the
// order of their texts.
func symbolRanks(s []kdb.Symbol) (ranks []uint32, count int) {
	var top uint32
	for _, x := range s {
		top = max(top, x.ID())
	}
	ranks = make([]uint32, top+1)
	var used []kdb.Symbol
	for _, x := range s {
		if ranks[x.ID()] == 0 {
			ranks[x.ID()] = 1
			used = append(used, x)
		}
	}
	texts := make([]string, len(used))
	for i, x := range used {
		texts[i] = x.String()
	}
	for r, i := range gradeTexts(texts, false) {
		ranks[used[i].ID()] = uint32(r)
	}
	return ranks, len(used)
}

// orderKeys maps a column to unsigned integers that order as its elements do.
func orderKeys(c column) []uint64 {
	out := make([]uint64, c.n)
	switch c.t {
	case kdb.TSymbol:
		s := words[kdb.Symbol](c)
		ranks, _ := symbolRanks(s)
		for i, x := range s {
			out[i] = uint64(ranks[x.ID()])
		}
		return out
	case kdb.TFloat, kdb.TDatetime:
		for i, b := range words[uint64](canon(c)) {
			if b == nanBits || b<<1 > 0x7ff<<53 {
				continue // the null comes first
			}
			// Positive floats order as their bits, negative ones backwards.
			out[i] = b ^ (uint64(int64(b)>>63) | 1<<63)
		}
		return out
	case kdb.TReal:
		for i, b := range words[uint32](canon(c)) {
			if b<<1 > 0xff<<24 {
				continue
			}
			out[i] = uint64(b ^ (uint32(int32(b)>>31) | 1<<31))
		}
		return out
	}
	switch width(c.t) {
	case 1:
		for i, v := range words[uint8](c) {
			out[i] = uint64(v)
		}
	case 2:
		for i, v := range words[int16](c) {
			out[i] = uint64(uint16(v) ^ 1<<15)
		}
	case 4:
		for i, v := range words[int32](c) {
			out[i] = uint64(uint32(v) ^ 1<<31)
		}
	case 8:
		for i, v := range words[uint64](c) {
			out[i] = v ^ 1<<63
		}
	}
	return out
}

const nanBits = 0x7ff8000000000001

// gradeKeys returns the stable order that sorts the keys ascending.
func gradeKeys(keys []uint64) []uint32 {
	n := len(keys)
	idx := make([]uint32, n)
	for i := range idx {
		idx[i] = uint32(i)
	}
	if n < 2 {
		return idx
	}
	lo, hi, sorted := keys[0], keys[0], true
	for i, k := range keys {
		if i > 0 && k < keys[i-1] {
			sorted = false
		}
		lo, hi = min(lo, k), max(hi, k)
	}
	if sorted {
		return idx
	}
	if n < 256 {
		slices.SortStableFunc(idx, func(i, j uint32) int { return cmp.Compare(keys[i], keys[j]) })
		return idx
	}
	return radixGrade(keys, idx, lo, hi)
}

// radixGrade sorts by digits of eleven bits from the lowest on, only as many as
// the range of the keys needs. keys is used up.
func radixGrade(keys []uint64, idx []uint32, lo, hi uint64) []uint32 {
	const digit = 11
	n := len(keys)
	for i := range keys {
		keys[i] -= lo
	}
	span := hi - lo
	keys2, idx2 := make([]uint64, n), make([]uint32, n)
	for shift := 0; shift < 64 && span>>shift != 0; shift += digit {
		var count [1 << digit]int
		for _, k := range keys {
			count[k>>shift&(1<<digit-1)]++
		}
		if count[keys[0]>>shift&(1<<digit-1)] == n {
			continue
		}
		at := 0
		for d, c := range count {
			count[d] = at
			at += c
		}
		for i, k := range keys {
			p := &count[k>>shift&(1<<digit-1)]
			keys2[*p], idx2[*p] = k, idx[i]
			*p++
		}
		keys, keys2, idx, idx2 = keys2, keys, idx2, idx
	}
	return idx
}

// Grade returns the positions that put x in order, ascending or descending,
// equals in the order they had. Rows of a table order by its columns from the
// first on.
func Grade(x kdb.Value, descending bool) []kdb.Long {
	switch v := x.(type) {
	case *kdb.Table:
		return gradeRows(v.Cols, descending)
	case *kdb.Dict:
		return Grade(v.V, descending)
	}
	idx := gradeOrder(x, descending)
	out := make([]kdb.Long, len(idx))
	for i, j := range idx {
		out[i] = kdb.Long(j)
	}
	return out
}

func gradeOrder(x kdb.Value, descending bool) []uint32 {
	c, ok := columnOf(x)
	if ok {
		c = plainColumn(c)
	}
	if !ok || c.t == kdb.TGUID {
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
	keys := orderKeys(c)
	if descending {
		for i := range keys {
			keys[i] = ^keys[i]
		}
	}
	return gradeKeys(keys)
}

// gradeRows sorts by the last column first; each further stable sort keeps it.
func gradeRows(cols []kdb.Value, descending bool) []kdb.Long {
	var order []kdb.Long
	for j := len(cols) - 1; j >= 0; j-- {
		c := cols[j]
		if order != nil {
			c = Gather(c, order)
		}
		g := Grade(c, descending)
		if order != nil {
			for i, p := range g {
				g[i] = order[p]
			}
		}
		order = g
	}
	return order
}

// Asc returns x in ascending order, marked sorted: a list's items, a
// dictionary's entries by value, a table's rows. Errors: 'type.
func Asc(x kdb.Value) (kdb.Value, error) {
	switch v := x.(type) {
	case *kdb.Dict:
		if t, ok := v.V.(*kdb.Table); ok {
			g := Grade(t, false)
			return kdb.NewDict(markFirst(Gather(v.K, g).(*kdb.Table), len(t.Cols) == 1, true), markFirst(Gather(t, g).(*kdb.Table), len(t.Cols) == 1, false)), nil
		}
		return Gather(v, Grade(v, false)), nil
	case *kdb.Table:
		return markFirst(Gather(v, Grade(v, false)).(*kdb.Table), len(v.Cols) == 1, false), nil
	}
	if !isList(x) {
		return nil, ErrType
	}
	if isAscending(x) {
		return markSorted(x), nil
	}
	r := Gather(x, Grade(x, false))
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
func Desc(x kdb.Value) (kdb.Value, error) {
	if !isList(x) && x.Type() != kdb.TDict {
		return nil, ErrType
	}
	return Gather(x, Grade(x, true)), nil
}

// Iasc and Idesc return the positions (of a dictionary: the keys) in order.
func Iasc(x kdb.Value) (kdb.Value, error) { return gradeOf(x, false) }

// Idesc is Iasc in descending order.
func Idesc(x kdb.Value) (kdb.Value, error) { return gradeOf(x, true) }

func gradeOf(x kdb.Value, descending bool) (kdb.Value, error) {
	if d, ok := x.(*kdb.Dict); ok {
		return Gather(d.K, Grade(d, descending)), nil
	}
	if !isList(x) {
		return nil, ErrRank
	}
	return kdb.NewVec(Grade(x, descending)), nil
}

// Rank returns for each item its place in the sorted list.
func Rank(x kdb.Value) (kdb.Value, error) {
	if d, ok := x.(*kdb.Dict); ok {
		x = d.V
	}
	if !isList(x) {
		return nil, ErrType
	}
	g := Grade(x, false)
	out := make([]kdb.Long, len(g))
	for i, p := range g {
		out[p] = kdb.Long(i)
	}
	return kdb.NewVec(out), nil
}

// Xrank returns for each item of y which of n equal parts of the order it is in.
func Xrank(x, y kdb.Value) (kdb.Value, error) {
	n, ok := intAtom(x)
	if !ok {
		return nil, ErrType
	}
	r, err := Rank(y)
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
