package file

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/quoinhq/quoin/kdb"
)

// Read reads a value into memory: a file of any form, compressed or not, or
// the folder of a splayed table, as q's get does. Enumerations find their
// domain with d; nil looks for it in the folders above. Errors: *CorruptError,
// those of the file system.
func Read(path string, d Domains) (kdb.Value, error) {
	if st, err := os.Stat(path); err == nil && st.IsDir() {
		return ReadTable(path, d)
	}
	b, err := load(path)
	if err != nil {
		return nil, err
	}
	return parse(path, b, d, false, load)
}

// parse reads a value from the content of a file, see image; companion reads
// those beside it.
func parse(path string, b []byte, d Domains, unfinished bool, companion func(string) ([]byte, error)) (kdb.Value, error) {
	if d == nil {
		d = nearby(path)
	}
	m := &image{path: path, b: b, domains: d, unfinished: unfinished, companion: func(suffix string) ([]byte, error) { return companion(path + suffix) }}
	return m.value()
}

// load reads a file, decompressed if need be.
func load(path string) ([]byte, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if isPacked(b) {
		return unpack(path, b)
	}
	return b, nil
}

// Folder finds the domains of enumerations as files in a folder, the root of a
// database. It reads each once, and again when it has grown; a Folder may be used
// concurrently.
type Folder struct {
	dir   string
	cache symCache
}

// NewFolder returns the domains in dir.
func NewFolder(dir string) *Folder { return &Folder{dir: dir} }

// Domain returns the symbols of the file with that name. Errors: those of
// Read, a file that does not hold symbols.
func (f *Folder) Domain(name kdb.Symbol) (*kdb.Symbols, error) {
	path, err := domainPath(f.dir, name)
	if err != nil {
		return nil, err
	}
	return f.cache.get(name, path, func() (*kdb.Symbols, error) { return readDomain(path) })
}

// IsTable reports whether a domain's name is that of a folder, as it is for a link
// to a table.
func (f *Folder) IsTable(name kdb.Symbol) bool {
	path, err := domainPath(f.dir, name)
	if err != nil {
		return false
	}
	st, err := os.Stat(path)
	return err == nil && st.IsDir()
}

// Forget has the next call of Domain read the files again.
func (f *Folder) Forget() { f.cache.clear() }

func domainPath(dir string, name kdb.Symbol) (string, error) {
	if !isLeaf(name.String()) {
		return "", fmt.Errorf("file: %q is no name of a domain", name.String())
	}
	return filepath.Join(dir, name.String()), nil
}

func readDomain(path string) (*kdb.Symbols, error) {
	b, err := load(path)
	if err != nil {
		return nil, err
	}
	v, err := parse(path, b, noDomains{}, false, load)
	if err != nil {
		return nil, err
	}
	s, ok := v.(*kdb.Symbols)
	if !ok {
		return nil, corrupt(path, 2, fmt.Errorf("domain of type %d", v.Type()))
	}
	return s, nil
}

// isLeaf reports whether a name from inside a file names an entry of a folder
// and nothing elsewhere.
func isLeaf(name string) bool {
	return name != "" && name != "." && name != ".." && !strings.ContainsAny(name, "/\\\x00")
}

// noDomains keeps the file of a domain from having a domain.
type noDomains struct{}

func (noDomains) Domain(kdb.Symbol) (*kdb.Symbols, error) {
	return nil, fmt.Errorf("an enumeration in place of its domain: %w", fs.ErrInvalid)
}

// nearby looks for domains in the folders above a column: that of the table,
// the partition, the root. The table's own folder holds columns only.
type nearby string

func (path nearby) Domain(name kdb.Symbol) (*kdb.Symbols, error) {
	if path, err := filepath.Abs(string(path)); err == nil {
		dir := filepath.Dir(path)
		for range 3 {
			dir = filepath.Dir(dir)
			path, err := domainPath(dir, name)
			if err != nil {
				return nil, err
			}
			s, err := readDomain(path)
			if err == nil || !os.IsNotExist(err) {
				return s, err
			}
		}
	}
	return nil, fmt.Errorf("no such file in the folders above: %w", fs.ErrNotExist)
}

// isPacked reports whether b begins a compressed or an encrypted file.
func isPacked(b []byte) bool {
	return bytes.HasPrefix(b, []byte(zipMagic)) || bytes.HasPrefix(b, []byte(cryptMagic))
}
