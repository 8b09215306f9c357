package table

import (
	"math"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q/prim"
)

// accumulator collects one aggregate for every group. Each goroutine fills one
// of its own, and they are merged in the order of the rows.
type accumulator interface {
	// add takes the positions from lo on, with their codes, at most blockLen.
	add(lo int, ids []int32)
	// addRuns takes the positions lo to hi, which lie in the given runs, at
	// most blockLen of them.
	addRuns(lo, hi int, runs []run)
	// merge takes what another accumulator of its kind has collected.
	merge(from accumulator)
	// result returns an item for each of the groups, which are all not empty
	// or the one group of a query without by.
	result(g *groups) kdb.Value
}

// aggregate is an aggregate that runs as typed loops.
type aggregate struct {
	// start returns an empty accumulator for codes below n; nil if direct does.
	start func(n int) accumulator
	// direct, when set, makes the result of the groups alone, once they know
	// their last positions; with start beside it only of detailed groups.
	direct func(g *groups) kdb.Value
}

// aggregate recognises a tree of an aggregate over columns or simple
// arithmetic on them.
func (q *query) aggregate(tree kdb.Value) (aggregate, bool) {
	name, args, ok := application(tree)
	if !ok {
		return aggregate{}, false
	}
	switch {
	case len(args) == 1 && (name == "first" || name == "last"):
		return q.edge(args[0], name == "first")
	case len(args) == 1 && name == "count":
		return q.count(args[0])
	case len(args) == 1:
		return q.reduction(name, args[0])
	case len(args) == 2:
		return q.pairwise(name, args)
	}
	return aggregate{}, false
}

// pairwise is an aggregate of two columns.
func (q *query) pairwise(name string, args []kdb.Value) (aggregate, bool) {
	switch name {
	case "wavg", "cov", "cor", "scov":
	case "wsum": // a float, with a vector on each side
		if !q.refers(args[0]) || !q.refers(args[1]) {
			return aggregate{}, false
		}
	default:
		return aggregate{}, false
	}
	x, ok := q.numbers(args[0])
	y, ok2 := q.numbers(args[1])
	if !ok || !ok2 || !averages(x.typ) || !averages(y.typ) {
		return aggregate{}, false
	}
	return aggregate{start: func(n int) accumulator {
		a, b := x.make().asFloats(), y.make().asFloats()
		if name == "wavg" || name == "wsum" {
			return &weighted{w: a, x: b, mean: name == "wavg", acc: make([]weights, n)}
		}
		return &comoments{name: name, x: a, y: b, acc: make([]comoment, n)}
	}}, true
}

// averages reports whether statistics of a type run on its numbers as they are.
func averages(t kdb.Type) bool { return t != kdb.TChar && t != kdb.TByte }

// numbers returns an aggregate's argument: compiled, or a vector that is worked
// out now.
func (q *query) numbers(tree kdb.Value) (numbers, bool) {
	if x, ok := q.compile(tree); ok {
		return x, true
	}
	c, r, ok := q.operand(tree)
	if !ok {
		return numbers{}, false
	}
	return columnNumbers(c, r)
}

// edge is first and last: an item of the column by row number, of any type.
func (q *query) edge(tree kdb.Value, first bool) (aggregate, bool) {
	col, r, ok := q.operand(tree)
	if !ok {
		if tree != kdb.Value(symI) {
			return aggregate{}, false
		}
		col, r = nil, &q.sel
	}
	if _, nested := col.(*kdb.List); nested {
		return aggregate{}, false
	}
	take := func(g *groups, byCode []int32) kdb.Value {
		at := g.rowsAt(r, byCode)
		if col == nil {
			return kdb.NewVec(longs(at))
		}
		return gather(q.e, col, at)
	}
	if !first {
		return aggregate{direct: func(g *groups) kdb.Value { return take(g, g.last) }}, true
	}
	return aggregate{
		start:  func(n int) accumulator { return &firstPositions{acc: newCodes(n, -1), take: take} },
		direct: func(g *groups) kdb.Value { return take(g, g.firsts()) },
	}, true
}

// count is the number of rows, and count distinct that of different items.
func (q *query) count(tree kdb.Value) (aggregate, bool) {
	if name, args, ok := application(tree); ok && name == "distinct" && len(args) == 1 {
		return q.countDistinct(args[0])
	}
	if tree != kdb.Value(symI) {
		if _, _, ok := q.operand(tree); !ok {
			return aggregate{}, false
		}
	}
	return aggregate{
		start:  func(n int) accumulator { return &rowCounts{acc: make([]int32, n)} },
		direct: func(g *groups) kdb.Value { return longCounts(g, g.count()) },
	}, true
}

func (q *query) countDistinct(tree kdb.Value) (aggregate, bool) {
	col, r, ok := q.operand(tree)
	if !ok {
		return aggregate{}, false
	}
	c := codesOf(q.e, col, r)
	return aggregate{direct: func(g *groups) kdb.Value { return distinctCounts(q.e, g, c) }}, true
}

// reduction is an aggregate of one numeric column.
func (q *query) reduction(name string, tree kdb.Value) (aggregate, bool) {
	x, ok := q.numbers(tree)
	if !ok {
		return aggregate{}, false
	}
	switch name {
	case "sum":
		t, ok := sumType(x.typ)
		if !ok {
			return aggregate{}, false
		}
		if x.float {
			return aggregate{start: func(n int) accumulator {
				return &floatSums{typ: t, read: x.make().floats, acc: make([]float64, n)}
			}}, true
		}
		return aggregate{start: func(n int) accumulator {
			return &intSums{typ: t, read: x.make().ints, acc: make([]int64, n)}
		}}, true
	case "avg":
		return aggregate{start: func(n int) accumulator {
			return &means{read: x.make().asFloats(), acc: make([]mean, n)}
		}}, averages(x.typ)
	case "max", "min":
		if x.float {
			return aggregate{start: func(n int) accumulator {
				return newFloatExtremes(name == "max", x.typ, x.make().floats, n)
			}}, true
		}
		return aggregate{start: func(n int) accumulator {
			return newIntExtremes(name == "max", x.typ, x.make().ints, n)
		}}, true
	case "dev", "var", "sdev", "svar":
		return aggregate{start: func(n int) accumulator {
			return &moments{name: name, read: x.make().asFloats(), acc: make([]moment, n)}
		}}, averages(x.typ)
	}
	return aggregate{}, false
}

// sumType returns the type of the sum of a vector of type t.
// Source: KX manual, "sum".
func sumType(t kdb.Type) (kdb.Type, bool) {
	switch t {
	case kdb.TBool, kdb.TByte, kdb.TShort:
		return kdb.TInt, true
	case kdb.TInt, kdb.TLong, kdb.TReal, kdb.TFloat, kdb.TTimespan, kdb.TMinute, kdb.TSecond, kdb.TTime:
		return t, true
	}
	return 0, false
}

// runAggregates works the aggregates out over the grouped rows, those that have
// to read them together in one pass.
func runAggregates(e *prim.Env, g *groups, aggs []aggregate) []kdb.Value {
	out := make([]kdb.Value, len(aggs))
	var reading []aggregate
	var places []int
	for i, a := range aggs {
		if a.start != nil && (a.direct == nil || !g.detailed()) {
			reading, places = append(reading, a), append(places, i)
		}
	}
	if len(reading) > 0 {
		accs := g.pass(e, reading)
		for i, a := range accs[0] {
			for _, more := range accs[1:] {
				a.merge(more[i])
			}
			out[places[i]] = a.result(g)
		}
	}
	g.know(e)
	for i, a := range aggs {
		if out[i] == nil {
			out[i] = a.direct(g)
		}
	}
	return out
}

// clip returns a run's part of the block from lo to hi, counted from lo.
func (r run) clip(lo, hi int) (a, b int) {
	return max(int(r.lo)-lo, 0), min(int(r.hi), hi) - lo
}

// fromInts makes a vector of type t of 64-bit integers; the largest and
// smallest become infinity and null of a narrower type.
func fromInts(t kdb.Type, v []int64) kdb.Value {
	c := prim.NewColumn(t, len(v))
	switch c.Width() {
	case 8:
		copy(prim.Words[int64](c), v)
	case 4:
		out := prim.Words[int32](c)
		for i, x := range v {
			switch x {
			case math.MaxInt64:
				out[i] = math.MaxInt32
			case math.MinInt64:
				out[i] = math.MinInt32
			case -math.MaxInt64:
				out[i] = -math.MaxInt32
			default:
				out[i] = int32(x)
			}
		}
	case 2:
		out := prim.Words[int16](c)
		for i, x := range v {
			switch x {
			case math.MaxInt64:
				out[i] = math.MaxInt16
			case math.MinInt64:
				out[i] = math.MinInt16
			case -math.MaxInt64:
				out[i] = -math.MaxInt16
			default:
				out[i] = int16(x)
			}
		}
	case 1:
		out := prim.Words[uint8](c)
		for i, x := range v {
			switch {
			case x == math.MaxInt64 && t == kdb.TBool:
				out[i] = 1
			case x == math.MaxInt64:
				out[i] = 255
			case x > 0:
				out[i] = uint8(x)
			}
		}
	}
	return c.Value()
}

// fromFloats makes a vector of type t of floats.
func fromFloats(t kdb.Type, v []float64) kdb.Value {
	c := prim.NewColumn(t, len(v))
	if t == kdb.TReal {
		out := prim.Words[float32](c)
		for i, x := range v {
			out[i] = float32(x)
		}
		return c.Value()
	}
	copy(prim.Words[float64](c), v)
	return c.Value()
}
