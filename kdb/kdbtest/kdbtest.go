// Package kdbtest makes and compares kdb+ values for tests: generators of
// random values for pgregory.net/rapid, and equality that sees everything a
// value says.
package kdbtest

import (
	"fmt"
	"math"

	"pgregory.net/rapid"

	"github.com/quoinhq/quoin/kdb"
)

// Value generates any value that can be sent: atoms, vectors, lists, dictionaries,
// tables, keyed tables, functions and errors, nested up to a few levels, with
// nulls and infinities more often than chance has them.
func Value() *rapid.Generator[kdb.Value] {
	return rapid.Custom(func(t *rapid.T) kdb.Value { return draw(t, 3) })
}

// Atom generates an atom of any type.
func Atom() *rapid.Generator[kdb.Value] {
	return rapid.Custom(func(t *rapid.T) kdb.Value {
		return atoms[rapid.IntRange(0, len(atoms)-1).Draw(t, "type")](t)
	})
}

// Vector generates a typed vector of n elements.
func Vector(n int) *rapid.Generator[kdb.Value] {
	return rapid.Custom(func(t *rapid.T) kdb.Value {
		return vectors[rapid.IntRange(0, len(vectors)-1).Draw(t, "type")](t, n)
	})
}

// Table generates a table of typed columns and, with nested, of general lists.
func Table(nested bool) *rapid.Generator[*kdb.Table] {
	return rapid.Custom(func(t *rapid.T) *kdb.Table {
		depth := 0
		if nested {
			depth = 2
		}
		return table(t, rapid.IntRange(0, 5).Draw(t, "rows"), depth)
	})
}

// Cols returns a table of columns given as name, value, name, value ….
func Cols(pairs ...any) *kdb.Table {
	t := &kdb.Table{}
	for i := 0; i < len(pairs); i += 2 {
		t.Names = append(t.Names, kdb.Sym(pairs[i].(string)))
		t.Cols = append(t.Cols, pairs[i+1].(kdb.Value))
	}
	return t
}

var atoms = []func(*rapid.T) kdb.Value{
	one(boolean), one(guid), one(byte_), one(short), one(int_), one(long), one(real), one(float),
	one(char), one(symbol), one(as64[kdb.Timestamp]), one(as32[kdb.Month]), one(as32[kdb.Date]), one(datetime),
	one(as64[kdb.Timespan]), one(as32[kdb.Minute]), one(as32[kdb.Second]), one(as32[kdb.Time]),
}

var vectors = []func(*rapid.T, int) kdb.Value{
	many(boolean), many(guid), many(byte_), many(short), many(int_), many(long), many(real), many(float),
	many(char), many(symbol), many(as64[kdb.Timestamp]), many(as32[kdb.Month]), many(as32[kdb.Date]), many(datetime),
	many(as64[kdb.Timespan]), many(as32[kdb.Minute]), many(as32[kdb.Second]), many(as32[kdb.Time]),
}

func one[T kdb.Elem](f func(*rapid.T) T) func(*rapid.T) kdb.Value {
	return func(t *rapid.T) kdb.Value { return f(t) }
}

func many[T kdb.Elem](f func(*rapid.T) T) func(*rapid.T, int) kdb.Value {
	return func(t *rapid.T, n int) kdb.Value {
		v := make([]T, n)
		for i := range v {
			v[i] = f(t)
		}
		vec := kdb.NewVec(v)
		vec.Attr = kdb.Attr(max(0, rapid.IntRange(-8, 4).Draw(t, "attr")))
		return vec
	}
}

func boolean(t *rapid.T) kdb.Bool { return kdb.Bool(rapid.Bool().Draw(t, "bool")) }

func guid(t *rapid.T) (g kdb.GUID) {
	for i := range g {
		g[i] = rapid.Byte().Draw(t, "guid")
	}
	return g
}

func byte_(t *rapid.T) kdb.Byte { return kdb.Byte(rapid.Byte().Draw(t, "byte")) }

func char(t *rapid.T) kdb.Char {
	if rapid.IntRange(0, 3).Draw(t, "plain") > 0 {
		return kdb.Char(rapid.ByteRange(' ', '~').Draw(t, "char"))
	}
	return kdb.Char(rapid.Byte().Draw(t, "char"))
}

func short(t *rapid.T) kdb.Short {
	return kdb.Short(special(t, rapid.Int16(), math.MinInt16, math.MaxInt16))
}

func as32[T ~int32](t *rapid.T) T {
	return T(special(t, rapid.Int32(), math.MinInt32, math.MaxInt32, -math.MaxInt32))
}

func as64[T ~int64](t *rapid.T) T {
	return T(special(t, rapid.Int64(), math.MinInt64, math.MaxInt64, -math.MaxInt64))
}

func int_(t *rapid.T) kdb.Int  { return as32[kdb.Int](t) }
func long(t *rapid.T) kdb.Long { return as64[kdb.Long](t) }

func real(t *rapid.T) kdb.Real {
	return kdb.Real(special(t, rapid.Float32(), float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1))))
}

func float(t *rapid.T) kdb.Float {
	return kdb.Float(special(t, rapid.Float64(), math.NaN(), math.Inf(1), math.Inf(-1), math.Copysign(0, -1)))
}

func datetime(t *rapid.T) kdb.Datetime { return kdb.Datetime(float(t)) }

func special[T any](t *rapid.T, g *rapid.Generator[T], values ...T) T {
	if rapid.IntRange(0, 4).Draw(t, "special") == 0 {
		return rapid.SampledFrom(values).Draw(t, "value")
	}
	return g.Draw(t, "value")
}

// symbol keeps to a small alphabet: symbols are never forgotten, and a test
// should not fill the process with them.
func symbol(t *rapid.T) kdb.Symbol {
	return kdb.Sym(rapid.SampledFrom(symbolTexts).Draw(t, "symbol"))
}

var symbolTexts = []string{"", "a", "b", "ab", "abc", "IBM", "MSFT.N", "sevenup", "eightcha", "ninechars", "with space",
	"a symbol of more than sixteen characters", "ünïcode", "x"}

func name(t *rapid.T, i int) kdb.Symbol { return kdb.Sym(fmt.Sprintf("c%d", i)) }

func draw(t *rapid.T, depth int) kdb.Value {
	kind := rapid.IntRange(0, 11).Draw(t, "kind")
	if depth == 0 {
		kind %= 4
	}
	n := rapid.IntRange(0, 5).Draw(t, "n")
	switch kind {
	case 0, 1:
		return Atom().Draw(t, "atom")
	case 2, 3:
		return Vector(n).Draw(t, "vector")
	case 4, 5:
		return list(t, n, depth-1)
	case 6:
		return &kdb.Dict{K: column(t, n, depth-1), V: column(t, n, depth-1), Sorted: rapid.Bool().Draw(t, "sorted")}
	case 7, 8:
		return table(t, n, depth-1)
	case 9:
		return &kdb.Dict{K: table(t, n, depth-1), V: table(t, n, depth-1), Sorted: rapid.Bool().Draw(t, "sorted")}
	case 10:
		return kdb.Error("type")
	}
	return function(t, depth)
}

func list(t *rapid.T, n, depth int) *kdb.List {
	v := make([]kdb.Value, n)
	for i := range v {
		v[i] = draw(t, depth)
	}
	return kdb.NewList(v...)
}

func column(t *rapid.T, n, depth int) kdb.Value {
	if depth > 0 && rapid.IntRange(0, 3).Draw(t, "general") == 0 {
		return list(t, n, depth-1)
	}
	return Vector(n).Draw(t, "column")
}

func table(t *rapid.T, rows, depth int) *kdb.Table {
	tab := &kdb.Table{}
	for i := range rapid.IntRange(1, 4).Draw(t, "columns") {
		tab.Names = append(tab.Names, name(t, i))
		tab.Cols = append(tab.Cols, column(t, rows, depth))
	}
	if rapid.Bool().Draw(t, "sorted") {
		tab.Attr = kdb.Sorted
	}
	return tab
}

func function(t *rapid.T, depth int) kdb.Value {
	switch rapid.IntRange(0, 6).Draw(t, "function") {
	case 0:
		return &kdb.Lambda{Namespace: rapid.SampledFrom([]string{"", "d", "a.b"}).Draw(t, "namespace"), Source: "{x+y}"}
	case 1:
		return kdb.Unary(rapid.IntRange(0, 43).Draw(t, "unary"))
	case 2:
		return kdb.Binary(rapid.IntRange(0, 36).Draw(t, "binary"))
	case 3:
		return kdb.Iterator(rapid.IntRange(0, 5).Draw(t, "iterator"))
	case 4:
		args := make([]kdb.Value, rapid.IntRange(1, 3).Draw(t, "args"))
		for i := range args {
			if rapid.Bool().Draw(t, "given") {
				args[i] = draw(t, depth-1)
			}
		}
		return &kdb.Projection{F: kdb.Binary(1), Args: args}
	case 5:
		return &kdb.Compose{F: []kdb.Value{kdb.Unary(2), kdb.Unary(13)}}
	}
	return &kdb.Derived{Iter: kdb.Iterator(rapid.IntRange(0, 5).Draw(t, "iterator")), F: kdb.Binary(1)}
}
