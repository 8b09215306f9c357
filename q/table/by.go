package table

import (
	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q/prim"
)

// group groups the selected rows by the keys of a by phrase. keys makes the
// table of the keys, ascending, once the values are there; a single key column
// is sorted.
func (q *query) group(keys []named) (g *groups, keyTable func() (*kdb.Table, error), err error) {
	if len(keys) == 0 {
		return nil, nil, prim.ErrType
	}
	cols := make([]kdb.Value, len(keys)) // what each key's values are taken from
	reads := make([]*rows, len(keys))
	for i, k := range keys {
		if cols[i], reads[i], err = q.key(k.tree); err != nil {
			return nil, nil, err
		}
	}
	g = q.groupKeys(keys, cols, reads)
	return g, func() (*kdb.Table, error) {
		g.know(q.e)
		t := &kdb.Table{}
		for i, k := range keys {
			v, err := q.keyValues(g, k.tree, cols[i], reads[i])
			if err != nil {
				return nil, err
			}
			t.Names, t.Cols = append(t.Names, k.name), append(t.Cols, v)
		}
		if len(keys) == 1 && len(g.used) > 0 {
			prim.MarkAttr(t.Cols[0], kdb.Sorted)
			t.Attr = kdb.Sorted
		}
		return t, nil
	}, nil
}

// groupKeys groups the selected rows by key columns, or by bars where there is
// no column. A parted first column gives its runs without being read.
func (q *query) groupKeys(keys []named, cols []kdb.Value, reads []*rows) *groups {
	code := func(i int) coder {
		if cols[i] == nil {
			c, _ := q.bars(keys[i].tree)
			return c
		}
		return codesOf(q.e, cols[i], reads[i])
	}
	rest := func(c coder, from int) coder {
		for i := from; i < len(keys); i++ {
			c = combine(c, code(i), q.sel.n)
		}
		return c
	}
	ordered := false
	if cols[0] != nil && reads[0] == &q.sel {
		if runs, n, ok := partedRuns(cols[0], &q.sel); ok {
			if len(keys) == 1 {
				return groupRuns(&q.sel, runs, n)
			}
			if g := refine(q.e, &q.sel, runs, n, rest(code(1), 2)); g != nil {
				return g
			}
		}
		if g := groupLists(cols[0], &q.sel); g != nil && len(keys) == 1 {
			return g
		}
		ordered = q.sel.idx == nil && prim.AttrOf(cols[0]) == kdb.Sorted
	}
	return groupCodes(q.e, &q.sel, rest(code(0), 1), ordered)
}

// key returns the column a key expression stands for, and the rows to read it
// by; the column is nil for bars, whose codes need none.
func (q *query) key(tree kdb.Value) (kdb.Value, *rows, error) {
	if s, ok := tree.(kdb.Symbol); ok {
		if col, ok := q.t.Col(s); ok {
			return col, &q.sel, nil
		}
	}
	if _, ok := q.bars(tree); ok {
		return nil, &q.sel, nil
	}
	v, err := q.eval(tree)
	if err != nil {
		return nil, nil, err
	}
	if !prim.IsList(v) {
		v = prim.TakeN(int64(q.sel.n), v)
	}
	if v.Len() != q.sel.n {
		return nil, nil, prim.ErrLength
	}
	all := allRows(q.sel.n)
	return v, &all, nil
}

// bars recognises xbar of an integer column by a width in its own unit, whose
// buckets are codes already.
func (q *query) bars(tree kdb.Value) (coder, bool) {
	name, args, ok := application(tree)
	if !ok || name != "xbar" || len(args) != 2 {
		return coder{}, false
	}
	col, isName := args[1].(kdb.Symbol)
	if !isName {
		return coder{}, false
	}
	c, found := q.t.Col(col)
	w, isConst := q.constant(args[0])
	if !found || !isConst || q.sel.n == 0 {
		return coder{}, false
	}
	width, ok := barWidth(w, c.Type())
	if !ok {
		return coder{}, false
	}
	lo, hi, nulls := extremes(q.e, c, &q.sel)
	if lo > hi || (uint64(hi)-uint64(lo))/uint64(width) >= uint64(directRange(q.sel.n)) {
		return coder{}, false
	}
	return bucketCodes(c, &q.sel, width, lo, hi, nulls), true
}

// barWidth returns the width of xbar's buckets on a column of type t, when it
// is in the column's unit.
func barWidth(w kdb.Value, t kdb.Type) (int64, bool) {
	var n int64
	switch v := w.(type) {
	case kdb.Long:
		n = int64(v)
	case kdb.Int:
		n = int64(v)
	case kdb.Timespan:
		if t != kdb.TTimestamp && t != kdb.TTimespan {
			return 0, false
		}
		n = int64(v)
	case kdb.Minute:
		n = int64(v)
	case kdb.Second:
		n = int64(v)
	case kdb.Time:
		n = int64(v)
	}
	switch w.(type) {
	case kdb.Minute, kdb.Second, kdb.Time:
		if -w.Type() != t {
			return 0, false
		}
	}
	switch t {
	case kdb.TLong, kdb.TInt, kdb.TTimestamp, kdb.TTimespan, kdb.TMonth, kdb.TDate, kdb.TMinute, kdb.TSecond, kdb.TTime:
		return n, n > 0
	}
	return 0, false
}

// keyValues returns a key's value for each group: read from its column, or the
// expression worked out on the last row of each.
func (q *query) keyValues(g *groups, tree, col kdb.Value, r *rows) (kdb.Value, error) {
	at := g.rowsAt(r, g.last)
	if col != nil {
		return gather(q.e, col, at), nil
	}
	few := &query{e: q.e, t: q.t, n: q.n, sel: listRows(at)}
	return few.eval(tree)
}

// groupedValues works out column expressions for each group.
func (q *query) groupedValues(g *groups, list []named) ([]kdb.Value, error) {
	out := make([]kdb.Value, len(list))
	p := &plan{q: q, g: g}
	trees := make([]kdb.Value, len(list))
	for i, x := range list {
		if t, ok := p.rewrite(x.tree); ok {
			trees[i] = t
		}
	}
	results := runAggregates(q.e, g, p.aggs)
	lookup := func(s kdb.Symbol) (kdb.Value, bool) {
		for i, n := range p.names {
			if n == s {
				return results[i], true
			}
		}
		return nil, false
	}
	for i, x := range list {
		var err error
		if trees[i] == nil {
			out[i], err = q.eachGroup(g, x.tree)
		} else if s, ok := trees[i].(kdb.Symbol); ok {
			out[i], _ = lookup(s)
		} else if out[i], err = q.e.EvalTree(trees[i], lookup); err == nil && !prim.IsList(out[i]) {
			out[i] = prim.TakeN(int64(len(g.used)), out[i])
		}
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// plan collects the aggregates in the expressions of a query by groups.
type plan struct {
	q     *query
	g     *groups
	aggs  []aggregate
	names []kdb.Symbol // placeholders for the aggregates' results
}

// rewrite replaces the aggregates in a tree by placeholder names, when nothing
// but item-by-item functions of them and of constants is left around them.
func (p *plan) rewrite(tree kdb.Value) (kdb.Value, bool) {
	if a, ok := p.q.aggregate(tree); ok {
		name := kdb.Sym(".agg." + string(rune('a'+len(p.aggs)%26)) + string(rune('a'+len(p.aggs)/26)))
		p.aggs, p.names = append(p.aggs, a), append(p.names, name)
		return name, true
	}
	l, ok := tree.(*kdb.List)
	if !ok || len(l.V) < 2 || !atomic(l.V[0], len(l.V)-1) {
		return nil, false
	}
	out := make([]kdb.Value, len(l.V))
	out[0] = l.V[0]
	any := false
	for i, x := range l.V[1:] {
		if c, ok := p.q.constant(x); ok && prim.IsAtom(c) {
			out[i+1] = x
			continue
		}
		t, ok := p.rewrite(x)
		if !ok {
			return nil, false
		}
		out[i+1], any = t, true
	}
	if !any {
		return nil, false
	}
	return kdb.NewList(out...), true
}

// eachGroup evaluates an expression group by group.
func (q *query) eachGroup(g *groups, tree kdb.Value) (kdb.Value, error) {
	g.know(q.e)
	if len(g.used) == 0 {
		v, err := q.eval(tree)
		if err != nil {
			return nil, err
		}
		if prim.IsAtom(v) {
			return prim.EmptyLike(v), nil
		}
		return kdb.NewList(), nil
	}
	parts := map[kdb.Symbol][]kdb.Value{}
	current := 0
	lookup := func(s kdb.Symbol) (kdb.Value, bool) {
		list, ok := parts[s]
		if !ok {
			v, ok := q.lookup(s)
			if !ok {
				return nil, false
			}
			list = g.split(q.e, v)
			parts[s] = list
		}
		return list[current], true
	}
	if s, ok := tree.(kdb.Symbol); ok && q.isColumn(s) {
		if _, ok := lookup(s); ok {
			return kdb.NewList(parts[s]...), nil
		}
	}
	out := make([]kdb.Value, len(g.used))
	for i := range out {
		current = i
		v, err := q.e.EvalTree(tree, lookup)
		if err != nil {
			return nil, err
		}
		out[i] = v
		if q.e.Check != nil && i%256 == 0 {
			if err := q.e.Check(); err != nil {
				return nil, err
			}
		}
	}
	return prim.Collapse(out), nil
}
