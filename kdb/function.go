package kdb

// Lambda is a function written in q.
type Lambda struct {
	Namespace string // context it was defined in, without the leading dot; "" is the root
	Source    string // text with its braces
	Impl      any    // compiled form, set by an engine; ignored by everybody else
}

// Unary is a unary primitive, numbered as on the wire; Unary(0) is the generic
// null (::), the identity.
type Unary uint8

// Nil is the generic null (::).
const Nil = Unary(0)

// Binary is a binary primitive, numbered as on the wire.
type Binary uint8

// Iterator is an iterator without its function, numbered as on the wire:
// 0 ' 1 / 2 \ 3 ': 4 /: 5 \:
type Iterator uint8

// Projection is a function with some of its arguments given.
type Projection struct {
	F    Value
	Args []Value // nil where an argument is still to come

	depth depth
}

// Compose is a composition: the last function is applied first.
type Compose struct {
	F []Value

	depth depth
}

// Derived is a function made by an iterator; Iter says which.
type Derived struct {
	Iter Iterator
	F    Value

	depth depth
}

func (*Lambda) Type() Type     { return TLambda }
func (Unary) Type() Type       { return TUnary }
func (Binary) Type() Type      { return TBinary }
func (Iterator) Type() Type    { return TIterator }
func (*Projection) Type() Type { return TProjection }
func (*Compose) Type() Type    { return TCompose }

// Type returns 106 to 111, after the iterator.
func (d *Derived) Type() Type { return TEach + Type(d.Iter) }

func (*Lambda) Len() int     { return 1 }
func (Unary) Len() int       { return 1 }
func (Binary) Len() int      { return 1 }
func (Iterator) Len() int    { return 1 }
func (*Projection) Len() int { return 1 }
func (*Compose) Len() int    { return 1 }
func (*Derived) Len() int    { return 1 }
