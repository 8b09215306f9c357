package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"github.com/quoinhq/quoin/internal/runner"
)

// process is one child and the group of everything it starts.
type process struct {
	id, note, log string
	cmd           *exec.Cmd
	group         *cgroup
	lifeline      io.WriteCloser

	done chan struct{}
	exit runner.Exit // written before done is closed

	stopping sync.Once

	reap   sync.Mutex // held while killing and while giving the child's number back
	reaped bool
}

func (p *process) ID() string            { return p.id }
func (p *process) PID() int              { return p.cmd.Process.Pid }
func (p *process) Done() <-chan struct{} { return p.done }

func (p *process) Exit() runner.Exit {
	select {
	case <-p.done:
		return p.exit
	default:
		return runner.Exit{}
	}
}

// watch hands the child its input, waits for the end, kills what the child left
// behind, and forgets the process. It is the only one that calls cmd.Wait.
func (p *process) watch(r *Runner, input []byte) {
	var in sync.WaitGroup
	in.Go(func() {
		if len(input) > 0 {
			// A child that never reads fills the pipe; closing the lifeline ends
			// this. That it did not read is the child's affair.
			_, _ = p.lifeline.Write(append(input, '\n'))
		}
	})
	// The child's number stays its own until it has been waited for, so the
	// group it leads is killed before that and cannot be a stranger's.
	awaitEnd(p.PID())
	p.reap.Lock()
	p.kill()
	err := p.cmd.Wait()
	p.reaped = true
	p.reap.Unlock()
	p.lifeline.Close()
	in.Wait()
	e := runner.Exit{At: time.Now(), Code: p.cmd.ProcessState.ExitCode(), OOM: p.group.oomKilled(), Tail: tail(p.log)}
	if ws, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		e.By = ws.Signal().String()
	}
	var ee *exec.ExitError
	if err != nil && !errors.As(err, &ee) {
		e.Tail = err.Error()
	}
	p.group.remove()
	os.Remove(p.note)
	p.exit = e
	r.release(p)
	close(p.done)
}

// Stop asks with SIGTERM and the end of standard input, then kills the group.
func (p *process) Stop(ctx context.Context, grace time.Duration) {
	p.stopping.Do(func() {
		p.cmd.Process.Signal(syscall.SIGTERM)
		p.lifeline.Close()
	})
	t := time.NewTimer(grace)
	defer t.Stop()
	select {
	case <-p.done:
		return
	case <-t.C:
	case <-ctx.Done():
	}
	p.force()
	<-p.done
}

// force kills unless the child has been waited for already.
func (p *process) force() {
	p.reap.Lock()
	defer p.reap.Unlock()
	if !p.reaped {
		p.kill()
	}
}

// kill ends the child and everything in its process group and control group.
// It is called only before the child has been waited for.
func (p *process) kill() {
	p.group.kill()
	syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
}

// Usage reads the control group, or the process table where there is none.
func (p *process) Usage() (runner.Usage, error) {
	if u, ok := p.group.usage(); ok {
		return u, nil
	}
	return treeUsage(p.PID())
}

const tailBytes = 2 << 10

// tail returns the end of the log for the exit's description.
func tail(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Sprintf("no log: %v", cause(err))
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return ""
	}
	off := max(0, st.Size()-tailBytes)
	b := make([]byte, st.Size()-off)
	n, _ := f.ReadAt(b, off)
	return string(b[:n])
}
