package blob_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/quoinhq/quoin/internal/blob"
)

// model is a tree as a plain map.
type model map[string]blob.Ref

func (m model) put(p string, r blob.Ref) bool {
	for q := range m {
		if strings.HasPrefix(q, p+"/") || strings.HasPrefix(p, q+"/") {
			return false
		}
	}
	m[p] = r
	return true
}

func (m model) remove(p string) {
	for q := range m {
		if q == p || strings.HasPrefix(q, p+"/") {
			delete(m, q)
		}
	}
}

func files(tb testing.TB, t *blob.Tree) model {
	tb.Helper()
	m := model{}
	for f, err := range t.Walk() {
		if err != nil {
			tb.Fatal(err)
		}
		m[f.Path] = f.Ref
	}
	return m
}

func save(tb testing.TB, s *blob.Store, t *blob.Tree) (*blob.Tree, blob.Hash) {
	tb.Helper()
	h, err := t.Save(context.Background())
	if err != nil {
		tb.Fatal(err)
	}
	saved, err := s.Tree(h)
	if err != nil {
		tb.Fatal(err)
	}
	return saved, h
}

var pathGen = rapid.Custom(func(t *rapid.T) string {
	parts := rapid.SliceOfN(rapid.SampledFrom([]string{"sym", "2024.01.02", "2024.01.03", "trade", "quote", "price", ".d", "a#"}), 1, 3).Draw(t, "parts")
	return strings.Join(parts, "/")
})

// A tree under random changes, saved and read back now and then, is a plain
// map; its diff from an earlier state is the maps' difference; its saved name
// depends on the files alone.
func TestTreeIsAMap(t *testing.T) {
	s := open(t)
	refs := []blob.Ref{ingest(t, s, "a"), ingest(t, s, "bb"), ingest(t, s, "ccc")}
	rapid.Check(t, func(rt *rapid.T) {
		tree, m := s.EmptyTree(), model{}
		before, was := tree, model{}
		for range rapid.IntRange(1, 30).Draw(rt, "steps") {
			p := pathGen.Draw(rt, "path")
			switch rapid.IntRange(0, 4).Draw(rt, "op") {
			case 0:
				next, err := tree.Remove(p)
				if err != nil {
					rt.Fatal(err)
				}
				tree = next
				m.remove(p)
			case 1:
				tree, _ = save(t, s, tree)
			case 2:
				before, was = tree, model{}
				for k, v := range m {
					was[k] = v
				}
			default:
				ref := rapid.SampledFrom(refs).Draw(rt, "ref")
				next, err := tree.Put(p, ref)
				if ok := m.put(p, ref); ok != (err == nil) {
					rt.Fatalf("put %s: %v, the map says %v", p, err, ok)
				}
				if err == nil {
					tree = next
				}
			}
		}
		if d := cmp.Diff(m, files(t, tree)); d != "" {
			rt.Fatal(d)
		}
		var bytes int64
		for _, r := range m {
			bytes += r.Size
		}
		if tree.Files() != int64(len(m)) || tree.Bytes() != bytes {
			rt.Fatalf("totals %d, %d; want %d, %d", tree.Files(), tree.Bytes(), len(m), bytes)
		}
		for c, err := range blob.Diff(before, tree) {
			if err != nil {
				rt.Fatal(err)
			}
			if c.Old != nil {
				if was[c.Path] != *c.Old {
					rt.Fatalf("diff of %s: old", c.Path)
				}
				delete(was, c.Path)
			}
			if c.New != nil {
				was[c.Path] = *c.New
			}
		}
		if d := cmp.Diff(m, was); d != "" {
			rt.Fatalf("diff applied: %s", d)
		}
		again := s.EmptyTree()
		for p, r := range m {
			var err error
			if again, err = again.Put(p, r); err != nil {
				rt.Fatal(err)
			}
		}
		_, h1 := save(t, s, tree)
		_, h2 := save(t, s, again)
		if h1 != h2 {
			rt.Fatal("one set of files, two names")
		}
	})
}

// Files put together give the tree that they give put one after another.
func TestPutAllIsManyPuts(t *testing.T) {
	s := open(t)
	refs := []blob.Ref{ingest(t, s, "a"), ingest(t, s, "bb")}
	rapid.Check(t, func(rt *rapid.T) {
		one := s.EmptyTree()
		for round := range 2 {
			batch := rapid.SliceOf(rapid.Custom(func(t *rapid.T) blob.TreeFile {
				return blob.TreeFile{Path: pathGen.Draw(t, "path"), Ref: rapid.SampledFrom(refs).Draw(t, "ref")}
			})).Draw(rt, "files")
			start, failed := one, false
			for _, f := range batch {
				next, err := one.Put(f.Path, f.Ref)
				if failed = err != nil; failed {
					break
				}
				one = next
			}
			all, err := start.PutAll(batch)
			if (err != nil) != failed {
				rt.Fatalf("round %d: together %v, one by one failed: %v", round, err, failed)
			}
			if failed {
				one = start
				continue
			}
			if d := cmp.Diff(files(t, one), files(t, all)); d != "" {
				rt.Fatal(d)
			}
			one = all
		}
	})
}

func TestErrPath(t *testing.T) {
	tree := open(t).EmptyTree()
	for _, p := range []string{"", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/../b", "./a", "a\x00b", strings.Repeat("x", 256)} {
		if _, err := tree.Put(p, blob.Ref{}); !errors.Is(err, blob.ErrPath) {
			t.Errorf("%q: %v", p, err)
		}
	}
}

func TestLayout(t *testing.T) {
	s := open(t)
	tree := s.EmptyTree()
	want := map[string]string{"sym": "s", "2024.01.02/trade/price": "p", "2024.01.02/trade/.d": "d", "2024.01.03/trade/price": "q"}
	for p, text := range want {
		var err error
		if tree, err = tree.Put(p, ingest(t, s, text)); err != nil {
			t.Fatal(err)
		}
	}
	tree, _ = save(t, s, tree)
	dir := filepath.Join(t.TempDir(), "view")
	delete(want, "2024.01.03/trade/price")
	if err := tree.Layout(t.Context(), dir, func(p string) bool { return !strings.HasPrefix(p, "2024.01.03") }); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			b, _ := os.ReadFile(p)
			rel, _ := filepath.Rel(dir, p)
			got[rel] = string(b)
		}
		return err
	})
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if err := tree.Layout(t.Context(), dir, nil); err == nil {
		t.Error("laid out over a folder that was there")
	}
}

func TestLayoutLeavesNothingWhenItFails(t *testing.T) {
	s := open(t)
	tree, err := s.EmptyTree().Put("a/b", blob.Ref{Hash: blob.Hash{1}})
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "view")
	if err := tree.Layout(t.Context(), dir, nil); !errors.Is(err, blob.ErrNotFound) {
		t.Errorf("err = %v", err)
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Error("the folder is still there")
	}
}

// Reach, given to Collect, keeps a saved tree whole.
// reached is what a collection would keep for the saved tree h.
func reached(t *testing.T, s *blob.Store, h blob.Hash) map[blob.Hash]bool {
	t.Helper()
	live, entered := map[blob.Hash]bool{}, map[blob.Hash]bool{}
	err := s.Reach(t.Context(), h, func(x blob.Hash) bool {
		first := !entered[x]
		live[x], entered[x] = true, true
		return first
	}, func(x blob.Hash) { live[x] = true })
	if err != nil {
		t.Fatal(err)
	}
	return live
}

func TestReachKeepsTrees(t *testing.T) {
	s := open(t)
	tree, err := s.EmptyTree().Put("a/b/c", ingest(t, s, "x"))
	if err != nil {
		t.Fatal(err)
	}
	tree, h := save(t, s, tree)
	if live := reached(t, s, h); len(live) != 4 { // three folders and a file
		t.Fatalf("%d", len(live))
	}
	if len(files(t, tree)) != 1 {
		t.Error("tree")
	}
}

// TestReachFileLikeAFolder has a file that holds the bytes of a saved folder
// come before that folder: what the folder names is kept all the same.
func TestReachFileLikeAFolder(t *testing.T) {
	s := open(t)
	ref := ingest(t, s, "only in the folder")
	inner, err := s.EmptyTree().Put("f", ref)
	if err != nil {
		t.Fatal(err)
	}
	_, folder := save(t, s, inner)
	tree, err := s.EmptyTree().PutAll([]blob.TreeFile{
		{Path: "a", Ref: ingest(t, s, read(t, s, folder))}, // comes first
		{Path: "b/f", Ref: ref},
	})
	if err != nil {
		t.Fatal(err)
	}
	_, h := save(t, s, tree)
	if !reached(t, s, h)[ref.Hash] {
		t.Error("a file would be collected that the tree holds")
	}
}

// Two versions of a tree share the folders that did not change, show their own
// files, and lose none when what neither shows is pruned.
func TestLayoutShared(t *testing.T) {
	s := open(t)
	root := t.TempDir()
	cache := filepath.Join(root, "cache")
	v1, err := s.EmptyTree().PutAll([]blob.TreeFile{{Path: "sym", Ref: ingest(t, s, "s")}, {Path: "d1/t/p", Ref: ingest(t, s, "1")}, {Path: "d2/t/p", Ref: ingest(t, s, "2")}})
	if err != nil {
		t.Fatal(err)
	}
	v1, _ = save(t, s, v1)
	v2, err := v1.Put("d2/t/p", ingest(t, s, "two"))
	if err != nil {
		t.Fatal(err)
	}
	v2, _ = save(t, s, v2)
	for name, v := range map[string]*blob.Tree{"v1": v1, "v2": v2} {
		if err := v.LayoutShared(t.Context(), filepath.Join(root, name), cache); err != nil {
			t.Fatal(err)
		}
	}
	live := map[string]bool{}
	for _, n := range v2.Folders() {
		live[n] = true
	}
	remove, err := s.PruneShared(cache, live)
	if err := errors.Join(err, remove()); err != nil {
		t.Fatal(err)
	}
	for p, want := range map[string]string{"v1/sym": "s", "v1/d1/t/p": "1", "v1/d2/t/p": "", "v2/d1/t/p": "1", "v2/d2/t/p": "two"} {
		if b, _ := os.ReadFile(filepath.Join(root, p)); string(b) != want {
			t.Errorf("%s: %q, want %q", p, b, want)
		}
	}
	if e, _ := os.ReadDir(cache); len(e) != 2 {
		t.Errorf("%d folders in the cache, want 2", len(e))
	}
}

// A copy can be changed without the store noticing, and be taken in again.
func TestLayoutCopyAndScan(t *testing.T) {
	s := open(t)
	v1, err := s.EmptyTree().PutAll([]blob.TreeFile{{Path: "sym", Ref: ingest(t, s, "s")}, {Path: "d1/t/p", Ref: ingest(t, s, "1")}})
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "copy")
	if err := v1.LayoutCopy(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "d1/t/p"), []byte("edited"), 0o600); err != nil {
		t.Fatal(err)
	}
	v2, err := s.Scan(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	var changed []string
	for c, err := range blob.Diff(v1, v2) {
		if err != nil {
			t.Fatal(err)
		}
		changed = append(changed, c.Path)
	}
	if d := cmp.Diff([]string{"d1/t/p"}, changed); d != "" {
		t.Error(d)
	}
	if got := read(t, s, files(t, v1)["d1/t/p"].Hash); got != "1" {
		t.Errorf("the store's content became %q", got)
	}
}

func FuzzFolder(f *testing.F) {
	f.Add([]byte("quoin folder 1\n"))
	f.Add([]byte("quoin folder 1\n\x01a\x00" + strings.Repeat("h", 32) + "\x05"))
	f.Add([]byte("quoin folder 1\n\x01a\x01" + strings.Repeat("h", 32) + "\x05\x02"))
	s := open(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		ref := ingest(t, s, string(b))
		tree, err := s.Tree(ref.Hash)
		if err != nil {
			if !errors.Is(err, blob.ErrCorrupt) {
				t.Fatal(err)
			}
			return
		}
		// What is accepted has one form: putting its own first entry changes nothing.
		for n, err := range tree.List("") {
			if err != nil {
				t.Fatal(err)
			}
			if !n.Dir {
				again, err := tree.Put(n.Name, n.Ref)
				if err != nil {
					t.Fatal(err)
				}
				if h, err := again.Save(context.Background()); err != nil || h != ref.Hash {
					t.Fatalf("%v, %v", h, err)
				}
			}
		}
	})
}

func bigTree(tb testing.TB, s *blob.Store, dates, columns int) *blob.Tree {
	var files []blob.TreeFile
	for d := range dates {
		for c := range columns {
			files = append(files, blob.TreeFile{Path: fmt.Sprintf("%04d/trade/c%03d", d, c), Ref: ingest(tb, s, fmt.Sprint(d, c))})
		}
	}
	tree, err := s.EmptyTree().PutAll(files)
	if err != nil {
		tb.Fatal(err)
	}
	tree, _ = save(tb, s, tree)
	return tree
}

func BenchmarkLayout10k(b *testing.B) {
	s := open(b)
	tree := bigTree(b, s, 100, 100)
	for b.Loop() {
		dir := filepath.Join(b.TempDir(), "view")
		if err := tree.Layout(context.Background(), dir, nil); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(tree.Files())*float64(b.N)/b.Elapsed().Seconds(), "files/s")
}

func BenchmarkOneMorePartition(b *testing.B) {
	s := open(b)
	tree := bigTree(b, s, 100, 100)
	ref := ingest(b, s, "x")
	for i := 0; b.Loop(); i++ {
		t, err := tree.Put(fmt.Sprintf("9%d/trade/price", i), ref)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := t.Save(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
}
