package audit_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/quoinhq/quoin/internal/audit"
	"github.com/quoinhq/quoin/internal/store"
	"github.com/quoinhq/quoin/internal/store/storetest"
)

// TestVerifyAll takes from a trail whose older half was exported what somebody
// could take who can write the folder.
func TestVerifyAll(t *testing.T) {
	type fixture struct {
		db    store.Store
		dir   string
		files []string
		heads []audit.Head // after each event
	}
	// forget makes the store begin with a later event, as if more was exported.
	forget := func(f fixture, n int) error {
		return f.db.Update(t.Context(), func(tx store.Tx) error {
			var keys []string
			for e, err := range tx.List("audit", store.Query{Limit: n}) {
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
			b, err := tx.Get("audit-head", "head")
			if err != nil {
				return err
			}
			text := strings.Replace(string(b), `"first":5`, fmt.Sprint(`"first":`, 5+n), 1)
			text = strings.Replace(text, f.heads[3].Sum, f.heads[3+n].Sum, 1)
			return tx.Put("audit-head", "head", []byte(text), time.Time{})
		})
	}
	for _, tt := range []struct {
		name   string
		tamper func(f fixture) error
		noted  int // event whose head was noted; 0 for none
		from   uint64
		err    error
	}{
		{name: "untouched", from: 1},
		{name: "a head of the store", noted: 6, from: 1},
		{name: "a head between file and store", noted: 4, from: 1},
		{name: "a head in a file", noted: 3, from: 1},
		{name: "the oldest file was moved away", tamper: func(f fixture) error { return os.Remove(f.files[0]) }, noted: 3, from: 3},
		{name: "a head of a file that was moved away", tamper: func(f fixture) error { return os.Remove(f.files[0]) }, noted: 1, err: audit.ErrMissing},
		{name: "all files were moved away", tamper: func(f fixture) error { return errors.Join(os.Remove(f.files[0]), os.Remove(f.files[1])) }, from: 5},
		{name: "the newest file was removed", tamper: func(f fixture) error { return os.Remove(f.files[1]) }, err: audit.ErrBroken},
		{name: "the store forgot its beginning", tamper: func(f fixture) error { return forget(f, 2) }, err: audit.ErrBroken},
		{name: "the store forgot, and the files are gone", tamper: func(f fixture) error {
			return errors.Join(forget(f, 2), os.Remove(f.files[0]), os.Remove(f.files[1]))
		}, noted: 5, err: audit.ErrMissing},
		{name: "an export that was cut short is there too", tamper: func(f fixture) error {
			b, err := os.ReadFile(f.files[0])
			return errors.Join(err, os.WriteFile(strings.Replace(f.files[0], "2.jsonl", "1.jsonl", 1), b, 0o600))
		}, noted: 3, from: 1},
		{name: "a file is another trail's", tamper: func(f fixture) error { return os.Rename(f.files[1], f.files[0]) }, err: nil, from: 3},
		{name: "a file is empty", tamper: func(f fixture) error { return os.WriteFile(f.files[0], nil, 0o600) }, err: audit.ErrBroken},
	} {
		t.Run(tt.name, func(t *testing.T) {
			clock := storetest.NewClock()
			db := openStore(t, clock)
			f := fixture{db: db, dir: t.TempDir()}
			trail := audit.New(db, audit.Options{MaxAge: 150 * time.Minute, ExportDir: f.dir})
			for i := range 8 {
				record(t, db, trail, audit.Event{Operation: fmt.Sprint("Op", i)})
				head, err := audit.Verify(t.Context(), db, nil)
				if err != nil {
					t.Fatal(err)
				}
				f.heads = append(f.heads, head)
				clock.Advance(time.Hour)
				if i == 3 || i == 5 {
					if err := trail.Trim(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
			}
			var err error
			if f.files, err = filepath.Glob(filepath.Join(f.dir, "*")); err != nil || len(f.files) != 2 {
				t.Fatalf("exported %q, %v", f.files, err)
			}
			if tt.tamper != nil {
				if err := tt.tamper(f); err != nil {
					t.Fatal(err)
				}
			}
			var noted *audit.Head
			if tt.noted > 0 {
				noted = &f.heads[tt.noted-1]
			}
			end, from, err := audit.VerifyAll(t.Context(), db, f.dir, noted)
			if !errors.Is(err, tt.err) || tt.err == nil && (err != nil || end != f.heads[7] || from != tt.from) {
				t.Errorf("got %v from event %d, %v; want %v from %d, %v", end, from, err, f.heads[7], tt.from, tt.err)
			}
		})
	}
}
