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
	rows := -1
	switch v := y.(type) {
	case *kdb.Table:
		cols, rows = v.Cols, v.Len()
		out = append(out, prim.DelimitedNames(sep, v.Names))
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
	lines := prim.DelimitedLines(&th.env, sep, cols, max(rows, 0))
	return kdb.NewList(append(out, lines...)...), nil
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
		return nil, kdb.Error("IJS")
	}
	var keys []string
	var vals []kdb.Value
	for len(s) > 0 {
		i := strings.IndexByte(s, field)
		if i < 0 {
			break
		}
		keys = append(keys, s[:i])
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
	fields, err := prim.NewFields(&th.env, typ, len(keys))
	if err != nil {
		return nil, err
	}
	put := fields.Part()
	for i, k := range keys {
		put(i, []byte(k))
	}
	ks, err := fields.Value()
	if err != nil {
		return nil, err
	}
	return kdb.NewList(ks, kdb.NewList(vals...)), nil
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
	cols, names, err := prim.ReadDelimited(&th.env, b, prim.Delimited{Types: types, Separator: sep, Header: header, QuotedLines: multi})
	if err != nil {
		return nil, err
	}
	if single && !header {
		for i, c := range cols {
			cols[i] = prim.First(c)
		}
	}
	if header {
		var kept []kdb.Symbol
		for i, name := range names {
			if i < len(types) && types[i] != ' ' {
				kept = append(kept, kdb.Sym(name))
			}
		}
		if len(kept) != len(cols) {
			return nil, errLength
		}
		return kdb.NewTable(kept, cols), nil
	}
	return prim.Collapse(cols), nil
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
	var records [][]byte
	for len(b) >= total {
		records = append(records, b[:total])
		b = b[total:]
		if i := bytes.IndexByte(b, '\n'); i >= 0 && i <= 1 {
			b = b[i+1:]
		}
	}
	var cols []kdb.Value
	end := 0
	for i := range types {
		at := end
		end += w[i]
		if types[i] == ' ' {
			continue
		}
		f, err := prim.NewFields(&th.env, types[i], len(records))
		if err != nil {
			return nil, err
		}
		put := f.Part()
		for row, r := range records {
			put(row, r[at:at+w[i]])
		}
		c, err := f.Value()
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
