package control

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/lifecycle"
	"github.com/quoinhq/quoin/internal/store"
)

// clusterView is a cluster and its nodes at one moment.
type clusterView struct {
	c       *cluster
	nodes   []*node
	leaving []string
}

// ReconcileCluster brings the processes of a cluster to what its record says:
// the nodes there are to be, of the generation there is to be, one after the
// other so that one always answers. It is told of every change of the record
// and of every node's state.
func (s *Service) ReconcileCluster(ctx context.Context, k string) (lifecycle.Result, error) {
	v, err := s.viewCluster(ctx, k)
	if err != nil {
		return lifecycle.Result{}, ignoreNotFound(err)
	}
	for _, id := range v.leaving {
		s.Nodes.Stop(ctx, id)
		if _, err := s.reconcile(ctx, func(tx store.Tx) error { return leaving.Delete(tx, key(k, id)) }); err != nil {
			return lifecycle.Result{}, err
		}
	}
	switch v.c.Status {
	case finspace.KxClusterStatusDeleting:
		return s.removeCluster(ctx, v)
	case finspace.KxClusterStatusPending:
		return s.enterCluster(ctx, k, finspace.KxClusterStatusPending, finspace.KxClusterStatusCreating, "")
	case finspace.KxClusterStatusCreateFailed:
		for _, n := range v.nodes {
			s.Nodes.Stop(ctx, n.ID)
		}
		return lifecycle.Result{}, nil
	}
	if grown, err := s.placeNodes(ctx, v); err != nil || grown {
		return lifecycle.Result{}, err
	}
	return s.settleCluster(ctx, v)
}

func (s *Service) viewCluster(ctx context.Context, k string) (*clusterView, error) {
	v := &clusterView{}
	err := s.Store.View(ctx, func(tx store.Tx) (err error) {
		if v.c, err = clusters.Get(tx, k); err != nil {
			return err
		}
		for n, err := range nodes.List(tx, store.Query{Prefix: k + "/"}) {
			if err != nil {
				return err
			}
			v.nodes = append(v.nodes, n.Rec)
		}
		for n, err := range leaving.List(tx, store.Query{Prefix: k + "/"}) {
			if err != nil {
				return err
			}
			v.leaving = append(v.leaving, n.Key[len(k)+1:])
		}
		return nil
	})
	return v, err
}

// enterCluster moves a cluster from one status to another.
func (s *Service) enterCluster(ctx context.Context, k string, from, to finspace.KxClusterStatus, reason string) (lifecycle.Result, error) {
	return s.reconcile(ctx, func(tx store.Tx) error {
		c, err := clusters.Get(tx, k)
		if err != nil {
			return err
		}
		if c.Status != from {
			return errResting
		}
		c.Status, c.Reason, c.Updated = to, statusReason(reason), tx.Now()
		return clusters.Put(tx, k, c)
	})
}

// placeNodes decides which nodes there are to be, and writes them down before
// any is started. It reports whether it changed anything.
//
// In a rolling update each old node gets a successor; it leaves when that one
// is ready. A tickerplant's nodes write one log and a forced update asks for
// it, so there the old nodes leave first; so do those of an update that failed.
func (s *Service) placeNodes(ctx context.Context, v *clusterView) (changed bool, err error) {
	k := key(v.c.Environment, v.c.Name)
	current, old := v.split()
	stopFirst := v.c.Force || v.c.Undone || v.c.Type == finspace.KxClusterTypeTickerplant
	ready := s.readyOf(current)
	leave := old
	missing := v.c.nodeCount() - len(current)
	if !stopFirst {
		// As many old nodes may go as new ones have become ready, and the next
		// successor is made when the one before it is.
		leave = old[:max(0, min(len(old), len(old)+ready-v.c.nodeCount()))]
		if len(old) > 0 && missing > 0 {
			missing = 0
			if ready == len(current) {
				missing = 1
			}
		}
	}
	var extra []*node
	if missing < 0 {
		extra = current[len(current)+missing:]
	}
	if len(leave) == 0 && missing <= 0 && len(extra) == 0 {
		return false, nil
	}
	_, err = s.reconcile(ctx, func(tx store.Tx) error {
		for _, n := range append(leave, extra...) {
			if err := errors.Join(ignoreNotFound(nodes.Delete(tx, key(k, n.ID))), leaving.Put(tx, key(k, n.ID), &struct{}{})); err != nil {
				return err
			}
		}
		zones := availabilityZones(s.ARNs.Region)
		for i := range max(missing, 0) {
			n := &node{ID: newNodeID(), Zone: finspace.Value(v.c.Config.AvailabilityZoneId), Generation: v.c.Generation, Created: tx.Now()}
			if n.Zone == "" {
				n.Zone = zones[(len(current)+i)%len(zones)]
			}
			if err := nodes.Put(tx, key(k, n.ID), n); err != nil {
				return err
			}
		}
		c, err := clusters.Get(tx, k)
		if err != nil {
			return err
		}
		return clusters.Put(tx, k, c) // brings the key again
	})
	return true, err
}

// split parts the nodes of the present generation from those before it.
func (v *clusterView) split() (current, old []*node) {
	for _, n := range v.nodes {
		if n.Generation == v.c.Generation {
			current = append(current, n)
		} else {
			old = append(old, n)
		}
	}
	return current, old
}

func (s *Service) readyOf(ns []*node) (ready int) {
	for _, n := range ns {
		if s.Nodes.State(n.ID).Ready {
			ready++
		}
	}
	return ready
}

// settleCluster starts what is to run, and moves the status on when all of it
// does or cannot.
func (s *Service) settleCluster(ctx context.Context, v *clusterView) (lifecycle.Result, error) {
	k := key(v.c.Environment, v.c.Name)
	_, old := v.split()
	ready, down, failed, final := 0, 0, "", false
	for _, n := range v.nodes {
		st := s.Nodes.State(n.ID)
		if !st.Started && (n.Generation == v.c.Generation || st.Launch.IsZero()) {
			spec, err := s.nodeSpec(ctx, v.c, n)
			if err != nil {
				return lifecycle.Result{}, err
			}
			s.Nodes.Start(*spec)
			continue
		}
		if n.Generation != v.c.Generation {
			continue
		}
		if st.Reload < v.c.Reload { // one that is down is told too: what it had may be gone
			spec, err := s.nodeSpec(ctx, v.c, n)
			if err != nil {
				return lifecycle.Result{}, err
			}
			if err := s.Nodes.Reload(ctx, *spec); err != nil {
				return lifecycle.Result{}, fmt.Errorf("control: reload of node %s: %w", n.ID, err)
			}
			st = s.Nodes.State(n.ID)
		}
		if st.Ready {
			ready++
		}
		if st.Failed != "" {
			failed = st.Failed
			latest := st.Reload == v.c.Reload // else it says nothing of an update in place
			final = final || latest && (st.Final || v.c.InPlace)
			if latest && !st.Ready {
				down++
			}
		}
	}
	switch v.c.Status {
	case finspace.KxClusterStatusCreating:
		if final {
			return s.enterCluster(ctx, k, v.c.Status, finspace.KxClusterStatusCreateFailed, failed)
		}
		if ready == v.c.nodeCount() {
			return s.enterCluster(ctx, k, v.c.Status, finspace.KxClusterStatusRunning, "")
		}
	case finspace.KxClusterStatusUpdating:
		switch {
		case final && v.c.Former != nil && !v.c.Undone:
			return s.changeCluster(ctx, v.c, func(tx store.Tx, c *cluster) error {
				c.revert(failed)
				return clusters.Put(tx, k, c)
			})
		case len(old) > 0:
		case ready == v.c.nodeCount(), v.c.Undone && ready+down == v.c.nodeCount():
			return s.changeCluster(ctx, v.c, func(tx store.Tx, c *cluster) error {
				return c.settled(tx, statusReason(cmp.Or(failed, c.Failure)))
			})
		}
	case finspace.KxClusterStatusRunning:
		return s.noteReason(ctx, k, cmp.Or(failed, v.c.Failure))
	}
	return lifecycle.Result{}, nil
}

// changeCluster changes the record of a cluster that is still in the update
// that was seen.
func (s *Service) changeCluster(ctx context.Context, seen *cluster, change func(store.Tx, *cluster) error) (lifecycle.Result, error) {
	k := key(seen.Environment, seen.Name)
	return s.reconcile(ctx, func(tx store.Tx) error {
		c, err := clusters.Get(tx, k)
		if err != nil {
			return err
		}
		if c.Status != seen.Status || c.Generation != seen.Generation || c.Reload != seen.Reload {
			return errResting
		}
		return change(tx, c)
	})
}

// noteReason shows what is the matter with a cluster that goes on.
func (s *Service) noteReason(ctx context.Context, k, reason string) (lifecycle.Result, error) {
	return s.reconcile(ctx, func(tx store.Tx) error {
		c, err := clusters.Get(tx, k)
		if err != nil {
			return err
		}
		if c.Reason == statusReason(reason) {
			return errResting
		}
		c.Reason = statusReason(reason)
		return clusters.Put(tx, k, c)
	})
}

var notInReason = regexp.MustCompile(`[^a-zA-Z0-9_\-.\s]+`)

// statusReason makes text fit the model: at most 250 letters, digits, blanks
// and _ - . of it.
func statusReason(text string) string {
	text = strings.Join(strings.Fields(notInReason.ReplaceAllString(text, " ")), " ")
	if len(text) > 250 {
		text = text[:250]
	}
	return text
}

func (s *Service) removeCluster(ctx context.Context, v *clusterView) (lifecycle.Result, error) {
	for _, n := range v.nodes {
		s.Nodes.Stop(ctx, n.ID)
	}
	if err := s.Nodes.Forget(v.c.Environment, v.c.Name); err != nil {
		return lifecycle.Result{}, err
	}
	k := key(v.c.Environment, v.c.Name)
	return s.reconcile(ctx, func(tx store.Tx) error {
		c, err := clusters.Get(tx, k)
		if err != nil {
			return err
		}
		for _, n := range v.nodes {
			if err := ignoreNotFound(nodes.Delete(tx, key(k, n.ID))); err != nil {
				return err
			}
		}
		c.Status, c.Updated = finspace.KxClusterStatusDeleted, tx.Now()
		return errors.Join(
			clusters.Delete(tx, k), dropTags(tx, s.ARNs.Cluster(c.Environment, c.Name)),
			touchDataviews(tx, c.Environment, mountedViews(c)), sayFarewell(tx, KindCluster, k, c))
	})
}

// newNodeID makes an id in the form of the service's: it is part of host names.
func newNodeID() string { return "node-" + strings.ToLower(rand.Text())[:16] }

// nodeSpec is what a node is made of now.
func (s *Service) nodeSpec(ctx context.Context, c *cluster, n *node) (*NodeSpec, error) {
	config := c.of(n.Generation)
	in := &config
	spec := &NodeSpec{
		ID: n.ID, Environment: c.Environment, Cluster: c.Name, Type: c.Type, Release: finspace.Value(in.ReleaseLabel), Zone: n.Zone, Generation: n.Generation, Reload: c.Reload,
		ExecutionRole: finspace.Value(in.ExecutionRole), Code: in.Code, Script: finspace.Value(in.InitializationScript), Arguments: in.CommandLineArguments,
	}
	names := c.volumeNames()
	if len(names) == 0 && c.Type == finspace.KxClusterTypeRdb && in.ScalingGroupConfiguration != nil {
		var err error
		if names, err = s.volumesOf(ctx, c.Environment); err != nil {
			return nil, err
		}
	}
	for _, name := range names {
		spec.Volumes = append(spec.Volumes, NodeVolume{name, s.volumeDir(c.Environment, name)})
	}
	if sd := in.SavedownStorageConfiguration; sd != nil {
		spec.Savedown = finspace.Value(sd.VolumeName)
	}
	if t := in.TickerplantLogConfiguration; t != nil && len(t.TickerplantLogVolumes) > 0 {
		spec.Logs = t.TickerplantLogVolumes[0]
	}
	if g := in.ScalingGroupConfiguration; g != nil {
		spec.Memory, spec.CPU = int64(finspace.Value(g.MemoryLimit))<<20, finspace.Value(g.Cpu)
	} else if h, ok := s.Data.Hosts.Of(finspace.Value(in.CapacityConfiguration.NodeType)); ok {
		spec.Memory, spec.CPU = h.Memory<<20, h.CPU
	}
	err := s.Store.View(ctx, func(tx store.Tx) error {
		for _, d := range in.Databases {
			nd, err := s.nodeDatabase(tx, c, d)
			if err != nil {
				return err
			}
			spec.Databases = append(spec.Databases, *nd)
		}
		return nil
	})
	return spec, err
}

func (s *Service) nodeDatabase(tx store.Tx, c *cluster, d finspace.KxDatabaseConfiguration) (*NodeDatabase, error) {
	nd := &NodeDatabase{Name: finspace.Value(d.DatabaseName), Changeset: finspace.Value(d.ChangesetId), Target: clusterKinds[c.Type].target}
	if v := d.DataviewConfiguration; v != nil {
		view, err := dataviews.Get(tx, key(c.Environment, nd.Name, finspace.Value(v.DataviewName)))
		if err != nil {
			return nil, err
		}
		nd.Dataview, nd.Changeset, nd.Writable = view.Name, finspace.Value(v.ChangesetId), view.ReadWrite
		nd.Dir = s.versionDir(view, finspace.Value(v.DataviewVersionId))
	}
	if nd.Changeset == "" || nd.Writable {
		return nd, nil
	}
	x, err := changesets.Get(tx, key(c.Environment, nd.Name, nd.Changeset))
	if err != nil {
		return nil, err
	}
	nd.Tree = x.Tree
	return nd, nil
}

// volumesOf are the names of all volumes of an environment. An RDB that names
// none reads the tickerplant's log all the same, at the path that the
// tickerplant has for it: basic_tick_V3 does so with its RTS.
func (s *Service) volumesOf(ctx context.Context, env string) ([]string, error) {
	var names []string
	err := s.Store.View(ctx, func(tx store.Tx) error {
		for v, err := range volumes.List(tx, store.Query{Prefix: env + "/"}) {
			if err != nil {
				return err
			}
			names = append(names, v.Rec.Name)
		}
		return nil
	})
	return names, err
}
