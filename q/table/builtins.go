package table

import (
	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q/prim"
)

// Lookup returns the primitive of that name: the ones this package adds, and
// those of prim that tables give a further meaning; else prim's own.
func Lookup(name string) (*prim.Builtin, bool) {
	if b, ok := builtins[name]; ok {
		return b, true
	}
	return prim.Lookup(name)
}

// builtins is made once, then only read.
var builtins = makeBuiltins()

type registry map[string]*prim.Builtin

func makeBuiltins() registry {
	r := registry{}
	r.unary("cols", Columns)
	r.unary("keys", Keys)
	r.unary("meta", Meta)
	r.unary("fkeys", ForeignKeys)
	r.unary("ungroup", Ungroup)
	r.binary("xkey", XKey)
	r.binary("xcol", XCol)
	r.binary("xcols", XCols)
	r.binary("xgroup", XGroup)
	r.binary("xasc", func(e *prim.Env, x, y kdb.Value) (kdb.Value, error) { return Sort(e, x, y, false) })
	r.binary("xdesc", func(e *prim.Env, x, y kdb.Value) (kdb.Value, error) { return Sort(e, x, y, true) })
	r.binary("insert", Insert).Typ = kdb.TBinary
	r.binary("upsert", Upsert)
	r.binary("fby", Fby)
	r.binary("asof", AsofRow)
	r.join("lj", LeftJoin, false)
	r.join("ljf", LeftJoin, true)
	r.join("ij", InnerJoin, false)
	r.join("ijf", InnerJoin, true)
	r.join("uj", UnionJoin, false)
	r.join("ujf", UnionJoin, true)
	r.binary("pj", PlusJoin)
	r.variadic("aj", 3, asofBuiltin(AsofKind{}))
	r.variadic("aj0", 3, asofBuiltin(AsofKind{RightTime: true}))
	r.variadic("ajf", 3, asofBuiltin(AsofKind{Fill: true}))
	r.variadic("ajf0", 3, asofBuiltin(AsofKind{RightTime: true, Fill: true}))
	r.variadic("ej", 3, func(e *prim.Env, a []kdb.Value) (kdb.Value, error) { return EquiJoin(e, a[0], a[1], a[2]) })
	r.variadic("wj", 4, func(e *prim.Env, a []kdb.Value) (kdb.Value, error) {
		return Window(e, a[0], a[1], a[2], a[3], false)
	})
	r.variadic("wj1", 4, func(e *prim.Env, a []kdb.Value) (kdb.Value, error) {
		return Window(e, a[0], a[1], a[2], a[3], true)
	})
	r.query()
	return r
}

// query gives ? and ! their functional forms, and ! keys for tables.
func (r registry) query() {
	find := extend("?")
	base := find.Variadic
	find.Variadic = func(e *prim.Env, args []kdb.Value) (kdb.Value, error) {
		if len(args) > 3 || len(args) == 3 && queries(args) {
			return Select(e, args)
		}
		if base == nil {
			return nil, prim.ErrRank
		}
		return base(e, args)
	}
	r["?"] = find
	bang := extend("!")
	dict := bang.Binary
	bang.Binary = func(e *prim.Env, x, y kdb.Value) (kdb.Value, error) {
		if n, ok := intAtom(x); ok && n >= 0 {
			if name, named := y.(kdb.Symbol); named {
				if v, err := resolve(e, name); err == nil && isTableValue(v) {
					return Enkey(e, x, y)
				}
			} else if isTableValue(y) {
				return Enkey(e, x, y)
			}
		}
		if dict == nil {
			return nil, prim.ErrType
		}
		return dict(e, x, y)
	}
	bang.Variadic = Update
	r["!"] = bang
}

// queries reports whether three arguments of ? are those of a simple exec and
// not of a vector conditional.
func queries(args []kdb.Value) bool {
	switch args[0].(type) {
	case kdb.Symbol:
		return true
	}
	return isTableValue(args[0])
}

// extend returns a copy of prim's primitive, or a new one.
func extend(name string) *prim.Builtin {
	if b, ok := prim.Lookup(name); ok {
		c := *b
		return &c
	}
	return &prim.Builtin{Name: name, Typ: kdb.TBinary, Infix: true}
}

// What q defines as functions of its own reports the type of a function.

func (r registry) unary(name string, f prim.Unary) {
	b := extend(name)
	b.Unary, b.Typ, b.Infix = f, kdb.TLambda, false
	r[name] = b
}

func (r registry) binary(name string, f prim.Binary) *prim.Builtin {
	b := extend(name)
	b.Binary, b.Typ, b.Infix = f, kdb.TLambda, true
	r[name] = b
	return b
}

func (r registry) join(name string, f func(e *prim.Env, x, y kdb.Value, fill bool) (kdb.Value, error), fill bool) {
	r.binary(name, func(e *prim.Env, x, y kdb.Value) (kdb.Value, error) { return f(e, x, y, fill) })
}

func (r registry) variadic(name string, args int, f func(e *prim.Env, args []kdb.Value) (kdb.Value, error)) {
	r[name] = &prim.Builtin{Name: name, Typ: kdb.TLambda, Variadic: func(e *prim.Env, a []kdb.Value) (kdb.Value, error) {
		if len(a) != args {
			return nil, prim.ErrRank
		}
		return f(e, a)
	}}
}

func asofBuiltin(kind AsofKind) func(e *prim.Env, args []kdb.Value) (kdb.Value, error) {
	return func(e *prim.Env, a []kdb.Value) (kdb.Value, error) { return Asof(e, kind, a[0], a[1], a[2]) }
}
