package blob

import (
	"os"

	"golang.org/x/sys/unix"
)

// SyncAll is syncfs(2).
func (osFS) SyncAll(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return unix.Syncfs(int(d.Fd()))
}
