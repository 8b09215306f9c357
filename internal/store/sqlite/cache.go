package sqlite

import (
	"hash/maphash"
	"sync"
)

// cache keeps committed records in memory so that a hot Get needs no SQL. A
// commit replaces what it changed before anybody can see the commit. It adds
// nothing that no reader has asked for: most of what is written (replies kept
// under a token, the audit trail) is never read, and would push out what is.
//
// An entry carries the commit from which on it is known to hold, so a reader
// at an older commit passes it by and asks the file, and a reader that fills
// in what it read at commit S does so only when nothing in the shard was
// committed after S: else it could bring back what has been replaced.
//
// Memory is bounded by two generations per shard: new and used records go to
// the young one, and when that is full it becomes the old one, whose unused
// rest is dropped. That is within a few percent of LRU here and needs neither
// a list nor a write on most reads.
type cache struct {
	seed   maphash.Seed
	shards [cacheShards]shard
}

const cacheShards = 16

type shard struct {
	mu         sync.RWMutex
	young, old map[recordID]*record
	size       int    // of young, in bytes
	limit      int    // of young, in bytes
	newest     uint64 // last commit that changed a record of the shard
}

func newCache(bytes int) *cache {
	c := &cache{seed: maphash.MakeSeed()}
	for i := range c.shards {
		c.shards[i].limit = bytes / cacheShards / 2
		c.shards[i].young = map[recordID]*record{}
	}
	return c
}

func (c *cache) shard(id recordID) *shard {
	return &c.shards[maphash.String(c.seed, id.key)%cacheShards]
}

// get returns what is known about id as of commit seq, nil when nothing is.
// A nil cache knows nothing.
func (c *cache) get(id recordID, seq uint64) *record {
	if c == nil {
		return nil
	}
	s := c.shard(id)
	s.mu.RLock()
	rec, young := s.young[id]
	if !young {
		rec = s.old[id]
	}
	s.mu.RUnlock()
	if rec == nil || rec.seq > seq {
		return nil
	}
	if !young {
		s.mu.Lock()
		if s.old[id] == rec { // else it was replaced or is gone
			s.add(id, rec)
		}
		s.mu.Unlock()
	}
	return rec
}

// fill adds what a reader at commit seq found in the file.
func (c *cache) fill(id recordID, rec *record, seq uint64) {
	if c == nil {
		return
	}
	s := c.shard(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.newest > seq {
		return
	}
	rec.seq = seq
	s.add(id, rec)
}

// commit replaces what is known about id, if anything is, from commit rec.seq on.
func (c *cache) commit(id recordID, rec *record) {
	s := c.shard(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.newest = rec.seq
	if s.young[id] != nil || s.old[id] != nil {
		s.add(id, rec)
	}
}

// add puts rec into the young generation; s.mu is held.
func (s *shard) add(id recordID, rec *record) {
	delete(s.old, id)
	if was := s.young[id]; was != nil {
		s.size -= was.size(id)
	}
	s.young[id] = rec
	s.size += rec.size(id)
	if s.size > s.limit {
		s.old, s.young, s.size = s.young, map[recordID]*record{}, 0
	}
}
