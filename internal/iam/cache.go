package iam

import "sync"

// cache remembers what was read from the store until a watcher says that it
// changed. A value that was read before a change is not put in after it: every
// change moves the generation on, and put refuses what belongs to an older one.
type cache[T any] struct {
	limit int

	mu         sync.RWMutex
	generation uint64
	entries    map[string]T
}

func newCache[T any](limit int) *cache[T] {
	return &cache[T]{limit: limit, entries: make(map[string]T)}
}

// get returns the value, or the generation that a value read now belongs to.
func (c *cache[T]) get(key string) (v T, ok bool, generation uint64) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	v, ok = c.entries[key]
	return v, ok, c.generation
}

func (c *cache[T]) put(key string, v T, generation uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if generation != c.generation {
		return
	}
	if len(c.entries) >= c.limit {
		clear(c.entries)
	}
	c.entries[key] = v
}

// forget drops keys, all of them when none is named.
func (c *cache[T]) forget(keys ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.generation++
	if len(keys) == 0 {
		clear(c.entries)
	}
	for _, k := range keys {
		delete(c.entries, k)
	}
}
