package prim

import (
	"slices"
	"sort"

	"github.com/quoinhq/quoin/kdb"
)

// Builtin is a primitive as a value: an operator glyph or a keyword, with an
// implementation for each number of arguments it takes. There is one *Builtin
// a name, so two are the same function exactly if the pointers are equal.
type Builtin struct {
	// Name is how q code writes it: "+", "til", "mavg".
	Name string
	// Shown is how q prints it, where that differs from Name: "-:" for neg.
	Shown string
	// Unary, Binary and Variadic are the implementations by number of
	// arguments; nil where there is none. Variadic takes every number of
	// arguments for which the other two are nil.
	Unary    Unary
	Binary   Binary
	Variadic func(e *Env, args []kdb.Value) (kdb.Value, error)
	// Typ is what q's type reports: 101 unary, 102 binary, 100 for keywords
	// that q itself defines as functions.
	Typ kdb.Type
	// Infix says that the keyword may stand between its arguments; glyphs always may.
	Infix bool
	// Aggregate says that it reduces a list to one item, Uniform that its
	// result has as many items as its last argument, Atomic that it works
	// item by item through nested lists.
	Aggregate, Uniform, Atomic bool
}

// Type returns the type number that q reports for the primitive.
func (b *Builtin) Type() kdb.Type { return b.Typ }

// Len returns 1.
func (b *Builtin) Len() int { return 1 }

// String returns the primitive as q's console prints it.
func (b *Builtin) String() string {
	if b.Shown != "" {
		return b.Shown
	}
	return b.Name
}

// Rank returns the number of arguments the primitive is made for: 2 where it
// has a binary form, else 1, else 3 (more than two).
func (b *Builtin) Rank() int {
	switch {
	case b.Binary != nil:
		return 2
	case b.Unary != nil:
		return 1
	}
	return 3
}

// Call applies the primitive to its arguments. Errors: 'rank for a number of
// arguments it does not take, and whatever the implementation returns.
func (b *Builtin) Call(e *Env, args ...kdb.Value) (kdb.Value, error) {
	switch {
	case len(args) == 1 && b.Unary != nil:
		return b.Unary(e, args[0])
	case len(args) == 2 && b.Binary != nil:
		return b.Binary(e, args[0], args[1])
	case b.Variadic != nil:
		return b.Variadic(e, args)
	}
	return nil, ErrRank
}

// registry is every primitive by name; made once, then only read.
type registry map[string]*Builtin

var builtins = makeRegistry()

// Lookup returns the primitive with the given name, glyph or keyword.
func Lookup(name string) (*Builtin, bool) {
	b, ok := builtins[name]
	return b, ok
}

// Builtins returns all primitives, ordered by name.
func Builtins() []*Builtin {
	out := make([]*Builtin, 0, len(builtins))
	for _, b := range builtins {
		out = append(out, b)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Name < out[j].Name })
	return out
}

// get returns the entry for name, made when it is new.
func (r registry) get(name string, typ kdb.Type) *Builtin {
	b := r[name]
	if b == nil {
		b = &Builtin{Name: name, Typ: typ}
		r[name] = b
	}
	return b
}

// unary registers a keyword of one argument.
func (r registry) unary(name string, f Unary) *Builtin {
	b := r.get(name, kdb.TUnary)
	b.Unary = f
	return b
}

// binary registers a keyword or glyph of two arguments.
func (r registry) binary(name string, f Binary) *Builtin {
	b := r.get(name, kdb.TBinary)
	b.Binary, b.Infix = f, true
	return b
}

// one and two register functions that need no environment.
func (r registry) one(name string, f func(x kdb.Value) (kdb.Value, error)) *Builtin {
	return r.unary(name, func(_ *Env, x kdb.Value) (kdb.Value, error) { return f(x) })
}

func (r registry) two(name string, f func(x, y kdb.Value) (kdb.Value, error)) *Builtin {
	return r.binary(name, func(_ *Env, x, y kdb.Value) (kdb.Value, error) { return f(x, y) })
}

// sure makes a fallible function of one that cannot fail.
func sure(f func(kdb.Value) kdb.Value) func(kdb.Value) (kdb.Value, error) {
	return func(x kdb.Value) (kdb.Value, error) { return f(x), nil }
}

// wireUnary and wireBinary name the primitives by their number on the wire.
// Source: the tables that public IPC clients print functions with.
var wireUnary = []string{"::", "flip", "neg", "first", "reciprocal", "where", "reverse", "null", "group",
	"iasc", "idesc", "string", ",:", "count", "floor", "not", "key", "distinct", "type", "value",
	"read0", "read1", "2::", "avg", "last", "sum", "prd", "min", "max", "exit", "getenv", "abs",
	"sqrt", "log", "exp", "sin", "asin", "cos", "acos", "tan", "atan", "enlist", "var", "dev", "hopen"}

var wireBinary = []string{":", "+", "-", "*", "%", "&", "|", "^", "=", "<", ">", "$", ",", "#", "_", "~",
	"!", "?", "@", ".", "0:", "1:", "2:", "in", "within", "like", "bin", "ss", "insert", "wsum", "wavg",
	"div", "xexp", "setenv", "binr", "cov", "cor"}

// WireName returns the name of a primitive that arrived as a number over IPC.
func WireName(v kdb.Value) (string, bool) {
	switch f := v.(type) {
	case kdb.Unary:
		if int(f) < len(wireUnary) {
			return wireUnary[f], true
		}
	case kdb.Binary:
		if int(f) < len(wireBinary) {
			return wireBinary[f], true
		}
	}
	return "", false
}

// Wire returns the number under which a primitive travels over IPC.
func (b *Builtin) Wire() (kdb.Value, bool) {
	if b.Typ == kdb.TUnary {
		for i, n := range wireUnary {
			if n == b.Name {
				return kdb.Unary(i), true
			}
		}
	}
	for i, n := range wireBinary {
		if n == b.Name {
			return kdb.Binary(i), true
		}
	}
	return nil, false
}

// unaryGlyphs are the unary forms behind the glyphs: what k, parse trees and
// functional code write as the glyph with a colon.
var unaryGlyphs = map[string]string{"+": "flip", "-": "neg", "*": "first", "%": "reciprocal", "&": "where",
	"|": "reverse", "^": "null", "=": "group", "<": "iasc", ">": "idesc", "$": "string", ",": ",:",
	"#": "count", "_": "floor", "~": "not", "!": "key", "?": "distinct", "@": "type", ".": "value"}

func makeRegistry() registry {
	r := registry{}
	for _, family := range []func(registry){listOps, mathOps, aggregateOps, searchOps, scanOps, movingOps, textOps, matrixOps, randomOps, dictOps} {
		family(r)
	}
	for glyph, word := range unaryGlyphs {
		if b, ok := r[word]; ok {
			b.Shown, b.Typ = glyph+":", kdb.TUnary
			if g, ok := r[glyph]; ok && g.Unary == nil {
				g.Unary = b.Unary
			}
		}
	}
	return r
}

// listOps registers what takes lists apart and puts them together.
func listOps(r registry) {
	r.one("first", sure(First)).Aggregate = true
	r.one("last", sure(Last)).Aggregate = true
	r.one("count", func(x kdb.Value) (kdb.Value, error) { return kdb.Long(x.Len()), nil }).Aggregate = true
	r.one("reverse", sure(Reverse)).Uniform = true
	r.one("enlist", sure(Enlist)).Variadic = func(_ *Env, args []kdb.Value) (kdb.Value, error) { return Collapse(slices.Clone(args)), nil }
	r.one(",:", sure(Enlist)) // k's, which is another value than the keyword of many arguments
	r.one("raze", RazeValues)
	r.one("flip", Flip)
	r.one("where", Where)
	r.two("rotate", Rotate)
	r.two("cut", Cut)
	r.two("sublist", Sublist)

	r.two("_", Drop)
	r.two(",", JoinValues)
	r.two("@", At)
	r.two("~", func(x, y kdb.Value) (kdb.Value, error) { return kdb.Bool(Match(x, y)), nil })
	r.one("type", func(x kdb.Value) (kdb.Value, error) {
		if l, ok := x.(*kdb.List); ok && l.Mapped != 0 {
			return kdb.Short(l.Mapped), nil
		}
		return kdb.Short(x.Type()), nil
	})
}

// searchOps registers searching, sorting and grouping.
func searchOps(r registry) {

	r.two("in", In)
	r.two("bin", Bin)
	r.two("binr", Binr)
	r.two("except", Except)
	r.two("inter", Inter)
	r.two("union", Union)
	r.binary("xrank", Xrank)
	r.one("distinct", func(x kdb.Value) (kdb.Value, error) {
		if !isList(x) {
			return nil, ErrType
		}
		return Distinct(x), nil
	})
	r.one("group", Group)
	r.unary("asc", Asc)
	r.unary("desc", Desc)
	r.unary("iasc", Iasc)
	r.unary("idesc", Idesc)
	r.unary("rank", Rank)
}
