package node

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/blob"
	"github.com/quoinhq/quoin/internal/control"
	"github.com/quoinhq/quoin/internal/datadir"
	"github.com/quoinhq/quoin/internal/s3"
)

// A node's folder:
//
//	app           what its q code sees as /opt/kx/app
//	  code        link to the code that counts now; read-only
//	  code_scratch, scratch
//	  db/NAME     link to the database's version that counts now
//	  shared/NAME link to the volume
//	versions      code and databases that are or were linked to; its databases
//	              link to folders that nodes share
//	tmp           what it sees as /tmp
//	boot.q        what its process runs first
//	output        what its process prints, until it has been collected
//
// Only links change while a process runs: what it has open stays as it is.

// prepare makes the folder of a node that is about to start.
func (k *keeper) prepare(ctx context.Context, spec *control.NodeSpec) error {
	k.laying.Lock()
	defer k.laying.Unlock()
	if err := datadir.RemoveAll(k.dir); err != nil {
		return err
	}
	app := filepath.Join(k.dir, "app")
	dirs := []string{app, filepath.Join(app, "db"), filepath.Join(app, "shared"), filepath.Join(k.dir, "versions"), filepath.Join(k.dir, "tmp")}
	if spec.Type == finspace.KxClusterTypeGp {
		dirs = append(dirs, filepath.Join(app, "code_scratch"))
	}
	if spec.Savedown == "" {
		dirs = append(dirs, filepath.Join(app, "scratch"))
	}
	for _, dir := range dirs {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return fmt.Errorf("node: %w", err)
		}
	}
	for _, v := range spec.Volumes {
		for _, sub := range []string{spec.Cluster, "common"} {
			if err := os.MkdirAll(filepath.Join(v.Dir, sub), 0o700); err != nil {
				return fmt.Errorf("node: volume: %w", err)
			}
		}
		if err := os.Symlink(v.Dir, filepath.Join(app, "shared", v.Name)); err != nil {
			return fmt.Errorf("node: volume: %w", err)
		}
	}
	return k.relay(ctx, spec)
}

// relay links code and databases as the specification has them now. The caller
// holds k.laying.
func (k *keeper) relay(ctx context.Context, spec *control.NodeSpec) error {
	if err := k.layCode(ctx, spec.Code); err != nil {
		return err
	}
	for _, d := range spec.Databases {
		if err := k.layDatabase(ctx, d); err != nil {
			return &bootError{"The database " + d.Name + " could not be laid out", err}
		}
	}
	return nil
}

// layCode fetches the code and links to it. A node without code has an empty
// folder.
func (k *keeper) layCode(ctx context.Context, code *finspace.CodeConfiguration) error {
	dir := filepath.Join(k.dir, "versions", "code-"+rand.Text())
	if err := os.Mkdir(dir, 0o700); err != nil {
		return fmt.Errorf("node: code: %w", err)
	}
	if code != nil && finspace.Value(code.S3Bucket) != "" {
		if err := k.fetchCode(ctx, code, dir); err != nil {
			return err
		}
	}
	return relink(dir, filepath.Join(k.dir, "app", "code"))
}

func (k *keeper) fetchCode(ctx context.Context, code *finspace.CodeConfiguration, dir string) error {
	bucket, key := finspace.Value(code.S3Bucket), finspace.Value(code.S3Key)
	lease := k.m.cfg.Blobs.Lease()
	defer lease.Release()
	ref, err := k.m.cfg.Objects.Fetch(ctx, k.m.cfg.Blobs, bucket, key, finspace.Value(code.S3ObjectVersion))
	if errors.Is(err, s3.ErrNoObject) {
		return &bootError{"There is no code " + key + " in the bucket " + bucket, err}
	}
	if err != nil {
		return fmt.Errorf("node: code: %w", err)
	}
	f, err := k.m.cfg.Blobs.Open(ref.Hash)
	if err != nil {
		return fmt.Errorf("node: code: %w", err)
	}
	defer f.Close()
	err = Unpack(f, ref.Size, dir, DefaultZipLimits())
	var bad *ZipError
	if errors.As(err, &bad) {
		return &bootError{"The code " + key + " cannot be used. " + bad.Error(), err}
	}
	return err
}

// layDatabase links to the version of a database that counts now.
func (k *keeper) layDatabase(ctx context.Context, d control.NodeDatabase) error {
	at := filepath.Join(k.dir, "app", "db", d.Name)
	switch {
	case d.Target:
		return nil
	case d.Dir != "" && (d.Writable || !k.isForeign()):
		return relink(d.Dir, at)
	case d.Dir == "" && d.Tree == (blob.Hash{}):
		return nil
	}
	t := k.m.cfg.Blobs.EmptyTree()
	if d.Tree != (blob.Hash{}) {
		var err error
		if t, err = k.m.cfg.Blobs.Tree(d.Tree); err != nil {
			return err
		}
	}
	dir := filepath.Join(k.dir, "versions", versionPrefix+d.Name+"-"+d.Changeset)
	_, err := os.Stat(dir)
	switch {
	case err == nil:
	case !errors.Is(err, fs.ErrNotExist):
	case k.isForeign(): // it sees no folder that nodes share
		err = t.Layout(ctx, dir, nil)
	default:
		err = k.layShared(ctx, t, dir)
	}
	if err != nil {
		return err
	}
	return relink(dir, at)
}

// relink makes at a link to target, in one step when there is one already.
func relink(target, at string) error {
	next := at + ".next"
	if err := os.Symlink(target, next); err != nil {
		return fmt.Errorf("node: %w", err)
	}
	if err := os.Rename(next, at); err != nil {
		return fmt.Errorf("node: %w", err)
	}
	return nil
}
