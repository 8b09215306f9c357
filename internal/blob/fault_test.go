package blob_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/quoinhq/quoin/internal/blob"
	"github.com/quoinhq/quoin/internal/blob/blobtest"
)

// job is what a changeset and its dataviews do: take content in, make a tree,
// sync, lay it out beside view, where folders are shared, and as view.
func job(ctx context.Context, s *blob.Store, view string) (h blob.Hash, err error) {
	lease := s.Lease()
	defer lease.Release()
	var files []blob.TreeFile
	for i := range 4 {
		// Two of them are the same content; one is on disk at once.
		text := strings.Repeat(fmt.Sprint("content ", i/2), 100)
		ref, err := s.Ingest(ctx, strings.NewReader(text))
		if err == nil && i == 3 {
			err = s.Sync(ctx)
		}
		if err != nil {
			return h, err
		}
		files = append(files, blob.TreeFile{Path: fmt.Sprintf("2026.03.0%d/c%d", i/2, i%2), Ref: ref})
	}
	tree, err := s.EmptyTree().PutAll(files)
	if err != nil {
		return h, err
	}
	if h, err = tree.Save(ctx); err != nil {
		return h, err
	}
	if err := s.Sync(ctx); err != nil {
		return h, err
	}
	if tree, err = s.Tree(h); err != nil {
		return h, err
	}
	if err := tree.Share(ctx, view+"-shared"); err != nil {
		return h, err
	}
	if err := tree.LayoutShared(ctx, view+"-linked", view+"-shared"); err != nil {
		return h, err
	}
	return h, tree.Layout(ctx, view, nil)
}

// checkShared finds each folder that is shared to be whole, and the layout
// that links to them whole or absent, after a failure of the disk.
func checkShared(t *testing.T, view string) {
	t.Helper()
	shared, err := os.ReadDir(view + "-shared")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	for _, e := range shared {
		if strings.HasPrefix(e.Name(), "tmp-") {
			continue // what could not be removed either; PruneShared does it
		}
		files, err := os.ReadDir(filepath.Join(view+"-shared", e.Name()))
		if err != nil || len(files) != 2 {
			t.Errorf("the shared folder %s has %d files: %v", e.Name(), len(files), err)
		}
	}
}

// checkContent finds every name in the store to stand for its whole content,
// and no temporary file.
func checkContent(t *testing.T, dir string, tmp bool) {
	t.Helper()
	if err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		if strings.HasPrefix(rel, "tmp/") {
			if !tmp {
				t.Errorf("left behind: %s", rel)
			}
			return nil
		}
		b, err := os.ReadFile(path)
		sum := sha256.Sum256(b)
		if got := hex.EncodeToString(sum[:]); got != strings.ReplaceAll(rel, "/", "") {
			t.Errorf("%s holds %d bytes that hash to %s", rel, len(b), got)
		}
		return err
	}); err != nil {
		t.Error(err)
	}
}

// TestFaults has each operation of the file system fail in turn, alone and with
// all that follow it, and finds nothing half done afterwards.
func TestFaults(t *testing.T) {
	want, err := job(t.Context(), open(t), filepath.Join(t.TempDir(), "view"))
	if err != nil {
		t.Fatal(err)
	}
	for name, arm := range map[string]func(*blobtest.Faulty, int){
		"one":     (*blobtest.Faulty).FailNth,
		"forever": (*blobtest.Faulty).FailFrom,
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "blobs")
			for n := 1; ; n++ {
				empty(t, dir)
				disk := blobtest.NewFaulty()
				view := filepath.Join(t.TempDir(), "view")
				s, err := blob.Open(dir, blob.WithFS(disk))
				if err != nil {
					t.Fatal(err)
				}
				before := disk.Ops()
				arm(disk, n)
				_, failed := job(t.Context(), s, view)
				done := disk.Ops()-before < n
				disk.FailWhen(nil)
				if failed != nil && !errors.Is(failed, blobtest.ErrInjected) {
					t.Errorf("fault %d: got %v, want the fault", n, failed)
				}
				// Removing what is left of a failure may fail as well; opening
				// the store again cleans up.
				checkShared(t, view)
				checkContent(t, dir, true)
				if s, err = blob.Open(dir, blob.WithFS(disk)); err != nil {
					t.Fatal(err)
				}
				checkContent(t, dir, false)
				again := filepath.Join(t.TempDir(), "again")
				if h, err := job(t.Context(), s, again); err != nil || h != want {
					t.Errorf("fault %d: the next attempt: %v, %v, want %v", n, h, err, want)
				}
				checkLater(t, s, want, view)
				if name == "one" {
					checkView(t, n, failed, view, again)
				}
				if t.Failed() {
					t.Fatalf("fault %d of %s", n, failed)
				}
				if done {
					if failed != nil {
						t.Errorf("without a fault: %v", failed)
					}
					return
				}
			}
		})
	}
}

// checkLater lays the tree out again where a job that failed had laid out
// folders to share, and finds all files.
func checkLater(t *testing.T, s *blob.Store, h blob.Hash, view string) {
	t.Helper()
	tree, err := s.Tree(h)
	if err == nil {
		err = tree.LayoutShared(t.Context(), view+"-later", view+"-shared")
	}
	if err != nil {
		t.Error(err)
	}
	for _, name := range []string{"2026.03.00/c0", "2026.03.00/c1", "2026.03.01/c0", "2026.03.01/c1"} {
		if _, err := os.Stat(filepath.Join(view+"-later", name)); err != nil {
			t.Error(err)
		}
	}
}

// empty removes all files under dir. Its folders stay: making hundreds of them
// anew for each fault would take most of the test's time.
func empty(t *testing.T, dir string) {
	t.Helper()
	if err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || d.IsDir() {
			return err
		}
		return os.Remove(path)
	}); err != nil {
		t.Fatal(err)
	}
}

// checkView finds a layout that failed gone, and one that did not whole.
func checkView(t *testing.T, n int, failed error, view, whole string) {
	t.Helper()
	_, err := os.Stat(view)
	if failed != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("fault %d: a failed layout left a folder: %v", n, err)
	}
	if failed != nil {
		return
	}
	if err := filepath.WalkDir(whole, func(path string, d fs.DirEntry, err error) error {
		rel, rerr := filepath.Rel(whole, path)
		if _, serr := os.Stat(filepath.Join(view, rel)); serr != nil {
			t.Errorf("fault %d: the view lacks %s", n, rel)
		}
		return errors.Join(err, rerr)
	}); err != nil {
		t.Error(err)
	}
}

// TestCollectRace ingests, records, forgets, collects and reads all at once:
// what a record names is always there.
func TestCollectRace(t *testing.T) {
	s := open(t)
	const contents = 2000 // so that one that is forgotten has time to grow old
	text := func(i int) string { return strings.Repeat(fmt.Sprint("content ", i), 50) }
	var mu sync.RWMutex
	records := map[int]blob.Hash{} // what is named; the records of a store
	stop := make(chan struct{})
	var wg sync.WaitGroup
	spin := func(fn func()) {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					fn()
					time.Sleep(100 * time.Microsecond)
				}
			}
		})
	}
	for range 3 {
		spin(func() {
			i := rand.IntN(contents)
			lease := s.Lease()
			defer lease.Release()
			ref, err := s.Ingest(t.Context(), strings.NewReader(text(i)))
			if err != nil {
				t.Errorf("ingest: %v", err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			records[i] = ref.Hash
		})
	}
	spin(func() {
		mu.Lock()
		defer mu.Unlock()
		delete(records, rand.IntN(contents))
	})
	spin(func() {
		mu.RLock() // as a View does: what is recorded now stays readable in it
		defer mu.RUnlock()
		n := 0
		for i, h := range records {
			if got := read(t, s, h); got != text(i) {
				t.Errorf("content %d is %q", i, got)
			}
			if n++; n == 20 { // others want to write
				return
			}
		}
	})
	removed := 0
	for deadline := time.Now().Add(time.Minute); removed < 50; time.Sleep(10 * time.Millisecond) {
		g, err := s.Collect(t.Context(), false, func(context.Context) (func(blob.Hash) bool, error) {
			mu.RLock()
			defer mu.RUnlock()
			live := map[blob.Hash]bool{}
			for _, h := range records {
				live[h] = true
			}
			return func(h blob.Hash) bool { return live[h] }, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		removed += g.Removed
		if time.Now().After(deadline) {
			t.Fatalf("only %d removed: the test looks at nothing", removed)
		}
	}
	close(stop)
	wg.Wait()
}
