package prim

import (
	"math"

	"github.com/quoinhq/quoin/kdb"
)

// running applies a uniform function of one vector through dictionaries
// and tables; a general list goes to scan.
func running(e *Env, x kdb.Value, f func(c column) (kdb.Value, error), scan Binary) (kdb.Value, error) {
	if c, ok := columnOf(x); ok {
		return f(c)
	}
	switch v := x.(type) {
	case *kdb.Dict:
		r, err := running(e, v.V, f, scan)
		return onlyDict(v.K, r, err)
	case *kdb.Table:
		return pairTable(v, func(_ kdb.Symbol, c kdb.Value) (kdb.Value, error) { return running(e, c, f, scan) })
	case *kdb.List:
		if scan == nil {
			return downColumns(v, func(z kdb.Value) (kdb.Value, error) { return running(e, z, f, nil) })
		}
		out := make([]kdb.Value, len(v.V))
		var acc kdb.Value
		for i, y := range v.V {
			if i == 0 {
				acc = y
			} else {
				r, err := scan(e, acc, y)
				if err != nil {
					return nil, err
				}
				acc = r
			}
			out[i] = acc
		}
		return Collapse(out), nil
	}
	return x, nil
}

// Sums returns the running sums, nulls as zeros. Errors: 'type.
func Sums(e *Env, x kdb.Value) (kdb.Value, error) {
	return running(e, x, func(c column) (kdb.Value, error) {
		return accumulate(e, c, func(a, v float64) float64 { return a + v }, func(a, v int64) int64 { return a + v }, 0)
	}, Add)
}

// Prds returns the running products, nulls as ones. Errors: 'type.
func Prds(e *Env, x kdb.Value) (kdb.Value, error) {
	return running(e, x, func(c column) (kdb.Value, error) {
		return accumulate(e, c, func(a, v float64) float64 { return a * v }, func(a, v int64) int64 { return a * v }, 1)
	}, Multiply)
}

func accumulate(e *Env, c column, ff func(a, v float64) float64, fi func(a, v int64) int64, start int64) (kdb.Value, error) {
	t, err := unaryType(sumTypes, c.t)
	if err != nil {
		return nil, err
	}
	out := alloc(t, c.n)
	if isFloating(t) {
		acc := float64(start)
		s := words[float64](c.convert(e, kdb.TFloat))
		buf := make([]float64, len(s))
		for i, v := range s {
			if v == v {
				acc = ff(acc, v)
			}
			buf[i] = acc
		}
		out.writeFloats(0, buf)
		return out.value(), nil
	}
	acc := start
	buf := make([]int64, c.n)
	for i, v := range c.asLongs() {
		if v != math.MinInt64 {
			acc = fi(acc, v)
		}
		buf[i] = acc
	}
	out.writeLongs(0, buf, false)
	return out.value(), nil
}

// Mins returns the running least items; before the first that is not null,
// infinity. Errors: 'type.
func Mins(e *Env, x kdb.Value) (kdb.Value, error) {
	return running(e, x, func(c column) (kdb.Value, error) { return runningExtreme(e, c, true) }, Lesser)
}

// Maxs is Mins for the greatest.
func Maxs(e *Env, x kdb.Value) (kdb.Value, error) {
	return running(e, x, func(c column) (kdb.Value, error) { return runningExtreme(e, c, false) }, Greater)
}

func runningExtreme(e *Env, c column, least bool) (kdb.Value, error) {
	empty, err := extreme(e, c.slice(0, 0), least)
	if err != nil {
		return nil, err
	}
	out := c.newColumn(c.n)
	start, _ := atomColumn(empty)
	switch {
	case isFloating(c.t):
		acc := math.Inf(-1)
		if least {
			acc = math.Inf(1)
		}
		s := words[float64](c.convert(e, kdb.TFloat))
		buf := make([]float64, len(s))
		for i, v := range s {
			if least && v < acc || !least && v > acc {
				acc = v
			}
			buf[i] = acc
		}
		out.writeFloats(0, buf)
	default:
		acc := start.asLongs()[0]
		s := c.asLongs()
		buf := make([]int64, len(s))
		for i, v := range s {
			if v != math.MinInt64 && (least && v < acc || !least && v > acc) {
				acc = v
			}
			buf[i] = acc
		}
		out.writeLongs(0, buf, false)
	}
	return out.value(), nil
}

// Avgs returns the running averages, nulls left out. Errors: 'type.
func Avgs(e *Env, x kdb.Value) (kdb.Value, error) {
	return running(e, x, func(c column) (kdb.Value, error) {
		s, err := floatsOf(e, c)
		if err != nil || c.t == kdb.TChar {
			return nil, ErrType
		}
		out := make([]kdb.Float, len(s))
		sum, n := 0.0, 0
		for i, v := range s {
			if v == v {
				sum += v
				n++
			}
			out[i] = kdb.Float(sum / float64(n))
		}
		return kdb.NewVec(out), nil
	}, nil)
}

// Deltas returns the differences of neighbours, the first item as it is.
// Errors: 'type.
func Deltas(e *Env, x kdb.Value) (kdb.Value, error) { return prior(e, x, Subtract) }

// Ratios returns the quotients of neighbours, the first item as it is.
// Errors: 'type.
func Ratios(e *Env, x kdb.Value) (kdb.Value, error) { return prior(e, x, Divide) }

func prior(e *Env, x kdb.Value, f Binary) (kdb.Value, error) {
	switch v := x.(type) {
	case *kdb.Dict:
		r, err := prior(e, v.V, f)
		return onlyDict(v.K, r, err)
	case *kdb.Table:
		return pairTable(v, func(_ kdb.Symbol, c kdb.Value) (kdb.Value, error) { return prior(e, c, f) })
	}
	if !isList(x) {
		return x, nil
	}
	n := x.Len()
	if n == 0 {
		return x, nil
	}
	rest, err := f(e, Slice(x, 1, n), Slice(x, 0, n-1))
	if err != nil {
		return nil, err
	}
	head := First(x)
	if h, ok := columnOf(rest); ok {
		if c, ok := atomColumn(head); ok && h.t != c.t && h.t <= kdb.TTime {
			if width(c.t) == width(h.t) && isFloating(c.t) == isFloating(h.t) {
				c.t = h.t // the difference from nothing, in the same unit
			}
			head = c.convert(e, h.t).item(0)
		}
	}
	return Join(Enlist(head), rest), nil
}

// Differ tells where an item differs from the one before; the first does.
func Differ(x kdb.Value) (kdb.Value, error) {
	if d, ok := x.(*kdb.Dict); ok {
		r, err := Differ(d.V)
		return onlyDict(d.K, r, err)
	}
	if t, ok := x.(*kdb.Table); ok {
		out := make([]kdb.Bool, t.Len())
		for _, c := range t.Cols {
			r, err := Differ(c)
			if err != nil {
				return nil, err
			}
			for i, b := range r.(*kdb.Bools).V {
				out[i] = out[i] || b
			}
		}
		return kdb.NewVec(out), nil
	}
	c, ok := columnOf(x)
	if !ok {
		if !isList(x) {
			return nil, ErrType
		}
		items := Items(x)
		out := make([]kdb.Bool, len(items))
		for i := range items {
			out[i] = kdb.Bool(i == 0 || !Match(items[i], items[i-1]))
		}
		return kdb.NewVec(out), nil
	}
	out := make([]kdb.Bool, c.n)
	switch {
	case isFloating(c.t):
		s := words[float64](c.convert(nil, kdb.TFloat))
		for i, v := range s {
			out[i] = kdb.Bool(i == 0 || !eqFloat(v, s[i-1]))
		}
	case width(c.t) == 1:
		differWords(words[uint8](c), out)
	case width(c.t) == 2:
		differWords(words[uint16](c), out)
	case width(c.t) == 4:
		differWords(words[uint32](c), out)
	case width(c.t) == 8:
		differWords(words[uint64](c), out)
	default:
		differWords(words[kdb.GUID](c), out)
	}
	return kdb.NewVec(out), nil
}

func differWords[T comparable](s []T, out []kdb.Bool) {
	for i := range s {
		out[i] = kdb.Bool(i == 0 || s[i] != s[i-1])
	}
}

// Shift returns for each item the one n places before it (after, for negative
// n), and the null beyond the ends.
func Shift(n int64, x kdb.Value) (kdb.Value, error) {
	if d, ok := x.(*kdb.Dict); ok {
		r, err := Shift(n, d.V)
		return onlyDict(d.K, r, err)
	}
	if !isList(x) {
		return nil, ErrType
	}
	m := int64(x.Len())
	idx := make([]kdb.Long, m)
	for i := range idx {
		idx[i] = kdb.Long(int64(i) - n)
	}
	return Gather(x, idx), nil
}

// Fill is q's x^y: y with its nulls replaced by x's items. Errors: 'type, 'length.
func Fill(e *Env, x, y kdb.Value) (kdb.Value, error) {
	if xd, ok := x.(*kdb.Dict); ok {
		if yd, ok := y.(*kdb.Dict); ok {
			return pairDicts(xd, yd, func(a, b kdb.Value) (kdb.Value, error) { return Fill(e, a, b) }, nil)
		}
	}
	return pervade(e, x, y, fillLeaf)
}

func fillLeaf(e *Env, a, b column, aAtom, bAtom bool) (column, error) {
	if isSymbolic(a.t) || isSymbolic(b.t) {
		if !isSymbolic(a.t) || !isSymbolic(b.t) {
			return b, ErrType
		}
		a, b = plainColumn(a), plainColumn(b)
	}
	if a.t != b.t {
		if a.t == kdb.TGUID || b.t == kdb.TGUID {
			return b, ErrType
		}
		t, ok := opMax.resultType(a.t, b.t)
		if !ok {
			return b, ErrType
		}
		a, b = a.convert(e, t), b.convert(e, t)
	}
	n := b.n
	if bAtom && !aAtom {
		n = a.n
		b = b.repeat(n)
	}
	isNull := words[bool](nulls(b))
	out := b.newColumn(n)
	copyWords(out, 0, b)
	for i, null := range isNull {
		if null {
			j := i
			if aAtom {
				j = 0
			}
			copyWords(out, i, a.slice(j, j+1))
		}
	}
	return out, nil
}

// Fills replaces each null by the item before it.
func Fills(e *Env, x kdb.Value) (kdb.Value, error) {
	return running(e, x, func(c column) (kdb.Value, error) {
		idx := make([]kdb.Long, c.n)
		last := kdb.Long(-1)
		for i, null := range words[bool](nulls(c)) {
			if !null {
				last = kdb.Long(i)
			}
			idx[i] = last
		}
		return Gather(c.value(), idx), nil
	}, Fill)
}

func scanOps(r registry) {
	uni := func(name string, f Unary) { r.unary(name, f).Uniform = true }
	uni("sums", Sums)
	uni("prds", Prds)
	uni("mins", Mins)
	uni("maxs", Maxs)
	uni("avgs", Avgs)
	uni("deltas", Deltas)
	uni("ratios", Ratios)
	uni("fills", Fills)
	r.one("differ", Differ).Uniform = true
	r.one("prev", func(x kdb.Value) (kdb.Value, error) { return Shift(1, x) }).Uniform = true
	r.one("next", func(x kdb.Value) (kdb.Value, error) { return Shift(-1, x) }).Uniform = true
	r.two("xprev", func(n, x kdb.Value) (kdb.Value, error) {
		k, ok := intAtom(n)
		if !ok {
			return nil, ErrType
		}
		return Shift(k, x)
	}).Uniform = true
	r.binary("^", Fill).Atomic = true
}
