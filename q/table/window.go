package table

import (
	"math"
	"sort"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q/prim"
)

// Window is wj, and with strict wj1: to each row of a table the aggregates of
// the rows of another with equal keys whose times lie in the row's interval,
// both ends included; wj adds the row that prevails on entry to it. from is a
// list of the other table and pairs of an aggregate and its column names; the
// results take the name of the last column.
// Errors: 'type, 'length, the name of a missing column.
func Window(e *prim.Env, intervals, columns, t, from kdb.Value, strict bool) (kdb.Value, error) {
	names, err := symbolList(columns)
	if err != nil {
		return nil, err
	}
	spec, ok := from.(*kdb.List)
	if !ok || len(spec.V) < 2 || len(names) == 0 {
		return nil, prim.ErrType
	}
	r, err := plainTable(e, spec.V[0])
	if err != nil {
		return nil, err
	}
	return onTable(e, t, func(l *kdb.Table) (*kdb.Table, error) {
		w, err := windowsOf(e, intervals, names, l, r, strict)
		if err != nil {
			return nil, err
		}
		out := kdb.NewTable(append([]kdb.Symbol(nil), l.Names...), append([]kdb.Value(nil), l.Cols...))
		for _, s := range spec.V[1:] {
			name, v, err := w.apply(e, r, s)
			if err != nil {
				return nil, err
			}
			if i := indexOf(out.Names, name); i >= 0 {
				out.Cols[i] = v
			} else {
				out.Names, out.Cols = append(out.Names, name), append(out.Cols, v)
			}
		}
		return out, nil
	})
}

func indexOf(names []kdb.Symbol, n kdb.Symbol) int {
	for i, x := range names {
		if x == n {
			return i
		}
	}
	return -1
}

// windows are for each row the rows of the other table in its interval: places
// lo to hi of its key's rows.
type windows struct {
	right  keyRows
	key    []int32
	lo, hi []int32
}

func windowsOf(e *prim.Env, intervals kdb.Value, names []kdb.Symbol, l, r *kdb.Table, strict bool) (*windows, error) {
	lc, err := columnsNamed(l, names)
	if err != nil {
		return nil, err
	}
	rc, err := columnsNamed(r, names)
	if err != nil {
		return nil, err
	}
	n, last := l.Len(), len(names)-1
	if intervals.Len() != 2 {
		return nil, prim.ErrLength
	}
	begin, err := orderedInts(prim.Item(intervals, 0))
	if err != nil {
		return nil, err
	}
	end, err := orderedInts(prim.Item(intervals, 1))
	if err != nil {
		return nil, err
	}
	if len(begin) != n || len(end) != n {
		return nil, prim.ErrLength
	}
	rt, err := orderedInts(rc[last])
	if err != nil {
		return nil, err
	}
	k, err := matchKeys(lc[:last], rc[:last], n, len(rt))
	if err != nil {
		return nil, err
	}
	w := &windows{right: k.rightGroups(), key: make([]int32, n), lo: make([]int32, n), hi: make([]int32, n)}
	parallel(e, n, 1<<12, func(_, a, b int) {
		read := k.left()
		for at := a; at < b; at += blockLen {
			for i, key := range read(at, min(at+blockLen, b)) {
				w.key[at+i] = key
				if key >= 0 {
					w.bound(at+i, int(key), rt, begin[at+i], end[at+i], strict)
				}
			}
		}
	})
	return w, nil
}

// bound finds the window of row i.
func (w *windows) bound(i, key int, rt []int64, begin, end int64, strict bool) {
	var n int
	time := func(j int) int64 { return rt[w.right.row(key, j)] }
	if lo, hi, ok := w.right.span(key); ok {
		n = int(hi - lo)
	} else {
		n = len(w.right.list(key))
	}
	lo := sort.Search(n, func(j int) bool { return time(j) >= begin })
	hi := lo + sort.Search(n-lo, func(j int) bool { return time(lo+j) > end })
	if !strict && lo > 0 && (lo == n || time(lo) > begin) {
		lo--
	}
	w.lo[i], w.hi[i] = int32(lo), int32(max(lo, hi))
}

// row returns the table row at place j of a key's rows.
func (g keyRows) row(key, j int) int32 {
	if g.lo != nil {
		return g.lo[key] + int32(j)
	}
	return int32(g.lists[key][j])
}

// apply works out one aggregate, given as (f;column) or (f;column;column …),
// over every window.
func (w *windows) apply(e *prim.Env, r *kdb.Table, spec kdb.Value) (kdb.Symbol, kdb.Value, error) {
	l, ok := spec.(*kdb.List)
	if !ok || len(l.V) < 2 {
		return nullName, nil, prim.ErrType
	}
	names := make([]kdb.Symbol, len(l.V)-1)
	for i, v := range l.V[1:] {
		if names[i], ok = v.(kdb.Symbol); !ok {
			return nullName, nil, prim.ErrType
		}
	}
	cols, err := columnsNamed(r, names)
	if err != nil {
		return nullName, nil, err
	}
	name := names[len(names)-1]
	if len(cols) == 1 {
		if f, ok := primitive(l.V[0], 1); ok {
			if v, ok := w.extremes(e, f, cols[0]); ok {
				return name, v, nil
			}
		}
	}
	out := make([]kdb.Value, len(w.key))
	args := make([]kdb.Value, len(cols))
	for i := range out {
		for j, c := range cols {
			args[j] = w.items(e, c, i)
		}
		if l.V[0] == kdb.Value(kdb.Nil) {
			out[i] = args[0]
			continue
		}
		if out[i], err = e.Apply(l.V[0], args...); err != nil {
			return nullName, nil, err
		}
	}
	return name, prim.Collapse(out), nil
}

// items returns a column's items in row i's window.
func (w *windows) items(e *prim.Env, col kdb.Value, i int) kdb.Value {
	key := int(w.key[i])
	if key < 0 {
		return prim.EmptyLike(col)
	}
	if lo, _, ok := w.right.span(key); ok {
		return slice(col, int(lo+w.lo[i]), int(lo+w.hi[i]))
	}
	return gather(e, col, int32s(w.right.list(key)[w.lo[i]:w.hi[i]]))
}

// extremes is max and min of a column of floats or integers. Of a window without
// rows they are null: an infinity would go into every sum and average that is
// taken of the result, where a null does not count. (The manual does not say; a
// function of one's own is given the empty list.)
func (w *windows) extremes(e *prim.Env, f string, col kdb.Value) (kdb.Value, bool) {
	if f != "max" && f != "min" {
		return nil, false
	}
	c, ok := prim.ColumnOf(col)
	if !ok {
		return nil, false
	}
	n := len(w.key)
	switch c.Type() {
	case kdb.TFloat:
		src, out := prim.Words[float64](c), newFloatExtremes(f == "max", kdb.TFloat, nil, n)
		parallel(e, n, 1<<12, func(_, a, b int) {
			for i := a; i < b; i++ {
				m := out.acc[i]
				w.each(i, func(row int32) {
					if v := src[row]; v > m == out.max && v != m && v == v {
						m = v
					}
				})
				out.acc[i] = m
			}
		})
		for i := range out.acc {
			if w.lo[i] == w.hi[i] {
				out.acc[i] = math.NaN()
			}
		}
		return fromFloats(kdb.TFloat, out.acc), true
	case kdb.TLong, kdb.TTimestamp, kdb.TTimespan:
		src, out := prim.Words[int64](c), newIntExtremes(f == "max", c.Type(), nil, n)
		parallel(e, n, 1<<12, func(_, a, b int) {
			for i := a; i < b; i++ {
				m := out.acc[i]
				w.each(i, func(row int32) {
					if out.max {
						m = max(m, src[row])
					} else {
						m = min(m, src[row]-1)
					}
				})
				out.acc[i] = m
			}
		})
		g := &groups{used: longCodes(n)}
		v := out.result(g)
		c, _ := prim.ColumnOf(v)
		for i := range prim.Words[int64](c) {
			if w.lo[i] == w.hi[i] {
				prim.Words[int64](c)[i] = math.MinInt64
			}
		}
		return v, true
	}
	return nil, false
}

func longCodes(n int) []int32 {
	out := make([]int32, n)
	for i := range out {
		out[i] = int32(i)
	}
	return out
}

// each calls f for the rows in row i's window.
func (w *windows) each(i int, f func(row int32)) {
	key := int(w.key[i])
	if key < 0 {
		return
	}
	if lo, _, ok := w.right.span(key); ok {
		for row := lo + w.lo[i]; row < lo+w.hi[i]; row++ {
			f(row)
		}
		return
	}
	for _, row := range w.right.list(key)[w.lo[i]:w.hi[i]] {
		f(int32(row))
	}
}
