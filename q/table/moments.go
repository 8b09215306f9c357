package table

import (
	"math"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q/prim"
)

// moments is var, dev, svar and sdev, by the running mean and the sum of
// squared distances from it (Welford), which loses no digits when the mean is
// large beside the deviation.
type moments struct {
	name string
	read func(lo, hi int) []float64
	acc  []moment
}

type moment struct{ n, mean, m2 float64 }

func (m *moment) add(v float64) {
	if v != v {
		return
	}
	m.n++
	d := v - m.mean
	m.mean += d / m.n
	m.m2 += d * (v - m.mean)
}

func (s *moments) add(lo int, ids []int32) {
	for i, v := range s.read(lo, lo+len(ids)) {
		s.acc[ids[i]].add(v)
	}
}

func (s *moments) addRuns(lo, hi int, runs []run) {
	in := s.read(lo, hi)
	for _, r := range runs {
		a, b := r.clip(lo, hi)
		for _, v := range in[a:b] {
			s.acc[r.code].add(v)
		}
	}
}

func (s *moments) merge(from accumulator) {
	for i, b := range from.(*moments).acc {
		a := &s.acc[i]
		if b.n == 0 {
			continue
		}
		n, d := a.n+b.n, b.mean-a.mean
		a.m2 += b.m2 + d*d*a.n*b.n/n
		a.mean += d * b.n / n
		a.n = n
	}
}

func (s *moments) result(g *groups) kdb.Value {
	out := make([]kdb.Float, len(g.used))
	for i, c := range g.used {
		m := s.acc[c]
		v := m.m2 / m.n
		if s.name == "svar" || s.name == "sdev" {
			v = m.m2 / (m.n - 1)
		}
		if s.name == "dev" || s.name == "sdev" {
			v = math.Sqrt(v)
		}
		out[i] = kdb.Float(v)
	}
	return kdb.NewVec(out)
}

// comoments is cov, scov and cor, of pairs without nulls.
type comoments struct {
	name string
	x, y func(lo, hi int) []float64
	acc  []comoment
}

type comoment struct{ n, mx, my, cxy, mx2, my2 float64 }

func (c *comoment) add(x, y float64) {
	if x != x || y != y {
		return
	}
	c.n++
	dx, dy := x-c.mx, y-c.my
	c.mx += dx / c.n
	c.my += dy / c.n
	c.cxy += dx * (y - c.my)
	c.mx2 += dx * (x - c.mx)
	c.my2 += dy * (y - c.my)
}

func (s *comoments) add(lo int, ids []int32) {
	x, y := s.x(lo, lo+len(ids)), s.y(lo, lo+len(ids))
	for i, id := range ids {
		s.acc[id].add(x[i], y[i])
	}
}

func (s *comoments) addRuns(lo, hi int, runs []run) {
	x, y := s.x(lo, hi), s.y(lo, hi)
	for _, r := range runs {
		a, b := r.clip(lo, hi)
		for i := a; i < b; i++ {
			s.acc[r.code].add(x[i], y[i])
		}
	}
}

func (s *comoments) merge(from accumulator) {
	for i, b := range from.(*comoments).acc {
		a := &s.acc[i]
		if b.n == 0 {
			continue
		}
		n, dx, dy := a.n+b.n, b.mx-a.mx, b.my-a.my
		f := a.n * b.n / n
		a.cxy += b.cxy + dx*dy*f
		a.mx2 += b.mx2 + dx*dx*f
		a.my2 += b.my2 + dy*dy*f
		a.mx += dx * b.n / n
		a.my += dy * b.n / n
		a.n = n
	}
}

func (s *comoments) result(g *groups) kdb.Value {
	out := make([]kdb.Float, len(g.used))
	for i, c := range g.used {
		m := s.acc[c]
		switch s.name {
		case "cov":
			out[i] = kdb.Float(m.cxy / m.n)
		case "scov":
			out[i] = kdb.Float(m.cxy / (m.n - 1))
		default:
			out[i] = kdb.Float(m.cxy / math.Sqrt(m.mx2*m.my2))
		}
	}
	return kdb.NewVec(out)
}

// distinctCounts returns how many different codes of c each group has. A table
// of flags by group and code is used while it is not much larger than the rows,
// else the pairs are sorted out by hash.
func distinctCounts(e *prim.Env, g *groups, c coder) kdb.Value {
	n := g.rows.n
	count := make([]kdb.Long, g.n)
	if flags := int64(g.n) * int64(c.n); flags <= int64(max(1<<20, 8*n)) {
		grain := max(1<<16, int(flags))
		seen := make([][]bool, parts(e, n, grain))
		parallel(e, n, grain, func(part, lo, hi int) {
			flag := make([]bool, flags)
			seen[part] = flag
			walkPairs(g, c, lo, hi, func(_ int, codes, ids []int32) {
				for i, id := range ids {
					flag[int(codes[i])*c.n+int(id)] = true
				}
			})
		})
		for _, more := range seen[1:] {
			for i, f := range more {
				seen[0][i] = seen[0][i] || f
			}
		}
		for code := range count {
			for _, f := range seen[0][code*c.n : (code+1)*c.n] {
				count[code] += kdb.Long(b2i(f))
			}
		}
	} else {
		pairs := make([]kdb.Long, n)
		walkPairs(g, c, 0, n, func(at int, codes, ids []int32) {
			for i, id := range ids {
				pairs[at+i] = kdb.Long(codes[i])<<32 | kdb.Long(id)
			}
		})
		_, firsts := prim.Classify(kdb.NewVec(pairs))
		for _, f := range firsts {
			count[pairs[f]>>32]++
		}
	}
	return kdb.NewVec(used(g, count))
}

// walkPairs calls f for blocks of positions with their group codes and the
// codes of c.
func walkPairs(g *groups, c coder, lo, hi int, f func(at int, codes, ids []int32)) {
	read := c.blocks()
	buf := make([]int32, min(blockLen, hi-lo))
	var own func(lo, hi int) []int32
	if g.runs == nil {
		own = g.coder.blocks()
	}
	for at := lo; at < hi; at += blockLen {
		to := min(at+blockLen, hi)
		codes := buf[:to-at]
		if own != nil {
			codes = own(at, to)
		} else {
			for _, r := range g.runsIn(at, to) {
				a, b := r.clip(at, to)
				for i := a; i < b; i++ {
					codes[i] = r.code
				}
			}
		}
		f(at, codes, read(at, to))
	}
}
