// Package top shows what runs: clusters and their nodes, memory, processor,
// connections and messages, once or again and again.
package top

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/quoinhq/quoin/finspace"
)

// Snapshot is what there is at one moment.
type Snapshot struct {
	At       time.Time
	Clusters []Cluster // of all environments, in the order of the API
}

// Cluster is one cluster and its nodes.
type Cluster struct {
	Environment, Name string
	Type              finspace.KxClusterType
	Status            finspace.KxClusterStatus
	Reason            string // why it is in that status, if there is a reason
	Nodes             []Node
}

// Node is one node of a cluster.
type Node struct {
	ID     string
	Status finspace.KxNodeStatus
	// Counts are the node's series of /metrics by name, without their prefix
	// quoin_node_: nil for a node without a process.
	Counts map[string]float64
}

// Watcher looks at one server.
type Watcher struct {
	cfg    finspace.Config
	client *finspace.Client
}

// New returns a Watcher of cfg's server. cfg's credentials must be allowed to
// list environments, clusters and nodes.
func New(cfg finspace.Config) (*Watcher, error) {
	c, err := finspace.New(cfg)
	if err != nil {
		return nil, err
	}
	return &Watcher{cfg: cfg, client: c}, nil
}

// Look takes a snapshot. Errors: those of the API, of its connection, and of a
// server that has no metrics to show.
func (w *Watcher) Look(ctx context.Context) (*Snapshot, error) {
	counts, err := w.counts(ctx)
	if err != nil {
		return nil, err
	}
	s := &Snapshot{At: time.Now()}
	for env, err := range w.client.KxEnvironments(ctx, &finspace.ListKxEnvironmentsInput{}) {
		if err != nil {
			return nil, err
		}
		for c, err := range w.client.KxClusters(ctx, &finspace.ListKxClustersInput{EnvironmentId: env.EnvironmentId}) {
			if err != nil {
				return nil, err
			}
			seen := Cluster{Environment: *env.EnvironmentId, Name: *c.ClusterName, Type: c.ClusterType, Status: c.Status}
			if c.StatusReason != nil {
				seen.Reason = *c.StatusReason
			}
			for n, err := range w.client.KxClusterNodes(ctx, &finspace.ListKxClusterNodesInput{EnvironmentId: env.EnvironmentId, ClusterName: c.ClusterName}) {
				if gone(err) {
					break
				}
				if err != nil {
					return nil, err
				}
				seen.Nodes = append(seen.Nodes, Node{ID: *n.NodeId, Status: n.Status, Counts: counts[place{seen.Environment, seen.Name, *n.NodeId}]})
			}
			s.Clusters = append(s.Clusters, seen)
		}
	}
	return s, nil
}

// gone says that a cluster ended after it was listed.
func gone(err error) bool {
	var missing *finspace.ResourceNotFoundException
	return errors.As(err, &missing)
}

// place is where a series of /metrics belongs.
type place struct{ environment, cluster, node string }

const prefix = "quoin_node_"

// counts reads the nodes' series of /metrics, which anybody may who reaches the
// API.
func (w *Watcher) counts(ctx context.Context) (map[place]map[string]float64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(w.cfg.Endpoint, "/")+"/metrics", nil)
	if err != nil {
		return nil, err
	}
	client := w.cfg.HTTPClient
	if client == nil {
		client = http.DefaultClient
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s shows no metrics: %s", w.cfg.Endpoint, resp.Status)
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(resp.Body)
	if err != nil {
		return nil, fmt.Errorf("metrics of %s: %w", w.cfg.Endpoint, err)
	}
	counts := make(map[place]map[string]float64)
	for name, family := range families {
		short, ok := strings.CutPrefix(name, prefix)
		if !ok {
			continue
		}
		for _, m := range family.Metric {
			at := of(m)
			if counts[at] == nil {
				counts[at] = make(map[string]float64)
			}
			counts[at][short] = m.GetGauge().GetValue() + m.GetCounter().GetValue() // one of them is there
		}
	}
	return counts, nil
}

func of(m *dto.Metric) (at place) {
	for _, l := range m.Label {
		switch l.GetName() {
		case "environment":
			at.environment = l.GetValue()
		case "cluster":
			at.cluster = l.GetValue()
		case "node":
			at.node = l.GetValue()
		}
	}
	return at
}
