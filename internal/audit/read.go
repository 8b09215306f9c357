package audit

import (
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"strings"
	"time"

	"github.com/quoinhq/quoin/internal/store"
)

// ErrBroken is returned when the chain does not hold: something was removed,
// added or changed.
var ErrBroken = errors.New("audit: the chain is broken")

// Viewer is what reading the trail needs of a store.
type Viewer interface {
	View(ctx context.Context, fn func(store.Tx) error) error
}

// Filter selects events. Empty fields select all.
type Filter struct {
	Since     time.Time // not before
	Principal string    // whose ARN contains this
	Resource  string    // whose resource contains this
	Operation string    // with this operation
	Outcome   string    // with this outcome
}

// Match says whether the filter selects e.
func (f Filter) Match(e *Event) bool {
	return !e.Time.Before(f.Since) &&
		strings.Contains(e.Principal, f.Principal) &&
		strings.Contains(e.Resource, f.Resource) &&
		(f.Operation == "" || e.Operation == f.Operation) &&
		(f.Outcome == "" || e.Outcome == f.Outcome)
}

// piece is how many blocks are read in one View, so that reading the whole
// trail holds up nothing.
const piece = 200

// Events yields the events with a number above after that the filter selects,
// in order.
func Events(ctx context.Context, st Viewer, f Filter, after uint64) iter.Seq2[*Event, error] {
	return func(yield func(*Event, error) bool) {
		if from, err := seek(ctx, st, f.Since); err != nil {
			yield(nil, err)
			return
		} else if from > 0 {
			after = max(after, from-1)
		}
		for {
			var read []*block
			if err := st.View(ctx, func(tx store.Tx) (err error) {
				read, err = readBlocks(tx, after)
				return err
			}); err != nil {
				yield(nil, err)
				return
			}
			for _, b := range read {
				for i := range b.Events {
					e := &b.Events[i]
					if e.Seq <= after {
						continue
					}
					after = e.Seq
					if f.Match(e) && !yield(e, nil) {
						return
					}
				}
			}
			if len(read) < piece {
				return
			}
		}
	}
}

// readBlocks returns the next blocks that have events above after.
func readBlocks(tx store.Tx, after uint64) (read []*block, err error) {
	// The block that has event after may have later ones too.
	start := ""
	for e, err := range tx.List(blocks, store.Query{After: blockKey(after + 1), Limit: 1, Reverse: true}) {
		if err != nil {
			return nil, err
		}
		start = e.Key
	}
	q := store.Query{Limit: piece}
	if start != "" {
		b, err := readBlock(tx, start)
		if err != nil {
			return nil, err
		}
		if b.Events[len(b.Events)-1].Seq > after {
			read = append(read, b)
			q.Limit--
		}
		q.After = start
	}
	for e, err := range tx.List(blocks, q) {
		if err != nil {
			return nil, err
		}
		b, err := storedBlock(e.Key, e.Value)
		if err != nil {
			return nil, err
		}
		read = append(read, b)
	}
	return read, nil
}

func readBlock(tx store.Tx, key string) (*block, error) {
	value, err := tx.Get(blocks, key)
	if err != nil {
		return nil, err
	}
	return storedBlock(key, value)
}

// disorder is by how much the times of events may go back along the trail: a
// noted event is stored a little later than it happened.
const disorder = time.Minute

// seek returns the number of an event before which nothing happened since
// then; 0 for the beginning.
func seek(ctx context.Context, st Viewer, since time.Time) (seq uint64, err error) {
	if since.IsZero() {
		return 0, nil
	}
	since = since.Add(-disorder)
	err = st.View(ctx, func(tx store.Tx) error {
		h, err := readHead(tx)
		if err != nil {
			return err
		}
		lo, hi := h.First, h.Seq+1 // the first event at or after since is in [lo, hi]
		for lo < hi {
			mid := lo + (hi-lo)/2
			b, err := blockFrom(tx, mid)
			if err != nil {
				return err
			}
			if b == nil || b.Events[0].Seq >= hi || !b.Events[0].Time.Before(since) {
				hi = mid
			} else {
				lo = b.Events[0].Seq + 1
			}
		}
		// The block before may reach into the time asked for.
		for e, err := range tx.List(blocks, store.Query{After: blockKey(lo), Limit: 1, Reverse: true}) {
			if err != nil {
				return err
			}
			b, err := storedBlock(e.Key, e.Value)
			if err != nil {
				return err
			}
			lo = b.Events[0].Seq
		}
		seq = lo
		return nil
	})
	return seq, err
}

// blockFrom returns the first block that begins at seq or later, nil if none does.
func blockFrom(tx store.Tx, seq uint64) (b *block, err error) {
	for e, err := range tx.List(blocks, store.Query{After: blockKey(seq - 1), Limit: 1}) {
		if err != nil {
			return nil, err
		}
		return storedBlock(e.Key, e.Value)
	}
	return nil, nil
}

// Follow yields the events that Events would, and then goes on with those that
// come, looking for new ones every so often, until ctx ends.
func Follow(ctx context.Context, st Viewer, f Filter, after uint64, every time.Duration) iter.Seq2[*Event, error] {
	return func(yield func(*Event, error) bool) {
		tick := time.NewTicker(every)
		defer tick.Stop()
		all := f
		for {
			// Unfiltered, so that what was looked at is not looked at again.
			for e, err := range Events(ctx, st, Filter{Since: all.Since}, after) {
				if err != nil {
					if ctx.Err() == nil {
						yield(nil, err)
					}
					return
				}
				after = e.Seq
				if f.Match(e) && !yield(e, nil) {
					return
				}
			}
			if after > 0 {
				all.Since = time.Time{} // found once; the rest lies behind after
			}
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
		}
	}
}

// maxLine bounds a line of an exported file: a block of full events.
const maxLine = 16 << 20

// File yields the events of an exported file and checks its chain as it goes.
// Errors: ErrBroken, with the place, and those of reading.
func File(name string, f Filter) iter.Seq2[*Event, error] {
	return func(yield func(*Event, error) bool) {
		file, err := os.Open(name)
		if err != nil {
			yield(nil, err)
			return
		}
		defer file.Close()
		stopped := false
		err = readFile(file, func(e *Event) bool {
			stopped = f.Match(e) && !yield(e, nil)
			return !stopped
		})
		if err != nil && !stopped {
			yield(nil, fmt.Errorf("%s: %w", name, err))
		}
	}
}

// readFile calls each for the events of an exported file until it returns
// false.
func readFile(r io.Reader, each func(*Event) bool) error {
	var c chain
	return readLines(r, func(key string, text []byte) (bool, error) {
		b, err := c.add(key, text)
		if err != nil {
			return false, err
		}
		for i := range b.Events {
			if !each(&b.Events[i]) {
				return false, nil
			}
		}
		return true, nil
	})
}

// readLines calls each for the texts of the blocks of an exported file, until
// it returns false or an error. The text counts until each returns.
func readLines(r io.Reader, each func(key string, text []byte) (bool, error)) error {
	z, err := gzip.NewReader(r)
	if err != nil {
		return fmt.Errorf("%w: %v", ErrBroken, err)
	}
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, maxLine)
	for n := 1; lines.Scan(); n++ {
		if more, err := each(fmt.Sprintf("in line %d", n), lines.Bytes()); err != nil || !more {
			return err
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("%w: %v", ErrBroken, err)
	}
	return nil
}
