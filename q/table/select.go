package table

import (
	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q/prim"
)

// named is a column expression and the name of its result.
type named struct {
	name kdb.Symbol
	tree kdb.Value
}

// Select is functional select and exec: ?[t;c;b;a] with the optional limit n
// and order (g;cn), and the simple exec ?[t;i;p]. t is a table, a keyed table,
// a dictionary of columns, or a name of one.
// Errors: 'type and 'length for arguments or columns that do not fit, 'rank for
// a number of arguments it does not take, and what the expressions raise.
func Select(e *prim.Env, args []kdb.Value) (kdb.Value, error) {
	if len(args) < 3 || len(args) > 6 {
		return nil, prim.ErrRank
	}
	t, err := resolve(e, args[0])
	if err != nil {
		return nil, err
	}
	if s, ok := t.(Source); ok {
		return selectSource(e, s, args)
	}
	q, err := queryOn(e, t)
	if err != nil {
		return nil, err
	}
	if len(args) == 3 {
		return q.simpleExec(args[1], args[2])
	}
	if err := q.where(args[1]); err != nil {
		return nil, err
	}
	by, cols := args[2], args[3]
	if len(args) > 4 {
		return q.limited(by, cols, args[4:])
	}
	return q.project(by, cols)
}

// resolve returns the value of a table given by name or file handle, and
// anything else as it is.
func resolve(e *prim.Env, t kdb.Value) (kdb.Value, error) {
	s, ok := t.(kdb.Symbol)
	if !ok {
		return t, nil
	}
	return e.Get(s)
}

// assign replaces the table of that name; of a file handle without a slash at
// its end it may be the folder of a splayed table.
func assign(e *prim.Env, name kdb.Symbol, t kdb.Value) (kdb.Value, error) {
	err := e.Set(name, t)
	if s := name.String(); err != nil && s != "" && s[0] == ':' && s[len(s)-1] != '/' {
		err = e.Set(kdb.Sym(s+"/"), t)
	}
	if err != nil {
		return nil, err
	}
	return name, nil
}

// queryOn starts a query on a table, keyed table or dictionary of columns.
func queryOn(e *prim.Env, t kdb.Value) (*query, error) {
	switch v := t.(type) {
	case *kdb.Table:
		if v.Folder != (kdb.Symbol{}) {
			// What is selected is no longer the folder's table, be it the whole.
			v = &kdb.Table{Names: v.Names, Cols: v.Cols, Attr: v.Own()}
		}
		return newQuery(e, v, 0)
	case *kdb.Dict:
		if k, val, ok := kdb.IsKeyed(v); ok {
			return newQuery(e, unkey(k, val), len(k.Names))
		}
		flat, err := prim.Flip(v)
		if err != nil {
			return nil, prim.ErrType
		}
		if t, ok := flat.(*kdb.Table); ok {
			return newQuery(e, t, 0)
		}
	}
	return nil, prim.ErrType
}

// unkey puts the columns of a keyed table side by side.
func unkey(k, v *kdb.Table) *kdb.Table {
	names := make([]kdb.Symbol, 0, len(k.Names)+len(v.Names))
	cols := make([]kdb.Value, 0, cap(names))
	return kdb.NewTable(append(append(names, k.Names...), v.Names...), append(append(cols, k.Cols...), v.Cols...))
}

// rekey is the table with its first n columns as keys.
func rekey(t *kdb.Table, n int) kdb.Value {
	if n == 0 {
		return t
	}
	return kdb.NewDict(kdb.NewTable(t.Names[:n:n], t.Cols[:n:n]), kdb.NewTable(t.Names[n:], t.Cols[n:]))
}

// simpleExec is ?[t;i;p]: a column expression over the rows numbered i.
func (q *query) simpleExec(i, tree kdb.Value) (kdb.Value, error) {
	idx, ok := i.(*kdb.Longs)
	if !ok {
		if i.Len() != 0 {
			return nil, prim.ErrType
		}
		idx = kdb.NewVec([]kdb.Long{})
	}
	q.choose(listRows(int32s(idx.V)))
	return q.eval(tree)
}

// project works out the by and select phrases over the selected rows.
func (q *query) project(by, cols kdb.Value) (kdb.Value, error) {
	switch b := by.(type) {
	case kdb.Bool:
		t, err := q.columns(cols)
		if err != nil {
			return nil, err
		}
		if b {
			d, ok := prim.Distinct(t).(*kdb.Table)
			if !ok {
				return nil, prim.ErrType
			}
			return d, nil
		}
		if isAll(cols) {
			return rekey(t, q.keys), nil
		}
		return t, nil
	case *kdb.Dict:
		keys, err := namedTrees(b)
		if err != nil {
			return nil, err
		}
		return q.selectBy(keys, cols)
	}
	if by.Len() == 0 {
		return q.exec(cols)
	}
	return q.execBy(by, cols)
}

// isAll reports whether a select phrase is empty: every column.
func isAll(cols kdb.Value) bool {
	_, dict := cols.(*kdb.Dict)
	return cols == kdb.Value(kdb.Nil) || !dict && cols.Len() == 0
}

// namedTrees returns the names and trees of a select or by phrase.
func namedTrees(d *kdb.Dict) ([]named, error) {
	var names []kdb.Symbol
	switch k := d.K.(type) {
	case *kdb.Symbols:
		names = k.V
	default:
		if d.Len() != 0 {
			return nil, prim.ErrType
		}
	}
	out := make([]named, len(names))
	for i, n := range names {
		out[i] = named{n, prim.Item(d.V, i)}
	}
	return out, nil
}

// columns is a select phrase without by: a table.
func (q *query) columns(cols kdb.Value) (*kdb.Table, error) {
	if isAll(cols) {
		return pickTable(q.e, q.t, q.sel), nil
	}
	d, ok := cols.(*kdb.Dict)
	if !ok {
		return nil, prim.ErrType
	}
	list, err := namedTrees(d)
	if err != nil {
		return nil, err
	}
	vals, err := q.values(list)
	if err != nil {
		return nil, err
	}
	return tableOf(list, vals)
}

// tableOf makes a table of columns; atoms are repeated to the length of the
// lists, or give one row when there is no list.
func tableOf(list []named, vals []kdb.Value) (*kdb.Table, error) {
	names := make([]kdb.Symbol, len(list))
	n, any := 1, false
	for i, v := range vals {
		names[i] = list[i].name
		if !prim.IsList(v) {
			continue
		}
		if any && v.Len() != n {
			return nil, prim.ErrLength
		}
		n, any = v.Len(), true
	}
	out := make([]kdb.Value, len(vals))
	for i, v := range vals {
		switch {
		case !prim.IsList(v) && any:
			out[i] = prim.TakeN(int64(n), v)
		case !prim.IsList(v):
			out[i] = prim.Enlist(v)
		default:
			out[i] = v
		}
	}
	return kdb.NewTable(names, out), nil
}

// values works out column expressions over the selected rows, the aggregates
// among them together in one pass.
func (q *query) values(list []named) ([]kdb.Value, error) {
	out := make([]kdb.Value, len(list))
	var aggs []aggregate
	var places []int
	for i, x := range list {
		if a, ok := q.aggregate(x.tree); ok {
			aggs, places = append(aggs, a), append(places, i)
			continue
		}
		v, err := q.eval(x.tree)
		if err != nil {
			return nil, err
		}
		out[i] = v
	}
	for i, v := range runAggregates(q.e, oneGroup(&q.sel), aggs) {
		out[places[i]] = prim.Item(v, 0)
	}
	return out, nil
}

// exec is a select phrase with the by phrase (): a value, or a dictionary.
func (q *query) exec(cols kdb.Value) (kdb.Value, error) {
	if isAll(cols) {
		if q.sel.n == 0 {
			return prim.NullLike(q.t), nil
		}
		return prim.Item(q.t, int(q.sel.at(q.sel.n-1))), nil
	}
	d, ok := cols.(*kdb.Dict)
	if !ok {
		vals, err := q.values([]named{{tree: cols}})
		if err != nil {
			return nil, err
		}
		return vals[0], nil
	}
	list, err := namedTrees(d)
	if err != nil {
		return nil, err
	}
	vals, err := q.values(list)
	if err != nil {
		return nil, err
	}
	return kdb.NewDict(d.K, prim.Collapse(vals)), nil
}

// selectBy is a select phrase by a dictionary of keys: a keyed table, or a
// dictionary from rows of keys to values when the phrase is one expression.
func (q *query) selectBy(keys []named, cols kdb.Value) (kdb.Value, error) {
	k, v, err := q.grouped(keys, cols)
	if err != nil {
		return nil, err
	}
	return kdb.NewDict(k, v), nil
}

// grouped works a select phrase out by keys: the table of the keys, and a table
// or, for a phrase that is one expression, a list.
func (q *query) grouped(keys []named, cols kdb.Value) (*kdb.Table, kdb.Value, error) {
	g, keyTable, err := q.group(keys)
	if err != nil {
		return nil, nil, err
	}
	var out kdb.Value
	if d, ok := cols.(*kdb.Dict); ok || isAll(cols) {
		out, err = q.groupedTable(g, keys, d)
	} else {
		var vals []kdb.Value
		if vals, err = q.groupedValues(g, []named{{tree: cols}}); err == nil {
			out = vals[0]
		}
	}
	if err != nil {
		return nil, nil, err
	}
	k, err := keyTable()
	return k, out, err
}

// groupedTable is the value table of a select by; cols is nil for the last row
// of each group, without the columns that are keys.
func (q *query) groupedTable(g *groups, keys []named, cols *kdb.Dict) (*kdb.Table, error) {
	if cols != nil {
		list, err := namedTrees(cols)
		if err != nil {
			return nil, err
		}
		vals, err := q.groupedValues(g, list)
		if err != nil {
			return nil, err
		}
		names := make([]kdb.Symbol, len(list))
		for i, x := range list {
			names[i] = x.name
		}
		return kdb.NewTable(names, vals), nil
	}
	out := &kdb.Table{}
	g.know(q.e)
	last := g.rowsAt(g.rows, g.last)
	for i, n := range q.t.Names {
		if isKeyName(keys, n) {
			continue
		}
		out.Names = append(out.Names, n)
		out.Cols = append(out.Cols, gather(q.e, q.t.Cols[i], last))
	}
	return out, nil
}

func isKeyName(keys []named, n kdb.Symbol) bool {
	for _, k := range keys {
		if k.name == n {
			return true
		}
	}
	return false
}

// execBy is exec by a column or expression: a dictionary from its different
// values, or to a table of several results.
func (q *query) execBy(by, cols kdb.Value) (kdb.Value, error) {
	if s, ok := by.(*kdb.Symbols); ok && len(s.V) > 1 {
		v, err := q.exec(cols)
		if err != nil {
			return nil, err
		}
		return kdb.NewDict(kdb.Of(nullName), prim.Enlist(v)), nil
	}
	k, v, err := q.grouped([]named{{tree: by}}, cols)
	if err != nil {
		return nil, err
	}
	if v.Type() == kdb.TTable {
		return kdb.NewDict(k, v), nil
	}
	return kdb.NewDict(k.Cols[0], v), nil
}
