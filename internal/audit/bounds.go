package audit

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/quoinhq/quoin/internal/store"
)

// keepBounds applies the bounds every now and then until ctx ends.
func (t *Trail) keepBounds(ctx context.Context) {
	tick := time.NewTicker(t.opts.CheckEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := t.Trim(ctx); err != nil && ctx.Err() == nil {
			t.opts.Report(err)
		}
	}
}

// Blocks are exported and dropped in files of about exportBytes, so that
// neither memory nor a transaction grows with the trail.
const (
	exportBytes = 32 << 20
	dropBlocks  = 500
)

// Trim exports and drops the oldest events as far as the bounds ask for. Run
// calls it.
func (t *Trail) Trim(ctx context.Context) error {
	for {
		old, err := t.excess(ctx)
		if err != nil || len(old) == 0 {
			return err
		}
		if err := t.export(old); err != nil {
			return fmt.Errorf("audit: export: %w", err)
		}
		if err := t.drop(ctx, old); err != nil {
			return fmt.Errorf("audit: drop what was exported: %w", err)
		}
	}
}

// excess returns the texts of the oldest blocks that are out of bounds, up to a
// file full.
func (t *Trail) excess(ctx context.Context) (old []store.Entry, err error) {
	err = t.store.View(ctx, func(tx store.Tx) error {
		h, err := readHead(tx)
		if err != nil {
			return err
		}
		kept, size := h.Bytes, int64(0)
		for e, err := range tx.List(blocks, store.Query{}) {
			if err != nil {
				return err
			}
			text, err := unpack(e.Key, e.Value)
			if err != nil {
				return err
			}
			b, err := decodeBlock(e.Key, text)
			if err != nil {
				return err
			}
			tooOld := t.opts.MaxAge > 0 && b.Events[len(b.Events)-1].Time.Before(tx.Now().Add(-t.opts.MaxAge))
			tooMuch := t.opts.MaxBytes > 0 && kept > t.opts.MaxBytes
			if !tooOld && !tooMuch || size >= exportBytes {
				return nil
			}
			old = append(old, store.Entry{Key: e.Key, Value: text})
			kept -= int64(len(e.Value))
			size += int64(len(text))
		}
		return nil
	})
	return old, err
}

// export writes blocks to a file of their own, one per line, named after the
// first and last event. When it returns nil the file is on disk. A file of that
// name is from an attempt that could not drop them, and replaced.
func (t *Trail) export(old []store.Entry) (err error) {
	last, err := decodeBlock(old[len(old)-1].Key, old[len(old)-1].Value)
	if err != nil {
		return err
	}
	name := fmt.Sprintf("audit-%s-%s.jsonl.gz", old[0].Key, blockKey(last.Events[len(last.Events)-1].Seq))
	f, err := os.CreateTemp(t.opts.ExportDir, ".export-")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	err = writeLines(f, old)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), filepath.Join(t.opts.ExportDir, name)); err != nil {
		return err
	}
	dir, err := os.Open(t.opts.ExportDir)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

func writeLines(w io.Writer, lines []store.Entry) error {
	z := gzip.NewWriter(w)
	for _, e := range lines {
		if bytes.IndexByte(e.Value, '\n') >= 0 {
			return fmt.Errorf("%w: block %s has more than one line", ErrBroken, e.Key)
		}
		if _, err := z.Write(append(e.Value[:len(e.Value):len(e.Value)], '\n')); err != nil {
			return err
		}
	}
	return z.Close()
}

// drop removes exported blocks and moves the beginning of what is kept.
func (t *Trail) drop(ctx context.Context, old []store.Entry) error {
	for len(old) > 0 {
		some := old[:min(len(old), dropBlocks)]
		old = old[len(some):]
		if err := t.store.Update(ctx, func(tx store.Tx) error {
			h, err := readHead(tx)
			if err != nil {
				return err
			}
			for _, e := range some {
				b, err := decodeBlock(e.Key, e.Value)
				if err != nil {
					return err
				}
				stored, err := tx.Get(blocks, e.Key)
				if err != nil {
					return err
				}
				if err := tx.Delete(blocks, e.Key); err != nil {
					return err
				}
				h.First = b.Events[len(b.Events)-1].Seq + 1
				h.Prev = sumOf(e.Value)
				h.Bytes -= int64(len(stored))
			}
			return heads.Put(tx, headKey, h)
		}); err != nil {
			return err
		}
	}
	return nil
}
