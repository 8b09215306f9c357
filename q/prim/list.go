package prim

import (
	"unsafe"

	"github.com/quoinhq/quoin/kdb"
)

// First returns the first item of a list, entry of a dictionary or row of a
// table; an atom is its own first. The first of an empty list is its null.
func First(x kdb.Value) kdb.Value {
	if isList(x) || x.Type() == kdb.TDict {
		return Item(x, 0)
	}
	return x
}

// Last is First from the other end.
func Last(x kdb.Value) kdb.Value {
	if isList(x) || x.Type() == kdb.TDict {
		return Item(x, x.Len()-1)
	}
	return x
}

// Reverse returns the items, entries or rows in the opposite order.
func Reverse(x kdb.Value) kdb.Value {
	switch v := x.(type) {
	case *kdb.List:
		n := len(v.V)
		out := make([]kdb.Value, n)
		for i, y := range v.V {
			out[n-1-i] = y
		}
		return &kdb.List{V: out}
	case *kdb.Dict:
		return kdb.NewDict(Reverse(v.K), Reverse(v.V))
	case *kdb.Table:
		cols := make([]kdb.Value, len(v.Cols))
		for i, c := range v.Cols {
			cols[i] = Reverse(c)
		}
		return kdb.NewTable(v.Names, cols)
	}
	c, ok := columnOf(x)
	if !ok {
		return x
	}
	out := c.newColumn(c.n)
	switch width(c.t) {
	case 1:
		reverseWords(words[uint8](out), words[uint8](c))
	case 2:
		reverseWords(words[uint16](out), words[uint16](c))
	case 4:
		reverseWords(words[uint32](out), words[uint32](c))
	case 8:
		reverseWords(words[uint64](out), words[uint64](c))
	default:
		reverseWords(words[kdb.GUID](out), words[kdb.GUID](c))
	}
	return out.value()
}

func reverseWords[T any](dst, src []T) {
	n := len(src)
	for i, v := range src {
		dst[n-1-i] = v
	}
}

// Rotate moves the first n items (the last, for negative n) to the other end.
// Errors: 'type.
func Rotate(n, x kdb.Value) (kdb.Value, error) {
	k, ok := intAtom(n)
	if !ok || !isList(x) {
		return nil, ErrType
	}
	m := int64(x.Len())
	if m == 0 || k%m == 0 {
		return x, nil
	}
	k = ((k % m) + m) % m
	return Join(Slice(x, int(k), int(m)), Slice(x, 0, int(k))), nil
}

// Where returns the positions of a bool vector's true items; for a vector of
// counts each position as often as counted; for a dictionary the keys instead
// of positions. Errors: 'type, 'domain (a negative count).
func Where(x kdb.Value) (kdb.Value, error) {
	switch v := x.(type) {
	case *kdb.Bools:
		return kdb.NewVec(WhereTrue(v.V)), nil
	case *kdb.Dict:
		idx, err := Where(v.V)
		if err != nil {
			return nil, err
		}
		return At(v.K, idx)
	case *kdb.List:
		if len(v.V) == 0 {
			return Empty(kdb.TLong), nil
		}
	}
	counts, ok := intVector(x)
	if !ok {
		return nil, ErrType
	}
	total := 0
	for _, c := range counts {
		if c < 0 {
			return nil, ErrDomain
		}
		if total += int(c); total < 0 {
			return nil, ErrMemory
		}
	}
	room(total, 8)
	out := make([]kdb.Long, 0, total)
	for i, c := range counts {
		for range c {
			out = append(out, kdb.Long(i))
		}
	}
	return kdb.NewVec(out), nil
}

// WhereTrue returns the positions of the true items.
func WhereTrue(b []kdb.Bool) []kdb.Long {
	u := view[uint8](b)
	out := make([]kdb.Long, CountTrue(b)+1) // one place to spare, so that storing needs no branch
	k := 0
	for i := 0; i < len(u); {
		// Eight flags at once: most selections are sparse.
		if i+8 <= len(u) && *(*uint64)(unsafe.Pointer(&u[i])) == 0 {
			i += 8
			continue
		}
		for end := min(i+8, len(u)); i < end; i++ {
			out[k] = kdb.Long(i)
			k += int(u[i])
		}
	}
	return out[:k:k]
}

// CountTrue returns how many items are true.
func CountTrue(b []kdb.Bool) int {
	u := view[uint8](b)
	n, i := 0, 0
	for ; i+8 <= len(u); i += 8 {
		// The eight 0/1 bytes of a word summed by one multiplication.
		n += int(*(*uint64)(unsafe.Pointer(&u[i])) * 0x0101010101010101 >> 56)
	}
	for ; i < len(u); i++ {
		n += int(u[i])
	}
	return n
}

// Raze is RazeValues for items that can be joined; others stay as they are.
func Raze(x kdb.Value) kdb.Value {
	if r, err := RazeValues(x); err == nil {
		return r
	}
	return x
}

// RazeValues joins the items of a list. Errors: those of JoinValues.
func RazeValues(x kdb.Value) (kdb.Value, error) {
	switch v := x.(type) {
	case *kdb.List:
		return RazeItems(v.V)
	case *kdb.Dict:
		return RazeValues(v.V)
	}
	if isAtom(x) {
		return Enlist(x), nil
	}
	return x, nil
}

// RazeItems is Raze for the items of a list.
func RazeItems(items []kdb.Value) (kdb.Value, error) {
	if len(items) == 0 {
		return &kdb.List{}, nil
	}
	// One pass if all items are vectors or atoms of one type.
	total := 0
	var first column
	for i, x := range items {
		c, ok := columnOf(x)
		if !ok {
			c, ok = atomColumn(x)
		}
		if !ok || i > 0 && !sameKind(c, first) {
			total = -1
			break
		}
		if i == 0 {
			first = c
		}
		total += c.n
	}
	if total >= 0 {
		out := first.newColumn(total)
		at := 0
		for _, x := range items {
			c, ok := columnOf(x)
			if !ok {
				c, _ = atomColumn(x)
			}
			copyWords(out, at, c)
			at += c.n
		}
		return out.value(), nil
	}
	if tables, ok := razeTables(items); ok {
		return tables, nil
	}
	if flat, ok := razeLists(items); ok {
		return flat, nil
	}
	out := items[0]
	var err error
	for _, x := range items[1:] {
		if out, err = JoinValues(out, x); err != nil {
			return nil, err
		}
	}
	if !isList(out) && len(items) == 1 && out.Type() != kdb.TDict {
		return Enlist(out), nil
	}
	return out, nil
}

// razeLists joins lists and atoms that end in a general list.
func razeLists(items []kdb.Value) (kdb.Value, bool) {
	var out []kdb.Value
	for _, x := range items {
		switch {
		case x.Type() == kdb.TDict || x.Type() == kdb.TTable:
			return nil, false
		case isList(x):
			out = append(out, Items(x)...)
		default:
			out = append(out, x)
		}
	}
	return Collapse(out), true
}

// razeTables joins tables of one schema column by column.
func razeTables(items []kdb.Value) (kdb.Value, bool) {
	first, ok := items[0].(*kdb.Table)
	if !ok {
		return nil, false
	}
	for _, x := range items[1:] {
		t, ok := x.(*kdb.Table)
		if !ok || !sameNames(first.Names, t.Names) {
			return nil, false
		}
	}
	cols := make([]kdb.Value, len(first.Cols))
	for j := range cols {
		parts := make([]kdb.Value, len(items))
		for i, x := range items {
			parts[i] = x.(*kdb.Table).Cols[j]
		}
		c, err := RazeItems(parts)
		if err != nil {
			return nil, false
		}
		cols[j] = c
	}
	return kdb.NewTable(first.Names, cols), true
}

func sameNames(a, b []kdb.Symbol) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// Flip transposes a list of lists, makes a table of a dictionary from symbols
// to lists, and a dictionary of a table. Atoms among lists are repeated.
// Errors: 'rank when there is no list to transpose, 'length, 'type.
func Flip(x kdb.Value) (kdb.Value, error) {
	switch v := x.(type) {
	case *kdb.Table:
		return kdb.NewDict(symbolVec(v.Names), &kdb.List{V: v.Cols}), nil
	case *kdb.Dict:
		return flipDict(v)
	case *kdb.List:
		return flipList(v.V)
	}
	return nil, ErrRank
}

func flipDict(d *kdb.Dict) (kdb.Value, error) {
	names, ok := d.K.(*kdb.Symbols)
	if !ok {
		return nil, ErrType
	}
	cols := Items(d.V)
	n, any := commonLen(cols)
	if n < 0 {
		return nil, ErrLength
	}
	if !any {
		return nil, ErrRank
	}
	out := make([]kdb.Value, len(cols))
	for i, c := range cols {
		if isList(c) || c.Type() == kdb.TDict {
			out[i] = c
		} else {
			out[i] = TakeN(int64(n), c)
		}
	}
	return kdb.NewTable(names.V, out), nil
}

// commonLen returns the length that all lists among items share, -1 if they
// differ, and whether there is a list at all.
func commonLen(items []kdb.Value) (n int, any bool) {
	for _, x := range items {
		if !isList(x) {
			continue
		}
		if any && x.Len() != n {
			return -1, true
		}
		n, any = x.Len(), true
	}
	return n, any
}

func flipList(items []kdb.Value) (kdb.Value, error) {
	n, any := commonLen(items)
	if n < 0 {
		return nil, ErrLength
	}
	if !any {
		return nil, ErrRank
	}
	out := make([]kdb.Value, n)
	cols := make([]column, len(items))
	typed := true
	for i, x := range items {
		c, ok := columnOf(x)
		if !ok || i > 0 && !sameKind(c, cols[0]) {
			typed = false
			break
		}
		cols[i] = c
	}
	if typed && len(cols) > 0 {
		room(n*len(items), width(cols[0].t))
	} else {
		room(n*len(items), 16)
	}
	for j := range out {
		if typed {
			row := cols[0].newColumn(len(items))
			for i, c := range cols {
				copyWords(row, i, c.slice(j, j+1))
			}
			out[j] = row.value()
			continue
		}
		row := make([]kdb.Value, len(items))
		for i, x := range items {
			if isList(x) {
				row[i] = Item(x, j)
			} else {
				row[i] = x
			}
		}
		out[j] = Collapse(row)
	}
	return &kdb.List{V: out}, nil
}
