package table

import (
	"strconv"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q/prim"
)

// Aggregates over a source are worked out segment by segment and put together:
// the sum of sums, the largest maximum, and an average from sums and counts.

// mapReduce collects what a query needs of each segment, and how the results
// are made of that.
type mapReduce struct {
	partial []named     // worked out in each segment
	final   []kdb.Value // trees over the partial results, by group
}

// reduce answers a query whose columns are all aggregates that segments can
// share. ok is false for any other. Groups that begin with the virtual column
// lie within one segment and need no second step, whatever the aggregates.
func (s *sourceQuery) reduce(by, cols kdb.Value) (v kdb.Value, ok bool, err error) {
	d, isDict := cols.(*kdb.Dict)
	exec := by.Type() == kdb.TList && by.Len() == 0 && !isAll(cols)
	if !isDict && !exec {
		return nil, false, nil
	}
	var list, keys []named
	if isDict {
		if list, err = namedTrees(d); err != nil {
			return nil, false, err
		}
	} else {
		list = []named{{tree: cols}}
	}
	switch b := by.(type) {
	case *kdb.Dict:
		if keys, err = namedTrees(b); err != nil || len(keys) == 0 {
			return nil, false, err
		}
		if keys[0].tree == kdb.Value(s.src.Virtual()) {
			return s.concatenate(keys, d)
		}
	case kdb.Bool:
		if b {
			return nil, false, nil
		}
	default:
		if !exec {
			return nil, false, nil
		}
	}
	m := &mapReduce{}
	for _, x := range list {
		t, ok := m.split(x.tree)
		if !ok {
			return nil, false, nil
		}
		m.final = append(m.final, t)
	}
	parts, err := s.partials(m, keys)
	if err != nil || parts == nil {
		return nil, false, err
	}
	q, err := newQuery(s.e, parts, 0)
	if err != nil {
		return nil, true, err
	}
	out := make([]named, len(list))
	for i, x := range list {
		out[i] = named{x.name, m.final[i]}
	}
	if len(keys) > 0 {
		for i := range keys {
			keys[i].tree = keys[i].name
		}
		k, v, err := q.groupedNamed(keys, out)
		if err != nil {
			return nil, true, err
		}
		return kdb.NewDict(k, v), true, nil
	}
	vals, err := q.values(out)
	if err != nil {
		return nil, true, err
	}
	switch {
	case !exec:
		t, err := tableOf(out, vals)
		return t, true, err
	case isDict:
		return kdb.NewDict(d.K, prim.Collapse(vals)), true, nil
	}
	return vals[0], true, nil
}

// partials works the partial results out in every segment, one row for each
// group of each, and stacks them. Segments that no row comes from are left out
// while there are others.
func (s *sourceQuery) partials(m *mapReduce, keys []named) (*kdb.Table, error) {
	var found []kdb.Value
	for n, i := range s.segments {
		q, err := s.query(i)
		if err != nil {
			return nil, err
		}
		if q.sel.n == 0 && (len(found) > 0 || n+1 < len(s.segments)) {
			continue
		}
		var t *kdb.Table
		if len(keys) > 0 {
			k, v, err := q.groupedNamed(keys, m.partial)
			if err != nil {
				return nil, err
			}
			t = unkey(k, v)
		} else {
			vals, err := q.values(m.partial)
			if err != nil {
				return nil, err
			}
			if t, err = tableOf(m.partial, vals); err != nil {
				return nil, err
			}
		}
		found = append(found, t)
		if s.e.Check != nil {
			if err := s.e.Check(); err != nil {
				return nil, err
			}
		}
	}
	if len(found) == 0 {
		return nil, nil
	}
	t, _ := prim.Raze(kdb.NewList(found...)).(*kdb.Table)
	return t, nil
}

// concatenate runs a query by keys that begin with the virtual column in every
// segment and stacks the results.
func (s *sourceQuery) concatenate(keys []named, cols *kdb.Dict) (kdb.Value, bool, error) {
	vals := s.src.Values()
	for i := 1; i < len(s.segments); i++ {
		if prim.Match(prim.Item(vals, s.segments[i-1]), prim.Item(vals, s.segments[i])) {
			return nil, false, nil // segments of one value share groups
		}
	}
	var ks, vs []kdb.Value
	for n, i := range s.segments {
		q, err := s.query(i)
		if err != nil {
			return nil, true, err
		}
		if q.sel.n == 0 && (len(ks) > 0 || n+1 < len(s.segments)) {
			continue
		}
		k, v, err := q.grouped(keys, cols)
		if err != nil {
			return nil, true, err
		}
		ks, vs = append(ks, k), append(vs, v)
	}
	if len(ks) == 1 {
		return kdb.NewDict(ks[0], vs[0]), true, nil
	}
	return kdb.NewDict(prim.Raze(kdb.NewList(ks...)), prim.Raze(kdb.NewList(vs...))), true, nil
}

// groupedNamed is grouped for expressions with names.
func (q *query) groupedNamed(keys, list []named) (k, v *kdb.Table, err error) {
	g, keyTable, err := q.group(keys)
	if err != nil {
		return nil, nil, err
	}
	vals, err := q.groupedValues(g, list)
	if err != nil {
		return nil, nil, err
	}
	v = &kdb.Table{Cols: vals}
	for _, x := range list {
		v.Names = append(v.Names, x.name)
	}
	k, err = keyTable()
	return k, v, err
}

// split takes a tree of aggregates apart: the partial results it needs go to
// m.partial, and what is left is a tree over their names. ok is false when a
// part of it is no aggregate that segments can share.
func (m *mapReduce) split(tree kdb.Value) (kdb.Value, bool) {
	if t, ok := m.aggregate(tree); ok {
		return t, true
	}
	l, ok := tree.(*kdb.List)
	if !ok || len(l.V) < 2 || !atomic(l.V[0], len(l.V)-1) {
		return nil, false
	}
	out := []kdb.Value{l.V[0]}
	any := false
	for _, x := range l.V[1:] {
		if c, ok := constantItem(x); ok && prim.IsAtom(c) {
			out = append(out, x)
			continue
		}
		t, ok := m.split(x)
		if !ok {
			return nil, false
		}
		out, any = append(out, t), true
	}
	if !any {
		return nil, false
	}
	return kdb.NewList(out...), true
}

// part adds a partial result and returns its name.
func (m *mapReduce) part(tree kdb.Value) kdb.Symbol {
	name := kdb.Sym(".part." + strconv.Itoa(len(m.partial)))
	m.partial = append(m.partial, named{name, tree})
	return name
}

// aggregate splits one aggregate. Its arguments may be any expression that a
// segment can work out.
func (m *mapReduce) aggregate(tree kdb.Value) (kdb.Value, bool) {
	name, args, ok := application(tree)
	if !ok {
		return nil, false
	}
	sumOf := func(x kdb.Value) kdb.Value { return apply("sum", m.part(apply("sum", x))) }
	switch {
	case len(args) == 1:
		x := args[0]
		switch name {
		case "sum":
			return sumOf(x), true
		case "count":
			if inner, _, ok := application(x); ok && inner == "distinct" {
				return nil, false
			}
			return apply("sum", m.part(tree)), true
		case "max", "min", "first", "last", "all", "any", "prd":
			return apply(name, m.part(tree)), true
		case "avg":
			return apply("%", sumOf(x), sumOf(apply("not", apply("null", x)))), true
		case "var", "dev", "svar", "sdev":
			n := sumOf(apply("not", apply("null", x)))
			mean := apply("%", sumOf(x), n)
			v := apply("-", apply("%", sumOf(apply("*", x, apply("*", kdb.Float(1), x))), n), apply("*", mean, mean))
			if name[0] == 's' {
				v = apply("*", v, apply("%", n, apply("-", n, kdb.Long(1))))
				name = name[1:]
			}
			if name == "dev" {
				v = apply("sqrt", v)
			}
			return v, true
		}
	case len(args) == 2 && name == "wavg":
		product := apply("*", args[0], args[1])
		return apply("%", sumOf(product), sumOf(apply("*", args[0], apply("not", apply("null", product))))), true
	case len(args) == 2 && name == "wsum":
		return apply("sum", m.part(tree)), true
	}
	return nil, false
}

// apply is the tree that applies the primitive of that name.
func apply(name string, args ...kdb.Value) kdb.Value {
	f, _ := prim.Lookup(name)
	return kdb.NewList(append([]kdb.Value{f}, args...)...)
}
