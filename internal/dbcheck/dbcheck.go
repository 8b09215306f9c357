// Package dbcheck looks at a kdb+ database before it is shown to anybody: what
// is wrong with it is told to whoever brings it in, not found out by a cluster.
//
// It checks what a changeset touched: that the columns that a splayed table's
// .d names are there, can be read and have one length, and that enumerations
// find their symbols. Files that belong to no splayed table are left alone; a
// database may hold anything.
package dbcheck

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/quoinhq/quoin/internal/blob"
	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/kdb/file"
)

// Checker checks databases. It may be used concurrently.
type Checker struct {
	blobs *blob.Store
	tmp   string // a folder on the file system of blobs, so that files can be linked
}

// New returns a checker that works in the folder tmp, which is made.
func New(blobs *blob.Store, tmp string) (*Checker, error) {
	if err := os.RemoveAll(tmp); err != nil {
		return nil, fmt.Errorf("dbcheck: %w", err)
	}
	if err := os.MkdirAll(tmp, 0o700); err != nil {
		return nil, fmt.Errorf("dbcheck: %w", err)
	}
	return &Checker{blobs, tmp}, nil
}

// Problem is what is wrong with a database, in words for its owner.
type Problem struct{ text string }

func (p *Problem) Error() string { return p.text }

func problem(format string, args ...any) error { return &Problem{fmt.Sprintf(format, args...)} }

// Check looks at what changed from before to after. Errors: *Problem, the
// context's, those of the file system.
func (c *Checker) Check(ctx context.Context, before, after *blob.Tree) error {
	changed, kept, err := compare(before, after)
	if err != nil {
		return err
	}
	if err := c.checkSymbols(before, after, changed, kept); err != nil {
		return err
	}
	tables, err := c.tables(after, changed)
	if err != nil || len(tables) == 0 {
		return err
	}
	dir, err := os.MkdirTemp(c.tmp, "")
	if err != nil {
		return fmt.Errorf("dbcheck: %w", err)
	}
	defer os.RemoveAll(dir)
	root := filepath.Join(dir, "db")
	// Only the touched tables and the files of the root, where symbols are.
	err = after.Layout(ctx, root, func(p string) bool { return path.Dir(p) == "." || tables[path.Dir(p)] })
	if err != nil {
		return err
	}
	domains := file.NewFolder(root)
	for _, t := range slices.Sorted(mapsKeys(tables)) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := checkTable(root, t, domains); err != nil {
			return err
		}
	}
	return nil
}

func mapsKeys(m map[string]bool) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// compare returns the folders in which files changed, and whether any file
// below the root stayed as it was.
func compare(before, after *blob.Tree) (changed map[string]bool, kept bool, err error) {
	changed = map[string]bool{}
	var touched int64
	for d, err := range blob.Diff(before, after) {
		if err != nil {
			return nil, false, err
		}
		changed[path.Dir(d.Path)] = true
		if d.New != nil && path.Dir(d.Path) != "." {
			touched++
		}
	}
	below := after.Files()
	for n, err := range after.List("") {
		if err != nil {
			return nil, false, err
		}
		if !n.Dir {
			below--
		}
	}
	return changed, below > touched, nil
}

// tables are the splayed tables among the folders that changed.
func (c *Checker) tables(t *blob.Tree, changed map[string]bool) (map[string]bool, error) {
	tables := map[string]bool{}
	for dir := range changed {
		if dir == "." {
			continue
		}
		_, err := t.Get(dir + "/.d")
		switch {
		case err == nil:
			tables[dir] = true
		case !errors.Is(err, blob.ErrNotFound):
			return nil, err
		}
	}
	return tables, nil
}

func checkTable(root, table string, domains file.Domains) error {
	rows, m, err := file.MapTable(filepath.Join(root, filepath.FromSlash(table)), domains)
	if err != nil {
		// The text names the place in a folder of ours, which is gone by the
		// time anybody reads it.
		text := strings.ReplaceAll(err.Error(), root+string(filepath.Separator), "/")
		return problem("The table /%s cannot be read: %s", table, strings.ReplaceAll(text, root, "/"))
	}
	defer m.Close()
	n := rows.Len()
	for i, col := range rows.Cols {
		if col.Len() != n {
			return problem("The table /%s has columns of different length: %s has %d rows, %s has %d.", table, rows.Names[0], n, rows.Names[i], col.Len())
		}
	}
	return nil
}

// checkSymbols makes sure that a symbol file that changed still says what
// columns that did not change mean by it: it may only grow.
func (c *Checker) checkSymbols(before, after *blob.Tree, changed map[string]bool, kept bool) error {
	if !changed["."] || !kept {
		return nil
	}
	for n, err := range before.List("") {
		if err != nil {
			return err
		}
		old, ok := c.symbols(n)
		if !ok {
			continue
		}
		now, err := after.Get(n.Name)
		switch {
		case errors.Is(err, blob.ErrNotFound):
			return problem("The symbol file /%s is taken away, and columns that stay may be enumerated against it.", n.Name)
		case err != nil:
			return err
		case now.Hash == n.Hash:
			continue
		}
		next, ok := c.symbols(now)
		switch {
		case !ok:
			return problem("The symbol file /%s no longer holds symbols.", n.Name)
		case next.Len() < old.Len():
			return problem("The symbol file /%s shrinks from %d to %d symbols, and columns that stay may be enumerated against it.", n.Name, old.Len(), next.Len())
		case !slices.Equal(old.V, next.V[:old.Len()]):
			return problem("The symbol file /%s is in another order, and columns that stay may be enumerated against it.", n.Name)
		}
	}
	return nil
}

// symbols reads a file of the root that holds symbols.
func (c *Checker) symbols(n blob.Node) (*kdb.Symbols, bool) {
	if n.Dir {
		return nil, false
	}
	v, err := file.Read(c.blobs.Path(n.Hash), nil)
	if err != nil {
		return nil, false // whatever it is, it is no symbol file
	}
	s, ok := v.(*kdb.Symbols)
	return s, ok
}
