package file_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/kdb/file"
	"github.com/quoinhq/quoin/kdb/kdbtest"
)

// TestAppendCutShort stops an append at every point between its first byte and
// its last: the table is as it was, and the next append makes good.
func TestAppendCutShort(t *testing.T) {
	rows := func(from, n int) *kdb.Table {
		var longs []kdb.Long
		var shorts []kdb.Short
		var texts, mixed []kdb.Value
		for i := from; i < from+n; i++ {
			longs, shorts = append(longs, kdb.Long(i)), append(shorts, kdb.Short(i))
			texts = append(texts, kdb.Str("text"[:i%5]))
			mixed = append(mixed, kdb.NewList(kdb.Long(i), kdb.Str("m")))
		}
		return table("n", kdb.NewVec(longs), "s", kdb.NewVec(shorts), "text", kdb.NewList(texts...), "mixed", kdb.NewList(mixed...), "z", kdb.NewVec(longs))
	}
	names := []string{"n", "s", "text#", "text", "mixed#", "mixed", "z"}
	root := t.TempDir()
	before, after := filepath.Join(root, "before"), filepath.Join(root, "after")
	for _, dir := range []string{before, after} {
		if err := file.WriteTable(dir, rows(0, 7), nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := file.AppendTable(after, rows(7, 3), nil); err != nil {
		t.Fatal(err)
	}
	if _, noted, err := file.Committed(after); noted || err != nil {
		t.Errorf("after an append: %v, %v", noted, err)
	}
	content := func(dir, name string) []byte {
		t.Helper()
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	// A column of fixed width stops at any byte; the files of others are whole.
	for i, name := range names {
		from, to := len(content(before, name)), len(content(after, name))
		for n := from; n <= to; n++ {
			if name[0] != 'n' && name[0] != 's' && name[0] != 'z' && n != to {
				continue
			}
			dir := filepath.Join(t.TempDir(), "t")
			if err := os.CopyFS(dir, os.DirFS(before)); err != nil {
				t.Fatal(err)
			}
			if err := file.Write(filepath.Join(dir, ".append"), kdb.Long(7), nil); err != nil {
				t.Fatal(err)
			}
			for _, done := range names[:i] {
				write(t, filepath.Join(dir, done), content(after, done))
			}
			write(t, filepath.Join(dir, name), content(after, name)[:n])

			got, err := file.ReadTable(dir, nil)
			if err != nil || kdbtest.Diff(got, rows(0, 7)) != "" {
				t.Fatalf("%s cut at %d: %v, %v", name, n, kdb.Inline(got), err)
			}
			for _, col := range rows(0, 0).Names {
				c, m, err := file.MapColumn(dir, col, nil)
				if err != nil || c.Len() != 7 {
					t.Fatalf("%s cut at %d: column %v: %v", name, n, col, err)
				}
				if err := m.Close(); err != nil {
					t.Fatal(err)
				}
			}
			if err := file.AppendTable(dir, rows(7, 2), nil); err != nil {
				t.Fatalf("%s cut at %d: %v", name, n, err)
			}
			if got, err = file.ReadTable(dir, nil); err != nil || kdbtest.Diff(got, rows(0, 9)) != "" {
				t.Fatalf("%s cut at %d, then appended: %v, %v", name, n, kdb.Inline(got), err)
			}
		}
	}
}

// TestAppendNote: a note that is none, or that says more than there is, is an
// error and no table.
func TestAppendNote(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "t")
	if err := file.WriteTable(dir, table("a", kdb.Of[kdb.Long](1, 2)), nil); err != nil {
		t.Fatal(err)
	}
	for _, v := range []kdb.Value{kdb.Long(-1), kdb.Str("x"), kdb.Long(3)} {
		if err := file.Write(filepath.Join(dir, ".append"), v, nil); err != nil {
			t.Fatal(err)
		}
		var ce *file.CorruptError
		if _, err := file.ReadTable(dir, nil); !errors.As(err, &ce) {
			t.Errorf("%v: %v", kdb.Inline(v), err)
		}
		if err := file.AppendTable(dir, table("a", kdb.Of[kdb.Long](3)), nil); !errors.As(err, &ce) {
			t.Errorf("append with %v: %v", kdb.Inline(v), err)
		}
	}
}

// TestSymbolCutShort: a symbol that a crash left without its end is none, to
// readers too.
func TestSymbolCutShort(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sym")
	write(t, path, []byte("\xff\x01\x0b\x00\x02\x00\x00\x00a\x00b\x00cut"))
	v, err := file.Read(path, nil)
	if err != nil || kdbtest.Diff(v, kdb.Syms("a", "b")) != "" {
		t.Errorf("got %v, %v", v, err)
	}
	s, err := file.NewFolder(filepath.Dir(path)).Domain(kdb.Sym("sym"))
	if err != nil || s.Len() != 2 {
		t.Errorf("domain: %v, %v", s, err)
	}
}

// TestDomainThatGrew: symbols that another process adds are there for what it
// writes next.
func TestDomainThatGrew(t *testing.T) {
	dir := t.TempDir()
	folder := file.NewFolder(dir)
	for _, names := range [][]string{{"a"}, {"a", "b", "c"}} {
		if err := file.Write(filepath.Join(dir, "sym"), kdb.Syms(names...), nil); err != nil {
			t.Fatal(err)
		}
		if s, err := folder.Domain(kdb.Sym("sym")); err != nil || s.Len() != len(names) {
			t.Errorf("%v, %v of %v", s, err, names)
		}
	}
}

func write(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
}
