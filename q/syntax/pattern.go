package syntax

// A pattern is what stands in parentheses before the colon of an assignment, as
// a parameter, or between the brackets of :[v;p;r;…]. It is made of the nodes of
// expressions (*Name, *Apply for a[i], *Const, *List, *Dict, *Table) and those
// below; nil matches anything.
// Source: KX manual, "Pattern Matching" (basics/pattern).

// Filter is p:check: a value for which check, a type letter or a function,
// holds matches p. Pattern is nil for :check.
type Filter struct {
	Span
	Pattern, Check Node
}

// Pair is the pattern k!v for a dictionary, Flip that of flip p for a table.
type Pair struct {
	Span
	Key, Value Node
}

// Flip is the pattern flip p for a table.
type Flip struct {
	Span
	X Node
}

// Match is :[v;p1;r1;p2;r2;…;rd], the result of the first pattern that matches.
type Match struct {
	Span
	X        Node
	Patterns []Node
	Results  []Node // one for each pattern, and the last for none
}

// brackets finds for each token that opens a bracket the one that closes it.
func brackets(toks []token) map[int]int {
	m := map[int]int{}
	var open []int
	for i, t := range toks {
		if t.kind != kPunct {
			continue
		}
		switch t.text {
		case "(", "[", "{":
			open = append(open, i)
		case ")", "]", "}":
			if n := len(open); n > 0 {
				m[open[n-1]] = i
				open = open[:n-1]
			}
		}
	}
	return m
}

// beforeColon reports whether the parenthesis at i is closed right before the
// colon of an assignment: then a pattern stands in it.
func (p *parser) beforeColon(i int) bool {
	if p.closers == nil {
		p.closers = brackets(p.toks)
	}
	j, ok := p.closers[i]
	if !ok || j+1 >= len(p.toks) {
		return false
	}
	t := p.toks[j+1]
	return t.kind == kVerb && (t.text == ":" || t.text == "::") && !p.endsAfter(j+2-p.i)
}

// patternAssign reads the rest of an assignment to a pattern in parentheses.
func (p *parser) patternAssign(open *token, target Node) (Node, bool, error) {
	t := p.next()
	x, err := p.expr()
	if err != nil {
		return nil, false, err
	}
	return &Assign{Span: Span{open.pos, x.Place().End}, Target: target, Pattern: true, Global: t.text == "::", Value: x}, false, nil
}

// pattern reads a pattern with the check behind it, up to a semicolon or the
// closing bracket.
func (p *parser) pattern(closer string) (Node, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer p.leave()
	var n Node
	var err error
	t := p.peek()
	if !p.isVerb(":") && !p.is(";") && !p.is(closer) {
		if n, err = p.patternBase(closer); err != nil {
			return nil, err
		}
	}
	if !p.isVerb(":") {
		return n, nil
	}
	p.next()
	check, err := p.expr()
	if err != nil {
		return nil, err
	}
	return &Filter{Span{t.pos, check.Place().End}, n, check}, nil
}

func (p *parser) patternBase(closer string) (Node, error) {
	t := p.next()
	var n Node
	var err error
	switch {
	case t.kind == kConst:
		n = &Const{Span{t.pos, t.end}, t.val}
	case t.kind == kName && t.text == "flip":
		x, err := p.patternBase(closer)
		if err != nil {
			return nil, err
		}
		return &Flip{Span{t.pos, x.Place().End}, x}, nil
	case t.kind == kName:
		p.implicit(t.text)
		n = &Name{Span{t.pos, t.end}, t.text}
		for p.is("[") {
			open := p.next()
			args, err := p.exprs("]")
			if err != nil {
				return nil, err
			}
			end, err := p.expect("]")
			if err != nil {
				return nil, err
			}
			if len(args) == 0 {
				args = []Node{nil}
			}
			n = &Apply{Span: Span{open.pos, end.end}, F: n, Args: args}
		}
		if next := p.peek(); next.kind == kName || next.kind == kConst { // (a i) is a[i]
			i, err := p.expr()
			if err != nil {
				return nil, err
			}
			n = &Apply{Span: Span{t.pos, i.Place().End}, F: n, Args: []Node{i}}
		}
	case t.kind == kPunct && t.text == "(":
		if n, err = p.patternParen(t); err != nil {
			return nil, err
		}
	default:
		p.i--
		return nil, p.unexpected()
	}
	if !p.isVerb("!") {
		return n, nil
	}
	bang := p.next()
	pair := &Pair{Span{bang.pos, bang.end}, n, nil}
	if !p.is(closer) && !p.is(";") && !p.isVerb(":") {
		if pair.Value, err = p.patternBase(closer); err != nil {
			return nil, err
		}
		pair.End = pair.Value.Place().End
	}
	return pair, nil
}

// patternParen reads a pattern after its opening parenthesis.
func (p *parser) patternParen(open *token) (Node, error) {
	if p.is("[") {
		return p.patternTable(open)
	}
	items, err := p.patterns(")")
	if err != nil {
		return nil, err
	}
	end := p.next()
	switch {
	case len(items) == 0:
		return nil, &Error{Pos: open.pos, Msg: "assign"}
	case len(items) == 1:
		if items[0] == nil {
			return nil, &Error{Pos: open.pos, Msg: "assign"}
		}
		return items[0], nil
	}
	return &List{Span{open.pos, end.end}, items}, nil
}

// patterns reads patterns separated by semicolons up to closer, which is next
// then.
func (p *parser) patterns(closer string) ([]Node, error) {
	var out []Node
	if p.is(closer) {
		return nil, nil
	}
	for {
		n, err := p.pattern(closer)
		if err != nil {
			return nil, err
		}
		out = append(out, n)
		if p.is(closer) {
			return out, nil
		}
		if _, err := p.expect(";"); err != nil {
			return nil, err
		}
	}
}

// patternTable reads ([a:p;b]), ([]a:p) and ([k:p]a:p).
func (p *parser) patternTable(open *token) (Node, error) {
	p.next()
	keys, err := p.patternColumns("]")
	if err != nil {
		return nil, err
	}
	p.next()
	if p.is(")") {
		end := p.next()
		return &Dict{Span{open.pos, end.end}, keys}, nil
	}
	cols, err := p.patternColumns(")")
	if err != nil {
		return nil, err
	}
	end := p.next()
	return &Table{Span{open.pos, end.end}, keys, cols}, nil
}

func (p *parser) patternColumns(closer string) ([]Column, error) {
	items, err := p.patternEntries(closer)
	if err != nil {
		return nil, err
	}
	dedupe(items)
	return items, nil
}

// patternEntries reads name, name: and name:pattern.
func (p *parser) patternEntries(closer string) ([]Column, error) {
	var out []Column
	for !p.is(closer) {
		t := p.next()
		if t.kind != kName {
			p.i--
			return nil, p.unexpected()
		}
		c := Column{Name: t.text}
		if !p.isVerb(":") {
			c.Expr = &Name{Span{t.pos, t.end}, t.text}
		} else {
			p.next()
			c.Explicit = true
			var err error
			if c.Expr, err = p.pattern(closer); err != nil {
				return nil, err
			}
		}
		out = append(out, c)
		if p.is(";") {
			p.next()
		} else if !p.is(closer) {
			return nil, p.unexpected()
		}
	}
	return out, nil
}

// match reads :[v;p1;r1;…;rd] after its colon; nil if it is the verb applied to
// two arguments.
func (p *parser) match(t *token) (Node, error) {
	start := p.i
	p.next()
	m := &Match{}
	var err error
	if p.is(";") || p.is("]") {
		p.i = start
		return nil, nil
	}
	if m.X, err = p.expr(); err != nil {
		return nil, err
	}
	for p.is(";") {
		p.next()
		if p.lastItem() {
			x, err := p.expr()
			if err != nil {
				return nil, err
			}
			m.Results = append(m.Results, x)
			break
		}
		pat, err := p.pattern(";")
		if err != nil {
			return nil, err
		}
		if _, err := p.expect(";"); err != nil {
			return nil, err
		}
		r, err := p.expr()
		if err != nil {
			return nil, err
		}
		m.Patterns, m.Results = append(m.Patterns, pat), append(m.Results, r)
	}
	if len(m.Patterns) == 0 {
		p.i = start
		return nil, nil
	}
	if len(m.Results) == len(m.Patterns) {
		return nil, p.unexpected()
	}
	end, err := p.expect("]")
	if err != nil {
		return nil, err
	}
	m.Span = Span{t.pos, end.end}
	return m, nil
}

// lastItem reports whether no semicolon follows before the closing bracket.
func (p *parser) lastItem() bool {
	for i := p.i; i < len(p.toks); i = p.group(i) {
		if t := p.toks[i]; t.kind == kEOF || t.kind == kPunct {
			switch t.text {
			case ";":
				return false
			case "]", "":
				return true
			}
		}
	}
	return true
}

// parameters reads a lambda's parameters after their bracket: names, and
// patterns, which get a name that nothing else has.
func (p *parser) parameters(l *Lambda) error {
	l.Signed = true
	if p.is("]") {
		p.next()
		return nil
	}
	pats, err := p.patterns("]")
	if err != nil {
		return err
	}
	p.next()
	for i, n := range pats {
		name := ""
		switch x := n.(type) {
		case nil:
			if len(pats) == 1 {
				return nil
			}
		case *Name:
			name = x.Name
		case *Filter:
			if v, ok := x.Pattern.(*Name); ok {
				name = v.Name
			}
		}
		if _, plain := n.(*Name); !plain && n != nil {
			if l.Patterns == nil {
				l.Patterns = map[int]Node{}
			}
			l.Patterns[i] = n
		}
		if name == "" {
			name = " " + string(rune('a'+i%26)) // no name a program can write
		}
		l.Params = append(l.Params, name)
	}
	return nil
}
