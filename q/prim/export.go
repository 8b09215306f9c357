package prim

import "github.com/quoinhq/quoin/kdb"

// Column is a typed vector seen as memory, for kernels outside this package.
type Column = column

// ColumnOf returns x as memory if it is a typed vector or an enumeration.
func ColumnOf(x kdb.Value) (Column, bool) { return columnOf(x) }

// AtomColumn returns the column whose one element is the atom x.
func AtomColumn(x kdb.Value) (Column, bool) { return atomColumn(x) }

// NewColumn returns a zeroed column of n elements of vector type t, which is
// not that of an enumeration.
func NewColumn(t kdb.Type, n int) Column { return alloc(t, n) }

// Words views a column's memory as elements of type T, whose size must be the
// column's width. The elements are only to be changed by who made the column.
func Words[T any](c Column) []T { return words[T](c) }

// Type returns the type number of the vector.
func (c column) Type() kdb.Type { return c.t }

// Len returns the number of elements.
func (c column) Len() int { return c.n }

// Width returns the size of an element in bytes.
func (c column) Width() int { return width(c.t) }

// New returns a zeroed column of n elements, of c's type and domain.
func (c column) New(n int) Column { return c.newColumn(n) }

// Raw is New for a column of which every element is then written; see MakeRaw.
func (c column) Raw(n int) Column { return c.newRaw(n) }

// Null returns the column of one null of c's type.
func (c column) Null() Column { return c.null() }

// Slice returns elements i to j-1 without copying.
func (c column) Slice(i, j int) Column { return c.slice(i, j) }

// Copy copies the elements of src, of c's width, to c from place at on.
func (c column) Copy(at int, src Column) { copyWords(c, at, src) }

// Value returns the vector over the column's memory, without attribute.
func (c column) Value() kdb.Value { return c.value() }

// IsList reports whether x is a list: a vector, a general list, an enumeration
// or a table.
func IsList(x kdb.Value) bool { return isList(x) }

// IsAtom reports whether x is an atom.
func IsAtom(x kdb.Value) bool { return isAtom(x) }

// EmptyLike returns the list of x's kind with no items.
func EmptyLike(x kdb.Value) kdb.Value { return emptyLike(x) }

// NullLike returns what indexing x out of range gives.
func NullLike(x kdb.Value) kdb.Value { return nullLike(x) }

// Bytes returns the column's memory as a column of bytes.
func (c column) Bytes() Column { return column{t: kdb.TByte, n: c.n * width(c.t), p: c.p} }

// MarkAttr sets the attribute of a vector or table that nobody else holds yet,
// whose items are known to have the property.
func MarkAttr(x kdb.Value, a kdb.Attr) { withAttr(x, a) }
