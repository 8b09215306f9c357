package eval

import (
	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q/prim"
	"github.com/quoinhq/quoin/q/syntax"
)

// errMatch is a value that does not match a pattern.
const errMatch = kdb.Error("match")

// matcher is a compiled pattern; nil matches anything.
// Source: KX manual, "Pattern Matching" (basics/pattern).
type matcher interface {
	// match returns the value, which a filter may have changed, and notes what
	// is to be assigned. A *mismatch tells that the value does not match; other
	// errors are those of filters.
	match(m *matching, v kdb.Value) (kdb.Value, error)
}

// matching is one attempt to match. Nothing is assigned before all of it did.
type matching struct {
	fr  *frame
	set []binding
}

type binding struct {
	assign node // takes the value from the frame
	v      kdb.Value
}

// mismatch is the error of a value that does not match, at a place.
type mismatch struct {
	name kdb.Error
	pos  int
}

// Error returns q's name of the error.
func (m *mismatch) Error() string { return string(m.name) }

// run matches v and assigns.
func (fr *frame) match(p matcher, v kdb.Value) (kdb.Value, error) {
	if p == nil {
		return v, nil
	}
	m := matching{fr: fr}
	v, err := p.match(&m, v)
	if err != nil {
		return nil, err
	}
	for _, b := range m.set {
		share(b.v)
		fr.held = b.v
		_, err := b.assign.eval(fr)
		if fr.held = nil; err != nil {
			return nil, err
		}
	}
	return v, nil
}

// patternNode is (pattern):x.
type patternNode struct {
	p   matcher
	x   node
	pos int
}

func (n *patternNode) eval(fr *frame) (kdb.Value, error) {
	v, err := n.x.eval(fr)
	if err != nil {
		return nil, err
	}
	r, err := fr.match(n.p, v)
	if bad, ok := err.(*mismatch); ok {
		return fr.at(bad.name, bad.pos)
	}
	return r, err
}

// matchNode is :[v;p;r;…;rd].
type matchNode struct {
	x        node
	patterns []matcher
	results  []node
}

func (n *matchNode) eval(fr *frame) (kdb.Value, error) {
	v, err := n.x.eval(fr)
	if err != nil {
		return nil, err
	}
	for i, p := range n.patterns {
		_, err := fr.match(p, v)
		if err == nil {
			return n.results[i].eval(fr)
		}
		if _, no := err.(*mismatch); !no {
			return nil, err
		}
	}
	return n.results[len(n.patterns)].eval(fr)
}

type nameMatch struct{ assign node }

func (p *nameMatch) match(m *matching, v kdb.Value) (kdb.Value, error) {
	m.set = append(m.set, binding{p.assign, v})
	return v, nil
}

type constMatch struct {
	v   kdb.Value
	pos int
}

func (p *constMatch) match(_ *matching, v kdb.Value) (kdb.Value, error) {
	if !prim.Match(p.v, v) {
		return nil, &mismatch{errMatch, p.pos}
	}
	return v, nil
}

// listMatch is (p;q;…), and the columns or values of a dictionary by position.
type listMatch struct {
	items []matcher
	pos   int
}

func (p *listMatch) match(m *matching, v kdb.Value) (kdb.Value, error) {
	if isAtom(v) {
		return nil, &mismatch{errType, p.pos}
	}
	if v.Len() != len(p.items) {
		// A constant that cannot match is told first.
		for i := range min(v.Len(), len(p.items)) {
			if c, ok := p.items[i].(*constMatch); ok && !prim.Match(c.v, item(v, i)) {
				return nil, &mismatch{errMatch, c.pos}
			}
		}
		for _, extra := range p.items[min(v.Len(), len(p.items)):] {
			if c, ok := extra.(*constMatch); ok {
				return nil, &mismatch{errMatch, c.pos}
			}
		}
		return nil, &mismatch{errLength, p.pos}
	}
	items := make([]kdb.Value, len(p.items))
	changed := false
	for i := len(items) - 1; i >= 0; i-- {
		x := item(v, i)
		items[i] = x
		if p.items[i] == nil {
			continue
		}
		y, err := p.items[i].match(m, x)
		if err != nil {
			return nil, err
		}
		items[i] = y
		changed = changed || y != x
	}
	if !changed {
		return v, nil
	}
	return prim.Collapse(items), nil
}

// keysMatch matches the values that a dictionary has for keys.
type keysMatch struct {
	keys   kdb.Value
	values matcher
	pos    int
}

func (p *keysMatch) match(m *matching, v kdb.Value) (kdb.Value, error) {
	d, ok := v.(*kdb.Dict)
	if !ok {
		return nil, &mismatch{errType, p.pos}
	}
	has, err := prim.In(p.keys, d.K)
	if err != nil {
		return nil, &mismatch{errMatch, p.pos}
	}
	for i := range has.Len() {
		if item(has, i) != kdb.Value(kdb.Bool(true)) {
			return nil, &mismatch{errMatch, p.pos}
		}
	}
	if p.values == nil {
		return v, nil
	}
	was, err := m.fr.th.at(d, p.keys)
	if err != nil {
		return nil, err
	}
	is, err := p.values.match(m, was)
	if err != nil || is == was {
		return v, err
	}
	return update{th: m.fr.th, y: is, hasY: true}.amend(d, []kdb.Value{p.keys}, false)
}

// pairMatch is k!v: patterns for the keys and the values.
type pairMatch struct {
	key, value matcher
	pos        int
}

func (p *pairMatch) match(m *matching, v kdb.Value) (kdb.Value, error) {
	d, ok := v.(*kdb.Dict)
	if !ok {
		return nil, &mismatch{errType, p.pos}
	}
	k, x := d.K, d.V
	var err error
	if p.value != nil {
		if x, err = p.value.match(m, x); err != nil {
			return nil, err
		}
	}
	if p.key != nil {
		if k, err = p.key.match(m, k); err != nil {
			return nil, err
		}
	}
	if k == d.K && x == d.V {
		return v, nil
	}
	return prim.Bang(&m.fr.th.env, k, x)
}

// flipMatch is flip p: p for the dictionary of a table's columns.
type flipMatch struct {
	columns matcher
	pos     int
}

func (p *flipMatch) match(m *matching, v kdb.Value) (kdb.Value, error) {
	t, ok := v.(*kdb.Table)
	if !ok {
		return nil, &mismatch{errType, p.pos}
	}
	was := &kdb.Dict{K: kdb.NewVec(t.Names), V: kdb.NewList(t.Cols...)}
	is, err := p.columns.match(m, was)
	if err != nil || is == kdb.Value(was) {
		return v, err
	}
	flip, _ := keyword("flip")
	return flip.Unary(&m.fr.th.env, is)
}

// filterMatch is p:check.
type filterMatch struct {
	p     matcher
	check node
	pos   int
}

func (p *filterMatch) match(m *matching, v kdb.Value) (kdb.Value, error) {
	check, err := p.check.eval(m.fr)
	if err != nil {
		return nil, err
	}
	if s, ok := check.(kdb.Symbol); ok {
		if !isOfType(v, s.String()) {
			return nil, &mismatch{errType, p.pos}
		}
	} else {
		share(v)
		if v, err = m.fr.th.apply(check, []kdb.Value{v}); err != nil {
			return nil, err
		}
	}
	if p.p == nil {
		return v, nil
	}
	return p.p.match(m, v)
}

// isOfType reports whether v has the type that a letter means: an atom for a
// small one, a list for a capital.
func isOfType(v kdb.Value, letter string) bool {
	t := v.Type()
	if len(letter) != 1 {
		return false
	}
	c := letter[0]
	switch {
	case c >= 'a' && c <= 'z':
		return t < 0 && t > -20 && prim.Letter(-t) == c
	case c >= 'A' && c <= 'Z':
		return t > 0 && t < 20 && prim.Letter(t) == c+'a'-'A'
	}
	return false
}

// heldNode yields the value that a pattern is assigning.
type heldNode struct{}

func (heldNode) eval(fr *frame) (kdb.Value, error) { return fr.held, nil }

// heldValue is the syntax of a heldNode.
type heldValue struct{ syntax.Span }

// pattern compiles a pattern; global makes its names globals.
func (c *compiler) pattern(n syntax.Node, global bool) (matcher, error) {
	switch n := n.(type) {
	case nil:
		return nil, nil
	case *syntax.Name, *syntax.Apply:
		set, err := c.assign(&syntax.Assign{Span: n.Place(), Target: n, Global: global, Value: &heldValue{n.Place()}})
		return &nameMatch{set}, err
	case *syntax.Const:
		share(n.Value)
		return &constMatch{n.Value, n.Pos}, nil
	case *syntax.List:
		items, err := c.patternItems(n.Items, global)
		return &listMatch{items, n.Pos}, err
	case *syntax.Dict:
		return c.patternColumns(n.Cols, global, n.Pos)
	case *syntax.Table:
		cols, err := c.patternColumns(n.Cols, global, n.Pos)
		if err != nil {
			return nil, err
		}
		table := &flipMatch{cols, n.Pos}
		if len(n.Keys) == 0 {
			return table, nil
		}
		keys, err := c.patternColumns(n.Keys, global, n.Pos)
		if err != nil {
			return nil, err
		}
		return &pairMatch{&flipMatch{keys, n.Pos}, table, n.Pos}, nil
	case *syntax.Flip:
		cols, err := c.pattern(n.X, global)
		return &flipMatch{cols, n.Pos}, err
	case *syntax.Pair:
		value, err := c.pattern(n.Value, global)
		if err != nil {
			return nil, err
		}
		if k, ok := n.Key.(*syntax.Const); ok {
			return &keysMatch{k.Value, value, n.Pos}, nil
		}
		key, err := c.pattern(n.Key, global)
		return &pairMatch{key, value, n.Pos}, err
	case *syntax.Filter:
		p, err := c.pattern(n.Pattern, global)
		if err != nil {
			return nil, err
		}
		check, err := c.compile(n.Check)
		return &filterMatch{p, check, n.Pos}, err
	}
	return nil, &syntax.Error{Pos: n.Place().Pos, Msg: "assign"}
}

// match compiles :[v;p;r;…;rd].
func (c *compiler) match(n *syntax.Match) (node, error) {
	x, err := c.compile(n.X)
	if err != nil {
		return nil, err
	}
	m := &matchNode{x: x}
	if m.patterns, err = c.patternItems(n.Patterns, false); err != nil {
		return nil, err
	}
	m.results, err = c.all(n.Results)
	return m, err
}

func (c *compiler) patternItems(ns []syntax.Node, global bool) ([]matcher, error) {
	items := make([]matcher, len(ns))
	for i, n := range ns {
		p, err := c.pattern(n, global)
		if err != nil {
			return nil, err
		}
		items[i] = p
	}
	return items, nil
}

func (c *compiler) patternColumns(cols []syntax.Column, global bool, pos int) (matcher, error) {
	names, values := make([]kdb.Symbol, len(cols)), make([]syntax.Node, len(cols))
	for i, col := range cols {
		names[i], values[i] = kdb.Sym(col.Name), col.Expr
	}
	items, err := c.patternItems(values, global)
	return &keysMatch{kdb.NewVec(names), &listMatch{items, pos}, pos}, err
}

// patternNames calls f for the names that a pattern assigns.
func patternNames(n syntax.Node, f func(*syntax.Name)) {
	switch n := n.(type) {
	case *syntax.Name:
		f(n)
	case *syntax.List:
		for _, x := range n.Items {
			patternNames(x, f)
		}
	case *syntax.Dict:
		for _, col := range n.Cols {
			patternNames(col.Expr, f)
		}
	case *syntax.Table:
		for _, cols := range [][]syntax.Column{n.Keys, n.Cols} {
			for _, col := range cols {
				patternNames(col.Expr, f)
			}
		}
	case *syntax.Flip:
		patternNames(n.X, f)
	case *syntax.Pair:
		patternNames(n.Key, f)
		patternNames(n.Value, f)
	case *syntax.Filter:
		patternNames(n.Pattern, f)
	}
}
