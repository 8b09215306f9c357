package syntax

import (
	"strings"

	"github.com/quoinhq/quoin/kdb"
)

type kind uint8

const (
	kEOF   kind = iota
	kConst      // a literal
	kName
	kVerb  // an operator glyph
	kIter  // ' / \ ': /: \:
	kPunct // ( ) [ ] { } ;
)

type token struct {
	kind     kind
	text     string // glyph, name or punctuation
	pos, end int
	space    bool // white space stands before it
	val      kdb.Value
}

type lexer struct {
	src  string
	i    int
	toks []token
	// touches tells that the number being read stands right behind a noun:
	// (x)1:10 is the operator, 1:10 alone a time.
	touches bool
}

// lex splits src into tokens.
func lex(src string) ([]token, error) {
	l := &lexer{src: src, toks: make([]token, 0, len(src)/3+4)}
	for {
		space := l.skip()
		if l.i >= len(src) {
			l.toks = append(l.toks, token{kind: kEOF, pos: len(src), end: len(src), space: true})
			return l.toks, nil
		}
		start := l.i
		t, err := l.next(space)
		if err != nil {
			return nil, err
		}
		t.pos, t.end, t.space = start, l.i, space
		l.toks = append(l.toks, t)
	}
}

// skip passes white space and comments.
func (l *lexer) skip() (space bool) {
	space = l.i == 0
	for l.i < len(l.src) {
		switch c := l.src[l.i]; {
		case c == ' ' || c == '\t' || c == '\r' || c == '\n':
			l.i++
			space = true
		case c == '/' && space:
			for l.i < len(l.src) && l.src[l.i] != '\n' {
				l.i++
			}
		default:
			return space
		}
	}
	return space
}

func (l *lexer) next(space bool) (token, error) {
	c := l.src[l.i]
	switch {
	case isDigit(c), c == '.' && isDigit(l.at(1)) && !l.afterNoun(space):
		l.touches = l.afterNoun(space)
		return l.number()
	case c == '-' && (isDigit(l.at(1)) || l.at(1) == '.' && isDigit(l.at(2))) && (space || !l.nounBefore()):
		l.touches = false
		if t, err := l.number(); err == nil {
			return t, nil
		}
		return l.glyph()
	case isAlpha(c), c == '.' && isAlpha(l.at(1)):
		start := l.i
		l.i++
		for l.i < len(l.src) && isNameByte(l.src[l.i]) {
			l.i++
		}
		for l.src[l.i-1] == '.' && l.i-1 > start { // a name does not end in a dot
			l.i--
		}
		return token{kind: kName, text: l.src[start:l.i]}, nil
	case c == '`':
		return l.symbol()
	case c == '"':
		return l.text()
	case strings.IndexByte("()[]{};", c) >= 0:
		l.i++
		return token{kind: kPunct, text: l.src[l.i-1 : l.i]}, nil
	case c == '\'' || c == '/' || c == '\\':
		n := 1
		if l.at(1) == ':' {
			n = 2
		}
		l.i += n
		return token{kind: kIter, text: l.src[l.i-n : l.i]}, nil
	}
	return l.glyph()
}

// glyph reads an operator, with a colon that stands right after it.
func (l *lexer) glyph() (token, error) {
	start := l.i
	c := l.src[l.i]
	switch {
	case c == '<' && (l.at(1) == '=' || l.at(1) == '>'), c == '>' && l.at(1) == '=', c == ':' && l.at(1) == ':':
		l.i += 2
	case strings.IndexByte("+-*%&|^=<>$#_~!?@.,:", c) >= 0:
		l.i++
	default:
		if c < ' ' || c > '~' {
			return token{}, &Error{Pos: l.i, Msg: "char"}
		}
		return token{}, &Error{Pos: l.i, Msg: string(c)}
	}
	if c != ':' && l.at(0) == ':' {
		l.i++
		if l.at(0) == ':' { // x+::y, the global form
			l.i++
		}
	}
	return token{kind: kVerb, text: l.src[start:l.i]}, nil
}

func (l *lexer) at(n int) byte {
	if l.i+n < len(l.src) {
		return l.src[l.i+n]
	}
	return 0
}

// nounBefore reports whether the last token ends a noun.
func (l *lexer) nounBefore() bool {
	if len(l.toks) == 0 {
		return false
	}
	switch t := l.toks[len(l.toks)-1]; t.kind {
	case kConst, kName:
		return true
	case kPunct:
		return t.text == ")" || t.text == "]" || t.text == "}"
	}
	return false
}

func (l *lexer) afterNoun(space bool) bool { return !space && l.nounBefore() }

func (l *lexer) number() (token, error) {
	start := l.i
	if c := l.src[l.i]; c <= '2' && l.at(1) == ':' && (l.touches || !(isDigit(l.at(2)) && isDigit(l.at(3)))) {
		l.i += 2
		if l.at(0) == ':' {
			l.i++
		}
		return token{kind: kVerb, text: l.src[start:l.i]}, nil
	}
	var ns []number
	for {
		n, ok := l.word()
		if !ok {
			if len(ns) == 0 {
				return token{}, &Error{Pos: l.i, Msg: l.src[start:max(l.i, start+1)]}
			}
			break
		}
		ns = append(ns, n)
		if n.list != nil {
			break
		}
		j := l.i
		for j < len(l.src) && (l.src[j] == ' ' || l.src[j] == '\t') {
			j++
		}
		if j == l.i || !numberStart(l.src[j:]) {
			break
		}
		save := l.i
		l.i = j
		if m, ok := l.word(); !ok || m.list != nil {
			l.i = save
			break
		}
		l.i = j
	}
	v, ok := combine(ns)
	if !ok {
		return token{}, &Error{Pos: start, Msg: l.src[start:l.i]}
	}
	return token{kind: kConst, val: v}, nil
}

func numberStart(s string) bool {
	if s == "" {
		return false
	}
	if s[0] == '-' {
		s = s[1:]
	}
	if s == "" {
		return false
	}
	if len(s) >= 2 && s[0] <= '2' && s[0] >= '0' && s[1] == ':' && (len(s) == 2 || !isDigit(s[2])) {
		return false
	}
	return isDigit(s[0]) || s[0] == '.' && len(s) > 1 && isDigit(s[1])
}

// word reads one numeric word; a tail of letters that belongs to no literal is
// left for the next token (5mod 2).
func (l *lexer) word() (number, bool) {
	start := l.i
	j := l.i
	if j < len(l.src) && l.src[j] == '-' {
		j++
	}
	for j < len(l.src) {
		c := l.src[j]
		switch {
		case isDigit(c), isAlpha(c), c == '.':
		case c == ':' && j+1 < len(l.src) && isDigit(l.src[j+1]):
		case (c == '-' || c == '+') && j > start && l.src[j-1] == 'e' && j+1 < len(l.src) && isDigit(l.src[j+1]) && plainFloat(l.src[start:j-1]):
		default:
			goto done
		}
		j++
	}
done:
	w := l.src[start:j]
	if n, ok := parseNumber(w); ok {
		l.i = j
		return n, true
	}
	for k := 1; k < len(w); k++ {
		if isAlpha(w[k]) && isDigit(w[k-1]) || w[k] == '.' && k+1 < len(w) && isAlpha(w[k+1]) {
			if n, ok := parseNumber(w[:k]); ok {
				l.i = start + k
				return n, true
			}
		}
	}
	return number{}, false
}

func plainFloat(s string) bool {
	for i := range len(s) {
		if !isDigit(s[i]) && s[i] != '.' && !(i == 0 && s[i] == '-') {
			return false
		}
	}
	return s != "" && s != "-"
}

// symbol reads a symbol or a vector of symbols that touch each other.
func (l *lexer) symbol() (token, error) {
	var syms []kdb.Symbol
	for l.at(0) == '`' {
		l.i++
		start := l.i
		path := false
		for l.i < len(l.src) {
			c := l.src[l.i]
			if c == ':' {
				path = true
			} else if !(isNameByte(c) || c == '/' && path) {
				break
			}
			if c == '_' && l.i == start {
				break
			}
			l.i++
		}
		syms = append(syms, kdb.Sym(l.src[start:l.i]))
	}
	if len(syms) == 1 {
		return token{kind: kConst, val: syms[0]}, nil
	}
	return token{kind: kConst, val: kdb.NewVec(syms)}, nil
}

// text reads a string; one character is a char atom.
func (l *lexer) text() (token, error) {
	start := l.i
	l.i++
	var b []kdb.Char
	for {
		if l.i >= len(l.src) {
			return token{}, &Error{Pos: start, Msg: "\""}
		}
		c := l.src[l.i]
		l.i++
		if c == '"' {
			break
		}
		if c == '\\' {
			e, ok := l.escape()
			if !ok {
				return token{}, &Error{Pos: min(l.i, len(l.src)), Msg: "\\"}
			}
			c = e
		}
		b = append(b, kdb.Char(c))
	}
	if len(b) == 1 {
		return token{kind: kConst, val: b[0]}, nil
	}
	return token{kind: kConst, val: kdb.NewVec(b)}, nil
}

func (l *lexer) escape() (byte, bool) {
	c := l.at(0)
	l.i++
	switch c {
	case 'n':
		return '\n', true
	case 'r':
		return '\r', true
	case 't':
		return '\t', true
	case '\\', '"', '/':
		return c, true
	}
	if l.i+1 < len(l.src) && octal(c) && octal(l.src[l.i]) && octal(l.src[l.i+1]) {
		v := int(c-'0')<<6 | int(l.src[l.i]-'0')<<3 | int(l.src[l.i+1]-'0')
		l.i += 2
		return byte(v), v < 256
	}
	return 0, false
}

func octal(c byte) bool   { return c >= '0' && c <= '7' }
func isDigit(c byte) bool { return c >= '0' && c <= '9' }
func isAlpha(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }
func isNameByte(c byte) bool {
	return isAlpha(c) || isDigit(c) || c == '_' || c == '.'
}
