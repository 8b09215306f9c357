// Package blobtest has a file system that fails on demand, for tests of what is
// built on blob.
package blobtest

import (
	"errors"
	"io/fs"
	"sync"
	"time"

	"github.com/quoinhq/quoin/internal/blob"
)

// ErrInjected is what a Faulty file system fails with, unless told otherwise.
var ErrInjected = errors.New("blobtest: injected fault")

// Op is one thing that a file system is asked to do.
type Op struct {
	Name string // of the method of blob.FS or blob.File
	Path string
}

// Faulty is a file system that fails when it is told to and is the one it
// wraps otherwise, except that it does not wait for the disk: what a test looks
// at is what the kernel has. A Write that fails has written half of its bytes. It
// may be used concurrently.
type Faulty struct {
	blob.FS

	mu    sync.Mutex
	fault func(Op) error
	ops   int
}

// NewFaulty returns the machine's file system with no faults in it yet.
func NewFaulty() *Faulty { return &Faulty{FS: blob.OS()} }

// FailWhen has every operation for which fault returns an error fail with it;
// nil mends the file system. fault is called for one operation at a time.
func (f *Faulty) FailWhen(fault func(Op) error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fault = fault
}

// FailFrom has the nth operation from now on, the first one being 1, and all
// after it fail with ErrInjected: a disk that goes away.
func (f *Faulty) FailFrom(n int) {
	f.FailWhen(func(Op) error {
		if n--; n <= 0 {
			return ErrInjected
		}
		return nil
	})
}

// FailNth has only the nth operation from now on fail.
func (f *Faulty) FailNth(n int) {
	f.FailWhen(func(Op) error {
		if n--; n == 0 {
			return ErrInjected
		}
		return nil
	})
}

// Ops is how many operations there have been.
func (f *Faulty) Ops() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.ops
}

func (f *Faulty) check(name, path string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ops++
	if f.fault == nil {
		return nil
	}
	return f.fault(Op{name, path})
}

// do runs fn unless the operation is to fail.
func (f *Faulty) do(name, path string, fn func() error) error {
	if err := f.check(name, path); err != nil {
		return &fs.PathError{Op: name, Path: path, Err: err}
	}
	return fn()
}

func (f *Faulty) Mkdir(dir string, perm fs.FileMode) error {
	return f.do("Mkdir", dir, func() error { return f.FS.Mkdir(dir, perm) })
}

func (f *Faulty) MkdirAll(dir string, perm fs.FileMode) error {
	return f.do("MkdirAll", dir, func() error { return f.FS.MkdirAll(dir, perm) })
}

func (f *Faulty) RemoveAll(path string) error {
	return f.do("RemoveAll", path, func() error { return f.FS.RemoveAll(path) })
}

func (f *Faulty) Remove(path string) error {
	return f.do("Remove", path, func() error { return f.FS.Remove(path) })
}

func (f *Faulty) Rename(from, to string) error {
	return f.do("Rename", to, func() error { return f.FS.Rename(from, to) })
}

func (f *Faulty) Link(from, to string) error {
	return f.do("Link", to, func() error { return f.FS.Link(from, to) })
}

func (f *Faulty) Symlink(target, at string) error {
	return f.do("Symlink", at, func() error { return f.FS.Symlink(target, at) })
}

func (f *Faulty) Chtimes(path string, mtime time.Time) error {
	return f.do("Chtimes", path, func() error { return f.FS.Chtimes(path, mtime) })
}

func (f *Faulty) SyncDir(dir string) error {
	return f.check("SyncDir", dir)
}

func (f *Faulty) SyncAll(dir string) error {
	return f.check("SyncAll", dir)
}

func (f *Faulty) Stat(path string) (fi fs.FileInfo, err error) {
	err = f.do("Stat", path, func() (err error) { fi, err = f.FS.Stat(path); return err })
	return fi, err
}

func (f *Faulty) ReadDir(dir string) (entries []fs.DirEntry, err error) {
	err = f.do("ReadDir", dir, func() (err error) { entries, err = f.FS.ReadDir(dir); return err })
	return entries, err
}

func (f *Faulty) Open(path string) (blob.File, error) {
	return f.file("Open", path, func() (blob.File, error) { return f.FS.Open(path) })
}

func (f *Faulty) Create(path string) (blob.File, error) {
	return f.file("Create", path, func() (blob.File, error) { return f.FS.Create(path) })
}

func (f *Faulty) CreateTemp(dir string) (blob.File, string, error) {
	name := dir
	file, err := f.file("CreateTemp", dir, func() (file blob.File, err error) {
		file, name, err = f.FS.CreateTemp(dir)
		return file, err
	})
	return file, name, err
}

func (f *Faulty) file(name, path string, open func() (blob.File, error)) (blob.File, error) {
	var file blob.File
	if err := f.do(name, path, func() (err error) { file, err = open(); return err }); err != nil {
		return nil, err
	}
	return &faultyFile{file, f, path}, nil
}

type faultyFile struct {
	blob.File
	f    *Faulty
	path string
}

func (x *faultyFile) Read(p []byte) (n int, err error) {
	err = x.f.check("Read", x.path)
	if err == nil {
		n, err = x.File.Read(p)
	}
	return n, err
}

func (x *faultyFile) Write(p []byte) (int, error) {
	if err := x.f.check("Write", x.path); err != nil {
		n, werr := x.File.Write(p[:len(p)/2])
		return n, errors.Join(err, werr)
	}
	return x.File.Write(p)
}

func (x *faultyFile) Sync() error { return x.f.check("Sync", x.path) }
func (x *faultyFile) Chmod(mode fs.FileMode) error {
	return x.f.do("Chmod", x.path, func() error { return x.File.Chmod(mode) })
}

// Close always closes, so that a test leaks nothing, and then may fail.
func (x *faultyFile) Close() error {
	return errors.Join(x.File.Close(), x.f.check("Close", x.path))
}
