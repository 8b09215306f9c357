package kdb

import "math"

// Atoms. Temporal values count from 2000.01.01: Timestamp and Timespan in
// nanoseconds, Month in months, Date in days, Datetime in days and fractions,
// Minute, Second and Time in minutes, seconds and milliseconds since midnight.
type (
	Bool      bool
	GUID      [16]byte
	Byte      uint8
	Short     int16
	Int       int32
	Long      int64
	Real      float32
	Float     float64
	Char      uint8
	Timestamp int64
	Month     int32
	Date      int32
	Datetime  float64
	Timespan  int64
	Minute    int32
	Second    int32
	Time      int32
)

// Nulls and infinities of the integer-backed types: the smallest value is
// null, the largest is infinity, and the largest negated is negative infinity.
// Month, Date, Minute, Second and Time share Int's; Timestamp and Timespan
// share Long's. Source: KX manual, "Datatypes".
const (
	NullShort Short = math.MinInt16
	InfShort  Short = math.MaxInt16
	NullInt   Int   = math.MinInt32
	InfInt    Int   = math.MaxInt32
	NullLong  Long  = math.MinInt64
	InfLong   Long  = math.MaxInt64
	// NullChar is the blank, which is also the null char.
	NullChar Char = ' '
)

// NullReal returns the null of type real, a NaN.
func NullReal() Real { return Real(math.NaN()) }

// NullFloat returns the null of type float, a NaN.
func NullFloat() Float { return Float(math.NaN()) }

// InfFloat returns positive infinity for sign >= 0 and negative infinity otherwise.
func InfFloat(sign int) Float { return Float(math.Inf(sign)) }

func (Bool) Type() Type      { return -TBool }
func (GUID) Type() Type      { return -TGUID }
func (Byte) Type() Type      { return -TByte }
func (Short) Type() Type     { return -TShort }
func (Int) Type() Type       { return -TInt }
func (Long) Type() Type      { return -TLong }
func (Real) Type() Type      { return -TReal }
func (Float) Type() Type     { return -TFloat }
func (Char) Type() Type      { return -TChar }
func (Symbol) Type() Type    { return -TSymbol }
func (Timestamp) Type() Type { return -TTimestamp }
func (Month) Type() Type     { return -TMonth }
func (Date) Type() Type      { return -TDate }
func (Datetime) Type() Type  { return -TDatetime }
func (Timespan) Type() Type  { return -TTimespan }
func (Minute) Type() Type    { return -TMinute }
func (Second) Type() Type    { return -TSecond }
func (Time) Type() Type      { return -TTime }

func (Bool) Len() int      { return 1 }
func (GUID) Len() int      { return 1 }
func (Byte) Len() int      { return 1 }
func (Short) Len() int     { return 1 }
func (Int) Len() int       { return 1 }
func (Long) Len() int      { return 1 }
func (Real) Len() int      { return 1 }
func (Float) Len() int     { return 1 }
func (Char) Len() int      { return 1 }
func (Symbol) Len() int    { return 1 }
func (Timestamp) Len() int { return 1 }
func (Month) Len() int     { return 1 }
func (Date) Len() int      { return 1 }
func (Datetime) Len() int  { return 1 }
func (Timespan) Len() int  { return 1 }
func (Minute) Len() int    { return 1 }
func (Second) Len() int    { return 1 }
func (Time) Len() int      { return 1 }
