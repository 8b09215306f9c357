package prim

import (
	"unsafe"

	"github.com/quoinhq/quoin/kdb"
)

// column is a typed vector seen as memory, so that a kernel is written once
// for every type that is stored alike: Long, Timestamp and Timespan are one
// []int64, Int, Date, Month, Minute, Second and Time one []int32, and moving
// elements about needs nothing but their width.
//
// This file is the only place that casts slices. The casts are sound because
// every element type is defined on the Go type it is viewed as (or, for
// Symbol, on a struct of one uint32), none holds pointers, and p keeps the
// backing array alive.
type column struct {
	t   kdb.Type
	n   int
	p   unsafe.Pointer
	enm *kdb.Enum // the vector an enumeration came from, for its domain
}

// columnOf returns x as memory if it is a typed vector or an enumeration.
func columnOf(x kdb.Value) (column, bool) {
	switch v := x.(type) {
	case *kdb.Longs:
		return colOf(v), true
	case *kdb.Floats:
		return colOf(v), true
	case *kdb.Symbols:
		return colOf(v), true
	case *kdb.Bools:
		return colOf(v), true
	case *kdb.Timestamps:
		return colOf(v), true
	case *kdb.Timespans:
		return colOf(v), true
	case *kdb.Chars:
		return colOf(v), true
	case *kdb.Ints:
		return colOf(v), true
	case *kdb.Dates:
		return colOf(v), true
	case *kdb.Times:
		return colOf(v), true
	case *kdb.Minutes:
		return colOf(v), true
	case *kdb.Seconds:
		return colOf(v), true
	case *kdb.Months:
		return colOf(v), true
	case *kdb.Shorts:
		return colOf(v), true
	case *kdb.Bytes:
		return colOf(v), true
	case *kdb.Reals:
		return colOf(v), true
	case *kdb.Datetimes:
		return colOf(v), true
	case *kdb.GUIDs:
		return colOf(v), true
	case *kdb.Enum:
		return column{t: kdb.TEnum, n: len(v.V), p: unsafe.Pointer(unsafe.SliceData(v.V)), enm: v}, true
	}
	return column{}, false
}

func colOf[T kdb.Elem](v *kdb.Vec[T]) column {
	var z T
	return column{t: -z.Type(), n: len(v.V), p: unsafe.Pointer(unsafe.SliceData(v.V))}
}

// words views a column's memory as elements of type T, whose size must be the
// column's width.
func words[T any](c column) []T { return unsafe.Slice((*T)(c.p), c.n) }

// view reinterprets a slice; To and From have one size.
func view[To, From any](s []From) []To {
	return unsafe.Slice((*To)(unsafe.Pointer(unsafe.SliceData(s))), len(s))
}

// width returns the size in bytes of an element of vector type t.
func width(t kdb.Type) int {
	switch t {
	case kdb.TBool, kdb.TByte, kdb.TChar:
		return 1
	case kdb.TShort:
		return 2
	case kdb.TLong, kdb.TFloat, kdb.TTimestamp, kdb.TTimespan, kdb.TDatetime, kdb.TEnum:
		return 8
	case kdb.TGUID:
		return 16
	}
	return 4
}

// newColumn returns a zeroed column of n elements, of c's type and domain.
func (c column) newColumn(n int) column { d := alloc(c.t, n); d.enm = c.enm; return d }

// alloc returns a zeroed column of n elements of vector type t; see room for
// what happens when there is no memory for it.
func alloc(t kdb.Type, n int) column {
	c := column{t: t, n: n}
	room(n, width(t))
	switch width(t) {
	case 1:
		c.p = unsafe.Pointer(unsafe.SliceData(make([]uint8, n)))
	case 2:
		c.p = unsafe.Pointer(unsafe.SliceData(make([]uint16, n)))
	case 4:
		c.p = unsafe.Pointer(unsafe.SliceData(make([]uint32, n)))
	case 8:
		c.p = unsafe.Pointer(unsafe.SliceData(make([]uint64, n)))
	default:
		c.p = unsafe.Pointer(unsafe.SliceData(make([]kdb.GUID, n)))
	}
	return c
}

// newRaw is newColumn for a column that is overwritten whole; see MakeRaw.
func (c column) newRaw(n int) column {
	d := column{t: c.t, n: n, enm: c.enm}
	switch width(c.t) {
	case 1:
		d.p = unsafe.Pointer(unsafe.SliceData(MakeRaw[uint8](n)))
	case 2:
		d.p = unsafe.Pointer(unsafe.SliceData(MakeRaw[uint16](n)))
	case 4:
		d.p = unsafe.Pointer(unsafe.SliceData(MakeRaw[uint32](n)))
	case 8:
		d.p = unsafe.Pointer(unsafe.SliceData(MakeRaw[uint64](n)))
	default:
		d.p = unsafe.Pointer(unsafe.SliceData(MakeRaw[kdb.GUID](n)))
	}
	return d
}

// value returns the vector over the column's memory, without attribute.
func (c column) value() kdb.Value {
	switch c.t {
	case kdb.TBool:
		return kdb.NewVec(words[kdb.Bool](c))
	case kdb.TGUID:
		return kdb.NewVec(words[kdb.GUID](c))
	case kdb.TByte:
		return kdb.NewVec(words[kdb.Byte](c))
	case kdb.TShort:
		return kdb.NewVec(words[kdb.Short](c))
	case kdb.TInt:
		return kdb.NewVec(words[kdb.Int](c))
	case kdb.TLong:
		return kdb.NewVec(words[kdb.Long](c))
	case kdb.TReal:
		return kdb.NewVec(words[kdb.Real](c))
	case kdb.TFloat:
		return kdb.NewVec(words[kdb.Float](c))
	case kdb.TChar:
		return kdb.NewVec(words[kdb.Char](c))
	case kdb.TSymbol:
		return kdb.NewVec(words[kdb.Symbol](c))
	case kdb.TTimestamp:
		return kdb.NewVec(words[kdb.Timestamp](c))
	case kdb.TMonth:
		return kdb.NewVec(words[kdb.Month](c))
	case kdb.TDate:
		return kdb.NewVec(words[kdb.Date](c))
	case kdb.TDatetime:
		return kdb.NewVec(words[kdb.Datetime](c))
	case kdb.TTimespan:
		return kdb.NewVec(words[kdb.Timespan](c))
	case kdb.TMinute:
		return kdb.NewVec(words[kdb.Minute](c))
	case kdb.TSecond:
		return kdb.NewVec(words[kdb.Second](c))
	case kdb.TTime:
		return kdb.NewVec(words[kdb.Time](c))
	case kdb.TEnum:
		return &kdb.Enum{Domain: c.enm.Domain, Dom: c.enm.Dom, Key: c.enm.Key, V: words[kdb.Long](c)}
	}
	panic("prim: no vector of type " + string(rune('0'+c.t)))
}

// item returns element i as an atom; i must be in range.
func (c column) item(i int) kdb.Value {
	switch c.t {
	case kdb.TBool:
		return words[kdb.Bool](c)[i]
	case kdb.TGUID:
		return words[kdb.GUID](c)[i]
	case kdb.TByte:
		return words[kdb.Byte](c)[i]
	case kdb.TShort:
		return words[kdb.Short](c)[i]
	case kdb.TInt:
		return words[kdb.Int](c)[i]
	case kdb.TLong:
		return words[kdb.Long](c)[i]
	case kdb.TReal:
		return words[kdb.Real](c)[i]
	case kdb.TFloat:
		return words[kdb.Float](c)[i]
	case kdb.TChar:
		return words[kdb.Char](c)[i]
	case kdb.TSymbol:
		return words[kdb.Symbol](c)[i]
	case kdb.TTimestamp:
		return words[kdb.Timestamp](c)[i]
	case kdb.TMonth:
		return words[kdb.Month](c)[i]
	case kdb.TDate:
		return words[kdb.Date](c)[i]
	case kdb.TDatetime:
		return words[kdb.Datetime](c)[i]
	case kdb.TTimespan:
		return words[kdb.Timespan](c)[i]
	case kdb.TMinute:
		return words[kdb.Minute](c)[i]
	case kdb.TSecond:
		return words[kdb.Second](c)[i]
	case kdb.TTime:
		return words[kdb.Time](c)[i]
	}
	return kdb.EnumAtom{Domain: c.enm.Domain, Dom: c.enm.Dom, Key: c.enm.Key, I: words[kdb.Long](c)[i]}
}

// slice returns elements i to j-1 without copying.
func (c column) slice(i, j int) column {
	if i < j { // the end of a vector may be the end of its memory
		c.p = unsafe.Add(c.p, i*width(c.t))
	}
	c.n = j - i
	return c
}

// null returns one null element of the column's type, for kernels that know
// only the width.
func (c column) null() column { n := nullColumn(c.t); n.enm = c.enm; return n }

// enlistAtom returns the vector of the one atom x, or nil if x is no atom
// that a typed vector can hold.
func enlistAtom(x kdb.Value) kdb.Value {
	switch v := x.(type) {
	case kdb.Long:
		return kdb.Of(v)
	case kdb.Float:
		return kdb.Of(v)
	case kdb.Symbol:
		return kdb.Of(v)
	case kdb.Bool:
		return kdb.Of(v)
	case kdb.Timestamp:
		return kdb.Of(v)
	case kdb.Timespan:
		return kdb.Of(v)
	case kdb.Char:
		return kdb.Of(v)
	case kdb.Int:
		return kdb.Of(v)
	case kdb.Date:
		return kdb.Of(v)
	case kdb.Time:
		return kdb.Of(v)
	case kdb.Minute:
		return kdb.Of(v)
	case kdb.Second:
		return kdb.Of(v)
	case kdb.Month:
		return kdb.Of(v)
	case kdb.Short:
		return kdb.Of(v)
	case kdb.Byte:
		return kdb.Of(v)
	case kdb.Real:
		return kdb.Of(v)
	case kdb.Datetime:
		return kdb.Of(v)
	case kdb.GUID:
		return kdb.Of(v)
	case kdb.EnumAtom:
		return &kdb.Enum{Domain: v.Domain, Dom: v.Dom, Key: v.Key, V: []kdb.Long{v.I}}
	}
	return nil
}

// atomColumn returns the column of the one atom x.
func atomColumn(x kdb.Value) (column, bool) {
	if v := enlistAtom(x); v != nil {
		return columnOf(v)
	}
	return column{}, false
}

// put stores the atom x, which has the column's type and domain, at i.
func (c column) put(i int, x kdb.Value) {
	switch v := x.(type) {
	case kdb.Long:
		words[kdb.Long](c)[i] = v
	case kdb.Float:
		words[kdb.Float](c)[i] = v
	case kdb.Symbol:
		words[kdb.Symbol](c)[i] = v
	case kdb.Char:
		words[kdb.Char](c)[i] = v
	case kdb.Timestamp:
		words[kdb.Timestamp](c)[i] = v
	case kdb.Timespan:
		words[kdb.Timespan](c)[i] = v
	case kdb.EnumAtom:
		words[kdb.Long](c)[i] = v.I
	default:
		a, _ := atomColumn(x)
		copyWords(c, i, a)
	}
}

// copyWords copies the elements of src to dst from place at on; both have one width.
func copyWords(dst column, at int, src column) {
	w := width(dst.t)
	d := unsafe.Slice((*byte)(dst.p), dst.n*w)
	s := unsafe.Slice((*byte)(src.p), src.n*w)
	copy(d[at*w:], s)
}

// isLink reports whether the elements are rows of a table.
func isLink(c column) bool { return c.t == kdb.TEnum && c.enm.IsLink() }

// sameKind reports whether two columns hold one type (and one domain).
func sameKind(a, b column) bool {
	return a.t == b.t && (a.t != kdb.TEnum || a.enm.Dom == b.enm.Dom && a.enm.Key == b.enm.Key && a.enm.Domain == b.enm.Domain)
}
