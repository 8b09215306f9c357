package restjson

import (
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDepth bounds how deep a document may nest. The API's own go to seven.
const maxDepth = 64

// scanner reads a JSON document (RFC 8259) from memory. Its data is valid
// UTF-8; the caller has checked.
type scanner struct {
	data   []byte
	pos    int
	depth  int
	strict bool // members that the schema does not know are errors
}

func (s *scanner) fail(what string) error {
	return wrong("is not valid JSON: " + what + " at byte " + strconv.Itoa(s.pos))
}

// peek skips white space and returns the byte that the next token begins with,
// or 0 at the end.
func (s *scanner) peek() byte {
	for s.pos < len(s.data) {
		switch c := s.data[s.pos]; c {
		case ' ', '\t', '\n', '\r':
			s.pos++
		default:
			return c
		}
	}
	return 0
}

// take skips white space and one byte if it is c.
func (s *scanner) take(c byte) bool {
	if s.peek() != c || s.pos >= len(s.data) {
		return false
	}
	s.pos++
	return true
}

// enter and leave go into and out of an object or list.
func (s *scanner) enter() error {
	s.pos++
	if s.depth++; s.depth > maxDepth {
		return wrong("nests deeper than " + strconv.Itoa(maxDepth) + " levels")
	}
	return nil
}

func (s *scanner) leave() {
	s.pos++
	s.depth--
}

// literal takes the word if it comes next.
func (s *scanner) literal(word string) bool {
	if s.peek() != word[0] || len(s.data)-s.pos < len(word) || string(s.data[s.pos:s.pos+len(word)]) != word {
		return false
	}
	s.pos += len(word)
	return true
}

// str reads a string. What it returns is part of the document unless it held
// escapes.
func (s *scanner) str() ([]byte, error) {
	s.pos++ // the quote
	start := s.pos
	for s.pos < len(s.data) {
		switch c := s.data[s.pos]; {
		case c == '"':
			s.pos++
			return s.data[start : s.pos-1], nil
		case c == '\\':
			return s.unescape(start)
		case c < ' ':
			return nil, s.fail("a control character in a string")
		default:
			s.pos++
		}
	}
	return nil, s.fail("a string without end")
}

// unescape reads the rest of a string that has escapes.
func (s *scanner) unescape(start int) ([]byte, error) {
	out := append([]byte(nil), s.data[start:s.pos]...)
	for s.pos < len(s.data) {
		c := s.data[s.pos]
		switch {
		case c == '"':
			s.pos++
			return out, nil
		case c < ' ':
			return nil, s.fail("a control character in a string")
		case c != '\\':
			out = append(out, c)
			s.pos++
			continue
		}
		if s.pos+1 >= len(s.data) {
			break
		}
		s.pos += 2
		switch c := s.data[s.pos-1]; c {
		case '"', '\\', '/':
			out = append(out, c)
		case 'b':
			out = append(out, '\b')
		case 'f':
			out = append(out, '\f')
		case 'n':
			out = append(out, '\n')
		case 'r':
			out = append(out, '\r')
		case 't':
			out = append(out, '\t')
		case 'u':
			r, ok := s.hex4()
			if ok && utf16.IsSurrogate(r) {
				if s.pos+1 < len(s.data) && s.data[s.pos] == '\\' && s.data[s.pos+1] == 'u' {
					s.pos += 2
					var low rune
					low, ok = s.hex4()
					r = utf16.DecodeRune(r, low)
				} else {
					r = utf8.RuneError
				}
				ok = ok && r != utf8.RuneError
			}
			if !ok {
				return nil, s.fail("a wrong \\u escape")
			}
			out = utf8.AppendRune(out, r)
		default:
			return nil, s.fail("an unknown escape")
		}
	}
	return nil, s.fail("a string without end")
}

func (s *scanner) hex4() (rune, bool) {
	if len(s.data)-s.pos < 4 {
		return 0, false
	}
	n, err := strconv.ParseUint(string(s.data[s.pos:s.pos+4]), 16, 16)
	s.pos += 4
	return rune(n), err == nil
}

// number reads a number as it is written.
func (s *scanner) number() ([]byte, error) {
	start := s.pos
	digits := func() bool {
		from := s.pos
		for s.pos < len(s.data) && s.data[s.pos]-'0' <= 9 {
			s.pos++
		}
		return s.pos > from
	}
	at := func(set string) bool {
		if s.pos < len(s.data) {
			for i := range len(set) {
				if s.data[s.pos] == set[i] {
					s.pos++
					return true
				}
			}
		}
		return false
	}
	at("-")
	if !at("0") && !digits() {
		return nil, s.fail("something that is no value")
	}
	if at(".") && !digits() {
		return nil, s.fail("a number that ends in a point")
	}
	if at("eE") {
		at("+-")
		if !digits() {
			return nil, s.fail("a number without exponent")
		}
	}
	return s.data[start:s.pos], nil
}

// skip reads one value of any kind and forgets it.
func (s *scanner) skip() error {
	switch c := s.peek(); {
	case c == '{':
		return s.object(func([]byte) error { return s.skip() })
	case c == '[':
		return s.array(func(int) error { return s.skip() })
	case c == '"':
		_, err := s.str()
		return err
	case s.literal("null") || s.literal("true") || s.literal("false"):
		return nil
	}
	_, err := s.number()
	return err
}

// object reads an object, calling member for each with the scanner before its
// value.
func (s *scanner) object(member func(name []byte) error) error {
	if err := s.enter(); err != nil {
		return err
	}
	for n := 0; s.peek() != '}'; n++ {
		if n > 0 && !s.take(',') {
			return s.fail("no comma or brace")
		}
		if s.peek() != '"' {
			return s.fail("no member name")
		}
		name, err := s.str()
		if err != nil {
			return err
		}
		if !s.take(':') {
			return s.fail("no colon")
		}
		if err := member(name); err != nil {
			return err
		}
	}
	s.leave()
	return nil
}

// array reads a list, calling element for each with the scanner before it.
func (s *scanner) array(element func(i int) error) error {
	if err := s.enter(); err != nil {
		return err
	}
	for n := 0; s.peek() != ']'; n++ {
		if n > 0 && !s.take(',') {
			return s.fail("no comma or bracket")
		}
		if err := element(n); err != nil {
			return err
		}
	}
	s.leave()
	return nil
}
