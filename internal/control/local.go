package control

import (
	"context"
	"fmt"
	"path"
	"strings"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/blob"
	"github.com/quoinhq/quoin/internal/store"
)

// LocalChange is one change of a changeset that is made of files of a cluster
// instead of objects in S3.
type LocalChange struct {
	Type   finspace.ChangeType
	Path   string     // in the database, as a ChangeRequest's DbPath
	Source string     // what the files were called, to be shown
	Files  *blob.Tree // what a PUT lays below Path
}

// ImportFiles makes a changeset of files that are stored already; the caller
// holds a lease on them. It returns the changeset's id, which ends as any other
// does. Errors: those of CreateKxChangeset.
func (s *Service) ImportFiles(ctx context.Context, env, db string, changes []LocalChange) (string, error) {
	c := &changeset{Environment: env, Database: db}
	for i, ch := range changes {
		r := finspace.ChangeRequest{ChangeType: ch.Type, DbPath: &changes[i].Path}
		var h blob.Hash
		if ch.Type == finspace.ChangeTypePut {
			if ch.Files == nil {
				return "", finspace.NewValidationException(fmt.Sprintf("changeRequests.%d: a change of type PUT needs files.", i+1))
			}
			var err error
			if h, err = ch.Files.Save(ctx); err != nil {
				return "", err
			}
			r.S3Path = &changes[i].Source
		}
		c.Requests, c.Trees = append(c.Requests, r), append(c.Trees, h)
	}
	if err := checkChangeRequests(c.Requests); err != nil {
		return "", err
	}
	if err := s.Data.Blobs.Sync(ctx); err != nil {
		return "", err
	}
	var id string
	err := s.Store.Update(ctx, func(tx store.Tx) error {
		made, err := s.newChangeset(tx, c)
		if err != nil {
			return err
		}
		id = made.ID
		return nil
	})
	return id, err
}

// applyFiles lays a stored tree below a path of the database.
func (s *Service) applyFiles(t *blob.Tree, h blob.Hash, dbPath string, total *ingestTotals) (*blob.Tree, error) {
	put, err := s.Data.Blobs.Tree(h)
	if err != nil {
		return nil, err
	}
	var files []blob.TreeFile
	for f, err := range put.Walk() {
		if err != nil {
			return nil, err
		}
		if err := total.add(f.Size); err != nil {
			return nil, err
		}
		f.Path = path.Join(strings.Trim(dbPath, "/"), f.Path)
		files = append(files, f)
	}
	return putFiles(t, files)
}
