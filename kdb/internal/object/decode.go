package object

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/kdb/internal/raw"
)

// ErrShort is wrapped by the errors for input that ends inside a value.
var ErrShort = errors.New("input ends inside a value")

// SyntaxError says where in the input decoding failed and why.
type SyntaxError struct {
	Offset int // bytes before the place
	Err    error
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("at byte %d: %v", e.Offset, e.Err) }
func (e *SyntaxError) Unwrap() error { return e.Err }

// Decoder decodes objects. It remembers symbols from one object to the next.
// The zero Decoder decodes little-endian input; it is used by one goroutine at
// a time.
type Decoder struct {
	// BigEndian says that the input is from a machine of that byte order.
	BigEndian bool
	// Share lets large vectors of the result stay in the input's memory, which
	// must then not be changed any more.
	Share bool
	// OpenSymbols is for files that are one symbol vector: it runs to the end of
	// the input, and its count, which kdb+ does not keep, only says how many
	// symbols there are at least.
	OpenSymbols bool

	b      []byte
	at     int
	order  binary.ByteOrder
	swap   bool
	budget int // items of general lists that may still be reserved ahead of seeing them
	syms   *symCache
}

// Decode decodes the object at the start of b and returns it with its length.
// It never reads beyond b, and what it allocates is bounded by a small multiple
// of len(b). Errors: *SyntaxError.
func (d *Decoder) Decode(b []byte) (kdb.Value, int, error) {
	d.b, d.at, d.budget = b, 0, len(b)/2
	d.order, d.swap = binary.LittleEndian, !raw.Little
	if d.BigEndian {
		d.order, d.swap = binary.BigEndian, raw.Little
	}
	v, err := d.value(0)
	n := d.at
	d.b = nil
	if err != nil {
		return nil, n, &SyntaxError{n, err}
	}
	return v, n, nil
}

// take returns the next n bytes.
func (d *Decoder) take(n int) ([]byte, error) {
	if n > len(d.b)-d.at {
		return nil, ErrShort
	}
	s := d.b[d.at : d.at+n]
	d.at += n
	return s, nil
}

func (d *Decoder) u8() (byte, error) {
	if d.at >= len(d.b) {
		return 0, ErrShort
	}
	d.at++
	return d.b[d.at-1], nil
}

func (d *Decoder) u16() (uint16, error) {
	s, err := d.take(2)
	if err != nil {
		return 0, err
	}
	return d.order.Uint16(s), nil
}

func (d *Decoder) u32() (uint32, error) {
	s, err := d.take(4)
	if err != nil {
		return 0, err
	}
	return d.order.Uint32(s), nil
}

func (d *Decoder) u64() (uint64, error) {
	s, err := d.take(8)
	if err != nil {
		return 0, err
	}
	return d.order.Uint64(s), nil
}

// text returns the bytes before the next NUL and skips it.
func (d *Decoder) text() ([]byte, error) {
	n := bytes.IndexByte(d.b[d.at:], 0)
	if n < 0 {
		return nil, ErrShort
	}
	s := d.b[d.at : d.at+n]
	d.at += n + 1
	return s, nil
}

// count reads a number of items of which each takes at least size bytes.
func (d *Decoder) count(size int) (int, error) {
	u, err := d.u32()
	if err != nil {
		return 0, err
	}
	n := int(int32(u))
	if n < 0 {
		return 0, fmt.Errorf("negative count %d", n)
	}
	if n > (len(d.b)-d.at)/size {
		return 0, ErrShort
	}
	return n, nil
}

func (d *Decoder) value(depth int) (kdb.Value, error) {
	if depth > MaxDepth {
		return nil, errDepth
	}
	start := d.at
	u, err := d.u8()
	if err != nil {
		return nil, err
	}
	t := kdb.Type(int8(u))
	switch {
	case t == kdb.TError:
		s, err := d.text()
		return kdb.Error(s), err
	case t < 0:
		v, err := d.atom(t)
		if err == errType {
			d.at = start
		}
		return v, err
	case t == kdb.TList:
		return d.list(depth)
	case t <= kdb.TTime:
		v, err := d.vector(t)
		if err == errType {
			d.at = start
		}
		return v, err
	}
	switch t {
	case kdb.TTable:
		return d.table(depth)
	case kdb.TDict, sortedDict:
		return d.dict(t == sortedDict, depth)
	case kdb.TLambda:
		ns, err := d.text()
		if err != nil {
			return nil, err
		}
		at := d.at
		v, err := d.value(depth + 1)
		if err != nil {
			return nil, err
		}
		src, ok := v.(*kdb.Chars)
		if !ok {
			d.at = at
			return nil, errors.New("lambda without text")
		}
		return &kdb.Lambda{Namespace: string(ns), Source: string(raw.Bytes(src.V))}, nil
	case kdb.TUnary:
		c, err := d.u8()
		return kdb.Unary(c), err
	case kdb.TBinary:
		c, err := d.u8()
		return kdb.Binary(c), err
	case kdb.TIterator:
		c, err := d.u8()
		return kdb.Iterator(c), err
	case kdb.TProjection:
		f, err := d.values(depth)
		if err != nil {
			return nil, err
		}
		if len(f) == 0 {
			return nil, errors.New("projection without a function")
		}
		for i, a := range f[1:] {
			if a == hole {
				f[i+1] = nil
			}
		}
		return &kdb.Projection{F: f[0], Args: f[1:]}, nil
	case kdb.TCompose:
		f, err := d.values(depth)
		return &kdb.Compose{F: f}, err
	case kdb.TEach, kdb.TOver, kdb.TScan, kdb.TPrior, kdb.TEachRight, kdb.TEachLeft:
		f, err := d.value(depth + 1)
		return &kdb.Derived{Iter: kdb.Iterator(t - kdb.TEach), F: f}, err
	}
	d.at = start
	return nil, fmt.Errorf("unknown type %d", t)
}

// hole stands for an argument that a projection leaves out.
const hole = kdb.Unary(0xff)

var errType = errors.New("unknown type")

func (d *Decoder) atom(t kdb.Type) (kdb.Value, error) {
	switch -t {
	case kdb.TBool:
		c, err := d.u8()
		return kdb.Bool(c != 0), err
	case kdb.TGUID:
		s, err := d.take(16)
		if err != nil {
			return nil, err
		}
		return kdb.GUID(s), nil
	case kdb.TByte:
		c, err := d.u8()
		return kdb.Byte(c), err
	case kdb.TShort:
		x, err := d.u16()
		return kdb.Short(x), err
	case kdb.TInt:
		x, err := d.u32()
		return kdb.Int(x), err
	case kdb.TLong:
		x, err := d.u64()
		return kdb.Long(x), err
	case kdb.TReal:
		x, err := d.u32()
		return kdb.Real(math.Float32frombits(x)), err
	case kdb.TFloat:
		x, err := d.u64()
		return kdb.Float(math.Float64frombits(x)), err
	case kdb.TChar:
		c, err := d.u8()
		return kdb.Char(c), err
	case kdb.TSymbol:
		s, err := d.text()
		if err != nil {
			return nil, err
		}
		return kdb.SymBytes(s), nil
	case kdb.TTimestamp:
		x, err := d.u64()
		return kdb.Timestamp(x), err
	case kdb.TMonth:
		x, err := d.u32()
		return kdb.Month(x), err
	case kdb.TDate:
		x, err := d.u32()
		return kdb.Date(x), err
	case kdb.TDatetime:
		x, err := d.u64()
		return kdb.Datetime(math.Float64frombits(x)), err
	case kdb.TTimespan:
		x, err := d.u64()
		return kdb.Timespan(x), err
	case kdb.TMinute:
		x, err := d.u32()
		return kdb.Minute(x), err
	case kdb.TSecond:
		x, err := d.u32()
		return kdb.Second(x), err
	case kdb.TTime:
		x, err := d.u32()
		return kdb.Time(x), err
	}
	return nil, errType
}

func (d *Decoder) vector(t kdb.Type) (kdb.Value, error) {
	a, err := d.attr()
	if err != nil {
		return nil, err
	}
	switch t {
	case kdb.TBool:
		return d.bools(a)
	case kdb.TGUID:
		return fixed[kdb.GUID](d, a)
	case kdb.TByte:
		return fixed[kdb.Byte](d, a)
	case kdb.TShort:
		return fixed[kdb.Short](d, a)
	case kdb.TInt:
		return fixed[kdb.Int](d, a)
	case kdb.TLong:
		return fixed[kdb.Long](d, a)
	case kdb.TReal:
		return fixed[kdb.Real](d, a)
	case kdb.TFloat:
		return fixed[kdb.Float](d, a)
	case kdb.TChar:
		return fixed[kdb.Char](d, a)
	case kdb.TSymbol:
		v, err := d.symbols()
		if err != nil {
			return nil, err
		}
		return &kdb.Symbols{V: v, Attr: a}, nil
	case kdb.TTimestamp:
		return fixed[kdb.Timestamp](d, a)
	case kdb.TMonth:
		return fixed[kdb.Month](d, a)
	case kdb.TDate:
		return fixed[kdb.Date](d, a)
	case kdb.TDatetime:
		return fixed[kdb.Datetime](d, a)
	case kdb.TTimespan:
		return fixed[kdb.Timespan](d, a)
	case kdb.TMinute:
		return fixed[kdb.Minute](d, a)
	case kdb.TSecond:
		return fixed[kdb.Second](d, a)
	case kdb.TTime:
		return fixed[kdb.Time](d, a)
	}
	return nil, errType
}

func (d *Decoder) attr() (kdb.Attr, error) {
	c, err := d.u8()
	if err == nil && c > byte(kdb.Grouped) {
		d.at--
		err = fmt.Errorf("unknown attribute %d", c)
	}
	return kdb.Attr(c), err
}

// shareFrom is the vector size in bytes from which sharing memory pays.
const shareFrom = 1024

func fixed[T kdb.Elem](d *Decoder, a kdb.Attr) (kdb.Value, error) {
	n, err := d.count(raw.Size[T]())
	if err != nil {
		return nil, err
	}
	s, err := d.take(n * raw.Size[T]())
	if err != nil {
		return nil, err
	}
	v := &kdb.Vec[T]{Attr: a}
	// A vector that is a small part of its message would keep all of it alive.
	if d.Share && (!d.swap || raw.Size[T]() == 1) && len(s) >= shareFrom && len(s) >= len(d.b)/16 {
		if view, ok := raw.View[T](s); ok {
			v.V = view[:n:n]
			return v, nil
		}
	}
	v.V = raw.Copy[T](s, d.swap)
	return v, nil
}

// bools copies, since a Go bool must be 0 or 1 and the input may be anything.
func (d *Decoder) bools(a kdb.Attr) (kdb.Value, error) {
	n, err := d.count(1)
	if err != nil {
		return nil, err
	}
	s, err := d.take(n)
	if err != nil {
		return nil, err
	}
	v := make([]kdb.Bool, n)
	for i, c := range s {
		v[i] = c != 0
	}
	return &kdb.Bools{V: v, Attr: a}, nil
}

// symbolsAt is where the symbols of an input that is a symbol vector begin:
// after type, attribute and count.
const symbolsAt = 6

// symbols reads the count and the elements of a symbol vector.
func (d *Decoder) symbols() ([]kdb.Symbol, error) {
	n, err := d.count(1)
	if err != nil {
		return nil, err
	}
	if d.syms == nil {
		d.syms = new(symCache)
	}
	if d.OpenSymbols && d.at == symbolsAt {
		all := bytes.Count(d.b[d.at:], []byte{0})
		if all < n || d.b[len(d.b)-1] != 0 && len(d.b) > symbolsAt {
			d.at = len(d.b)
			return nil, ErrShort
		}
		n = all
	}
	v := make([]kdb.Symbol, n)
	used := d.syms.read(d.b[d.at:], v)
	if used < 0 {
		return nil, ErrShort
	}
	d.at += used
	return v, nil
}

func (d *Decoder) list(depth int) (kdb.Value, error) {
	if _, err := d.attr(); err != nil {
		return nil, err
	}
	v, err := d.values(depth)
	if err != nil {
		return nil, err
	}
	return kdb.NewList(v...), nil
}

// values reads a count and as many values. Room for them is reserved up front
// only as far as all lists of the input together could have that many items:
// lists nested in each other must not each reserve for the whole rest.
func (d *Decoder) values(depth int) ([]kdb.Value, error) {
	n, err := d.count(2)
	if err != nil {
		return nil, err
	}
	reserve := min(n, d.budget)
	d.budget -= reserve
	v := make([]kdb.Value, 0, reserve)
	for range n {
		x, err := d.value(depth + 1)
		if err != nil {
			return nil, err
		}
		v = append(v, x)
	}
	return v, nil
}

func (d *Decoder) dict(sorted bool, depth int) (kdb.Value, error) {
	start := d.at
	k, err := d.value(depth + 1)
	if err != nil {
		return nil, err
	}
	v, err := d.value(depth + 1)
	if err != nil {
		return nil, err
	}
	if !isList(k) || !isList(v) || k.Len() != v.Len() {
		d.at = start
		return nil, errors.New("dictionary whose keys and values are not lists of one length")
	}
	return &kdb.Dict{K: k, V: v, Sorted: sorted}, nil
}

// table reads a table: an attribute and the dictionary of its columns, of which
// no more is made than the table keeps, as most small messages are updates.
func (d *Decoder) table(depth int) (kdb.Value, error) {
	a, err := d.attr()
	if err != nil {
		return nil, err
	}
	start := d.at
	bad := func(what string) (kdb.Value, error) {
		d.at = start
		return nil, errors.New("table " + what)
	}
	if c, err := d.u8(); err != nil {
		return nil, err
	} else if c != byte(kdb.TDict) && c != sortedDict {
		return bad("without a dictionary of columns")
	}
	if c, err := d.u8(); err != nil {
		return nil, err
	} else if c != byte(kdb.TSymbol) {
		return bad("whose column names are not symbols")
	}
	if _, err := d.attr(); err != nil {
		return nil, err
	}
	names, err := d.symbols()
	if err != nil {
		return nil, err
	}
	if c, err := d.u8(); err != nil {
		return nil, err
	} else if c != byte(kdb.TList) {
		return bad("whose columns are not a list")
	}
	if _, err := d.attr(); err != nil {
		return nil, err
	}
	cols, err := d.values(depth + 2)
	if err != nil {
		return nil, err
	}
	if len(cols) != len(names) {
		return bad("whose names and columns are not of one length")
	}
	for _, c := range cols {
		if !isList(c) || c.Len() != cols[0].Len() {
			return bad("whose columns are not lists of one length")
		}
	}
	return &kdb.Table{Names: names, Cols: cols, Attr: a}, nil
}

// isList reports whether a value has items: lists and tables.
func isList(v kdb.Value) bool { return v.Type() >= 0 && v.Type() <= kdb.TTable }
