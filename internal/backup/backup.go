// Package backup copies a data folder while a server uses it, and makes a data
// folder of the copy.
//
// A backup is a tar archive compressed with zstd. It holds the database as it
// was at one moment, and all content that the database names then: content is
// never changed, and what exists around that moment is kept from being collected
// by links of our own. The other files (credentials, exported audit trails,
// folders of running clusters) are as they were when they were read. Its
// last entry is a list of all entries with their SHA-256, so that a restored
// folder is known to be whole.
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
	"path/filepath"
	"strings"
	"syscall"

	"github.com/klauspost/compress/zstd"

	"github.com/quoinhq/quoin/internal/store/sqlite"
)

const (
	database = "quoin.db"
	content  = "blobs"
	listName = "MANIFEST.json"
	format   = 1
)

// manifest is the last entry of an archive.
type manifest struct {
	Format  int               `json:"format"`
	Entries map[string]string `json:"entries"` // SHA-256 of files, "" for others
}

// skip says whether a name at the top of the data folder is not part of a
// backup: what is taken otherwise, and what means something only to the
// server that runs.
func skip(name string) bool {
	return name == content || name == "lock" || name == "server.json" ||
		strings.HasPrefix(name, database) || strings.HasPrefix(name, ".")
}

// Write writes a backup of the data folder dir to w.
func Write(ctx context.Context, dir string, w io.Writer) (err error) {
	work, err := os.MkdirTemp(dir, ".backup-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()

	// What the database names at its moment is there before or after it.
	held := filepath.Join(work, content)
	if err := hold(ctx, filepath.Join(dir, content), held); err != nil {
		return err
	}
	if err := sqlite.Copy(ctx, filepath.Join(dir, database), filepath.Join(work, database)); err != nil {
		return err
	}
	if err := hold(ctx, filepath.Join(dir, content), held); err != nil {
		return err
	}

	z, err := zstd.NewWriter(w, zstd.WithEncoderLevel(zstd.SpeedFastest))
	if err != nil {
		return err
	}
	a := &archive{tar: tar.NewWriter(z), list: manifest{format, map[string]string{}}, links: map[inode]string{}}
	err = a.tree(ctx, work, func(string) bool { return false })
	if err == nil {
		err = a.tree(ctx, dir, skip)
	}
	if err == nil {
		err = a.finish()
	}
	return errors.Join(err, z.Close())
}

// hold links every content file under from into to, where that is not done
// yet. Files that vanish meanwhile are nobody's.
func hold(ctx context.Context, from, to string) error {
	return filepath.WalkDir(from, func(name string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err := errors.Join(err, ctx.Err()); err != nil {
			return err
		}
		rel, err := filepath.Rel(from, name)
		if err != nil {
			return err
		}
		switch {
		case d.IsDir() && rel == "tmp":
			return fs.SkipDir
		case d.IsDir():
			return os.MkdirAll(filepath.Join(to, rel), 0o700)
		case !d.Type().IsRegular():
			return nil
		}
		err = os.Link(name, filepath.Join(to, rel))
		if errors.Is(err, fs.ErrExist) || errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	})
}

// archive writes entries and remembers them for the list.
type archive struct {
	tar   *tar.Writer
	list  manifest
	links map[inode]string // first entry of files that have several names
}

// inode tells files apart, whatever they are called.
type inode struct{ dev, ino uint64 }

func inodeOf(fi fs.FileInfo) (n inode, shared bool) {
	st, ok := fi.Sys().(*syscall.Stat_t)
	if !ok {
		return inode{}, false
	}
	return inode{uint64(st.Dev), st.Ino}, st.Nlink > 1
}

// tree adds everything under dir, leaving out names at its top that skip says.
func (a *archive) tree(ctx context.Context, dir string, skip func(name string) bool) error {
	return filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // it went while we looked
		}
		if err := errors.Join(err, ctx.Err()); err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, name)
		if err != nil || rel == "." {
			return err
		}
		if !strings.Contains(rel, string(filepath.Separator)) && skip(rel) {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		return a.add(name, filepath.ToSlash(rel))
	})
}

// add adds one file, folder or symbolic link; other things are left out.
func (a *archive) add(name, entry string) error {
	fi, err := os.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	h := &tar.Header{Name: entry, Mode: int64(fi.Mode().Perm()), ModTime: fi.ModTime(), Format: tar.FormatPAX}
	switch {
	case fi.IsDir():
		h.Typeflag, h.Name = tar.TypeDir, entry+"/"
	case fi.Mode()&fs.ModeSymlink != 0:
		h.Typeflag = tar.TypeSymlink
		if h.Linkname, err = os.Readlink(name); err != nil {
			return err
		}
	case fi.Mode().IsRegular():
		node, shared := inodeOf(fi)
		if first, ok := a.links[node]; ok && shared {
			h.Typeflag, h.Linkname = tar.TypeLink, first
			break
		}
		if err := a.file(name, h); err != nil {
			return err
		}
		if shared {
			a.links[node] = entry
		}
		return nil
	default:
		return nil
	}
	a.list.Entries[entry] = ""
	return a.tar.WriteHeader(h)
}

// file adds a regular file with the size it has when it is opened. One that
// shrinks while it is read is filled up with zeros.
func (a *archive) file(name string, h *tar.Header) error {
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	fi, err := f.Stat()
	if err != nil {
		return err
	}
	h.Typeflag, h.Size = tar.TypeReg, fi.Size()
	if err := a.tar.WriteHeader(h); err != nil {
		return err
	}
	sum := sha256.New()
	n, err := io.Copy(io.MultiWriter(a.tar, sum), io.LimitReader(f, h.Size))
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if n < h.Size {
		if _, err := io.CopyN(io.MultiWriter(a.tar, sum), zeros{}, h.Size-n); err != nil {
			return err
		}
	}
	a.list.Entries[h.Name] = hex.EncodeToString(sum.Sum(nil))
	return nil
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func (a *archive) finish() error {
	text, err := json.Marshal(a.list)
	if err != nil {
		return err
	}
	if err := a.tar.WriteHeader(&tar.Header{Name: listName, Typeflag: tar.TypeReg, Mode: 0o600, Size: int64(len(text)), Format: tar.FormatPAX}); err != nil {
		return err
	}
	if _, err := a.tar.Write(text); err != nil {
		return err
	}
	return a.tar.Close()
}

var (
	// ErrExists is returned by Restore when there is something where the data
	// folder is to be.
	ErrExists = errors.New("backup: there are data already")

	// ErrBroken is returned by Restore for an archive that is not whole.
	ErrBroken = errors.New("backup: the archive is not whole")
)
