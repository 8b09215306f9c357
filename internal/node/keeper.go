package node

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/quoinhq/quoin/internal/control"
	"github.com/quoinhq/quoin/internal/datadir"
	"github.com/quoinhq/quoin/internal/gateway"
	"github.com/quoinhq/quoin/internal/runner"
	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/kdb/ipc"
)

// keeper keeps one node alive.
type keeper struct {
	m      *Manager
	spec   control.NodeSpec // Reload, Code and Databases change; mu
	dir    string
	secret string

	ctx    context.Context
	cancel context.CancelFunc
	done   chan struct{}

	traffic gateway.Traffic

	laying sync.Mutex // held while the folder's links and versions change

	mu       sync.Mutex // protects the rest
	state    control.NodeState
	process  runner.Process
	addr     string           // where the process listens, once it has said so
	agent    *ipc.Conn        // its connection to the agent
	outcome  chan error       // how the present boot ended; takes one
	booted   bool             // of the present process
	reloaded chan error       // how a reload ended; takes one
	memory   map[string]int64 // of the present process, as .Q.w says; not changed once it is here
	asked    bool             // for memory, and not answered
	draining bool
	conns    int
	served   int64
	restarts int
	gaveUp   bool
	idle     chan struct{} // takes one when the last connection ends
}

func newKeeper(m *Manager, spec control.NodeSpec) *keeper {
	k := &keeper{
		m: m, spec: spec, dir: filepath.Join(m.cfg.Dir, spec.ID), secret: rand.Text(), done: make(chan struct{}),
		state: control.NodeState{Started: true, Reload: spec.Reload}, idle: make(chan struct{}, 1), reloaded: make(chan error, 1),
	}
	k.ctx, k.cancel = context.WithCancel(m.ctx)
	return k
}

// maxDeaths is how often a process may die, without having run for long, until
// its node counts as failed.
const maxDeaths = 5

const maxBackoff = time.Minute

// steady is how long a process must have run for its end to count as the first.
const steady = time.Minute

// run has the node come up again and again until it is stopped.
func (k *keeper) run() {
	defer close(k.done)
	defer k.remove()
	wait, deaths, ever := k.m.cfg.Backoff, 0, false
	for k.ctx.Err() == nil {
		began := k.m.cfg.Now()
		ready, err := k.once()
		if k.ctx.Err() != nil {
			return
		}
		ever = ever || ready
		if ready && k.m.cfg.Now().Sub(began) >= steady {
			wait, deaths = k.m.cfg.Backoff, 0
		}
		deaths++
		var failed *bootError
		final := deaths >= maxDeaths || !ever && errors.As(err, &failed)
		k.m.cfg.Log.Warn("node ended", "cluster", k.spec.Cluster, "node", k.spec.ID, "cause", err, "again", wait)
		k.set(func(s *control.NodeState) {
			s.Ready, s.Failed, s.Final = false, reasonOf(err, deaths), final
		})
		k.mu.Lock()
		k.restarts++
		over := k.gaveUp
		k.mu.Unlock()
		if over {
			<-k.ctx.Done() // q code asked for the end of the cluster
			return
		}
		select {
		case <-k.ctx.Done():
		case <-time.After(wait):
		}
		wait = min(2*wait, maxBackoff)
	}
}

// bootError is why a node cannot come up as it is specified.
type bootError struct {
	text string
	err  error // for operators, or nil
}

func (e *bootError) Error() string { return e.text }
func (e *bootError) Unwrap() error { return e.err }

// exitError is the end of a process that nobody asked for.
type exitError struct{ exit runner.Exit }

func (e *exitError) Error() string { return e.exit.String() }

// reasonOf is what get_kx_cluster shows of an end.
func reasonOf(err error, deaths int) string {
	var x *exitError
	var b *bootError
	switch {
	case errors.As(err, &b):
		return b.text
	case errors.As(err, &x):
		text := "The process of the node ended. " + x.exit.String() // in letters that the model lets through
		if deaths > 1 {
			text += fmt.Sprintf(" for the %d. time", deaths)
		}
		if last := lastLine(x.exit.Tail); last != "" {
			text += ". It said last " + last
		}
		return text
	}
	return "The node could not be started"
}

// lastLine is the last error that q printed, or else the last line.
func lastLine(tail string) string {
	lines := strings.Split(strings.TrimSpace(tail), "\n")
	for i := len(lines) - 1; i >= 0; i-- {
		if strings.HasPrefix(lines[i], "'") {
			return lines[i]
		}
	}
	return strings.TrimSpace(lines[len(lines)-1])
}

// once brings the node up and returns when it is down again: whether it was
// ready, and why it ended.
func (k *keeper) once() (ready bool, err error) {
	k.mu.Lock()
	spec := k.spec
	outcome := make(chan error, 1)
	k.outcome, k.booted = outcome, false
	k.mu.Unlock()
	if err := k.prepare(k.ctx, &spec); err != nil {
		return false, err
	}
	p, err := k.launch(&spec)
	if err != nil {
		return false, err
	}
	k.set(func(s *control.NodeState) {
		if s.Launch = k.m.cfg.Now(); s.Reload != spec.Reload { // how it failed before says nothing of this one
			s.Reload, s.Failed, s.Final = spec.Reload, "", false
		}
	})
	defer k.down(p)
	select {
	case <-k.ctx.Done():
		return false, k.ctx.Err()
	case <-p.Done():
		select {
		case err := <-outcome: // it had said why
			if err != nil {
				return false, err
			}
		default:
		}
		return false, &exitError{p.Exit()}
	case err := <-outcome:
		if err != nil {
			return false, err
		}
	}
	// The script has the node's secret, and has been read.
	if err := os.Remove(filepath.Join(k.dir, "boot.q")); err != nil {
		return false, fmt.Errorf("node: %w", err)
	}
	k.set(func(s *control.NodeState) { s.Ready, s.Failed, s.Final = true, "", false })
	tick := time.NewTicker(k.m.cfg.Report)
	defer tick.Stop()
	for {
		k.askMemory()
		select {
		case <-k.ctx.Done():
			return true, k.ctx.Err()
		case <-p.Done():
			return true, &exitError{p.Exit()}
		case <-tick.C:
		}
	}
}

// askMemory asks the process how much memory q uses. One that is busy has
// answered at its own time; until then it is not asked again.
func (k *keeper) askMemory() {
	k.mu.Lock()
	agent := k.agent
	ask := agent != nil && !k.asked
	k.asked = k.asked || ask
	k.mu.Unlock()
	if !ask {
		return
	}
	ctx, cancel := context.WithTimeout(k.ctx, k.m.cfg.Report)
	defer cancel()
	// An error is that of a connection whose end the process or the agent sees.
	_ = agent.Async(ctx, kdb.NewList(kdb.Sym(".quoin.report"), kdb.Nil))
}

// down ends what is left of a process.
func (k *keeper) down(p runner.Process) {
	p.Stop(context.WithoutCancel(k.ctx), k.m.cfg.Grace)
	k.mu.Lock()
	k.addr, k.process, k.booted, k.memory, k.asked = "", nil, false, nil, false
	k.state.Ready = false
	agent := k.agent
	k.agent = nil
	k.mu.Unlock()
	if agent != nil {
		agent.Close()
	}
	k.m.cfg.Logs.Drain(k.spec.ID)
}

// launch starts the process.
func (k *keeper) launch(spec *control.NodeSpec) (runner.Process, error) {
	boot := filepath.Join(k.dir, "boot.q")
	if err := os.WriteFile(boot, k.bootScript(spec), 0o600); err != nil {
		return nil, fmt.Errorf("node: %w", err)
	}
	out := filepath.Join(k.dir, "output")
	if err := k.m.cfg.Logs.Follow(spec.Environment, spec.Cluster, spec.ID, out); err != nil {
		return nil, err
	}
	s, err := k.command(spec, boot)
	if err != nil {
		return nil, err
	}
	s.ID, s.Dir, s.Log = spec.ID, filepath.Join(k.dir, "app"), out
	p, err := k.m.cfg.Runner.Start(k.ctx, s)
	if err != nil {
		return nil, err
	}
	k.mu.Lock()
	k.process = p
	k.mu.Unlock()
	return p, nil
}

// remove takes the node's folder away.
func (k *keeper) remove() {
	k.m.cfg.Logs.Unfollow(k.spec.ID)
	if err := datadir.RemoveAll(k.dir); err != nil {
		k.m.cfg.Log.Error("folder of a node not removed", "node", k.spec.ID, "error", err)
	}
	k.tidy()
}

// set changes the state and tells the watcher.
func (k *keeper) set(change func(*control.NodeState)) {
	k.mu.Lock()
	change(&k.state)
	k.mu.Unlock()
	k.m.watch(k.spec.Environment + "/" + k.spec.Cluster)
}

func (k *keeper) current() control.NodeState {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.state
}

// isSecret compares in constant time.
func (k *keeper) isSecret(given string) bool {
	return subtle.ConstantTimeCompare([]byte(given), []byte(k.secret)) == 1
}

// open returns how many connections the node has, and whether it takes more.
func (k *keeper) open() (conns int, ok bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.conns, k.state.Ready && !k.draining && k.addr != ""
}

// take counts a connection in. Errors: gateway.ErrNoNode.
func (k *keeper) take() (*gateway.Backend, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.addr == "" {
		return nil, gateway.ErrNoNode
	}
	k.conns++
	k.served++
	return &gateway.Backend{Node: k.spec.ID, Addr: k.addr, Password: k.secret, Traffic: &k.traffic, Release: sync.OnceFunc(k.give)}, nil
}

func (k *keeper) give() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.conns--; k.conns == 0 {
		select {
		case k.idle <- struct{}{}:
		default:
		}
	}
}

// drain takes the node out of Pick and gives its connections a while to end.
func (k *keeper) drain(ctx context.Context) {
	t := time.NewTimer(k.m.cfg.Drain)
	defer t.Stop()
	k.mu.Lock()
	k.draining = true
	conns := k.conns
	k.mu.Unlock()
	for conns > 0 {
		select {
		case <-ctx.Done():
			return
		case <-k.ctx.Done():
			return
		case <-t.C:
			return
		case <-k.idle:
		}
		k.mu.Lock()
		conns = k.conns
		k.mu.Unlock()
	}
}

// reload has the process load what changed. One that is not ready is left
// alone: the next comes up with it.
func (k *keeper) reload(ctx context.Context, spec control.NodeSpec) error {
	k.mu.Lock()
	agent, process := k.agent, k.process
	ready := k.state.Ready
	k.spec.Code, k.spec.Databases, k.spec.Reload = spec.Code, spec.Databases, spec.Reload
	select {
	case <-k.reloaded: // of a reload that nobody waited for
	default:
	}
	k.mu.Unlock()
	if agent == nil || process == nil || !ready {
		return nil
	}
	if err := k.relink(ctx, &spec); err != nil {
		if ctx.Err() == nil {
			k.loaded(&spec, err)
		}
		return ctx.Err()
	}
	msg := kdb.NewList(kdb.Sym(".quoin.reload"), databaseNames(spec.Databases))
	if err := agent.Async(ctx, msg); err != nil {
		return fmt.Errorf("node: reload: %w", err)
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-process.Done(): // the next process comes up with it
		return nil
	case err := <-k.reloaded:
		k.loaded(&spec, err)
		if err == nil {
			return k.drop()
		}
	}
	return nil
}

// loaded takes down how a reload ended.
func (k *keeper) loaded(spec *control.NodeSpec, err error) {
	reason := ""
	if err != nil {
		k.m.cfg.Log.Warn("reload failed", "node", spec.ID, "error", err)
		reason = "Its code or database could not be put in place"
		var b *bootError
		if errors.As(err, &b) {
			reason = b.text
		}
	}
	k.set(func(s *control.NodeState) { s.Reload, s.Failed = spec.Reload, reason })
}

// relink has the links of a node that runs lead to what changed.
func (k *keeper) relink(ctx context.Context, spec *control.NodeSpec) error {
	k.laying.Lock()
	defer k.laying.Unlock()
	return k.relay(ctx, spec)
}

// drop removes what the node's process has let go.
func (k *keeper) drop() error {
	k.laying.Lock()
	err := k.dropVersions()
	k.laying.Unlock()
	k.tidy()
	return err
}

func (k *keeper) describe() Node {
	k.mu.Lock()
	n := Node{
		Environment: k.spec.Environment, Cluster: k.spec.Cluster, ID: k.spec.ID,
		State: k.state, Connections: k.conns, Served: k.served, Restarts: k.restarts, Traffic: &k.traffic, Memory: k.memory,
	}
	p := k.process
	k.mu.Unlock()
	if p != nil {
		if u, err := p.Usage(); err == nil {
			n.Usage = u
		}
	}
	return n
}
