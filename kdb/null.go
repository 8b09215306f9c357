package kdb

import "math"

// Null returns the null of an atom's type, given as the type number of the atom
// or of its vector; false, 0x00 and the GUID of zeros for the types that have
// none, and the generic null for types that have no atoms.
func Null(t Type) Value {
	if t < 0 {
		t = -t
	}
	switch t {
	case TBool:
		return Bool(false)
	case TGUID:
		return GUID{}
	case TByte:
		return Byte(0)
	case TShort:
		return NullShort
	case TInt:
		return NullInt
	case TLong:
		return NullLong
	case TReal:
		return NullReal()
	case TFloat:
		return NullFloat()
	case TChar:
		return NullChar
	case TSymbol:
		return Symbol{}
	case TTimestamp:
		return Timestamp(NullLong)
	case TMonth:
		return Month(NullInt)
	case TDate:
		return Date(NullInt)
	case TDatetime:
		return Datetime(math.NaN())
	case TTimespan:
		return Timespan(NullLong)
	case TMinute:
		return Minute(NullInt)
	case TSecond:
		return Second(NullInt)
	case TTime:
		return Time(NullInt)
	}
	return Nil
}

// IsNull reports whether an atom is null, as q's null does: false, 0x00 and
// values that are no atoms are not.
func IsNull(v Value) bool {
	switch x := v.(type) {
	case GUID:
		return x == GUID{}
	case Short:
		return x == NullShort
	case Int:
		return x == NullInt
	case Long:
		return x == NullLong
	case Real:
		return x != x
	case Float:
		return x != x
	case Char:
		return x == NullChar
	case Symbol:
		return x == Symbol{}
	case Timestamp:
		return Long(x) == NullLong
	case Month:
		return Int(x) == NullInt
	case Date:
		return Int(x) == NullInt
	case Datetime:
		return x != x
	case Timespan:
		return Long(x) == NullLong
	case Minute:
		return Int(x) == NullInt
	case Second:
		return Int(x) == NullInt
	case Time:
		return Int(x) == NullInt
	case Unary:
		return x == Nil
	}
	return false
}

// Empty returns an empty vector of an atom's type, given as the type number of
// the atom or of the vector; an empty general list for types without vectors.
func Empty(t Type) Value {
	if t < 0 {
		t = -t
	}
	switch t {
	case TBool:
		return &Vec[Bool]{V: []Bool{}}
	case TGUID:
		return &Vec[GUID]{V: []GUID{}}
	case TByte:
		return &Vec[Byte]{V: []Byte{}}
	case TShort:
		return &Vec[Short]{V: []Short{}}
	case TInt:
		return &Vec[Int]{V: []Int{}}
	case TLong:
		return &Vec[Long]{V: []Long{}}
	case TReal:
		return &Vec[Real]{V: []Real{}}
	case TFloat:
		return &Vec[Float]{V: []Float{}}
	case TChar:
		return &Vec[Char]{V: []Char{}}
	case TSymbol:
		return &Vec[Symbol]{V: []Symbol{}}
	case TTimestamp:
		return &Vec[Timestamp]{V: []Timestamp{}}
	case TMonth:
		return &Vec[Month]{V: []Month{}}
	case TDate:
		return &Vec[Date]{V: []Date{}}
	case TDatetime:
		return &Vec[Datetime]{V: []Datetime{}}
	case TTimespan:
		return &Vec[Timespan]{V: []Timespan{}}
	case TMinute:
		return &Vec[Minute]{V: []Minute{}}
	case TSecond:
		return &Vec[Second]{V: []Second{}}
	case TTime:
		return &Vec[Time]{V: []Time{}}
	}
	return NewList()
}
