package control

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/store"
)

// Changesets of a database run one after the other in the order in which they
// were made, those of several databases at the same time, as many as the quota
// of their environment allows and the oldest first. One that waits does not
// look again and again: who makes a database's history a day at a time has
// hundreds that wait. The one that ends calls those whose turn has come.

// How long one that waits takes to look by itself, should nobody call it: the
// server that ran the one before it may have stopped.
const (
	waitForOlder = 5 * time.Second
	waitForRoom  = time.Second
)

// queue is how the changesets of an environment stand that have not ended.
type queue struct {
	running int
	heads   []string // the keys of those that wait for room only, the oldest first
}

func (s *Service) queueOf(tx store.Tx, env string) (queue, error) {
	var q queue
	last := ""
	for o, err := range openChangesets.List(tx, store.Query{Prefix: env + "/"}) {
		if err != nil {
			return q, err
		}
		database := o.Key[:strings.LastIndexByte(o.Key, '/')]
		switch {
		case o.Rec.Running:
			q.running++
		case database != last:
			q.heads = append(q.heads, o.Key)
		}
		last = database
	}
	// Ids rise with time, and all have one length.
	slices.SortFunc(q.heads, func(a, b string) int {
		return strings.Compare(a[strings.LastIndexByte(a, '/'):], b[strings.LastIndexByte(b, '/'):])
	})
	return q, nil
}

// turn finds out whether it is a changeset's turn, or how long it is to wait.
// Errors: errResting when there is nothing to do.
func (s *Service) turn(tx store.Tx, k string) (wait time.Duration, err error) {
	o, err := openChangesets.Get(tx, k)
	if errors.Is(err, store.ErrNotFound) {
		return 0, errResting
	}
	if err != nil || o.Running { // a server that stopped had begun it
		return 0, err
	}
	at := strings.LastIndexByte(k, '/') + 1
	for first, err := range openChangesets.List(tx, store.Query{Prefix: k[:at], Limit: 1}) {
		if err != nil {
			return 0, err
		}
		if first.Key != k {
			return waitForOlder, errResting
		}
	}
	q, err := s.queueOf(tx, k[:strings.IndexByte(k, '/')])
	if err != nil {
		return 0, err
	}
	if free := s.Quotas.Of(QuotaChangesets) - q.running; !slices.Contains(q.heads[:max(0, min(free, len(q.heads)))], k) {
		return waitForRoom, errResting
	}
	return 0, nil
}

// beginChangeset marks a changeset as being processed when its turn has come.
// A nil changeset says that there is nothing to do now.
func (s *Service) beginChangeset(ctx context.Context, k string) (c *changeset, d *database, wait time.Duration, err error) {
	look := func(tx store.Tx) (err error) {
		wait, err = s.turn(tx, k)
		return err
	}
	if err = s.Store.View(ctx, look); err == nil {
		err = s.Store.Update(ctx, func(tx store.Tx) error {
			if err := look(tx); err != nil {
				return err
			}
			if c, err = changesets.Get(tx, k); err != nil {
				return err
			}
			if d, err = databases.Get(tx, key(c.Environment, c.Database)); err != nil {
				return err
			}
			c.Status = finspace.ChangesetStatusProcessing
			return errors.Join(changesets.Put(tx, k, c), openChangesets.Put(tx, k, &openChangeset{Running: true}))
		})
	}
	if errors.Is(err, errResting) || errors.Is(err, store.ErrNotFound) {
		return nil, nil, wait, nil
	}
	return c, d, wait, err
}

// callNext brings those to the reconciler whose turn has come in an environment.
func (s *Service) callNext(ctx context.Context, env string) error {
	next := func(tx store.Tx) ([]string, error) {
		q, err := s.queueOf(tx, env)
		return q.heads[:max(0, min(s.Quotas.Of(QuotaChangesets)-q.running, len(q.heads)))], err
	}
	none := false
	err := s.Store.View(ctx, func(tx store.Tx) error {
		keys, err := next(tx)
		none = len(keys) == 0
		return err
	})
	if err != nil || none {
		return err
	}
	return s.Store.Update(ctx, func(tx store.Tx) error {
		keys, err := next(tx)
		for _, k := range keys {
			err = errors.Join(err, openChangesets.Put(tx, k, &openChangeset{}))
		}
		return err
	})
}
