package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/quoinhq/quoin/internal/store"
)

// Reader looks at a database that a server may have open in another process,
// for commands that show what is there. It keeps nothing between two Views.
type Reader struct{ db *DB }

// OpenReader opens the database file for reading. Errors: ErrNewer,
// ErrCorrupt, each with the path, and what the file system says; an older
// schema is an error too, since only a server may migrate it.
func OpenReader(ctx context.Context, path string, opts Options) (*Reader, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	opts.ensureDefaults()
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(path); err != nil {
		return nil, err
	}
	if err := checkSchema(path); err != nil {
		return nil, fmt.Errorf("%s: %w", path, describe(err))
	}
	return &Reader{&DB{path: path, opts: opts}}, nil
}

func checkSchema(path string) error {
	ms, err := readMigrations(migrations)
	if err != nil {
		return err
	}
	c, err := dial(path, "rw", "busy_timeout = 5000", "query_only = on")
	if err != nil {
		return err
	}
	version, err := schemaOf(c, len(ms))
	if err == nil && version < len(ms) {
		err = fmt.Errorf("store: its schema is %d and has to be migrated to %d first: start the server once", version, len(ms))
	}
	return errors.Join(err, c.close())
}

// View runs fn on one consistent snapshot of what is committed now.
func (r *Reader) View(ctx context.Context, fn func(store.Tx) error) (err error) {
	if err := ctx.Err(); err != nil {
		return err
	}
	t := r.db.newTx(ctx)
	t.base = r.db.pin(0)
	defer func() {
		t.over = true
		err = errors.Join(err, r.db.release(t.base))
	}()
	return fn(t)
}

// Close releases everything. No View may be running.
func (r *Reader) Close() error {
	var errs []error
	for _, c := range r.db.idle {
		errs = append(errs, c.close())
	}
	r.db.idle = nil
	return errors.Join(errs...)
}
