package sqlite

import (
	"errors"
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

	if err == nil {
		err = b.store(db.w)
	}
	if err != nil {
		db.abandon(b, err)
		return 0
	}
	db.publish(b, seq)
	for _, u := range b.updates {
		for _, hook := range u.hooks {
			hook()
		}
		db.watchers.tell(u.changes)
	}
	close(b.written)
	return len(b.dirty)
}

// store writes the batch to disk.
func (b *batch) store(w *conn) error {
	if len(b.dirty) == 0 {
		return nil
	}
	// In key order neighbours share pages of the tree.
	ids := make([]recordID, 0, len(b.dirty))
	for id := range b.dirty {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b recordID) int {
		if c := strings.Compare(string(a.kind), string(b.kind)); c != 0 {
			return c
		}
		return strings.Compare(a.key, b.key)
	})
	return w.transact(func() error {
		for _, id := range ids {
			if err := w.write(id, b.dirty[id]); err != nil {
				return err
			}
		}
		return nil
	})
}

// publish makes the batch what readers see.
func (db *DB) publish(b *batch, seq uint64) {
	if len(b.dirty) == 0 {
		db.mu.Lock()
		db.inflight = nil
		db.mu.Unlock()
		return
	}
	for id, rec := range b.dirty {
		rec.seq = seq
		db.cache.commit(id, rec)
	}
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
