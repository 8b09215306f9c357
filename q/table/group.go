package table

import (
	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q/prim"
)

// run is adjacent positions of a selection, lo up to hi, whose rows all have
// one code.
type run struct{ code, lo, hi int32 }

// groups is a selection's rows by key. The codes order as the keys do. Which
// code a position has is said by runs, when neighbours mostly share one as in
// columns sorted by the key, else by coder, whose codes are read as they are
// used and kept only if they are wanted again.
type groups struct {
	rows  *rows
	n     int // codes are below n
	runs  []run
	coder coder

	known  bool    // whether used and last are
	used   []int32 // the codes that occur, ascending
	last   []int32 // by code: the last position that has it, -1 if none
	first  []int32 // by code, where an index knows: the first position
	counts []int32 // by code, where an index knows or when asked for

	ids    []int32 // by position, when asked for
	order  []int32 // positions by code, when asked for
	starts []int32 // by place in used: where its positions begin in order
}

// oneGroup is the grouping of a query without by: everything has code 0, and
// there is a group even when it is empty.
func oneGroup(r *rows) *groups {
	return &groups{rows: r, n: 1, known: true, used: []int32{0}, last: []int32{int32(r.n) - 1},
		runs: []run{{0, 0, int32(r.n)}}}
}

// groupCodes groups positions by the codes of a coder, in runs if asked for and
// there are few enough of them.
func groupCodes(e *prim.Env, r *rows, c coder, inRuns bool) *groups {
	g := &groups{rows: r, n: c.n, coder: c}
	if inRuns {
		g.collectRuns(e, codeRuns(c))
	}
	return g
}

// pass reads all codes once, on all goroutines, and gives them to accumulators,
// one of each aggregate for each goroutine.
func (g *groups) pass(e *prim.Env, aggs []aggregate) [][]accumulator {
	n, grain := g.rows.n, max(1<<16, 2*g.n)
	p := parts(e, n, grain)
	accs, lasts := make([][]accumulator, p), make([][]int32, p)
	parallel(e, n, grain, func(part, lo, hi int) {
		mine := make([]accumulator, len(aggs))
		for i, a := range aggs {
			mine[i] = a.start(g.n)
		}
		accs[part] = mine
		if g.runs != nil {
			for at := lo; at < hi; at += blockLen {
				to := min(at+blockLen, hi)
				runs := g.runsIn(at, to)
				for _, a := range mine {
					a.addRuns(at, to, runs)
				}
			}
			return
		}
		read := g.coder.blocks()
		var last []int32
		if !g.known {
			last = newCodes(g.n, -1)
			lasts[part] = last
		}
		for at := lo; at < hi; at += blockLen {
			ids := read(at, min(at+blockLen, hi))
			if last != nil {
				for i, id := range ids {
					last[id] = int32(at + i)
				}
			}
			for _, a := range mine {
				a.add(at, ids)
			}
		}
	})
	if !g.known {
		g.setLast(lasts)
	}
	return accs
}

// know makes sure that used and last are set.
func (g *groups) know(e *prim.Env) {
	if !g.known {
		g.pass(e, nil)
	}
}

// codes returns the code of each position. Only for groups not in runs.
func (g *groups) codes() []int32 {
	if g.ids == nil && g.runs == nil {
		g.ids = make([]int32, g.rows.n)
		read := g.coder.blocks()
		for at := 0; at < g.rows.n; at += blockLen {
			copy(g.ids[at:], read(at, min(at+blockLen, g.rows.n)))
		}
	}
	return g.ids
}

// collectRuns fills g.runs with what walk emits for each part of the positions:
// the code from a position on. It gives up, and returns false, when the runs
// average less than four rows.
func (g *groups) collectRuns(e *prim.Env, walk func(lo, hi int, emit func(code int32, at int))) bool {
	n := g.rows.n
	p := parts(e, n, max(1<<16, g.n))
	found, lasts := make([][]run, p), make([][]int32, p)
	parallel(e, n, max(1<<16, g.n), func(part, lo, hi int) {
		last := newCodes(g.n, -1)
		out := make([]run, 0, 1024)
		code := int32(-1)
		limit := 1024 + (hi-lo)/4
		walk(lo, hi, func(next int32, at int) {
			if next == code || len(out) > limit {
				return
			}
			if code >= 0 {
				out[len(out)-1].hi = int32(at)
				last[code] = int32(at) - 1
			}
			code = next
			out = append(out, run{code: next, lo: int32(at)})
		})
		if len(out) > limit {
			return
		}
		if code >= 0 {
			out[len(out)-1].hi = int32(hi)
			last[code] = int32(hi) - 1
		}
		found[part], lasts[part] = out, last
	})
	for _, l := range lasts {
		if l == nil {
			return false
		}
	}
	g.runs = found[0]
	if g.runs == nil {
		g.runs = []run{}
	}
	for _, f := range found[1:] {
		g.runs = append(g.runs, f...)
	}
	g.setLast(lasts)
	return true
}

// codeRuns emits the runs of a coder's codes.
func codeRuns(c coder) func(lo, hi int, emit func(code int32, at int)) {
	return func(lo, hi int, emit func(code int32, at int)) {
		walk := c.runs()
		for at := lo; at < hi; at += blockLen {
			walk(at, min(at+blockLen, hi), emit)
		}
	}
}

// setLast merges each part's last positions and lists the codes in use.
func (g *groups) setLast(lasts [][]int32) {
	g.known = true
	g.last = lasts[0]
	for _, l := range lasts[1:] {
		for i, v := range l {
			if v >= 0 {
				g.last[i] = v
			}
		}
	}
	g.used = make([]int32, 0, min(g.n, g.rows.n))
	for i, v := range g.last {
		if v >= 0 {
			g.used = append(g.used, int32(i))
		}
	}
}

func newCodes(n int, fill int32) []int32 {
	s := make([]int32, n)
	if fill != 0 {
		for i := range s {
			s[i] = fill
		}
	}
	return s
}

// runsIn returns the runs that positions lo to hi lie in, for groups in runs.
func (g *groups) runsIn(lo, hi int) []run {
	if len(g.runs) == 1 {
		return g.runs
	}
	// The first run that ends after lo.
	a, b := 0, len(g.runs)
	for a < b {
		m := (a + b) / 2
		if int(g.runs[m].hi) <= lo {
			a = m + 1
		} else {
			b = m
		}
	}
	for b = a; b < len(g.runs) && int(g.runs[b].lo) < hi; b++ {
	}
	return g.runs[a:b]
}

// detailed reports whether the groups know their counts and first positions
// without a pass.
func (g *groups) detailed() bool { return g.runs != nil || g.counts != nil && g.first != nil }

// count returns how many rows each code has.
func (g *groups) count() []int32 {
	if g.counts == nil {
		c := make([]int32, g.n)
		for _, id := range g.codes() {
			c[id]++
		}
		for _, r := range g.runs {
			c[r.code] += r.hi - r.lo
		}
		g.counts = c
	}
	return g.counts
}

// firsts returns the first position of each code, -1 for none; the groups must
// be detailed.
func (g *groups) firsts() []int32 {
	if g.first == nil {
		g.first = newCodes(g.n, -1)
		for i := len(g.runs) - 1; i >= 0; i-- {
			if r := g.runs[i]; r.hi > r.lo {
				g.first[r.code] = r.lo
			}
		}
	}
	return g.first
}

// rowsAt turns positions by code into row numbers by group, in a selection.
func (g *groups) rowsAt(r *rows, byCode []int32) []int32 {
	out := make([]int32, len(g.used))
	if r.idx == nil && len(r.spans) <= 1 {
		first := int32(0)
		if len(r.spans) == 1 {
			first = r.spans[0].lo
		}
		for i, c := range g.used {
			if out[i] = byCode[c]; out[i] >= 0 {
				out[i] += first
			}
		}
		return out
	}
	for i, c := range g.used {
		if p := byCode[c]; p < 0 {
			out[i] = -1
		} else {
			out[i] = r.at(int(p))
		}
	}
	return out
}

// positions returns all positions ordered by group, and where each group
// begins; there is one start more than groups.
func (g *groups) positions() (order, starts []int32) {
	if g.starts != nil {
		return g.order, g.starts
	}
	count := g.count()
	starts = make([]int32, len(g.used)+1)
	next := make([]int32, g.n)
	at := int32(0)
	for i, c := range g.used {
		starts[i], next[c] = at, at
		at += count[c]
	}
	starts[len(g.used)] = at
	order = make([]int32, g.rows.n)
	for i, id := range g.codes() {
		order[next[id]] = int32(i)
		next[id]++
	}
	for _, r := range g.runs {
		for i := r.lo; i < r.hi; i++ {
			order[next[r.code]] = i
			next[r.code]++
		}
	}
	g.order, g.starts = order, starts
	return order, starts
}

// split cuts a list with one item a position into one list a group.
func (g *groups) split(e *prim.Env, col kdb.Value) []kdb.Value {
	order, starts := g.positions()
	sorted := gather(e, col, order)
	out := make([]kdb.Value, len(g.used))
	for i := range out {
		out[i] = slice(sorted, int(starts[i]), int(starts[i+1]))
	}
	return out
}
