package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"golang.org/x/term"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/top"
)

type topCommand struct {
	Once     bool          `help:"Print the table once and end; so it does where there is no terminal."`
	Interval time.Duration `short:"n" default:"2s" help:"Time between two looks (${default})."`
	Profile  string        `placeholder:"NAME" help:"Profile of the AWS configuration to use."`
}

// Help shows how.
func (topCommand) Help() string {
	return `Clusters and nodes: processor, memory, connections and messages through the gateway, errors among the answers, restarts; why a cluster is
not running, beneath it. The server and the keys are those of the usual AWS environment: eval "$(quoin env)" sets it. Ctrl-C ends it.

  quoin top
  quoin top --once | awk '$3 != "RUNNING"'`
}

// Run shows what runs until it is interrupted.
func (c topCommand) Run(ctx context.Context, std *stdio) error {
	if c.Interval < 100*time.Millisecond {
		return fmt.Errorf("--interval %s is under 100ms", c.Interval)
	}
	cfg, err := finspace.LoadConfig(c.Profile)
	if err != nil {
		return err
	}
	w, err := top.New(cfg)
	if err != nil {
		return err
	}
	now, err := w.Look(ctx)
	if err != nil {
		return err
	}
	screen, ok := std.out.(*os.File)
	if c.Once || !ok || !term.IsTerminal(int(screen.Fd())) {
		return now.Write(std.out, nil)
	}
	fmt.Fprint(screen, "\x1b[?1049h\x1b[?25l") // a screen of its own, without a cursor
	defer fmt.Fprint(screen, "\x1b[?25h\x1b[?1049l")
	var before *top.Snapshot
	for note := ""; ; {
		width, height, err := term.GetSize(int(screen.Fd()))
		if err != nil {
			return err
		}
		page, err := now.Screen(before, "quoin top   "+cfg.Endpoint, note, width, height)
		if err != nil {
			return err
		}
		if _, err := screen.Write(page); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(c.Interval):
		}
		// A server that restarts comes back: what was seen last stays until then.
		if next, err := w.Look(ctx); err == nil {
			before, now, note = now, next, ""
		} else {
			note = "no news: " + err.Error()
		}
	}
}
