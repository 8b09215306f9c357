package syntax

import "github.com/quoinhq/quoin/kdb"

// term reads a noun or verb with the brackets and iterators that follow it.
func (p *parser) term() (n Node, verb bool, err error) {
	t := p.next()
	switch t.kind {
	case kConst:
		n = &Const{Span{t.pos, t.end}, t.val}
	case kName:
		if n, err = p.word(t); err != nil {
			return nil, false, err
		}
		if x, ok := n.(*Name); ok {
			verb = p.infix(x.Name)
			p.implicit(x.Name)
		} else if _, ok := n.(*Query); ok {
			return n, false, nil
		}
	case kVerb:
		if t.text == ":" && p.is("[") {
			m, err := p.match(t)
			if err != nil {
				return nil, false, err
			}
			if m != nil {
				return p.postfix(m, false)
			}
		}
		if t.text == "$" && p.is("[") {
			if n, err = p.cond(t); err != nil {
				return nil, false, err
			}
			break
		}
		if t.text == "::" && p.ends() {
			return &Const{Span{t.pos, t.end}, kdb.Nil}, false, nil
		}
		n, verb = &Verb{Span{t.pos, t.end}, t.text}, true
	case kIter:
		n, verb = &Iter{Span: Span{t.pos, t.end}, Glyph: t.text}, true
		if !p.is("[") && !p.ends() && p.peek().kind != kIter {
			return n, true, nil
		}
	case kPunct:
		switch t.text {
		case "(":
			if p.beforeColon(p.i - 1) {
				if n, err = p.patternParen(t); err == nil {
					return p.patternAssign(t, n)
				}
				return nil, false, err
			}
			n, err = p.paren(t)
		case "{":
			n, err = p.lambda(t)
		case "[":
			var exprs []Node
			if exprs, err = p.exprs("]"); err != nil {
				return nil, false, err
			}
			end := p.next()
			n = &Seq{Span{t.pos, end.end}, exprs}
		default:
			p.i--
			return nil, false, p.unexpected()
		}
		if err != nil {
			return nil, false, err
		}
	case kEOF:
		return nil, false, p.unexpected()
	}
	return p.postfix(n, verb)
}

// postfix reads the brackets and iterators after a term.
func (p *parser) postfix(n Node, verb bool) (Node, bool, error) {
	for chain := 0; ; chain++ {
		t := p.peek()
		if chain > maxDepth {
			return nil, false, &Error{Pos: t.pos, Msg: "stack"}
		}
		switch {
		case t.kind == kPunct && t.text == "[":
			p.next()
			args, err := p.exprs("]")
			if err != nil {
				return nil, false, err
			}
			end, err := p.expect("]")
			if err != nil {
				return nil, false, err
			}
			if len(args) == 0 {
				args = []Node{nil}
			}
			n, verb = &Apply{Span: Span{n.Place().Pos, end.end}, F: n, Args: args}, false
		case t.kind == kIter && !t.space:
			p.next()
			n, verb = &Iter{Span{n.Place().Pos, t.end}, t.text, n}, true
		default:
			return n, verb, nil
		}
	}
}

// word reads a name that may open a query or control expression.
func (p *parser) word(t *token) (Node, error) {
	switch t.text {
	case "select", "exec", "update", "delete":
		return p.parseQuery(t)
	case "if", "do", "while":
		if p.is("[") {
			p.next()
			args, err := p.exprs("]")
			if err != nil {
				return nil, err
			}
			end, err := p.expect("]")
			if err != nil {
				return nil, err
			}
			if len(args) == 0 {
				return nil, &Error{Pos: t.pos, Msg: t.text}
			}
			return &Control{Span{t.pos, end.end}, t.text, args}, nil
		}
		return nil, &Error{Pos: t.pos, Msg: t.text}
	}
	return &Name{Span{t.pos, t.end}, t.text}, nil
}

// cond reads $[…]: a condition if it has three or more parts, else a cast.
func (p *parser) cond(t *token) (Node, error) {
	p.next()
	args, err := p.exprs("]")
	if err != nil {
		return nil, err
	}
	end, err := p.expect("]")
	if err != nil {
		return nil, err
	}
	if len(args) > 2 {
		return &Cond{Span{t.pos, end.end}, args}, nil
	}
	if len(args) == 0 {
		args = []Node{nil}
	}
	return &Apply{Span: Span{t.pos, end.end}, F: &Verb{Span{t.pos, t.end}, t.text}, Args: args}, nil
}

// paren reads a parenthesised expression, a list, a table or a dictionary.
func (p *parser) paren(open *token) (Node, error) {
	if p.is("[") {
		return p.tableOrDict(open)
	}
	items, err := p.exprs(")")
	if err != nil {
		return nil, err
	}
	end, err := p.expect(")")
	if err != nil {
		return nil, err
	}
	if len(items) == 1 && items[0] != nil {
		return items[0], nil
	}
	if len(items) == 0 {
		return &Const{Span{open.pos, end.end}, kdb.NewList()}, nil
	}
	return &List{Span{open.pos, end.end}, items}, nil
}

func (p *parser) tableOrDict(open *token) (Node, error) {
	p.next()
	keys, err := p.columns("]")
	if err != nil {
		return nil, err
	}
	if p.is(")") {
		end := p.next()
		if len(keys) == 0 {
			return nil, &Error{Pos: end.pos, Msg: ")"}
		}
		return &Dict{Span{open.pos, end.end}, keys}, nil
	}
	if p.is(";") {
		p.next()
	}
	cols, err := p.columns(")")
	if err != nil {
		return nil, err
	}
	return &Table{Span{open.pos, p.toks[p.i-1].end}, keys, cols}, nil
}

// columns reads the named expressions of a table literal and its closer.
func (p *parser) columns(closer string) ([]Column, error) {
	exprs, err := p.exprs(closer)
	if err != nil {
		return nil, err
	}
	if _, err := p.expect(closer); err != nil {
		return nil, err
	}
	if n := len(exprs); n > 0 && exprs[n-1] == nil {
		exprs = exprs[:n-1]
	}
	cols := make([]Column, len(exprs))
	for i, e := range exprs {
		if e == nil {
			return nil, &Error{Pos: p.peek().pos, Msg: ";"}
		}
		cols[i] = column(e)
	}
	dedupe(cols)
	return cols, nil
}

// lambda reads a function expression after its brace.
func (p *parser) lambda(open *token) (Node, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer p.leave()
	l := &Lambda{}
	query := p.query
	p.query = noPhrase
	sc := &scope{}
	p.fn = append(p.fn, sc)
	defer func() {
		p.fn = p.fn[:len(p.fn)-1]
		p.query = query
	}()
	if p.is("[") && !p.peek().space || p.is("[") && p.signature() {
		p.next()
		if err := p.parameters(l); err != nil {
			return nil, err
		}
		if len(l.Params) > 8 {
			return nil, &Error{Pos: open.pos, Msg: "params"}
		}
	}
	body, err := p.exprs("}")
	if err != nil {
		return nil, err
	}
	end, err := p.expect("}")
	if err != nil {
		return nil, err
	}
	if !l.Signed {
		l.Params = []string{"x", "y", "z"}[:max(sc.implicit, 1)]
	}
	l.Body = body
	l.Span = Span{open.pos, end.end}
	l.Source = p.src[open.pos:end.end]
	return l, nil
}

// signature reports whether the bracket that stands next holds parameters.
func (p *parser) signature() bool {
	for i := p.i + 1; i < len(p.toks); i++ {
		switch t := p.toks[i]; {
		case t.kind == kPunct && t.text == "]":
			return true
		case t.kind == kName, t.kind == kPunct && t.text == ";":
		default:
			return false
		}
	}
	return false
}

// implicit notes the use of x, y or z in the innermost lambda.
func (p *parser) implicit(name string) {
	if len(p.fn) == 0 {
		return
	}
	sc := p.fn[len(p.fn)-1]
	if sc.masked > 0 {
		return
	}
	switch name {
	case "x":
		sc.implicit = max(sc.implicit, 1)
	case "y":
		sc.implicit = max(sc.implicit, 2)
	case "z":
		sc.implicit = max(sc.implicit, 3)
	}
}
