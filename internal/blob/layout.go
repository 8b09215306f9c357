package blob

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sync/errgroup"
)

// Layout gives every file of the tree a name in dir, which must not exist, by
// hard link: no content is copied. want chooses files by path; nil means all.
// When it fails dir is removed. The files are read-only.
func (t *Tree) Layout(ctx context.Context, dir string, want func(path string) bool) (err error) {
	if err := t.s.fs.Mkdir(dir, 0o700); err != nil {
		return fmt.Errorf("blob: %w", err)
	}
	defer func() {
		if err != nil {
			t.s.fs.RemoveAll(dir)
		}
	}()
	// Links into one folder wait for each other in the kernel; into different
	// folders they do not.
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(4)
	if err := t.s.layout(ctx, g, t.root, dir, "", want); err != nil {
		g.Wait()
		return err
	}
	return g.Wait()
}

func (s *Store) layout(ctx context.Context, g *errgroup.Group, f *folder, dir, prefix string, want func(string) bool) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	made, meter := prefix == "", MeterOf(ctx)
	for _, n := range f.nodes {
		p := prefix + n.Name
		if n.Dir {
			sub, err := s.folderOf(n)
			if err != nil {
				return err
			}
			work := func() error { return s.layout(ctx, g, sub, dir, p+"/", want) }
			if !g.TryGo(work) {
				if err := work(); err != nil {
					return err
				}
			}
			continue
		}
		if want != nil && !want(p) {
			continue
		}
		at := filepath.Join(dir, filepath.FromSlash(p))
		if !made {
			made = true
			if err := s.fs.MkdirAll(filepath.Dir(at), os.FileMode(0o700)); err != nil {
				return fmt.Errorf("blob: %w", err)
			}
		}
		if err := s.Link(n.Hash, at); err != nil {
			return err
		}
		meter.Add(1, n.Size)
	}
	return nil
}
