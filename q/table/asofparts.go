package table

import (
	"slices"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q/prim"
)

// asofParts joins two tables that are both parted by the key: part by part, each
// a stretch of rows on either side, so that nothing is looked up by row. The
// goroutines take equal numbers of left rows, wherever that cuts a part.
func asofParts(e *prim.Env, k *keyMatch, lt, rt []int64) []int32 {
	at := prim.MakeRaw[int32](len(lt))
	right := k.rightGroups()
	// A symbol column is read through a reader, which serves one goroutine.
	keys := make([]int32, len(k.leftRuns))
	for i, row := range k.leftRuns {
		keys[i] = k.leftKey(int(row))
	}
	parallel(e, len(lt), 1<<14, func(_, lo, hi int) {
		part, found := slices.BinarySearch(k.leftRuns, kdb.Long(lo))
		if !found {
			part--
		}
		for i := lo; i < hi; part++ {
			end := hi
			if part+1 < len(keys) {
				end = min(hi, int(k.leftRuns[part+1]))
			}
			a, b, _ := right.span(int(keys[part]))
			asofPart(at[i:end], lt[i:end], rt[a:b], a)
			i = end
		}
	})
	return at
}

// asofPart joins the times of one key on the left against those on the right,
// whose first is row base.
func asofPart(at []int32, lt, rt []int64, base int32) {
	at = at[:len(lt)]
	j := 0
	for i, t := range lt {
		if i > 0 && t < lt[i-1] {
			j = 0
		}
		if j < len(rt) && rt[j] <= t {
			j++
			// One step further is as likely as not: without a branch.
			if j < len(rt) {
				j += b2i(rt[j] <= t)
			}
			if j < len(rt) && rt[j] <= t {
				j += int(stepTo(rt[j:], t))
			}
		}
		at[i] = int32(j) - 1
		if j > 0 {
			at[i] += base
		}
	}
}
