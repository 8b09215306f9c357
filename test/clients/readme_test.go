package clients_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/quoinhq/quoin/internal/server"
	"github.com/quoinhq/quoin/test/live"
)

// TestREADME runs the sessions of README.md as they stand there, one after the
// other on one server with the default quotas, as a reader does; and then those
// of the pages that a reader turns to.
func TestREADME(t *testing.T) {
	live.Need(t, "the AWS CLI", "aws", "--version")
	live.Need(t, "boto3", "python3", "-c", "import boto3")
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
	s := live.Start(t, func(c *server.Config) { c.Quotas = nil })
	env := readersEnviron(s)
	sections := regexp.MustCompile("(?s)```(sh|python)\n(.*?)```").FindAllStringSubmatch(sessions, -1)
	if len(sections) != 2 {
		t.Fatalf("%d sessions", len(sections))
	}
	out := run(t, root, env, "bash", "-euc", sections[0][2])
	if !strings.Contains(out, "role/writer") || !strings.Contains(out, `"userName": "bob"`) {
		t.Errorf("the shell's session printed %s", out)
	}
	script := filepath.Join(t.TempDir(), "session.py")
	if err := os.WriteFile(script, []byte(sections[1][2]), 0o600); err != nil {
		t.Fatal(err)
	}
	out = run(t, root, env, "bash", "-euc", `eval "$(go run ./cmd/quoin env)"; exec python3 `+script)
	if !strings.HasSuffix(strings.TrimSpace(out), "role/quant") {
		t.Errorf("the Python session printed %s", out)
	}
	env = append(env, "PATH="+filepath.Dir(quoin)+":"+os.Getenv("PATH"))
	for page, want := range map[string]string{
		"calling.md": "Usage: quoin call update-kx-user", "identity.md": "allowed by identity-based policy users, statement 0 (ReadUsers)",
	} {
		text, err := os.ReadFile(filepath.Join(root, "docs", page))
		if err != nil {
			t.Fatal(err)
		}
		script := regexp.MustCompile("(?m)^go test.*\n").ReplaceAllString(blocks(string(text)), "")
		if out := run(t, t.TempDir(), env, "bash", "-euc", strings.ReplaceAll(script, "/tmp/", t.TempDir()+"/")); !strings.Contains(out, want) {
			t.Errorf("%s: no %q in %s", page, want, out)
		}
	}
}

// TestOperations runs the commands of docs/operations.md, in their order, with
// quoin in the path.
func TestOperations(t *testing.T) {
	live.Need(t, "the AWS CLI", "aws", "--version")
	live.Need(t, "curl", "curl", "--version")
	text, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	s := live.Start(t)
	env := append(readersEnviron(s), "PATH="+filepath.Dir(quoin)+":"+os.Getenv("PATH"))
	// What the commands write goes to a folder of this test's own.
	script := strings.ReplaceAll(blocks(string(text)), "/tmp/", t.TempDir()+"/")
	out := run(t, ".", env, "bash", "-euc", script)
	for _, want := range []string{`"environments": []`, "ready", "quoin_api_requests_total{", "AKIA", "is a backup of", `"operation"`} {
		if !strings.Contains(out, want) {
			t.Errorf("no %s in what the commands printed: %s", want, out)
		}
	}
}

// blocks is what stands in the shell blocks of a page.
func blocks(page string) string {
	var script strings.Builder
	for _, b := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(page, -1) {
		script.WriteString(b[1])
	}
	return script.String()
}

// readersEnviron is the environment of somebody who reads the docs: endpoint
// and keys come from quoin env.
func readersEnviron(s *live.Server) []string {
	env := environ(s, "")[5:]
	for _, name := range []string{"GOPATH", "GOCACHE", "GOFLAGS", "GOPROXY", "GOMODCACHE", "GONOSUMDB", "GOTOOLCHAIN"} {
		if v, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+v)
		}
	}
	return append(env, "QUOIN_DATA_DIR="+s.DataDir().Path(), "AWS_PAGER=")
}
