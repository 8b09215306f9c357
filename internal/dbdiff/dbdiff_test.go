package dbdiff_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/quoinhq/quoin/internal/blob"
	"github.com/quoinhq/quoin/internal/dbdiff"
	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/kdb/file"
)

// write writes a splayed table with the columns given.
func write(t *testing.T, dir string, o *file.Options, cols ...kdb.Value) {
	t.Helper()
	names := make([]kdb.Symbol, len(cols))
	for i := range cols {
		names[i] = kdb.Sym(fmt.Sprint("c", i))
	}
	if err := file.WriteTable(dir, kdb.NewTable(names, cols), o); err != nil {
		t.Fatal(err)
	}
}

func TestCompare(t *testing.T) {
	s, err := blob.Open(filepath.Join(t.TempDir(), "blobs"))
	if err != nil {
		t.Fatal(err)
	}
	floats := func(n int) kdb.Value { return kdb.Of(make([]kdb.Float, n)...) }
	nested := kdb.NewList(floats(2), floats(1), floats(3))
	scan := func(day1, day2 int) *blob.Tree {
		t.Helper()
		root := t.TempDir()
		for day, rows := range map[string]int{"2026.03.01": day1, "2026.03.02": day2} {
			if rows > 0 {
				write(t, filepath.Join(root, day, "trade"), nil, floats(rows), floats(rows))
				write(t, filepath.Join(root, day, "packed"), &file.Options{Compression: file.Compression{Block: 17, Algorithm: file.Gzip, Level: 6}}, floats(100*rows))
			}
		}
		write(t, filepath.Join(root, "ref"), nil, nested, floats(3))
		if err := file.Write(filepath.Join(root, "sym"), kdb.Syms(strings.Fields("a b c d e f")[:day1+day2]...), nil); err != nil {
			t.Fatal(err)
		}
		tree, err := s.Scan(t.Context(), root)
		if err != nil {
			t.Fatal(err)
		}
		h, err := tree.Save(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		tree, err = s.Tree(h)
		if err != nil {
			t.Fatal(err)
		}
		return tree
	}
	lines := func(a, b *blob.Tree) string {
		t.Helper()
		changes, err := dbdiff.Compare(s, a, b)
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, c := range changes {
			out = append(out, fmt.Sprintf("%s[%s %s] +%d -%d ~%d %d>%d", c.Folder, c.Partition, c.Table, c.Added, c.Removed, c.Changed, c.OldRows, c.NewRows))
		}
		return strings.Join(out, "\n")
	}
	before, after := scan(2, 1), scan(3, 0)
	want := strings.Join([]string{
		"2026.03.01/packed[2026.03.01 packed] +0 -0 ~1 200>300",
		"2026.03.01/trade[2026.03.01 trade] +0 -0 ~2 2>3",
		"2026.03.02/packed[2026.03.02 packed] +0 -2 ~0 100>0",
		"2026.03.02/trade[2026.03.02 trade] +0 -3 ~0 1>0",
	}, "\n")
	if got := lines(before, after); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := lines(before, before); got != "" {
		t.Errorf("one with itself: got %s", got)
	}
	if got := lines(s.EmptyTree(), before); !strings.Contains(got, "ref[ ref] +4 -0 ~0 0>3") || !strings.HasPrefix(got, "[ ] +1 -0 ~0 0>0\n") {
		t.Errorf("everything is new: got\n%s", got)
	}
	// A damaged table is still compared by its files.
	ref, err := s.Ingest(t.Context(), strings.NewReader("not a column"))
	if err != nil {
		t.Fatal(err)
	}
	damaged, err := before.PutAll([]blob.TreeFile{{Path: "2026.03.01/trade/c0", Ref: ref}, {Path: "2026.03.01/trade/c1", Ref: ref}})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := lines(before, damaged), "2026.03.01/trade[2026.03.01 trade] +0 -0 ~2 2>-1"; got != want {
		t.Errorf("damaged: got %s, want %s", got, want)
	}
	gone, err := before.Put("2026.03.01/trade/.d", blob.Ref{Hash: blob.Hash{1}, Size: 1})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := dbdiff.Compare(s, before, gone); err != nil && !errors.Is(err, blob.ErrNotFound) {
		t.Errorf("content that is gone: %v", err)
	}
}
