package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"sync"
	"time"

	"github.com/quoinhq/quoin/internal/store"
)

// Source is a kind of records whose changes bring keys to be reconciled.
type Source struct {
	Kind store.Kind

	// Keys returns which keys a change of the record brings; nil is the
	// record's own key. A cluster's nodes, for instance, bring the cluster.
	// It must be quick and must not call the store.
	Keys func(recordKey string) []string
}

// Options says how a controller works. The zero value is a good one.
type Options struct {
	// Workers is how many keys are reconciled at once. 0 is 4.
	Workers int

	// MinBackoff is the wait after a first failure, MaxBackoff the longest.
	// 0 is 50 milliseconds and 30 seconds.
	MinBackoff, MaxBackoff time.Duration

	// Rand returns numbers in [0,1) for the jitter. nil is math/rand/v2.
	Rand func() float64

	Hooks Hooks
}

func (o *Options) ensureDefaults() {
	if o.Workers <= 0 {
		o.Workers = 4
	}
	if o.MinBackoff <= 0 {
		o.MinBackoff = 50 * time.Millisecond
	}
	if o.MaxBackoff <= 0 {
		o.MaxBackoff = 30 * time.Second
	}
	o.MaxBackoff = max(o.MaxBackoff, o.MinBackoff)
	if o.Rand == nil {
		o.Rand = rand.Float64
	}
}

// Hooks is how metrics and logs look in. Each may be nil, is called from the
// workers' goroutines, several at once, and should be quick.
type Hooks struct {
	// Started is called before a key is reconciled, with how many wait.
	Started func(key string, waiting int)

	// Ended is called after it was.
	Ended func(Outcome)
}

// Outcome is how one reconciliation went.
type Outcome struct {
	Key      string
	Took     time.Duration
	Err      error         // for operators; nil when it went well
	Failures int           // in a row, this one included
	Next     time.Duration // when the key comes again by itself; 0 is not at all
}

// Controller runs a Reconciler. See the package comment for what it promises.
type Controller struct {
	store      store.Store
	reconciler Reconciler
	sources    []Source
	opts       Options
	queue      *queue
}

// New returns a controller that is not running yet. Keys come from sources and
// from Enqueue.
func New(st store.Store, r Reconciler, opts Options, sources ...Source) *Controller {
	opts.ensureDefaults()
	return &Controller{store: st, reconciler: r, sources: sources, opts: opts, queue: newQueue()}
}

// Enqueue has key reconciled soon. It may be called at any time, also before
// Run, from any goroutine, also from a store's watchers and OnCommit functions.
func (c *Controller) Enqueue(key string) { c.queue.add(key) }

// Run reconciles until ctx ends and every worker has returned; then it returns
// nil. It returns an error if the records that exist cannot be read at the
// start. It is called once.
func (c *Controller) Run(ctx context.Context) error {
	// Listening before looking: what changes in between comes twice at worst.
	for _, s := range c.sources {
		stop := c.store.Watch(s.Kind, func(records []string) {
			for _, record := range records {
				c.bring(s, record)
			}
		})
		defer stop()
	}
	for _, s := range c.sources {
		if err := c.scan(ctx, s); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("lifecycle: scan %s: %w", s.Kind, err)
		}
	}
	var wg sync.WaitGroup
	wg.Go(func() { c.queue.timekeep(ctx) })
	for range c.opts.Workers {
		wg.Go(func() { c.work(ctx) })
	}
	<-ctx.Done()
	c.queue.close()
	wg.Wait()
	return nil
}

// scan brings all records of a source.
func (c *Controller) scan(ctx context.Context, s Source) error {
	return c.store.View(ctx, func(tx store.Tx) error {
		for e, err := range tx.List(s.Kind, store.Query{}) {
			if err != nil {
				return err
			}
			c.bring(s, e.Key)
		}
		return nil
	})
}

func (c *Controller) bring(s Source, record string) {
	if s.Keys == nil {
		c.queue.add(record)
		return
	}
	for _, key := range s.Keys(record) {
		c.queue.add(key)
	}
}

// work reconciles one key after another until the queue is closed.
func (c *Controller) work(ctx context.Context) {
	for {
		key, waiting, ok := c.queue.take()
		if !ok {
			return
		}
		if started := c.opts.Hooks.Started; started != nil {
			started(key, waiting)
		}
		began := time.Now()
		res, err := c.reconcile(ctx, key)
		o := Outcome{Key: key, Took: time.Since(began), Err: err}
		switch {
		case err == nil:
			o.Next = c.queue.succeeded(key, res.RequeueAfter)
		case ctx.Err() != nil:
			c.queue.succeeded(key, 0) // interrupted, not failed
		default:
			o.Failures, o.Next = c.queue.failed(key, IsTerminal(err), c.backoff)
		}
		if ended := c.opts.Hooks.Ended; ended != nil {
			ended(o)
		}
	}
}

// reconcile calls the reconciler. A panic in it is a failure of that key, as
// it would be of one request, and not the end of the server.
func (c *Controller) reconcile(ctx context.Context, key string) (res Result, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = errors.Join(err, fmt.Errorf("lifecycle: panic: %v\n%s", p, debug.Stack()))
		}
	}()
	return c.reconciler.Reconcile(ctx, key)
}

// backoff is how long to wait after so many failures in a row: between half
// of MinBackoff doubled with each and all of it, so that what failed together
// does not come back together.
func (c *Controller) backoff(failures int) time.Duration {
	d := c.opts.MinBackoff
	for ; failures > 1 && d < c.opts.MaxBackoff; failures-- {
		d *= 2
	}
	d = min(d, c.opts.MaxBackoff)
	return d/2 + time.Duration(c.opts.Rand()*float64(d/2))
}
