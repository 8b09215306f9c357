package control

import (
	"context"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/blob"
	"github.com/quoinhq/quoin/internal/store"
)

// ChangesetTree returns the tree of a database as a changeset left it; an empty
// id is the last one that completed. Errors: ResourceNotFoundException,
// ValidationException for a changeset that has not completed.
func (s *Service) ChangesetTree(ctx context.Context, env, db, id string) (*blob.Tree, error) {
	var h blob.Hash
	err := s.Store.View(ctx, func(tx store.Tx) error {
		d, err := find(tx, databases, "database", env, db)
		if err != nil {
			return err
		}
		if h = d.Head; id == "" {
			return nil
		}
		c, err := findChangeset(tx, env, db, id)
		if err != nil {
			return err
		}
		h = c.Tree
		return completed(tx, env, db, id)
	})
	if err != nil {
		return nil, err
	}
	if h == (blob.Hash{}) {
		return s.Data.Blobs.EmptyTree(), nil
	}
	return s.Data.Blobs.Tree(h)
}

// ExportChangeset lays a changeset out in dir, which must not exist, by links:
// in seconds whatever its size, and without a copy where dir is on the file
// system of the data folder. Errors: those of ChangesetTree.
func (s *Service) ExportChangeset(ctx context.Context, env, db, id, dir string) error {
	t, err := s.ChangesetTree(ctx, env, db, id)
	if err != nil {
		return err
	}
	blob.MeterOf(ctx).Stage("linking", blob.Amount{Files: t.Files(), Bytes: t.Bytes()})
	return t.Layout(ctx, dir, nil)
}

// ImportFolder makes a changeset of a folder of this machine: the database
// becomes what the folder holds. It returns the changeset's id, which ends as
// any other does.
func (s *Service) ImportFolder(ctx context.Context, env, db, dir string) (string, error) {
	lease := s.Data.Blobs.Lease()
	defer lease.Release()
	meter := blob.MeterOf(ctx)
	meter.Stage("reading", blob.Amount{})
	t, err := s.Data.Blobs.Scan(ctx, dir)
	if err != nil {
		return "", err
	}
	if t.Files() == 0 { // more likely a disk that is not mounted than what was meant
		return "", finspace.NewValidationException(dir + " holds no file. A changeset that deletes '/' empties a database.")
	}
	meter.Stage("waiting for the disk", blob.Amount{})
	h, err := t.Save(ctx)
	if err != nil {
		return "", err
	}
	if err := s.Data.Blobs.Sync(ctx); err != nil {
		return "", err
	}
	var id string
	err = s.Store.Update(ctx, func(tx store.Tx) error {
		c, err := s.newChangeset(tx, &changeset{Environment: env, Database: db, Local: h})
		if err != nil {
			return err
		}
		id = c.ID
		return nil
	})
	return id, err
}

// Live calls enter and mark with all content that changesets and dataviews
// name, for collection. See blob.Store.Reach for what they are.
func (s *Service) Live(ctx context.Context, enter func(blob.Hash) bool, mark func(blob.Hash)) error {
	var roots []blob.Hash
	err := s.Store.View(ctx, func(tx store.Tx) error {
		for c, err := range changesets.List(tx, store.Query{}) {
			if err != nil {
				return err
			}
			for _, h := range append([]blob.Hash{c.Rec.Tree, c.Rec.Local}, c.Rec.Trees...) {
				if h != (blob.Hash{}) {
					roots = append(roots, h)
				}
			}
		}
		for d, err := range dataviews.List(tx, store.Query{}) {
			if err != nil {
				return err
			}
			for _, v := range d.Rec.Versions {
				if v.Tree != (blob.Hash{}) {
					roots = append(roots, v.Tree)
				}
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, h := range roots {
		if err := s.Data.Blobs.Reach(ctx, h, enter, mark); err != nil {
			return err
		}
	}
	return nil
}

// FileChange is one line of a comparison of two changesets.
type FileChange struct {
	Path             string
	Kind             string // "added", "removed" or "changed"
	OldSize, NewSize int64
}

// DiffChangesets compares two changesets of a database, file by file.
// Errors: those of ChangesetTree.
func (s *Service) DiffChangesets(ctx context.Context, env, db, from, to string) ([]FileChange, error) {
	a, err := s.ChangesetTree(ctx, env, db, from)
	if err != nil {
		return nil, err
	}
	b, err := s.ChangesetTree(ctx, env, db, to)
	if err != nil {
		return nil, err
	}
	var out []FileChange
	for c, err := range blob.Diff(a, b) {
		if err != nil {
			return nil, err
		}
		f := FileChange{Path: c.Path, Kind: "changed"}
		if c.Old != nil {
			f.OldSize = c.Old.Size
		} else {
			f.Kind = "added"
		}
		if c.New != nil {
			f.NewSize = c.New.Size
		} else {
			f.Kind = "removed"
		}
		out = append(out, f)
	}
	return out, nil
}
