package table

import (
	"slices"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q/prim"
)

// ErrInsert is signalled for a key that a keyed table has already.
// Source: KX manual, "insert".
const ErrInsert = kdb.Error("insert")

// ErrStep is signalled for an upsert to a step dictionary in place.
// Source: KX manual, "Errors".
const ErrStep = kdb.Error("step")

// Insert appends rows to the table of that name and returns their positions.
// Rows come as a table, a dictionary, a list of one row's values, a list of
// rows, or a list of columns; the cost is amortised in what is appended.
// Errors: 'type for values that do not fit, 'length, 'mismatch for other
// columns, 'insert for a key that is there already, 'cast for a foreign key
// that is not.
func Insert(e *prim.Env, name, rows kdb.Value) (kdb.Value, error) {
	s, ok := name.(kdb.Symbol)
	if !ok {
		return nil, prim.ErrType
	}
	old, err := e.Get(s)
	if err != nil {
		if !isTableValue(rows) {
			return nil, err
		}
		return kdb.NewVec(longSeq(0, rows.Len())), e.Set(s, rows)
	}
	out, err := insert(old, rows)
	if err != nil {
		return nil, err
	}
	n := old.Len()
	if err := e.Set(s, out); err != nil {
		return nil, err
	}
	return kdb.NewVec(longSeq(n, out.Len()-n)), nil
}

func isTableValue(v kdb.Value) bool {
	if v.Type() == kdb.TTable {
		return true
	}
	_, _, ok := kdb.IsKeyed(v)
	return ok
}

func longSeq(from, n int) []kdb.Long {
	out := make([]kdb.Long, n)
	for i := range out {
		out[i] = kdb.Long(from + i)
	}
	return out
}

// insert returns a table with rows appended, all of whose keys must be new.
func insert(old, rows kdb.Value) (kdb.Value, error) {
	switch t := old.(type) {
	case *kdb.Table:
		return appendRows(t, rows)
	case *kdb.Dict:
		k, v, ok := kdb.IsKeyed(t)
		if !ok {
			return nil, prim.ErrType
		}
		flat := unkey(k, v)
		add, err := rowsFor(flat, rows)
		if err != nil {
			return nil, err
		}
		add = enlisted(add)
		keys := kdb.NewTable(k.Names, add[:len(k.Cols)])
		at, err := prim.Find(k, keys)
		if err != nil {
			return nil, err
		}
		for _, p := range at.(*kdb.Longs).V {
			if int(p) < k.Len() {
				return nil, ErrInsert
			}
		}
		if _, firsts := prim.Classify(keys); len(firsts) != keys.Len() {
			return nil, ErrInsert
		}
		out, err := appendColumns(flat, add)
		if err != nil {
			return nil, err
		}
		return rekey(out, len(k.Cols)), nil
	}
	if old.Type() == kdb.TList && old.Len() == 0 && isTableValue(rows) {
		return rows, nil
	}
	if prim.IsList(old) {
		return prim.AppendValues(old, rows), nil
	}
	return nil, prim.ErrType
}

// Upsert appends rows to a table, or replaces those whose key is there already;
// by name it amends the table and returns the name. Errors: those of Insert but
// 'insert, and 'step.
func Upsert(e *prim.Env, t, rows kdb.Value) (kdb.Value, error) {
	if name, ok := t.(kdb.Symbol); ok {
		old, err := e.Get(name)
		if err != nil {
			if !isTableValue(rows) {
				return nil, err
			}
			return name, e.Set(name, rows)
		}
		if d, ok := old.(*kdb.Dict); ok && d.Sorted {
			return nil, ErrStep
		}
		out, err := Upsert(e, old, rows)
		if err != nil {
			return nil, err
		}
		return assign(e, name, out)
	}
	switch v := t.(type) {
	case *kdb.Table:
		return appendRows(v, rows)
	case *kdb.Dict:
		if k, val, ok := kdb.IsKeyed(v); ok {
			return upsertKeyed(k, val, rows)
		}
		return prim.JoinValues(v, rows)
	}
	if t.Type() == kdb.TList && t.Len() == 0 && isTableValue(rows) {
		return rows, nil
	}
	if prim.IsList(t) {
		return prim.AppendValues(t, rows), nil
	}
	return nil, prim.ErrType
}

func upsertKeyed(k, v *kdb.Table, rows kdb.Value) (kdb.Value, error) {
	flat := unkey(k, v)
	add, err := rowsFor(flat, rows)
	if err != nil {
		return nil, err
	}
	add = enlisted(add)
	n, nk := k.Len(), len(k.Cols)
	keys := kdb.NewTable(k.Names, add[:nk])
	found, err := prim.Find(k, keys)
	if err != nil {
		return nil, err
	}
	at := found.(*kdb.Longs).V
	// New keys get places after the old rows, the first time they come.
	ids, _ := prim.Classify(keys)
	place := map[uint32]kdb.Long{}
	var fresh []kdb.Long
	target := make([]int32, len(at))
	for i, p := range at {
		if int(p) >= n {
			var seen bool
			if p, seen = place[ids[i]]; !seen {
				p = kdb.Long(n + len(fresh))
				place[ids[i]] = p
				fresh = append(fresh, kdb.Long(i))
			}
		}
		target[i] = int32(p)
	}
	appended := make([]kdb.Value, len(add))
	for i, c := range add {
		appended[i] = c
		if len(fresh) != c.Len() {
			appended[i] = prim.Gather(c, fresh)
		}
	}
	out, err := appendColumns(flat, appended)
	if err != nil {
		return nil, err
	}
	if len(fresh) < len(at) {
		for i := nk; i < len(out.Cols); i++ {
			if !givenColumn(rows, out.Names[i]) {
				continue // rows that are there keep what they have
			}
			c, err := scatter(out.Cols[i], add[i], target)
			if err != nil {
				return nil, err
			}
			out.Cols[i] = c
		}
	}
	return rekey(out, nk), nil
}

// givenColumn reports whether rows have a column of that name; rows without
// names have all.
func givenColumn(rows kdb.Value, name kdb.Symbol) bool {
	switch r := rows.(type) {
	case *kdb.Table:
		_, ok := r.Col(name)
		return ok
	case *kdb.Dict:
		if k, v, ok := kdb.IsKeyed(r); ok {
			return givenColumn(k, name) || givenColumn(v, name)
		}
		if names, ok := r.K.(*kdb.Symbols); ok {
			return slices.Contains(names.V, name)
		}
	}
	return true
}

// appendRows returns a table with rows after its own.
func appendRows(t *kdb.Table, rows kdb.Value) (*kdb.Table, error) {
	add, err := rowsFor(t, rows)
	if err != nil {
		return nil, err
	}
	return appendColumns(t, add)
}

// appendColumns appends one list to each column, or one item if it is an atom.
func appendColumns(t *kdb.Table, add []kdb.Value) (*kdb.Table, error) {
	cols := make([]kdb.Value, len(t.Cols))
	for i, c := range t.Cols {
		if en, ok := c.(*kdb.Enum); ok {
			if v, ok := add[i].(kdb.Symbol); ok {
				add[i] = kdb.Of(v)
			}
			linked, err := prim.LinkTo(en, add[i])
			if err != nil {
				return nil, err
			}
			add[i] = linked
			if _, ok := add[i].(*kdb.Symbols); ok {
				v, err := enumerate(en, add[i])
				if err != nil {
					return nil, err
				}
				add[i] = v
			}
		}
		v := prim.AppendValues(c, add[i])
		if v.Type() != c.Type() && (c.Type() != kdb.TList || c.Len() > 0) {
			return nil, prim.ErrType
		}
		cols[i] = v
	}
	return kdb.NewTable(t.Names, cols), nil
}

// enlisted makes lists of the atoms of a single row.
func enlisted(vals []kdb.Value) []kdb.Value {
	out := make([]kdb.Value, len(vals))
	for i, v := range vals {
		if out[i] = v; !prim.IsList(v) {
			out[i] = prim.Enlist(v)
		}
	}
	return out
}

// rowsFor takes rows in any of the forms insert allows apart into one value a
// column: all lists of one length, or all atoms for a single row.
func rowsFor(t *kdb.Table, rows kdb.Value) ([]kdb.Value, error) {
	switch r := rows.(type) {
	case *kdb.Table:
		return byName(t, r.Names, r.Cols, func(c kdb.Value, n int) kdb.Value {
			return prim.Gather(c, fillLongs(n, -1))
		}, r.Len())
	case *kdb.Dict:
		if k, v, ok := kdb.IsKeyed(r); ok {
			return rowsFor(t, unkey(k, v))
		}
		names, ok := r.K.(*kdb.Symbols)
		if !ok {
			return nil, prim.ErrType
		}
		vals := prim.Items(r.V)
		cols := make([]kdb.Value, len(vals))
		for i, v := range vals {
			cols[i] = prim.Enlist(v)
		}
		return byName(t, names.V, cols, func(c kdb.Value, n int) kdb.Value {
			return prim.Gather(c, fillLongs(n, -1))
		}, 1)
	}
	if rows.Len() == 0 && prim.IsList(rows) {
		out := make([]kdb.Value, len(t.Cols))
		for i, c := range t.Cols {
			out[i] = prim.EmptyLike(c)
		}
		return out, nil
	}
	if !prim.IsList(rows) {
		if len(t.Cols) != 1 {
			return nil, prim.ErrType
		}
		return []kdb.Value{rows}, nil
	}
	if l, ok := rows.(*kdb.List); ok {
		return listRowsFor(t, l.V)
	}
	// A vector: one row of atoms, or one column's items.
	if rows.Len() == len(t.Cols) {
		return prim.Items(rows), nil
	}
	if len(t.Cols) == 1 {
		return []kdb.Value{rows}, nil
	}
	return nil, prim.ErrLength
}

// listRowsFor is rowsFor for a general list.
func listRowsFor(t *kdb.Table, items []kdb.Value) ([]kdb.Value, error) {
	if isListOfRows(t, items) {
		cols := make([]kdb.Value, len(t.Cols))
		for j := range cols {
			col := make([]kdb.Value, len(items))
			for i, row := range items {
				col[i] = prim.Item(row, j)
			}
			cols[j] = prim.Collapse(col)
		}
		return cols, nil
	}
	if len(items) != len(t.Cols) {
		return nil, prim.ErrLength
	}
	if isColumns(t, items) {
		n, out := -1, slices.Clone(items)
		for _, v := range items {
			if prim.IsList(v) {
				if n >= 0 && v.Len() != n {
					return nil, prim.ErrLength
				}
				n = v.Len()
			}
		}
		for i, v := range items {
			if !prim.IsList(v) {
				out[i] = prim.TakeN(int64(n), v)
			}
		}
		return out, nil
	}
	// One row, whose values may be lists where the column is nested.
	out := make([]kdb.Value, len(items))
	for i, v := range items {
		out[i] = v
		if prim.IsList(v) {
			out[i] = kdb.NewList(v)
		}
	}
	return out, nil
}

// isListOfRows reports whether each item is a row of the table: as many values
// as there are columns, the first of which has the first column's type. Simple
// vectors as many as the columns are columns.
func isListOfRows(t *kdb.Table, items []kdb.Value) bool {
	if len(t.Cols) == 0 {
		return false
	}
	first, vectors := t.Cols[0].Type(), true
	for _, x := range items {
		if d, ok := x.(*kdb.Dict); ok && d.Len() == len(t.Cols) {
			vectors = false
			continue
		}
		if !prim.IsList(x) || x.Len() != len(t.Cols) || x.Type() == kdb.TTable {
			return false
		}
		if first != kdb.TList && prim.Item(x, 0).Type() != -first {
			return false
		}
		vectors = vectors && x.Type() != kdb.TList
	}
	return !vectors || len(items) != len(t.Cols)
}

// isColumns reports whether the items are columns: at least one is a list of
// the type of its simple column, or all are lists.
func isColumns(t *kdb.Table, items []kdb.Value) bool {
	all := true
	for i, v := range items {
		if !prim.IsList(v) {
			all = false
			continue
		}
		if c := t.Cols[i].Type(); c != kdb.TList && (v.Type() == c || symbolic(v) && symbolic(t.Cols[i])) {
			return true
		}
	}
	return all
}

// byName puts columns in the table's order; one that is missing is null.
func byName(t *kdb.Table, names []kdb.Symbol, cols []kdb.Value, nulls func(kdb.Value, int) kdb.Value, n int) ([]kdb.Value, error) {
	out := make([]kdb.Value, len(t.Cols))
	found := 0
	for i, name := range t.Names {
		j := slices.Index(names, name)
		if j < 0 {
			out[i] = nulls(t.Cols[i], n)
			continue
		}
		out[i] = cols[j]
		found++
	}
	if found < len(names) {
		return nil, prim.ErrMismatch
	}
	return out, nil
}

func fillLongs(n int, v kdb.Long) []kdb.Long {
	out := make([]kdb.Long, n)
	for i := range out {
		out[i] = v
	}
	return out
}
