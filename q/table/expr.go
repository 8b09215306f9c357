package table

import (
	"math"

	"github.com/quoinhq/quoin/kdb"
)

// expr is a numeric expression over the selected rows, worked out a block at a
// time in buffers of its own, so that no column is made for it. It serves one
// goroutine. Exactly one of the two readers is set.
type expr struct {
	typ    kdb.Type // of the vector q would make
	ints   func(lo, hi int) []int64
	floats func(lo, hi int) []float64
}

// asFloats returns the expression's values as floats.
func (x expr) asFloats() func(lo, hi int) []float64 {
	if x.floats != nil {
		return x.floats
	}
	return intsAsFloats(x.ints)
}

// compile makes the expression for a tree of numeric columns, constants and
// + - * % & |; ok is false for anything else.
func (q *query) compile(tree kdb.Value) (x expr, ok bool) {
	if s, isName := tree.(kdb.Symbol); isName {
		c, found := q.t.Col(s)
		if !found {
			return x, false
		}
		return columnExpr(c, &q.sel)
	}
	name, args, ok := application(tree)
	if !ok || len(args) != 2 {
		return x, false
	}
	switch name {
	case "+", "-", "*", "%", "&", "|":
	default:
		return x, false
	}
	a, ok := q.compileOperand(args[0])
	if !ok {
		return x, false
	}
	b, ok := q.compileOperand(args[1])
	if !ok || a.ints == nil && a.floats == nil {
		return x, false
	}
	if !numeric(a.typ) || !numeric(b.typ) {
		return x, false
	}
	if name == "%" || a.floats != nil || b.floats != nil {
		f, g := a.asFloats(), b.asFloats()
		return expr{typ: kdb.TFloat, floats: floatOp(name, f, g)}, true
	}
	if a.typ != kdb.TLong && b.typ != kdb.TLong {
		return x, false
	}
	return expr{typ: kdb.TLong, ints: intOp(name, a.ints, b.ints)}, true
}

// compileOperand is compile for an argument, which may be a constant.
func (q *query) compileOperand(tree kdb.Value) (expr, bool) {
	if v, ok := q.constant(tree); ok {
		switch c := v.(type) {
		case kdb.Long:
			buf := filled(int64(c))
			return expr{typ: kdb.TLong, ints: func(lo, hi int) []int64 { return buf[:hi-lo] }}, true
		case kdb.Float:
			buf := filled(float64(c))
			return expr{typ: kdb.TFloat, floats: func(lo, hi int) []float64 { return buf[:hi-lo] }}, true
		}
		return expr{}, false
	}
	return q.compile(tree)
}

func filled[T any](v T) []T {
	s := make([]T, blockLen)
	for i := range s {
		s[i] = v
	}
	return s
}

func columnExpr(c kdb.Value, r *rows) (expr, bool) {
	t := c.Type()
	if t == kdb.TFloat || t == kdb.TReal || t == kdb.TDatetime {
		read, ok := floatReader(c, r)
		return expr{typ: t, floats: read}, ok
	}
	read, ok := intReader(c, r)
	return expr{typ: t, ints: read}, ok
}

// numeric reports whether arithmetic on a type gives numbers as compile makes
// them: longs and floats.
func numeric(t kdb.Type) bool {
	switch t {
	case kdb.TBool, kdb.TShort, kdb.TInt, kdb.TLong, kdb.TFloat:
		return true
	}
	return false
}

func floatOp(name string, a, b func(lo, hi int) []float64) func(lo, hi int) []float64 {
	out := make([]float64, blockLen)
	op := floatLoops[name]
	return func(lo, hi int) []float64 {
		x, y := a(lo, hi), b(lo, hi)
		o := out[:len(x)]
		op(o, x, y)
		return o
	}
}

// floatLoops are the operators on blocks; all three slices have one length.
var floatLoops = map[string]func(o, x, y []float64){
	"+": func(o, x, y []float64) {
		o, y = o[:len(x)], y[:len(x)]
		for i, v := range x {
			o[i] = v + y[i]
		}
	},
	"-": func(o, x, y []float64) {
		o, y = o[:len(x)], y[:len(x)]
		for i, v := range x {
			o[i] = v - y[i]
		}
	},
	"*": func(o, x, y []float64) {
		o, y = o[:len(x)], y[:len(x)]
		for i, v := range x {
			o[i] = v * y[i]
		}
	},
	"%": func(o, x, y []float64) {
		o, y = o[:len(x)], y[:len(x)]
		for i, v := range x {
			o[i] = v / y[i]
		}
	},
	// Null is the smallest number.
	"&": func(o, x, y []float64) {
		o, y = o[:len(x)], y[:len(x)]
		for i, v := range x {
			o[i] = v
			if w := y[i]; w < v || w != w {
				o[i] = w
			}
		}
	},
	"|": func(o, x, y []float64) {
		o, y = o[:len(x)], y[:len(x)]
		for i, v := range x {
			o[i] = v
			if w := y[i]; w > v || v != v {
				o[i] = w
			}
		}
	},
}

func intOp(name string, a, b func(lo, hi int) []int64) func(lo, hi int) []int64 {
	out := make([]int64, blockLen)
	op := intLoops[name]
	return func(lo, hi int) []int64 {
		x, y := a(lo, hi), b(lo, hi)
		o := out[:len(x)]
		op(o, x, y)
		return o
	}
}

// intLoops are the operators on blocks of integers: null in, null out.
var intLoops = map[string]func(o, x, y []int64){
	"+": func(o, x, y []int64) {
		o, y = o[:len(x)], y[:len(x)]
		for i, v := range x {
			w := y[i]
			o[i] = v + w
			if v == math.MinInt64 || w == math.MinInt64 {
				o[i] = math.MinInt64
			}
		}
	},
	"-": func(o, x, y []int64) {
		o, y = o[:len(x)], y[:len(x)]
		for i, v := range x {
			w := y[i]
			o[i] = v - w
			if v == math.MinInt64 || w == math.MinInt64 {
				o[i] = math.MinInt64
			}
		}
	},
	"*": func(o, x, y []int64) {
		o, y = o[:len(x)], y[:len(x)]
		for i, v := range x {
			w := y[i]
			o[i] = v * w
			if v == math.MinInt64 || w == math.MinInt64 {
				o[i] = math.MinInt64
			}
		}
	},
	"&": func(o, x, y []int64) {
		o, y = o[:len(x)], y[:len(x)]
		for i, v := range x {
			o[i] = min(v, y[i])
		}
	},
	"|": func(o, x, y []int64) {
		o, y = o[:len(x)], y[:len(x)]
		for i, v := range x {
			o[i] = max(v, y[i])
		}
	},
}
