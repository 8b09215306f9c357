package sqlite

import (
	"context"
	"time"

	"github.com/quoinhq/quoin/internal/store"
)

// purgePiece is how many records one purge transaction removes: few, since
// updates wait while it runs.
const purgePiece = 200

// Purge removes what has expired from the file and returns how much that was.
// Nothing that can be seen changes, and watchers are not told.
func (db *DB) Purge(ctx context.Context) (int, error) {
	now := db.opts.Clock().UnixNano()
	total := 0
	for {
		n, err := db.purgeSome(ctx, now)
		total += n
		if err != nil || n < purgePiece {
			return total, err
		}
	}
}

func (db *DB) purgeSome(ctx context.Context, now int64) (n int, err error) {
	done := make(chan struct{})
	job := func(w *conn) {
		defer close(done)
		var ids []recordID
		if ids, err = w.stale(now, purgePiece); err != nil || len(ids) == 0 {
			return
		}
		n = len(ids)
		err = w.transact(func() error {
			for _, id := range ids {
				if err := w.write(id, &record{absent: true}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	select {
	case db.jobs <- job:
		<-done
		return n, describe(err)
	case <-ctx.Done():
		return 0, ctx.Err()
	case <-db.stop:
		return 0, store.ErrClosed
	}
}

// purgeLoop purges every now and then, and learns kinds for absence, until the
// database is closed.
func (db *DB) purgeLoop() {
	tick := time.NewTicker(db.opts.PurgeEvery)
	defer tick.Stop()
	for {
		var err error
		select {
		case <-db.stop:
			return
		case kind := <-db.learning:
			err = db.learn(kind)
		case <-tick.C:
			db.absent.forget(db.opts.Clock().UnixNano())
			_, err = db.Purge(context.Background())
		}
		if err != nil && err != store.ErrClosed {
			db.fail(err)
		}
	}
}
