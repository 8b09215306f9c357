package table

import (
	"math"
	"slices"
	"unsafe"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q/prim"
)

// coder gives the rows of a key column small numbers in the order of the keys:
// equal keys have equal codes, a smaller key has a smaller code. Not every
// number from 0 to n-1 need occur.
type coder struct {
	n int
	// blocks returns a function that yields the codes at positions lo to hi, at
	// most blockLen of them, in a buffer of its own, for one goroutine.
	blocks func() func(lo, hi int) []int32
	// cuts is nil, or returns a function that finds out faster than blocks
	// where codes change. See runs.
	cuts func() func(lo, hi int, emit func(code int32, at int))
}

// runs returns a function that emits the code at lo, and each later position
// below hi where the code is another, for one goroutine. hi-lo is at most
// blockLen.
func (c coder) runs() func(lo, hi int, emit func(code int32, at int)) {
	if c.cuts != nil {
		return c.cuts()
	}
	read := c.blocks()
	return func(lo, hi int, emit func(code int32, at int)) {
		prev := int32(-1)
		for i, id := range read(lo, hi) {
			if id != prev {
				prev = id
				emit(id, lo+i)
			}
		}
	}
}

// directRange is how many codes so many rows may be given before they are made
// dense by hashing: tables indexed by code should not outgrow the rows they
// count.
func directRange(rows int) int64 { return int64(max(1<<12, min(2*rows, 1<<24))) }

// fixedCodes is a coder of codes that are known already.
func fixedCodes(n int, ids []int32) coder {
	return coder{n: n, blocks: func() func(lo, hi int) []int32 {
		return func(lo, hi int) []int32 { return ids[lo:hi] }
	}}
}

// codesOf returns the coder of a column's selected rows.
func codesOf(e *prim.Env, col kdb.Value, r *rows) coder {
	col = prim.Unlinked(col)
	if _, ok := symbolReader(col, r); ok {
		return symbolCodes(e, col, r)
	}
	if _, ok := intReader(col, r); ok {
		if c, ok := rangeCodes(e, col, r); ok {
			return c
		}
	}
	return rankCodes(pick(e, col, *r))
}

// symbolCodes numbers symbols in the order of their texts. The table from
// symbol to code is as long as the process has symbols.
func symbolCodes(e *prim.Env, col kdb.Value, r *rows) coder {
	if r.n <= blockLen && 64*r.n < kdb.SymbolCount() {
		return fewSymbolCodes(col, r)
	}
	syms := distinctSymbols(e, col, r)
	return symbolCoder(col, r, symbolTable(syms), len(syms))
}

// fewSymbolCodes is symbolCodes for a block of rows at most, in a process that
// has so many symbols that to look through all of them would cost more.
func fewSymbolCodes(col kdb.Value, r *rows) coder {
	read, _ := symbolReader(col, r)
	places := make([]uint64, 0, r.n)
	for i, id := range read(0, r.n) {
		places = append(places, uint64(id)<<32|uint64(i))
	}
	slices.Sort(places)
	var syms []kdb.Symbol
	for i, p := range places {
		if i == 0 || p>>32 != places[i-1]>>32 {
			syms = append(syms, symbolOf(uint32(p>>32)))
		}
	}
	rank := make(map[kdb.Symbol]int32, len(syms))
	for i, s := range sortSymbols(syms) {
		rank[s] = int32(i)
	}
	ids, code := make([]int32, r.n), int32(0)
	for i, p := range places {
		if i == 0 || p>>32 != places[i-1]>>32 {
			code = rank[symbolOf(uint32(p>>32))]
		}
		ids[uint32(p)] = code
	}
	return fixedCodes(len(syms), ids)
}

// symbolTable returns the place in syms of each symbol by its number.
func symbolTable(syms []kdb.Symbol) []int32 {
	lut := make([]int32, kdb.SymbolCount())
	for i, s := range syms {
		lut[s.ID()] = int32(i)
	}
	return lut
}

// symbolCoder is the coder that looks symbols up in a table of n codes.
func symbolCoder(col kdb.Value, r *rows, lut []int32, n int) coder {
	return coder{n: n, blocks: func() func(lo, hi int) []int32 {
		read, _ := symbolReader(col, r)
		var mem []int32
		return func(lo, hi int) []int32 {
			in := read(lo, hi)
			o := scratch(&mem, len(in))
			for i, s := range in {
				o[i] = lut[s]
			}
			return o
		}
	}}
}

// distinctSymbols returns the different symbols of a selection in the order of
// their texts; a few more when an attribute knows those of the whole column.
func distinctSymbols(e *prim.Env, col kdb.Value, r *rows) []kdb.Symbol {
	if v, ok := col.(*kdb.Symbols); ok {
		if known := indexedSymbols(v); len(known) > 0 && len(known) < max(16, r.n/8) {
			return sortSymbols(known)
		}
	}
	p := parts(e, r.n, 1<<16)
	marks := make([][]bool, p)
	parallel(e, r.n, 1<<16, func(part, lo, hi int) {
		read, _ := symbolReader(col, r)
		mark := make([]bool, kdb.SymbolCount())
		for at := lo; at < hi; at += blockLen {
			for _, s := range read(at, min(at+blockLen, hi)) {
				mark[s] = true
			}
		}
		marks[part] = mark
	})
	var out []kdb.Symbol
	for id := range marks[0] {
		for _, m := range marks {
			if id < len(m) && m[id] {
				out = append(out, symbolOf(uint32(id)))
				break
			}
		}
	}
	return sortSymbols(out)
}

// indexedSymbols returns a column's different symbols where g# or p# keeps them.
func indexedSymbols(v *kdb.Symbols) []kdb.Symbol {
	var out []kdb.Symbol
	if starts, ok := prim.Runs(v); ok {
		for _, at := range starts {
			out = append(out, v.V[at])
		}
	} else if lists, ok := prim.GroupsOf(v); ok {
		for _, l := range lists {
			out = append(out, v.V[l[0]])
		}
	}
	return out
}

// sortSymbols sorts symbols by their texts, in place.
func sortSymbols(s []kdb.Symbol) []kdb.Symbol {
	type named struct {
		text string
		sym  kdb.Symbol
	}
	t := make([]named, len(s))
	sorted := true
	for i, x := range s {
		t[i] = named{x.String(), x}
		sorted = sorted && (i == 0 || t[i-1].text <= t[i].text)
	}
	if sorted {
		return s
	}
	slices.SortFunc(t, func(a, b named) int {
		switch {
		case a.text < b.text:
			return -1
		case a.text > b.text:
			return 1
		}
		return 0
	})
	for i := range t {
		s[i] = t[i].sym
	}
	return s
}

// rangeCodes numbers integers by their distance from the smallest, null before
// it, if their range is small enough.
func rangeCodes(e *prim.Env, col kdb.Value, r *rows) (coder, bool) {
	lo, hi, nulls := extremes(e, col, r)
	if lo > hi { // nothing but nulls
		lo, hi = 0, 0
	}
	width := uint64(hi) - uint64(lo)
	if width >= uint64(directRange(r.n)) {
		return coder{}, false
	}
	return bucketCodes(col, r, 1, lo, hi, nulls), true
}

// bucketCodes numbers integers by the bucket of the given width they fall in;
// the buckets begin at multiples of it. All lie between lo and hi but nulls.
func bucketCodes(col kdb.Value, r *rows, width, lo, hi int64, nulls bool) coder {
	first := floorDiv(lo, width)
	shift := int64(0)
	if nulls {
		shift = 1
	}
	c := coder{n: int(floorDiv(hi, width) - first + 1 + shift)}
	c.cuts = func() func(lo, hi int, emit func(code int32, at int)) {
		read, _ := intReader(col, r)
		return func(lo, hi int, emit func(code int32, at int)) {
			in := read(lo, hi)
			for i := 0; i < len(in); {
				v := in[i]
				if v == math.MinInt64 {
					emit(0, lo+i)
					for i++; i < len(in) && in[i] == math.MinInt64; i++ {
					}
					continue
				}
				b := floorDiv(v, width)
				emit(int32(b-first+shift), lo+i)
				start := b * width
				for i++; i < len(in) && uint64(in[i]-start) < uint64(width); i++ {
				}
			}
		}
	}
	c.blocks = func() func(lo, hi int) []int32 {
		read, _ := intReader(col, r)
		var mem []int32
		if width == 1 {
			return func(lo, hi int) []int32 {
				in := read(lo, hi)
				o := scratch(&mem, len(in))
				for i, v := range in {
					o[i] = int32(v - first + shift)
					if v == math.MinInt64 {
						o[i] = 0
					}
				}
				return o
			}
		}
		// Rows near each other often share a bucket: its bounds save a division.
		start, code := int64(math.MinInt64), int32(0)
		return func(lo, hi int) []int32 {
			in := read(lo, hi)
			o := scratch(&mem, len(in))
			for i, v := range in {
				if uint64(v-start) >= uint64(width) {
					if v == math.MinInt64 {
						o[i] = 0
						continue
					}
					b := floorDiv(v, width)
					start, code = b*width, int32(b-first+shift)
				}
				o[i] = code
			}
			return o
		}
	}
	return c
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// extremes returns the smallest and largest integer of a selection and whether
// there are nulls; lo > hi when there is nothing else.
func extremes(e *prim.Env, col kdb.Value, r *rows) (lo, hi int64, nulls bool) {
	if r.whole(col.Len()) && r.n >= zonesFrom {
		if lo, hi, ok := columnExtremes(e, col); ok {
			return lo, hi, false
		}
	}
	p := parts(e, r.n, 1<<16)
	los, his, nul := make([]int64, p), make([]int64, p), make([]bool, p)
	parallel(e, r.n, 1<<16, func(part, a, b int) {
		read, _ := intReader(col, r)
		// Less one, null wraps to the largest number and does not count.
		mn, mx, null := int64(math.MaxInt64), int64(math.MinInt64), false
		for at := a; at < b; at += blockLen {
			in := read(at, min(at+blockLen, b))
			low := int64(math.MaxInt64)
			for _, v := range in {
				mx = max(mx, v)
				mn = min(mn, v-1)
				low = min(low, v)
			}
			null = null || low == math.MinInt64
		}
		if mn != math.MaxInt64 {
			mn++
		}
		los[part], his[part], nul[part] = mn, mx, null
	})
	lo, hi = los[0], his[0]
	for i := range p {
		lo, hi, nulls = min(lo, los[i]), max(hi, his[i]), nulls || nul[i]
	}
	return lo, hi, nulls
}

// columnExtremes is extremes of a whole column of integers without nulls, which
// is read for it only once, as its zones are kept.
func columnExtremes(e *prim.Env, col kdb.Value) (lo, hi int64, ok bool) {
	switch col.Type() {
	case kdb.TLong, kdb.TTimestamp, kdb.TTimespan:
	default:
		return 0, 0, false
	}
	z := prim.ZonesOf(e, col)
	if z == nil {
		return 0, 0, false
	}
	lo, hi = slices.Min(z.Least), slices.Max(z.Greatest)
	return lo, hi, lo != math.MinInt64
}

// rankCodes numbers the items of any list by their rank.
func rankCodes(col kdb.Value) coder {
	ids, firsts := prim.Classify(col)
	order := prim.Grade(nil, prim.Gather(col, firsts), false)
	rank := make([]int32, len(firsts))
	for i, o := range order {
		rank[o] = int32(i)
	}
	out := make([]int32, len(ids))
	for i, id := range ids {
		out[i] = rank[id]
	}
	return fixedCodes(len(firsts), out)
}

// combine returns the coder of pairs of keys, major first, for n rows.
func combine(a, b coder, n int) coder {
	if int64(a.n)*int64(b.n) <= directRange(n) {
		nb := int32(b.n)
		return coder{n: a.n * b.n, blocks: func() func(lo, hi int) []int32 {
			major, minor := a.blocks(), b.blocks()
			var mem []int32
			return func(lo, hi int) []int32 {
				x, y := major(lo, hi), minor(lo, hi)
				o := scratch(&mem, len(x))
				for i, c := range x {
					o[i] = c*nb + y[i]
				}
				return o
			}
		}}
	}
	pairs := make([]kdb.Long, n)
	major, minor := a.blocks(), b.blocks()
	for at := 0; at < n; at += blockLen {
		to := min(at+blockLen, n)
		x, y := major(at, to), minor(at, to)
		for i, c := range x {
			pairs[at+i] = kdb.Long(c)*kdb.Long(b.n) + kdb.Long(y[i])
		}
	}
	return rankCodes(kdb.NewVec(pairs))
}

// int32Words views symbol numbers as codes.
func int32Words(v []uint32) []int32 {
	return unsafe.Slice((*int32)(unsafe.Pointer(unsafe.SliceData(v))), len(v))
}

// symbolOf returns the symbol of the given number.
func symbolOf(id uint32) kdb.Symbol { return *(*kdb.Symbol)(unsafe.Pointer(&id)) }

// call applies the primitive of that name.
func call(e *prim.Env, name string, args ...kdb.Value) (kdb.Value, error) {
	b, ok := prim.Lookup(name)
	if !ok {
		return nil, prim.ErrNYI
	}
	return b.Call(e, args...)
}
