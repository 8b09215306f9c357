// Package node runs the nodes of clusters: for each a folder with the layout
// that q code knows from /opt/kx/app, a q process, and somebody who brings the
// process back when it dies.
//
// The q process of a node is the embedded engine or any program that speaks
// kdb+'s protocol. It runs a boot script that is plain q: it says to the agent,
// an IPC server of this package, on which port it listens, loads the database,
// runs the cluster's init script and says that it is ready. The .aws functions
// ask the agent, which asks the API with the cluster's execution role.
package node

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/quoinhq/quoin/internal/blob"
	"github.com/quoinhq/quoin/internal/control"
	"github.com/quoinhq/quoin/internal/datadir"
	"github.com/quoinhq/quoin/internal/gateway"
	"github.com/quoinhq/quoin/internal/logs"
	"github.com/quoinhq/quoin/internal/runner"
	"github.com/quoinhq/quoin/internal/s3"
	"github.com/quoinhq/quoin/kdb/ipc"
)

// Config is what a Manager needs. All fields but the times and Binaries are
// required.
type Config struct {
	Dir    string          // the nodes' folders; what is in it when a manager is opened is removed
	Logs   *logs.Collector // where what the nodes print is kept
	Runner runner.Runner
	// Engine is the program of the embedded engine: its file and its first
	// arguments, before q's own.
	Engine []string
	// Binaries are the q binaries to run instead, by release.
	Binaries Binaries
	Blobs    *blob.Store
	Objects  s3.Source // where code comes from
	// Calls does what the .aws functions ask for.
	Calls Calls
	// Trust is the file of the authority that signs the gateway's certificate.
	Trust string
	Log   *slog.Logger
	Now   func() time.Time

	Drain   time.Duration // how long a node that leaves may keep its connections: 2 s
	Grace   time.Duration // how long a process may take to end: 2 s
	Backoff time.Duration // before the first restart; it doubles up to a minute: 250 ms
	Report  time.Duration // how often nodes are asked for their use of memory: 10 s
}

func (c *Config) ensureDefaults() {
	orDuration(&c.Drain, 2*time.Second)
	orDuration(&c.Grace, 2*time.Second)
	orDuration(&c.Backoff, 250*time.Millisecond)
	orDuration(&c.Report, 10*time.Second)
}

func orDuration(d *time.Duration, def time.Duration) {
	if *d == 0 {
		*d = def
	}
}

// Manager is the nodes of a server. Its methods may be called concurrently.
type Manager struct {
	cfg   Config
	agent net.Listener
	watch func(cluster string)

	shared sync.RWMutex // held to read while a node links to the shared folder, to write while it is pruned

	mu     sync.Mutex // protects nodes and closed
	nodes  map[string]*keeper
	closed bool

	ctx    context.Context // of everything that runs
	cancel context.CancelFunc
	work   sync.WaitGroup
}

var _ control.Nodes = (*Manager)(nil)

// Open returns a manager without nodes, whose agent listens. Folders of an
// earlier server's nodes are removed; their processes are the runner's concern.
func Open(cfg Config) (*Manager, error) {
	cfg.ensureDefaults()
	if err := clean(cfg.Dir); err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("node: agent: %w", err)
	}
	m := &Manager{cfg: cfg, agent: l, nodes: map[string]*keeper{}, watch: func(string) {}}
	m.ctx, m.cancel = context.WithCancel(context.Background())
	s := &ipc.Server{Auth: m.admit, Handler: m.converse, Compression: ipc.CompressNever, Grace: time.Second}
	m.work.Go(func() {
		if err := s.Serve(m.ctx, l); err != nil {
			cfg.Log.Error("agent stopped", "error", err)
		}
	})
	m.work.Go(func() { cfg.Logs.Run(m.ctx) })
	return m, nil
}

// clean empties the folder of the nodes, and makes it when it is missing.
func clean(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("node: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("node: %w", err)
	}
	for _, e := range entries {
		if err := datadir.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
			return fmt.Errorf("node: %w", err)
		}
	}
	return nil
}

// Close ends all nodes and everything else that runs, and waits for it.
func (m *Manager) Close() error {
	m.mu.Lock()
	m.closed = true
	m.mu.Unlock()
	m.cancel()
	m.work.Wait()
	return m.cfg.Logs.Flush()
}

// Watch implements [control.Nodes].
func (m *Manager) Watch(fn func(cluster string)) { m.watch = fn }

// Start implements [control.Nodes].
func (m *Manager) Start(spec control.NodeSpec) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed || m.nodes[spec.ID] != nil {
		return
	}
	k := newKeeper(m, spec)
	m.nodes[spec.ID] = k
	m.work.Go(k.run)
}

// Stop implements [control.Nodes].
func (m *Manager) Stop(ctx context.Context, id string) {
	k := m.keeper(id)
	if k == nil {
		return
	}
	k.drain(ctx)
	k.cancel()
	<-k.done
	m.mu.Lock()
	delete(m.nodes, id)
	m.mu.Unlock()
}

// Forget implements [control.Nodes].
func (m *Manager) Forget(environment, cluster string) error {
	return m.cfg.Logs.Forget(environment, cluster)
}

// State implements [control.Nodes].
func (m *Manager) State(id string) control.NodeState {
	if k := m.keeper(id); k != nil {
		return k.current()
	}
	return control.NodeState{}
}

// Reload implements [control.Nodes]. The node goes on answering meanwhile as
// far as its engine does.
func (m *Manager) Reload(ctx context.Context, spec control.NodeSpec) error {
	k := m.keeper(spec.ID)
	if k == nil {
		return nil
	}
	return k.reload(ctx, spec)
}

func (m *Manager) keeper(id string) *keeper {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.nodes[id]
}

// Pick chooses the node that a connection to an endpoint goes to: the named
// one, or that with the fewest connections. Errors: gateway.ErrNoNode when no
// node takes connections.
func (m *Manager) Pick(_ context.Context, to control.Endpoint) (*gateway.Backend, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var best *keeper
	fewest := 0
	for id, k := range m.nodes {
		if k.spec.Environment != to.Environment || k.spec.Cluster != to.Cluster || to.Node != "" && id != to.Node {
			continue
		}
		n, ok := k.open()
		if ok && (best == nil || n < fewest || n == fewest && id < best.spec.ID) {
			best, fewest = k, n
		}
	}
	if best == nil {
		return nil, gateway.ErrNoNode
	}
	return best.take()
}

// Each calls fn with every node, in no order.
func (m *Manager) Each(fn func(Node)) {
	m.mu.Lock()
	all := make([]*keeper, 0, len(m.nodes))
	for _, k := range m.nodes {
		all = append(all, k)
	}
	m.mu.Unlock()
	for _, k := range all {
		fn(k.describe())
	}
}

// Node is a node as it is now.
type Node struct {
	Environment, Cluster, ID string
	State                    control.NodeState
	Connections              int
	Served                   int64 // connections since it was started
	Restarts                 int
	Traffic                  *gateway.Traffic // through the gateway
	Memory                   map[string]int64 // bytes, as .Q.w says; nil until it has said so
	Usage                    runner.Usage
}
