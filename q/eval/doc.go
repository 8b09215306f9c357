// Package eval runs q: it compiles syntax trees into trees of nodes once and
// evaluates those, with namespaces, projections, iterators, amends, traps and
// system commands around the primitives of package prim.
//
// An [Engine] is one q session. It is used by one goroutine at a time, but for
// [Engine.Interrupt]; several engines in a process share nothing but the
// symbol table.
//
// # Ownership
//
// Values are immutable unless exactly one variable holds them. A value is
// marked shared (kdb.Mark) when it gets a second holder: read from a variable
// into an argument, a list or another variable, taken out of a container, or
// returned by a primitive that may keep its argument. Indexed assignment amends
// in place what no mark forbids on the way from the variable down, and copies
// otherwise, marking the children of what it copies.
package eval
