package prim

import (
	"math"
	"math/bits"

	"github.com/quoinhq/quoin/kdb"
)

// sortKey maps a column to unsigned integers that order as its elements do,
// nulls first.
type sortKey struct {
	c         column
	ranks     []uint32 // of symbols, by number
	made      []uint32 // or of a few symbols, by row
	lo, hi    uint64
	ascending bool
}

// sortBlock is how many keys are made at a time, so that they stay in cache.
const sortBlock = 2048

// newSortKey returns the key of a column; ok is false for lists that do not
// order by a number.
func newSortKey(e *Env, x kdb.Value) (k *sortKey, ok bool) {
	c, ok := columnOf(x)
	if !ok || c.t == kdb.TGUID {
		return nil, false
	}
	k = &sortKey{c: plainColumn(c)}
	if k.c.t == kdb.TSymbol {
		if s := words[kdb.Symbol](k.c); 8*len(s) < kdb.SymbolCount() {
			k.made = fewRanks(s)
		} else {
			k.ranks = symbolRanks(e, s)
		}
	}
	k.span(e)
	return k, true
}

// span finds the least and greatest key, and whether they ascend.
func (k *sortKey) span(e *Env) {
	if k.c.n == 0 {
		k.ascending = true
		return
	}
	type part struct {
		first, last, lo, hi uint64
		ascending           bool
	}
	found := gatherParts(e, k.c.n, func(lo, hi int) part {
		buf := make([]uint64, sortBlock)
		p := part{lo: math.MaxUint64, ascending: true}
		prev := uint64(0)
		for at := lo; at < hi; at += sortBlock {
			keys := k.read(at, min(at+sortBlock, hi), buf)
			if at == lo {
				p.first = keys[0]
			}
			for _, v := range keys {
				p.ascending = p.ascending && prev <= v
				prev = v
				p.lo, p.hi = min(p.lo, v), max(p.hi, v)
			}
		}
		p.last = prev
		return p
	})
	k.lo, k.hi, k.ascending = found[0].lo, found[0].hi, found[0].ascending
	for i, p := range found[1:] {
		k.ascending = k.ascending && p.ascending && found[i].last <= p.first
		k.lo, k.hi = min(k.lo, p.lo), max(k.hi, p.hi)
	}
}

// width is how many bits the keys differ in.
func (k *sortKey) width() int { return bits.Len64(k.hi - k.lo) }

// addTo puts the keys, counted from the least, or down from the greatest, into
// the bits from shift on.
func (k *sortKey) addTo(e *Env, keys []uint64, shift uint, descending bool) {
	inParts(e, k.c.n, func(lo, hi int) {
		buf := make([]uint64, sortBlock)
		for at := lo; at < hi; at += sortBlock {
			to := min(at+sortBlock, hi)
			out := keys[at:to]
			for i, v := range k.read(at, to, buf) {
				d := v - k.lo
				if descending {
					d = k.hi - v
				}
				out[i] |= d << shift
			}
		}
	})
}

// read fills buf with the keys of rows lo to hi.
func (k *sortKey) read(lo, hi int, buf []uint64) []uint64 {
	c, out := k.c.slice(lo, hi), buf[:hi-lo]
	if k.made != nil {
		for i, rank := range k.made[lo:hi] {
			out[i] = uint64(rank)
		}
		return out
	}
	switch c.t {
	case kdb.TSymbol:
		for i, s := range words[kdb.Symbol](c) {
			out[i] = uint64(k.ranks[s.ID()])
		}
		return out
	case kdb.TFloat, kdb.TDatetime:
		for i, v := range words[float64](c) {
			out[i] = uint64(OrderKey(v)) ^ 1<<63
		}
		return out
	case kdb.TReal:
		for i, v := range words[float32](c) {
			b := math.Float32bits(v + 0)
			// Positive floats order as their bits, negative ones backwards.
			if b ^= uint32(int32(b)>>31) | 1<<31; v != v {
				b = 0
			}
			out[i] = uint64(b)
		}
		return out
	}
	switch width(c.t) {
	case 1:
		for i, v := range words[uint8](c) {
			out[i] = uint64(v)
		}
	case 2:
		for i, v := range words[uint16](c) {
			out[i] = uint64(v ^ 1<<15)
		}
	case 4:
		for i, v := range words[uint32](c) {
			out[i] = uint64(v ^ 1<<31)
		}
	case 8:
		for i, v := range words[uint64](c) {
			out[i] = v ^ 1<<63
		}
	}
	return out
}

// Order returns the rows of a table in the order of the given columns, the first
// the major one, equal rows as they stand; nil when they are in order already.
// Columns whose keys fit 64 bits together are sorted by at once.
func Order(e *Env, cols []kdb.Value, descending bool) []uint32 {
	s := sorting{e: e, descending: descending}
	for i := len(cols) - 1; i >= 0; i-- {
		k, ok := newSortKey(e, cols[i])
		if !ok {
			s.byKeys()
			s.byItems(cols[i])
			continue
		}
		if k.lo == k.hi || k.ascending && !descending && s.order == nil && s.keys == nil {
			continue
		}
		if s.width+k.width() > 64 {
			s.byKeys()
		}
		if s.keys == nil {
			s.keys = make([]uint64, k.c.n)
		}
		k.addTo(e, s.keys, uint(s.width), descending)
		s.width += k.width()
	}
	s.byKeys()
	return s.order
}

// sorting is an order on its way, from the minor columns to the major ones.
type sorting struct {
	e          *Env
	descending bool
	order      []uint32 // so far; nil as the rows stand
	keys       []uint64 // by row, what is to be sorted by next; nil for nothing
	width      int
}

// byKeys sorts by the keys collected.
func (s *sorting) byKeys() {
	if s.keys == nil {
		return
	}
	keys, by := s.keys, s.order
	if by != nil {
		keys = MakeRaw[uint64](len(by))
		inParts(s.e, len(by), func(lo, hi int) {
			for i, row := range by[lo:hi] {
				keys[lo+i] = s.keys[row]
			}
		})
	}
	s.then(gradeKeys(s.e, keys, s.width))
	s.keys, s.width = nil, 0
}

// byItems sorts by a list that only comparing its items orders.
func (s *sorting) byItems(x kdb.Value) {
	if s.order != nil {
		rows := make([]kdb.Long, len(s.order))
		for i, row := range s.order {
			rows[i] = kdb.Long(row)
		}
		x = Gather(x, rows)
	}
	s.then(gradeItems(x, s.descending))
}

// then applies an order, nil for none, to the order so far.
func (s *sorting) then(next []uint32) {
	if s.order != nil {
		for i, at := range next {
			next[i] = s.order[at]
		}
	}
	if next != nil {
		s.order = next
	}
}

// gradeKeys returns the stable order that sorts keys of so many bits, nil if
// they ascend.
func gradeKeys(e *Env, keys []uint64, width int) []uint32 {
	if len(keys) < 2 {
		return nil
	}
	sorted := true
	for _, ok := range gatherParts(e, len(keys), func(lo, hi int) bool {
		prev := keys[max(lo-1, 0)]
		for _, k := range keys[lo:hi] {
			if k < prev {
				return false
			}
			prev = k
		}
		return true
	}) {
		sorted = sorted && ok
	}
	if sorted {
		return nil
	}
	return radixOrder(e, keys, width)
}

// symbolRanks returns, by symbol number, the rank of each symbol of s in the
// order of their texts.
func symbolRanks(e *Env, s []kdb.Symbol) []uint32 {
	seen := gatherParts(e, len(s), func(lo, hi int) []bool {
		mark := make([]bool, kdb.SymbolCount())
		for _, x := range s[lo:hi] {
			mark[x.ID()] = true
		}
		return mark
	})
	var used []uint32
	var texts []string
	for id := range seen[0] {
		for _, mark := range seen {
			if id < len(mark) && mark[id] {
				used = append(used, uint32(id))
				texts = append(texts, view[kdb.Symbol]([]uint32{uint32(id)})[0].String())
				break
			}
		}
	}
	ranks := make([]uint32, len(seen[0]))
	for r, i := range gradeTexts(texts, false) {
		ranks[used[i]] = uint32(r)
	}
	return ranks
}

// fewRanks returns the rank of each symbol's text among those of s; its cost does
// not depend on how many symbols the process has.
func fewRanks(s []kdb.Symbol) []uint32 {
	texts := make([]string, len(s))
	for i, x := range s {
		texts[i] = x.String()
	}
	out := make([]uint32, len(s))
	rank, prev := uint32(0), -1
	for _, i := range gradeTexts(texts, false) {
		if prev >= 0 && texts[prev] != texts[i] {
			rank++
		}
		prev = int(i)
		out[i] = rank
	}
	return out
}
