//go:build unix && !linux

package file

import (
	"errors"
	"io/fs"
	"os"
)

// swap gives the folder tmp the name dir; what had it gets the name tmp. There
// is a moment in which nothing has the name: these systems have no exchange
// that all of their file systems do.
func swap(tmp, dir string) error {
	aside := tmp + "-old"
	switch err := os.Rename(dir, aside); {
	case errors.Is(err, fs.ErrNotExist):
		return os.Rename(tmp, dir)
	case err != nil:
		return err
	}
	if err := os.Rename(tmp, dir); err != nil {
		return errors.Join(err, os.Rename(aside, dir))
	}
	return os.Rename(aside, tmp)
}
