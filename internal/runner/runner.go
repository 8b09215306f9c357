// Package runner starts and watches the processes that cluster nodes are made
// of. It knows processes, folders and limits, and nothing of clusters: what a
// node is for is the business of its caller.
//
// [Runner] is implemented by runner/local (child processes of this machine);
// every implementation passes the suite in runner/runnertest.
package runner

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// ErrClosed is returned by Start after Close.
var ErrClosed = errors.New("runner: closed")

// ErrExists is returned by Start when a process of that id is still running.
var ErrExists = errors.New("runner: a process of that id is running")

// Spec says what to run.
type Spec struct {
	// ID names the process: one at a time runs under it. It is used in file
	// names: letters, digits, '-' and '_' only.
	ID string
	// Path is the program, Args its arguments without the program's name.
	Path string
	Args []string
	// Env is the whole environment, as "NAME=value".
	Env []string
	// Dir is the working folder; it exists.
	Dir string
	// Input is given to the process on its standard input, a line, after which
	// the pipe stays open for as long as its owner lives: end of file there
	// tells the process that nobody watches it any more and that it must end.
	// Secrets travel here and never in Args or Env, which others can list.
	Input []byte
	// Log is the file that standard output and error are appended to.
	Log string
	// Memory is the most bytes the process and its children may use; CPU is
	// how many cores. Zero is no limit. They are enforced only where Limits
	// says so.
	Memory int64
	CPU    float64
}

// Exit says how a process ended.
type Exit struct {
	Code int       // exit code, or -1 when a signal ended it
	By   string    // name of the signal that ended it, or ""
	OOM  bool      // the memory limit killed it
	Tail string    // the last lines it wrote, at most 2 KiB
	At   time.Time // when it ended
}

// String describes the end in a few words, for people.
func (e Exit) String() string {
	switch {
	case e.OOM:
		return "killed at its memory limit"
	case e.By != "":
		return "ended by signal " + e.By
	default:
		return fmt.Sprintf("exit code %d", e.Code)
	}
}

// Process is one running or ended process. Its methods may be called
// concurrently.
type Process interface {
	// ID is the Spec's.
	ID() string
	// PID is the operating system's number of the process.
	PID() int
	// Done is closed when the process has ended, nothing that it started runs
	// any more, and all it wrote is in its log.
	Done() <-chan struct{}
	// Exit says how it ended; the zero Exit before Done is closed.
	Exit() Exit
	// Stop asks the process to end, forces it to after grace, and returns when
	// Done is closed. A ctx that ends earlier forces it at once. Stopping an
	// ended process does nothing.
	Stop(ctx context.Context, grace time.Duration)
	// Usage returns what the process and its children use now.
	Usage() (Usage, error)
}

// Usage is what a process and everything it started use.
type Usage struct {
	CPU    time.Duration // time spent on processors since the start
	Memory int64         // resident bytes
}

// Limits says which limits of a Spec the runner enforces on this machine.
type Limits struct {
	Memory, CPU bool
	Reason      string // why not, when one is false
}

// Runner starts processes. Its methods may be called concurrently.
type Runner interface {
	// Start starts a process. Errors: ErrExists, ErrClosed, or why the program
	// could not be started.
	Start(ctx context.Context, s Spec) (Process, error)
	// Limits says what this runner enforces.
	Limits() Limits
	// Close stops every process, each with the given grace, and waits for them.
	Close(ctx context.Context, grace time.Duration) error
}
