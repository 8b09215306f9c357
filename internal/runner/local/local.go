// Package local runs node processes as children of this process.
//
// No process outlives the server. Three nets catch it: the lifeline (standard
// input reaches its end when the server dies, and a node ends then), the
// kernel's parent-death signal where there is one, and, for what slipped
// through both, a file a process that the next start reads: a process of that
// number which began at the recorded moment is a leftover and is killed with
// its group. A process number alone would not do, because numbers are reused.
package local

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"sync"
	"time"

	"github.com/quoinhq/quoin/internal/runner"
)

// Runner runs processes on this machine. Make one with New.
type Runner struct {
	dir    string // one file a running process
	groups *cgroups

	mu       sync.Mutex // protects procs and closed
	procs    map[string]*process
	closed   bool
	starting sync.WaitGroup // Starts that were let in; Close waits for them

	forks    chan func() // run on the one thread that starts children
	forkDone chan struct{}
}

var _ runner.Runner = (*Runner)(nil)

// New returns a runner that keeps its notes in dir, which is made when it is
// missing. Processes that an earlier runner left behind there are killed first.
func New(dir string) (*Runner, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("runner: %w", err)
	}
	if err := sweep(dir); err != nil {
		return nil, err
	}
	r := &Runner{
		dir:      dir,
		groups:   openCgroups(),
		procs:    map[string]*process{},
		forks:    make(chan func()),
		forkDone: make(chan struct{}),
	}
	go r.forkLoop()
	return r, nil
}

// forkLoop starts children on one thread that lives as long as the runner: the
// parent-death signal is tied to the thread that forked, not to the process,
// and the Go runtime ends threads when it likes.
// Source: prctl(2), PR_SET_PDEATHSIG.
func (r *Runner) forkLoop() {
	defer close(r.forkDone)
	runtime.LockOSThread()
	for f := range r.forks {
		f()
	}
}

// Limits says whether control groups are to be had here.
func (r *Runner) Limits() runner.Limits { return r.groups.limits() }

var idPattern = regexp.MustCompile(`^[A-Za-z0-9_-]{1,128}$`)

// Start starts a process; see runner.Runner.
func (r *Runner) Start(ctx context.Context, s runner.Spec) (runner.Process, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if !idPattern.MatchString(s.ID) {
		return nil, fmt.Errorf("runner: %q is no process id", s.ID)
	}
	p := &process{id: s.ID, note: filepath.Join(r.dir, s.ID+".json"), done: make(chan struct{})}
	if err := r.reserve(p); err != nil {
		return nil, err
	}
	defer r.starting.Done()
	if err := r.start(p, s); err != nil {
		r.release(p)
		return nil, err
	}
	return p, nil
}

func (r *Runner) reserve(p *process) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return runner.ErrClosed
	}
	if _, ok := r.procs[p.id]; ok {
		return runner.ErrExists
	}
	r.procs[p.id] = p
	r.starting.Add(1)
	return nil
}

func (r *Runner) release(p *process) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.procs, p.id)
}

func (r *Runner) start(p *process, s runner.Spec) error {
	log, err := os.OpenFile(s.Log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("runner: log: %w", err)
	}
	defer log.Close()
	in, lifeline, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("runner: %w", err)
	}
	defer in.Close()
	group, err := r.groups.make(s.ID, s.Memory, s.CPU)
	if err != nil {
		lifeline.Close()
		return err
	}
	cmd := exec.Command(s.Path, s.Args...)
	cmd.Env, cmd.Dir = append([]string{}, s.Env...), s.Dir
	cmd.Stdin, cmd.Stdout, cmd.Stderr = in, log, log
	cmd.SysProcAttr = group.attr(childAttr())
	started := make(chan error, 1)
	r.forks <- func() { started <- cmd.Start() }
	if err := <-started; err != nil {
		lifeline.Close()
		group.remove()
		return fmt.Errorf("runner: start %s: %w", filepath.Base(s.Path), cause(err))
	}
	p.cmd, p.group, p.log, p.lifeline = cmd, group, s.Log, lifeline
	if err := p.writeNote(); err != nil {
		p.kill()
		cmd.Wait()
		lifeline.Close()
		group.remove()
		return err
	}
	go p.watch(r, s.Input)
	return nil
}

// Close stops every process; see runner.Runner.
func (r *Runner) Close(ctx context.Context, grace time.Duration) error {
	r.mu.Lock()
	if r.closed {
		r.mu.Unlock()
		return nil
	}
	r.closed = true
	r.mu.Unlock()
	r.starting.Wait() // from here on procs only shrinks
	r.mu.Lock()
	procs := make([]*process, 0, len(r.procs))
	for _, p := range r.procs {
		procs = append(procs, p)
	}
	r.mu.Unlock()
	var wg sync.WaitGroup
	for _, p := range procs {
		wg.Go(func() { p.Stop(ctx, grace) })
	}
	wg.Wait()
	close(r.forks)
	<-r.forkDone
	return r.groups.close()
}

func cause(err error) error {
	var pe *os.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}
