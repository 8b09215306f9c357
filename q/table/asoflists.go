package table

import (
	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q/prim"
)

// asofListed reports whether asofLists can join and pays: the right rows are
// listed by key and ascend in time as a whole, and there are several of them for
// each on the left. That a column ascends is found out once and kept with it; a
// left table so short that finding it out would not pay does not ask.
func asofListed(e *prim.Env, k *keyMatch, time kdb.Value) bool {
	if k.parted || k.lists == nil || 8*k.nl > k.nr {
		return false
	}
	if prim.AttrOf(time) == kdb.Sorted {
		return true
	}
	switch time.Type() {
	case kdb.TLong, kdb.TTimestamp, kdb.TTimespan:
	default:
		return false
	}
	if !prim.KeepsZones(time) && k.nl < k.nr/64 {
		return false
	}
	z := prim.ZonesOf(e, time)
	return z != nil && z.Ascends
}

// asofLists joins against right rows that ascend in time: the time of a left row
// becomes a place among all right rows, and the row before that place in the
// list of its key is the one. Of the right table nothing is read but times and
// lists, in steps. Left rows may come in any order, and go fastest in that of
// time.
func asofLists(e *prim.Env, k *keyMatch, lt, rt []int64) []int32 {
	at := prim.MakeRaw[int32](len(lt))
	right := k.rightGroups()
	parallel(e, len(lt), 1<<14, func(_, lo, hi int) {
		read := k.left()
		next := make([]int32, k.n) // by key: how many of its list are before the last place
		place := int32(0)
		for i := lo; i < hi; i += blockLen {
			to := min(i+blockLen, hi)
			for x, key := range read(i, to) {
				t := lt[i+x]
				if place > 0 && rt[place-1] > t {
					place = 0
				}
				place += stepTo(rt[place:], t)
				at[i+x] = -1
				if key < 0 {
					continue
				}
				list, j := right.list(int(key)), next[key]
				if j > 0 && int32(list[j-1]) >= place {
					j = 0
				}
				j += stepTo(list[j:], kdb.Long(place)-1)
				if next[key] = j; j > 0 {
					at[i+x] = int32(list[j-1])
				}
			}
		}
	})
	return at
}
