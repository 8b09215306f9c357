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
	asked    bool   // somebody has asked for a count that may be remembered
	prefixes map[string]*counted
	counting map[*counting]struct{}
}

// counting is a count that a reader is making of a snapshot, while commits go
// on. With many writers there always is one, so a count that were good only if
// nothing had changed meanwhile would be made again and again.
type counting struct {
	kind   store.Kind
	prefix string
	more   int  // by what commits have changed it since the snapshot
	lost   bool // a commit changed it that did not know by how much
}

// counted is what a prefix has, newest first, each from commit seq on.
type counted [4]struct {
	n   int
	seq uint64
}

// at returns the count as of commit seq, if it is known.
func (c *counted) at(seq uint64) (int, bool) {
	for i, v := range c {
		if v.seq <= seq && (i == 0 || v.seq < c[i-1].seq) {
			return v.n, true
		}
	}
	return 0, false
}

// set makes n the count from commit seq on.
func (c *counted) set(n int, seq uint64) {
	if c[0].seq != seq {
		copy(c[1:], c[:])
	}
	c[0].n, c[0].seq = n, seq
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
	if known := c.kind(kind).prefixes[prefix]; known != nil {
		return known.at(seq)
	}
	return 0, false
}

// begin notes that a reader at commit seq starts to count; nil when what it
// finds cannot be kept.
func (c *counts) begin(kind store.Kind, prefix string, seq uint64) *counting {
	if c == nil || !countable(prefix) {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	k := c.kind(kind)
	k.asked = true
	if k.newest > seq {
		return nil
	}
	n := &counting{kind: kind, prefix: prefix}
	if k.counting == nil {
		k.counting = map[*counting]struct{}{}
	}
	k.counting[n] = struct{}{}
	return n
}

// end remembers that the snapshot had so many, unless keep is false.
func (c *counts) end(n *counting, found int, keep bool) {
	if n == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	k := c.kind(n.kind)
	delete(k.counting, n)
	if n.lost || !keep {
		return
	}
	if k.prefixes == nil || len(k.prefixes) >= maxCounts {
		k.prefixes = map[string]*counted{}
	}
	known := new(counted)
	for i := range known {
		known[i].n, known[i].seq = found+n.more, k.newest
	}
	k.prefixes[n.prefix] = known
}

// wanted says whether counts of the kind are asked for, so that the writer has
// to find out what its changes do to them.
func (c *counts) wanted(kind store.Kind) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.kind(kind).asked
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
		switch {
		case !k.asked:
		case ch.rec.expires != 0 || was[i] == unknown:
			k.each(ch.id.key, func(prefix string, _ *counted) { delete(k.prefixes, prefix) })
			k.eachCounting(ch.id.key, func(n *counting) { n.lost = true })
		case was[i] == absent && !ch.rec.absent:
			k.add(ch.id.key, 1, seq)
		case was[i] == present && ch.rec.absent:
			k.add(ch.id.key, -1, seq)
		}
	}
}

// add changes the counts that key is part of by d, as of commit seq.
func (k *kindCounts) add(key string, d int, seq uint64) {
	k.each(key, func(_ string, c *counted) { c.set(c[0].n+d, seq) })
	k.eachCounting(key, func(n *counting) { n.more += d })
}

// eachCounting calls fn for the counts being made that key is part of.
func (k *kindCounts) eachCounting(key string, fn func(*counting)) {
	for n := range k.counting {
		if strings.HasPrefix(key, n.prefix) {
			fn(n)
		}
	}
}

// each calls fn for the remembered prefixes of key.
func (k *kindCounts) each(key string, fn func(prefix string, c *counted)) {
	for end := 0; ; {
		if c := k.prefixes[key[:end]]; c != nil {
			fn(key[:end], c)
		}
		slash := strings.IndexByte(key[end:], '/')
		if slash < 0 {
			return
		}
		end += slash + 1
	}
}
