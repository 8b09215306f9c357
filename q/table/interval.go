package table

import (
	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q/prim"
)

// inInterval selects the rows whose integers lie in a closed interval, or with
// not outside it. A sorted column is searched, not scanned.
func (q *query) inInterval(col kdb.Value, lo, hi int64, not bool) rows {
	if lo > hi {
		if not {
			return q.sel
		}
		return rows{}
	}
	if prim.AttrOf(col) == kdb.Sorted && q.sel.idx == nil && !not {
		all := allRows(col.Len())
		read, _ := intReader(col, &all)
		at := func(limit int64, above bool) int32 {
			a, b := 0, col.Len()
			for a < b {
				m := (a + b) / 2
				if v := read(m, m+1)[0]; v < limit || above && v == limit {
					a = m + 1
				} else {
					b = m
				}
			}
			return int32(a)
		}
		return q.within([]span{{at(lo, false), at(hi, true)}})
	}
	if !not {
		if r, ok := q.inZones(col, lo, hi); ok {
			return r
		}
	}
	width := uint64(hi) - uint64(lo)
	return q.keepEach(func() func(a, b int, out []int32) []int32 {
		read, _ := intReader(col, &q.sel)
		return func(a, b int, out []int32) []int32 {
			in, k := read(a, b), 0
			out = out[:len(in)]
			for i, v := range in {
				out[k] = int32(a + i)
				k += b2i((uint64(v)-uint64(lo) <= width) != not)
			}
			return out[:k]
		}
	})
}

// zonesFrom is how many rows must be tested for zones to pay.
const zonesFrom = 1 << 14

// interest says what a zone of a column can contribute to an interval.
type interest uint8

const (
	nothing interest = iota
	some
	everything
)

// inZones is inInterval where whole zones of a column of integers lie inside or
// outside the interval, as in a column that ascends without saying so: the rows
// of such zones are not read. ok is false where zones are not kept.
func (q *query) inZones(col kdb.Value, lo, hi int64) (r rows, ok bool) {
	sel := q.sel
	if sel.n < zonesFrom || sel.idx == nil && len(sel.spans) != 1 {
		return rows{}, false
	}
	switch col.Type() {
	case kdb.TLong, kdb.TTimestamp, kdb.TTimespan:
	default:
		return rows{}, false
	}
	if !prim.KeepsZones(col) && !q.zonesPay(col, lo, hi) {
		return rows{}, false
	}
	z := prim.ZonesOf(q.e, col)
	if z == nil {
		return rows{}, false
	}
	wanted := make([]interest, len(z.Least))
	sure := 0
	for i, least := range z.Least {
		switch greatest := z.Greatest[i]; {
		case greatest < lo || least > hi:
			sure++
		case least >= lo && greatest <= hi:
			wanted[i] = everything
			sure++
		default:
			wanted[i] = some
		}
	}
	if 2*sure < len(wanted) {
		return rows{}, false
	}
	base := 0
	if sel.idx == nil {
		base = int(sel.spans[0].lo)
	}
	return q.keepEach(func() func(a, b int, out []int32) []int32 {
		read, _ := intReader(col, &q.sel)
		return func(a, b int, out []int32) []int32 {
			for a < b {
				row, end := base+a, 0
				if sel.idx != nil {
					row = int(sel.idx[a])
				}
				zone := row / prim.ZoneLen
				if next := (zone + 1) * prim.ZoneLen; sel.idx == nil {
					end = min(b, next-base)
				} else {
					for end = a + 1; end < b && int(sel.idx[end]) < next; end++ {
					}
				}
				switch wanted[zone] {
				case everything:
					for ; a < end; a++ {
						out = append(out, int32(a))
					}
				case some:
					out = appendBetween(out, read(a, end), a, lo, hi)
				}
				a = end
			}
			return out
		}
	}), true
}

// zonesPay reports whether it is worth reading the whole column once to have its
// zones: if the selection is no small part of it, and in samples neighbours are
// mostly together inside or outside the interval.
func (q *query) zonesPay(col kdb.Value, lo, hi int64) bool {
	const samples, length = 16, 64
	sel := q.sel
	if sel.idx == nil && 2*sel.n < col.Len() || 64*sel.n < col.Len() {
		return false
	}
	read, ok := intReader(col, &q.sel)
	if !ok {
		return false
	}
	together := 0
	for i := range samples {
		at := i * (sel.n - length) / samples
		inside := 0
		for _, v := range read(at, at+length) {
			inside += b2i(lo <= v && v <= hi)
		}
		together += b2i(inside == 0 || inside == length)
	}
	return 4*together > 3*samples
}

// appendBetween appends the positions, from at on, of the integers in a closed
// interval. out has room for them all.
func appendBetween(out []int32, in []int64, at int, lo, hi int64) []int32 {
	width := uint64(hi) - uint64(lo)
	k := len(out)
	out = out[:k+len(in)]
	for i, v := range in {
		out[k] = int32(at + i)
		k += b2i(uint64(v)-uint64(lo) <= width)
	}
	return out[:k]
}
