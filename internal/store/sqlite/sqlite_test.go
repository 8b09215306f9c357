package sqlite_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
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

func TestErrLocked(t *testing.T) {
	path := filepath.Join(t.TempDir(), "quoin.db")
	db := openWith(t, path, sqlite.Options{})
	_, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if !errors.Is(err, sqlite.ErrLocked) || !strings.Contains(err.Error(), path) {
		t.Errorf("second open: got %v, want ErrLocked with the path", err)
	}
	put(t, db, "k", "v", time.Time{})
	closeDB(t, db)
	db = openWith(t, path, sqlite.Options{})
	if got := get(t, db, "u", "k"); got != "v" {
		t.Errorf("after the first closed: got %q, want v", got)
	}
}

// script runs SQL on a file that no DB has open, as another program would.
func script(t *testing.T, path, text string) {
	t.Helper()
	other, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = other.Exec(text)
	if err := errors.Join(err, other.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestOpenErrors(t *testing.T) {
	whole := func(t *testing.T, path string) {
		db := openWith(t, path, sqlite.Options{})
		for i := range 2000 {
			put(t, db, fmt.Sprint(i), strings.Repeat("v", 50), time.Time{})
		}
		closeDB(t, db)
	}
	tests := []struct {
		name string
		make func(t *testing.T, path string)
		want error
	}{
		{"ErrNewer", func(t *testing.T, path string) {
			closeDB(t, openWith(t, path, sqlite.Options{}))
			script(t, path, "PRAGMA user_version = 1000")
		}, sqlite.ErrNewer},
		{"ErrCorrupt/not a database", func(t *testing.T, path string) {
			write(t, path, strings.Repeat("this is not a database. ", 1000))
		}, sqlite.ErrCorrupt},
		{"ErrCorrupt/another program's", func(t *testing.T, path string) {
			script(t, path, "CREATE TABLE notes (text)")
		}, sqlite.ErrCorrupt},
		{"ErrCorrupt/another program's, marked", func(t *testing.T, path string) {
			script(t, path, "PRAGMA application_id = 7")
		}, sqlite.ErrCorrupt},
		{"ErrCorrupt/schema overwritten", func(t *testing.T, path string) {
			whole(t, path)
			f, err := os.OpenFile(path, os.O_RDWR, 0)
			if err != nil {
				t.Fatal(err)
			}
			_, err = f.WriteAt(bytes.Repeat([]byte{0xee}, 3000), 100)
			if err := errors.Join(err, f.Close()); err != nil {
				t.Fatal(err)
			}
		}, sqlite.ErrCorrupt},
		{"no directory", func(t *testing.T, path string) {
			if err := os.Remove(filepath.Dir(path)); err != nil {
				t.Fatal(err)
			}
		}, os.ErrNotExist},
		{"a directory", func(t *testing.T, path string) {
			if err := os.Mkdir(path, 0o700); err != nil {
				t.Fatal(err)
			}
		}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "d", "quoin.db")
			if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			tt.make(t, path)
			for range 2 { // and a refusal leaves nothing locked
				db, err := sqlite.Open(t.Context(), path, sqlite.Options{})
				if err == nil {
					closeDB(t, db)
					t.Fatal("opened")
				}
				if tt.want != nil && !errors.Is(err, tt.want) {
					t.Errorf("got %v, want %v", err, tt.want)
				}
				if !strings.Contains(err.Error(), path) || strings.Contains(err.Error(), "\n") {
					t.Errorf("got %q, want one line with the path", err)
				}
			}
		})
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestOpenOddPath(t *testing.T) {
	for _, name := range []string{"with space", "a?mode=memory", "a#b", "100%", "a%20b", "é", "file:x"} {
		dir := filepath.Join(t.TempDir(), name)
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, "quoin.db")
		db := openWith(t, path, sqlite.Options{})
		put(t, db, "k", "v", time.Time{})
		closeDB(t, db)
		info, err := os.Stat(path)
		if err != nil || info.Size() == 0 || info.Mode().Perm() != 0o600 {
			t.Errorf("%q: %v, %v", name, info, err)
		}
		if got := get(t, openWith(t, path, sqlite.Options{}), "u", "k"); got != "v" {
			t.Errorf("%q: got %q", name, got)
		}
	}
}

func TestOpenOlder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "quoin.db")
	old, err := os.ReadFile("testdata/schema-1.sql")
	if err != nil {
		t.Fatal(err)
	}
	script(t, path, string(old))
	db := openWith(t, path, sqlite.Options{})
	if got := get(t, db, "user", "env1/bob"); got != `{"Name":"bob"}` {
		t.Errorf("bob: got %q", got)
	}
	if got := get(t, db, "idempotency", "root/UpdateKxUser/1"); got != "{}" {
		t.Errorf("token: got %q", got)
	}
	put(t, db, "k", "v", time.Time{})
}

func TestMigrate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "quoin.db")
	fsys := fstest.MapFS{"migrations/0001_a.sql": {Data: []byte("CREATE TABLE a (x); INSERT INTO a VALUES (1)")}}
	count := func() (n int) {
		t.Helper()
		other, err := sql.Open("sqlite", path)
		if err != nil {
			t.Fatal(err)
		}
		err = other.QueryRow("SELECT count(*) FROM a").Scan(&n)
		if err := errors.Join(err, other.Close()); err != nil {
			t.Fatal(err)
		}
		return n
	}
	for range 2 { // the second time there is nothing to do
		if err := sqlite.Migrate(path, fsys); err != nil {
			t.Fatal(err)
		}
	}
	fsys["migrations/0002_b.sql"] = &fstest.MapFile{Data: []byte("INSERT INTO a VALUES (2); INSERT INTO missing VALUES (3)")}
	if err := sqlite.Migrate(path, fsys); err == nil || !strings.Contains(err.Error(), "0002_b.sql") {
		t.Errorf("broken migration: got %v, want an error that names it", err)
	}
	if n := count(); n != 1 {
		t.Errorf("a broken migration left %d rows, want 1", n)
	}
	fsys["migrations/0002_b.sql"] = &fstest.MapFile{Data: []byte("INSERT INTO a VALUES (2)")}
	fsys["migrations/0003_c.sql"] = &fstest.MapFile{Data: []byte("INSERT INTO a SELECT x + 10 FROM a")}
	if err := sqlite.Migrate(path, fsys); err != nil {
		t.Fatal(err)
	}
	if n := count(); n != 4 {
		t.Errorf("got %d rows, want 4", n)
	}
	delete(fsys, "migrations/0003_c.sql")
	if err := sqlite.Migrate(path, fsys); !errors.Is(err, sqlite.ErrNewer) {
		t.Errorf("older program: got %v, want ErrNewer", err)
	}
	fsys["migrations/0004_d.sql"] = &fstest.MapFile{}
	if err := sqlite.Migrate(path, fsys); err == nil || !strings.Contains(err.Error(), "0003") {
		t.Errorf("a gap in the numbers: got %v, want an error that names it", err)
	}
}

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
	if written := int64(rounds * each * 4096); info.Size() > written/3 {
		t.Errorf("the log has %d MiB after writing %d MiB", info.Size()>>20, written>>20)
	}
}

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
