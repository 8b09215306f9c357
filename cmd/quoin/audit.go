package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/quoinhq/quoin/internal/audit"
	"github.com/quoinhq/quoin/internal/datadir"
	"github.com/quoinhq/quoin/internal/store/sqlite"
)

type auditCommand struct {
	dataDir
	Follow    bool     `short:"f" help:"Go on with what happens, until interrupted."`
	Since     string   `placeholder:"WHEN" help:"Only events since then: 15m ago (15m) or a time (2026-03-04T05:06:07Z)."`
	Principal string   `placeholder:"TEXT" help:"Only events of principals whose ARN contains this."`
	Resource  string   `placeholder:"TEXT" help:"Only events on resources whose ARN contains this."`
	Operation string   `placeholder:"NAME" help:"Only events of this operation."`
	Outcome   string   `placeholder:"NAME" help:"Only events with this outcome: OK or an error's name."`
	Verify    bool     `help:"Check that nothing was removed or changed, and print the head of the chain."`
	Head      string   `placeholder:"HEAD" help:"With --verify: a head printed earlier that must be on the chain."`
	Files     []string `arg:"" optional:"" placeholder:"FILE" help:"Read exported files (in the audit folder of the data folder) instead of the trail."`
}

// Help shows how it is used.
func (auditCommand) Help() string {
	return `Reads the data folder, also while a server runs on it.

  quoin audit --since 1h
  quoin audit -f --principal role/trader --resource kxUser/bob
  quoin audit --since 2026-03-04 --outcome AccessDeniedException | jq -r .principal
  quoin audit --verify                                  print the head of the chain; keep it elsewhere
  quoin audit --verify --head "$(cat head-of-january)"  nothing before that was touched`
}

// Run prints events as JSON lines.
func (c auditCommand) Run(ctx context.Context, std *stdio) error {
	switch {
	case c.Head != "" && !c.Verify:
		return errors.New("--head needs --verify")
	case c.Follow && (c.Verify || len(c.Files) > 0):
		return errors.New("--follow is for the trail of a data folder, without --verify")
	case c.Head != "" && len(c.Files) > 0:
		return errors.New("--head is for the trail of a data folder, not for exported files")
	}
	filter, err := c.filter(time.Now())
	if err != nil {
		return err
	}
	if len(c.Files) > 0 {
		for _, name := range c.Files {
			if err := c.print(std, audit.File(name, filter)); err != nil {
				return err
			}
		}
		return nil
	}
	return c.read(ctx, func(dir *datadir.Dir, db *sqlite.Reader) error {
		switch {
		case c.Verify:
			return c.verify(ctx, std, dir, db)
		case c.Follow:
			return c.print(std, audit.Follow(ctx, db, filter, 0, 200*time.Millisecond))
		}
		return c.print(std, audit.Events(ctx, db, filter, 0))
	})
}

func (c auditCommand) filter(now time.Time) (audit.Filter, error) {
	f := audit.Filter{Principal: c.Principal, Resource: c.Resource, Operation: c.Operation, Outcome: c.Outcome}
	var err error
	f.Since, err = parseTime("--since", c.Since, now)
	return f, err
}

// parseTime reads a flag that says how long ago, or a time; "" is the zero time.
func parseTime(flag, text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if ago, err := time.ParseDuration(text); err == nil && ago >= 0 {
		return now.Add(-ago), nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%s: %q is neither a duration (15m) nor a time (2026-03-04T05:06:07Z)", flag, text)
}

func (c auditCommand) print(std *stdio, events iter.Seq2[*audit.Event, error]) error {
	out := json.NewEncoder(std.out)
	out.SetEscapeHTML(false)
	for e, err := range events {
		if err != nil {
			return err
		}
		// With --verify only the chain of an exported file is of interest.
		if c.Verify {
			continue
		}
		if err := out.Encode(e); err != nil {
			return err
		}
	}
	return nil
}

// verify prints the head of the chain. What is no longer in the folder cannot be
// checked, which is no secret.
func (c auditCommand) verify(ctx context.Context, std *stdio, dir *datadir.Dir, db *sqlite.Reader) error {
	var noted *audit.Head
	if c.Head != "" {
		h, err := audit.ParseHead(c.Head)
		if err != nil {
			return err
		}
		noted = &h
	}
	head, from, err := audit.VerifyAll(ctx, db, dir.Path("audit"), noted)
	if err != nil {
		return err
	}
	if from > 1 {
		fmt.Fprintf(std.err, "quoin: events 1 to %d are not in %s: their exports were moved away, or they were removed\n", from-1, dir.Path("audit"))
	}
	fmt.Fprintln(std.out, head)
	return nil
}
