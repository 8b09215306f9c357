package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Copy makes the file dest, which must not exist, a copy of the database file
// as it is at one moment. The database may be in use meanwhile, by this process
// or another one. When Copy returns nil, dest is on disk.
func Copy(ctx context.Context, path, dest string) error {
	if _, err := os.Stat(path); err != nil {
		return err
	}
	c, err := dial(path, "rw", "busy_timeout = 5000", "synchronous = FULL", "fullfsync = on")
	if err != nil {
		return describe(err)
	}
	_, err = c.c.(driver.ExecerContext).ExecContext(ctx, "VACUUM INTO ?1", c.bind(dest))
	if err = errors.Join(err, c.close()); err != nil {
		return fmt.Errorf("copy %s: %w", path, describe(err))
	}
	return os.Chmod(dest, 0o600)
}

// Backup writes what Copy would make to w.
func Backup(ctx context.Context, path string, w io.Writer) (err error) {
	dir, err := os.MkdirTemp(filepath.Dir(path), ".backup-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	copied := filepath.Join(dir, "copy.db")
	if err := Copy(ctx, path, copied); err != nil {
		return err
	}
	f, err := os.Open(copied)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, f)
	return errors.Join(err, f.Close())
}

// Backup is the function Backup for this database.
func (db *DB) Backup(ctx context.Context, w io.Writer) error { return Backup(ctx, db.path, w) }

// Verify reads a whole database file and returns ErrCorrupt if anything in it
// is not as it should be. Nobody may have the file open. It is meant for one
// that comes from somewhere else, before it is put to use.
func Verify(ctx context.Context, path string) error {
	c, err := dial(path, "ro")
	if err != nil {
		return describe(err)
	}
	err = verify(ctx, c)
	return errors.Join(err, c.close())
}

func verify(ctx context.Context, c *conn) error {
	id, err := c.pragma("application_id")
	if err != nil {
		return describe(err)
	}
	if id != applicationID {
		return fmt.Errorf("%w: it is the database of another program", ErrCorrupt)
	}
	rows, err := c.c.(driver.QueryerContext).QueryContext(ctx, "PRAGMA integrity_check(1)", nil)
	if err != nil {
		return describe(err)
	}
	var dest [1]driver.Value
	if err = rows.Next(dest[:]); err == nil && dest[0] != "ok" {
		err = fmt.Errorf("%w: %v", ErrCorrupt, dest[0])
	}
	return errors.Join(describe(err), rows.Close())
}
