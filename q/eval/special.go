package eval

import (
	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q/prim"
	"github.com/quoinhq/quoin/q/table"
)

// specials are the primitives that need the evaluator: names, functions as
// arguments, files and processes. They go before prim's of the same name.
// Made once by init, since their code refers to the table; then only read.
var specials map[string]*prim.Builtin

func init() { specials = makeSpecials() }

type specialTable map[string]*prim.Builtin

func makeSpecials() map[string]*prim.Builtin {
	t := specialTable{}
	t.operators()
	t.iterators()
	t.metaKeywords()
	t.fileKeywords()
	t.processKeywords()
	t.limited()
	return t
}

// add registers a primitive, starting from prim's of that name if there is one.
func (t specialTable) add(name string) *prim.Builtin {
	b := &prim.Builtin{Name: name, Typ: kdb.TUnary}
	if base, ok := table.Lookup(name); ok {
		c := *base
		b = &c
	}
	t[name] = b
	return b
}

func (t specialTable) unary(name string, f func(th *thread, x kdb.Value) (kdb.Value, error)) *prim.Builtin {
	b := t.add(name)
	b.Unary = func(e *prim.Env, x kdb.Value) (kdb.Value, error) { return f(e.Owner.(*thread), x) }
	return b
}

func (t specialTable) binary(name string, f func(th *thread, x, y kdb.Value) (kdb.Value, error)) *prim.Builtin {
	b := t.add(name)
	b.Typ, b.Infix = kdb.TBinary, true
	b.Binary = func(e *prim.Env, x, y kdb.Value) (kdb.Value, error) { return f(e.Owner.(*thread), x, y) }
	return b
}

func (t specialTable) variadic(b *prim.Builtin, f func(th *thread, args []kdb.Value) (kdb.Value, error)) {
	base := b.Variadic
	b.Variadic = func(e *prim.Env, args []kdb.Value) (kdb.Value, error) {
		r, err := f(e.Owner.(*thread), args)
		if err == errElsewhere && base != nil {
			return base(e, args)
		}
		if err == errElsewhere {
			return nil, errRank
		}
		return r, err
	}
}

// errElsewhere tells that a special leaves its arguments to prim.
const errElsewhere = kdb.Error("elsewhere")

func (t specialTable) operators() {
	t.binary(":", func(_ *thread, _, y kdb.Value) (kdb.Value, error) { return y, nil })

	at := t.binary("@", func(th *thread, x, y kdb.Value) (kdb.Value, error) { return th.apply(x, []kdb.Value{y}) })
	t.variadic(at, func(th *thread, args []kdb.Value) (kdb.Value, error) {
		if len(args) == 3 && traps(args[0]) {
			return th.trap(args[2], func() (kdb.Value, error) { return th.apply(args[0], args[1:2]) })
		}
		if len(args) != 3 && len(args) != 4 {
			return nil, errRank
		}
		return th.amendAt(args[0], []kdb.Value{args[1]}, args[2:])
	})

	dot := t.binary(".", func(th *thread, x, y kdb.Value) (kdb.Value, error) { return th.applyList(x, y) })
	t.variadic(dot, func(th *thread, args []kdb.Value) (kdb.Value, error) {
		if len(args) == 3 && traps(args[0]) {
			return th.trap(args[2], func() (kdb.Value, error) { return th.applyList(args[0], args[1]) })
		}
		if len(args) != 3 && len(args) != 4 {
			return nil, errRank
		}
		if isAtom(args[1]) {
			return nil, errType
		}
		return th.amendAt(args[0], prim.Items(args[1]), args[2:])
	})

	flip := t.add("flip").Unary
	t.unary("flip", func(th *thread, x kdb.Value) (kdb.Value, error) {
		if u, ok := x.(*unflipped); ok {
			return th.flipped(u)
		}
		return flip(&th.env, x)
	})
	base := t.add("!").Binary
	bang := t.binary("!", func(th *thread, x, y kdb.Value) (kdb.Value, error) {
		if n, ok := intOf(x); ok {
			if x == kdb.Value(kdb.NullLong) {
				return y, th.eng.print(kdb.InlineAt(y, th.eng.conf.precision) + "\n")
			}
			if r, err := th.bang(n, y); err != errElsewhere {
				return r, err
			}
		}
		if names, ok := x.(*kdb.Symbols); ok {
			if at, ok := y.(kdb.Symbol); ok && len(names.V) > 0 {
				return &unflipped{names: names.V, at: at}, nil
			}
		}
		return base(&th.env, x, y)
	})
	t.variadic(bang, func(th *thread, args []kdb.Value) (kdb.Value, error) { return th.functional(bang, args) })
	quest := t.add("?")
	quest.Infix = true
	t.variadic(quest, func(th *thread, args []kdb.Value) (kdb.Value, error) { return th.functional(quest, args) })

	cast := t.add("$")
	cast.Infix = true
	t.variadic(cast, func(th *thread, args []kdb.Value) (kdb.Value, error) {
		if len(args) < 3 {
			return nil, errElsewhere
		}
		for i := 0; i+1 < len(args); i += 2 {
			ok, valid := isTrue(args[i])
			if !valid {
				return nil, errType
			}
			if ok {
				return args[i+1], nil
			}
		}
		return args[len(args)-1], nil
	})
}

// functional runs ?[t;c;b;a…] and ![t;c;b;a] outside a template, where the
// locals of the function around are not seen.
func (th *thread) functional(b *prim.Builtin, args []kdb.Value) (kdb.Value, error) {
	base, ok := table.Lookup(b.Name)
	if !ok || base.Variadic == nil {
		return nil, errRank
	}
	if b.Name == "!" && len(args) == 4 {
		if r, err := th.deleteNames(args); err != errElsewhere {
			return r, err
		}
	}
	return base.Variadic(&th.env, args)
}

// deleteNames is delete a,b from `.ns: the names leave the namespace.
func (th *thread) deleteNames(args []kdb.Value) (kdb.Value, error) {
	ns, ok := args[0].(kdb.Symbol)
	names, list := args[3].(*kdb.Symbols)
	text := ns.String()
	if !ok || !list || text == "" || text[0] != '.' || len(names.V) == 0 {
		return nil, errElsewhere
	}
	path := text
	if text == "." {
		path = ""
	}
	if path != "" && th.eng.names.spaces[path] == nil {
		return nil, errElsewhere
	}
	if th.sub || th.readOnly > 0 {
		return nil, errNoUpd
	}
	for _, n := range names.V {
		full := n
		if path != "" {
			full = kdb.Sym(path + "." + n.String())
		}
		if th.eng.names.isSealed(full.String()) {
			return nil, errAccess
		}
		if !th.eng.names.remove(full) {
			return nil, kdb.Error(n.String())
		}
	}
	return ns, nil
}

// traps reports whether the three-argument form on x is a trap and not an amend.
func traps(x kdb.Value) bool {
	switch x.(type) {
	case kdb.Int, kdb.Long:
		return true
	}
	return isFunction(x)
}

// applyList is x . y.
func (th *thread) applyList(x, y kdb.Value) (kdb.Value, error) {
	if isAtom(y) {
		return nil, errType
	}
	var args []kdb.Value
	switch v := y.(type) {
	case *kdb.List:
		args = v.V
		for _, a := range args {
			shareValue(a)
		}
	case *kdb.Dict:
		return th.index(x, []kdb.Value{y})
	default:
		args = make([]kdb.Value, y.Len())
		for i := range args {
			args[i] = item(y, i)
		}
	}
	if len(args) == 0 {
		if isFunction(x) {
			return th.apply(x, []kdb.Value{kdb.Nil})
		}
		return x, nil
	}
	if isFunction(x) {
		return th.apply(x, args)
	}
	if s, ok := x.(kdb.Symbol); ok {
		return th.applyName(s, args)
	}
	if isAtom(x) {
		return th.apply(x, args)
	}
	return th.index(x, args)
}

// trap runs f, and on an error gives handler its text.
func (th *thread) trap(handler kdb.Value, f func() (kdb.Value, error)) (kdb.Value, error) {
	return th.trapped(f, func(err error) (kdb.Value, error) {
		if isFunction(handler) {
			return th.apply(handler, []kdb.Value{kdb.Str(string(message(err)))})
		}
		return handler, nil
	})
}

// trapped runs f with the thread put back to where it was if f fails; then
// failed has its error. A cancelled evaluation is not to be caught.
func (th *thread) trapped(f func() (kdb.Value, error), failed func(error) (kdb.Value, error)) (kdb.Value, error) {
	before, m := th.state, th.mark()
	th.mode = modeAbort
	v, err := th.eng.guard(f)
	th.mode = before.mode
	if err == nil || err == errReturn {
		return v, err
	}
	if th.eng.stop.Load() == stopCancelled {
		return nil, err
	}
	th.state = before
	th.release(m)
	return failed(err)
}

// amendAt is the three and four argument forms of @ (one index) and . (a path).
func (th *thread) amendAt(x kdb.Value, path, how []kdb.Value) (kdb.Value, error) {
	u := update{th: th, f: how[0]}
	if len(how) == 2 {
		u.y, u.hasY = how[1], true
		if b, ok := u.f.(*prim.Builtin); ok && b.Name == ":" {
			u.f = nil
		}
	} else if b, ok := u.f.(*prim.Builtin); ok && b.Name == ":" {
		return nil, errRank
	}
	name, named := x.(kdb.Symbol)
	if !named {
		if len(path) == 0 && u.f == nil {
			return u.y, nil
		}
		return u.amend(x, path, false)
	}
	if text := name.String(); text != "" && text[0] == ':' {
		return th.amendFile(name, path, u)
	}
	if th.sub || th.readOnly > 0 {
		return nil, errNoUpd
	}
	v := th.eng.names.ref(kdb.Sym(absolute(th.ns, name.String())))
	old := th.eng.names.get(v)
	if old == nil {
		if b, ok := u.f.(*prim.Builtin); ok && len(path) == 0 && u.hasY {
			if id, ok := undefined(b.Name, u.y); ok {
				old = id
			}
		}
		if old == nil && len(path) == 0 && u.f == nil {
			return name, th.assign(v, u.y)
		}
		if old == nil {
			return nil, kdb.Error(name.String())
		}
	}
	shareValue(u.y)
	r, err := u.amend(old, path, v.v != nil)
	if err != nil {
		return nil, err
	}
	return name, th.assign(v, r)
}

func (t specialTable) iterators() {
	word := func(name string, it kdb.Iterator) {
		b := t.binary(name, func(th *thread, f, x kdb.Value) (kdb.Value, error) {
			return th.callDerived(&kdb.Derived{Iter: it, F: f}, []kdb.Value{x})
		})
		b.Typ = kdb.TLambda
		if it != iterEach {
			t.variadic(b, func(th *thread, args []kdb.Value) (kdb.Value, error) {
				if len(args) < 3 {
					return nil, errElsewhere
				}
				return th.callDerived(&kdb.Derived{Iter: it, F: args[0]}, args[1:])
			})
		}
	}
	word("each", iterEach)
	word("over", iterOver)
	word("scan", iterScan)
	word("prior", iterPrior)
	// The keywords that are f': may have a first neighbour, in brackets.
	for name, op := range map[string]string{"deltas": "-", "ratios": "%", "differ": "~"} {
		t.variadic(t.add(name), func(th *thread, args []kdb.Value) (kdb.Value, error) {
			if len(args) != 2 {
				return nil, errRank
			}
			f, _ := keyword(op)
			r, err := th.prior(f, args)
			if op != "~" || err != nil {
				return r, err
			}
			not, _ := keyword("not")
			return not.Unary(&th.env, r)
		})
	}
	b := t.binary("peach", func(th *thread, f, x kdb.Value) (kdb.Value, error) { return th.peach(f, x) })
	b.Typ = kdb.TLambda
}
