package storetest

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/quoinhq/quoin/internal/store"
)

// KillRounds is how often crash tests kill: the flag -kill.rounds or the
// environment variable QUOIN_KILL_ROUNDS, else short.
func KillRounds(tb testing.TB, short int) int {
	tb.Helper()
	for _, text := range []string{*killRounds, os.Getenv("QUOIN_KILL_ROUNDS")} {
		if text == "" {
			continue
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			tb.Fatalf("rounds of killing: %q is not a number above 0", text)
		}
		return n
	}
	return short
}

var killRounds = flag.String("kill.rounds", "", "how often crash tests kill a process")

// Killable is a process that a test starts again and again to kill it.
type Killable struct {
	// Command returns the command to start. What it writes to standard output
	// is read line by line; each line is something it has acknowledged.
	Command func(ctx context.Context) *exec.Cmd

	// Ready is how a line begins that says that work has begun; the kill comes
	// at a random moment within Within after it.
	Ready  string
	Within time.Duration
}

// Kill starts the process, kills it with SIGKILL at a random moment, and
// returns the whole lines that it wrote, the ready line apart.
func (k Killable) Kill(tb testing.TB) (acknowledged []string) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), time.Minute)
	defer cancel()
	cmd := k.Command(ctx)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	ready := false
	var timer *time.Timer
	r := bufio.NewReader(out)
	for {
		line, err := r.ReadString('\n')
		if err != nil { // a line without an end was never acknowledged
			if !errors.Is(err, io.EOF) {
				tb.Errorf("reading from the process: %v", err)
			}
			break
		}
		line = strings.TrimSuffix(line, "\n")
		if !ready && strings.HasPrefix(line, k.Ready) {
			ready = true
			timer = time.AfterFunc(rand.N(k.Within), func() { _ = cmd.Process.Kill() })
			continue
		}
		acknowledged = append(acknowledged, line)
	}
	if timer != nil {
		timer.Stop()
	}
	err = cmd.Wait()
	var exit *exec.ExitError
	if !ready || !errors.As(err, &exit) || exit.Exited() {
		tb.Fatalf("the process ended by itself: %v\n%s", err, stderr.String())
	}
	return acknowledged
}

const (
	crashDir     = "QUOIN_STORETEST_CRASH_DIR"
	crashWriters = 16
	crashParts   = 3 // records that one update writes
)

// CrashChild has to be called first thing by TestMain of a package that uses
// Crash. In the process that Crash starts it writes until it is killed; else
// it returns at once.
func CrashChild(open func(dir string) (store.Store, error)) {
	dir := os.Getenv(crashDir)
	if dir == "" {
		return
	}
	if err := crashChild(dir, open); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func crashChild(dir string, open func(dir string) (store.Store, error)) error {
	st, err := open(dir)
	if err != nil {
		return err
	}
	fmt.Println("ready")
	errs := make(chan error)
	for w := range crashWriters {
		go func() {
			for i := 0; ; i++ {
				unit := fmt.Sprintf("%d-%d-%d", os.Getpid(), w, i)
				if err := st.Update(context.Background(), func(tx store.Tx) error { return putUnit(tx, unit) }); err != nil {
					errs <- err
					return
				}
				if _, err := os.Stdout.WriteString(unit + "\n"); err != nil {
					errs <- err
					return
				}
			}
		}()
	}
	return <-errs // only a failure ends it
}

// putUnit writes parts that belong together, and replaces one that all share.
func putUnit(tx store.Tx, unit string) error {
	for part := range crashParts {
		if err := tx.Put("unit", fmt.Sprintf("%s/%d", unit, part), []byte(strings.Repeat(unit, 20)), time.Time{}); err != nil {
			return err
		}
	}
	n := 0
	if b, err := tx.Get("total", "units"); err == nil {
		if n, err = strconv.Atoi(string(b)); err != nil {
			return err
		}
	} else if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return tx.Put("total", "units", []byte(strconv.Itoa(n+1)), time.Time{})
}

// Crash kills a process with sixteen writers again and again, and checks after
// each time that every update it acknowledged is there and that none is there
// by half. The package's TestMain has to call CrashChild.
func Crash(t *testing.T, open Open) {
	rounds := KillRounds(t, 10)
	dir := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	k := Killable{
		Command: func(ctx context.Context) *exec.Cmd {
			cmd := exec.CommandContext(ctx, self, "-test.run=^$")
			cmd.Env = append(os.Environ(), crashDir+"="+dir)
			return cmd
		},
		Ready:  "ready",
		Within: 120 * time.Millisecond,
	}
	total := 0
	for round := range rounds {
		acknowledged := k.Kill(t)
		total += len(acknowledged)
		checkCrash(t, open, dir, acknowledged)
		if t.Failed() {
			t.Fatalf("in round %d", round)
		}
	}
	t.Logf("%d kills, %d acknowledged updates, none lost", rounds, total)
}

func checkCrash(t *testing.T, open Open, dir string, acknowledged []string) {
	t.Helper()
	st := open(t, dir, time.Now)
	parts := map[string]int{}
	units := ""
	err := st.View(t.Context(), func(tx store.Tx) error {
		for e, err := range tx.List("unit", store.Query{}) {
			if err != nil {
				return err
			}
			unit, _, _ := strings.Cut(e.Key, "/")
			if string(e.Value) != strings.Repeat(unit, 20) {
				t.Errorf("record %s has the value %q", e.Key, e.Value)
			}
			parts[unit]++
		}
		units = textOf(t, tx, "total", "units")
		return nil
	})
	if err := errors.Join(err, st.Close()); err != nil {
		t.Fatal(err)
	}
	for _, unit := range acknowledged {
		if parts[unit] == 0 {
			t.Errorf("update %s was acknowledged and is lost", unit)
		}
	}
	for unit, n := range parts {
		if n != crashParts {
			t.Errorf("update %s is there by half: %d of %d records", unit, n, crashParts)
		}
	}
	if units != strconv.Itoa(len(parts)) && len(parts) > 0 {
		t.Errorf("%d updates are there and the total says %s", len(parts), units)
	}
}
