package eval

import (
	"context"
	"io"
	"net"
	"time"
)

// Access is what q code wants to do with a file.
type Access uint8

// Kinds of access.
const (
	Read Access = iota
	Write
)

// Sys is everything an engine reaches outside itself. An embedder gives its own
// to map paths, and to refuse what it must: a refusal is an error whose text
// the q program sees. Methods may be called from several goroutines.
type Sys interface {
	// Path returns the path on this machine of an absolute path that q code
	// names, or an error if it may not be used so.
	Path(name string, access Access) (string, error)
	// Getwd returns the folder that relative names start from, Now the time,
	// Location the zone of .z.P and its like.
	Getwd() (string, error)
	Now() time.Time
	Location() *time.Location
	// LookupEnv and Setenv read and set environment variables; LookupEnv
	// reports whether one is set.
	LookupEnv(name string) (value string, set bool)
	Setenv(name, value string) error
	// Entropy fills b with random bytes, for GUIDs and seeds.
	Entropy(b []byte)
	// Dial and Listen open connections, as those of package net; q code sees a
	// kdb.Error of Listen as it is. A nil listener without an error leaves an
	// engine where it listens already. Listen shares the port with other
	// processes where [ReusePort] says so; a Sys without unix sockets returns
	// errors.ErrUnsupported for them.
	Dial(ctx context.Context, network, address string) (net.Conn, error)
	Listen(ctx context.Context, network, address string) (net.Listener, error)
	// Run runs a command of the operating system's shell, in the folder that q
	// code knows as dir, and returns what it writes to its standard output.
	Run(ctx context.Context, dir, command string) ([]byte, error)
	// Stdin, Stdout and Stderr are the console.
	Stdin() io.Reader
	Stdout() io.Writer
	Stderr() io.Writer
	// Exit is called by exit; it may return, and the engine then evaluates no
	// more.
	Exit(code int)
	// Pid is .z.i, Hostname .z.h, User .z.u of the console.
	Pid() int
	Hostname() string
	User() string
}
