package table

import (
	"math"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q/prim"
)

// scratch returns n elements of a buffer, which is made when it is first needed
// and no longer than it has to be: a table of few rows costs no more than they.
func scratch[T any](buf *[]T, n int) []T {
	if cap(*buf) < n {
		*buf = make([]T, n)
	}
	return (*buf)[:n]
}

// block returns the selected elements of src at positions lo to hi: a part of
// src itself when the rows are adjacent, else a copy in buf.
func block[T any](src []T, r *rows, lo, hi int, buf *[]T) []T {
	if r.idx != nil {
		out := scratch(buf, hi-lo)
		for i, row := range r.idx[lo:hi] {
			out[i] = src[row]
		}
		return out
	}
	if len(r.spans) == 1 {
		at := int(r.spans[0].lo)
		return src[at+lo : at+hi]
	}
	var direct []T
	out := scratch(buf, hi-lo)
	r.spansIn(lo, hi, func(k int, first, n int32) {
		if k == lo && int(n) == hi-lo {
			direct = src[first : first+n]
			return
		}
		copy(out[k-lo:], src[first:first+n])
	})
	if direct != nil {
		return direct
	}
	return out
}

// intReader returns a function that yields a column's selected elements as
// 64-bit integers, nulls as the smallest one; ok is false for columns that are
// not integers underneath. Each reader has a scratch buffer of its own and
// serves one goroutine.
func intReader(col kdb.Value, r *rows) (read func(lo, hi int) []int64, ok bool) {
	c, ok := prim.ColumnOf(col)
	if !ok {
		return nil, false
	}
	var mem []int64
	switch c.Type() {
	case kdb.TLong, kdb.TTimestamp, kdb.TTimespan:
		src := prim.Words[int64](c)
		return func(lo, hi int) []int64 { return block(src, r, lo, hi, &mem) }, true
	case kdb.TInt, kdb.TMonth, kdb.TDate, kdb.TMinute, kdb.TSecond, kdb.TTime:
		src, buf := prim.Words[int32](c), []int32(nil)
		return func(lo, hi int) []int64 {
			in := block(src, r, lo, hi, &buf)
			out := scratch(&mem, len(in))
			for i, v := range in {
				out[i] = int64(v)
				if v == math.MinInt32 {
					out[i] = math.MinInt64
				}
			}
			return out
		}, true
	case kdb.TShort:
		src, buf := prim.Words[int16](c), []int16(nil)
		return func(lo, hi int) []int64 {
			in := block(src, r, lo, hi, &buf)
			out := scratch(&mem, len(in))
			for i, v := range in {
				out[i] = int64(v)
				if v == math.MinInt16 {
					out[i] = math.MinInt64
				}
			}
			return out
		}, true
	case kdb.TBool, kdb.TByte, kdb.TChar:
		src, buf := prim.Words[uint8](c), []uint8(nil)
		return func(lo, hi int) []int64 {
			in := block(src, r, lo, hi, &buf)
			out := scratch(&mem, len(in))
			for i, v := range in {
				out[i] = int64(v)
			}
			return out
		}, true
	}
	return nil, false
}

// floatReader is intReader for columns read as floats: floats, reals and the
// integer types, with NaN for null.
func floatReader(col kdb.Value, r *rows) (read func(lo, hi int) []float64, ok bool) {
	c, ok := prim.ColumnOf(col)
	if !ok {
		return nil, false
	}
	var mem []float64
	switch c.Type() {
	case kdb.TFloat, kdb.TDatetime:
		src := prim.Words[float64](c)
		return func(lo, hi int) []float64 { return block(src, r, lo, hi, &mem) }, true
	case kdb.TReal:
		src, buf := prim.Words[float32](c), []float32(nil)
		return func(lo, hi int) []float64 {
			in := block(src, r, lo, hi, &buf)
			out := scratch(&mem, len(in))
			for i, v := range in {
				out[i] = float64(v)
			}
			return out
		}, true
	}
	ints, ok := intReader(col, r)
	if !ok {
		return nil, false
	}
	return intsAsFloats(ints), true
}

// intsAsFloats turns a reader of integers into one of floats; null becomes
// null.
func intsAsFloats(ints func(lo, hi int) []int64) func(lo, hi int) []float64 {
	var mem []float64
	return func(lo, hi int) []float64 {
		in := ints(lo, hi)
		o := scratch(&mem, len(in))
		for i, v := range in {
			o[i] = float64(v)
			if v == math.MinInt64 {
				o[i] = math.NaN()
			}
		}
		return o
	}
}

// symbolReader yields the symbol numbers of a symbol or enumerated column.
func symbolReader(col kdb.Value, r *rows) (read func(lo, hi int) []uint32, ok bool) {
	var mem []uint32
	switch v := col.(type) {
	case *kdb.Symbols:
		c, _ := prim.ColumnOf(v)
		src := prim.Words[uint32](c)
		return func(lo, hi int) []uint32 { return block(src, r, lo, hi, &mem) }, true
	case *kdb.Enum:
		var buf []kdb.Long
		var dom []kdb.Symbol
		if v.Dom != nil {
			dom = v.Dom.V
		}
		return func(lo, hi int) []uint32 {
			in := block(v.V, r, lo, hi, &buf)
			out := scratch(&mem, len(in))
			for i, x := range in {
				out[i] = 0
				if uint64(x) < uint64(len(dom)) {
					out[i] = dom[x].ID()
				}
			}
			return out
		}, true
	}
	return nil, false
}
