package control

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/blob"
	"github.com/quoinhq/quoin/internal/lifecycle"
	"github.com/quoinhq/quoin/internal/s3"
	"github.com/quoinhq/quoin/internal/store"
)

// Limits of one changeset. Source: user guide, finspace-quotas; not adjustable.
const (
	maxChangesetFiles = 262_144
	maxChangesetFile  = 1 << 40
	maxChangesetBytes = 5 << 40
)

// fetchers is how many objects of one changeset are fetched at once.
const fetchers = 8

// ReconcileChangeset takes a changeset to its end. It runs when it is the
// oldest of its database that has not ended and its environment has room. All
// that is imported becomes visible in one transaction; a server that stops
// before that starts over.
func (s *Service) ReconcileChangeset(ctx context.Context, k string) (lifecycle.Result, error) {
	c, d, wait, err := s.beginChangeset(ctx, k)
	if err != nil || c == nil {
		return lifecycle.Result{RequeueAfter: wait}, err
	}
	// Content that was fetched is named by no record until the end.
	lease := s.Data.Blobs.Lease()
	defer lease.Release()
	err = s.importChangeset(blob.WithMeter(ctx, s.imports.begin(c)), k, c, d)
	s.imports.end(k)
	return lifecycle.Result{}, errors.Join(err, s.callNext(ctx, c.Environment))
}

// importChangeset takes a changeset whose turn it is to its end.
func (s *Service) importChangeset(ctx context.Context, k string, c *changeset, d *database) error {
	tree, err := s.buildTree(ctx, c, d)
	var user *ingestError
	switch {
	case errors.As(err, &user):
		return s.failChangeset(ctx, k, user)
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return s.failChangeset(ctx, k, &ingestError{finspace.ErrorDetailsInternalServiceException, "An internal error stopped the import. Nothing was changed.", err})
	}
	return s.completeChangeset(ctx, k, tree)
}

// ingestError is why a changeset failed: what the user is told, and the cause.
type ingestError struct {
	kind finspace.ErrorDetails
	text string
	err  error
}

func (e *ingestError) Error() string { return e.text }
func (e *ingestError) Unwrap() error { return e.err }

// buildTree makes the tree that the changeset leads to.
func (s *Service) buildTree(ctx context.Context, c *changeset, d *database) (*blob.Tree, error) {
	before := s.Data.Blobs.EmptyTree()
	if d.Head != (blob.Hash{}) {
		var err error
		if before, err = s.Data.Blobs.Tree(d.Head); err != nil {
			return nil, err
		}
	}
	after, total := before, ingestTotals{}
	if c.Local != (blob.Hash{}) {
		var err error
		if after, err = s.Data.Blobs.Tree(c.Local); err != nil {
			return nil, err
		}
	}
	for i, r := range c.Requests {
		var err error
		switch {
		case r.ChangeType == finspace.ChangeTypeDelete:
			after, err = s.applyDelete(after, *r.DbPath)
		case i < len(c.Trees):
			after, err = s.applyFiles(after, c.Trees[i], *r.DbPath, &total)
		default:
			after, err = s.applyPut(ctx, after, r, &total)
		}
		var user *ingestError
		if errors.As(err, &user) {
			user.text = fmt.Sprintf("changeRequests.%d: %s", i+1, user.text)
		}
		if err != nil {
			return nil, err
		}
	}
	if s.Data.Check != nil {
		blob.MeterOf(ctx).Stage("checking", blob.Amount{})
		if err := s.Data.Check(ctx, before, after); err != nil {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			return nil, &ingestError{finspace.ErrorDetailsValidation, err.Error(), err}
		}
	}
	return after, nil
}

func (s *Service) applyDelete(t *blob.Tree, dbPath string) (*blob.Tree, error) {
	p := strings.Trim(dbPath, "/")
	if p == "" {
		return s.Data.Blobs.EmptyTree(), nil
	}
	return t.Remove(p)
}

type ingestTotals struct{ files, bytes int64 }

func (t *ingestTotals) add(size int64) error {
	t.files++
	t.bytes += size
	if t.files > maxChangesetFiles || size > maxChangesetFile || t.bytes > maxChangesetBytes {
		return &ingestError{finspace.ErrorDetailsServiceQuotaExceeded,
			fmt.Sprintf("A changeset has at most %d files of at most 1 TB, 5 TB together.", maxChangesetFiles), nil}
	}
	return nil
}

// applyPut lays an object, or all objects under a prefix, into the tree.
func (s *Service) applyPut(ctx context.Context, t *blob.Tree, r finspace.ChangeRequest, total *ingestTotals) (*blob.Tree, error) {
	bucket, k := splitS3(*r.S3Path)
	under := strings.Trim(*r.DbPath, "/")
	var found []placed
	single := k != "" && !strings.HasSuffix(k, "/")
	if single {
		found = []placed{{key: k, path: path.Join(under, path.Base(k))}}
	} else {
		var err error
		if found, err = s.listPut(ctx, bucket, k, under, total); err != nil {
			return nil, err
		}
	}
	if single {
		blob.MeterOf(ctx).Expect(1, 0)
	}
	if err := s.fetch(ctx, bucket, found); err != nil {
		return nil, err
	}
	if single { // what a listing has said of others
		blob.MeterOf(ctx).Expect(0, found[0].ref.Size)
		if err := total.add(found[0].ref.Size); err != nil {
			return nil, err
		}
	}
	files := make([]blob.TreeFile, len(found))
	for i, f := range found {
		files[i] = blob.TreeFile{Path: f.path, Ref: f.ref}
	}
	return putFiles(t, files)
}

// putFiles lays files into a tree. Errors: *ingestError for a path that cannot be.
func putFiles(t *blob.Tree, files []blob.TreeFile) (*blob.Tree, error) {
	next, err := t.PutAll(files)
	var bad *blob.PathError
	if errors.As(err, &bad) {
		return nil, &ingestError{finspace.ErrorDetailsValidation, fmt.Sprintf("The file /%s cannot be put: %s.", bad.Path, bad.Why), err}
	}
	return next, err
}

// placed is an object and the path it is to have in the database.
type placed struct {
	key, path string
	ref       blob.Ref
}

func (s *Service) listPut(ctx context.Context, bucket, prefix, under string, total *ingestTotals) ([]placed, error) {
	var found []placed
	for o, err := range s.Data.Objects.List(ctx, bucket, prefix) {
		if err != nil {
			return nil, s.sourceError(bucket, prefix, err)
		}
		rest := strings.TrimPrefix(o.Key, prefix)
		if rest == "" || strings.HasSuffix(rest, "/") {
			continue // the marker that consoles put for a folder
		}
		if err := total.add(o.Size); err != nil {
			return nil, err
		}
		p := rest
		if under != "" {
			p = under + "/" + rest
		}
		found = append(found, placed{key: o.Key, path: p})
		blob.MeterOf(ctx).Expect(1, o.Size)
	}
	if len(found) == 0 {
		return nil, &ingestError{finspace.ErrorDetailsResourceNotFound, fmt.Sprintf("There is nothing under s3://%s/%s.", bucket, prefix), nil}
	}
	return found, nil
}

func (s *Service) fetch(ctx context.Context, bucket string, found []placed) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(fetchers)
	for i := range found {
		g.Go(func() error {
			inner, end := blob.MeterOf(ctx).File(ctx)
			ref, err := s.Data.Objects.Fetch(inner, s.Data.Blobs, bucket, found[i].key, "")
			if err != nil {
				return s.sourceError(bucket, found[i].key, err)
			}
			found[i].ref = ref
			end(ref.Size)
			if s.Data.Fetched != nil {
				s.Data.Fetched(ref.Size)
			}
			return nil
		})
	}
	return g.Wait()
}

// sourceError tells the user what kept an object, or a listing, from being read.
func (s *Service) sourceError(bucket, k string, err error) error {
	at := "s3://" + bucket + "/" + k
	switch {
	case errors.Is(err, s3.ErrNoObject):
		return &ingestError{finspace.ErrorDetailsResourceNotFound, "There is no " + at + ".", err}
	case errors.Is(err, s3.ErrRefused):
		return &ingestError{finspace.ErrorDetailsAccessDenied, "The S3 server does not let this server read " + at + ".", err}
	case errors.Is(err, s3.ErrUnavailable):
		return &ingestError{finspace.ErrorDetailsThrottling, "The S3 server could not be asked for " + at + ". Make the changeset again later.", err}
	}
	return err
}

// completeChangeset makes the tree the database's, in one transaction. What is
// new of it is laid out first, so that a dataview of it has only links to make.
func (s *Service) completeChangeset(ctx context.Context, k string, t *blob.Tree) error {
	meter := blob.MeterOf(ctx)
	meter.Stage("waiting for the disk", blob.Amount{})
	h, err := t.Save(ctx)
	if err != nil {
		return err
	}
	if err := s.Data.Blobs.Sync(ctx); err != nil {
		return err
	}
	meter.Stage("laying out", blob.Amount{})
	if t, err = s.Data.Blobs.Tree(h); err != nil { // with the names of its folders
		return err
	}
	s.layouts.RLock() // until the database's record names it
	defer s.layouts.RUnlock()
	if err := t.Share(ctx, s.treeCache()); err != nil {
		return err
	}
	return ignoreNotFound(s.Store.Update(ctx, func(tx store.Tx) error {
		c, err := changesets.Get(tx, k)
		if err != nil {
			return err // the database was deleted meanwhile
		}
		d, err := databases.Get(tx, key(c.Environment, c.Database))
		if err != nil {
			return err
		}
		c.Status, c.Tree, c.ActiveFrom = finspace.ChangesetStatusCompleted, h, tx.Now()
		d.Head, d.HeadID, d.Updated = h, c.ID, tx.Now()
		d.Changesets++
		d.Files, d.Bytes = t.Files(), t.Bytes()
		return errors.Join(changesets.Put(tx, k, c), openChangesets.Delete(tx, k), databases.Put(tx, key(d.Environment, d.Name), d), followHead(tx, d))
	}))
}

const maxErrorMessage = 1000 // the model's

func (s *Service) failChangeset(ctx context.Context, k string, why *ingestError) error {
	text := why.text
	if r := []rune(text); len(r) > maxErrorMessage {
		text = string(r[:maxErrorMessage-1]) + "…"
	}
	err := ignoreNotFound(s.Store.Update(ctx, func(tx store.Tx) error {
		c, err := changesets.Get(tx, k)
		if err != nil {
			return err
		}
		c.Status, c.Error = finspace.ChangesetStatusFailed, &finspace.ErrorInfo{ErrorType: why.kind, ErrorMessage: &text}
		return errors.Join(changesets.Put(tx, k, c), openChangesets.Delete(tx, k))
	}))
	if err == nil && why.kind == finspace.ErrorDetailsInternalServiceException {
		return lifecycle.Terminal(why.err) // for the operators
	}
	return err
}
