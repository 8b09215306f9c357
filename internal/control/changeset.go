package control

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/blob"
	"github.com/quoinhq/quoin/internal/store"
)

// changesets holds the changesets of all databases under ENVID/DATABASE/ID.
// Ids rise with time, so that the order of keys is that of making.
var changesets = store.Table[changeset]{Kind: "changeset"}

// openChangesets holds those that have not ended, under the same keys, so that
// finding whose turn it is does not read a database's whole history.
var openChangesets = store.Table[openChangeset]{Kind: KindOpenChangeset}

// KindOpenChangeset is what the controller of changesets listens to.
const KindOpenChangeset store.Kind = "changeset-open"

type openChangeset struct {
	Running bool `json:"running,omitempty"`
}

// changeset is one change of a database: what was asked for, and once it
// completed the whole tree that it led to.
type changeset struct {
	Environment string                   `json:"env"`
	Database    string                   `json:"db"`
	ID          string                   `json:"id"`
	Requests    []finspace.ChangeRequest `json:"requests"`
	Status      finspace.ChangesetStatus `json:"status"`
	Error       *finspace.ErrorInfo      `json:"error,omitempty"`
	Created     time.Time                `json:"created"`
	ActiveFrom  time.Time                `json:"activeFrom,omitzero"`
	Tree        blob.Hash                `json:"tree,omitzero"`
	Local       blob.Hash                `json:"local,omitzero"`  // what the database is to become, in place of Requests
	Trees       []blob.Hash              `json:"trees,omitempty"` // for each of Requests, the files that it puts instead of those in S3; zero is none
}

func (c *changeset) key() string { return key(c.Environment, c.Database, c.ID) }

const changesetIDLength = 22

// newChangesetID makes an id of 22 letters and digits that sorts after last.
func newChangesetID(now time.Time, last string) string {
	const stamp = 11 // digits of base 36 for microseconds, enough until the year 6000
	n := now.UnixMicro()
	if len(last) == changesetIDLength {
		if m, err := strconv.ParseInt(last[:stamp], 36, 64); err == nil && m >= n {
			n = m + 1
		}
	}
	return fmt.Sprintf("%0*s%s", stamp, strconv.FormatInt(n, 36), strings.ToLower(rand.Text())[:changesetIDLength-stamp])
}

// CreateKxChangeset implements [api.Service].
func (s *Service) CreateKxChangeset(ctx context.Context, in *finspace.CreateKxChangesetInput) (*finspace.CreateKxChangesetOutput, error) {
	if err := checkChangeRequests(in.ChangeRequests); err != nil {
		return nil, err
	}
	if err := s.mayRead(ctx, in.ChangeRequests); err != nil {
		return nil, err
	}
	return change(ctx, s, "CreateKxChangeset", in, in.ClientToken, func(tx store.Tx) (*finspace.CreateKxChangesetOutput, error) {
		c, err := s.newChangeset(tx, &changeset{Environment: *in.EnvironmentId, Database: *in.DatabaseName, Requests: in.ChangeRequests})
		if err != nil {
			return nil, err
		}
		return &finspace.CreateKxChangesetOutput{
			ChangesetId: &c.ID, DatabaseName: &c.Database, EnvironmentId: &c.Environment, ChangeRequests: c.Requests,
			CreatedTimestamp: millis(c.Created), LastModifiedTimestamp: millis(c.Created), Status: c.Status,
		}, nil
	})
}

// newChangeset records a changeset that is to be imported.
func (s *Service) newChangeset(tx store.Tx, c *changeset) (*changeset, error) {
	if err := s.usableEnvironment(tx, c.Environment); err != nil {
		return nil, err
	}
	d, err := find(tx, databases, "database", c.Environment, c.Database)
	if err != nil {
		return nil, err
	}
	if err := checkFirst(tx, d, c.Requests); err != nil {
		return nil, err
	}
	c.ID = newChangesetID(tx.Now(), d.LastID)
	c.Status, c.Created = finspace.ChangesetStatusPending, tx.Now()
	d.LastID = c.ID
	return c, errors.Join(changesets.Put(tx, c.key(), c), openChangesets.Put(tx, c.key(), &openChangeset{}), databases.Put(tx, key(d.Environment, d.Name), d))
}

// checkFirst makes sure that the first changeset of a database deletes nothing.
// One is the first while none before it has completed or still may.
func checkFirst(tx store.Tx, d *database, reqs []finspace.ChangeRequest) error {
	i := slices.IndexFunc(reqs, func(r finspace.ChangeRequest) bool { return r.ChangeType == finspace.ChangeTypeDelete })
	if i < 0 || d.HeadID != "" {
		return nil
	}
	n, err := tx.Count(KindOpenChangeset, key(d.Environment, d.Name)+"/")
	if err != nil || n > 0 {
		return err
	}
	return finspace.NewValidationException(fmt.Sprintf("changeRequests.%d.changeType: the first changeset of a database cannot delete anything.", i+1))
}

// checkChangeRequests checks what the model does not say. Source: API
// reference, CreateKxChangeset.
func checkChangeRequests(reqs []finspace.ChangeRequest) error {
	for i, r := range reqs {
		bad := func(member, rule string) error {
			return finspace.NewValidationException(fmt.Sprintf("changeRequests.%d.%s: %s", i+1, member, rule))
		}
		db, s3 := finspace.Value(r.DbPath), finspace.Value(r.S3Path)
		switch {
		case r.ChangeType == finspace.ChangeTypePut && s3 == "":
			return bad("s3Path", "a change of type PUT needs the path of an object or, ending in '/', of a folder.")
		case r.ChangeType == finspace.ChangeTypeDelete && s3 != "":
			return bad("s3Path", "a change of type DELETE takes no s3Path.")
		case !strings.HasPrefix(db, "/"):
			return bad("dbPath", "the path must begin with '/'.")
		case !strings.HasSuffix(db, "/") && r.ChangeType == finspace.ChangeTypePut:
			return bad("dbPath", "the path must end with '/': a folder is put under it, a file into it.")
		case strings.ContainsAny(db, "*?"):
			return bad("dbPath", "wildcards belong in dataviews, not in changesets.")
		}
		var wrong *blob.PathError
		if p := strings.Trim(db, "/"); p != "" && errors.As(blob.CheckPath(p), &wrong) {
			return bad("dbPath", "the path cannot be one of a database: "+wrong.Why+".")
		}
	}
	return nil
}

// mayRead makes sure that the caller may read what is to be imported: the
// service checked the caller's permissions on the bucket besides its own.
// Source: user guide, permissions-managed-kdb.
func (s *Service) mayRead(ctx context.Context, reqs []finspace.ChangeRequest) error {
	for _, r := range reqs {
		if r.ChangeType != finspace.ChangeTypePut {
			continue
		}
		bucket, k := splitS3(*r.S3Path)
		if k == "" || strings.HasSuffix(k, "/") {
			if err := s.Data.Authorize(ctx, "s3:ListBucket", "arn:aws:s3:::"+bucket); err != nil {
				return err
			}
			k += "*"
		}
		if err := s.Data.Authorize(ctx, "s3:GetObject", "arn:aws:s3:::"+bucket+"/"+k); err != nil {
			return err
		}
	}
	return nil
}

// splitS3 takes an s3:// path apart.
func splitS3(path string) (bucket, key string) {
	bucket, key, _ = strings.Cut(strings.TrimPrefix(path, "s3://"), "/")
	return bucket, key
}

// findChangeset reads a changeset. Errors: ResourceNotFoundException.
func findChangeset(tx store.Tx, env, db, id string) (*changeset, error) {
	c, err := changesets.Get(tx, key(env, db, id))
	if !errors.Is(err, store.ErrNotFound) {
		return c, err
	}
	if _, err := find(tx, databases, "database", env, db); err != nil {
		return nil, err
	}
	return nil, finspace.NewResourceNotFoundException("The database " + db + " has no changeset " + id + ".")
}

// GetKxChangeset implements [api.Service].
func (s *Service) GetKxChangeset(ctx context.Context, in *finspace.GetKxChangesetInput) (*finspace.GetKxChangesetOutput, error) {
	return view(ctx, s, func(tx store.Tx) (*finspace.GetKxChangesetOutput, error) {
		c, err := findChangeset(tx, *in.EnvironmentId, *in.DatabaseName, *in.ChangesetId)
		if err != nil {
			return nil, err
		}
		return &finspace.GetKxChangesetOutput{
			ChangesetId: &c.ID, DatabaseName: &c.Database, EnvironmentId: &c.Environment, ChangeRequests: c.Requests,
			CreatedTimestamp: millis(c.Created), ActiveFromTimestamp: c.activeFrom(),
			LastModifiedTimestamp: millis(c.Created), // it stayed so with the service
			Status:                c.Status, ErrorInfo: c.Error,
		}, nil
	})
}

// ListKxChangesets implements [api.Service], the newest first.
func (s *Service) ListKxChangesets(ctx context.Context, in *finspace.ListKxChangesetsInput) (*finspace.ListKxChangesetsOutput, error) {
	return view(ctx, s, func(tx store.Tx) (*finspace.ListKxChangesetsOutput, error) {
		env, db := *in.EnvironmentId, *in.DatabaseName
		if _, err := find(tx, databases, "database", env, db); err != nil {
			return nil, err
		}
		found, next, err := page(s, tx, listing[changeset]{
			operation: "ListKxChangesets", table: changesets, prefix: key(env, db) + "/", reverse: true,
			maxResults: in.MaxResults, nextToken: in.NextToken,
		})
		if err != nil {
			return nil, err
		}
		out := &finspace.ListKxChangesetsOutput{NextToken: next, KxChangesets: make([]finspace.KxChangesetListEntry, 0, len(found))}
		for _, f := range found {
			out.KxChangesets = append(out.KxChangesets, finspace.KxChangesetListEntry{
				ChangesetId: &f.Rec.ID, CreatedTimestamp: millis(f.Rec.Created), ActiveFromTimestamp: f.Rec.activeFrom(),
				LastModifiedTimestamp: millis(f.Rec.Created), Status: f.Rec.Status,
			})
		}
		return out, nil
	})
}

func (c *changeset) activeFrom() *time.Time {
	if c.ActiveFrom.IsZero() {
		return nil
	}
	return millis(c.ActiveFrom)
}
