package syntax

import "strings"

// maxDepth bounds nesting, so that hostile text ends in an error and not in an
// exhausted stack.
const maxDepth = 500

// Parse reads one or more expressions separated by semicolons. infix tells
// which names are keywords that stand between their arguments (in, mod, each).
// The result is a *Seq if there are several, or if the text ends in a
// semicolon; nil if there is nothing but white space and comments. Errors are
// *Error.
func Parse(src string, infix func(name string) bool) (Node, error) {
	toks, err := lex(src)
	if err != nil {
		return nil, err
	}
	p := &parser{src: src, toks: toks, infix: infix}
	exprs, err := p.exprs("")
	if err != nil {
		return nil, err
	}
	if t := p.peek(); t.kind != kEOF {
		return nil, p.unexpected()
	}
	switch {
	case len(exprs) == 1:
		return exprs[0], nil
	case len(exprs) == 0:
		return nil, nil
	}
	return &Seq{Span: Span{0, len(src)}, Exprs: exprs}, nil
}

type parser struct {
	src   string
	toks  []token
	i     int
	infix func(string) bool
	query phrase
	depth int
	fn    []*scope // the lambdas around
	// closers has the token that closes each bracket, once a pattern may need it.
	closers map[int]int
}

// phrase tells what ends an expression besides closers and semicolons.
type phrase uint8

const (
	noPhrase   phrase = iota
	subphrase         // in a query: a comma, by, from and where
	fromPhrase        // a query's table expression: by, from and where
)

// scope collects what a lambda's body tells about its implicit parameters.
type scope struct {
	implicit int // 1, 2, 3 for x, y, z
	masked   int // > 0 inside a query's phrases, where x y z may be columns
}

func (p *parser) peek() *token { return &p.toks[p.i] }

func (p *parser) next() *token {
	t := &p.toks[p.i]
	if t.kind != kEOF {
		p.i++
	}
	return t
}

func (p *parser) is(punct string) bool {
	t := p.peek()
	return t.kind == kPunct && t.text == punct
}

func (p *parser) isVerb(glyph string) bool {
	t := p.peek()
	return t.kind == kVerb && t.text == glyph
}

func (p *parser) isWord(word string) bool {
	t := p.peek()
	return t.kind == kName && t.text == word
}

func (p *parser) unexpected() error {
	t := p.peek()
	if t.kind == kEOF {
		return &Error{Pos: t.pos, Msg: "match"}
	}
	if t.kind == kConst {
		return &Error{Pos: t.pos, Msg: p.src[t.pos:t.end]}
	}
	return &Error{Pos: t.pos, Msg: t.text}
}

func (p *parser) expect(punct string) (*token, error) {
	if !p.is(punct) {
		if t := p.peek(); t.kind == kEOF || t.kind == kPunct && strings.Contains(")]}", t.text) {
			return nil, &Error{Pos: t.pos, Msg: punct}
		}
		return nil, p.unexpected()
	}
	return p.next(), nil
}

func (p *parser) enter() error {
	if p.depth++; p.depth > maxDepth {
		return &Error{Pos: p.peek().pos, Msg: "stack"}
	}
	return nil
}

func (p *parser) leave() { p.depth-- }

// exprs reads expressions separated by semicolons up to a closing token or the
// end; elided ones are nil. Nothing at all gives an empty slice.
func (p *parser) exprs(closer string) ([]Node, error) {
	query := p.query
	p.query = noPhrase
	defer func() { p.query = query }()
	var out []Node
	for {
		if p.is(";") {
			out = append(out, nil)
			p.next()
			if p.atEnd(closer) {
				return append(out, nil), nil
			}
			continue
		}
		if p.atEnd(closer) {
			return out, nil
		}
		e, err := p.expr()
		if err != nil {
			return nil, err
		}
		out = append(out, e)
		if p.is(";") {
			p.next()
			if p.atEnd(closer) {
				return append(out, nil), nil
			}
			continue
		}
		if !p.atEnd(closer) {
			if t := p.peek(); t.kind == kPunct && closer == "" {
				return nil, p.unexpected()
			}
			_, err := p.expect(closer)
			return nil, err
		}
	}
}

func (p *parser) atEnd(closer string) bool {
	if closer == "" {
		return p.peek().kind == kEOF
	}
	return p.is(closer)
}

// ends reports whether the expression is over.
func (p *parser) ends() bool {
	t := p.peek()
	switch t.kind {
	case kEOF:
		return true
	case kPunct:
		return strings.Contains(")]};", t.text)
	case kVerb:
		return p.query == subphrase && t.text == ","
	case kName:
		return p.query != noPhrase && (t.text == "from" || t.text == "where" || t.text == "by")
	}
	return false
}

// expr reads one expression. It never returns a nil node.
func (p *parser) expr() (Node, error) {
	n, _, err := p.exprOpen()
	return n, err
}

// exprOpen also tells whether the expression ended in a verb that still wants
// a right argument: then what stands before it composes instead of applying.
func (p *parser) exprOpen() (n Node, open bool, err error) {
	if err := p.enter(); err != nil {
		return nil, false, err
	}
	defer p.leave()
	t := p.peek()
	if t.kind == kVerb && t.text == ":" && len(p.fn) > 0 && !p.endsAfter(1) && !p.bracketAfter(1) {
		p.next()
		x, err := p.expr()
		if err != nil {
			return nil, false, err
		}
		return &Return{Span{t.pos, x.Place().End}, x}, false, nil
	}
	if t.kind == kIter && t.text == "'" && !p.endsAfter(1) && !p.bracketAfter(1) && !(p.toks[p.i+1].kind == kIter && !p.toks[p.i+1].space) {
		p.next()
		x, err := p.expr()
		if err != nil {
			return nil, false, err
		}
		return &Signal{Span{t.pos, x.Place().End}, x}, false, nil
	}
	left, verb, err := p.term()
	if err != nil {
		return nil, false, err
	}
	if p.ends() {
		return left, verb, nil
	}
	if verb {
		return p.prefix(left)
	}
	if n, ok, err := p.assign(left); ok || err != nil {
		return n, false, err
	}
	start := left.Place().Pos
	if v, ok, err := p.verb(); err != nil {
		return nil, false, err
	} else if ok {
		if p.ends() {
			return &Apply{Span: Span{v.Place().Pos, v.Place().End}, F: v, Args: []Node{left}, Infix: true, Open: true}, true, nil
		}
		right, open, err := p.exprOpen()
		if err != nil {
			return nil, false, err
		}
		if open {
			f := &Apply{Span: Span{v.Place().Pos, v.Place().End}, F: v, Args: []Node{left}, Infix: true, Open: true}
			return &Compose{Span{start, right.Place().End}, f, right}, true, nil
		}
		return &Apply{Span: Span{v.Place().Pos, right.Place().End}, F: v, Args: []Node{left, right}, Infix: true}, false, nil
	}
	right, open, err := p.exprOpen()
	if err != nil {
		return nil, false, err
	}
	if open {
		return &Compose{Span{start, right.Place().End}, left, right}, true, nil
	}
	return &Apply{Span: Span{start, right.Place().End}, F: left, Args: []Node{right}, Infix: true}, false, nil
}

// prefix reads what a verb at the start of an expression applies to.
func (p *parser) prefix(f Node) (Node, bool, error) {
	v, plain := f.(*Verb)
	if plain && v.Glyph != "::" && !strings.HasSuffix(v.Glyph, ":") {
		// q has no unary operators; keywords stand for them.
		return nil, false, &Error{Pos: v.Pos, Msg: v.Glyph}
	}
	right, open, err := p.exprOpen()
	if err != nil {
		return nil, false, err
	}
	if open {
		return &Compose{Span{f.Place().Pos, right.Place().End}, f, right}, true, nil
	}
	return &Apply{Span: Span{f.Place().Pos, right.Place().End}, F: f, Args: []Node{right}, Infix: true}, false, nil
}

func (p *parser) endsAfter(n int) bool {
	i := p.i
	p.i = min(p.i+n, len(p.toks)-1)
	defer func() { p.i = i }()
	return p.ends()
}

func (p *parser) bracketAfter(n int) bool {
	t := p.toks[min(p.i+n, len(p.toks)-1)]
	return t.kind == kPunct && t.text == "["
}

// verb reads an infix verb if one stands next: an operator, a keyword, or
// anything that an iterator makes a verb.
func (p *parser) verb() (Node, bool, error) {
	if !p.verbNext() {
		return nil, false, nil
	}
	return p.term()
}

// verbNext looks ahead over the next term with its brackets and iterators:
// what ends in an iterator is a verb, what ends in brackets a noun.
func (p *parser) verbNext() bool {
	t := p.peek()
	if t.kind == kVerb && t.text == "::" && p.endsAfter(1) {
		return false // the generic null
	}
	verb := t.kind == kVerb || t.kind == kName && p.infix(t.text) || t.kind == kIter && !(t.text == "'" && t.space)
	i := p.group(p.i)
	for i < len(p.toks) {
		switch t := p.toks[i]; {
		case t.kind == kIter && !t.space:
			verb = true
			i++
		case t.kind == kPunct && t.text == "[":
			verb = false
			i = p.group(i)
		default:
			return verb
		}
	}
	return false
}

// group returns the place after the token at i, or after the brackets that it
// opens.
func (p *parser) group(i int) int {
	depth := 0
	for ; i < len(p.toks); i++ {
		if t := p.toks[i]; t.kind == kPunct {
			switch t.text {
			case "(", "[", "{":
				depth++
			case ")", "]", "}":
				depth--
			}
		}
		if depth <= 0 {
			return i + 1
		}
	}
	return i
}

// assign reads the rest of an assignment if left is its target.
func (p *parser) assign(left Node) (Node, bool, error) {
	t := p.peek()
	if t.kind != kVerb || !strings.HasSuffix(t.text, ":") || p.ends() {
		return nil, false, nil
	}
	if strings.IndexByte("012", t.text[0]) >= 0 {
		return nil, false, nil
	}
	if !assignable(left) {
		return nil, false, nil
	}
	if p.endsAfter(1) && t.text != "::" && t.text != ":" {
		return nil, false, nil
	}
	p.next()
	a := &Assign{Target: left}
	switch {
	case t.text == ":":
	case t.text == "::":
		a.Global = true
	default:
		op := strings.TrimRight(t.text, ":")
		a.Global = strings.HasSuffix(t.text, "::")
		a.Op = &Verb{Span{t.pos, t.pos + len(op)}, op}
	}
	if p.ends() {
		// x: alone is a projection of assignment, which nobody can use.
		return nil, false, p.unexpected()
	}
	x, err := p.expr()
	if err != nil {
		return nil, false, err
	}
	a.Value = x
	a.Span = Span{t.pos, a.Value.Place().End}
	return a, true, nil
}

func assignable(n Node) bool {
	switch n := n.(type) {
	case *Name:
		return true
	case *Apply:
		_, ok := n.F.(*Name)
		return ok && !n.Infix
	}
	return false
}
