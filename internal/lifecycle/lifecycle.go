// Package lifecycle moves things from the state they are in to the state they
// should be in.
//
// # The contract
//
// What should be is written in the store by whoever wants it: a record that
// says CREATING, a record that says DELETING. A [Reconciler] is given nothing
// but a key. It reads the world as it is now, takes the one step that comes
// next, writes down that it has, and returns. It is told neither what changed
// nor how often, so it must work from what it reads alone, and every step must
// be safe to take again: the process may be killed between any two
// instructions, and the key will come again after the restart.
//
// What it returns says when the key comes next:
//
//   - nil: when something changes, or after Result.RequeueAfter if that is set.
//   - an error: after a while that doubles with each failure in a row, with
//     jitter and a cap. A change that happens after the failure brings it
//     at once.
//   - an error from [Terminal]: when something changes; trying again alone
//     would not help.
//
// A reconciler that writes its record in each call never rests, since that is a
// change. Write only what differs.
//
// # What a controller promises
//
// A [Controller] hears of changes from the store, and at the start it goes
// through all records that there are; so nothing is forgotten, whenever the
// process ended. A key is never reconciled twice at once, whatever the number of
// workers. Changes of a key that waits are one; changes during its
// reconciliation bring it once more.
package lifecycle

import (
	"context"
	"errors"
	"time"
)

// Result is what a reconciliation that did not fail asks for.
type Result struct {
	// RequeueAfter has the key come again after that long if nothing brings
	// it earlier. 0 is not to.
	RequeueAfter time.Duration
}

// Reconciler brings the thing that key names one step nearer to what it
// should be. See the package comment for the contract. ctx ends when the
// controller is stopped; Reconcile should then return soon, with any error.
type Reconciler interface {
	Reconcile(ctx context.Context, key string) (Result, error)
}

// Func is a function that is a Reconciler.
type Func func(ctx context.Context, key string) (Result, error)

// Reconcile implements Reconciler.
func (f Func) Reconcile(ctx context.Context, key string) (Result, error) { return f(ctx, key) }

// Terminal marks err as one that trying again will not mend. Terminal(nil) is nil.
func Terminal(err error) error {
	if err == nil {
		return nil
	}
	return &terminalError{err}
}

// IsTerminal says whether Terminal made err or an error that it wraps.
func IsTerminal(err error) bool {
	var t *terminalError
	return errors.As(err, &t)
}

type terminalError struct{ err error }

func (e *terminalError) Error() string { return e.err.Error() }
func (e *terminalError) Unwrap() error { return e.err }
