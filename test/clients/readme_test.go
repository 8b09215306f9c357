package clients_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/quoinhq/quoin/test/live"
)

// TestREADME runs the sessions of README.md as they stand there.
func TestREADME(t *testing.T) {
	need(t, "the AWS CLI", "aws", "--version")
	need(t, "boto3", "python3", "-c", "import boto3")
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, sessions, found := strings.Cut(string(text), "## Try it")
	if !found {
		t.Fatal("README.md has no sessions")
	}
	s := live.Start(t)
	env := environ(s, "")
	// Keys and endpoint come from quoin env, as for any reader.
	env = append(env[:0:0], env[5:]...)
	for _, name := range []string{"GOPATH", "GOCACHE", "GOFLAGS", "GOPROXY", "GOMODCACHE", "GONOSUMDB", "GOTOOLCHAIN"} {
		if v, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+v)
		}
	}
	env = append(env, "QUOIN_DATA_DIR="+s.DataDir().Path(), "AWS_PAGER=")
	blocks := regexp.MustCompile("(?s)```(sh|python)\n(.*?)```").FindAllStringSubmatch(sessions, -1)
	if len(blocks) != 2 {
		t.Fatalf("%d sessions", len(blocks))
	}
	out := run(t, root, env, "bash", "-euc", blocks[0][2])
	if !strings.Contains(out, "role/writer") || !strings.Contains(out, `"userName": "bob"`) {
		t.Errorf("the shell's session printed %s", out)
	}
	script := filepath.Join(t.TempDir(), "session.py")
	if err := os.WriteFile(script, []byte(blocks[1][2]), 0o600); err != nil {
		t.Fatal(err)
	}
	out = run(t, root, env, "bash", "-euc", `eval "$(go run ./cmd/quoin env)"; exec python3 `+script)
	if !strings.HasSuffix(strings.TrimSpace(out), "role/quant") {
		t.Errorf("the Python session printed %s", out)
	}
}
