package table

import (
	"strings"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q/prim"
)

// A column expression is a parse tree in q's functional form: a general list
// applies its first item to the others, a symbol atom is a name (a column's
// first), a list of one item is a constant.

// application takes a tree apart that applies a primitive by name.
func application(tree kdb.Value) (name string, args []kdb.Value, ok bool) {
	l, ok := tree.(*kdb.List)
	if !ok || len(l.V) < 2 {
		return "", nil, false
	}
	name, ok = primitive(l.V[0], len(l.V)-1)
	return name, l.V[1:], ok
}

// primitive returns the keyword for what a primitive does with so many
// arguments, so that count is found behind (#:) as well.
func primitive(f kdb.Value, args int) (string, bool) {
	var name string
	if b, ok := f.(*prim.Builtin); ok {
		name = b.Name
	} else if n, ok := prim.WireName(f); ok {
		name = n
	} else {
		return "", false
	}
	if args == 1 {
		switch name {
		case "#":
			return "count", true
		case "*":
			return "first", true
		case "?":
			return "distinct", true
		case "-":
			return "neg", true
		case "~":
			return "not", true
		}
	}
	return name, true
}

// atomic reports whether f with so many arguments works item by item.
func atomic(f kdb.Value, args int) bool {
	b, ok := f.(*prim.Builtin)
	if !ok {
		n, found := prim.WireName(f)
		if !found {
			return false
		}
		if b, ok = prim.Lookup(n); !ok {
			return false
		}
	}
	if b.Atomic {
		return true
	}
	switch name, _ := primitive(b, args); name {
	case "+", "-", "*", "%", "&", "|", "^", "=", "<>", "<", ">", "<=", ">=",
		"neg", "not", "abs", "null", "floor", "ceiling", "sqrt", "exp", "log",
		"signum", "reciprocal", "xexp", "xlog", "div", "mod", "xbar", "and", "or":
		return true
	}
	return false
}

// constantItem returns the constant that an enlisted value, or an atom that is
// no name, stands for.
func constantItem(tree kdb.Value) (kdb.Value, bool) {
	switch v := tree.(type) {
	case *kdb.List:
		if len(v.V) == 1 {
			return v.V[0], true
		}
		return nil, false
	case *kdb.Symbols:
		if len(v.V) == 1 {
			return v.V[0], true
		}
		return nil, false
	case kdb.Symbol:
		return nil, false
	}
	return tree, true
}

// refers reports whether a tree uses a column, or the row number i.
func (q *query) refers(tree kdb.Value) bool {
	switch v := tree.(type) {
	case kdb.Symbol:
		return q.isColumn(v)
	case *kdb.List:
		if len(v.V) == 1 {
			return false
		}
		for _, x := range v.V {
			if q.refers(x) {
				return true
			}
		}
	case *kdb.Symbols:
		if len(v.V) > 1 {
			for _, s := range v.V {
				if q.isColumn(s) {
					return true
				}
			}
		}
	}
	return false
}

// isColumn reports whether a name is resolved by the table: a column, i, or a
// column followed by a dot and more.
func (q *query) isColumn(name kdb.Symbol) bool {
	if name == symI {
		return true
	}
	if _, ok := q.t.Col(name); ok {
		return true
	}
	s := name.String()
	if dot := strings.IndexByte(s, '.'); dot > 0 {
		_, ok := q.t.Col(kdb.Sym(s[:dot]))
		return ok
	}
	return false
}

// constant evaluates a tree that uses no column.
func (q *query) constant(tree kdb.Value) (kdb.Value, bool) {
	if v, ok := constantItem(tree); ok {
		return v, true
	}
	if q.refers(tree) {
		return nil, false
	}
	v, err := q.e.EvalTree(tree, noColumns)
	return v, err == nil
}

func noColumns(kdb.Symbol) (kdb.Value, bool) { return nil, false }
