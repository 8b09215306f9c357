package prim

import (
	"math"

	"github.com/quoinhq/quoin/kdb"
)

// tolerantEq is q's equality of floats: equal within 2^-43 of the larger magnitude.
// Source: KX manual, "Precision".
func tolerantEq(a, b float64) bool {
	if a == b {
		return true
	}
	d := math.Abs(a - b)
	return d <= max(math.Abs(a), math.Abs(b))*0x1p-43 && !math.IsInf(d, 0)
}

// Find is q's x?y: for every item of y its first position in x, or the length
// of x if it is not there. On a dictionary it finds keys by value. Comparison
// is exact. Errors: 'type.
func Find(x, y kdb.Value) (kdb.Value, error) {
	switch v := x.(type) {
	case *kdb.Dict:
		pos, err := Find(v.V, y)
		if err != nil {
			return nil, err
		}
		return At(v.K, pos)
	case *kdb.Table:
		return findRows(v, y)
	case *kdb.List:
		return findItems(v.V, y)
	}
	if !isList(x) {
		return nil, ErrType
	}
	c, _ := columnOf(x)
	if d, ok := columnOf(y); ok {
		pos, err := findColumn(x, c, d)
		if err != nil {
			return nil, err
		}
		return kdb.NewVec(pos), nil
	}
	if d, ok := atomColumn(y); ok {
		pos, err := findColumn(x, c, d)
		if err != nil {
			return nil, err
		}
		return pos[0], nil
	}
	if l, ok := y.(*kdb.List); ok {
		return eachItem(l, func(z kdb.Value) (kdb.Value, error) { return Find(x, z) })
	}
	if d, ok := y.(*kdb.Dict); ok {
		r, err := Find(x, d.V)
		if err != nil {
			return nil, err
		}
		return kdb.NewDict(d.K, r), nil
	}
	return nil, ErrType
}

// alike returns two columns as one type if they may be compared item by item:
// the same type, or symbols and enumerations.
func alike(a, b column) (column, column, bool) {
	if sameKind(a, b) {
		return a, b, true
	}
	if isLink(a) || isLink(b) {
		a, b = plainColumn(a), plainColumn(b)
	}
	if isSymbolic(a.t) && isSymbolic(b.t) {
		return plainColumn(a), plainColumn(b), true
	}
	if a.t == kdb.TEnum || b.t == kdb.TEnum || a.t != b.t {
		return a, b, false
	}
	return a, b, true
}

// plainColumn turns an enumeration into symbols, a link into numbers.
func plainColumn(c column) column {
	if c.t == kdb.TEnum {
		c = c.slice(0, c.n)
		if c.enm.IsLink() {
			if k, ok := columnOf(Unlinked(c.value())); ok {
				return k
			}
		}
		return colOf(Symbols(&kdb.Enum{Dom: c.enm.Dom, V: words[kdb.Long](c)}))
	}
	return c
}

// findColumn returns the position in c of each element of d; x is c's vector,
// for its attribute.
func findColumn(x kdb.Value, c, d column) ([]kdb.Long, error) {
	if ix := indexOf(x); ix != nil && sameKind(c, d) {
		return ix.find(c.n, canon(d)), nil
	}
	a, b, ok := alike(c, d)
	if !ok {
		if c.n == 0 || d.n == 0 {
			return fillIndex(d.n, kdb.Long(c.n)), nil
		}
		return nil, ErrType
	}
	out := make([]kdb.Long, b.n)
	a, b = canon(a), canon(b)
	if AttrOf(x) == kdb.Sorted && a.t == c.t && b.n*16 < a.n {
		r, err := binColumn(a, b, true)
		if err != nil {
			return nil, err
		}
		for i, p := range r {
			if p >= kdb.Long(a.n) || compareAt(a, int(p), b, i) != 0 {
				p = kdb.Long(a.n)
			}
			out[i] = p
		}
		return out, nil
	}
	switch width(a.t) {
	case 1:
		findWords(words[int8](a), words[int8](b), out)
	case 2:
		findWords(words[int16](a), words[int16](b), out)
	case 4:
		findWords(words[int32](a), words[int32](b), out)
	case 8:
		findWords(words[int64](a), words[int64](b), out)
	default:
		findGUIDs(words[kdb.GUID](a), words[kdb.GUID](b), out)
	}
	return out, nil
}

func findWords[T word](a, b []T, out []kdb.Long) {
	if len(b) <= 4 || len(a) <= 8 {
		for i, v := range b {
			out[i] = kdb.Long(scanFor(a, v))
		}
		return
	}
	lo, hi := rangeOf(a)
	t := newKeyTable(lo, hi, len(a))
	first := make([]uint32, 0, len(a))
	for i, v := range a {
		if _, fresh := t.add(int64(v)); fresh {
			first = append(first, uint32(i))
		}
	}
	for i, v := range b {
		if k := t.get(int64(v)); k >= 0 {
			out[i] = kdb.Long(first[k])
		} else {
			out[i] = kdb.Long(len(a))
		}
	}
}

func scanFor[T comparable](a []T, v T) int {
	for i, w := range a {
		if w == v {
			return i
		}
	}
	return len(a)
}

func findGUIDs(a, b []kdb.GUID, out []kdb.Long) {
	first := make(map[kdb.GUID]int, len(a))
	for i, g := range a {
		if _, ok := first[g]; !ok {
			first[g] = i
		}
	}
	for i, g := range b {
		p, ok := first[g]
		if !ok {
			p = len(a)
		}
		out[i] = kdb.Long(p)
	}
}

// findItems finds y in a general list: as a whole if the list's first item is a
// list and y is a vector, item by item otherwise.
func findItems(items []kdb.Value, y kdb.Value) (kdb.Value, error) {
	n := len(items)
	if n > 0 && isList(items[0]) && isAtom(y) {
		return kdb.Long(n), nil // only lists are looked for among lists
	}
	whole := !isList(y)
	if n > 0 && isList(items[0]) && y.Type() > 0 && y.Type() <= kdb.TEnum {
		whole = true
	}
	if n > 0 && y.Type() == kdb.TList && isNested(items[0]) && !isNested2(y) {
		whole = true
	}
	if t, ok := y.(*kdb.Table); ok {
		return eachItem(t, func(r kdb.Value) (kdb.Value, error) { return kdb.Long(findItem(items, r)), nil })
	}
	if whole {
		return kdb.Long(findItem(items, y)), nil
	}
	ys := Items(y)
	out := make([]kdb.Long, len(ys))
	if len(ys) <= 4 || n <= 8 {
		for i, z := range ys {
			out[i] = kdb.Long(findItem(items, z))
		}
		return kdb.NewVec(out), nil
	}
	t := newItemTable(n)
	first := make([]int, 0, n)
	for i, x := range items {
		if _, fresh := t.add(x); fresh {
			first = append(first, i)
		}
	}
	for i, z := range ys {
		if k := t.get(z); k >= 0 {
			out[i] = kdb.Long(first[k])
		} else {
			out[i] = kdb.Long(n)
		}
	}
	return kdb.NewVec(out), nil
}

func isNested(x kdb.Value) bool { return x.Type() == kdb.TList }

// isNested2 reports whether the first item of a list is itself a list.
func isNested2(y kdb.Value) bool {
	l, ok := y.(*kdb.List)
	return ok && len(l.V) > 0 && isNested(l.V[0])
}

func findItem(items []kdb.Value, y kdb.Value) int {
	for i, x := range items {
		if matchExact(x, y) {
			return i
		}
	}
	return len(items)
}

// findRows finds rows in a table: y is a table, a row as a dictionary, or a
// row as a list.
func findRows(t *kdb.Table, y kdb.Value) (kdb.Value, error) {
	single := false
	var cols []kdb.Value
	switch v := y.(type) {
	case *kdb.Table:
		r, err := reorder(t.Names, v)
		if err != nil {
			if len(v.Cols) != len(t.Cols) {
				return nil, err
			}
			r = v
		}
		cols = r.Cols
	case *kdb.Dict:
		row, ok := rowTable(t, v)
		if !ok {
			return nil, ErrType
		}
		cols, single = row.Cols, true
	default:
		if l, ok := y.(*kdb.List); ok && len(l.V) > 0 && !isAtom(l.V[0]) && l.V[0].Len() == len(t.Cols) && len(l.V) != len(t.Cols) {
			return eachItem(l, func(r kdb.Value) (kdb.Value, error) { return findRows(t, r) })
		}
		if !isList(y) || y.Len() != len(t.Cols) {
			return nil, ErrLength
		}
		items := Items(y)
		n, any := commonLen(items)
		if any && n < 0 {
			return nil, ErrLength
		}
		single = !any
		for _, z := range items {
			switch {
			case isList(z):
			case !isAtom(z):
				return nil, ErrType
			case single:
				z = Enlist(z)
			default:
				z = TakeN(int64(n), z)
			}
			cols = append(cols, z)
		}
	}
	pos, err := findRowColumns(t.Cols, cols, t.Len())
	if err != nil {
		return nil, err
	}
	if single {
		return pos[0], nil
	}
	return kdb.NewVec(pos), nil
}

// findRowColumns returns where each row made of cols first is among the rows
// made of keys. Numbering each column's values lets rows be found as pairs of
// numbers.
func findRowColumns(keys, cols []kdb.Value, n int) ([]kdb.Long, error) {
	if len(keys) == 1 {
		if keys[0].Type() == kdb.TList {
			ys := Items(cols[0])
			out := make([]kdb.Long, len(ys))
			for i, y := range ys {
				out[i] = kdb.Long(findItem(Items(keys[0]), y))
			}
			return out, nil
		}
		r, err := Find(keys[0], cols[0])
		if err != nil {
			return nil, err
		}
		v, ok := r.(*kdb.Longs)
		if !ok {
			return nil, ErrType
		}
		return v.V, nil
	}
	m := 0
	if len(cols) > 0 {
		m = cols[0].Len()
	}
	var ids []uint32
	count := 1
	for j := range keys {
		both := joinLists(keys[j], cols[j])
		if both.Type() == kdb.TList && keys[j].Type() != kdb.TList && n > 0 && m > 0 {
			return nil, ErrType
		}
		more, f := Classify(both)
		if j == 0 {
			ids, count = more, len(f)
			continue
		}
		var firsts []kdb.Long
		ids, firsts = PairIDs(ids, count, more, len(f))
		count = len(firsts)
	}
	first := make([]int32, count)
	for i := range first {
		first[i] = int32(n)
	}
	for i := n - 1; i >= 0; i-- {
		first[ids[i]] = int32(i)
	}
	out := make([]kdb.Long, m)
	for i := range out {
		out[i] = kdb.Long(first[ids[n+i]])
	}
	return out, nil
}

// In is q's x in y: whether each item of x is an item of y. Errors: 'type.
func In(x, y kdb.Value) (kdb.Value, error) {
	if isAtom(y) {
		y = Enlist(y)
	}
	if d, ok := y.(*kdb.Dict); ok {
		if kt, ok := d.K.(*kdb.Table); ok {
			y = kt
		} else {
			y = d.V
		}
	}
	if x.Type() > 0 && y.Type() > 0 && y.Type() <= kdb.TEnum && y.Len() == 1 {
		// A single candidate: a comparison, which also mixes numeric types.
		if c, ok := columnOf(x); ok {
			if d, _ := columnOf(y); !sameKind(c, d) {
				return Equal(x, Item(y, 0))
			}
		}
	}
	if c, ok := columnOf(x); ok {
		if d, ok := columnOf(y); ok {
			return inColumn(y, c, d)
		}
	}
	if d, ok := x.(*kdb.Dict); ok && y.Type() != kdb.TTable {
		r, err := In(d.V, y)
		if err != nil {
			return nil, err
		}
		return kdb.NewDict(d.K, r), nil
	}
	if !isList(y) {
		return nil, ErrType
	}
	pos, err := Find(y, x)
	if err != nil {
		return nil, err
	}
	return lessThanCount(pos, kdb.Long(y.Len())), nil
}

func lessThanCount(pos kdb.Value, n kdb.Long) kdb.Value {
	switch p := pos.(type) {
	case kdb.Long:
		return kdb.Bool(p < n)
	case *kdb.Longs:
		out := make([]kdb.Bool, len(p.V))
		for i, v := range p.V {
			out[i] = v < n
		}
		return kdb.NewVec(out)
	case *kdb.List:
		r, _ := eachItem(p, func(v kdb.Value) (kdb.Value, error) { return lessThanCount(v, n), nil })
		return r
	case *kdb.Dict:
		return kdb.NewDict(p.K, lessThanCount(p.V, n))
	}
	return pos
}

// inColumn tells for each element of c whether it is one of d's.
func inColumn(y kdb.Value, c, d column) (kdb.Value, error) {
	a, b, ok := alike(c, d)
	if !ok {
		return nil, ErrType
	}
	out := make([]kdb.Bool, a.n)
	a, b = canon(a), canon(b)
	switch width(a.t) {
	case 1:
		inWords(words[int8](a), words[int8](b), out)
	case 2:
		inWords(words[int16](a), words[int16](b), out)
	case 4:
		inWords(words[int32](a), words[int32](b), out)
	case 8:
		inWords(words[int64](a), words[int64](b), out)
	default:
		set := make(map[kdb.GUID]bool, b.n)
		for _, g := range words[kdb.GUID](b) {
			set[g] = true
		}
		for i, g := range words[kdb.GUID](a) {
			out[i] = kdb.Bool(set[g])
		}
	}
	return kdb.NewVec(out), nil
}

func inWords[T word](a, set []T, out []kdb.Bool) {
	if len(a) <= 2 {
		for i, v := range a {
			out[i] = scanFor(set, v) < len(set)
		}
		return
	}
	lo, hi := rangeOf(set)
	if len(set) == 0 {
		return
	}
	if span := uint64(hi) - uint64(lo); span < uint64(len(a)/4+1<<12) && span < 1<<24 {
		// A table of flags over the range of the set.
		flags := make([]kdb.Bool, span+1)
		for _, v := range set {
			flags[uint64(int64(v))-uint64(lo)] = true
		}
		for i, v := range a {
			if k := uint64(int64(v)) - uint64(lo); k < uint64(len(flags)) {
				out[i] = flags[k]
			}
		}
		return
	}
	t := newKeyTable(lo, hi, len(set))
	for _, v := range set {
		t.add(int64(v))
	}
	for i, v := range a {
		out[i] = t.get(int64(v)) >= 0
	}
}
