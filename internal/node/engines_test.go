package node_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/control"
	"github.com/quoinhq/quoin/internal/gateway"
	"github.com/quoinhq/quoin/internal/node"
	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/kdb/ipc"
)

// engine is something that nodes run on, and how it is asked what the suite
// wants to know.
type engine struct {
	configure            func(*node.Config)
	read, write          string // with one %s, the path
	user, pid, arguments string
}

// engines runs a test on the embedded engine and on a program that is not ours
// and speaks the protocol alone. What holds here holds for every q.
func engines(t *testing.T, test func(t *testing.T, e engine)) {
	standin := filepath.Join(t.TempDir(), "standin")
	if out, err := exec.Command("go", "build", "-o", standin, "./testdata/standin").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for name, e := range map[string]engine{
		"embedded": {
			configure: func(*node.Config) {},
			read:      "\"c\"$read1`$\":%s\"", write: "(`$\":%s\")0:enlist\"x\";", user: ".z.u", pid: ".z.i", arguments: "\" \"sv 2_.z.X",
		},
		"foreign": {
			configure: func(c *node.Config) { c.Binaries = node.Binaries{"": {Path: standin}} },
			read:      "read %s", write: "write %s", user: "user", pid: "pid", arguments: "arguments",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, e)
		})
	}
}

// may says whether the engine does what it is asked.
func may(t *testing.T, c *ipc.Conn, form, path string) bool {
	t.Helper()
	_, err := c.Sync(t.Context(), kdb.Str(fmt.Sprintf(form, path)))
	return err == nil
}

func TestLayout(t *testing.T) {
	engines(t, func(t *testing.T, e engine) {
		b := newBench(t, e.configure)
		s := b.spec(t, "n1", "x:1")
		volume := filepath.Join(b.dir, "volume")
		s.Volumes = []control.NodeVolume{{Name: "vol", Dir: volume}}
		s.Databases = []control.NodeDatabase{{Name: "market", Tree: b.tree(t, "v.q", "v:1\n"), Changeset: "c1"}}
		s.Arguments = []finspace.KxCommandLineArgument{{Key: ptr("mode"), Value: ptr("fast")}}
		b.Start(s)
		b.await(t, "n1", ready)
		c := b.login(t, to, "alice")
		if got := ask(t, c, e.user); got != "`alice" {
			t.Errorf("the user is %s", got)
		}
		if got := ask(t, c, e.arguments); !strings.Contains(got, "-mode fast") {
			t.Errorf("the arguments are %s", got)
		}
		for path, want := range map[string]string{"/opt/kx/app/code/init.q": `"x:1"`, "/opt/kx/app/db/market/v.q": `"v:1\n"`} {
			if got := ask(t, c, fmt.Sprintf(e.read, path)); got != want {
				t.Errorf("%s is %s", path, got)
			}
		}
		for path, want := range map[string]bool{
			"/opt/kx/app/scratch/x": true, "/opt/kx/app/code_scratch/x": true, "/opt/kx/app/shared/vol/c/x": true, "/opt/kx/app/shared/vol/common/x": true, "/tmp/x": true,
			"/opt/kx/app/code/init.q": false, "/opt/kx/app/db/market/v.q": false, "/opt/kx/app/db/market/new": false, "/usr/x": false, "/x": false,
		} {
			if got := may(t, c, e.write, path); got != want {
				t.Errorf("may it write %s: %v", path, got)
			}
		}
		if _, err := os.Stat(filepath.Join(volume, "c", "x")); err != nil {
			t.Errorf("what was written to the volume is not there: %v", err)
		}
	})
}

// TestNothingElse: of the machine, of the data folder and of other nodes a node
// sees nothing.
func TestNothingElse(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	engines(t, func(t *testing.T, e engine) {
		b := newBench(t, e.configure)
		credentials := filepath.Join(b.dir, "credentials")
		if err := os.WriteFile(credentials, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		other := b.spec(t, "n2", "x:2")
		other.Cluster = "other"
		other.Volumes = []control.NodeVolume{{Name: "vol", Dir: filepath.Join(b.dir, "volume")}}
		other.Databases = []control.NodeDatabase{{Name: "market", Tree: b.tree(t, "2024.01.01/t/x", "secret"), Changeset: "c1"}}
		first := b.spec(t, "n1", "x:1") // adds code, which nodes read
		b.Start(other)
		b.Start(first)
		b.await(t, "n1", ready)
		b.await(t, "n2", ready)
		c := b.login(t, to, "mallory")
		self, server := ask(t, c, e.pid), fmt.Sprint(os.Getpid())
		theirs := strings.TrimSuffix(ask(t, b.login(t, control.Endpoint{Environment: "env", Cluster: "other"}, "bob"), e.pid), "i")
		paths := []string{
			secret, credentials, "/etc/shadow", "/root/.profile", "/proc/" + server + "/environ", "/proc/" + server + "/root" + secret, "/proc/" + theirs + "/environ",
			"/proc/" + theirs + "/root/opt/kx/app/code/init.q", "/proc/1/environ", "/proc/1/root/etc/passwd",
		}
		err := filepath.Walk(b.dir, func(path string, st os.FileInfo, err error) error {
			if err == nil && st.Mode().IsRegular() && !strings.Contains(path, "/n1/") {
				paths = append(paths, path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			if may(t, c, e.read, path) {
				t.Errorf("process %s can read %s", self, path)
			}
		}
	})
}

func TestNodeKilled(t *testing.T) {
	engines(t, func(t *testing.T, e engine) {
		b := newBench(t, e.configure)
		b.Start(b.spec(t, "n1", "x:1"))
		last := b.await(t, "n1", ready)
		for range 3 {
			kill(t, ask(t, b.login(t, to, "bob"), e.pid))
			down := b.await(t, "n1", func(st control.NodeState) bool { return st.Failed != "" || st.Launch.After(last.Launch) })
			if down.Failed != "" && !strings.Contains(down.Failed, "The process of the node ended. ") {
				t.Errorf("the cause is %q", down.Failed)
			}
			last = b.await(t, "n1", func(st control.NodeState) bool { return st.Ready && st.Launch.After(last.Launch) })
			if got := ask(t, b.login(t, to, "bob"), e.user); got != "`bob" {
				t.Errorf("after a restart the user is %s", got)
			}
		}
	})
}

// TestNodeDiesAtStart: a node that never was ready is tried five times, then it
// counts as failed; one whose code is at fault, once.
func TestNodeDiesAtStart(t *testing.T) {
	engines(t, func(t *testing.T, e engine) {
		for script, want := range map[string]string{"exit 3": "exit code 3 for the 5. time", "'`broken": "The init script failed. broken"} {
			b := newBench(t, e.configure)
			b.Start(b.spec(t, "n1", script))
			if st := b.await(t, "n1", failed); !strings.Contains(st.Failed, want) {
				t.Errorf("the reason is %q, want %q in it", st.Failed, want)
			}
			if _, err := b.Pick(t.Context(), to); err != gateway.ErrNoNode {
				t.Errorf("Pick: %v", err)
			}
		}
	})
}

func TestNodeStops(t *testing.T) {
	engines(t, func(t *testing.T, e engine) {
		b := newBench(t, e.configure, func(c *node.Config) { c.Drain = 20 * time.Second })
		b.Start(b.spec(t, "n1", "x:1"))
		b.await(t, "n1", ready)
		backend, err := b.Pick(t.Context(), to)
		if err != nil {
			t.Fatal(err)
		}
		stopped := make(chan struct{})
		go func() {
			defer close(stopped)
			b.Stop(t.Context(), "n1")
		}()
		for {
			if _, err := b.Pick(t.Context(), to); err != nil {
				break // it leaves, and takes no more connections
			}
		}
		if st := b.State("n1"); !st.Ready {
			t.Errorf("with a connection left the node is in state %+v", st)
		}
		backend.Release()
		<-stopped
		if st := b.State("n1"); st.Started {
			t.Errorf("a stopped node is in state %+v", st)
		}
		if left, err := filepath.Glob(filepath.Join(b.dir, "nodes", "n*")); err != nil || len(left) != 0 {
			t.Errorf("of the node is left %v, %v", left, err)
		}
	})
}

func TestDatabaseReloads(t *testing.T) {
	engines(t, func(t *testing.T, e engine) {
		b := newBench(t, e.configure)
		s := b.spec(t, "n1", "x:1")
		s.Type = finspace.KxClusterTypeHdb
		database := func(changeset, content string) []control.NodeDatabase {
			return []control.NodeDatabase{{Name: "market", Changeset: changeset, Tree: b.tree(t, "v.q", content)}}
		}
		s.Databases = database("c1", "v:1")
		b.Start(s)
		b.await(t, "n1", ready)
		c := b.login(t, to, "alice")
		s.Databases, s.Reload = database("c2", "v:2"), 1
		if err := b.Reload(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		if st := b.State("n1"); st.Reload != 1 || !st.Ready || st.Failed != "" {
			t.Errorf("after the reload the state is %+v", st)
		}
		if got := ask(t, c, fmt.Sprintf(e.read, "/opt/kx/app/db/market/v.q")); got != `"v:2"` {
			t.Errorf("the database is %s", got)
		}
	})
}

func TestNodeUsage(t *testing.T) {
	engines(t, func(t *testing.T, e engine) {
		b := newBench(t, e.configure)
		b.Start(b.spec(t, "n1", "x:1"))
		b.await(t, "n1", ready)
		b.Each(func(n node.Node) {
			if n.ID != "n1" || n.Usage.Memory == 0 {
				t.Errorf("the node is %+v", n)
			}
		})
	})
}
