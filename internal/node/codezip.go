package node

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// ZipLimits bound what a code zip may unpack to.
type ZipLimits struct {
	Files int   // entries, folders among them
	File  int64 // bytes of one file
	Total int64 // bytes of all
	Ratio int64 // of a file's bytes to its packed ones, once it has more than a MiB
}

// DefaultZipLimits are far above what code needs and far below what harms.
func DefaultZipLimits() ZipLimits {
	return ZipLimits{Files: 20_000, File: 512 << 20, Total: 2 << 30, Ratio: 200}
}

// ZipError is why a code zip is refused.
type ZipError struct{ Name, Reason string }

func (e *ZipError) Error() string {
	if e.Name == "" {
		return "The zip file " + e.Reason
	}
	return "Its entry " + e.Name + " " + e.Reason
}

// Unpack unpacks a zip file of size bytes into dir, which exists and is empty.
// Files are made read-only and nothing is made outside dir: entries are plain
// files and folders with relative names without "..", each name once. Errors:
// *ZipError for what the zip holds, others for the disk. What had been unpacked
// stays.
func Unpack(r io.ReaderAt, size int64, dir string, max ZipLimits) error {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return &ZipError{"", "is damaged or is none"}
	}
	if len(z.File) > max.Files {
		return &ZipError{"", fmt.Sprintf("has more than %d entries", max.Files)}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("node: code: %w", err)
	}
	defer root.Close()
	left := max.Total
	for _, f := range z.File {
		n, err := unpackEntry(root, f, min(left, max.File), max.Ratio)
		if err != nil {
			return err
		}
		left -= n
	}
	return nil
}

func unpackEntry(root *os.Root, f *zip.File, most, ratio int64) (int64, error) {
	bad := func(reason string) (int64, error) { return 0, &ZipError{f.Name, reason} }
	name := strings.TrimSuffix(f.Name, "/")
	if !filepath.IsLocal(name) || name != path.Clean(name) || strings.ContainsAny(name, "\\\x00") {
		return bad("has a name that leads elsewhere")
	}
	mode := f.Mode()
	switch {
	case f.Name != name || mode.IsDir():
		if err := root.MkdirAll(name, 0o700); err != nil {
			return bad("is a folder and a file")
		}
		return 0, nil
	case !mode.IsRegular():
		return bad("is neither a file nor a folder")
	case f.Flags&1 != 0:
		return bad("is encrypted")
	}
	if err := root.MkdirAll(path.Dir(name), 0o700); err != nil {
		return bad("is below a file")
	}
	out, err := root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o400)
	if errors.Is(err, fs.ErrExist) {
		return bad("is there twice")
	}
	if err != nil {
		return 0, fmt.Errorf("node: code: %w", err)
	}
	n, err := copyEntry(out, f, most, ratio)
	if cerr := out.Close(); err == nil && cerr != nil {
		err = fmt.Errorf("node: code: %w", cerr)
	}
	return n, err
}

// ratioFree is how large a file may be whatever it was packed to: small ones
// full of blanks pack well.
const ratioFree = 1 << 20

func copyEntry(out io.Writer, f *zip.File, most, ratio int64) (int64, error) {
	in, err := f.Open()
	if err != nil {
		return 0, &ZipError{f.Name, "is packed in a way that is not known"}
	}
	defer in.Close()
	packed := int64(min(f.CompressedSize64, 1<<40))
	limit := min(most, max(ratioFree, packed*ratio))
	n, err := io.Copy(out, io.LimitReader(in, limit+1))
	switch {
	case n > limit:
		return n, &ZipError{f.Name, "is too large, or suspiciously well packed"}
	case errors.Is(err, zip.ErrChecksum), errors.Is(err, zip.ErrFormat), errors.Is(err, io.ErrUnexpectedEOF):
		return n, &ZipError{f.Name, "is damaged"}
	case err != nil:
		var pe *fs.PathError
		if errors.As(err, &pe) {
			return n, fmt.Errorf("node: code: %w", err)
		}
		return n, &ZipError{f.Name, "is damaged"}
	}
	return n, nil
}
