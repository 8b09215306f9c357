package prim

import "github.com/quoinhq/quoin/kdb"

// Distinct returns the different items of x in order of first appearance.
func Distinct(x kdb.Value) kdb.Value {
	if a := AttrOf(x); a == kdb.Unique {
		return x
	}
	_, firsts := Classify(x)
	if len(firsts) == x.Len() {
		if t, ok := x.(*kdb.Table); ok {
			return t
		}
	}
	return Gather(x, firsts)
}

// Group returns the dictionary from each different item of x to the positions
// where it is. Of a dictionary it groups keys by value. Errors: 'type.
func Group(x kdb.Value) (kdb.Value, error) {
	if d, ok := x.(*kdb.Dict); ok {
		g, err := Group(d.V)
		if err != nil {
			return nil, err
		}
		gd := g.(*kdb.Dict)
		pos := gd.V.(*kdb.List).V
		out := make([]kdb.Value, len(pos))
		for i, p := range pos {
			out[i] = Gather(d.K, p.(*kdb.Longs).V)
		}
		return kdb.NewDict(gd.K, &kdb.List{V: out}), nil
	}
	if !isList(x) {
		return nil, ErrType
	}
	ids, firsts := Classify(x)
	rows := Positions(ids, len(firsts))
	out := make([]kdb.Value, len(rows))
	for i, r := range rows {
		out[i] = kdb.NewVec(r)
	}
	return kdb.NewDict(Gather(x, firsts), &kdb.List{V: out}), nil
}

// Positions lists, for a classification into n numbers, the positions of each
// number in ascending order. All share one array.
func Positions(ids []uint32, n int) [][]kdb.Long {
	start := make([]int, n+1)
	for _, k := range ids {
		start[k+1]++
	}
	for k := range n {
		start[k+1] += start[k]
	}
	all := make([]kdb.Long, len(ids))
	next := append([]int(nil), start[:n]...)
	for i, k := range ids {
		all[next[k]] = kdb.Long(i)
		next[k]++
	}
	out := make([][]kdb.Long, n)
	for k := range out {
		out[k] = all[start[k]:start[k+1]:start[k+1]]
	}
	return out
}

// Except returns the items of x that are not items of y.
func Except(x, y kdb.Value) (kdb.Value, error) { return filterIn(x, y, false) }

// Inter returns the items of x that are items of y too.
func Inter(x, y kdb.Value) (kdb.Value, error) { return filterIn(x, y, true) }

func filterIn(x, y kdb.Value, keep bool) (kdb.Value, error) {
	if d, ok := x.(*kdb.Dict); ok {
		if e, ok := y.(*kdb.Dict); ok && !isTable(d.K) {
			return filterIn(d.V, e.V, keep)
		}
		if !isTable(d.K) {
			return filterIn(d.V, y, keep)
		}
	}
	if isAtom(x) {
		x = Enlist(x)
	}
	// Items are compared one by one, also where in would take y as one item.
	if l, ok := x.(*kdb.List); ok {
		ys := listItems(y)
		t := newItemTable(len(ys))
		for _, z := range ys {
			t.add(z)
		}
		idx := []kdb.Long{}
		for i, v := range l.V {
			if t.get(v) >= 0 == keep {
				idx = append(idx, kdb.Long(i))
			}
		}
		return Gather(x, idx), nil
	}
	if !isList(y) && y.Type() != kdb.TDict {
		y = Enlist(y)
	}
	var in kdb.Value
	var err error
	if l, ok := y.(*kdb.List); ok {
		in, err = inItems(x, l)
	} else {
		in, err = In(x, y)
	}
	if err != nil {
		return nil, err
	}
	b, ok := in.(*kdb.Bools)
	if !ok {
		return nil, ErrType
	}
	if !keep {
		b = kdb.NewVec(notBools(b.V))
	}
	return Gather(x, WhereTrue(b.V)), nil
}

func inItems(x kdb.Value, l *kdb.List) (kdb.Value, error) {
	t := newItemTable(len(l.V))
	for _, z := range l.V {
		t.add(z)
	}
	out := make([]kdb.Bool, x.Len())
	for i, v := range Items(x) {
		out[i] = t.get(v) >= 0
	}
	return kdb.NewVec(out), nil
}

func notBools(b []kdb.Bool) []kdb.Bool {
	out := make([]kdb.Bool, len(b))
	u, w := view[uint8](b), view[uint8](out)
	for i, v := range u {
		w[i] = v ^ 1
	}
	return out
}

// Union returns the different items of x and y.
func Union(x, y kdb.Value) (kdb.Value, error) {
	j, err := JoinValues(x, y)
	if err != nil {
		return nil, err
	}
	if d, ok := j.(*kdb.Dict); ok && !isTable(d.K) {
		return d, nil
	}
	return Distinct(j), nil
}
