package table

import (
	"math"
	"slices"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q/prim"
)

// ranked is a position and the number it is ranked by.
type ranked struct {
	key int64
	pos int32
}

// topRows returns the positions of the k smallest items (largest for desc) in
// order, equal ones in the order they stand, as iasc and idesc give them. ok is
// false for columns that are not numbers.
func topRows(e *prim.Env, col kdb.Value, r *rows, k int, desc bool) ([]int32, bool) {
	mk := func() func(lo, hi int) []int64 {
		if read, ok := intReader(col, r); ok {
			return read
		}
		if f, ok := floatReader(col, r); ok {
			return orderedFloats(f)
		}
		return nil
	}
	if mk() == nil {
		return nil, false
	}
	if out, ok := topZones(e, col, r, k, desc, mk()); ok {
		return out, true
	}
	parted := make([][]ranked, parts(e, r.n, 1<<16))
	parallel(e, r.n, 1<<16, func(part, lo, hi int) {
		t := &topper{k: k, limit: math.MaxInt64}
		read := mk()
		t.sample(read, lo, hi, desc)
		for at := lo; at < hi; at += blockLen {
			t.add(at, read(at, min(at+blockLen, hi)), desc)
		}
		t.shrink()
		parted[part] = t.best
	})
	var best []ranked
	for _, p := range parted {
		best = append(best, p...)
	}
	slices.SortFunc(best, compareRanked)
	out := make([]int32, min(k, len(best)))
	for i := range out {
		out[i] = best[i].pos
	}
	return out, true
}

// topZones is topRows for all rows of a column with zones. The k-th best of the
// zones' extremes is no better than the k-th best item, so only zones that
// reach it are read: few, whether the column is in random order or sorted.
func topZones(e *prim.Env, col kdb.Value, r *rows, k int, desc bool, read func(lo, hi int) []int64) ([]int32, bool) {
	if r.idx != nil || len(r.spans) != 1 || r.n != col.Len() || k <= 0 || r.n < 4*k*prim.ZoneLen {
		return nil, false
	}
	z := prim.ZonesOf(e, col)
	if z == nil {
		return nil, false
	}
	keys := z.Least
	if desc {
		keys = z.Greatest
	}
	extremes := &topper{k: k, limit: math.MaxInt64}
	extremes.add(0, keys, desc)
	extremes.shrink()
	worst := extremes.best[k-1].key
	if worst == math.MaxInt64 {
		return nil, false
	}
	flip := int64(0)
	if desc {
		flip = -1
	}
	zone := func(t *topper, i int) {
		for lo, end := i*prim.ZoneLen, min((i+1)*prim.ZoneLen, r.n); lo < end; lo += blockLen {
			t.add(lo, read(lo, min(lo+blockLen, end)), desc)
		}
	}
	// The zones with a better item than that come first, the best one before
	// the others, so that in a sorted column one or two zones are read; there
	// are fewer than k. Out of order, an item equal to the limit may still count.
	first := &topper{k: k, limit: worst + 1, ties: true}
	last := &topper{k: k, limit: worst + 1}
	better := []ranked{}
	for i, key := range keys {
		switch key ^= flip; {
		case key < worst:
			better = append(better, ranked{key, int32(i)})
		case key == worst:
			zone(last, i)
		}
	}
	slices.SortFunc(better, compareRanked)
	for _, b := range better {
		if b.key >= first.limit {
			break
		}
		zone(first, int(b.pos))
		first.shrink()
	}
	first.best = append(first.best, last.best...)
	first.shrink()
	out := make([]int32, len(first.best))
	for i, b := range first.best {
		out[i] = b.pos
	}
	return out, true
}

// topper keeps the k smallest keys seen, in a buffer that is cut down to k when
// it is full, which moves the limit that most keys fail at.
type topper struct {
	k     int
	limit int64
	best  []ranked
	ties  bool // items equal to the k-th come in any order of position
}

// sample sets the limit to the k-th smallest of some items spread over the part,
// so that few others pass even if the column gets better towards its end.
func (t *topper) sample(read func(lo, hi int) []int64, lo, hi int, desc bool) {
	step := (hi - lo) / max(1<<12, 64*t.k)
	if step < 4 {
		return
	}
	for at := lo; at < hi; at += step {
		key := read(at, at+1)[0]
		if desc {
			key = ^key
		}
		t.best = append(t.best, ranked{key, int32(at)})
	}
	t.shrink()
	if t.limit < math.MaxInt64 {
		t.limit++ // equal ones still have to come
	}
	t.best = t.best[:0]
}

func (t *topper) add(at int, keys []int64, desc bool) {
	flip := int64(0)
	if desc {
		flip = -1 // x^-1 is ^x, which reverses the order
	}
	for i, key := range keys {
		if key ^= flip; key < t.limit || t.limit == math.MaxInt64 {
			t.best = append(t.best, ranked{key, int32(at + i)})
			if len(t.best) >= 4*t.k+1024 {
				t.shrink()
			}
		}
	}
}

func (t *topper) shrink() {
	slices.SortFunc(t.best, compareRanked)
	if len(t.best) >= t.k {
		t.best = t.best[:t.k]
		if t.k > 0 {
			t.limit = t.best[t.k-1].key
			if t.ties && t.limit < math.MaxInt64 {
				t.limit++
			}
		}
	}
}

func compareRanked(a, b ranked) int {
	switch {
	case a.key < b.key:
		return -1
	case a.key > b.key:
		return 1
	}
	return int(a.pos - b.pos)
}

// orderedFloats turns floats into integers of the same order, null first.
func orderedFloats(read func(lo, hi int) []float64) func(lo, hi int) []int64 {
	var mem []int64
	return func(lo, hi int) []int64 {
		in := read(lo, hi)
		out := scratch(&mem, len(in))
		for i, v := range in {
			out[i] = prim.OrderKey(v)
		}
		return out
	}
}
