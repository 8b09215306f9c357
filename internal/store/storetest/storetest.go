// Package storetest says in tests what a store promises. Every backend runs
// the same suite: [Run] for the contract, [Bench] for its speed, [Crash] for
// what is left after a kill. [Faulty] makes any store fail on demand.
package storetest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/quoinhq/quoin/internal/store"
)

// Open opens the store that lives in dir, making it if there is none.
type Open func(tb testing.TB, dir string, clock func() time.Time) store.Store

// Clock is a clock that moves when told to. It may be used concurrently.
type Clock struct{ nanos atomic.Int64 }

// NewClock returns a clock that stands at some moment of 2026.
func NewClock() *Clock {
	c := new(Clock)
	c.nanos.Store(time.Date(2026, 3, 4, 5, 6, 7, 89, time.UTC).UnixNano())
	return c
}

// Now is the time that it shows, in UTC.
func (c *Clock) Now() time.Time { return time.Unix(0, c.nanos.Load()).UTC() }

// Advance moves it forward.
func (c *Clock) Advance(d time.Duration) { c.nanos.Add(int64(d)) }

// Run runs the contract suite against the backend.
func Run(t *testing.T, open Open) {
	tests := []struct {
		name string
		fn   func(*testing.T, *fixture)
	}{
		{"GetReturnsWhatPutPut", testGetPut},
		{"ErrNotFound", testNotFound},
		{"DeleteErrNotFound", testDelete},
		{"EmptyKeyAndValue", testEmpty},
		{"OddBytes", testOddBytes},
		{"ListOrderPrefixLimit", testList},
		{"ListInUpdateSeesItsOwn", testListOwn},
		{"ListLong", testListLong},
		{"Count", testCount},
		{"Expiry", testExpiry},
		{"ExpiryReplaced", testExpiryReplaced},
		{"FailedUpdateChangesNothing", testRollback},
		{"PanicChangesNothing", testPanic},
		{"ViewCannotWrite", testReadOnly},
		{"TxAfterItsFunction", testTxOver},
		{"ViewIsOneMoment", testSnapshot},
		{"ViewIsOneMomentWhileWritersRun", testSnapshotConcurrent},
		{"UpdatesRunAlone", testSerial},
		{"NowIsOneTime", testNow},
		{"OnCommit", testOnCommit},
		{"Watch", testWatch},
		{"WatchInCommitOrder", testWatchOrder},
		{"ContextEnded", testContext},
		{"ErrClosed", testClosed},
		{"Reopened", testReopen},
		{"Table", testTable},
		{"Machine", testMachine},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := &fixture{open: open, dir: t.TempDir(), clock: NewClock()}
			f.start(t)
			t.Cleanup(func() {
				if err := f.Close(); err != nil && !errors.Is(err, store.ErrClosed) {
					t.Errorf("close: %v", err)
				}
			})
			tt.fn(t, f)
		})
	}
}

// fixture is a store under test and how to open it once more.
type fixture struct {
	store.Store
	open  Open
	dir   string
	clock *Clock
}

func (f *fixture) start(tb testing.TB) { f.Store = f.open(tb, f.dir, f.clock.Now) }

func (f *fixture) reopen(tb testing.TB) {
	tb.Helper()
	if err := f.Close(); err != nil {
		tb.Fatalf("close: %v", err)
	}
	f.start(tb)
}

func (f *fixture) update(tb testing.TB, fn func(store.Tx) error) {
	tb.Helper()
	if err := f.Update(tb.Context(), fn); err != nil {
		tb.Fatalf("update: %v", err)
	}
}

func (f *fixture) put(tb testing.TB, kind store.Kind, kv ...string) {
	tb.Helper()
	f.update(tb, func(tx store.Tx) error {
		for i := 0; i < len(kv); i += 2 {
			if err := tx.Put(kind, kv[i], []byte(kv[i+1]), time.Time{}); err != nil {
				return err
			}
		}
		return nil
	})
}

// get returns the record as text, "(none)" when there is none.
func (f *fixture) get(tb testing.TB, kind store.Kind, key string) (value string) {
	tb.Helper()
	f.view(tb, func(tx store.Tx) error {
		value = textOf(tb, tx, kind, key)
		return nil
	})
	return value
}

func (f *fixture) view(tb testing.TB, fn func(store.Tx) error) {
	tb.Helper()
	if err := f.View(tb.Context(), fn); err != nil {
		tb.Fatalf("view: %v", err)
	}
}

// failer is what the helpers need of a test; rapid's tests have it too.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

const none = "(none)"

func textOf(tb failer, tx store.Tx, kind store.Kind, key string) string {
	tb.Helper()
	b, err := tx.Get(kind, key)
	if errors.Is(err, store.ErrNotFound) {
		return none
	}
	if err != nil {
		tb.Fatalf("get %s %q: %v", kind, key, err)
	}
	return string(b)
}

// list returns what q selects as key=value words.
func list(tb failer, tx store.Tx, kind store.Kind, q store.Query) []string {
	tb.Helper()
	got := []string{}
	for e, err := range tx.List(kind, q) {
		if err != nil {
			tb.Fatalf("list %s %+v: %v", kind, q, err)
		}
		got = append(got, e.Key+"="+string(e.Value))
	}
	return got
}

func wantEqual[T comparable](tb testing.TB, what string, got, want T) {
	tb.Helper()
	if got != want {
		tb.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func wantWords(tb testing.TB, what string, got []string, want string) {
	tb.Helper()
	if g := strings.Join(got, " "); g != want {
		tb.Errorf("%s: got %q, want %q", what, g, want)
	}
}

func testGetPut(t *testing.T, f *fixture) {
	f.put(t, "a", "k", "one", "k2", "two")
	f.put(t, "b", "k", "other kind")
	wantEqual(t, "a k", f.get(t, "a", "k"), "one")
	wantEqual(t, "a k2", f.get(t, "a", "k2"), "two")
	wantEqual(t, "b k", f.get(t, "b", "k"), "other kind")
	f.put(t, "a", "k", "replaced")
	wantEqual(t, "a k", f.get(t, "a", "k"), "replaced")
	f.update(t, func(tx store.Tx) error {
		wantEqual(t, "in update", textOf(t, tx, "a", "k"), "replaced")
		if err := tx.Put("a", "k", []byte("again"), time.Time{}); err != nil {
			return err
		}
		wantEqual(t, "own write", textOf(t, tx, "a", "k"), "again")
		return nil
	})
}

func testNotFound(t *testing.T, f *fixture) {
	f.put(t, "a", "k", "v")
	f.view(t, func(tx store.Tx) error {
		for _, miss := range [][2]string{{"a", "K"}, {"a", ""}, {"a", "k\x00"}, {"A", "k"}, {"b", "k"}} {
			if _, err := tx.Get(store.Kind(miss[0]), miss[1]); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("get %q: got %v, want ErrNotFound", miss, err)
			}
		}
		return nil
	})
}

func testDelete(t *testing.T, f *fixture) {
	f.put(t, "a", "k", "v", "l", "w")
	f.update(t, func(tx store.Tx) error {
		if err := tx.Delete("a", "k"); err != nil {
			return err
		}
		if err := tx.Delete("a", "k"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("second delete: got %v, want ErrNotFound", err)
		}
		if err := tx.Delete("a", "never"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("delete of nothing: got %v, want ErrNotFound", err)
		}
		wantEqual(t, "deleted, same update", textOf(t, tx, "a", "k"), none)
		return nil
	})
	wantEqual(t, "deleted", f.get(t, "a", "k"), none)
	wantEqual(t, "neighbour", f.get(t, "a", "l"), "w")
	f.update(t, func(tx store.Tx) error {
		if err := tx.Delete("a", "k"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("delete of deleted: got %v, want ErrNotFound", err)
		}
		return nil
	})
	f.put(t, "a", "k", "back")
	wantEqual(t, "put again", f.get(t, "a", "k"), "back")
}

func testEmpty(t *testing.T, f *fixture) {
	f.update(t, func(tx store.Tx) error {
		if err := tx.Put("a", "", nil, time.Time{}); err != nil {
			return err
		}
		return tx.Put("", "k", []byte{}, time.Time{})
	})
	f.reopen(t)
	wantEqual(t, "empty key", f.get(t, "a", ""), "")
	wantEqual(t, "empty kind", f.get(t, "", "k"), "")
}

// oddKeys are keys that a careless prefix or collation gets wrong, in order.
var oddKeys = []string{
	"", "\x00", "\x00\x00", " ", "%", "*", "A", "B", "_", "a", "a\x00", "a\x00b", "a ", "a%", "a/", "a/b", "a/b/c", "a0",
	"aa", "ab", "a\x7f", "a\x80", "a\xc3\xa9", "a\xff", "a\xffz", "a\xff\xff", "b", "e\xcc\x81", "\xc3\xa9", "\xfe", "\xff", "\xff\x00", "\xff\xff",
}

func testOddBytes(t *testing.T, f *fixture) {
	if !slices.IsSorted(oddKeys) {
		t.Fatal("oddKeys are out of order")
	}
	shuffled := slices.Clone(oddKeys)
	slices.Reverse(shuffled)
	for _, k := range shuffled {
		f.put(t, "odd", k, "v"+k)
	}
	for range 2 {
		f.view(t, func(tx store.Tx) error {
			for _, k := range oddKeys {
				wantEqual(t, fmt.Sprintf("get %q", k), textOf(t, tx, "odd", k), "v"+k)
			}
			for _, prefix := range oddKeys {
				var want []string
				for _, k := range oddKeys {
					if strings.HasPrefix(k, prefix) {
						want = append(want, k+"=v"+k)
					}
				}
				if got := list(t, tx, "odd", store.Query{Prefix: prefix}); !slices.Equal(got, want) {
					t.Errorf("prefix %q: got %q, want %q", prefix, got, want)
				}
				n, err := tx.Count("odd", prefix)
				if err != nil || n != len(want) {
					t.Errorf("count %q: got %d, %v, want %d", prefix, n, err, len(want))
				}
				slices.Reverse(want)
				if got := list(t, tx, "odd", store.Query{Prefix: prefix, Reverse: true}); !slices.Equal(got, want) {
					t.Errorf("prefix %q in reverse: got %q, want %q", prefix, got, want)
				}
			}
			return nil
		})
		f.reopen(t)
	}
}

func testList(t *testing.T, f *fixture) {
	f.put(t, "u", "e1/bob", "2", "e1/al", "1", "e2/al", "4", "e1/cy", "3", "e10/x", "5")
	f.put(t, "v", "e1/no", "0")
	tests := []struct {
		q    store.Query
		want string
	}{
		{store.Query{}, "e1/al=1 e1/bob=2 e1/cy=3 e10/x=5 e2/al=4"},
		{store.Query{Prefix: "e1/"}, "e1/al=1 e1/bob=2 e1/cy=3"},
		{store.Query{Prefix: "e3/"}, ""},
		{store.Query{Prefix: "e1/", Limit: 2}, "e1/al=1 e1/bob=2"},
		{store.Query{Prefix: "e1/", Limit: 3}, "e1/al=1 e1/bob=2 e1/cy=3"},
		{store.Query{Prefix: "e1/", Limit: 9}, "e1/al=1 e1/bob=2 e1/cy=3"},
		{store.Query{Prefix: "e1/", After: "e1/al"}, "e1/bob=2 e1/cy=3"},
		{store.Query{Prefix: "e1/", After: "e1/ann", Limit: 1}, "e1/bob=2"},
		{store.Query{Prefix: "e1/", After: "e1/cy"}, ""},
		{store.Query{Prefix: "e1/", After: "a"}, "e1/al=1 e1/bob=2 e1/cy=3"},
		{store.Query{Prefix: "e1/", After: "f"}, ""},
		{store.Query{Reverse: true}, "e2/al=4 e10/x=5 e1/cy=3 e1/bob=2 e1/al=1"},
		{store.Query{Prefix: "e1/", Reverse: true, Limit: 2}, "e1/cy=3 e1/bob=2"},
		{store.Query{Prefix: "e1/", Reverse: true, After: "e1/bob"}, "e1/al=1"},
		{store.Query{Prefix: "e1/", Reverse: true, After: "e1/al"}, ""},
		{store.Query{Prefix: "e1/", Reverse: true, After: "f"}, "e1/cy=3 e1/bob=2 e1/al=1"},
		{store.Query{Prefix: "e1/", Reverse: true, After: "a"}, ""},
	}
	for _, tt := range tests {
		f.view(t, func(tx store.Tx) error {
			wantWords(t, fmt.Sprintf("%+v", tt.q), list(t, tx, "u", tt.q), tt.want)
			return nil
		})
	}
	f.view(t, func(tx store.Tx) error {
		for e, err := range tx.List("u", store.Query{}) {
			if err != nil {
				return err
			}
			wantEqual(t, "get inside a listing", textOf(t, tx, "u", e.Key), string(e.Value))
			if e.Key == "e1/bob" {
				break // a listing may be left early
			}
		}
		return nil
	})
}

func testListOwn(t *testing.T, f *fixture) {
	f.put(t, "u", "b", "1", "d", "2", "f", "3")
	f.update(t, func(tx store.Tx) error {
		for _, k := range []string{"a", "d", "g"} {
			if err := tx.Put("u", k, []byte("new"), time.Time{}); err != nil {
				return err
			}
		}
		if err := tx.Delete("u", "f"); err != nil {
			return err
		}
		if err := tx.Delete("u", "a"); err != nil {
			return err
		}
		if err := tx.Put("u", "c", []byte("gone"), f.clock.Now()); err != nil {
			return err
		}
		wantWords(t, "all", list(t, tx, "u", store.Query{}), "b=1 d=new g=new")
		wantWords(t, "two", list(t, tx, "u", store.Query{Limit: 2}), "b=1 d=new")
		wantWords(t, "reverse", list(t, tx, "u", store.Query{Reverse: true, Limit: 2}), "g=new d=new")
		wantWords(t, "after", list(t, tx, "u", store.Query{After: "b", Limit: 1}), "d=new")
		n, err := tx.Count("u", "")
		wantEqual(t, "count", n, 3)
		return err
	})
}

func testListLong(t *testing.T, f *fixture) {
	const n = 3000
	f.update(t, func(tx store.Tx) error {
		for i := range n {
			if err := tx.Put("u", fmt.Sprintf("%05d", i), []byte("v"), time.Time{}); err != nil {
				return err
			}
		}
		return nil
	})
	for _, reverse := range []bool{false, true} {
		f.view(t, func(tx store.Tx) error {
			i := 0
			for e, err := range tx.List("u", store.Query{Reverse: reverse}) {
				if err != nil {
					return err
				}
				want := i
				if reverse {
					want = n - 1 - i
				}
				if e.Key != fmt.Sprintf("%05d", want) {
					t.Fatalf("record %d of the listing is %s", i, e.Key)
				}
				i++
			}
			wantEqual(t, "records", i, n)
			return nil
		})
	}
}

func testCount(t *testing.T, f *fixture) {
	f.put(t, "u", "a/1", "", "a/2", "", "b/1", "")
	count := func(prefix string) (n int) {
		t.Helper()
		f.view(t, func(tx store.Tx) (err error) {
			n, err = tx.Count("u", prefix)
			return err
		})
		return n
	}
	wantEqual(t, "all", count(""), 3)
	wantEqual(t, "a/", count("a/"), 2)
	f.put(t, "u", "a/2", "replaced", "a/3", "new")
	wantEqual(t, "a/ after a replacement and a new one", count("a/"), 3)
	f.update(t, func(tx store.Tx) error { return tx.Delete("u", "a/1") })
	wantEqual(t, "a/ after a delete", count("a/"), 2)
	if err := f.Update(t.Context(), func(tx store.Tx) error {
		if err := tx.Put("u", "a/9", nil, time.Time{}); err != nil {
			return err
		}
		n, err := tx.Count("u", "a/")
		wantEqual(t, "inside", n, 3)
		return errors.Join(err, errors.New("undo"))
	}); err == nil {
		t.Error("failed update returned nil")
	}
	wantEqual(t, "a/ after a failed update", count("a/"), 2)
	f.update(t, func(tx store.Tx) error { return tx.Put("u", "a/4", nil, f.clock.Now().Add(time.Minute)) })
	wantEqual(t, "a/ with one that will expire", count("a/"), 3)
	f.clock.Advance(time.Hour)
	wantEqual(t, "a/ when it has", count("a/"), 2)
}

func testExpiry(t *testing.T, f *fixture) {
	at := f.clock.Now().Add(10 * time.Minute)
	f.update(t, func(tx store.Tx) error {
		if err := tx.Put("u", "stays", []byte("s"), time.Time{}); err != nil {
			return err
		}
		return tx.Put("u", "token", []byte("t"), at)
	})
	f.clock.Advance(10*time.Minute - 1)
	wantEqual(t, "a nanosecond before", f.get(t, "u", "token"), "t")
	f.reopen(t)
	wantEqual(t, "after a restart", f.get(t, "u", "token"), "t")
	f.clock.Advance(1)
	f.view(t, func(tx store.Tx) error {
		wantEqual(t, "at its time", textOf(t, tx, "u", "token"), none)
		wantWords(t, "list", list(t, tx, "u", store.Query{}), "stays=s")
		n, err := tx.Count("u", "")
		wantEqual(t, "count", n, 1)
		return err
	})
	f.update(t, func(tx store.Tx) error {
		if err := tx.Delete("u", "token"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("delete of an expired record: got %v, want ErrNotFound", err)
		}
		wantWords(t, "list in an update", list(t, tx, "u", store.Query{}), "stays=s")
		return nil
	})
	f.reopen(t)
	wantEqual(t, "expired, after a restart", f.get(t, "u", "token"), none)
}

func testExpiryReplaced(t *testing.T, f *fixture) {
	soon := f.clock.Now().Add(time.Minute)
	f.update(t, func(tx store.Tx) error { return tx.Put("u", "k", []byte("1"), soon) })
	f.put(t, "u", "k", "2")
	f.clock.Advance(time.Hour)
	wantEqual(t, "no longer expires", f.get(t, "u", "k"), "2")
	f.update(t, func(tx store.Tx) error { return tx.Put("u", "k", []byte("3"), f.clock.Now().Add(time.Minute)) })
	f.clock.Advance(time.Hour)
	wantEqual(t, "expires after all", f.get(t, "u", "k"), none)
	f.put(t, "u", "k", "4")
	wantEqual(t, "put over an expired one", f.get(t, "u", "k"), "4")
}

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

type user struct {
	Name string
	Tags map[string]string
}

func testTable(t *testing.T, f *fixture) {
	users := store.Table[user]{Kind: "user"}
	f.update(t, func(tx store.Tx) error {
		return errors.Join(
			users.Put(tx, "e/bob", &user{"bob", map[string]string{"a": "b"}}),
			users.PutUntil(tx, "e/temp", &user{Name: "temp"}, tx.Now().Add(time.Minute)))
	})
	f.view(t, func(tx store.Tx) error {
		u, err := users.Get(tx, "e/bob")
		if err != nil || u.Name != "bob" || u.Tags["a"] != "b" {
			t.Errorf("got %+v, %v", u, err)
		}
		u.Tags["a"] = "changed, but only in my copy"
		for range 2 {
			shared, err := users.Peek(tx, "e/bob")
			if err != nil || shared.Name != "bob" || shared.Tags["a"] != "b" {
				t.Errorf("peek: got %+v, %v", shared, err)
			}
		}
		type narrow struct{ Name string }
		n, err := store.Table[narrow]{Kind: "user"}.Peek(tx, "e/bob")
		if err != nil || n.Name != "bob" {
			t.Errorf("peek as another type: got %+v, %v", n, err)
		}
		var names []string
		for k, err := range users.List(tx, store.Query{Prefix: "e/"}) {
			if err != nil {
				return err
			}
			names = append(names, k.Key+"="+k.Rec.Name)
		}
		wantWords(t, "list", names, "e/bob=bob e/temp=temp")
		return nil
	})
	f.update(t, func(tx store.Tx) error {
		if err := users.Put(tx, "e/bob", &user{Name: "robert"}); err != nil {
			return err
		}
		u, err := users.Peek(tx, "e/bob")
		wantEqual(t, "peek at own write", u.Name, "robert")
		return err
	})
	f.clock.Advance(time.Hour)
	f.view(t, func(tx store.Tx) error {
		u, err := users.Peek(tx, "e/bob")
		wantEqual(t, "peek", u.Name, "robert")
		if _, err := users.Peek(tx, "e/temp"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("peek at an expired record: got %v, want ErrNotFound", err)
		}
		return err
	})
	f.put(t, "user", "e/bad", "{")
	f.view(t, func(tx store.Tx) error {
		for _, get := range []func(store.Tx, string) (*user, error){users.Get, users.Peek} {
			if _, err := get(tx, "e/bad"); err == nil || !strings.Contains(err.Error(), `"e/bad"`) {
				t.Errorf("a record that is not JSON: got %v, want an error that names it", err)
			}
		}
		return nil
	})
}
