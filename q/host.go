package q

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"os/user"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/quoinhq/quoin/q/eval"
)

// Sys is everything an engine reaches outside itself; see [Host] for the one
// that reaches this machine.
type Sys = eval.Sys

// Access is what q code wants to do with a file.
type Access = eval.Access

// Kinds of access.
const (
	Read  = eval.Read
	Write = eval.Write
)

// Host is the Sys of the machine itself, with nothing refused. Embed it to
// change some of it. The zero Host uses the process's console.
type Host struct {
	In       io.Reader
	Out, Err io.Writer
	// OnExit is called by exit instead of ending the process.
	OnExit func(code int)
}

var _ Sys = (*Host)(nil)

// Path allows every path as it is.
func (*Host) Path(name string, _ Access) (string, error) { return name, nil }

// Getwd returns the process's working folder.
func (*Host) Getwd() (string, error) { return os.Getwd() }

// Now returns the time.
func (*Host) Now() time.Time { return time.Now() }

// Location returns the local time zone.
func (*Host) Location() *time.Location { return time.Local }

// LookupEnv returns an environment variable.
func (*Host) LookupEnv(name string) (string, bool) { return os.LookupEnv(name) }

// Setenv sets an environment variable of the process.
func (*Host) Setenv(name, value string) error { return os.Setenv(name, value) }

// Entropy fills b with random bytes.
func (*Host) Entropy(b []byte) { _, _ = rand.Read(b) } // never fails

// Dial opens a connection.
func (*Host) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	var d net.Dialer
	return d.DialContext(ctx, network, address)
}

// Listen opens a listener.
func (*Host) Listen(ctx context.Context, network, address string) (net.Listener, error) {
	var c net.ListenConfig
	if eval.ReusePort(ctx) {
		c.Control = func(_, _ string, rc syscall.RawConn) error {
			var err error
			ctl := rc.Control(func(fd uintptr) { err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1) })
			return errors.Join(ctl, err)
		}
	}
	return c.Listen(ctx, network, address)
}

// Run runs a shell command.
func (h *Host) Run(ctx context.Context, dir, command string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "/bin/sh", "-c", command)
	cmd.Dir = dir
	cmd.Stderr = h.Stderr()
	return cmd.Output()
}

// Stdin returns the console's input.
func (h *Host) Stdin() io.Reader {
	if h.In != nil {
		return h.In
	}
	return os.Stdin
}

// Stdout returns the console's output.
func (h *Host) Stdout() io.Writer {
	if h.Out != nil {
		return h.Out
	}
	return os.Stdout
}

// Stderr returns the console's error output.
func (h *Host) Stderr() io.Writer {
	if h.Err != nil {
		return h.Err
	}
	return os.Stderr
}

// Exit ends the process, or calls OnExit.
func (h *Host) Exit(code int) {
	if h.OnExit != nil {
		h.OnExit(code)
		return
	}
	os.Exit(code)
}

// Pid returns the process's id.
func (*Host) Pid() int { return os.Getpid() }

// Hostname returns the machine's name.
func (*Host) Hostname() string {
	name, _ := os.Hostname()
	return name
}

// User returns the name of the process's user.
func (*Host) User() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return os.Getenv("USER")
}
