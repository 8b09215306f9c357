package ipc

import (
	"context"
	"sync"
	"time"
)

// deadline has the operations of one direction of a connection end when their
// context does. The arrangement for a context stays until another context
// comes, so that a loop with one context pays for it once.
type deadline struct {
	set func(time.Time) error // of the connection

	mu     sync.Mutex
	done   <-chan struct{} // of the context in force; nil is one that never ends
	stop   func() bool
	fired  chan struct{} // closed when the deadline has been set to the past
	closed bool
}

// arm puts ctx in force. The caller alone uses this direction.
func (d *deadline) arm(ctx context.Context) {
	done := ctx.Done()
	d.mu.Lock()
	defer d.mu.Unlock()
	if done == d.done || d.closed {
		return
	}
	d.disarm()
	d.done = done
	if done == nil {
		return
	}
	fired := make(chan struct{})
	d.fired = fired
	d.stop = context.AfterFunc(ctx, func() {
		d.set(time.Unix(1, 0))
		close(fired)
	})
}

// disarm ends what is in force. It waits for a context's end that is being
// carried out, which must not come after the next context is in force.
func (d *deadline) disarm() {
	if d.stop != nil && !d.stop() {
		<-d.fired
		d.set(time.Time{})
	}
	d.stop, d.done = nil, nil
}

// close lets go of the context for good.
func (d *deadline) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.disarm()
	d.closed = true
}
