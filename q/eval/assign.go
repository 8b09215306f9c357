package eval

import (
	"strings"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q/prim"
	"github.com/quoinhq/quoin/q/syntax"
)

// place is where an assignment goes.
type place struct {
	slot int       // a local, or -1
	v    *variable // a global
	name string
}

// assign compiles any assignment.
func (c *compiler) assign(a *syntax.Assign) (node, error) {
	x, err := c.compile(a.Value)
	if err != nil {
		return nil, err
	}
	var op *prim.Builtin
	if a.Op != nil {
		v, err := verbValue(a.Op.(*syntax.Verb))
		if err != nil {
			return nil, err
		}
		op, _ = v.(*prim.Builtin)
		if op == nil {
			return nil, &syntax.Error{Pos: a.Pos, Msg: a.Op.(*syntax.Verb).Glyph}
		}
	}
	if a.Pattern {
		// Outside functions :: would make a view of each name.
		p, err := c.pattern(a.Target, a.Global && (c.slots != nil || c.parent != nil))
		return &patternNode{p, x, a.Pos}, err
	}
	switch t := a.Target.(type) {
	case *syntax.Name:
		if op == nil && c.locals != nil {
			switch {
			case !a.Global && c.globals[t.Name]:
				return nil, &syntax.Error{Pos: t.Pos, Msg: t.Name}
			case !a.Global:
				c.locals[t.Name] = true
			case !c.locals[t.Name]:
				c.globals[t.Name] = true
			}
		}
		p, err := c.place(t, a.Global)
		if err != nil {
			return nil, err
		}
		if a.Global && c.slots == nil && op == nil && c.parent == nil && c.src != "" {
			return &setView{v: p.v, src: viewSource(c.src, a), c: c}, nil
		}
		if op != nil {
			return &amendNode{place: p, op: op, x: x, pos: a.Pos}, nil
		}
		if p.slot >= 0 {
			return &setLocal{p.slot, x}, nil
		}
		return &setGlobal{p.v, x, a.Pos}, nil
	case *syntax.Apply:
		name, ok := t.F.(*syntax.Name)
		if !ok {
			return nil, &syntax.Error{Pos: a.Pos, Msg: "assign"}
		}
		p, err := c.place(name, a.Global)
		if err != nil {
			return nil, err
		}
		path, err := c.all(t.Args)
		if err != nil {
			return nil, err
		}
		return &amendNode{place: p, path: path, op: op, x: x, pos: a.Pos}, nil
	}
	return nil, &syntax.Error{Pos: a.Pos, Msg: "assign"}
}

// place finds what a name assigned here means.
func (c *compiler) place(n *syntax.Name, global bool) (place, error) {
	if _, ok := keyword(n.Name); ok {
		return place{}, &syntax.Error{Pos: n.Pos, Msg: "assign"}
	}
	if slot, ok := c.slots[n.Name]; ok {
		return place{slot: slot, name: n.Name}, nil
	}
	v := c.eng.names.ref(kdb.Sym(absolute(c.ns, n.Name)))
	if c.fn != nil {
		c.fn.global = append(c.fn.global, v)
	}
	return place{slot: -1, v: v, name: n.Name}, nil
}

// viewSource is the text of a view: what its name is followed by.
func viewSource(src string, a *syntax.Assign) string {
	start := a.Value.Place().Pos
	if i := strings.Index(src[a.Pos:], "::"); i >= 0 {
		start = a.Pos + i + 2
	}
	return strings.TrimSpace(src[start:a.Value.Place().End])
}

// amendNode is x op:y and x[i]:y and x[i]op:y.
type amendNode struct {
	place
	path []node
	op   *prim.Builtin // nil for plain assignment
	x    node
	pos  int
	// quiet tells that nobody takes the value of the assignment.
	quiet bool
}

func (n *amendNode) eval(fr *frame) (kdb.Value, error) {
	y, err := n.x.eval(fr)
	if err != nil {
		return nil, err
	}
	var one [1]kdb.Value
	path := one[:min(len(n.path), 1)]
	if len(n.path) > 1 {
		path = make([]kdb.Value, len(n.path))
	}
	for i := len(path) - 1; i >= 0; i-- {
		if path[i], err = n.path[i].eval(fr); err != nil {
			return nil, err
		}
	}
	if n.quiet && len(path) == 1 && n.slot >= 0 && n.inPlace(fr.slots[n.slot], path[0], y) {
		return y, nil
	}
	if n.quiet && len(path) == 1 && n.slot < 0 && n.v.view == nil && !n.v.sealed && !fr.th.sub && fr.th.readOnly == 0 && n.inPlace(n.v.v, path[0], y) {
		n.v.version++
		return y, fr.th.valueSet(n.v, path)
	}
	old, err := n.old(fr, y)
	if err != nil {
		return fr.at(err, n.pos)
	}
	fr.pos = n.pos
	u := update{th: fr.th, y: y, hasY: true}
	if n.op != nil {
		u.f = n.op
	}
	var v kdb.Value
	if len(path) == 0 {
		if v, err = u.apply(old, !isShared(old)); err == nil && n.op != nil {
			settle(fresh(n.op), v, y)
		}
	} else if len(path) == 1 && path[0] == kdb.Nil && u.f == nil {
		v, err = u.amend(old, path, true)
	} else {
		v, err = u.amend(old, path, true)
	}
	if err != nil {
		return fr.failed(err, n.pos, n.op, old, y)
	}
	if n.slot >= 0 {
		fr.slots[n.slot] = v
	} else if err := fr.th.amended(n.v, v, path); err != nil {
		return fr.at(err, n.pos)
	}
	if n.op == nil || n.quiet && len(path) > 0 {
		return y, nil
	}
	if len(path) == 0 {
		return v, nil
	}
	if r, err := fr.th.index(v, path); err == nil {
		return r, nil
	}
	return y, nil
}

// inPlace does the commonest amends: one item of a long or float vector that
// nobody else holds, set or updated with an atom of its type.
func (n *amendNode) inPlace(x, i, y kdb.Value) bool {
	k, ok := i.(kdb.Long)
	if !ok {
		return false
	}
	switch v := x.(type) {
	case *kdb.Longs:
		if uint64(k) >= uint64(len(v.V)) || v.Shared() || v.Attr != kdb.NoAttr {
			return false
		}
		r, ok := y.(kdb.Long)
		if n.op != nil && ok {
			r, ok = scalar(n.op.Name[0], v.V[k], y).(kdb.Long)
			ok = ok && len(n.op.Name) == 1
		}
		if ok {
			v.V[k] = r
		}
		return ok
	case *kdb.Floats:
		if uint64(k) >= uint64(len(v.V)) || v.Shared() || v.Attr != kdb.NoAttr {
			return false
		}
		r, ok := y.(kdb.Float)
		if n.op != nil && ok {
			r, ok = scalar(n.op.Name[0], v.V[k], y).(kdb.Float)
			ok = ok && len(n.op.Name) == 1
		}
		if ok {
			v.V[k] = r
		}
		return ok
	}
	return false
}

// undefined is what assignment through an operator starts from where a name has no
// value: the operator's identity element, if it is known.
// Source: KX manual, "Assign" (ref/assign).
func undefined(op string, y kdb.Value) (kdb.Value, bool) {
	if op == "^" { // a null of y's type, whatever y is: y fills itself
		shareValue(y)
		return y, true
	}
	return identity(op, &kdb.Longs{})
}

// old returns the value to amend through y; a name without one starts from what
// suits the operator.
func (n *amendNode) old(fr *frame, y kdb.Value) (kdb.Value, error) {
	var v kdb.Value
	if n.slot >= 0 {
		v = fr.slots[n.slot]
	} else if fr.th.sub || fr.th.readOnly > 0 {
		return nil, errNoUpd
	} else if v = n.v.v; v == nil || n.v.view != nil {
		v = fr.th.eng.names.get(n.v)
	}
	if v != nil {
		return v, nil
	}
	if n.op != nil && len(n.path) == 0 {
		if id, ok := undefined(n.op.Name, y); ok {
			return id, nil
		}
		return &kdb.List{}, nil
	}
	if n.slot >= 0 {
		return &kdb.List{}, nil
	}
	return nil, kdb.Error(n.name)
}

// amended assigns a global that was amended at path.
func (th *thread) amended(v *variable, val kdb.Value, path []kdb.Value) error {
	if len(path) == 0 || v.v == nil || v.view != nil || v.sealed || th.sub || th.readOnly > 0 {
		return th.assign(v, val)
	}
	v.v = val
	v.version++
	return th.valueSet(v, path)
}
