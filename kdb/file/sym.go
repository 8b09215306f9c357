package file

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/quoinhq/quoin/kdb"
)

// SymFile is a symbol file open for enumerating against it: the domain of a
// database's symbol columns. One process at a time has it open. Its methods
// may be called concurrently.
//
// New symbols are on disk before an enumeration that uses them is returned, so
// that no column on disk ever refers to a symbol that is not. What a crash left
// half written at the end is cut off when the file is opened again: nothing can
// refer to it.
type SymFile struct {
	name kdb.Symbol
	path string

	mu    sync.Mutex
	f     *os.File
	size  int64
	dom   *kdb.Symbols
	index []int32 // place in dom by symbol ID, less 1; 0 where it is not
	err   error   // why nothing more can be written
}

// symHead is what a symbol file begins with: a symbol vector whose count nobody
// keeps.
var symHead = [8]byte{0xff, 1, byte(kdb.TSymbol)}

// OpenSym opens a symbol file, and makes it if there is none. Errors:
// ErrLocked, *CorruptError, those of the file system.
func OpenSym(path string) (*SymFile, error) {
	name := filepath.Base(path)
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		if err := create(path, symHead[:]); err != nil {
			return nil, err
		}
		f, err = os.OpenFile(path, os.O_RDWR, 0)
	}
	if err != nil {
		return nil, err
	}
	s := &SymFile{name: kdb.Sym(name), path: path, f: f}
	if err := s.open(); err != nil {
		f.Close()
		return nil, err
	}
	return s, nil
}

func (s *SymFile) open() error {
	if err := lock(s.f); err != nil {
		return err
	}
	b, err := os.ReadFile(s.path)
	if err != nil {
		return err
	}
	if isPacked(b) {
		return corrupt(s.path, 0, errors.New("a symbol file is never compressed"))
	}
	size, whole := len(b), len(b)
	if whole < len(symHead) && string(b) == string(symHead[:whole]) {
		whole = 0 // not even the header was finished
	} else {
		whole = len(wholeSymbols(b))
	}
	if whole == 0 {
		b = symHead[:]
		if _, err := s.f.WriteAt(b, 0); err != nil {
			return err
		}
		if err := syncDir(filepath.Dir(s.path)); err != nil {
			return err
		}
		whole = len(b)
	}
	if whole != size {
		if err := s.f.Truncate(int64(whole)); err != nil {
			return err
		}
		if err := s.f.Sync(); err != nil {
			return err
		}
	}
	v, err := parse(s.path, b[:whole], noDomains{}, false, load)
	if err != nil {
		return err
	}
	syms, ok := v.(*kdb.Symbols)
	if !ok {
		return corrupt(s.path, 2, fmt.Errorf("symbol file of type %d", v.Type()))
	}
	s.size, s.dom = int64(whole), syms
	for i, x := range syms.V {
		s.place(x, i)
	}
	return nil
}

// lock takes a file for this process alone.
func lock(f *os.File) error {
	err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		err = ErrLocked
	}
	if err != nil {
		return fmt.Errorf("file: lock %s: %w", f.Name(), err)
	}
	return nil
}

// place records where a symbol first stands.
func (s *SymFile) place(x kdb.Symbol, i int) {
	id := int(x.ID())
	for id >= len(s.index) {
		s.index = append(s.index, make([]int32, max(len(s.index), 1024))...)
	}
	if s.index[id] == 0 {
		s.index[id] = int32(i + 1)
	}
}

// Symbols returns the domain as it is now. It will not change; later
// enumerations have longer ones.
func (s *SymFile) Symbols() *kdb.Symbols {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.dom
}

// Enumerate returns symbols as an enumeration, and first adds to the file those
// it lacks; q's `:sym?x. Errors: those of writing, after one of which the file
// takes nothing more.
func (s *SymFile) Enumerate(v *kdb.Symbols) (*kdb.Enum, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.extend(v.V); err != nil {
		return nil, err
	}
	e := &kdb.Enum{Domain: s.name, Dom: s.dom, V: make([]kdb.Long, len(v.V)), Attr: v.Attribute()}
	// Neither order nor what is in a place of its own carries over from the
	// symbols to their places; being unique and being parted does.
	if e.Attr == kdb.Sorted {
		e.Attr = kdb.NoAttr
	}
	for i, x := range v.V {
		e.V[i] = kdb.Long(s.index[x.ID()] - 1)
	}
	return e, nil
}

// EnumerateTable returns the table with its symbol columns enumerated; .Q.en.
// Errors: as Enumerate.
func (s *SymFile) EnumerateTable(t *kdb.Table) (*kdb.Table, error) {
	out := &kdb.Table{Names: t.Names, Cols: make([]kdb.Value, len(t.Cols)), Attr: t.Own()}
	for i, c := range t.Cols {
		out.Cols[i] = c
		if syms, ok := c.(*kdb.Symbols); ok {
			e, err := s.Enumerate(syms)
			if err != nil {
				return nil, err
			}
			out.Cols[i] = e
		}
	}
	return out, nil
}

// extend adds the symbols that are missing.
func (s *SymFile) extend(v []kdb.Symbol) error {
	var b []byte
	var added []kdb.Symbol
	for _, x := range v {
		if id := int(x.ID()); id >= len(s.index) || s.index[id] == 0 {
			b = append(append(b, x.String()...), 0)
			s.place(x, len(s.dom.V)+len(added))
			added = append(added, x)
		}
	}
	if len(added) == 0 {
		return nil
	}
	if s.err == nil {
		s.err = s.write(b)
	}
	if s.err != nil {
		for _, x := range added {
			s.index[x.ID()] = 0
		}
		return s.err
	}
	s.dom = kdb.Append(s.dom, added...)
	return nil
}

func (s *SymFile) write(b []byte) error {
	if _, err := s.f.WriteAt(b, s.size); err != nil {
		return errors.Join(err, s.f.Truncate(s.size))
	}
	if err := s.f.Sync(); err != nil {
		return err
	}
	s.size += int64(len(b))
	return nil
}

// Domain makes an open symbol file the domains of what is enumerated against
// it. Errors: another name.
func (s *SymFile) Domain(name kdb.Symbol) (*kdb.Symbols, error) {
	if name != s.name {
		return nil, fmt.Errorf("file: domain %v is not %s: %w", name, s.path, os.ErrNotExist)
	}
	return s.Symbols(), nil
}

// Close lets go of the file.
func (s *SymFile) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.err = os.ErrClosed
	}
	return s.f.Close()
}
