package kdb

import (
	"math"
	"strconv"
)

// DefaultPrecision is how many digits of a float kdb+ shows unless told
// otherwise (\P). Source: KX manual, "System commands".
const DefaultPrecision = 7

// AppendText appends the text of an atom as q's string keyword gives it, with
// no type suffix and nothing at all for a null. precision is \P: the
// significant digits of floats, 0 for the most (17). Values that are no atoms
// are appended in their one-line form.
func AppendText(b []byte, v Value, precision int) []byte {
	if t := v.Type(); t < 0 && t >= -TEnum {
		return AppendAtom(b, v, precision)
	}
	p := printer{precision: precision}
	return p.literal(b, v)
}

// AppendAtom is AppendText for atoms; of anything else it appends nothing. It
// keeps nothing of v, so that the elements of a vector can be written without
// an allocation for each.
func AppendAtom(b []byte, v Value, precision int) []byte {
	switch x := v.(type) {
	case Bool:
		return append(b, boolDigit(x))
	case GUID:
		return appendGUID(b, x)
	case Byte:
		return appendHex(b, byte(x))
	case Short:
		if x == NullShort {
			return b
		}
		return strconv.AppendInt(b, int64(x), 10)
	case Int:
		return appendInt(b, x)
	case Long:
		return appendLong(b, x)
	case Real:
		if x != x {
			return b
		}
		return AppendReal(b, x, precision)
	case Float:
		if x != x {
			return b
		}
		return AppendFloat(b, x, precision)
	case Char:
		return append(b, byte(x))
	case Symbol:
		return append(b, x.String()...)
	case EnumAtom:
		if x.IsLink() {
			return AppendAtom(b, x.Plain(), precision)
		}
		return append(b, x.Sym().String()...)
	case Timestamp:
		if b, done := special(b, Long(x), NullLong, InfLong); done {
			return b
		}
		d, ns := floorDiv(int64(x), nsDay)
		return appendNanos(append(appendDate(b, d), 'D'), ns)
	case Month:
		if b, done := special(b, Int(x), NullInt, InfInt); done {
			return b
		}
		return appendMonth(b, int64(x))
	case Date:
		if b, done := special(b, Int(x), NullInt, InfInt); done {
			return b
		}
		return appendDate(b, int64(x))
	case Datetime:
		return appendDatetime(b, float64(x))
	case Timespan:
		if b, done := special(b, Long(x), NullLong, InfLong); done {
			return b
		}
		ns := int64(x)
		if ns < 0 {
			b, ns = append(b, '-'), -ns
		}
		return appendNanos(append(strconv.AppendInt(b, ns/nsDay, 10), 'D'), ns%nsDay)
	case Minute:
		if b, done := special(b, Int(x), NullInt, InfInt); done {
			return b
		}
		b, n := appendSign(b, int64(x))
		return append2(append(append2(b, n/60), ':'), n%60)
	case Second:
		if b, done := special(b, Int(x), NullInt, InfInt); done {
			return b
		}
		b, n := appendSign(b, int64(x))
		return appendClock(b, n)
	case Time:
		if b, done := special(b, Int(x), NullInt, InfInt); done {
			return b
		}
		b, n := appendSign(b, int64(x))
		return appendFraction(append(appendClock(b, n/1000), '.'), n%1000, 3)
	}
	return b
}

// AppendFloat appends f with at most precision significant digits (0 means
// 17), without trailing zeros and without a type suffix: 0n and 0w for null
// and infinity, an exponent where C's %g has one.
func AppendFloat(b []byte, f Float, precision int) []byte {
	if precision <= 0 || precision > 17 {
		precision = 17
	}
	return appendFloat(b, float64(f), precision)
}

// AppendReal is AppendFloat for a real, which has at most 9 digits to show.
func AppendReal(b []byte, f Real, precision int) []byte {
	if precision <= 0 || precision > 9 {
		precision = 9
	}
	switch {
	case f != f:
		return append(b, "0N"...)
	case f > math.MaxFloat32:
		return append(b, "0w"...)
	case f < -math.MaxFloat32:
		return append(b, "-0w"...)
	}
	return appendFloat(b, float64(f), precision)
}

func appendFloat(b []byte, f float64, precision int) []byte {
	switch {
	case f != f:
		return append(b, "0n"...)
	case f > math.MaxFloat64:
		return append(b, "0w"...)
	case f < -math.MaxFloat64:
		return append(b, "-0w"...)
	}
	// Whole numbers of few digits are common and need no float formatting;
	// 0 is left out since -0 keeps its sign.
	if f > -1e6 && f < 1e6 && precision >= 6 && f != 0 && f == math.Trunc(f) {
		return strconv.AppendInt(b, int64(f), 10)
	}
	return strconv.AppendFloat(b, f, 'g', precision, 64)
}

// special appends an integer null (as nothing) or infinity, and reports
// whether x was one.
func special[T Int | Long](b []byte, x, null, inf T) ([]byte, bool) {
	switch x {
	case null:
		return b, true
	case inf:
		return append(b, "0W"...), true
	case -inf:
		return append(b, "-0W"...), true
	}
	return b, false
}

func appendInt(b []byte, x Int) []byte {
	if b, done := special(b, x, NullInt, InfInt); done {
		return b
	}
	return strconv.AppendInt(b, int64(x), 10)
}

func appendLong(b []byte, x Long) []byte {
	if b, done := special(b, x, NullLong, InfLong); done {
		return b
	}
	return strconv.AppendInt(b, int64(x), 10)
}

func boolDigit(x Bool) byte {
	if x {
		return '1'
	}
	return '0'
}

const hexDigits = "0123456789abcdef"

func appendHex(b []byte, x byte) []byte { return append(b, hexDigits[x>>4], hexDigits[x&15]) }

func appendGUID(b []byte, g GUID) []byte {
	for i, x := range g {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			b = append(b, '-')
		}
		b = appendHex(b, x)
	}
	return b
}

// append2 appends n >= 0 with at least two digits.
func append2(b []byte, n int64) []byte {
	if n < 10 {
		b = append(b, '0')
	}
	return strconv.AppendInt(b, n, 10)
}

// appendFraction appends n with exactly width digits.
func appendFraction(b []byte, n int64, width int) []byte {
	at := len(b)
	for range width {
		b = append(b, '0')
	}
	for i := at + width - 1; i >= at; i-- {
		b[i] += byte(n % 10)
		n /= 10
	}
	return b
}

func appendSign(b []byte, n int64) ([]byte, int64) {
	if n < 0 {
		return append(b, '-'), -n
	}
	return b, n
}

// appendClock appends seconds since midnight as hh:mm:ss.
func appendClock(b []byte, s int64) []byte {
	b = append(append2(b, s/3600), ':')
	b = append(append2(b, s/60%60), ':')
	return append2(b, s%60)
}

// appendNanos appends nanoseconds since midnight as hh:mm:ss.nnnnnnnnn.
func appendNanos(b []byte, ns int64) []byte {
	return appendFraction(append(appendClock(b, ns/nsSecond), '.'), ns%nsSecond, 9)
}

// appendDate appends yyyy.mm.dd, zeros for a day outside the years 1 to 9999.
func appendDate(b []byte, d int64) []byte {
	if d < firstDay || d > lastDay {
		return append(b, "0000.00.00"...)
	}
	y, m, day := civil(d)
	b = append(appendFraction(b, int64(y), 4), '.')
	b = append(append2(b, int64(m)), '.')
	return append2(b, int64(day))
}

func appendMonth(b []byte, n int64) []byte {
	y, m := floorDiv(n, 12)
	if y += 2000; y < 1 || y > 9999 {
		return append(b, "0000.00"...)
	}
	return append2(append(appendFraction(b, y, 4), '.'), m+1)
}

func appendDatetime(b []byte, f float64) []byte {
	switch {
	case f != f:
		return b
	case math.IsInf(f, 1):
		return append(b, "0w"...)
	case math.IsInf(f, -1):
		return append(b, "-0w"...)
	case f < firstDay || f >= lastDay+1:
		return append(b, "0000.00.00T00:00:00.000"...)
	}
	d, ms := floorDiv(int64(math.Round(f*86400000)), 86400000)
	b = append(appendDate(b, d), 'T')
	return appendFraction(append(appendClock(b, ms/1000), '.'), ms%1000, 3)
}
