package control

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/blob"
	"github.com/quoinhq/quoin/internal/store"
)

var databases = store.Table[database]{Kind: KindDatabase}

// database is a sequence of changesets, each a folder tree. Head is the tree
// of the last one that completed.
type database struct {
	Environment string    `json:"env"`
	Name        string    `json:"name"`
	Description string    `json:"description,omitempty"`
	Created     time.Time `json:"created"`
	Updated     time.Time `json:"updated"`

	Head       blob.Hash `json:"head"` // zero while no changeset has completed
	HeadID     string    `json:"headId,omitempty"`
	LastID     string    `json:"lastId,omitempty"` // of the changeset made last, whatever became of it
	Changesets int32     `json:"changesets"`       // that completed
	Files      int64     `json:"files"`
	Bytes      int64     `json:"bytes"`
}

// CreateKxDatabase implements [api.Service].
func (s *Service) CreateKxDatabase(ctx context.Context, in *finspace.CreateKxDatabaseInput) (*finspace.CreateKxDatabaseOutput, error) {
	return change(ctx, s, "CreateKxDatabase", in, in.ClientToken, func(tx store.Tx) (*finspace.CreateKxDatabaseOutput, error) {
		env, name := *in.EnvironmentId, *in.DatabaseName
		taken := finspace.NewResourceAlreadyExistsException("The environment " + env + " already has a database " + name + ".")
		if err := fresh(s, tx, databases, QuotaDatabases, env, name, taken); err != nil {
			return nil, err
		}
		d := &database{Environment: env, Name: name, Description: finspace.Value(in.Description), Created: tx.Now(), Updated: tx.Now()}
		if err := databases.Put(tx, key(env, name), d); err != nil {
			return nil, err
		}
		if err := s.putTags(tx, s.ARNs.Database(env, name), in.Tags); err != nil {
			return nil, err
		}
		return &finspace.CreateKxDatabaseOutput{
			DatabaseName: &name, DatabaseArn: ptr(s.ARNs.Database(env, name)), EnvironmentId: &env, Description: orNil(d.Description),
			CreatedTimestamp: millis(d.Created), LastModifiedTimestamp: millis(d.Updated),
		}, nil
	})
}

// GetKxDatabase implements [api.Service].
func (s *Service) GetKxDatabase(ctx context.Context, in *finspace.GetKxDatabaseInput) (*finspace.GetKxDatabaseOutput, error) {
	return view(ctx, s, func(tx store.Tx) (*finspace.GetKxDatabaseOutput, error) {
		d, err := find(tx, databases, "database", *in.EnvironmentId, *in.DatabaseName)
		if err != nil {
			return nil, err
		}
		return &finspace.GetKxDatabaseOutput{
			DatabaseName: &d.Name, DatabaseArn: ptr(s.ARNs.Database(d.Environment, d.Name)), EnvironmentId: &d.Environment,
			Description: orNil(d.Description), CreatedTimestamp: millis(d.Created), LastModifiedTimestamp: millis(d.Updated),
			LastCompletedChangesetId: orNil(d.HeadID), NumBytes: &d.Bytes, NumChangesets: &d.Changesets,
			NumFiles: ptr(int32(min(d.Files, math.MaxInt32))),
		}, nil
	})
}

// ListKxDatabases implements [api.Service], in the order of names.
func (s *Service) ListKxDatabases(ctx context.Context, in *finspace.ListKxDatabasesInput) (*finspace.ListKxDatabasesOutput, error) {
	return view(ctx, s, func(tx store.Tx) (*finspace.ListKxDatabasesOutput, error) {
		if _, err := findEnvironment(tx, *in.EnvironmentId); err != nil {
			return nil, err
		}
		found, next, err := page(s, tx, listing[database]{
			operation: "ListKxDatabases", table: databases, prefix: *in.EnvironmentId + "/",
			maxResults: in.MaxResults, nextToken: in.NextToken,
		})
		if err != nil {
			return nil, err
		}
		out := &finspace.ListKxDatabasesOutput{NextToken: next, KxDatabases: make([]finspace.KxDatabaseListEntry, 0, len(found))}
		for _, f := range found {
			out.KxDatabases = append(out.KxDatabases, finspace.KxDatabaseListEntry{
				DatabaseName: &f.Rec.Name, CreatedTimestamp: millis(f.Rec.Created), LastModifiedTimestamp: millis(f.Rec.Updated),
			})
		}
		return out, nil
	})
}

// UpdateKxDatabase implements [api.Service]: the description, which an empty
// text takes away.
func (s *Service) UpdateKxDatabase(ctx context.Context, in *finspace.UpdateKxDatabaseInput) (*finspace.UpdateKxDatabaseOutput, error) {
	return change(ctx, s, "UpdateKxDatabase", in, in.ClientToken, func(tx store.Tx) (*finspace.UpdateKxDatabaseOutput, error) {
		d, err := find(tx, databases, "database", *in.EnvironmentId, *in.DatabaseName)
		if err != nil {
			return nil, err
		}
		if in.Description != nil {
			d.Description = *in.Description
		}
		d.Updated = tx.Now()
		if err := databases.Put(tx, key(d.Environment, d.Name), d); err != nil {
			return nil, err
		}
		return &finspace.UpdateKxDatabaseOutput{
			DatabaseName: &d.Name, EnvironmentId: &d.Environment, Description: orNil(d.Description), LastModifiedTimestamp: millis(d.Updated),
		}, nil
	})
}

// DeleteKxDatabase implements [api.Service]. Its changesets go with it. What
// is being imported is given up; what a dataview or a cluster shows is not.
func (s *Service) DeleteKxDatabase(ctx context.Context, in *finspace.DeleteKxDatabaseInput) (*finspace.DeleteKxDatabaseOutput, error) {
	return change(ctx, s, "DeleteKxDatabase", in, in.ClientToken, func(tx store.Tx) (*finspace.DeleteKxDatabaseOutput, error) {
		env, name := *in.EnvironmentId, *in.DatabaseName
		if _, err := find(tx, databases, "database", env, name); err != nil {
			return nil, err
		}
		users, err := clustersOf(tx, env, func(c *cluster) bool { return c.mounts(name, "") })
		if err != nil {
			return nil, err
		}
		if len(users) > 0 {
			return nil, inUse("database", name, users)
		}
		var views []string
		for d, err := range dataviews.List(tx, store.Query{Prefix: key(env, name) + "/"}) {
			if err != nil {
				return nil, err
			}
			views = append(views, d.Rec.Name)
		}
		if len(views) > 0 {
			return nil, finspace.NewConflictException(fmt.Sprintf("The database %s is in use by %s.", name, plural("dataview", views)), "IN_USE")
		}
		for _, kind := range []store.Kind{changesets.Kind, KindOpenChangeset} {
			for {
				n, err := deleteBatch(tx, kind, key(env, name)+"/")
				if err != nil {
					return nil, err
				}
				if n == 0 {
					break
				}
			}
		}
		return &finspace.DeleteKxDatabaseOutput{}, errors.Join(databases.Delete(tx, key(env, name)), dropTags(tx, s.ARNs.Database(env, name)))
	})
}
