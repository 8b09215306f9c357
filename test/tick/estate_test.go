package tick_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/connect"
	"github.com/quoinhq/quoin/internal/datadir"
	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/test/live"
)

// quoin is the program under test.
var quoin string

func TestMain(m *testing.M) { live.Main(m, &quoin) }

// patience bounds everything that is waited for; nothing takes a tenth of it.
const patience = 2 * time.Minute

// What makes the application, and what removes it.
const (
	createWithBoto3     = "../../examples/tick/create.py"
	createWithTerraform = "../terraform/testdata/tick.py" // by its provider's calls
	remove              = "../../examples/tick/delete.py"
)

// estate is a server in a process of its own, with the application on it.
type estate struct {
	t   *testing.T
	dir string

	mu  sync.Mutex // protects the rest, which changes when the server does
	cmd *exec.Cmd
	out *output
	cfg finspace.Config
}

// output is what a process prints, readable while it runs.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// newEstate starts a server on an empty folder and makes the application on it.
func newEstate(t *testing.T, create string) *estate {
	t.Helper()
	live.Need(t, "boto3", "python3", "-c", "import boto3")
	e := &estate{t: t, dir: filepath.Join(t.TempDir(), "data")}
	e.serve()
	t.Cleanup(e.kill)
	out := e.python(create)
	if !strings.Contains(out, "feed runs") {
		t.Fatalf("%s printed %s", create, out)
	}
	return e
}

// serve starts the server and waits until it is ready.
func (e *estate) serve() {
	e.t.Helper()
	cmd, out := exec.Command(quoin, "serve", "--data-dir", e.dir, "--api-addr=127.0.0.1:0", "--gateway-addr=127.0.0.1:0", "--log-level=error"), new(output)
	cmd.Stdout, cmd.Stderr = out, os.Stderr
	if err := cmd.Start(); err != nil {
		e.t.Fatal(err)
	}
	e.until("the server is ready", func() bool { return strings.Contains(out.String(), "To point AWS tools at it") })
	d, err := datadir.Find(e.dir)
	if err != nil {
		e.t.Fatal(err)
	}
	endpoint, err := d.Endpoint()
	if err != nil {
		e.t.Fatal(err)
	}
	keys, err := d.Credentials()
	if err != nil {
		e.t.Fatal(err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.cmd, e.out = cmd, out
	e.cfg = finspace.Config{
		Endpoint: endpoint.URL, Region: endpoint.Region,
		Credentials: finspace.StaticCredentials{AccessKeyID: keys.AccessKeyID, SecretAccessKey: keys.SecretAccessKey},
	}
}

// kill ends the server as kill -9 does.
func (e *estate) kill() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.cmd != nil {
		_ = e.cmd.Process.Kill() // Wait tells
		_ = e.cmd.Wait()         // it was killed
		e.cmd = nil
	}
}

func (e *estate) config() finspace.Config {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.cfg
}

func (e *estate) client() *finspace.Client {
	e.t.Helper()
	c, err := finspace.New(e.config())
	if err != nil {
		e.t.Fatal(err)
	}
	return c
}

// python runs a script with what quoin env prints.
func (e *estate) python(script string) string {
	e.t.Helper()
	ctx, cancel := context.WithTimeout(e.t.Context(), patience)
	defer cancel()
	c := exec.CommandContext(ctx, "sh", "-euc", `eval "$("$0" env --data-dir "$1")"; exec python3 -B "$2"`, quoin, e.dir, script)
	out, err := c.CombinedOutput()
	if err != nil {
		e.t.Fatalf("%s: %v: %s", script, err, out)
	}
	return string(out)
}

// environment is the id of the application's environment.
func (e *estate) environment() *string {
	e.t.Helper()
	out, err := e.client().ListKxEnvironments(e.t.Context(), &finspace.ListKxEnvironmentsInput{})
	if err != nil || len(out.Environments) != 1 {
		e.t.Fatalf("%+v, %v", out, err)
	}
	return out.Environments[0].EnvironmentId
}

// connect opens a connection to a cluster through the gateway, as trader.
func (e *estate) connect(ctx context.Context, cluster string) (*connect.Session, error) {
	return connect.Open(ctx, e.config(), connect.Target{Cluster: cluster, User: "trader"})
}

// ask has a cluster evaluate q on a connection of its own.
func (e *estate) ask(ctx context.Context, cluster, code string) (kdb.Value, error) {
	s, err := e.connect(ctx, cluster)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	return s.Eval(ctx, code)
}

// must asks again until the cluster answers: it may be about to come back.
func (e *estate) must(cluster, code string) kdb.Value {
	e.t.Helper()
	var v kdb.Value
	var err error
	e.until(cluster+" answers "+code, func() bool {
		v, err = e.ask(e.t.Context(), cluster, code)
		return err == nil
	})
	return v
}

// long is must where the answer is a whole number.
func (e *estate) long(cluster, code string) int64 {
	e.t.Helper()
	var n int64
	if err := kdb.To(e.must(cluster, code), &n); err != nil {
		e.t.Fatalf("%s: %s: %v", cluster, code, err)
	}
	return n
}

// longs is must where the answer is a list of them.
func (e *estate) longs(cluster, code string) []int64 {
	e.t.Helper()
	var n []int64
	if err := kdb.To(e.must(cluster, code), &n); err != nil {
		e.t.Fatalf("%s: %s: %v", cluster, code, err)
	}
	return n
}

// pid is the process of a cluster's node; of several, that of any.
func (e *estate) pid(cluster string) int { return int(e.long(cluster, ".z.i")) }

// murder ends a process as kill -9 does.
func (e *estate) murder(pid int) {
	e.t.Helper()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		e.t.Fatal(err)
	}
}

// until waits for something.
func (e *estate) until(what string, is func() bool) {
	e.t.Helper()
	for began := time.Now(); !is(); time.Sleep(20 * time.Millisecond) {
		if time.Since(began) > patience {
			e.t.Fatalf("waited in vain until %s; the nodes printed\n%s", what, e.printed())
		}
	}
}

// printed is what the nodes printed.
func (e *estate) printed() string {
	var all strings.Builder
	files, err := filepath.Glob(filepath.Join(e.dir, "logs/*/*/*.log"))
	if err != nil {
		return err.Error()
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		fmt.Fprintf(&all, "%s: %s%v\n", strings.TrimPrefix(f, e.dir), text, err)
	}
	return all.String()
}
