package storetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/quoinhq/quoin/internal/store"
)

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
