package node_test

import (
	"archive/zip"
	"bytes"
	"context"
	"iter"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/blob"
	"github.com/quoinhq/quoin/internal/control"
	"github.com/quoinhq/quoin/internal/logs"
	"github.com/quoinhq/quoin/internal/node"
	"github.com/quoinhq/quoin/internal/runner/local"
	"github.com/quoinhq/quoin/internal/s3"
	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/kdb/ipc"
	"github.com/quoinhq/quoin/test/live"
)

// quoin is the program that the tests start nodes with.
var quoin string

func TestMain(m *testing.M) { live.Main(m, &quoin) }

// bucket is an S3 source of byte slices by key. Nodes read it while a test fills
// it for the next.
type bucket struct{ objects sync.Map }

func (b *bucket) put(key string, content []byte) { b.objects.Store(key, content) }

func (b *bucket) List(context.Context, string, string) iter.Seq2[s3.Info, error] {
	return func(func(s3.Info, error) bool) {}
}

func (b *bucket) Fetch(ctx context.Context, blobs *blob.Store, _, key, _ string) (blob.Ref, error) {
	content, ok := b.objects.Load(key)
	if !ok {
		return blob.Ref{}, s3.ErrNoObject
	}
	return blobs.Ingest(ctx, bytes.NewReader(content.([]byte)))
}

// answers are calls that answer with what a function returns.
type answers func(from node.Caller, name string, args []kdb.Value) (kdb.Value, error)

func (f answers) Call(_ context.Context, from node.Caller, name string, args []kdb.Value) (kdb.Value, error) {
	return f(from, name, args)
}

// bench is a manager and what it is made of.
type bench struct {
	*node.Manager
	dir     string
	bucket  bucket
	blobs   *blob.Store
	changed chan string
	log     *bytes.Buffer
}

func newBench(t *testing.T, change ...func(*node.Config)) *bench {
	t.Helper()
	b := &bench{dir: t.TempDir(), changed: make(chan string, 1000), log: &bytes.Buffer{}}
	blobs, err := blob.Open(filepath.Join(b.dir, "blobs"))
	if err != nil {
		t.Fatal(err)
	}
	b.blobs = blobs
	run, err := local.New(filepath.Join(b.dir, "run"))
	if err != nil {
		t.Fatal(err)
	}
	cfg := node.Config{
		Dir: filepath.Join(b.dir, "nodes"), Logs: &logs.Collector{Dir: filepath.Join(b.dir, "logs"), Now: time.Now},
		Runner: run, Engine: []string{quoin, "q"}, Blobs: blobs, Objects: &b.bucket,
		Calls: answers(func(_ node.Caller, name string, args []kdb.Value) (kdb.Value, error) {
			return kdb.NewList(append([]kdb.Value{kdb.Str(name)}, args...)...), nil
		}),
		Log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})), Now: time.Now,
		Backoff: 10 * time.Millisecond, Drain: 300 * time.Millisecond,
	}
	for _, f := range change {
		f(&cfg)
	}
	if b.Manager, err = node.Open(cfg); err != nil {
		t.Fatal(err)
	}
	b.Watch(func(cluster string) { b.changed <- cluster })
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
		if err := run.Close(context.Background(), time.Second); err != nil {
			t.Error(err)
		}
	})
	return b
}

// await waits until a node's state is as wanted.
func (b *bench) await(t *testing.T, id string, want func(control.NodeState) bool) control.NodeState {
	t.Helper()
	limit := time.After(30 * time.Second)
	for {
		st := b.State(id)
		if want(st) {
			return st
		}
		if st.Final {
			t.Fatalf("the node has failed: %s; it printed\n%s", st.Failed, b.printed(t))
		}
		select {
		case <-b.changed:
		case <-limit:
			t.Fatalf("the node is in state %+v; it printed\n%s", st, b.printed(t))
		}
	}
}

func ready(st control.NodeState) bool  { return st.Ready }
func failed(st control.NodeState) bool { return st.Final }

// printed is all that nodes printed.
func (b *bench) printed(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	files, err := filepath.Glob(filepath.Join(b.dir, "logs", "*", "*", "*.log"))
	if err != nil {
		t.Fatal(err)
	}
	more, err := filepath.Glob(filepath.Join(b.dir, "nodes", "*", "output"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range append(files, more...) {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	return all.String()
}

// login connects to a node of the cluster as the gateway does.
func (b *bench) login(t *testing.T, to control.Endpoint, user string) *ipc.Conn {
	t.Helper()
	backend, err := b.Pick(t.Context(), to)
	if err != nil {
		t.Fatal(err)
	}
	nc, err := net.Dial("tcp", backend.Addr)
	if err != nil {
		t.Fatal(err)
	}
	c, err := new(ipc.Dialer).NewConn(t.Context(), nc, ipc.Login{User: user, Password: backend.Password, Capability: ipc.Large})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.Close()
		backend.Release()
	})
	return c
}

// ask evaluates q code on a node and returns what kdb shows of the result.
func ask(t *testing.T, c *ipc.Conn, code string) string {
	t.Helper()
	v, err := c.Sync(t.Context(), kdb.Str(code))
	if err != nil {
		t.Fatalf("%s: %v", code, err)
	}
	return kdb.Inline(v)
}

// zipOf packs files, given as name and content in turn.
func zipOf(t testing.TB, files ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		w, err := z.Create(files[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(files[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// tree saves a tree of files, given as path and content in turn.
func (b *bench) tree(t *testing.T, files ...string) blob.Hash {
	t.Helper()
	lease := b.blobs.Lease()
	t.Cleanup(lease.Release)
	var in []blob.TreeFile
	for i := 0; i < len(files); i += 2 {
		ref, err := b.blobs.Ingest(t.Context(), strings.NewReader(files[i+1]))
		if err != nil {
			t.Fatal(err)
		}
		in = append(in, blob.TreeFile{Path: files[i], Ref: ref})
	}
	tree, err := b.blobs.EmptyTree().PutAll(in)
	if err != nil {
		t.Fatal(err)
	}
	h, err := tree.Save(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func ptr[T any](v T) *T { return &v }

var to = control.Endpoint{Environment: "env", Cluster: "c"}

// spec is a node whose code is one init script.
func (b *bench) spec(t *testing.T, id, script string) control.NodeSpec {
	t.Helper()
	b.bucket.put(id+".zip", zipOf(t, "init.q", script))
	return control.NodeSpec{
		ID: id, Environment: "env", Cluster: "c", Type: finspace.KxClusterTypeGp, Script: "init.q", ExecutionRole: "arn:aws:iam::111122223333:role/x",
		Code: &finspace.CodeConfiguration{S3Bucket: ptr("b"), S3Key: ptr(id + ".zip")},
	}
}

func TestNodeComesUp(t *testing.T) {
	b := newBench(t)
	s := b.spec(t, "n1", "x:41+1\n.awscust.z.pg:{[q] `seen set .z.u; value q}\n")
	s.Arguments = []finspace.KxCommandLineArgument{{Key: ptr("tp_name"), Value: ptr("tick one")}, {Key: ptr("mode"), Value: ptr("fast")}}
	began := time.Now()
	b.Start(s)
	b.await(t, "n1", ready)
	t.Logf("ready after %s", time.Since(began))
	c := b.login(t, to, "alice")
	for code, want := range map[string]string{
		"x":                          "42",
		".z.u":                       "`alice",
		"seen":                       "`alice",
		".aws.akcp":                  `"/opt/kx/app/code"`,
		".aws.args`tp_name":          `"tick one"`,
		"first(.Q.opt .z.X)`mode":    `"fast"`,
		"system\"cd\"":               `"/opt/kx/app"`,
		".aws.get_kx_cluster\"hdb\"": `("get_kx_cluster";"hdb")`,
	} {
		if got := ask(t, c, code); got != want {
			t.Errorf("%s is %s, want %s", code, got, want)
		}
	}
}
