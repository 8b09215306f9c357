// Package sqlite keeps records in one SQLite file: the store that is built in.
//
// # How an update becomes durable
//
// Update functions run one after another in their callers' goroutines, each on
// top of what the ones before it changed, whether that is on disk yet or not.
// What one changes stays its own until it returns without an error; so undoing
// a failed one is forgetting it. A successful one joins the waiting batch. One
// goroutine, the writer, takes the batch, writes it in one SQLite transaction
// with one fsync, makes it visible to readers, runs watchers and OnCommit
// functions in commit order, and wakes everyone in the batch. While it waits
// for the disk the next batch fills up. So the disk is synced as often as it
// can be and no oftener, and sixteen clients cost little more than one.
//
// When a write to disk fails, the updates that ran on top of it fail with it.
//
// # How a read stays consistent
//
// Commits are numbered. Each has a snapshot: its number and a connection whose
// read transaction began right after it. A View takes the newest snapshot and
// reads from the cache what is known to have held by then, and all else from
// that connection. A View of hot records touches no SQL.
//
// Rejected: all records in memory under a copy-on-write tree. It is simpler,
// but idempotency rows and the audit trail outgrow memory. Also rejected: a
// savepoint per update, which costs two more statements for each and keeps the
// disk waiting while functions run.
package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/quoinhq/quoin/internal/store"
)

// Options says how a database is run. The zero value is what a server wants.
type Options struct {
	// Clock gives the time of transactions. nil is time.Now.
	Clock func() time.Time

	// CacheBytes bounds the memory for cached records, roughly. 0 is 16 MiB.
	CacheBytes int

	// PurgeEvery is how often expired records are removed from the file; they
	// are invisible from the moment they expire. 0 is 5 seconds.
	PurgeEvery time.Duration
}

func (o *Options) ensureDefaults() {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.CacheBytes <= 0 {
		o.CacheBytes = 16 << 20
	}
	if o.PurgeEvery <= 0 {
		o.PurgeEvery = 5 * time.Second
	}
}

// DB is an open database. It implements store.Store.
type DB struct {
	path   string
	opts   Options
	lock   *os.File
	cache  *cache
	counts *counts
	absent *absence
	w      *conn // of the writer, while it runs

	turn chan struct{} // held by the update function that runs

	kick     chan struct{}    // the batch has become non-empty
	jobs     chan func(*conn) // work between batches for the writer
	learning chan store.Kind  // what absence should learn
	stop     chan struct{}    // closed when no transaction runs any more
	loop     sync.WaitGroup   // writer and purge

	mu       sync.Mutex
	snap     *snapshot // the newest
	inflight *batch    // being written to disk, or nil
	current  *batch    // waiting for the writer
	idle     []*conn
	trouble  error // why no Update can succeed any more
	closed   bool
	running  sync.WaitGroup // transactions; Add under mu and not once closed

	watchers watchers
}

var _ store.Store = (*DB)(nil)

// Open opens the database file, makes it if there is none, and brings its
// schema up to date. The directory has to exist. Errors: ErrLocked, ErrNewer,
// ErrCorrupt, each with the path, and what the file system says.
func Open(ctx context.Context, path string, opts Options) (*DB, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	opts.ensureDefaults()
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	lock, err := lockFile(path + ".lock")
	if err != nil {
		return nil, err
	}
	db := &DB{
		path: path, opts: opts, lock: lock,
		cache:    newCache(opts.CacheBytes),
		counts:   new(counts),
		absent:   newAbsence(),
		turn:     make(chan struct{}, 1),
		kick:     make(chan struct{}, 1),
		jobs:     make(chan func(*conn)),
		learning: make(chan store.Kind, 8),
		stop:     make(chan struct{}),
		current:  newBatch(),
	}
	if db.w, err = openWriter(path); err == nil {
		db.snap = db.pin(0)
		if err = db.snap.err; err != nil {
			err = errors.Join(err, db.w.close())
		}
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, describe(err)), lock.Close())
	}
	db.loop.Go(db.write)
	db.loop.Go(db.purgeLoop)
	return db, nil
}

// openWriter opens the one connection that writes. synchronous = FULL has
// every commit wait for the log to be on disk; fullfsync makes that true on
// darwin as well.
func openWriter(path string) (*conn, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		if err := create(path); err != nil {
			return nil, err
		}
	} else if err != nil {
		return nil, err
	}
	ms, err := readMigrations(migrations)
	if err != nil {
		return nil, err
	}
	c, err := dial(path, "rw", "busy_timeout = 5000", "journal_mode = WAL", "synchronous = FULL",
		"fullfsync = on", "checkpoint_fullfsync = on", "wal_autocheckpoint = 0", "cache_size = -8000")
	if err != nil {
		return nil, err
	}
	if err = migrate(c, ms); err == nil {
		err = c.prepare()
	}
	if err != nil {
		return nil, errors.Join(err, c.close())
	}
	return c, nil
}

// create makes an empty file that only we can read, and makes sure that its
// name is on disk: SQLite syncs what it writes, not the directory.
func create(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// enter registers a transaction and gives it the newest snapshot and, if it is
// to write, the changes that are not in it.
func (db *DB) enter(t *tx, write bool) error {
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.closed {
		return store.ErrClosed
	}
	if write {
		if db.trouble != nil {
			return db.trouble
		}
		t.own = new(changes)
		t.pending = [2]*batch{db.current, db.inflight}
	}
	db.running.Add(1)
	t.base = db.snap
	t.base.refs++
	return nil
}

func (db *DB) leave(t *tx) {
	t.over = true
	if err := db.release(t.base); err != nil {
		db.fail(err)
	}
	db.running.Done()
}

// View implements store.Store.
func (db *DB) View(ctx context.Context, fn func(store.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	t := db.newTx(ctx)
	if err := db.enter(t, false); err != nil {
		return err
	}
	defer db.leave(t)
	return fn(t)
}

// Update implements store.Store. It does not wait for the disk longer than it
// takes, whatever ctx says: once fn has run, what becomes of its effect is
// known when Update returns. Errors: those of fn, ctx.Err() when fn was not
// run, store.ErrClosed, ErrDisk, ErrFull.
func (db *DB) Update(ctx context.Context, fn func(store.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case db.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	b, fnErr, err := db.perform(ctx, fn)
	if err != nil {
		return err
	}
	if b != nil {
		<-b.written
		err = b.err
	}
	if fnErr != nil && err == nil {
		err = fnErr
	}
	return err
}

// perform runs fn and lets go of the turn. It returns the batch to wait for:
// the one that fn's changes are in, or, when fn failed, the last of those that
// it may have read from, since even an error may tell what they did.
func (db *DB) perform(ctx context.Context, fn func(store.Tx) error) (b *batch, fnErr, err error) {
	defer func() { <-db.turn }()
	t := db.newTx(ctx)
	if err := db.enter(t, true); err != nil {
		return nil, nil, err
	}
	defer db.leave(t)
	if err := fn(t); err != nil {
		for _, b := range t.pending {
			if b != nil && len(b.updates) > 0 {
				return b, err, nil
			}
		}
		return nil, err, nil
	}
	b, err = db.join(t)
	return b, nil, err
}

// join adds what t has done to the waiting batch.
func (db *DB) join(t *tx) (*batch, error) {
	db.mu.Lock()
	defer db.mu.Unlock()
	for _, b := range t.pending {
		if b != nil && b.err != nil {
			return nil, b.err // t rests on changes that came to nothing
		}
	}
	b := db.current
	b.add(t)
	select {
	case db.kick <- struct{}{}:
	default:
	}
	return b, nil
}

// Healthy returns nil while updates can succeed, else the reason why not.
func (db *DB) Healthy() error {
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.closed {
		return store.ErrClosed
	}
	return db.trouble
}

// fail makes every later Update return err.
func (db *DB) fail(err error) {
	db.mu.Lock()
	defer db.mu.Unlock()
	db.failLocked(err)
}

func (db *DB) failLocked(err error) {
	if db.trouble == nil {
		db.trouble = fmt.Errorf("%w: %v", ErrDisk, err)
	}
}

// Close implements store.Store. It folds the log into the database file.
func (db *DB) Close() error {
	db.mu.Lock()
	if db.closed {
		db.mu.Unlock()
		return store.ErrClosed
	}
	db.closed = true
	db.mu.Unlock()

	db.running.Wait() // no function runs; what they did may still wait for the writer
	close(db.stop)
	db.loop.Wait()

	errs := []error{db.release(db.snap)}
	for _, c := range db.idle {
		errs = append(errs, c.close())
	}
	// The last connection to close folds the log in, and only this one may write.
	return errors.Join(append(errs, db.w.close(), db.lock.Close())...)
}
