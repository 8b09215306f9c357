package restjson

import (
	"encoding/base64"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/quoinhq/quoin/finspace/schema"
)

// AppendInput appends the JSON document of an input's body members. Members
// that are absent are left out; map entries are in the order of their keys, so
// that equal inputs give equal bytes.
func (o *Operation) AppendInput(b []byte, in any) []byte {
	return o.in.append(b, reflect.ValueOf(in).Elem())
}

// AppendOutput appends the JSON document of an output.
func (o *Operation) AppendOutput(b []byte, out any) []byte {
	return o.out.append(b, reflect.ValueOf(out).Elem())
}

func (s *structure) append(b []byte, v reflect.Value) []byte {
	b = append(b, '{')
	first := true
	for _, f := range s.order {
		fv := v.Field(f.index)
		if absent(fv) {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = append(b, f.key...)
		b = f.value.append(b, fv)
	}
	return append(b, '}')
}

func (c *value) append(b []byte, v reflect.Value) []byte {
	switch c.shape.Kind {
	case schema.Timestamp:
		return appendEpoch(b, timeOf(v))
	case schema.Blob:
		b = append(b, '"')
		b = base64.StdEncoding.AppendEncode(b, v.Bytes())
		return append(b, '"')
	case schema.List:
		b = append(b, '[')
		for i := range v.Len() {
			if i > 0 {
				b = append(b, ',')
			}
			b = c.elem.append(b, v.Index(i))
		}
		return append(b, ']')
	case schema.Map:
		return c.appendMap(b, v)
	}
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	switch c.shape.Kind {
	case schema.Structure:
		return c.structure.append(b, v)
	case schema.String:
		return appendString(b, v.String())
	case schema.Integer, schema.Long:
		return strconv.AppendInt(b, v.Int(), 10)
	case schema.Double:
		return appendDouble(b, v.Float())
	case schema.Boolean:
		return strconv.AppendBool(b, v.Bool())
	}
	panic("restjson: no codec for " + c.shape.Name)
}

func (c *value) appendMap(b []byte, v reflect.Value) []byte {
	b = append(b, '{')
	if m, ok := v.Interface().(map[string]string); ok {
		for i, k := range slices.Sorted(maps.Keys(m)) {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendString(b, k)
			b = append(b, ':')
			b = appendString(b, m[k])
		}
		return append(b, '}')
	}
	keys := v.MapKeys()
	slices.SortFunc(keys, func(x, y reflect.Value) int {
		if x.String() < y.String() {
			return -1
		}
		return 1
	})
	for i, k := range keys {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(b, k.String())
		b = append(b, ':')
		b = c.elem.append(b, v.MapIndex(k))
	}
	return append(b, '}')
}

// timeOf takes the time out of a field or an element. A pointer is taken as it
// is, since an interface of the time itself would have to be allocated.
func timeOf(v reflect.Value) time.Time {
	if v.Kind() == reflect.Pointer {
		return *v.Interface().(*time.Time)
	}
	return v.Interface().(time.Time)
}

// appendEpoch writes seconds since 1970 with as many of three decimals as the
// time has. SDKs read no finer.
func appendEpoch(b []byte, t time.Time) []byte {
	ms := t.UnixMilli()
	if ms < 0 {
		b = append(b, '-')
		ms = -ms
	}
	b = strconv.AppendInt(b, ms/1000, 10)
	if frac := ms % 1000; frac != 0 {
		b = append(b, '.', byte('0'+frac/100), byte('0'+frac/10%10), byte('0'+frac%10))
		for b[len(b)-1] == '0' {
			b = b[:len(b)-1]
		}
	}
	return b
}

// appendDouble writes a number as JavaScript does, and what JSON has no number
// for as restJson1's strings.
func appendDouble(b []byte, f float64) []byte {
	switch {
	case math.IsNaN(f):
		return append(b, `"NaN"`...)
	case math.IsInf(f, 1):
		return append(b, `"Infinity"`...)
	case math.IsInf(f, -1):
		return append(b, `"-Infinity"`...)
	}
	if a := math.Abs(f); a != 0 && (a < 1e-6 || a >= 1e21) {
		return strconv.AppendFloat(b, f, 'e', -1, 64)
	}
	return strconv.AppendFloat(b, f, 'f', -1, 64)
}

const hex = "0123456789abcdef"

// appendString writes a JSON string. Bytes that are no UTF-8 become U+FFFD.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && n == 1 {
				b = append(b, s[start:i]...)
				b = append(b, "\ufffd"...)
				i++
				start = i
				continue
			}
			i += n
			continue
		}
		b = append(b, s[start:i]...)
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, '\\', 'n')
		case '\r':
			b = append(b, '\\', 'r')
		case '\t':
			b = append(b, '\\', 't')
		default:
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
		i++
		start = i
	}
	b = append(b, s[start:]...)
	return append(b, '"')
}

// AppendString appends s as a JSON string.
func AppendString(b []byte, s string) []byte { return appendString(b, s) }
