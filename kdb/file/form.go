package file

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/kdb/internal/object"
	"github.com/quoinhq/quoin/kdb/internal/raw"
)

// The forms of a file by its first bytes:
//
//	ff 01   an object as on the wire, without message header
//	fe 20   type attribute 00000000 count(int64), elements from byte 16
//	fd 20   a page of 4096 bytes, elements after it; the name of an enumeration's
//	        domain at byte 16, and at byte 4080 a header like the one above
//	fe      followed by the name of a domain: an enumeration of before kdb+ 3.6,
//	        with 4-byte indices (known from open readers)
//	kxzipped  any of the above, compressed in blocks
//
// Without attribute, or with s, the elements run to the end of the file: kdb+
// writes 0 for the count or the number there was at first, and adds elements
// without touching it. Attributes u, p and g append an index to the elements, and
// have the count right.
const (
	vectorHead = 16
	pageLen    = 4096
	pageHead   = pageLen - vectorHead // the header at the end of the page
	domainAt   = 16
	// markAt is where this package notes, in the unused part of the page, an
	// attribute whose index it does not write. To kdb+, which expects an index
	// where its own header has u, p or g, such a file has no attribute.
	markAt = pageHead - vectorHead
	mark   = "quoin attribute"
)

// nestedBase is the type of a list of vectors less that of the vectors. The
// file has where each vector ends, a file with # after its name the elements.
const nestedBase = 77

// Domains finds the symbols of an enumeration's domain.
type Domains interface {
	Domain(name kdb.Symbol) (*kdb.Symbols, error)
}

// image is the content of a file in memory that the value may keep.
type image struct {
	path    string
	b       []byte
	domains Domains
	// unfinished allows for what an append leaves at the end that is going on, or
	// that a crash cut short: part of an element, elements of no item.
	unfinished bool
	// companion reads the file beside this one whose name has a suffix more.
	companion func(suffix string) ([]byte, error)
}

func (m *image) corrupt(at int, format string, args ...any) error {
	return corrupt(m.path, at, fmt.Errorf(format, args...))
}

// value reads the file, whichever form it has.
func (m *image) value() (kdb.Value, error) {
	if len(m.b) < 2 {
		return nil, corrupt(m.path, len(m.b), errShort)
	}
	switch {
	case m.b[0] == 0xff && m.b[1] == 1:
		return m.object()
	case m.b[0] == 0xfe && m.b[1] == ' ':
		return m.vector(0, vectorHead)
	case m.b[0] == 0xfd && m.b[1] == ' ':
		return m.page()
	case m.b[0] == 0xfe:
		return m.oldEnum()
	}
	return nil, m.corrupt(0, "not a kdb+ file: begins with %x", m.b[:2])
}

// object reads the object form. Of a general list, as of a symbol vector, the
// count only says how many items there are at least: appending, to a log for
// instance, does not touch it.
func (m *image) object() (kdb.Value, error) {
	m.b = wholeSymbols(m.b)
	d := object.Decoder{Share: true, OpenSymbols: true}
	v, at, err := m.decode(&d, 2)
	if err != nil {
		return nil, err
	}
	l, ok := v.(*kdb.List)
	for ok && at < len(m.b) {
		if v, at, err = m.decode(&d, at); err != nil {
			return nil, err
		}
		l.V = append(l.V, v)
	}
	if at != len(m.b) {
		return nil, m.corrupt(at, "%d bytes after the value", len(m.b)-at)
	}
	if ok {
		return l, nil
	}
	return v, nil
}

// wholeSymbols returns the content of a symbol file up to its last whole symbol:
// what a crash left half written after it, nothing refers to.
func wholeSymbols(b []byte) []byte {
	if len(b) > len(symHead) && b[2] == byte(kdb.TSymbol) {
		return b[:max(len(symHead), bytes.LastIndexByte(b, 0)+1)]
	}
	return b
}

// decode reads the object at byte at and returns where it ends.
func (m *image) decode(d *object.Decoder, at int) (v kdb.Value, end int, err error) {
	d.OpenSymbols = at == 2
	v, n, err := d.Decode(m.b[at:])
	if err != nil {
		var se *object.SyntaxError
		if errors.As(err, &se) {
			return nil, 0, corrupt(m.path, at+se.Offset, se.Err)
		}
		return nil, 0, corrupt(m.path, at, err)
	}
	return v, at + n, nil
}

// head reads the header at byte at, and returns how many elements of how many
// bytes there are between start and the end.
func (m *image) head(at, start, width int) (count int, attr kdb.Attr, err error) {
	if len(m.b) < start {
		return 0, 0, corrupt(m.path, len(m.b), errShort)
	}
	attr = kdb.Attr(m.b[at+3])
	if attr > kdb.Grouped {
		return 0, 0, m.corrupt(at+3, "unknown attribute %d", attr)
	}
	if binary.LittleEndian.Uint32(m.b[at+4:]) != 0 {
		return 0, 0, m.corrupt(at+4, "header is not zero where it should be")
	}
	n := int64(binary.LittleEndian.Uint64(m.b[at+8:]))
	room := len(m.b) - start
	switch {
	case n < 0 || n > int64(room/width):
		return 0, 0, m.corrupt(at+8, "count of %d in a file with room for %d", n, room/width)
	case attr > kdb.Sorted: // an index follows, of an empty vector too
		return int(n), attr, nil
	case room%width != 0 && !m.unfinished:
		return 0, 0, m.corrupt(start+room/width*width, "%d bytes are no whole element of %d", room%width, width)
	}
	return room / width, attr, nil
}

// vector reads the vector with the header at byte at and elements from start on.
func (m *image) vector(at, start int) (kdb.Value, error) {
	if len(m.b) < at+vectorHead {
		return nil, corrupt(m.path, len(m.b), errShort)
	}
	switch t := kdb.Type(m.b[at+2]); t {
	case kdb.TBool:
		return bools(m, at, start)
	case kdb.TGUID:
		return elements[kdb.GUID](m, at, start)
	case kdb.TByte:
		return elements[kdb.Byte](m, at, start)
	case kdb.TShort:
		return elements[kdb.Short](m, at, start)
	case kdb.TInt:
		return elements[kdb.Int](m, at, start)
	case kdb.TLong:
		return elements[kdb.Long](m, at, start)
	case kdb.TReal:
		return elements[kdb.Real](m, at, start)
	case kdb.TFloat:
		return elements[kdb.Float](m, at, start)
	case kdb.TChar:
		return elements[kdb.Char](m, at, start)
	case kdb.TTimestamp:
		return elements[kdb.Timestamp](m, at, start)
	case kdb.TMonth:
		return elements[kdb.Month](m, at, start)
	case kdb.TDate:
		return elements[kdb.Date](m, at, start)
	case kdb.TDatetime:
		return elements[kdb.Datetime](m, at, start)
	case kdb.TTimespan:
		return elements[kdb.Timespan](m, at, start)
	case kdb.TMinute:
		return elements[kdb.Minute](m, at, start)
	case kdb.TSecond:
		return elements[kdb.Second](m, at, start)
	case kdb.TTime:
		return elements[kdb.Time](m, at, start)
	case nestedBase:
		return m.anymap(at, start)
	case nestedBase + 20:
		return nil, corrupt(m.path, at+2, fmt.Errorf("list of type %d: %w", t, ErrUnsupported))
	default:
		if t > nestedBase && t < nestedBase+20 {
			return m.nested(at, start, t-nestedBase)
		}
		return nil, m.corrupt(at+2, "unknown type %d", t)
	}
}

func elements[T kdb.Elem](m *image, at, start int) (kdb.Value, error) {
	n, a, err := m.head(at, start, raw.Size[T]())
	if err != nil {
		return nil, err
	}
	return &kdb.Vec[T]{V: view[T](m.b[start : start+n*raw.Size[T]()]), Attr: a}, nil
}

// view returns the elements in b, in b's memory where the machine allows.
func view[T kdb.Elem](b []byte) []T {
	if raw.Little || raw.Size[T]() == 1 {
		if v, ok := raw.View[T](b); ok {
			return v[:len(v):len(v)]
		}
	}
	return raw.Copy[T](b, !raw.Little)
}

// bools refuses bytes that are neither 0 nor 1, which no Go bool may hold.
func bools(m *image, at, start int) (kdb.Value, error) {
	n, a, err := m.head(at, start, 1)
	if err != nil {
		return nil, err
	}
	b := m.b[start : start+n]
	for i, c := range b {
		if c > 1 {
			return nil, m.corrupt(start+i, "boolean of %d", c)
		}
	}
	return &kdb.Bools{V: view[kdb.Bool](b), Attr: a}, nil
}

// page reads a file that begins with a page of its own.
func (m *image) page() (kdb.Value, error) {
	if len(m.b) < pageLen {
		return nil, corrupt(m.path, len(m.b), errShort)
	}
	if m.b[pageHead] != 0xfd {
		return nil, m.corrupt(pageHead, "no header at the end of the page")
	}
	var v kdb.Value
	var err error
	if kdb.Type(m.b[pageHead+2]) == kdb.TEnum {
		v, err = m.enum()
	} else {
		v, err = m.vector(pageHead, pageLen)
	}
	if err != nil {
		return nil, err
	}
	if at := m.b[markAt : markAt+vectorHead]; string(at[:len(mark)]) == mark {
		a := kdb.Attr(at[len(mark)])
		if a > kdb.Grouped {
			return nil, m.corrupt(markAt+len(mark), "unknown attribute %d", a)
		}
		if s, ok := v.(interface{ SetAttribute(kdb.Attr) }); ok {
			s.SetAttribute(a)
		}
	}
	return v, nil
}

func (m *image) enum() (kdb.Value, error) {
	name, _, ok := bytes.Cut(m.b[domainAt:pageHead], []byte{0})
	if !ok || len(name) == 0 {
		return nil, m.corrupt(domainAt, "enumeration without the name of its domain")
	}
	n, a, err := m.head(pageHead, pageLen, 8)
	if err != nil {
		return nil, err
	}
	e := &kdb.Enum{Domain: kdb.SymBytes(name), V: view[kdb.Long](m.b[pageLen : pageLen+8*n]), Attr: a}
	return e, m.resolve(e)
}

// resolve gives an enumeration its domain.
func (m *image) resolve(e *kdb.Enum) error {
	if m.domains == nil {
		return fmt.Errorf("file: %s: no domains given to find %v in", m.path, e.Domain)
	}
	dom, err := m.domains.Domain(e.Domain)
	if err != nil {
		return fmt.Errorf("file: %s: domain %v: %w", m.path, e.Domain, err)
	}
	e.Dom = dom
	return nil
}

// oldEnum reads an enumeration of before kdb+ 3.6: fe and the domain's name up to
// a boundary of 8 bytes, a header without magic or type, 4-byte indices.
func (m *image) oldEnum() (kdb.Value, error) {
	nul := bytes.IndexByte(m.b[1:min(len(m.b), 256)], 0) + 1
	if nul < 2 {
		return nil, m.corrupt(1, "enumeration without the name of its domain")
	}
	head := (nul + 8) &^ 7
	if len(m.b) < head+vectorHead {
		return nil, corrupt(m.path, len(m.b), errShort)
	}
	n, a, err := m.head(head, head+vectorHead, 4)
	if err != nil {
		return nil, err
	}
	e := &kdb.Enum{Domain: kdb.SymBytes(m.b[1:nul]), V: make([]kdb.Long, n), Attr: a}
	for i := range e.V {
		e.V[i] = kdb.Long(int32(binary.LittleEndian.Uint32(m.b[head+vectorHead+4*i:])))
	}
	return e, m.resolve(e)
}

// nested reads a list of vectors of type t. The offsets count elements; open
// readers know only chars, where bytes and elements are the same.
func (m *image) nested(at, start int, t kdb.Type) (kdb.Value, error) {
	n, _, err := m.head(at, start, 8)
	if err != nil {
		return nil, err
	}
	ends := view[kdb.Long](m.b[start : start+8*n])
	data, err := m.companion("#")
	if err != nil {
		return nil, err
	}
	width := widths[t]
	if width == 0 {
		return nil, m.corrupt(at+2, "unknown type %d", nestedBase+int(t))
	}
	from := kdb.Long(0)
	for i, to := range ends {
		if to < from || int64(to) > int64(len(data)/width) {
			return nil, m.corrupt(start+8*i, "item %d ends at %d after %d of %d", i, to, from, len(data)/width)
		}
		from = to
	}
	// Elements are written before the ends.
	if int(from)*width != len(data) && !m.unfinished {
		return nil, corrupt(m.path+"#", int(from)*width, fmt.Errorf("%d bytes belong to no item", len(data)-int(from)*width))
	}
	return mapped(nestedBase+t, items(t, ends, data[:int(from)*width])), nil
}

// mapped returns a list that shows the type of its file's form. It is shared
// from the beginning: a list that is amended is no longer the file's.
func mapped(t kdb.Type, items []kdb.Value) *kdb.List {
	l := &kdb.List{V: items, Mapped: t}
	l.Share()
	return l
}

// widths are the bytes of an element by type; symbols have none.
var widths = [...]int{
	kdb.TBool: 1, kdb.TGUID: 16, kdb.TByte: 1, kdb.TShort: 2, kdb.TInt: 4, kdb.TLong: 8, kdb.TReal: 4, kdb.TFloat: 8, kdb.TChar: 1,
	kdb.TTimestamp: 8, kdb.TMonth: 4, kdb.TDate: 4, kdb.TDatetime: 8, kdb.TTimespan: 8, kdb.TMinute: 4, kdb.TSecond: 4, kdb.TTime: 4,
}

// elementWidth returns the bytes of an element of a vector or enumeration.
func elementWidth(t kdb.Type) int {
	if t == kdb.TEnum {
		return 8
	}
	return widths[t]
}

// items cuts data, elements of type t, into vectors that end where ends says.
func items(t kdb.Type, ends []kdb.Long, data []byte) []kdb.Value {
	switch t {
	case kdb.TBool:
		v := make([]kdb.Bool, len(data))
		for i, c := range data {
			v[i] = c != 0
		}
		return cut(ends, v)
	case kdb.TGUID:
		return cut(ends, view[kdb.GUID](data))
	case kdb.TByte:
		return cut(ends, view[kdb.Byte](data))
	case kdb.TShort:
		return cut(ends, view[kdb.Short](data))
	case kdb.TInt:
		return cut(ends, view[kdb.Int](data))
	case kdb.TLong:
		return cut(ends, view[kdb.Long](data))
	case kdb.TReal:
		return cut(ends, view[kdb.Real](data))
	case kdb.TFloat:
		return cut(ends, view[kdb.Float](data))
	case kdb.TChar:
		return cut(ends, view[kdb.Char](data))
	case kdb.TTimestamp:
		return cut(ends, view[kdb.Timestamp](data))
	case kdb.TMonth:
		return cut(ends, view[kdb.Month](data))
	case kdb.TDate:
		return cut(ends, view[kdb.Date](data))
	case kdb.TDatetime:
		return cut(ends, view[kdb.Datetime](data))
	case kdb.TTimespan:
		return cut(ends, view[kdb.Timespan](data))
	case kdb.TMinute:
		return cut(ends, view[kdb.Minute](data))
	case kdb.TSecond:
		return cut(ends, view[kdb.Second](data))
	}
	return cut(ends, view[kdb.Time](data))
}

// cut makes the vectors in one piece of memory: a column has one a row.
func cut[T kdb.Elem](ends []kdb.Long, all []T) []kdb.Value {
	vecs := make([]kdb.Vec[T], len(ends))
	out := make([]kdb.Value, len(ends))
	from := kdb.Long(0)
	for i, to := range ends {
		vecs[i].V = all[from:to:to]
		out[i] = &vecs[i]
		from = to
	}
	return out
}
