package table

import (
	"math"
	"slices"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q/prim"
)

// ErrLimit is signalled for tables of 2^31 rows and more.
const ErrLimit = kdb.Error("limit")

// span is the rows from lo up to, not including, hi.
type span struct{ lo, hi int32 }

// rows is a selection of a table's rows, ascending and without repetition:
// either spans or single row numbers. Position k of a selection is its k-th
// row. The zero value selects nothing.
type rows struct {
	n     int     // how many are selected
	spans []span  // used when idx is nil; none is empty
	at0   []int32 // the position of each span's first row
	idx   []int32 // row numbers
}

func allRows(n int) rows {
	if n == 0 {
		return rows{}
	}
	return rows{n: n, spans: []span{{0, int32(n)}}, at0: []int32{0}}
}

func spanRows(spans []span) rows {
	r := rows{}
	for _, s := range spans {
		if s.hi > s.lo {
			r.spans, r.at0 = append(r.spans, s), append(r.at0, int32(r.n))
			r.n += int(s.hi - s.lo)
		}
	}
	return r
}

func listRows(idx []int32) rows { return rows{n: len(idx), idx: idx} }

// whole reports whether the selection is all of n rows.
func (r rows) whole(n int) bool { return r.n == n && r.idx == nil }

// list returns the row numbers one by one.
func (r rows) list() []int32 {
	if r.idx != nil || r.n == 0 {
		return r.idx
	}
	out := make([]int32, 0, r.n)
	for _, s := range r.spans {
		for i := s.lo; i < s.hi; i++ {
			out = append(out, i)
		}
	}
	return out
}

// at returns the row at position k.
func (r rows) at(k int) int32 {
	if r.idx != nil {
		return r.idx[k]
	}
	i := r.spanOf(k)
	return r.spans[i].lo + int32(k) - r.at0[i]
}

// spanOf returns the number of the span that holds position k.
func (r rows) spanOf(k int) int {
	i, _ := slices.BinarySearch(r.at0, int32(k)+1)
	return i - 1
}

// spansIn calls f for the runs of adjacent rows at positions lo to hi: n rows
// from first on, at positions k on. The selection must be in spans.
func (r rows) spansIn(lo, hi int, f func(k int, first, n int32)) {
	if lo >= hi {
		return
	}
	for i := r.spanOf(lo); i < len(r.spans) && int(r.at0[i]) < hi; i++ {
		k, s := int(r.at0[i]), r.spans[i]
		a, b := max(lo-k, 0), min(hi-k, int(s.hi-s.lo))
		f(k+a, s.lo+int32(a), int32(b-a))
	}
}

// rowCount returns a table's length, or 'limit.
func rowCount(t *kdb.Table) (int, error) {
	n := t.Len()
	if n >= math.MaxInt32 {
		return 0, ErrLimit
	}
	return n, nil
}

// pick returns the selected items of a column, the column itself when all are
// selected, and a part of it without copying when they are one span.
func pick(e *prim.Env, col kdb.Value, r rows) kdb.Value {
	if r.whole(col.Len()) {
		return col
	}
	if r.idx == nil && len(r.spans) == 1 {
		return slice(col, int(r.spans[0].lo), int(r.spans[0].hi))
	}
	if r.idx == nil {
		return pickSpans(col, r)
	}
	return gather(e, col, r.idx)
}

// pickTable returns the selected rows of a table.
func pickTable(e *prim.Env, t *kdb.Table, r rows) *kdb.Table {
	if r.whole(t.Len()) {
		return t
	}
	if r.idx != nil {
		return gatherTable(e, t, r.idx)
	}
	cols := make([]kdb.Value, len(t.Cols))
	for i, c := range t.Cols {
		cols[i] = pick(e, c, r)
	}
	return kdb.NewTable(t.Names, cols)
}

// gatherTable returns the rows of a table in the given order; row -1 is nulls.
func gatherTable(e *prim.Env, t *kdb.Table, idx []int32) *kdb.Table {
	return kdb.NewTable(t.Names, gatherAll(e, t.Cols, idx))
}

// slice returns items lo up to hi of a list, sharing its memory and marked so.
// A sorted column stays sorted and a parted one parted.
func slice(col kdb.Value, lo, hi int) kdb.Value {
	if l, ok := col.(*kdb.List); ok {
		return kdb.NewList(l.V[lo:hi:hi]...)
	}
	c, ok := prim.ColumnOf(col)
	if !ok {
		return prim.Gather(col, longRange(lo, hi))
	}
	v := c.Slice(lo, hi).Value()
	if a := prim.AttrOf(col); a == kdb.Sorted || a == kdb.Parted {
		prim.MarkAttr(v, a)
	}
	prim.Share(v)
	return v
}

func pickSpans(col kdb.Value, r rows) kdb.Value {
	if l, ok := col.(*kdb.List); ok {
		out := make([]kdb.Value, 0, r.n)
		for _, s := range r.spans {
			out = append(out, l.V[s.lo:s.hi]...)
		}
		return prim.Collapse(out)
	}
	c, ok := prim.ColumnOf(col)
	if !ok {
		return prim.Gather(col, longs(r.list()))
	}
	out, at := c.New(r.n), 0
	for _, s := range r.spans {
		out.Copy(at, c.Slice(int(s.lo), int(s.hi)))
		at += int(s.hi - s.lo)
	}
	v := out.Value()
	if a := prim.AttrOf(col); a == kdb.Sorted || a == kdb.Parted {
		prim.MarkAttr(v, a)
	}
	return v
}

// gather returns the items of a column at the given rows; a row outside the
// column gives null.
func gather(e *prim.Env, col kdb.Value, idx []int32) kdb.Value {
	return gatherAll(e, []kdb.Value{col}, idx)[0]
}

// gatherAll is gather for several columns, a block of rows of each in turn, so
// that the row numbers are read from memory once.
func gatherAll(e *prim.Env, cols []kdb.Value, idx []int32) []kdb.Value {
	type move struct{ to, from, null prim.Column }
	out := make([]kdb.Value, len(cols))
	var moves []move
	for i, col := range cols {
		c, ok := prim.ColumnOf(col)
		if !ok {
			out[i] = prim.Gather(col, longs(idx))
			continue
		}
		m := move{c.Raw(len(idx)), c, c.Null()}
		out[i] = m.to.Value()
		moves = append(moves, m)
	}
	parallel(e, len(idx), 1<<16, func(_, lo, hi int) {
		for at := lo; at < hi; at += blockLen {
			to := min(at+blockLen, hi)
			for _, m := range moves {
				gatherBlock(m.to, m.from, m.null, idx, at, to)
			}
		}
	})
	return out
}

func gatherBlock(out, c, null prim.Column, idx []int32, lo, hi int) {
	switch c.Width() {
	case 1:
		gatherWords(prim.Words[uint8](out), prim.Words[uint8](c), prim.Words[uint8](null)[0], idx, lo, hi)
	case 2:
		gatherWords(prim.Words[uint16](out), prim.Words[uint16](c), prim.Words[uint16](null)[0], idx, lo, hi)
	case 4:
		gatherWords(prim.Words[uint32](out), prim.Words[uint32](c), prim.Words[uint32](null)[0], idx, lo, hi)
	case 8:
		gatherWords(prim.Words[uint64](out), prim.Words[uint64](c), prim.Words[uint64](null)[0], idx, lo, hi)
	default:
		gatherWords(prim.Words[kdb.GUID](out), prim.Words[kdb.GUID](c), prim.Words[kdb.GUID](null)[0], idx, lo, hi)
	}
}

func gatherWords[T any](dst, src []T, null T, idx []int32, lo, hi int) {
	dst, idx = dst[lo:hi], idx[lo:hi]
	for i, r := range idx {
		if uint(r) < uint(len(src)) {
			dst[i] = src[r]
		} else {
			dst[i] = null
		}
	}
}

func longs(idx []int32) []kdb.Long {
	out := make([]kdb.Long, len(idx))
	for i, r := range idx {
		out[i] = kdb.Long(r)
	}
	return out
}

func longRange(lo, hi int) []kdb.Long {
	out := make([]kdb.Long, hi-lo)
	for i := range out {
		out[i] = kdb.Long(lo + i)
	}
	return out
}
