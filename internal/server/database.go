package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/blob"
	"github.com/quoinhq/quoin/internal/dbdiff"
	"github.com/quoinhq/quoin/internal/iam"
	"github.com/quoinhq/quoin/internal/s3"
)

// ExportRequest asks for a database as a folder of the server's machine.
type ExportRequest struct {
	Environment, Database string
	Changeset             string // "" is the last one that completed
	Folder                string // absolute; must not exist
}

// ImportRequest asks for a changeset that makes the database what a folder of
// the server's machine holds.
type ImportRequest struct {
	Environment, Database string
	Folder                string // absolute
}

// ImportReply names the changeset, which ends as any other does.
type ImportReply struct{ Changeset string }

// DiffRequest asks what changed between two changesets.
type DiffRequest struct {
	Environment, Database string
	From, To              string // changesets; "" is the last one that completed
}

// DiffReply lists the changes in the order of folders.
type DiffReply struct{ Changes []dbdiff.Change }

// CollectRequest asks that content which nothing names be removed.
type CollectRequest struct{ DryRun bool }

// request reads the body of an operator call.
func request[T any](x *exchange) (in T, err error) {
	if err := json.Unmarshal(x.body, &in); err != nil {
		return in, finspace.NewValidationException("The request is not what this server understands.")
	}
	return in, nil
}

func (s *Server) exportDatabase(x *exchange) (any, error) {
	in, err := request[ExportRequest](x)
	if err != nil {
		return nil, err
	}
	iam.EnvFrom(x.ctx).Resource = s.arns().Database(in.Environment, in.Database)
	if !filepath.IsAbs(in.Folder) {
		return nil, finspace.NewValidationException("The folder needs an absolute path.")
	}
	if _, err := os.Lstat(in.Folder); !errors.Is(err, fs.ErrNotExist) {
		return nil, finspace.NewValidationException(in.Folder + ": there is something already, or it cannot be reached.")
	}
	if _, err := os.Stat(filepath.Dir(in.Folder)); err != nil {
		return nil, finspace.NewValidationException(filepath.Dir(in.Folder) + ": the server finds no such folder.")
	}
	return nil, s.control.ExportChangeset(x.ctx, in.Environment, in.Database, in.Changeset, in.Folder)
}

func (s *Server) importDatabase(x *exchange) (any, error) {
	in, err := request[ImportRequest](x)
	if err != nil {
		return nil, err
	}
	iam.EnvFrom(x.ctx).Resource = s.arns().Database(in.Environment, in.Database)
	if fi, err := os.Stat(in.Folder); !filepath.IsAbs(in.Folder) || err != nil || !fi.IsDir() {
		return nil, finspace.NewValidationException(in.Folder + ": the server finds no such folder.")
	}
	id, err := s.control.ImportFolder(x.ctx, in.Environment, in.Database, in.Folder)
	var unread *blob.ScanError
	var path *blob.PathError
	switch { // the caller is the operator, whose machine it is
	case errors.As(err, &unread):
		err = finspace.NewValidationException(strings.TrimPrefix(unread.Error(), "blob: "))
	case errors.As(err, &path):
		err = finspace.NewValidationException(in.Folder + "/" + path.Path + " cannot be in a database: " + path.Why + ".")
	}
	return ImportReply{id}, err
}

func (s *Server) diffDatabase(x *exchange) (any, error) {
	in, err := request[DiffRequest](x)
	if err != nil {
		return nil, err
	}
	iam.EnvFrom(x.ctx).Resource = s.arns().Database(in.Environment, in.Database)
	var trees [2]*blob.Tree
	for i, id := range []string{in.From, in.To} {
		if trees[i], err = s.control.ChangesetTree(x.ctx, in.Environment, in.Database, id); err != nil {
			return nil, err
		}
	}
	changes, err := dbdiff.Compare(s.blobs, trees[0], trees[1])
	return DiffReply{changes}, err
}

// collectGarbage removes content that no object, changeset or dataview names,
// and first the folders that dataviews have shared and do not show any more.
// What is open, and what is laid out somewhere, stays readable: those are names
// of their own.
func (s *Server) collectGarbage(x *exchange) (any, error) {
	in, err := request[CollectRequest](x)
	if err != nil {
		return nil, err
	}
	if !in.DryRun {
		blob.MeterOf(x.ctx).Stage("removing folders that nothing shows", blob.Amount{})
		if err := s.control.PruneLayouts(x.ctx); err != nil {
			return nil, fmt.Errorf("collect: %w", err)
		}
	}
	g, err := s.blobs.Collect(x.ctx, in.DryRun, s.live)
	if err != nil {
		return nil, fmt.Errorf("collect: %w", err)
	}
	return g, nil
}

func (s *Server) live(ctx context.Context) (func(blob.Hash) bool, error) {
	named, entered := map[blob.Hash]bool{}, map[blob.Hash]bool{}
	mark := func(h blob.Hash) { named[h] = true }
	enter := func(h blob.Hash) bool {
		first := !entered[h]
		named[h], entered[h] = true, true
		return first
	}
	if err := s3.Live(ctx, s.store, mark); err != nil {
		return nil, err
	}
	if err := s.control.Live(ctx, enter, mark); err != nil {
		return nil, err
	}
	return func(h blob.Hash) bool { return named[h] }, nil
}
