package storetest

import (
	"context"
	"errors"
	"iter"
	"sync"
	"time"

	"github.com/quoinhq/quoin/internal/store"
)

// ErrInjected is what a Faulty store fails with, unless told otherwise.
var ErrInjected = errors.New("storetest: injected fault")

// Op is one thing that a Faulty store is asked to do.
type Op struct {
	Name string // "View", "Update", "Commit", "Get", "Put", "Delete", "List", "Count"
	Kind store.Kind
	Key  string // the prefix for List and Count
}

// Faulty is a store that fails when it is told to, and is the store it wraps
// otherwise. A failure of a "Commit" comes after the update function has
// run, and nothing of it is kept. It may be used concurrently.
type Faulty struct {
	store.Store

	mu    sync.Mutex
	fault func(Op) error
}

// NewFaulty returns st with no faults in it yet.
func NewFaulty(st store.Store) *Faulty { return &Faulty{Store: st} }

// FailWhen has every operation for which fault returns an error fail with it.
// nil mends the store. fault is called for one operation at a time.
func (f *Faulty) FailWhen(fault func(Op) error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fault = fault
}

// FailNth has the nth operation from now on fail with ErrInjected, the first
// one being 1, and no other. Looping over n until a call succeeds visits
// every place in it that can fail.
func (f *Faulty) FailNth(n int) {
	f.FailWhen(func(Op) error {
		if n--; n == 0 {
			return ErrInjected
		}
		return nil
	})
}

// FailOps has all operations of that name on that kind fail with ErrInjected.
// An empty kind is any.
func (f *Faulty) FailOps(name string, kind store.Kind) {
	f.FailWhen(func(op Op) error {
		if op.Name == name && (kind == "" || op.Kind == kind) {
			return ErrInjected
		}
		return nil
	})
}

func (f *Faulty) check(op Op) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fault == nil {
		return nil
	}
	return f.fault(op)
}

// View implements store.Store.
func (f *Faulty) View(ctx context.Context, fn func(store.Tx) error) error {
	if err := f.check(Op{Name: "View"}); err != nil {
		return err
	}
	return f.Store.View(ctx, func(tx store.Tx) error { return fn(&faultyTx{tx, f}) })
}

// Update implements store.Store.
func (f *Faulty) Update(ctx context.Context, fn func(store.Tx) error) error {
	if err := f.check(Op{Name: "Update"}); err != nil {
		return err
	}
	return f.Store.Update(ctx, func(tx store.Tx) error {
		if err := fn(&faultyTx{tx, f}); err != nil {
			return err
		}
		return f.check(Op{Name: "Commit"})
	})
}

type faultyTx struct {
	store.Tx
	f *Faulty
}

func (t *faultyTx) Get(kind store.Kind, key string) ([]byte, error) {
	if err := t.f.check(Op{"Get", kind, key}); err != nil {
		return nil, err
	}
	return t.Tx.Get(kind, key)
}

func (t *faultyTx) Put(kind store.Kind, key string, value []byte, expires time.Time) error {
	if err := t.f.check(Op{"Put", kind, key}); err != nil {
		return err
	}
	return t.Tx.Put(kind, key, value, expires)
}

func (t *faultyTx) Delete(kind store.Kind, key string) error {
	if err := t.f.check(Op{"Delete", kind, key}); err != nil {
		return err
	}
	return t.Tx.Delete(kind, key)
}

func (t *faultyTx) List(kind store.Kind, q store.Query) iter.Seq2[store.Entry, error] {
	if err := t.f.check(Op{"List", kind, q.Prefix}); err != nil {
		return func(yield func(store.Entry, error) bool) { yield(store.Entry{}, err) }
	}
	return t.Tx.List(kind, q)
}

func (t *faultyTx) Count(kind store.Kind, prefix string) (int, error) {
	if err := t.f.check(Op{"Count", kind, prefix}); err != nil {
		return 0, err
	}
	return t.Tx.Count(kind, prefix)
}
