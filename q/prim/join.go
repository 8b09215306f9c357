package prim

import "github.com/quoinhq/quoin/kdb"

// ErrMismatch is q's error for two tables whose columns do not correspond.
const ErrMismatch = kdb.Error("mismatch")

// Join is q's x,y for lists and atoms: a typed vector if both hold one type,
// else a general list. Dictionaries and tables are joined by JoinValues, which
// can fail; given one of them, Join treats it as one item.
func Join(x, y kdb.Value) kdb.Value {
	if r, err := JoinValues(x, y); err == nil {
		return r
	}
	return &kdb.List{V: []kdb.Value{x, y}}
}

// JoinValues is q's x,y in full: lists and atoms, dictionaries (later entries
// replace), tables (rows), keyed tables (upsert).
// Errors: 'mismatch for tables of different columns, 'type.
func JoinValues(x, y kdb.Value) (kdb.Value, error) {
	switch a := x.(type) {
	case *kdb.Table:
		switch b := y.(type) {
		case *kdb.Table:
			return joinTables(a, b)
		case *kdb.Dict:
			if row, ok := rowTable(a, b); ok {
				return joinTables(a, row)
			}
			if kk, kv, ok := kdb.IsKeyed(b); ok {
				return joinTables(a, kdb.NewTable(append(append([]kdb.Symbol{}, kk.Names...), kv.Names...),
					append(append([]kdb.Value{}, kk.Cols...), kv.Cols...)))
			}
			return nil, ErrMismatch
		}
		if y.Type() == kdb.TList && y.Len() == 0 {
			return x, nil
		}
	case *kdb.Dict:
		if b, ok := y.(*kdb.Dict); ok {
			return joinDicts(a, b)
		}
		if b, ok := y.(*kdb.Table); ok {
			if kk, kv, ok := kdb.IsKeyed(a); ok && len(b.Names) == len(kk.Names)+len(kv.Names) {
				n := len(kk.Names)
				return joinDicts(a, kdb.NewDict(kdb.NewTable(b.Names[:n], b.Cols[:n]), kdb.NewTable(b.Names[n:], b.Cols[n:])))
			}
		}
		if y.Type() == kdb.TList && y.Len() == 0 {
			return x, nil
		}
	}
	if y.Type() == kdb.TTable && x.Type() == kdb.TList && x.Len() == 0 {
		return y, nil
	}
	if y.Type() == kdb.TDict && x.Type() == kdb.TList && x.Len() == 0 {
		return y, nil
	}
	if d, ok := x.(*kdb.Dict); ok && y.Type() == kdb.TTable {
		if row, ok := rowTable(y.(*kdb.Table), d); ok {
			return joinTables(row, y.(*kdb.Table))
		}
	}
	if isAtom(x) && y.Type() == kdb.TDict || isAtom(y) && x.Type() == kdb.TDict {
		return nil, ErrType
	}
	return joinLists(x, y), nil
}

func joinLists(x, y kdb.Value) kdb.Value {
	a, okA := columnOf(x)
	if !okA {
		a, okA = atomColumn(x)
	}
	b, okB := columnOf(y)
	if !okB {
		b, okB = atomColumn(y)
	}
	if okA && okB {
		if sameKind(a, b) {
			out := a.newColumn(a.n + b.n)
			copyWords(out, 0, a)
			copyWords(out, a.n, b)
			return out.value()
		}
		// Enumerations of two domains, or one and plain symbols, become
		// symbols unless both are atoms.
		if isSymbolic(a.t) && isSymbolic(b.t) && !(isAtom(x) && isAtom(y)) {
			return joinLists(desymbol(x), desymbol(y))
		}
	}
	if isList(x) && x.Len() == 0 && isList(y) {
		return y
	}
	if isList(y) && y.Len() == 0 && isList(x) {
		return x
	}
	xs, ys := listItems(x), listItems(y)
	out := make([]kdb.Value, 0, len(xs)+len(ys))
	out = append(append(out, xs...), ys...)
	return Collapse(out)
}

func isSymbolic(t kdb.Type) bool { return t == kdb.TSymbol || t == kdb.TEnum }

// desymbol returns the plain symbols of an enumeration, the numbers of a link,
// anything else as it is.
func desymbol(x kdb.Value) kdb.Value {
	switch v := x.(type) {
	case *kdb.Enum:
		if v.IsLink() {
			return Unlinked(v)
		}
		return Symbols(v)
	case kdb.EnumAtom:
		return v.Plain()
	}
	return x
}

// Unlinked returns the rows of a link as numbers, the items of a foreign key that
// is not symbols as keys, and anything else as it is.
func Unlinked(x kdb.Value) kdb.Value {
	if e, ok := x.(*kdb.Enum); ok && e.IsLink() {
		if e.Key != nil {
			return Gather(e.Key, e.V)
		}
		return kdb.NewVec(e.V)
	}
	return x
}

// Symbols returns the symbols that an enumerated vector stands for.
func Symbols(e *kdb.Enum) *kdb.Symbols {
	out := make([]kdb.Symbol, len(e.V))
	if e.Dom != nil {
		dom := e.Dom.V
		for i, j := range e.V {
			if uint64(j) < uint64(len(dom)) {
				out[i] = dom[j]
			}
		}
	}
	return kdb.NewVec(out)
}

// listItems returns the items of a list; anything else is one item.
func listItems(x kdb.Value) []kdb.Value {
	if isList(x) {
		return Items(x)
	}
	return []kdb.Value{x}
}

// rowTable returns d as a table of one row with t's columns, in t's order.
func rowTable(t *kdb.Table, d *kdb.Dict) (*kdb.Table, bool) {
	names, ok := d.K.(*kdb.Symbols)
	if !ok || len(names.V) != len(t.Names) {
		return nil, false
	}
	cols := make([]kdb.Value, len(t.Names))
	for i, n := range t.Names {
		j := indexSymbol(names.V, n)
		if j < 0 {
			return nil, false
		}
		cols[i] = Enlist(Item(d.V, j))
	}
	return kdb.NewTable(t.Names, cols), true
}

func indexSymbol(s []kdb.Symbol, x kdb.Symbol) int {
	for i, y := range s {
		if x == y {
			return i
		}
	}
	return -1
}

// joinTables appends the rows of b to a; b's columns may come in another order.
func joinTables(a, b *kdb.Table) (kdb.Value, error) {
	if len(a.Names) != len(b.Names) {
		return nil, ErrMismatch
	}
	cols := make([]kdb.Value, len(a.Cols))
	for i, n := range a.Names {
		c, ok := b.Col(n)
		if !ok {
			return nil, ErrMismatch
		}
		if !isList(a.Cols[i]) || !isList(c) {
			return nil, ErrNYI
		}
		cols[i] = joinLists(a.Cols[i], c)
	}
	return kdb.NewTable(a.Names, cols), nil
}

// joinDicts returns x with the entries of y added or replaced.
func joinDicts(x, y *kdb.Dict) (kdb.Value, error) {
	switch {
	case y.Len() == 0 && !isTable(x.V):
		return x, nil
	case x.Len() == 0 && !isTable(y.V):
		return y, nil
	case isTable(x.K) != isTable(y.K):
		if x.Len() == 0 {
			return y, nil
		}
		return nil, ErrType
	}
	if xt, ok := x.V.(*kdb.Table); ok {
		yt, ok := y.V.(*kdb.Table)
		if !ok {
			return nil, ErrMismatch
		}
		xk, ok1 := x.K.(*kdb.Table)
		yk, ok2 := y.K.(*kdb.Table)
		if ok1 && ok2 {
			rk, err := reorder(xk.Names, yk)
			if err != nil {
				return nil, err
			}
			rv, err := reorder(xt.Names, yt)
			if err != nil {
				return nil, err
			}
			y = kdb.NewDict(rk, rv)
		}
	}
	pos, err := Find(x.K, y.K)
	if err != nil {
		return nil, err
	}
	at, ok := pos.(*kdb.Longs)
	if !ok {
		return nil, ErrType
	}
	n := x.Len()
	// First the keys that are new, each once; then the values by place.
	fresh := make([]kdb.Long, 0, len(at.V))
	for i, p := range at.V {
		if int(p) >= n {
			fresh = append(fresh, kdb.Long(i))
		}
	}
	keys := x.K
	place := append([]kdb.Long(nil), at.V...)
	if len(fresh) > 0 {
		newKeys := Gather(y.K, fresh)
		u := Distinct(newKeys)
		where, err := Find(u, newKeys)
		if err != nil {
			return nil, err
		}
		for i, f := range fresh {
			place[f] = kdb.Long(n) + where.(*kdb.Longs).V[i]
		}
		if keys, err = JoinValues(x.K, u); err != nil {
			return nil, err
		}
	}
	total := keys.Len()
	// src[p] says where entry p comes from: below n from x, else from y.
	src := make([]kdb.Long, total)
	for i := range src {
		src[i] = kdb.Long(i)
	}
	for i, p := range place {
		src[p] = kdb.Long(n + i)
	}
	both, err := JoinValues(x.V, y.V)
	if err != nil {
		return nil, err
	}
	return kdb.NewDict(keys, Gather(both, src)), nil
}

func reorder(names []kdb.Symbol, t *kdb.Table) (*kdb.Table, error) {
	if sameNames(names, t.Names) {
		return t, nil
	}
	if len(names) != len(t.Names) {
		return nil, ErrMismatch
	}
	cols := make([]kdb.Value, len(names))
	for i, n := range names {
		c, ok := t.Col(n)
		if !ok {
			return nil, ErrMismatch
		}
		cols[i] = c
	}
	return kdb.NewTable(names, cols), nil
}
