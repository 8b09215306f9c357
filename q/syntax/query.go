package syntax

import (
	"strconv"
	"strings"

	"github.com/quoinhq/quoin/kdb"
)

// parseQuery reads a qSQL template after its first word.
func (p *parser) parseQuery(t *token) (Node, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer p.leave()
	q := &Query{Kind: t.text}
	outer := p.query
	defer func() { p.query = outer }()
	p.mask(1)
	err := p.phrases(q)
	p.mask(-1)
	if err != nil {
		return nil, err
	}
	// The table expression takes x y z as parameters, and a comma in it joins
	// unless the query stands in another's phrase.
	p.query = fromPhrase
	if outer == subphrase {
		p.query = subphrase
	}
	if q.From, err = p.expr(); err != nil {
		return nil, err
	}
	if p.isWord("where") {
		p.next()
		p.mask(1)
		q.Where, err = p.phrase()
		p.mask(-1)
		if err != nil {
			return nil, err
		}
	}
	q.Span = Span{t.pos, p.toks[p.i-1].end}
	return q, p.checkNames(q)
}

// phrases reads everything up to and including from.
func (p *parser) phrases(q *Query) error {
	if p.is("[") && (q.Kind == "select" || q.Kind == "exec") {
		if err := p.limit(q); err != nil {
			return err
		}
	}
	if p.isWord("distinct") && (q.Kind == "select" || q.Kind == "exec") && !p.bracketAfter(1) {
		if q.Kind == "select" {
			q.Distinct = true
			p.next()
		}
	}
	p.query = subphrase
	if !p.isWord("from") && !p.isWord("by") {
		exprs, err := p.phrase()
		if err != nil {
			return err
		}
		q.Cols = namedColumns(exprs)
	}
	if p.isWord("by") {
		p.next()
		q.HasBy = true
		if !p.isWord("from") {
			exprs, err := p.phrase()
			if err != nil {
				return err
			}
			q.By = namedColumns(exprs)
		}
	}
	if !p.isWord("from") {
		return &Error{Pos: p.peek().pos, Msg: "from"}
	}
	p.next()
	return nil
}

// limit reads [n], [n;<col] or [<col] after select.
func (p *parser) limit(q *Query) error {
	p.next()
	if p.isWord("distinct") {
		p.next()
		q.Distinct = true
	}
	for !p.is("]") {
		if p.is(";") {
			p.next()
			continue
		}
		if p.isVerb("<") || p.isVerb(">") {
			q.Desc = p.next().text == ">"
			x, err := p.expr()
			if err != nil {
				return err
			}
			q.Order = x
			continue
		}
		if p.peek().kind == kEOF {
			return p.unexpected()
		}
		x, err := p.expr()
		if err != nil {
			return err
		}
		q.Limit = x
	}
	p.next()
	return nil
}

// phrase reads subphrases separated by commas.
func (p *parser) phrase() ([]Node, error) {
	query := p.query
	p.query = subphrase
	defer func() { p.query = query }()
	var out []Node
	for {
		x, err := p.expr()
		if err != nil {
			return nil, err
		}
		out = append(out, x)
		if !p.isVerb(",") {
			return out, nil
		}
		p.next()
	}
}

func (p *parser) mask(n int) {
	if len(p.fn) > 0 {
		p.fn[len(p.fn)-1].masked += n
	}
}

func namedColumns(exprs []Node) []Column {
	cols := make([]Column, len(exprs))
	for i, e := range exprs {
		cols[i] = column(e)
	}
	dedupe(cols)
	return cols
}

// column splits name:expression, or finds the name that q gives the expression.
func column(e Node) Column {
	if a, ok := e.(*Assign); ok && a.Op == nil && !a.Global {
		if n, ok := a.Target.(*Name); ok {
			return Column{Name: n.Name, Explicit: true, Expr: a.Value}
		}
	}
	return Column{Name: columnName(e), Expr: e}
}

// columnName is the name of a column without one: its leftmost term if that is
// a name, else x. Source: KX manual, "qSQL", Computed columns.
func columnName(e Node) string {
	switch e := e.(type) {
	case *Name:
		if i := strings.LastIndexByte(e.Name, '.'); i >= 0 {
			return e.Name[i+1:]
		}
		if e.Name == "i" {
			return "x"
		}
		return e.Name
	case *Apply:
		args := e.Args
		if f, ok := e.F.(*Name); ok && len(args) == 2 {
			switch f.Name {
			case "each", "peach", "over", "scan", "prior":
				args = args[1:] // not the function's name
			}
		}
		_, keyword := e.F.(*Name)
		for _, a := range args {
			// What a keyword has on its left (5 xbar close) names nothing, nor
			// does a symbol (`p#sym, `int$size).
			if k, ok := a.(*Const); ok {
				if _, sym := k.Value.(kdb.Symbol); sym || keyword {
					continue
				}
			}
			if a == nil {
				break
			}
			return columnName(a)
		}
	case *Assign:
		return columnName(e.Target)
	case *List:
		if len(e.Items) > 0 && e.Items[0] != nil {
			return columnName(e.Items[0])
		}
	}
	return "x"
}

// dedupe gives a name that occurs again a number: a, a1, a2.
func dedupe(cols []Column) {
	seen := make(map[string]bool, len(cols))
	for i := range cols {
		name := cols[i].Name
		for k := 1; seen[name]; k++ {
			name = cols[i].Name + strconv.Itoa(k)
		}
		cols[i].Name = name
		seen[name] = true
	}
}

// checkNames refuses a column that has the name of a group.
func (p *parser) checkNames(q *Query) error {
	if q.Kind != "select" {
		return nil
	}
	for _, b := range q.By {
		for _, c := range q.Cols {
			if b.Name == c.Name {
				return &Error{Pos: q.Pos, Msg: "dup names for cols/groups " + c.Name}
			}
		}
	}
	return nil
}
