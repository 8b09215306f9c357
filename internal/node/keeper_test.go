package node_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/control"
	"github.com/quoinhq/quoin/internal/gateway"
)

func TestNodeFails(t *testing.T) {
	for name, c := range map[string]struct {
		script string
		change func(*control.NodeSpec)
		want   string
	}{
		"init script signals":     {"'`broken", nil, "The init script failed. broken"},
		"init script is no q":     {"x:1\nf:{x+", nil, "The init script failed. It cannot be read as q. The log says where."},
		"init script sets a hook": {"\\d .z\npg:{x}", nil, "The init script failed. access"},
		"init script is missing":  {"x:1", func(s *control.NodeSpec) { s.Script = "other.q" }, "The init script failed. "},
		"code is missing":         {"x:1", func(s *control.NodeSpec) { s.Code.S3Key = ptr("none.zip") }, "There is no code none.zip"},
		"code is no zip":          {"x:1", func(s *control.NodeSpec) { s.Code.S3Key = ptr("junk.zip") }, "The code junk.zip cannot be used."},
		"init script gives up":    {".aws.stop_current_kx_cluster_creation\"no market today\"", nil, "no market today"},
		"init script ends q":      {"exit 3", nil, "exit code 3 for the 5. time"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.bucket.put("junk.zip", []byte("junk"))
			s := b.spec(t, "n1", c.script)
			if c.change != nil {
				c.change(&s)
			}
			b.Start(s)
			st := b.await(t, "n1", failed)
			if !strings.Contains(st.Failed, c.want) {
				t.Errorf("the reason is %q, want %q in it", st.Failed, c.want)
			}
			if _, err := b.Pick(t.Context(), to); err != gateway.ErrNoNode {
				t.Errorf("Pick: %v", err)
			}
		})
	}
}

// TestLogSaysWhereAnInitScriptFailed: a message alone is found by nobody.
func TestLogSaysWhereAnInitScriptFailed(t *testing.T) {
	b := newBench(t)
	b.Start(b.spec(t, "n1", "f:{x+`a}\n\nf 1"))
	b.await(t, "n1", failed)
	var log string
	for end := time.Now().Add(time.Minute); !strings.Contains(log, "init.q:3: f 1"); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("the log is %s", log)
		}
		log = ""
		files, err := filepath.Glob(filepath.Join(b.dir, "logs", "*", "*", "n1.log"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			log += string(text)
		}
	}
	if !strings.Contains(log, "'type\n") || !strings.Contains(log, "init.q:1: f:{x+`a}") {
		t.Errorf("the log is %s", log)
	}
}

func kill(t *testing.T, pid string) {
	t.Helper()
	n := 0
	for _, c := range strings.TrimSuffix(pid, "i") {
		n = n*10 + int(c-'0')
	}
	if err := syscall.Kill(n, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
}

func TestPickTakesTheLeastConnected(t *testing.T) {
	b := newBench(t)
	for _, id := range []string{"n1", "n2"} {
		b.Start(b.spec(t, id, "x:1"))
	}
	b.await(t, "n1", ready)
	b.await(t, "n2", ready)
	count := map[string]int{}
	for range 6 {
		backend, err := b.Pick(t.Context(), to)
		if err != nil {
			t.Fatal(err)
		}
		count[backend.Node]++
	}
	if count["n1"] != 3 || count["n2"] != 3 {
		t.Errorf("connections by node: %v", count)
	}
	named := to
	named.Node = "n2"
	if backend, err := b.Pick(t.Context(), named); err != nil || backend.Node != "n2" {
		t.Errorf("Pick of n2: %+v, %v", backend, err)
	}
	named.Node = "n3"
	if _, err := b.Pick(t.Context(), named); err != gateway.ErrNoNode {
		t.Errorf("Pick of n3: %v", err)
	}
}

func TestSandbox(t *testing.T) {
	b := newBench(t)
	s := b.spec(t, "n1", "x:1")
	s.Type = finspace.KxClusterTypeRdb
	b.Start(s)
	b.await(t, "n1", ready)
	c := b.login(t, to, "mallory")
	for _, code := range []string{
		"read0`:/etc/passwd", "read0`$\":" + b.dir + "/blobs\"", "system\"p 0W\"", "system\"cat /etc/passwd\"",
		"`:/opt/kx/app/code/x.q 0:enlist\"y\"", "`:/opt/kx/app/db/y 0:enlist\"y\"",
		"read0`:/opt/kx/app/code/../../boot.q", "read0`$\":" + b.dir + "/nodes/n1/boot.q\"", ".quoin.secret",
	} {
		if got := ask(t, c, "@[value;"+quote(code)+";{`$x}]"); !strings.HasPrefix(got, "`") {
			t.Errorf("%s gave %s", code, got)
		}
	}
	if got := ask(t, c, "`:/opt/kx/app/scratch/y 0:enlist\"y\";read0`:/opt/kx/app/scratch/y"); got != `,,"y"` {
		t.Errorf("from scratch came %s", got)
	}
}

func quote(code string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(code) + `"`
}
