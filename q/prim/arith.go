package prim

import (
	"math"

	"github.com/quoinhq/quoin/kdb"
)

// arithOp is an operator on two numbers whose result type is in a table.
type arithOp uint8

const (
	opAdd arithOp = iota
	opSub
	opMul
	opDivide
	opDiv
	opMod
	opXbar
	opMin
	opMax
)

// How the operands of a loop come: both vectors, or one an atom.
const (
	vecVec = iota
	vecAtom
	atomVec
)

// Add is q's x+y. Errors: 'type, 'length.
func Add(e *Env, x, y kdb.Value) (kdb.Value, error) {
	switch a := x.(type) {
	case kdb.Long:
		if b, ok := y.(kdb.Long); ok {
			if a == kdb.NullLong || b == kdb.NullLong {
				return kdb.NullLong, nil
			}
			return a + b, nil
		}
	case kdb.Float:
		if b, ok := y.(kdb.Float); ok {
			return a + b, nil
		}
	}
	return pervade(e, x, y, opAdd.leaf)
}

// Subtract is q's x-y. Errors: 'type, 'length.
func Subtract(e *Env, x, y kdb.Value) (kdb.Value, error) {
	switch a := x.(type) {
	case kdb.Long:
		if b, ok := y.(kdb.Long); ok {
			if a == kdb.NullLong || b == kdb.NullLong {
				return kdb.NullLong, nil
			}
			return a - b, nil
		}
	case kdb.Float:
		if b, ok := y.(kdb.Float); ok {
			return a - b, nil
		}
	}
	if xd, ok := x.(*kdb.Dict); ok {
		if yd, ok := y.(*kdb.Dict); ok {
			// An entry of y alone is taken from nothing.
			again := func(a, b kdb.Value) (kdb.Value, error) { return Subtract(e, a, b) }
			return pairDicts(xd, yd, again, func(v kdb.Value) (kdb.Value, error) { return Neg(e, v) })
		}
	}
	return pervade(e, x, y, opSub.leaf)
}

// Multiply is q's x*y. Errors: 'type, 'length.
func Multiply(e *Env, x, y kdb.Value) (kdb.Value, error) {
	switch a := x.(type) {
	case kdb.Long:
		if b, ok := y.(kdb.Long); ok {
			if a == kdb.NullLong || b == kdb.NullLong {
				return kdb.NullLong, nil
			}
			return a * b, nil
		}
	case kdb.Float:
		if b, ok := y.(kdb.Float); ok {
			return a * b, nil
		}
	}
	return pervade(e, x, y, opMul.leaf)
}

// Divide is q's x%y, always a float. Errors: 'type, 'length.
func Divide(e *Env, x, y kdb.Value) (kdb.Value, error) { return pervade(e, x, y, opDivide.leaf) }

// Lesser is q's x&y. Errors: 'type, 'length.
func Lesser(e *Env, x, y kdb.Value) (kdb.Value, error) { return pervade(e, x, y, opMin.leaf) }

// Greater is q's x|y. Errors: 'type, 'length.
func Greater(e *Env, x, y kdb.Value) (kdb.Value, error) { return pervade(e, x, y, opMax.leaf) }

func binaryOf(op arithOp) Binary {
	return func(e *Env, x, y kdb.Value) (kdb.Value, error) { return pervade(e, x, y, op.leaf) }
}

// Xbar rounds y down to multiples of x.
func Xbar(e *Env, x, y kdb.Value) (kdb.Value, error) { return pervade(e, x, y, opXbar.leaf) }

func (op arithOp) leaf(e *Env, a, b column, aAtom, bAtom bool) (column, error) {
	t, ok := op.resultType(a.t, b.t)
	if !ok {
		return column{}, ErrType
	}
	n, form := a.n, vecVec
	switch {
	case bAtom:
		form = vecAtom
	case aAtom:
		n, form = b.n, atomVec
	}
	out := alloc(t, n)
	if n == 0 {
		return out, nil
	}
	floating := isFloating(t) || op == opDivide
	switch {
	case floating && isWideFloat(a.t) && isWideFloat(b.t):
		o, x, y := words[float64](out), words[float64](a), words[float64](b)
		inParts(e, n, func(lo, hi int) {
			floatLoop(op, o[lo:hi], part(x, form == atomVec, lo, hi), part(y, form == vecAtom, lo, hi), form)
		})
	case floating:
		op.floatBlocks(e, out, a, b, form)
	case width(t) == 8 && op.direct(a.t, t) && op.direct(b.t, t):
		o, x, y := words[int64](out), words[int64](a), words[int64](b)
		inParts(e, n, func(lo, hi int) {
			intLoop(op, o[lo:hi], part(x, form == atomVec, lo, hi), part(y, form == vecAtom, lo, hi), math.MinInt64, form)
		})
	case width(t) == 4 && op.direct(a.t, t) && op.direct(b.t, t):
		o, x, y := words[int32](out), words[int32](a), words[int32](b)
		inParts(e, n, func(lo, hi int) {
			intLoop(op, o[lo:hi], part(x, form == atomVec, lo, hi), part(y, form == vecAtom, lo, hi), math.MinInt32, form)
		})
	case t == kdb.TBool:
		boolLoop(op, words[uint8](out), words[uint8](a), words[uint8](b), form)
	default:
		op.intBlocks(e, out, a, b, form)
	}
	return out, nil
}

func isWideFloat(t kdb.Type) bool { return t == kdb.TFloat || t == kdb.TDatetime }

// direct reports whether elements of type from can enter a loop for result
// type to as they are.
func (op arithOp) direct(from, to kdb.Type) bool {
	if width(from) != width(to) || isFloating(from) {
		return false
	}
	u := op.unit(from, to)
	return scaleOf(from, u) == scale{}
}

// unit is the type in whose unit an operand enters a loop with result type to:
// differences of two instants are taken in the operands' unit.
func (op arithOp) unit(from, to kdb.Type) kdb.Type {
	if op == opMod || op == opDiv {
		return from
	}
	switch {
	case to == kdb.TTimespan && from == kdb.TTimestamp, to == kdb.TInt && isTemporal(from):
		return from
	case op == opSub && to == kdb.TTimespan && from == kdb.TDate:
		return kdb.TTimestamp
	}
	return to
}

func part[T any](s []T, atom bool, lo, hi int) []T {
	if atom {
		return s
	}
	return s[lo:hi]
}

func (op arithOp) floatBlocks(e *Env, out, a, b column, form int) {
	inParts(e, out.n, func(lo, hi int) {
		var ba, bb, bo [blockLen]float64
		xa, xb := ba[:1], bb[:1]
		if form == atomVec {
			a.readFloats(xa, 0, out.t)
		}
		if form == vecAtom {
			b.readFloats(xb, 0, out.t)
		}
		for ; lo < hi; lo += blockLen {
			k := min(blockLen, hi-lo)
			if form != atomVec {
				xa = ba[:k]
				a.readFloats(xa, lo, out.t)
			}
			if form != vecAtom {
				xb = bb[:k]
				b.readFloats(xb, lo, out.t)
			}
			floatLoop(op, bo[:k], xa, xb, form)
			out.writeFloats(lo, bo[:k])
		}
	})
}

func (op arithOp) intBlocks(e *Env, out, a, b column, form int) {
	ua, ub := op.unit(a.t, out.t), op.unit(b.t, out.t)
	// div and mod by a float divisor are worked out in floats.
	if (op == opDiv || op == opMod || op == opXbar) && (isFloating(a.t) || isFloating(b.t)) {
		inParts(e, out.n, func(lo, hi int) {
			var ba, bb, bo [blockLen]float64
			var bi [blockLen]int64
			for ; lo < hi; lo += blockLen {
				k := min(blockLen, hi-lo)
				xa, xb := ba[:k], bb[:k]
				if form == atomVec {
					xa = ba[:1]
					a.readFloats(xa, 0, out.t)
				} else {
					a.readFloats(xa, lo, out.t)
				}
				if form == vecAtom {
					xb = bb[:1]
					b.readFloats(xb, 0, out.t)
				} else {
					b.readFloats(xb, lo, out.t)
				}
				floatLoop(op, bo[:k], xa, xb, form)
				for i, v := range bo[:k] {
					bi[i] = floorLong(v)
				}
				out.writeLongs(lo, bi[:k], false)
			}
		})
		return
	}
	inParts(e, out.n, func(lo, hi int) {
		var ba, bb, bo [blockLen]int64
		xa, xb := ba[:1], bb[:1]
		if form == atomVec {
			a.readLongs(xa, 0, ua)
		}
		if form == vecAtom {
			b.readLongs(xb, 0, ub)
		}
		for ; lo < hi; lo += blockLen {
			k := min(blockLen, hi-lo)
			if form != atomVec {
				xa = ba[:k]
				a.readLongs(xa, lo, ua)
			}
			if form != vecAtom {
				xb = bb[:k]
				b.readLongs(xb, lo, ub)
			}
			intLoop(op, bo[:k], xa, xb, math.MinInt64, form)
			out.writeLongs(lo, bo[:k], false)
		}
	})
}

func floorLong(v float64) int64 {
	switch {
	case v != v:
		return math.MinInt64
	case v >= 0x1p63:
		return math.MaxInt64
	case v <= -0x1p63:
		return -math.MaxInt64
	}
	return int64(math.Floor(v))
}

func boolLoop(op arithOp, out, a, b []uint8, form int) {
	if form == atomVec {
		a, b = b, a
		form = vecAtom
	}
	if form == vecAtom {
		s := b[0]
		for i, v := range a {
			if op == opMin {
				out[i] = v & s
			} else {
				out[i] = v | s
			}
		}
		return
	}
	b = b[:len(a)]
	out = out[:len(a)]
	if op == opMin {
		for i, v := range a {
			out[i] = v & b[i]
		}
		return
	}
	for i, v := range a {
		out[i] = v | b[i]
	}
}
