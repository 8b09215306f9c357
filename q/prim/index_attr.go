package prim

import (
	"sort"
	"sync"

	"github.com/quoinhq/quoin/kdb"
)

// Index is the lookup structure behind the u, g and p attributes: from an
// element to where it is. All versions of a growing vector share one Index: an
// append adds the rows it appended, and an older, shorter version ignores the
// positions at or beyond its own length. Safe for concurrent use.
type Index struct {
	kind kdb.Attr
	t    kdb.Type

	mu    sync.RWMutex
	n     int // rows indexed
	keys  *keyTable
	guids map[kdb.GUID]int
	// pos holds, by key number, the ascending positions (g); a unique vector's
	// key numbers are its positions; starts holds where each run begins (p).
	pos    [][]kdb.Long
	starts []kdb.Long
}

// indexOf returns the index that x's attribute keeps, building it at first use;
// nil if x has no such attribute.
func indexOf(x kdb.Value) *Index {
	switch a := AttrOf(x); a {
	case kdb.Unique, kdb.Grouped, kdb.Parted:
		if ix := loadIndex(x); ix != nil && ix.kind == a {
			return ix
		}
		c, ok := columnOf(x)
		if !ok {
			return nil
		}
		ix := buildIndex(c, a)
		if ix != nil {
			storeIndex(x, ix)
		}
		return ix
	}
	return nil
}

// buildIndex indexes a column for attribute a; nil if the column does not
// qualify ('u-fail, 'p-fail).
func buildIndex(c column, a kdb.Attr) *Index {
	c = canon(c)
	ix := &Index{kind: a, t: c.t, n: c.n}
	ids := make([]uint32, c.n)
	if width(c.t) == 16 {
		ix.guids = map[kdb.GUID]int{}
	}
	if a == kdb.Parted && !ix.buildParted(c) {
		return nil
	}
	if a == kdb.Parted {
		return ix
	}
	firsts := ix.number(c, ids)
	if a == kdb.Unique && len(firsts) != c.n {
		return nil
	}
	if a == kdb.Grouped {
		ix.pos = Positions(ids, len(firsts))
	}
	return ix
}

// number gives each element of c its key number, making keys as they appear.
func (ix *Index) number(c column, ids []uint32) (firsts []kdb.Long) {
	if ix.guids != nil {
		for i, g := range words[kdb.GUID](c) {
			k, ok := ix.guids[g]
			if !ok {
				k = len(ix.guids)
				ix.guids[g] = k
				firsts = append(firsts, kdb.Long(i))
			}
			ids[i] = uint32(k)
		}
		return firsts
	}
	switch width(c.t) {
	case 1:
		return numberWords(ix, words[int8](c), ids)
	case 2:
		return numberWords(ix, words[int16](c), ids)
	case 4:
		return numberWords(ix, words[int32](c), ids)
	}
	return numberWords(ix, words[int64](c), ids)
}

func numberWords[T word](ix *Index, s []T, ids []uint32) (firsts []kdb.Long) {
	if ix.keys == nil {
		lo, hi := rangeOf(s)
		ix.keys = newKeyTable(lo, hi, len(s))
	}
	for i, v := range s {
		k, fresh := ix.keys.add(int64(v))
		if fresh {
			firsts = append(firsts, kdb.Long(i))
		}
		ids[i] = uint32(k)
	}
	return firsts
}

func (ix *Index) buildParted(c column) bool {
	var starts []kdb.Long
	switch width(c.t) {
	case 1:
		starts = runStarts(words[int8](c))
	case 2:
		starts = runStarts(words[int16](c))
	case 4:
		starts = runStarts(words[int32](c))
	case 8:
		starts = runStarts(words[int64](c))
	default:
		starts = runStarts(words[kdb.GUID](c))
	}
	heads := c.gather(view[int64](starts))
	ids := make([]uint32, heads.n)
	ix.starts = starts
	return len(ix.number(heads, ids)) == heads.n
}

// runStarts returns where runs of equal elements begin.
func runStarts[T comparable](s []T) []kdb.Long {
	var out []kdb.Long
	for i, v := range s {
		if i == 0 || v != s[i-1] {
			out = append(out, kdb.Long(i))
		}
	}
	return out
}

// key returns the number of element i of d, -1 if the index has no such key.
func (ix *Index) key(d column, i int) int {
	if ix.guids != nil {
		if k, ok := ix.guids[words[kdb.GUID](d)[i]]; ok {
			return k
		}
		return -1
	}
	if ix.keys == nil {
		return -1
	}
	switch width(d.t) {
	case 1:
		return ix.keys.get(int64(words[int8](d)[i]))
	case 2:
		return ix.keys.get(int64(words[int16](d)[i]))
	case 4:
		return ix.keys.get(int64(words[int32](d)[i]))
	}
	return ix.keys.get(words[int64](d)[i])
}

// find returns the first position of each element of d in a vector of n rows.
func (ix *Index) find(n int, d column) []kdb.Long {
	ix.mu.RLock()
	defer ix.mu.RUnlock()
	out := make([]kdb.Long, d.n)
	for i := range out {
		p := kdb.Long(n)
		if k := ix.key(d, i); k >= 0 {
			switch ix.kind {
			case kdb.Unique:
				p = kdb.Long(k)
			case kdb.Grouped:
				p = ix.pos[k][0]
			default:
				p = ix.starts[k]
			}
		}
		out[i] = min(p, kdb.Long(n))
	}
	return out
}

// rows returns the ascending positions below n of key number k (g only).
func (ix *Index) rows(n, k int) []kdb.Long {
	p := ix.pos[k]
	if m := len(p); m > 0 && int(p[m-1]) >= n {
		p = p[:sort.Search(m, func(i int) bool { return int(p[i]) >= n })]
	}
	return p[:len(p):len(p)]
}

// extend adds the rows of c after the first n. It returns false if the index
// already holds another continuation, or the rows break the attribute.
func (ix *Index) extend(n int, c column) bool {
	ix.mu.Lock()
	defer ix.mu.Unlock()
	if ix.n != n || ix.kind == kdb.Parted {
		return false
	}
	c = canon(c)
	ids := make([]uint32, c.n)
	if ix.kind == kdb.Unique {
		for i := range c.n {
			if ix.key(c, i) >= 0 {
				return false
			}
		}
		ix.number(c, ids)
		ix.n += c.n
		if ix.count() != ix.n {
			ix.n = -1 // the appended rows repeat each other: of no more use
			return false
		}
		return true
	}
	ix.number(c, ids)
	for i, k := range ids {
		if int(k) == len(ix.pos) {
			ix.pos = append(ix.pos, nil)
		}
		ix.pos[k] = append(ix.pos[k], kdb.Long(n+i))
	}
	ix.n += c.n
	return true
}

func (ix *Index) count() int {
	if ix.guids != nil {
		return len(ix.guids)
	}
	if ix.keys == nil {
		return 0
	}
	return ix.keys.n
}

// RowsOf returns the positions in x of the atom key, if x's attribute makes
// them known without a scan: g# gives the list it keeps (not to be changed).
func RowsOf(x, key kdb.Value) (rows []kdb.Long, ok bool) {
	if AttrOf(x) != kdb.Grouped {
		return nil, false
	}
	ix, d, ok := keyIn(x, key)
	if !ok {
		return nil, false
	}
	ix.mu.RLock()
	defer ix.mu.RUnlock()
	k := ix.key(d, 0)
	if k < 0 {
		return nil, true
	}
	return ix.rows(x.Len(), k), true
}

func keyIn(x, key kdb.Value) (*Index, column, bool) {
	c, _ := columnOf(x)
	d, ok := atomColumn(key)
	if !ok {
		return nil, d, false
	}
	if c.t == kdb.TEnum && !sameKind(c, d) {
		// The place of the symbol in the domain is what the vector holds.
		s := plainColumn(d)
		if s.t != kdb.TSymbol || c.enm.Dom == nil {
			return nil, d, false
		}
		at := scanFor(c.enm.Dom.V, words[kdb.Symbol](s)[0])
		d = column{t: kdb.TEnum, n: 1, enm: c.enm, p: colOf(kdb.Of(kdb.Long(at))).p}
	}
	if !sameKind(c, d) {
		return nil, d, false
	}
	ix := indexOf(x)
	return ix, canon(d), ix != nil
}

// RangeOf returns the range [i,j) that holds the atom key in x, if x's
// attribute makes it known: s# by binary search, p# by its index, u# as one row.
func RangeOf(x, key kdb.Value) (i, j int, ok bool) {
	switch AttrOf(x) {
	case kdb.Sorted:
		c, _ := columnOf(x)
		d, ok := atomColumn(key)
		if !ok || c.t == kdb.TEnum || !sameKind(c, d) {
			return 0, 0, false
		}
		lo, err1 := binColumn(c, d, true)
		hi, err2 := binColumn(c, d, false)
		if err1 != nil || err2 != nil {
			return 0, 0, false
		}
		return int(lo[0]), max(int(lo[0]), int(hi[0])+1), true
	case kdb.Parted, kdb.Unique:
		ix, d, ok := keyIn(x, key)
		if !ok {
			return 0, 0, false
		}
		ix.mu.RLock()
		defer ix.mu.RUnlock()
		k := ix.key(d, 0)
		if k < 0 || k >= x.Len() && ix.kind == kdb.Unique {
			return 0, 0, true
		}
		if ix.kind == kdb.Unique {
			return k, k + 1, true
		}
		if k+1 < len(ix.starts) {
			return int(ix.starts[k]), int(ix.starts[k+1]), true
		}
		return int(ix.starts[k]), x.Len(), true
	}
	return 0, 0, false
}

// Runs returns where the runs of equal items of a p# vector begin, in order.
func Runs(x kdb.Value) ([]kdb.Long, bool) {
	if AttrOf(x) != kdb.Parted {
		return nil, false
	}
	ix := indexOf(x)
	if ix == nil {
		return nil, false
	}
	return ix.starts, true
}

// GroupsOf returns what a g# vector's index holds: each different item's first
// position and its ascending positions (not to be changed).
func GroupsOf(x kdb.Value) (rows [][]kdb.Long, ok bool) {
	if AttrOf(x) != kdb.Grouped {
		return nil, false
	}
	ix := indexOf(x)
	if ix == nil {
		return nil, false
	}
	ix.mu.RLock()
	defer ix.mu.RUnlock()
	n := x.Len()
	for k := range ix.pos {
		if r := ix.rows(n, k); len(r) > 0 {
			rows = append(rows, r)
		}
	}
	return rows, true
}

func loadIndex(x kdb.Value) *Index {
	if p := indexPlace(x); p != nil {
		if v := p.Load(); v != nil {
			ix, _ := (*v).(*Index)
			return ix
		}
	}
	return nil
}

func storeIndex(x kdb.Value, ix *Index) {
	if p := indexPlace(x); p != nil {
		var v any = ix
		p.Store(&v)
	}
}
