package file

import (
	"encoding/binary"
	"fmt"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/kdb/internal/object"
)

// Mapped lists of kdb+ 3.6 and later (type 77, "anymap"), as seen in files that
// kdb+ wrote. The column's file has, after a page, 8 bytes an item: where the item
// stands in the file with # after its name, counted from the end of that file's
// own page, and flags in the highest byte. An item is
//
//	an atom: 7f less its vector's type, the value; symbols as 4-byte places in a domain
//	a short vector: 7f + type, count in one byte, elements as those of atoms
//	anything else, on a boundary of 16 bytes: fb 00 type attribute 01000000
//	count(int64), then a vector's elements, symbols as 8-byte places, or, for
//	lists (77), tables and dictionaries (98, 99), 8 bytes an item as above
//
// The domain is the file with ## after the name.
const (
	longItem  = 0xfb
	shortItem = 0x7f
	placeMask = 1<<56 - 1
)

// arena is the content of a mapped list's # file.
type arena struct {
	m    *image // of the # file, for errors
	b    []byte // behind its page
	syms *kdb.Symbols
	// long has the long items by place, nil while one is being read. Several may
	// stand for one: kdb+ writes what is the same once, and a file that has a list
	// in itself must come to an end.
	long  map[int]kdb.Value
	depth int // of lists in each other, of the item being read
}

func (m *image) anymap(at, start int) (kdb.Value, error) {
	n, _, err := m.head(at, start, 8)
	if err != nil {
		return nil, err
	}
	data, err := m.companion("#")
	if err != nil {
		return nil, err
	}
	a := &arena{m: &image{path: m.path + "#", b: data}, long: map[int]kdb.Value{}}
	if len(data) < pageLen || data[0] != 0xfd || data[1] != ' ' || kdb.Type(data[pageHead+2]) != kdb.TByte {
		return nil, a.m.corrupt(0, "not the items of a mapped list")
	}
	a.b = data[pageLen:]
	read := func() error { // the domain, for the first symbol
		b, err := m.companion("##")
		if err != nil {
			return err
		}
		v, err := (&image{path: m.path + "##", b: b}).value()
		if err != nil {
			return err
		}
		var ok bool
		if a.syms, ok = v.(*kdb.Symbols); !ok {
			return corrupt(m.path+"##", 2, fmt.Errorf("domain of type %d", v.Type()))
		}
		return nil
	}
	return a.list(m.b[start:start+8*n], read)
}

// list reads items at the places that b has.
func (a *arena) list(b []byte, domain func() error) (*kdb.List, error) {
	items := make([]kdb.Value, len(b)/8)
	for i := range items {
		var err error
		if items[i], err = a.item(binary.LittleEndian.Uint64(b[8*i:])&placeMask, domain); err != nil {
			return nil, err
		}
	}
	return mapped(nestedBase, items), nil
}

func (a *arena) item(place uint64, domain func() error) (kdb.Value, error) {
	if place+2 > uint64(len(a.b)) {
		return nil, a.m.corrupt(len(a.m.b), "item at %d of %d: %w", place, len(a.b), errShort)
	}
	at := int(place)
	if t := kdb.Type(a.b[at]) - shortItem; a.b[at] > shortItem && int(t) <= int(kdb.TTime) {
		n := int(a.b[at+1])
		return a.elements(at+2, t, kdb.NoAttr, n, 4, domain)
	}
	if t := shortItem - kdb.Type(a.b[at]); a.b[at] < shortItem && t <= kdb.TTime {
		v, err := a.elements(at+1, t, kdb.NoAttr, 1, 4, domain)
		if err != nil {
			return nil, err
		}
		return kdb.Item(v, 0), nil
	}
	if a.b[at] != longItem || a.b[at+1] != 0 {
		return nil, a.m.corrupt(pageLen+at, "item that begins with %x: %w", a.b[at:at+2], ErrUnsupported)
	}
	v, known := a.long[at]
	switch {
	case v != nil:
		return v, nil
	case known:
		return nil, a.m.corrupt(pageLen+at, "list in itself")
	case a.depth == object.MaxDepth:
		return nil, a.m.corrupt(pageLen+at, "nested more than %d deep", a.depth)
	}
	a.long[at] = nil
	a.depth++
	v, err := a.longItem(at, domain)
	a.depth--
	if err != nil {
		return nil, err
	}
	a.long[at] = v
	return v, nil
}

// longItem reads the item with a header at byte at.
func (a *arena) longItem(at int, domain func() error) (kdb.Value, error) {
	body := at + vectorHead
	if body > len(a.b) {
		return nil, a.m.corrupt(len(a.m.b), "%w", errShort)
	}
	t, attr, count := kdb.Type(a.b[at+2]), kdb.Attr(a.b[at+3]), binary.LittleEndian.Uint64(a.b[at+8:])
	if attr > kdb.Grouped {
		return nil, a.m.corrupt(pageLen+at+3, "unknown attribute %d", attr)
	}
	if count > uint64(len(a.b)-body) {
		return nil, a.m.corrupt(pageLen+at+8, "count of %d with %d bytes left", count, len(a.b)-body)
	}
	n := int(count)
	switch t {
	case nestedBase, kdb.TTable, kdb.TDict:
		if n > (len(a.b)-body)/8 {
			return nil, a.m.corrupt(pageLen+at+8, "count of %d with %d bytes left", n, len(a.b)-body)
		}
		items, err := a.list(a.b[body:body+8*n], domain)
		if err != nil || t == nestedBase {
			return items, err
		}
		v, ok := pair(t, items.V, attr)
		if !ok {
			return nil, a.m.corrupt(pageLen+at, "keys and values that make no value of type %d", t)
		}
		return v, nil
	}
	return a.elements(body, t, attr, n, 8, domain)
}

// pair makes a dictionary of keys and values, or a table of names and columns.
func pair(t kdb.Type, kv []kdb.Value, attr kdb.Attr) (kdb.Value, bool) {
	isList := func(v kdb.Value) bool { return v.Type() >= 0 && v.Type() <= kdb.TTable }
	if len(kv) != 2 || !isList(kv[0]) || !isList(kv[1]) || kv[0].Len() != kv[1].Len() {
		return nil, false
	}
	if t == kdb.TDict {
		return &kdb.Dict{K: kv[0], V: kv[1], Sorted: attr == kdb.Sorted}, true
	}
	names, ok := kv[0].(*kdb.Symbols)
	cols, ok2 := kv[1].(*kdb.List)
	if !ok || !ok2 {
		return nil, false
	}
	for _, c := range cols.V {
		if !isList(c) || c.Len() != cols.V[0].Len() {
			return nil, false
		}
	}
	return &kdb.Table{Names: names.V, Cols: cols.V, Attr: attr}, true
}

// elements reads a vector; symbols are places of width bytes in the domain.
func (a *arena) elements(at int, t kdb.Type, attr kdb.Attr, n, width int, domain func() error) (kdb.Value, error) {
	symbols := t == kdb.TSymbol || t == kdb.TEnum
	if !symbols {
		if t < 1 || int(t) >= len(widths) || widths[t] == 0 {
			return nil, a.m.corrupt(pageLen+at, "item of type %d: %w", t, ErrUnsupported)
		}
		width = widths[t]
	}
	if n > (len(a.b)-at)/width {
		return nil, a.m.corrupt(len(a.m.b), "%w", errShort)
	}
	b := a.b[at : at+n*width]
	if !symbols {
		v := items(t, []kdb.Long{kdb.Long(n)}, b)[0]
		if s, ok := v.(interface{ SetAttribute(kdb.Attr) }); ok {
			s.SetAttribute(attr)
		}
		return v, nil
	}
	if a.syms == nil && n > 0 { // a list may have no symbol but empty vectors of them
		if err := domain(); err != nil {
			return nil, err
		}
	}
	v := make([]kdb.Symbol, n)
	for i := range v {
		place := int64(int32(binary.LittleEndian.Uint32(b[width*i:])))
		if width == 8 {
			place = int64(binary.LittleEndian.Uint64(b[8*i:]))
		}
		if place >= 0 && place < int64(len(a.syms.V)) { // else the null symbol
			v[i] = a.syms.V[place]
		}
	}
	return &kdb.Symbols{V: v, Attr: attr}, nil
}
