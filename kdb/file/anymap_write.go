package file

import (
	"encoding/binary"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/kdb/internal/object"
)

// shortBytes is the longest vector written as a short item. kdb+ was seen to
// write 80 bytes so and 160 as a long item; readers take either.
const shortBytes = 80

// Flags in the highest byte of an item's place: kdb+ sets made for what it
// builds from the file when it is used, and not for what stays mapped.
const made = 1 << 56

// arenaWriter makes the content of a mapped list's # and ## files.
type arenaWriter struct {
	b      []byte // behind the page
	syms   []kdb.Symbol
	places map[kdb.Symbol]int
}

// mappedFiles returns the files of a list as a mapped list. ok is false for a
// list with something whose form in such files is not known: functions,
// attributes, the generic null.
func mappedFiles(l *kdb.List) (files []columnFile, ok bool) {
	w := &arenaWriter{places: map[kdb.Symbol]int{}}
	links := make([]byte, 0, 8*len(l.V))
	for _, v := range l.V {
		place, ok := w.item(v, 0)
		if !ok {
			return nil, false
		}
		links = binary.LittleEndian.AppendUint64(links, place)
	}
	if len(w.syms) > 0 {
		domain, err := content(kdb.NewVec(w.syms))
		if err != nil {
			return nil, false
		}
		files = append(files, columnFile{suffix: "##", parts: domain, plain: true})
	}
	head := page("", nestedBase, kdb.NoAttr, 0)
	head[pageHead+1] = 1
	binary.LittleEndian.PutUint64(head[pageHead+8:], uint64(len(l.V)))
	return append(files,
		columnFile{suffix: "#", parts: [][]byte{page("", kdb.TByte, kdb.NoAttr, 0), w.b}},
		columnFile{parts: [][]byte{head, links}}), true
}

// item appends a value and returns its place with flags.
func (w *arenaWriter) item(v kdb.Value, depth int) (place uint64, ok bool) {
	if v == nil || depth > object.MaxDepth {
		return 0, false
	}
	if a, has := v.(interface{ Attribute() kdb.Attr }); has && a.Attribute() != kdb.NoAttr {
		return 0, false
	}
	switch x := v.(type) {
	case kdb.EnumAtom:
		return w.item(x.Sym(), depth)
	case kdb.Symbol:
		at := len(w.b)
		w.b = append(w.b, shortItem-byte(kdb.TSymbol))
		w.b = binary.LittleEndian.AppendUint32(w.b, uint32(w.symbol(x)))
		return uint64(at) | made, true
	case *kdb.Symbols:
		return w.symbols(len(x.V), func(i int) kdb.Symbol { return x.V[i] }), true
	case *kdb.Enum:
		return w.symbols(len(x.V), x.Sym), true
	case *kdb.List:
		return w.list(nestedBase, x.V, depth)
	case *kdb.Dict:
		if x.Sorted {
			return 0, false
		}
		return w.list(kdb.TDict, []kdb.Value{x.K, x.V}, depth)
	case *kdb.Table:
		if x.Own() != kdb.NoAttr {
			return 0, false
		}
		return w.list(kdb.TTable, []kdb.Value{kdb.NewVec(x.Names), kdb.NewList(x.Cols...)}, depth)
	}
	switch t := v.Type(); {
	case t < 0 && t >= -kdb.TTime: // as on the wire but for the type
		at := len(w.b)
		b, err := object.Append(w.b, v)
		if err != nil {
			return 0, false
		}
		w.b = b
		w.b[at] += shortItem
		return uint64(at) | made, true
	case t > 0 && t <= kdb.TTime:
		parts, err := content(v)
		if err != nil {
			return 0, false
		}
		return w.vector(t, v.Len(), parts[1]), true
	}
	return 0, false
}

// vector appends a vector without symbols.
func (w *arenaWriter) vector(t kdb.Type, n int, data []byte) uint64 {
	if len(data) <= shortBytes {
		at := len(w.b)
		w.b = append(append(w.b, shortItem+byte(t), byte(n)), data...)
		return uint64(at) | made
	}
	at := w.header(t, n)
	w.b = append(w.b, data...)
	return uint64(at)
}

// symbols appends a symbol vector, of which the long form is an enumeration.
func (w *arenaWriter) symbols(n int, sym func(int) kdb.Symbol) uint64 {
	if 4*n <= shortBytes {
		at := len(w.b)
		w.b = append(w.b, shortItem+byte(kdb.TSymbol), byte(n))
		for i := range n {
			w.b = binary.LittleEndian.AppendUint32(w.b, uint32(w.symbol(sym(i))))
		}
		return uint64(at) | made
	}
	at := w.header(kdb.TEnum, n)
	for i := range n {
		w.b = binary.LittleEndian.AppendUint64(w.b, uint64(w.symbol(sym(i))))
	}
	return uint64(at) | made
}

// list appends a list, or a dictionary or table as the list of its two parts.
func (w *arenaWriter) list(t kdb.Type, items []kdb.Value, depth int) (place uint64, ok bool) {
	at := w.header(t, len(items))
	links := len(w.b)
	w.b = append(w.b, make([]byte, 8*len(items))...)
	for i, v := range items {
		link, ok := w.item(v, depth+1)
		if !ok {
			return 0, false
		}
		binary.LittleEndian.PutUint64(w.b[links+8*i:], link)
	}
	if t == nestedBase {
		return uint64(at), true
	}
	return uint64(at) | made, true
}

// header begins a long item on a boundary of 16 bytes, as kdb+ does, and returns its place.
func (w *arenaWriter) header(t kdb.Type, n int) int {
	for len(w.b)%vectorHead != 0 {
		w.b = append(w.b, 0)
	}
	at := len(w.b)
	w.b = append(w.b, longItem, 0, byte(t), 0, 1, 0, 0, 0)
	w.b = binary.LittleEndian.AppendUint64(w.b, uint64(n))
	return at
}

// symbol returns the place of a symbol in the domain.
func (w *arenaWriter) symbol(s kdb.Symbol) int {
	i, ok := w.places[s]
	if !ok {
		i = len(w.syms)
		w.places[s] = i
		w.syms = append(w.syms, s)
	}
	return i
}
