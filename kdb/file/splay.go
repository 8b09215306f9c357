package file

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/quoinhq/quoin/kdb"
)

// columnsFile names a splayed table's columns in order.
const columnsFile = ".d"

// ReadTable reads a splayed table into memory: the columns of those names, or
// all. Errors: as Read; a table whose columns differ in length is corrupt.
func ReadTable(dir string, d Domains, columns ...kdb.Symbol) (*kdb.Table, error) {
	return readTable(dir, columns, reader(d))
}

// MapTable is ReadTable without a copy, see Map. Columns of fixed width cost
// nothing per row; those of lists cost memory for each row, so that it pays to
// name the columns that will be used.
func MapTable(dir string, d Domains, columns ...kdb.Symbol) (*kdb.Table, *Mapping, error) {
	m := &Mapping{}
	t, err := readTable(dir, columns, m.mapper(d))
	if err != nil {
		m.Close()
		return nil, nil, err
	}
	t.Share()
	return t, m, nil
}

// ReadColumn reads one column of a splayed table into memory, with the rows that
// count. Errors: as Read.
func ReadColumn(dir string, name kdb.Symbol, d Domains) (kdb.Value, error) {
	return readColumn(dir, name, reader(d))
}

// MapColumn is ReadColumn without a copy, see Map.
func MapColumn(dir string, name kdb.Symbol, d Domains) (kdb.Value, *Mapping, error) {
	m := &Mapping{}
	v, err := readColumn(dir, name, m.mapper(d))
	if err != nil {
		m.Close()
		return nil, nil, err
	}
	share(v)
	return v, m, nil
}

func readColumn(dir string, name kdb.Symbol, column columnReader) (v kdb.Value, err error) {
	err = whole(dir, func() error {
		rows, noted, err := Committed(dir)
		if err != nil {
			return err
		}
		v, err = column(filepath.Join(dir, name.String()), noted)
		if err == nil && noted && v.Len() > rows {
			v = kdb.First(v, rows)
		}
		return err
	})
	return v, err
}

// columnReader reads the file of a column, to which an append may be unfinished.
type columnReader func(path string, unfinished bool) (kdb.Value, error)

func reader(d Domains) columnReader {
	return func(path string, unfinished bool) (kdb.Value, error) {
		b, err := load(path)
		if err != nil {
			return nil, err
		}
		return parse(path, b, d, unfinished, load)
	}
}

func (m *Mapping) mapper(d Domains) columnReader {
	return func(path string, unfinished bool) (kdb.Value, error) { return m.value(path, d, unfinished) }
}

// readTable reads a table as another process that writes it meanwhile found it
// or left it, with the rows that Committed counts.
func readTable(dir string, names []kdb.Symbol, column columnReader) (t *kdb.Table, err error) {
	err = whole(dir, func() error {
		// Held open, so that no other folder gets its number.
		open, err := os.Open(dir)
		if err != nil {
			return err
		}
		defer open.Close()
		before, err := open.Stat()
		if err != nil {
			return err
		}
		rows, noted, err := Committed(dir)
		if err != nil {
			return err
		}
		if t, err = readColumns(dir, names, noted, column); err != nil {
			return err
		}
		if after, err := os.Stat(dir); err == nil && !os.SameFile(before, after) {
			return errChanged
		}
		if !noted {
			if _, noted, err = Committed(dir); err != nil {
				return err
			}
			if noted {
				return errChanged
			}
			rows = t.Len()
		}
		return cutColumns(dir, t, rows, noted)
	})
	if err != nil {
		return nil, err
	}
	return t, nil
}

// whole reads again what was found in the middle of a change: its columns do not
// fit each other, or parts of one do not, or one has gone. What is like that for
// good is found so a few times, and is an error then.
func whole(dir string, read func() error) error {
	for wait := time.Millisecond; ; wait *= 2 {
		err := read()
		if err == nil || wait > longestWait {
			return err
		}
		if _, gone := os.Stat(dir); gone != nil {
			return err // no table is not worth the wait: many partitions may lack it
		}
		if _, broken := errors.AsType[*CorruptError](err); !broken && !errors.Is(err, errChanged) && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		time.Sleep(wait)
	}
}

// longestWait is how long a reader waits before it looks for the last time.
const longestWait = 16 * time.Millisecond

var errChanged = errors.New("file: the table changes faster than it can be read")

// cutColumns leaves that many rows of a table, whose columns may have more where
// that is noted. Errors: *CorruptError for other lengths.
func cutColumns(dir string, t *kdb.Table, rows int, noted bool) error {
	for i, c := range t.Cols {
		if n := c.Len(); n < rows || n > rows && !noted {
			return corrupt(filepath.Join(dir, t.Names[i].String()), 0, fmt.Errorf("column of %d rows in a table of %d", n, rows))
		}
		if c.Len() > rows {
			t.Cols[i] = kdb.First(c, rows)
		}
	}
	return nil
}

func readColumns(dir string, names []kdb.Symbol, unfinished bool, column columnReader) (*kdb.Table, error) {
	all, err := Columns(dir)
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		names = all
	}
	t := &kdb.Table{Names: names, Cols: make([]kdb.Value, len(names))}
	for i, name := range names {
		path := filepath.Join(dir, name.String())
		if !slices.Contains(all, name) {
			return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
		}
		if t.Cols[i], err = column(path, unfinished); err != nil {
			return nil, err
		}
		if c := t.Cols[i]; c.Type() < 0 || c.Type() >= kdb.TTable {
			return nil, corrupt(path, 2, fmt.Errorf("column of type %d", c.Type()))
		}
	}
	return t, nil
}

// Columns returns the names of a splayed table's columns. Errors: as Read; a
// folder without .d gives fs.ErrNotExist.
func Columns(dir string) ([]kdb.Symbol, error) {
	path := filepath.Join(dir, columnsFile)
	v, err := Read(path, noDomains{})
	if err != nil {
		return nil, err
	}
	names, ok := v.(*kdb.Symbols)
	if !ok {
		return nil, corrupt(path, 2, fmt.Errorf("names of columns of type %d", v.Type()))
	}
	for _, n := range names.V {
		if !isLeaf(n.String()) {
			return nil, corrupt(path, 8, fmt.Errorf("%q is no name of a column", n))
		}
	}
	return names.V, nil
}

// WriteTable writes a splayed table, in place of one that is there: all columns
// are on disk before the folder takes its name. The folder above, a partition's,
// comes into being together with the table. The symbol columns must be
// enumerated. Errors: ErrNotEnumerated, as Write.
func WriteTable(dir string, t *kdb.Table, o *Options) error {
	dir = filepath.Clean(dir)
	for _, n := range t.Names {
		// # ends the names of a column's further files.
		if !isLeaf(n.String()) || n.String()[0] == '.' || strings.HasSuffix(n.String(), "#") {
			return fmt.Errorf("file: write %s: %q is no name of a column", dir, n)
		}
	}
	parent := filepath.Dir(dir)
	if _, err := os.Stat(parent); errors.Is(err, fs.ErrNotExist) {
		return writeFirstTable(parent, filepath.Base(dir), t, o)
	}
	tmp := temporaryName(dir)
	defer os.RemoveAll(tmp)
	if err := writeColumns(tmp, t, o); err != nil {
		return err
	}
	if err := swap(tmp, dir); err != nil {
		return err
	}
	return syncDir(parent)
}

// writeFirstTable is WriteTable in a folder that is not there yet. Who looks at
// a database meanwhile sees the folder with its table, or none.
func writeFirstTable(parent, name string, t *kdb.Table, o *Options) error {
	above := filepath.Dir(parent)
	if err := os.MkdirAll(above, 0o777); err != nil {
		return err
	}
	tmp := temporaryName(parent)
	defer os.RemoveAll(tmp)
	if err := os.Mkdir(tmp, 0o777); err != nil {
		return err
	}
	if err := writeColumns(filepath.Join(tmp, name), t, o); err != nil {
		return err
	}
	if err := syncDir(tmp); err != nil {
		return err
	}
	if err := os.Rename(tmp, parent); err != nil {
		if _, there := os.Stat(parent); there != nil {
			return err
		}
		// Another writer made the folder meanwhile.
		if err := swap(filepath.Join(tmp, name), filepath.Join(parent, name)); err != nil {
			return err
		}
		return syncDir(parent)
	}
	return syncDir(above)
}

// writeColumns makes the folder of a splayed table.
func writeColumns(tmp string, t *kdb.Table, o *Options) error {
	if err := os.Mkdir(tmp, 0o777); err != nil { // less the umask
		return err
	}
	err := atOnce(len(t.Cols), func(i int) error {
		return writeColumn(filepath.Join(tmp, t.Names[i].String()), t.Cols[i], o.column(t.Names[i]))
	})
	if err != nil {
		return err
	}
	return Write(filepath.Join(tmp, columnsFile), kdb.NewVec(t.Names), nil)
}
