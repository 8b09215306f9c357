package audit

import (
	"context"
	"sync/atomic"

	"github.com/quoinhq/quoin/internal/store"
)

// Call is a request on its way: the event that it will be in the trail. The
// first Update made for it through a store from [Trail.Attach] records it.
type Call struct {
	event    func() Event
	recorded atomic.Bool
}

// NewCall returns a call. event returns what is known about it, and is called
// in the goroutine that makes the Update.
func NewCall(event func() Event) *Call { return &Call{event: event} }

// Recorded says whether the call is in the trail, by an effect on disk.
func (c *Call) Recorded() bool { return c.recorded.Load() }

type callKey struct{}

// WithCall returns a context for what is done on behalf of the call.
func WithCall(ctx context.Context, c *Call) context.Context {
	return context.WithValue(ctx, callKey{}, c)
}

// Attach returns st with calls recorded: an Update whose context carries a
// call adds its event, with the outcome OK, in the same transaction. So no part
// of the server that changes something can forget to. A call that changes
// something twice is recorded once; one that changes something and then fails
// should be noted as well.
func (t *Trail) Attach(st store.Store) store.Store { return &attached{st, t} }

type attached struct {
	store.Store
	trail *Trail
}

func (a *attached) Update(ctx context.Context, fn func(store.Tx) error) error {
	call, ok := ctx.Value(callKey{}).(*Call)
	if !ok || call.Recorded() {
		return a.Store.Update(ctx, fn)
	}
	return a.Store.Update(ctx, func(tx store.Tx) error {
		if err := fn(tx); err != nil {
			return err
		}
		e := call.event()
		e.Outcome = OK
		tx.OnCommit(func() { call.recorded.Store(true) })
		return a.trail.Record(tx, e)
	})
}
