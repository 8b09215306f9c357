package eval

import (
	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q/prim"
)

// GoFunc is a Go function as a q value.
type GoFunc struct {
	Name string
	Rank int // number of arguments; -1 for any
	F    func(th *Call, args []kdb.Value) (kdb.Value, error)
}

// Call is what a Go function learns about the evaluation that called it.
type Call struct {
	Env *prim.Env
}

// Type returns 112, q's type of code that came from outside.
func (*GoFunc) Type() kdb.Type { return kdb.TDynamic }

// Len returns 1.
func (*GoFunc) Len() int { return 1 }

// String returns the function's name.
func (f *GoFunc) String() string { return f.Name }

// apply applies any value to arguments: functions are called, lists,
// dictionaries and tables indexed, names and handles followed. The arguments
// belong to the caller, who may reuse the slice; a nil one is elided.
func (th *thread) apply(f kdb.Value, args []kdb.Value) (kdb.Value, error) {
	for _, a := range args {
		if a == nil {
			r, err := th.project(f, append([]kdb.Value(nil), args...))
			if err != nil {
				return nil, err
			}
			return nested(r)
		}
	}
	switch f := f.(type) {
	case *kdb.Lambda:
		m := th.mark()
		slots := th.alloc(len(args))
		copy(slots, args)
		r, err := th.callLambda(f, slots)
		th.release(m)
		return r, err
	case *prim.Builtin:
		return th.callBuiltin(f, args)
	case *kdb.Projection:
		return th.callProjection(f, args)
	case *kdb.Derived:
		r, err := th.callDerived(f, args)
		if err != nil {
			return nil, err
		}
		return nested(r)
	case *kdb.Compose:
		return th.callCompose(f, args)
	case kdb.Unary, kdb.Binary:
		if f == kdb.Nil {
			if len(args) == 1 {
				return args[0], nil
			}
			return nil, errRank
		}
		if name, ok := prim.WireName(f); ok {
			if b, ok := keyword(name); ok {
				return th.callBuiltin(b, args)
			}
		}
		return nil, errNYI
	case kdb.Iterator:
		return th.callIterator(f, args)
	case *GoFunc:
		if f.Rank >= 0 && len(args) != max(f.Rank, 1) {
			if len(args) < f.Rank {
				return th.project(f, append([]kdb.Value(nil), args...))
			}
			return nil, errRank
		}
		return f.F(&Call{&th.env}, args)
	case kdb.Symbol:
		return th.applyName(f, args)
	case kdb.Int:
		return th.applyHandle(int(f), args)
	case kdb.Long:
		r, err := th.applyHandle(int(f), args)
		if r == kdb.Value(kdb.Int(f)) && int64(f) <= 2 {
			r = f // what a console handle answers is the handle as it was written
		}
		return r, err
	case kdb.EnumAtom:
		return th.applyName(f.Sym(), args)
	}
	if f.Type() < 0 {
		return nil, errType
	}
	return th.index(f, args)
}

// callLambda calls a function. args are on the thread's stack, last.
func (th *thread) callLambda(l *kdb.Lambda, args []kdb.Value) (kdb.Value, error) {
	fn, ok := l.Impl.(*function)
	if !ok || fn.eng != th.eng {
		var err error
		if fn, err = th.eng.adopt(l); err != nil {
			return nil, err
		}
	}
	n := len(fn.params)
	switch {
	case len(args) == n:
	case len(args) > n && (n > 0 || len(args) > 1):
		return nil, errRank
	case len(args) < n:
		return projection(l, append([]kdb.Value(nil), args...)), nil
	case n == 0:
		args[0] = nil
	}
	return th.run(fn, th.extend(args, max(len(fn.locals), len(args))))
}

// adopt compiles a function that another engine made or that came over IPC.
func (eng *Engine) adopt(l *kdb.Lambda) (*function, error) {
	ns := ""
	if l.Namespace != "" {
		ns = "." + l.Namespace
	}
	eng.adoptMu.Lock()
	defer eng.adoptMu.Unlock()
	if fn, ok := eng.adopted[l]; ok {
		return fn, nil
	}
	top, _, err := eng.compileTop(l.Source, ns, "", 0)
	if err != nil {
		return nil, err
	}
	if len(top.body) == 1 {
		if k, ok := top.body[0].(*constNode); ok {
			if made, ok := k.v.(*kdb.Lambda); ok {
				fn := made.Impl.(*function)
				if l.Impl == nil {
					l.Impl = fn
				} else {
					if eng.adopted == nil {
						eng.adopted = map[*kdb.Lambda]*function{}
					}
					eng.adopted[l] = fn
				}
				return fn, nil
			}
		}
	}
	return nil, errType
}

// callBuiltin calls a primitive; a glyph or binary keyword given too few
// arguments projects.
func (th *thread) callBuiltin(b *prim.Builtin, args []kdb.Value) (kdb.Value, error) {
	r, err := th.runBuiltin(b, args)
	if err != nil {
		return nil, err
	}
	return nested(r)
}

func (th *thread) runBuiltin(b *prim.Builtin, args []kdb.Value) (kdb.Value, error) {
	switch len(args) {
	case 1:
		if b.Unary != nil && (b.Binary == nil || !isGlyph(b)) {
			r, err := b.Unary(&th.env, args[0])
			if err == nil {
				settle(fresh(b), r, args[0])
			}
			return r, err
		}
		if b.Binary != nil {
			return projection(b, []kdb.Value{args[0]}), nil
		}
		if b.Variadic != nil {
			return b.Variadic(&th.env, args)
		}
		if b.Unary != nil {
			return b.Unary(&th.env, args[0])
		}
		return nil, errRank
	case 2:
		if b.Binary != nil {
			r, err := b.Binary(&th.env, args[0], args[1])
			if err == nil {
				settle(fresh(b), r, args[0])
				settle(fresh(b), r, args[1])
			}
			return r, err
		}
	}
	if b.Variadic == nil {
		return nil, errRank
	}
	// A functional query does not see the locals around it.
	saved := th.sql
	if len(args) >= 4 {
		th.sql = nil
	}
	r, err := b.Variadic(&th.env, args)
	th.sql = saved
	return r, err
}

// project makes a projection of f on args, where nil is elided.
func (th *thread) project(f kdb.Value, args []kdb.Value) (kdb.Value, error) {
	switch f := f.(type) {
	case *kdb.Lambda:
		if fn, ok := f.Impl.(*function); ok && len(args) > len(fn.params) {
			return nil, errRank
		}
	case *kdb.Projection:
		// A projection of a projection that leaves places open.
		open := false
		for _, a := range args {
			open = open || a == nil
		}
		if open && len(args) <= holes(f) {
			p := fill(f, args)
			return projection(p.F, p.Args), nil
		}
	case *kdb.List, *kdb.Dict, *kdb.Table:
		// An elided index means all.
		return th.index(f, args)
	case kdb.Symbol:
		if v, err := th.global(f); err == nil {
			return th.project(v, args)
		}
	default:
		if t := f.Type(); t >= 0 && t < kdb.TTable {
			return th.index(f, args)
		}
	}
	return projection(f, args), nil
}

// projection returns a projection, which is a second holder of its arguments:
// each call passes them on.
func projection(f kdb.Value, args []kdb.Value) *kdb.Projection {
	for _, a := range args {
		if a != nil {
			shareValue(a)
		}
	}
	return &kdb.Projection{F: f, Args: args}
}

// holes returns how many arguments p still wants.
func holes(p *kdb.Projection) int {
	n := 0
	for _, a := range p.Args {
		if a == nil {
			n++
		}
	}
	if r := rank(p.F); r > len(p.Args) {
		n += r - len(p.Args)
	}
	return n
}

// fill puts args into the open places of p.
func fill(p *kdb.Projection, args []kdb.Value) *kdb.Projection {
	out := append(make([]kdb.Value, 0, len(p.Args)+len(args)), p.Args...)
	k := 0
	for i := range out {
		if out[i] == nil && k < len(args) {
			out[i] = args[k]
			k++
		}
	}
	out = append(out, args[k:]...)
	return &kdb.Projection{F: p.F, Args: out}
}

func (th *thread) callProjection(p *kdb.Projection, args []kdb.Value) (kdb.Value, error) {
	if len(args) == 1 && args[0] == kdb.Nil && holes(p) == 0 {
		return th.apply(p.F, p.Args)
	}
	m := th.mark()
	defer th.release(m)
	buf := th.alloc(max(len(p.Args), rank(p.F)))
	copy(buf, p.Args)
	k, open := 0, false
	for i := range buf {
		if buf[i] != nil {
			continue
		}
		if k < len(args) {
			buf[i] = args[k]
			k++
		} else {
			open = true
		}
	}
	if k < len(args) {
		// More arguments than places: the result of the call takes the rest,
		// as for a list that the function returns.
		return nil, errRank
	}
	if open {
		return projection(p.F, append([]kdb.Value(nil), buf...)), nil
	}
	return th.apply(p.F, buf)
}

func (th *thread) callCompose(c *kdb.Compose, args []kdb.Value) (kdb.Value, error) {
	i := len(c.F) - 1
	v, err := th.apply(c.F[i], args)
	if err != nil {
		return nil, err
	}
	for i--; i >= 0; i-- {
		if v, err = th.apply(c.F[i], []kdb.Value{v}); err != nil {
			return nil, err
		}
	}
	return v, nil
}

// callIterator applies an iterator written in front: '[f;g] composes, /[f] derives.
func (th *thread) callIterator(it kdb.Iterator, args []kdb.Value) (kdb.Value, error) {
	if len(args) == 1 {
		return nested(&kdb.Derived{Iter: it, F: args[0]})
	}
	if it == 0 {
		return compose(args...), nil
	}
	return nil, errRank
}

// rank returns the number of arguments that f is made for.
func rank(f kdb.Value) int {
	switch f := f.(type) {
	case *kdb.Lambda:
		if fn, ok := f.Impl.(*function); ok {
			return len(fn.params)
		}
		return 1
	case *prim.Builtin:
		if f.Binary != nil {
			return 2
		}
		if f.Unary != nil || f.Variadic == nil {
			return 1
		}
		return 3
	case *kdb.Projection:
		return holes(f)
	case *kdb.Compose:
		return rank(f.F[len(f.F)-1])
	case *kdb.Derived:
		switch f.Iter {
		case 0:
			if v, ok := f.F.(*kdb.Longs); ok {
				m := kdb.Long(0)
				for _, i := range v.V {
					m = max(m, i)
				}
				return int(m) + 1
			}
			return rank(f.F)
		case 1, 2:
			if r := rank(f.F); r > 2 {
				return r
			}
			return 1
		case 3:
			return 1
		}
		return 2
	case kdb.Binary:
		return 2
	case *GoFunc:
		return max(f.Rank, 1)
	}
	return 1
}

// applyName applies what a symbol names: a global, or a file or process.
func (th *thread) applyName(s kdb.Symbol, args []kdb.Value) (kdb.Value, error) {
	text := s.String()
	if text != "" && text[0] == ':' {
		return th.applyFile(s, args)
	}
	if text == "." && len(args) == 1 {
		if r, err := th.viewForm(args[0]); r != nil || err != nil {
			return r, err
		}
	}
	f, err := th.global(s)
	if err != nil {
		return nil, err
	}
	if f.Type() < 0 {
		if _, ok := f.(kdb.Symbol); ok {
			return nil, errType
		}
	}
	return th.apply(f, args)
}

// index indexes data at depth.
func (th *thread) index(x kdb.Value, idx []kdb.Value) (kdb.Value, error) {
	for len(idx) > 1 && (idx[len(idx)-1] == nil || idx[len(idx)-1] == kdb.Nil) {
		idx = idx[:len(idx)-1] // trailing elided indexes
	}
	if len(idx) == 0 {
		return x, nil
	}
	i, rest := idx[0], idx[1:]
	if len(rest) == 0 {
		if i == nil || i == kdb.Nil {
			return x, nil
		}
		return th.at(x, i)
	}
	if t, ok := x.(*kdb.Table); ok {
		return th.indexTable(t, i, rest)
	}
	if i == nil || i == kdb.Nil {
		return th.overItems(x, func(v kdb.Value) (kdb.Value, error) { return th.apply(v, rest) })
	}
	if isAtom(i) || isKeyOf(x, i) {
		v, err := th.at(x, i)
		if err != nil {
			return nil, err
		}
		return th.applyRest(v, rest)
	}
	return th.overItems(i, func(j kdb.Value) (kdb.Value, error) {
		return th.index(x, append([]kdb.Value{j}, rest...))
	})
}

func (th *thread) applyRest(v kdb.Value, rest []kdb.Value) (kdb.Value, error) {
	for _, r := range rest {
		if r == nil {
			return th.index(v, rest)
		}
	}
	if isAtom(v) && !isFunction(v) {
		return nil, errRank
	}
	return th.apply(v, rest)
}

// isKeyOf reports whether a list is one key of a dictionary with compound keys.
func isKeyOf(x, i kdb.Value) bool {
	_, _, keyed := kdb.IsKeyed(x)
	return keyed
}

func (th *thread) indexTable(t *kdb.Table, i kdb.Value, rest []kdb.Value) (kdb.Value, error) {
	if c, ok := rest[0].(kdb.Symbol); ok {
		col, ok := t.Col(c)
		if !ok {
			return nil, errIndex
		}
		var v kdb.Value = col
		if i != nil && i != kdb.Nil {
			var err error
			if v, err = th.at(col, i); err != nil {
				return nil, err
			}
		}
		if len(rest) == 1 {
			share(v)
			return v, nil
		}
		return th.overItems(v, func(x kdb.Value) (kdb.Value, error) { return th.index(x, rest[1:]) })
	}
	switch i.(type) {
	case kdb.Symbol, *kdb.Symbols:
		v, err := th.at(t, i)
		if err != nil {
			return nil, err
		}
		return th.index(v, rest)
	}
	var rows kdb.Value = t
	if i != nil && i != kdb.Nil {
		var err error
		if rows, err = th.at(t, i); err != nil {
			return nil, err
		}
	}
	if d, ok := rows.(*kdb.Dict); ok {
		return th.index(d, rest)
	}
	if names, ok := rest[0].(*kdb.Symbols); ok && len(rest) == 1 {
		sub, err := prim.Take(names, rows)
		if err != nil {
			return nil, err
		}
		return prim.Collapse(rowLists(sub.(*kdb.Table))), nil
	}
	return th.overItems(rows, func(x kdb.Value) (kdb.Value, error) { return th.index(x, rest) })
}

// rowLists returns the rows of a table as lists of values.
func rowLists(t *kdb.Table) []kdb.Value {
	out := make([]kdb.Value, t.Len())
	for i := range out {
		row := make([]kdb.Value, len(t.Cols))
		for j, c := range t.Cols {
			row[j] = item(c, i)
		}
		out[i] = prim.Collapse(row)
	}
	return out
}

// at is x@i for data; an index into a function list may give a function.
func (th *thread) at(x, i kdb.Value) (kdb.Value, error) {
	r, err := prim.AtOn(&th.env, x, i)
	if err != nil {
		return nil, err
	}
	switch x.(type) {
	case *kdb.List, *kdb.Dict, *kdb.Table:
		shareValue(r)
	}
	return r, nil
}

// overItems applies f to each item of a list or of a dictionary's values.
func (th *thread) overItems(x kdb.Value, f func(kdb.Value) (kdb.Value, error)) (kdb.Value, error) {
	if d, ok := x.(*kdb.Dict); ok {
		v, err := th.overItems(d.V, f)
		if err != nil {
			return nil, err
		}
		return kdb.NewDict(d.K, v), nil
	}
	n := x.Len()
	out := make([]kdb.Value, n)
	for i := range n {
		v, err := f(item(x, i))
		if err != nil {
			return nil, err
		}
		out[i] = v
	}
	return prim.Collapse(out), nil
}

func isAtom(v kdb.Value) bool {
	t := v.Type()
	return t < 0 || t >= kdb.TLambda
}

func isFunction(v kdb.Value) bool { return v.Type() >= kdb.TLambda }
