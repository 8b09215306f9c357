package eval

import (
	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q/prim"
	"github.com/quoinhq/quoin/q/syntax"
)

// queryParts is a template in functional form: ?[t;c;b;a;n;(g;col)] or ![t;c;b;a].
type queryParts struct {
	op   *prim.Builtin
	args []kdb.Value // all but the table
}

// queryNode runs a qSQL template.
type queryNode struct {
	op    *prim.Builtin
	from  node
	args  []kdb.Value
	limit node // replaces args[3] when it runs; nil if none
	pos   int
}

func (n *queryNode) eval(fr *frame) (kdb.Value, error) {
	args := append(make([]kdb.Value, 1, len(n.args)+1), n.args...)
	if n.limit != nil {
		v, err := n.limit.eval(fr)
		if err != nil {
			return nil, err
		}
		args[4] = v
	}
	t, err := borrow(n.from, fr)
	if err != nil {
		return nil, err
	}
	share(t)
	args[0] = t
	th := fr.th
	saved := th.sql
	th.sql = fr
	if fr.lookup != nil {
		th.sql = fr.sql
	}
	fr.pos = n.pos
	r, err := n.op.Variadic(&th.env, args)
	th.sql = saved
	if err != nil {
		return fr.at(err, n.pos)
	}
	return r, nil
}

func (c *compiler) query(n *syntax.Query) (node, error) {
	p, err := c.queryParts(n)
	if err != nil {
		return nil, err
	}
	from, err := c.compile(n.From)
	if err != nil {
		return nil, err
	}
	q := &queryNode{op: p.op, from: from, args: p.args, pos: n.Pos}
	for _, a := range p.args {
		share(a)
	}
	if n.Limit != nil {
		if q.limit, err = c.compile(n.Limit); err != nil {
			return nil, err
		}
	}
	return q, nil
}

// queryParts translates a template into functional form.
// Source: KX manual, "Functional qSQL".
func (c *compiler) queryParts(n *syntax.Query) (*queryParts, error) {
	glyph := "?"
	if n.Kind == "update" || n.Kind == "delete" {
		glyph = "!"
	}
	op, _ := keyword(glyph)
	where, err := c.trees(n.Where)
	if err != nil {
		return nil, err
	}
	cond := kdb.NewList(where...)
	by, err := c.by(n)
	if err != nil {
		return nil, err
	}
	cols, err := c.cols(n)
	if err != nil {
		return nil, err
	}
	p := &queryParts{op: op, args: []kdb.Value{cond, by, cols}}
	if n.Limit == nil && n.Order == nil {
		return p, nil
	}
	var limit kdb.Value = kdb.InfLong
	if n.Limit != nil {
		if k, ok := n.Limit.(*syntax.Const); ok {
			limit = k.Value
		}
	}
	p.args = append(p.args, limit)
	if n.Order != nil {
		word := "iasc"
		if n.Desc {
			word = "idesc"
		}
		b, _ := keyword(word)
		col, err := c.tree(n.Order)
		if err != nil {
			return nil, err
		}
		p.args = append(p.args, kdb.NewList(b, col))
	}
	return p, nil
}

func (c *compiler) trees(ns []syntax.Node) ([]kdb.Value, error) {
	out := make([]kdb.Value, len(ns))
	for i, n := range ns {
		t, err := c.tree(n)
		if err != nil {
			return nil, err
		}
		out[i] = t
	}
	return out, nil
}

// by is the third argument of the functional form.
func (c *compiler) by(n *syntax.Query) (kdb.Value, error) {
	if !n.HasBy {
		if n.Kind == "exec" {
			return kdb.NewList(), nil
		}
		return kdb.Bool(n.Distinct), nil
	}
	if n.Kind == "exec" && len(n.By) == 1 && !n.By[0].Explicit {
		return c.tree(n.By[0].Expr)
	}
	return c.columns(n.By)
}

// cols is the fourth argument of the functional form.
func (c *compiler) cols(n *syntax.Query) (kdb.Value, error) {
	switch {
	case n.Kind == "delete":
		names := make([]kdb.Symbol, len(n.Cols))
		for i, col := range n.Cols {
			names[i] = kdb.Sym(col.Name)
		}
		return kdb.NewVec(names), nil
	case len(n.Cols) == 0:
		return kdb.NewList(), nil
	case n.Kind == "exec" && len(n.Cols) == 1 && !n.Cols[0].Explicit:
		return c.tree(n.Cols[0].Expr)
	}
	return c.columns(n.Cols)
}

// columns is a dictionary from names to parse trees.
func (c *compiler) columns(cols []syntax.Column) (kdb.Value, error) {
	names := make([]kdb.Symbol, len(cols))
	vals := make([]kdb.Value, len(cols))
	for i, col := range cols {
		t, err := c.tree(col.Expr)
		if err != nil {
			return nil, err
		}
		names[i], vals[i] = kdb.Sym(col.Name), t
	}
	return kdb.NewDict(kdb.NewVec(names), prim.Collapse(vals)), nil
}

// tableNode is a table literal.
type tableNode struct {
	keys, cols []kdb.Symbol
	exprs      []node // keys first
	pos        int
}

func (c *compiler) table(n *syntax.Table) (node, error) {
	t := &tableNode{pos: n.Pos}
	add := func(cols []syntax.Column, names *[]kdb.Symbol) error {
		for _, col := range cols {
			x, err := c.compile(col.Expr)
			if err != nil {
				return err
			}
			*names = append(*names, kdb.Sym(col.Name))
			t.exprs = append(t.exprs, x)
		}
		return nil
	}
	if err := add(n.Keys, &t.keys); err != nil {
		return nil, err
	}
	return t, add(n.Cols, &t.cols)
}

func (n *tableNode) eval(fr *frame) (kdb.Value, error) {
	vals := make([]kdb.Value, len(n.exprs))
	for i := len(vals) - 1; i >= 0; i-- {
		v, err := n.exprs[i].eval(fr)
		if err != nil {
			return nil, err
		}
		vals[i] = v
	}
	rows, lists := 1, false
	for _, v := range vals {
		if isAtom(v) || v.Type() == kdb.TDict {
			continue
		}
		if lists && v.Len() != rows {
			return fr.at(errLength, n.pos)
		}
		rows, lists = v.Len(), true
	}
	if !lists && len(vals) > 0 {
		return fr.at(errRank, n.pos)
	}
	for i, v := range vals {
		if isAtom(v) || v.Type() == kdb.TDict {
			vals[i] = prim.TakeN(int64(rows), prim.Enlist(v))
		}
	}
	k := len(n.keys)
	t := kdb.NewTable(n.cols, vals[k:])
	if k == 0 {
		return t, nil
	}
	return kdb.NewDict(kdb.NewTable(n.keys, vals[:k]), t), nil
}

// dictNode is ([a:1;b:2]).
func (c *compiler) dict(n *syntax.Dict) (node, error) {
	names := make([]kdb.Symbol, len(n.Cols))
	items := make([]node, len(n.Cols))
	for i, col := range n.Cols {
		x, err := c.compile(col.Expr)
		if err != nil {
			return nil, err
		}
		names[i], items[i] = kdb.Sym(col.Name), x
	}
	return &dictNode{kdb.NewVec(names), &listNode{items}}, nil
}

type dictNode struct {
	names *kdb.Symbols
	items *listNode
}

func (n *dictNode) eval(fr *frame) (kdb.Value, error) {
	v, err := n.items.eval(fr)
	if err != nil {
		return nil, err
	}
	n.names.Share()
	return kdb.NewDict(n.names, v), nil
}
