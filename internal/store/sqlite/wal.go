package sqlite

import (
	"errors"
	"sync"
)

// logbook keeps the write-ahead log from growing without end. Copying it into
// the database file takes long enough to be felt, so most of it is done by a
// connection of its own while the writer goes on; what was written meanwhile
// the writer copies itself, between two batches. Then it moves the newest
// snapshot from the log to the file, since SQLite starts the log anew only
// when it is copied entirely and nobody reads from it.
//
// When the disk cannot keep up, the writer waits for the copy, so that the log
// has an end. Only a long View holds all that up: the log grows until it ends.
//
// The writer alone uses it.
type logbook struct {
	db     *DB
	pages  int           // about how many were written since the log was last copied
	copied chan struct{} // the background copy has ended
	busy   bool          // it runs
	helper sync.WaitGroup
}

// longLog is how many pages (of 4 KiB) the log may have before it is copied:
// few, since while the copy goes to disk every commit waits. With 8,192 pages
// one update in a hundred took 69 ms at half load, with 1,024 about 20, for a
// tenth of the updates a second.
//
// endlessLog is how many before the writer waits for the copy.
const (
	longLog    = 1024
	endlessLog = 32 * longLog
)

func newLogbook(db *DB) *logbook {
	return &logbook{db: db, copied: make(chan struct{}, 1)}
}

// grow notes that so many records were written.
func (l *logbook) grow(records int) {
	if records == 0 {
		return
	}
	l.pages += records + 2 // the page of each, the root above, the index
	if l.busy && l.pages > endlessLog {
		<-l.copied
		l.restart()
		return
	}
	if l.pages < longLog || l.busy {
		return
	}
	l.busy = true
	l.helper.Go(func() {
		if err := copyLog(l.db.path); err != nil {
			l.db.fail(err)
		}
		l.copied <- struct{}{}
	})
}

func copyLog(path string) error {
	c, err := dial(path, "rw", "synchronous = FULL", "fullfsync = on", "checkpoint_fullfsync = on", "wal_autocheckpoint = 0")
	if err != nil {
		return err
	}
	if err := c.checkpoint(); err != nil {
		return errors.Join(err, c.close())
	}
	return c.close()
}

// restart copies the rest and lets SQLite begin the log anew.
func (l *logbook) restart() {
	l.busy, l.pages = false, 0
	if err := l.db.w.checkpoint(); err != nil {
		l.db.fail(err)
		return
	}
	l.db.mu.Lock()
	seq := l.db.snap.seq
	l.db.mu.Unlock()
	l.db.swap(l.db.pin(seq), nil)
}

func (l *logbook) close() { l.helper.Wait() }
