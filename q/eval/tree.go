package eval

import (
	"strings"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q/prim"
	"github.com/quoinhq/quoin/q/syntax"
)

// treeNode is a value standing in a syntax tree that was made from a parse tree.
type treeNode struct {
	syntax.Span
	value kdb.Value
}

// tree returns the parse tree of an expression, as parse gives it.
func (c *compiler) tree(n syntax.Node) (kdb.Value, error) {
	switch n := n.(type) {
	case nil:
		return kdb.Nil, nil
	case *syntax.Const:
		return quoteSymbols(n.Value), nil
	case *syntax.Name:
		if b, ok := keyword(n.Name); ok {
			return b, nil
		}
		return kdb.Sym(n.Name), nil
	case *syntax.Verb:
		return verbValue(n)
	case *syntax.Iter:
		it := iterators[n.Glyph]
		if n.F == nil {
			return it, nil
		}
		return c.branch(it, n.F)
	case *syntax.Apply:
		if v, ok := n.F.(*syntax.Verb); ok && n.Infix && len(n.Args) == 1 && !n.Open {
			if b, ok := unaryForm(v.Glyph); ok {
				return c.branch(b, n.Args...)
			}
		}
		f, err := c.tree(n.F)
		if err != nil {
			return nil, err
		}
		return c.branch(f, n.Args...)
	case *syntax.Compose:
		return c.branch(iterEach, n.F, n.G)
	case *syntax.List:
		enlist, _ := keyword("enlist")
		return c.branch(enlist, n.Items...)
	case *syntax.Dict:
		return c.dictTree(n.Cols)
	case *syntax.Table:
		return c.tableTree(n)
	case *syntax.Lambda:
		return c.lambda(n)
	case *syntax.Assign:
		return c.assignTree(n)
	case *syntax.Cond:
		b, _ := keyword("$")
		return c.branch(b, n.Args...)
	case *syntax.Control:
		return c.branch(kdb.Sym(n.Word), n.Args...)
	case *syntax.Return:
		b, _ := keyword(":")
		return c.branch(b, n.X)
	case *syntax.Signal:
		return c.branch(iterEach, n.X)
	case *syntax.Seq:
		return c.branch(kdb.Char(';'), n.Exprs...)
	case *syntax.Query:
		q, err := c.queryParts(n)
		if err != nil {
			return nil, err
		}
		from, err := c.tree(n.From)
		if err != nil {
			return nil, err
		}
		items := []kdb.Value{q.op, from}
		for _, a := range q.args {
			items = append(items, quoteTree(a))
		}
		return kdb.NewList(items...), nil
	case *treeNode:
		return n.value, nil
	}
	return nil, errNYI
}

// branch returns the list of a head and the trees of its arguments.
func (c *compiler) branch(head kdb.Value, args ...syntax.Node) (kdb.Value, error) {
	out := []kdb.Value{head}
	for _, a := range args {
		t, err := c.tree(a)
		if err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return kdb.NewList(out...), nil
}

// quoteSymbols encloses a symbol constant, since a bare one is a name.
func quoteSymbols(v kdb.Value) kdb.Value {
	switch v.(type) {
	case kdb.Symbol:
		return prim.Enlist(v)
	case *kdb.Symbols:
		return kdb.NewList(v)
	}
	return v
}

// quoteTree encloses a value so that eval yields it as it is.
func quoteTree(v kdb.Value) kdb.Value {
	if l, ok := v.(*kdb.List); ok {
		if len(l.V) == 0 {
			return v
		}
		return kdb.NewList(v)
	}
	return quoteSymbols(v)
}

func (c *compiler) assignTree(n *syntax.Assign) (kdb.Value, error) {
	var head kdb.Value
	switch {
	case n.Op != nil:
		b, ok := unaryForm(n.Op.(*syntax.Verb).Glyph)
		if !ok {
			return nil, errNYI
		}
		head = b
	case n.Global:
		head = kdb.Nil
	default:
		b, _ := keyword(":")
		head = b
	}
	return c.branch(head, n.Target, n.Value)
}

// dictTree is names!(enlist;…).
func (c *compiler) dictTree(cols []syntax.Column) (kdb.Value, error) {
	enlist, _ := keyword("enlist")
	bang, _ := keyword("!")
	names := make([]kdb.Symbol, len(cols))
	items := make([]syntax.Node, len(cols))
	for i, col := range cols {
		names[i], items[i] = kdb.Sym(col.Name), col.Expr
	}
	vals, err := c.branch(enlist, items...)
	if err != nil {
		return nil, err
	}
	return kdb.NewList(bang, kdb.NewList(kdb.NewVec(names)), vals), nil
}

func (c *compiler) tableTree(n *syntax.Table) (kdb.Value, error) {
	flip, _ := keyword("flip")
	bang, _ := keyword("!")
	half := func(cols []syntax.Column) (kdb.Value, error) {
		d, err := c.dictTree(cols)
		if err != nil {
			return nil, err
		}
		return kdb.NewList(flip, d), nil
	}
	v, err := half(n.Cols)
	if err != nil || len(n.Keys) == 0 {
		return v, err
	}
	k, err := half(n.Keys)
	if err != nil {
		return nil, err
	}
	return kdb.NewList(bang, k, v), nil
}

// fromTree turns a parse tree back into syntax, for the compiler.
func fromTree(v kdb.Value) syntax.Node {
	switch t := v.(type) {
	case kdb.Symbol:
		return &syntax.Name{Name: t.String()}
	case *kdb.Symbols:
		if len(t.V) == 1 {
			return &treeNode{value: t.V[0]}
		}
	case *kdb.List:
		switch len(t.V) {
		case 0:
		case 1:
			return &treeNode{value: t.V[0]}
		default:
			return fromBranch(t.V[0], t.V[1:])
		}
	case *kdb.Table, *kdb.Dict:
	default:
		if v.Type() > 0 && v.Type() < kdb.TTable && v.Len() == 1 && v.Type() != kdb.TChar {
			return &treeNode{value: v}
		}
	}
	return &treeNode{value: v}
}

func fromBranch(head kdb.Value, args []kdb.Value) syntax.Node {
	nodes := make([]syntax.Node, len(args))
	for i, a := range args {
		if a != kdb.Nil {
			nodes[i] = fromTree(a)
		}
	}
	some := func(i int) syntax.Node {
		if nodes[i] == nil {
			return &treeNode{value: kdb.Nil}
		}
		return nodes[i]
	}
	switch h := head.(type) {
	case *prim.Builtin:
		if h.Name == ":" && len(args) == 1 {
			return &syntax.Return{X: some(0)}
		}
		if h.Name == "$" && len(args) > 2 {
			return &syntax.Cond{Args: nodes}
		}
		if len(args) == 2 && target(nodes[0]) {
			if h.Name == ":" {
				return &syntax.Assign{Target: nodes[0], Value: some(1)}
			}
			if h.Binary == nil && strings.HasSuffix(h.String(), ":") {
				return &syntax.Assign{Target: nodes[0], Op: &syntax.Verb{Glyph: strings.TrimSuffix(h.String(), ":")}, Value: some(1)}
			}
		}
	case kdb.Unary:
		if h == kdb.Nil && len(args) == 2 && target(nodes[0]) {
			return &syntax.Assign{Target: nodes[0], Global: true, Value: some(1)}
		}
	case kdb.Symbol:
		switch h.String() {
		case "if", "do", "while":
			return &syntax.Control{Word: h.String(), Args: nodes}
		}
	case kdb.Char:
		if h == ';' {
			return &syntax.Seq{Exprs: nodes}
		}
	case kdb.Iterator:
		if len(args) == 1 {
			if h == iterEach && isMessage(args[0]) {
				return &syntax.Signal{X: some(0)}
			}
			return &syntax.Iter{Glyph: h.String(), F: some(0)}
		}
	}
	var f syntax.Node = &treeNode{value: head}
	switch head.(type) {
	case kdb.Symbol, *kdb.List:
		f = fromTree(head)
	}
	return &syntax.Apply{F: f, Args: nodes}
}

func isMessage(v kdb.Value) bool {
	switch x := v.(type) {
	case *kdb.Chars, kdb.Char:
		return true
	case *kdb.Symbols:
		return len(x.V) == 1
	}
	return false
}

func target(n syntax.Node) bool {
	switch n := n.(type) {
	case *syntax.Name:
		return true
	case *syntax.Apply:
		_, ok := n.F.(*syntax.Name)
		return ok
	}
	return false
}

// treeCache keeps the compiled forms of parse trees that are evaluated again
// and again, such as a query's expressions for each group.
type treeCache map[*kdb.List]*function

const treeCacheSize = 512

// compileTree compiles a parse tree; in a query, names may be columns.
func (th *thread) compileTree(v kdb.Value, dynamic bool) (*function, error) {
	fn := &function{eng: th.eng, ns: th.ns}
	c := &compiler{eng: th.eng, ns: th.ns, fn: fn, dynamic: dynamic}
	n, err := c.compile(fromTree(v))
	if err != nil {
		return nil, parseError(err, "", "", 0, th.depth)
	}
	fn.body = []node{n}
	return fn, nil
}

// evalTree is prim.Env.EvalTree.
func (th *thread) evalTree(tree kdb.Value, lookup func(kdb.Symbol) (kdb.Value, bool)) (kdb.Value, error) {
	var fn *function
	switch t := tree.(type) {
	case kdb.Symbol:
		return th.lookup(t, lookup, th.sql)
	case *kdb.Symbols:
		if len(t.V) == 1 {
			return t.V[0], nil
		}
		return t, nil
	case *kdb.List:
		if len(t.V) == 0 {
			return t, nil
		}
		if len(t.V) == 1 {
			return t.V[0], nil
		}
		fn = th.trees[t]
		if fn == nil {
			var err error
			if fn, err = th.compileTree(t, true); err != nil {
				return nil, err
			}
			if th.trees == nil || len(th.trees) >= treeCacheSize {
				th.trees = treeCache{}
			}
			t.Share() // so that nobody changes it under its compiled form
			th.trees[t] = fn
		}
	default:
		return tree, nil
	}
	fr := &frame{th: th, fn: fn, depth: th.depth, lookup: lookup, sql: th.sql}
	return fn.exec(fr)
}

// lookup finds what a name means in a query: a column, a local of the function
// around, a global.
func (th *thread) lookup(name kdb.Symbol, lookup func(kdb.Symbol) (kdb.Value, bool), around *frame) (kdb.Value, error) {
	if lookup != nil {
		if v, ok := lookup(name); ok {
			return v, nil
		}
	}
	if around != nil && around.slots != nil {
		text := name.String()
		for i, l := range around.fn.locals {
			if l == text {
				if v := around.slots[i]; v != nil {
					shareValue(v)
					return v, nil
				}
				return emptyList, nil
			}
		}
	}
	return th.getName(name)
}

// lookupNode is a name inside a query.
type lookupNode struct {
	name kdb.Symbol
	pos  int
}

func (n *lookupNode) eval(fr *frame) (kdb.Value, error) {
	return fr.th.lookup(n.name, fr.lookup, fr.sql)
}
