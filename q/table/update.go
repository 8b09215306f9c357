package table

import (
	"slices"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q/prim"
)

// Update is functional update and delete, ![t;c;b;a]: a dictionary a gives
// columns new values, a symbol list deletes those columns, and an empty one the
// rows that c selects. t is a table, a keyed table, a dictionary, or the name
// of one, which is then amended and returned.
// Errors: 'type for values that do not fit a column, 'length, 'rank.
func Update(e *prim.Env, args []kdb.Value) (kdb.Value, error) {
	if len(args) != 4 {
		return nil, prim.ErrRank
	}
	if name, ok := args[0].(kdb.Symbol); ok {
		t, err := resolve(e, name)
		if err != nil {
			return nil, err
		}
		out, err := Update(e, append([]kdb.Value{t}, args[1:]...))
		if err != nil {
			return nil, err
		}
		return assign(e, name, out)
	}
	if d, ok := args[0].(*kdb.Dict); ok {
		if _, _, keyed := kdb.IsKeyed(d); !keyed {
			return updateDict(e, d, args[1:])
		}
	}
	if _, ok := args[0].(Source); ok {
		return nil, kdb.Error("par")
	}
	q, err := queryOn(e, args[0])
	if err != nil {
		return nil, err
	}
	cols, isUpdate := args[3].(*kdb.Dict)
	if !isUpdate {
		return q.delete(args[1], args[3])
	}
	if err := q.where(args[1]); err != nil {
		return nil, err
	}
	return q.update(args[2], cols)
}

// update gives columns of the selected rows new values.
func (q *query) update(by kdb.Value, cols *kdb.Dict) (kdb.Value, error) {
	list, err := namedTrees(cols)
	if err != nil {
		return nil, err
	}
	var vals []kdb.Value
	if keys, ok := by.(*kdb.Dict); ok {
		vals, err = q.updateBy(keys, list)
	} else if s, err2 := symbolList(by); err2 == nil && len(s) > 0 {
		vals, err = q.updateBy(kdb.NewDict(kdb.NewVec(s), kdb.NewVec(s)), list)
	} else {
		vals, err = q.values(list)
	}
	if err != nil {
		return nil, err
	}
	out := kdb.NewTable(slices.Clone(q.t.Names), slices.Clone(q.t.Cols))
	for i, x := range list {
		v := vals[i]
		if !prim.IsList(v) {
			v = prim.TakeN(int64(q.sel.n), v)
		}
		if v.Len() != q.sel.n {
			return nil, prim.ErrLength
		}
		at := slices.Index(out.Names, x.name)
		var old kdb.Value
		if at >= 0 {
			old = out.Cols[at]
		}
		if v, err = q.assign(old, v); err != nil {
			return nil, err
		}
		if at < 0 {
			out.Names, out.Cols = append(out.Names, x.name), append(out.Cols, v)
		} else {
			out.Cols[at] = v
		}
	}
	return rekey(out, q.keys), nil
}

// assign returns a column with v at the selected rows: v itself when all are
// selected, else over the old column, or over nulls when it is new.
func (q *query) assign(old, v kdb.Value) (kdb.Value, error) {
	if q.sel.whole(q.n) {
		return v, nil
	}
	if old == nil {
		pos := newCodes(q.n, -1)
		for k, row := range q.sel.list() {
			pos[row] = int32(k)
		}
		return gather(q.e, v, pos), nil
	}
	if q.sel.n == 0 {
		return old, nil
	}
	return scatter(old, v, q.sel.list())
}

// scatter returns a column with the items of v at the given rows. Errors:
// 'type when they do not fit.
func scatter(old, v kdb.Value, rows []int32) (kdb.Value, error) {
	if l, ok := old.(*kdb.List); ok {
		out := slices.Clone(l.V)
		for i, row := range rows {
			out[row] = prim.Item(v, i)
		}
		return prim.Collapse(out), nil
	}
	if en, ok := old.(*kdb.Enum); ok {
		var err error
		if v, err = enumerate(en, v); err != nil {
			return nil, err
		}
	}
	c, ok := prim.ColumnOf(old)
	d, ok2 := prim.ColumnOf(v)
	if !ok || !ok2 || c.Type() != d.Type() {
		return nil, prim.ErrType
	}
	out := c.New(c.Len())
	out.Copy(0, c)
	switch c.Width() {
	case 1:
		scatterWords(prim.Words[uint8](out), prim.Words[uint8](d), rows)
	case 2:
		scatterWords(prim.Words[uint16](out), prim.Words[uint16](d), rows)
	case 4:
		scatterWords(prim.Words[uint32](out), prim.Words[uint32](d), rows)
	case 8:
		scatterWords(prim.Words[uint64](out), prim.Words[uint64](d), rows)
	default:
		scatterWords(prim.Words[kdb.GUID](out), prim.Words[kdb.GUID](d), rows)
	}
	return out.Value(), nil
}

func scatterWords[T any](dst, src []T, rows []int32) {
	for i, row := range rows {
		dst[row] = src[i]
	}
}

// enumerate returns symbols as items of an enumeration's domain. Errors: 'cast
// for one that is not in it.
func enumerate(en *kdb.Enum, v kdb.Value) (kdb.Value, error) {
	v, err := prim.LinkTo(en, v)
	if err != nil {
		return nil, err
	}
	var syms []kdb.Symbol
	switch s := v.(type) {
	case *kdb.Enum:
		if s.Domain == en.Domain {
			return s, nil
		}
		syms = prim.Symbols(s).V
	case *kdb.Symbols:
		syms = s.V
	default:
		return nil, prim.ErrType
	}
	if en.IsLink() {
		return nil, prim.ErrType
	}
	place := make(map[kdb.Symbol]kdb.Long, en.Dom.Len())
	for i, s := range en.Dom.V {
		if _, ok := place[s]; !ok {
			place[s] = kdb.Long(i)
		}
	}
	out := make([]kdb.Long, len(syms))
	for i, s := range syms {
		p, ok := place[s]
		if !ok {
			return nil, kdb.Error("cast")
		}
		out[i] = p
	}
	return &kdb.Enum{Domain: en.Domain, Dom: en.Dom, V: out}, nil
}

// updateBy works out column expressions for each group and returns them by
// position: an atom for every row of its group, a list row by row.
func (q *query) updateBy(by *kdb.Dict, list []named) ([]kdb.Value, error) {
	keys, err := namedTrees(by)
	if err != nil {
		return nil, err
	}
	g, _, err := q.group(keys)
	if err != nil {
		return nil, err
	}
	out := make([]kdb.Value, len(list))
	p := &plan{q: q, g: g}
	for i, x := range list {
		p.aggs, p.names = nil, nil
		if _, ok := p.rewrite(x.tree); ok {
			vals, err := q.groupedValues(g, list[i:i+1])
			if err != nil {
				return nil, err
			}
			out[i] = gather(q.e, vals[0], g.places())
			continue
		}
		if out[i], err = q.spread(g, x.tree); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// places returns for each position the place of its group.
func (g *groups) places() []int32 {
	place := make([]int32, g.n)
	for i, c := range g.used {
		place[c] = int32(i)
	}
	out := make([]int32, g.rows.n)
	for i, id := range g.codes() {
		out[i] = place[id]
	}
	for _, r := range g.runs {
		for i := r.lo; i < r.hi; i++ {
			out[i] = place[r.code]
		}
	}
	return out
}

// spread evaluates an expression group by group and puts the results back in
// the order of the rows.
func (q *query) spread(g *groups, tree kdb.Value) (kdb.Value, error) {
	g.know(q.e)
	if len(g.used) == 0 {
		return q.eval(tree)
	}
	vals, err := q.eachGroup(g, tree)
	if err != nil {
		return nil, err
	}
	order, starts := g.positions()
	items := make([]kdb.Value, len(g.used))
	for i := range items {
		n := int(starts[i+1] - starts[i])
		v := prim.Item(vals, i)
		switch {
		case !prim.IsList(v):
			v = prim.TakeN(int64(n), v)
		case v.Len() != n:
			return nil, prim.ErrLength
		}
		items[i] = v
	}
	inverse := make([]int32, len(order))
	for k, pos := range order {
		inverse[pos] = int32(k)
	}
	return gather(q.e, prim.Raze(kdb.NewList(items...)), inverse), nil
}

// delete removes the rows that the constraints select, or whole columns.
func (q *query) delete(constraints, cols kdb.Value) (kdb.Value, error) {
	names, err := symbolList(cols)
	if err != nil {
		return nil, err
	}
	list, err := constraintList(constraints)
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		if err := q.where(constraints); err != nil {
			return nil, err
		}
		return rekey(pickTable(q.e, q.t, q.others()), q.keys), nil
	}
	if len(list) > 0 {
		return nil, kdb.Error("nyi")
	}
	out, keys := &kdb.Table{}, 0
	for _, n := range names {
		if _, ok := q.t.Col(n); !ok {
			return nil, kdb.Error(n.String())
		}
	}
	for i, n := range q.t.Names {
		if !slices.Contains(names, n) {
			out.Names, out.Cols = append(out.Names, n), append(out.Cols, q.t.Cols[i])
			keys += b2i(i < q.keys)
		}
	}
	return rekey(out, keys), nil
}

// others returns the rows that are not selected.
func (q *query) others() rows {
	var out []span
	at := int32(0)
	add := func(lo, hi int32) {
		if lo > at {
			out = append(out, span{at, lo})
		}
		at = hi
	}
	if q.sel.idx != nil {
		for _, row := range q.sel.idx {
			add(row, row+1)
		}
	} else {
		for _, s := range q.sel.spans {
			add(s.lo, s.hi)
		}
	}
	add(int32(q.n), int32(q.n))
	return spanRows(out)
}

// updateDict is update and delete on a dictionary's entries.
func updateDict(e *prim.Env, d *kdb.Dict, args []kdb.Value) (kdb.Value, error) {
	cols, isUpdate := args[2].(*kdb.Dict)
	if !isUpdate {
		names, err := symbolList(args[2])
		if err != nil {
			return nil, err
		}
		if len(names) == 0 {
			return prim.EmptyLike(d), nil
		}
		return prim.Drop(kdb.NewVec(names), d)
	}
	if _, grouped := args[1].(*kdb.Dict); grouped {
		return nil, prim.ErrType
	}
	list, err := namedTrees(cols)
	if err != nil {
		return nil, err
	}
	lookup := func(s kdb.Symbol) (kdb.Value, bool) {
		k, ok := d.K.(*kdb.Symbols)
		if !ok {
			return nil, false
		}
		i := slices.Index(k.V, s)
		if i < 0 {
			return nil, false
		}
		return prim.Item(d.V, i), true
	}
	vals := make([]kdb.Value, len(list))
	names := make([]kdb.Symbol, len(list))
	for i, x := range list {
		names[i] = x.name
		if vals[i], err = e.EvalTree(x.tree, lookup); err != nil {
			return nil, err
		}
	}
	return prim.JoinValues(d, kdb.NewDict(kdb.NewVec(names), prim.Collapse(vals)))
}
