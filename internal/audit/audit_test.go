package audit_test

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/quoinhq/quoin/internal/audit"
	"github.com/quoinhq/quoin/internal/store"
	"github.com/quoinhq/quoin/internal/store/sqlite"
	"github.com/quoinhq/quoin/internal/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func openStore(tb testing.TB, clock *storetest.Clock) *sqlite.DB {
	tb.Helper()
	opts := sqlite.Options{}
	if clock != nil {
		opts.Clock = clock.Now
	}
	db, err := sqlite.Open(tb.Context(), filepath.Join(tb.TempDir(), "quoin.db"), opts)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := db.Close(); err != nil {
			tb.Errorf("close: %v", err)
		}
	})
	return db
}

func record(tb testing.TB, st store.Store, trail *audit.Trail, events ...audit.Event) {
	tb.Helper()
	for _, e := range events {
		if err := st.Update(tb.Context(), func(tx store.Tx) error { return trail.Record(tx, e) }); err != nil {
			tb.Fatalf("record: %v", err)
		}
	}
}

// operations returns what the filter selects, as "seq:operation" words.
func operations(tb testing.TB, st audit.Viewer, f audit.Filter, after uint64) string {
	tb.Helper()
	var got []string
	for e, err := range audit.Events(tb.Context(), st, f, after) {
		if err != nil {
			tb.Fatalf("events: %v", err)
		}
		got = append(got, fmt.Sprint(e.Seq, ":", e.Operation))
	}
	return strings.Join(got, " ")
}

func want(tb testing.TB, what, got, want string) {
	tb.Helper()
	if got != want {
		tb.Errorf("%s: got %q, want %q", what, got, want)
	}
}

// run runs the trail until the returned function is called.
func run(t *testing.T, trail *audit.Trail) (stop func() error) {
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- trail.Run(ctx) }()
	return func() error { cancel(); return <-ended }
}

func TestRecordGoesWithItsEffect(t *testing.T) {
	st := openStore(t, nil)
	trail := audit.New(st, audit.Options{})
	undo := errors.New("undo")
	for i, fails := range []bool{false, true, false} {
		err := st.Update(t.Context(), func(tx store.Tx) error {
			if err := tx.Put("user", fmt.Sprint(i), nil, time.Time{}); err != nil {
				return err
			}
			if err := trail.Record(tx, audit.Event{Operation: fmt.Sprint("Put", i), Outcome: audit.OK}); err != nil {
				return err
			}
			if fails {
				return undo
			}
			return nil
		})
		if fails != (err != nil) {
			t.Fatalf("update %d: %v", i, err)
		}
	}
	want(t, "events", operations(t, st, audit.Filter{}, 0), "1:Put0 2:Put2")
}

func TestFilter(t *testing.T) {
	clock := storetest.NewClock()
	st := openStore(t, clock)
	trail := audit.New(st, audit.Options{})
	start := clock.Now()
	for _, e := range []audit.Event{
		{Operation: "A", Principal: "arn:aws:iam::1:user/bob", Resource: "arn:r/1", Outcome: audit.OK},
		{Operation: "B", Principal: "arn:aws:iam::1:user/al", Resource: "arn:r/2", Outcome: "AccessDeniedException"},
		{Operation: "C", Principal: "arn:aws:iam::1:user/bob", Resource: "arn:r/2", Outcome: audit.OK},
		{Operation: "D", Outcome: "AccessDeniedException"},
	} {
		record(t, st, trail, e)
		clock.Advance(time.Hour)
	}
	tests := []struct {
		name  string
		f     audit.Filter
		after uint64
		want  string
	}{
		{"all", audit.Filter{}, 0, "1:A 2:B 3:C 4:D"},
		{"after", audit.Filter{}, 2, "3:C 4:D"},
		{"after the end", audit.Filter{}, 9, ""},
		{"principal", audit.Filter{Principal: "user/bob"}, 0, "1:A 3:C"},
		{"resource", audit.Filter{Resource: "r/2"}, 0, "2:B 3:C"},
		{"both", audit.Filter{Principal: "bob", Resource: "r/2"}, 0, "3:C"},
		{"operation", audit.Filter{Operation: "B"}, 0, "2:B"},
		{"outcome", audit.Filter{Outcome: "AccessDeniedException"}, 0, "2:B 4:D"},
		{"since the start", audit.Filter{Since: start}, 0, "1:A 2:B 3:C 4:D"},
		{"since later", audit.Filter{Since: start.Add(time.Hour)}, 0, "2:B 3:C 4:D"},
		{"since a nanosecond later", audit.Filter{Since: start.Add(time.Hour + 1)}, 0, "3:C 4:D"},
		{"since then and after", audit.Filter{Since: start.Add(time.Hour)}, 3, "4:D"},
		{"since the future", audit.Filter{Since: start.Add(100 * time.Hour)}, 0, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { want(t, "events", operations(t, st, tt.f, tt.after), tt.want) })
	}
}

func TestNote(t *testing.T) {
	st := openStore(t, nil)
	trail := audit.New(st, audit.Options{FlushEvery: time.Millisecond, Queue: 10})
	stop := run(t, trail)
	var wg sync.WaitGroup
	const noters, each = 8, 100
	for w := range noters {
		wg.Go(func() {
			for i := range each {
				if err := trail.Note(t.Context(), audit.Event{Operation: fmt.Sprint(w, "-", i)}); err != nil {
					t.Errorf("note: %v", err)
				}
			}
		})
	}
	wg.Wait()
	if err := stop(); err != nil {
		t.Errorf("run: %v", err)
	}
	seen := map[string]bool{}
	next := uint64(1)
	for e, err := range audit.Events(t.Context(), st, audit.Filter{}, 0) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Seq != next || e.Time.IsZero() {
			t.Errorf("event %d has the number %d and the time %v", next, e.Seq, e.Time)
		}
		next++
		seen[e.Operation] = true
	}
	if len(seen) != noters*each {
		t.Errorf("%d events are in the trail, want %d", len(seen), noters*each)
	}
	if _, err := audit.Verify(t.Context(), st, nil); err != nil {
		t.Errorf("verify: %v", err)
	}
	if err := trail.Note(t.Context(), audit.Event{}); !errors.Is(err, audit.ErrStopped) {
		t.Errorf("note after the end: got %v, want ErrStopped", err)
	}
}

func TestNoteWaitsWhenFull(t *testing.T) {
	trail := audit.New(openStore(t, nil), audit.Options{Queue: 2}) // nobody stores
	for range 2 {
		if err := trail.Note(t.Context(), audit.Event{Operation: "Op"}); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := trail.Note(ctx, audit.Event{Operation: "Op"}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("note into a full queue: got %v, want to wait", err)
	}
}

func TestNoteErrWhenTheStoreFails(t *testing.T) {
	faulty := storetest.NewFaulty(openStore(t, nil))
	reported := make(chan error, 1)
	trail := audit.New(faulty, audit.Options{FlushEvery: time.Millisecond, Queue: 3, Report: func(err error) {
		select {
		case reported <- err:
		default:
		}
	}})
	faulty.FailOps("Put", "audit")
	stop := run(t, trail)
	for i := range 3 {
		if err := trail.Note(t.Context(), audit.Event{Operation: fmt.Sprint("Op", i)}); err != nil {
			t.Errorf("note while there is room: %v", err)
		}
	}
	if err := <-reported; !errors.Is(err, storetest.ErrInjected) {
		t.Errorf("reported: %v", err)
	}
	if err := trail.Note(t.Context(), audit.Event{Operation: "Refused"}); !errors.Is(err, storetest.ErrInjected) {
		t.Errorf("note: got %v, want the store's error", err)
	}
	if err := trail.Ready(); !errors.Is(err, storetest.ErrInjected) {
		t.Errorf("ready: got %v, want the store's error", err)
	}
	faulty.FailWhen(nil)
	for trail.Ready() != nil {
		time.Sleep(time.Millisecond)
	}
	if err := trail.Note(t.Context(), audit.Event{Operation: "Op3"}); err != nil {
		t.Errorf("note after the store was mended: %v", err)
	}
	if err := stop(); err != nil {
		t.Errorf("run: %v", err)
	}
	want(t, "events", operations(t, faulty, audit.Filter{}, 0), "1:Op0 2:Op1 3:Op2 4:Op3")
}

func TestAttach(t *testing.T) {
	db := openStore(t, nil)
	trail := audit.New(db, audit.Options{})
	st := trail.Attach(db)
	undo := errors.New("undo")
	change := func(ctx context.Context, err error) {
		t.Helper()
		if got := st.Update(ctx, func(tx store.Tx) error {
			if err := tx.Put("user", "k", nil, time.Time{}); err != nil {
				return err
			}
			return err
		}); !errors.Is(got, err) {
			t.Errorf("update: got %v, want %v", got, err)
		}
	}
	call := func(name string) (context.Context, *audit.Call) {
		c := audit.NewCall(func() audit.Event { return audit.Event{Operation: name, Outcome: "not yet known"} })
		return audit.WithCall(t.Context(), c), c
	}
	change(t.Context(), nil) // for nobody
	ctx, failed := call("Failed")
	change(ctx, undo)
	ctx, twice := call("Twice")
	change(ctx, undo)
	change(ctx, nil)
	change(ctx, nil)
	ctx, once := call("Once")
	change(ctx, nil)
	_, idle := call("Idle")
	want(t, "events", operations(t, db, audit.Filter{Outcome: audit.OK}, 0), "1:Twice 2:Once")
	want(t, "recorded", fmt.Sprint(failed.Recorded(), twice.Recorded(), once.Recorded(), idle.Recorded()), "false true true false")
}

func TestLongAndOddText(t *testing.T) {
	st := openStore(t, nil)
	trail := audit.New(st, audit.Options{})
	record(t, st, trail, audit.Event{Operation: "Op\n\x00\xff", Resource: strings.Repeat("é", 5000), Reason: strings.Repeat("x", 1023) + "é"})
	for e, err := range audit.Events(t.Context(), st, audit.Filter{}, 0) {
		if err != nil {
			t.Fatal(err)
		}
		want(t, "resource", e.Resource, strings.Repeat("é", 512)+"…")
		want(t, "reason", e.Reason, strings.Repeat("x", 1023)+"…")
		want(t, "operation", e.Operation, "Op\n\x00\ufffd")
	}
	if _, err := audit.Verify(t.Context(), st, nil); err != nil {
		t.Errorf("verify: %v", err)
	}
}

// tampered opens a trail of five events and two blocks of notes and lets fn
// loose on it.
func tampered(t *testing.T, fn func(tx store.Tx) error) (*sqlite.DB, audit.Head) {
	st := openStore(t, nil)
	trail := audit.New(st, audit.Options{})
	stop := run(t, trail)
	for i := range 300 {
		if err := trail.Note(t.Context(), audit.Event{Operation: fmt.Sprint("Note", i)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		record(t, st, trail, audit.Event{Operation: fmt.Sprint("Op", i), Principal: "bob"})
	}
	head, err := audit.Verify(t.Context(), st, nil)
	if err != nil || head.Seq != 305 {
		t.Fatalf("verify: %v, %v", head, err)
	}
	if err := st.Update(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
	return st, head
}

func edit(key string, change func(string) string) func(store.Tx) error {
	return func(tx store.Tx) error {
		b, err := tx.Get("audit", key)
		if err != nil {
			return err
		}
		return tx.Put("audit", key, []byte(change(string(b))), time.Time{})
	}
}

func TestVerifyErrBroken(t *testing.T) {
	key := func(seq int) string { return fmt.Sprintf("%020d", seq) }
	tests := []struct {
		name   string
		tamper func(tx store.Tx) error
	}{
		{"removed in the middle", func(tx store.Tx) error { return tx.Delete("audit", key(303)) }},
		{"removed at the end", func(tx store.Tx) error { return tx.Delete("audit", key(305)) }},
		{"removed at the beginning", func(tx store.Tx) error { return tx.Delete("audit", key(1)) }},
		{"all removed", func(tx store.Tx) error {
			var keys []string
			for e, err := range tx.List("audit", store.Query{}) {
				if err != nil {
					return err
				}
				keys = append(keys, e.Key)
			}
			for _, k := range keys {
				if err := tx.Delete("audit", k); err != nil {
					return err
				}
			}
			return nil
		}},
		{"changed", edit(key(302), func(s string) string { return strings.Replace(s, "bob", "eve", 1) })},
		{"changed at the end", edit(key(305), func(s string) string { return strings.Replace(s, "bob", "eve", 1) })},
		{"an event cut out of a block", edit(key(1), func(s string) string {
			from, to := strings.Index(s, `{"seq":7,`), strings.Index(s, `{"seq":8,`)
			return s[:from] + s[to:]
		})},
		{"not JSON", edit(key(304), func(string) string { return "{" })},
		{"an empty block", edit(key(304), func(s string) string { return s[:strings.Index(s, "[")] + "[]}" })},
		{"added", func(tx store.Tx) error {
			b, err := tx.Get("audit", key(305))
			if err != nil {
				return err
			}
			return tx.Put("audit", key(306), b, time.Time{})
		}},
		{"swapped", func(tx store.Tx) error {
			a, aerr := tx.Get("audit", key(303))
			b, berr := tx.Get("audit", key(304))
			return errors.Join(aerr, berr, tx.Put("audit", key(303), b, time.Time{}), tx.Put("audit", key(304), a, time.Time{}))
		}},
		{"head removed", func(tx store.Tx) error { return tx.Delete("audit-head", "head") }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			st, _ := tampered(t, tt.tamper)
			if _, err := audit.Verify(t.Context(), st, nil); !errors.Is(err, audit.ErrBroken) {
				t.Errorf("got %v, want ErrBroken", err)
			}
		})
	}
}

func TestVerifyNotedHead(t *testing.T) {
	var noted audit.Head
	st := openStore(t, nil)
	trail := audit.New(st, audit.Options{})
	for i := range 10 {
		record(t, st, trail, audit.Event{Operation: fmt.Sprint("Op", i)})
		if i == 4 {
			var err error
			if noted, err = audit.Verify(t.Context(), st, nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	again, err := audit.ParseHead(noted.String())
	if err != nil || again != noted {
		t.Errorf("parsed: %v, %v, want %v", again, err, noted)
	}
	if _, err := audit.Verify(t.Context(), st, &noted); err != nil {
		t.Errorf("a head that was noted: %v", err)
	}
	forged := noted
	forged.Sum = strings.Repeat("0", 64)
	if _, err := audit.Verify(t.Context(), st, &forged); !errors.Is(err, audit.ErrBroken) {
		t.Errorf("a head that never was: got %v, want ErrBroken", err)
	}
	future := audit.Head{Seq: 11, Sum: noted.Sum}
	if _, err := audit.Verify(t.Context(), st, &future); !errors.Is(err, audit.ErrBroken) {
		t.Errorf("a head beyond the end: got %v, want ErrBroken", err)
	}
	for _, bad := range []string{"", "5", "x:" + noted.Sum, "5:abc", ":" + noted.Sum} {
		if h, err := audit.ParseHead(bad); err == nil {
			t.Errorf("parse %q: got %v, want an error", bad, h)
		}
	}
}

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

func TestFollow(t *testing.T) {
	st := openStore(t, nil)
	trail := audit.New(st, audit.Options{})
	record(t, st, trail, audit.Event{Operation: "Old"}, audit.Event{Operation: "Skipped"})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	came := make(chan string)
	ended := make(chan error, 1)
	go func() {
		defer close(ended)
		for e, err := range audit.Follow(ctx, st, audit.Filter{}, 0, time.Millisecond) {
			if err != nil {
				ended <- err
				return
			}
			if e.Operation != "Skipped" {
				came <- e.Operation
			}
		}
	}()
	want(t, "first", <-came, "Old")
	for i := range 3 {
		record(t, st, trail, audit.Event{Operation: fmt.Sprint("New", i)})
		want(t, "next", <-came, fmt.Sprint("New", i))
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("follow: %v", err)
	}
}

// TestMachine records, notes, trims and reads at random, against a plain list.
func TestMachine(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		clock := storetest.NewClock()
		db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "quoin.db"), sqlite.Options{Clock: clock.Now})
		if err != nil {
			rt.Fatal(err)
		}
		defer func() {
			if err := db.Close(); err != nil {
				rt.Error(err)
			}
		}()
		dir := t.TempDir()
		opts := audit.Options{MaxAge: time.Hour, ExportDir: dir}
		trail := audit.New(db, opts)
		type event struct {
			op string
			at time.Time
		}
		var all []event
		n := 0
		next := func() audit.Event {
			n++
			all = append(all, event{fmt.Sprint("Op", n), clock.Now()})
			return audit.Event{Operation: fmt.Sprint("Op", n), Time: clock.Now()}
		}
		rt.Repeat(map[string]func(*rapid.T){
			"record": func(rt *rapid.T) { record(t, db, trail, next()) },
			"note": func(rt *rapid.T) {
				noting := audit.New(db, opts)
				for range rapid.SampledFrom([]int{1, 2, 7, 300}).Draw(rt, "notes") {
					if err := noting.Note(t.Context(), next()); err != nil {
						rt.Fatal(err)
					}
				}
				ctx, cancel := context.WithCancel(t.Context())
				cancel()
				if err := noting.Run(ctx); err != nil {
					rt.Fatal(err)
				}
			},
			"wait": func(rt *rapid.T) {
				clock.Advance(time.Duration(rapid.IntRange(1, 40).Draw(rt, "minutes")) * time.Minute)
			},
			"trim": func(rt *rapid.T) {
				if err := trail.Trim(t.Context()); err != nil {
					rt.Fatal(err)
				}
			},
			"": func(rt *rapid.T) {
				if head, err := audit.Verify(t.Context(), db, nil); err != nil || int(head.Seq) != len(all) {
					rt.Fatalf("verify: %v, %v, want %d events", head, err, len(all))
				}
				since := clock.Now().Add(-time.Duration(rapid.IntRange(0, 59).Draw(rt, "since")) * time.Minute)
				after := rapid.IntRange(0, len(all)).Draw(rt, "after")
				i := max(after, slices.IndexFunc(append(all, event{at: since}), func(e event) bool { return !e.at.Before(since) }))
				for e, err := range audit.Events(t.Context(), db, audit.Filter{Since: since}, uint64(after)) {
					if err != nil {
						rt.Fatal(err)
					}
					if i >= len(all) || e.Operation != all[i].op || int(e.Seq) != i+1 {
						rt.Fatalf("event %d is %d %s", i+1, e.Seq, e.Operation)
					}
					i++
				}
				if i != len(all) {
					rt.Fatalf("the events end after %d of %d", i, len(all))
				}
			},
		})
		// What was exported and what is kept are all there was.
		files, err := filepath.Glob(filepath.Join(dir, "*"))
		if err != nil {
			rt.Fatal(err)
		}
		slices.Sort(files)
		i := 0
		for _, f := range files {
			for e, err := range audit.File(f, audit.Filter{}) {
				if err != nil || e.Operation != all[i].op {
					rt.Fatalf("exported event %d: %+v, %v", i, e, err)
				}
				i++
			}
		}
		for e, err := range audit.Events(t.Context(), db, audit.Filter{}, 0) {
			if err != nil || e.Operation != all[i].op {
				rt.Fatalf("kept event %d: %+v, %v", i, e, err)
			}
			i++
		}
		if i != len(all) {
			rt.Fatalf("%d events are somewhere, of %d", i, len(all))
		}
	})
}

func BenchmarkRecord(b *testing.B) {
	st := openStore(b, nil)
	trail := audit.New(st, audit.Options{})
	e := audit.Event{
		RequestID: "5f3a1f4e-0c6f-4d2b-9a57-0d6b6a7ad9a1", Principal: "arn:aws:iam::123456789012:user/owner",
		AccessKey: "AKIAEXAMPLEEXAMPLE", SourceIP: "127.0.0.1", Service: "finspace", Operation: "UpdateKxUser",
		Resource: "arn:aws:finspace:us-east-1:123456789012:kxEnvironment/abcdefghijklmnopqrstuv/kxUser/bob", Outcome: audit.OK,
	}
	b.Run("Record", func(b *testing.B) {
		b.ReportAllocs()
		if err := st.Update(b.Context(), func(tx store.Tx) error { // without the disk: one transaction
			for range b.N {
				if err := trail.Record(tx, e); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			b.Fatal(err)
		}
	})
	b.Run("Note", func(b *testing.B) {
		b.ReportAllocs()
		trail := audit.New(st, audit.Options{})
		ctx, cancel := context.WithCancel(b.Context())
		ended := make(chan error, 1)
		go func() { ended <- trail.Run(ctx) }()
		for range b.N {
			if err := trail.Note(b.Context(), e); err != nil {
				b.Fatal(err)
			}
		}
		cancel()
		if err := <-ended; err != nil {
			b.Fatal(err)
		}
	})
}
