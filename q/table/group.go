package table

import (
	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q/prim"
)

// run is adjacent positions of a selection, lo up to hi, whose rows all have
// one code.
type run struct{ code, lo, hi int32 }

// groups is a selection's rows by key. The codes order as the keys do.
type groups struct {
	rows *rows
	n    int     // codes are below n
	used []int32 // the codes that occur, ascending
	last []int32 // by code: the last position that has it, -1 if none
	// Either ids or runs says which code each position has: runs when
	// neighbours mostly share one, as in columns sorted by the key.
	ids  []int32
	runs []run

	counts []int32 // by code, made when asked for
	order  []int32 // positions by code, made when asked for
	starts []int32 // by place in used: where its positions begin in order
}

// oneGroup is the grouping of a query without by: everything has code 0, and
// there is a group even when it is empty.
func oneGroup(r *rows) *groups {
	return &groups{rows: r, n: 1, used: []int32{0}, last: []int32{int32(r.n) - 1},
		runs: []run{{0, 0, int32(r.n)}}}
}

// groupCodes groups positions by the codes of a coder, in runs if there are
// few enough of them.
func groupCodes(e *prim.Env, r *rows, c coder, inRuns bool) *groups {
	g := &groups{rows: r, n: c.n}
	if inRuns && g.collectRuns(e, codeRuns(c)) {
		return g
	}
	g.ids = make([]int32, r.n)
	p := parts(e, r.n, max(1<<16, c.n))
	lasts := make([][]int32, p)
	parallel(e, r.n, max(1<<16, c.n), func(part, lo, hi int) {
		read := c.blocks()
		last := newCodes(c.n, -1)
		for at := lo; at < hi; at += blockLen {
			ids := read(at, min(at+blockLen, hi))
			copy(g.ids[at:], ids)
			for i, id := range ids {
				last[id] = int32(at + i)
			}
		}
		lasts[part] = last
	})
	g.setLast(lasts)
	return g
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
	for _, f := range found[1:] {
		g.runs = append(g.runs, f...)
	}
	g.setLast(lasts)
	return true
}

// codeRuns emits the runs of a coder's codes.
func codeRuns(c coder) func(lo, hi int, emit func(code int32, at int)) {
	return func(lo, hi int, emit func(code int32, at int)) {
		read := c.blocks()
		prev := int32(-1)
		for at := lo; at < hi; at += blockLen {
			for i, id := range read(at, min(at+blockLen, hi)) {
				if id != prev {
					prev = id
					emit(id, at+i)
				}
			}
		}
	}
}

// setLast merges each part's last positions and lists the codes in use.
func (g *groups) setLast(lasts [][]int32) {
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

// each calls f for runs of adjacent positions, from lo to hi, that share a
// code. Only for groups in runs.
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

// count returns how many rows each code has.
func (g *groups) count() []int32 {
	if g.counts == nil {
		c := make([]int32, g.n)
		for _, id := range g.ids {
			c[id]++
		}
		if g.ids == nil {
			for _, r := range g.runs {
				c[r.code] += r.hi - r.lo
			}
		}
		g.counts = c
	}
	return g.counts
}

// firstRows returns the first row of each group, lastRows the last; -1 for an
// empty one.
func (g *groups) firstRows() []int32 {
	first := newCodes(g.n, -1)
	if g.ids != nil {
		for i := len(g.ids) - 1; i >= 0; i-- {
			first[g.ids[i]] = int32(i)
		}
	} else {
		for i := len(g.runs) - 1; i >= 0; i-- {
			if r := g.runs[i]; r.hi > r.lo {
				first[r.code] = r.lo
			}
		}
	}
	return g.rowsAt(first)
}

func (g *groups) lastRows() []int32 { return g.rowsAt(g.last) }

// rowsAt turns positions by code into row numbers by group.
func (g *groups) rowsAt(byCode []int32) []int32 {
	out := make([]int32, len(g.used))
	if g.rows.idx == nil && len(g.rows.spans) <= 1 {
		first := int32(0)
		if len(g.rows.spans) == 1 {
			first = g.rows.spans[0].lo
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
		} else if g.rows.idx != nil {
			out[i] = g.rows.idx[p]
		} else {
			out[i] = g.rows.at(int(p))
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
	for i, id := range g.ids {
		order[next[id]] = int32(i)
		next[id]++
	}
	if g.ids == nil {
		for _, r := range g.runs {
			for i := r.lo; i < r.hi; i++ {
				order[next[r.code]] = i
				next[r.code]++
			}
		}
	}
	g.order, g.starts = order, starts
	return order, starts
}

// rowOrder is positions as row numbers.
func (g *groups) rowOrder() (order, starts []int32) {
	order, starts = g.positions()
	if g.rows.idx == nil && len(g.rows.spans) == 1 && g.rows.spans[0].lo == 0 {
		return order, starts
	}
	list := g.rows.list()
	out := make([]int32, len(order))
	for i, p := range order {
		out[i] = list[p]
	}
	return out, starts
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
