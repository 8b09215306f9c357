package file

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/kdb/internal/object"
	"github.com/quoinhq/quoin/kdb/internal/raw"
)

// Options are how to write. A nil *Options is the zero Options.
type Options struct {
	// Compression compresses what is written, except symbols, which kdb+ never
	// compresses either.
	Compression Compression
	// Columns are those of a splayed table's columns that have one of their own.
	Columns map[kdb.Symbol]Compression
}

// column returns how to write a column.
func (o *Options) column(name kdb.Symbol) *Options {
	if o == nil {
		return nil
	}
	if c, ok := o.Columns[name]; ok {
		return &Options{Compression: c}
	}
	return o
}

// Write writes a value to a file, as q's set does. Vectors of fixed width and
// enumerations take the forms that can be mapped; everything else takes that of
// the wire, where enumerations inside become plain symbols. Errors: a value
// without an encoding, those of the file system; the file is then as it was.
func Write(path string, v kdb.Value, o *Options) error {
	parts, err := content(v)
	if err != nil {
		return fmt.Errorf("file: write %s: %w", path, err)
	}
	if v.Type() == kdb.TSymbol {
		o = nil
	}
	return writeParts(path, parts, o)
}

// WriteBytes writes bytes without a header, compressed as o says. Errors: those
// of the file system; the file is then as it was.
func WriteBytes(path string, b []byte, o *Options) error { return writeParts(path, [][]byte{b}, o) }

// ReadBytes returns what a file holds, unpacked if it is compressed.
func ReadBytes(path string) ([]byte, error) {
	b, err := os.ReadFile(path)
	if err != nil || !bytes.HasPrefix(b, []byte(zipMagic)) {
		return b, err
	}
	return unpack(path, b)
}

// WriteMapped writes a value as a column of a splayed table is written: general
// lists as two or three files, which can be mapped. Errors: those of Write.
func WriteMapped(path string, v kdb.Value, o *Options) error { return writeColumn(path, v, o) }

// writeParts writes the concatenation of parts.
func writeParts(path string, parts [][]byte, o *Options) error {
	if o != nil && o.Compression.Algorithm != NoCompression {
		plain := parts[0]
		if len(parts) > 1 {
			plain = append(append(make([]byte, 0, len(parts[0])+len(parts[1])), parts[0]...), parts[1]...)
		}
		packed, err := pack(plain, o.Compression)
		if err != nil {
			return err
		}
		parts = [][]byte{packed}
	}
	return replace(path, func(w io.Writer) error {
		for _, p := range parts {
			if _, err := w.Write(p); err != nil {
				return err
			}
		}
		return nil
	})
}

// content returns what to write for a value, in at most two parts: the second
// is the vector's own memory.
func content(v kdb.Value) ([][]byte, error) {
	switch x := v.(type) {
	case *kdb.Bools:
		return vectorContent(x)
	case *kdb.GUIDs:
		return vectorContent(x)
	case *kdb.Bytes:
		return vectorContent(x)
	case *kdb.Shorts:
		return vectorContent(x)
	case *kdb.Ints:
		return vectorContent(x)
	case *kdb.Longs:
		return vectorContent(x)
	case *kdb.Reals:
		return vectorContent(x)
	case *kdb.Floats:
		return vectorContent(x)
	case *kdb.Chars:
		return vectorContent(x)
	case *kdb.Timestamps:
		return vectorContent(x)
	case *kdb.Months:
		return vectorContent(x)
	case *kdb.Dates:
		return vectorContent(x)
	case *kdb.Datetimes:
		return vectorContent(x)
	case *kdb.Timespans:
		return vectorContent(x)
	case *kdb.Minutes:
		return vectorContent(x)
	case *kdb.Seconds:
		return vectorContent(x)
	case *kdb.Times:
		return vectorContent(x)
	case *kdb.Enum:
		return enumContent(x)
	}
	b, err := object.Append(append(make([]byte, 0, 2+object.Size(v)), 0xff, 1), v)
	return [][]byte{b}, err
}

// header returns the 16 bytes before the elements. The count is filled in where
// there is an attribute, as kdb+ does.
func header(magic byte, t kdb.Type, a kdb.Attr, n int) []byte {
	b := []byte{magic, ' ', byte(t), byte(a), 0, 0, 0, 0}
	if a == kdb.NoAttr {
		n = 0
	}
	return binary.LittleEndian.AppendUint64(b, uint64(n))
}

func vectorContent[T kdb.Elem](v *kdb.Vec[T]) ([][]byte, error) {
	h := header(0xfe, v.Type(), v.Attribute(), len(v.V))
	if v.Attribute() > kdb.Sorted {
		h = page("", v.Type(), v.Attribute(), len(v.V))
	}
	return [][]byte{h, bytesOf(v.V)}, nil
}

func enumContent(e *kdb.Enum) ([][]byte, error) {
	name := e.Domain.String()
	if !isLeaf(name) || len(name) >= markAt-domainAt {
		return nil, fmt.Errorf("%q is no name of a domain", name)
	}
	return [][]byte{page(name, kdb.TEnum, e.Attribute(), len(e.V)), bytesOf(e.V)}, nil
}

// page returns the page before elements. Attributes that come with an index are
// noted apart, see markAt.
func page(domain string, t kdb.Type, a kdb.Attr, n int) []byte {
	b := make([]byte, pageLen)
	b[0], b[1] = 0xfd, ' '
	copy(b[domainAt:], domain)
	inHeader := a
	if a > kdb.Sorted {
		copy(b[markAt:], mark)
		b[markAt+len(mark)] = byte(a)
		inHeader = kdb.NoAttr
	}
	copy(b[pageHead:], header(0xfd, t, inHeader, n))
	b[pageHead+1] = 0
	return b
}

// bytesOf returns the elements as they are in a file, in their own memory where
// the machine allows.
func bytesOf[T kdb.Elem](s []T) []byte {
	if raw.Little || raw.Size[T]() == 1 {
		return raw.Bytes(s)
	}
	return raw.Append(nil, s)
}

// columnFile is one of the files that a column is made of: the one whose name
// is the column's with a suffix.
type columnFile struct {
	suffix string
	parts  [][]byte
	plain  bool // never compressed
}

// writeColumn writes a column of a splayed table: like Write, and lists as two
// or three files, so that they can be mapped: those of vectors of one type, which
// every kdb+ reads, and others as mapped lists, which kdb+ 3.6 and later read.
// Lists with an item of which mapped lists know no form are as Write writes
// them. What a column of another form had there goes. Errors: ErrNotEnumerated.
func writeColumn(path string, v kdb.Value, o *Options) error {
	files, err := columnFiles(v)
	if err != nil {
		return fmt.Errorf("file: write %s: %w", path, err)
	}
	for _, f := range files {
		how := o
		if f.plain {
			how = nil
		}
		if err := writeParts(path+f.suffix, f.parts, how); err != nil {
			return err
		}
	}
	for _, suffix := range []string{"#", "##"} {
		if slices.ContainsFunc(files, func(f columnFile) bool { return f.suffix == suffix }) {
			continue
		}
		if err := os.Remove(path + suffix); err != nil && !os.IsNotExist(err) {
			return err
		}
	}
	return nil
}

// columnFiles returns what a column consists of, the file of its name last: the
// others are there when it is.
func columnFiles(v kdb.Value) ([]columnFile, error) {
	if v.Type() == kdb.TSymbol {
		return nil, ErrNotEnumerated
	}
	if l, ok := v.(*kdb.List); ok && len(l.V) > 0 {
		if t, ok := vectorsOf(l); ok {
			ends, data := nestedContent(l)
			return []columnFile{
				{suffix: "#", parts: [][]byte{data}},
				{parts: [][]byte{header(0xfe, nestedBase+t, kdb.NoAttr, len(ends)), bytesOf(ends)}},
			}, nil
		}
		if files, ok := mappedFiles(l); ok {
			return files, nil
		}
	}
	parts, err := content(v)
	return []columnFile{{parts: parts}}, err
}

// IsNested reports whether v is a list of vectors of one type, without
// attributes, which a column keeps in two files: where each ends and, with # in
// its name, their elements.
func IsNested(v kdb.Value) bool {
	l, ok := v.(*kdb.List)
	if !ok || len(l.V) == 0 {
		return false
	}
	_, ok = vectorsOf(l)
	return ok
}

// vectorsOf reports whether all items are vectors of one type of fixed width,
// without attributes, and which.
func vectorsOf(l *kdb.List) (t kdb.Type, ok bool) {
	for i, v := range l.V {
		a, vec := v.(interface{ Attribute() kdb.Attr })
		if !vec || a.Attribute() != kdb.NoAttr || int(v.Type()) >= len(widths) || widths[v.Type()] == 0 || i > 0 && v.Type() != t {
			return 0, false
		}
		t = v.Type()
	}
	return t, true
}

// nestedContent returns where each item ends, in elements, and all elements.
func nestedContent(l *kdb.List) (ends []kdb.Long, data []byte) {
	ends = make([]kdb.Long, len(l.V))
	n := kdb.Long(0)
	for i, v := range l.V {
		n += kdb.Long(v.Len())
		ends[i] = n
	}
	data = make([]byte, 0, int(n)*widths[l.V[0].Type()])
	for _, v := range l.V {
		parts, _ := content(v)
		data = append(data, parts[1]...)
	}
	return ends, data
}
