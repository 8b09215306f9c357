package control

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/blob"
	"github.com/quoinhq/quoin/internal/lifecycle"
	"github.com/quoinhq/quoin/internal/store"
)

// ReconcileDataview lays out the version that a dataview is to show, takes
// away those that nobody mounts any more, and in the end everything.
func (s *Service) ReconcileDataview(ctx context.Context, k string) (lifecycle.Result, error) {
	var d *dataview
	var tree blob.Hash
	err := s.Store.View(ctx, func(tx store.Tx) (err error) {
		if d, err = dataviews.Get(tx, k); err != nil {
			return err
		}
		base, err := databases.Get(tx, key(d.Environment, d.Database))
		if err != nil {
			return err
		}
		if d.AutoUpdate {
			d.Changeset = base.HeadID
		}
		if d.Changeset == "" {
			return nil
		}
		c, err := changesets.Get(tx, key(d.Environment, d.Database, d.Changeset))
		if err != nil {
			return err
		}
		tree = c.Tree
		return nil
	})
	if err != nil {
		return lifecycle.Result{}, ignoreNotFound(err)
	}
	switch d.Status {
	case finspace.KxDataviewStatusDeleting:
		return s.removeDataview(ctx, d)
	case finspace.KxDataviewStatusCreating, finspace.KxDataviewStatusUpdating:
		done, ok := s.making.take(d.Environment, s.Quotas.Of(QuotaVersions))
		if !ok {
			return lifecycle.Result{RequeueAfter: 50 * time.Millisecond}, nil
		}
		defer done()
		return s.addVersion(ctx, d, tree)
	case finspace.KxDataviewStatusActive:
		return s.releaseVersions(ctx, k)
	}
	return lifecycle.Result{}, nil
}

// treeCache is where folders that dataviews share are laid out.
func (s *Service) treeCache() string { return filepath.Join(s.Data.Dir, "trees") }

// VersionDir is the folder of a version of a dataview.
func (s *Service) versionDir(d *dataview, version string) string {
	return filepath.Join(s.dataviewDir(d.Environment, d.Database, d.Name), version)
}

// addVersion lays a version out and makes it the newest.
func (s *Service) addVersion(ctx context.Context, d *dataview, tree blob.Hash) (lifecycle.Result, error) {
	s.layouts.RLock() // until the record names it
	defer s.layouts.RUnlock()
	if err := s.dropStrays(d); err != nil {
		return lifecycle.Result{}, err
	}
	v := dataviewVersion{ID: newID(), Changeset: d.Changeset, Tree: tree, Segments: d.Segments}
	dir := s.versionDir(d, v.ID)
	if err := s.layout(ctx, d, tree, dir); err != nil {
		if ctx.Err() != nil {
			return lifecycle.Result{}, ctx.Err()
		}
		_, ferr := s.reconcile(ctx, func(tx store.Tx) error {
			x, err := dataviews.Get(tx, d.key())
			if err != nil {
				return err
			}
			x.Status, x.Reason, x.Updated = finspace.KxDataviewStatusFailed, "The folder could not be laid out.", tx.Now()
			return dataviews.Put(tx, d.key(), x)
		})
		return lifecycle.Result{}, errors.Join(lifecycle.Terminal(err), ferr)
	}
	kept := false
	_, err := s.reconcile(ctx, func(tx store.Tx) error {
		x, err := dataviews.Get(tx, d.key())
		if err != nil {
			return err
		}
		if x.Status != d.Status || x.Updated != d.Updated {
			return errResting // another update or a deletion came first; it brings the key again
		}
		v.Created = tx.Now()
		x.Changeset = d.Changeset
		x.Versions = slices.Insert(x.Versions, 0, v)
		x.Status, x.Updated, kept = finspace.KxDataviewStatusActive, tx.Now(), true
		return dataviews.Put(tx, d.key(), x)
	})
	if !kept {
		os.RemoveAll(dir)
	}
	return lifecycle.Result{}, err
}

// dropStrays removes folders of versions that the dataview does not have: what
// a server that was killed was laying out, or had not yet taken away.
func (s *Service) dropStrays(d *dataview) error {
	entries, err := os.ReadDir(s.dataviewDir(d.Environment, d.Database, d.Name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, e := range entries {
		if !slices.ContainsFunc(d.Versions, func(v dataviewVersion) bool { return v.ID == e.Name() }) {
			err = errors.Join(err, os.RemoveAll(s.versionDir(d, e.Name())))
		}
	}
	if err != nil {
		return fmt.Errorf("control: dataview: %w", err)
	}
	return nil
}

// PruneLayouts removes shared folders that no dataview shows any more and that
// are not of a database as it is now.
// Content that only they held on to is free from then on.
func (s *Service) PruneLayouts(ctx context.Context) error {
	remove, err := s.setLayoutsAside(ctx)
	if err != nil {
		return err
	}
	return remove()
}

func (s *Service) setLayoutsAside(ctx context.Context) (remove func() error, err error) {
	s.layouts.Lock()
	defer s.layouts.Unlock()
	trees := map[blob.Hash]bool{}
	err = s.Store.View(ctx, func(tx store.Tx) error {
		for d, err := range dataviews.List(tx, store.Query{}) {
			if err != nil {
				return err
			}
			for _, v := range d.Rec.Versions {
				trees[v.Tree] = true
			}
		}
		for d, err := range databases.List(tx, store.Query{}) {
			if err != nil {
				return err
			}
			trees[d.Rec.Head] = true
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	delete(trees, blob.Hash{}) // of an empty database
	live := map[string]bool{}
	for h := range trees {
		t, err := s.Data.Blobs.Tree(h)
		if err != nil {
			return nil, err
		}
		for _, name := range t.Folders() {
			live[name] = true
		}
	}
	return s.Data.Blobs.PruneShared(s.treeCache(), live)
}

func (s *Service) layout(ctx context.Context, d *dataview, h blob.Hash, dir string) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o700); err != nil {
		return fmt.Errorf("control: dataview: %w", err)
	}
	t := s.Data.Blobs.EmptyTree()
	if h != (blob.Hash{}) {
		var err error
		if t, err = s.Data.Blobs.Tree(h); err != nil {
			return err
		}
	}
	if d.ReadWrite {
		return t.LayoutCopy(ctx, dir)
	}
	return t.LayoutShared(ctx, dir, s.treeCache())
}

// releaseVersions forgets versions that are not the newest and that no cluster
// mounts, and goes on to the next when the database has a newer changeset.
func (s *Service) releaseVersions(ctx context.Context, k string) (lifecycle.Result, error) {
	var gone []string
	res, err := s.reconcile(ctx, func(tx store.Tx) error {
		gone = nil
		d, err := dataviews.Get(tx, k)
		if err != nil {
			return err
		}
		base, err := databases.Get(tx, key(d.Environment, d.Database))
		if err != nil {
			return err
		}
		users, err := mountedBy(tx, d)
		if err != nil {
			return err
		}
		var keep []dataviewVersion
		for i, v := range d.Versions {
			if i == 0 || len(shownBy(users, d, v.ID)) > 0 {
				keep = append(keep, v)
			} else {
				gone = append(gone, s.versionDir(d, v.ID))
			}
		}
		behind := d.AutoUpdate && d.Changeset != base.HeadID
		if len(gone) == 0 && !behind {
			return errResting
		}
		d.Versions = keep
		if behind {
			d.Status, d.Updated = finspace.KxDataviewStatusUpdating, tx.Now()
		}
		return dataviews.Put(tx, k, d)
	})
	for _, dir := range gone {
		err = errors.Join(err, os.RemoveAll(dir))
	}
	return res, err
}

func (s *Service) removeDataview(ctx context.Context, d *dataview) (lifecycle.Result, error) {
	if err := os.RemoveAll(s.dataviewDir(d.Environment, d.Database, d.Name)); err != nil {
		return lifecycle.Result{}, fmt.Errorf("control: dataview: %w", err)
	}
	return s.reconcile(ctx, func(tx store.Tx) error {
		return errors.Join(dataviews.Delete(tx, d.key()), dropTags(tx, s.ARNs.Dataview(d.Environment, d.Database, d.Name)))
	})
}

// followHead has the dataviews that follow a database show its newest
// changeset, in the transaction that completes it.
func followHead(tx store.Tx, d *database) error {
	var follow []*dataview
	for v, err := range dataviews.List(tx, store.Query{Prefix: key(d.Environment, d.Name) + "/"}) {
		if err != nil {
			return err
		}
		if v.Rec.AutoUpdate && v.Rec.Status == finspace.KxDataviewStatusActive {
			follow = append(follow, v.Rec)
		}
	}
	for _, v := range follow {
		v.Status, v.Updated = finspace.KxDataviewStatusUpdating, tx.Now()
		if err := dataviews.Put(tx, v.key(), v); err != nil {
			return err
		}
	}
	return nil
}
