package table

import (
	"strings"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q/prim"
)

var (
	symI     = kdb.Sym("i")
	nullName = kdb.Symbol{}
)

// query is one table being queried and the rows chosen so far.
type query struct {
	e    *prim.Env
	t    *kdb.Table // every column, keys first
	keys int        // how many of them are keys
	n    int
	sel  rows
	// linked holds columns that links to other sources lead to, by dotted names.
	linked map[kdb.Symbol]kdb.Value
	// picked holds the selected items of the columns used so far.
	picked map[kdb.Symbol]kdb.Value
}

func newQuery(e *prim.Env, t *kdb.Table, keys int) (*query, error) {
	n, err := rowCount(t)
	if err != nil {
		return nil, err
	}
	// Results may hold the columns themselves: nobody may amend them in place.
	for _, c := range t.Cols {
		prim.Share(c)
	}
	return &query{e: e, t: t, keys: keys, n: n, sel: allRows(n)}, nil
}

// choose narrows the selection.
func (q *query) choose(r rows) {
	q.sel = r
	q.picked = nil
}

// lookup resolves a name in a column expression to the selected items of a
// column, to the row numbers for i, or to a part of a temporal column.
func (q *query) lookup(name kdb.Symbol) (kdb.Value, bool) {
	if v, ok := q.picked[name]; ok {
		return v, true
	}
	v, ok := q.find(name)
	if !ok {
		return nil, false
	}
	if q.picked == nil {
		q.picked = map[kdb.Symbol]kdb.Value{}
	}
	q.picked[name] = v
	return v, true
}

func (q *query) find(name kdb.Symbol) (kdb.Value, bool) {
	if c, ok := q.t.Col(name); ok {
		return pick(q.e, c, q.sel), true
	}
	if name == symI {
		return kdb.NewVec(longs(q.sel.list())), true
	}
	if c, ok := q.linked[name]; ok {
		return pick(q.e, c, q.sel), true
	}
	s := name.String()
	dot := strings.IndexByte(s, '.')
	if dot <= 0 {
		return nil, false
	}
	c, ok := q.lookup(kdb.Sym(s[:dot]))
	if !ok {
		return nil, false
	}
	v, err := q.dotted(c, s[dot+1:])
	return v, err == nil
}

// dotted returns a part of a temporal column (time.minute), or for a foreign
// key the column of the table it points to.
func (q *query) dotted(c kdb.Value, part string) (kdb.Value, error) {
	if en, ok := c.(*kdb.Enum); ok {
		target, err := q.e.Get(en.Domain)
		if err != nil {
			return nil, err
		}
		_, t, ok := kdb.IsKeyed(target)
		if en.IsLink() {
			t, _, err = flatten(q.e, target)
			ok = err == nil
		}
		if ok {
			name, rest, more := strings.Cut(part, ".")
			col, ok := t.Col(kdb.Sym(name))
			if !ok {
				return nil, kdb.Error(part)
			}
			col = prim.Gather(col, en.V)
			if more {
				return q.dotted(col, rest)
			}
			return col, nil
		}
	}
	return call(q.e, "$", kdb.Sym(part), c)
}

// eval evaluates a column expression over the selected rows.
func (q *query) eval(tree kdb.Value) (kdb.Value, error) {
	if s, ok := tree.(kdb.Symbol); ok {
		if v, ok := q.lookup(s); ok {
			return v, nil
		}
	}
	return q.e.EvalTree(tree, q.lookup)
}

// operand returns the column a tree stands for, and the selection to read it
// by: a column as it is, or an expression worked out for the selected rows if
// it is made item by item.
func (q *query) operand(tree kdb.Value) (kdb.Value, *rows, bool) {
	if s, ok := tree.(kdb.Symbol); ok {
		if c, ok := q.t.Col(s); ok {
			return c, &q.sel, true
		}
	}
	if !q.itemwise(tree) {
		return nil, nil, false
	}
	v, err := q.eval(tree)
	if err != nil || v.Len() != q.sel.n || !prim.IsList(v) {
		return nil, nil, false
	}
	all := allRows(q.sel.n)
	return v, &all, true
}

// itemwise reports whether each item of an expression depends on nothing but
// its own row, so that it may be worked out before the rows are grouped.
func (q *query) itemwise(tree kdb.Value) bool {
	switch v := tree.(type) {
	case kdb.Symbol:
		return q.isColumn(v)
	case *kdb.List:
		if len(v.V) < 2 || !atomic(v.V[0], len(v.V)-1) {
			return false
		}
		any := false
		for _, x := range v.V[1:] {
			if !q.refers(x) {
				c, ok := q.constant(x)
				if !ok || !prim.IsAtom(c) {
					return false
				}
				continue
			}
			if any = true; !q.itemwise(x) {
				return false
			}
		}
		return any
	}
	return false
}
