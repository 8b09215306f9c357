package node

import (
	"context"
	"errors"
	"fmt"
	"net"

	"github.com/quoinhq/quoin/internal/node/engine"
	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/kdb/ipc"
)

// Calls does what the .aws functions of q code ask for.
type Calls interface {
	// Call does what the function .aws.NAME does for a node. An error of the
	// type kdb.Error is signalled to q code; of any other it gets the
	// dictionary that the service's functions gave.
	Call(ctx context.Context, from Caller, name string, args []kdb.Value) (kdb.Value, error)
}

// Caller is the node whose q code asks.
type Caller struct {
	Environment, Cluster, Node string
	Role                       string // ARN of the execution role, or ""
	// Path returns the path on this machine of one that q code knows. Errors:
	// fs.ErrPermission for what is not the node's.
	Path func(name string, write bool) (string, error)
}

// admit lets the processes of nodes in, each with its own secret.
func (m *Manager) admit(_ context.Context, l ipc.Login, _ net.Conn) error {
	if k := m.keeper(l.User); k != nil && k.isSecret(l.Password) {
		return nil
	}
	return errors.New("node: unknown node or wrong secret")
}

// converse serves the connection of one node's process.
func (m *Manager) converse(ctx context.Context, c *ipc.Conn) {
	if k := m.keeper(c.User()); k != nil {
		ipc.Answer(k.hear)(ctx, c)
	}
}

// hear does what one message of the process asks for: a list of a name and what
// goes with it.
func (k *keeper) hear(ctx context.Context, c *ipc.Conn, m ipc.Message) (kdb.Value, error) {
	l, ok := m.Value.(*kdb.List)
	if !ok {
		if v, isVec := m.Value.(*kdb.Symbols); isVec && v.Len() == 2 {
			l, ok = kdb.NewList(v.At(0), v.At(1)), true
		}
	}
	if !ok || l.Len() != 2 {
		return nil, kdb.Error("agent: a message is a name and its arguments")
	}
	name, ok := kdb.Text(l.V[0])
	if !ok {
		return nil, kdb.Error("agent: a message begins with a name")
	}
	arg := l.V[1]
	said, _ := kdb.Text(arg)
	switch name {
	case "hello":
		return kdb.Nil, k.meet(c, arg)
	case "ready":
		k.end(nil)
		return kdb.Nil, nil
	case "failed":
		k.end(&bootError{text: said})
		return kdb.Nil, nil
	case "reloaded":
		var err error
		if said != "" {
			err = &bootError{text: said}
		}
		select {
		case k.reloaded <- err:
		default: // nobody waits any more
		}
		return kdb.Nil, nil
	case "memory":
		return kdb.Nil, k.weigh(arg)
	}
	args, ok := arg.(*kdb.List)
	if !ok {
		return nil, kdb.Error("agent: arguments are a list")
	}
	if name == "stop_current_kx_cluster_creation" {
		return kdb.Nil, k.giveUp(args.V)
	}
	v, err := k.m.cfg.Calls.Call(ctx, k.caller(), name, args.V)
	var signal kdb.Error
	if err == nil || errors.As(err, &signal) {
		return v, err
	}
	return failure(err), nil
}

// meet takes down where the process listens.
func (k *keeper) meet(c *ipc.Conn, arg kdb.Value) error {
	var port int
	if err := kdb.To(arg, &port); err != nil || port <= 0 || port > 65535 {
		return kdb.Error("agent: no port")
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.agent, k.addr = c, fmt.Sprintf("127.0.0.1:%d", port)
	return nil
}

// weigh takes down how much memory q uses.
func (k *keeper) weigh(arg kdb.Value) error {
	memory := map[string]int64{}
	if err := kdb.To(arg, &memory); err != nil {
		return kdb.Error("agent: no dictionary of memory")
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.memory, k.asked = memory, false
	return nil
}

// end says how the boot of the present process ended; only the first word on it
// counts.
func (k *keeper) end(err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.booted && k.outcome != nil {
		k.booted = true
		k.outcome <- err
	}
}

// giveUp ends the creation of the cluster for the reason that q code gives. It
// means something in an init script only.
func (k *keeper) giveUp(args []kdb.Value) error {
	reason := ""
	if len(args) == 1 {
		reason, _ = kdb.Text(args[0])
	}
	k.mu.Lock()
	over := k.booted
	k.gaveUp = k.gaveUp || !over
	k.mu.Unlock()
	if over {
		return kdb.Error("the cluster's creation is over")
	}
	k.end(&bootError{text: reason})
	return nil
}

func (k *keeper) caller() Caller {
	k.mu.Lock()
	spec := k.spec
	k.mu.Unlock()
	var writable []string
	for _, d := range spec.Databases {
		if d.Writable {
			writable = append(writable, d.Name)
		}
	}
	return Caller{
		Environment: spec.Environment, Cluster: spec.Cluster, Node: spec.ID, Role: spec.ExecutionRole,
		Path: func(name string, write bool) (string, error) {
			return engine.NewSys(k.dir, writable, false).Resolve(name, write)
		},
	}
}
