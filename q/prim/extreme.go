package prim

import "math"

// Max and min of vectors. Nulls do not count: as integers they are the least of
// all, as floats no comparison with them holds.

func extremeWords[T int16 | int32 | int64](s []T, null, inf T, least bool) T {
	if least {
		r := inf
		for _, v := range s {
			if v < r && v != null {
				r = v
			}
		}
		return r
	}
	r := null + 1
	for _, v := range s {
		r = max(r, v)
	}
	return r
}

func extremeFloat(s []float64, least bool) float64 {
	if least {
		return LeastFloat(math.Inf(1), s)
	}
	return GreatestFloat(math.Inf(-1), s)
}

// infinite is the bits of positive infinity.
const infinite = 0x7FF0000000000000

// GreatestFloat returns the greatest of m, which is no null, and of s without
// its nulls.
//
// Floats that are not negative order as their bits do, and before them as signed
// integers come all that are negative. Integers are compared without a branch,
// of which a short run in random order has most mispredicted. Only when the
// greatest integer is no such float, it is negative or a null, is it looked for
// as a float.
func GreatestFloat(m float64, s []float64) float64 {
	a := int64(math.Float64bits(m))
	b, c, d := a, a, a
	w := view[int64](s)
	for len(w) >= 4 {
		a, b, c, d = max(a, w[0]), max(b, w[1]), max(c, w[2]), max(d, w[3])
		w = w[4:]
	}
	for _, v := range w {
		a = max(a, v)
	}
	if r := max(a, b, c, d); uint64(r) <= infinite {
		return math.Float64frombits(uint64(r))
	}
	for _, v := range s {
		if v > m {
			m = v
		}
	}
	return m
}

// LeastFloat returns the least of m, which is no null, and of s without its
// nulls, as GreatestFloat does. A null without sign is above all floats.
func LeastFloat(m float64, s []float64) float64 {
	a := int64(math.Float64bits(m))
	if a >= 0 && (len(s) == 0 || s[0] >= 0) {
		b, c, d := a, a, a
		w := view[int64](s)
		for len(w) >= 4 {
			a, b, c, d = min(a, w[0]), min(b, w[1]), min(c, w[2]), min(d, w[3])
			w = w[4:]
		}
		for _, v := range w {
			a = min(a, v)
		}
		if r := min(a, b, c, d); r >= 0 {
			return math.Float64frombits(uint64(r))
		}
	}
	for _, v := range s {
		if v < m {
			m = v
		}
	}
	return m
}
