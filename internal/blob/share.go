package blob

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/sync/errgroup"
)

// LayoutShared is Layout for many versions of one tree: the folders at the top
// become symbolic links into cache, a folder where each saved folder is laid
// out once, however many layouts show it. A version that differs in one
// partition costs that partition and a link for each other. The tree must have
// been saved.
func (t *Tree) LayoutShared(ctx context.Context, dir, cache string) (err error) {
	s := t.s
	if err := t.Share(ctx, cache); err != nil {
		return err
	}
	if err := s.fs.Mkdir(dir, 0o700); err != nil {
		return fmt.Errorf("blob: %w", err)
	}
	defer func() {
		if err != nil {
			s.fs.RemoveAll(dir)
		}
	}()
	for _, n := range t.root.nodes {
		at := filepath.Join(dir, n.Name)
		if n.Dir {
			err = s.fs.Symlink(filepath.Join(cache, n.Hash.String()), at)
		} else {
			err = s.Link(n.Hash, at)
		}
		if err != nil {
			return fmt.Errorf("blob: layout of %s: %w", n.Name, err)
		}
	}
	return nil
}

// sharers is how many folders are laid out at once.
const sharers = 4

// Share lays the folders at the top of a saved tree out in cache, those that
// are not there yet, so that LayoutShared has only links to make.
func (t *Tree) Share(ctx context.Context, cache string) error {
	if err := t.s.fs.MkdirAll(cache, 0o700); err != nil {
		return fmt.Errorf("blob: %w", err)
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(sharers)
	for _, n := range t.root.nodes {
		if !n.Dir {
			continue
		}
		g.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := t.s.cached(ctx, n, cache); err != nil {
				return fmt.Errorf("blob: layout of %s: %w", n.Name, err)
			}
			return nil
		})
	}
	return g.Wait()
}

// cached makes sure that a saved folder is laid out in cache. It is complete
// there or absent: it is made under another name and then renamed.
func (s *Store) cached(ctx context.Context, n Node, cache string) error {
	at := filepath.Join(cache, n.Hash.String())
	if _, err := s.fs.Stat(at); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	sub, err := s.folderOf(n)
	if err != nil {
		return err
	}
	tmp := filepath.Join(cache, "tmp-"+rand.Text())
	if err := (&Tree{s, sub}).Layout(ctx, tmp, nil); err != nil {
		return err
	}
	if err := s.fs.Rename(tmp, at); err != nil {
		s.fs.RemoveAll(tmp)
		if _, serr := s.fs.Stat(at); serr == nil {
			return nil // another layout was quicker
		}
		return err
	}
	return nil
}

// Folders returns the names under which LayoutShared keeps the folders of the
// tree in its cache.
func (t *Tree) Folders() []string {
	var names []string
	for _, n := range t.root.nodes {
		if n.Dir {
			names = append(names, n.Hash.String())
		}
	}
	return names
}

// PruneShared takes out of cache every folder whose name live does not hold,
// and returns what removes them. No LayoutShared may run until PruneShared has
// returned; the removal, which may take its time, is in nobody's way.
func (s *Store) PruneShared(cache string, live map[string]bool) (remove func() error, err error) {
	var gone []string
	remove = func() error {
		for _, at := range gone {
			if err := s.fs.RemoveAll(at); err != nil {
				return fmt.Errorf("blob: %w", err)
			}
		}
		return nil
	}
	entries, err := s.fs.ReadDir(cache)
	if errors.Is(err, fs.ErrNotExist) {
		return remove, nil
	}
	if err != nil {
		return remove, fmt.Errorf("blob: %w", err)
	}
	for _, e := range entries {
		if live[e.Name()] {
			continue
		}
		at := filepath.Join(cache, "tmp-"+rand.Text()) // the next time, if this process dies first
		if err := s.fs.Rename(filepath.Join(cache, e.Name()), at); errors.Is(err, fs.ErrNotExist) {
			continue // what an earlier call took out is being removed
		} else if err != nil {
			return remove, fmt.Errorf("blob: %w", err)
		}
		gone = append(gone, at)
	}
	return remove, nil
}

// LayoutCopy is Layout with files of its own: content is copied, or shared by
// the file system until it is written to where that can be had, and may be
// changed.
func (t *Tree) LayoutCopy(ctx context.Context, dir string) (err error) {
	if err := t.s.fs.Mkdir(dir, 0o700); err != nil {
		return fmt.Errorf("blob: %w", err)
	}
	defer func() {
		if err != nil {
			t.s.fs.RemoveAll(dir)
		}
	}()
	for f, err := range t.Walk() {
		if err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		at := filepath.Join(dir, filepath.FromSlash(f.Path))
		if err := t.s.fs.MkdirAll(filepath.Dir(at), 0o700); err != nil {
			return fmt.Errorf("blob: %w", err)
		}
		if err := t.s.copyTo(f.Hash, at, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// Scan stores the files of a folder, following symbolic links, and returns
// them as a tree. The caller holds a Lease.
//
// Errors: *ScanError for what cannot be read; *PathError for a name that cannot
// be one of a tree.
func (s *Store) Scan(ctx context.Context, dir string) (*Tree, error) {
	top, err := s.fs.Stat(dir)
	if err != nil {
		return nil, &ScanError{dir, err}
	}
	files, err := s.scan(ctx, dir, "", []fs.FileInfo{top}, nil)
	if err != nil {
		return nil, err
	}
	return s.EmptyTree().PutAll(files)
}

// ScanError says what in a folder kept it from being taken in.
type ScanError struct {
	Path string
	err  error
}

func (e *ScanError) Error() string {
	var p *fs.PathError
	if errors.As(e.err, &p) {
		return "blob: " + e.Path + ": " + p.Err.Error()
	}
	return "blob: " + e.Path + ": " + e.err.Error()
}

func (e *ScanError) Unwrap() error { return e.err }

var errLoop = errors.New("a link leads back to a folder above it")

// scan adds the files under dir; above are the folders that it was reached
// through, itself included.
func (s *Store) scan(ctx context.Context, dir, prefix string, above []fs.FileInfo, files []TreeFile) ([]TreeFile, error) {
	entries, err := s.fs.ReadDir(dir)
	if err != nil {
		return nil, &ScanError{dir, err}
	}
	for _, e := range entries {
		at := filepath.Join(dir, e.Name())
		fi, err := s.fs.Stat(at)
		if err != nil {
			return nil, &ScanError{at, err}
		}
		switch {
		case fi.IsDir():
			if slices.ContainsFunc(above, func(a fs.FileInfo) bool { return os.SameFile(a, fi) }) {
				return nil, &ScanError{at, errLoop}
			}
			if files, err = s.scan(ctx, at, prefix+e.Name()+"/", append(slices.Clip(above), fi), files); err != nil {
				return nil, err
			}
		case fi.Mode().IsRegular():
			ref, err := s.ingestFile(ctx, at)
			if err != nil {
				return nil, err
			}
			MeterOf(ctx).Add(1, 0) // its bytes have been told as they were read
			files = append(files, TreeFile{prefix + e.Name(), ref})
		}
	}
	return files, nil
}

func (s *Store) ingestFile(ctx context.Context, path string) (Ref, error) {
	f, err := s.fs.Open(path)
	if err != nil {
		return Ref{}, &ScanError{path, err}
	}
	defer f.Close()
	return s.Ingest(ctx, f)
}
