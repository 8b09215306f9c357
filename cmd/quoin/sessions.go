package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/quoinhq/quoin/internal/datadir"
	"github.com/quoinhq/quoin/internal/iam"
	"github.com/quoinhq/quoin/internal/server"
	"github.com/quoinhq/quoin/internal/store"
	"github.com/quoinhq/quoin/internal/store/sqlite"
)

// sessionFlags say which sessions are meant.
type sessionFlags struct {
	dataDir
	Role         string `xor:"which" placeholder:"NAME" help:"Sessions of this role, given by name or ARN, and of roles that they assumed."`
	User         string `xor:"which" placeholder:"NAME" help:"Sessions of this user, and of roles that it assumed."`
	Root         bool   `xor:"which" help:"Sessions of the root user, and of roles that it assumed."`
	Session      string `xor:"which" placeholder:"ID" help:"The session with this access key id (ASIA…), and those that were opened with it."`
	IssuedBefore string `placeholder:"WHEN" help:"Only sessions opened before then: 15m ago (15m) or a time (2026-03-04T05:06:07Z)."`
}

func (f sessionFlags) query(now time.Time) (q iam.SessionQuery, err error) {
	if q.IssuedBefore, err = parseTime("--issued-before", f.IssuedBefore, now); err != nil {
		return q, err
	}
	q.AccessKeyID = f.Session
	name := func(text string) string { return strings.ToLower(text[strings.LastIndexByte(text, '/')+1:]) }
	switch {
	case f.Role != "":
		q.Principal = "role/" + name(f.Role)
	case f.User != "":
		q.Principal = "user/" + name(f.User)
	case f.Root:
		q.Principal = iam.RootPrincipal
	}
	return q, nil
}

// missing says what store.ErrNotFound means for these flags.
func (f sessionFlags) missing() error {
	switch {
	case f.Role != "":
		return fmt.Errorf("there is no role %s", f.Role)
	case f.User != "":
		return fmt.Errorf("there is no user %s", f.User)
	}
	return fmt.Errorf("there is no session %s", f.Session)
}

type sessionsCommand struct {
	sessionFlags
	Output string `enum:"table,json" default:"table" help:"How to print them: table or json, an object a line."`
}

// Help shows how it is used.
func (sessionsCommand) Help() string {
	return `Reads the data folder, also while a server runs on it.

  quoin iam sessions
  quoin iam sessions --role reader --issued-before 15m
  quoin iam sessions --output json | jq -r .principal`
}

// Run lists sessions. It reads the data folder, also while a server runs on it.
func (c sessionsCommand) Run(ctx context.Context, std *stdio) error {
	q, err := c.query(time.Now())
	if err != nil {
		return err
	}
	var found []iam.ActiveSession
	if err := c.read(ctx, func(dir *datadir.Dir, db *sqlite.Reader) (err error) {
		found, err = iam.Sessions(ctx, db, dir.AccountID(), q)
		if errors.Is(err, store.ErrNotFound) {
			err = c.missing()
		}
		return err
	}); err != nil {
		return err
	}
	if c.Output == "json" {
		out := json.NewEncoder(std.out)
		for _, s := range found {
			if err := out.Encode(s); err != nil {
				return err
			}
		}
		return nil
	}
	return printSessions(std.out, found)
}

func printSessions(w io.Writer, found []iam.ActiveSession) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "SESSION\tPRINCIPAL\tOPENED\tENDS\tOPENED BY")
	for _, s := range found {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", s.AccessKeyID, s.Principal,
			s.Issued.UTC().Format(time.RFC3339), s.Expires.UTC().Format(time.RFC3339), s.OpenedBy)
	}
	return t.Flush()
}

type revokeSessionsCommand struct{ sessionFlags }

// Help shows how it is used.
func (revokeSessionsCommand) Help() string {
	return `Their keys are unknown from then on, and the kdb+ connections that they let in are closed. What is opened afterwards counts.

  quoin iam revoke-sessions --role reader
  quoin iam revoke-sessions --user alice --issued-before 1h
  quoin iam revoke-sessions --session ASIAWKZCVJLS4MV3A7RA`
}

// Run ends sessions. A server that runs on the folder does it, and closes the
// connections that they opened; otherwise it is done here.
func (c revokeSessionsCommand) Run(ctx context.Context, std *stdio) error {
	if c.Role == "" && c.User == "" && !c.Root && c.Session == "" {
		return errors.New("say whose: --role, --user, --root or --session")
	}
	q, err := c.query(time.Now())
	if err != nil {
		return err
	}
	dir, err := c.find()
	if err != nil {
		return err
	}
	ended, err := server.RevokeSessions(ctx, server.Config{DataDir: dir.Path()}, q)
	if errors.Is(err, datadir.ErrLocked) {
		var reply server.RevokeReply
		err = c.with(func(o *operator) error { return o.ask(ctx, server.RevokeSessionsPath, q, &reply) })
		ended = reply.Ended
	}
	if errors.Is(err, store.ErrNotFound) {
		return c.missing()
	}
	if err != nil {
		return err
	}
	if ended == 1 {
		fmt.Fprintln(std.out, "1 session ended.")
	} else {
		fmt.Fprintf(std.out, "%d sessions ended.\n", ended)
	}
	return nil
}
