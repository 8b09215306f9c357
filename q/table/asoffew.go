package table

import (
	"sort"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q/prim"
)

// fewRows is how many rows an as-of join looks up one by one.
const fewRows = 256

// asofFew joins a few rows by one symbol column with an index and a time: each
// is found by its key and a bisection, so that the cost does not depend on the
// length of the right table. ok is false when that cannot be done.
func asofFew(l, r []kdb.Value) (at []int32, ok bool) {
	if len(l) != 2 || l[0].Len() > fewRows || !symbolic(l[0]) || !symbolic(r[0]) || l[1].Type() != r[1].Type() {
		return nil, false
	}
	n := r[1].Len()
	all := allRows(n)
	right, ok := intReader(r[1], &all)
	if !ok || n == 0 {
		return nil, false
	}
	mine := allRows(l[1].Len())
	left, _ := intReader(l[1], &mine)
	at = make([]int32, l[0].Len())
	for i := range at {
		key := prim.Item(l[0], i)
		if en, isEnum := key.(kdb.EnumAtom); isEnum {
			key = en.Sym()
		}
		var row func(j int) int
		var count int
		if lo, hi, known := prim.RangeOf(r[0], key); known {
			row, count = func(j int) int { return lo + j }, hi-lo
		} else if list, known := prim.RowsOf(r[0], key); known {
			row, count = func(j int) int { return int(list[j]) }, len(list)
		} else {
			return nil, false
		}
		t := left(i, i+1)[0]
		j := sort.Search(count, func(j int) bool { p := row(j); return right(p, p+1)[0] > t })
		at[i] = -1
		if j > 0 {
			at[i] = int32(row(j - 1))
		}
	}
	return at, true
}
