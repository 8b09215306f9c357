package table

import (
	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q/prim"
)

// keyMatch gives the keys of two tables one numbering, so that equal keys have
// equal numbers on both sides.
type keyMatch struct {
	n int // numbers are below n
	// left and right return readers of the numbers of rows lo to hi, at most
	// blockLen, each for one goroutine; -1 for a key that cannot match.
	left, right func() func(lo, hi int) []int32
	nl, nr      int
	// parted says that equal keys on the right are adjacent; lists are the
	// right rows by key where g# keeps them.
	parted bool
	runs   []kdb.Long
	lists  [][]kdb.Long
	keyOf  func(row int) int32 // of the right
	// leftRuns are where equal adjacent keys on the left begin, if it is parted.
	leftRuns []kdb.Long
	leftKey  func(row int) int32
}

// matchKeys numbers the keys of two tables of nl and nr rows, given as their key
// columns. No columns at all make one key that everything has.
func matchKeys(l, r []kdb.Value, nl, nr int) (*keyMatch, error) {
	if len(l) == 1 && symbolic(l[0]) && symbolic(r[0]) {
		return matchSymbols(l[0], r[0]), nil
	}
	k := &keyMatch{n: 1, nl: nl, nr: nr}
	if len(l) == 0 {
		zero := make([]int32, min(blockLen, max(nl, nr)))
		same := func() func(lo, hi int) []int32 { return func(lo, hi int) []int32 { return zero[:hi-lo] } }
		k.left, k.right = same, same
		return k, nil
	}
	ids := make([]int32, k.nl+k.nr)
	for i := range l {
		both, err := prim.JoinValues(plain(r[i]), plain(l[i]))
		if err != nil {
			return nil, err
		}
		if both.Type() == kdb.TList && l[i].Type() != kdb.TList && r[i].Type() != kdb.TList && k.nl > 0 && k.nr > 0 {
			return nil, prim.ErrType
		}
		c, firsts := prim.Classify(both)
		n := len(firsts)
		if i == 0 {
			for j, x := range c {
				ids[j] = int32(x)
			}
			k.n = n
			continue
		}
		more := make([]uint32, len(ids))
		for j, x := range ids {
			more[j] = uint32(x)
		}
		paired, pairs := prim.PairIDs(more, k.n, c, n)
		for j, x := range paired {
			ids[j] = int32(x)
		}
		k.n = len(pairs)
	}
	right, left := ids[:k.nr], ids[k.nr:]
	k.left = func() func(lo, hi int) []int32 { return func(lo, hi int) []int32 { return left[lo:hi] } }
	k.right = func() func(lo, hi int) []int32 { return func(lo, hi int) []int32 { return right[lo:hi] } }
	return k, nil
}

// plain returns an enumeration as symbols, so that columns of different domains
// can be compared.
func plain(v kdb.Value) kdb.Value {
	if en, ok := v.(*kdb.Enum); ok && !en.IsLink() {
		return prim.Symbols(en)
	}
	return prim.Unlinked(v)
}

func symbolic(v kdb.Value) bool {
	en, ok := v.(*kdb.Enum)
	return v.Type() == kdb.TSymbol || ok && !en.IsLink()
}

// matchSymbols uses the symbols' own numbers.
func matchSymbols(l, r kdb.Value) *keyMatch {
	reader := func(v kdb.Value) func() func(lo, hi int) []int32 {
		all := allRows(v.Len())
		return func() func(lo, hi int) []int32 {
			read, _ := symbolReader(v, &all)
			return func(lo, hi int) []int32 {
				if lo == hi {
					return nil
				}
				return int32Words(read(lo, hi))
			}
		}
	}
	k := &keyMatch{n: kdb.SymbolCount(), left: reader(l), right: reader(r), nl: l.Len(), nr: r.Len()}
	k.runs, k.parted = prim.Runs(r)
	k.lists, _ = prim.GroupsOf(r)
	first := reader(r)()
	k.keyOf = func(row int) int32 { return first(row, row+1)[0] }
	k.leftRuns, _ = prim.Runs(l)
	leftFirst := reader(l)()
	k.leftKey = func(row int) int32 { return leftFirst(row, row+1)[0] }
	return k
}

// leftGroups returns the left rows ordered by key, and where each key's begin;
// after the last key come the rows whose key cannot match.
func (k *keyMatch) leftGroups() (order, starts []int32) {
	return groupRows(k.left(), k.nl, k.n)
}

func groupRows(read func(lo, hi int) []int32, rows, n int) (order, starts []int32) {
	count := make([]int32, n+2)
	for at := 0; at < rows; at += blockLen {
		for _, key := range read(at, min(at+blockLen, rows)) {
			if key < 0 {
				key = int32(n)
			}
			count[key+1]++
		}
	}
	for i := range n + 1 {
		count[i+1] += count[i]
	}
	starts = make([]int32, n+1)
	copy(starts, count)
	order = prim.MakeRaw[int32](rows)
	for at := 0; at < rows; at += blockLen {
		for i, key := range read(at, min(at+blockLen, rows)) {
			if key < 0 {
				key = int32(n)
			}
			order[count[key]] = int32(at + i)
			count[key]++
		}
	}
	return order, starts
}

// keyRows are the right rows by key: spans where they are adjacent, else lists.
type keyRows struct {
	lo, hi []int32
	lists  [][]kdb.Long
}

func (k *keyMatch) rightGroups() keyRows {
	g := keyRows{}
	switch {
	case k.parted:
		g.lo, g.hi = make([]int32, k.n), make([]int32, k.n)
		for i, at := range k.runs {
			end := kdb.Long(k.nr)
			if i+1 < len(k.runs) {
				end = k.runs[i+1]
			}
			key := k.keyOf(int(at))
			g.lo[key], g.hi[key] = int32(at), int32(end)
		}
	case k.lists != nil:
		g.lists = make([][]kdb.Long, k.n)
		for _, l := range k.lists {
			g.lists[k.keyOf(int(l[0]))] = l
		}
	default:
		order, starts := groupRows(k.right(), k.nr, k.n)
		all := make([]kdb.Long, len(order))
		for i, o := range order {
			all[i] = kdb.Long(o)
		}
		g.lists = make([][]kdb.Long, k.n)
		for key := range g.lists {
			g.lists[key] = all[starts[key]:starts[key+1]]
		}
	}
	return g
}

// span returns the rows of a key when they are adjacent.
func (g keyRows) span(key int) (lo, hi int32, ok bool) {
	if g.lo == nil {
		return 0, 0, false
	}
	return g.lo[key], g.hi[key], true
}

func (g keyRows) list(key int) []kdb.Long { return g.lists[key] }
