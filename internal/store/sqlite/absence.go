package sqlite

import (
	"hash/maphash"
	"sync"
	"time"

	"github.com/quoinhq/quoin/internal/store"
)

// absence knows of some kinds which keys they have, so that a Get of a record
// that is not there needs no SQL. Every request with an idempotency token
// makes one, and since a commit empties the page caches of reading connections
// it would cost more than all other Gets of the request together.
//
// A kind is learned once enough Gets of it were in vain: its keys are read from
// a snapshot, and those of every later commit are added. A key is kept as a
// hash, which may make an absent record seem possible, never the reverse. Keys
// are grouped by the minute in which they expire and forgotten minute by minute;
// deleted ones stay, since that too is on the safe side.
//
// What it says holds for readers at commit from or later and at time dropped
// or later: it has forgotten what was before.
type absence struct {
	seed  maphash.Seed
	after int // Gets in vain before a kind is learned

	mu    sync.RWMutex
	kinds map[store.Kind]*knownKeys
}

type knownKeys struct {
	misses  int  // Gets in vain, until it is learned
	learned bool // from and keys are good
	adding  bool // commits add to keys
	tooMany bool // given up
	keys    map[int64]map[uint64]struct{}
	size    int
	from    uint64
	dropped int64
}

const (
	learnAfter = 64      // Gets in vain
	maxKnown   = 1 << 20 // keys of a kind; about 16 MB
	forever    = int64(-1)
)

func newAbsence() *absence {
	return &absence{seed: maphash.MakeSeed(), after: learnAfter, kinds: map[store.Kind]*knownKeys{}}
}

// sure says whether id was certainly absent as of commit seq, for a transaction
// at now. A nil absence is never sure.
func (a *absence) sure(id recordID, seq uint64, now int64) bool {
	if a == nil {
		return false
	}
	a.mu.RLock()
	defer a.mu.RUnlock()
	k := a.kinds[id.kind]
	if k == nil || !k.learned || seq < k.from || now < k.dropped {
		return false
	}
	h := maphash.String(a.seed, id.key)
	for _, keys := range k.keys {
		if _, ok := keys[h]; ok {
			return false
		}
	}
	return true
}

// missed notes that a Get was in vain and says whether the kind should be learned.
func (a *absence) missed(kind store.Kind) (learn bool) {
	if a == nil {
		return false
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	k := a.kinds[kind]
	if k == nil {
		k = new(knownKeys)
		a.kinds[kind] = k
	}
	k.misses++
	return k.misses%a.after == 0 && !k.adding && !k.tooMany
}

// begin has the commits that follow added, unless they are already.
func (a *absence) begin(kind store.Kind) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	k := a.kinds[kind]
	if k.adding || k.tooMany {
		return false
	}
	k.adding, k.keys = true, map[int64]map[uint64]struct{}{}
	return true
}

// found adds keys that were read from the file, and says whether to go on.
func (a *absence) found(kind store.Kind, keys []keyExpiry) (more bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	k := a.kinds[kind]
	for _, f := range keys {
		k.add(maphash.String(a.seed, f.key), f.expires)
	}
	return !k.tooMany
}

// end says that all keys as of commit seq have been added.
func (a *absence) end(kind store.Kind, seq uint64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	k := a.kinds[kind]
	k.learned, k.from = !k.tooMany, seq
}

// commit adds the keys that a commit has put.
func (a *absence) commit(changes []change) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, c := range changes {
		if k := a.kinds[c.id.kind]; k != nil && k.adding && !c.rec.absent {
			k.add(maphash.String(a.seed, c.id.key), c.rec.expires)
		}
	}
}

func (k *knownKeys) add(hash uint64, expires int64) {
	if k.tooMany {
		return
	}
	minute := forever
	if expires > 0 {
		minute = expires / int64(time.Minute)
	}
	keys := k.keys[minute]
	if keys == nil {
		keys = map[uint64]struct{}{}
		k.keys[minute] = keys
	}
	before := len(keys)
	keys[hash] = struct{}{}
	if k.size += len(keys) - before; k.size > maxKnown {
		*k = knownKeys{misses: k.misses, tooMany: true}
	}
}

// forget drops the keys of minutes that are over.
func (a *absence) forget(now int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, k := range a.kinds {
		for minute, keys := range k.keys {
			if end := (minute + 1) * int64(time.Minute); minute != forever && end <= now {
				k.size -= len(keys)
				k.dropped = max(k.dropped, end)
				delete(k.keys, minute)
			}
		}
	}
}

// keyExpiry is a key with the time at which its record expires.
type keyExpiry struct {
	key     string
	expires int64
}

// learnPiece is how many keys are read at once.
const learnPiece = 1000

// learn reads the keys of a kind. It is called by the purge's goroutine.
func (db *DB) learn(kind store.Kind) error {
	var s *snapshot
	begun := make(chan struct{})
	select {
	case db.jobs <- func(*conn) {
		// Between two commits: what the snapshot lacks, commits will add.
		defer close(begun)
		if !db.absent.begin(kind) {
			return
		}
		db.mu.Lock()
		s = db.snap
		s.refs++
		db.mu.Unlock()
	}:
		<-begun
	case <-db.stop:
		return nil
	}
	if s == nil {
		return nil
	}
	err := db.readKeys(kind, s)
	if rerr := db.release(s); err == nil {
		err = rerr
	}
	return err
}

func (db *DB) readKeys(kind store.Kind, s *snapshot) error {
	for from := ""; ; {
		keys, err := s.keys(kind, from, learnPiece)
		if err != nil {
			return err
		}
		if !db.absent.found(kind, keys) {
			return nil
		}
		if len(keys) < learnPiece {
			db.absent.end(kind, s.seq)
			return nil
		}
		from = keys[len(keys)-1].key + "\x00"
		select {
		case <-db.stop:
			return nil
		default:
		}
	}
}
