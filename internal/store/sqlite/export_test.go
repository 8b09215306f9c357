package sqlite

import (
	"errors"
	"io/fs"

	"github.com/quoinhq/quoin/internal/store"
)

// Migrate runs the migrations of fsys on the file, for tests.
func Migrate(path string, fsys fs.FS) error {
	ms, err := readMigrations(fsys)
	if err != nil {
		return err
	}
	c, err := dial(path, "rwc")
	if err != nil {
		return err
	}
	return errors.Join(migrate(c, ms), c.close())
}

// Exec runs SQL on the writing connection between two batches, for tests.
func (db *DB) Exec(script string) error {
	done := make(chan error)
	db.jobs <- func(w *conn) { done <- w.exec(script) }
	return <-done
}

// QueryInt returns the first number of a query, for tests.
func (db *DB) QueryInt(query string) (n int64, err error) {
	done := make(chan struct{})
	db.jobs <- func(w *conn) {
		defer close(done)
		n, err = w.queryInt(query)
	}
	<-done
	return n, err
}

// BreakDisk has every later write to disk fail, for tests.
func (db *DB) BreakDisk() (err error) {
	done := make(chan struct{})
	db.jobs <- func(w *conn) {
		defer close(done)
		begin := w.stmts[stmtBeginWrite]
		w.stmts[stmtBeginWrite], err = w.c.Prepare("INSERT INTO record VALUES (NULL, NULL, NULL, NULL)")
		err = errors.Join(err, begin.Close())
	}
	<-done
	return err
}

// LearnAfter has kinds learned after so many Gets in vain, for tests.
func (db *DB) LearnAfter(n int) {
	db.absent.mu.Lock()
	defer db.absent.mu.Unlock()
	db.absent.after = n
}

// Sure says whether the database knows without SQL that a record is absent, for tests.
func (db *DB) Sure(kind store.Kind, key string) bool {
	db.mu.Lock()
	seq := db.snap.seq
	db.mu.Unlock()
	return db.absent.sure(recordID{kind, key}, seq, db.opts.Clock().UnixNano())
}
