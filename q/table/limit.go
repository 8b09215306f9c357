package table

import (
	"math"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q/prim"
)

// limited is a select with a limit on the number of rows and, optionally, an
// order. Without by, and when each row of the result comes from one row of the
// table, only the rows that are wanted are worked on.
func (q *query) limited(by, cols kdb.Value, limit []kdb.Value) (kdb.Value, error) {
	b, isBool := by.(kdb.Bool)
	if isBool && !bool(b) && q.rowByRow(cols) {
		if len(limit) == 2 {
			if err := q.orderBy(limit[1], limit[0]); err != nil {
				return nil, err
			}
		}
		lo, hi, err := limitOf(limit[0], q.sel.n)
		if err != nil {
			return nil, err
		}
		if hi-lo < q.sel.n {
			q.choose(listRows(q.sel.list()[lo:hi]))
		}
		return q.project(by, cols)
	}
	v, err := q.project(by, cols)
	if err != nil {
		return nil, err
	}
	if len(limit) == 2 {
		g, name, err := gradeOf(limit[1])
		if err != nil {
			return nil, err
		}
		col, err := columnOfResult(v, name)
		if err != nil {
			return nil, err
		}
		order, err := q.e.Apply(g, col)
		if err != nil {
			return nil, err
		}
		idx, ok := order.(*kdb.Longs)
		if !ok {
			return nil, prim.ErrType
		}
		v = prim.Gather(v, idx.V)
	}
	lo, hi, err := limitOf(limit[0], v.Len())
	if err != nil {
		return nil, err
	}
	return prim.Slice(v, lo, hi), nil
}

// rowByRow reports whether every column of the result has one item a row.
func (q *query) rowByRow(cols kdb.Value) bool {
	d, ok := cols.(*kdb.Dict)
	if !ok {
		return isAll(cols)
	}
	list, err := namedTrees(d)
	if err != nil {
		return false
	}
	for _, x := range list {
		if !q.itemwise(x.tree) {
			return false
		}
	}
	return true
}

// limitOf returns the range of n rows that a limit asks for: the first, the
// last for a negative number, or for a pair so many from a place on.
func limitOf(limit kdb.Value, n int) (lo, hi int, err error) {
	clamp := func(x kdb.Long) int {
		return int(max(0, min(x, kdb.Long(n))))
	}
	switch v := limit.(type) {
	case kdb.Long:
		if v >= 0 {
			return 0, clamp(v), nil
		}
		return n - clamp(-max(v, -math.MaxInt64)), n, nil
	case *kdb.Longs:
		if len(v.V) == 2 {
			lo = clamp(v.V[0])
			return lo, clamp(v.V[0] + min(v.V[1], kdb.Long(n))), nil
		}
	case kdb.Int:
		return limitOf(kdb.Long(v), n)
	}
	return 0, 0, prim.ErrType
}

func gradeOf(order kdb.Value) (f kdb.Value, col kdb.Value, err error) {
	l, ok := order.(*kdb.List)
	if !ok || len(l.V) != 2 {
		return nil, nil, prim.ErrType
	}
	return l.V[0], l.V[1], nil
}

func columnOfResult(v, name kdb.Value) (kdb.Value, error) {
	s, ok := name.(kdb.Symbol)
	if !ok {
		return nil, prim.ErrType
	}
	t, ok := v.(*kdb.Table)
	if k, val, keyed := kdb.IsKeyed(v); keyed {
		t, ok = unkey(k, val), true
	}
	if !ok {
		return nil, prim.ErrType
	}
	c, ok := t.Col(s)
	if !ok {
		return nil, kdb.Error(s.String())
	}
	return c, nil
}

// orderBy puts the selected rows in the order a grade function gives their
// column. Of a long column only the rows a limit asks for are sorted.
func (q *query) orderBy(order, limit kdb.Value) error {
	g, tree, err := gradeOf(order)
	if err != nil {
		return err
	}
	if k, ok := limit.(kdb.Long); ok && k >= 0 && k < kdb.Long(q.sel.n/16) {
		if name, ok := primitive(g, 1); ok && (name == "idesc" || name == "iasc" || name == ">" || name == "<") {
			desc := name == "idesc" || name == ">"
			if col, r, ok := q.operand(tree); ok {
				if top, ok := topRows(q.e, col, r, int(k), desc); ok {
					rows := make([]int32, len(top))
					for i, p := range top {
						rows[i] = q.sel.at(int(p))
					}
					q.choose(listRows(rows))
					return nil
				}
			}
		}
	}
	col, err := q.eval(tree)
	if err != nil {
		return err
	}
	v, err := q.e.Apply(g, col)
	if err != nil {
		return err
	}
	idx, ok := v.(*kdb.Longs)
	if !ok {
		return prim.ErrType
	}
	rows := make([]int32, len(idx.V))
	for i, p := range idx.V {
		rows[i] = q.sel.at(int(p))
	}
	q.choose(listRows(rows))
	return nil
}
