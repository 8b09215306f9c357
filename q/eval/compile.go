package eval

import (
	"strings"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q/prim"
	"github.com/quoinhq/quoin/q/syntax"
	"github.com/quoinhq/quoin/q/table"
)

// compiler turns one function's syntax into nodes.
type compiler struct {
	eng    *Engine
	ns     string
	file   string
	line   int
	src    string         // the whole text the places count in
	fn     *function      // the function being compiled
	slots  map[string]int // its locals; nil at top level
	parent *compiler
	// locals and globals are the names that the function's assignments so far made
	// one or the other.
	locals, globals map[string]bool
	// dynamic makes undeclared names be asked of a lookup first: an
	// expression inside a query.
	dynamic bool
}

// infixKeyword tells the parser which names stand between their arguments.
func (eng *Engine) infixKeyword(name string) bool {
	if b, ok := keyword(name); ok {
		return b.Infix
	}
	if v := eng.names.find(kdb.Sym(".q." + name)); v != nil && v.v != nil {
		return rank(v.v) == 2
	}
	return false
}

// keyword returns the primitive of that name: the evaluator's own or prim's.
func keyword(name string) (*prim.Builtin, bool) {
	if b, ok := specials[name]; ok {
		return b, true
	}
	if b, ok := table.Lookup(name); ok {
		return b, true
	}
	return nil, false
}

// parseError makes a q error of a syntax error.
func parseError(err error, src, file string, line, depth int) error {
	e, ok := err.(*syntax.Error)
	if !ok {
		return err
	}
	return &Error{Msg: kdb.Error(e.Msg), Trace: []Place{{Depth: depth, Source: src, Pos: e.Pos, File: file, Line: line}}}
}

// compileTop compiles a top-level expression.
func (eng *Engine) compileTop(src, ns, file string, line int) (*function, syntax.Node, error) {
	ast, err := syntax.Parse(src, eng.infixKeyword)
	if err != nil {
		return nil, nil, parseError(err, src, file, line, 0)
	}
	c := &compiler{eng: eng, ns: ns, file: file, line: line, src: src}
	c.fn = &function{eng: eng, source: src, ns: ns, file: file, line: line}
	if ast == nil {
		return c.fn, nil, nil
	}
	n, err := c.compile(ast)
	if err != nil {
		return nil, nil, parseError(err, src, file, line, 0)
	}
	c.fn.body = []node{n}
	return c.fn, ast, nil
}

// lambda compiles a function expression into a value.
func (c *compiler) lambda(l *syntax.Lambda) (*kdb.Lambda, error) {
	fn := &function{eng: c.eng, own: c.eng.booting, params: l.Params, source: l.Source, offset: l.Pos, ns: c.ns, file: c.file,
		line: c.line + strings.Count(c.src[:min(l.Pos, len(c.src))], "\n")}
	in := &compiler{eng: c.eng, ns: c.ns, file: c.file, line: c.line, src: c.src, fn: fn, slots: map[string]int{}, parent: c,
		locals: map[string]bool{}, globals: map[string]bool{}}
	for _, p := range l.Params {
		in.locals[p] = true
		in.declare(p)
	}
	for _, p := range l.Patterns {
		in.declareTarget(p)
	}
	for _, s := range l.Body {
		in.declareAssigned(s)
	}
	for i := range l.Params {
		if l.Patterns[i] == nil {
			continue
		}
		p, err := in.pattern(l.Patterns[i], false)
		if err != nil {
			return nil, err
		}
		fn.body = append(fn.body, &patternNode{p, &localNode{slot: i}, l.Patterns[i].Place().Pos})
	}
	if err := in.body(l.Body); err != nil {
		return nil, err
	}
	lam := &kdb.Lambda{Namespace: strings.TrimPrefix(c.ns, "."), Source: l.Source, Impl: fn}
	fn.lambda = lam
	return lam, nil
}

func (c *compiler) declare(name string) {
	if _, ok := c.slots[name]; !ok {
		c.slots[name] = len(c.fn.locals)
		c.fn.locals = append(c.fn.locals, name)
	}
}

// declareAssigned declares the names that n assigns with a single colon.
func (c *compiler) declareAssigned(n syntax.Node) {
	syntax.Walk(n, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.Lambda:
			return false
		case *syntax.Assign:
			if !n.Global && n.Op == nil {
				c.declareTarget(n.Target)
			}
		case *syntax.Match:
			for _, p := range n.Patterns {
				c.declareTarget(p)
			}
		}
		return true
	})
}

func (c *compiler) declareTarget(t syntax.Node) {
	patternNames(t, func(n *syntax.Name) {
		if !strings.Contains(n.Name, ".") {
			c.declare(n.Name)
		}
	})
}

// body compiles the statements of a function.
func (c *compiler) body(stmts []syntax.Node) error {
	for i, s := range stmts {
		last := i == len(stmts)-1
		if s == nil {
			if last {
				c.fn.body = append(c.fn.body, &constNode{kdb.Nil})
			}
			continue
		}
		n, err := c.statement(s)
		if err != nil {
			return err
		}
		if last {
			n = c.tail(n)
		}
		c.fn.body = append(c.fn.body, n)
	}
	return nil
}

// tail lets a function's last expression move its local out.
func (c *compiler) tail(n node) node {
	switch n := n.(type) {
	case *localNode:
		return &localNode{slot: n.slot, last: true}
	case *returnNode:
		return &returnNode{c.tail(n.x)}
	case *condNode:
		args := make([]node, len(n.args))
		for i, a := range n.args {
			if i%2 == 1 || i == len(n.args)-1 {
				a = c.tail(a)
			}
			args[i] = a
		}
		return &condNode{args, n.pos}
	}
	return n
}

// statement compiles an expression whose value is not used.
func (c *compiler) statement(n syntax.Node) (node, error) {
	a, ok := n.(*syntax.Assign)
	if !ok {
		return c.compile(n)
	}
	x, err := c.assign(a)
	if m, ok := x.(*amendNode); ok {
		m.quiet = true
	}
	return x, err
}

func (c *compiler) statements(ns []syntax.Node) ([]node, error) {
	var out []node
	for _, n := range ns {
		if n == nil {
			continue
		}
		x, err := c.statement(n)
		if err != nil {
			return nil, err
		}
		out = append(out, x)
	}
	return out, nil
}

func (c *compiler) all(ns []syntax.Node) ([]node, error) {
	out := make([]node, len(ns))
	for i, n := range ns {
		if n == nil {
			out[i] = &constNode{kdb.Nil}
			continue
		}
		x, err := c.compile(n)
		if err != nil {
			return nil, err
		}
		out[i] = x
	}
	return out, nil
}

// compile compiles an expression.
func (c *compiler) compile(n syntax.Node) (node, error) {
	switch n := n.(type) {
	case *syntax.Const:
		share(n.Value)
		if c.fn != nil {
			c.fn.consts = append(c.fn.consts, n.Value)
		}
		return &constNode{n.Value}, nil
	case *syntax.Name:
		return c.name(n), nil
	case *syntax.Verb:
		f, err := verbValue(n)
		if err != nil {
			return nil, err
		}
		return &constNode{f}, nil
	case *syntax.Iter:
		return c.iter(n)
	case *syntax.Apply:
		return c.apply(n)
	case *syntax.Compose:
		g, err := c.compile(n.G)
		if err != nil {
			return nil, err
		}
		f, err := c.compile(n.F)
		if err != nil {
			return nil, err
		}
		return &composeNode{f, g}, nil
	case *syntax.List:
		return c.list(n)
	case *syntax.Table:
		return c.table(n)
	case *syntax.Dict:
		return c.dict(n)
	case *syntax.Lambda:
		l, err := c.lambda(n)
		if err != nil {
			return nil, err
		}
		c.fn.consts = append(c.fn.consts, l)
		return &constNode{l}, nil
	case *syntax.Assign:
		a, err := c.assign(n)
		if err != nil {
			return nil, err
		}
		return &sharing{a}, nil
	case *syntax.Cond:
		if c.dynamic {
			return nil, errRank // q's $ in a query is the operator
		}
		args, err := c.all(n.Args)
		if err != nil {
			return nil, err
		}
		return &condNode{args, n.Pos}, nil
	case *syntax.Control:
		return c.control(n)
	case *syntax.Return:
		x, err := c.compile(n.X)
		if err != nil {
			return nil, err
		}
		return &returnNode{x}, nil
	case *syntax.Signal:
		x, err := c.compile(n.X)
		if err != nil {
			return nil, err
		}
		return &signalNode{x, n.Pos}, nil
	case *syntax.Seq:
		exprs, err := c.all(n.Exprs)
		if err != nil {
			return nil, err
		}
		return &seqNode{exprs}, nil
	case *syntax.Query:
		return c.query(n)
	case *treeNode:
		share(n.value)
		return &constNode{n.value}, nil
	case *heldValue:
		return heldNode{}, nil
	case *syntax.Match:
		return c.match(n)
	}
	return nil, errNYI
}

func (c *compiler) control(n *syntax.Control) (node, error) {
	var cond node = &constNode{kdb.Nil}
	if n.Args[0] != nil {
		var err error
		if cond, err = c.compile(n.Args[0]); err != nil {
			return nil, err
		}
	}
	body, err := c.statements(n.Args[1:])
	if err != nil {
		return nil, err
	}
	switch n.Word {
	case "if":
		return &ifNode{cond, body, n.Pos}, nil
	case "while":
		return &whileNode{cond, body, n.Pos}, nil
	}
	return &doNode{cond, body, n.Pos}, nil
}

// name compiles a reference: a column or local, a keyword, or a global.
func (c *compiler) name(n *syntax.Name) node {
	if c.dynamic {
		if b, ok := keyword(n.Name); ok {
			return &constNode{b}
		}
		return &lookupNode{name: kdb.Sym(n.Name), pos: n.Pos}
	}
	if slot, ok := c.slots[n.Name]; ok {
		return &localNode{slot: slot}
	}
	if b, ok := keyword(n.Name); ok {
		return &constNode{b}
	}
	return c.global(n)
}

func (c *compiler) global(n *syntax.Name) *globalNode {
	v := c.variable(n.Name)
	return &globalNode{v: v, name: n.Name, pos: n.Pos}
}

// variable returns the global that a name means here.
func (c *compiler) variable(name string) *variable {
	abs := absolute(c.ns, name)
	if c.ns != "" && abs != name {
		// A function added to .q is a keyword everywhere.
		if q := c.eng.names.find(kdb.Sym(".q." + name)); q != nil && q.v != nil {
			return q
		}
	}
	v := c.eng.names.ref(kdb.Sym(abs))
	if v.v == nil && c.ns == "" {
		if q := c.eng.names.find(kdb.Sym(".q." + name)); q != nil && q.v != nil {
			return q
		}
	}
	if c.fn != nil {
		c.fn.global = append(c.fn.global, v)
	}
	return v
}

// verbValue returns the primitive behind a glyph.
func verbValue(v *syntax.Verb) (kdb.Value, error) {
	if v.Glyph == "::" {
		return kdb.Nil, nil
	}
	if b, ok := glyph(v.Glyph); ok {
		return b, nil
	}
	return nil, &syntax.Error{Pos: v.Pos, Msg: v.Glyph}
}

// glyph returns the primitive written with that glyph; "+:" is a unary form.
func glyph(g string) (*prim.Builtin, bool) {
	if b, ok := keyword(g); ok {
		return b, true
	}
	if len(g) > 1 && g[len(g)-1] == ':' {
		return unaryForm(g[:len(g)-1])
	}
	return nil, false
}

// unaryForm returns the keyword that a glyph means with one argument.
// Source: KX manual, "Exposed infrastructure", Unary forms.
func unaryForm(g string) (*prim.Builtin, bool) {
	word, ok := unaryForms[g]
	if !ok {
		return nil, false
	}
	return keyword(word)
}

var unaryForms = map[string]string{"+": "flip", "-": "neg", "*": "first", "%": "reciprocal", "&": "where",
	"|": "reverse", "^": "null", "=": "group", "<": "iasc", ">": "idesc", "$": "string", ",": ",:",
	"#": "count", "_": "floor", "~": "not", "!": "key", "?": "distinct", "@": "type", ".": "value",
	"0:": "read0", "1:": "read1"}

var iterators = map[string]kdb.Iterator{"'": 0, "/": 1, "\\": 2, "':": 3, "/:": 4, "\\:": 5}

func (c *compiler) iter(n *syntax.Iter) (node, error) {
	it := iterators[n.Glyph]
	if n.F == nil {
		return &constNode{it}, nil
	}
	f, err := c.compile(n.F)
	if err != nil {
		return nil, err
	}
	if k, ok := f.(*constNode); ok {
		return &constNode{&kdb.Derived{Iter: it, F: k.v}}, nil
	}
	return &deriveNode{it, f}, nil
}

// list compiles (a;b;c); elided items make it a projection of enlist.
func (c *compiler) list(n *syntax.List) (node, error) {
	elided := false
	for _, x := range n.Items {
		elided = elided || x == nil
	}
	if elided {
		enlist, _ := keyword("enlist")
		return c.project(&constNode{enlist}, n.Items, n.Pos)
	}
	items, err := c.all(n.Items)
	if err != nil {
		return nil, err
	}
	return &listNode{items}, nil
}

func (c *compiler) project(f node, args []syntax.Node, pos int) (node, error) {
	p := &projectNode{f: f, args: make([]node, len(args)), pos: pos}
	for i, a := range args {
		if a == nil {
			continue
		}
		x, err := c.compile(a)
		if err != nil {
			return nil, err
		}
		p.args[i] = x
	}
	return p, nil
}

// apply compiles an application.
func (c *compiler) apply(n *syntax.Apply) (node, error) {
	if len(n.Args) == 1 && n.Args[0] == nil {
		return c.applyEmpty(n)
	}
	for _, a := range n.Args {
		if a == nil {
			f, err := c.compile(n.F)
			if err != nil {
				return nil, err
			}
			return c.project(f, n.Args, n.Pos)
		}
	}
	if v, ok := n.F.(*syntax.Verb); ok && n.Infix && len(n.Args) == 1 && !n.Open {
		// (+) x is the unary form.
		if b, ok := unaryForm(v.Glyph); ok {
			return c.primitive(b, n.Args, n.Pos)
		}
	}
	f, err := c.compile(n.F)
	if err != nil {
		return nil, err
	}
	if n.Open {
		x, err := c.compile(n.Args[0])
		if err != nil {
			return nil, err
		}
		return &projectNode{f, []node{x}, n.Pos}, nil
	}
	if k, ok := f.(*constNode); ok {
		if b, ok := k.v.(*prim.Builtin); ok {
			return c.primitive(b, n.Args, n.Pos)
		}
	}
	args, err := c.all(n.Args)
	if err != nil {
		return nil, err
	}
	if len(args) == 1 {
		return &indexNode{f, args[0], n.Pos}, nil
	}
	return &callNode{f, args, n.Pos}, nil
}

// applyEmpty compiles f[].
func (c *compiler) applyEmpty(n *syntax.Apply) (node, error) {
	f, err := c.compile(n.F)
	if err != nil {
		return nil, err
	}
	return &callNode{f, []node{&constNode{kdb.Nil}}, n.Pos}, nil
}

// primitive compiles the application of a known primitive.
func (c *compiler) primitive(b *prim.Builtin, ns []syntax.Node, pos int) (node, error) {
	args, err := c.all(ns)
	if err != nil {
		return nil, err
	}
	switch {
	case len(args) == 1 && b.Unary != nil && !isGlyph(b):
		return &unaryNode{b: b, fn: b.Unary, x: args[0], fresh: fresh(b), pos: pos}, nil
	case len(args) == 2 && b.Binary != nil:
		n := &binaryNode{b: b, fn: b.Binary, x: args[0], y: args[1], fresh: fresh(b), pos: pos}
		if len(b.Name) == 1 && strings.Contains("+-*<>=", b.Name) {
			n.op = b.Name[0]
		}
		return n, nil
	}
	return &callNode{&constNode{b}, args, pos}, nil
}

// isGlyph reports whether b is written with a glyph: given one argument in
// brackets such a primitive projects.
func isGlyph(b *prim.Builtin) bool {
	ch := b.Name[0]
	return !(ch >= 'a' && ch <= 'z' || ch >= 'A' && ch <= 'Z' || ch == '.')
}

// fresh reports whether results of b are never, or never apart from being the
// argument itself, made of parts of its arguments.
func fresh(b *prim.Builtin) bool {
	return b.Atomic || b.Aggregate && !keeps[b.Name] || freshNames[b.Name]
}

// keeps are aggregates that return an item as it is.
var keeps = map[string]bool{"first": true, "last": true, "min": true, "max": true}

var freshNames = map[string]bool{"+": true, "-": true, "*": true, "%": true, "<": true, ">": true, "=": true,
	"<=": true, ">=": true, "<>": true, "~": true, "count": true, "type": true, "til": true, "in": true,
	"within": true, "like": true, "not": true, "null": true, "sum": true, "avg": true, "where": true,
	"iasc": true, "idesc": true, "div": true, "mod": true, "string": true, "bin": true, "binr": true}
