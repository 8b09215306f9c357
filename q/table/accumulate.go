package table

import (
	"math"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q/prim"
)

// floatSums is sum of floats; nulls do not count.
type floatSums struct {
	typ  kdb.Type
	read func(lo, hi int) []float64
	acc  []float64
}

func (s *floatSums) add(lo int, ids []int32) {
	acc := s.acc
	for i, v := range s.read(lo, lo+len(ids)) {
		if v == v {
			acc[ids[i]] += v
		}
	}
}

func (s *floatSums) addRuns(lo, hi int, runs []run) {
	in := s.read(lo, hi)
	for _, r := range runs {
		a, b := r.clip(lo, hi)
		s.acc[r.code] += prim.SumFloats(in[a:b])
	}
}

// meanFloats is prim.SumFloats and the number of those that are not null.
func meanFloats(v []float64) mean {
	var a, b, c, d float64
	w := v
	for len(w) >= 4 {
		a += w[0]
		b += w[1]
		c += w[2]
		d += w[3]
		w = w[4:]
	}
	for _, x := range w {
		a += x
	}
	if sum := a + b + (c + d); sum == sum {
		return mean{sum, int64(len(v))}
	}
	var m mean
	for _, x := range v {
		if x == x {
			m.sum += x
			m.n++
		}
	}
	return m
}

func (s *floatSums) merge(from accumulator) {
	for i, v := range from.(*floatSums).acc {
		s.acc[i] += v
	}
}

func (s *floatSums) result(g *groups) kdb.Value { return fromFloats(s.typ, used(g, s.acc)) }

// used picks the entries of the codes that occur.
func used[T any](g *groups, acc []T) []T {
	out := make([]T, len(g.used))
	for i, c := range g.used {
		out[i] = acc[c]
	}
	return out
}

// intSums is sum of integers.
type intSums struct {
	typ  kdb.Type
	read func(lo, hi int) []int64
	acc  []int64
}

func (s *intSums) add(lo int, ids []int32) {
	acc := s.acc
	for i, v := range s.read(lo, lo+len(ids)) {
		if v != math.MinInt64 {
			acc[ids[i]] += v
		}
	}
}

func (s *intSums) addRuns(lo, hi int, runs []run) {
	in := s.read(lo, hi)
	for _, r := range runs {
		a, b := r.clip(lo, hi)
		s.acc[r.code] += prim.SumLongs(in[a:b])
	}
}

func (s *intSums) merge(from accumulator) {
	for i, v := range from.(*intSums).acc {
		s.acc[i] += v
	}
}

func (s *intSums) result(g *groups) kdb.Value {
	v := used(g, s.acc)
	if s.typ == kdb.TInt {
		// An int sum wraps around, as int arithmetic does.
		out := make([]kdb.Int, len(v))
		for i, x := range v {
			out[i] = kdb.Int(x)
		}
		return kdb.NewVec(out)
	}
	return fromInts(s.typ, v)
}

// means is avg.
type means struct {
	read func(lo, hi int) []float64
	acc  []mean
}

type mean struct {
	sum float64
	n   int64
}

func (s *means) add(lo int, ids []int32) {
	acc := s.acc
	for i, v := range s.read(lo, lo+len(ids)) {
		if v == v {
			m := &acc[ids[i]]
			m.sum += v
			m.n++
		}
	}
}

func (s *means) addRuns(lo, hi int, runs []run) {
	in := s.read(lo, hi)
	for _, r := range runs {
		a, b := r.clip(lo, hi)
		part := meanFloats(in[a:b])
		m := &s.acc[r.code]
		m.sum += part.sum
		m.n += part.n
	}
}

func (s *means) merge(from accumulator) {
	for i, v := range from.(*means).acc {
		s.acc[i].sum += v.sum
		s.acc[i].n += v.n
	}
}

func (s *means) result(g *groups) kdb.Value {
	out := make([]kdb.Float, len(g.used))
	for i, c := range g.used {
		out[i] = kdb.Float(s.acc[c].sum / float64(s.acc[c].n)) // 0%0 is null
	}
	return kdb.NewVec(out)
}

// weighted is wavg and wsum; a pair with a null on either side does not count.
type weighted struct {
	w, x func(lo, hi int) []float64
	mean bool
	acc  []weights
}

type weights struct{ sum, weight float64 }

func (s *weighted) add(lo int, ids []int32) {
	w, x := s.w(lo, lo+len(ids)), s.x(lo, lo+len(ids))
	acc := s.acc
	w, x = w[:len(ids)], x[:len(ids)]
	for i, id := range ids {
		if p := w[i] * x[i]; p == p {
			a := &acc[id]
			a.sum += p
			a.weight += w[i]
		}
	}
}

func (s *weighted) addRuns(lo, hi int, runs []run) {
	ws, xs := s.w(lo, hi), s.x(lo, hi)
	for _, r := range runs {
		a, b := r.clip(lo, hi)
		part := weigh(ws[a:b], xs[a:b])
		acc := &s.acc[r.code]
		acc.sum += part.sum
		acc.weight += part.weight
	}
}

// weigh adds products and weights of the pairs without null: first as if there
// were none, as sumFloats does.
func weigh(w, x []float64) weights {
	x = x[:len(w)]
	var s0, s1, w0, w1 float64
	i := 0
	for ; i+1 < len(w); i += 2 {
		s0 += w[i] * x[i]
		w0 += w[i]
		s1 += w[i+1] * x[i+1]
		w1 += w[i+1]
	}
	if i < len(w) {
		s0 += w[i] * x[i]
		w0 += w[i]
	}
	if s := s0 + s1; s == s {
		return weights{s, w0 + w1}
	}
	var out weights
	for i, v := range w {
		if p := v * x[i]; p == p {
			out.sum += p
			out.weight += v
		}
	}
	return out
}

func (s *weighted) merge(from accumulator) {
	for i, v := range from.(*weighted).acc {
		s.acc[i].sum += v.sum
		s.acc[i].weight += v.weight
	}
}

func (s *weighted) result(g *groups) kdb.Value {
	out := make([]kdb.Float, len(g.used))
	for i, c := range g.used {
		out[i] = kdb.Float(s.acc[c].sum)
		if s.mean {
			out[i] = kdb.Float(s.acc[c].sum / s.acc[c].weight)
		}
	}
	return kdb.NewVec(out)
}

// floatExtremes is max and min of floats; nulls do not count.
type floatExtremes struct {
	max  bool
	typ  kdb.Type
	read func(lo, hi int) []float64
	acc  []float64
}

func newFloatExtremes(max bool, t kdb.Type, read func(lo, hi int) []float64, n int) *floatExtremes {
	s := &floatExtremes{max: max, typ: t, read: read, acc: make([]float64, n)}
	start := math.Inf(1)
	if max {
		start = math.Inf(-1)
	}
	for i := range s.acc {
		s.acc[i] = start
	}
	return s
}

func (s *floatExtremes) add(lo int, ids []int32) {
	acc := s.acc
	if s.max {
		for i, v := range s.read(lo, lo+len(ids)) {
			if a := &acc[ids[i]]; v > *a {
				*a = v
			}
		}
		return
	}
	for i, v := range s.read(lo, lo+len(ids)) {
		if a := &acc[ids[i]]; v < *a {
			*a = v
		}
	}
}

func (s *floatExtremes) addRuns(lo, hi int, runs []run) {
	in := s.read(lo, hi)
	for _, r := range runs {
		a, b := r.clip(lo, hi)
		m := &s.acc[r.code]
		if s.max {
			*m = prim.GreatestFloat(*m, in[a:b])
		} else {
			*m = prim.LeastFloat(*m, in[a:b])
		}
	}
}

func (s *floatExtremes) merge(from accumulator) {
	for i, v := range from.(*floatExtremes).acc {
		if s.max == (v > s.acc[i]) && v != s.acc[i] {
			s.acc[i] = v
		}
	}
}

func (s *floatExtremes) result(g *groups) kdb.Value { return fromFloats(s.typ, used(g, s.acc)) }

// intExtremes is max and min of integers; nulls do not count.
type intExtremes struct {
	max  bool
	typ  kdb.Type
	read func(lo, hi int) []int64
	acc  []int64 // for min one less than the number: so null wraps to the largest
}

func newIntExtremes(max bool, t kdb.Type, read func(lo, hi int) []int64, n int) *intExtremes {
	s := &intExtremes{max: max, typ: t, read: read, acc: make([]int64, n)}
	start := int64(math.MaxInt64)
	if max {
		start = math.MinInt64
	}
	for i := range s.acc {
		s.acc[i] = start
	}
	return s
}

func (s *intExtremes) add(lo int, ids []int32) {
	acc := s.acc
	if s.max {
		for i, v := range s.read(lo, lo+len(ids)) {
			acc[ids[i]] = max(acc[ids[i]], v)
		}
		return
	}
	for i, v := range s.read(lo, lo+len(ids)) {
		acc[ids[i]] = min(acc[ids[i]], v-1)
	}
}

func (s *intExtremes) addRuns(lo, hi int, runs []run) {
	in := s.read(lo, hi)
	for _, r := range runs {
		a, b := r.clip(lo, hi)
		m := s.acc[r.code]
		if s.max {
			for _, v := range in[a:b] {
				m = max(m, v)
			}
		} else {
			for _, v := range in[a:b] {
				m = min(m, v-1)
			}
		}
		s.acc[r.code] = m
	}
}

func (s *intExtremes) merge(from accumulator) {
	for i, v := range from.(*intExtremes).acc {
		if s.max {
			s.acc[i] = max(s.acc[i], v)
		} else {
			s.acc[i] = min(s.acc[i], v)
		}
	}
}

func (s *intExtremes) result(g *groups) kdb.Value {
	out := used(g, s.acc)
	for i, v := range out {
		switch {
		case s.max && v == math.MinInt64: // nothing, or only nulls
			out[i] = -math.MaxInt64
		case !s.max && v != math.MaxInt64:
			out[i] = v + 1
		}
	}
	return fromInts(s.typ, out)
}

// rowCounts is count.
type rowCounts struct{ acc []int32 }

func (s *rowCounts) add(_ int, ids []int32) {
	acc := s.acc
	for _, id := range ids {
		acc[id]++
	}
}

func (s *rowCounts) addRuns(lo, hi int, runs []run) {
	for _, r := range runs {
		a, b := r.clip(lo, hi)
		s.acc[r.code] += int32(b - a)
	}
}

func (s *rowCounts) merge(from accumulator) {
	for i, v := range from.(*rowCounts).acc {
		s.acc[i] += v
	}
}

func (s *rowCounts) result(g *groups) kdb.Value { return longCounts(g, s.acc) }

func longCounts(g *groups, byCode []int32) kdb.Value {
	out := make([]kdb.Long, len(g.used))
	for i, c := range g.used {
		out[i] = kdb.Long(byCode[c])
	}
	return kdb.NewVec(out)
}

// firstPositions is first: what take makes of each group's first position.
type firstPositions struct {
	acc  []int32
	take func(g *groups, byCode []int32) kdb.Value
}

func (s *firstPositions) add(lo int, ids []int32) {
	acc := s.acc
	for i, id := range ids {
		if acc[id] < 0 {
			acc[id] = int32(lo + i)
		}
	}
}

func (s *firstPositions) addRuns(lo, hi int, runs []run) {
	for _, r := range runs {
		if a, b := r.clip(lo, hi); b > a && s.acc[r.code] < 0 {
			s.acc[r.code] = int32(lo + a)
		}
	}
}

func (s *firstPositions) merge(from accumulator) {
	for i, v := range from.(*firstPositions).acc {
		if s.acc[i] < 0 {
			s.acc[i] = v
		}
	}
}

func (s *firstPositions) result(g *groups) kdb.Value { return s.take(g, s.acc) }
