package sqlite_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/quoinhq/quoin/internal/store"
	"github.com/quoinhq/quoin/internal/store/sqlite"
	"github.com/quoinhq/quoin/internal/store/storetest"
)

func TestBackup(t *testing.T) {
	path := filepath.Join(t.TempDir(), "quoin.db")
	db := openWith(t, path, sqlite.Options{})
	// Pairs that belong together are written all the time.
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for w := range 2 {
		wg.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				if err := db.Update(t.Context(), func(tx store.Tx) error {
					v := fmt.Append(nil, i)
					return errors.Join(tx.Put("u", fmt.Sprint(w, "/left"), v, time.Time{}), tx.Put("u", fmt.Sprint(w, "/right"), v, time.Time{}))
				}); err != nil {
					t.Errorf("update: %v", err)
					return
				}
			}
		})
	}
	put(t, db, "acknowledged", "before the backup", time.Time{})
	for i := range 5 {
		copied := filepath.Join(t.TempDir(), fmt.Sprint(i, ".db"))
		var buf bytes.Buffer
		if err := db.Backup(t.Context(), &buf); err != nil {
			t.Fatal(err)
		}
		write(t, copied, buf.String())
		if err := sqlite.Verify(t.Context(), copied); err != nil {
			t.Errorf("verify: %v", err)
		}
		back := openWith(t, copied, sqlite.Options{})
		if got := get(t, back, "u", "acknowledged"); got != "before the backup" {
			t.Errorf("restored: got %q", got)
		}
		if err := back.View(t.Context(), func(tx store.Tx) error {
			for w := range 2 {
				l, lerr := tx.Get("u", fmt.Sprint(w, "/left"))
				r, rerr := tx.Get("u", fmt.Sprint(w, "/right"))
				if !bytes.Equal(l, r) || !errors.Is(lerr, rerr) {
					t.Errorf("halves of an update: %q, %v and %q, %v", l, lerr, r, rerr)
				}
			}
			return nil
		}); err != nil {
			t.Error(err)
		}
		closeDB(t, back)
	}
	close(stop)
	wg.Wait()
	left, err := filepath.Glob(filepath.Join(filepath.Dir(path), ".backup-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %q, %v", left, err)
	}
}

func TestVerifyErrors(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "quoin.db")
	db := openWith(t, path, sqlite.Options{})
	for i := range 500 {
		put(t, db, fmt.Sprint(i), strings.Repeat("v", 100), time.Time{})
	}
	closeDB(t, db)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := sqlite.Verify(t.Context(), path); err != nil {
		t.Errorf("whole: %v", err)
	}
	for name, text := range map[string]string{
		"truncated": string(whole[:len(whole)/2]),
		"torn":      string(whole[:8192]) + strings.Repeat("\xee", 4096) + string(whole[12288:]),
		"empty":     "",
		"text":      strings.Repeat("text ", 1000),
	} {
		bad := filepath.Join(dir, name)
		write(t, bad, text)
		if err := sqlite.Verify(t.Context(), bad); !errors.Is(err, sqlite.ErrCorrupt) {
			t.Errorf("%s: got %v, want ErrCorrupt", name, err)
		}
	}
}

func TestReader(t *testing.T) {
	clock := storetest.NewClock()
	path := filepath.Join(t.TempDir(), "quoin.db")
	if _, err := sqlite.OpenReader(t.Context(), path, sqlite.Options{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("nothing there: got %v, want ErrNotExist", err)
	}
	db := openWith(t, path, sqlite.Options{Clock: clock.Now})
	put(t, db, "a", "1", time.Time{})
	r, err := sqlite.OpenReader(t.Context(), path, sqlite.Options{Clock: clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	look := func() (seen string) {
		t.Helper()
		if err := r.View(t.Context(), func(tx store.Tx) error {
			n, err := tx.Count("u", "")
			seen = fmt.Sprint(n)
			for e, err := range tx.List("u", store.Query{}) {
				if err != nil {
					return err
				}
				again, err := tx.Get("u", e.Key)
				if err != nil || !bytes.Equal(again, e.Value) {
					t.Errorf("get %s: %q, %v", e.Key, again, err)
				}
				seen += " " + e.Key + "=" + string(e.Value)
			}
			if tx.Put("u", "x", nil, time.Time{}) == nil {
				t.Error("put succeeded")
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return seen
	}
	if got := look(); got != "1 a=1" {
		t.Errorf("got %q", got)
	}
	put(t, db, "a", "2", time.Time{})
	put(t, db, "b", "3", clock.Now().Add(time.Minute))
	if got := look(); got != "2 a=2 b=3" {
		t.Errorf("after an update: got %q", got)
	}
	clock.Advance(time.Hour)
	closeDB(t, db)
	if got := look(); got != "1 a=2" {
		t.Errorf("with the server gone: got %q", got)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	script(t, path, "PRAGMA user_version = 1000")
	if _, err := sqlite.OpenReader(t.Context(), path, sqlite.Options{}); !errors.Is(err, sqlite.ErrNewer) {
		t.Errorf("got %v, want ErrNewer", err)
	}
	script(t, path, "PRAGMA user_version = 0")
	if _, err := sqlite.OpenReader(t.Context(), path, sqlite.Options{}); err == nil || !strings.Contains(err.Error(), "start the server") {
		t.Errorf("older schema: got %v, want what to do", err)
	}
}
