package node

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/blob"
	"github.com/quoinhq/quoin/internal/control"
	"github.com/quoinhq/quoin/internal/s3"
	"github.com/quoinhq/quoin/kdb"
)

// permit asks whether the execution role may do action on a database.
func (r *request) permit(ctx context.Context, action, db string) error {
	if err := r.Authorize(ctx, r.from.Role, r.from.Cluster, action, r.ARNs.Database(r.from.Environment, db)); err != nil {
		return denied(err)
	}
	return nil
}

// createChangeset makes a changeset of what lies in S3, or of files and folders
// that the node sees.
func createChangeset(ctx context.Context, r *request) (kdb.Value, error) {
	db, reqs := r.text(0), rows(r.arg(1))
	if len(reqs) == 0 {
		return nil, invalid("the change requests are a table of input_path, database_path and change_type.")
	}
	var remote []finspace.ChangeRequest
	var local []control.LocalChange
	lease := r.Blobs.Lease()
	defer lease.Release()
	for _, q := range reqs {
		c := finspace.ChangeRequest{
			ChangeType: finspace.ChangeType(str(member(q, "change_type", "changeType"))),
			DbPath:     optional(str(member(q, "database_path", "dbPath"))),
			S3Path:     optional(str(member(q, "input_path", "s3Path"))),
		}
		remote = append(remote, c)
		if c.ChangeType == finspace.ChangeTypePut && !strings.HasPrefix(finspace.Value(c.S3Path), "s3://") {
			if err := r.permit(ctx, "finspace:CreateKxChangeset", db); err != nil {
				return nil, err
			}
			t, err := r.scan(ctx, finspace.Value(c.S3Path))
			if err != nil {
				return nil, err
			}
			local = append(local, control.LocalChange{Type: c.ChangeType, Path: finspace.Value(c.DbPath), Source: finspace.Value(c.S3Path), Files: t})
			continue
		}
		local = append(local, control.LocalChange{Type: c.ChangeType, Path: finspace.Value(c.DbPath)})
	}
	if len(remote) == 1 || !anyFiles(local) {
		if !anyFiles(local) {
			out, err := r.client.CreateKxChangeset(ctx, &finspace.CreateKxChangesetInput{EnvironmentId: r.env(), DatabaseName: &db, ChangeRequests: remote})
			if err != nil {
				return nil, err
			}
			return changesetDict(finspace.Value(out.ChangesetId), string(out.Status)), nil
		}
	}
	for i, c := range local {
		if c.Files == nil && c.Type == finspace.ChangeTypePut {
			return nil, invalid(fmt.Sprintf("request %d: local files and s3 paths cannot be in one changeset.", i+1))
		}
	}
	id, err := r.Files.ImportFiles(ctx, r.from.Role, r.from.Environment, db, local)
	if err != nil {
		return nil, err
	}
	return changesetDict(id, string(finspace.ChangesetStatusPending)), nil
}

func anyFiles(changes []control.LocalChange) bool {
	for _, c := range changes {
		if c.Files != nil {
			return true
		}
	}
	return false
}

func changesetDict(id, status string) kdb.Value {
	return dictionary([]string{"id", "status"}, []kdb.Value{kdb.Str(id), kdb.Str(status)})
}

// scan stores a file or folder that the node sees, as it will be below the path
// of its change: a file under its own name, a folder by what is in it.
func (r *request) scan(ctx context.Context, name string) (*blob.Tree, error) {
	missing := finspace.NewResourceNotFoundException("There is no file or folder " + name + ".")
	at, err := r.from.Path(strings.TrimPrefix(name, ":"), false)
	if err != nil {
		return nil, missing
	}
	st, err := os.Stat(at)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, missing
	}
	if err != nil {
		return nil, fmt.Errorf("node: %w", err)
	}
	if st.IsDir() {
		return r.Blobs.Scan(ctx, at)
	}
	f, err := os.Open(at)
	if err != nil {
		return nil, fmt.Errorf("node: %w", err)
	}
	defer f.Close()
	ref, err := r.Blobs.Ingest(ctx, f)
	if err != nil {
		return nil, err
	}
	return r.Blobs.EmptyTree().Put(path.Base(name), ref)
}

func getChangeset(ctx context.Context, r *request) (kdb.Value, error) {
	out, err := r.client.GetKxChangeset(ctx, &finspace.GetKxChangesetInput{
		EnvironmentId: r.env(), DatabaseName: optional(r.text(0)), ChangesetId: optional(r.text(1)),
	})
	if err != nil {
		return nil, err
	}
	return changesetDict(finspace.Value(out.ChangesetId), string(out.Status)), nil
}

// getLatestSymFile copies the newest sym file of a database into a folder. A
// database that has none yet is no error: the first day has none.
func getLatestSymFile(ctx context.Context, r *request) (kdb.Value, error) {
	db, dir := r.text(0), r.text(1)
	if err := r.permit(ctx, "finspace:GetKxDatabase", db); err != nil {
		return nil, err
	}
	t, err := r.Files.ChangesetTree(ctx, r.from.Environment, db, "")
	if err != nil {
		return nil, err
	}
	n, err := t.Get("sym")
	if errors.Is(err, blob.ErrNotFound) {
		return kdb.Str(""), nil
	}
	if err != nil {
		return nil, err
	}
	to := strings.TrimSuffix(dir, "/") + "/sym"
	if err := r.copyOut(n.Hash, to); err != nil {
		return nil, err
	}
	return kdb.Str(to), nil
}

// copyOut writes a stored file to a path that the node may write to.
func (r *request) copyOut(h blob.Hash, name string) error {
	at, err := r.from.Path(strings.TrimPrefix(name, ":"), true)
	if err != nil {
		return finspace.NewAccessDeniedException("The cluster cannot write to " + name + ".")
	}
	if err := os.MkdirAll(filepath.Dir(at), 0o700); err != nil {
		return fmt.Errorf("node: %w", err)
	}
	in, err := r.Blobs.Open(h)
	if err != nil {
		return err
	}
	defer in.Close()
	// Whoever reads the path meanwhile has the old file or the new one.
	out, err := os.CreateTemp(filepath.Dir(at), ".copy-*")
	if err != nil {
		return fmt.Errorf("node: %w", err)
	}
	defer os.Remove(out.Name())
	_, err = io.Copy(out, in)
	if err = errors.Join(err, out.Close()); err != nil {
		return fmt.Errorf("node: %w", err)
	}
	if err := os.Rename(out.Name(), at); err != nil {
		return fmt.Errorf("node: %w", err)
	}
	return nil
}

// copyDatabaseFiles copies files of a database into a folder: one, those below
// a path that ends in "/", or those that a path ending in "*" begins.
func copyDatabaseFiles(ctx context.Context, r *request) (kdb.Value, error) {
	db, dir, dbPath, id := r.text(0), strings.TrimSuffix(r.text(1), "/"), r.text(2), r.text(3)
	if err := r.permit(ctx, "finspace:GetKxDatabase", db); err != nil {
		return nil, err
	}
	if id == "" {
		d, err := r.client.GetKxDatabase(ctx, &finspace.GetKxDatabaseInput{EnvironmentId: r.env(), DatabaseName: &db})
		if err != nil {
			return nil, err
		}
		id = finspace.Value(d.LastCompletedChangesetId)
	}
	t, err := r.Files.ChangesetTree(ctx, r.from.Environment, db, id)
	if err != nil {
		return nil, err
	}
	want := strings.TrimPrefix(dbPath, "/")
	prefix, many := strings.CutSuffix(want, "*")
	if want == "" || strings.HasSuffix(want, "/") {
		prefix, many = want, true
	}
	var paths []kdb.Value
	for f, err := range t.Walk() {
		if err != nil {
			return nil, err
		}
		if f.Path != want && !(many && strings.HasPrefix(f.Path, prefix)) {
			continue
		}
		to := dir + "/" + f.Path
		if err := r.copyOut(f.Hash, to); err != nil {
			return nil, err
		}
		paths = append(paths, kdb.Str(to))
	}
	if len(paths) == 0 {
		return nil, finspace.NewResourceNotFoundException("The database " + db + " has no file " + dbPath + ".")
	}
	return dictionary([]string{"database_name", "changeset_id", "result_paths"},
		[]kdb.Value{kdb.Str(db), kdb.Str(id), kdb.NewList(paths...)}), nil
}

// commitDatabase makes a changeset of a writable dataview as it is now.
func commitDatabase(ctx context.Context, r *request) (kdb.Value, error) {
	db := r.text(0)
	if err := r.permit(ctx, "finspace:CreateKxChangeset", db); err != nil {
		return nil, err
	}
	at, err := r.from.Path("/opt/kx/app/db/"+db, true)
	if err != nil {
		return nil, finspace.NewAccessDeniedException("The cluster has no writable dataview of the database " + db + ".")
	}
	lease := r.Blobs.Lease()
	defer lease.Release()
	t, err := r.Blobs.Scan(ctx, at)
	if err != nil {
		return nil, err
	}
	id, err := r.Files.ImportFiles(ctx, r.from.Role, r.from.Environment, db, []control.LocalChange{
		{Type: finspace.ChangeTypeDelete, Path: "/"},
		{Type: finspace.ChangeTypePut, Path: "/", Source: "/opt/kx/app/db/" + db + "/", Files: t},
	})
	if err != nil {
		return nil, err
	}
	return changesetDict(id, string(finspace.ChangesetStatusPending)), nil
}

// getObject copies an object of S3 into a folder.
func getObject(ctx context.Context, r *request) (kdb.Value, error) {
	src, dir := r.text(0), strings.TrimSuffix(r.text(1), "/")
	rest, ok := strings.CutPrefix(src, "s3://")
	if !ok {
		rest, ok = strings.CutPrefix(src, "arn:aws:s3:::")
	}
	bucket, key, found := strings.Cut(rest, "/")
	if !ok || !found || key == "" {
		return nil, invalid(src + " is neither the URI nor the ARN of an object.")
	}
	if err := r.Authorize(ctx, r.from.Role, r.from.Cluster, "s3:GetObject", "arn:aws:s3:::"+bucket+"/"+key); err != nil {
		return nil, denied(err)
	}
	lease := r.Blobs.Lease()
	defer lease.Release()
	ref, err := r.Objects.Fetch(ctx, r.Blobs, bucket, key, "")
	if errors.Is(err, s3.ErrNoObject) {
		return nil, finspace.NewResourceNotFoundException("There is no object " + src + ".")
	}
	if err != nil {
		return nil, err
	}
	to := dir + "/" + path.Base(key)
	if err := r.copyOut(ref.Hash, to); err != nil {
		return nil, err
	}
	return table([]string{"s3ObjectPath", "containerFileDestinationPath"}, [][]kdb.Value{{kdb.Str(src)}, {kdb.Str(to)}}), nil
}
