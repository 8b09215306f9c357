package table

import (
	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q/prim"
)

// A parted column says where its equal items are, so that grouping by it reads
// no row of it: each part is a run, which further keys cut into smaller ones.

// partedRuns returns the runs of a parted key column among the selected rows,
// which are in spans, and how many codes they have; ok is false for other
// columns, and when there are so many parts that runs do not pay.
func partedRuns(col kdb.Value, r *rows) (runs []run, n int, ok bool) {
	if r.idx != nil || prim.AttrOf(col) != kdb.Parted {
		return nil, 0, false
	}
	starts, ok := prim.Runs(col)
	if !ok || 8*len(starts) > r.n {
		return nil, 0, false
	}
	rank := make([]int32, len(starts))
	for i, part := range prim.Grade(nil, prim.Gather(col, starts), false) {
		rank[part] = int32(i)
	}
	end := func(i int) int32 {
		if i+1 < len(starts) {
			return int32(starts[i+1])
		}
		return int32(col.Len())
	}
	part := 0
	for i, s := range r.spans {
		for part < len(starts) && end(part) <= s.lo {
			part++
		}
		for p := part; p < len(starts) && int32(starts[p]) < s.hi; p++ {
			lo, hi := max(int32(starts[p]), s.lo), min(end(p), s.hi)
			runs = append(runs, run{rank[p], r.at0[i] + lo - s.lo, r.at0[i] + hi - s.lo})
		}
	}
	return runs, len(starts), true
}

// groupRuns makes groups of runs that are known.
func groupRuns(r *rows, runs []run, n int) *groups {
	if runs == nil {
		runs = []run{}
	}
	g := &groups{rows: r, n: n, runs: runs}
	last := newCodes(n, -1)
	for _, x := range runs {
		last[x.code] = x.hi - 1
	}
	g.setLast([][]int32{last})
	return g
}

// refine groups by runs of a first key and the codes of further ones; nil when
// the groups would be too many or the runs too short to pay.
func refine(e *prim.Env, r *rows, first []run, n int, c coder) *groups {
	if int64(n)*int64(c.n) > directRange(r.n) {
		return nil
	}
	whole := &groups{rows: r, runs: first}
	g := &groups{rows: r, n: n * c.n}
	if !g.collectRuns(e, func(lo, hi int, emit func(code int32, at int)) {
		walk := c.runs()
		base := int32(0)
		within := func(code int32, at int) { emit(base+code, at) }
		for _, x := range whole.runsIn(lo, hi) {
			a, b := x.clip(lo, hi)
			base = x.code * int32(c.n)
			for at := lo + a; at < lo+b; at += blockLen {
				walk(at, min(at+blockLen, lo+b), within)
			}
		}
	}) {
		return nil
	}
	return g
}

// groupLists groups a whole grouped symbol column by what its index keeps: the
// first and last position and the number of each symbol, read from no row.
func groupLists(col kdb.Value, r *rows) *groups {
	v, ok := col.(*kdb.Symbols)
	if !ok || !r.whole(len(v.V)) {
		return nil
	}
	lists, ok := prim.GroupsOf(v)
	if !ok || 8*len(lists) > r.n {
		return nil
	}
	syms := make([]kdb.Symbol, len(lists))
	for i, l := range lists {
		syms[i] = v.V[l[0]]
	}
	syms = sortSymbols(syms)
	lut := symbolTable(syms)
	n := len(syms)
	g := &groups{rows: r, n: n, coder: symbolCoder(v, r, lut, n)}
	last := newCodes(n, -1)
	g.first, g.counts = newCodes(n, -1), newCodes(n, 0)
	for _, l := range lists {
		code := lut[v.V[l[0]].ID()]
		g.first[code], last[code], g.counts[code] = int32(l[0]), int32(l[len(l)-1]), int32(len(l))
	}
	g.setLast([][]int32{last})
	return g
}
