package backup

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"

	"github.com/klauspost/compress/zstd"

	"github.com/quoinhq/quoin/internal/store/sqlite"
)

// Restore makes the data folder dir, which must not exist or be empty, from a
// backup. It is there whole or not at all. Errors: ErrExists, ErrBroken.
func Restore(ctx context.Context, r io.Reader, dir string) (err error) {
	dir, err = filepath.Abs(dir)
	if err != nil {
		return err
	}
	if err := vacant(dir); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o700); err != nil {
		return err
	}
	work, err := os.MkdirTemp(filepath.Dir(dir), ".restore-")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(work))
		}
	}()
	if err := unpack(ctx, r, work); err != nil {
		return err
	}
	if err := sqlite.Verify(ctx, filepath.Join(work, database)); err != nil {
		return fmt.Errorf("%w: %w", ErrBroken, err)
	}
	if err := syncTree(work); err != nil {
		return err
	}
	// Both fail when something has come there meanwhile.
	if err := os.Remove(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Rename(work, dir); err != nil {
		return err
	}
	return syncPath(filepath.Dir(dir))
}

func vacant(dir string) error {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case len(entries) > 0:
		return fmt.Errorf("%w: %s", ErrExists, dir)
	}
	return nil
}

// unpack writes the entries of an archive under dir. Nothing in an archive can
// reach out of it: an os.Root refuses.
func unpack(ctx context.Context, r io.Reader, dir string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	z, err := zstd.NewReader(r, zstd.WithDecoderMaxMemory(1<<30))
	if err != nil {
		return fmt.Errorf("%w: %v", ErrBroken, err)
	}
	defer z.Close()
	in := tar.NewReader(z)
	got := map[string]string{}
	for {
		h, err := in.Next()
		if err != nil { // the list comes before the end
			return fmt.Errorf("%w: %v", ErrBroken, err)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if h.Name == listName {
			return check(in, got)
		}
		name := path.Clean(h.Name)
		sum, err := place(root, in, name, h)
		if err != nil {
			return fmt.Errorf("backup: entry %q: %w", h.Name, err)
		}
		got[name] = sum
	}
}

// place makes one entry and returns its SHA-256 if it is a file.
func place(root *os.Root, in io.Reader, name string, h *tar.Header) (sum string, err error) {
	mode := fs.FileMode(h.Mode).Perm()
	switch h.Typeflag {
	case tar.TypeDir:
		err := root.Mkdir(name, 0o700)
		if errors.Is(err, fs.ErrExist) {
			err = nil
		}
		return "", err
	case tar.TypeSymlink:
		return "", root.Symlink(h.Linkname, name)
	case tar.TypeLink:
		return "", root.Link(path.Clean(h.Linkname), name)
	case tar.TypeReg:
	default:
		return "", ErrBroken
	}
	f, err := root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return "", err
	}
	digest := sha256.New()
	_, err = io.Copy(io.MultiWriter(f, digest), in)
	if err == nil {
		err = f.Sync()
	}
	if err == nil && mode != 0o600 {
		err = f.Chmod(mode)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return "", err
	}
	return hex.EncodeToString(digest.Sum(nil)), root.Chtimes(name, h.ModTime, h.ModTime)
}

// check compares what was unpacked with the list.
func check(in io.Reader, got map[string]string) error {
	var want manifest
	if err := json.NewDecoder(in).Decode(&want); err != nil {
		return fmt.Errorf("%w: %v", ErrBroken, err)
	}
	if want.Format != format {
		return fmt.Errorf("%w: its format is %d, this program reads %d", ErrBroken, want.Format, format)
	}
	if len(got) != len(want.Entries) {
		return fmt.Errorf("%w: %d entries of %d", ErrBroken, len(got), len(want.Entries))
	}
	for name, sum := range want.Entries {
		if have, ok := got[name]; !ok || have != sum {
			return fmt.Errorf("%w: %s is not what was backed up", ErrBroken, name)
		}
	}
	return nil
}

// syncTree makes the names in all folders under dir survive a power cut; the
// files are on disk already.
func syncTree(dir string) error {
	var dirs []string
	if err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			dirs = append(dirs, name)
		}
		return err
	}); err != nil {
		return err
	}
	slices.Reverse(dirs)
	for _, d := range dirs {
		if err := syncPath(d); err != nil {
			return err
		}
	}
	return nil
}

func syncPath(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
