package kdb

// Type is a kdb+ type number: negative for atoms, positive for vectors, 0 for
// a general list, 98 and above for compound types and functions.
// Source: KX manual, "Datatypes" (basics/datatypes).
type Type int8

// Type numbers of vectors; an atom has the negative of its vector's number.
const (
	TList      Type = 0
	TBool      Type = 1
	TGUID      Type = 2
	TByte      Type = 4
	TShort     Type = 5
	TInt       Type = 6
	TLong      Type = 7
	TReal      Type = 8
	TFloat     Type = 9
	TChar      Type = 10
	TSymbol    Type = 11
	TTimestamp Type = 12
	TMonth     Type = 13
	TDate      Type = 14
	TDatetime  Type = 15
	TTimespan  Type = 16
	TMinute    Type = 17
	TSecond    Type = 18
	TTime      Type = 19
	// TEnum is the type number of every enumeration; kdb+ before 3.0 numbered
	// enumerations 20 to 76 in the order their domains were made.
	TEnum       Type = 20
	TTable      Type = 98
	TDict       Type = 99
	TLambda     Type = 100
	TUnary      Type = 101
	TBinary     Type = 102
	TIterator   Type = 103
	TProjection Type = 104
	TCompose    Type = 105
	TEach       Type = 106
	TOver       Type = 107
	TScan       Type = 108
	TPrior      Type = 109
	TEachRight  Type = 110
	TEachLeft   Type = 111
	TDynamic    Type = 112
	TError      Type = -128
)

// Value is any kdb+ value.
type Value interface {
	// Type returns the kdb+ type number.
	Type() Type
	// Len returns what q's count returns: 1 for atoms and functions, the
	// number of items of a list, of entries of a dictionary, of rows of a table.
	Len() int
}

// Attr is a list attribute.
type Attr uint8

// Attributes, numbered as on the wire.
// Source: KX manual, "Set Attribute" (ref/set-attribute).
const (
	NoAttr  Attr = 0
	Sorted  Attr = 1 // s#: ascending
	Unique  Attr = 2 // u#: no item twice
	Parted  Attr = 3 // p#: equal items are adjacent
	Grouped Attr = 4 // g#: an index from item to positions is kept
)

// String returns the letter of the attribute, or the empty string.
func (a Attr) String() string {
	if a < 5 {
		return [...]string{"", "s", "u", "p", "g"}[a]
	}
	return ""
}
