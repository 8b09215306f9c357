package dbcheck_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/quoinhq/quoin/internal/blob"
	"github.com/quoinhq/quoin/internal/dbcheck"
	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/kdb/file"
)

// database is a folder that tests write with kdb/file and damage.
type database struct {
	testing.TB
	dir   string
	blobs *blob.Store
}

func newDatabase(t *testing.T) *database {
	blobs, err := blob.Open(filepath.Join(t.TempDir(), "blobs"))
	if err != nil {
		t.Fatal(err)
	}
	d := &database{t, filepath.Join(t.TempDir(), "db"), blobs}
	d.partition("2024.01.02", "a", "b")
	return d
}

func (d *database) ok(err error) {
	d.Helper()
	if err != nil {
		d.Fatal(err)
	}
}

// partition writes a table of symbols and numbers.
func (d *database) partition(date string, syms ...string) {
	d.Helper()
	d.ok(os.MkdirAll(filepath.Join(d.dir, date), 0o700))
	sym, err := file.OpenSym(filepath.Join(d.dir, "sym"))
	d.ok(err)
	defer sym.Close()
	price := make([]kdb.Float, len(syms))
	rows, err := sym.EnumerateTable(kdb.NewTable([]kdb.Symbol{kdb.Sym("sym"), kdb.Sym("price")}, []kdb.Value{kdb.Syms(syms...), kdb.NewVec(price)}))
	d.ok(err)
	d.ok(file.WriteTable(filepath.Join(d.dir, date, "trade"), rows, nil))
}

func (d *database) tree() *blob.Tree {
	d.Helper()
	t, err := d.blobs.Scan(d.Context(), d.dir)
	d.ok(err)
	return t
}

func (d *database) check(before, after *blob.Tree) error {
	d.Helper()
	c, err := dbcheck.New(d.blobs, filepath.Join(d.TempDir(), "check"))
	d.ok(err)
	return c.Check(d.Context(), before, after)
}

func TestGoodChanges(t *testing.T) {
	for name, change := range map[string]func(*database){
		"one more partition":     func(d *database) { d.partition("2024.01.03", "b", "c") },
		"a partition taken away": func(d *database) { d.ok(os.RemoveAll(filepath.Join(d.dir, "2024.01.02"))) },
		"files of another kind":  func(d *database) { d.ok(os.WriteFile(filepath.Join(d.dir, "README"), []byte("x"), 0o600)) },
		"everything replaced": func(d *database) {
			d.ok(os.RemoveAll(d.dir))
			d.partition("2025.01.02", "z")
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDatabase(t)
			before := d.tree()
			d.ok(d.check(d.blobs.EmptyTree(), before))
			change(d)
			d.ok(d.check(before, d.tree()))
		})
	}
}

func TestProblems(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*database)
		says   string
	}{
		"a column is missing": {func(d *database) {
			d.partition("2024.01.03", "a")
			d.ok(os.Remove(filepath.Join(d.dir, "2024.01.03/trade/price")))
		}, "/2024.01.03/trade"},
		"a column is shorter": {func(d *database) {
			d.partition("2024.01.03", "a", "b", "c")
			d.ok(file.Write(filepath.Join(d.dir, "2024.01.03/trade/price"), kdb.Of[kdb.Float](1), nil))
		}, "/2024.01.03/trade"},
		"a column is damaged": {func(d *database) {
			d.partition("2024.01.03", "a", "b", "c")
			d.ok(os.Truncate(filepath.Join(d.dir, "2024.01.03/trade/price"), 21))
		}, "/2024.01.03/trade"},
		"the symbol file is missing": {func(d *database) {
			d.partition("2024.01.03", "a")
			d.ok(os.Remove(filepath.Join(d.dir, "sym")))
		}, "sym"},
		"the symbol file shrinks":          {func(d *database) { d.ok(file.Write(filepath.Join(d.dir, "sym"), kdb.Syms("a"), nil)) }, "shrinks from 2 to 1"},
		"the symbol file in another order": {func(d *database) { d.ok(file.Write(filepath.Join(d.dir, "sym"), kdb.Syms("b", "a"), nil)) }, "another order"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDatabase(t)
			before := d.tree()
			tt.change(d)
			err := d.check(before, d.tree())
			var p *dbcheck.Problem
			if !errors.As(err, &p) || !strings.Contains(p.Error(), tt.says) || strings.Contains(p.Error(), os.TempDir()) {
				t.Errorf("%v, want a problem that says %q and names no folder of this machine", err, tt.says)
			}
		})
	}
}
