// Package storetest says in tests what a store promises. Every backend runs
// the same suite: [Run] for the contract, [Bench] for its speed, [Crash] for
// what is left after a kill. [Faulty] makes any store fail on demand.
package storetest

import (
	"errors"
	"strings"
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
