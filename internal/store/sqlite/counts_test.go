package sqlite_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/quoinhq/quoin/internal/store"
	"github.com/quoinhq/quoin/internal/store/sqlite"
	"github.com/quoinhq/quoin/internal/store/storetest"
)

func count(tb testing.TB, st store.Store, prefix string) (n int) {
	tb.Helper()
	if err := st.View(tb.Context(), func(tx store.Tx) (err error) {
		n, err = tx.Count("u", prefix)
		return err
	}); err != nil {
		tb.Fatalf("count: %v", err)
	}
	return n
}

// TestCountAfterPurge: a record that expired and was purged stays in the cache,
// where the writer looks for what a change does to a count.
func TestCountAfterPurge(t *testing.T) {
	clock := storetest.NewClock()
	db := openWith(t, filepath.Join(t.TempDir(), "quoin.db"), sqlite.Options{Clock: clock.Now, PurgeEvery: time.Hour})
	if got := count(t, db, ""); got != 0 {
		t.Fatalf("at first: %d", got)
	}
	put(t, db, "a", "1", clock.Now().Add(time.Minute))
	get(t, db, "u", "a")
	clock.Advance(time.Hour)
	if _, err := db.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := count(t, db, ""); got != 0 {
		t.Errorf("after it expired: %d", got)
	}
	put(t, db, "a", "2", time.Time{})
	if got := count(t, db, ""); got != 1 {
		t.Errorf("after it came back: %d, want 1", got)
	}
}

// TestCountWhileOthersWrite counts in the middle of commits, whose changes have
// to be in what is remembered exactly once.
func TestCountWhileOthersWrite(t *testing.T) {
	db := openWith(t, filepath.Join(t.TempDir(), "quoin.db"), sqlite.Options{})
	const writers, each = 8, 60
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				if err := db.Update(t.Context(), func(tx store.Tx) error {
					before, err := tx.Count("u", "")
					if err != nil {
						return err
					}
					err = tx.Put("u", fmt.Sprint(w, "/", i), nil, time.Time{})
					if i%3 == 2 {
						err = errors.Join(err, tx.Delete("u", fmt.Sprint(w, "/", i-1)))
					}
					after, countErr := tx.Count("u", "")
					if want := before + 1 - i%3/2; after != want {
						t.Errorf("%d before, %d after, want %d", before, after, want)
					}
					return errors.Join(err, countErr)
				}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if got, want := count(t, db, ""), writers*each*2/3; got != want {
		t.Errorf("in the end: %d, want %d", got, want)
	}
	if got, want := count(t, db, "3/"), each*2/3; got != want {
		t.Errorf("of one writer: %d, want %d", got, want)
	}
}
