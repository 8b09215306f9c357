// Package kdb holds kdb+ values as Go types: atoms, typed vectors, general
// lists, dictionaries, tables, enumerations and functions, with attributes,
// nulls and infinities.
//
// Every value implements [Value]. Atoms are small Go values ([Long], [Float],
// [Symbol] …). A vector is a *[Vec] of the same element type, and its elements
// are one plain Go slice: a column of ten million floats is one []Float whose
// memory layout is that of a []float64.
//
// Values are immutable by convention: whoever holds a value may read it from
// any number of goroutines, and nobody changes the elements of a value that
// another may hold. [Append] and the ownership marks on [Vec] exist so that an
// engine can grow and amend its own values without copying them.
package kdb
