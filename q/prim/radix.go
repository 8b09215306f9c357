package prim

import (
	"math/bits"
	"sync/atomic"
)

// Sorting is by whole numbers: what q sorts becomes keys of few bits (see
// Order), and keys are dealt out by their highest digit into parts that fit the
// second-level cache, which are then sorted by the other digits from the lowest
// on. Dealing out reads and writes memory once, whatever the number of digits,
// and both steps run on all threads.

// keyed is a row and what is left of its key.
type keyed struct {
	key uint64
	row uint32
}

// partRows is how many rows a part should have: a few hundred kilobytes.
const partRows = 1 << 13

// radixOrder returns the stable order that sorts keys of so many bits ascending.
func radixOrder(e *Env, keys []uint64, width int) []uint32 {
	n := len(keys)
	out := MakeRaw[uint32](n)
	if n <= partRows && width > 11 {
		part := make([]keyed, n)
		for i, k := range keys {
			part[i] = keyed{k, uint32(i)}
		}
		sortPart(part, nil)
		for i, p := range part {
			out[i] = p.row
		}
		return out
	}
	top := min(width, max(8, min(11, bits.Len(uint(n/partRows)))))
	shift := uint(width - top)
	k := threads(e, n)
	starts := make([][]uint32, k)
	inSteps := func(f func(lo, hi int, at []uint32)) {
		InParallel(k, func(p int) { f(p*n/k, (p+1)*n/k, starts[p]) })
	}
	for p := range starts {
		starts[p] = make([]uint32, 1<<top)
	}
	inSteps(func(lo, hi int, at []uint32) {
		for _, key := range keys[lo:hi] {
			at[key>>shift]++
		}
	})
	total := uint32(0)
	ends := make([]uint32, 1<<top)
	for digit := range ends {
		for p := range starts {
			count := starts[p][digit]
			starts[p][digit] = total
			total += count
		}
		ends[digit] = total
	}
	if shift == 0 {
		inSteps(func(lo, hi int, at []uint32) {
			for i, key := range keys[lo:hi] {
				p := &at[key]
				out[*p] = uint32(lo + i)
				*p++
			}
		})
		return out
	}
	pairs := MakeRaw[keyed](n)
	low := uint64(1)<<shift - 1
	inSteps(func(lo, hi int, at []uint32) {
		for i, key := range keys[lo:hi] {
			p := &at[key>>shift]
			pairs[*p] = keyed{key & low, uint32(lo + i)}
			*p++
		}
	})
	var next atomic.Int64
	InParallel(k, func(int) {
		var spare []keyed
		for {
			digit := int(next.Add(1)) - 1
			if digit >= len(ends) {
				return
			}
			lo := uint32(0)
			if digit > 0 {
				lo = ends[digit-1]
			}
			part := pairs[lo:ends[digit]]
			spare = sortPart(part, spare)
			for i, p := range part {
				out[int(lo)+i] = p.row
			}
		}
	})
	return out
}

// sortPart sorts by key, equal ones as they stand. It uses spare, which may be
// too short, and returns what it used instead.
func sortPart(a, spare []keyed) []keyed {
	if len(a) < 2 {
		return spare
	}
	varying, sorted, prev := uint64(0), true, a[0].key
	for _, x := range a {
		varying |= x.key ^ a[0].key
		sorted = sorted && prev <= x.key
		prev = x.key
	}
	if sorted {
		return spare
	}
	if len(a) <= 32 {
		for i := 1; i < len(a); i++ {
			x, j := a[i], i
			for ; j > 0 && a[j-1].key > x.key; j-- {
				a[j] = a[j-1]
			}
			a[j] = x
		}
		return spare
	}
	if len(spare) < len(a) {
		spare = make([]keyed, max(len(a), 2*partRows))
	}
	if top := bits.Len64(varying); len(a) > 16*partRows && top > 11 {
		return sortLongPart(a, spare, uint(top-8))
	}
	from, to := a, spare[:len(a)]
	for shift := uint(bits.TrailingZeros64(varying)); varying>>shift != 0; shift += 8 {
		if varying>>shift&255 == 0 {
			continue
		}
		var at [256]uint32
		for _, x := range from {
			at[uint8(x.key>>shift)]++
		}
		total := uint32(0)
		for d, count := range at {
			at[d] = total
			total += count
		}
		for _, x := range from {
			p := &at[uint8(x.key>>shift)]
			to[*p] = x
			*p++
		}
		from, to = to, from
	}
	if &from[0] != &a[0] {
		copy(a, from)
	}
	return spare
}

// sortLongPart deals a part that does not fit the cache out by the eight bits
// from shift on, above which its keys are equal, and sorts what that makes.
func sortLongPart(a, spare []keyed, shift uint) []keyed {
	var at, ends [256]uint32
	for _, x := range a {
		at[uint8(x.key>>shift)]++
	}
	total := uint32(0)
	for d, count := range at {
		at[d] = total
		total += count
		ends[d] = total
	}
	to := spare[:len(a)]
	for _, x := range a {
		p := &at[uint8(x.key>>shift)]
		to[*p] = x
		*p++
	}
	copy(a, to)
	lo := uint32(0)
	for _, hi := range ends {
		spare = sortPart(a[lo:hi], spare)
		lo = hi
	}
	return spare
}
