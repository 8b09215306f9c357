package prim

import (
	"bytes"
	"math"
	"strings"
	"unsafe"

	"github.com/quoinhq/quoin/kdb"
)

// Fields is a column that is read from texts, one element at a time and in any
// order, by as many goroutines as have a part of it.
type Fields interface {
	// Part returns what puts text b at place i, for the use of one goroutine.
	// It keeps nothing of b. What is put nowhere is a zero, not a null.
	Part() func(i int, b []byte)
	// Value returns the column when all parts are done. Errors: 'type.
	Value() (kdb.Value, error)
}

// NewFields returns a column of n fields of the type that a letter of 0: names:
// upper case parses, lower case casts each string, * keeps it.
// Errors: 'domain for another letter.
func NewFields(e *Env, letter byte, n int) (Fields, error) {
	switch letter {
	case '*':
		return &stringColumn{make([]kdb.Value, n)}, nil
	case 'C':
		return readingBytes(n, func(b []byte) kdb.Char {
			if len(b) > 0 {
				return kdb.Char(b[0])
			}
			return kdb.NullChar
		}), nil
	case 'S':
		return readingBytes(n, func(b []byte) kdb.Symbol { return kdb.SymBytes(bytes.TrimSpace(b)) }), nil
	}
	if t, ok := typeOfLetter(letter); ok {
		return &castStrings{stringColumn{make([]kdb.Value, n)}, e, t}, nil
	}
	if t, ok := typeOfLetter(lowerByte(letter)); ok {
		return newTextColumn(e, t, n), nil
	}
	return nil, ErrDomain
}

// newTextColumn returns a column of n elements of vector type t, in which what
// does not parse is null.
func newTextColumn(e *Env, t kdb.Type, n int) Fields {
	switch t {
	case kdb.TSymbol:
		return readingBytes(n, func(b []byte) kdb.Symbol { return kdb.SymBytes(trimBytes(b)) })
	case kdb.TChar:
		return readingBytes(n, func(b []byte) kdb.Char {
			if len(b) == 1 {
				return kdb.Char(b[0])
			}
			return kdb.NullChar
		})
	case kdb.TBool:
		return reading(n, parseBool)
	case kdb.TByte:
		return reading(n, parseByte)
	case kdb.TGUID:
		return reading(n, parseGUID)
	case kdb.TShort:
		return reading(n, func(s string) kdb.Short { return intOr(s, math.MaxInt16, kdb.NullShort) })
	case kdb.TInt:
		return reading(n, func(s string) kdb.Int {
			v := intOr(s, math.MaxInt32, kdb.NullInt)
			if v == kdb.NullInt && len(s) >= len("0.0.0.0") {
				if a, ok := parseIPv4(s); ok {
					return a
				}
			}
			return v
		})
	case kdb.TLong:
		return reading(n, func(s string) kdb.Long { return intOr(s, math.MaxInt64, kdb.NullLong) })
	case kdb.TReal:
		return reading(n, func(s string) kdb.Real { return kdb.Real(floatOrNull(s)) })
	case kdb.TFloat:
		return reading(n, func(s string) kdb.Float { return kdb.Float(floatOrNull(s)) })
	case kdb.TDatetime:
		return reading(n, func(s string) kdb.Datetime {
			if v, ok := parseTemporal(e, kdb.TDatetime, s); ok {
				return kdb.Datetime(float64(v) / dayNanos)
			}
			return kdb.Datetime(math.NaN())
		})
	case kdb.TTimestamp:
		return readingTemporal(e, n, kdb.Timestamp(kdb.NullLong))
	case kdb.TTimespan:
		return readingTemporal(e, n, kdb.Timespan(kdb.NullLong))
	case kdb.TMonth:
		return readingTemporal(e, n, kdb.Month(kdb.NullInt))
	case kdb.TDate:
		return readingTemporal(e, n, kdb.Date(kdb.NullInt))
	case kdb.TMinute:
		return readingTemporal(e, n, kdb.Minute(kdb.NullInt))
	case kdb.TSecond:
		return readingTemporal(e, n, kdb.Second(kdb.NullInt))
	}
	return readingTemporal(e, n, kdb.Time(kdb.NullInt))
}

func parseBool(s string) kdb.Bool {
	return kdb.Bool(len(s) == 1 && strings.Contains("txyTXY1", s))
}

// readColumn is a column whose elements are read by themselves.
type readColumn[T kdb.Elem] struct {
	out  []T
	read func(b []byte) T
}

func (c *readColumn[T]) Part() func(i int, b []byte) {
	return func(i int, b []byte) { c.out[i] = c.read(b) }
}

func (c *readColumn[T]) Value() (kdb.Value, error) { return kdb.NewVec(c.out), nil }

func readingBytes[T kdb.Elem](n int, read func(b []byte) T) Fields {
	return &readColumn[T]{make([]T, n), read}
}

// reading returns a column of texts that mean the same with blanks around them.
func reading[T kdb.Elem](n int, read func(s string) T) Fields {
	return readingBytes(n, func(b []byte) T {
		b = trimBytes(b)
		return read(unsafe.String(unsafe.SliceData(b), len(b))) // nothing that parses keeps its text
	})
}

func readingTemporal[T interface {
	kdb.Elem
	~int32 | ~int64
}](e *Env, n int, null T) Fields {
	t := -null.Type()
	return reading(n, func(s string) T {
		if v, ok := parseTemporal(e, t, s); ok {
			return T(v)
		}
		return null
	})
}

func intOr[T ~int16 | ~int32 | ~int64](s string, limit int64, null T) T {
	if v, ok := parseInt(s, limit); ok {
		return T(v)
	}
	return null
}

func floatOrNull(s string) float64 {
	if v, ok := parseFloat(s); ok {
		return v
	}
	return math.NaN()
}

// stringColumn is a column of the texts themselves.
type stringColumn struct{ out []kdb.Value }

func (c *stringColumn) Part() func(i int, b []byte) {
	m := &stringMaker{}
	return func(i int, b []byte) { c.out[i] = m.of(b) }
}

func (c *stringColumn) Value() (kdb.Value, error) { return &kdb.List{V: c.out}, nil }

// castStrings is a column of the texts cast to a type, char by char.
type castStrings struct {
	stringColumn
	e *Env
	t kdb.Type
}

func (c *castStrings) Value() (kdb.Value, error) { return Cast(c.e, c.t, &kdb.List{V: c.out}) }

// tokTexts is Tok for a list of strings.
func tokTexts(e *Env, t kdb.Type, texts []string) (kdb.Value, error) {
	c := newTextColumn(e, t, len(texts))
	inParts(e, len(texts), func(lo, hi int) {
		put := c.Part()
		for i, s := range texts[lo:hi] {
			put(lo+i, textBytes(s))
		}
	})
	return c.Value()
}

// textAppender returns what appends element i of a column to b as its text.
func textAppender(c column, precision int) func(b []byte, i int) []byte {
	if isLink(c) {
		c = plainColumn(c)
	}
	switch c.t {
	case kdb.TBool:
		return appending(words[kdb.Bool](c), precision)
	case kdb.TGUID:
		return appending(words[kdb.GUID](c), precision)
	case kdb.TByte:
		return appending(words[kdb.Byte](c), precision)
	case kdb.TShort:
		return appending(words[kdb.Short](c), precision)
	case kdb.TInt:
		return appending(words[kdb.Int](c), precision)
	case kdb.TLong:
		return appending(words[kdb.Long](c), precision)
	case kdb.TReal:
		return appending(words[kdb.Real](c), precision)
	case kdb.TFloat:
		return appending(words[kdb.Float](c), precision)
	case kdb.TChar:
		return appending(words[kdb.Char](c), precision)
	case kdb.TSymbol:
		return appending(words[kdb.Symbol](c), precision)
	case kdb.TTimestamp:
		return appending(words[kdb.Timestamp](c), precision)
	case kdb.TMonth:
		return appending(words[kdb.Month](c), precision)
	case kdb.TDate:
		return appending(words[kdb.Date](c), precision)
	case kdb.TDatetime:
		return appending(words[kdb.Datetime](c), precision)
	case kdb.TTimespan:
		return appending(words[kdb.Timespan](c), precision)
	case kdb.TMinute:
		return appending(words[kdb.Minute](c), precision)
	case kdb.TSecond:
		return appending(words[kdb.Second](c), precision)
	case kdb.TTime:
		return appending(words[kdb.Time](c), precision)
	}
	return func(b []byte, i int) []byte { return append(b, c.sym(i).String()...) }
}

func appending[T kdb.Elem](s []T, precision int) func(b []byte, i int) []byte {
	return func(b []byte, i int) []byte { return kdb.AppendAtom(b, s[i], precision) }
}
