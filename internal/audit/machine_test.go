package audit_test

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/quoinhq/quoin/internal/audit"
	"github.com/quoinhq/quoin/internal/store"
	"github.com/quoinhq/quoin/internal/store/sqlite"
	"github.com/quoinhq/quoin/internal/store/storetest"
)

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
