package main

import (
	"context"
	"fmt"
	"path/filepath"
	"text/tabwriter"
	"time"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/blob"
	"github.com/quoinhq/quoin/internal/dbdiff"
	"github.com/quoinhq/quoin/internal/server"
)

// dbCommand is what the managed service never had: databases in and out of
// folders by links, and their history. The server of the data folder does the
// work, on its machine.
type dbCommand struct {
	Export dbExport `cmd:"" help:"Lay a database out as a folder, by links."`
	Import dbImport `cmd:"" help:"Make a changeset of a folder: the database becomes what it holds."`
	Diff   dbDiff   `cmd:"" help:"Show what changed between two changesets: files, and rows of tables."`
	Log    dbLog    `cmd:"" help:"List a database's changesets, the newest first."`
	GC     dbGC     `cmd:"" name:"gc" help:"Remove content that no object, changeset or dataview names."`
}

// database names one, in an environment given by id or name.
type database struct {
	dataDir
	Environment string `short:"e" placeholder:"ENV" help:"Environment of the database, by id or name; needed if there are several."`
	Database    string `arg:"" placeholder:"DATABASE"`
}

// with has fn talk to the server, once it is known which environment is meant.
func (d database) with(ctx context.Context, fn func(o *operator, c *finspace.Client, env string) error) error {
	return d.dataDir.with(func(o *operator) error {
		c, err := o.api()
		if err != nil {
			return err
		}
		env, err := d.environment(ctx, c)
		if err != nil {
			return err
		}
		return fn(o, c, env)
	})
}

func (d dataDir) with(fn func(o *operator) error) error {
	dir, err := d.find()
	if err != nil {
		return err
	}
	o, err := newOperator(dir)
	if err != nil {
		return err
	}
	defer o.close()
	return fn(o)
}

func (d database) environment(ctx context.Context, c *finspace.Client) (string, error) {
	var found []string
	for env, err := range c.KxEnvironments(ctx, &finspace.ListKxEnvironmentsInput{}) {
		if err != nil {
			return "", err
		}
		id := finspace.Value(env.EnvironmentId)
		switch {
		case env.Status == finspace.EnvironmentStatusDeleted:
		case d.Environment == id:
			return id, nil
		case d.Environment == "" || d.Environment == finspace.Value(env.Name):
			found = append(found, id)
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) == 0 && d.Environment == "":
		return "", fmt.Errorf("there is no environment")
	case len(found) == 0:
		return "", fmt.Errorf("there is no environment %s", d.Environment)
	}
	return "", fmt.Errorf("there are %d environments: say which with --environment", len(found))
}

type dbExport struct {
	database
	Changeset string `placeholder:"ID" help:"As this changeset left it (the last one that completed)."`
	Dir       string `arg:"" placeholder:"DIR" help:"Folder to make."`
}

// Help shows how it is used.
func (dbExport) Help() string {
	return `The folder must not exist yet. On the file system of the data folder its files are links to what the server keeps: read
and copy them, do not write to them.

  quoin db export hist /srv/hist
  quoin db export hist /srv/hist-as-of-friday --changeset 0hoi0a6hxiw43wwrngacr5`
}

// Run lays the database out.
func (c dbExport) Run(ctx context.Context, std *stdio) error {
	folder, err := filepath.Abs(c.Dir)
	if err != nil {
		return err
	}
	return c.with(ctx, func(o *operator, _ *finspace.Client, env string) error {
		d := newDisplay(std)
		err := o.follow(ctx, server.ExportPath, server.ExportRequest{
			Environment: env, Database: c.Database, Changeset: c.Changeset, Folder: folder,
		}, nil, d.show)
		d.end()
		if err != nil {
			return err
		}
		fmt.Fprintf(std.out, "%s is in %s; its files are links, not to be written to.\n", c.Database, folder)
		return nil
	})
}

type dbImport struct {
	database
	Dir string `arg:"" placeholder:"DIR" help:"Folder with the database."`
}

// Help shows how it is used.
func (dbImport) Help() string {
	return `The folder is read by the server, on its machine. What is wrong with the database is said here, and nothing changes.
The changeset's id is printed when it has completed.

  quoin db import hist /srv/hist
  quoin db import hist /srv/hist --environment prod`
}

// Run imports the folder and waits for the changeset to end.
func (c dbImport) Run(ctx context.Context, std *stdio) error {
	folder, err := filepath.Abs(c.Dir)
	if err != nil {
		return err
	}
	return c.with(ctx, func(o *operator, client *finspace.Client, env string) error {
		d := newDisplay(std)
		var reply server.ImportReply
		err := o.follow(ctx, server.ImportPath, server.ImportRequest{Environment: env, Database: c.Database, Folder: folder}, &reply, d.show)
		if err != nil {
			d.end()
			return err
		}
		out, err := c.await(ctx, o, client, d, &finspace.GetKxChangesetInput{
			EnvironmentId: &env, DatabaseName: &c.Database, ChangesetId: &reply.Changeset,
		})
		d.end()
		if err != nil {
			return err
		}
		if out.Status != finspace.ChangesetStatusCompleted {
			return fmt.Errorf("changeset %s: %s: %s", reply.Changeset, out.Status, failure(out))
		}
		fmt.Fprintln(std.out, reply.Changeset)
		return nil
	})
}

// failure is why a changeset failed.
func failure(c *finspace.GetKxChangesetOutput) string {
	if c.ErrorInfo == nil {
		return ""
	}
	return finspace.Value(c.ErrorInfo.ErrorMessage)
}

// await waits for a changeset to end, and shows how far it has come.
func (c dbImport) await(ctx context.Context, o *operator, client *finspace.Client, d *display, in *finspace.GetKxChangesetInput) (*finspace.GetKxChangesetOutput, error) {
	for wait := 20 * time.Millisecond; ; wait = min(2*wait, 500*time.Millisecond) {
		out, err := client.GetKxChangeset(ctx, in)
		if err != nil || out.Status == finspace.ChangesetStatusCompleted || out.Status == finspace.ChangesetStatusFailed {
			return out, err
		}
		imports, err := o.imports(ctx)
		if err != nil {
			return nil, err
		}
		if p, ok := imports[*in.ChangesetId]; ok {
			d.show(p)
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(wait):
		}
	}
}

// imports are the changesets that are being imported, and how far each is.
func (o *operator) imports(ctx context.Context) (map[string]blob.Progress, error) {
	var reply server.ImportsReply
	if err := o.ask(ctx, server.ImportsPath, nil, &reply); err != nil {
		return nil, err
	}
	now := map[string]blob.Progress{}
	for _, i := range reply.Imports {
		now[i.Changeset] = i.Progress
	}
	return now, nil
}

type dbDiff struct {
	database
	From string `arg:"" placeholder:"A" help:"Changeset to compare."`
	To   string `arg:"" optional:"" placeholder:"B" help:"Changeset to compare with (the last one that completed)."`
}

// Help shows how it is used.
func (dbDiff) Help() string {
	return `Ids are those that quoin db log lists. For each folder: files added (+), removed (-) and changed (~), bytes before and after,
and rows where it is a table.

  quoin db diff hist 0hoi0a6hxiw43wwrngacr5
  quoin db diff hist 0hoi0a6hxiw43wwrngacr5 0hoi0fnzq1mmyyk3oq4cmw`
}

// Run prints one line for each folder that differs.
func (c dbDiff) Run(ctx context.Context, std *stdio) error {
	return c.with(ctx, func(o *operator, _ *finspace.Client, env string) error {
		var reply server.DiffReply
		if err := o.ask(ctx, server.DiffPath, server.DiffRequest{Environment: env, Database: c.Database, From: c.From, To: c.To}, &reply); err != nil {
			return err
		}
		w := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "FOLDER\tFILES\tBYTES\tROWS")
		for _, ch := range reply.Changes {
			fmt.Fprintf(w, "%s\t+%d -%d ~%d\t%d > %d\t%s\n", "/"+ch.Folder, ch.Added, ch.Removed, ch.Changed, ch.OldBytes, ch.NewBytes, rowsOf(ch))
		}
		return w.Flush()
	})
}

func rowsOf(c dbdiff.Change) string {
	if c.Table == "" {
		return ""
	}
	return fmt.Sprintf("%s > %s", count(c.OldRows), count(c.NewRows))
}

func count(rows int64) string {
	if rows < 0 {
		return "?"
	}
	return fmt.Sprint(rows)
}

type dbLog struct{ database }

// Help shows how it is used.
func (dbLog) Help() string {
	return `The newest first, those that failed or are being stored among them; these with how far they are, those with the reason.

  quoin db log hist
  quoin db log hist --environment prod`
}

// Run lists the changesets.
func (c dbLog) Run(ctx context.Context, std *stdio) error {
	return c.with(ctx, func(o *operator, client *finspace.Client, env string) error {
		running, err := o.imports(ctx)
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "CHANGESET\tCREATED\tSTATUS")
		for ch, err := range client.KxChangesets(ctx, &finspace.ListKxChangesetsInput{EnvironmentId: &env, DatabaseName: &c.Database}) {
			if err != nil {
				return err
			}
			created := ""
			if ch.CreatedTimestamp != nil {
				created = ch.CreatedTimestamp.UTC().Format(time.RFC3339)
			}
			fmt.Fprintf(w, "%s\t%s\t%s", finspace.Value(ch.ChangesetId), created, ch.Status)
			if p, ok := running[finspace.Value(ch.ChangesetId)]; ok && ch.Status == finspace.ChangesetStatusProcessing {
				fmt.Fprintf(w, "  %s", describeProgress(p, 0))
			}
			if ch.Status == finspace.ChangesetStatusFailed {
				got, err := client.GetKxChangeset(ctx, &finspace.GetKxChangesetInput{EnvironmentId: &env, DatabaseName: &c.Database, ChangesetId: ch.ChangesetId})
				if err != nil {
					return err
				}
				fmt.Fprintf(w, "  %s", failure(got))
			}
			fmt.Fprintln(w)
		}
		return w.Flush()
	})
}

type dbGC struct {
	dataDir
	DryRun bool `help:"Only say what would be removed."`
}

// Help shows how it is used.
func (dbGC) Help() string {
	return `The server goes on working meanwhile; what is being imported, mounted or exported is spared.

  quoin db gc --dry-run      what would go
  quoin db gc                remove it`
}

// Run collects.
func (c dbGC) Run(ctx context.Context, std *stdio) error {
	return c.with(func(o *operator) error {
		d := newDisplay(std)
		var g blob.Garbage
		err := o.follow(ctx, server.CollectPath, server.CollectRequest{DryRun: c.DryRun}, &g, d.show)
		d.end()
		if err != nil {
			return err
		}
		did := "removed"
		if c.DryRun {
			did = "would be removed"
		}
		fmt.Fprintf(std.out, "%d files of %d bytes %s; %d of %d bytes are in use.\n", g.Removed, g.RemovedBytes, did, g.Kept, g.KeptBytes)
		return nil
	})
}
