package restjson

import (
	"encoding/base64"
	"math"
	"net/http"
	"reflect"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/quoinhq/quoin/finspace/schema"
)

// DecodeOutput reads the JSON document of an output. Members that the schema
// does not know are skipped; an empty document is an empty output. Its errors
// are of type [*Error].
func (o *Operation) DecodeOutput(doc []byte) (any, error) {
	out := o.NewOutput()
	if err := decodeDocument(&scanner{data: doc}, o.out.body, reflect.ValueOf(out).Elem()); err != nil {
		return nil, err
	}
	return out, nil
}

// DecodeInput reads an input from one JSON document with all its members,
// those of path and query too: what a person writes. A member that the schema
// does not know is an error. Its errors are of type [*Error].
func (o *Operation) DecodeInput(doc []byte) (any, error) {
	in := o.NewInput()
	if err := decodeDocument(&scanner{data: doc, strict: true}, o.in.all, reflect.ValueOf(in).Elem()); err != nil {
		return nil, err
	}
	return in, nil
}

// decodeDocument reads one JSON object with some of a structure's members,
// and nothing after it.
func decodeDocument(d *scanner, members map[string]*field, v reflect.Value) error {
	if !utf8.Valid(d.data) {
		return wrong("is not valid UTF-8")
	}
	if d.peek() == 0 && d.pos == len(d.data) {
		return nil
	}
	if d.peek() != '{' {
		return wrong("is not a JSON object")
	}
	if err := decodeMembers(d, members, v); err != nil {
		return err
	}
	if d.peek(); d.pos < len(d.data) {
		return d.fail("more after the end")
	}
	return nil
}

func (s *structure) decode(d *scanner, v reflect.Value) error {
	if d.peek() != '{' {
		return wrong("must be an object")
	}
	return decodeMembers(d, s.body, v)
}

func decodeMembers(d *scanner, members map[string]*field, v reflect.Value) error {
	return d.object(func(name []byte) error {
		f := members[string(name)]
		if f == nil {
			if d.strict {
				return inMember(quoted(string(name)), wrong("is not known here"))
			}
			return d.skip()
		}
		if d.peek() == 'n' && d.literal("null") {
			return nil // null and absent are the same
		}
		fv := v.Field(f.index)
		if !absent(fv) {
			return inMember(f.Name, wrong("is given twice"))
		}
		if err := f.value.decode(d, fv); err != nil {
			return inMember(f.Name, err)
		}
		return nil
	})
}

// decode reads a value into a field or an element.
func (c *value) decode(d *scanner, v reflect.Value) error {
	next := d.peek()
	switch c.shape.Kind {
	case schema.List:
		return c.decodeList(d, v)
	case schema.Map:
		return c.decodeMap(d, v)
	case schema.Blob:
		if next != '"' {
			return wrong("must be a string in base64")
		}
		text, err := d.str()
		if err != nil {
			return err
		}
		data, err := base64.StdEncoding.AppendDecode([]byte{}, text)
		if err != nil {
			return wrong("is not valid base64")
		}
		v.SetBytes(data)
		return nil
	}
	if v.Kind() == reflect.Pointer {
		p := reflect.New(v.Type().Elem())
		v.Set(p)
		v = p.Elem()
	}
	switch c.shape.Kind {
	case schema.Structure:
		return c.structure.decode(d, v)
	case schema.String:
		if next != '"' {
			return wrong("must be a string")
		}
		text, err := d.str()
		if err != nil {
			return err
		}
		return c.setString(v, string(text))
	case schema.Boolean:
		switch {
		case d.literal("true"):
			v.SetBool(true)
		case !d.literal("false"):
			return wrong("must be true or false")
		}
		return nil
	case schema.Timestamp:
		t, err := d.timestamp()
		if err != nil {
			return err
		}
		v.Set(reflect.ValueOf(t))
		return nil
	}
	if next == '"' && c.shape.Kind == schema.Double {
		text, err := d.str()
		if err != nil {
			return err
		}
		f, ok := notNumbers[string(text)]
		if !ok {
			return wrong("must be a number")
		}
		v.SetFloat(f)
		return nil
	}
	if next != '-' && (next < '0' || next > '9') {
		return wrong("must be a number")
	}
	text, err := d.number()
	if err != nil {
		return err
	}
	return c.setNumber(v, string(text))
}

var notNumbers = map[string]float64{"NaN": math.NaN(), "Infinity": math.Inf(1), "-Infinity": math.Inf(-1)}

// setString stores a string. An enum that is empty would look absent, so it is
// refused here.
func (c *value) setString(v reflect.Value, s string) error {
	if s == "" && len(c.shape.Enum) > 0 {
		return wrong("must not be empty")
	}
	v.SetString(s)
	return nil
}

func (c *value) setNumber(v reflect.Value, text string) error {
	switch c.shape.Kind {
	case schema.Integer, schema.Long:
		bits := 32
		if c.shape.Kind == schema.Long {
			bits = 64
		}
		n, err := strconv.ParseInt(text, 10, bits)
		if err != nil {
			return wrong("must be an integer of " + strconv.Itoa(bits) + " bits")
		}
		v.SetInt(n)
	default:
		f, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return wrong("must be a number of double precision")
		}
		v.SetFloat(f)
	}
	return nil
}

func (c *value) decodeList(d *scanner, v reflect.Value) error {
	if d.peek() != '[' {
		return wrong("must be a list")
	}
	list := reflect.MakeSlice(v.Type(), 0, 4)
	err := d.array(func(i int) error {
		if d.literal("null") {
			return inElement(i, wrong("must not be null"))
		}
		list = reflect.Append(list, reflect.Zero(c.elemType))
		if err := c.elem.decode(d, list.Index(i)); err != nil {
			return inElement(i, err)
		}
		return nil
	})
	v.Set(list)
	return err
}

func (c *value) decodeMap(d *scanner, v reflect.Value) error {
	if d.peek() != '{' {
		return wrong("must be an object")
	}
	m := reflect.MakeMap(v.Type())
	err := d.object(func(name []byte) error {
		key := string(name)
		if d.literal("null") {
			return inMember(quoted(key), wrong("must not be null"))
		}
		k, e := reflect.ValueOf(key), reflect.New(c.elemType).Elem()
		if m.MapIndex(k).IsValid() {
			return inMember(quoted(key), wrong("is given twice"))
		}
		if err := c.elem.decode(d, e); err != nil {
			return inMember(quoted(key), err)
		}
		m.SetMapIndex(k, e)
		return nil
	})
	v.Set(m)
	return err
}

// quoted makes a key from a request fit for an error text.
func quoted(key string) string {
	if len(key) > 64 {
		key = key[:64] + "…"
	}
	return strconv.QuoteToASCII(key)
}

// timestamp reads seconds since 1970 as a number, or, as other servers of the
// protocol may send, a date in RFC 3339 or HTTP form as a string.
func (s *scanner) timestamp() (time.Time, error) {
	if s.peek() == '"' {
		text, err := s.str()
		if err != nil {
			return time.Time{}, err
		}
		if t, err := time.Parse(time.RFC3339Nano, string(text)); err == nil {
			return t.UTC(), nil
		}
		if t, err := http.ParseTime(string(text)); err == nil {
			return t.UTC(), nil
		}
		return time.Time{}, wrong("is no time")
	}
	text, err := s.number()
	if err != nil {
		return time.Time{}, wrong("must be a number of seconds")
	}
	return epoch(string(text))
}

// epoch reads seconds since 1970, to the millisecond.
func epoch(text string) (time.Time, error) {
	f, err := strconv.ParseFloat(text, 64)
	const year9999 = 253402300800
	if err != nil || math.Abs(f) >= year9999 {
		return time.Time{}, wrong("is no time")
	}
	return time.UnixMilli(int64(math.Round(f * 1000))).UTC(), nil
}
