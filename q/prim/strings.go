package prim

import (
	"encoding/binary"
	"slices"
	"strings"
	"unsafe"

	"github.com/quoinhq/quoin/kdb"
)

// A list of strings is a general list, so each of them costs a vector of its
// own. What is here keeps that cost down: strings are made in blocks, and read
// as bytes without a value in between.

// stringBlock is how many strings share an allocation: enough that allocating
// no longer counts, few enough that a string which outlives its list holds on
// to little.
const stringBlock = 64

// stringMaker makes char vectors. It is not for concurrent use.
type stringMaker struct {
	heads []kdb.Chars
	bytes []kdb.Char
}

// of returns a char vector with a copy of b.
func (m *stringMaker) of(b []byte) *kdb.Chars {
	if len(m.heads) == 0 {
		m.heads = make([]kdb.Chars, stringBlock)
	}
	if n := len(b); n > len(m.bytes) {
		if n > stringBlock*16 {
			m.bytes = make([]kdb.Char, n)
		} else {
			m.bytes = make([]kdb.Char, stringBlock*max(16, n))
		}
	}
	h := &m.heads[0]
	m.heads = m.heads[1:]
	h.V = m.bytes[:len(b):len(b)]
	m.bytes = m.bytes[len(b):]
	copy(view[byte](h.V), b)
	return h
}

// stringsIn returns the items of a list that are all strings as texts over
// their memory; ok is false for any other list.
func stringsIn(items []kdb.Value) (texts []string, ok bool) {
	for _, x := range items {
		if _, ok := x.(*kdb.Chars); !ok {
			return nil, false
		}
	}
	texts = make([]string, len(items))
	for i, x := range items {
		v := x.(*kdb.Chars).V
		texts[i] = unsafe.String((*byte)(unsafe.Pointer(unsafe.SliceData(v))), len(v))
	}
	return texts, true
}

// bySymbol returns f of each symbol, calling it once for each different one.
func bySymbol[T any](s []kdb.Symbol, f func(kdb.Symbol) T) []T {
	out := make([]T, len(s))
	ids, firsts := make([]uint32, len(s)), []kdb.Long(nil)
	if len(s) > 0 {
		firsts = classifyWords(view[int32](s), ids)
	}
	known := make([]T, len(firsts))
	for k, i := range firsts {
		known[k] = f(s[i])
	}
	for i, k := range ids {
		out[i] = known[k]
	}
	return out
}

// gradeTexts returns the stable order that sorts texts ascending: by their
// first eight bytes as a number, then within runs of equal ones by the rest.
func gradeTexts(texts []string, descending bool) []uint32 {
	keys := make([]uint64, len(texts))
	for i, s := range texts {
		if len(s) >= 8 {
			keys[i] = binary.BigEndian.Uint64(unsafe.Slice(unsafe.StringData(s), 8))
			continue
		}
		var k uint64
		for j := range len(s) {
			k |= uint64(s[j]) << (56 - 8*j)
		}
		keys[i] = k
	}
	sign := 1
	heads := keys
	if descending {
		sign = -1
		heads = make([]uint64, len(keys))
		for i, k := range keys {
			heads[i] = ^k
		}
	}
	idx := gradeKeys(nil, heads, 64)
	if idx == nil {
		idx = make([]uint32, len(texts))
		for i := range idx {
			idx[i] = uint32(i)
		}
	}
	for lo := 0; lo < len(idx); {
		hi := lo + 1
		for hi < len(idx) && keys[idx[hi]] == keys[idx[lo]] {
			hi++
		}
		if hi-lo > 1 {
			run := idx[lo:hi]
			byRest := func(i, j uint32) int { return sign * strings.Compare(texts[i], texts[j]) }
			if !slices.IsSortedFunc(run, byRest) {
				slices.SortStableFunc(run, byRest)
			}
		}
		lo = hi
	}
	return idx
}
