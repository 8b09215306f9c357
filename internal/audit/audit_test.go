package audit_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

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
