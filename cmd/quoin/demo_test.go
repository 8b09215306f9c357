package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// build makes the program itself: clusters run it, which a test binary cannot
// be run as.
func build(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "quoin")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return program
}

// startDemo starts a demo and waits until its gateway has answered.
func startDemo(t *testing.T, program, dir string, args ...string) *process {
	t.Helper()
	args = append([]string{"demo", "--data-dir", dir, "--api-addr=127.0.0.1:0", "--gateway-addr=127.0.0.1:0"}, args...)
	return launch(t, exec.CommandContext(t.Context(), program, args...), "Ctrl-C ends the demo")
}

// ask has a cluster of a demo evaluate q with quoin connect.
func ask(t *testing.T, program, dir, cluster, code string) string {
	t.Helper()
	c := exec.CommandContext(t.Context(), "sh", "-c", `eval "$("$0" env --data-dir "$1")"; printf '%s\n' "$3" | "$0" connect $2`, program, dir, cluster, code)
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return string(out)
}

func TestDemo(t *testing.T) {
	program, dir := build(t), filepath.Join(t.TempDir(), "demo")
	p := startDemo(t, program, dir)
	t.Log(regexp.MustCompile("The gateway answers.*").FindString(p.output()))
	if !strings.Contains(p.output(), ": 1000 trades in the rdb, 0 in the hdb.") {
		t.Errorf("the first answer is not there: %s", p.output())
	}
	running(t, program, dir)
	ask(t, program, dir, "feed", "start 0")
	for words, want := range map[string]string{"connect r": "rdb\nrts\n", "connect rdb --user t": "trader\n", "connect rdb -": "--environment\n--help"} {
		c := exec.CommandContext(t.Context(), "sh", "-c", `eval "$("$0" env --data-dir "$1")"; "$0" __complete $2`, program, dir, words)
		if out, err := c.Output(); err != nil || !strings.HasPrefix(string(out), want) {
			t.Errorf("quoin %s completes to %q, %v", words, out, err)
		}
	}
	// --node reaches each node of the HDB, and always the same.
	pids := map[string]bool{}
	for _, node := range []string{"1", "2", "1", "2"} {
		pids[ask(t, program, dir, "hdb --node "+node, ".z.i")] = true
	}
	if len(pids) != 2 {
		t.Errorf("two nodes answer with the processes %v", pids)
	}
	ask(t, program, dir, "tickerplant", ".tp.endofday[]")
	// The RDB answers once the day has ended.
	if got := ask(t, program, dir, "rdb", "count trade"); got != "0\n" {
		t.Errorf("after the day's end the rdb has %s", got)
	}
	day := ask(t, program, dir, "gateway", "counts[]`hdb")
	if len(day) < len("1000\n") {
		t.Errorf("after the day's end the hdb has %s", day)
	}

	// Interrupted, it keeps its data and goes on with them.
	interrupt(t, p)
	p = startDemo(t, program, dir, "--clean")
	if got := ask(t, program, dir, "gateway", "counts[]`hdb"); got != day {
		t.Errorf("the hdb has %s after %s", got, day)
	}
	// With --clean nothing is left.
	interrupt(t, p)
	missing(t, dir)
}

// running checks that quoin top shows every node of the demo, with its memory.
func running(t *testing.T, program, dir string) {
	t.Helper()
	c := exec.CommandContext(t.Context(), "sh", "-c", `eval "$("$0" env --data-dir "$1")"; exec "$0" top --once`, program, dir)
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for cluster, nodes := range map[string]int{"tickerplant": 1, "rdb": 1, "hdb": 2, "rts": 1, "gateway": 1, "feed": 1} {
		line := regexp.MustCompile(`(?m)^` + cluster + ` .* RUNNING +\S+ +- +[0-9.]+ [MG]iB +\d`)
		if n := len(line.FindAll(out, -1)); n != nodes {
			t.Errorf("quoin top shows %d nodes of %s: %s", n, cluster, out)
		}
	}
}

func TestDemoDown(t *testing.T) {
	program, dir := build(t), filepath.Join(t.TempDir(), "demo")
	p := startDemo(t, program, dir)
	if code, out, errs := execute(t, "demo", "down", "--data-dir", dir); code != 0 {
		t.Errorf("code %d, %s%s", code, out, errs)
	}
	if err := p.Wait(); err != nil {
		t.Errorf("%v: %s", err, p.output())
	}
	missing(t, dir)
	if code, _, errs := execute(t, "demo", "down", "--data-dir", dir); code != 2 || !strings.Contains(errs, "no demo") {
		t.Errorf("down of no demo: code %d, %s", code, errs)
	}
}

// TestDemoBrokenOff: what is interrupted before it is complete goes on.
func TestDemoBrokenOff(t *testing.T) {
	program, dir := build(t), filepath.Join(t.TempDir(), "demo")
	args := []string{"demo", "--data-dir", dir, "--api-addr=127.0.0.1:0", "--gateway-addr=127.0.0.1:0"}
	for _, step := range []string{"environment", "volume", "cluster rdb", "cluster gateway"} {
		interrupt(t, launch(t, exec.CommandContext(t.Context(), program, args...), step))
	}
	p := startDemo(t, program, dir)
	if got := ask(t, program, dir, "gateway", "count counts[]"); got != "2\n" {
		t.Errorf("the gateway answers %s", got)
	}
	interrupt(t, p)
}

func TestDemoLeavesOtherFoldersAlone(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "quoin.json")
	if err := os.WriteFile(file, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"demo"}, {"demo", "--clean"}, {"demo", "down"}} {
		code, _, errs := execute(t, append(args, "--data-dir", dir)...)
		if code != 2 || !strings.Contains(errs, dir) {
			t.Errorf("%v: code %d, %s", args, code, errs)
		}
	}
	if _, err := os.Stat(file); err != nil {
		t.Error(err)
	}
}

// TestDemoTakenPort: what could not begin leaves nothing behind.
func TestDemoTakenPort(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "demo")
	p := serve(t, t.TempDir())
	defer stop(t, p)
	address := regexp.MustCompile(`127\.0\.0\.1:\d+`).FindString(p.output())
	code, _, errs := execute(t, "demo", "--data-dir", dir, "--api-addr", address, "--gateway-addr", "127.0.0.1:0")
	if code != 2 || !strings.Contains(errs, "--api-addr") {
		t.Errorf("code %d, %s", code, errs)
	}
	missing(t, dir)
}

func interrupt(t *testing.T, p *process) {
	t.Helper()
	if err := p.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	done := time.AfterFunc(time.Minute, func() { _ = p.Process.Kill() }) // it may have ended by then
	defer done.Stop()
	if err := p.Wait(); err != nil {
		t.Fatalf("%v: %s", err, p.output())
	}
}

func missing(t *testing.T, dir string) {
	t.Helper()
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("%s is still there: %v", dir, err)
	}
}
