package control

import (
	"context"
	"errors"
	"time"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/blob"
	"github.com/quoinhq/quoin/internal/store"
)

// Nodes runs the processes of clusters; internal/node implements it. It knows
// of no records: control says what there is to be, and asks what there is.
type Nodes interface {
	// Start has a node come up, now and again whenever it dies, until it is
	// stopped. It does not wait. A node that runs already is left alone.
	Start(NodeSpec)
	// Stop ends a node after it was drained, and waits. A node that does not
	// run is no error.
	Stop(ctx context.Context, id string)
	// Reload has a running node load new code or databases in place.
	Reload(ctx context.Context, spec NodeSpec) error
	// Forget drops what is kept of a cluster that was deleted: its logs.
	Forget(environment, cluster string) error
	// State says how a node is; the zero state of one that was not started.
	State(id string) NodeState
	// Watch has fn called with the key of a cluster of which a node's state
	// changed. fn must be quick. It is called before the first Start.
	Watch(fn func(cluster string))
}

// NodeState is how a node is.
type NodeState struct {
	Started bool      // it was started and not stopped
	Ready   bool      // its init script has ended and it answers
	Launch  time.Time // when its process was last started
	Reload  int       // of the spec that it loaded last
	// Failed says why the node will not come up: its code or its database
	// cannot be loaded, its init script failed or gave up, or it dies again
	// and again. It may still come up when Final is not set.
	Failed string
	Final  bool
}

// NodeSpec is everything that a node is made of.
type NodeSpec struct {
	ID          string
	Environment string
	Cluster     string
	Type        finspace.KxClusterType
	Release     string // the label of the q release to run
	Zone        string
	Generation  int
	Reload      int

	ExecutionRole string // ARN, or ""
	Code          *finspace.CodeConfiguration
	Script        string
	Arguments     []finspace.KxCommandLineArgument
	Databases     []NodeDatabase
	Volumes       []NodeVolume
	Savedown      string // folder that scratch data are saved down to: a volume, or "" for storage of the node's own
	Logs          string // the volume that tickerplant logs are on, or ""
	Memory        int64  // bytes; 0 is no limit
	CPU           float64
}

// NodeDatabase is a database that a node sees under db/NAME.
type NodeDatabase struct {
	Name      string
	Changeset string
	Dataview  string
	Dir       string    // the folder of a dataview's version, or "" when it is still to be laid out
	Tree      blob.Hash // what is in it when it cannot be changed; zero is nothing
	Writable  bool
	Target    bool // only saved down to: the node sees nothing of it
}

// NodeVolume is a volume that a node sees under shared/NAME.
type NodeVolume struct{ Name, Dir string }

// nodes holds the nodes of all clusters under ENVID/CLUSTER/ID.
var nodes = store.Table[node]{Kind: "node"}

// node is one q process of a cluster, as it is to be.
type node struct {
	ID         string    `json:"id"`
	Zone       string    `json:"zone"`
	Generation int       `json:"generation"`
	Created    time.Time `json:"created"`
}

// ListKxClusterNodes implements [api.Service].
func (s *Service) ListKxClusterNodes(ctx context.Context, in *finspace.ListKxClusterNodesInput) (*finspace.ListKxClusterNodesOutput, error) {
	return view(ctx, s, func(tx store.Tx) (*finspace.ListKxClusterNodesOutput, error) {
		env, name := *in.EnvironmentId, *in.ClusterName
		if _, err := find(tx, clusters, "cluster", env, name); err != nil {
			return nil, err
		}
		found, next, err := page(s, tx, listing[node]{
			operation: "ListKxClusterNodes", table: nodes, prefix: key(env, name) + "/", maxResults: in.MaxResults, nextToken: in.NextToken,
		})
		if err != nil {
			return nil, err
		}
		out := &finspace.ListKxClusterNodesOutput{NextToken: next, Nodes: make([]finspace.KxNode, 0, len(found))}
		for _, f := range found {
			st := s.Nodes.State(f.Rec.ID)
			n := finspace.KxNode{NodeId: &f.Rec.ID, AvailabilityZoneId: &f.Rec.Zone, LaunchTime: millis(f.Rec.Created), Status: finspace.KxNodeStatusProvisioning}
			if !st.Launch.IsZero() {
				n.LaunchTime = millis(st.Launch)
			}
			if st.Ready {
				n.Status = finspace.KxNodeStatusRunning
			}
			out.Nodes = append(out.Nodes, n)
		}
		return out, nil
	})
}

// DeleteKxClusterNode implements [api.Service]. The cluster gets another node
// in its place.
func (s *Service) DeleteKxClusterNode(ctx context.Context, in *finspace.DeleteKxClusterNodeInput) (*finspace.DeleteKxClusterNodeOutput, error) {
	return change(ctx, s, "DeleteKxClusterNode", in, nil, func(tx store.Tx) (*finspace.DeleteKxClusterNodeOutput, error) {
		env, name, id := *in.EnvironmentId, *in.ClusterName, *in.NodeId
		c, err := find(tx, clusters, "cluster", env, name)
		if err != nil {
			return nil, err
		}
		err = nodes.Delete(tx, key(env, name, id))
		if errors.Is(err, store.ErrNotFound) {
			return nil, finspace.NewResourceNotFoundException("The cluster " + name + " has no node " + id + ".")
		}
		if err != nil {
			return nil, err
		}
		return &finspace.DeleteKxClusterNodeOutput{}, errors.Join(
			leaving.Put(tx, key(env, name, id), &struct{}{}), clusters.Put(tx, key(env, name), c)) // brings the reconciler
	})
}

// leaving holds nodes whose process is still to be ended, under the same keys.
var leaving = store.Table[struct{}]{Kind: "node-leaving"}
