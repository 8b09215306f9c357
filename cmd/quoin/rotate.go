package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/quoinhq/quoin/internal/datadir"
	"github.com/quoinhq/quoin/internal/server"
)

type rotateRootCommand struct {
	dataDir
}

// Help shows how it is used.
func (rotateRootCommand) Help() string {
	return `The old keys end at once.

  quoin rotate-root
  eval "$(quoin env)"`
}

// Run replaces the root user's keys. A server that runs on the folder does it,
// and the old keys end at once; otherwise it is done here.
func (c rotateRootCommand) Run(ctx context.Context, std *stdio) error {
	dir, err := c.find()
	if err != nil {
		return err
	}
	err = server.RotateRoot(ctx, server.Config{DataDir: dir.Path()})
	if errors.Is(err, datadir.ErrLocked) {
		err = askToRotate(ctx, dir)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(std.out, "The root user has new keys: %s\n", dir.Path("credentials"))
	return nil
}

func askToRotate(ctx context.Context, dir *datadir.Dir) error {
	o, err := newOperator(dir)
	if err != nil {
		return err
	}
	defer o.close()
	return o.ask(ctx, server.RotateRootPath, nil, nil)
}
