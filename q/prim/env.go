// Package prim holds q's primitives: the operators and keywords as functions
// from values to values. They know nothing of parsing, names or scopes; what
// they need from the engine around them comes in an [Env].
//
// Every failure is a kdb.Error with q's own name for it ('type, 'length …).
// Kernels are typed loops over the vectors' slices, one file an operator family.
package prim

import "github.com/quoinhq/quoin/kdb"

// Unary is a function of one argument.
type Unary func(e *Env, x kdb.Value) (kdb.Value, error)

// Binary is a function of two arguments.
type Binary func(e *Env, x, y kdb.Value) (kdb.Value, error)

// Env is what primitives need from the engine that runs them.
type Env struct {
	// Owner is the evaluator's own state; primitives pass it on untouched.
	Owner any
	// Precision is \P, the digits of a float in text; 0 is the maximum (17).
	Precision int
	// Threads is -s: how many goroutines a kernel may use; at least 1.
	Threads int
	// WeekStart is \W, the offset of the first day of a week (2 is Monday).
	WeekStart int
	// DayFirst is \z 1: dates in text are dd/mm/yyyy.
	DayFirst bool
	// Rand is the generator behind roll and deal, seeded by \S.
	Rand Source
	// Apply calls any q function with arguments. Set by the evaluator.
	Apply func(f kdb.Value, args ...kdb.Value) (kdb.Value, error)
	// EvalTree evaluates a parse tree in q's functional form: a general list is
	// an application, a symbol atom a name, an enlisted value a constant. A name
	// is asked of lookup first, then of the engine. Set by the evaluator.
	EvalTree func(tree kdb.Value, lookup func(kdb.Symbol) (kdb.Value, bool)) (kdb.Value, error)
	// Get returns the value of a global name, with the name as the error when
	// there is none. A relative name belongs to the current namespace. Set by
	// the evaluator.
	Get func(name kdb.Symbol) (kdb.Value, error)
	// Set assigns a global name. Set by the evaluator.
	Set func(name kdb.Symbol, v kdb.Value) error
	// Check returns an error when the evaluation should end (cancelled, out of
	// time, over its memory); long kernels call it between blocks.
	Check func() error
}

// poll is Check before a piece of n elements, if that is worth it.
func (e *Env) poll(n int) error {
	if n < 512 || e == nil || e.Check == nil {
		return nil
	}
	return e.Check()
}

// Source yields random bits.
type Source interface{ Uint64() uint64 }

// Errors, by q's names for them. Source: KX manual, "Errors" (basics/errors).
const (
	ErrType   = kdb.Error("type")
	ErrLength = kdb.Error("length")
	ErrRank   = kdb.Error("rank")
	ErrDomain = kdb.Error("domain")
	ErrNYI    = kdb.Error("nyi")
	ErrIndex  = kdb.Error("index")
	ErrLimit  = kdb.Error("limit")
)

// MaxLen is the length of the longest list. Source: KX manual, "Errors", limit.
const MaxLen = 1<<40 - 1
