package prim

import (
	"math"

	"github.com/quoinhq/quoin/kdb"
)

// NullOf returns the null atom of vector type t (its sign does not matter). A
// type without a null (bool, byte) has its zero, a general list the empty
// list, and anything else the generic null.
func NullOf(t kdb.Type) kdb.Value {
	if t < 0 {
		t = -t
	}
	switch {
	case t == kdb.TList:
		return &kdb.List{}
	case t <= kdb.TTime && t != 3:
		return nullColumn(t).item(0)
	case t == kdb.TEnum:
		return kdb.Symbol{}
	}
	return kdb.Nil
}

// nullColumn returns a column with the one null of vector type t.
func nullColumn(t kdb.Type) column {
	c := alloc(t, 1)
	switch t {
	case kdb.TShort:
		words[int16](c)[0] = math.MinInt16
	case kdb.TInt, kdb.TMonth, kdb.TDate, kdb.TMinute, kdb.TSecond, kdb.TTime:
		words[int32](c)[0] = math.MinInt32
	case kdb.TLong, kdb.TTimestamp, kdb.TTimespan, kdb.TEnum:
		words[int64](c)[0] = math.MinInt64
	case kdb.TReal:
		words[float32](c)[0] = float32(math.NaN())
	case kdb.TFloat, kdb.TDatetime:
		words[float64](c)[0] = math.NaN()
	case kdb.TChar:
		words[byte](c)[0] = ' '
	}
	return c
}

// nullLike returns what indexing x out of range gives: a null of a vector's
// type; for a general list what its first item's type says; for a table a row
// of nulls.
func nullLike(x kdb.Value) kdb.Value {
	switch v := x.(type) {
	case *kdb.List:
		if len(v.V) == 0 {
			return &kdb.List{}
		}
		return nullItem(v.V[0])
	case *kdb.Table:
		vals := make([]kdb.Value, len(v.Cols))
		for i, c := range v.Cols {
			vals[i] = nullLike(c)
		}
		return kdb.NewDict(symbolVec(v.Names), Collapse(vals))
	case *kdb.Dict:
		return nullLike(v.V)
	case *kdb.Enum:
		return kdb.EnumAtom{Domain: v.Domain, Dom: v.Dom, Key: v.Key, I: kdb.NullLong}
	}
	return NullOf(x.Type())
}

// nullItem returns the null that stands for a missing neighbour of item x: the
// null atom of an atom's type, the empty list of a list's.
func nullItem(x kdb.Value) kdb.Value {
	t := x.Type()
	switch {
	case t < 0 && t >= -kdb.TTime:
		return NullOf(t)
	case t == -kdb.TEnum:
		return kdb.Symbol{}
	case t >= 0 && t <= kdb.TEnum:
		return emptyLike(x)
	case t == kdb.TTable:
		return emptyLike(x)
	case t == kdb.TDict:
		d := x.(*kdb.Dict)
		return kdb.NewDict(d.K, Gather(d.V, fillIndex(d.Len(), -1)))
	}
	return kdb.Nil
}

func fillIndex(n int, i kdb.Long) []kdb.Long {
	s := make([]kdb.Long, n)
	for j := range s {
		s[j] = i
	}
	return s
}

// emptyLike returns the list of x's kind with no items.
func emptyLike(x kdb.Value) kdb.Value {
	switch v := x.(type) {
	case *kdb.Table:
		cols := make([]kdb.Value, len(v.Cols))
		for i, c := range v.Cols {
			cols[i] = emptyLike(c)
		}
		return kdb.NewTable(v.Names, cols)
	case *kdb.Dict:
		return kdb.NewDict(emptyLike(v.K), emptyLike(v.V))
	case *kdb.List:
		return &kdb.List{}
	}
	if c, ok := columnOf(x); ok {
		return c.newColumn(0).value()
	}
	if c, ok := atomColumn(x); ok {
		return c.newColumn(0).value()
	}
	return &kdb.List{}
}

// Empty returns the empty vector of type t, the general empty list for TList.
func Empty(t kdb.Type) kdb.Value {
	if t < 0 {
		t = -t
	}
	if t == kdb.TList || t > kdb.TTime || t == 3 {
		return &kdb.List{}
	}
	return alloc(t, 0).value()
}

func symbolVec(names []kdb.Symbol) *kdb.Symbols { return kdb.NewVec(names) }

func absInt(v int64) int64 { return max(v, -v) }
