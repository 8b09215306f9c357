package sqlite_test

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/quoinhq/quoin/internal/store/sqlite"
)

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
