package audit

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/quoinhq/quoin/internal/store"
)

// Options says how a trail is kept. The zero value keeps it without bounds.
type Options struct {
	// MaxBytes and MaxAge bound what is kept in the store; 0 is no bound. What
	// exceeds them is written to a file in ExportDir first, which has to exist.
	MaxBytes  int64
	MaxAge    time.Duration
	ExportDir string

	// CheckEvery is how often the bounds are looked at. 0 is a minute.
	CheckEvery time.Duration

	// FlushEvery is how long a noted event may wait to be stored. 0 is 50
	// milliseconds.
	FlushEvery time.Duration

	// Queue is how many noted events may wait. 0 is 8,192.
	Queue int

	// Report is told of failures to store noted events or to keep the bounds;
	// both are tried again. nil is nobody.
	Report func(error)
}

func (o *Options) ensureDefaults() {
	if o.CheckEvery <= 0 {
		o.CheckEvery = time.Minute
	}
	if o.FlushEvery <= 0 {
		o.FlushEvery = 50 * time.Millisecond
	}
	if o.Queue <= 0 {
		o.Queue = 8192
	}
	if o.Report == nil {
		o.Report = func(error) {}
	}
}

// ErrStopped is returned by Note when the trail is no longer kept.
var ErrStopped = errors.New("audit: the trail is no longer kept")

// Trail is the audit trail of a store. It may be used concurrently.
//
// Noted events wait in a queue of bounded length. When that is full, Note
// waits too: a trail that cannot keep up slows the server down, it does not
// lose events. When it is full since the store fails, Note and Ready return
// the failure, so that the server can refuse what it could not record. A crash
// loses at most what was noted in the last FlushEvery; what Record recorded is
// as durable as its effect.
type Trail struct {
	store store.Store
	opts  Options

	mu      sync.Mutex
	queue   []Event
	storing []Event       // taken from the queue; only Run touches what is in it
	err     error         // of the last attempt to store them
	room    chan struct{} // closed, and made anew, when the queue has room again
	stopped bool

	filled chan struct{} // the queue has become worth storing at once
}

// New returns the trail of a store. Noted events are stored while Run runs.
func New(st store.Store, opts Options) *Trail {
	opts.ensureDefaults()
	return &Trail{store: st, opts: opts, room: make(chan struct{}), filled: make(chan struct{}, 1)}
}

// Record adds an event to the trail in the transaction of its effect. A zero
// Time is the transaction's.
func (t *Trail) Record(tx store.Tx, e Event) error { return appendBlock(tx, []Event{e}) }

// Note adds an event that has no effect to go with. It returns before the
// event is stored; see Trail for what that means. A zero Time is now. Errors:
// ErrStopped; while the queue is full, ctx.Err() and the store's.
func (t *Trail) Note(ctx context.Context, e Event) error {
	if e.Time.IsZero() {
		e.Time = time.Now()
	}
	for {
		room, err := t.push(e)
		if room == nil {
			return err
		}
		select {
		case <-room:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Ready returns nil unless events that wait fill the queue and the store
// fails: then, the failure.
func (t *Trail) Ready() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.fullLocked() {
		return t.err
	}
	return nil
}

func (t *Trail) fullLocked() bool { return len(t.queue)+len(t.storing) >= t.opts.Queue }

// push puts e into the queue, or returns what to wait for before trying again.
func (t *Trail) push(e Event) (room <-chan struct{}, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.stopped:
		return nil, ErrStopped
	case !t.fullLocked():
	case t.err != nil:
		return nil, t.err
	default:
		return t.room, nil
	}
	t.queue = append(t.queue, e)
	if len(t.queue) == min(blockEvents, t.opts.Queue) {
		select {
		case t.filled <- struct{}{}:
		default:
		}
	}
	return nil, nil
}

// blockEvents is how many noted events make a block: many, since a block
// costs about as much as an event.
const blockEvents = 256

// Run stores noted events and keeps the bounds until ctx ends. Then it stores
// what was noted before and returns; later Notes fail. It returns an error
// only when that last storing failed: earlier failures are tried again, and
// those who Note learn of them. It is called once.
func (t *Trail) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	defer wg.Wait()
	if t.opts.MaxBytes > 0 || t.opts.MaxAge > 0 {
		wg.Go(func() { t.keepBounds(ctx) })
	}
	tick := time.NewTicker(t.opts.FlushEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			t.mu.Lock()
			t.stopped = true
			t.mu.Unlock()
			// The store is still open, and what was noted has been answered.
			return t.flush(context.WithoutCancel(ctx))
		case <-tick.C:
		case <-t.filled:
		}
		if err := t.flush(ctx); err != nil && ctx.Err() == nil {
			t.opts.Report(err)
		}
	}
}

// flush stores what waits, what could not be stored last time first. It is
// called by Run alone.
func (t *Trail) flush(ctx context.Context) error {
	for {
		t.mu.Lock()
		if len(t.storing) == 0 {
			t.storing, t.queue = t.queue, nil
		}
		events := t.storing
		t.mu.Unlock()
		if len(events) == 0 {
			return nil
		}
		err := t.store.Update(ctx, func(tx store.Tx) error {
			for rest := events; len(rest) > 0; {
				size := min(len(rest), blockEvents)
				if err := appendBlock(tx, rest[:size]); err != nil {
					return err
				}
				rest = rest[size:]
			}
			return nil
		})
		t.stored(err)
		if err != nil {
			return err
		}
	}
}

// stored notes how an attempt to store went and wakes those who wait.
func (t *Trail) stored(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.err = nil
	if err != nil {
		t.err = fmt.Errorf("audit: %w", err)
	} else {
		t.storing = nil
	}
	close(t.room)
	t.room = make(chan struct{})
}
