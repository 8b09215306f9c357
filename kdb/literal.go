package kdb

import (
	"fmt"
	"math"
	"strings"
)

// Inline returns v in one line as .Q.s1 and -3! give it, with the default
// precision: the text that q would read as the same value, for most values.
func Inline(v Value) string { return InlineAt(v, DefaultPrecision) }

// InlineAt is Inline with a precision: the significant digits of floats, 0 for
// the most.
func InlineAt(v Value, precision int) string {
	p := printer{precision: precision}
	return string(p.literal(nil, v))
}

// printer writes values in one line.
type printer struct {
	precision int
	// limit, when above 0, is a length after which nothing more need be
	// written: the caller cuts the line there.
	limit int
}

// enough reports whether b holds all that will be shown.
func (p *printer) enough(b []byte) bool { return p.limit > 0 && len(b) > p.limit }

// literal appends v as q source.
func (p *printer) literal(b []byte, v Value) []byte {
	if p.enough(b) {
		return b
	}
	switch x := v.(type) {
	case nil:
		return b
	case Symbol, EnumAtom, Char, Bool, GUID, Byte, Short, Int, Long, Real, Float,
		Timestamp, Month, Date, Datetime, Timespan, Minute, Second, Time:
		return p.atom(b, v)
	case *List:
		return p.list(b, x)
	case *Bools:
		b, empty := vector(b, x.Attribute(), len(x.V), "boolean")
		if empty {
			return b
		}
		for _, e := range x.V {
			if p.enough(b) {
				break
			}
			b = append(b, boolDigit(e))
		}
		return append(b, 'b')
	case *Bytes:
		b, empty := vector(b, x.Attribute(), len(x.V), "byte")
		if empty {
			return b
		}
		b = append(b, "0x"...)
		for _, e := range x.V {
			if p.enough(b) {
				break
			}
			b = appendHex(b, byte(e))
		}
		return b
	case *Chars:
		return p.chars(b, x)
	case *Symbols:
		b, empty := vector(b, x.Attribute(), len(x.V), "symbol")
		if empty {
			return b
		}
		for _, e := range x.V {
			if p.enough(b) {
				break
			}
			b = append(append(b, '`'), e.String()...)
		}
		return b
	case *Enum:
		return p.enum(b, x)
	case *GUIDs:
		return spaced(p, b, x, "guid")
	case *Shorts:
		return spaced(p, b, x, "short")
	case *Ints:
		return spaced(p, b, x, "int")
	case *Longs:
		return spaced(p, b, x, "long")
	case *Reals:
		return spaced(p, b, x, "real")
	case *Floats:
		return spaced(p, b, x, "float")
	case *Timestamps:
		return spaced(p, b, x, "timestamp")
	case *Months:
		return spaced(p, b, x, "month")
	case *Dates:
		return spaced(p, b, x, "date")
	case *Datetimes:
		return spaced(p, b, x, "datetime")
	case *Timespans:
		return spaced(p, b, x, "timespan")
	case *Minutes:
		return spaced(p, b, x, "minute")
	case *Seconds:
		return spaced(p, b, x, "second")
	case *Times:
		return spaced(p, b, x, "time")
	case *Dict:
		return p.dict(b, x)
	case *Table:
		return p.literal(append(attribute(b, x.Own()), '+'), columns(x))
	case *Lambda:
		return append(b, x.Source...)
	case *Projection:
		b = append(p.literal(b, x.F), '[')
		for i, a := range x.Args {
			if i > 0 {
				b = append(b, ';')
			}
			b = p.literal(b, a)
		}
		return append(b, ']')
	case *Compose:
		for _, f := range x.F {
			if u, ok := f.(Unary); ok {
				b = append(b, strings.TrimSuffix(u.String(), ":")...)
				continue
			}
			b = p.literal(b, f)
		}
		return b
	case *Derived:
		return append(p.literal(b, x.F), x.Iter.String()...)
	case Error:
		return append(append(b, '\''), x...)
	case fmt.Stringer: // primitives, and an engine's own functions
		return append(b, x.String()...)
	}
	return b
}

// atom appends an atom with its type suffix.
func (p *printer) atom(b []byte, v Value) []byte {
	switch x := v.(type) {
	case Bool:
		return append(b, boolDigit(x), 'b')
	case Byte:
		return appendHex(append(b, "0x"...), byte(x))
	case Char:
		return append(appendEscaped(append(b, '"'), byte(x)), '"')
	case Symbol:
		return append(append(b, '`'), x.String()...)
	case EnumAtom:
		b = append(append(b, '`'), x.Domain.String()...)
		if x.IsLink() {
			return p.literal(append(b, linkGlyph(x.Key)), x.Plain())
		}
		return append(append(b, "$`"...), x.Sym().String()...)
	case GUID:
		return appendGUID(b, x)
	case Float:
		at := len(b)
		b = AppendFloat(b, x, p.precision)
		if digitsOnly(b[at:]) {
			b = append(b, 'f')
		}
		return b
	}
	at := len(b)
	b = p.item(b, v)
	return append(b, suffix(v.Type(), finite(b[at:]))...)
}

// suffix returns the letter that tells a literal's type, unless one of its
// elements tells it by its form.
func suffix(t Type, told bool) string {
	if t < 0 {
		t = -t
	}
	switch t {
	case TShort:
		return "h"
	case TInt:
		return "i"
	case TReal:
		return "e"
	case TMonth:
		return "m"
	case TFloat:
		if !told {
			return "f"
		}
	case TTimestamp, TDate, TDatetime, TTimespan, TMinute, TSecond, TTime:
		if !told {
			return "pmdznuvt"[t-TTimestamp : t-TTimestamp+1]
		}
	}
	return ""
}

// item appends an element as it stands in a vector: no suffix, but a sign for
// the null.
func (p *printer) item(b []byte, v Value) []byte {
	at := len(b)
	b = AppendText(b, v, p.precision)
	if len(b) > at {
		return b
	}
	switch v.Type() {
	case -TFloat:
		return append(b, "0n"...)
	case -TSymbol, -TEnum, -TChar:
		return b
	}
	return append(b, "0N"...)
}

// tells reports whether an element's text tells its type: a fraction that of a
// float, any finite value that of the temporal types.
func tells(v Value, text []byte) bool {
	if f, ok := v.(Float); ok {
		return !whole(f, text)
	}
	return finite(text)
}

// finite reports whether the text of an element is neither a null's nor an
// infinity's.
func finite(s []byte) bool {
	n := len(s)
	return n < 2 || s[n-2] != '0' || !(s[n-1] == 'N' || s[n-1] == 'W' || s[n-1] == 'w')
}

// whole reports whether an item of a vector is a whole number that its text
// shows as one, so that the vector could be taken for integers. A fraction that
// is only rounded away in the text is not: KX manual, "lsq", shows such a
// vector without suffix. An atom's suffix goes by its text alone: "sqrt".
func whole(f Float, s []byte) bool {
	return f == Float(math.Trunc(float64(f))) && digitsOnly(s)
}

// digitsOnly reports whether the text of a float could be taken for an integer's.
func digitsOnly(s []byte) bool {
	for _, c := range s {
		if c != '-' && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

// vector appends what precedes the elements: attribute, the cast of an empty
// vector, the comma of a single element.
func vector(b []byte, a Attr, n int, name string) (_ []byte, empty bool) {
	b = attribute(b, a)
	switch n {
	case 0:
		b = append(append(b, '`'), name...)
		return append(b, "$()"...), true
	case 1:
		b = append(b, ',')
	}
	return b, false
}

func attribute(b []byte, a Attr) []byte {
	if a == NoAttr {
		return b
	}
	return append(append(append(b, '`'), a.String()...), '#')
}

// spaced appends a vector whose elements stand apart and whose type is told at
// the end.
func spaced[T Elem](p *printer, b []byte, v *Vec[T], name string) []byte {
	b, empty := vector(b, v.Attribute(), len(v.V), name)
	if empty {
		return b
	}
	told := false
	for i, e := range v.V {
		if p.enough(b) {
			return b
		}
		if i > 0 {
			b = append(b, ' ')
		}
		at := len(b)
		b = p.item(b, e)
		told = told || tells(e, b[at:])
	}
	return append(b, suffix(v.Type(), told)...)
}

func (p *printer) chars(b []byte, v *Chars) []byte {
	b = attribute(b, v.Attribute())
	if len(v.V) == 1 {
		b = append(b, ',')
	}
	b = append(b, '"')
	for _, c := range v.V {
		if p.enough(b) {
			return b
		}
		b = appendEscaped(b, byte(c))
	}
	return append(b, '"')
}

// appendEscaped appends a char as it stands in a string literal.
func appendEscaped(b []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(b, '\\', c)
	case '\n':
		return append(b, `\n`...)
	case '\r':
		return append(b, `\r`...)
	case '\t':
		return append(b, `\t`...)
	}
	if c < ' ' || c > '~' {
		return append(b, '\\', '0'+c>>6, '0'+c>>3&7, '0'+c&7)
	}
	return append(b, c)
}

// linkGlyph is what makes a link, or a foreign key.
func linkGlyph(key Value) byte {
	if key == nil {
		return '!'
	}
	return '$'
}

func (p *printer) enum(b []byte, e *Enum) []byte {
	b = append(append(attribute(b, e.Attribute()), '`'), e.Domain.String()...)
	if e.IsLink() {
		return p.literal(append(b, linkGlyph(e.Key)), e.Plain())
	}
	b = append(b, '$')
	if e.Attribute() == Grouped {
		// KX manual, "Enum Extend": the symbols show it too.
		b = attribute(b, Grouped)
	}
	switch len(e.V) {
	case 0:
		return append(b, "`symbol$()"...)
	case 1:
		b = append(b, ',')
	}
	for i := range e.V {
		if p.enough(b) {
			return b
		}
		b = append(append(b, '`'), e.Sym(i).String()...)
	}
	return b
}

func (p *printer) list(b []byte, l *List) []byte {
	if len(l.V) == 1 {
		return p.literal(append(b, ','), l.V[0])
	}
	b = append(b, '(')
	for i, e := range l.V {
		if p.enough(b) {
			return b
		}
		if i > 0 {
			b = append(b, ';')
		}
		b = p.literal(b, e)
	}
	return append(b, ')')
}

func (p *printer) dict(b []byte, d *Dict) []byte {
	if d.Sorted && !sortedKeys(d.K) {
		b = append(b, "`s#"...)
	}
	// Everything to the right belongs to the last function of the keys' text,
	// unless parentheses say otherwise. s# may reach over the whole.
	if grouped(d.K) {
		b = append(p.literal(append(b, '('), d.K), ')')
	} else {
		b = p.literal(b, d.K)
	}
	return p.literal(append(b, '!'), d.V)
}

func sortedKeys(k Value) bool {
	switch x := k.(type) {
	case *Table:
		return x.Own() == Sorted
	case interface{ Attribute() Attr }:
		return x.Attribute() == Sorted
	}
	return false
}

// grouped reports whether k needs parentheses to stand left of an operator.
func grouped(k Value) bool {
	switch x := k.(type) {
	case *List:
		return len(x.V) == 1
	case *Chars:
		return len(x.V) == 1
	case *Enum, *Table, *Dict:
		return true
	case interface{ Attribute() Attr }:
		return k.Len() < 2 || x.Attribute() > Sorted
	}
	return false
}

// columns returns the dictionary of which t is the flip.
func columns(t *Table) *Dict {
	if t.Folder != (Symbol{}) {
		return NewDict(NewVec(t.Names), t.Folder)
	}
	return NewDict(NewVec(t.Names), NewList(t.Cols...))
}

// Text returns the bytes of a char vector or the text of a symbol as a Go
// string, and whether v is one of the two.
func Text(v Value) (string, bool) {
	switch x := v.(type) {
	case *Chars:
		return charText(x.V), true
	case Char:
		return string([]byte{byte(x)}), true
	case Symbol:
		return x.String(), true
	case EnumAtom:
		return x.Sym().String(), true
	}
	return "", false
}

func charText(c []Char) string {
	b := make([]byte, len(c))
	for i, x := range c {
		b[i] = byte(x)
	}
	return string(b)
}
