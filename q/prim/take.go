package prim

import "github.com/quoinhq/quoin/kdb"

// Take is q's n#x: n items from the front (from the end for negative n) of a
// list taken as circular, entries of a dictionary or rows of a table; a shape
// for a vector n; the named entries or columns for a list of keys.
// Errors: 'type, 'length, 'domain (a negative or null in a longer shape).
func Take(n, x kdb.Value) (kdb.Value, error) {
	switch v := x.(type) {
	case *kdb.Dict:
		return takeDict(n, v)
	case *kdb.Table:
		switch names := n.(type) {
		case *kdb.Symbols:
			return takeColumns(names.V, v)
		case *kdb.Table:
			return takeIn(n, v)
		}
	}
	if k, ok := intAtom(n); ok {
		if k > MaxLen || k < -MaxLen && k != int64(kdb.NullLong) {
			return nil, ErrLimit
		}
		return TakeN(k, x), nil
	}
	shape, ok := intVector(n)
	if !ok || len(shape) == 0 {
		if ok || n.Len() == 0 && n.Type() == 0 {
			return &kdb.List{}, nil
		}
		return nil, ErrType
	}
	return reshape(shape, x)
}

// TakeN is Take for a single count: n items of x, circular.
func TakeN(n int64, x kdb.Value) kdb.Value {
	if n == int64(kdb.NullLong) {
		n = 0
	}
	m := int64(1)
	if isList(x) || x.Type() == kdb.TDict {
		m = int64(x.Len())
	} else {
		x = Enlist(x)
	}
	k := n
	if k < 0 {
		k = -k
	}
	room(int(k), 8)
	if m == 0 {
		return Gather(x, fillIndex(int(k), -1))
	}
	if k <= m {
		if n >= 0 {
			return Slice(x, 0, int(k))
		}
		return Slice(x, int(m-k), int(m))
	}
	idx := make([]kdb.Long, k)
	start := int64(0)
	if n < 0 {
		start = (m - k%m) % m
	}
	for i := range idx {
		idx[i] = kdb.Long(start)
		if start++; start == m {
			start = 0
		}
	}
	if c, ok := columnOf(x); ok && m == 1 {
		return c.repeat(int(k)).value()
	}
	return Gather(x, idx)
}

// repeat returns n copies of the column's first element.
func (c column) repeat(n int) column {
	out := c.newColumn(n)
	switch width(c.t) {
	case 1:
		fillWords(words[uint8](out), words[uint8](c)[0])
	case 2:
		fillWords(words[uint16](out), words[uint16](c)[0])
	case 4:
		fillWords(words[uint32](out), words[uint32](c)[0])
	case 8:
		fillWords(words[uint64](out), words[uint64](c)[0])
	default:
		fillWords(words[kdb.GUID](out), words[kdb.GUID](c)[0])
	}
	return out
}

func fillWords[T any](s []T, v T) {
	for i := range s {
		s[i] = v
	}
}

// Slice returns items i to j-1 of a list, dictionary or table. The result
// shares the memory of x, so whoever amends it must copy it first: it carries
// the shared mark.
func Slice(x kdb.Value, i, j int) kdb.Value {
	switch v := x.(type) {
	case *kdb.List:
		out := make([]kdb.Value, j-i)
		copy(out, v.V[i:j])
		return Collapse(out)
	case *kdb.Dict:
		return &kdb.Dict{K: Slice(v.K, i, j), V: Slice(v.V, i, j), Sorted: v.Sorted}
	case *kdb.Table:
		cols := make([]kdb.Value, len(v.Cols))
		for k, c := range v.Cols {
			cols[k] = Slice(c, i, j)
		}
		return kdb.NewTable(v.Names, cols)
	}
	c, ok := columnOf(x)
	if !ok {
		return x
	}
	r := c.slice(i, j).value()
	if AttrOf(x) == kdb.Sorted {
		withAttr(r, kdb.Sorted)
	}
	Share(r)
	return r
}

// Share sets the shared mark of a value that has one.
func Share(x kdb.Value) {
	if m, ok := x.(interface{ Share() }); ok {
		m.Share()
	}
}

func reshape(shape []kdb.Long, x kdb.Value) (kdb.Value, error) {
	if !isList(x) {
		x = Enlist(x)
	}
	if len(shape) == 1 {
		if shape[0] < 0 {
			return nil, ErrDomain
		}
		return TakeN(int64(shape[0]), x), nil
	}
	n := x.Len()
	if len(shape) == 2 && shape[0] == kdb.NullLong {
		w := int(shape[1])
		if w < 0 || shape[1] == kdb.NullLong {
			return nil, ErrDomain
		}
		if w == 0 {
			return &kdb.List{}, nil
		}
		out := []kdb.Value{}
		for i := 0; i < n; i += w {
			out = append(out, Slice(x, i, min(i+w, n)))
		}
		return &kdb.List{V: out}, nil
	}
	if len(shape) == 2 && shape[1] == kdb.NullLong {
		r := int(shape[0])
		if r < 0 {
			return nil, ErrDomain
		}
		room(r, 16)
		out := make([]kdb.Value, r)
		for i := range out {
			out[i] = Slice(x, i*n/r, (i+1)*n/r)
		}
		return &kdb.List{V: out}, nil
	}
	total := 1
	for i, s := range shape {
		if s < 0 || s == 0 && len(shape) > 2 && i < len(shape)-1 {
			return nil, ErrDomain
		}
		if s > MaxLen {
			return nil, ErrLimit // even if another length is zero
		}
		total *= int(s)
	}
	if total < 0 {
		return nil, ErrMemory
	}
	room(total, 8)
	// Rows are cut from the list repeated without end.
	pos := 0
	var build func(d int) kdb.Value
	build = func(d int) kdb.Value {
		k := int(shape[d])
		if d == len(shape)-1 {
			idx := make([]kdb.Long, k)
			for i := range idx {
				if n > 0 {
					idx[i] = kdb.Long(pos % n)
				} else {
					idx[i] = -1
				}
				pos++
			}
			return Gather(x, idx)
		}
		out := make([]kdb.Value, k)
		for i := range out {
			out[i] = build(d + 1)
		}
		return &kdb.List{V: out}
	}
	return build(0), nil
}

func takeDict(n kdb.Value, d *kdb.Dict) (kdb.Value, error) {
	if k, ok := intAtom(n); ok && !isTable(d.K) {
		return TakeN(k, d), nil
	}
	if isTable(d.K) {
		if k, ok := intAtom(n); ok {
			return TakeN(k, d), nil
		}
		if _, ok := n.(*kdb.Table); ok {
			return takeIn(n, d)
		}
		if names, ok := n.(*kdb.Symbols); ok {
			// Key columns stay; the named value columns are chosen.
			t, ok := d.V.(*kdb.Table)
			if !ok {
				return nil, ErrType
			}
			v, err := takeColumns(names.V, t)
			if err != nil {
				return nil, err
			}
			return kdb.NewDict(d.K, v), nil
		}
		return nil, ErrType
	}
	if !isList(n) {
		return nil, ErrType
	}
	v, err := dictAt(d, n)
	if err != nil {
		return nil, err
	}
	return kdb.NewDict(n, v), nil
}

func isTable(x kdb.Value) bool { return x.Type() == kdb.TTable }

// takeIn returns the rows of y (a keyed table, or a table) whose keys are rows of n.
func takeIn(n, y kdb.Value) (kdb.Value, error) {
	keys := y
	if d, ok := y.(*kdb.Dict); ok {
		keys = d.K
	}
	pos, err := Find(keys, n)
	if err != nil {
		return nil, err
	}
	idx, ok := pos.(*kdb.Longs)
	if !ok {
		return nil, ErrType
	}
	found := make([]kdb.Long, 0, len(idx.V))
	for _, i := range idx.V {
		if int(i) < keys.Len() {
			found = append(found, i)
		}
	}
	return Gather(y, found), nil
}

func takeColumns(names []kdb.Symbol, t *kdb.Table) (kdb.Value, error) {
	cols := make([]kdb.Value, len(names))
	for i, n := range names {
		c, ok := t.Col(n)
		if !ok {
			return nil, kdb.Error(n.String())
		}
		cols[i] = c
	}
	return kdb.NewTable(names, cols), nil
}

// Drop is q's n_x and x _ i: without the first (negative n: last) n items of a
// list, entries or rows; without the item, entry, keys or columns named.
// Errors: 'type.
func Drop(n, x kdb.Value) (kdb.Value, error) {
	switch v := x.(type) {
	case *kdb.Table:
		if s, ok := n.(*kdb.Symbols); ok {
			return dropColumns(s.V, v), nil
		}
	case *kdb.Dict:
		if k, ok := intAtom(n); ok && n.Type() != -kdb.TBool {
			return DropN(k, x), nil
		}
		return dropKeys(n, v)
	}
	if k, ok := intAtom(n); ok {
		if isList(x) {
			return DropN(k, x), nil
		}
		return nil, ErrType
	}
	if cuts, ok := intVector(n); ok && isList(x) {
		return cutAt(cuts, x)
	}
	// The form x _ i: drop from a list on the left by an index on the right.
	if d, ok := n.(*kdb.Dict); ok {
		if !isTable(d.K) && isList(x) {
			return nil, ErrType // a list of keys stands on the left
		}
		return dropKeys(x, d)
	}
	if k, ok := intAtom(x); ok && isList(n) {
		return dropItem(n, k), nil
	}
	return nil, ErrType
}

// DropN is Drop for a count.
func DropN(n int64, x kdb.Value) kdb.Value {
	m := int64(x.Len())
	switch {
	case n >= m || n <= -m:
		return Slice(x, 0, 0)
	case n >= 0:
		return Slice(x, int(n), int(m))
	}
	return Slice(x, 0, int(m+n))
}

// dropItem returns x without item i; x itself if there is none.
func dropItem(x kdb.Value, i int64) kdb.Value {
	n := x.Len()
	if i < 0 || i >= int64(n) {
		return x
	}
	idx := make([]kdb.Long, 0, n-1)
	for j := range n {
		if int64(j) != i {
			idx = append(idx, kdb.Long(j))
		}
	}
	return Gather(x, idx)
}

func dropColumns(names []kdb.Symbol, t *kdb.Table) kdb.Value {
	out := &kdb.Table{}
	for i, n := range t.Names {
		if !containsSymbol(names, n) {
			out.Names = append(out.Names, n)
			out.Cols = append(out.Cols, t.Cols[i])
		}
	}
	return out
}

func containsSymbol(s []kdb.Symbol, x kdb.Symbol) bool {
	for _, y := range s {
		if x == y {
			return true
		}
	}
	return false
}

func dropKeys(keys kdb.Value, d *kdb.Dict) (kdb.Value, error) {
	if isTable(d.K) {
		if kd, ok := keys.(*kdb.Dict); ok {
			names, ok := kd.K.(*kdb.Symbols)
			if !ok {
				return nil, ErrType
			}
			keys = kdb.NewTable(names.V, enlistEach(Items(kd.V)))
		}
		if names, ok := keys.(*kdb.Symbols); ok {
			if vt, ok := d.V.(*kdb.Table); ok {
				return kdb.NewDict(d.K, dropColumns(names.V, vt)), nil
			}
		}
		if _, ok := keys.(*kdb.Table); !ok {
			return nil, ErrType
		}
	} else if !isList(keys) {
		keys = Enlist(keys)
	}
	if t, ok := columnOf(keys); ok {
		if k, ok2 := columnOf(d.K); ok2 && k.t != t.t && t.n > 0 {
			return nil, ErrType
		}
	}
	in, err := In(d.K, keys)
	if err != nil {
		return nil, err
	}
	flags, ok := in.(*kdb.Bools)
	if !ok {
		return nil, ErrType
	}
	idx := make([]kdb.Long, 0, d.Len())
	for i, b := range flags.V {
		if !b {
			idx = append(idx, kdb.Long(i))
		}
	}
	return Gather(d, idx), nil
}

func enlistEach(items []kdb.Value) []kdb.Value {
	out := make([]kdb.Value, len(items))
	for i, x := range items {
		out[i] = Enlist(x)
	}
	return out
}

// Cut is q's cut: into lists of n items for an atom, at the given ascending
// positions for a vector. Errors: 'type, 'length, 'domain.
func Cut(n, x kdb.Value) (kdb.Value, error) {
	if !isList(x) {
		return nil, ErrType
	}
	if k, ok := intAtom(n); ok {
		if k <= 0 {
			return nil, ErrDomain
		}
		m := x.Len()
		k = min(k, int64(max(m, 1)))
		out := make([]kdb.Value, 0, (m+int(k)-1)/int(k))
		for i := 0; i < m; i += int(k) {
			out = append(out, Slice(x, i, min(i+int(k), m)))
		}
		return &kdb.List{V: out}, nil
	}
	cuts, ok := intVector(n)
	if !ok {
		return nil, ErrType
	}
	return cutAt(cuts, x)
}

func cutAt(cuts []kdb.Long, x kdb.Value) (kdb.Value, error) {
	m := kdb.Long(x.Len())
	out := make([]kdb.Value, len(cuts))
	for i, c := range cuts {
		end := m
		if i+1 < len(cuts) {
			end = cuts[i+1]
		}
		if c < 0 || end < c {
			return nil, ErrDomain
		}
		if c > m || end > m {
			return nil, ErrLength
		}
		out[i] = Slice(x, int(c), int(end))
	}
	return &kdb.List{V: out}, nil
}

// Sublist is q's sublist: up to n items from the front or end, or for a pair
// (from; count) that range, never beyond the list. Errors: 'type, 'length.
func Sublist(n, x kdb.Value) (kdb.Value, error) {
	m := int64(1)
	if isList(x) || x.Type() == kdb.TDict {
		m = int64(x.Len())
	} else {
		x = Enlist(x)
	}
	if k, ok := intAtom(n); ok {
		if k >= 0 {
			return Slice(x, 0, int(min(k, m))), nil
		}
		return Slice(x, int(max(m+k, 0)), int(m)), nil
	}
	p, ok := intVector(n)
	if !ok {
		return nil, ErrType
	}
	if len(p) != 2 {
		return nil, ErrLength
	}
	lo := int64(p[0])
	hi := lo + int64(p[1])
	lo, hi = max(0, min(lo, m)), max(0, min(hi, m))
	return Slice(x, int(lo), int(max(lo, hi))), nil
}
