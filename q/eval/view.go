package eval

import (
	"github.com/quoinhq/quoin/kdb"
)

// view is a global that computes itself when read, and keeps the result until
// a global it names changes.
type view struct {
	source  string
	fn      *function
	value   kdb.Value
	deps    []*variable
	seen    []uint32
	running bool
}

// setView is name::expression at top level.
type setView struct {
	v   *variable
	src string
	c   *compiler
}

func (n *setView) eval(fr *frame) (kdb.Value, error) {
	fn, _, err := fr.th.eng.compileTop(n.src, n.c.ns, n.c.file, n.c.line)
	if err != nil {
		return nil, err
	}
	if len(fn.body) == 1 {
		if k, ok := fn.body[0].(*constNode); ok {
			// A constant or function: simply a value.
			return k.v, fr.th.assign(n.v, k.v)
		}
	}
	if fr.th.sub || fr.th.readOnly > 0 {
		return nil, errNoUpd
	}
	if n.v.sealed {
		return nil, errAccess
	}
	if n.v.v == nil {
		if err := fr.th.eng.names.set(n.v, kdb.Nil); err != nil {
			return nil, err
		}
	}
	n.v.view = &view{source: n.src, fn: fn}
	n.v.version++
	return kdb.Nil, nil
}

// viewValue returns a view's value, computing it if a dependency changed.
func (th *thread) viewValue(v *variable) (kdb.Value, error) {
	w := v.view
	if w.value != nil && !th.stale(w) {
		return w.value, nil
	}
	if th.client {
		return nil, errThreadView
	}
	if w.running {
		return nil, kdb.Error("loop")
	}
	w.running = true
	x, err := th.run(w.fn, th.alloc(len(w.fn.locals)))
	w.running = false
	if err != nil {
		return nil, err
	}
	share(x)
	w.deps, w.seen = w.deps[:0], w.seen[:0]
	for _, d := range w.fn.global {
		w.deps = append(w.deps, d)
		w.seen = append(w.seen, d.version)
	}
	w.value, v.v = x, x
	v.version++
	return x, nil
}

func (th *thread) stale(w *view) bool {
	for i, d := range w.deps {
		if d.version != w.seen[i] {
			return true
		}
		if d.view != nil && (d.view.value == nil || th.stale(d.view)) {
			return true
		}
	}
	return false
}

// dependencies is .z.b: the views that read each global.
func (eng *Engine) dependencies() kdb.Value {
	by := map[kdb.Symbol][]kdb.Symbol{}
	var keys []kdb.Symbol
	for _, v := range eng.names.space("").order {
		if v.view == nil {
			continue
		}
		for _, d := range v.view.fn.global {
			if by[d.name] == nil {
				keys = append(keys, d.name)
			}
			by[d.name] = append(by[d.name], v.name)
		}
	}
	vals := make([]kdb.Value, len(keys))
	for i, k := range keys {
		vals[i] = kdb.NewVec(by[k])
	}
	return kdb.NewDict(kdb.NewVec(keys), kdb.NewList(vals...))
}

// viewForm is a view that was taken out of its namespace without computing it:
// `. `name. value shows what it is made of.
type viewForm struct{ kdb.List }

// viewForm returns that of the view a symbol names in the default namespace;
// nil if it names none. It has the value (the identity while it is pending),
// the parse tree, what it depends on, and its text.
func (th *thread) viewForm(name kdb.Value) (kdb.Value, error) {
	s, ok := name.(kdb.Symbol)
	if !ok {
		return nil, nil
	}
	v := th.eng.names.find(s)
	if v == nil || v.view == nil {
		return nil, nil
	}
	w := v.view
	tree, err := th.parse(kdb.Str(w.source))
	if err != nil {
		return nil, err
	}
	value := w.value
	if value == nil || th.stale(w) {
		value = kdb.Nil
	}
	deps := []kdb.Symbol{}
	for _, d := range w.fn.global {
		deps = append(deps, d.name)
	}
	return &viewForm{kdb.List{V: []kdb.Value{value, tree, kdb.NewVec(deps), kdb.Str(w.source)}}}, nil
}

// Type returns that of functions: a view is none of the lists it can be read as.
func (*viewForm) Type() kdb.Type { return kdb.TLambda }
