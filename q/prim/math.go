package prim

import (
	"math"

	"github.com/quoinhq/quoin/kdb"
)

// Unary atomic functions. Their result types are given, like the manual's
// "Domain and range", as one letter for each type in the order of letters.

const (
	negTypes     = "i.ihijefi.pmdznuvt"
	absTypes     = "i.ihijefi.pmdznuvt"
	signTypes    = "i.iiiiiii.iiiiiiii"
	floatTypes   = "f.fffffff.fffzffff"
	recipTypes   = "f.fffffff.fffzffff"
	floorTypes   = "...hijjjcs........"
	ceilingTypes = "i.ihijjji........."
)

func unaryType(table string, t kdb.Type) (kdb.Type, error) {
	if t > kdb.TTime || letterIndex[t] == 255 {
		return 0, ErrType
	}
	r, ok := typeOfLetter(table[letterIndex[t]])
	if !ok {
		return 0, ErrType
	}
	return r, nil
}

// Neg returns the negation; a null stays null. Errors: 'type.
func Neg(e *Env, x kdb.Value) (kdb.Value, error) {
	return overItems(x, func(c column) (column, error) {
		return c.mapSigned(e, negTypes, func(v int64) int64 { return -v }, func(v float64) float64 { return -v })
	})
}

// Abs returns the magnitude. Errors: 'type.
func Abs(e *Env, x kdb.Value) (kdb.Value, error) {
	return overItems(x, func(c column) (column, error) {
		return c.mapSigned(e, absTypes, func(v int64) int64 { return max(v, -v) }, math.Abs)
	})
}

// Signum returns -1, 0 or 1 as ints; a null counts as negative. Errors: 'type.
func Signum(e *Env, x kdb.Value) (kdb.Value, error) {
	return overItems(x, func(c column) (column, error) {
		if _, err := unaryType(signTypes, c.t); err != nil {
			return c, err
		}
		out := alloc(kdb.TInt, c.n)
		o := words[int32](out)
		if isFloating(c.t) {
			f := words[float64](c.convert(e, kdb.TFloat))
			for i, v := range f {
				switch {
				case v > 0:
					o[i] = 1
				case v != 0:
					o[i] = -1
				}
			}
			return out, nil
		}
		for i, v := range words[int64](c.convert(e, kdb.TLong)) {
			o[i] = int32(v>>63) | int32(uint64(-v)>>63)
			if v == math.MinInt64 {
				o[i] = -1
			}
		}
		return out, nil
	})
}

// mapSigned applies an integer or a float function, by the column's type.
func (c column) mapSigned(e *Env, table string, fi func(int64) int64, ff func(float64) float64) (column, error) {
	t, err := unaryType(table, c.t)
	if err != nil {
		return c, err
	}
	out := alloc(t, c.n)
	if isFloating(t) {
		c.eachFloat(out, t, ff)
		return out, nil
	}
	var buf [blockLen]int64
	for lo := 0; lo < c.n; lo += blockLen {
		b := buf[:min(blockLen, c.n-lo)]
		c.readLongs(b, lo, c.t)
		for i, v := range b {
			if v != math.MinInt64 {
				b[i] = fi(v)
			}
		}
		out.writeLongs(lo, b, false)
	}
	return out, nil
}

// eachFloat stores f of every element in out.
func (c column) eachFloat(out column, t kdb.Type, f func(float64) float64) {
	var buf [blockLen]float64
	for lo := 0; lo < c.n; lo += blockLen {
		b := buf[:min(blockLen, c.n-lo)]
		c.readFloats(b, lo, t)
		for i, v := range b {
			b[i] = f(v)
		}
		out.writeFloats(lo, b)
	}
}

// floatFn makes a primitive of a function of floats.
func floatFn(f func(float64) float64) Unary {
	return func(e *Env, x kdb.Value) (kdb.Value, error) {
		return overItems(x, func(c column) (column, error) {
			t, err := unaryType(floatTypes, c.t)
			if err != nil {
				return c, err
			}
			out := alloc(t, c.n)
			inParts(e, c.n, func(lo, hi int) { c.slice(lo, hi).eachFloat(out.slice(lo, hi), t, f) })
			return out, nil
		})
	}
}

func realSqrt(v float64) float64 { return math.Sqrt(v) }

func naturalLog(v float64) float64 {
	if v < 0 {
		return math.NaN()
	}
	return math.Log(v)
}

// floatFn2 makes a primitive of a function of two floats that refuses symbols.
func floatFn2(f func(x, y float64) float64) Binary {
	leaf := func(e *Env, a, b column, aAtom, bAtom bool) (column, error) {
		if _, err := unaryType(floatTypes, a.t); err != nil {
			return a, err
		}
		if _, err := unaryType(floatTypes, b.t); err != nil {
			return b, err
		}
		x, y := words[float64](a.convert(e, kdb.TFloat)), words[float64](b.convert(e, kdb.TFloat))
		out := alloc(kdb.TFloat, max(len(x), len(y)))
		if len(x) == 0 || len(y) == 0 {
			out = alloc(kdb.TFloat, 0)
		}
		for i := range words[float64](out) {
			j, k := i, i
			if aAtom {
				j = 0
			}
			if bAtom {
				k = 0
			}
			words[float64](out)[i] = f(x[j], y[k])
		}
		return out, nil
	}
	return func(e *Env, x, y kdb.Value) (kdb.Value, error) { return pervade(e, x, y, leaf) }
}

func power(x, y float64) float64 {
	switch {
	case x < 0 || x != x || y != y:
		return math.NaN()
	case y == 0:
		return 1
	}
	return math.Exp(y * math.Log(x)) // as q defines it; 2 xexp 3 is just below 8
}

func logBase(x, y float64) float64 {
	if y < 0 || x < 0 {
		return math.NaN()
	}
	if x == 2 {
		return math.Log2(y)
	}
	if x == 10 {
		return math.Log10(y)
	}
	return math.Log(y) / math.Log(x)
}

// tolerantCeil is the ceiling, but of a number equal to the integer below it
// within the comparison tolerance that integer.
func tolerantCeil(v float64) float64 { return -tolerantFloor(-v) }

// Floor returns the greatest integer not above each item within the comparison
// tolerance; the text of symbols
// and chars in lower case, as k's _ does. Errors: 'type.
func Floor(e *Env, x kdb.Value) (kdb.Value, error) {
	return overItems(x, func(c column) (column, error) {
		if c.t == kdb.TChar || c.t == kdb.TSymbol {
			return lowerColumn(c), nil
		}
		return rounded(c, floorTypes, tolerantFloor)
	})
}

// Ceiling returns the least integer not below each item within the comparison
// tolerance. Errors: 'type.
func Ceiling(e *Env, x kdb.Value) (kdb.Value, error) {
	return overItems(x, func(c column) (column, error) { return rounded(c, ceilingTypes, tolerantCeil) })
}

func rounded(c column, table string, f func(float64) float64) (column, error) {
	t, err := unaryType(table, c.t)
	if err != nil || t == c.t {
		return c, err
	}
	if !isFloating(c.t) {
		return c.convert(nil, t), nil
	}
	out := alloc(t, c.n)
	o := words[int64](out)
	var buf [blockLen]float64
	for lo := 0; lo < c.n; lo += blockLen {
		b := buf[:min(blockLen, c.n-lo)]
		c.readFloats(b, lo, kdb.TFloat)
		for i, v := range b {
			o[lo+i] = floorLong(f(v))
		}
	}
	return out, nil
}

// Not tells which items are zero. Errors: 'type (symbols).
func Not(x kdb.Value) (kdb.Value, error) {
	if b, ok := x.(*kdb.Bools); ok {
		return kdb.NewVec(notBools(b.V)), nil
	}
	return overItems(x, func(c column) (column, error) {
		b, err := truth(c)
		if err != nil {
			return c, err
		}
		return colOf(kdb.NewVec(notBools(words[kdb.Bool](b)))), nil
	})
}

// truth tells which elements are not zero.
func truth(c column) (column, error) {
	out := alloc(kdb.TBool, c.n)
	o := words[bool](out)
	switch {
	case c.t == kdb.TBool:
		return c, nil
	case isSymbolic(c.t), c.t == kdb.TGUID:
		return c, ErrType
	case isWideFloat(c.t):
		for i, v := range words[float64](c) {
			o[i] = v != 0
		}
	case c.t == kdb.TReal:
		for i, v := range words[float32](c) {
			o[i] = v != 0
		}
	case width(c.t) == 1:
		relInts(relNe, o, words[uint8](c), []uint8{0}, true)
	case width(c.t) == 2:
		relInts(relNe, o, words[int16](c), []int16{0}, true)
	case width(c.t) == 4:
		relInts(relNe, o, words[int32](c), []int32{0}, true)
	default:
		relInts(relNe, o, words[int64](c), []int64{0}, true)
	}
	return out, nil
}

// Null tells which items are null, through lists.
func Null(x kdb.Value) (kdb.Value, error) {
	switch v := x.(type) {
	case kdb.Unary:
		return kdb.Bool(v == kdb.Nil), nil
	case *kdb.List, *kdb.Dict, *kdb.Table:
	default:
		if _, ok := columnOf(v); !ok && !isAtom(v) {
			return kdb.Bool(false), nil
		}
	}
	if l, ok := x.(*kdb.List); ok {
		return eachItem(l, Null)
	}
	if d, ok := x.(*kdb.Dict); ok {
		r, err := Null(d.V)
		return onlyDict(d.K, r, err)
	}
	return overItems(x, func(c column) (column, error) { return nulls(c), nil })
}

// nulls tells which elements are null.
func nulls(c column) column {
	out := alloc(kdb.TBool, c.n)
	o := words[bool](out)
	switch c.t {
	case kdb.TBool, kdb.TByte:
	case kdb.TGUID:
		for i, g := range words[kdb.GUID](c) {
			o[i] = g == kdb.GUID{}
		}
	case kdb.TSymbol:
		relInts(relEq, o, words[uint32](c), []uint32{0}, true)
	case kdb.TEnum:
		relInts(relEq, o, words[int64](c), []int64{math.MinInt64}, true)
	case kdb.TChar:
		relInts(relEq, o, words[uint8](c), []uint8{' '}, true)
	case kdb.TFloat, kdb.TDatetime:
		for i, v := range words[float64](c) {
			o[i] = v != v
		}
	case kdb.TReal:
		for i, v := range words[float32](c) {
			o[i] = v != v
		}
	case kdb.TShort:
		relInts(relEq, o, words[int16](c), []int16{math.MinInt16}, true)
	case kdb.TLong, kdb.TTimestamp, kdb.TTimespan:
		relInts(relEq, o, words[int64](c), []int64{math.MinInt64}, true)
	default:
		relInts(relEq, o, words[int32](c), []int32{math.MinInt32}, true)
	}
	return out
}

func mathOps(r registry) {
	atomic1 := func(name string, f Unary) { b := r.unary(name, f); b.Atomic, b.Uniform = true, true }
	atomic2 := func(name string, f Binary) { r.binary(name, f).Atomic = true }
	for name, op := range map[string]arithOp{"div": opDiv, "mod": opMod, "xbar": opXbar, "%": opDivide, "&": opMin, "|": opMax, "and": opMin, "or": opMax} {
		atomic2(name, binaryOf(op))
	}
	atomic2("+", Add)
	atomic2("-", Subtract)
	atomic2("*", Multiply)
	for name, rel := range map[string]relation{"=": relEq, "<>": relNe, "<": relLt, ">": relGt, "<=": relLe, ">=": relGe} {
		atomic2(name, rel.binary())
	}
	r.binary("within", Within)
	atomic1("neg", Neg)
	atomic1("abs", Abs)
	atomic1("signum", Signum)
	atomic1("floor", Floor)
	atomic1("ceiling", Ceiling)
	atomic1("not", func(_ *Env, x kdb.Value) (kdb.Value, error) { return Not(x) })
	atomic1("null", func(_ *Env, x kdb.Value) (kdb.Value, error) { return Null(x) })
	atomic1("sqrt", floatFn(realSqrt))
	atomic1("exp", floatFn(math.Exp))
	atomic1("log", floatFn(naturalLog))
	atomic1("sin", floatFn(math.Sin))
	atomic1("cos", floatFn(math.Cos))
	atomic1("tan", floatFn(math.Tan))
	atomic1("asin", floatFn(math.Asin))
	atomic1("acos", floatFn(math.Acos))
	atomic1("atan", floatFn(math.Atan))
	atomic1("reciprocal", floatFn(func(v float64) float64 { return 1 / v }))
	atomic2("xexp", floatFn2(power))
	atomic2("xlog", floatFn2(logBase))
}
