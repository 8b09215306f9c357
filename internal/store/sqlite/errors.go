package sqlite

import (
	"errors"
	"fmt"

	driver "modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"
)

var (
	// ErrLocked is returned by Open when another process has the database.
	ErrLocked = errors.New("store: in use by another server")

	// ErrNewer is returned by Open for a database that a newer program wrote.
	ErrNewer = errors.New("store: written by a newer version of quoin")

	// ErrCorrupt is returned for a file that is not a whole Quoin database.
	ErrCorrupt = errors.New("store: not a usable database")

	// ErrDisk is returned by every Update after a write to disk failed in a way
	// that leaves unknown what is on it. Only opening the database again, which
	// reads what really is there, ends that state.
	ErrDisk = errors.New("store: writing to disk failed; restart to recover")

	// ErrFull is returned by an Update that found no space on the disk. Nothing
	// of it was kept; a later one may succeed.
	ErrFull = errors.New("store: no space left on the disk")
)

// describe wraps what SQLite said about a database file in the error that
// tells an operator what to do.
func describe(err error) error {
	var e *driver.Error
	if !errors.As(err, &e) {
		return err
	}
	switch e.Code() & 0xff {
	case lib.SQLITE_NOTADB, lib.SQLITE_CORRUPT:
		return fmt.Errorf("%w: %v", ErrCorrupt, err)
	case lib.SQLITE_FULL:
		return fmt.Errorf("%w: %v", ErrFull, err)
	}
	return fmt.Errorf("store: %w", err)
}
