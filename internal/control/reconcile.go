package control

import (
	"cmp"
	"context"
	"errors"
	"time"

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
	several := func(r lifecycle.Func, kind store.Kind, workers int) *lifecycle.Controller {
		return lifecycle.New(s.Store, r, lifecycle.Options{Hooks: hooks, Workers: workers}, lifecycle.Source{Kind: kind})
	}
	run := func(r lifecycle.Func, kind store.Kind) *lifecycle.Controller { return several(r, kind, 0) }
	// As many as an environment may have at once, and no more than helps.
	allowed := func(q Quota) int { return min(max(s.Quotas.Of(q), 4), 64) }
	cl := run(s.ReconcileCluster, KindCluster)
	if s.Nodes != nil {
		s.Nodes.Watch(cl.Enqueue)
	}
	return []*lifecycle.Controller{
		cl,
		run(s.ReconcileEnvironment, KindEnvironment),
		run(s.ReconcileScalingGroup, KindScalingGroup),
		run(s.ReconcileVolume, KindVolume),
		several(s.ReconcileChangeset, KindOpenChangeset, allowed(QuotaChangesets)),
		several(s.ReconcileDataview, KindDataview, allowed(QuotaVersions)),
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
	var wait time.Duration
	err = s.Store.Update(ctx, func(tx store.Tx) error {
		e, err := environments.Get(tx, id)
		if err != nil {
			return ignoreNotFound(err)
		}
		wait = 0
		if step := environmentSteps[e.Status]; step != nil {
			err = step(s, ctx, tx, e)
		}
		if errors.Is(err, errChildren) {
			wait, err = 20*time.Millisecond, nil // what was begun is kept
		}
		return err
	})
	return lifecycle.Result{RequeueAfter: wait}, err
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

// errChildren says that an environment waits for what is in it to end.
var errChildren = errors.New("control: children are still ending")

// emptyEnvironment ends what is left in an environment that is being deleted,
// and then the environment. What has processes or folders ends through its own
// reconciler: clusters, then the dataviews that they mounted, then volumes.
// The rest is records, taken away a batch at a time.
func (s *Service) emptyEnvironment(_ context.Context, tx store.Tx, e *environment) error {
	for _, end := range []func(*Service, store.Tx, string) (left bool, err error){
		(*Service).endClusters, (*Service).endDataviews, (*Service).endVolumes,
	} {
		if left, err := end(s, tx, e.ID); err != nil || left {
			return cmp.Or(err, errChildren)
		}
	}
	prefix := e.ID + "/"
	for _, kind := range []store.Kind{KindOpenChangeset, changesets.Kind, KindDatabase, KindScalingGroup, KindUser, nodes.Kind, leaving.Kind} {
		if n, err := deleteBatch(tx, kind, prefix); err != nil || n > 0 {
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

// endAll has every record of an environment that is not being deleted be
// deleted. It reports whether any is left.
func endAll[T any](tx store.Tx, t store.Table[T], env string, end func(*T) (changed bool)) (left bool, err error) {
	var change []store.Keyed[T]
	for r, err := range t.List(tx, store.Query{Prefix: env + "/"}) {
		if err != nil {
			return false, err
		}
		left = true
		if end(r.Rec) {
			change = append(change, r)
		}
	}
	for _, r := range change {
		if err := t.Put(tx, r.Key, r.Rec); err != nil {
			return false, err
		}
	}
	return left, nil
}

func (s *Service) endClusters(tx store.Tx, env string) (bool, error) {
	return endAll(tx, clusters, env, func(c *cluster) bool {
		changed := c.Status != finspace.KxClusterStatusDeleting
		c.Status, c.Updated = finspace.KxClusterStatusDeleting, tx.Now()
		return changed
	})
}

func (s *Service) endDataviews(tx store.Tx, env string) (bool, error) {
	return endAll(tx, dataviews, env, func(d *dataview) bool {
		changed := d.Status != finspace.KxDataviewStatusDeleting
		d.Status, d.Updated = finspace.KxDataviewStatusDeleting, tx.Now()
		return changed
	})
}

func (s *Service) endVolumes(tx store.Tx, env string) (bool, error) {
	return endAll(tx, volumes, env, func(v *volume) bool {
		changed := v.Status != finspace.KxVolumeStatusDeleting
		v.Status, v.Updated = finspace.KxVolumeStatusDeleting, tx.Now()
		return changed
	})
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
