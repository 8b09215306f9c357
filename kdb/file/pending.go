package file

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/quoinhq/quoin/kdb"
)

// pendingFile notes, beside the columns of a splayed table that rows are being
// appended to, how many it had before. The columns grow one after the other, so
// that a crash leaves some longer than others; while the note is there, what is
// beyond is no part of the table, and the next append cuts it off. kdb+ keeps no
// such note, and sees the columns as they are.
const pendingFile = ".append"

// Committed returns how many rows of a splayed table count while an append to
// it is not finished, or was cut short by a crash. ok is false where there was
// none: the columns then tell. Errors: as Read.
func Committed(dir string) (rows int, ok bool, err error) {
	path := filepath.Join(dir, pendingFile)
	v, err := Read(path, noDomains{})
	if errors.Is(err, fs.ErrNotExist) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, err
	}
	n, ok := v.(kdb.Long)
	if !ok || n < 0 {
		return 0, false, corrupt(path, 2, fmt.Errorf("%v is no number of rows", kdb.Inline(v)))
	}
	return int(n), true, nil
}

// begin notes that columns will grow beyond that many rows.
func begin(dir string, rows int) error {
	return Write(filepath.Join(dir, pendingFile), kdb.Long(rows), nil)
}

// finish takes the note away, whatever there is now counts.
func finish(dir string) error {
	if err := os.Remove(filepath.Join(dir, pendingFile)); err != nil {
		return err
	}
	return syncDir(dir)
}

// settle cuts off what an append that was cut short left behind.
func settle(dir string, columns []kdb.Symbol, o *Options) error {
	n, noted, err := Committed(dir)
	if err != nil || !noted {
		return err
	}
	for _, name := range columns {
		if err := cutColumn(filepath.Join(dir, name.String()), n, o.column(name)); err != nil {
			return err
		}
	}
	return finish(dir)
}

// cutColumn leaves the first n elements of a column.
func cutColumn(path string, n int, o *Options) error {
	m := &Mapping{}
	defer m.Close()
	v, err := m.value(path, anyDomain{}, true)
	if err != nil {
		return err
	}
	if v.Len() < n {
		return corrupt(path, 0, fmt.Errorf("column of %d rows in a table of %d", v.Len(), n))
	}
	if start, ok := grows(path, v); ok {
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := f.Truncate(start + int64(n)*int64(elementWidth(v.Type()))); err != nil {
			return err
		}
		return f.Sync()
	}
	// A list's items may have grown before the list did.
	if _, list := v.(*kdb.List); v.Len() == n && !list {
		return nil
	}
	return writeColumn(path, kdb.First(v, n), o)
}
