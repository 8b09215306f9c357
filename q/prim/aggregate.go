package prim

import (
	"math"

	"github.com/quoinhq/quoin/kdb"
)

// aggregate applies a function of one vector to x: to a dictionary's values,
// to every column of a table, to an atom as a vector of one. A general list
// goes to nested.
func aggregate(e *Env, x kdb.Value, f func(e *Env, c column) (kdb.Value, error), nested func(e *Env, items []kdb.Value) (kdb.Value, error)) (kdb.Value, error) {
	if c, ok := columnOf(x); ok {
		return f(e, c)
	}
	if c, ok := atomColumn(x); ok {
		return f(e, c)
	}
	switch v := x.(type) {
	case *kdb.Dict:
		return aggregate(e, v.V, f, nested)
	case *kdb.Table:
		out := make([]kdb.Value, len(v.Cols))
		for i, c := range v.Cols {
			r, err := aggregate(e, c, f, nested)
			if err != nil {
				return nil, err
			}
			out[i] = r
		}
		return kdb.NewDict(symbolVec(v.Names), Collapse(out)), nil
	case *kdb.List:
		return nested(e, v.V)
	}
	return nil, ErrType
}

// folded folds items with a binary primitive, empty giving the given value.
func folded(f Binary, empty kdb.Value) func(e *Env, items []kdb.Value) (kdb.Value, error) {
	return func(e *Env, items []kdb.Value) (kdb.Value, error) {
		if len(items) == 0 {
			return empty, nil
		}
		acc := items[0]
		if len(items) == 1 {
			Share(acc) // the result is the list's own item
		}
		var err error
		for _, x := range items[1:] {
			if acc, err = f(e, acc, x); err != nil {
				return nil, err
			}
		}
		return acc, nil
	}
}

// overColumns applies an aggregate to each position of conforming lists.
func overColumns(agg Unary) func(e *Env, items []kdb.Value) (kdb.Value, error) {
	return func(e *Env, items []kdb.Value) (kdb.Value, error) {
		if len(items) == 0 {
			return agg(e, Empty(kdb.TFloat))
		}
		if allAtoms(items) {
			out, err := floatAtoms(items)
			if err != nil {
				return nil, err
			}
			return agg(e, kdb.NewVec(out))
		}
		t, err := flipList(items)
		if err != nil {
			return nil, err
		}
		return eachItem(t, func(v kdb.Value) (kdb.Value, error) { return agg(e, v) })
	}
}

// floatAtoms returns numeric atoms of several types as floats. Errors: 'type.
func floatAtoms(items []kdb.Value) ([]kdb.Float, error) {
	out := make([]kdb.Float, len(items))
	for i, x := range items {
		c, _ := atomColumn(x)
		v, err := floatsOf(nil, c)
		if err != nil {
			return nil, err
		}
		out[i] = kdb.Float(v[0])
	}
	return out, nil
}

const sumTypes = "i.iiijef..pmdznuvt"

// Sum adds up the items, nulls as zeros. Errors: 'type.
func Sum(e *Env, x kdb.Value) (kdb.Value, error) {
	return aggregate(e, x, sumColumn, folded(Add, kdb.Long(0)))
}

func sumColumn(e *Env, c column) (kdb.Value, error) {
	t, err := unaryType(sumTypes, c.t)
	if err != nil {
		return nil, err
	}
	out := alloc(t, 1)
	if isFloating(c.t) {
		out.writeFloats(0, []float64{c.sumFloats(e)})
		return out.item(0), nil
	}
	s, _ := c.sumInts(e)
	out.writeLongs(0, []int64{s}, false)
	return out.item(0), nil
}

// sumInts returns the sum of an integer-backed column and the count of nulls.
func (c column) sumInts(e *Env) (sum int64, nulls int) {
	type partSum struct {
		s int64
		n int
	}
	parts := gatherParts(e, c.n, func(lo, hi int) partSum {
		switch width(c.t) {
		case 1:
			var s int64
			if c.t == kdb.TBool {
				return partSum{int64(CountTrue(words[kdb.Bool](c)[lo:hi])), 0}
			}
			for _, v := range words[uint8](c)[lo:hi] {
				s += int64(v)
			}
			return partSum{s, 0}
		case 2:
			s, n := sumWords(words[int16](c)[lo:hi], math.MinInt16)
			return partSum{s, n}
		case 4:
			s, n := sumWords(words[int32](c)[lo:hi], math.MinInt32)
			return partSum{s, n}
		}
		s, n := sumWords(words[int64](c)[lo:hi], math.MinInt64)
		return partSum{s, n}
	})
	for _, p := range parts {
		sum += p.s
		nulls += p.n
	}
	return sum, nulls
}

// SumLongs adds up integers, leaving nulls out.
func SumLongs(s []int64) int64 { sum, _ := sumWords(s, math.MinInt64); return sum }

// sumWords adds up s and counts the nulls in it, which add nothing. Of all
// numbers only the null has its lowest one bit at the top, so that v&-v tells
// it without a branch; only if there is one the sum is taken again.
func sumWords[T int16 | int32 | int64](s []T, null T) (sum int64, nulls int) {
	var a, b, c, d int64
	var seen T
	t := s
	for len(t) >= 4 {
		w, x, y, z := t[0], t[1], t[2], t[3]
		a += int64(w)
		b += int64(x)
		c += int64(y)
		d += int64(z)
		seen |= w&-w | x&-x | y&-y | z&-z
		t = t[4:]
	}
	for _, v := range t {
		a += int64(v)
		seen |= v & -v
	}
	if seen >= 0 {
		return a + b + c + d, 0
	}
	for _, v := range s {
		if v == null {
			nulls++
		} else {
			sum += int64(v)
		}
	}
	return sum, nulls
}

// sumFloats adds in eight lanes, lane j taking every eighth element from j on.
// Only if the result is null are nulls looked for and left out.
func (c column) sumFloats(e *Env) float64 {
	if c.t == kdb.TReal {
		return c.convert(e, kdb.TFloat).sumFloats(e)
	}
	s := words[float64](c)
	total := 0.0
	for _, p := range gatherParts(e, c.n, func(lo, hi int) float64 { return SumFloats(s[lo:hi]) }) {
		total += p
	}
	return total
}

// SumFloats adds up floats, leaving nulls out.
func SumFloats(s []float64) float64 {
	var l0, l1, l2, l3, l4, l5, l6, l7 float64
	i := 0
	for ; i+8 <= len(s); i += 8 {
		v := s[i : i+8 : i+8]
		l0 += v[0]
		l1 += v[1]
		l2 += v[2]
		l3 += v[3]
		l4 += v[4]
		l5 += v[5]
		l6 += v[6]
		l7 += v[7]
	}
	total := l0 + l1 + l2 + l3 + l4 + l5 + l6 + l7
	for ; i < len(s); i++ {
		total += s[i]
	}
	if total == total {
		return total
	}
	total = 0
	for _, v := range s {
		if v == v {
			total += v
		}
	}
	return total
}

// countFloats returns how many of s are not null.
func countFloats(s []float64) int {
	n := 0
	for _, v := range s {
		if v == v {
			n++
		}
	}
	return n
}

// Prd multiplies the items, nulls as ones. Errors: 'type.
func Prd(e *Env, x kdb.Value) (kdb.Value, error) {
	return aggregate(e, x, func(e *Env, c column) (kdb.Value, error) {
		t, err := unaryType(sumTypes, c.t)
		if err != nil {
			return nil, err
		}
		out := alloc(t, 1)
		if isFloating(c.t) {
			p := 1.0
			for _, v := range words[float64](c.convert(e, kdb.TFloat)) {
				if v == v {
					p *= v
				}
			}
			out.writeFloats(0, []float64{p})
			return out.item(0), nil
		}
		p := int64(1)
		for _, v := range c.asLongs() {
			if v != math.MinInt64 {
				p *= v
			}
		}
		out.writeLongs(0, []int64{p}, false)
		return out.item(0), nil
	}, folded(Multiply, kdb.Long(1)))
}

// asLongs returns an integer-backed column's elements as longs, without
// change of unit.
func (c column) asLongs() []int64 {
	if width(c.t) == 8 {
		return words[int64](c)
	}
	out := make([]int64, c.n)
	c.readLongs(out, 0, c.t)
	return out
}

const minTypes = "b.xhijefc.pmdznuvt"

// Min returns the least item, nulls left out; infinity if there is none.
// Errors: 'type.
func Min(e *Env, x kdb.Value) (kdb.Value, error) {
	return aggregate(e, x, func(e *Env, c column) (kdb.Value, error) { return extreme(e, c, true) }, folded(Lesser, kdb.InfFloat(1)))
}

// Max returns the greatest item. Errors: 'type.
func Max(e *Env, x kdb.Value) (kdb.Value, error) {
	return aggregate(e, x, func(e *Env, c column) (kdb.Value, error) { return extreme(e, c, false) }, folded(Greater, kdb.InfFloat(-1)))
}

func extreme(e *Env, c column, least bool) (kdb.Value, error) {
	if c.t == kdb.TEnum || isSymbolic(c.t) {
		return nil, ErrType
	}
	if _, err := unaryType(minTypes, c.t); err != nil {
		return nil, err
	}
	out := alloc(c.t, 1)
	switch {
	case isWideFloat(c.t):
		parts := gatherParts(e, c.n, func(lo, hi int) float64 { return extremeFloat(words[float64](c)[lo:hi], least) })
		words[float64](out)[0] = extremeFloat(parts, least)
	case c.t == kdb.TReal:
		words[float32](out)[0] = float32(extremeFloat(words[float64](c.convert(e, kdb.TFloat)), least))
	case width(c.t) == 8:
		parts := gatherParts(e, c.n, func(lo, hi int) int64 {
			return extremeWords(words[int64](c)[lo:hi], math.MinInt64, math.MaxInt64, least)
		})
		words[int64](out)[0] = extremeWords(parts, math.MinInt64, math.MaxInt64, least)
	case width(c.t) == 4:
		words[int32](out)[0] = extremeWords(words[int32](c), math.MinInt32, math.MaxInt32, least)
	case width(c.t) == 2:
		words[int16](out)[0] = extremeWords(words[int16](c), math.MinInt16, math.MaxInt16, least)
	default:
		s := words[uint8](c)
		r := uint8(0)
		if least {
			r = 255
			if c.t == kdb.TBool {
				r = 1
			}
		}
		for _, v := range s {
			if least {
				r = min(r, v)
			} else {
				r = max(r, v)
			}
		}
		words[uint8](out)[0] = r
	}
	return out.item(0), nil
}

// Avg returns the mean as a float, nulls left out. Errors: 'type.
func Avg(e *Env, x kdb.Value) (kdb.Value, error) {
	return aggregate(e, x, func(e *Env, c column) (kdb.Value, error) {
		if _, err := unaryType(floatTypes, c.t); err != nil {
			return nil, err
		}
		if isFloating(c.t) {
			f := words[float64](c.convert(e, kdb.TFloat))
			if s := plainSum(f); s == s {
				return kdb.Float(s / float64(len(f))), nil
			}
			return kdb.Float(SumFloats(f) / float64(countFloats(f))), nil
		}
		s, nulls := c.sumInts(e)
		if width(c.t) == 8 && c.n > 0 {
			// A sum that does not fit is added up as floats instead.
			if lo, hi := rangeOf(words[int64](c)); lo < math.MinInt64/int64(c.n) || hi > math.MaxInt64/int64(c.n) {
				f := words[float64](c.convert(e, kdb.TFloat))
				return kdb.Float(SumFloats(f) / float64(countFloats(f))), nil
			}
		}
		return kdb.Float(float64(s) / float64(c.n-nulls)), nil
	}, func(e *Env, items []kdb.Value) (kdb.Value, error) {
		if len(items) == 0 {
			return kdb.NullFloat(), nil
		}
		s, err := Sum(e, &kdb.List{V: items})
		if err != nil {
			return nil, err
		}
		if allAtoms(items) {
			v, err := overColumns(Sum)(e, items)
			if err != nil {
				return nil, err
			}
			s = v
		}
		return Divide(e, s, kdb.Long(len(items)))
	})
}

// plainSum is null as soon as an item is.
func plainSum(s []float64) float64 {
	var a, b, c, d float64
	i := 0
	for ; i+4 <= len(s); i += 4 {
		a += s[i]
		b += s[i+1]
		c += s[i+2]
		d += s[i+3]
	}
	for ; i < len(s); i++ {
		a += s[i]
	}
	return a + b + c + d
}

// All and Any tell whether every item, or one, is not zero. Errors: 'type.
func All(e *Env, x kdb.Value) (kdb.Value, error) {
	return aggregate(e, x, func(_ *Env, c column) (kdb.Value, error) {
		b, err := truth(c)
		if err != nil {
			return nil, err
		}
		return kdb.Bool(CountTrue(words[kdb.Bool](b)) == c.n), nil
	}, truths(Lesser, true))
}

// Any is the other half of All.
func Any(e *Env, x kdb.Value) (kdb.Value, error) {
	return aggregate(e, x, func(_ *Env, c column) (kdb.Value, error) {
		b, err := truth(c)
		if err != nil {
			return nil, err
		}
		return kdb.Bool(scanFor(words[kdb.Bool](b), true) < c.n), nil
	}, truths(Greater, false))
}

func truths(f Binary, empty kdb.Bool) func(e *Env, items []kdb.Value) (kdb.Value, error) {
	return func(e *Env, items []kdb.Value) (kdb.Value, error) {
		out := make([]kdb.Value, len(items))
		for i, x := range items {
			t, err := overItems(x, truth)
			if err != nil {
				return nil, err
			}
			out[i] = t
		}
		return folded(f, empty)(e, out)
	}
}

func aggregateOps(r registry) {
	agg := func(name string, f Unary) { r.unary(name, f).Aggregate = true }
	agg("sum", Sum)
	agg("prd", Prd)
	agg("min", Min)
	agg("max", Max)
	agg("avg", Avg)
	agg("all", All)
	agg("any", Any)
	agg("var", Var)
	agg("dev", Dev)
	agg("svar", Svar)
	agg("sdev", Sdev)
	agg("med", Med)
	for name, f := range map[string]Binary{"wsum": Wsum, "wavg": Wavg, "cov": Cov, "scov": Scov, "cor": Cor} {
		r.binary(name, f).Aggregate = true
	}
}
