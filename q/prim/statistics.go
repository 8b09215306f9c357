package prim

import (
	"math"
	"slices"

	"github.com/quoinhq/quoin/kdb"
)

// floatsOf returns a numeric or temporal column as floats. Errors: 'type.
func floatsOf(e *Env, c column) ([]float64, error) {
	if _, err := unaryType(floatTypes, c.t); err != nil {
		return nil, err
	}
	return words[float64](c.convert(e, kdb.TFloat)), nil
}

// moments returns how many of s are not null, their mean, and their mean
// squared distance from it.
func moments(s []float64) (n int, mean, variance float64) {
	n = countFloats(s)
	mean = SumFloats(s) / float64(n)
	var q float64
	for _, v := range s {
		if v == v {
			d := v - mean
			q += d * d
		}
	}
	return n, mean, q / float64(n)
}

func varianceOf(f func(n int, v float64) float64) Unary {
	var self Unary
	self = func(e *Env, x kdb.Value) (kdb.Value, error) {
		return aggregate(e, x, func(e *Env, c column) (kdb.Value, error) {
			s, err := floatsOf(e, c)
			if err != nil {
				return nil, err
			}
			n, _, v := moments(s)
			return kdb.Float(f(n, v)), nil
		}, func(e *Env, items []kdb.Value) (kdb.Value, error) { return overColumns(self)(e, items) })
	}
	return self
}

func sampled(n int, v float64) float64 {
	if n < 2 {
		return math.NaN()
	}
	return v * float64(n) / float64(n-1)
}

// Var returns the variance, nulls left out. Errors: 'type.
func Var(e *Env, x kdb.Value) (kdb.Value, error) {
	return varianceOf(func(_ int, v float64) float64 { return v })(e, x)
}

// Dev returns the standard deviation. Errors: 'type.
func Dev(e *Env, x kdb.Value) (kdb.Value, error) {
	return varianceOf(func(_ int, v float64) float64 { return math.Sqrt(v) })(e, x)
}

// Svar returns the sample variance. Errors: 'type.
func Svar(e *Env, x kdb.Value) (kdb.Value, error) { return varianceOf(sampled)(e, x) }

// Sdev returns the sample standard deviation. Errors: 'type.
func Sdev(e *Env, x kdb.Value) (kdb.Value, error) {
	return varianceOf(func(n int, v float64) float64 { return math.Sqrt(sampled(n, v)) })(e, x)
}

// Med returns the median as a float. Errors: 'type.
func Med(e *Env, x kdb.Value) (kdb.Value, error) {
	return aggregate(e, x, func(e *Env, c column) (kdb.Value, error) {
		s, err := floatsOf(e, c)
		if err != nil {
			return nil, err
		}
		if len(s) == 0 {
			return kdb.NullFloat(), nil
		}
		s = slices.Clone(s)
		h := len(s) / 2
		hi := selectFloat(s, h)
		if len(s)%2 == 1 {
			return kdb.Float(hi), nil
		}
		lo := slices.Max(s[:h])
		if lo != lo { // nulls come first
			lo = selectFloat(s[:h], h-1)
		}
		return kdb.Float(avgPair(lo, hi)), nil
	}, func(e *Env, items []kdb.Value) (kdb.Value, error) { return overColumns(Med)(e, items) })
}

// avgPair is the average of two items as avg takes it: a null does not count.
func avgPair(a, b float64) float64 {
	if a != a {
		return b
	}
	return (a + b) / 2
}

// selectFloat puts the k-th least item at k, what is not above it before.
func selectFloat(s []float64, k int) float64 {
	less := func(a, b float64) bool { return a < b || a != a && b == b }
	lo, hi := 0, len(s)-1
	for lo < hi {
		p := s[lo+(hi-lo)/2]
		i, j := lo, hi
		for i <= j {
			for less(s[i], p) {
				i++
			}
			for less(p, s[j]) {
				j--
			}
			if i <= j {
				s[i], s[j] = s[j], s[i]
				i++
				j--
			}
		}
		switch {
		case k <= j:
			hi = j
		case k >= i:
			lo = i
		default:
			return s[k]
		}
	}
	return s[k]
}

// pairs returns the two arguments of a weighted or paired statistic as floats
// of one length.
func pairs(e *Env, x, y kdb.Value) (a, b []float64, err error) {
	c, ok1 := columnOf(x)
	d, ok2 := columnOf(y)
	aAtom, bAtom := false, false
	if !ok1 {
		c, aAtom = atomColumn(x)
	}
	if !ok2 {
		d, bAtom = atomColumn(y)
	}
	if !ok1 && !aAtom || !ok2 && !bAtom {
		return nil, nil, ErrType
	}
	if a, err = floatsOf(e, c); err != nil {
		return nil, nil, err
	}
	if b, err = floatsOf(e, d); err != nil {
		return nil, nil, err
	}
	switch {
	case aAtom && !bAtom:
		a = words[float64](colOf(kdb.Of(kdb.Float(a[0]))).repeat(len(b)))
	case bAtom && !aAtom:
		b = words[float64](colOf(kdb.Of(kdb.Float(b[0]))).repeat(len(a)))
	}
	if len(a) != len(b) {
		return nil, nil, ErrLength
	}
	return a, b, nil
}

// paired is a statistic of two vectors, taken apart where the arguments nest.
func paired(e *Env, x, y kdb.Value, f func(a, b []float64) float64, self Binary) (kdb.Value, error) {
	if d, ok := y.(*kdb.Dict); ok {
		return self(e, x, d.V)
	}
	if d, ok := x.(*kdb.Dict); ok {
		return self(e, d.V, y)
	}
	_, xNested := x.(*kdb.List)
	_, yNested := y.(*kdb.List)
	if xNested || yNested {
		var xs, ys []kdb.Value
		n, m := x.Len(), y.Len()
		if isAtom(x) {
			n = m
		}
		if n != m {
			return nil, ErrLength
		}
		for i := range n {
			xs, ys = append(xs, Item(x, i)), append(ys, Item(y, i))
		}
		width, any := commonLen(append(slices.Clone(xs), ys...))
		if width < 0 {
			return nil, ErrLength
		}
		if !any {
			a, b, err := floatItems(e, xs, ys)
			if err != nil {
				return nil, err
			}
			return kdb.Float(f(a, b)), nil
		}
		out := make([]kdb.Value, width)
		for j := range out {
			r, err := self(e, pick(xs, j), pick(ys, j))
			if err != nil {
				return nil, err
			}
			out[j] = r
		}
		return Collapse(out), nil
	}
	a, b, err := pairs(e, x, y)
	if err != nil {
		return nil, err
	}
	return kdb.Float(f(a, b)), nil
}

// pick returns item j of each list; an atom stands for all its items.
func pick(items []kdb.Value, j int) kdb.Value {
	out := make([]kdb.Value, len(items))
	for i, x := range items {
		out[i] = x
		if isList(x) {
			out[i] = Item(x, j)
		}
	}
	return Collapse(out)
}

func floatItems(e *Env, xs, ys []kdb.Value) (a, b []float64, err error) {
	for i := range xs {
		c, ok1 := atomColumn(xs[i])
		d, ok2 := atomColumn(ys[i])
		if !ok1 || !ok2 {
			return nil, nil, ErrType
		}
		u, err1 := floatsOf(e, c)
		v, err2 := floatsOf(e, d)
		if err1 != nil || err2 != nil {
			return nil, nil, ErrType
		}
		a, b = append(a, u[0]), append(b, v[0])
	}
	return a, b, nil
}

// Wavg returns the average of y weighted by x; pairs with a null do not count.
// Errors: 'type, 'length.
func Wavg(e *Env, x, y kdb.Value) (kdb.Value, error) {
	if c, ok := columnOf(x); ok {
		if d, ok := columnOf(y); ok && c.n == d.n && isNumber(c.t) && isNumber(d.t) {
			if r := weighted(e, c, d); r == r {
				return kdb.Float(r), nil
			}
		}
	}
	return paired(e, x, y, func(w, v []float64) float64 {
		var sw, s float64
		for i, x := range w {
			if y := v[i]; x == x && y == y {
				sw += x
				s += x * y
			}
		}
		return s / sw
	}, Wavg)
}

func isNumber(t kdb.Type) bool { return isIntegral(t) || t == kdb.TReal || t == kdb.TFloat }

// weighted returns the average of d weighted by c, block by block without a
// converted copy of either; the null if there is a null anywhere.
func weighted(e *Env, c, d column) float64 {
	type sums struct{ w, v float64 }
	total := sums{}
	for _, p := range gatherParts(e, c.n, func(lo, hi int) sums {
		var bw, bv [blockLen]float64
		var s sums
		for ; lo < hi; lo += blockLen {
			k := min(blockLen, hi-lo)
			w, v := bw[:k], bv[:k]
			c.readFloats(w, lo, kdb.TFloat)
			d.readFloats(v, lo, kdb.TFloat)
			var w0, w1, v0, v1 float64
			i := 0
			for ; i+2 <= len(w) && i+2 <= len(v); i += 2 {
				w0 += w[i]
				v0 += w[i] * v[i]
				w1 += w[i+1]
				v1 += w[i+1] * v[i+1]
			}
			for ; i < k; i++ {
				w0 += w[i]
				v0 += w[i] * v[i]
			}
			s.w += w0 + w1
			s.v += v0 + v1
		}
		return s
	}) {
		total.w += p.w
		total.v += p.v
	}
	return total.v / total.w
}

// Wsum returns the sum of the products. Errors: 'type, 'length.
func Wsum(e *Env, x, y kdb.Value) (kdb.Value, error) {
	if isList(x) && isList(y) && x.Type() > 0 && y.Type() > 0 && isIntegral(x.Type()) && isIntegral(y.Type()) {
		c, _ := columnOf(y)
		y = c.convert(e, kdb.TFloat).value()
	}
	p, err := Multiply(e, x, y)
	if err != nil {
		return nil, err
	}
	return Sum(e, p)
}

// covariance returns the mean product of the distances from the means, over
// the pairs without a null, and their number.
func covariance(a, b []float64) (n int, cov, va, vb float64) {
	var sa, sb float64
	for i, x := range a {
		if y := b[i]; x == x && y == y {
			n++
			sa += x
			sb += y
		}
	}
	ma, mb := sa/float64(n), sb/float64(n)
	for i, x := range a {
		if y := b[i]; x == x && y == y {
			cov += (x - ma) * (y - mb)
			va += (x - ma) * (x - ma)
			vb += (y - mb) * (y - mb)
		}
	}
	m := float64(n)
	return n, cov / m, va / m, vb / m
}

// Cov returns the covariance. Errors: 'type, 'length.
func Cov(e *Env, x, y kdb.Value) (kdb.Value, error) {
	return paired(e, x, y, func(a, b []float64) float64 { _, c, _, _ := covariance(a, b); return c }, Cov)
}

// Scov returns the sample covariance. Errors: 'type, 'length.
func Scov(e *Env, x, y kdb.Value) (kdb.Value, error) {
	return paired(e, x, y, func(a, b []float64) float64 { n, c, _, _ := covariance(a, b); return sampled(n, c) }, Scov)
}

// Cor returns the correlation. Errors: 'type, 'length.
func Cor(e *Env, x, y kdb.Value) (kdb.Value, error) {
	return paired(e, x, y, func(a, b []float64) float64 {
		_, c, va, vb := covariance(a, b)
		r := c / math.Sqrt(va*vb)
		if r > 1 && r < 1.0000001 {
			return 1
		}
		return r
	}, Cor)
}
