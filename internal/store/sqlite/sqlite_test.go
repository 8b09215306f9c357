package sqlite_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/quoinhq/quoin/internal/store"
	"github.com/quoinhq/quoin/internal/store/sqlite"
	"github.com/quoinhq/quoin/internal/store/storetest"
)

func TestMain(m *testing.M) {
	storetest.CrashChild(func(dir string) (store.Store, error) {
		return sqlite.Open(context.Background(), filepath.Join(dir, "quoin.db"), sqlite.Options{})
	})
	goleak.VerifyTestMain(m)
}

func open(tb testing.TB, dir string, clock func() time.Time) store.Store {
	tb.Helper()
	return openWith(tb, filepath.Join(dir, "quoin.db"), sqlite.Options{Clock: clock})
}

func openWith(tb testing.TB, path string, opts sqlite.Options) *sqlite.DB {
	tb.Helper()
	db, err := sqlite.Open(tb.Context(), path, opts)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := db.Close(); err != nil && !errors.Is(err, store.ErrClosed) {
			tb.Errorf("close: %v", err)
		}
	})
	return db
}

func closeDB(tb testing.TB, db *sqlite.DB) {
	tb.Helper()
	if err := db.Close(); err != nil {
		tb.Fatalf("close: %v", err)
	}
}

func put(tb testing.TB, st store.Store, key, value string, expires time.Time) {
	tb.Helper()
	if err := st.Update(tb.Context(), func(tx store.Tx) error { return tx.Put("u", key, []byte(value), expires) }); err != nil {
		tb.Fatalf("put: %v", err)
	}
}

func get(tb testing.TB, st store.Store, kind store.Kind, key string) (value string) {
	tb.Helper()
	if err := st.View(tb.Context(), func(tx store.Tx) error {
		b, err := tx.Get(kind, key)
		value = string(b)
		return err
	}); err != nil {
		tb.Fatalf("get: %v", err)
	}
	return value
}

func TestContract(t *testing.T) { storetest.Run(t, open) }

func TestContractWithoutCache(t *testing.T) {
	storetest.Run(t, func(tb testing.TB, dir string, clock func() time.Time) store.Store {
		return openWith(tb, filepath.Join(dir, "quoin.db"), sqlite.Options{Clock: clock, CacheBytes: 1})
	})
}

// TestContractLearning has every kind learned at the first Get in vain, and
// what expired forgotten at once.
func TestContractLearning(t *testing.T) {
	storetest.Run(t, func(tb testing.TB, dir string, clock func() time.Time) store.Store {
		db := openWith(tb, filepath.Join(dir, "quoin.db"), sqlite.Options{Clock: clock, CacheBytes: 1, PurgeEvery: time.Millisecond})
		db.LearnAfter(1)
		return db
	})
}

func TestAbsence(t *testing.T) {
	clock := storetest.NewClock()
	db := openWith(t, filepath.Join(t.TempDir(), "quoin.db"), sqlite.Options{Clock: clock.Now, CacheBytes: 1, PurgeEvery: time.Millisecond})
	put(t, db, "before", "v", time.Time{})
	put(t, db, "expires", "v", clock.Now().Add(time.Minute))
	miss := func(key string) {
		t.Helper()
		if err := db.View(t.Context(), func(tx store.Tx) error {
			if _, err := tx.Get("u", key); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("get %s: got %v, want ErrNotFound", key, err)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	learned := func() {
		t.Helper()
		for deadline := time.Now().Add(30 * time.Second); !db.Sure("u", "missing"); time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("the kind is never learned")
			}
		}
	}
	for i := range 200 {
		miss(fmt.Sprint("missing", i))
	}
	learned()
	for key, want := range map[string]bool{"before": false, "expires": false, "after": true, "": true} {
		if got := db.Sure("u", key); got != want {
			t.Errorf("%q is surely absent: %v, want %v", key, got, want)
		}
	}
	put(t, db, "after", "v", time.Time{})
	if db.Sure("u", "after") || get(t, db, "u", "after") != "v" {
		t.Error("a record that was put is surely absent")
	}
	if db.Sure("other", "missing") {
		t.Error("a kind that nobody asked for is known")
	}
	clock.Advance(time.Hour)
	for deadline := time.Now().Add(30 * time.Second); !db.Sure("u", "expires"); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("what expired is never forgotten")
		}
	}
	miss("expires")
	clock.Advance(-59*time.Minute - 30*time.Second)
	if db.Sure("u", "missing") {
		t.Error("it is sure of a time that it has forgotten")
	}
}

func TestCrash(t *testing.T) { storetest.Crash(t, open) }

func BenchmarkStore(b *testing.B) { storetest.Bench(b, open) }

func TestPurge(t *testing.T) {
	clock := storetest.NewClock()
	db := openWith(t, filepath.Join(t.TempDir(), "quoin.db"), sqlite.Options{Clock: clock.Now, PurgeEvery: 5 * time.Millisecond})
	const n = 450 // more than two pieces
	for i := range n {
		put(t, db, fmt.Sprint(i), "v", clock.Now().Add(time.Minute))
	}
	put(t, db, "stays", "v", time.Time{})
	put(t, db, "later", "v", clock.Now().Add(time.Hour))
	rows := func() int64 {
		n, err := db.QueryInt("SELECT count(*) FROM record")
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if got := rows(); got != n+2 {
		t.Errorf("before they expired: %d rows, want %d", got, n+2)
	}
	clock.Advance(2 * time.Minute)
	for deadline := time.Now().Add(30 * time.Second); rows() != 2; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d rows are left, want 2", rows())
		}
	}
	if got := get(t, db, "u", "later"); got != "v" {
		t.Errorf("later: got %q", got)
	}
	clock.Advance(2 * time.Hour)
	if _, err := db.Purge(t.Context()); err != nil {
		t.Errorf("purge: %v", err)
	}
	if got := rows(); got != 1 {
		t.Errorf("%d rows are left, want 1", got)
	}
}

func TestErrFull(t *testing.T) {
	db := openWith(t, filepath.Join(t.TempDir(), "quoin.db"), sqlite.Options{})
	put(t, db, "before", "v", time.Time{})
	pages, err := db.QueryInt("PRAGMA page_count")
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Exec(fmt.Sprintf("PRAGMA max_page_count = %d", pages+10)); err != nil {
		t.Fatal(err)
	}
	big := bytes.Repeat([]byte("x"), 1<<20)
	err = db.Update(t.Context(), func(tx store.Tx) error { return tx.Put("u", "big", big, time.Time{}) })
	if !errors.Is(err, sqlite.ErrFull) {
		t.Errorf("got %v, want ErrFull", err)
	}
	put(t, db, "small", "v", time.Time{})
	if err := db.Exec("PRAGMA max_page_count = 1000000"); err != nil {
		t.Fatal(err)
	}
	put(t, db, "big", string(big), time.Time{})
	if err := db.Healthy(); err != nil {
		t.Errorf("healthy: %v", err)
	}
}

func TestErrDisk(t *testing.T) {
	db := openWith(t, filepath.Join(t.TempDir(), "quoin.db"), sqlite.Options{})
	put(t, db, "before", "v", time.Time{})
	if err := db.BreakDisk(); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			err := db.Update(t.Context(), func(tx store.Tx) error {
				tx.OnCommit(func() { t.Error("OnCommit ran") })
				return tx.Put("u", fmt.Sprint(i), nil, time.Time{})
			})
			if !errors.Is(err, sqlite.ErrDisk) {
				t.Errorf("update: got %v, want ErrDisk", err)
			}
		})
	}
	wg.Wait()
	if err := db.Healthy(); !errors.Is(err, sqlite.ErrDisk) {
		t.Errorf("healthy: got %v, want ErrDisk", err)
	}
	if got := get(t, db, "u", "before"); got != "v" {
		t.Errorf("reading goes on: got %q, want v", got)
	}
	if err := db.View(t.Context(), func(tx store.Tx) error {
		if n, err := tx.Count("u", ""); err != nil || n != 1 {
			t.Errorf("count: got %d, %v, want 1", n, err)
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
}

// TestLogStaysShort writes many times what the log may hold, with readers about.
func TestLogStaysShort(t *testing.T) {
	path := filepath.Join(t.TempDir(), "quoin.db")
	db := openWith(t, path, sqlite.Options{})
	value := bytes.Repeat([]byte("v"), 3000)
	const rounds, each = 40, 1500 // of a page or more each
	for round := range rounds {
		if err := db.Update(t.Context(), func(tx store.Tx) error {
			for i := range each {
				if err := tx.Put("u", fmt.Sprint(i), value, time.Time{}); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		get(t, db, "u", fmt.Sprint(round))
	}
	info, err := os.Stat(path + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	// The writer waits for the log to be copied when it has 32,768 pages, and
	// one update may go beyond.
	if most := int64(32768+2*each) * 4120; info.Size() > most {
		t.Errorf("the log has %d MiB after writing %d MiB", info.Size()>>20, rounds*each*4096>>20)
	}
}
