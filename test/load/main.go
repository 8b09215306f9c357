// Command load measures a server under load: how many UpdateKxUser and
// GetKxUser it answers a second and how soon, how long a first start takes, and
// what it needs of memory with many users. Every request is signed; every
// update is on disk before it counts.
//
//	go run ./test/load [-users 100000] [-seconds 5] [-conns 1,16,128]
//	go run ./test/load -files 100000 [-bytes 5000000000]
//	go run ./test/load -reads
//	go run ./test/load -connections 9500
//	go run ./test/load -ticks 500000 [-day 10000000] [-seconds 20]
//
// The second form measures imports from the built-in S3 and dataviews, the
// third what reads what is there while imports run, the fourth logins through
// the gateway and idle connections, the fifth the application of examples/tick
// at so many rows a second and its end of day.
//
// It starts a server of its own, in a process of its own with a data folder
// that is removed afterwards, and prints Markdown.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/quoinhq/quoin/internal/control"
	"github.com/quoinhq/quoin/internal/datadir"
	"github.com/quoinhq/quoin/internal/server"
)

func main() {
	users := flag.Int("users", 100_000, "users in the environment")
	seconds := flag.Float64("seconds", 5, "length of each measurement")
	conns := flag.String("conns", "1,16,128", "numbers of connections to measure with")
	files := flag.Int("files", 0, "instead, import a database of so many files")
	total := flag.Int64("bytes", 5_000_000_000, "and so many bytes")
	connections := flag.Int("connections", 0, "instead, keep so many connections open through the gateway")
	reads := flag.Bool("reads", false, "instead, get and list databases, changesets and dataviews while imports run, and while none does")
	ticks := flag.Int("ticks", 0, "instead, send so many rows a second through the tick application")
	day := flag.Int("day", 10_000_000, "rows of the day that it ends")
	engine := flag.String("engine", "", "with -serve: the program of the q engine")
	serve := flag.String("serve", "", "be the server, on this data folder")
	profile := flag.String("profile", "", "write a CPU profile of the server to this file")
	flag.Parse()
	var err error
	if *serve != "" {
		err = beServer(*serve, *profile, *engine)
	} else if *connections > 0 {
		err = measureConnections(*connections, *profile)
	} else if *reads {
		err = measureReads(time.Duration(*seconds*float64(time.Second)), *profile)
	} else if *ticks > 0 {
		err = measureTick(*ticks, *day, *seconds, *profile)
	} else if *files > 0 {
		err = measureData(*files, *total, *profile)
	} else {
		err = measure(*users, time.Duration(*seconds*float64(time.Second)), *conns, *profile)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

// beServer is the process under test. It says "ready" once it is, and where
// its floor listens.
func beServer(dir, profile, engine string) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	var program []string
	if engine != "" {
		program = []string{engine, "q"}
	}
	s, err := server.Open(ctx, server.Config{
		Engine: program, DataDir: dir, APIAddr: "127.0.0.1:0", GatewayAddr: "127.0.0.1:0",
		Quotas: control.Quotas{control.QuotaUsers: 1 << 30},
		Limits: server.Limits{PrincipalRate: -1},
		Log:    slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
	})
	if err != nil {
		return err
	}
	if profile != "" {
		f, err := os.Create(profile)
		if err != nil {
			return err
		}
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	bare, err := newFloor()
	if err != nil {
		return err
	}
	fmt.Println("ready", bare.addr())
	return errors.Join(s.Run(ctx), bare.close())
}

// target is the process under test.
type target struct {
	cmd   *exec.Cmd
	dir   *datadir.Dir
	floor string // address of a server that does nothing
}

func start(dir, profile string, more ...string) (*target, time.Duration, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, 0, err
	}
	t := &target{cmd: exec.Command(self, append([]string{"-serve", dir, "-profile", profile}, more...)...)}
	t.cmd.Stderr = os.Stderr
	out, err := t.cmd.StdoutPipe()
	if err != nil {
		return nil, 0, err
	}
	began := time.Now()
	if err := t.cmd.Start(); err != nil {
		return nil, 0, err
	}
	if _, err := fmt.Fscanf(out, "ready %s\n", &t.floor); err != nil {
		return nil, 0, fmt.Errorf("the server did not start: %w", err)
	}
	took := time.Since(began)
	t.dir, err = datadir.Find(dir)
	return t, took, err
}

func (t *target) stop() error {
	if err := t.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	return t.cmd.Wait()
}

// resident is the process's resident memory and its highest, in MiB.
func (t *target) resident() (now, peak int) {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(t.cmd.Process.Pid), "status"))
	if err != nil {
		return 0, 0
	}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(line, ":")
		kib, _ := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(value), " kB"))
		switch name {
		case "VmRSS":
			now = kib >> 10
		case "VmHWM":
			peak = kib >> 10
		}
	}
	return now, peak
}

// cpu is the time that the process has had on a CPU.
func (t *target) cpu() time.Duration { return cpuOf(t.cmd.Process.Pid) }

func cpuOf(pid int) time.Duration {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * (time.Second / 100) // USER_HZ, the same on every Linux
}

// onServer has do measure a server with a fresh data folder, which lies in dir
// and is gone afterwards. It is told how long the first start took.
func onServer(profile string, do func(t *target, dir string, first time.Duration) error) (err error) {
	dir, err := os.MkdirTemp("", "quoin-load-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	t, first, err := start(filepath.Join(dir, "data"), profile)
	if err != nil {
		return err
	}
	defer func() {
		if stopErr := t.stop(); err == nil {
			err = stopErr
		}
	}()
	return do(t, dir, first)
}

func measure(users int, length time.Duration, conns, profile string) error {
	return onServer(profile, func(t *target, _ string, first time.Duration) error { return t.measure(users, length, conns, first) })
}

func (t *target) measure(users int, length time.Duration, conns string, first time.Duration) error {
	fmt.Printf("%s, %s/%s, %d CPUs, client and server on the same machine.\n\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
	fmt.Printf("First start to ready: %d ms.\n", first.Milliseconds())

	l, err := newLoad(t.dir)
	if err != nil {
		return err
	}
	l.floor = t.floor
	rate, err := l.fill(users)
	if err != nil {
		return err
	}
	fmt.Printf("%d users made, %.0f a second.\n\n", users, rate)
	fmt.Println("| operation | connections | requests/s | p50 ms | p99 ms | max ms | server's CPU µs/request |\n|---|---:|---:|---:|---:|---:|---:|")
	at16 := make(map[string]float64)
	for _, op := range []string{opFloor, "UpdateKxUser", "GetKxUser"} {
		for _, text := range strings.Split(conns, ",") {
			n, err := strconv.Atoi(text)
			if err != nil {
				return err
			}
			before := t.cpu()
			r, err := l.run(op, n, length, 0)
			if err != nil {
				return err
			}
			r.print(op, n, t.cpu()-before)
			if n == 16 {
				at16[op] = r.perSecond()
			}
		}
		if full := at16[op]; full > 0 && op != opFloor {
			before := t.cpu()
			r, err := l.run(op, 16, length, full/2)
			if err != nil {
				return err
			}
			r.print(op+" at half load", 16, t.cpu()-before)
		}
	}
	if bare := at16[opFloor]; bare > 0 {
		fmt.Printf("\nWith 16 connections, of what net/http alone answers: %.0f%% as many updates, %.0f%% as many gets.\n",
			100*at16["UpdateKxUser"]/bare, 100*at16["GetKxUser"]/bare)
	}
	pages, took, err := l.list()
	if err != nil {
		return err
	}
	fmt.Printf("\nListing %d users in %d pages of 100: %d ms.\n", users, pages, took.Milliseconds())
	now, peak := t.resident()
	fmt.Printf("Resident memory afterwards: %d MiB (highest: %d MiB).\n", now, peak)
	return nil
}
