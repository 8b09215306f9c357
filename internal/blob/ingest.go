package blob

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
)

// Writer takes content in. Exactly one of Commit and Abort ends it; Abort
// after Commit does nothing, so that it can be deferred.
type Writer struct {
	s    *Store
	f    File
	name string
	sum  hash.Hash
	n    int64
	done bool
}

// Writer begins taking content in.
func (s *Store) Writer() (*Writer, error) {
	f, name, err := s.fs.CreateTemp(s.tmp())
	if err != nil {
		return nil, fmt.Errorf("blob: %w", err)
	}
	return &Writer{s: s, f: f, name: name, sum: sha256.New()}, nil
}

// Write adds to the content.
func (w *Writer) Write(p []byte) (int, error) {
	n, err := w.f.Write(p)
	w.sum.Write(p[:n])
	w.n += int64(n)
	if err != nil {
		err = fmt.Errorf("blob: %w", err)
	}
	return n, err
}

// Commit stores the content under its hash. It is on disk once Store.Sync has
// returned.
func (w *Writer) Commit() (Ref, error) {
	if w.done {
		return Ref{}, errors.New("blob: the writer has ended")
	}
	defer w.Abort()
	ref := Ref{Size: w.n}
	w.sum.Sum(ref.Hash[:0])
	if err := w.f.Chmod(0o400); err != nil {
		return Ref{}, fmt.Errorf("blob: %w", err)
	}
	if err := w.f.Close(); err != nil {
		return Ref{}, fmt.Errorf("blob: %w", err)
	}
	if err := w.s.name(w.name, ref); err != nil {
		return Ref{}, err
	}
	return ref, nil
}

// Abort throws the content away unless it was committed.
func (w *Writer) Abort() {
	if w.done {
		return
	}
	w.done = true
	w.f.Close()
	w.s.fs.Remove(w.name)
}

// name moves a temporary file to where its content belongs. Content that is
// there already is made young again, for Collect, and the file is left to be
// thrown away. A file of another size is what a power failure left of content
// that was never synced; it is replaced.
func (s *Store) name(tmp string, ref Ref) error {
	path := s.Path(ref.Hash)
	s.mu.Lock()
	defer s.mu.Unlock()
	fi, err := s.fs.Stat(path)
	switch {
	case err == nil && fi.Size() == ref.Size:
		err = s.fs.Chtimes(path, s.now())
	case err == nil || errors.Is(err, fs.ErrNotExist):
		err = s.fs.Rename(tmp, path)
	}
	if err != nil {
		return fmt.Errorf("blob: %w", err)
	}
	s.unsynced[ref.Hash] = struct{}{} // content found there may be new as well
	return nil
}

// Ingest stores what r yields. It stops when ctx ends. The content is on disk
// once Sync has returned.
func (s *Store) Ingest(ctx context.Context, r io.Reader) (Ref, error) {
	w, err := s.Writer()
	if err != nil {
		return Ref{}, err
	}
	defer w.Abort()
	if _, err := io.Copy(w, ctxReader{ctx, r, MeterOf(ctx)}); err != nil {
		return Ref{}, err
	}
	return w.Commit()
}

// Touch makes stored content young again, so that a new record may name it.
// Errors: ErrNotFound. The caller holds a Lease.
func (s *Store) Touch(h Hash) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.fs.Chtimes(s.Path(h), s.now())
	if errors.Is(err, fs.ErrNotExist) {
		return ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("blob: %w", err)
	}
	return nil
}

func (s *Store) copyTo(h Hash, path string, mode fs.FileMode) error {
	src, err := s.Open(h)
	if err != nil {
		return err
	}
	defer src.Close()
	dst, err := s.fs.Create(path)
	if err != nil {
		return fmt.Errorf("blob: %w", err)
	}
	_, err = io.Copy(dst, src)
	if cerr := dst.Chmod(mode); err == nil {
		err = cerr
	}
	if cerr := dst.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return fmt.Errorf("blob: %w", err)
	}
	return nil
}

type ctxReader struct {
	ctx   context.Context
	r     io.Reader
	meter *Meter // is told of bytes
}

func (r ctxReader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := r.r.Read(p)
	r.meter.Add(0, int64(n))
	return n, err
}
