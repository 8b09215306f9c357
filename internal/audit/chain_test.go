package audit_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/quoinhq/quoin/internal/audit"
	"github.com/quoinhq/quoin/internal/store"
	"github.com/quoinhq/quoin/internal/store/sqlite"
)

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
		text, err := audit.Unpack(key, b)
		if err != nil {
			return err
		}
		return tx.Put("audit", key, audit.Pack([]byte(change(string(text)))), time.Time{})
	}
}

// cut changes a block as it is stored.
func cut(key string, change func([]byte) []byte) func(store.Tx) error {
	return func(tx store.Tx) error {
		b, err := tx.Get("audit", key)
		if err != nil {
			return err
		}
		return tx.Put("audit", key, change(slices.Clone(b)), time.Time{})
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
		{"packed and cut short", cut(key(1), func(b []byte) []byte { return b[:len(b)/2] })},
		{"packed to more than there can be", cut(key(1), func([]byte) []byte { return []byte("\x02\xff\xff\xff\xff\x0f") })},
		{"packed nothing", cut(key(1), func([]byte) []byte { return []byte{2} })},
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
