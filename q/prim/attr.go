package prim

import (
	"sync/atomic"

	"github.com/quoinhq/quoin/kdb"
)

// AttrOf returns the attribute of a vector, enumeration, table or dictionary.
func AttrOf(x kdb.Value) kdb.Attr {
	if p := attrPlace(x); p != nil && *p != kdb.NoAttr {
		return *p
	}
	switch v := x.(type) {
	case *kdb.Dict:
		if v.Sorted {
			return kdb.Sorted
		}
	case interface{ Rises() bool }:
		if v.Rises() {
			return kdb.Sorted
		}
	}
	return kdb.NoAttr
}

// markSorted returns a list that was found to ascend with s# on it. Without
// another attribute it is set where the list is, for all that hold it. Empty
// lists may belong to more than one engine.
// Source: KX manual, "asc" and "Set Attribute".
func markSorted(x kdb.Value) kdb.Value {
	v, ok := x.(interface{ Rise() })
	if !ok || x.Len() == 0 || AttrOf(x) != kdb.NoAttr {
		return withAttr(copyHead(x), kdb.Sorted)
	}
	v.Rise()
	return x
}

// withAttr sets the attribute of a vector that nobody else holds yet.
func withAttr(x kdb.Value, a kdb.Attr) kdb.Value {
	if p := attrPlace(x); p != nil {
		*p = a
	}
	return x
}

// attrPlace returns where x keeps its attribute, nil if it has none to keep.
func attrPlace(x kdb.Value) *kdb.Attr {
	switch v := x.(type) {
	case *kdb.Bools:
		return &v.Attr
	case *kdb.GUIDs:
		return &v.Attr
	case *kdb.Bytes:
		return &v.Attr
	case *kdb.Shorts:
		return &v.Attr
	case *kdb.Ints:
		return &v.Attr
	case *kdb.Longs:
		return &v.Attr
	case *kdb.Reals:
		return &v.Attr
	case *kdb.Floats:
		return &v.Attr
	case *kdb.Chars:
		return &v.Attr
	case *kdb.Symbols:
		return &v.Attr
	case *kdb.Timestamps:
		return &v.Attr
	case *kdb.Months:
		return &v.Attr
	case *kdb.Dates:
		return &v.Attr
	case *kdb.Datetimes:
		return &v.Attr
	case *kdb.Timespans:
		return &v.Attr
	case *kdb.Minutes:
		return &v.Attr
	case *kdb.Seconds:
		return &v.Attr
	case *kdb.Times:
		return &v.Attr
	case *kdb.Enum:
		return &v.Attr
	case *kdb.Table:
		return &v.Attr
	}
	return nil
}

// indexPlace returns where a typed vector keeps its index.
func indexPlace(x kdb.Value) *atomic.Pointer[any] {
	switch v := x.(type) {
	case *kdb.Bools:
		return &v.Index
	case *kdb.GUIDs:
		return &v.Index
	case *kdb.Bytes:
		return &v.Index
	case *kdb.Shorts:
		return &v.Index
	case *kdb.Ints:
		return &v.Index
	case *kdb.Longs:
		return &v.Index
	case *kdb.Reals:
		return &v.Index
	case *kdb.Floats:
		return &v.Index
	case *kdb.Chars:
		return &v.Index
	case *kdb.Symbols:
		return &v.Index
	case *kdb.Timestamps:
		return &v.Index
	case *kdb.Months:
		return &v.Index
	case *kdb.Dates:
		return &v.Index
	case *kdb.Datetimes:
		return &v.Index
	case *kdb.Timespans:
		return &v.Index
	case *kdb.Minutes:
		return &v.Index
	case *kdb.Seconds:
		return &v.Index
	case *kdb.Times:
		return &v.Index
	case *kdb.Enum:
		return &v.Index
	}
	return nil
}
