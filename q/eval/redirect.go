package eval

import (
	"io"
	"os"
	"path/filepath"
	"sync"

	"github.com/quoinhq/quoin/kdb"
)

// redirect is the console's output or error output, which \1 and \2 send to a
// file. Several goroutines may write.
type redirect struct {
	to   func() io.Writer // where it goes of itself
	mu   sync.Mutex
	file *os.File
}

// Write writes to the file, if there is one.
func (r *redirect) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.file != nil {
		return r.file.Write(b)
	}
	return r.to().Write(b)
}

// set sends the output to f from now on, or back for nil.
func (r *redirect) set(f *os.File) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	old := r.file
	r.file = f
	if old != nil {
		return old.Close()
	}
	return nil
}

// Stdout is where the console's output goes: Sys.Stdout, or the file of \1.
func (eng *Engine) Stdout() io.Writer { return eng.stdout }

// Stderr is where errors go: Sys.Stderr, or the file of \2.
func (eng *Engine) Stderr() io.Writer { return eng.stderr }

// redirect is \1 and \2. Source: KX manual, "System commands".
func (th *thread) redirect(r *redirect, name string) (kdb.Value, error) {
	switch name {
	case "":
		return nil, errType
	case "/dev/stdin": // the way back, as the manual has it
		return kdb.Nil, r.set(nil)
	}
	p, err := th.path(name, Write)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(p), 0o777); err != nil {
		return nil, osError(name, err)
	}
	f, err := os.OpenFile(p, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o666)
	if err != nil {
		return nil, osError(name, err)
	}
	return kdb.Nil, r.set(f)
}
