package audit

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/quoinhq/quoin/internal/store"
)

// Verify walks the chain as the store has it and returns its head. With a
// noted head, it has to be on the chain as well, unless its event is no longer
// kept. Errors: ErrBroken, with the place.
func Verify(ctx context.Context, st Viewer, noted *Head) (Head, error) {
	end, first, err := verifyKept(ctx, st, noted)
	if noted != nil && noted.Seq < first.Seq {
		end, _, err = verifyKept(ctx, st, nil)
	}
	return end, err
}

// VerifyAll walks the whole chain: the files that were exported to dir, and
// then what the store has. It returns the head, and the number of the first
// event that is there, which is above 1 when older files are elsewhere. A noted
// head has to be on the chain. Errors: ErrBroken, with the place; ErrMissing for
// a noted head from before the first event.
func VerifyAll(ctx context.Context, st Viewer, dir string, noted *Head) (end Head, from uint64, err error) {
	// What the store drops meanwhile is in a file by then.
	end, kept, err := verifyKept(ctx, st, nil)
	if err != nil {
		return end, 0, err
	}
	exported := chain{noted: noted}
	if err := verifyFiles(ctx, dir, &exported, kept); err != nil {
		return end, 0, err
	}
	from = kept.Seq + 1
	if exported.next > 0 {
		from = exported.first
	}
	switch {
	case noted == nil:
		return end, from, nil
	case noted.Seq+1 < from:
		return end, from, fmt.Errorf("%w: the first event is %d", ErrMissing, from)
	case noted.Seq >= kept.Seq:
		// It may have become older than what is kept since.
		_, err = Verify(ctx, st, noted)
		return end, from, err
	}
	return end, from, exported.end()
}

// ErrMissing is returned for a head from before the first event that is there:
// what came before may have been exported and moved away, or removed.
var ErrMissing = errors.New("audit: what the head was noted of is not here")

// verifyFiles walks exported files up to where the store goes on. A trim that
// was cut short leaves files that overlap: what came before is passed over.
func verifyFiles(ctx context.Context, dir string, c *chain, kept Head) error {
	names, err := filepath.Glob(filepath.Join(dir, "audit-*.jsonl.gz"))
	if err != nil {
		return err
	}
	for _, name := range names { // in the order of their first events
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := verifyFile(name, c, kept); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	if c.next == 0 || c.next == kept.Seq+1 && c.sum == kept.Sum {
		return nil
	}
	return fmt.Errorf("%w: the exported files end with event %d, and the trail does not go on from there but from %d", ErrBroken, c.next-1, kept.Seq)
}

func verifyFile(name string, c *chain, kept Head) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	return readLines(f, func(key string, text []byte) (bool, error) {
		b, err := decodeBlock(key, text)
		if err != nil {
			return false, err
		}
		switch seq := b.Events[0].Seq; {
		case seq > kept.Seq:
			return false, nil // exported since the store was looked at
		case seq < c.next:
			return true, nil
		case c.next == 0:
			c.first = seq
		}
		return true, c.follow(key, b, text)
	})
}

// verifyKept walks the chain as the store has it. It returns its head, and the
// one that its first block follows.
func verifyKept(ctx context.Context, st Viewer, noted *Head) (end, before Head, err error) {
	err = st.View(ctx, func(tx store.Tx) error {
		h, err := readHead(tx)
		if err != nil {
			return err
		}
		before = Head{h.First - 1, h.Prev}
		if before.Seq == 0 && before.Sum != origin {
			return fmt.Errorf("%w: it does not begin at its origin", ErrBroken)
		}
		c := chain{next: h.First, sum: h.Prev, noted: noted}
		for e, err := range tx.List(blocks, store.Query{}) {
			if err != nil {
				return err
			}
			if e.Key != blockKey(c.next) {
				return fmt.Errorf("%w: after event %d comes block %s", ErrBroken, c.next-1, e.Key)
			}
			text, err := unpack(e.Key, e.Value)
			if err != nil {
				return err
			}
			if _, err := c.add(e.Key, text); err != nil {
				return err
			}
		}
		end = Head{c.next - 1, c.sum}
		if end.Seq != h.Seq || end.Sum != h.Sum {
			return fmt.Errorf("%w: it ends with event %d, its head says %d", ErrBroken, end.Seq, h.Seq)
		}
		return c.end()
	})
	return end, before, err
}

// chain checks blocks one after another.
type chain struct {
	first uint64 // number of the first event of files
	next  uint64 // number of the next event; 0 before the first of a file
	sum   string // of the block before
	noted *Head  // still to be met
}

// add is the next block; it returns what is in it.
func (c *chain) add(key string, text []byte) (*block, error) {
	b, err := decodeBlock(key, text)
	if err != nil {
		return nil, err
	}
	return b, c.follow(key, b, text)
}

func (c *chain) follow(key string, b *block, text []byte) error {
	c.meet()
	if c.next == 0 {
		c.next, c.sum = b.Events[0].Seq, b.Prev
		if c.next == 1 {
			c.sum = origin
		}
		c.meet()
	}
	if b.Prev != c.sum {
		return fmt.Errorf("%w: block %s does not follow the one before it", ErrBroken, key)
	}
	for _, e := range b.Events {
		if e.Seq != c.next {
			return fmt.Errorf("%w: event %d where %d should be", ErrBroken, e.Seq, c.next)
		}
		c.next++
	}
	c.sum = sumOf(text)
	return nil
}

// meet strikes off the noted head if the chain is just there.
func (c *chain) meet() {
	if c.noted != nil && c.next == c.noted.Seq+1 && c.sum == c.noted.Sum {
		c.noted = nil
	}
}

func (c *chain) end() error {
	c.meet()
	if c.noted != nil {
		return fmt.Errorf("%w: the noted head %v is not on it", ErrBroken, c.noted)
	}
	return nil
}
