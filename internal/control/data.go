package control

import (
	"context"
	"errors"
	"path/filepath"
	"time"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/blob"
	"github.com/quoinhq/quoin/internal/lifecycle"
	"github.com/quoinhq/quoin/internal/s3"
	"github.com/quoinhq/quoin/internal/store"
)

// Data is what the operations on databases, dataviews and volumes need.
type Data struct {
	Blobs *blob.Store
	// Objects is where s3:// paths lead.
	Objects s3.Source
	// Check looks at what a changeset would make of a database before anybody
	// can see it. Its error is shown to the user. nil checks nothing.
	Check func(ctx context.Context, before, after *blob.Tree) error
	// Fetched hears of every file that an import has taken in, and its bytes.
	// nil is nobody. It is called concurrently.
	Fetched func(bytes int64)
	// Dir is the folder under which dataviews and volumes are laid out.
	Dir string
	// Authorize decides whether the caller in ctx may do action on the
	// resource of that ARN, beyond what the operation itself asks for.
	Authorize func(ctx context.Context, action, arn string) error
	// Hosts are the host types of scaling groups.
	Hosts Hosts
}

// volumeDir is the folder of a volume.
func (s *Service) volumeDir(env, name string) string {
	return filepath.Join(s.Data.Dir, "volumes", env, name)
}

// dataviewDir is the folder that a dataview's versions lie in.
func (s *Service) dataviewDir(env, database, name string) string {
	return filepath.Join(s.Data.Dir, "dataviews", env, database, name)
}

// farewells holds what is shown once more of a deleted resource: its last
// state, with status DELETED, under KIND/KEY. A client that waits for the
// deletion sees the status that it waits for, and from then on, as everybody
// else, nothing: Terraform's waiters poll twenty times more when a resource is
// gone before they have seen it DELETED, and its acceptance tests take a
// resource that is still returned for one that was not deleted.
// Source: hashicorp/terraform-provider-aws, internal/service/finspace.
func farewells[T any]() store.Table[T] { return store.Table[T]{Kind: "farewell"} }

const farewellLife = 10 * time.Minute

// sayFarewell leaves the last state of a deleted resource for one reader.
func sayFarewell[T any](tx store.Tx, kind store.Kind, k string, last *T) error {
	return farewells[T]().PutUntil(tx, key(string(kind), k), last, tx.Now().Add(farewellLife))
}

// hearFarewell takes the last state of a deleted resource. Errors: missing,
// when there is none.
func hearFarewell[T any](ctx context.Context, s *Service, kind store.Kind, k string, missing error) (*T, error) {
	var last *T
	err := s.Store.View(ctx, func(tx store.Tx) (err error) {
		last, err = farewells[T]().Get(tx, key(string(kind), k))
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return nil, missing
	}
	if err != nil {
		return nil, err
	}
	err = s.Store.Update(ctx, func(tx store.Tx) error {
		return farewells[T]().Delete(tx, key(string(kind), k))
	})
	if errors.Is(err, store.ErrNotFound) {
		return nil, missing
	}
	return last, err
}

// get reads a resource of an environment, or what is left of a deleted one.
func get[T any](ctx context.Context, s *Service, t store.Table[T], env, name string, missing error) (*T, error) {
	rec, err := view(ctx, s, func(tx store.Tx) (*T, error) {
		if _, err := findEnvironment(tx, env); err != nil {
			return nil, err
		}
		return t.Get(tx, key(env, name))
	})
	if errors.Is(err, store.ErrNotFound) {
		return hearFarewell[T](ctx, s, t.Kind, key(env, name), missing)
	}
	return rec, err
}

// find reads a resource of an environment. Errors: ResourceNotFoundException.
func find[T any](tx store.Tx, t store.Table[T], what, env, name string) (*T, error) {
	rec, err := t.Get(tx, key(env, name))
	if !errors.Is(err, store.ErrNotFound) {
		return rec, err
	}
	if _, err := findEnvironment(tx, env); err != nil {
		return nil, err
	}
	return nil, noSuch(what, env, name)
}

func noSuch(what, env, name string) error {
	return finspace.NewResourceNotFoundException("The environment " + env + " has no " + what + " " + name + ".")
}

// fresh makes sure that there may be a new resource of that name. Errors: that
// of the environment, taken, LimitExceededException.
func fresh[T any](s *Service, tx store.Tx, t store.Table[T], q Quota, env, name string, taken error) error {
	if err := s.usableEnvironment(tx, env); err != nil {
		return err
	}
	if _, err := t.Get(tx, key(env, name)); err == nil {
		return taken
	} else if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if err := s.checkQuota(tx, q, t.Kind, env); err != nil {
		return err
	}
	return ignoreNotFound(farewells[T]().Delete(tx, key(string(t.Kind), key(env, name))))
}

// errResting is what a step of reconcile returns when nothing is to be done.
var errResting = errors.New("control: at rest")

// reconcile does one step in one transaction. A resource that is gone or at
// rest needs none.
func (s *Service) reconcile(ctx context.Context, step func(store.Tx) error) (lifecycle.Result, error) {
	err := s.Store.Update(ctx, step)
	if errors.Is(err, errResting) {
		err = nil
	}
	return lifecycle.Result{}, ignoreNotFound(err)
}
