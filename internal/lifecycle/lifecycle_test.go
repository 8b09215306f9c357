package lifecycle_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/quoinhq/quoin/internal/lifecycle"
	"github.com/quoinhq/quoin/internal/store"
	"github.com/quoinhq/quoin/internal/store/sqlite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world records what a controller under test does. Its controller has no
// source: keys come from Enqueue alone.
type world struct {
	*lifecycle.Controller
	mu       sync.Mutex
	log      []string // "key@elapsed" of every run
	running  map[string]bool
	began    time.Time
	outcomes []lifecycle.Outcome

	reconcile func(ctx context.Context, key string) (lifecycle.Result, error)
}

// start runs a controller in the synctest bubble of the caller.
func start(t *testing.T, opts lifecycle.Options, reconcile func(ctx context.Context, key string) (lifecycle.Result, error)) *world {
	w := &world{running: map[string]bool{}, began: time.Now(), reconcile: reconcile}
	opts.Rand = func() float64 { return 1 } // no jitter: the whole backoff
	opts.Hooks.Ended = func(o lifecycle.Outcome) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.outcomes = append(w.outcomes, o)
	}
	w.Controller = lifecycle.New(nil, w, opts)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- w.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	return w
}

func (w *world) Reconcile(ctx context.Context, key string) (lifecycle.Result, error) {
	w.mu.Lock()
	if w.running[key] {
		panic("reconciled twice at once: " + key)
	}
	w.running[key] = true
	w.log = append(w.log, fmt.Sprintf("%s@%v", key, time.Since(w.began)))
	w.mu.Unlock()
	defer func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.running[key] = false
	}()
	return w.reconcile(ctx, key)
}

// want compares the log after everything has come to rest for now.
func (w *world) want(t *testing.T, want string) {
	t.Helper()
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	if got := strings.Join(w.log, " "); got != want {
		t.Errorf("runs: got %q, want %q", got, want)
	}
}

func (w *world) last() lifecycle.Outcome {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.outcomes[len(w.outcomes)-1]
}

var options = lifecycle.Options{MinBackoff: time.Second, MaxBackoff: 4 * time.Second}

func TestOnceWhenNothingIsAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, options, func(context.Context, string) (lifecycle.Result, error) { return lifecycle.Result{}, nil })
		w.Enqueue("a")
		time.Sleep(time.Hour)
		w.want(t, "a@0s")
	})
}

func TestRequeueAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, options, func(context.Context, string) (lifecycle.Result, error) {
			return lifecycle.Result{RequeueAfter: 10 * time.Second}, nil
		})
		w.Enqueue("a")
		time.Sleep(25 * time.Second)
		w.want(t, "a@0s a@10s a@20s")
		w.Enqueue("a") // an add brings it at once, and its timer starts anew
		time.Sleep(10 * time.Second)
		w.want(t, "a@0s a@10s a@20s a@25s a@35s")
	})
}

func TestErrBacksOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		runs := 0
		w := start(t, options, func(context.Context, string) (lifecycle.Result, error) {
			if runs++; runs <= 5 {
				return lifecycle.Result{}, fmt.Errorf("failure %d", runs)
			}
			return lifecycle.Result{}, nil
		})
		w.Enqueue("a")
		time.Sleep(time.Hour)
		w.want(t, "a@0s a@1s a@3s a@7s a@11s a@15s")
		runs = 4 // the next failure is a first one again
		w.Enqueue("a")
		synctest.Wait()
		if o := w.last(); o.Failures != 1 || o.Next != time.Second || o.Err == nil {
			t.Errorf("after a success: got %+v", o)
		}
	})
}

func TestErrThenChangeComesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, options, func(context.Context, string) (lifecycle.Result, error) {
			return lifecycle.Result{}, errors.New("always")
		})
		w.Enqueue("a")
		time.Sleep(500 * time.Millisecond)
		w.Enqueue("a")
		w.want(t, "a@0s a@500ms")
		time.Sleep(2 * time.Second)
		w.want(t, "a@0s a@500ms a@2.5s") // the second failure's backoff, not the first one's too
	})
}

func TestErrWithChangeDuringRunBacksOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w *world
		w = start(t, options, func(context.Context, string) (lifecycle.Result, error) {
			w.Enqueue("a") // as a write of its own record does
			return lifecycle.Result{}, errors.New("always")
		})
		w.Enqueue("a")
		time.Sleep(5 * time.Second)
		w.want(t, "a@0s a@1s a@3s")
	})
}

func TestTerminal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, options, func(context.Context, string) (lifecycle.Result, error) {
			return lifecycle.Result{}, fmt.Errorf("wrapped: %w", lifecycle.Terminal(errors.New("hopeless")))
		})
		w.Enqueue("a")
		time.Sleep(time.Hour)
		w.want(t, "a@0s")
		if o := w.last(); o.Next != 0 || !lifecycle.IsTerminal(o.Err) || o.Err.Error() != "wrapped: hopeless" {
			t.Errorf("got %+v", o)
		}
		w.Enqueue("a")
		w.want(t, "a@0s a@1h0m0s")
	})
}

func TestTerminalWithChangeDuringRunComesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		runs := 0
		var w *world
		w = start(t, options, func(context.Context, string) (lifecycle.Result, error) {
			if runs++; runs == 1 {
				w.Enqueue("a")
			}
			return lifecycle.Result{}, lifecycle.Terminal(errors.New("hopeless"))
		})
		w.Enqueue("a")
		time.Sleep(time.Hour)
		w.want(t, "a@0s a@1s")
	})
}

func TestTerminalNil(t *testing.T) {
	if err := lifecycle.Terminal(nil); err != nil {
		t.Errorf("got %v, want nil", err)
	}
	if lifecycle.IsTerminal(errors.New("plain")) {
		t.Error("a plain error is terminal")
	}
}

func TestChangeDuringRunComesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, options, func(context.Context, string) (lifecycle.Result, error) {
			time.Sleep(time.Minute)
			return lifecycle.Result{}, nil
		})
		for range 5 {
			w.Enqueue("a")
		}
		time.Sleep(time.Second)
		for range 5 {
			w.Enqueue("a")
		}
		time.Sleep(time.Hour)
		w.want(t, "a@0s a@1m0s")
	})
}

func TestWorkersShareTheWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		opts := options
		opts.Workers = 2
		w := start(t, opts, func(context.Context, string) (lifecycle.Result, error) {
			time.Sleep(time.Second)
			return lifecycle.Result{}, nil
		})
		for i := range 6 {
			w.Enqueue(fmt.Sprint(i))
		}
		time.Sleep(2500 * time.Millisecond)
		synctest.Wait()
		w.mu.Lock()
		defer w.mu.Unlock()
		got := slices.Sorted(slices.Values(w.log))
		if want := []string{"0@0s", "1@0s", "2@1s", "3@1s", "4@2s", "5@2s"}; !slices.Equal(got, want) {
			t.Errorf("runs: got %q, want %q", got, want)
		}
	})
}

func TestPanicIsAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, options, func(_ context.Context, key string) (lifecycle.Result, error) {
			if key == "bad" {
				panic("in a reconciler")
			}
			return lifecycle.Result{}, nil
		})
		w.Enqueue("bad")
		time.Sleep(1500 * time.Millisecond)
		w.Enqueue("good")
		w.want(t, "bad@0s bad@1s good@1.5s")
	})
}

func TestStopWaitsForWorkers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ended := false
		c := lifecycle.New(nil, lifecycle.Func(func(ctx context.Context, key string) (lifecycle.Result, error) {
			<-ctx.Done()
			time.Sleep(time.Minute) // cleaning up
			ended = true
			return lifecycle.Result{}, ctx.Err()
		}), lifecycle.Options{})
		c.Enqueue("a")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := c.Run(ctx); err != nil {
			t.Errorf("run: %v", err)
		}
		if !ended {
			t.Error("Run returned before the worker did")
		}
	})
}

func TestBackoffJitter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var next []time.Duration
		n := 0.0
		opts := options
		opts.Workers = 1
		opts.Rand = func() float64 { n += 0.25; return n - 0.25 }
		opts.Hooks.Ended = func(o lifecycle.Outcome) { next = append(next, o.Next) }
		c := lifecycle.New(nil, lifecycle.Func(func(context.Context, string) (lifecycle.Result, error) {
			return lifecycle.Result{}, errors.New("always")
		}), opts)
		c.Enqueue("a")
		ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
		defer cancel()
		if err := c.Run(ctx); err != nil {
			t.Errorf("run: %v", err)
		}
		want := []time.Duration{500 * time.Millisecond, 1250 * time.Millisecond, 3 * time.Second}
		if !slices.Equal(next, want) {
			t.Errorf("got %v, want %v", next, want)
		}
	})
}

// TestMachine adds keys at random moments to reconcilers that take a while,
// fail, and ask to come again, and checks the promises: never twice at once,
// no add is lost, and nothing happens without a cause.
func TestMachine(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		type step struct {
			wait time.Duration
			key  string
		}
		steps := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) step {
			return step{
				time.Duration(rapid.IntRange(0, 3000).Draw(rt, "wait")) * time.Millisecond,
				rapid.SampledFrom([]string{"a", "b", "c"}).Draw(rt, "key"),
			}
		}), 1, 30).Draw(rt, "steps")
		outcomes := rapid.SliceOfN(rapid.IntRange(0, 5), 1, 30).Draw(rt, "outcomes")
		workers := rapid.IntRange(1, 4).Draw(rt, "workers")

		synctest.Test(t, func(t *testing.T) {
			var mu sync.Mutex
			started := map[string]int{} // runs by key
			seen := map[string]int{}    // adds by key that a run has begun after
			added := map[string]int{}
			allowed := map[string]int{} // how many runs the causes so far explain
			calls := 0
			opts := options
			opts.Workers = workers
			w := start(t, opts, func(_ context.Context, key string) (lifecycle.Result, error) {
				mu.Lock()
				outcome := outcomes[calls%len(outcomes)]
				if calls > 200 {
					outcome = 0 // let it come to rest
				}
				calls++
				started[key]++
				seen[key] = added[key]
				if outcome == 1 || outcome == 3 {
					allowed[key]++ // comes again by itself
				}
				if started[key] > allowed[key]+added[key] {
					t.Errorf("%s ran %d times, for %d adds and %d retries", key, started[key], added[key], allowed[key])
				}
				mu.Unlock()
				time.Sleep(time.Duration(outcome) * 400 * time.Millisecond)
				switch outcome {
				case 1:
					return lifecycle.Result{}, errors.New("failed")
				case 2:
					return lifecycle.Result{}, lifecycle.Terminal(errors.New("hopeless"))
				case 3:
					return lifecycle.Result{RequeueAfter: 700 * time.Millisecond}, nil
				}
				return lifecycle.Result{}, nil
			})
			for _, s := range steps {
				time.Sleep(s.wait)
				mu.Lock()
				added[s.key]++
				mu.Unlock()
				w.Enqueue(s.key)
			}
			time.Sleep(time.Hour)
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			for key, n := range added {
				if seen[key] != n {
					t.Errorf("%s was added %d times; its last run began after %d", key, n, seen[key])
				}
			}
		})
		if t.Failed() {
			rt.Fatal("see above")
		}
	})
}

// thing is a record whose reconciler counts its steps up to five.
type thing struct{ Step int }

var things = store.Table[thing]{Kind: "thing"}

// TestRestartAtAnyStep stops the process's half, store and controller, after
// each step, and finds that a new one carries on, until all things are done.
func TestRestartAtAnyStep(t *testing.T) {
	const steps = 5
	path := filepath.Join(t.TempDir(), "quoin.db")
	for round := 0; ; round++ {
		db, err := sqlite.Open(t.Context(), path, sqlite.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if round == 0 {
			put(t, db, "e/one", "e/two")
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		done := 0
		if err := db.View(ctx, func(tx store.Tx) error {
			for k, err := range things.List(tx, store.Query{}) {
				if err != nil {
					return err
				}
				if k.Rec.Step == steps {
					done++
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		c := lifecycle.New(db, lifecycle.Func(func(ctx context.Context, key string) (lifecycle.Result, error) {
			err := db.Update(ctx, func(tx store.Tx) error {
				rec, err := things.Get(tx, key)
				if err != nil || rec.Step == steps {
					return err
				}
				rec.Step++
				tx.OnCommit(cancel) // the process ends here
				return things.Put(tx, key, rec)
			})
			return lifecycle.Result{}, err
		}), lifecycle.Options{}, lifecycle.Source{Kind: "thing"})
		if done == 2 {
			cancel()
		}
		if err := c.Run(ctx); err != nil {
			t.Fatal(err)
		}
		cancel()
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if done == 2 {
			break
		}
		if round > 2*steps {
			t.Fatalf("not done after %d rounds", round)
		}
	}
}

func put(t *testing.T, st store.Store, keys ...string) {
	t.Helper()
	if err := st.Update(t.Context(), func(tx store.Tx) error {
		for _, k := range keys {
			if err := things.Put(tx, k, new(thing)); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

func TestSourcesBringKeys(t *testing.T) {
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "quoin.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	put(t, db, "e1/before")
	came := make(chan string, 10)
	c := lifecycle.New(db, lifecycle.Func(func(_ context.Context, key string) (lifecycle.Result, error) {
		came <- key
		return lifecycle.Result{}, nil
	}), lifecycle.Options{Workers: 1}, lifecycle.Source{Kind: "thing", Keys: func(record string) []string {
		parent, _, _ := strings.Cut(record, "/")
		return []string{parent}
	}})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- c.Run(ctx) }()
	if key := <-came; key != "e1" {
		t.Errorf("what was there brought %q, want e1", key)
	}
	put(t, db, "e2/after")
	if key := <-came; key != "e2" {
		t.Errorf("a change brought %q, want e2", key)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("run: %v", err)
	}
	put(t, db, "e3/late")
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if len(came) > 0 {
		t.Errorf("a stopped controller reconciled %q", <-came)
	}
	if err := c.Run(t.Context()); !errors.Is(err, store.ErrClosed) {
		t.Errorf("run on a closed store: got %v, want ErrClosed", err)
	}
}
