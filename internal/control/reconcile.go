package control

import (
	"context"
	"errors"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/lifecycle"
	"github.com/quoinhq/quoin/internal/store"
)

// environmentSteps is what follows each status that does not last.
var environmentSteps = map[finspace.EnvironmentStatus]func(*Service, context.Context, store.Tx, *environment) error{
	finspace.EnvironmentStatusCreateRequested: to(finspace.EnvironmentStatusCreating),
	finspace.EnvironmentStatusCreating:        to(finspace.EnvironmentStatusCreated),
	finspace.EnvironmentStatusUpdateNetworkRequested: func(_ *Service, _ context.Context, tx store.Tx, e *environment) error {
		e.Network.advance(finspace.TgwStatusUpdateRequested, finspace.TgwStatusUpdating)
		return e.enter(tx, finspace.EnvironmentStatusUpdatingNetwork)
	},
	finspace.EnvironmentStatusUpdatingNetwork: func(_ *Service, _ context.Context, tx store.Tx, e *environment) error {
		e.Network.advance(finspace.TgwStatusUpdating, finspace.TgwStatusSuccessfullyUpdated)
		return e.enter(tx, finspace.EnvironmentStatusCreated)
	},
	finspace.EnvironmentStatusDeleteRequested: to(finspace.EnvironmentStatusDeleting),
	finspace.EnvironmentStatusDeleting:        (*Service).emptyEnvironment,
}

func to(status finspace.EnvironmentStatus) func(*Service, context.Context, store.Tx, *environment) error {
	return func(_ *Service, _ context.Context, tx store.Tx, e *environment) error { return e.enter(tx, status) }
}

func (e *environment) enter(tx store.Tx, status finspace.EnvironmentStatus) error {
	e.Status, e.Updated = status, tx.Now()
	if e.gone() {
		return environments.PutUntil(tx, e.ID, e, tx.Now().Add(deletedLife))
	}
	return environments.Put(tx, e.ID, e)
}

// advance moves the connections that are in one status to the next. Both kinds
// of connection have the same statuses under two types.
func (n *network) advance(from, to finspace.TgwStatus) {
	if n.TGWStatus == from {
		n.TGWStatus = to
	}
	if n.DNSStatus == finspace.DnsStatus(from) {
		n.DNSStatus = finspace.DnsStatus(to)
	}
}

// Controllers are what moves resources from status to status; the server runs
// them. They hear of changes from the store.
func (s *Service) Controllers(hooks lifecycle.Hooks) []*lifecycle.Controller {
	run := func(r lifecycle.Func, kinds ...store.Kind) *lifecycle.Controller {
		var sources []lifecycle.Source
		for _, kind := range kinds {
			sources = append(sources, lifecycle.Source{Kind: kind})
		}
		return lifecycle.New(s.Store, r, lifecycle.Options{Hooks: hooks}, sources...)
	}
	cl := run(s.ReconcileCluster, KindCluster)
	if s.Nodes != nil {
		s.Nodes.Watch(cl.Enqueue)
	}
	return []*lifecycle.Controller{
		cl,
		run(s.ReconcileEnvironment, KindEnvironment),
		run(s.ReconcileScalingGroup, KindScalingGroup),
		run(s.ReconcileVolume, KindVolume),
		run(s.ReconcileChangeset, KindOpenChangeset),
		run(s.ReconcileDataview, KindDataview),
	}
}

// ReconcileEnvironment takes an environment one step towards a status that
// lasts. A step is one transaction, so that a server that stops between two
// steps goes on where it was; as it changes the record, the next one follows.
func (s *Service) ReconcileEnvironment(ctx context.Context, id string) (lifecycle.Result, error) {
	resting := false
	err := s.Store.View(ctx, func(tx store.Tx) error {
		e, err := environments.Get(tx, id)
		resting = err != nil || environmentSteps[e.Status] == nil
		return ignoreNotFound(err)
	})
	if err != nil || resting {
		return lifecycle.Result{}, err
	}
	err = s.Store.Update(ctx, func(tx store.Tx) error {
		e, err := environments.Get(tx, id)
		if err != nil {
			return ignoreNotFound(err)
		}
		if step := environmentSteps[e.Status]; step != nil {
			return step(s, ctx, tx, e)
		}
		return nil
	})
	return lifecycle.Result{}, err
}

func ignoreNotFound(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}

// emptyBatch bounds how many records one step of a deletion takes away, so
// that other requests get their turn in between.
const emptyBatch = 1000

// emptyEnvironment takes away what is left in an environment that is being
// deleted, a batch at a time, and then the environment.
func (s *Service) emptyEnvironment(_ context.Context, tx store.Tx, e *environment) error {
	prefix := e.ID + "/"
	for _, t := range resourceTypes {
		if t.kind == "" || t.kind == KindEnvironment {
			continue
		}
		if n, err := deleteBatch(tx, t.kind, prefix); err != nil || n > 0 {
			return errors.Join(err, e.enter(tx, e.Status)) // there may be more
		}
	}
	arn := s.ARNs.Environment(e.ID)
	if n, err := deleteBatch(tx, tagged.Kind, arn+"/"); err != nil || n > 0 {
		return errors.Join(err, e.enter(tx, e.Status))
	}
	if err := dropTags(tx, arn); err != nil {
		return err
	}
	return e.enter(tx, finspace.EnvironmentStatusDeleted)
}

func deleteBatch(tx store.Tx, kind store.Kind, prefix string) (n int, err error) {
	var keys []string
	for e, err := range tx.List(kind, store.Query{Prefix: prefix, Limit: emptyBatch}) {
		if err != nil {
			return 0, err
		}
		keys = append(keys, e.Key)
	}
	for _, key := range keys {
		if err := tx.Delete(kind, key); err != nil {
			return 0, err
		}
	}
	return len(keys), nil
}
