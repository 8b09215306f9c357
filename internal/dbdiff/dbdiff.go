// Package dbdiff says what differs between two states of a kdb+ database: files,
// and for splayed tables, rows.
package dbdiff

import (
	"cmp"
	"errors"
	"path"
	"slices"
	"strings"

	"github.com/quoinhq/quoin/internal/blob"
	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/kdb/file"
)

// Change is what differs in one folder of the database: a splayed table where
// it is one, for instance trade of the partition 2026.03.04.
type Change struct {
	Partition string `json:"partition,omitempty"`
	Table     string `json:"table,omitempty"`
	Folder    string `json:"folder"` // "" for files at the top, as sym

	Added, Removed, Changed int   // files
	OldBytes, NewBytes      int64 // of them

	// Rows are those of the table before and after; 0 when it is not there,
	// -1 when they cannot be told.
	OldRows, NewRows int64
}

// Compare returns the changes from a to b in the order of folders. Only what
// changed is read.
func Compare(s *blob.Store, a, b *blob.Tree) ([]Change, error) {
	folders := map[string]*Change{}
	for f, err := range blob.Diff(a, b) {
		if err != nil {
			return nil, err
		}
		dir, _ := path.Split(f.Path)
		dir = strings.TrimSuffix(dir, "/")
		c := folders[dir]
		if c == nil {
			c = &Change{Folder: dir}
			folders[dir] = c
		}
		c.count(f)
	}
	out := make([]Change, 0, len(folders))
	for _, c := range folders {
		var err error
		if c.OldRows, err = rows(s, a, c.Folder); err != nil {
			return nil, err
		}
		if c.NewRows, err = rows(s, b, c.Folder); err != nil {
			return nil, err
		}
		if c.OldRows != 0 || c.NewRows != 0 {
			partition, table := path.Split(c.Folder)
			c.Partition, c.Table = strings.TrimSuffix(partition, "/"), table
		}
		out = append(out, *c)
	}
	slices.SortFunc(out, func(x, y Change) int { return cmp.Compare(x.Folder, y.Folder) })
	return out, nil
}

func (c *Change) count(f blob.Change) {
	switch {
	case f.Old == nil:
		c.Added++
	case f.New == nil:
		c.Removed++
	default:
		c.Changed++
	}
	if f.Old != nil {
		c.OldBytes += f.Old.Size
	}
	if f.New != nil {
		c.NewBytes += f.New.Size
	}
}

// rows returns how many rows the splayed table in dir has, 0 when there is none.
func rows(s *blob.Store, t *blob.Tree, dir string) (int64, error) {
	if dir == "" {
		return 0, nil
	}
	names, err := t.Get(dir + "/.d")
	if errors.Is(err, blob.ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	v, err := file.Read(s.Path(names.Hash), anyDomain{})
	columns, ok := v.(*kdb.Symbols)
	if err != nil || !ok {
		return -1, nil // not a table after all, or a damaged one
	}
	for _, name := range columns.V {
		n, err := t.Get(dir + "/" + name.String())
		if err != nil || n.Dir {
			continue
		}
		v, m, err := file.Map(s.Path(n.Hash), anyDomain{})
		if err != nil {
			continue // a nested column, whose other half has another name here
		}
		count := int64(v.Len())
		if err := m.Close(); err != nil {
			return 0, err
		}
		return count, nil
	}
	return -1, nil
}

// anyDomain stands for the domain of an enumeration: of its column only the
// length is of interest.
type anyDomain struct{}

func (anyDomain) Domain(kdb.Symbol) (*kdb.Symbols, error) { return &kdb.Symbols{}, nil }
