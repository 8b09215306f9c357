package prim

import (
	"encoding/binary"
	"hash/maphash"
	"math"
	"math/bits"
	"slices"

	"github.com/quoinhq/quoin/kdb"
)

// Searching, grouping and the u, g and p attributes rest on one question: as
// which entry was this element first seen? Elements of up to eight bytes are
// taken as integers. A narrow range of them (every symbol column, since symbol
// numbers are dense; most identifiers, dates, quantities) is looked up in an
// array, everything else in an open-addressing table.

// word is an element seen as a signed integer of its width.
type word interface {
	~int8 | ~int16 | ~int32 | ~int64
}

// keyTable numbers different keys from 0 in the order they are added.
type keyTable struct {
	n int // keys held
	// Exactly one of the two forms is in use.
	base   int64    // direct: slot[k-base] is the key's number + 1, 0 for absent
	direct []uint32 // direct, nil when hashed
	keys   []int64  // hashed: open addressing, linear probing; len is a power of two
	slot   []uint32 // hashed: number + 1, 0 for a free place
	shift  uint
}

// newKeyTable returns a table for about n keys between lo and hi.
func newKeyTable(lo, hi int64, n int) *keyTable {
	if span := uint64(hi) - uint64(lo); hi >= lo && span < 1<<31 && span < uint64(4*n+1<<14) {
		return &keyTable{base: lo, direct: make([]uint32, span+1)}
	}
	t := &keyTable{}
	t.resize(max(16, n))
	return t
}

func (t *keyTable) resize(n int) {
	size := 1 << bits.Len(uint(n+n/2))
	keys, slot := t.keys, t.slot
	t.keys, t.slot = make([]int64, size), make([]uint32, size)
	t.shift = uint(64 - bits.TrailingZeros(uint(size)))
	for i, s := range slot {
		if s != 0 {
			j := t.place(keys[i])
			t.keys[j], t.slot[j] = keys[i], s
		}
	}
}

// place returns where key k is or belongs.
func (t *keyTable) place(k int64) uint64 {
	mask := uint64(len(t.slot) - 1)
	i := hash64(k) >> t.shift
	for t.slot[i] != 0 && t.keys[i] != k {
		i = (i + 1) & mask
	}
	return i
}

func hash64(k int64) uint64 {
	h := uint64(k) * 0x9e3779b97f4a7c15
	return (h ^ h>>32) * 0xd6e8feb86659fd93
}

// get returns the number of key k, -1 if it is not there.
func (t *keyTable) get(k int64) int {
	if t.direct != nil {
		if i := uint64(k) - uint64(t.base); i < uint64(len(t.direct)) {
			return int(t.direct[i]) - 1
		}
		return -1
	}
	return int(t.slot[t.place(k)]) - 1
}

// add returns the number of key k, and whether it is new.
func (t *keyTable) add(k int64) (int, bool) {
	if t.direct != nil {
		i := uint64(k) - uint64(t.base)
		if i >= uint64(len(t.direct)) {
			if !t.stretch(k) {
				t.undirect()
				return t.add(k)
			}
			i = uint64(k) - uint64(t.base)
		}
		if s := t.direct[i]; s != 0 {
			return int(s) - 1, false
		}
		t.n++
		t.direct[i] = uint32(t.n)
		return t.n - 1, true
	}
	i := t.place(k)
	if s := t.slot[i]; s != 0 {
		return int(s) - 1, false
	}
	if 3*(t.n+1) > 2*len(t.slot) {
		t.resize(2 * t.n)
		i = t.place(k)
	}
	t.n++
	t.keys[i], t.slot[i] = k, uint32(t.n)
	return t.n - 1, true
}

// stretch makes room for a key above the array, if it is not far above: new
// symbols have the next numbers.
func (t *keyTable) stretch(k int64) bool {
	i := uint64(k) - uint64(t.base)
	if k < t.base || i > uint64(2*len(t.direct)+1<<14) {
		return false
	}
	d := make([]uint32, max(int(i)+1, 2*len(t.direct)))
	copy(d, t.direct)
	t.direct = d
	return true
}

// undirect turns the array into a hash table.
func (t *keyTable) undirect() {
	d := t.direct
	t.direct = nil
	t.resize(max(16, t.n))
	for i, s := range d {
		if s != 0 {
			k := t.base + int64(i)
			j := t.place(k)
			t.keys[j], t.slot[j] = k, s
		}
	}
}

// rangeOf returns the least and the greatest of s.
func rangeOf[T word](s []T) (lo, hi int64) {
	if len(s) == 0 {
		return 0, 0
	}
	a, b := s[0], s[0]
	for _, v := range s {
		a, b = min(a, v), max(b, v)
	}
	return int64(a), int64(b)
}

// canon returns a column whose elements are equal exactly if their bits are:
// floats have one zero and one null. Only where that changes something is the
// column copied.
func canon(c column) column {
	switch c.t {
	case kdb.TFloat, kdb.TDatetime:
		s := words[float64](c)
		for i, v := range s {
			if v != v || v == 0 && math.Signbit(v) {
				d := c.newColumn(c.n)
				u := words[float64](d)
				copy(u, s[:i])
				for j := i; j < len(s); j++ {
					u[j] = canonFloat(s[j])
				}
				return d
			}
		}
	case kdb.TReal:
		s := words[float32](c)
		for i, v := range s {
			if v != v || v == 0 {
				d := c.newColumn(c.n)
				u := words[float32](d)
				copy(u, s[:i])
				for j := i; j < len(s); j++ {
					u[j] = float32(canonFloat(float64(s[j])))
				}
				return d
			}
		}
	}
	return c
}

func canonFloat(v float64) float64 {
	if v != v {
		return math.NaN()
	}
	return v + 0 // -0 + 0 is 0
}

// Classify numbers the different items of a list from 0 in the order of their
// first appearance. ids[i] is the number of item i, firsts[k] the position
// where number k first appears. Rows of a table are items; floats are compared
// exactly, nulls are equal. It is what distinct and group, and grouping by
// columns, are made of.
func Classify(x kdb.Value) (ids []uint32, firsts []kdb.Long) {
	n := x.Len()
	ids = make([]uint32, n)
	if n == 0 {
		return ids, nil
	}
	if c, ok := columnOf(x); ok {
		return ids, classifyColumn(canon(c), ids)
	}
	switch v := x.(type) {
	case *kdb.Table:
		return classifyRows(v.Cols, n)
	case *kdb.Dict:
		return Classify(v.V)
	}
	return ids, classifyItems(Items(x), ids)
}

func classifyColumn(c column, ids []uint32) []kdb.Long {
	switch width(c.t) {
	case 1:
		return classifyWords(words[int8](c), ids)
	case 2:
		return classifyWords(words[int16](c), ids)
	case 4:
		return classifyWords(words[int32](c), ids)
	case 8:
		return classifyWords(words[int64](c), ids)
	}
	seen := make(map[kdb.GUID]uint32)
	var firsts []kdb.Long
	for i, g := range words[kdb.GUID](c) {
		k, ok := seen[g]
		if !ok {
			k = uint32(len(firsts))
			seen[g] = k
			firsts = append(firsts, kdb.Long(i))
		}
		ids[i] = k
	}
	return firsts
}

func classifyWords[T word](s []T, ids []uint32) []kdb.Long {
	lo, hi := rangeOf(s)
	t := newKeyTable(lo, hi, len(s)/8+64)
	if span := uint64(hi) - uint64(lo); t.direct == nil && span < uint64(4*len(s)) {
		t = newKeyTable(lo, hi, len(s))
	}
	var firsts []kdb.Long
	if t.direct != nil {
		d := t.direct
		for i, v := range s {
			p := &d[uint64(int64(v))-uint64(lo)]
			if *p == 0 {
				firsts = append(firsts, kdb.Long(i))
				*p = uint32(len(firsts))
			}
			ids[i] = *p - 1
		}
		return firsts
	}
	for i, v := range s {
		k, fresh := t.add(int64(v))
		if fresh {
			firsts = append(firsts, kdb.Long(i))
		}
		ids[i] = uint32(k)
	}
	return firsts
}

// classifyRows numbers rows by classifying the columns and pairing the numbers,
// until all rows differ.
func classifyRows(cols []kdb.Value, n int) ([]uint32, []kdb.Long) {
	if len(cols) == 0 {
		return make([]uint32, n), nil
	}
	ids, firsts := Classify(cols[0])
	for _, c := range cols[1:] {
		if len(firsts) == n {
			break
		}
		more, f := Classify(c)
		ids, firsts = PairIDs(ids, len(firsts), more, len(f))
	}
	return ids, firsts
}

// PairIDs numbers the different pairs of two classifications of one list, of
// na and nb numbers, in order of first appearance.
func PairIDs(a []uint32, na int, b []uint32, nb int) (ids []uint32, firsts []kdb.Long) {
	pair := make([]int64, len(a))
	for i, x := range a {
		pair[i] = int64(x)*int64(nb) + int64(b[i])
	}
	ids = make([]uint32, len(a))
	return ids, classifyWords(pair, ids)
}

// classifyItems numbers items of any kind, by hash and match.
func classifyItems(items []kdb.Value, ids []uint32) []kdb.Long {
	t := newItemTable(len(items))
	var firsts []kdb.Long
	for i, x := range items {
		k, fresh := t.add(x)
		if fresh {
			firsts = append(firsts, kdb.Long(i))
		}
		ids[i] = uint32(k)
	}
	return firsts
}

// itemTable numbers different values of any kind.
type itemTable struct {
	seed  maphash.Seed
	items []kdb.Value
	next  []int32   // the next entry with the same hash, -1 at the end
	keys  *keyTable // hashes, numbered
	heads []int32   // by number of the hash, its newest entry
}

func newItemTable(n int) *itemTable {
	return &itemTable{seed: maphash.MakeSeed(), keys: newKeyTable(math.MinInt64, math.MaxInt64, n)}
}

func (t *itemTable) get(x kdb.Value) int {
	if k := t.keys.get(int64(t.hash(x))); k >= 0 {
		for i := t.heads[k]; i >= 0; i = t.next[i] {
			if matchExact(t.items[i], x) {
				return int(i)
			}
		}
	}
	return -1
}

func (t *itemTable) add(x kdb.Value) (int, bool) {
	k, fresh := t.keys.add(int64(t.hash(x)))
	if fresh {
		t.heads = append(t.heads, -1)
	}
	head := t.heads[k]
	for i := head; i >= 0; i = t.next[i] {
		if matchExact(t.items[i], x) {
			return int(i), false
		}
	}
	t.items = append(t.items, x)
	t.next = append(t.next, head)
	t.heads[k] = int32(len(t.items) - 1)
	return len(t.items) - 1, true
}

// matchExact is Match with floats compared exactly, as find and distinct do.
func matchExact(x, y kdb.Value) bool {
	switch a := x.(type) {
	case kdb.Float:
		b, ok := y.(kdb.Float)
		return ok && (a == b || a != a && b != b)
	case *kdb.Chars:
		b, ok := y.(*kdb.Chars)
		return ok && slices.Equal(a.V, b.V)
	}
	return Match(x, y)
}

func (t *itemTable) hash(x kdb.Value) uint64 {
	if s, ok := x.(*kdb.Chars); ok {
		return maphash.Bytes(t.seed, view[byte](s.V))
	}
	var h maphash.Hash
	h.SetSeed(t.seed)
	hashInto(&h, x)
	return h.Sum64()
}

// hashInto feeds h what Match compares, except floats, which match within a
// tolerance and so give only their type and number.
func hashInto(h *maphash.Hash, x kdb.Value) {
	var head [9]byte
	head[0] = byte(x.Type())
	binary.LittleEndian.PutUint64(head[1:], uint64(x.Len()))
	h.Write(head[:])
	switch v := x.(type) {
	case *kdb.List:
		for _, y := range v.V {
			hashInto(h, y)
		}
		return
	case *kdb.Dict:
		hashInto(h, v.K)
		hashInto(h, v.V)
		return
	case *kdb.Table:
		for _, c := range v.Cols {
			hashInto(h, c)
		}
		return
	}
	c, ok := columnOf(x)
	if !ok {
		c, ok = atomColumn(x)
	}
	if ok && c.t != kdb.TFloat && c.t != kdb.TReal && c.t != kdb.TDatetime && c.t != kdb.TEnum && c.n > 0 {
		h.Write(bytesOf(c))
		return
	}
	if a, ok := x.(kdb.Float); ok {
		binary.LittleEndian.PutUint64(head[1:], math.Float64bits(canonFloat(float64(a))))
		h.Write(head[1:])
	}
}

// bytesOf returns the column's memory.
func bytesOf(c column) []byte {
	b := column{t: kdb.TByte, n: c.n * width(c.t), p: c.p}
	return words[byte](b)
}
