package prim

import (
	"math"

	"github.com/quoinhq/quoin/kdb"
)

// relation is one of the six comparisons.
type relation uint8

const (
	relEq relation = iota
	relNe
	relLt
	relGe
	relGt
	relLe
)

// swapped is the relation between the operands the other way round.
var swapped = [...]relation{relEq: relEq, relNe: relNe, relLt: relGt, relGt: relLt, relGe: relLe, relLe: relGe}

// Equal is q's x=y, item by item, floats within the comparison tolerance,
// nulls equal. Errors: 'type, 'length.
func Equal(x, y kdb.Value) (kdb.Value, error) { return pervade(nil, x, y, relEq.leaf) }

func (r relation) binary() Binary {
	return func(e *Env, x, y kdb.Value) (kdb.Value, error) {
		if a, ok := x.(kdb.Long); ok {
			if b, ok := y.(kdb.Long); ok {
				switch r {
				case relEq:
					return kdb.Bool(a == b), nil
				case relNe:
					return kdb.Bool(a != b), nil
				case relLt:
					return kdb.Bool(a < b), nil
				case relGe:
					return kdb.Bool(a >= b), nil
				case relGt:
					return kdb.Bool(a > b), nil
				case relLe:
					return kdb.Bool(a <= b), nil
				}
			}
		}
		return pervade(e, x, y, r.leaf)
	}
}

func (r relation) leaf(e *Env, a, b column, aAtom, bAtom bool) (column, error) {
	if aAtom && !bAtom {
		return swapped[r].leaf(e, b, a, false, true)
	}
	out := alloc(kdb.TBool, a.n)
	o := words[bool](out)
	n := a.n
	if isLink(a) || isLink(b) {
		a, b = plainColumn(a), plainColumn(b)
	}
	if isSymbolic(a.t) || isSymbolic(b.t) {
		return out, r.symbols(a, b, bAtom, o)
	}
	if a.t == kdb.TGUID || b.t == kdb.TGUID {
		if a.t != b.t {
			return out, ErrType
		}
		for i := range o {
			j := i
			if bAtom {
				j = 0
			}
			o[i] = r.holds(compareAt(a, i, b, j))
		}
		return out, nil
	}
	t, ok := comparedAs(a.t, b.t)
	if !ok {
		return out, ErrType
	}
	inParts(e, n, func(lo, hi int) { r.compareRange(t, a, b, bAtom, o, lo, hi) })
	return out, nil
}

// comparedAs returns the type in which two types are compared: the type itself,
// a wider one, or for temporals what the manual's table says.
func comparedAs(a, b kdb.Type) (kdb.Type, bool) {
	if a == b {
		return a, true
	}
	if isTemporal(a) && isTemporal(b) {
		c := temporalTypes[a-kdb.TTimestamp][b-kdb.TTimestamp]
		return typeOfLetter(c)
	}
	if isFloating(a) || isFloating(b) {
		return kdb.TFloat, true
	}
	return kdb.TLong, true
}

// temporalTypes is the type in which two temporal types are compared, by type
// numbers from 12 (p m d z n u v t). Source: KX manual, "Comparison".
var temporalTypes = [8]string{
	"pppznuvt",
	"pmd.....",
	"pddz....",
	"z.zznuvt",
	"n..nnnnn",
	"u..unuvt",
	"v..vnvvt",
	"t..tnttt",
}

func (r relation) compareRange(t kdb.Type, a, b column, bAtom bool, o []bool, lo, hi int) {
	sameA, sameB := a.t == t || !isFloating(t) && t == kdb.TLong && width(a.t) == 8, b.t == t || t == kdb.TLong && width(b.t) == 8
	switch {
	case sameA && sameB:
		r.compareAlike(a, b, bAtom, o, lo, hi)
	case isFloating(t):
		var ba, bb [blockLen]float64
		xb := bb[:1]
		if bAtom {
			b.readFloats(xb, 0, t)
		}
		for ; lo < hi; lo += blockLen {
			k := min(blockLen, hi-lo)
			a.readFloats(ba[:k], lo, t)
			if !bAtom {
				xb = bb[:k]
				b.readFloats(xb, lo, t)
			}
			relFloats(r, o[lo:lo+k], ba[:k], xb, bAtom)
		}
	default:
		if bAtom && width(a.t) == 4 && a.t != t {
			if r.narrowAtom(t, a, b, o, lo, hi) {
				return
			}
		}
		var ba, bb [blockLen]int64
		xb := bb[:1]
		if bAtom {
			b.readLongs(xb, 0, t)
		}
		for ; lo < hi; lo += blockLen {
			k := min(blockLen, hi-lo)
			a.readLongs(ba[:k], lo, t)
			if !bAtom {
				xb = bb[:k]
				b.readLongs(xb, lo, t)
			}
			relInts(r, o[lo:lo+k], ba[:k], xb, bAtom)
		}
	}
}

// narrowAtom compares an int column with a long atom that fits in an int.
func (r relation) narrowAtom(t kdb.Type, a, b column, o []bool, lo, hi int) bool {
	if t != kdb.TLong || isFloating(a.t) || b.t != kdb.TLong {
		return false
	}
	v := words[int64](b)[0]
	if v == math.MinInt64 {
		v = math.MinInt32
	} else if v <= math.MinInt32 || v > math.MaxInt32 {
		return false
	}
	relInts(r, o[lo:hi], words[int32](a)[lo:hi], []int32{int32(v)}, true)
	return true
}

// compareAlike compares columns of one type (or of one width of integers).
func (r relation) compareAlike(a, b column, bAtom bool, o []bool, lo, hi int) {
	switch {
	case isWideFloat(a.t):
		relFloats(r, o[lo:hi], words[float64](a)[lo:hi], part(words[float64](b), bAtom, lo, hi), bAtom)
	case a.t == kdb.TReal:
		relReals(r, o[lo:hi], words[float32](a)[lo:hi], part(words[float32](b), bAtom, lo, hi), bAtom)
	case width(a.t) == 8:
		relInts(r, o[lo:hi], words[int64](a)[lo:hi], part(words[int64](b), bAtom, lo, hi), bAtom)
	case width(a.t) == 4:
		relInts(r, o[lo:hi], words[int32](a)[lo:hi], part(words[int32](b), bAtom, lo, hi), bAtom)
	case width(a.t) == 2:
		relInts(r, o[lo:hi], words[int16](a)[lo:hi], part(words[int16](b), bAtom, lo, hi), bAtom)
	default:
		relInts(r, o[lo:hi], words[uint8](a)[lo:hi], part(words[uint8](b), bAtom, lo, hi), bAtom)
	}
}

func (r relation) holds(c int) bool {
	switch r {
	case relEq:
		return c == 0
	case relNe:
		return c != 0
	case relLt:
		return c < 0
	case relGe:
		return c >= 0
	case relGt:
		return c > 0
	}
	return c <= 0
}

// symbols compares symbols: equality by number, order by text.
func (r relation) symbols(a, b column, bAtom bool, o []bool) error {
	if !isSymbolic(a.t) || !isSymbolic(b.t) {
		return ErrType
	}
	if a.t == kdb.TEnum && !sameKind(a, b) && bAtom && (r == relEq || r == relNe) && a.enm.Dom != nil {
		// Compare places in the domain instead of symbols.
		s := plainColumn(b)
		at := scanFor(a.enm.Dom.V, words[kdb.Symbol](s)[0])
		if at < len(a.enm.Dom.V) {
			relInts(r, o, words[int64](a), []int64{int64(at)}, true)
			return nil
		}
	}
	if a.t == kdb.TEnum && sameKind(a, b) && (r == relEq || r == relNe) {
		relInts(r, o, words[int64](a), words[int64](b), bAtom)
		return nil
	}
	a, b = plainColumn(a), plainColumn(b)
	if r == relEq || r == relNe {
		relInts(r, o, words[uint32](a), words[uint32](b), bAtom)
		return nil
	}
	if !bAtom || a.n < 1024 {
		for i := range o {
			j := i
			if bAtom {
				j = 0
			}
			o[i] = r.holds(compareAt(a, i, b, j))
		}
		return nil
	}
	// One comparison of texts for each different symbol.
	s := words[kdb.Symbol](a)
	known := make([]uint8, kdb.SymbolCount())
	for i, x := range s {
		k := known[x.ID()]
		if k == 0 {
			k = 1
			if r.holds(compareAt(a, i, b, 0)) {
				k = 2
			}
			known[x.ID()] = k
		}
		o[i] = k == 2
	}
	return nil
}

// relInts compares integers; out[i] is set without a branch.
func relInts[T int64 | int32 | int16 | uint8 | uint32](r relation, out []bool, a, b []T, bAtom bool) {
	out = out[:len(a)]
	if bAtom {
		s := b[0]
		switch r {
		case relEq:
			for i, x := range a {
				out[i] = x == s
			}
		case relNe:
			for i, x := range a {
				out[i] = x != s
			}
		case relLt:
			for i, x := range a {
				out[i] = x < s
			}
		case relGe:
			for i, x := range a {
				out[i] = x >= s
			}
		case relGt:
			for i, x := range a {
				out[i] = x > s
			}
		default:
			for i, x := range a {
				out[i] = x <= s
			}
		}
		return
	}
	b = b[:len(a)]
	switch r {
	case relEq:
		for i, x := range a {
			out[i] = x == b[i]
		}
	case relNe:
		for i, x := range a {
			out[i] = x != b[i]
		}
	case relLt:
		for i, x := range a {
			out[i] = x < b[i]
		}
	case relGe:
		for i, x := range a {
			out[i] = x >= b[i]
		}
	case relGt:
		for i, x := range a {
			out[i] = x > b[i]
		}
	default:
		for i, x := range a {
			out[i] = x <= b[i]
		}
	}
}

// relFloats compares floats within the tolerance, the null below everything.
// Against an atom the tolerance becomes two bounds, found once.
func relFloats(r relation, out []bool, a, b []float64, bAtom bool) {
	out = out[:len(a)]
	if !bAtom {
		b = b[:len(a)]
		switch r {
		case relEq:
			for i, x := range a {
				out[i] = eqFloat(x, b[i])
			}
		case relNe:
			for i, x := range a {
				out[i] = !eqFloat(x, b[i])
			}
		case relLt:
			for i, x := range a {
				out[i] = lessFloat(x, b[i])
			}
		case relGe:
			for i, x := range a {
				out[i] = !lessFloat(x, b[i])
			}
		case relGt:
			for i, x := range a {
				out[i] = lessFloat(b[i], x)
			}
		default:
			for i, x := range a {
				out[i] = !lessFloat(b[i], x)
			}
		}
		return
	}
	s := b[0]
	if s != s {
		// Equal to the null is only the null, and nothing is below it.
		for i, x := range a {
			null := x != x
			switch r {
			case relEq, relLe:
				out[i] = null
			case relNe, relGt:
				out[i] = !null
			case relLt:
				out[i] = false
			default:
				out[i] = true
			}
		}
		return
	}
	lo, hi := toleranceBounds(s)
	switch r {
	case relEq:
		for i, x := range a {
			out[i] = x >= lo && x <= hi
		}
	case relNe:
		for i, x := range a {
			out[i] = !(x >= lo && x <= hi)
		}
	case relLt:
		for i, x := range a {
			out[i] = !(x >= lo)
		}
	case relGe:
		for i, x := range a {
			out[i] = x >= lo
		}
	case relGt:
		for i, x := range a {
			out[i] = x > hi
		}
	default:
		for i, x := range a {
			out[i] = !(x > hi)
		}
	}
}

// toleranceBounds returns the least and the greatest number equal to s.
func toleranceBounds(s float64) (lo, hi float64) {
	if s == 0 || math.IsInf(s, 0) {
		return s, s
	}
	lo, hi = s*(1-0x1p-43), s/(1-0x1p-43)
	if s < 0 {
		lo, hi = hi, lo
	}
	return lo, hi
}

func lessFloat(x, y float64) bool {
	return (x < y || x != x && y == y) && !tolerantEq(x, y)
}

// relReals compares reals: equal within the tolerance is equal, for their
// precision is coarser than it.
func relReals(r relation, out []bool, a, b []float32, bAtom bool) {
	var bb [1]float64
	for i, x := range a {
		j := i
		if bAtom {
			j = 0
		}
		bb[0] = float64(b[j])
		relFloats(r, out[i:i+1], []float64{float64(x)}, bb[:], true)
	}
}

// Within is q's x within y: whether each item is between the two bounds, both
// included. Errors: 'type, 'length.
func Within(e *Env, x, y kdb.Value) (kdb.Value, error) {
	if !isList(y) {
		return nil, ErrType
	}
	if y.Len() != 2 {
		return nil, ErrLength
	}
	lo, hi := Item(y, 0), Item(y, 1)
	if r, ok := withinInts(e, x, lo, hi); ok {
		return r, nil
	}
	if d, ok := x.(*kdb.Dict); ok && isAtom(lo) {
		r, err := Within(e, d.V, y)
		return onlyDict(d.K, r, err)
	}
	above, err := relGe.binary()(e, x, lo)
	if err != nil {
		return nil, err
	}
	below, err := relLe.binary()(e, x, hi)
	if err != nil {
		return nil, err
	}
	return Lesser(e, above, below)
}

// withinInts tests a vector of integers against atoms of its type in one pass:
// x-lo, taken without sign, is at most hi-lo exactly if x is within.
func withinInts(e *Env, x, lo, hi kdb.Value) (kdb.Value, bool) {
	c, ok := columnOf(x)
	if !ok || isFloating(c.t) || c.t == kdb.TEnum {
		return nil, false
	}
	a, ok1 := atomColumn(lo)
	b, ok2 := atomColumn(hi)
	if !ok1 || !ok2 || a.t != c.t || b.t != c.t {
		return nil, false
	}
	out := alloc(kdb.TBool, c.n)
	o := words[bool](out)
	switch {
	case width(c.t) == 8:
		l, h := words[int64](a)[0], words[int64](b)[0]
		if h < l {
			return out.value(), true
		}
		s, span := words[uint64](c), uint64(h)-uint64(l)
		inParts(e, c.n, func(i, j int) {
			o := o[i:j]
			for k, v := range s[i:j] {
				o[k] = v-uint64(l) <= span
			}
		})
	case width(c.t) == 4 && c.t != kdb.TSymbol:
		l, h := words[int32](a)[0], words[int32](b)[0]
		if h < l {
			return out.value(), true
		}
		s, span := words[uint32](c), uint32(h)-uint32(l)
		inParts(e, c.n, func(i, j int) {
			o := o[i:j]
			for k, v := range s[i:j] {
				o[k] = v-uint32(l) <= span
			}
		})
	default:
		return nil, false
	}
	return out.value(), true
}
