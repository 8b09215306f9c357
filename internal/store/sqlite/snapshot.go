package sqlite

import (
	"sync"

	"github.com/quoinhq/quoin/internal/store"
)

// snapshot is what was committed by commit seq, and a connection whose
// transaction keeps seeing exactly that. One is pinned after every commit, so
// that a reader that found some records in the cache can read the others from
// the file as they were at the same moment.
type snapshot struct {
	seq  uint64
	refs int   // guarded by DB.mu; the DB itself holds one while it is the newest
	err  error // pinning failed: the file cannot be read

	mu   sync.Mutex // held for one statement at a time
	conn *conn
}

func (s *snapshot) get(id recordID) (*record, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return nil, s.err
	}
	rec, err := s.conn.get(id)
	return rec, describe(err)
}

func (s *snapshot) list(r keyRange, now int64, desc bool, limit int) ([]store.Entry, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return nil, s.err
	}
	out, err := s.conn.list(r, now, desc, limit)
	return out, describe(err)
}

func (s *snapshot) count(r keyRange, now int64) (live, expiring int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return 0, 0, s.err
	}
	live, expiring, err = s.conn.count(r, now)
	return live, expiring, describe(err)
}

func (s *snapshot) keys(kind store.Kind, from string, limit int) ([]keyExpiry, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return nil, s.err
	}
	out, err := s.conn.keys(kind, from, limit)
	return out, describe(err)
}

// maxIdle is how many unused reading connections are kept.
const maxIdle = 4

// pin returns a snapshot of what the file holds now, which is commit seq.
// Only the writer calls it, so nothing is committed meanwhile.
func (db *DB) pin(seq uint64) *snapshot {
	db.mu.Lock()
	var c *conn
	if n := len(db.idle); n > 0 {
		c, db.idle = db.idle[n-1], db.idle[:n-1]
	}
	db.mu.Unlock()
	var err error
	if c == nil {
		if c, err = dial(db.path, "rw", "query_only = on", "cache_size = -1000"); err == nil {
			err = c.prepare()
		}
	}
	if err == nil {
		err = c.pin()
	}
	return &snapshot{seq: seq, refs: 1, conn: c, err: describe(err)}
}

// release gives up one reference to s.
func (db *DB) release(s *snapshot) error {
	db.mu.Lock()
	s.refs--
	last := s.refs == 0
	db.mu.Unlock()
	if !last || s.conn == nil {
		return nil
	}
	err := s.conn.run(stmtRollback, nil)
	db.mu.Lock()
	keep := err == nil && len(db.idle) < maxIdle
	if keep {
		db.idle = append(db.idle, s.conn)
	}
	db.mu.Unlock()
	if keep {
		return nil
	}
	return s.conn.close()
}
