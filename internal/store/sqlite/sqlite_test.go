package sqlite_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/quoinhq/quoin/internal/store"
	"github.com/quoinhq/quoin/internal/store/sqlite"
	"github.com/quoinhq/quoin/internal/store/storetest"
)

func open(tb testing.TB, dir string, clock func() time.Time) store.Store {
	tb.Helper()
	db, err := sqlite.Open(tb.Context(), filepath.Join(dir, "quoin.db"), sqlite.Options{Clock: clock})
	if err != nil {
		tb.Fatal(err)
	}
	return db
}

func TestContract(t *testing.T) { storetest.Run(t, open) }

func TestContractWithoutCache(t *testing.T) {
	storetest.Run(t, func(tb testing.TB, dir string, clock func() time.Time) store.Store {
		db, err := sqlite.Open(tb.Context(), filepath.Join(dir, "quoin.db"), sqlite.Options{Clock: clock, CacheBytes: 1})
		if err != nil {
			tb.Fatal(err)
		}
		return db
	})
}
