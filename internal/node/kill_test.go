package node_test

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/quoinhq/quoin/finspace"
)

// serve runs a server in a process of its own until the returned function kills
// it.
func (e *estate) serve(t *testing.T) (kill func()) {
	t.Helper()
	cmd := exec.Command(quoin, "serve", "--data-dir", e.dir, "--api-addr", "127.0.0.1:0", "--gateway-addr", "127.0.0.1:0")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	kill = sync.OnceFunc(func() {
		if err := cmd.Process.Kill(); err != nil {
			t.Error(err)
		}
		cmd.Wait() // it was killed
	})
	t.Cleanup(kill)
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(line, "ready at ")
	e.url, rest, _ = strings.Cut(rest, " ")
	_, rest, _ = strings.Cut(rest, "account ")
	e.account, _, _ = strings.Cut(rest, ")")
	return kill
}

// TestServerKilled: of a server that is killed no process is left, and the next
// one brings its clusters up again.
func TestServerKilled(t *testing.T) {
	e := &estate{dir: filepath.Join(t.TempDir(), "data")}
	kill := e.serve(t)
	e.settle(t)
	e.create(t, e.cluster(t, "gp1", finspace.KxClusterTypeGp, "x:42\n"))
	kill()
	e.noOrphan(t)
	e.serve(t)
	e.dial(t)
	e.running(t, "gp1")
	e.answers(t, "gp1", "42")
}

// noOrphan waits until no process of the data folder runs.
func (e *estate) noOrphan(t *testing.T) {
	t.Helper()
	for began := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		running := ""
		lines, err := filepath.Glob("/proc/[0-9]*/cmdline")
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range lines {
			// A process that has ended meanwhile has no command line.
			if line, err := os.ReadFile(name); err == nil && bytes.Contains(line, []byte(e.dir+"/")) {
				running = name
			}
		}
		if running == "" {
			return
		}
		if time.Since(began) > 20*time.Second {
			t.Fatalf("%s outlives its server", running)
		}
	}
}

// TestServerKilledMeanwhile kills the server while it does something to a
// cluster: no process outlives it, what was acknowledged is in the trail, and
// the next server brings the cluster to where it was going.
func TestServerKilledMeanwhile(t *testing.T) {
	ctx := t.Context()
	type input = finspace.CreateKxClusterInput
	update := func(e *estate, in *input, strategy finspace.KxClusterCodeDeploymentStrategy) error {
		next := e.cluster(t, "next", finspace.KxClusterTypeGp, "x:2\n")
		_, err := e.client.UpdateKxClusterCodeConfiguration(ctx, &finspace.UpdateKxClusterCodeConfigurationInput{
			EnvironmentId: &e.env, ClusterName: in.ClusterName, Code: next.Code, InitializationScript: next.InitializationScript,
			DeploymentConfiguration: &finspace.KxClusterCodeDeploymentConfiguration{DeploymentStrategy: strategy},
		})
		return err
	}
	tests := map[string]struct {
		do        func(e *estate, in *input) error // to a cluster that runs; nil is to create it
		operation string
		x         string // what the cluster answers in the end; "" when it is gone
	}{
		"create":         {nil, "CreateKxCluster", "1"},
		"update ROLLING": {func(e *estate, in *input) error { return update(e, in, "ROLLING") }, "UpdateKxClusterCodeConfiguration", "2"},
		"update FORCE":   {func(e *estate, in *input) error { return update(e, in, "FORCE") }, "UpdateKxClusterCodeConfiguration", "2"},
		"delete node": {func(e *estate, in *input) error {
			nodes, err := e.client.ListKxClusterNodes(ctx, &finspace.ListKxClusterNodesInput{EnvironmentId: &e.env, ClusterName: in.ClusterName})
			if err != nil {
				return err
			}
			_, err = e.client.DeleteKxClusterNode(ctx, &finspace.DeleteKxClusterNodeInput{EnvironmentId: &e.env, ClusterName: in.ClusterName, NodeId: nodes.Nodes[0].NodeId})
			return err
		}, "DeleteKxClusterNode", "1"},
		"delete": {func(e *estate, in *input) error {
			_, err := e.client.DeleteKxCluster(ctx, &finspace.DeleteKxClusterInput{EnvironmentId: &e.env, ClusterName: in.ClusterName})
			return err
		}, "DeleteKxCluster", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			e := &estate{dir: filepath.Join(t.TempDir(), "data")}
			kill := e.serve(t)
			e.settle(t)
			// At once, and when a node is coming up or going.
			for i, delay := range []time.Duration{0, 15 * time.Millisecond, 60 * time.Millisecond} {
				in := e.cluster(t, fmt.Sprint("gp", i), finspace.KxClusterTypeGp, "x:1\n")
				do := tt.do
				if do == nil {
					do = func(e *estate, in *input) error {
						_, err := e.client.CreateKxCluster(ctx, in)
						return err
					}
				} else {
					e.create(t, in)
				}
				if err := do(e, in); err != nil {
					t.Fatal(err)
				}
				time.Sleep(delay)
				kill()
				e.noOrphan(t)
				trail, err := exec.Command(quoin, "audit", "--data-dir", e.dir, "--since", "1h").Output()
				if err != nil || bytes.Count(trail, []byte(tt.operation)) < i+1 {
					t.Errorf("%s after %s is not in the trail: %s, %v", tt.operation, delay, trail, err)
				}
				kill = e.serve(t)
				e.dial(t)
				if tt.x == "" {
					e.gone(t, *in.ClusterName)
					continue
				}
				e.running(t, *in.ClusterName)
				e.answers(t, *in.ClusterName, tt.x)
			}
		})
	}
}

// answers waits until the cluster has a node and it answers x so.
func (e *estate) answers(t *testing.T, cluster, x string) {
	t.Helper()
	e.until(t, func() (string, error) {
		nodes, err := e.client.ListKxClusterNodes(t.Context(), &finspace.ListKxClusterNodesInput{EnvironmentId: &e.env, ClusterName: &cluster})
		if err != nil || len(nodes.Nodes) != 1 || nodes.Nodes[0].Status != finspace.KxNodeStatusRunning {
			return "no node yet", err
		}
		return "up", nil
	}, "up")
	if got := ask(t, e.connect(t, cluster), "x"); got != x {
		t.Errorf("x is %s, want %s", got, x)
	}
}

// A node that keeps dying after it was ready is started again ever later, and
// get_kx_cluster says why it is down.
func TestServerNodeKeepsDying(t *testing.T) {
	e := newEstate(t)
	e.create(t, e.cluster(t, "gp1", finspace.KxClusterTypeGp, ".awscust.z.ts:{-2\"nothing to do\";exit 7}\nsystem\"t 20\"\n"))
	e.until(t, func() (string, error) {
		out, err := e.client.GetKxCluster(t.Context(), &finspace.GetKxClusterInput{EnvironmentId: &e.env, ClusterName: ptr("gp1")})
		if err != nil {
			return "", err
		}
		if reason := finspace.Value(out.StatusReason); strings.Contains(reason, "exit code 7 for the 3. time. It said last nothing to do") {
			return "said", nil
		}
		return string(out.Status), nil
	}, "said")
	if got := strings.Count(e.printed(t), " nothing to do\n"); got < 3 || got > 5 {
		t.Errorf("the node died %d times", got)
	}
}
