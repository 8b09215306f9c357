package table

import (
	"math"

	"github.com/quoinhq/quoin/kdb"
)

// expr is a numeric expression over the selected rows, worked out a block at a
// time in buffers of its own, so that no column is made for it. It serves one
// goroutine. Exactly one of the two readers is set.
type expr struct {
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

// numbers is a numeric expression with its names and constants resolved. make
// gives each goroutine its own reader, and may be called by several at once.
type numbers struct {
	typ   kdb.Type // of the vector q would make
	float bool
	make  func() expr
}

// compile makes numbers of a tree of numeric columns, constants and
// + - * % & |; ok is false for anything else.
func (q *query) compile(tree kdb.Value) (x numbers, ok bool) {
	if s, isName := tree.(kdb.Symbol); isName {
		c, found := q.t.Col(s)
		if !found {
			return x, false
		}
		return columnNumbers(c, &q.sel)
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
	if !ok || !numeric(a.typ) || !numeric(b.typ) {
		return x, false
	}
	if name == "%" || a.float || b.float {
		return numbers{typ: kdb.TFloat, float: true, make: func() expr {
			return expr{floats: floatOp(name, a.make().asFloats(), b.make().asFloats())}
		}}, true
	}
	if a.typ != kdb.TLong && b.typ != kdb.TLong {
		return x, false
	}
	return numbers{typ: kdb.TLong, make: func() expr {
		return expr{ints: intOp(name, a.make().ints, b.make().ints)}
	}}, true
}

// compileOperand is compile for an argument, which may be a constant.
func (q *query) compileOperand(tree kdb.Value) (numbers, bool) {
	if v, ok := q.constant(tree); ok {
		switch c := v.(type) {
		case kdb.Long:
			return numbers{typ: kdb.TLong, make: func() expr {
				return expr{ints: filled(int64(c))}
			}}, true
		case kdb.Float:
			return numbers{typ: kdb.TFloat, float: true, make: func() expr {
				return expr{floats: filled(float64(c))}
			}}, true
		}
		return numbers{}, false
	}
	return q.compile(tree)
}

// filled yields one number again and again.
func filled[T any](v T) func(lo, hi int) []T {
	var buf []T
	return func(lo, hi int) []T {
		for len(buf) < hi-lo {
			buf = append(buf, v)
		}
		return buf[:hi-lo]
	}
}

// columnNumbers are a column's selected items, if they are numbers underneath.
func columnNumbers(c kdb.Value, r *rows) (numbers, bool) {
	t := c.Type()
	if t == kdb.TFloat || t == kdb.TReal || t == kdb.TDatetime {
		return numbers{typ: t, float: true, make: func() expr {
			read, _ := floatReader(c, r)
			return expr{floats: read}
		}}, true
	}
	_, ok := intReader(c, r)
	return numbers{typ: t, make: func() expr {
		read, _ := intReader(c, r)
		return expr{ints: read}
	}}, ok
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
	var mem []float64
	op := floatLoops[name]
	return func(lo, hi int) []float64 {
		x, y := a(lo, hi), b(lo, hi)
		o := scratch(&mem, len(x))
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
	var mem []int64
	op := intLoops[name]
	return func(lo, hi int) []int64 {
		x, y := a(lo, hi), b(lo, hi)
		o := scratch(&mem, len(x))
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
