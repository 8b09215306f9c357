package sqlite

import (
	"errors"
	"math"
	"runtime"
	"slices"
	"strings"
)

// batch is the updates that go to disk together. While it is DB.current it is
// changed by the holder of the turn, under DB.mu; from then on it is constant,
// except err, which DB.mu guards until written is closed.
type batch struct {
	dirty   map[recordID]*record
	updates []update
	written chan struct{} // closed once it is on disk, or has failed
	err     error
}

// update is what one update function left behind.
type update struct {
	changes []change
	hooks   []func()
}

func newBatch() *batch {
	return &batch{dirty: map[recordID]*record{}, written: make(chan struct{})}
}

func (b *batch) add(t *tx) {
	b.updates = append(b.updates, update{t.own.list, t.hooks})
	for _, c := range t.own.list {
		b.dirty[c.id] = c.rec
	}
}

// write is the writer: it alone uses the writing connection, and ends when the
// database is closed and nothing waits.
func (db *DB) write() {
	log := newLogbook(db)
	defer log.close()
	for {
		select {
		case <-db.kick:
			// Who is ready to run may have an update for this batch: a
			// larger one costs hardly more.
			runtime.Gosched()
			log.grow(db.writeBatch())
		case <-log.copied:
			log.restart()
		case job := <-db.jobs:
			job(db.w)
		case <-db.stop:
			// Nobody adds any more, and who added has been kicked for.
			db.writeBatch()
			return
		}
	}
}

// writeBatch takes the waiting batch, writes it, publishes it, and wakes those
// who wait for it. It returns how many records it wrote.
func (db *DB) writeBatch() int {
	db.mu.Lock()
	b := db.current
	if len(b.updates) == 0 {
		db.mu.Unlock()
		return 0
	}
	db.inflight, db.current = b, newBatch()
	seq := db.snap.seq + 1
	err := db.trouble
	db.mu.Unlock()

	changes := b.sorted()
	var was []before
	if err == nil {
		was, err = db.store(changes)
	}
	if err != nil {
		db.abandon(b, err)
		return 0
	}
	db.publish(b, changes, was, seq)
	for _, u := range b.updates {
		for _, hook := range u.hooks {
			hook()
		}
		db.watchers.tell(u.changes)
	}
	close(b.written)
	return len(b.dirty)
}

// sorted returns what the batch changes in key order: neighbours share pages
// of the tree.
func (b *batch) sorted() []change {
	out := make([]change, 0, len(b.dirty))
	for id, rec := range b.dirty {
		out = append(out, change{id, rec})
	}
	slices.SortFunc(out, func(a, b change) int {
		if c := strings.Compare(string(a.id.kind), string(b.id.kind)); c != 0 {
			return c
		}
		return strings.Compare(a.id.key, b.id.key)
	})
	return out
}

// store writes the changes to disk. It returns what was there before, where
// counts depend on it.
func (db *DB) store(changes []change) (was []before, err error) {
	if len(changes) == 0 {
		return nil, nil
	}
	was = make([]before, len(changes))
	err = db.w.transact(func() (err error) {
		for i, c := range changes {
			if was[i], err = db.before(c.id); err != nil {
				return err
			}
			if err := db.w.write(c.id, c.rec); err != nil {
				return err
			}
		}
		return nil
	})
	return was, err
}

// before says whether a record is there that is about to be written, if any
// count depends on it. Called by the writer, to whom every commit is visible:
// what the cache knows holds.
func (db *DB) before(id recordID) (before, error) {
	if !db.counts.wanted(id.kind) {
		return unknown, nil
	}
	old := db.cache.get(id, math.MaxUint64)
	if old == nil || old.expires != 0 { // it may have been purged since
		var err error
		if old, err = db.w.get(id); err != nil {
			return unknown, err
		}
	}
	if old.absent {
		return absent, nil
	}
	return present, nil
}

// publish makes the batch, which is on disk, what readers see.
func (db *DB) publish(b *batch, changes []change, was []before, seq uint64) {
	if len(changes) == 0 {
		db.mu.Lock()
		db.inflight = nil
		db.mu.Unlock()
		return
	}
	for _, c := range changes {
		c.rec.seq = seq
		db.cache.commit(c.id, c.rec)
	}
	db.counts.commit(seq, changes, was)
	db.absent.commit(changes)
	db.swap(db.pin(seq), b)
}

// swap makes s the newest snapshot; done is the batch that it includes.
func (db *DB) swap(s *snapshot, done *batch) {
	db.mu.Lock()
	old := db.snap
	db.snap = s
	if db.inflight == done {
		db.inflight = nil
	}
	if s.err != nil {
		db.failLocked(s.err)
	}
	db.mu.Unlock()
	if err := db.release(old); err != nil {
		db.fail(err)
	}
}

// abandon fails the batch and all that ran on top of it. A full disk leaves
// nothing behind, and space may be made; after any other failure nobody knows
// what the disk has, and going on could acknowledge what is lost.
func (db *DB) abandon(b *batch, err error) {
	err = describe(err)
	db.mu.Lock()
	if !errors.Is(err, ErrFull) {
		db.failLocked(err)
		err = db.trouble
	}
	on := db.current
	b.err, on.err = err, err
	db.inflight, db.current = nil, newBatch()
	db.mu.Unlock()
	close(b.written)
	close(on.written)
}
