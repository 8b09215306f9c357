package kdb

import "sync/atomic"

// depth keeps what Depth found of a value, 0 while nobody asked.
type depth struct{ found atomic.Uint32 }

// Depth returns how deep values are nested in v: 0 for an atom or a typed
// vector, 1 for a list of these. It is worked out once a value, from what is
// known of those inside, so that an engine can afford to ask of every value it
// makes and refuse what its recursions, and Go's stack, have no room for. Of a
// long list only some items are looked at.
func Depth(v Value) int {
	var known *depth
	d := 0
	switch x := v.(type) {
	case *List:
		if known = &x.depth; known.found.Load() == 0 {
			d = deepest(x.V)
		}
	case *Dict:
		if known = &x.depth; known.found.Load() == 0 {
			d = max(Depth(x.K), Depth(x.V))
		}
	case *Table:
		return 1 + deepest(x.Cols)
	case *Projection:
		if known = &x.depth; known.found.Load() == 0 {
			d = max(Depth(x.F), deepest(x.Args))
		}
	case *Compose:
		if known = &x.depth; known.found.Load() == 0 {
			d = deepest(x.F)
		}
	case *Derived:
		if known = &x.depth; known.found.Load() == 0 {
			d = Depth(x.F)
		}
	default:
		return 0
	}
	if known.found.Load() == 0 {
		known.found.Store(uint32(d) + 1)
	}
	return int(known.found.Load())
}

// Changed is called by who puts a value into a list that nobody else holds.
func (l *List) Changed() { l.depth.found.Store(0) }

// Changed is called by who changes a dictionary that nobody else holds.
func (d *Dict) Changed() { d.depth.found.Store(0) }

// deepest returns the greatest depth of the first, the last and some of the
// other items.
func deepest(items []Value) int {
	const some = 16
	d := 0
	step := 1
	if len(items) > 4*some {
		step = len(items) / (2 * some)
	}
	for i := 0; i < len(items); {
		if v := items[i]; v != nil {
			d = max(d, Depth(v))
		}
		if i < some || i >= len(items)-some || step == 1 {
			i++
		} else {
			i = min(i+step, len(items)-some)
		}
	}
	return d
}
