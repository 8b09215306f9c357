package prim

import (
	"math"
	"slices"
	"sync/atomic"

	"github.com/quoinhq/quoin/kdb"
)

// ZoneLen is how many rows one zone of a column covers.
const ZoneLen = 1024

// Zones holds the least and the greatest key of each ZoneLen rows of a column,
// so that a search reads only the zones that can hold what it looks for. A key
// is an int64 that orders as the element does, nulls least (see OrderKey). They
// are never changed: those of a column that has grown are a longer copy.
type Zones struct {
	n               int // rows covered
	Least, Greatest []int64
	// Ascends says of integers that none is below the one before it.
	Ascends bool
}

// OrderKey maps a float to an integer of the same order, the null first.
func OrderKey(v float64) int64 {
	if v != v {
		return math.MinInt64
	}
	b := int64(math.Float64bits(v + 0))
	return b ^ int64(uint64(b>>63)>>1)
}

// ZonesOf returns the zones of a numeric vector of eight-byte elements, nil for
// other values. They are made at first use and kept with the vector unless its
// attribute keeps an index there; whoever amends a vector drops its index, and
// who appends to it hands them on, so that only new rows are read.
func ZonesOf(e *Env, x kdb.Value) *Zones {
	c, ok := columnOf(x)
	if !ok || width(c.t) != 8 || c.t == kdb.TEnum {
		return nil
	}
	place := indexPlace(x)
	z := zonesAt(place)
	if z != nil && z.n == c.n {
		return z
	}
	z = z.over(e, c)
	switch AttrOf(x) {
	case kdb.NoAttr, kdb.Sorted:
		var v any = z
		place.Store(&v)
	}
	return z
}

// KeepsZones reports whether zones of x, or of a shorter version of it, are kept.
func KeepsZones(x kdb.Value) bool {
	place := indexPlace(x)
	return place != nil && zonesAt(place) != nil
}

// zonesAt returns the zones kept in a vector's index place, if any.
func zonesAt(place *atomic.Pointer[any]) *Zones {
	if v := place.Load(); v != nil {
		z, _ := (*v).(*Zones)
		return z
	}
	return nil
}

// handZones lets r, whose first items are v's, keep v's zones.
func handZones[T kdb.Elem](v, r *kdb.Vec[T]) {
	if p := v.Index.Load(); p != nil {
		if _, ok := (*p).(*Zones); ok {
			r.Index.Store(p)
		}
	}
}

// over returns the zones of c, of whose first rows z is known; nil is none.
func (z *Zones) over(e *Env, c column) *Zones {
	k := (c.n + ZoneLen - 1) / ZoneLen
	out := &Zones{n: c.n, Least: make([]int64, k), Greatest: make([]int64, k), Ascends: !isFloating(c.t)}
	whole := 0
	if z != nil && z.n < c.n {
		whole = z.n / ZoneLen
		copy(out.Least, z.Least[:whole])
		copy(out.Greatest, z.Greatest[:whole])
		out.Ascends = z.Ascends
	}
	rest := c.slice(whole*ZoneLen, c.n)
	var descent atomic.Bool
	inParts(e, rest.n, func(lo, hi int) {
		// Parts are cut anywhere; a zone belongs to the part it begins in.
		for i := (lo + ZoneLen - 1) / ZoneLen; i*ZoneLen < hi; i++ {
			p := rest.slice(i*ZoneLen, min((i+1)*ZoneLen, rest.n))
			least, greatest := &out.Least[whole+i], &out.Greatest[whole+i]
			if isFloating(c.t) {
				*least, *greatest = floatZone(words[float64](p))
			} else {
				s := words[int64](p)
				*least, *greatest = rangeOf(s)
				if !slices.IsSorted(s) {
					descent.Store(true)
				}
			}
		}
	})
	for i := max(whole, 1); i < k && out.Ascends; i++ {
		out.Ascends = out.Greatest[i-1] <= out.Least[i]
	}
	out.Ascends = out.Ascends && !descent.Load()
	return out
}

func floatZone(s []float64) (least, greatest int64) {
	lo, hi, null := math.Inf(1), math.Inf(-1), 0
	for _, v := range s {
		if v < lo {
			lo = v
		}
		if v > hi {
			hi = v
		}
		if v != v {
			null++
		}
	}
	least, greatest = OrderKey(lo), OrderKey(hi)
	if null > 0 {
		least = math.MinInt64
	}
	if null == len(s) {
		greatest = math.MinInt64
	}
	return least, greatest
}
