// Package syntax reads q: it turns text into an abstract syntax tree.
//
// It knows q's words and how they bind, and nothing of what they mean: which
// names are infix keywords is told by the caller. Expressions bind right to
// left; verbs between two nouns are infix, a noun beside a noun applies it.
// Source: KX manual, "Syntax" (basics/syntax) and "qSQL" (basics/qsql).
package syntax

import "github.com/quoinhq/quoin/kdb"

// Span is a node's place: byte offsets into the source text. For an
// application Pos is the place of what is applied, where q puts its caret.
type Span struct{ Pos, End int }

// Place returns the span itself; it makes every node a [Node].
func (s Span) Place() Span { return s }

// Node is a node of the syntax tree.
type Node interface{ Place() Span }

// Const is a literal.
type Const struct {
	Span
	Value kdb.Value
}

// Name is a variable or keyword.
type Name struct {
	Span
	Name string
}

// Verb is an operator by its glyph: "+", "<=", "0:", or with a colon after it
// ("#:") its unary form.
type Verb struct {
	Span
	Glyph string
}

// Iter is an iterator with the value on its left; F is nil for an iterator
// alone, as in (/).
type Iter struct {
	Span
	Glyph string
	F     Node
}

// Apply is any application: f[x;y], f x, x f y. A nil argument is elided.
type Apply struct {
	Span
	F     Node
	Args  []Node
	Infix bool // written x f y or f x, not in brackets
	Open  bool // x f with nothing on the right: a projection
}

// Compose is F after G, from an expression that ends in a verb.
type Compose struct {
	Span
	F, G Node
}

// List is (a;b;c). A nil item is elided.
type List struct {
	Span
	Items []Node
}

// Table is ([k:…]c:…); Keyed tells ([]…) from ([k:…]…).
type Table struct {
	Span
	Keys, Cols []Column
}

// Column is a named expression: of a table literal or of a query's phrase.
type Column struct {
	Name     string
	Explicit bool // written name:expression
	Expr     Node
}

// Dict is ([a:1;b:2]), a dictionary literal.
type Dict struct {
	Span
	Cols []Column
}

// Lambda is a function expression.
type Lambda struct {
	Span
	Params []string // explicit, or the implicit x y z up to the last one used
	// Patterns are the parameters, by place, whose argument has to match one.
	Patterns map[int]Node
	Signed   bool   // whether the parameters were written
	Body     []Node // nil for an empty statement
	Source   string // text with its braces
}

// Assign is target:value, target op:value or, with Global, target::value.
type Assign struct {
	Span
	Target  Node // *Name, *Apply of a *Name, or with Pattern any pattern
	Pattern bool
	Op      Node // nil, or the verb in target op:value
	Global  bool
	Value   Node
}

// Cond is $[c;t;f] and its longer forms.
type Cond struct {
	Span
	Args []Node
}

// Control is if[…], do[…] or while[…].
type Control struct {
	Span
	Word string
	Args []Node
}

// Return is :x in a function.
type Return struct {
	Span
	X Node
}

// Signal is 'x.
type Signal struct {
	Span
	X Node
}

// Seq is a sequence of expressions, evaluated left to right: [a;b] or a;b. The
// last is nil when the text ends with a semicolon.
type Seq struct {
	Span
	Exprs []Node
}

// Query is a qSQL template.
type Query struct {
	Span
	Kind     string // select, exec, update or delete
	Distinct bool
	Limit    Node // n of select[n]; nil if none
	Order    Node // the column expression of select[…;<c]; nil if none
	Desc     bool // whether Order is descending
	Cols     []Column
	By       []Column
	HasBy    bool // whether there is a by phrase
	From     Node
	Where    []Node
}

// Error is a syntax error: the offset of what could not be read, and q's name
// for it (a token, or a word like "match").
type Error struct {
	Pos int
	Msg string
}

// Error returns the error's name.
func (e *Error) Error() string { return e.Msg }

// Walk calls f for n and, where f returns true, for the nodes below it. Elided
// nodes are passed over.
func Walk(n Node, f func(Node) bool) {
	if n == nil || !f(n) {
		return
	}
	each := func(ns ...Node) {
		for _, x := range ns {
			if x != nil {
				Walk(x, f)
			}
		}
	}
	columns := func(cols []Column) {
		for _, c := range cols {
			Walk(c.Expr, f)
		}
	}
	switch n := n.(type) {
	case *Iter:
		each(n.F)
	case *Apply:
		each(n.F)
		each(n.Args...)
	case *Compose:
		each(n.F, n.G)
	case *List:
		each(n.Items...)
	case *Table:
		columns(n.Keys)
		columns(n.Cols)
	case *Dict:
		columns(n.Cols)
	case *Lambda:
		for i := range n.Params {
			each(n.Patterns[i])
		}
		each(n.Body...)
	case *Assign:
		each(n.Target, n.Op, n.Value)
	case *Filter:
		each(n.Pattern, n.Check)
	case *Pair:
		each(n.Key, n.Value)
	case *Flip:
		each(n.X)
	case *Match:
		each(n.X)
		each(n.Patterns...)
		each(n.Results...)
	case *Cond:
		each(n.Args...)
	case *Control:
		each(n.Args...)
	case *Return:
		each(n.X)
	case *Signal:
		each(n.X)
	case *Seq:
		each(n.Exprs...)
	case *Query:
		columns(n.Cols)
		columns(n.By)
		each(n.From, n.Limit)
		each(n.Where...)
	}
}
