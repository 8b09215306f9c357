package eval

import (
	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q/prim"
)

// node is a compiled expression.
type node interface {
	eval(fr *frame) (kdb.Value, error)
}

// function is a compiled lambda, or a top-level expression.
type function struct {
	eng    *Engine
	params []string
	locals []string // parameters first
	body   []node
	source string
	offset int // where source starts in the text its nodes' places count in
	name   string
	file   string
	line   int
	ns     string
	global []*variable // globals it names, for value f
	consts []kdb.Value
	lambda *kdb.Lambda
	own    bool // it comes with q
}

// borrow evaluates n for a consumer that does not keep the value: variables
// are read without being marked shared.
func borrow(n node, fr *frame) (kdb.Value, error) {
	switch n := n.(type) {
	case *localNode:
		if v := fr.slots[n.slot]; v != nil {
			return v, nil
		}
		return emptyList, nil
	case *globalNode:
		if n.v.v != nil && n.v.view == nil {
			return n.v.v, nil
		}
	case *constNode:
		return n.v, nil
	}
	return n.eval(fr)
}

// held reports whether n yields a value that a variable or constant holds too.
func held(n node) bool {
	switch n.(type) {
	case *localNode, *globalNode, *constNode:
		return true
	}
	return false
}

var emptyList kdb.Value = sharedEmpty()

func sharedEmpty() kdb.Value {
	l := kdb.NewList()
	l.Share()
	return l
}

type constNode struct{ v kdb.Value }

func (n *constNode) eval(*frame) (kdb.Value, error) { return n.v, nil }

// lambdaNode yields a function value.
type localNode struct {
	slot int
	last bool // nothing reads the variable after this: it may be moved out
}

func (n *localNode) eval(fr *frame) (kdb.Value, error) {
	v := fr.slots[n.slot]
	if v == nil {
		return emptyList, nil
	}
	if n.last {
		return v, nil
	}
	shareValue(v)
	return v, nil
}

// shareValue is share with the commonest atoms sorted out first.
func shareValue(v kdb.Value) {
	switch v.(type) {
	case kdb.Long, kdb.Float, kdb.Bool, kdb.Symbol, *kdb.Lambda, *prim.Builtin:
		return
	}
	share(v)
}

type globalNode struct {
	v    *variable
	name string // as written, for the error
	pos  int
}

func (n *globalNode) eval(fr *frame) (kdb.Value, error) {
	if v := n.v.v; v != nil && n.v.view == nil {
		shareValue(v)
		return v, nil
	}
	v, err := fr.th.value(n.v, n.name)
	if err != nil {
		return fr.at(err, n.pos)
	}
	shareValue(v)
	return v, nil
}

type setLocal struct {
	slot int
	x    node
}

func (n *setLocal) eval(fr *frame) (kdb.Value, error) {
	v, err := n.x.eval(fr)
	if err != nil {
		return nil, err
	}
	fr.slots[n.slot] = v
	return v, nil
}

// sharing wraps an assignment whose value is used: it gets a second holder.
type sharing struct{ x node }

func (n *sharing) eval(fr *frame) (kdb.Value, error) {
	v, err := n.x.eval(fr)
	if err == nil {
		shareValue(v)
	}
	return v, err
}

type setGlobal struct {
	v   *variable
	x   node
	pos int
}

func (n *setGlobal) eval(fr *frame) (kdb.Value, error) {
	v, err := n.x.eval(fr)
	if err != nil {
		return nil, err
	}
	if l, ok := v.(*kdb.Lambda); ok {
		nameLambda(l, n.v.name.String())
	}
	if err := fr.th.assign(n.v, v); err != nil {
		return fr.at(err, n.pos)
	}
	return v, nil
}

// nameLambda gives a function the name it is first assigned to, for traces.
// Functions inside take its name with an @.
func nameLambda(l *kdb.Lambda, name string) {
	fn, ok := l.Impl.(*function)
	if !ok || fn.name != "" {
		return
	}
	fn.name = name
	for _, c := range fn.consts {
		if in, ok := c.(*kdb.Lambda); ok {
			nameLambda(in, name+"@")
		}
	}
}

// unaryNode applies a primitive to one argument.
type unaryNode struct {
	b     *prim.Builtin
	fn    prim.Unary
	x     node
	fresh bool // the result shares nothing with the argument, unless it is the argument
	pos   int
}

func (n *unaryNode) eval(fr *frame) (kdb.Value, error) {
	x, err := borrow(n.x, fr)
	if err != nil {
		return nil, err
	}
	fr.pos = n.pos
	r, err := n.fn(&fr.th.env, x)
	if err == nil {
		r, err = nested(r)
	}
	if err != nil {
		return fr.failed(err, n.pos, n.b, x)
	}
	if held(n.x) {
		settle(n.fresh, r, x)
	}
	return r, nil
}

// settle marks what a primitive's result may share with an argument that a
// variable holds.
func settle(fresh bool, r, x kdb.Value) {
	if x.Type() < 0 || r.Type() < 0 {
		return
	}
	if fresh {
		if r == x {
			share(x)
		}
		return
	}
	share(x)
	switch x.(type) {
	case *kdb.List, *kdb.Dict, *kdb.Table:
		share(r)
	}
}

// binaryNode applies a primitive to two arguments.
type binaryNode struct {
	b     *prim.Builtin
	fn    prim.Binary
	x, y  node
	op    byte // an arithmetic or comparison glyph with a fast path, or 0
	fresh bool
	pos   int
}

func (n *binaryNode) eval(fr *frame) (kdb.Value, error) {
	y, err := borrow(n.y, fr)
	if err != nil {
		return nil, err
	}
	x, err := borrow(n.x, fr)
	if err != nil {
		return nil, err
	}
	if n.op != 0 {
		if r := scalar(n.op, x, y); r != nil {
			return r, nil
		}
	}
	fr.pos = n.pos
	r, err := n.fn(&fr.th.env, x, y)
	if err == nil {
		r, err = nested(r)
	}
	if err != nil {
		return fr.failed(err, n.pos, n.b, x, y)
	}
	if held(n.x) {
		settle(n.fresh, r, x)
	}
	if held(n.y) {
		settle(n.fresh, r, y)
	}
	return r, nil
}

// scalar computes the commonest operations on two atoms; nil if it is not one
// of them.
func scalar(op byte, x, y kdb.Value) kdb.Value {
	switch a := x.(type) {
	case kdb.Long:
		b, ok := y.(kdb.Long)
		if !ok || a == kdb.NullLong || b == kdb.NullLong {
			return nil
		}
		switch op {
		case '+':
			return a + b
		case '-':
			return a - b
		case '*':
			return a * b
		case '<':
			return kdb.Bool(a < b)
		case '>':
			return kdb.Bool(a > b)
		case '=':
			return kdb.Bool(a == b)
		}
	case kdb.Float:
		b, ok := y.(kdb.Float)
		if !ok {
			return nil
		}
		switch op {
		case '+':
			return a + b
		case '-':
			return a - b
		case '*':
			return a * b
		}
	}
	return nil
}

// callNode applies anything to arguments.
type callNode struct {
	f    node
	args []node
	pos  int
}

func (n *callNode) eval(fr *frame) (kdb.Value, error) {
	th := fr.th
	m := th.mark()
	args := th.alloc(len(n.args))
	for i := len(n.args) - 1; i >= 0; i-- {
		v, err := n.args[i].eval(fr)
		if err != nil {
			th.release(m)
			return nil, err
		}
		args[i] = v
	}
	f, err := borrow(n.f, fr)
	if err != nil {
		th.release(m)
		return nil, err
	}
	fr.pos = n.pos
	var r kdb.Value
	if l, ok := f.(*kdb.Lambda); ok {
		r, err = th.callLambda(l, args)
	} else {
		if held(n.f) && f.Type() >= 0 && f.Type() <= kdb.TDict {
			r, err = th.apply(f, args)
			if err == nil {
				settle(false, r, f)
			}
		} else {
			r, err = th.apply(f, args)
		}
	}
	th.release(m)
	if err != nil {
		return fr.at(err, n.pos)
	}
	return r, nil
}

// indexNode is x[i] or x i where x is a variable, the commonest index.
type indexNode struct {
	f, x node
	pos  int
}

func (n *indexNode) eval(fr *frame) (kdb.Value, error) {
	x, err := borrow(n.x, fr)
	if err != nil {
		return nil, err
	}
	f, err := borrow(n.f, fr)
	if err != nil {
		return nil, err
	}
	if i, ok := x.(kdb.Long); ok {
		switch v := f.(type) {
		case *kdb.Longs:
			if uint64(i) < uint64(len(v.V)) {
				return v.V[i], nil
			}
		case *kdb.Floats:
			if uint64(i) < uint64(len(v.V)) {
				return v.V[i], nil
			}
		case *kdb.List:
			if uint64(i) < uint64(len(v.V)) {
				r := v.V[i]
				shareValue(r)
				return r, nil
			}
		}
	}
	fr.pos = n.pos
	var r kdb.Value
	switch v := f.(type) {
	case *kdb.Lambda:
		// The callee keeps its argument.
		if held(n.x) {
			shareValue(x)
		}
		th := fr.th
		m := th.mark()
		args := th.alloc(1)
		args[0] = x
		r, err = th.callLambda(v, args)
		th.release(m)
		if err != nil {
			return fr.at(err, n.pos)
		}
		return r, nil
	case *prim.Builtin:
		if held(n.x) {
			shareValue(x)
		}
		r, err = fr.th.callBuiltin(v, []kdb.Value{x})
	default:
		if held(n.x) {
			shareValue(x)
		}
		r, err = fr.th.apply(f, []kdb.Value{x})
		if err == nil && held(n.f) {
			settle(false, r, f)
		}
	}
	if err != nil {
		return fr.failed(err, n.pos, f, x)
	}
	return r, nil
}

// projectNode is f[x;;z]: a projection where an argument is elided.
type projectNode struct {
	f    node
	args []node // nil where elided
	pos  int
}

func (n *projectNode) eval(fr *frame) (kdb.Value, error) {
	args := make([]kdb.Value, len(n.args))
	for i := len(args) - 1; i >= 0; i-- {
		if n.args[i] == nil {
			continue
		}
		v, err := n.args[i].eval(fr)
		if err != nil {
			return nil, err
		}
		args[i] = v
	}
	f, err := n.f.eval(fr)
	if err != nil {
		return nil, err
	}
	r, err := fr.th.project(f, args)
	if err == nil {
		r, err = nested(r)
	}
	if err != nil {
		return fr.at(err, n.pos)
	}
	return r, nil
}

type composeNode struct{ f, g node }

func (n *composeNode) eval(fr *frame) (kdb.Value, error) {
	g, err := n.g.eval(fr)
	if err != nil {
		return nil, err
	}
	f, err := n.f.eval(fr)
	if err != nil {
		return nil, err
	}
	return nested(compose(f, g))
}

func compose(fs ...kdb.Value) kdb.Value {
	var out []kdb.Value
	for _, f := range fs {
		if c, ok := f.(*kdb.Compose); ok {
			out = append(out, c.F...)
		} else {
			out = append(out, f)
		}
	}
	return &kdb.Compose{F: out}
}

// deriveNode is f' and the like where f is not known when compiling.
type deriveNode struct {
	iter kdb.Iterator
	f    node
}

func (n *deriveNode) eval(fr *frame) (kdb.Value, error) {
	f, err := n.f.eval(fr)
	if err != nil {
		return nil, err
	}
	return nested(&kdb.Derived{Iter: n.iter, F: f})
}

// listNode is (a;b;c).
type listNode struct{ items []node }

func (n *listNode) eval(fr *frame) (kdb.Value, error) {
	items := make([]kdb.Value, len(n.items))
	for i := len(items) - 1; i >= 0; i-- {
		v, err := n.items[i].eval(fr)
		if err != nil {
			return nil, err
		}
		items[i] = v
	}
	return nested(prim.Collapse(items))
}

// intOf returns the integer an atom stands for.
func intOf(v kdb.Value) (int, bool) {
	switch x := v.(type) {
	case kdb.Long:
		return int(x), true
	case kdb.Int:
		return int(x), true
	case kdb.Short:
		return int(x), true
	case kdb.Byte:
		return int(x), true
	case kdb.Bool:
		if x {
			return 1, true
		}
		return 0, true
	}
	return 0, false
}

// text returns a char vector as a Go string.
func text(x *kdb.Chars) string {
	b := make([]byte, len(x.V))
	for i, c := range x.V {
		b[i] = byte(c)
	}
	return string(b)
}

// stringOf returns the text of a string, char or symbol.
func stringOf(v kdb.Value) (string, bool) {
	switch x := v.(type) {
	case *kdb.Chars:
		return text(x), true
	case kdb.Char:
		return string([]byte{byte(x)}), true
	case kdb.Symbol:
		return x.String(), true
	case *kdb.List:
		return "", len(x.V) == 0
	}
	return "", false
}
