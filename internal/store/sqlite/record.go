package sqlite

import (
	"sync/atomic"
	"time"

	"github.com/quoinhq/quoin/internal/store"
)

// recordID names a record.
type recordID struct {
	kind store.Kind
	key  string
}

// record is what is known about an id at some commit: its value, or that there
// is none. Nothing in it changes once it can be seen by another goroutine,
// except decoded, which is only ever filled in.
type record struct {
	value   []byte
	expires int64 // nanoseconds since 1970; 0 is never
	absent  bool
	seq     uint64 // the commit from which on it is known to hold
	decoded atomic.Pointer[any]
}

// live says whether the record exists at now.
func (r *record) live(now int64) bool {
	return !r.absent && (r.expires == 0 || r.expires > now)
}

// size is about what keeping the record costs, in bytes. The value counts
// twice, since the decoded form may come to be kept beside it.
func (r *record) size(id recordID) int {
	const overhead = 200 // map slot, record, headers of strings and slices
	return len(id.key) + 2*len(r.value) + overhead
}

// nanos is a time as the table holds it; the zero time is 0.
func nanos(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return max(t.UnixNano(), 1)
}

// keyRange is the records of a kind with lo <= key < hi, or with lo <= key
// when unbounded.
type keyRange struct {
	kind      store.Kind
	lo, hi    string
	unbounded bool
}

// prefixRange returns the range of keys that begin with prefix.
func prefixRange(kind store.Kind, prefix string) keyRange {
	hi, ok := successor(prefix)
	return keyRange{kind, prefix, hi, !ok}
}

// queryRange returns the range that q selects, its limit apart.
func queryRange(kind store.Kind, q store.Query) keyRange {
	r := prefixRange(kind, q.Prefix)
	switch {
	case q.After == "":
	case q.Reverse:
		if r.unbounded || q.After < r.hi {
			r.hi, r.unbounded = q.After, false
		}
	default:
		r.lo = max(r.lo, q.After+"\x00")
	}
	return r
}

func (r keyRange) has(key string) bool {
	return key >= r.lo && (r.unbounded || key < r.hi)
}

// upper is hi as SQLite compares it: a blob is greater than every text.
func (r keyRange) upper() any {
	if r.unbounded {
		return []byte{}
	}
	return r.hi
}

// beyond returns what is left of the range after key, in the direction of
// travel.
func (r keyRange) beyond(key string, desc bool) keyRange {
	if desc {
		r.hi, r.unbounded = key, false
	} else {
		r.lo = key + "\x00"
	}
	return r
}

// successor returns the smallest string greater than every string that begins
// with prefix; there is none for one of only 0xff bytes.
func successor(prefix string) (string, bool) {
	for last := len(prefix) - 1; last >= 0; last-- {
		if prefix[last] != 0xff {
			return prefix[:last] + string([]byte{prefix[last] + 1}), true
		}
	}
	return "", false
}
