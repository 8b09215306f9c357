package call

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/quoinhq/quoin/finspace/schema"
)

// text returns an argument, or the file that it names as file://PATH.
func (t *Tool) text(arg string) (string, error) {
	name, ok := strings.CutPrefix(arg, "file://")
	if !ok {
		return arg, nil
	}
	data, err := t.ReadFile(name)
	if err != nil {
		return "", misused("%v", err)
	}
	return strings.TrimSuffix(string(data), "\n"), nil
}

// fragment makes JSON of what was given for a member. Lists, maps and
// structures can be given as JSON, or in the AWS CLI's short forms: a list as
// several values, a map or structure as key=value,key=value.
func (t *Tool) fragment(s *schema.Shape, args []string) (json.RawMessage, error) {
	values := make([]string, len(args))
	for i, arg := range args {
		var err error
		if values[i], err = t.text(arg); err != nil {
			return nil, err
		}
	}
	if len(values) == 1 {
		if doc := strings.TrimSpace(values[0]); isDocument(s, doc) {
			if !json.Valid([]byte(doc)) {
				return nil, fmt.Errorf("is not valid JSON")
			}
			return json.RawMessage(doc), nil
		}
	}
	switch s.Kind {
	case schema.List:
		parts := make([]json.RawMessage, len(values))
		for i, v := range values {
			var err error
			if parts[i], err = t.fragment(s.Elem, []string{v}); err != nil {
				return nil, err
			}
		}
		return json.Marshal(parts)
	case schema.Map, schema.Structure:
		return t.pairs(s, values)
	}
	return scalar(s, values[0])
}

// isDocument reports whether the text for a list, map or structure is JSON.
func isDocument(s *schema.Shape, text string) bool {
	switch s.Kind {
	case schema.List:
		return strings.HasPrefix(text, "[")
	case schema.Map, schema.Structure:
		return strings.HasPrefix(text, "{")
	}
	return false
}

// pairs reads the short form of a map or structure.
func (t *Tool) pairs(s *schema.Shape, values []string) (json.RawMessage, error) {
	doc := make(map[string]json.RawMessage)
	for _, v := range values {
		for pair := range strings.SplitSeq(v, ",") {
			name, value, ok := strings.Cut(pair, "=")
			if !ok {
				return nil, fmt.Errorf("%q is not key=value; give JSON for what the short form cannot say", pair)
			}
			elem := s.Elem
			if s.Kind == schema.Structure {
				m := s.Member(name)
				if m == nil {
					return nil, fmt.Errorf("%q is not one of its members: %s", name, memberNames(s))
				}
				elem = m.Shape
			}
			if doc[name] != nil {
				return nil, fmt.Errorf("%q is given twice", name)
			}
			var err error
			if doc[name], err = t.fragment(elem, []string{value}); err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	return json.Marshal(doc)
}

func memberNames(s *schema.Shape) string {
	var names []string
	for i := range s.Members {
		names = append(names, s.Members[i].Name)
	}
	return strings.Join(names, ", ")
}

func scalar(s *schema.Shape, text string) (json.RawMessage, error) {
	switch s.Kind {
	case schema.Integer, schema.Long, schema.Double:
		if _, err := json.Number(text).Float64(); err != nil || !json.Valid([]byte(text)) {
			return nil, fmt.Errorf("%q is not a number", text)
		}
		return json.RawMessage(text), nil
	case schema.Boolean:
		if text != "true" && text != "false" {
			return nil, fmt.Errorf("%q is neither true nor false", text)
		}
		return json.RawMessage(text), nil
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(text); err != nil {
		return nil, err
	}
	return bytes.TrimSpace(b.Bytes()), nil
}
