package prim

import (
	"unsafe"

	"github.com/quoinhq/quoin/kdb"
)

// Collapse returns the simplest list with the given items: a typed vector when
// all are atoms of one type, a table when all are dictionaries over the same
// symbols, else a general list. It keeps items without copying.
func Collapse(items []kdb.Value) kdb.Value {
	if len(items) == 0 {
		return &kdb.List{}
	}
	switch first := items[0].(type) {
	case *kdb.Dict:
		if t := collapseRows(first, items); t != nil {
			return t
		}
		return &kdb.List{V: items}
	}
	t := items[0].Type()
	if t >= 0 || t < -kdb.TEnum {
		return &kdb.List{V: items}
	}
	for _, x := range items[1:] {
		if x.Type() != t {
			return &kdb.List{V: items}
		}
	}
	c, ok := atomColumn(items[0])
	if !ok {
		return &kdb.List{V: items}
	}
	if t == -kdb.TEnum {
		d := items[0].(kdb.EnumAtom)
		for _, x := range items[1:] {
			if y := x.(kdb.EnumAtom); y.Dom != d.Dom || y.Key != d.Key {
				return &kdb.List{V: items}
			}
		}
	}
	out := c.newColumn(len(items))
	for i, x := range items {
		out.put(i, x)
	}
	return out.value()
}

// deepestRows is how deep dictionaries and tables may be nested in rows that
// become a table. Each level is turned from rows to columns again for the next, so
// that the time grows fourfold with each: without an end to it a few lines of q
// keep a process busy for years.
const deepestRows = 8

// collapseRows returns the table whose rows are the given dictionaries, or nil
// if they do not share one list of symbol keys.
func collapseRows(first *kdb.Dict, items []kdb.Value) kdb.Value {
	names, ok := first.K.(*kdb.Symbols)
	if !ok || len(names.V) == 0 || records(first) > deepestRows {
		return nil
	}
	for _, x := range items[1:] {
		d, ok := x.(*kdb.Dict)
		if !ok || d.K != first.K && !Match(d.K, names) {
			return nil
		}
	}
	cols := make([]kdb.Value, len(names.V))
	for j := range cols {
		col := make([]kdb.Value, len(items))
		for i, x := range items {
			col[i] = Item(x.(*kdb.Dict).V, j)
		}
		cols[j] = Collapse(col)
	}
	return kdb.NewTable(names.V, cols)
}

// records returns how many dictionaries and tables are nested in each other, at
// first items.
func records(v kdb.Value) (n int) {
	for v != nil {
		switch x := v.(type) {
		case *kdb.Dict:
			v = x.V
			n++
		case *kdb.Table:
			if len(x.Cols) == 0 {
				return n
			}
			v = x.Cols[0]
			n++
		case *kdb.List:
			if len(x.V) == 0 {
				return n
			}
			v = x.V[0]
		default:
			return n
		}
	}
	return n
}

// Items returns the items of a list, the values of a dictionary, the rows of a
// table as dictionaries; an atom or function is its own only item.
func Items(x kdb.Value) []kdb.Value {
	switch v := x.(type) {
	case *kdb.List:
		return v.V
	case *kdb.Dict:
		return Items(v.V)
	}
	if !isList(x) {
		return []kdb.Value{x}
	}
	out := make([]kdb.Value, x.Len())
	if c, ok := columnOf(x); ok {
		for i := range out {
			out[i] = c.item(i)
		}
		return out
	}
	for i := range out {
		out[i] = Item(x, i)
	}
	return out
}

// Enlist returns the list whose only item is x.
func Enlist(x kdb.Value) kdb.Value {
	if v := enlistAtom(x); v != nil {
		return v
	}
	if d, ok := x.(*kdb.Dict); ok {
		return Collapse([]kdb.Value{d})
	}
	return &kdb.List{V: []kdb.Value{x}}
}

// isList reports whether x is a list: a vector, a general list, an
// enumeration or a table in memory; a table elsewhere has no items here.
func isList(x kdb.Value) bool {
	t := x.Type()
	if t == kdb.TTable {
		_, ok := x.(*kdb.Table)
		return ok
	}
	return t >= 0 && t <= kdb.TEnum
}

// isAtom reports whether x is an atom: one element of a typed vector.
func isAtom(x kdb.Value) bool { t := x.Type(); return t < 0 && t >= -kdb.TEnum }

// Match reports whether x and y are the same value: same types, same items,
// nulls matching nulls; attributes and index structures do not matter.
func Match(x, y kdb.Value) bool {
	if x == nil || y == nil {
		return x == nil && y == nil
	}
	if x.Type() != y.Type() {
		return false
	}
	switch a := x.(type) {
	case *kdb.List:
		b := y.(*kdb.List)
		if a == b {
			return true
		}
		if len(a.V) != len(b.V) {
			return false
		}
		for i := range a.V {
			if !Match(a.V[i], b.V[i]) {
				return false
			}
		}
		return true
	case *kdb.Dict:
		b := y.(*kdb.Dict)
		return a == b || Match(a.K, b.K) && Match(a.V, b.V)
	case *kdb.Table:
		b := y.(*kdb.Table)
		if len(a.Cols) != len(b.Cols) {
			return false
		}
		for i := range a.Cols {
			if a.Names[i] != b.Names[i] || !Match(a.Cols[i], b.Cols[i]) {
				return false
			}
		}
		return true
	case kdb.Float:
		b := y.(kdb.Float)
		return eqFloat(float64(a), float64(b))
	case kdb.Datetime:
		return eqFloat(float64(a), float64(y.(kdb.Datetime)))
	case kdb.Real:
		b := y.(kdb.Real)
		return a == b || a != a && b != b
	case kdb.EnumAtom:
		b := y.(kdb.EnumAtom)
		return a.Domain == b.Domain && a.Plain() == b.Plain()
	case *kdb.Lambda:
		b := y.(*kdb.Lambda)
		return a == b || a.Source == b.Source && a.Namespace == b.Namespace
	case *kdb.Projection:
		b, ok := y.(*kdb.Projection)
		return ok && Match(a.F, b.F) && matchAll(a.Args, b.Args)
	case *kdb.Compose:
		b, ok := y.(*kdb.Compose)
		return ok && matchAll(a.F, b.F)
	case *kdb.Derived:
		b, ok := y.(*kdb.Derived)
		return ok && a.Iter == b.Iter && Match(a.F, b.F)
	}
	a, ok := columnOf(x)
	if !ok {
		return x == y
	}
	b, ok := columnOf(y)
	return ok && matchColumns(a, b)
}

func matchAll(a, b []kdb.Value) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !Match(a[i], b[i]) {
			return false
		}
	}
	return true
}

func matchColumns(a, b column) bool {
	if a.n != b.n {
		return false
	}
	switch a.t {
	case kdb.TFloat, kdb.TDatetime:
		x, y := words[float64](a), words[float64](b)
		for i, v := range x {
			if !eqFloat(v, y[i]) {
				return false
			}
		}
		return true
	case kdb.TReal:
		x, y := words[float32](a), words[float32](b)
		for i, v := range x {
			if v != y[i] && (v == v || y[i] == y[i]) {
				return false
			}
		}
		return true
	case kdb.TEnum:
		if a.enm.Domain != b.enm.Domain {
			return false
		}
		if a.enm.Dom != b.enm.Dom {
			for i := range a.n {
				if a.enm.Sym(i) != b.enm.Sym(i) {
					return false
				}
			}
			return true
		}
	}
	w := width(a.t)
	return a.n == 0 || a.p == b.p || string(unsafe.Slice((*byte)(a.p), a.n*w)) == string(unsafe.Slice((*byte)(b.p), b.n*w))
}

// eqFloat is equality as match sees it: nulls are equal, and two numbers that
// differ by less than q's comparison tolerance.
func eqFloat(a, b float64) bool { return a == b || tolerantEq(a, b) || a != a && b != b }
