package sqlite

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/quoinhq/quoin/internal/store"
)

// tx is one transaction: a snapshot of the file, under the changes that are
// not in it yet. A reading one has none; a writing one sees, newest first, its
// own, those of updates that wait for the next write to disk, and those of the
// write to disk that is going on.
type tx struct {
	ctx     context.Context
	db      *DB
	base    *snapshot
	pending [2]*batch // newest first; nil in a reading transaction
	own     *changes  // nil in a reading transaction
	hooks   []func()
	now     time.Time
	nano    int64
	over    bool
}

var (
	_ store.Tx      = (*tx)(nil)
	_ store.Decoder = (*tx)(nil)
)

var (
	errReadOnly = errors.New("store: write in a View")
	errOver     = errors.New("store: transaction used after its function returned")
)

func (db *DB) newTx(ctx context.Context) *tx {
	now := db.opts.Clock().UTC().Round(0)
	return &tx{ctx: ctx, db: db, now: now, nano: now.UnixNano()}
}

func (t *tx) Now() time.Time { return t.now }

// find returns what is known about id, an absent record when there is none.
func (t *tx) find(id recordID) (*record, error) {
	if t.over {
		return nil, errOver
	}
	if t.own != nil {
		if rec := t.own.get(id); rec != nil {
			return rec, nil
		}
	}
	for _, b := range t.pending {
		if b != nil {
			if rec := b.dirty[id]; rec != nil {
				return rec, nil
			}
		}
	}
	return t.committed(id)
}

// committed returns what is known about id in the snapshot.
func (t *tx) committed(id recordID) (*record, error) {
	if rec := t.db.cache.get(id, t.base.seq); rec != nil {
		return rec, nil
	}
	if t.db.absent.sure(id, t.base.seq, t.nano) {
		return &record{absent: true}, nil
	}
	rec, err := t.base.get(id)
	if err != nil {
		return nil, err
	}
	if rec.absent && t.db.absent.missed(id.kind) {
		select {
		case t.db.learning <- id.kind:
		default: // another kind is being learned; this one is not worth waiting for
		}
	}
	t.db.cache.fill(id, rec, t.base.seq)
	return rec, nil
}

func (t *tx) Get(kind store.Kind, key string) ([]byte, error) {
	rec, err := t.find(recordID{kind, key})
	if err != nil {
		return nil, err
	}
	if !rec.live(t.nano) {
		return nil, store.ErrNotFound
	}
	return rec.value, nil
}

// Decoded implements store.Decoder.
func (t *tx) Decoded(kind store.Kind, key string, decode func(key string, value []byte) (any, error)) (any, error) {
	rec, err := t.find(recordID{kind, key})
	if err != nil {
		return nil, err
	}
	if !rec.live(t.nano) {
		return nil, store.ErrNotFound
	}
	if v := rec.decoded.Load(); v != nil {
		return *v, nil
	}
	v, err := decode(key, rec.value)
	if err == nil {
		rec.decoded.Store(&v)
	}
	return v, err
}

func (t *tx) Put(kind store.Kind, key string, value []byte, expires time.Time) error {
	if err := t.writable(); err != nil {
		return err
	}
	if value == nil {
		value = []byte{}
	}
	t.own.set(recordID{kind, key}, &record{value: value, expires: nanos(expires)})
	return nil
}

func (t *tx) Delete(kind store.Kind, key string) error {
	if err := t.writable(); err != nil {
		return err
	}
	id := recordID{kind, key}
	rec, err := t.find(id)
	if err != nil {
		return err
	}
	if !rec.live(t.nano) {
		return store.ErrNotFound
	}
	t.own.set(id, &record{absent: true})
	return nil
}

func (t *tx) writable() error {
	switch {
	case t.over:
		return errOver
	case t.own == nil:
		return errReadOnly
	}
	return nil
}

func (t *tx) OnCommit(fn func()) { t.hooks = append(t.hooks, fn) }

// The file is read in pieces, so that a listing holds neither its connection
// nor much memory while its caller works on a record: few at first, since most
// listings are short, then more.
const (
	firstPiece = 64
	nextPieces = 512
)

func (t *tx) List(kind store.Kind, q store.Query) iter.Seq2[store.Entry, error] {
	return func(yield func(store.Entry, error) bool) {
		if t.over {
			yield(store.Entry{}, errOver)
			return
		}
		r := queryRange(kind, q)
		fresh := t.uncommitted(r, q.Reverse)
		left := q.Limit
		give := func(e store.Entry) bool {
			left--
			return yield(e, nil) && left != 0
		}
		// ahead yields the live uncommitted records up to key (all of them at
		// the end) and says whether one of them hides the file's key.
		ahead := func(key string, end bool) (hidden, more bool) {
			for len(fresh) > 0 {
				f := fresh[0]
				if order := compare(f.id.key, key, q.Reverse); !end && order > 0 {
					return false, true
				} else if !end && order == 0 {
					hidden = true
				}
				fresh = fresh[1:]
				if f.rec.live(t.nano) && !give(store.Entry{Key: f.id.key, Value: f.rec.value}) {
					return hidden, false
				}
				if hidden {
					return true, true
				}
			}
			return false, true
		}
		for size := firstPiece; ; size = nextPieces {
			if err := t.ctx.Err(); err != nil {
				yield(store.Entry{}, err)
				return
			}
			if left > 0 {
				size = min(size, left+len(fresh))
			}
			piece, err := t.base.list(r, t.nano, q.Reverse, size)
			if err != nil {
				yield(store.Entry{}, err)
				return
			}
			for _, e := range piece {
				hidden, more := ahead(e.Key, false)
				if !more || !hidden && !give(e) {
					return
				}
			}
			if len(piece) < size {
				ahead("", true)
				return
			}
			r = r.beyond(piece[len(piece)-1].Key, q.Reverse)
		}
	}
}

// compare orders keys in the direction of travel.
func compare(a, b string, desc bool) int {
	if desc {
		return strings.Compare(b, a)
	}
	return strings.Compare(a, b)
}

func (t *tx) Count(kind store.Kind, prefix string) (int, error) {
	if t.over {
		return 0, errOver
	}
	n, err := t.committedCount(kind, prefix)
	if err != nil {
		return 0, err
	}
	for id, rec := range t.newest(prefixRange(kind, prefix)) {
		was, err := t.committed(id)
		if err != nil {
			return 0, err
		}
		if was.live(t.nano) {
			n--
		}
		if rec.live(t.nano) {
			n++
		}
	}
	return n, nil
}

// committedCount is Count of the snapshot.
func (t *tx) committedCount(kind store.Kind, prefix string) (int, error) {
	if n, ok := t.db.counts.get(kind, prefix, t.base.seq); ok {
		return n, nil
	}
	counting := t.db.counts.begin(kind, prefix, t.base.seq)
	n, expiring, err := t.base.count(prefixRange(kind, prefix), t.nano)
	t.db.counts.end(counting, n, err == nil && expiring == 0)
	return n, err
}

// uncommitted returns what newest does, in the direction of travel.
func (t *tx) uncommitted(r keyRange, desc bool) []change {
	newest := t.newest(r)
	out := make([]change, 0, len(newest))
	for id, rec := range newest {
		out = append(out, change{id, rec})
	}
	slices.SortFunc(out, func(a, b change) int { return compare(a.id.key, b.id.key, desc) })
	return out
}

// newest returns the changes in the range that the snapshot does not have, the
// newest for each key.
func (t *tx) newest(r keyRange) map[recordID]*record {
	if t.own == nil {
		return nil
	}
	newest := map[recordID]*record{}
	for _, b := range slices.Backward(t.pending[:]) {
		if b == nil {
			continue
		}
		for id, rec := range b.dirty {
			if id.kind == r.kind && r.has(id.key) {
				newest[id] = rec
			}
		}
	}
	for _, c := range t.own.list {
		if c.id.kind == r.kind && r.has(c.id.key) {
			newest[c.id] = c.rec
		}
	}
	return newest
}

// change is one record put or deleted.
type change struct {
	id  recordID
	rec *record
}

// changes is what one update has put and deleted, in the order in which it
// first touched each record. Most touch a handful, which a short walk finds
// faster than a map does.
type changes struct {
	list  []change
	index map[recordID]int // of list; nil while it is short
}

const shortWalk = 12

func (c *changes) find(id recordID) int {
	if c.index != nil {
		if i, ok := c.index[id]; ok {
			return i
		}
		return -1
	}
	return slices.IndexFunc(c.list, func(c change) bool { return c.id == id })
}

func (c *changes) get(id recordID) *record {
	if i := c.find(id); i >= 0 {
		return c.list[i].rec
	}
	return nil
}

func (c *changes) set(id recordID, rec *record) {
	if i := c.find(id); i >= 0 {
		c.list[i].rec = rec
		return
	}
	c.list = append(c.list, change{id, rec})
	switch {
	case c.index != nil:
		c.index[id] = len(c.list) - 1
	case len(c.list) > shortWalk:
		c.index = make(map[recordID]int, 4*shortWalk)
		for i, ch := range c.list {
			c.index[ch.id] = i
		}
	}
}
