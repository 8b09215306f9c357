package kdb

import (
	"math/rand/v2"
	"sync/atomic"
)

// Elem is an element type of a typed vector.
type Elem interface {
	Bool | GUID | Byte | Short | Int | Long | Real | Float | Char | Symbol |
		Timestamp | Month | Date | Datetime | Timespan | Minute | Second | Time
	Value
}

// Vec is a typed vector: a slice of elements, an attribute, and the marks an
// engine needs to own it.
type Vec[T Elem] struct {
	V    []T  // the elements; not to be changed by anybody who did not make the vector
	Attr Attr // NoAttr, or what is known about V
	Mark      // ownership
	// Index is a lookup structure that belongs to Attr (the hash of u# and g#),
	// kept by the engine; nil until built and never copied to another vector
	// with other elements.
	Index atomic.Pointer[any]

	tip *atomic.Int64 // shared by all vectors on one backing array: how much of it is in use
}

// Names for the vectors of each type, in kdb+'s words.
type (
	Bools      = Vec[Bool]
	GUIDs      = Vec[GUID]
	Bytes      = Vec[Byte]
	Shorts     = Vec[Short]
	Ints       = Vec[Int]
	Longs      = Vec[Long]
	Reals      = Vec[Real]
	Floats     = Vec[Float]
	Chars      = Vec[Char]
	Symbols    = Vec[Symbol]
	Timestamps = Vec[Timestamp]
	Months     = Vec[Month]
	Dates      = Vec[Date]
	Datetimes  = Vec[Datetime]
	Timespans  = Vec[Timespan]
	Minutes    = Vec[Minute]
	Seconds    = Vec[Second]
	Times      = Vec[Time]
)

// NewVec returns a vector over elems, which it keeps without copying.
func NewVec[T Elem](elems []T) *Vec[T] { return &Vec[T]{V: elems} }

// Of returns a vector of the given elements.
func Of[T Elem](elems ...T) *Vec[T] { return &Vec[T]{V: elems} }

// Str returns a char vector with the bytes of s.
func Str(s string) *Chars {
	v := make([]Char, len(s))
	for i := range len(s) {
		v[i] = Char(s[i])
	}
	return &Chars{V: v}
}

// Syms returns a symbol vector of the given texts.
func Syms(texts ...string) *Symbols {
	v := make([]Symbol, len(texts))
	for i, s := range texts {
		v[i] = Sym(s)
	}
	return &Symbols{V: v}
}

// Type returns the vector's type number.
func (v *Vec[T]) Type() Type { var z T; return -z.Type() }

// Len returns the number of elements.
func (v *Vec[T]) Len() int { return len(v.V) }

// Append returns a vector with elems after v's, without attribute. Whoever
// holds v sees no change. When v is the longest vector on its backing array,
// and there is room, nothing but elems is copied, so appending to the newest
// version of a column costs amortised what is appended. Of two goroutines that
// append to one vector, one gets the room and the other a copy. The result is
// marked shared if it reads a shared vector's array.
func Append[T Elem](v *Vec[T], elems ...T) *Vec[T] {
	s, tip, inPlace := grow(v.V, v.tip, elems)
	r := &Vec[T]{V: s, tip: tip}
	if inPlace && v.Shared() {
		r.Share() // v's holder reads the same array
	}
	return r
}

// grow appends to a slice that other versions may share: in place if nothing
// follows it on its array and there is room, else in a copy with room for more.
func grow[T any](v []T, tip *atomic.Int64, elems []T) (s []T, newTip *atomic.Int64, inPlace bool) {
	n, m := len(v), len(elems)
	if tip != nil && cap(v)-n >= m && tip.CompareAndSwap(int64(n), int64(n+m)) {
		s := v[:n+m]
		copy(s[n:], elems)
		return s, tip, true
	}
	s = make([]T, n+m, max(n+m, roomy(n), 8))
	copy(s, v)
	copy(s[n:], elems)
	tip = new(atomic.Int64)
	tip.Store(int64(n + m))
	return s, tip, false
}

// roomy returns the capacity that a list of n items grows to: twice its length
// while it is short, about a quarter more when it is long and an eighth when it is
// very long, so that a large column takes little more memory than its data.
//
// The eighth is one of a sixteenth to three, by chance: the columns of a table
// have the same length, and if all of them grew at the same row, each would be
// in memory twice until that row is there.
func roomy(n int) int {
	const short, long = 1 << 16, 1 << 20
	switch {
	case n < short:
		return 2 * n
	case n < long:
		return n + n/4 + 3*short/4
	}
	return n + n/16 + rand.IntN(n/8) + long/16 + 3*short/4
}

// Mark records whether a value may be held in more than one place, and whether
// a holder found it ascending. An engine sets the first when a value gets a
// second name, and amends in place only values without it; neither is ever
// cleared. The zero Mark is "not shared".
type Mark struct{ state atomic.Uint32 }

const (
	shared    = 1
	ascending = 2
)

// Share marks the value as held in more than one place.
func (m *Mark) Share() {
	if m.state.Load()&shared == 0 {
		m.state.Or(shared)
	}
}

// Shared reports whether Share was called.
func (m *Mark) Shared() bool { return m.state.Load()&shared != 0 }

// Rise records on a list, for all its holders at once, that its items ascend:
// its attribute is then s where it had none. It is the caller's word that they
// do. The list becomes a shared one, so that nobody amends it in place.
// Source: KX manual, "asc": the attribute of a list in order is set in place.
func (m *Mark) Rise() { m.state.Or(shared | ascending) }

// Rises reports whether Rise was called.
func (m *Mark) Rises() bool { return m.state.Load()&ascending != 0 }
