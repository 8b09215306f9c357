package eval

import (
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q/prim"
)

// json appends a value as .j.j writes it: a table as one object a row, strings
// and symbols as strings, nulls of numbers as null, temporal values in ISO form.
func json(b []byte, v kdb.Value, nullInf bool) ([]byte, error) {
	switch x := v.(type) {
	case kdb.Bool:
		return strconv.AppendBool(b, bool(x)), nil
	case kdb.Char:
		return jsonString(b, string([]byte{byte(x)})), nil
	case *kdb.Chars:
		return jsonString(b, text(x)), nil
	case kdb.Symbol:
		return jsonString(b, x.String()), nil
	case kdb.EnumAtom:
		if x.IsLink() {
			return json(b, x.Plain(), nullInf)
		}
		return jsonString(b, x.Sym().String()), nil
	case kdb.Float:
		return jsonFloat(b, float64(x), nullInf), nil
	case kdb.Real:
		return jsonFloat(b, float64(x), nullInf), nil
	case kdb.Unary:
		return append(b, "null"...), nil
	case *kdb.Table:
		return jsonRows(b, x, nullInf)
	case *kdb.Dict:
		return jsonDict(b, x, nullInf)
	}
	if isFunction(v) {
		return jsonString(b, kdb.Inline(v)), nil
	}
	if !isAtom(v) {
		b = append(b, '[')
		for i := range v.Len() {
			if i > 0 {
				b = append(b, ',')
			}
			x := item(v, i)
			if x == v {
				return nil, errType // not in memory: nothing has items of it
			}
			var err error
			if b, err = json(b, x, nullInf); err != nil {
				return nil, err
			}
		}
		return append(b, ']'), nil
	}
	s := string(kdb.AppendText(nil, v, 17))
	switch v.(type) {
	case kdb.Short, kdb.Int, kdb.Long:
		if s == "" {
			return append(b, "null"...), nil
		}
		return append(b, s...), nil
	}
	return jsonString(b, isoText(v, s)), nil
}

// isoText turns q's text of a temporal value into JSON's: dashes in dates, T
// before a time.
func isoText(v kdb.Value, s string) string {
	out := []byte(s)
	switch v.(type) {
	case kdb.Timestamp, kdb.Date, kdb.Datetime, kdb.Month:
		prim.ISODate(out)
	}
	return string(out)
}

func jsonFloat(b []byte, f float64, nullInf bool) []byte {
	switch {
	case math.IsNaN(f):
		return append(b, "null"...)
	case math.IsInf(f, 0) && nullInf:
		return append(b, "null"...)
	case math.IsInf(f, 1):
		return append(b, "inf"...)
	case math.IsInf(f, -1):
		return append(b, "-inf"...)
	}
	return kdb.AppendFloat(b, kdb.Float(f), 17)
}

func jsonString(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c == '\n':
			b = append(b, '\\', 'n')
		case c == '\r':
			b = append(b, '\\', 'r')
		case c == '\t':
			b = append(b, '\\', 't')
		case c < ' ':
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}

func jsonRows(b []byte, t *kdb.Table, nullInf bool) ([]byte, error) {
	b = append(b, '[')
	for i := range t.Len() {
		if i > 0 {
			b = append(b, ",\n "...)
		}
		b = append(b, '{')
		for j, name := range t.Names {
			if j > 0 {
				b = append(b, ',')
			}
			b = append(jsonString(b, name.String()), ':')
			var err error
			if b, err = json(b, item(t.Cols[j], i), nullInf); err != nil {
				return nil, err
			}
		}
		b = append(b, '}')
	}
	return append(b, ']'), nil
}

func jsonDict(b []byte, d *kdb.Dict, nullInf bool) ([]byte, error) {
	if kt, vt, ok := kdb.IsKeyed(d); ok {
		t := kdb.NewTable(append(append([]kdb.Symbol(nil), kt.Names...), vt.Names...), append(append([]kdb.Value(nil), kt.Cols...), vt.Cols...))
		return jsonRows(b, t, nullInf)
	}
	b = append(b, '{')
	for i := range d.Len() {
		if i > 0 {
			b = append(b, ',')
		}
		key := item(d.K, i)
		if s, ok := stringOf(key); ok {
			b = jsonString(b, s)
		} else {
			b = jsonString(b, isoText(key, string(kdb.AppendText(nil, key, 17))))
		}
		b = append(b, ':')
		var err error
		if b, err = json(b, item(d.V, i), nullInf); err != nil {
			return nil, err
		}
	}
	return append(b, '}'), nil
}

// jsonReader reads JSON as .j.k does: objects of one shape in an array make a
// table, numbers are floats, strings char vectors.
type jsonReader struct {
	s     string
	i     int
	depth int
}

func parseJSON(s string) (kdb.Value, error) {
	r := &jsonReader{s: s}
	v, err := r.value()
	if err != nil {
		return nil, err
	}
	if r.skip(); r.i < len(r.s) {
		return nil, r.fail()
	}
	return v, nil
}

func (r *jsonReader) fail() error { return kdb.Error("type") }

func (r *jsonReader) skip() {
	for r.i < len(r.s) && (r.s[r.i] == ' ' || r.s[r.i] == '\n' || r.s[r.i] == '\t' || r.s[r.i] == '\r') {
		r.i++
	}
}

func (r *jsonReader) take(c byte) bool {
	r.skip()
	if r.i < len(r.s) && r.s[r.i] == c {
		r.i++
		return true
	}
	return false
}

func (r *jsonReader) value() (kdb.Value, error) {
	r.skip()
	if r.i >= len(r.s) || r.depth > 1000 {
		return nil, r.fail()
	}
	r.depth++
	defer func() { r.depth-- }()
	switch c := r.s[r.i]; {
	case c == '{':
		return r.object()
	case c == '[':
		return r.array()
	case c == '"':
		s, err := r.str()
		if err != nil {
			return nil, err
		}
		return kdb.Str(s), nil
	}
	start := r.i
	for r.i < len(r.s) && !isJSONEnd(r.s[r.i]) {
		r.i++
	}
	switch w := r.s[start:r.i]; w {
	case "true":
		return kdb.Bool(true), nil
	case "false":
		return kdb.Bool(false), nil
	case "null":
		return kdb.NullFloat(), nil
	default:
		f, err := strconv.ParseFloat(w, 64)
		if err != nil && !math.IsInf(f, 0) {
			return nil, r.fail()
		}
		return kdb.Float(f), nil
	}
}

func isJSONEnd(c byte) bool {
	return c == ',' || c == ']' || c == '}' || c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == ':'
}

func (r *jsonReader) object() (kdb.Value, error) {
	r.i++
	var keys []kdb.Symbol
	var vals []kdb.Value
	if r.take('}') {
		return kdb.NewDict(&kdb.Symbols{}, kdb.NewList()), nil
	}
	for {
		r.skip()
		if r.i >= len(r.s) || r.s[r.i] != '"' {
			return nil, r.fail()
		}
		k, err := r.str()
		if err != nil {
			return nil, err
		}
		if !r.take(':') {
			return nil, r.fail()
		}
		v, err := r.value()
		if err != nil {
			return nil, err
		}
		keys, vals = append(keys, kdb.Sym(k)), append(vals, v)
		if r.take('}') {
			return kdb.NewDict(kdb.NewVec(keys), prim.Collapse(vals)), nil
		}
		if !r.take(',') {
			return nil, r.fail()
		}
	}
}

func (r *jsonReader) array() (kdb.Value, error) {
	r.i++
	if r.take(']') {
		return kdb.NewList(), nil
	}
	var vals []kdb.Value
	for {
		v, err := r.value()
		if err != nil {
			return nil, err
		}
		vals = append(vals, v)
		if r.take(']') {
			return prim.Collapse(vals), nil
		}
		if !r.take(',') {
			return nil, r.fail()
		}
	}
}

func (r *jsonReader) str() (string, error) {
	r.i++
	var b []byte
	for r.i < len(r.s) {
		c := r.s[r.i]
		r.i++
		switch c {
		case '"':
			return string(b), nil
		case '\\':
			if r.i >= len(r.s) {
				return "", r.fail()
			}
			e := r.s[r.i]
			r.i++
			switch e {
			case 'n':
				e = '\n'
			case 't':
				e = '\t'
			case 'r':
				e = '\r'
			case 'b':
				e = '\b'
			case 'f':
				e = '\f'
			case 'u':
				if r.i+4 > len(r.s) {
					return "", r.fail()
				}
				n, err := strconv.ParseUint(r.s[r.i:r.i+4], 16, 32)
				if err != nil {
					return "", r.fail()
				}
				r.i += 4
				b = utf8.AppendRune(b, rune(n))
				continue
			}
			b = append(b, e)
		default:
			b = append(b, c)
		}
	}
	return "", r.fail()
}
