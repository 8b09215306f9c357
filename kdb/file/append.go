package file

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/quoinhq/quoin/kdb"
)

// AppendTable adds rows to a splayed table, q's upsert to one. The columns of
// rows are found by name; symbol columns must be enumerated, against the same
// domain. Columns without attribute or compression grow in place; the others
// are written anew, without attribute as the rows need not keep it, and
// compressed as o says. A failed append leaves the table as it was, and so does
// a crash in the middle of one: readers do not see its rows, see Committed, and
// the next append begins by cutting them off. One process at a time appends.
// Errors: ErrLocked, ErrMismatch, ErrNotEnumerated, as Write.
func AppendTable(dir string, rows *kdb.Table, o *Options) error {
	names, err := Columns(dir)
	if errors.Is(err, os.ErrNotExist) {
		return WriteTable(dir, rows, o)
	}
	if err != nil {
		return err
	}
	if len(names) != len(rows.Names) {
		return fmt.Errorf("file: append to %s: %d columns to %d: %w", dir, len(rows.Names), len(names), ErrMismatch)
	}
	cols := make([]kdb.Value, len(names))
	for i, name := range names {
		col, ok := rows.Col(name)
		if !ok {
			return fmt.Errorf("file: append to %s: no column %v: %w", dir, name, ErrMismatch)
		}
		cols[i] = col
	}
	f, err := os.Open(filepath.Join(dir, columnsFile))
	if err != nil {
		return err
	}
	defer f.Close()
	if err := lock(f); err != nil {
		return err
	}
	if err := settle(dir, names, o); err != nil {
		return err
	}
	return appendColumns(dir, names, cols, o)
}

// appendColumns adds elements to columns, under the note that they are not
// there yet.
func appendColumns(dir string, names []kdb.Symbol, cols []kdb.Value, o *Options) error {
	n, err := length(filepath.Join(dir, names[0].String()))
	if err != nil {
		return err
	}
	if err := begin(dir, n); err != nil {
		return err
	}
	var undo []func() error
	for i, name := range names {
		var back func() error
		if back, err = appendColumn(filepath.Join(dir, name.String()), n, cols[i], o.column(name)); err != nil {
			break
		}
		undo = append(undo, back)
	}
	if err != nil {
		for _, back := range undo {
			if failed := back(); failed != nil {
				return errors.Join(err, failed) // the note stays
			}
		}
	}
	return errors.Join(err, finish(dir))
}

// length returns how many elements a column has.
func length(path string) (int, error) {
	v, m, err := Map(path, anyDomain{})
	if err != nil {
		return 0, err
	}
	defer m.Close()
	return v.Len(), nil
}

// appendColumn adds elements to a column of n, and returns what takes them off
// again.
func appendColumn(path string, n int, more kdb.Value, o *Options) (undo func() error, err error) {
	old, m, err := Map(path, anyDomain{})
	if err != nil {
		return nil, err
	}
	defer m.Close()
	if old.Len() != n {
		return nil, corrupt(path, 0, fmt.Errorf("column of %d rows in a table of %d", old.Len(), n))
	}
	if e, ok := more.(*kdb.Enum); ok {
		if x, ok := old.(*kdb.Enum); !ok || x.Domain != e.Domain {
			return nil, fmt.Errorf("file: append to %s: another domain: %w", path, ErrMismatch)
		}
	}
	if more.Type() == kdb.TSymbol {
		return nil, fmt.Errorf("file: append to %s: %w", path, ErrNotEnumerated)
	}
	if old.Type() != more.Type() {
		return nil, fmt.Errorf("file: append to %s: type %d to %d: %w", path, more.Type(), old.Type(), ErrMismatch)
	}
	if start, ok := grows(path, old); ok {
		parts, err := content(more)
		if err != nil {
			return nil, err
		}
		return extend(path, start+int64(n)*int64(elementWidth(old.Type())), parts[1])
	}
	all, err := join(old, more)
	if err != nil {
		return nil, fmt.Errorf("file: append to %s: %w", path, err)
	}
	before, err := Read(path, anyDomain{})
	if err != nil {
		return nil, err
	}
	return func() error { return writeColumn(path, before, o) }, writeColumn(path, all, o)
}

// grows reports whether a column's file can have elements added at its end, and
// where they start.
func grows(path string, v kdb.Value) (start int64, ok bool) {
	a, ok := v.(interface{ Attribute() kdb.Attr })
	if !ok || a.Attribute() != kdb.NoAttr {
		return 0, false
	}
	var head [pageLen]byte
	f, err := os.Open(path)
	if err != nil {
		return 0, false
	}
	defer f.Close()
	n, _ := f.ReadAt(head[:], 0)
	switch {
	case n >= vectorHead && head[0] == 0xfe && head[1] == ' ':
		return vectorHead, true // the count is not kept
	case n == pageLen && head[0] == 0xfd && head[1] == ' ':
		return pageLen, string(head[markAt:markAt+len(mark)]) != mark
	}
	return 0, false
}

// extend adds bytes at a file's end, at size, and returns what takes them off
// again.
func extend(path string, size int64, b []byte) (undo func() error, err error) {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	undo = func() error { return os.Truncate(path, size) }
	if _, err := f.WriteAt(b, size); err != nil {
		return nil, errors.Join(err, undo())
	}
	if err := f.Sync(); err != nil {
		return nil, errors.Join(err, undo())
	}
	return undo, nil
}

// anyDomain serves where only the places of an enumeration matter.
type anyDomain struct{}

func (anyDomain) Domain(kdb.Symbol) (*kdb.Symbols, error) { return &kdb.Symbols{}, nil }

// join returns the elements of two columns of one type, in new memory and
// without attribute.
func join(a, b kdb.Value) (kdb.Value, error) {
	switch x := a.(type) {
	case *kdb.List:
		return kdb.NewList(append(append([]kdb.Value(nil), x.V...), b.(*kdb.List).V...)...), nil
	case *kdb.Enum:
		y := b.(*kdb.Enum)
		return &kdb.Enum{Domain: x.Domain, Dom: y.Dom, Key: y.Key, V: append(append([]kdb.Long(nil), x.V...), y.V...)}, nil
	case *kdb.Bools:
		return concat(x, b)
	case *kdb.GUIDs:
		return concat(x, b)
	case *kdb.Bytes:
		return concat(x, b)
	case *kdb.Shorts:
		return concat(x, b)
	case *kdb.Ints:
		return concat(x, b)
	case *kdb.Longs:
		return concat(x, b)
	case *kdb.Reals:
		return concat(x, b)
	case *kdb.Floats:
		return concat(x, b)
	case *kdb.Chars:
		return concat(x, b)
	case *kdb.Timestamps:
		return concat(x, b)
	case *kdb.Months:
		return concat(x, b)
	case *kdb.Dates:
		return concat(x, b)
	case *kdb.Datetimes:
		return concat(x, b)
	case *kdb.Timespans:
		return concat(x, b)
	case *kdb.Minutes:
		return concat(x, b)
	case *kdb.Seconds:
		return concat(x, b)
	case *kdb.Times:
		return concat(x, b)
	}
	return nil, fmt.Errorf("column of type %d: %w", a.Type(), ErrMismatch)
}

func concat[T kdb.Elem](a *kdb.Vec[T], b kdb.Value) (kdb.Value, error) {
	return kdb.NewVec(append(append([]T(nil), a.V...), b.(*kdb.Vec[T]).V...)), nil
}
