package table

import (
	"math"
	"slices"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q/prim"
)

// where narrows the selection by each constraint in turn, so that a later one
// is tested only on the rows an earlier one let through.
func (q *query) where(constraints kdb.Value) error {
	list, err := constraintList(constraints)
	if err != nil {
		return err
	}
	for _, c := range list {
		if err := q.constrain(c); err != nil {
			return err
		}
		if q.e.Check != nil {
			if err := q.e.Check(); err != nil {
				return err
			}
		}
	}
	return nil
}

func constraintList(c kdb.Value) ([]kdb.Value, error) {
	switch v := c.(type) {
	case *kdb.List:
		return v.V, nil
	case kdb.Unary:
		return nil, nil
	case *kdb.Symbols:
		// A list of boolean columns' names.
		out := make([]kdb.Value, len(v.V))
		for i, s := range v.V {
			out[i] = s
		}
		return out, nil
	case *kdb.Bools:
		return []kdb.Value{c}, nil
	}
	if c.Len() == 0 {
		return nil, nil
	}
	return nil, prim.ErrType
}

func (q *query) constrain(tree kdb.Value) error {
	if q.sel.n > 0 {
		if p, ok := q.predicate(tree); ok {
			q.choose(p)
			return nil
		}
	}
	v, err := q.eval(tree)
	if err != nil {
		return err
	}
	switch b := v.(type) {
	case kdb.Bool:
		if !b {
			q.choose(rows{})
		}
		return nil
	case *kdb.Bools:
		if len(b.V) != q.sel.n {
			return prim.ErrLength
		}
		q.choose(q.keep(func(lo, hi int, out []int32) []int32 {
			k := len(out)
			out = out[:k+hi-lo]
			for i := lo; i < hi; i++ {
				out[k] = int32(i)
				k += b2i(bool(b.V[i]))
			}
			return out[:k]
		}))
		return nil
	}
	if v.Len() == 0 && q.sel.n == 0 {
		return nil
	}
	// Anything else is as where takes it: each row as often as counted.
	if v.Len() != q.sel.n {
		return prim.ErrLength
	}
	pos, err := prim.Where(v)
	if err != nil {
		return err
	}
	at, ok := pos.(*kdb.Longs)
	if !ok {
		return prim.ErrType
	}
	out := make([]int32, 0, len(at.V))
	for _, p := range at.V {
		if int(p) >= q.sel.n {
			return prim.ErrLength
		}
		out = append(out, q.sel.at(int(p)))
	}
	q.choose(listRows(out))
	return nil
}

// b2i is 1 for true; it compiles without a branch.
func b2i(b bool) int {
	x := 0
	if b {
		x = 1
	}
	return x
}

// keep returns the rows of the selection whose positions test appends to out.
// It is called for blocks of positions, from several goroutines, and may use
// blockLen places of out; mk, when the test needs scratch space, makes one test
// a goroutine.
func (q *query) keep(test func(lo, hi int, out []int32) []int32) rows {
	return q.keepEach(func() func(lo, hi int, out []int32) []int32 { return test })
}

func (q *query) keepEach(mk func() func(lo, hi int, out []int32) []int32) rows {
	r := q.sel
	found := make([][]int32, parts(q.e, r.n, 1<<16))
	parallel(q.e, r.n, 1<<16, func(part, lo, hi int) {
		test := mk()
		buf := make([]int32, 0, min(blockLen, hi-lo))
		var out []int32
		for at := lo; at < hi; at += blockLen {
			hits := test(at, min(at+blockLen, hi), buf[:0])
			switch {
			case r.idx != nil:
				for i, p := range hits {
					hits[i] = r.idx[p]
				}
			case len(r.spans) == 1:
				if base := r.spans[0].lo; base != 0 {
					for i := range hits {
						hits[i] += base
					}
				}
			default:
				for i, p := range hits {
					hits[i] = r.at(int(p))
				}
			}
			out = append(out, hits...)
		}
		found[part] = out
	})
	out := found[0]
	for _, f := range found[1:] {
		out = append(out, f...)
	}
	return compactRows(out)
}

// compactRows returns ascending row numbers as a selection, in one span when
// they are adjacent.
func compactRows(idx []int32) rows {
	n := len(idx)
	if n == 0 {
		return rows{}
	}
	if int(idx[n-1]-idx[0]) == n-1 {
		return spanRows([]span{{idx[0], idx[n-1] + 1}})
	}
	return listRows(idx)
}

// predicate recognises constraints that can be tested without making a vector:
// a column compared with constants. ok is false for all others.
func (q *query) predicate(tree kdb.Value) (r rows, ok bool) {
	name, args, ok := application(tree)
	if !ok || len(args) != 2 {
		return r, false
	}
	if flipped, ok := mirrored[name]; ok && !q.refers(args[0]) {
		name, args = flipped, []kdb.Value{args[1], args[0]}
	}
	switch name {
	case "=", "<>", "<", ">", "<=", ">=", "in", "within":
	default:
		return r, false
	}
	if !q.refers(args[0]) {
		return r, false
	}
	c, ok := q.constant(args[1])
	if !ok {
		return r, false
	}
	if col, ok := args[0].(kdb.Symbol); ok {
		if v, ok := q.t.Col(col); ok {
			return q.compare(v, name, c)
		}
	}
	return q.compareExpr(args[0], name, c)
}

// mirrored is each comparison with its arguments exchanged.
var mirrored = map[string]string{"=": "=", "<>": "<>", "<": ">", ">": "<", "<=": ">=", ">=": "<="}

// compare selects the rows where a column compares to a constant.
func (q *query) compare(col kdb.Value, name string, c kdb.Value) (rows, bool) {
	col, c = prim.Unlinked(col), prim.Unlinked(c)
	if name == "=" {
		if r, ok := q.byAttribute(col, c); ok {
			return r, true
		}
	}
	switch col.(type) {
	case *kdb.Symbols, *kdb.Enum:
		return q.compareSymbols(col, name, c)
	}
	if name == "in" {
		return q.inByAttribute(col, c)
	}
	if lo, hi, not, ok := interval(col.Type(), name, c); ok {
		return q.inInterval(col, lo, hi, not), true
	}
	if col.Type() == kdb.TFloat || col.Type() == kdb.TReal {
		read := func() func(lo, hi int) []float64 {
			f, _ := floatReader(col, &q.sel)
			return f
		}
		return q.compareFloats(read, name, c)
	}
	return rows{}, false
}

// byAttribute finds the rows equal to an atom through the column's attribute.
func (q *query) byAttribute(col, c kdb.Value) (rows, bool) {
	if i, j, ok := prim.RangeOf(col, c); ok && q.sel.idx == nil {
		return q.within([]span{{int32(i), int32(j)}}), true
	}
	if !q.sel.whole(q.n) {
		return rows{}, false
	}
	if list, ok := prim.RowsOf(col, c); ok {
		return compactRows(int32s(list)), true
	}
	return rows{}, false
}

func int32s(v []kdb.Long) []int32 {
	out := make([]int32, len(v))
	for i, x := range v {
		out[i] = int32(x)
	}
	return out
}

// within intersects the selection, which is in spans, with ascending spans.
func (q *query) within(spans []span) rows {
	var out []span
	for i, j := 0, 0; i < len(spans) && j < len(q.sel.spans); {
		a, b := spans[i], q.sel.spans[j]
		if s := (span{max(a.lo, b.lo), min(a.hi, b.hi)}); s.lo < s.hi {
			out = append(out, s)
		}
		if a.hi < b.hi {
			i++
		} else {
			j++
		}
	}
	return spanRows(out)
}

// inByAttribute is in for a column with an attribute: the union of the ranges
// of a sorted, parted or unique column, or of the lists of a grouped one if
// they are few rows.
func (q *query) inByAttribute(col, c kdb.Value) (rows, bool) {
	if !prim.IsList(c) || c.Type() == kdb.TList || c.Len() > 1000 {
		return rows{}, false
	}
	items := prim.Items(prim.Distinct(c))
	switch prim.AttrOf(col) {
	case kdb.Sorted, kdb.Parted, kdb.Unique:
		if q.sel.idx != nil {
			return rows{}, false
		}
		var spans []span
		for _, x := range items {
			i, j, ok := prim.RangeOf(col, x)
			if !ok {
				return rows{}, false
			}
			if j > i {
				spans = append(spans, span{int32(i), int32(j)})
			}
		}
		slices.SortFunc(spans, func(a, b span) int { return int(a.lo - b.lo) })
		return q.within(spans), true
	case kdb.Grouped:
		if !q.sel.whole(q.n) {
			return rows{}, false
		}
		total, lists := 0, make([][]kdb.Long, len(items))
		for i, x := range items {
			l, ok := prim.RowsOf(col, x)
			if total += len(l); !ok || total > q.n/16 {
				return rows{}, false
			}
			lists[i] = l
		}
		out := make([]int32, 0, total)
		for _, l := range lists {
			for _, p := range l {
				out = append(out, int32(p))
			}
		}
		slices.Sort(out)
		return compactRows(out), true
	}
	return rows{}, false
}

// compareSymbols is =, <> and in for symbols.
func (q *query) compareSymbols(col kdb.Value, name string, c kdb.Value) (rows, bool) {
	var syms []kdb.Symbol
	switch v := c.(type) {
	case kdb.Symbol:
		syms = []kdb.Symbol{v}
	case kdb.EnumAtom:
		syms = []kdb.Symbol{v.Sym()}
	case *kdb.Symbols:
		syms = v.V
	case *kdb.Enum:
		syms = prim.Symbols(v).V
	default:
		return rows{}, false
	}
	if name != "in" && prim.IsList(c) {
		return rows{}, false
	}
	switch name {
	case "in":
		if r, ok := q.inByAttribute(col, kdb.NewVec(syms)); ok {
			return r, true
		}
		want := make([]bool, kdb.SymbolCount())
		for _, s := range syms {
			want[s.ID()] = true
		}
		return q.keepEach(func() func(lo, hi int, out []int32) []int32 {
			read, _ := symbolReader(col, &q.sel)
			return func(lo, hi int, out []int32) []int32 {
				in, k := read(lo, hi), 0
				out = out[:len(in)]
				for i, s := range in {
					out[k] = int32(lo + i)
					k += b2i(want[s])
				}
				return out[:k]
			}
		}), true
	case "=", "<>":
		id := syms[0].ID()
		not := name == "<>"
		return q.keepEach(func() func(lo, hi int, out []int32) []int32 {
			read, _ := symbolReader(col, &q.sel)
			return func(lo, hi int, out []int32) []int32 {
				in, k := read(lo, hi), 0
				out = out[:len(in)]
				for i, s := range in {
					out[k] = int32(lo + i)
					k += b2i((s == id) != not)
				}
				return out[:k]
			}
		}), true
	}
	return rows{}, false
}

// interval returns the integers that satisfy a comparison of a column of type
// t with c as a closed interval, or with not set as all others. ok is false
// unless q compares the two as integers: one type, or numbers without point.
func interval(t kdb.Type, name string, c kdb.Value) (lo, hi int64, not, ok bool) {
	if name == "within" {
		if !comparable(t, c.Type()) || c.Len() != 2 {
			return
		}
		all := allRows(2)
		read, ok := intReader(c, &all)
		if !ok {
			return 0, 0, false, false
		}
		v := read(0, 2)
		return v[0], v[1], false, true
	}
	if !comparable(t, -c.Type()) || c.Type() >= 0 {
		return
	}
	col, ok := prim.AtomColumn(c)
	if !ok {
		return
	}
	one := allRows(1)
	read, ok := intReader(col.Value(), &one)
	if !ok {
		return
	}
	v := read(0, 1)[0]
	lo, hi = math.MinInt64, math.MaxInt64
	switch name {
	case "=":
		return v, v, false, true
	case "<>":
		return v, v, true, true
	case "<":
		if v == math.MinInt64 {
			return 1, 0, false, true
		}
		return lo, v - 1, false, true
	case "<=":
		return lo, v, false, true
	case ">":
		if v == math.MaxInt64 {
			return 1, 0, false, true
		}
		return v + 1, hi, false, true
	case ">=":
		return v, hi, false, true
	}
	return 0, 0, false, false
}

// comparable reports whether columns of two types compare as integers do.
func comparable(a, b kdb.Type) bool {
	whole := func(t kdb.Type) bool {
		switch t {
		case kdb.TBool, kdb.TByte, kdb.TShort, kdb.TInt, kdb.TLong:
			return true
		}
		return false
	}
	if whole(a) && whole(b) {
		return true
	}
	switch a {
	case kdb.TTimestamp, kdb.TMonth, kdb.TDate, kdb.TTimespan, kdb.TMinute, kdb.TSecond, kdb.TTime, kdb.TChar:
		return a == b
	}
	return false
}

// compareExpr is compare for simple arithmetic on columns.
func (q *query) compareExpr(tree kdb.Value, name string, c kdb.Value) (rows, bool) {
	x, ok := q.compile(tree)
	if !ok || !x.float {
		return rows{}, false
	}
	return q.compareFloats(func() func(lo, hi int) []float64 { return x.make().floats }, name, c)
}

// compareFloats selects the rows whose floats compare to a constant within q's
// tolerance: equal are all numbers between two bounds around the constant.
func (q *query) compareFloats(mk func() func(lo, hi int) []float64, name string, c kdb.Value) (rows, bool) {
	lo, hi := math.Inf(-1), math.Inf(1)
	null, not := false, false
	bounds := func(v kdb.Value) (a, b float64, ok bool) {
		f, ok := floatAtom(v)
		if !ok || f != f {
			return 0, 0, false
		}
		a, b = tolerance(f)
		return a, b, true
	}
	if name == "within" {
		if c.Type() != kdb.TFloat || c.Len() != 2 {
			return rows{}, false
		}
		a, _, ok1 := bounds(prim.Item(c, 0))
		_, b, ok2 := bounds(prim.Item(c, 1))
		if !ok1 || !ok2 {
			return rows{}, false
		}
		lo, hi = a, b
	} else {
		a, b, ok := bounds(c)
		if !ok {
			return rows{}, false
		}
		switch name {
		case "=", "<>":
			lo, hi, not = a, b, name == "<>"
		case "<":
			lo, not, null = a, true, false // not at or above a, which null is not either
		case "<=":
			hi, null = b, true
		case ">":
			hi, not, null = b, true, true // not at or below b, null included
		case ">=":
			lo = a
		default:
			return rows{}, false
		}
	}
	return q.keepEach(func() func(a, b int, out []int32) []int32 {
		read := mk()
		return func(a, b int, out []int32) []int32 {
			in, k := read(a, b), 0
			out = out[:len(in)]
			for i, v := range in {
				out[k] = int32(a + i)
				k += b2i((v >= lo && v <= hi || null && v != v) != not)
			}
			return out[:k]
		}
	}), true
}

func floatAtom(v kdb.Value) (float64, bool) {
	switch x := v.(type) {
	case kdb.Float:
		return float64(x), true
	case kdb.Long:
		if x == kdb.NullLong {
			return math.NaN(), true
		}
		return float64(x), true
	}
	return 0, false
}

// tolerance returns the smallest and the largest float that q takes as equal
// to f: within 2^-43 of the larger magnitude of the two.
// Source: KX manual, "Precision" (basics/precision).
func tolerance(f float64) (lo, hi float64) {
	if f == 0 || math.IsInf(f, 0) {
		return f, f
	}
	equal := func(x float64) bool {
		return math.Abs(x-f) <= max(math.Abs(x), math.Abs(f))*0x1p-43
	}
	edge := func(toward float64) float64 {
		x := f + math.Copysign(math.Abs(f)*0x1p-43, toward)
		for !equal(x) {
			x = math.Nextafter(x, f)
		}
		for y := math.Nextafter(x, math.Copysign(math.MaxFloat64, toward)); equal(y); y = math.Nextafter(x, math.Copysign(math.MaxFloat64, toward)) {
			x = y
		}
		return x
	}
	return edge(-1), edge(1)
}
