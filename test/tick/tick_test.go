// Package tick_test drives the tick application of examples/tick from end to
// end, with the boto3 script that creates it: ticks that went in are the rows
// of the real-time database and, after the end of the day, of the historical
// one, none lost and none twice, whatever is killed on the way.
package tick_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/connect"
	"github.com/quoinhq/quoin/kdb"
)

// feeder sends trades to the tickerplant, each with a number of its own as its
// size, and writes down what became of them.
type feeder struct {
	e    *estate
	next int64
	// acknowledged are those that the tickerplant has taken, unsure those that
	// may or may not have reached it before it died.
	acknowledged, unsure []int64
}

const batch = 100

// send sends batches until ctx ends or so many were acknowledged. It connects
// again as often as it must.
func (f *feeder) send(ctx context.Context, batches int) {
	var s *connect.Session
	defer func() {
		if s != nil {
			s.Close()
		}
	}()
	for n := 0; n < batches && ctx.Err() == nil; {
		if s == nil {
			var err error
			if s, err = f.e.connect(ctx, "tickerplant"); err != nil {
				time.Sleep(20 * time.Millisecond)
				continue
			}
		}
		ids := make([]int64, batch)
		for i := range ids {
			ids[i] = f.next
			f.next++
		}
		code := fmt.Sprintf("upd[`trade;(%d#`IBM`MSFT;%[1]d#10 20f;%[2]d+til %[1]d)]", batch, ids[0])
		if _, err := s.Eval(context.WithoutCancel(ctx), code); err != nil {
			f.unsure = append(f.unsure, ids...)
			s.Close()
			s = nil
			continue
		}
		f.acknowledged = append(f.acknowledged, ids...)
		n++
	}
}

// check compares what was sent with what arrived, and begins a new account.
func (f *feeder) check(t *testing.T, where string, got []int64) {
	t.Helper()
	slices.Sort(got)
	if n := len(slices.Compact(slices.Clone(got))); n != len(got) {
		t.Errorf("%s: %d of %d rows are there twice", where, len(got)-n, len(got))
	}
	for _, id := range f.acknowledged {
		if _, ok := slices.BinarySearch(got, id); !ok {
			t.Fatalf("%s: row %d was acknowledged and is lost; there are %d of %d (and %d unsure)", where, id, len(got), len(f.acknowledged), len(f.unsure))
		}
	}
	sent := append(slices.Clone(f.acknowledged), f.unsure...)
	slices.Sort(sent)
	for _, id := range got {
		if _, ok := slices.BinarySearch(sent, id); !ok {
			t.Fatalf("%s: row %d was never sent", where, id)
		}
	}
}

// arrived waits until the real-time database holds all that the tickerplant
// has logged, and returns it.
func (f *feeder) arrived() []int64 {
	f.e.t.Helper()
	var got []int64
	f.e.until("the rdb has what the tickerplant has logged", func() bool {
		logged := f.e.long("tickerplant", ".tp.n") * batch
		got = f.e.longs("rdb", "exec size from trade")
		return int64(len(got)) == logged
	})
	return got
}

// reader queries the historical database all the while.
type reader struct {
	cancel  context.CancelFunc
	done    sync.WaitGroup
	answers int
	wrong   []string
}

// read asks the historical database for the rows of each day, over and over:
// an answer has a day whole or not at all. A connection may break when a node is
// killed; what q itself complains of is wrong.
func (e *estate) read() *reader {
	ctx, cancel := context.WithCancel(context.Background())
	r := &reader{cancel: cancel}
	r.done.Go(func() {
		seen := map[time.Time]int64{}
		var s *connect.Session
		for ctx.Err() == nil {
			var err error
			if s == nil {
				if s, err = e.connect(ctx, "hdb"); err != nil {
					s = nil
					time.Sleep(20 * time.Millisecond)
					continue
				}
			}
			v, err := s.Eval(ctx, "exec count i by date from trade")
			var signal kdb.Error
			var days map[time.Time]int64
			switch {
			case errors.As(err, &signal):
				r.wrong = append(r.wrong, "'"+string(signal))
			case err != nil:
				s.Close()
				s = nil
				continue
			case kdb.To(v, &days) != nil:
				r.wrong = append(r.wrong, kdb.Inline(v))
			default:
				r.answers++
				for day, rows := range days {
					if was, ok := seen[day]; ok && was != rows {
						r.wrong = append(r.wrong, fmt.Sprintf("%s had %d rows and has %d", day.Format(time.DateOnly), was, rows))
					}
					seen[day] = rows
				}
			}
			time.Sleep(2 * time.Millisecond)
		}
		if s != nil {
			s.Close()
		}
	})
	return r
}

func (r *reader) stop(t *testing.T) {
	t.Helper()
	r.cancel()
	r.done.Wait()
	if len(r.wrong) > 0 {
		t.Errorf("queries during the end of the day got %d wrong answers, the first %s", len(r.wrong), r.wrong[0])
	}
	if r.answers == 0 {
		t.Error("no query was answered during the end of the day")
	}
	t.Logf("%d queries of the historical database answered meanwhile", r.answers)
}

// newest is the changeset that the historical database is to show, and the
// one that its dataview has.
func (e *estate) newest(t *testing.T) (changeset, shown string) {
	t.Helper()
	env, market := e.environment(), "market"
	latest := time.Time{}
	for c, err := range e.client().KxChangesets(t.Context(), &finspace.ListKxChangesetsInput{EnvironmentId: env, DatabaseName: &market}) {
		if err != nil {
			t.Fatal(err)
		}
		if c.CreatedTimestamp.After(latest) {
			latest, changeset = *c.CreatedTimestamp, *c.ChangesetId
		}
	}
	view, err := e.client().GetKxDataview(t.Context(), &finspace.GetKxDataviewInput{EnvironmentId: env, DatabaseName: &market, DataviewName: &market})
	if err != nil {
		t.Fatal(err)
	}
	return changeset, *view.ChangesetId
}

// TestDay is a day as examples/tick/README.md has it.
func TestDay(t *testing.T) {
	t.Run("boto3", func(t *testing.T) { day(t, createWithBoto3) })
	t.Run("Terraform", func(t *testing.T) { day(t, createWithTerraform) })
}

func day(t *testing.T, create string) {
	e := newEstate(t, create)
	const sent = 100_000
	if n := e.long("feed", "send 1000"); n != sent {
		t.Errorf("the feed has sent %d", n)
	}
	same := func(when string, rdb, hdb int64) {
		t.Helper()
		var got map[string]int64
		e.until("the gateway counts", func() bool {
			if err := kdb.To(e.must("gateway", "counts[]"), &got); err != nil {
				t.Fatal(err)
			}
			return got["rdb"] == rdb && got["hdb"] == hdb
		})
		t.Logf("%s: %d in the rdb, %d in the hdb", when, rdb, hdb)
	}
	same("before the day's end", sent, 0)
	if n := e.long("rdb", "count quote"); n != sent {
		t.Errorf("the rdb has %d quotes", n)
	}
	sum := e.long("rdb", "exec sum size from trade")
	e.until("the subscriber has seen all trades", func() bool { return e.long("rts", "exec sum size from prices[]") == sum })
	r := e.read()
	e.must("tickerplant", ".tp.endofday[]")
	e.must("feed", "send 10")
	same("after the day's end", 1000, sent)
	r.stop(t)
	for code, want := range map[string]int64{"count select from quote": sent, "exec sum size from trade": sum} {
		if got := e.long("hdb", code); got != want {
			t.Errorf("in the hdb %s is %d, want %d", code, got, want)
		}
	}
	if out := e.python(remove); out != "gone\n" {
		t.Errorf("delete.py printed %s", out)
	}
}

// moment is when something is killed.
type moment string

const (
	streaming moment = "while ticks come in"
	begun     moment = "when the end of the day has begun"
	made      moment = "when its changeset is there"
	shown     moment = "when the dataview shows it"
)

// TestKills kills each part at each moment that matters to it, a day for each.
func TestKills(t *testing.T) {
	cases := []struct {
		victim string // a cluster, or server
		when   moment
	}{
		{"rdb", begun}, {"server", made}, {"hdb", shown}, // what matters most comes first
		{"tickerplant", streaming}, {"rdb", streaming}, {"hdb", streaming}, {"gateway", streaming}, {"server", streaming},
		{"tickerplant", begun}, {"hdb", begun}, {"gateway", begun}, {"server", begun},
		{"rdb", made}, {"hdb", made}, {"rdb", shown}, {"server", shown},
	}
	if testing.Short() {
		cases = cases[:3]
	}
	e := newEstate(t, createWithBoto3)
	for _, c := range cases {
		what := c.victim + " killed " + string(c.when)
		began := time.Now()
		e.dayWithKill(what, c.victim, c.when)
		t.Logf("%s: %.1f s", what, time.Since(began).Seconds())
		if t.Failed() {
			t.Fatalf("%s; the nodes printed %s", what, e.printed())
		}
	}
}

// dayWithKill is a day on which something is killed.
func (e *estate) dayWithKill(what, victim string, when moment) {
	t := e.t
	t.Helper()
	const batches = 60
	f := &feeder{e: e}
	day := kdb.Inline(e.must("tickerplant", ".tp.day"))
	kill := e.killer(victim)

	var sent sync.WaitGroup
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	sent.Go(func() { f.send(ctx, batches) })
	if when == streaming {
		e.until("a third of the ticks is there", func() bool { return e.long("tickerplant", ".tp.n") >= batches/3 })
		kill()
	}
	sent.Wait()
	if len(f.acknowledged) != batches*batch {
		t.Fatalf("%s: %d rows were acknowledged", what, len(f.acknowledged))
	}
	today := f.arrived()
	f.check(t, what+": rdb", today)

	before, _ := e.newest(t)
	r := e.read()
	e.must("tickerplant", ".tp.endofday[]")
	switch when {
	case begun:
		kill()
	case made:
		e.until("there is a changeset", func() bool { now, _ := e.newest(t); return now != before })
		kill()
	case shown:
		e.until("the dataview shows it", func() bool { now, shows := e.newest(t); return now != before && shows == now })
		kill()
	}
	var got []int64
	e.until("the hdb has the day", func() bool {
		got = e.longs("hdb", "exec size from trade where date="+day)
		return len(got) >= len(today)
	})
	f.check(t, what+": hdb", got)
	if len(got) != len(today) {
		t.Errorf("%s: the rdb had %d rows, the hdb has %d", what, len(today), len(got))
	}
	e.until("the rdb begins the next day", func() bool { return e.long("rdb", "count trade") == 0 })
	e.must("gateway", "counts[]")
	r.stop(t)
}

// killer returns what kills a cluster's process, which is looked up beforehand,
// or the server, which is started again.
func (e *estate) killer(victim string) (kill func()) {
	e.t.Helper()
	if victim == "server" {
		return func() { e.kill(); e.serve() }
	}
	pid := e.pid(victim)
	return func() { e.murder(pid) }
}
