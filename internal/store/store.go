// Package store is where Quoin keeps its records: the [Store] interface that
// every backend implements, and the typed tables that the rest of the server
// reads and writes through it.
//
// A record lives under a kind and a key. Keys of things that live in other
// things are joined with slashes ("ENVID/USERNAME"), so that one prefix lists
// the children of one parent in key order. What a record holds is the business
// of the package that owns the kind; storage sees bytes.
package store

import (
	"context"
	"errors"
	"iter"
	"time"
)

// ErrNotFound is returned for a record that does not exist or has expired.
var ErrNotFound = errors.New("store: no such record")

// ErrClosed is returned by every call after Close.
var ErrClosed = errors.New("store: closed")

// Kind names a set of records, for instance "user".
type Kind string

// Store keeps records durably. All methods may be called concurrently.
type Store interface {
	// View runs fn on one consistent snapshot of what is committed.
	View(ctx context.Context, fn func(Tx) error) error

	// Update runs fn alone: no other Update runs between its reads and its
	// writes. When fn returns an error nothing is changed and the error is
	// returned. When Update returns nil the effect is on disk and every
	// function given to OnCommit has run, and so has every watcher.
	// Backends may group several updates into one write to disk, but fn sees
	// the effects of all updates before it and a failed fn undoes only itself.
	// When the write fails, so does every update in it. fn runs once, in the
	// caller's goroutine, and must not call Update.
	Update(ctx context.Context, fn func(Tx) error) error

	// Watch has fn called after each commit with the keys of that kind that it
	// put or deleted, before the Update that made the change returns. fn must
	// be quick and must not call the store. Records that expire are not told of.
	// The returned function ends it: once that has returned, fn is not called
	// any more. fn itself must not call it.
	Watch(kind Kind, fn func(keys []string)) (stop func())

	// Close waits for running transactions and releases everything.
	Close() error
}

// Tx is a transaction. It is used by one goroutine and not after the function
// it was given to has returned.
type Tx interface {
	// Now is the time of the transaction: one for all its reads and writes,
	// from the store's clock.
	Now() time.Time

	// Get returns the record's bytes, not to be changed. Errors: ErrNotFound.
	Get(kind Kind, key string) ([]byte, error)

	// Put creates or replaces a record and keeps value, which is not to be
	// changed afterwards. A zero expires means it stays; from expires on it is
	// as if it had been deleted.
	Put(kind Kind, key string, value []byte, expires time.Time) error

	// Delete removes a record. Errors: ErrNotFound.
	Delete(kind Kind, key string) error

	// List yields records whose key begins with q.Prefix, in the order of the
	// keys' bytes. What the transaction puts or deletes while the loop runs may
	// not show in it. An error ends the loop.
	List(kind Kind, q Query) iter.Seq2[Entry, error]

	// Count returns how many records of the kind have a key with that prefix.
	Count(kind Kind, prefix string) (int, error)

	// OnCommit has fn called once the transaction is on disk, in order, before
	// Update returns; not at all when the transaction fails. fn must be quick
	// and must not call Update.
	OnCommit(fn func())
}

// Decoder is a Tx that can keep the decoded form of a record beside its bytes,
// so that a record that is read often is decoded once.
type Decoder interface {
	// Decoded returns what decode made of the record, now or earlier. The
	// value is shared by all readers and is not to be changed. Errors:
	// ErrNotFound, those of decode.
	Decoded(kind Kind, key string, decode func(key string, value []byte) (any, error)) (any, error)
}

// Query selects records for List.
type Query struct {
	Prefix  string // keys that begin with this
	After   string // only keys after this one, in the direction of travel; "" starts at the end of it
	Limit   int    // at most so many; 0 is no limit
	Reverse bool   // from the last key to the first
}

// Entry is one record of a listing.
type Entry struct {
	Key   string
	Value []byte
}
