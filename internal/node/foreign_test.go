package node_test

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/control"
	"github.com/quoinhq/quoin/internal/node"
	"github.com/quoinhq/quoin/kdb"
)

// TestForeignBinary: a program that is not ours has the same layout, in a mount
// namespace of its own, and is looked after as the embedded engine is.
func TestForeignBinary(t *testing.T) {
	standin := filepath.Join(t.TempDir(), "standin")
	if out, err := exec.Command("go", "build", "-o", standin, "./testdata/standin").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	b := newBench(t, func(c *node.Config) { c.Foreign.Path = standin })
	s := b.spec(t, "n1", "x:1")
	volume := filepath.Join(b.dir, "volume")
	s.Volumes = []control.NodeVolume{{Name: "vol", Dir: volume}}
	s.Arguments = []finspace.KxCommandLineArgument{{Key: ptr("mode"), Value: ptr("fast")}}
	b.Start(s)
	b.await(t, "n1", ready)
	c := b.login(t, to, "alice")
	if got := ask(t, c, "/opt/kx/app/code/init.q"); got != `"x:1"` {
		t.Errorf("the code is %s", got)
	}
	if got := ask(t, c, "write /opt/kx/app/shared/vol/c/y"); got != "::" {
		t.Errorf("writing to the volume gave %s", got)
	}
	if _, err := c.Sync(t.Context(), kdb.Str("write /opt/kx/app/code/init.q")); err == nil {
		t.Error("the code could be written to")
	}
	b.Stop(t.Context(), "n1")
	if text := b.printed(t); !strings.Contains(text, "standing in with -mode fast\n") {
		t.Errorf("it printed %q", text)
	}
}
