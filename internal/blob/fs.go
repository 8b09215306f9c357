package blob

import (
	"io"
	"io/fs"
	"os"
	"time"
)

// FS is the part of a file system that a store uses: the seam at which tests
// make any of it fail.
type FS interface {
	Mkdir(dir string, perm fs.FileMode) error // fails when dir exists
	MkdirAll(dir string, perm fs.FileMode) error
	RemoveAll(path string) error
	Remove(path string) error
	Rename(from, to string) error
	Link(from, to string) error
	Symlink(target, at string) error
	Chtimes(path string, mtime time.Time) error
	Stat(path string) (fs.FileInfo, error)
	ReadDir(dir string) ([]fs.DirEntry, error)
	Open(path string) (File, error)
	// Create makes a file that must not exist yet.
	Create(path string) (File, error)
	// CreateTemp makes a file of a new name in dir and returns the name.
	CreateTemp(dir string) (File, string, error)
	// SyncDir returns once the names in dir are on disk.
	SyncDir(dir string) error
	// SyncAll returns once everything on the file system that holds dir is on disk.
	SyncAll(dir string) error
}

// File is an open file.
type File interface {
	io.Reader
	io.ReaderAt
	io.Seeker
	io.Writer
	io.Closer
	Chmod(mode fs.FileMode) error
	Sync() error
	Stat() (fs.FileInfo, error)
}

// OS returns the machine's file system.
func OS() FS { return osFS{} }

type osFS struct{}

func (osFS) Mkdir(dir string, perm fs.FileMode) error    { return os.Mkdir(dir, perm) }
func (osFS) MkdirAll(dir string, perm fs.FileMode) error { return os.MkdirAll(dir, perm) }
func (osFS) RemoveAll(path string) error                 { return os.RemoveAll(path) }
func (osFS) Remove(path string) error                    { return os.Remove(path) }
func (osFS) Rename(from, to string) error                { return os.Rename(from, to) }
func (osFS) Link(from, to string) error                  { return os.Link(from, to) }
func (osFS) Symlink(target, at string) error             { return os.Symlink(target, at) }
func (osFS) Stat(path string) (fs.FileInfo, error)       { return os.Stat(path) }
func (osFS) ReadDir(dir string) ([]fs.DirEntry, error)   { return os.ReadDir(dir) }
func (osFS) Chtimes(path string, t time.Time) error      { return os.Chtimes(path, t, t) }

// file turns a nil *os.File with its error into a nil File.
func file(f *os.File, err error) (File, error) {
	if err != nil {
		return nil, err
	}
	return f, nil
}

func (osFS) Open(path string) (File, error) { return file(os.Open(path)) }

func (osFS) Create(path string) (File, error) {
	return file(os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600))
}

func (osFS) CreateTemp(dir string) (File, string, error) {
	f, err := os.CreateTemp(dir, "*")
	if err != nil {
		return nil, "", err
	}
	return f, f.Name(), nil
}

func (osFS) SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
