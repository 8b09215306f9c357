package storetest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/quoinhq/quoin/internal/store"
)

func testRollback(t *testing.T, f *fixture) {
	f.put(t, "u", "a", "1", "b", "2")
	cause := errors.New("cause")
	err := f.Update(t.Context(), func(tx store.Tx) error {
		for _, k := range []string{"a", "c"} {
			if err := tx.Put("u", k, []byte("no"), time.Time{}); err != nil {
				return err
			}
		}
		if err := tx.Delete("u", "b"); err != nil {
			return err
		}
		tx.OnCommit(func() { t.Error("OnCommit of a failed update ran") })
		return fmt.Errorf("wrapped: %w", cause)
	})
	if !errors.Is(err, cause) {
		t.Errorf("got %v, want the function's error", err)
	}
	for range 2 {
		f.view(t, func(tx store.Tx) error {
			wantWords(t, "unchanged", list(t, tx, "u", store.Query{}), "a=1 b=2")
			return nil
		})
		f.reopen(t)
	}
}

func testPanic(t *testing.T, f *fixture) {
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic did not reach the caller of Update")
			}
		}()
		_ = f.Update(t.Context(), func(tx store.Tx) error {
			_ = tx.Put("u", "k", []byte("no"), time.Time{})
			panic("in an update")
		})
	}()
	wantEqual(t, "unchanged", f.get(t, "u", "k"), none)
	f.put(t, "u", "k", "yes") // and the store goes on
	wantEqual(t, "next update", f.get(t, "u", "k"), "yes")
}

func testReadOnly(t *testing.T, f *fixture) {
	f.put(t, "u", "k", "v")
	f.view(t, func(tx store.Tx) error {
		if tx.Put("u", "k", []byte("no"), time.Time{}) == nil {
			t.Error("put in a View succeeded")
		}
		if tx.Delete("u", "k") == nil {
			t.Error("delete in a View succeeded")
		}
		return nil
	})
	wantEqual(t, "unchanged", f.get(t, "u", "k"), "v")
	cause := errors.New("cause")
	if err := f.View(t.Context(), func(store.Tx) error { return cause }); !errors.Is(err, cause) {
		t.Errorf("view: got %v, want the function's error", err)
	}
}

func testTxOver(t *testing.T, f *fixture) {
	var kept store.Tx
	f.update(t, func(tx store.Tx) error { kept = tx; return nil })
	if kept.Put("u", "k", []byte("late"), time.Time{}) == nil {
		t.Error("put after the update was over succeeded")
	}
	if _, err := kept.Get("u", "k"); err == nil || errors.Is(err, store.ErrNotFound) {
		t.Errorf("get after the update was over: got %v, want an error of its own", err)
	}
	wantEqual(t, "unchanged", f.get(t, "u", "k"), none)
}

func testSnapshot(t *testing.T, f *fixture) {
	f.put(t, "u", "read before", "1", "read after", "1", "deleted", "1", "never read", "1")
	f.view(t, func(tx store.Tx) error {
		wantEqual(t, "before", textOf(t, tx, "u", "read before"), "1")
		f.update(t, func(tx store.Tx) error {
			for _, k := range []string{"read before", "read after", "new"} {
				if err := tx.Put("u", k, []byte("2"), time.Time{}); err != nil {
					return err
				}
			}
			return tx.Delete("u", "deleted")
		})
		wantEqual(t, "again", textOf(t, tx, "u", "read before"), "1")
		wantEqual(t, "after", textOf(t, tx, "u", "read after"), "1")
		wantEqual(t, "deleted", textOf(t, tx, "u", "deleted"), "1")
		wantEqual(t, "new", textOf(t, tx, "u", "new"), none)
		wantWords(t, "list", list(t, tx, "u", store.Query{Prefix: "read"}), "read after=1 read before=1")
		n, err := tx.Count("u", "")
		wantEqual(t, "count", n, 4)
		return err
	})
	f.view(t, func(tx store.Tx) error {
		wantEqual(t, "then", textOf(t, tx, "u", "read before"), "2")
		wantEqual(t, "then", textOf(t, tx, "u", "read after"), "2")
		wantEqual(t, "then", textOf(t, tx, "u", "deleted"), none)
		wantEqual(t, "then", textOf(t, tx, "u", "new"), "2")
		return nil
	})
}

// testSnapshotConcurrent moves money between accounts while readers add it up.
func testSnapshotConcurrent(t *testing.T, f *fixture) {
	const accounts, total, moves = 20, 1000, 100
	account := func(i int) string { return fmt.Sprintf("acct-%02d", i%accounts) }
	f.update(t, func(tx store.Tx) error {
		for i := range accounts {
			if err := putInt(tx, account(i), total/accounts); err != nil {
				return err
			}
		}
		return nil
	})
	done := make(chan struct{})
	var writers, readers sync.WaitGroup
	for w := range 4 {
		writers.Go(func() {
			for i := range moves {
				err := f.Update(t.Context(), func(tx store.Tx) error {
					from, to := account(w+i), account(w*7+i*3+1)
					a, err := getInt(tx, from)
					if err != nil {
						return err
					}
					if err := putInt(tx, from, a-1); err != nil {
						return err
					}
					b, err := getInt(tx, to)
					if err != nil {
						return err
					}
					return putInt(tx, to, b+1)
				})
				if err != nil {
					t.Errorf("move: %v", err)
					return
				}
			}
		})
	}
	for r := range 3 {
		readers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				sum, listed := 0, 0
				err := f.View(t.Context(), func(tx store.Tx) error {
					for i := range accounts {
						n, err := getInt(tx, account(i+r))
						if err != nil {
							return err
						}
						sum += n
					}
					for e, err := range tx.List("n", store.Query{Reverse: r == 0}) {
						if err != nil {
							return err
						}
						n := 0
						if _, err := fmt.Sscan(string(e.Value), &n); err != nil {
							return err
						}
						listed += n
					}
					return nil
				})
				if err != nil || sum != total || listed != total {
					t.Errorf("a View sees %d by get and %d by list, %v, want %d", sum, listed, err, total)
					return
				}
			}
		})
	}
	writers.Wait()
	close(done)
	readers.Wait()
}

func putInt(tx store.Tx, key string, n int) error {
	return tx.Put("n", key, []byte(fmt.Sprint(n)), time.Time{})
}

func getInt(tx store.Tx, key string) (n int, err error) {
	b, err := tx.Get("n", key)
	if err != nil {
		return 0, err
	}
	_, err = fmt.Sscan(string(b), &n)
	return n, err
}

func testSerial(t *testing.T, f *fixture) {
	const writers, each = 16, 25
	f.update(t, func(tx store.Tx) error { return putInt(tx, "counter", 0) })
	var wg sync.WaitGroup
	failed := errors.New("every fifth fails")
	for range writers {
		wg.Go(func() {
			for i := range each {
				err := f.Update(t.Context(), func(tx store.Tx) error {
					n, err := getInt(tx, "counter")
					if err != nil {
						return err
					}
					if err := putInt(tx, "counter", n+1); err != nil {
						return err
					}
					if i%5 == 4 {
						return failed
					}
					return nil
				})
				if i%5 == 4 && !errors.Is(err, failed) || i%5 != 4 && err != nil {
					t.Errorf("increment: %v", err)
				}
			}
		})
	}
	wg.Wait()
	f.reopen(t)
	wantEqual(t, "counter", f.get(t, "n", "counter"), fmt.Sprint(writers*each*4/5))
}

func testNow(t *testing.T, f *fixture) {
	f.update(t, func(tx store.Tx) error {
		now := tx.Now()
		wantEqual(t, "now", now, f.clock.Now())
		f.clock.Advance(time.Hour)
		wantEqual(t, "still now", tx.Now(), now)
		return nil
	})
	f.view(t, func(tx store.Tx) error {
		wantEqual(t, "next now", tx.Now(), f.clock.Now())
		return nil
	})
}

func testOnCommit(t *testing.T, f *fixture) {
	var order []string
	f.update(t, func(tx store.Tx) error {
		tx.OnCommit(func() { order = append(order, "first") })
		tx.OnCommit(func() { order = append(order, "second") })
		if len(order) > 0 {
			t.Error("OnCommit ran before the commit")
		}
		return tx.Put("u", "k", nil, time.Time{})
	})
	wantWords(t, "order", order, "first second")
	f.update(t, func(tx store.Tx) error { // one that writes nothing commits too
		tx.OnCommit(func() { order = append(order, "third") })
		return nil
	})
	wantWords(t, "order", order, "first second third")
}

func testWatch(t *testing.T, f *fixture) {
	f.put(t, "u", "old", "1")
	var told []string
	stop := f.Watch("u", func(keys []string) { told = append(told, strings.Join(keys, "+")) })
	stopOther := f.Watch("v", func(keys []string) { told = append(told, "v:"+strings.Join(keys, "+")) })
	f.update(t, func(tx store.Tx) error {
		for _, k := range []string{"b", "a", "b"} {
			if err := tx.Put("u", k, nil, time.Time{}); err != nil {
				return err
			}
		}
		if err := tx.Put("w", "unwatched", nil, time.Time{}); err != nil {
			return err
		}
		return tx.Delete("u", "old")
	})
	wantWords(t, "one commit", told, "b+a+old")
	_ = f.Update(t.Context(), func(tx store.Tx) error {
		_ = tx.Put("u", "c", nil, time.Time{})
		return errors.New("undo")
	})
	f.view(t, func(tx store.Tx) error { return nil })
	wantWords(t, "after a failed one", told, "b+a+old")
	f.put(t, "v", "x", "")
	wantWords(t, "other kind", told, "b+a+old v:x")
	stop()
	f.put(t, "u", "d", "")
	wantWords(t, "stopped", told, "b+a+old v:x")
	stopOther()
	f.put(t, "v", "y", "")
	wantWords(t, "both stopped", told, "b+a+old v:x")
}

func testWatchOrder(t *testing.T, f *fixture) {
	var told []string // the store calls watchers one after another
	stop := f.Watch("n", func(keys []string) { told = append(told, keys...) })
	defer stop()
	const writers, each = 8, 20
	var wg sync.WaitGroup
	var ran []string // guarded by updates running alone
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				key := fmt.Sprintf("%d-%d", w, i)
				if err := f.Update(t.Context(), func(tx store.Tx) error {
					ran = append(ran, key)
					return putInt(tx, key, i)
				}); err != nil {
					t.Errorf("update: %v", err)
				}
			}
		})
	}
	wg.Wait()
	if !slices.Equal(ran, told) {
		t.Errorf("watchers were told in another order than updates ran:\n%q\n%q", told, ran)
	}
}

func testContext(t *testing.T, f *fixture) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	ran := func(store.Tx) error { t.Error("the function ran"); return nil }
	if err := f.Update(ctx, ran); !errors.Is(err, context.Canceled) {
		t.Errorf("update: got %v, want context.Canceled", err)
	}
	if err := f.View(ctx, ran); !errors.Is(err, context.Canceled) {
		t.Errorf("view: got %v, want context.Canceled", err)
	}

	// One that waits for its turn gives up when its context ends.
	ctx, cancel = context.WithCancel(t.Context())
	inside, leave, gone := make(chan struct{}), make(chan struct{}), make(chan error)
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := f.Update(t.Context(), func(store.Tx) error { close(inside); <-leave; return nil }); err != nil {
			t.Errorf("update: %v", err)
		}
	})
	<-inside
	wg.Go(func() { gone <- f.Update(ctx, ran) })
	cancel()
	if err := <-gone; !errors.Is(err, context.Canceled) {
		t.Errorf("waiting update: got %v, want context.Canceled", err)
	}
	close(leave)
	wg.Wait()

	// One whose function has run tells what became of it.
	ctx, cancel = context.WithCancel(t.Context())
	if err := f.Update(ctx, func(tx store.Tx) error {
		cancel()
		return tx.Put("u", "k", []byte("v"), time.Time{})
	}); err != nil {
		t.Errorf("update: %v", err)
	}
	wantEqual(t, "written", f.get(t, "u", "k"), "v")
}

func testClosed(t *testing.T, f *fixture) {
	f.put(t, "u", "k", "v")
	var wg sync.WaitGroup
	inside := make(chan struct{})
	wg.Go(func() {
		if err := f.View(context.Background(), func(tx store.Tx) error {
			close(inside)
			time.Sleep(10 * time.Millisecond) // Close is likely to be waiting by now
			wantEqual(t, "running while Close waits", textOf(t, tx, "u", "k"), "v")
			return nil
		}); err != nil {
			t.Errorf("view: %v", err)
		}
	})
	<-inside
	if err := f.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	wg.Wait()
	if err := f.View(t.Context(), func(store.Tx) error { return nil }); !errors.Is(err, store.ErrClosed) {
		t.Errorf("view: got %v, want ErrClosed", err)
	}
	if err := f.Update(t.Context(), func(store.Tx) error { return nil }); !errors.Is(err, store.ErrClosed) {
		t.Errorf("update: got %v, want ErrClosed", err)
	}
	if err := f.Close(); !errors.Is(err, store.ErrClosed) {
		t.Errorf("second close: got %v, want ErrClosed", err)
	}
}

func testReopen(t *testing.T, f *fixture) {
	want := map[string]string{}
	for i := range 50 {
		k := fmt.Sprintf("k%02d", i)
		f.put(t, "u", k, fmt.Sprint(i))
		want[k] = fmt.Sprint(i)
	}
	f.update(t, func(tx store.Tx) error { delete(want, "k07"); return tx.Delete("u", "k07") })
	f.reopen(t)
	f.view(t, func(tx store.Tx) error {
		got := map[string]string{}
		for e, err := range tx.List("u", store.Query{}) {
			if err != nil {
				return err
			}
			got[e.Key] = string(e.Value)
		}
		if !maps.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
		return nil
	})
}
