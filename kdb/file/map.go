package file

import (
	"errors"
	"math"
	"os"

	"golang.org/x/sys/unix"

	"github.com/quoinhq/quoin/kdb"
)

// Mapping is what keeps a mapped value's memory. The zero Mapping maps nothing.
type Mapping struct{ maps [][]byte }

// Bytes returns how much is mapped.
func (m *Mapping) Bytes() int64 {
	var n int64
	for _, b := range m.maps {
		n += int64(len(b))
	}
	return n
}

// Close ends the mapping. Nothing of the value, nor of what was sliced from
// it, may be used afterwards.
func (m *Mapping) Close() error {
	var err error
	for _, b := range m.maps {
		err = errors.Join(err, unix.Munmap(b))
	}
	m.maps = nil
	return err
}

// Map is Read without a copy: vectors of fixed width stay in the file and are
// read from there when they are used. Compressed files are read into memory.
// The value is marked as shared, so that nobody amends it in place: its memory
// cannot be written. Errors: as Read.
func Map(path string, d Domains) (kdb.Value, *Mapping, error) {
	if st, err := os.Stat(path); err == nil && st.IsDir() {
		t, m, err := MapTable(path, d)
		if err != nil {
			return nil, nil, err
		}
		return t, m, nil
	}
	m := &Mapping{}
	v, err := m.value(path, d, false)
	if err != nil {
		m.Close()
		return nil, nil, err
	}
	return v, m, nil
}

// value maps one file.
func (m *Mapping) value(path string, d Domains, unfinished bool) (kdb.Value, error) {
	b, err := m.load(path)
	if err != nil {
		return nil, err
	}
	v, err := parse(path, b, d, unfinished, m.load)
	if err != nil {
		return nil, err
	}
	share(v)
	return v, nil
}

// load maps a file, or reads it where it is compressed.
func (m *Mapping) load(path string) ([]byte, error) {
	b, err := mapFile(path)
	if err != nil || len(b) == 0 {
		return b, err
	}
	if isPacked(b) {
		defer unix.Munmap(b)
		return unpack(path, b)
	}
	m.maps = append(m.maps, b)
	return b, nil
}

// mapFile maps a whole file for reading; an empty file is no bytes.
func mapFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if st.Size() == 0 {
		return nil, nil
	}
	if st.Size() > math.MaxInt {
		return nil, &os.PathError{Op: "mmap", Path: path, Err: unix.EFBIG}
	}
	b, err := unix.Mmap(int(f.Fd()), 0, int(st.Size()), unix.PROT_READ, unix.MAP_PRIVATE)
	if err != nil {
		return nil, &os.PathError{Op: "mmap", Path: path, Err: err}
	}
	return b, nil
}

// share marks a value and all in it as shared. What is marked has been here: a
// value may be in several places of another.
func share(v kdb.Value) {
	s, ok := v.(interface {
		Share()
		Shared() bool
	})
	if !ok || s.Shared() {
		return
	}
	s.Share()
	switch x := v.(type) {
	case *kdb.List:
		for _, e := range x.V {
			share(e)
		}
	case *kdb.Table:
		for _, e := range x.Cols {
			share(e)
		}
	case *kdb.Dict:
		share(x.K)
		share(x.V)
	}
}
