package kdb

// At returns element i as an atom.
func (v *Vec[T]) At(i int) Value { return v.V[i] }

// At returns item i.
func (l *List) At(i int) Value { return l.V[i] }

// At returns element i as an enumerated atom.
func (e *Enum) At(i int) Value { return EnumAtom{e.Domain, e.Dom, e.Key, e.V[i]} }

// At returns row i as a dictionary from column names to the row's items.
func (t *Table) At(i int) Value { return NewDict(NewVec(t.Names), Collapse(t.row(i))) }

func (t *Table) row(i int) []Value {
	items := make([]Value, len(t.Cols))
	for c, col := range t.Cols {
		items[c] = Item(col, i)
	}
	return items
}

// Item returns item i of a list or row i of a table; an atom or a function is
// its own item.
func Item(v Value, i int) Value {
	if l, ok := v.(interface{ At(int) Value }); ok {
		return l.At(i)
	}
	return v
}

// Collapse returns the items as a typed vector when all are atoms of one type,
// and as a general list otherwise, as q makes lists of its results.
func Collapse(items []Value) Value {
	if len(items) == 0 {
		return NewList()
	}
	for _, v := range items {
		if v == nil || v.Type() != items[0].Type() {
			return NewList(items...)
		}
	}
	switch x := items[0].(type) {
	case Bool:
		return gather[Bool](items)
	case GUID:
		return gather[GUID](items)
	case Byte:
		return gather[Byte](items)
	case Short:
		return gather[Short](items)
	case Int:
		return gather[Int](items)
	case Long:
		return gather[Long](items)
	case Real:
		return gather[Real](items)
	case Float:
		return gather[Float](items)
	case Char:
		return gather[Char](items)
	case Symbol:
		return gather[Symbol](items)
	case Timestamp:
		return gather[Timestamp](items)
	case Month:
		return gather[Month](items)
	case Date:
		return gather[Date](items)
	case Datetime:
		return gather[Datetime](items)
	case Timespan:
		return gather[Timespan](items)
	case Minute:
		return gather[Minute](items)
	case Second:
		return gather[Second](items)
	case Time:
		return gather[Time](items)
	case EnumAtom:
		e := &Enum{Domain: x.Domain, Dom: x.Dom, Key: x.Key, V: make([]Long, len(items))}
		for i, v := range items {
			a := v.(EnumAtom)
			if a.Domain != x.Domain || a.Dom != x.Dom || a.Key != x.Key {
				return NewList(items...)
			}
			e.V[i] = a.I
		}
		return e
	}
	return NewList(items...)
}

func gather[T Elem](items []Value) Value {
	s := make([]T, len(items))
	for i, v := range items {
		s[i] = v.(T)
	}
	return NewVec(s)
}

// First returns the first n elements, n at most its length, in the same memory.
// Every attribute holds for them too.
func (v *Vec[T]) First(n int) Value { return &Vec[T]{V: v.V[:n:n], Attr: v.Attribute()} }

// First returns the first n items, n at most its length, in the same memory.
func (l *List) First(n int) Value { return NewList(l.V[:n:n]...) }

// First returns the first n elements, n at most its length, in the same memory.
func (e *Enum) First(n int) Value {
	return &Enum{Domain: e.Domain, Dom: e.Dom, Key: e.Key, V: e.V[:n:n], Attr: e.Attribute()}
}

// First returns the first n items of a vector, list or enumeration that has at
// least so many, in the same memory.
func First(v Value, n int) Value { return v.(interface{ First(int) Value }).First(n) }

// Attribute returns the vector's attribute.
func (v *Vec[T]) Attribute() Attr { return v.known(v.Attr) }

// Attribute returns the enumeration's attribute.
func (e *Enum) Attribute() Attr { return e.known(e.Attr) }

// known returns the attribute of a value that was given a.
func (m *Mark) known(a Attr) Attr {
	if a == NoAttr && m.Rises() {
		return Sorted
	}
	return a
}

// SetAttribute records an attribute on a vector that nobody else holds yet. It
// is the caller's word that the elements have it.
func (v *Vec[T]) SetAttribute(a Attr) { v.Attr = a }

// SetAttribute records an attribute on an enumeration that nobody else holds yet.
func (e *Enum) SetAttribute(a Attr) { e.Attr = a }

// Own returns the table's own attribute. It is not called Attribute, as by that
// vectors are known.
func (t *Table) Own() Attr { return t.known(t.Attr) }
