package eval

import (
	"bytes"
	"encoding/binary"
	"math"
	"strings"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q/prim"
)

// delimited is Prepare Text: a table or list of columns as lines of text.
func (th *thread) delimited(sep byte, y kdb.Value) (kdb.Value, error) {
	var cols []kdb.Value
	var out []kdb.Value
	quote := func(b []byte, s string) []byte {
		if strings.IndexByte(s, sep) < 0 && !strings.Contains(s, "\n") {
			return append(b, s...)
		}
		return append(append(append(b, '"'), strings.ReplaceAll(s, `"`, `""`)...), '"')
	}
	rows := -1
	switch v := y.(type) {
	case *kdb.Table:
		cols, rows = v.Cols, v.Len()
		var b []byte
		for i, n := range v.Names {
			if i > 0 {
				b = append(b, sep)
			}
			b = quote(b, n.String())
		}
		out = append(out, kdb.Str(string(b)))
	case *kdb.List:
		cols = v.V
		for _, c := range cols {
			if !isAtom(c) {
				rows = c.Len()
			}
		}
	case *kdb.Dict:
		return nil, errType
	default:
		return nil, errType
	}
	for _, c := range cols {
		if isAtom(c) || c.Len() != rows {
			return nil, errLength
		}
		if l, ok := c.(*kdb.List); ok {
			for _, v := range l.V {
				if v.Type() != kdb.TChar {
					return nil, errType
				}
			}
		}
	}
	for i := range rows {
		var b []byte
		for j, c := range cols {
			if j > 0 {
				b = append(b, sep)
			}
			v := item(c, i)
			if s, ok := stringOf(v); ok {
				b = quote(b, s)
			} else {
				b = quote(b, cellText(v, th.eng.conf.precision))
			}
		}
		out = append(out, kdb.Str(string(b)))
	}
	return kdb.NewList(out...), nil
}

// cellText is an atom as Prepare Text writes it: ISO 8601 for temporals.
func cellText(v kdb.Value, precision int) string {
	return isoText(v, string(kdb.AppendText(nil, v, precision)))
}

// keyValues is the Key-Value Pairs form: "S=;" 0: "a=1;b=2".
func (th *thread) keyValues(spec string, y kdb.Value) (kdb.Value, error) {
	s, ok := stringOf(y)
	if !ok || len(spec) < 3 || len(spec) > 4 {
		return nil, errType
	}
	typ, field, record := spec[0], spec[1], spec[len(spec)-1]
	quoted := len(spec) == 4 && spec[2] == '*'
	if strings.IndexByte("SIJ", typ) < 0 {
		return nil, errType
	}
	var keys, vals []kdb.Value
	for len(s) > 0 {
		i := strings.IndexByte(s, field)
		if i < 0 {
			break
		}
		keys = append(keys, kdb.Str(s[:i]))
		s = s[i+1:]
		var val string
		if quoted && strings.HasPrefix(s, `"`) {
			j := strings.IndexByte(s[1:], '"')
			if j < 0 {
				return nil, errType
			}
			val, s = s[1:j+1], s[j+2:]
			s = strings.TrimPrefix(s, string(record))
		} else if j := strings.IndexByte(s, record); j >= 0 {
			val, s = s[:j], s[j+1:]
		} else {
			val, s = s, ""
		}
		vals = append(vals, kdb.Str(val))
	}
	ks, err := th.column(typ, keys)
	if err != nil {
		return nil, err
	}
	return kdb.NewList(ks, kdb.NewList(vals...)), nil
}

// column converts strings to the type that a letter of 0: names.
func (th *thread) column(typ byte, fields []kdb.Value) (kdb.Value, error) {
	list := kdb.NewList(fields...)
	switch typ {
	case '*':
		return list, nil
	case 'C':
		out := make([]kdb.Char, len(fields))
		for i, f := range fields {
			out[i] = ' '
			if c := f.(*kdb.Chars); len(c.V) > 0 {
				out[i] = c.V[0]
			}
		}
		return kdb.NewVec(out), nil
	case 'S':
		out := make([]kdb.Symbol, len(fields))
		for i, f := range fields {
			out[i] = kdb.Sym(strings.TrimSpace(text(f.(*kdb.Chars))))
		}
		return kdb.NewVec(out), nil
	}
	cast, _ := keyword("$")
	v, err := cast.Binary(&th.env, kdb.Char(typ), list)
	if err == nil && len(fields) == 0 {
		v, err = cast.Binary(&th.env, kdb.Char(typ|0x20), kdb.NewList())
	}
	return v, err
}

// content returns the text that Load CSV and Load Fixed read.
func (th *thread) content(y kdb.Value) (b []byte, single bool, err error) {
	switch v := y.(type) {
	case *kdb.Chars:
		return []byte(text(v)), true, nil
	case *kdb.List:
		if len(v.V) > 0 {
			if _, ok := v.V[0].(kdb.Symbol); ok {
				b, err := th.section(y)
				return b, false, err
			}
		}
		var buf bytes.Buffer
		for _, l := range v.V {
			s, ok := stringOf(l)
			if !ok {
				return nil, false, errType
			}
			buf.WriteString(s)
			buf.WriteByte('\n')
		}
		return buf.Bytes(), false, nil
	case kdb.Symbol:
		name := v.String()
		if !strings.HasPrefix(name, ":") {
			v = kdb.Sym(":" + name)
		}
		b, err := th.section(v)
		return b, false, err
	}
	return nil, false, errType
}

// loadText is Load CSV for (types;delimiter) and Load Fixed for (types;widths).
func (th *thread) loadText(spec *kdb.List, y kdb.Value) (kdb.Value, error) {
	if len(spec.V) < 2 || len(spec.V) > 3 {
		return nil, errType
	}
	types, ok := stringOf(spec.V[0])
	if !ok {
		return nil, errType
	}
	b, single, err := th.content(y)
	if err != nil {
		return nil, err
	}
	var sep byte
	header := false
	switch d := spec.V[1].(type) {
	case kdb.Char:
		sep = byte(d)
	case *kdb.Chars:
		if len(d.V) != 1 {
			return nil, errType
		}
		sep, header = byte(d.V[0]), true
	default:
		return th.loadFixed(types, spec.V[1], b)
	}
	multi := false
	if len(spec.V) == 3 {
		multi, _ = isTrue(spec.V[2])
	}
	r := csvReader{b: b, sep: sep, multi: multi}
	var names []string
	if header {
		names, _ = r.record(nil)
	}
	fields := make([][]kdb.Value, len(types))
	var rec []string
	for {
		var ok bool
		if rec, ok = r.record(rec[:0]); !ok {
			break
		}
		for i := range types {
			if types[i] == ' ' {
				continue
			}
			s := ""
			if i < len(rec) {
				s = rec[i]
			}
			fields[i] = append(fields[i], kdb.Str(s))
		}
	}
	var cols []kdb.Value
	var kept []kdb.Symbol
	for i := range types {
		if types[i] == ' ' {
			continue
		}
		c, err := th.column(types[i], fields[i])
		if err != nil {
			return nil, err
		}
		if single && !header {
			c = prim.First(c)
		}
		cols = append(cols, c)
		if header && i < len(names) {
			kept = append(kept, kdb.Sym(names[i]))
		}
	}
	if header {
		if len(kept) != len(cols) {
			return nil, errLength
		}
		return kdb.NewTable(kept, cols), nil
	}
	return prim.Collapse(cols), nil
}

// csvReader splits text into records and fields.
type csvReader struct {
	b     []byte
	sep   byte
	multi bool // line ends may stand in quotes
}

func (r *csvReader) record(out []string) ([]string, bool) {
	for len(r.b) > 0 && (r.b[0] == '\n' || r.b[0] == '\r' && len(r.b) > 1 && r.b[1] == '\n') {
		r.b = r.b[1:]
	}
	if len(r.b) == 0 {
		return out, false
	}
	for {
		var f string
		var end byte
		f, end = r.field()
		out = append(out, f)
		if end != r.sep {
			return out, true
		}
	}
}

// field reads one field and the byte that ends it: the separator, a line end,
// or 0 at the end of the text.
func (r *csvReader) field() (string, byte) {
	b := r.b
	if len(b) > 0 && b[0] == '"' {
		var f []byte
		i := 1
		for i < len(b) {
			if b[i] == '"' {
				if i+1 < len(b) && b[i+1] == '"' {
					f = append(f, '"')
					i += 2
					continue
				}
				break
			}
			if b[i] == '\n' && !r.multi {
				break
			}
			f = append(f, b[i])
			i++
		}
		if i < len(b) && b[i] == '"' {
			i++
		}
		for i < len(b) && b[i] != r.sep && b[i] != '\n' {
			if b[i] != '\r' {
				f = append(f, b[i])
			}
			i++
		}
		return string(f), r.end(i)
	}
	i := 0
	for i < len(b) && b[i] != r.sep && b[i] != '\n' {
		i++
	}
	f := b[:i]
	if i < len(b) && b[i] == '\n' && i > 0 && b[i-1] == '\r' {
		f = b[:i-1]
	}
	return string(f), r.end(i)
}

func (r *csvReader) end(i int) byte {
	if i >= len(r.b) {
		r.b = nil
		return 0
	}
	c := r.b[i]
	r.b = r.b[i+1:]
	return c
}

func (th *thread) loadFixed(types string, widths kdb.Value, b []byte) (kdb.Value, error) {
	w := make([]int, widths.Len())
	total := 0
	for i := range w {
		n, ok := intOf(item(widths, i))
		if !ok || n < 0 {
			return nil, errType
		}
		w[i] = n
		total += n
	}
	if len(w) != len(types) || total == 0 {
		return nil, errLength
	}
	fields := make([][]kdb.Value, len(types))
	for len(b) >= total {
		rec := b[:total]
		b = b[total:]
		if i := bytes.IndexByte(b, '\n'); i >= 0 && i <= 1 {
			b = b[i+1:]
		}
		for i, n := range w {
			if types[i] != ' ' {
				fields[i] = append(fields[i], kdb.Str(string(rec[:n])))
			}
			rec = rec[n:]
		}
	}
	var cols []kdb.Value
	for i := range types {
		if types[i] == ' ' {
			continue
		}
		c, err := th.column(types[i], fields[i])
		if err != nil {
			return nil, err
		}
		cols = append(cols, c)
	}
	return prim.Collapse(cols), nil
}

// loadBinary is (types;widths) 1: of bytes or a file: records of fixed width,
// little endian, or big endian with widths first.
func (th *thread) loadBinary(spec *kdb.List, y kdb.Value) (kdb.Value, error) {
	types, ok := stringOf(spec.V[0])
	widths := spec.V[1]
	big := false
	if !ok {
		if types, ok = stringOf(spec.V[1]); !ok {
			return nil, errType
		}
		widths, big = spec.V[0], true
	}
	b, ok := rawText(y)
	if !ok || y.Type() == -kdb.TSymbol {
		var err error
		if b, err = th.section(y); err != nil {
			return nil, err
		}
	}
	w := make([]int, widths.Len())
	total := 0
	for i := range w {
		n, ok := intOf(item(widths, i))
		if !ok || n < 1 {
			return nil, errType
		}
		w[i] = n
		total += n
	}
	if len(w) != len(types) || total == 0 {
		return nil, errLength
	}
	cols := make([][]kdb.Value, len(types))
	for len(b) >= total {
		at := b[:total]
		b = b[total:]
		for i, n := range w {
			raw := append([]byte(nil), at[:n]...)
			at = at[n:]
			if types[i] == ' ' {
				continue
			}
			if big {
				for l, r := 0, n-1; l < r; l, r = l+1, r-1 {
					raw[l], raw[r] = raw[r], raw[l]
				}
			}
			v, err := binaryField(types[i], raw)
			if err != nil {
				return nil, err
			}
			cols[i] = append(cols[i], v)
		}
	}
	var out []kdb.Value
	for i := range cols {
		if types[i] != ' ' {
			out = append(out, prim.Collapse(cols[i]))
		}
	}
	return prim.Collapse(out), nil
}

func binaryField(typ byte, raw []byte) (kdb.Value, error) {
	if typ == '*' || typ == 's' || typ == 'S' {
		s := string(raw)
		if typ == '*' {
			return kdb.Str(s), nil
		}
		return kdb.Sym(strings.TrimRight(s, " \x00")), nil
	}
	var buf [8]byte
	if len(raw) > 8 {
		return nil, errType
	}
	copy(buf[:], raw)
	u := binary.LittleEndian.Uint64(buf[:])
	switch typ | 0x20 {
	case 'b':
		return kdb.Bool(u != 0), nil
	case 'x':
		return kdb.Byte(u), nil
	case 'h':
		return kdb.Short(u), nil
	case 'i':
		return kdb.Int(u), nil
	case 'j':
		return kdb.Long(u), nil
	case 'e':
		return kdb.Real(math.Float32frombits(uint32(u))), nil
	case 'f':
		return kdb.Float(math.Float64frombits(u)), nil
	case 'c':
		return kdb.Char(u), nil
	case 'p':
		return kdb.Timestamp(u), nil
	case 'm':
		return kdb.Month(u), nil
	case 'd':
		return kdb.Date(u), nil
	case 'z':
		return kdb.Datetime(math.Float64frombits(u)), nil
	case 'n':
		return kdb.Timespan(u), nil
	case 'u':
		return kdb.Minute(u), nil
	case 'v':
		return kdb.Second(u), nil
	case 't':
		return kdb.Time(u), nil
	}
	return nil, errType
}
