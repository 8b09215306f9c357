package eval

import (
	"strings"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q/prim"
	"github.com/quoinhq/quoin/q/syntax"
)

// metaKeywords registers what works on code and names.
func (t specialTable) metaKeywords() {
	t.unary("value", (*thread).valueOf)
	t.unary("get", (*thread).valueOf)
	t.binary("set", (*thread).set)
	t.unary("parse", func(th *thread, x kdb.Value) (kdb.Value, error) { return th.parse(x) })
	t.unary("eval", func(th *thread, x kdb.Value) (kdb.Value, error) { return th.evalValue(x) })
	t.unary("reval", func(th *thread, x kdb.Value) (kdb.Value, error) {
		th.readOnly++
		th.reval++
		defer func() { th.readOnly--; th.reval-- }()
		return th.evalValue(x)
	})
	key := t.add("key")
	base := key.Unary
	key.Unary = func(e *prim.Env, x kdb.Value) (kdb.Value, error) {
		r, err := e.Owner.(*thread).keyOf(x)
		if err == errElsewhere && base != nil {
			return base(e, x)
		}
		return r, err
	}
	t.unary("view", func(th *thread, x kdb.Value) (kdb.Value, error) {
		name, ok := x.(kdb.Symbol)
		if !ok {
			return nil, errType
		}
		v := th.eng.names.find(kdb.Sym(absolute(th.ns, name.String())))
		if v == nil || v.view == nil {
			return nil, errType
		}
		return kdb.Str(v.view.source), nil
	})
	t.unary("views", func(th *thread, x kdb.Value) (kdb.Value, error) {
		return th.eng.names.list(th.ns, func(v *variable) bool { return v.view != nil }, true), nil
	})
	t.unary("tables", func(th *thread, x kdb.Value) (kdb.Value, error) {
		ns := th.ns
		if s, ok := x.(kdb.Symbol); ok {
			ns = strings.TrimSuffix(s.String(), ".")
		}
		return th.eng.names.list(ns, func(v *variable) bool {
			_, _, keyed := kdb.IsKeyed(v.v)
			return keyed || v.v.Type() == kdb.TTable
		}, false), nil
	})
	t.unary("system", func(th *thread, x kdb.Value) (kdb.Value, error) {
		s, ok := stringOf(x)
		if !ok {
			return nil, errType
		}
		return th.system(s)
	})
	show := t.unary("show", func(th *thread, x kdb.Value) (kdb.Value, error) {
		return kdb.Nil, th.eng.print(th.eng.format(x))
	})
	show.Typ = kdb.TLambda
}

// valueOf is value and get: of a string its evaluation, of a name what it
// names, of a list its application, of data its values, of a function its parts.
func (th *thread) valueOf(x kdb.Value) (kdb.Value, error) {
	switch v := x.(type) {
	case *viewForm:
		return &v.List, nil
	case *kdb.Chars:
		return th.evalText(text(v))
	case kdb.Char:
		return th.evalText(string(rune(v)))
	case kdb.Symbol:
		name := v.String()
		switch {
		case name == ".":
			return th.eng.names.dict(th.eng.names.space("")), nil
		case name == "":
			return th.eng.names.dict(th.eng.names.space("")), nil
		case name[0] == ':':
			return th.readValue(v)
		}
		return th.getName(v)
	case *kdb.Symbols:
		// A list headed by a name: the call, or an index in depth.
		if len(v.V) == 0 {
			return v, nil
		}
		args := make([]kdb.Value, len(v.V)-1)
		for i := range args {
			args[i] = v.V[i+1]
		}
		if len(args) > 0 && strings.HasPrefix(v.V[0].String(), ":") {
			return th.applyFile(v.V[0], args)
		}
		f, err := th.getName(v.V[0])
		if err != nil {
			return nil, err
		}
		if len(args) == 0 {
			return f, nil
		}
		return th.apply(f, args)
	case *kdb.List:
		if len(v.V) == 0 {
			return v, nil
		}
		return th.valueList(v)
	case *kdb.Dict:
		if kt, vt, ok := kdb.IsKeyed(v); ok {
			_ = kt
			return vt, nil
		}
		return v.V, nil
	case *kdb.Enum, kdb.EnumAtom:
		of, _ := prim.ValueOf(x)
		return of, nil
	case *kdb.Lambda:
		return th.lambdaParts(v)
	case *kdb.Projection:
		items := []kdb.Value{v.F}
		args := v.Args
		for len(args) > 0 && args[len(args)-1] == nil && isFunction(v.F) && v.F.Type() != kdb.TLambda {
			args = args[:len(args)-1]
		}
		for _, a := range args {
			if a == nil {
				a = kdb.Nil
			}
			items = append(items, a)
		}
		return kdb.NewList(items...), nil
	case *kdb.Compose:
		return kdb.NewList(v.F...), nil
	case *kdb.Derived:
		return v.F, nil
	case *prim.Builtin:
		if n, ok := v.Wire(); ok {
			switch n := n.(type) {
			case kdb.Unary:
				return kdb.Long(n), nil
			case kdb.Binary:
				return kdb.Long(n), nil
			}
		}
		return v, nil
	case *kdb.Table:
		return kdb.NewList(v.Cols...), nil
	case kdb.Unary:
		return kdb.Long(v), nil
	}
	if isAtom(x) {
		return nil, errType
	}
	return x, nil
}

// valueList applies the first item of a list to the others, as they are.
func (th *thread) valueList(l *kdb.List) (kdb.Value, error) {
	for _, v := range l.V {
		shareValue(v)
	}
	f := l.V[0]
	switch h := f.(type) {
	case *kdb.Chars:
		var err error
		if f, err = th.evalText(text(h)); err != nil {
			return nil, err
		}
	case kdb.Char:
		var err error
		if f, err = th.evalText(string(rune(h))); err != nil {
			return nil, err
		}
	case kdb.Symbol:
		if s := h.String(); s == "" || s[0] != ':' {
			var err error
			if f, err = th.getName(h); err != nil {
				return nil, err
			}
		}
	}
	if len(l.V) == 1 {
		if isFunction(f) {
			return th.apply(f, []kdb.Value{kdb.Nil})
		}
		return f, nil
	}
	return th.apply(f, l.V[1:])
}

// lambdaParts is value of a function: bytecode (which this engine has not),
// parameters, locals, globals after the namespace, constants, name, file, line
// and text.
func (th *thread) lambdaParts(l *kdb.Lambda) (kdb.Value, error) {
	fn, ok := l.Impl.(*function)
	if !ok || fn.eng != th.eng {
		var err error
		if fn, err = th.eng.adopt(l); err != nil {
			return nil, err
		}
	}
	globals := []kdb.Symbol{kdb.Sym(strings.TrimPrefix(fn.ns, "."))}
	seen := map[kdb.Symbol]bool{}
	for _, g := range fn.global {
		if !seen[g.name] {
			seen[g.name] = true
			globals = append(globals, kdb.Sym(strings.TrimPrefix(g.name.String(), fn.ns+".")))
		}
	}
	items := []kdb.Value{kdb.NewVec([]kdb.Byte{}), kdb.Syms(fn.params...), kdb.Syms(fn.locals[len(fn.params):]...), kdb.NewVec(globals)}
	items = append(items, fn.consts...)
	items = append(items, kdb.Str(fn.name), kdb.Str(fn.file), kdb.Long(fn.line), kdb.Str(l.Source))
	return kdb.NewList(items...), nil
}

// set is x set y: a global, or a file.
func (th *thread) set(x, y kdb.Value) (kdb.Value, error) {
	if name, ok := x.(kdb.Symbol); ok {
		if s := name.String(); s == "" || s[0] != ':' {
			shareValue(y)
			return name, th.setName(name, y)
		}
	}
	return th.writeValue(x, y)
}

// parse is the parse tree of a string.
func (th *thread) parse(x kdb.Value) (kdb.Value, error) {
	src, ok := stringOf(x)
	if !ok || x.Type() == -kdb.TSymbol {
		return nil, errType
	}
	src, lang := language(src)
	if lang != 'q' {
		return nil, errNYI
	}
	failed := func(err error) error {
		err = parseError(err, src, "", 0, th.depth+1)
		if e, ok := err.(*Error); ok {
			e.Trace = append(e.Trace, Place{Depth: th.depth, Name: ".q.parse", hidden: true})
		}
		return err
	}
	n, err := syntax.Parse(src, th.eng.infixKeyword)
	if err != nil {
		return nil, failed(err)
	}
	if n == nil {
		return kdb.Nil, nil
	}
	c := &compiler{eng: th.eng, ns: th.ns, src: src, fn: &function{eng: th.eng, ns: th.ns}}
	t, err := c.tree(n)
	if err != nil {
		return nil, failed(err)
	}
	return t, nil
}

// evalValue is eval.
func (th *thread) evalValue(x kdb.Value) (kdb.Value, error) {
	switch v := x.(type) {
	case kdb.Symbol:
		return th.getName(v)
	case *kdb.List:
		if len(v.V) == 0 {
			return v, nil
		}
		fn, err := th.compileTree(v, false)
		if err != nil {
			return nil, err
		}
		return th.run(fn, nil)
	case *kdb.Symbols:
		if len(v.V) == 1 {
			return v.V[0], nil
		}
	}
	return x, nil
}

// keyOf is key of names, files and functions.
func (th *thread) keyOf(x kdb.Value) (kdb.Value, error) {
	s, ok := x.(kdb.Symbol)
	if !ok {
		switch v := x.(type) {
		case *kdb.Dict:
			return v.K, nil
		case *kdb.Table:
			return nil, errType
		case *kdb.Enum:
			return v.Domain, nil
		case kdb.EnumAtom:
			return v.Domain, nil
		}
		return nil, errElsewhere
	}
	name := s.String()
	switch {
	case name == "":
		root := th.eng.names.space("")
		subs := append([]string(nil), root.subs...)
		for i, n := range subs {
			subs[i] = strings.TrimPrefix(n, ".")
		}
		return kdb.Syms(subs...), nil
	case name[0] == ':':
		return th.keyFile(s)
	case name == ".":
		d := th.eng.names.dict(th.eng.names.space("")).(*kdb.Dict)
		return d.K, nil
	}
	v, err := th.global(s)
	if err != nil {
		return kdb.NewList(), nil
	}
	if d, ok := v.(*kdb.Dict); ok {
		if d.K.Type() != kdb.TTable {
			return d.K, nil
		}
	}
	return s, nil
}

// language cuts the one-letter language prefix off a line: k) or p).
func language(src string) (string, byte) {
	if len(src) > 1 && src[1] == ')' && src[0] >= 'a' && src[0] <= 'z' {
		return src[2:], src[0]
	}
	return src, 'q'
}

// evalText evaluates q text: an expression, or a system command.
func (th *thread) evalText(src string) (kdb.Value, error) {
	v, _, err := th.evalLine(src, "", 0)
	return v, err
}

// evalLine evaluates one statement; quiet tells that a console shows nothing
// for it.
func (th *thread) evalLine(src, file string, line int) (v kdb.Value, quiet bool, err error) {
	trimmed := strings.TrimLeft(src, " \t\r\n")
	if strings.HasPrefix(trimmed, "\\") {
		v, err := th.system(strings.TrimRight(trimmed[1:], " \t\r\n"))
		return v, false, err
	}
	src, lang := language(src)
	if lang != 'q' {
		return nil, false, errNYI
	}
	fn, ast, err := th.eng.compileTop(src, th.ns, file, line)
	if err != nil {
		if e, ok := err.(*Error); ok && len(e.Trace) > 0 {
			e.Trace[0].Depth = th.depth
			e.depth = th.depth
		}
		return nil, false, err
	}
	if ast == nil {
		return kdb.Nil, true, nil
	}
	m := th.mark()
	v, err = th.run(fn, nil)
	th.release(m)
	return v, silent(ast), err
}

// silent reports whether the console shows nothing for an expression: one that
// assigns, or ends in a semicolon.
func silent(n syntax.Node) bool {
	switch n := n.(type) {
	case *syntax.Assign:
		return true
	case *syntax.Seq:
		if len(n.Exprs) == 0 {
			return true
		}
		last := n.Exprs[len(n.Exprs)-1]
		return last == nil || silent(last)
	}
	return false
}
