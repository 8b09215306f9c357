package table_test

import (
	"testing"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q/prim"
)

// engine is the least evaluator that queries need: applications of primitives,
// names, constants, and globals by name.
type engine struct {
	globals map[kdb.Symbol]kdb.Value
}

func newEnv(threads int) (*prim.Env, *engine) {
	en := &engine{globals: map[kdb.Symbol]kdb.Value{}}
	e := &prim.Env{Threads: threads, Precision: 7}
	e.EvalTree = func(tree kdb.Value, lookup func(kdb.Symbol) (kdb.Value, bool)) (kdb.Value, error) {
		return en.eval(e, tree, lookup)
	}
	e.Get = func(n kdb.Symbol) (kdb.Value, error) {
		if v, ok := en.globals[n]; ok {
			return v, nil
		}
		return nil, kdb.Error(n.String())
	}
	e.Set = func(n kdb.Symbol, v kdb.Value) error { en.globals[n] = v; return nil }
	e.Apply = func(f kdb.Value, args ...kdb.Value) (kdb.Value, error) {
		if b, ok := f.(*prim.Builtin); ok {
			return b.Call(e, args...)
		}
		return nil, prim.ErrType
	}
	return e, en
}

func (en *engine) eval(e *prim.Env, tree kdb.Value, lookup func(kdb.Symbol) (kdb.Value, bool)) (kdb.Value, error) {
	switch v := tree.(type) {
	case kdb.Symbol:
		if x, ok := lookup(v); ok {
			return x, nil
		}
		return e.Get(v)
	case *kdb.Symbols:
		if len(v.V) == 1 {
			return v.V[0], nil
		}
	case *kdb.List:
		if len(v.V) == 0 {
			return v, nil
		}
		if len(v.V) == 1 {
			return v.V[0], nil
		}
		args := make([]kdb.Value, len(v.V)-1)
		for i := len(args) - 1; i >= 0; i-- {
			x, err := en.eval(e, v.V[i+1], lookup)
			if err != nil {
				return nil, err
			}
			args[i] = x
		}
		return e.Apply(v.V[0], args...)
	}
	return tree, nil
}

// tree makes a parse tree: the primitive of that name, applied to columns
// (strings), numbers and other values as they are.
func tree(fn string, args ...any) kdb.Value {
	b, ok := prim.Lookup(fn)
	if !ok {
		panic("no primitive " + fn)
	}
	out := []kdb.Value{b}
	for _, a := range args {
		out = append(out, operand(a))
	}
	return kdb.NewList(out...)
}

func operand(a any) kdb.Value {
	switch v := a.(type) {
	case string:
		return kdb.Sym(v)
	case int:
		return kdb.Long(v)
	case float64:
		return kdb.Float(v)
	case kdb.Value:
		return v
	}
	panic("no operand")
}

// phrase makes a select phrase of names and trees in turn.
func phrase(pairs ...any) kdb.Value {
	var names []kdb.Symbol
	var vals []kdb.Value
	for i := 0; i < len(pairs); i += 2 {
		names = append(names, kdb.Sym(pairs[i].(string)))
		vals = append(vals, operand(pairs[i+1]))
	}
	return kdb.NewDict(kdb.NewVec(names), kdb.NewList(vals...))
}

func list(v ...kdb.Value) kdb.Value { return kdb.NewList(v...) }

func symbol(s string) kdb.Value { return kdb.Syms(s) }

func tableOf(pairs ...any) *kdb.Table {
	t := &kdb.Table{}
	for i := 0; i < len(pairs); i += 2 {
		t.Names = append(t.Names, kdb.Sym(pairs[i].(string)))
		t.Cols = append(t.Cols, pairs[i+1].(kdb.Value))
	}
	return t
}

func must(tb testing.TB, v kdb.Value, err error) kdb.Value {
	tb.Helper()
	if err != nil {
		tb.Fatalf("error: %v", err)
	}
	return v
}

func wantMatch(tb testing.TB, got, want kdb.Value) {
	tb.Helper()
	if !prim.Match(got, want) {
		tb.Fatalf("got  %s\nwant %s", show(got), show(want))
	}
}

func show(v kdb.Value) string { return kdb.Inline(v) }
