package audit_test

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/quoinhq/quoin/internal/audit"
	"github.com/quoinhq/quoin/internal/store/storetest"
)

func TestTrim(t *testing.T) {
	clock := storetest.NewClock()
	st := openStore(t, clock)
	dir := t.TempDir()
	trail := audit.New(st, audit.Options{MaxAge: 10 * time.Hour, ExportDir: dir})
	for i := range 20 {
		record(t, st, trail, audit.Event{Operation: fmt.Sprint("Op", i)})
		clock.Advance(time.Hour)
	}
	before, err := audit.Verify(t.Context(), st, nil)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time there is nothing to do
		if err := trail.Trim(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	want(t, "kept", operations(t, st, audit.Filter{}, 0), "11:Op10 12:Op11 13:Op12 14:Op13 15:Op14 16:Op15 17:Op16 18:Op17 19:Op18 20:Op19")
	want(t, "since, in what is kept", operations(t, st, audit.Filter{Since: clock.Now().Add(-2 * time.Hour)}, 0), "19:Op18 20:Op19")
	after, err := audit.Verify(t.Context(), st, &before)
	if err != nil || after != before {
		t.Errorf("verify after: %v, %v, want %v", after, err, before)
	}
	if _, err := audit.Verify(t.Context(), st, &audit.Head{Seq: 3, Sum: before.Sum}); err != nil {
		t.Errorf("a head of what is no longer kept: %v", err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) != 1 || filepath.Base(files[0]) != "audit-00000000000000000001-00000000000000000010.jsonl.gz" {
		t.Fatalf("exported: %q, %v", files, err)
	}
	var got []string
	for e, err := range audit.File(files[0], audit.Filter{}) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, e.Operation)
	}
	want(t, "exported", strings.Join(got, " "), "Op0 Op1 Op2 Op3 Op4 Op5 Op6 Op7 Op8 Op9")
	record(t, st, trail, audit.Event{Operation: "Next"})
	if head, err := audit.Verify(t.Context(), st, nil); err != nil || head.Seq != 21 {
		t.Errorf("after one more: %v, %v", head, err)
	}
}

func TestTrimBySize(t *testing.T) {
	st := openStore(t, nil)
	trail := audit.New(st, audit.Options{MaxBytes: 5000, ExportDir: t.TempDir(), CheckEvery: time.Millisecond})
	stop := run(t, trail)
	for i := range 200 {
		record(t, st, trail, audit.Event{Operation: fmt.Sprint("Op", i)})
	}
	kept := func() int { return len(strings.Fields(operations(t, st, audit.Filter{}, 0))) }
	for deadline := time.Now().Add(30 * time.Second); kept() > 40 && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	if err := stop(); err != nil {
		t.Errorf("run: %v", err)
	}
	if n := kept(); n == 0 || n > 40 {
		t.Errorf("%d events are kept in 5,000 bytes", n)
	}
	if _, err := audit.Verify(t.Context(), st, nil); err != nil {
		t.Errorf("verify: %v", err)
	}
}

// TestTrimErr has everything that Trim does to the store fail once: nothing is
// dropped that is not in a file.
func TestTrimErr(t *testing.T) {
	for n := 1; ; n++ {
		clock := storetest.NewClock()
		faulty := storetest.NewFaulty(openStore(t, clock))
		dir := t.TempDir()
		trail := audit.New(faulty, audit.Options{MaxAge: time.Hour, ExportDir: dir})
		for i := range 3 {
			record(t, faulty, trail, audit.Event{Operation: fmt.Sprint("Op", i)})
		}
		clock.Advance(2 * time.Hour)
		faulty.FailNth(n)
		failed := trail.Trim(t.Context())
		faulty.FailWhen(nil)
		if _, err := audit.Verify(t.Context(), faulty, nil); err != nil {
			t.Errorf("fault %d: verify: %v", n, err)
		}
		if err := trail.Trim(t.Context()); err != nil {
			t.Errorf("fault %d: trim again: %v", n, err)
		}
		want(t, "kept", operations(t, faulty, audit.Filter{}, 0), "")
		if files, err := filepath.Glob(filepath.Join(dir, "*")); err != nil || len(files) != 1 {
			t.Errorf("fault %d: exported %q, %v", n, files, err)
		}
		if failed == nil {
			break
		}
		if !errors.Is(failed, storetest.ErrInjected) {
			t.Errorf("fault %d: got %v", n, failed)
		}
	}
	clock := storetest.NewClock()
	st := openStore(t, clock)
	trail := audit.New(st, audit.Options{MaxAge: time.Hour, ExportDir: filepath.Join(t.TempDir(), "missing")})
	record(t, st, trail, audit.Event{Operation: "Op"})
	clock.Advance(2 * time.Hour)
	if err := trail.Trim(t.Context()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no folder for exports: got %v, want ErrNotExist", err)
	}
	want(t, "kept", operations(t, st, audit.Filter{}, 0), "1:Op")
}

func TestFileErrBroken(t *testing.T) {
	clock := storetest.NewClock()
	st := openStore(t, clock)
	dir := t.TempDir()
	trail := audit.New(st, audit.Options{MaxAge: time.Hour, ExportDir: dir})
	for i := range 10 {
		record(t, st, trail, audit.Event{Operation: fmt.Sprint("Op", i)})
	}
	clock.Advance(2 * time.Hour)
	if err := trail.Trim(t.Context()); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	text := gunzip(t, files[0])
	lines := strings.SplitAfter(text, "\n")
	tests := map[string]string{
		"a line removed": strings.Join(slices.Delete(slices.Clone(lines), 4, 5), ""),
		"changed":        strings.Replace(text, "Op4", "Op5", 1),
		"not JSON":       lines[0] + "{\n",
	}
	for name, bad := range tests {
		path := filepath.Join(dir, "bad.gz")
		gzipTo(t, path, bad)
		if err := readAll(path); !errors.Is(err, audit.ErrBroken) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: got %v, want ErrBroken with the path", name, err)
		}
	}
	whole, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, cut := range []int{0, 5, len(whole) / 2, len(whole) - 1} {
		path := filepath.Join(dir, "cut.gz")
		if err := os.WriteFile(path, whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		if err := readAll(path); !errors.Is(err, audit.ErrBroken) {
			t.Errorf("cut after %d bytes: got %v, want ErrBroken", cut, err)
		}
	}
	if err := readAll(filepath.Join(dir, "missing")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: got %v, want ErrNotExist", err)
	}
}

func readAll(path string) error {
	for _, err := range audit.File(path, audit.Filter{}) {
		if err != nil {
			return err
		}
	}
	return nil
}

func gunzip(t *testing.T, path string) string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func gzipTo(t *testing.T, path, text string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	z := gzip.NewWriter(f)
	_, err = io.WriteString(z, text)
	if err := errors.Join(err, z.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
}
