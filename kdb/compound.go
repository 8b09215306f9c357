package kdb

import "sync/atomic"

// List is a general list: items of any type.
type List struct {
	V []Value // the items; not to be changed by anybody who did not make the list
	// Mapped is the type that a list read from a file of its own form shows: 77
	// for items of any type, 77+t for vectors of type t; 0 for all others.
	Mapped Type
	Mark

	tip   *atomic.Int64 // see Vec
	depth depth
}

// NewList returns a general list of the given values, whatever their types.
func NewList(items ...Value) *List { return &List{V: items} }

// Type returns TList.
func (*List) Type() Type { return TList }

// Len returns the number of items.
func (l *List) Len() int { return len(l.V) }

// AppendItems returns a list with items after l's, as Append does for vectors:
// amortised in what is appended when l is the longest list on its array.
func AppendItems(l *List, items ...Value) *List {
	s, tip, inPlace := grow(l.V, l.tip, items)
	r := &List{V: s, tip: tip}
	if inPlace && l.Shared() {
		r.Share()
	}
	return r
}

// Dict is a dictionary from the items of K to the items of V. A keyed table is
// a dictionary whose K and V are both *Table.
type Dict struct {
	K, V   Value // two lists or two tables of one length
	Sorted bool  // s#: keys ascending, lookups step (wire type 127)
	Mark

	depth depth
}

// NewDict returns a dictionary over two lists of one length.
func NewDict(k, v Value) *Dict { return &Dict{K: k, V: v} }

// Type returns TDict.
func (*Dict) Type() Type { return TDict }

// Len returns the number of entries.
func (d *Dict) Len() int { return d.K.Len() }

// IsKeyed reports whether v is a keyed table, and returns its parts.
func IsKeyed(v Value) (key, val *Table, ok bool) {
	d, ok := v.(*Dict)
	if !ok {
		return nil, nil, false
	}
	key, ok1 := d.K.(*Table)
	val, ok2 := d.V.(*Table)
	return key, val, ok1 && ok2
}

// Table is a table: named columns of one length.
type Table struct {
	Names []Symbol // column names
	Cols  []Value  // one list a name, all of one length
	// Attr is the table's own attribute; only s occurs.
	Attr Attr
	// Folder is the handle of a table that is mapped from its folder, which then
	// shows in place of its columns; empty for all others.
	Folder Symbol
	Mark
}

// NewTable returns a table of the given columns.
func NewTable(names []Symbol, cols []Value) *Table { return &Table{Names: names, Cols: cols} }

// Type returns TTable.
func (*Table) Type() Type { return TTable }

// Len returns the number of rows.
func (t *Table) Len() int {
	if len(t.Cols) == 0 {
		return 0
	}
	return t.Cols[0].Len()
}

// Col returns the column of that name and whether there is one.
func (t *Table) Col(name Symbol) (Value, bool) {
	for i, n := range t.Names {
		if n == name {
			return t.Cols[i], true
		}
	}
	return nil, false
}

// Enum is an enumerated symbol vector: indices into a domain, a symbol list
// that has a name. Without a domain it is a link: the indices are rows of the
// table of that name, and stand for themselves; or, for a foreign key that is not
// symbols, for what is in these rows of Key.
type Enum struct {
	Domain Symbol   // the domain's name
	Dom    *Symbols // the domain, nil for a link; may have grown since
	Key    Value    // the key of a table, nil but for a foreign key without Dom
	V      []Long   // indices into Dom; outside it means the null symbol
	Attr   Attr
	Mark
	Index atomic.Pointer[any] // see Vec.Index

	tip *atomic.Int64 // see Vec
}

// AppendIndices returns an enumeration with indices after e's, without
// attribute, as Append does for vectors.
func AppendIndices(e *Enum, indices ...Long) *Enum {
	s, tip, inPlace := grow(e.V, e.tip, indices)
	r := &Enum{Domain: e.Domain, Dom: e.Dom, Key: e.Key, V: s, tip: tip}
	if inPlace && e.Shared() {
		r.Share()
	}
	return r
}

// Type returns TEnum.
func (*Enum) Type() Type { return TEnum }

// Len returns the number of items.
func (e *Enum) Len() int { return len(e.V) }

// Sym returns the symbol that item i stands for.
func (e *Enum) Sym(i int) Symbol { return enumSym(e.Dom, e.V[i]) }

// IsLink reports whether the items are rows of a table, not symbols.
func (e *Enum) IsLink() bool { return e.Dom == nil }

// Plain returns what the items stand for: symbols, rows, or keys.
func (e *Enum) Plain() Value {
	switch {
	case e.Dom != nil:
		syms := make([]Symbol, len(e.V))
		for i := range syms {
			syms[i] = e.Sym(i)
		}
		return NewVec(syms)
	case e.Key == nil:
		return NewVec(e.V)
	case len(e.V) == 0:
		return First(e.Key, 0)
	}
	items := make([]Value, len(e.V))
	for i := range items {
		items[i] = keyAt(e.Key, e.V[i])
	}
	return Collapse(items)
}

func keyAt(key Value, i Long) Value {
	if i < 0 || int(i) >= key.Len() {
		return Null(-key.Type())
	}
	return Item(key, int(i))
}

// EnumAtom is one enumerated symbol, or one row of a link.
type EnumAtom struct {
	Domain Symbol
	Dom    *Symbols
	Key    Value
	I      Long
}

// Type returns -TEnum.
func (EnumAtom) Type() Type { return -TEnum }

// Len returns 1.
func (EnumAtom) Len() int { return 1 }

// Sym returns the symbol that the atom stands for.
func (e EnumAtom) Sym() Symbol { return enumSym(e.Dom, e.I) }

// Plain returns what the atom stands for: a symbol, a row, or a key.
func (e EnumAtom) Plain() Value {
	switch {
	case e.Dom != nil:
		return e.Sym()
	case e.Key == nil:
		return e.I
	}
	return keyAt(e.Key, e.I)
}

// IsLink is Enum.IsLink of an item.
func (e EnumAtom) IsLink() bool { return e.Dom == nil }

func enumSym(d *Symbols, i Long) Symbol {
	if d == nil || i < 0 || int(i) >= len(d.V) {
		return Symbol{}
	}
	return d.V[i]
}

// Error is a q error: what 'signal raises, and the wire's type -128. It is
// both a Value and an error.
type Error string

// Type returns TError.
func (Error) Type() Type { return TError }

// Len returns 1.
func (Error) Len() int { return 1 }

// Error returns the text without the leading quote.
func (e Error) Error() string { return string(e) }
