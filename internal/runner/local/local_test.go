package local_test

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/quoinhq/quoin/internal/runner"
	"github.com/quoinhq/quoin/internal/runner/local"
	"github.com/quoinhq/quoin/internal/runner/runnertest"
)

const ownerVar = "QUOIN_RUNNERTEST_OWNER"

func TestMain(m *testing.M) {
	if dir := os.Getenv(ownerVar); dir != "" {
		os.Exit(owner(dir))
	}
	runnertest.Main(m)
}

// owner is a server that starts one process and is then killed by its test.
func owner(dir string) int {
	r, err := local.New(filepath.Join(dir, "run"))
	if err != nil {
		return 3
	}
	s, err := runnertest.SpecIn(dir, "a", "parent "+filepath.Join(dir, "grandchild"))
	if err != nil {
		return 4
	}
	p, err := r.Start(context.Background(), s)
	if err != nil {
		return 4
	}
	os.WriteFile(filepath.Join(dir, "child"), []byte(strconv.Itoa(p.PID())), 0o600)
	time.Sleep(time.Minute)
	return 0
}

func open(tb testing.TB) runner.Runner {
	r, err := local.New(filepath.Join(tb.TempDir(), "run"))
	return runnertest.Open(tb, r, err)
}

func TestRunner(t *testing.T) { runnertest.Run(t, open) }

// A server that dies by SIGKILL leaves no process: the kernel ends the child,
// and the next start ends what the child had started.
func TestNoOrphanAfterKill(t *testing.T) {
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), ownerVar+"="+dir)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s := runner.Spec{Log: filepath.Join(dir, "log")}
	runnertest.Logged(t, s, "up")
	runnertest.Eventually(t, "number of the child", func() bool { return number(dir, "child") > 0 })
	cmd.Process.Kill()
	cmd.Wait()
	runnertest.Gone(t, number(dir, "child"))
	r, err := local.New(filepath.Join(dir, "run"))
	runnertest.Open(t, r, err)
	runnertest.Gone(t, number(dir, "grandchild"))
}

// A note whose process number was given to another process harms nobody.
func TestSweepSparesStrangers(t *testing.T) {
	dir := t.TempDir()
	b, err := json.Marshal(map[string]any{"pid": os.Getpid(), "began": "1", "boot": bootID()})
	if err != nil {
		t.Fatal(err)
	}
	note := filepath.Join(dir, "a.json")
	for _, text := range []string{string(b), "{", ""} {
		if err := os.WriteFile(note, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := local.New(dir)
		runnertest.Open(t, r, err)
		if _, err := os.Stat(note); !os.IsNotExist(err) {
			t.Errorf("note %q is still there", text)
		}
	}
}

func TestLimitsSayWhy(t *testing.T) {
	l := open(t).Limits()
	if (!l.Memory || !l.CPU) == (l.Reason == "") {
		t.Errorf("limits = %+v: a reason goes with a limit that is not enforced", l)
	}
}

// Where control groups are to be had, a process over its memory limit is
// killed and the exit says so; where not, Limits says why (above).
func TestMemoryLimit(t *testing.T) {
	r := open(t)
	if !r.Limits().Memory {
		t.Logf("limits not enforced here: %s", r.Limits().Reason)
		return
	}
	s := runnertest.Spec(t, "a", "deaf")
	s.Memory = 1 << 20 // less than any Go program needs
	p, err := r.Start(t.Context(), s)
	if err != nil {
		return // the kernel may refuse before the program begins
	}
	runnertest.Ended(t, p)
	if !p.Exit().OOM {
		t.Errorf("exit = %v, want the memory limit", p.Exit())
	}
}

func bootID() string {
	b, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return "" // another system: the note is then of no known start
	}
	return strings.TrimSpace(string(b))
}

func number(dir, name string) int {
	b, _ := os.ReadFile(filepath.Join(dir, name))
	n, _ := strconv.Atoi(strings.TrimSpace(string(b)))
	return n
}
