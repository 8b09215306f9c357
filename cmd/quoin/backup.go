package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/quoinhq/quoin/internal/backup"
)

type backupCommand struct {
	dataDir
	File string `arg:"" placeholder:"FILE" help:"File to write; it must not exist."`
}

// Help shows how it is used.
func (backupCommand) Help() string {
	return `The database is as it was at one moment. The file holds the root user's keys: keep it as you keep them.

  quoin backup /backups/quoin-monday
  quoin backup --data-dir /var/lib/quoin /backups/quoin-monday`
}

// Run writes a backup of the data folder, whether or not a server runs on it.
func (c backupCommand) Run(ctx context.Context, std *stdio) error {
	dir, err := c.find()
	if err != nil {
		return err
	}
	if _, err := os.Lstat(c.File); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: there is a file already", c.File)
	}
	// Under another name until it is whole, so that no half a backup is taken
	// for one.
	f, err := os.CreateTemp(filepath.Dir(c.File), "."+filepath.Base(c.File)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	err = backup.Write(ctx, dir.Path(), f)
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	// A link, unlike a renaming, never replaces what came in between.
	if err := os.Link(f.Name(), c.File); err != nil {
		return err
	}
	fmt.Fprintf(std.out, "%s is a backup of %s.\n", c.File, dir.Path())
	return nil
}

type restoreCommand struct {
	dataDir
	File string `arg:"" placeholder:"FILE" help:"Backup to read."`
}

// Help shows how it is used.
func (restoreCommand) Help() string {
	return `What the file says of itself is checked; a backup that is not whole leaves nothing behind.

  quoin restore --data-dir /var/lib/quoin-restored /backups/quoin-monday
  quoin serve --data-dir /var/lib/quoin-restored`
}

// Run makes the data folder from a backup.
func (c restoreCommand) Run(ctx context.Context, std *stdio) error {
	path, err := c.path()
	if err != nil {
		return err
	}
	f, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := backup.Restore(ctx, f, path); err != nil {
		return err
	}
	fmt.Fprintf(std.out, "%s is what %s holds.\n", path, c.File)
	return nil
}
