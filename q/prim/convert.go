package prim

import (
	"math"

	"github.com/quoinhq/quoin/kdb"
)

// letters are the type letters in the order of the manual's tables.
const letters = "bgxhijefcspmdznuvt"

var letterTypes = [...]kdb.Type{kdb.TBool, kdb.TGUID, kdb.TByte, kdb.TShort, kdb.TInt, kdb.TLong, kdb.TReal, kdb.TFloat,
	kdb.TChar, kdb.TSymbol, kdb.TTimestamp, kdb.TMonth, kdb.TDate, kdb.TDatetime, kdb.TTimespan, kdb.TMinute, kdb.TSecond, kdb.TTime}

// letterIndex is a type's place in letters, by type number; 255 for none.
var letterIndex = func() (r [21]uint8) {
	for i := range r {
		r[i] = 255
	}
	for i, t := range letterTypes {
		r[t] = uint8(i)
	}
	return r
}()

func typeOfLetter(c byte) (kdb.Type, bool) {
	for i := range letters {
		if letters[i] == c {
			return letterTypes[i], true
		}
	}
	return 0, false
}

// Letter returns the type letter of a type number, ' ' for none.
func Letter(t kdb.Type) byte {
	if t < 0 {
		t = -t
	}
	if t == kdb.TEnum {
		return 's'
	}
	if t > kdb.TTime || letterIndex[t] == 255 {
		return ' '
	}
	return letters[letterIndex[t]]
}

func isFloating(t kdb.Type) bool {
	return t == kdb.TFloat || t == kdb.TReal || t == kdb.TDatetime
}

func isTemporal(t kdb.Type) bool { return t >= kdb.TTimestamp && t <= kdb.TTime }

func isIntegral(t kdb.Type) bool {
	return t == kdb.TBool || t >= kdb.TByte && t <= kdb.TLong
}

const dayNanos = 86400_000_000_000

// nanosPer is the length of one unit of a temporal type, in nanoseconds.
func nanosPer(t kdb.Type) int64 {
	switch t {
	case kdb.TMinute:
		return 60_000_000_000
	case kdb.TSecond:
		return 1_000_000_000
	case kdb.TTime:
		return 1_000_000
	case kdb.TDate:
		return dayNanos
	}
	return 1
}

// scale says how integer-backed elements of one type become another's: months
// to days first, then within the day, times mul, floor-divided by div, days to
// months last. The zero scale changes nothing.
type scale struct {
	fromMonth, toMonth bool
	mod, mul, div      int64
}

// scaleOf returns the scale between two types; between a temporal and another
// kind of number the underlying value stays as it is.
func scaleOf(from, to kdb.Type) scale {
	if from == to || !isTemporal(from) || !isTemporal(to) || from == kdb.TDatetime || to == kdb.TDatetime {
		return scale{}
	}
	s := scale{fromMonth: from == kdb.TMonth, toMonth: to == kdb.TMonth}
	fu, tu := nanosPer(from), nanosPer(to)
	if s.fromMonth {
		fu = dayNanos
	}
	if s.toMonth {
		tu = dayNanos
	}
	dated := from == kdb.TTimestamp || from == kdb.TDate || from == kdb.TMonth
	if dated && (to == kdb.TTimespan || to == kdb.TMinute || to == kdb.TSecond || to == kdb.TTime) {
		s.mod = dayNanos / fu
	}
	if fu >= tu {
		s.mul = fu / tu
	} else {
		s.div = tu / fu
	}
	return s
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b != 0 && (a < 0) != (b < 0) {
		q--
	}
	return q
}

func (s scale) apply(v []int64) {
	if s == (scale{}) {
		return
	}
	for i, x := range v {
		if x == math.MinInt64 {
			continue
		}
		if s.fromMonth {
			x = int64(monthStart(int32(x)))
		}
		if s.mod != 0 {
			x -= floorDiv(x, s.mod) * s.mod
		}
		if s.mul > 1 {
			switch {
			case x > math.MaxInt64/s.mul:
				x = math.MaxInt64
			case x < -math.MaxInt64/s.mul:
				x = -math.MaxInt64
			default:
				x *= s.mul
			}
		}
		if s.div > 1 {
			x = floorDiv(x, s.div)
		}
		if s.toMonth {
			x = int64(monthOf(int32(x)))
		}
		v[i] = x
	}
}

// readLongs fills dst with c's elements from lo on, as integers in the unit of
// type to. Every type's null becomes the null long.
func (c column) readLongs(dst []int64, lo int, to kdb.Type) {
	n := len(dst)
	switch c.t {
	case kdb.TBool, kdb.TByte, kdb.TChar:
		for i, v := range words[uint8](c)[lo : lo+n] {
			dst[i] = int64(v)
		}
	case kdb.TShort:
		for i, v := range words[int16](c)[lo : lo+n] {
			dst[i] = int64(v)
			if v == math.MinInt16 {
				dst[i] = math.MinInt64
			}
		}
	case kdb.TReal:
		for i, v := range words[float32](c)[lo : lo+n] {
			dst[i] = roundLong(float64(v))
		}
	case kdb.TFloat:
		for i, v := range words[float64](c)[lo : lo+n] {
			dst[i] = roundLong(v)
		}
	case kdb.TDatetime:
		for i, v := range words[float64](c)[lo : lo+n] {
			dst[i] = datetimeTo(v, to)
		}
	case kdb.TLong, kdb.TTimestamp, kdb.TTimespan, kdb.TEnum:
		copy(dst, words[int64](c)[lo:lo+n])
		scaleOf(c.t, to).apply(dst)
	default:
		for i, v := range words[int32](c)[lo : lo+n] {
			x := int64(v)
			if v == math.MinInt32 {
				x = math.MinInt64
			}
			dst[i] = x
		}
		scaleOf(c.t, to).apply(dst)
	}
}

// roundLong rounds to the nearest integer, halves away from zero, as q's casts do.
func roundLong(v float64) int64 {
	switch {
	case v != v:
		return math.MinInt64
	case v >= 0x1p63:
		return math.MaxInt64
	case v <= -0x1p63:
		return -math.MaxInt64
	}
	return int64(math.Floor(v + 0.5))
}

// datetimeTo gives a datetime in the unit of an integer-backed type.
func datetimeTo(v float64, to kdb.Type) int64 {
	if v != v {
		return math.MinInt64
	}
	day := math.Floor(v)
	switch to {
	case kdb.TDate:
		return int64(day)
	case kdb.TMonth:
		return int64(monthOf(int32(day)))
	case kdb.TTimestamp:
		// Milliseconds are what a datetime can hold exactly.
		return roundLong((v-day)*86400_000)*1_000_000 + saturateDay(day)
	case kdb.TTimespan, kdb.TMinute, kdb.TSecond, kdb.TTime:
		ms := roundLong((v - day) * 86400_000)
		return floorDiv(ms*1_000_000, nanosPer(to))
	}
	return roundLong(v)
}

func saturateDay(day float64) int64 {
	if math.Abs(day) > 106751 {
		return int64(math.Copysign(1, day)) * (math.MaxInt64 - dayNanos)
	}
	return int64(day) * dayNanos
}

// readFloats fills dst with c's elements from lo on as floats; for a datetime
// result temporals become days.
func (c column) readFloats(dst []float64, lo int, to kdb.Type) {
	n := len(dst)
	switch c.t {
	case kdb.TFloat, kdb.TDatetime:
		copy(dst, words[float64](c)[lo:lo+n])
		return
	case kdb.TReal:
		for i, v := range words[float32](c)[lo : lo+n] {
			dst[i] = float64(v)
		}
		return
	}
	perDay := 1.0
	if to == kdb.TDatetime && isTemporal(c.t) && c.t != kdb.TMonth {
		perDay = dayNanos / float64(nanosPer(c.t))
	}
	switch c.t {
	case kdb.TBool, kdb.TByte, kdb.TChar:
		for i, v := range words[uint8](c)[lo : lo+n] {
			dst[i] = float64(v)
		}
	case kdb.TShort:
		for i, v := range words[int16](c)[lo : lo+n] {
			dst[i] = float64(v)
			if v == math.MinInt16 {
				dst[i] = math.NaN()
			}
		}
	case kdb.TLong, kdb.TTimestamp, kdb.TTimespan:
		for i, v := range words[int64](c)[lo : lo+n] {
			dst[i] = float64(v)
			if v == math.MinInt64 {
				dst[i] = math.NaN()
			}
		}
	default:
		month := to == kdb.TDatetime && c.t == kdb.TMonth
		for i, v := range words[int32](c)[lo : lo+n] {
			if month && v != math.MinInt32 {
				v = monthStart(v)
			}
			dst[i] = float64(v)
			if v == math.MinInt32 {
				dst[i] = math.NaN()
			}
		}
	}
	if perDay != 1 {
		for i := range dst {
			dst[i] /= perDay
		}
	}
}

// writeLongs stores integers in c from lo on, narrowed to its width: what does
// not fit becomes infinity if saturate, else is cut off as overflow is.
func (c column) writeLongs(lo int, src []int64, saturate bool) {
	n := len(src)
	switch width(c.t) {
	case 1:
		for i, v := range src {
			switch {
			case v == math.MinInt64:
				v = 0
			case saturate && v > 255:
				v = 255
			}
			words[uint8](c)[lo+i] = uint8(v)
		}
	case 2:
		out := words[int16](c)[lo : lo+n]
		for i, v := range src {
			if v == math.MinInt64 {
				out[i] = math.MinInt16
				continue
			}
			if saturate {
				v = max(-math.MaxInt16, min(v, math.MaxInt16))
			}
			out[i] = int16(v)
		}
	case 4:
		out := words[int32](c)[lo : lo+n]
		for i, v := range src {
			if v == math.MinInt64 {
				out[i] = math.MinInt32
				continue
			}
			if saturate {
				v = max(-math.MaxInt32, min(v, math.MaxInt32))
			}
			out[i] = int32(v)
		}
	default:
		copy(words[int64](c)[lo:lo+n], src)
	}
}

// writeFloats stores floats in a floating column from lo on.
func (c column) writeFloats(lo int, src []float64) {
	if c.t == kdb.TReal {
		out := words[float32](c)[lo : lo+len(src)]
		for i, v := range src {
			out[i] = float32(v)
		}
		return
	}
	copy(words[float64](c)[lo:], src)
}

// convert returns c as type t: numbers and temporals in t's unit, saturated.
func (c column) convert(e *Env, t kdb.Type) column {
	if c.t == t {
		return c
	}
	out := alloc(t, c.n)
	inParts(e, c.n, func(lo, hi int) {
		if isFloating(t) {
			var buf [blockLen]float64
			for ; lo < hi; lo += blockLen {
				b := buf[:min(blockLen, hi-lo)]
				c.readFloats(b, lo, t)
				out.writeFloats(lo, b)
			}
			return
		}
		var buf [blockLen]int64
		for ; lo < hi; lo += blockLen {
			b := buf[:min(blockLen, hi-lo)]
			c.readLongs(b, lo, t)
			out.writeLongs(lo, b, true)
		}
	})
	return out
}

// blockLen is how many elements are converted at a time between kernels: small
// enough that a block stays in the first-level cache.
const blockLen = 1024
