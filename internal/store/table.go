package store

import (
	"encoding/json"
	"fmt"
	"iter"
	"time"
)

// Table is the typed view of one kind: records of type T, kept as JSON.
type Table[T any] struct{ Kind Kind }

// Get returns the record. Errors: ErrNotFound.
func (t Table[T]) Get(tx Tx, key string) (*T, error) {
	b, err := tx.Get(t.Kind, key)
	if err != nil {
		return nil, err
	}
	return t.decode(key, b)
}

// Peek returns the record as all readers share it: it and what it points to
// must not be changed. That saves decoding what is read on every request; to
// change a record, Get it. Errors: ErrNotFound.
func (t Table[T]) Peek(tx Tx, key string) (*T, error) {
	d, ok := tx.(Decoder)
	if !ok {
		return t.Get(tx, key)
	}
	v, err := d.Decoded(t.Kind, key, t.decodeAny)
	if err != nil {
		return nil, err
	}
	if rec, ok := v.(*T); ok {
		return rec, nil
	}
	return t.Get(tx, key) // another type reads the same kind
}

// Put creates or replaces the record.
func (t Table[T]) Put(tx Tx, key string, rec *T) error { return t.PutUntil(tx, key, rec, time.Time{}) }

// PutUntil is Put for a record that is forgotten after expires.
func (t Table[T]) PutUntil(tx Tx, key string, rec *T, expires time.Time) error {
	b, err := json.Marshal(rec)
	if err != nil {
		return fmt.Errorf("store: encode %s %q: %w", t.Kind, key, err)
	}
	return tx.Put(t.Kind, key, b, expires)
}

// Delete removes the record. Errors: ErrNotFound.
func (t Table[T]) Delete(tx Tx, key string) error { return tx.Delete(t.Kind, key) }

// List yields the records that q selects, with their keys.
func (t Table[T]) List(tx Tx, q Query) iter.Seq2[Keyed[T], error] {
	return func(yield func(Keyed[T], error) bool) {
		for e, err := range tx.List(t.Kind, q) {
			var rec *T
			if err == nil {
				rec, err = t.decode(e.Key, e.Value)
			}
			if !yield(Keyed[T]{e.Key, rec}, err) || err != nil {
				return
			}
		}
	}
}

// Count returns how many records have a key with that prefix.
func (t Table[T]) Count(tx Tx, prefix string) (int, error) { return tx.Count(t.Kind, prefix) }

func (t Table[T]) decode(key string, b []byte) (*T, error) {
	rec := new(T)
	if err := json.Unmarshal(b, rec); err != nil {
		return nil, fmt.Errorf("store: decode %s %q: %w", t.Kind, key, err)
	}
	return rec, nil
}

func (t Table[T]) decodeAny(key string, b []byte) (any, error) { return t.decode(key, b) }

// Keyed is a record with its key.
type Keyed[T any] struct {
	Key string
	Rec *T
}
