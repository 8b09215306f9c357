package main

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/quoinhq/quoin/internal/audit"
	"github.com/quoinhq/quoin/test/live"
)

// command runs one command line and returns what it printed.
func TestAudit(t *testing.T) {
	s := live.Start(t)
	dir := s.DataDir().Path()
	s.User(s.Environment("env"), "bob", s.Role("reader"))
	s.Do(http.MethodGet, "/kx/environments/none", nil)

	s.WaitFor("the refused call to be in the trail", func() bool {
		_, out, _ := execute(t, "audit", "--data-dir", dir, "--outcome", "ResourceNotFoundException")
		return strings.Count(out, "\n") == 1
	})
	code, out, errs := execute(t, "audit", "--data-dir", dir, "--since", "1h", "--principal", "root", "--operation", "CreateKxUser")
	var e audit.Event
	if err := json.Unmarshal([]byte(out), &e); code != 0 || errs != "" || err != nil || e.Outcome != audit.OK || e.RequestID == "" {
		t.Errorf("got %d, %q, %q, %v", code, out, errs, err)
	}
	if code, out, errs := execute(t, "audit", "--data-dir", dir, "--resource", "no such thing"); code != 0 || out != "" || errs != "" {
		t.Errorf("nothing selected: got %d, %q, %q", code, out, errs)
	}
	code, head, errs := execute(t, "audit", "--data-dir", dir, "--verify")
	if _, err := audit.ParseHead(strings.TrimSpace(head)); code != 0 || err != nil {
		t.Errorf("verify: got %d, %q, %q, %v", code, head, errs, err)
	}
	s.Do(http.MethodGet, "/kx/environments", nil)
	if code, out, errs := execute(t, "audit", "--data-dir", dir, "--verify", "--head", strings.TrimSpace(head)); code != 0 {
		t.Errorf("verify against a noted head: got %d, %q, %q", code, out, errs)
	}
	forged := strings.TrimSpace(head)
	forged = forged[:len(forged)-64] + strings.Repeat("0", 64)
	if code, _, errs := execute(t, "audit", "--data-dir", dir, "--verify", "--head", forged); code != 2 || !strings.Contains(errs, "broken") {
		t.Errorf("verify against a forged head: got %d, %q", code, errs)
	}
	for _, bad := range [][]string{
		{"--since", "yesterday"}, {"--verify", "--head", "x"}, {"missing.jsonl.gz"}, {"--data-dir", t.TempDir()},
	} {
		args := append([]string{"audit", "--data-dir", dir}, bad...)
		if code, _, errs := execute(t, args...); code != 2 || strings.Count(errs, "\n") != 1 {
			t.Errorf("%q: got %d, %q, want 2 and one line", bad, code, errs)
		}
	}
}

func TestAuditFollow(t *testing.T) {
	s := live.Start(t)
	ctx, cancel := context.WithCancel(t.Context())
	lines := make(chan string, 100)
	ended := make(chan int)
	go func() {
		ended <- run(ctx, []string{"audit", "-f", "--data-dir", s.DataDir().Path(), "--operation", "ListKxEnvironments"},
			&stdio{in: strings.NewReader(""), out: lineWriter(lines), err: lineWriter(lines)})
	}()
	for range 3 {
		id := s.Do(http.MethodGet, "/kx/environments", nil).Header.Get("X-Amzn-Requestid")
		if line := <-lines; !strings.Contains(line, id) {
			t.Errorf("got %s, want the event of request %s", line, id)
		}
	}
	cancel()
	if code := <-ended; code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// lineWriter passes on each write.
type lineWriter chan<- string

func (w lineWriter) Write(p []byte) (int, error) { w <- string(p); return len(p), nil }

func TestBackupAndRestore(t *testing.T) {
	s := live.Start(t)
	dir, to := s.DataDir().Path(), filepath.Join(t.TempDir(), "restored")
	s.Role("reader")
	file := filepath.Join(t.TempDir(), "quoin.backup")
	if code, out, errs := execute(t, "backup", "--data-dir", dir, file); code != 0 || !strings.Contains(out, file) {
		t.Fatalf("backup: got %d, %q, %q", code, out, errs)
	}
	if fi, err := os.Stat(file); err != nil || fi.Mode().Perm() != 0o600 {
		t.Errorf("the backup has mode %v, %v", fi.Mode(), err)
	}
	if code, out, errs := execute(t, "restore", "--data-dir", to, file); code != 0 || !strings.Contains(out, to) {
		t.Fatalf("restore: got %d, %q, %q", code, out, errs)
	}
	for name, args := range map[string][]string{
		"backup over a file":   {"backup", "--data-dir", dir, file},
		"backup of nothing":    {"backup", "--data-dir", t.TempDir(), file + "2"},
		"restore over data":    {"restore", "--data-dir", to, file},
		"restore of nothing":   {"restore", "--data-dir", to + "2", file + "2"},
		"restore of no backup": {"restore", "--data-dir", to + "2", filepath.Join(dir, "quoin.db")},
	} {
		if code, _, errs := execute(t, args...); code != 2 || strings.Count(errs, "\n") != 1 {
			t.Errorf("%s: got %d, %q, want 2 and one line", name, code, errs)
		}
	}
	if left, err := filepath.Glob(filepath.Join(filepath.Dir(file), ".*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %q, %v", left, err)
	}
	if _, err := os.Stat(to + "2"); !os.IsNotExist(err) {
		t.Errorf("a restore that failed made a folder: %v", err)
	}
}
