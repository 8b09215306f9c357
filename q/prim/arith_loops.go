package prim

import "math"

// intLoop and floatLoop are arithmetic's inner loops: the operator and the form
// are decided outside the loop, and a null operand gives a null by a select
// rather than a branch.

func intLoop[T int32 | int64](op arithOp, out, a, b []T, null T, form int) {
	if form == atomVec {
		switch op {
		case opAdd, opMul, opMin, opMax:
			a, b, form = b, a, vecAtom // commutative
		}
	}
	switch form {
	case vecVec:
		b, out = b[:len(a)], out[:len(a)]
		switch op {
		case opAdd:
			for i, x := range a {
				y := b[i]
				r := x + y
				if x == null {
					r = null
				}
				if y == null {
					r = null
				}
				out[i] = r
			}
		case opSub:
			for i, x := range a {
				y := b[i]
				r := x - y
				if x == null {
					r = null
				}
				if y == null {
					r = null
				}
				out[i] = r
			}
		case opMul:
			for i, x := range a {
				y := b[i]
				r := x * y
				if x == null {
					r = null
				}
				if y == null {
					r = null
				}
				out[i] = r
			}
		case opMin:
			for i, x := range a {
				out[i] = min(x, b[i])
			}
		case opMax:
			for i, x := range a {
				out[i] = max(x, b[i])
			}
		case opDiv:
			for i, x := range a {
				out[i] = divInt(x, b[i], null)
			}
		case opMod:
			for i, x := range a {
				out[i] = modInt(x, b[i], null)
			}
		case opXbar:
			for i, x := range a {
				out[i] = barInt(x, b[i], null)
			}
		}
	case vecAtom:
		intVecAtom(op, out[:len(a)], a, b[0], null)
	case atomVec:
		s := a[0]
		out = out[:len(b)]
		switch op {
		case opSub:
			if s == null {
				fillWords(out, null)
				return
			}
			for i, y := range b {
				r := s - y
				if y == null {
					r = null
				}
				out[i] = r
			}
		case opDiv:
			for i, y := range b {
				out[i] = divInt(s, y, null)
			}
		case opMod:
			for i, y := range b {
				out[i] = modInt(s, y, null)
			}
		case opXbar:
			barVec(out, b, s, null)
		}
	}
}

func intVecAtom[T int32 | int64](op arithOp, out, a []T, s, null T) {
	switch op {
	case opAdd, opSub:
		if s == null {
			fillWords(out, null)
			return
		}
		if op == opSub {
			s = -s
		}
		for i, x := range a {
			r := x + s
			if x == null {
				r = null
			}
			out[i] = r
		}
	case opMul:
		if s == null {
			fillWords(out, null)
			return
		}
		for i, x := range a {
			r := x * s
			if x == null {
				r = null
			}
			out[i] = r
		}
	case opMin:
		for i, x := range a {
			out[i] = min(x, s)
		}
	case opMax:
		for i, x := range a {
			out[i] = max(x, s)
		}
	case opDiv:
		if s > 0 && s&(s-1) == 0 {
			shift := log2(uint64(s))
			for i, x := range a {
				r := x >> shift
				if x == null {
					r = null
				}
				out[i] = r
			}
			return
		}
		for i, x := range a {
			out[i] = divInt(x, s, null)
		}
	case opMod:
		modVec(out, a, s, null)
	case opXbar:
		for i, x := range a {
			out[i] = barInt(x, s, null)
		}
	}
}

func log2(x uint64) (k uint) {
	for x > 1 {
		x >>= 1
		k++
	}
	return k
}

// modVec reduces by one positive divisor: a multiplication by its reciprocal
// instead of a division where the dividends are small enough to be exact floats.
func modVec[T int32 | int64](out, a []T, s, null T) {
	if s <= 0 {
		for i, x := range a {
			out[i] = modInt(x, s, null)
		}
		return
	}
	for i, x := range a {
		r := x % s
		if r < 0 {
			r += s
		}
		if x == null {
			r = null
		}
		out[i] = r
	}
}

// barVec rounds down to multiples of one width.
func barVec[T int32 | int64](out, b []T, s, null T) {
	if s <= 0 {
		for i, y := range b {
			out[i] = barInt(s, y, null)
		}
		return
	}
	// Neighbours in time series are mostly in one bar: test before dividing.
	var lo T
	hi := lo + s
	for i, y := range b {
		if y >= lo && y < hi {
			out[i] = lo
			continue
		}
		if y == null {
			out[i] = null
			continue
		}
		r := y % s
		if r < 0 {
			r += s
		}
		lo = y - r
		hi = lo + s
		out[i] = lo
	}
}

// divInt is floor division; a zero divisor gives the null.
func divInt[T int32 | int64](x, y, null T) T {
	if x == null || y == null || y == 0 {
		return null
	}
	q := x / y
	if x%y != 0 && (x < 0) != (y < 0) {
		q--
	}
	return q
}

// modInt is what divInt leaves: it has the divisor's sign.
func modInt[T int32 | int64](x, y, null T) T {
	if x == null || y == null || y == 0 {
		return null
	}
	r := x % y
	if r != 0 && (r < 0) != (y < 0) {
		r += y
	}
	return r
}

// barInt is y rounded down to a multiple of x; a bar of no width changes nothing.
func barInt[T int32 | int64](x, y, null T) T {
	if x == null || y == null {
		return null
	}
	if x == 0 {
		return y
	}
	return x * divInt(y, x, null)
}

func floatLoop(op arithOp, out, a, b []float64, form int) {
	switch form {
	case vecVec:
		b, out = b[:len(a)], out[:len(a)]
		switch op {
		case opAdd:
			for i, x := range a {
				out[i] = x + b[i]
			}
		case opSub:
			for i, x := range a {
				out[i] = x - b[i]
			}
		case opMul:
			for i, x := range a {
				out[i] = x * b[i]
			}
		case opDivide:
			for i, x := range a {
				out[i] = x / b[i]
			}
		default:
			f := floatFunc(op)
			for i, x := range a {
				out[i] = f(x, b[i])
			}
		}
	case vecAtom:
		s := b[0]
		out = out[:len(a)]
		switch op {
		case opAdd:
			for i, x := range a {
				out[i] = x + s
			}
		case opSub:
			for i, x := range a {
				out[i] = x - s
			}
		case opMul:
			for i, x := range a {
				out[i] = x * s
			}
		case opDivide:
			for i, x := range a {
				out[i] = x / s
			}
		default:
			f := floatFunc(op)
			for i, x := range a {
				out[i] = f(x, s)
			}
		}
	case atomVec:
		s := a[0]
		out = out[:len(b)]
		switch op {
		case opAdd:
			for i, y := range b {
				out[i] = s + y
			}
		case opSub:
			for i, y := range b {
				out[i] = s - y
			}
		case opMul:
			for i, y := range b {
				out[i] = s * y
			}
		case opDivide:
			for i, y := range b {
				out[i] = s / y
			}
		default:
			f := floatFunc(op)
			for i, y := range b {
				out[i] = f(s, y)
			}
		}
	}
}

func floatFunc(op arithOp) func(x, y float64) float64 {
	switch op {
	case opMin:
		return minFloat
	case opMax:
		return maxFloat
	case opDiv:
		return func(x, y float64) float64 { return tolerantFloor(x / y) }
	case opMod:
		return func(x, y float64) float64 {
			if y == 0 {
				return math.NaN()
			}
			return x - y*tolerantFloor(x/y)
		}
	}
	return func(x, y float64) float64 { // xbar
		if x == 0 {
			return y
		}
		return x * tolerantFloor(y/x)
	}
}

// tolerantFloor is the floor of a quotient, taken as the next integer when it
// is equal to that within the comparison tolerance.
func tolerantFloor(v float64) float64 {
	f := math.Floor(v)
	if tolerantEq(v, f+1) {
		return f + 1
	}
	return f
}

// minFloat and maxFloat order the null below everything.
func minFloat(x, y float64) float64 {
	if x < y || x != x {
		return x
	}
	return y
}

func maxFloat(x, y float64) float64 {
	if x > y || y != y {
		return x
	}
	return y
}
