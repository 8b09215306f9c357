package blob_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/quoinhq/quoin/internal/blob"
)

func open(tb testing.TB, opts ...blob.Option) *blob.Store {
	tb.Helper()
	s, err := blob.Open(filepath.Join(tb.TempDir(), "blobs"), opts...)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

func ingest(tb testing.TB, s *blob.Store, text string) blob.Ref {
	tb.Helper()
	ref, err := s.Ingest(context.Background(), strings.NewReader(text))
	if err != nil {
		tb.Fatal(err)
	}
	return ref
}

func read(tb testing.TB, s *blob.Store, h blob.Hash) string {
	tb.Helper()
	f, err := s.Open(h)
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	b, err := io.ReadAll(f)
	if err != nil {
		tb.Fatal(err)
	}
	return string(b)
}

func none(context.Context) (func(blob.Hash) bool, error) {
	return func(blob.Hash) bool { return false }, nil
}

func TestIngestReadsBack(t *testing.T) {
	s := open(t)
	rapid.Check(t, func(rt *rapid.T) {
		b := rapid.SliceOfN(rapid.Byte(), 0, 70_000).Draw(rt, "content")
		ref, err := s.Ingest(context.Background(), bytes.NewReader(b))
		if err != nil {
			rt.Fatal(err)
		}
		if ref.Hash != sha256.Sum256(b) || ref.Size != int64(len(b)) {
			rt.Fatalf("ref = %v, %d", ref.Hash, ref.Size)
		}
		if got := read(t, s, ref.Hash); got != string(b) {
			rt.Fatal("read back something else")
		}
	})
}

func TestLink(t *testing.T) {
	s := open(t)
	ref := ingest(t, s, "column")
	path := filepath.Join(t.TempDir(), "price")
	if err := s.Link(ref.Hash, path); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(path); err != nil || string(b) != "column" {
		t.Fatalf("%q, %v", b, err)
	}
	a, _ := os.Stat(path)
	b, _ := os.Stat(s.Path(ref.Hash))
	if !os.SameFile(a, b) || a.Mode().Perm() != 0o400 {
		t.Errorf("not a read-only link: %v", a.Mode())
	}
	if err := s.Link(ref.Hash, path); err == nil {
		t.Error("linked over a file that was there")
	}
	if err := s.Link(blob.Hash{}, path+"2"); !errors.Is(err, blob.ErrNotFound) {
		t.Errorf("link of nothing: %v", err)
	}
}

func TestErrNotFound(t *testing.T) {
	s := open(t)
	if _, err := s.Open(blob.Hash{}); !errors.Is(err, blob.ErrNotFound) {
		t.Errorf("Open: %v", err)
	}
	if _, err := s.Stat(blob.Hash{}); !errors.Is(err, blob.ErrNotFound) {
		t.Errorf("Stat: %v", err)
	}
	if err := s.Touch(blob.Hash{}); !errors.Is(err, blob.ErrNotFound) {
		t.Errorf("Touch: %v", err)
	}
}

func TestCollect(t *testing.T) {
	s := open(t)
	named, unnamed, leased := ingest(t, s, "named"), ingest(t, s, "unnamed"), ingest(t, s, "leased")
	old := time.Now().Add(-time.Hour)
	for _, r := range []blob.Ref{named, unnamed, leased} {
		if err := os.Chtimes(s.Path(r.Hash), old, old); err != nil {
			t.Fatal(err)
		}
	}
	l := s.Lease()
	defer l.Release()
	ingest(t, s, "leased") // found again: young
	mark := func(context.Context) (func(blob.Hash) bool, error) {
		return func(h blob.Hash) bool { return h == named.Hash }, nil
	}
	for _, dry := range []bool{true, false} {
		g, err := s.Collect(context.Background(), dry, mark)
		if err != nil {
			t.Fatal(err)
		}
		if g.Kept != 2 || g.Removed != 1 || g.RemovedBytes != unnamed.Size {
			t.Errorf("dry %v: %+v", dry, g)
		}
		if _, err := s.Stat(unnamed.Hash); errors.Is(err, blob.ErrNotFound) == dry {
			t.Errorf("dry %v: unnamed content: %v", dry, err)
		}
	}
}

// What is ingested under a lease is there when the lease ends, however often
// the store is collected meanwhile.
func TestCollectSparesLeased(t *testing.T) {
	s := open(t)
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		for ctx.Err() == nil {
			s.Collect(context.Background(), false, none)
		}
	})
	for i := range 200 {
		l := s.Lease()
		ref := ingest(t, s, strings.Repeat("x", i%7))
		if _, err := s.Stat(ref.Hash); err != nil {
			t.Fatal(err)
		}
		l.Release()
	}
	cancel()
	wg.Wait()
}

// Content that was ingested under a lease long ago, and is recorded and let go
// after a collection has read the records, is not that collection's to remove.
func TestCollectSparesLeaseReleasedMeanwhile(t *testing.T) {
	s := open(t)
	l := s.Lease()
	ref := ingest(t, s, "imported")
	time.Sleep(1100 * time.Millisecond) // older than the margin for coarse file times
	_, err := s.Collect(t.Context(), false, func(context.Context) (func(blob.Hash) bool, error) {
		l.Release() // recorded now, a moment after the records were read
		return func(blob.Hash) bool { return false }, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Stat(ref.Hash); err != nil {
		t.Error(err)
	}
}

// A power failure can leave a named file shorter than its content; ingesting
// the content again repairs it.
func TestTornContentIsReplaced(t *testing.T) {
	s := open(t)
	ref := ingest(t, s, "whole")
	if err := os.Chmod(s.Path(ref.Hash), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(s.Path(ref.Hash), 2); err != nil {
		t.Fatal(err)
	}
	ingest(t, s, "whole")
	if got := read(t, s, ref.Hash); got != "whole" {
		t.Errorf("got %q", got)
	}
}

func TestAbortLeavesNothing(t *testing.T) {
	s := open(t)
	w, err := s.Writer()
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(w, "half")
	w.Abort()
	if _, err := w.Commit(); err == nil {
		t.Error("committed after abort")
	}
	if e, _ := os.ReadDir(filepath.Join(filepath.Dir(filepath.Dir(s.Path(blob.Hash{}))), "tmp")); len(e) != 0 {
		t.Errorf("%d temporary files left", len(e))
	}
}

func TestIngestEndsWithContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := open(t).Ingest(ctx, strings.NewReader("x")); !errors.Is(err, context.Canceled) {
		t.Errorf("err = %v", err)
	}
}

func BenchmarkIngest(b *testing.B) {
	s := open(b)
	block := make([]byte, 1<<20)
	b.SetBytes(int64(len(block)))
	for i := range b.N {
		block[0], block[1], block[2] = byte(i), byte(i>>8), byte(i>>16)
		if _, err := s.Ingest(context.Background(), bytes.NewReader(block)); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkIngestDurable is sixteen clients that put files of 50 kB at once,
// each on disk before the next.
func BenchmarkIngestDurable(b *testing.B) {
	s := open(b)
	const size = 50_000
	b.SetBytes(size)
	b.SetParallelism(max(1, 16/runtime.GOMAXPROCS(0)))
	var seed atomic.Uint32
	b.RunParallel(func(pb *testing.PB) {
		random := rand.NewChaCha8([32]byte{byte(seed.Add(1))})
		block := make([]byte, size)
		for pb.Next() {
			_, _ = random.Read(block) // never fails
			if _, err := s.Ingest(context.Background(), bytes.NewReader(block)); err != nil {
				b.Error(err)
				return
			}
			if err := s.Sync(context.Background()); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "files/s")
}
