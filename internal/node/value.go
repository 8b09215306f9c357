package node

import (
	"errors"
	"reflect"
	"strings"
	"time"
	"unicode"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/kdb"
)

// The service's functions made q values of JSON: strings are lists of
// characters, numbers floats, times floats too (seconds since 1970), objects
// dictionaries, and arrays of like objects tables.
// Source: recorded output in aws-samples, debugging.ipynb of basic_tick_V3.

// naming turns the name of a member in Go into a key.
type naming func(string) string

// camel is the wire's: dataviewName.
func camel(name string) string { return strings.ToLower(name[:1]) + name[1:] }

// snake is that of the q functions: dataview_name.
func snake(name string) string {
	var b strings.Builder
	for i, r := range name {
		if unicode.IsUpper(r) {
			if i > 0 {
				b.WriteByte('_')
			}
			r = unicode.ToLower(r)
		}
		b.WriteRune(r)
	}
	return b.String()
}

// toQ makes a q value of a shape of the API. Members that are absent are left
// out.
func toQ(x any, name naming) kdb.Value { return fromGo(reflect.ValueOf(x), name) }

func fromGo(v reflect.Value, name naming) kdb.Value {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return kdb.Nil
		}
		return fromGo(v.Elem(), name)
	case reflect.String:
		return kdb.Str(v.String())
	case reflect.Bool:
		return kdb.Bool(v.Bool())
	case reflect.Int, reflect.Int32, reflect.Int64:
		return kdb.Float(v.Int())
	case reflect.Float64, reflect.Float32:
		return kdb.Float(v.Float())
	case reflect.Slice:
		items := make([]kdb.Value, v.Len())
		for i := range items {
			items[i] = fromGo(v.Index(i), name)
		}
		return tableOf(items)
	case reflect.Struct:
		if t, ok := v.Interface().(time.Time); ok {
			return seconds(t)
		}
		return dictOf(v, name)
	}
	return kdb.Nil
}

func seconds(t time.Time) kdb.Float { return kdb.Float(float64(t.UnixMilli()) / 1e3) }

func dictOf(v reflect.Value, name naming) kdb.Value {
	var keys []string
	var values []kdb.Value
	for i := range v.NumField() {
		f := v.Field(i)
		switch f.Kind() {
		case reflect.Pointer, reflect.Slice:
			if f.IsNil() {
				continue
			}
		case reflect.String:
			if f.Len() == 0 {
				continue
			}
		}
		if !v.Type().Field(i).IsExported() {
			continue
		}
		keys = append(keys, name(v.Type().Field(i).Name))
		values = append(values, fromGo(f, name))
	}
	return dictionary(keys, values)
}

func dictionary(keys []string, values []kdb.Value) kdb.Value {
	return kdb.NewDict(kdb.Syms(keys...), kdb.NewList(values...))
}

// tableOf is a table where all items are dictionaries of the same keys, as q
// itself would have it.
func tableOf(items []kdb.Value) kdb.Value {
	if len(items) == 0 {
		return kdb.NewList()
	}
	first, ok := items[0].(*kdb.Dict)
	if !ok {
		return kdb.NewList(items...)
	}
	names := symbols(first.K)
	cols := make([][]kdb.Value, len(names))
	for _, item := range items {
		d, ok := item.(*kdb.Dict)
		if !ok || !sameNames(names, symbols(d.K)) {
			return kdb.NewList(items...)
		}
		for j := range names {
			cols[j] = append(cols[j], kdb.Item(d.V, j))
		}
	}
	return table(names, cols)
}

// table makes a table of columns of values.
func table(names []string, cols [][]kdb.Value) kdb.Value {
	syms := make([]kdb.Symbol, len(names))
	vecs := make([]kdb.Value, len(names))
	for j, n := range names {
		syms[j], vecs[j] = kdb.Sym(n), kdb.NewList()
		if j < len(cols) {
			vecs[j] = kdb.Collapse(cols[j])
		}
	}
	return kdb.NewTable(syms, vecs)
}

func symbols(v kdb.Value) []string {
	s, ok := v.(*kdb.Symbols)
	if !ok {
		return nil
	}
	out := make([]string, s.Len())
	for i := range out {
		out[i] = s.V[i].String()
	}
	return out
}

func sameNames(a, b []string) bool { return strings.Join(a, "\x00") == strings.Join(b, "\x00") }

// failure is what a function of the service returned when it failed.
// Source: DataIntellectTech/TorQ, code/common/finspace.q.
func failure(err error) kdb.Value {
	code, message := "InternalServerException", "The call could not be made."
	var e finspace.Error
	if errors.As(err, &e) {
		code, message = e.ErrorCode(), e.ErrorMessage()
	}
	return dictionary([]string{"finspace_error_code", "message"}, []kdb.Value{kdb.Str(code), kdb.Str(message)})
}

// member reads one member of a dictionary or row under any of its names.
func member(v kdb.Value, names ...string) kdb.Value {
	d, ok := v.(*kdb.Dict)
	if !ok {
		return kdb.Nil
	}
	for i, k := range symbols(d.K) {
		for _, n := range names {
			if k == n {
				return kdb.Item(d.V, i)
			}
		}
	}
	return kdb.Nil
}

// rows are the items of a table or of a list of dictionaries; a dictionary is
// one.
func rows(v kdb.Value) []kdb.Value {
	switch x := v.(type) {
	case *kdb.Dict:
		if k, val, ok := kdb.IsKeyed(x); ok {
			_ = k
			return rows(val)
		}
		return []kdb.Value{x}
	case *kdb.Table, *kdb.List:
		out := make([]kdb.Value, 0, v.Len())
		for i := range v.Len() {
			if d, ok := kdb.Item(v, i).(*kdb.Dict); ok {
				out = append(out, d)
			}
		}
		return out
	}
	return nil
}

// str is the text of a string or symbol, "" of anything else.
func str(v kdb.Value) string {
	s, _ := kdb.Text(v)
	if c, ok := v.(kdb.Char); ok {
		return string(rune(c))
	}
	return s
}

// strs are the texts of a list of strings, of symbols, or of one string.
func strs(v kdb.Value) []string {
	if v == nil || v == kdb.Nil {
		return nil
	}
	switch v.(type) {
	case *kdb.Chars, kdb.Char, kdb.Symbol:
		if s := str(v); s != "" {
			return []string{s}
		}
		return nil
	}
	var out []string
	for i := range v.Len() {
		out = append(out, str(kdb.Item(v, i)))
	}
	return out
}
