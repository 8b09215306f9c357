// Package runnertest is the suite that every runner passes. The test binary
// itself is the program that is run: a test package calls [Main] from its
// TestMain and [Run] from a test.
package runnertest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/quoinhq/quoin/internal/runner"
)

const roleVar = "QUOIN_RUNNERTEST_ROLE"

// Main runs the tests, or, in a process that a test started, plays its role.
func Main(m *testing.M) {
	if role := os.Getenv(roleVar); role != "" {
		play(role)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// play is what a started process does.
func play(role string) {
	name, arg, _ := strings.Cut(role, " ")
	switch name {
	case "exit":
		fmt.Println("last words")
		code, _ := strconv.Atoi(arg)
		os.Exit(code)
	case "echo": // the input line, then until the lifeline ends
		in := bufio.NewReader(os.Stdin)
		line, _ := in.ReadString('\n')
		fmt.Print("got ", line)
		io.Copy(io.Discard, in)
		fmt.Println("lifeline ended")
	case "deaf": // ends only by force
		signal.Ignore(syscall.SIGTERM)
		fmt.Println("up")
		time.Sleep(time.Minute)
	case "parent": // leaves a child behind
		c := exec.Command(os.Args[0])
		c.Env = []string{roleVar + "=deaf"}
		if err := c.Start(); err != nil {
			os.Exit(3)
		}
		os.WriteFile(arg, []byte(strconv.Itoa(c.Process.Pid)), 0o600)
		fmt.Println("up")
		time.Sleep(time.Minute)
	case "burn":
		fmt.Println("up")
		for end := time.Now().Add(time.Minute); time.Now().Before(end); {
		}
	}
}

// Spec returns a spec that runs this test binary in the given role.
func Spec(tb testing.TB, id, role string) runner.Spec {
	tb.Helper()
	s, err := SpecIn(tb.TempDir(), id, role)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// SpecIn is Spec for a process that is no test: its folder is given.
func SpecIn(dir, id, role string) (runner.Spec, error) {
	exe, err := os.Executable()
	return runner.Spec{ID: id, Path: exe, Env: []string{roleVar + "=" + role}, Dir: dir, Log: filepath.Join(dir, "log")}, err
}

// Run runs the suite; open returns a fresh runner.
func Run(t *testing.T, open func(testing.TB) runner.Runner) {
	ctx := t.Context()
	start := func(t *testing.T, r runner.Runner, s runner.Spec) runner.Process {
		t.Helper()
		p, err := r.Start(ctx, s)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	t.Run("ExitCodeAndTail", func(t *testing.T) {
		p := start(t, open(t), Spec(t, "a", "exit 7"))
		Ended(t, p)
		if e := p.Exit(); e.Code != 7 || e.By != "" || e.OOM || !strings.Contains(e.Tail, "last words") || e.At.IsZero() {
			t.Errorf("exit = %+v", e)
		}
	})
	t.Run("InputAndGracefulStop", func(t *testing.T) {
		s := Spec(t, "a", "echo")
		s.Input = []byte("secret")
		p := start(t, open(t), s)
		Logged(t, s, "got secret")
		p.Stop(ctx, time.Minute)
		if e := p.Exit(); e.By != "terminated" && !strings.Contains(e.Tail, "lifeline ended") {
			t.Errorf("exit = %+v, want a graceful end", e)
		}
	})
	t.Run("ForcedStop", func(t *testing.T) {
		s := Spec(t, "a", "deaf")
		p := start(t, open(t), s)
		Logged(t, s, "up")
		p.Stop(ctx, 10*time.Millisecond)
		if e := p.Exit(); e.By != "killed" {
			t.Errorf("exit = %+v, want killed", e)
		}
		p.Stop(ctx, 0) // stopping an ended process does nothing
	})
	t.Run("GrandchildrenEndToo", func(t *testing.T) {
		pidFile := filepath.Join(t.TempDir(), "pid")
		s := Spec(t, "a", "parent "+pidFile)
		p := start(t, open(t), s)
		Logged(t, s, "up")
		p.Stop(ctx, 10*time.Millisecond)
		Gone(t, readPID(t, pidFile))
	})
	t.Run("ErrExists", func(t *testing.T) {
		r := open(t)
		p := start(t, r, Spec(t, "a", "deaf"))
		if _, err := r.Start(ctx, Spec(t, "a", "deaf")); !errors.Is(err, runner.ErrExists) {
			t.Errorf("second start: %v, want ErrExists", err)
		}
		p.Stop(ctx, 0)
		Ended(t, start(t, r, Spec(t, "a", "exit 0")))
	})
	t.Run("ErrNoProgram", func(t *testing.T) {
		r := open(t)
		s := Spec(t, "a", "deaf")
		s.Path = filepath.Join(t.TempDir(), "nothing")
		if _, err := r.Start(ctx, s); err == nil {
			t.Fatal("started a program that is not there")
		}
		Ended(t, start(t, r, Spec(t, "a", "exit 0"))) // the id is free again
	})
	t.Run("ErrID", func(t *testing.T) {
		if _, err := open(t).Start(ctx, Spec(t, "../a", "deaf")); err == nil {
			t.Error("an id that leaves the folder was taken")
		}
	})
	t.Run("ErrClosed", func(t *testing.T) {
		r := open(t)
		var ps []runner.Process
		for i := range 5 {
			ps = append(ps, start(t, r, Spec(t, fmt.Sprint("p", i), "deaf")))
		}
		if err := r.Close(ctx, 10*time.Millisecond); err != nil {
			t.Fatal(err)
		}
		for _, p := range ps {
			Ended(t, p)
		}
		if _, err := r.Start(ctx, Spec(t, "a", "deaf")); !errors.Is(err, runner.ErrClosed) {
			t.Errorf("start after close: %v, want ErrClosed", err)
		}
	})
	t.Run("Usage", func(t *testing.T) {
		s := Spec(t, "a", "burn")
		p := start(t, open(t), s)
		Logged(t, s, "up")
		Eventually(t, "processor time", func() bool {
			u, err := p.Usage()
			return err == nil && u.CPU > 0 && u.Memory > 0
		})
	})
}

// Ended fails the test unless the process ends soon.
func Ended(tb testing.TB, p runner.Process) {
	tb.Helper()
	select {
	case <-p.Done():
	case <-time.After(30 * time.Second):
		tb.Fatalf("process %s did not end", p.ID())
	}
}

// Logged waits until the process's log holds text.
func Logged(tb testing.TB, s runner.Spec, text string) {
	tb.Helper()
	Eventually(tb, fmt.Sprintf("%q in the log", text), func() bool {
		b, _ := os.ReadFile(s.Log)
		return strings.Contains(string(b), text)
	})
}

// Gone waits until no process of that number runs.
func Gone(tb testing.TB, pid int) {
	tb.Helper()
	Eventually(tb, fmt.Sprintf("end of process %d", pid), func() bool { return !Running(pid) })
}

// Running reports whether a process of that number runs (an unreaped one does not).
func Running(pid int) bool {
	out, err := exec.Command("ps", "-o", "stat=", "-p", strconv.Itoa(pid)).Output()
	return err == nil && !strings.HasPrefix(strings.TrimSpace(string(out)), "Z")
}

// Eventually waits for ok, and fails the test when it does not come.
func Eventually(tb testing.TB, what string, ok func() bool) {
	tb.Helper()
	for end := time.Now().Add(30 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			tb.Fatalf("no %s", what)
		}
	}
}

func readPID(tb testing.TB, file string) int {
	tb.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		tb.Fatal(err)
	}
	pid, err := strconv.Atoi(string(b))
	if err != nil {
		tb.Fatal(err)
	}
	return pid
}

// Open adapts a constructor to Run: the runner is closed with the test.
func Open[R runner.Runner](tb testing.TB, r R, err error) runner.Runner {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := r.Close(context.Background(), 0); err != nil {
			tb.Error(err)
		}
	})
	return r
}
