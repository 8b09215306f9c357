// Package engine is the embedded q engine as a node's process: what `quoin q`
// does when the server starts it for a cluster.
//
// Such a process sees /opt/kx/app, which is a folder of its node, and /tmp,
// which is one too, and no other file of the machine. It listens on the
// loopback interface, once. It ends when its standard input does, since that
// is how it learns that the server is gone.
package engine

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"path"
	"path/filepath"
	"strings"
	"sync/atomic"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q"
	"github.com/quoinhq/quoin/q/console"
	"github.com/quoinhq/quoin/q/eval"
)

// AppDir is where q code finds its files on every engine, as it did with the
// service. Source: user guide, interacting-with-kdb-system-commands.
const AppDir = "/opt/kx/app"

// The environment of a node's process.
const (
	RootVar     = "QUOIN_NODE_ROOT"     // the node's folder; app, tmp and boot.q lie in it
	WritableVar = "QUOIN_NODE_WRITABLE" // the databases below db that may be changed, separated by colons
	ShellVar    = "QUOIN_NODE_SHELL"    // not empty where commands of the system may be run
)

// servicePort is the one port that the service let q code ask for, to no
// effect. Source: user guide, interacting-with-kdb-system-commands.
const servicePort = "443"

// errListening is returned to q code that wants another port.
var errListening = kdb.Error("access")

// Run runs q as a node's process and returns its exit code. getenv is where
// the variables above are read from.
func Run(args []string, getenv func(string) string, in io.Reader, out, errs io.Writer) int {
	sys := NewSys(getenv(RootVar), filepath.SplitList(getenv(WritableVar)), getenv(ShellVar) != "")
	sys.In, sys.Out, sys.Err = strings.NewReader(""), out, errs
	return console.RunWatched(args, sys, &sys.Host, sealable, in, errs)
}

// sealable gives an engine the function with which the boot script ends what
// q code may change of the server's own and of .z, as the service had it.
// Source: user guide, interacting-with-kdb-z-namespace.
func sealable(eng *eval.Engine) error {
	return eng.Set(".quoin.seal", &eval.GoFunc{Name: ".quoin.seal", Rank: 1, F: func(*eval.Call, []kdb.Value) (kdb.Value, error) {
		eng.Seal(".z", ".quoin")
		return kdb.Nil, nil
	}})
}

// Sys is the outside as a node's q code reaches it.
type Sys struct {
	q.Host
	root      string
	writable  map[string]bool
	shell     bool
	listening atomic.Bool
}

// NewSys returns the outside of the node whose folder is root.
func NewSys(root string, writable []string, shell bool) *Sys {
	s := &Sys{root: root, shell: shell, writable: map[string]bool{}}
	for _, name := range writable {
		s.writable[name] = true
	}
	return s
}

// Path maps the paths that a node has. Errors: fs.ErrPermission for all others,
// and for changing code or a database that is not the node's to change.
func (s *Sys) Path(name string, access q.Access) (string, error) {
	name = path.Clean(name)
	if access == q.Read && (name == "/dev/null" || name == filepath.Join(s.root, "boot.q")) {
		return name, nil
	}
	if rest, ok := below(name, AppDir); ok {
		if access == q.Write && !s.mayWrite(rest) {
			return "", fs.ErrPermission
		}
		return filepath.Join(s.root, "app", rest), nil
	}
	if rest, ok := below(name, "/tmp"); ok {
		return filepath.Join(s.root, "tmp", rest), nil
	}
	return "", fs.ErrPermission
}

// below returns what follows dir in name.
func below(name, dir string) (string, bool) {
	rest, ok := strings.CutPrefix(name, dir)
	if !ok || rest != "" && rest[0] != '/' {
		return "", false
	}
	return strings.TrimPrefix(rest, "/"), true
}

// mayWrite says whether a path below AppDir may be changed.
func (s *Sys) mayWrite(rest string) bool {
	first, more, _ := strings.Cut(rest, "/")
	switch first {
	case "code_scratch", "scratch", "shared":
		return true
	case "db":
		name, _, _ := strings.Cut(more, "/")
		return s.writable[name]
	}
	return false
}

// Getwd is AppDir: that is where q code begins.
func (s *Sys) Getwd() (string, error) { return AppDir, nil }

// Listen listens on the loopback interface, for the gateway alone, once. Errors:
// errListening for every further port but the service's.
func (s *Sys) Listen(ctx context.Context, network, address string) (net.Listener, error) {
	if network == "unix" {
		return nil, errors.ErrUnsupported
	}
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	if s.listening.Swap(true) {
		if port == servicePort {
			return nil, nil
		}
		return nil, errListening
	}
	return s.Host.Listen(ctx, network, net.JoinHostPort("127.0.0.1", port))
}

// Resolve is Path for somebody who acts for the node, to whom it counts where
// links lead: only to what the node itself is given. Errors: fs.ErrPermission.
func (s *Sys) Resolve(name string, write bool) (string, error) {
	access := q.Read
	if write {
		access = q.Write
	}
	if !path.IsAbs(name) {
		name = path.Join(AppDir, name)
	}
	if rest, ok := below(path.Clean(name), AppDir); !ok || rest == "" {
		return "", fs.ErrPermission
	}
	return s.Path(name, access)
}
