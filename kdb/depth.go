package kdb

import (
	"math/bits"
	"sync/atomic"
)

// depth keeps what Depth and Items found of a value, 0 while nobody asked: the
// depth and 1 in the lower half, the number of items, rounded, in the upper.
type depth struct{ found atomic.Uint32 }

// maxItems is where Items stops counting.
const maxItems = 1 << 62

// Depth returns how deep values are nested in v: 0 for an atom or a typed
// vector, 1 for a list of these. It is worked out once a value, from what is
// known of those inside, so that an engine can afford to ask of every value it
// makes and refuse what its recursions, and Go's stack, have no room for. Of a
// long list only some items are looked at.
func Depth(v Value) int {
	d, _ := nesting(v)
	return d
}

// Items returns about how many values what goes down into v comes across: 1 for
// an atom or a typed vector. A list that is in another twice counts twice, which
// is how little memory may hold more than can be walked through in a lifetime.
func Items(v Value) int {
	_, n := nesting(v)
	return n
}

func nesting(v Value) (deep, items int) {
	var known *depth
	switch x := v.(type) {
	case *List:
		known = &x.depth
	case *Dict:
		known = &x.depth
	case *Projection:
		known = &x.depth
	case *Compose:
		known = &x.depth
	case *Derived:
		known = &x.depth
	case *Table:
		deep, items = deepest(x.Cols)
		return deep + 1, items
	default:
		return 0, 1
	}
	found := known.found.Load()
	if found == 0 {
		switch x := v.(type) {
		case *List:
			deep, items = deepest(x.V)
		case *Dict:
			deep, items = both(x.K, x.V)
		case *Projection:
			deep, items = deepest(x.Args)
			d, n := nesting(x.F)
			deep, items = max(deep, d), items+n
		case *Compose:
			deep, items = deepest(x.F)
		case *Derived:
			deep, items = nesting(x.F)
		}
		found = uint32(min(deep+2, 1<<16-1)) | rounded(min(items, maxItems))<<16
		known.found.Store(found)
	}
	return int(found&(1<<16-1)) - 1, exact(found >> 16)
}

func both(x, y Value) (deep, items int) {
	d, n := nesting(x)
	e, m := nesting(y)
	return max(d, e), n + m
}

// Changed is called by who puts a value into a list that nobody else holds.
func (l *List) Changed() { l.depth.found.Store(0) }

// Changed is called by who changes a dictionary that nobody else holds.
func (d *Dict) Changed() { d.depth.found.Store(0) }

// deepest returns the greatest depth of the first, the last and some of the
// other items, and how many items there are in them if all are like those.
func deepest(items []Value) (deep, n int) {
	const some = 16
	step, seen := 1, 0
	if len(items) > 4*some {
		step = len(items) / (2 * some)
	}
	for i := 0; i < len(items); {
		if v := items[i]; v != nil {
			d, k := nesting(v)
			deep, n = max(deep, d), min(n+k, maxItems)
			seen++
		}
		if i < some || i >= len(items)-some || step == 1 {
			i++
		} else {
			i = min(i+step, len(items)-some)
		}
	}
	if seen > 0 && seen < len(items) {
		if n > maxItems/len(items) {
			return deep, maxItems
		}
		n = n * len(items) / seen
	}
	return deep, n
}

// rounded packs n into 16 bits: 6 of exponent, 10 behind the point.
func rounded(n int) uint32 {
	e := bits.Len64(uint64(n)) - 1
	switch {
	case e < 0:
		return 0
	case e <= 10:
		return uint32(e)<<10 | uint32(n)<<(10-e)&(1<<10-1)
	}
	return uint32(e)<<10 | uint32(n>>(e-10))&(1<<10-1)
}

// exact is the opposite of rounded; nothing at all counts as 1.
func exact(r uint32) int {
	e, m := int(r>>10), int(r&(1<<10-1)|1<<10)
	if e <= 10 {
		return m >> (10 - e)
	}
	return m << (e - 10)
}
