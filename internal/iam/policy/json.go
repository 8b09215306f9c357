package policy

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// node is a JSON value that remembers the order of its members. encoding/json
// keeps the last of two members of one name, which would let a document read
// differently here and in a review; node refuses it.
type node struct {
	place   string
	text    string // string, number or bool, as text
	kind    byte   // 's' string, 'n' number, 'b' bool, '0' null, '[' list, '{' object
	items   []node // of a list
	names   []string
	members []node // of an object
	start   int    // where a string, list or object begins and ends in the text
	end     int
}

const maxDepth = 8

func readJSON(src string) (node, error) {
	if !utf8.ValidString(src) {
		return node{}, &SyntaxError{"", "the document is not valid UTF-8"}
	}
	dec := reader{json.NewDecoder(strings.NewReader(src)), src}
	dec.UseNumber()
	n, err := dec.node("", 0)
	if err != nil {
		return node{}, err
	}
	if _, err := dec.Token(); err != io.EOF {
		return node{}, &SyntaxError{"", "there is something after the end of the document"}
	}
	return n, nil
}

type reader struct {
	*json.Decoder
	src string
}

func (dec reader) node(place string, depth int) (node, error) {
	if depth > maxDepth {
		return node{}, &SyntaxError{place, "nested too deep"}
	}
	before := int(dec.InputOffset())
	tok, err := dec.Token()
	if err != nil {
		return node{}, &SyntaxError{place, fmt.Sprintf("not valid JSON at byte %d", dec.InputOffset())}
	}
	n := node{place: place}
	switch t := tok.(type) {
	case string:
		n.kind, n.text = 's', t
		n.start = before + strings.IndexByte(dec.src[before:], '"')
		n.end = int(dec.InputOffset())
	case json.Number:
		n.kind, n.text = 'n', t.String()
	case bool:
		n.kind, n.text = 'b', fmt.Sprint(t)
	case nil:
		n.kind = '0'
	case json.Delim:
		n.kind, n.start = byte(t), int(dec.InputOffset())-1
		for i := 0; dec.More(); i++ {
			inner := fmt.Sprintf("%s[%d]", place, i)
			if t == '{' {
				name, err := dec.Token()
				if err != nil {
					return node{}, &SyntaxError{place, fmt.Sprintf("not valid JSON at byte %d", dec.InputOffset())}
				}
				inner = join(place, name.(string))
				for _, seen := range n.names {
					if seen == name {
						return node{}, &SyntaxError{inner, "given twice"}
					}
				}
				n.names = append(n.names, name.(string))
			}
			item, err := dec.node(inner, depth+1)
			if err != nil {
				return node{}, err
			}
			if t == '{' {
				n.members = append(n.members, item)
			} else {
				n.items = append(n.items, item)
			}
		}
		if _, err := dec.Token(); err != nil {
			return node{}, &SyntaxError{place, fmt.Sprintf("not valid JSON at byte %d", dec.InputOffset())}
		}
		n.end = int(dec.InputOffset())
	}
	return n, nil
}

// position turns an offset into a line and a column of characters.
func position(src string, offset int) Position {
	before := src[:offset]
	line := strings.LastIndexByte(before, '\n') + 1
	return Position{strings.Count(before, "\n") + 1, utf8.RuneCountInString(before[line:]) + 1}
}

func join(place, name string) string {
	if place == "" {
		return name
	}
	return place + "." + name
}

func (n node) fault(format string, args ...any) error {
	return &SyntaxError{n.place, fmt.Sprintf(format, args...)}
}

// strings takes a string or a list of strings.
func (n node) strings() ([]string, error) {
	switch n.kind {
	case 's':
		return []string{n.text}, nil
	case '[':
		out := make([]string, 0, len(n.items))
		for _, item := range n.items {
			if item.kind != 's' {
				return nil, item.fault("must be a string")
			}
			out = append(out, item.text)
		}
		return out, nil
	}
	return nil, n.fault("must be a string or a list of strings")
}

// scalars takes what strings takes, and numbers and booleans too, as the
// values of conditions may be written.
func (n node) scalars() ([]node, error) {
	switch n.kind {
	case 's', 'n', 'b':
		return []node{n}, nil
	case '[':
		for _, item := range n.items {
			if item.kind != 's' && item.kind != 'n' && item.kind != 'b' {
				return nil, item.fault("must be a string, a number or a boolean")
			}
		}
		return n.items, nil
	}
	return nil, n.fault("must be a value or a list of values")
}
