package sqlite

import (
	"strings"
	"sync"

	"github.com/quoinhq/quoin/internal/store"
)

// counts remembers how many records a prefix has, since quotas ask for it on
// every create and counting a hundred thousand users each time would take
// longer than all the rest. A count once asked for is kept up by every commit
// that follows.
//
// Only prefixes that are empty or end with a slash are kept, so that a changed
// key finds its counts by its own slashes, and only those without records that
// expire, which leave without a commit. Like a cached record, a count carries
// the commit from which on it holds, and readers at an older one pass it by.
type counts struct {
	mu    sync.Mutex
	kinds map[store.Kind]*kindCounts
}

type kindCounts struct {
	newest   uint64 // last commit that changed a record of the kind
	prefixes map[string]counted
}

type counted struct {
	n   int
	seq uint64
}

// maxCounts bounds how many prefixes of a kind are remembered.
const maxCounts = 4096

func countable(prefix string) bool { return prefix == "" || strings.HasSuffix(prefix, "/") }

func (c *counts) kind(kind store.Kind) *kindCounts {
	k := c.kinds[kind]
	if k == nil {
		k = new(kindCounts)
		if c.kinds == nil {
			c.kinds = map[store.Kind]*kindCounts{}
		}
		c.kinds[kind] = k
	}
	return k
}

// get returns the count as of commit seq, if it is known. Nil counts know
// nothing.
func (c *counts) get(kind store.Kind, prefix string, seq uint64) (int, bool) {
	if c == nil {
		return 0, false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	got, ok := c.kind(kind).prefixes[prefix]
	return got.n, ok && got.seq <= seq
}

// fill remembers what a reader at commit seq has counted.
func (c *counts) fill(kind store.Kind, prefix string, n int, seq uint64) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	k := c.kind(kind)
	if k.newest > seq || !countable(prefix) {
		return
	}
	if k.prefixes == nil || len(k.prefixes) >= maxCounts {
		k.prefixes = map[string]counted{}
	}
	k.prefixes[prefix] = counted{n, seq}
}

// wanted says whether counts of the kind are remembered, so that the writer
// has to find out what its changes do to them.
func (c *counts) wanted(kind store.Kind) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.kind(kind).prefixes) > 0
}

// before is what the writer knows of a record from before its change.
type before byte

const (
	unknown before = iota // nobody wanted the count when it was written
	absent
	present
)

// commit brings the counts to commit seq, which made the changes.
func (c *counts) commit(seq uint64, changes []change, was []before) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, ch := range changes {
		k := c.kind(ch.id.kind)
		k.newest = seq
		d := 0
		switch {
		case len(k.prefixes) == 0:
			continue
		case ch.rec.expires != 0 || was[i] == unknown:
			k.each(ch.id.key, func(prefix string, _ counted) { delete(k.prefixes, prefix) })
			continue
		case was[i] == absent && !ch.rec.absent:
			d = 1
		case was[i] == present && ch.rec.absent:
			d = -1
		}
		if d != 0 {
			k.each(ch.id.key, func(prefix string, was counted) { k.prefixes[prefix] = counted{was.n + d, seq} })
		}
	}
}

// each calls fn for the remembered prefixes of key.
func (k *kindCounts) each(key string, fn func(prefix string, was counted)) {
	for end := 0; ; {
		if was, ok := k.prefixes[key[:end]]; ok {
			fn(key[:end], was)
		}
		slash := strings.IndexByte(key[end:], '/')
		if slash < 0 {
			return
		}
		end += slash + 1
	}
}
