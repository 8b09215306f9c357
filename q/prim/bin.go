package prim

import (
	"cmp"
	"sort"

	"github.com/quoinhq/quoin/kdb"
)

// Bin is q's x bin y: the last position in ascending x whose item is not above
// each item of y, -1 if all are above. Of a dictionary it returns keys, of a
// table rows that match in all columns but the last. Errors: 'type.
func Bin(x, y kdb.Value) (kdb.Value, error) { return bisect(x, y, false) }

// Binr is q's binr: the first position whose item is not below.
func Binr(x, y kdb.Value) (kdb.Value, error) { return bisect(x, y, true) }

func bisect(x, y kdb.Value, right bool) (kdb.Value, error) {
	switch v := x.(type) {
	case *kdb.Dict:
		pos, err := bisect(v.V, y, right)
		if err != nil {
			return nil, err
		}
		return At(v.K, pos)
	case *kdb.Table:
		return binRows(v, y, right)
	case *kdb.List:
		return binItems(v.V, y, right)
	}
	c, ok := columnOf(x)
	if !ok {
		return nil, ErrType
	}
	d, isVec := columnOf(y)
	if !isVec {
		if d, ok = atomColumn(y); !ok {
			if l, ok := y.(*kdb.List); ok {
				return eachItem(l, func(z kdb.Value) (kdb.Value, error) { return bisect(x, z, right) })
			}
			if e, ok := y.(*kdb.Dict); ok {
				r, err := bisect(x, e.V, right)
				if err != nil {
					return nil, err
				}
				return kdb.NewDict(e.K, r), nil
			}
			return nil, ErrType
		}
	}
	pos, err := binColumn(c, d, right)
	if err != nil {
		return nil, err
	}
	if isVec {
		return kdb.NewVec(pos), nil
	}
	return pos[0], nil
}

// binColumn searches ascending a for every element of b.
func binColumn(a, b column, right bool) ([]kdb.Long, error) {
	a, b, ok := alike(a, b)
	if !ok {
		return nil, ErrType
	}
	out := make([]kdb.Long, b.n)
	switch a.t {
	case kdb.TSymbol, kdb.TGUID, kdb.TEnum:
		for i := range out {
			p := sort.Search(a.n, func(k int) bool {
				c := compareAt(a, k, b, i)
				return c > 0 || right && c == 0
			})
			out[i] = kdb.Long(p)
			if !right {
				out[i]--
			}
		}
		return out, nil
	case kdb.TFloat, kdb.TDatetime:
		binWords(words[float64](a), words[float64](b), out, right)
		return out, nil
	case kdb.TReal:
		binWords(words[float32](a), words[float32](b), out, right)
		return out, nil
	}
	switch width(a.t) {
	case 1:
		binWords(words[uint8](a), words[uint8](b), out, right)
	case 2:
		binWords(words[int16](a), words[int16](b), out, right)
	case 4:
		binWords(words[int32](a), words[int32](b), out, right)
	default:
		binWords(words[int64](a), words[int64](b), out, right)
	}
	return out, nil
}

func binWords[T cmp.Ordered](a, b []T, out []kdb.Long, right bool) {
	from := 0
	for i, v := range b {
		// Searches often ascend: go on from the last place where possible.
		lo, hi := 0, len(a)
		if i > 0 && !cmp.Less(v, b[i-1]) {
			lo = from
			step := 1
			for lo+step < hi && (cmp.Less(a[lo+step], v) || !right && !cmp.Less(v, a[lo+step])) {
				step *= 2
			}
			lo, hi = lo+step/2, min(hi, lo+step+1)
			if step == 1 {
				lo = from
			}
		}
		if right {
			for lo < hi {
				m := int(uint(lo+hi) >> 1)
				if cmp.Less(a[m], v) {
					lo = m + 1
				} else {
					hi = m
				}
			}
			out[i], from = kdb.Long(lo), lo
			continue
		}
		for lo < hi {
			m := int(uint(lo+hi) >> 1)
			if cmp.Less(v, a[m]) {
				hi = m
			} else {
				lo = m + 1
			}
		}
		out[i], from = kdb.Long(lo-1), max(lo-1, 0)
	}
}

func binItems(items []kdb.Value, y kdb.Value, right bool) (kdb.Value, error) {
	one := func(z kdb.Value) kdb.Value {
		p := sort.Search(len(items), func(k int) bool {
			c := Compare(items[k], z)
			return c > 0 || right && c == 0
		})
		if !right {
			p--
		}
		return kdb.Long(p)
	}
	if len(items) > 0 && isList(items[0]) && y.Type() == kdb.TList || isAtomList(items) && isList(y) {
		return eachItem(y, func(z kdb.Value) (kdb.Value, error) { return one(z), nil })
	}
	return one(y), nil
}

func isAtomList(items []kdb.Value) bool { return len(items) > 0 && isAtom(items[0]) }

// binRows finds, among the rows equal in all columns but the last, the last one
// not above in that column; the null where there is none.
func binRows(t *kdb.Table, y kdb.Value, right bool) (kdb.Value, error) {
	single := true
	var q *kdb.Table
	switch v := y.(type) {
	case *kdb.Table:
		r, err := reorder(t.Names, v)
		if err != nil {
			return nil, err
		}
		q, single = r, false
	case *kdb.Dict:
		row, ok := rowTable(t, v)
		if !ok {
			return nil, ErrType
		}
		q = row
	default:
		if !isList(y) || y.Len() != len(t.Cols) {
			return nil, ErrLength
		}
		q = kdb.NewTable(t.Names, enlistEach(Items(y)))
	}
	last := len(t.Cols) - 1
	n := t.Len()
	var rows [][]kdb.Long
	ids := make([]uint32, n+q.Len())
	if last > 0 {
		cols := make([]kdb.Value, last)
		for j := range cols {
			cols[j] = joinLists(t.Cols[j], q.Cols[j])
		}
		var firsts []kdb.Long
		ids, firsts = classifyRows(cols, n+q.Len())
		rows = Positions(ids[:n], len(firsts))
	} else {
		rows = Positions(ids[:n], 1)
	}
	order := func(k, i int) int { return Compare(Item(t.Cols[last], k), Item(q.Cols[last], i)) }
	if a, ok := columnOf(t.Cols[last]); ok {
		if b, ok := columnOf(q.Cols[last]); ok {
			if a, b, ok := alike(a, b); ok {
				order = func(k, i int) int { return compareAt(a, k, b, i) }
			}
		}
	}
	out := make([]kdb.Long, q.Len())
	for i := range out {
		r := rows[ids[n+i]]
		p := sort.Search(len(r), func(k int) bool {
			c := order(int(r[k]), i)
			return c > 0 || right && c == 0
		})
		if !right {
			p--
		}
		out[i] = kdb.NullLong
		if p >= 0 && p < len(r) {
			out[i] = r[p]
		}
	}
	if single {
		return out[0], nil
	}
	return kdb.NewVec(out), nil
}
