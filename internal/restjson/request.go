package restjson

import (
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/quoinhq/quoin/finspace/schema"
)

// Bind makes an operation's input of the parts of a request: the values of the
// path's labels in the order of the template, still percent-encoded; the raw
// query string; and the body. Query keys and JSON members that the schema does
// not know are ignored, and a body where the operation takes none. Nothing is
// checked against the schema's limits here. Its errors are of type [*Error].
func (o *Operation) Bind(labels []string, query string, body []byte) (any, error) {
	in := o.NewInput()
	v := reflect.ValueOf(in).Elem()
	for _, seg := range o.path {
		if seg.field == nil {
			continue
		}
		text, err := url.PathUnescape(labels[0])
		if err != nil || !utf8.ValidString(text) {
			return nil, inMember(seg.field.Name, wrong("is not encoded correctly in the path"))
		}
		labels = labels[1:]
		if err := seg.field.value.decodeText(text, v.Field(seg.field.index)); err != nil {
			return nil, inMember(seg.field.Name, err)
		}
	}
	if err := o.in.bindQuery(query, v); err != nil {
		return nil, err
	}
	if len(o.in.order) > 0 {
		if err := decodeDocument(&scanner{data: body}, o.in.body, v); err != nil {
			if e := err.(*Error); e.Path == "" {
				e.Path = "request body"
			}
			return nil, err
		}
	}
	return in, nil
}

func (s *structure) bindQuery(query string, v reflect.Value) error {
	for query != "" {
		var pair string
		pair, query, _ = strings.Cut(query, "&")
		name, text, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(name)
		if err != nil {
			return wrong("query string is not encoded correctly")
		}
		f := s.query[name]
		if f == nil {
			continue
		}
		if text, err = url.QueryUnescape(text); err != nil || !utf8.ValidString(text) {
			return inMember(f.Name, wrong("is not encoded correctly in the query string"))
		}
		fv := v.Field(f.index)
		if f.Shape.Kind == schema.List {
			n := fv.Len()
			fv.Set(reflect.Append(fv, reflect.Zero(f.value.elemType)))
			err = f.value.elem.decodeText(text, fv.Index(n))
		} else if !absent(fv) {
			err = wrong("is given twice in the query string")
		} else {
			err = f.value.decodeText(text, fv)
		}
		if err != nil {
			return inMember(f.Name, err)
		}
	}
	return nil
}

// decodeText reads a scalar from a path or query string.
func (c *value) decodeText(text string, v reflect.Value) error {
	if v.Kind() == reflect.Pointer {
		p := reflect.New(v.Type().Elem())
		v.Set(p)
		v = p.Elem()
	}
	switch c.shape.Kind {
	case schema.String:
		return c.setString(v, text)
	case schema.Boolean:
		if text != "true" && text != "false" {
			return wrong("must be true or false")
		}
		v.SetBool(text == "true")
		return nil
	case schema.Timestamp:
		t, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			return wrong("is no time")
		}
		v.Set(reflect.ValueOf(t.UTC()))
		return nil
	case schema.Double:
		if f, ok := notNumbers[text]; ok {
			v.SetFloat(f)
			return nil
		}
		return c.setNumber(v, text)
	}
	return c.setNumber(v, text)
}

// HasBody reports whether requests of the operation carry a JSON document.
func (o *Operation) HasBody() bool { return len(o.in.order) > 0 }

// Target returns the percent-encoded path and query of a request. A path
// member that is absent or empty is an [*Error], since the path would then be
// another operation's.
func (o *Operation) Target(in any) (path, query string, err error) {
	v := reflect.ValueOf(in).Elem()
	var b []byte
	for _, seg := range o.path {
		b = append(b, '/')
		if seg.field == nil {
			b = append(b, seg.literal...)
			continue
		}
		fv := v.Field(seg.field.index)
		if absent(fv) || (fv.Kind() == reflect.Pointer && fv.Elem().Kind() == reflect.String && fv.Elem().Len() == 0) {
			return "", "", inMember(seg.field.Name, wrong("is required"))
		}
		b = appendEscaped(b, seg.field.value.text(fv))
	}
	path = string(b)

	b = b[:0]
	add := func(name, text string) {
		if len(b) > 0 {
			b = append(b, '&')
		}
		b = appendEscaped(b, name)
		b = append(b, '=')
		b = appendEscaped(b, text)
	}
	for i := range o.in.fields {
		f := &o.in.fields[i]
		fv := v.Field(f.index)
		if f.In != schema.Query || absent(fv) {
			continue
		}
		if f.Shape.Kind == schema.List {
			for j := range fv.Len() {
				add(f.Name, f.value.elem.text(fv.Index(j)))
			}
			continue
		}
		add(f.Name, f.value.text(fv))
	}
	return path, string(b), nil
}

// text writes a scalar for a path or query string.
func (c *value) text(v reflect.Value) string {
	if c.shape.Kind == schema.Timestamp {
		return timeOf(v).UTC().Format(time.RFC3339)
	}
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	switch c.shape.Kind {
	case schema.String:
		return v.String()
	case schema.Boolean:
		return strconv.FormatBool(v.Bool())
	case schema.Integer, schema.Long:
		return strconv.FormatInt(v.Int(), 10)
	}
	return strings.Trim(string(appendDouble(nil, v.Float())), `"`)
}

// template cuts a path template into its segments.
func (s *structure) template(uri string) []segment {
	var out []segment
	for part := range strings.SplitSeq(strings.TrimPrefix(uri, "/"), "/") {
		seg := segment{literal: part}
		if strings.HasPrefix(part, "{") {
			name := strings.Trim(part, "{}")
			for i := range s.fields {
				if s.fields[i].Name == name {
					seg.field = &s.fields[i]
				}
			}
			if seg.field == nil {
				panic("restjson: " + uri + " has a label without a member")
			}
		}
		out = append(out, seg)
	}
	return out
}

// appendEscaped percent-encodes all but RFC 3986's unreserved characters, as
// signatures demand.
func appendEscaped(b []byte, s string) []byte {
	const upper = "0123456789ABCDEF"
	for i := range len(s) {
		c := s[i]
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '.' || c == '_' || c == '~' {
			b = append(b, c)
		} else {
			b = append(b, '%', upper[c>>4], upper[c&15])
		}
	}
	return b
}
