package prim

import (
	"math"

	"github.com/quoinhq/quoin/kdb"
)

// ZoneLen is how many rows one zone of a column covers.
const ZoneLen = 1024

// Zones holds the least and the greatest key of each ZoneLen rows of a column,
// so that a search for extremes reads only the zones that can hold one. A key
// is an int64 that orders as the element does, nulls least (see OrderKey).
type Zones struct{ Least, Greatest []int64 }

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
// attribute keeps an index there; whoever amends a vector drops its index.
func ZonesOf(e *Env, x kdb.Value) *Zones {
	c, ok := columnOf(x)
	if !ok || width(c.t) != 8 || c.t == kdb.TEnum {
		return nil
	}
	place := indexPlace(x)
	if v := place.Load(); v != nil {
		if z, ok := (*v).(*Zones); ok && len(z.Least) == (c.n+ZoneLen-1)/ZoneLen {
			return z
		}
	}
	k := (c.n + ZoneLen - 1) / ZoneLen
	z := &Zones{make([]int64, k), make([]int64, k)}
	inParts(e, c.n, func(lo, hi int) {
		// Parts are cut anywhere; a zone belongs to the part it begins in.
		for i := (lo + ZoneLen - 1) / ZoneLen; i*ZoneLen < hi; i++ {
			p := c.slice(i*ZoneLen, min((i+1)*ZoneLen, c.n))
			if isFloating(c.t) {
				z.Least[i], z.Greatest[i] = floatZone(words[float64](p))
			} else {
				z.Least[i], z.Greatest[i] = rangeOf(words[int64](p))
			}
		}
	})
	switch AttrOf(x) {
	case kdb.NoAttr, kdb.Sorted:
		var v any = z
		place.Store(&v)
	}
	return z
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
