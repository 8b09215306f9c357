package eval

import (
	"io/fs"
	"os"

	"github.com/quoinhq/quoin/kdb"
)

// osError is the q error of a failed file operation.
func osError(name string, err error) error {
	if pe, ok := err.(*fs.PathError); ok {
		err = pe.Err
	}
	return kdb.Error(name + ". OS reports: " + sentence(err.Error()))
}

// sentence begins a text with a capital, as the system's messages do.
func sentence(s string) string {
	if s != "" && s[0] >= 'a' && s[0] <= 'z' {
		return string(s[0]-32) + s[1:]
	}
	return s
}

func (eng *Engine) stat(name string) (fs.FileInfo, error) {
	p, err := eng.sys.Path(name, Read)
	if err != nil {
		return nil, err
	}
	return os.Stat(p)
}

func (eng *Engine) readFile(name string) ([]byte, error) {
	p, err := eng.sys.Path(eng.abs(name), Read)
	if err != nil {
		return nil, err
	}
	return os.ReadFile(p)
}

// applyFile is `:host:port x, a request over a connection of its own.
func (th *thread) applyFile(s kdb.Symbol, args []kdb.Value) (kdb.Value, error) {
	name := s.String()
	if !isProcess(name) {
		return nil, errType
	}
	if th.readOnly > 0 {
		return nil, errNoUpd
	}
	h, err := th.eng.ipc.open(name, 0)
	if err != nil {
		return nil, err
	}
	defer func() {
		th.eng.ipc.remove(h.id)
		h.close()
	}()
	return th.applyHandle(h.id, args)
}

func (th *thread) amendFile(s kdb.Symbol, path []kdb.Value, u update) (kdb.Value, error) {
	return nil, errNYI
}
func (th *thread) readValue(s kdb.Symbol) (kdb.Value, error)    { return nil, errNYI }
func (th *thread) writeValue(x, y kdb.Value) (kdb.Value, error) { return nil, errNYI }
func (th *thread) keyFile(s kdb.Symbol) (kdb.Value, error)      { return nil, errNYI }
func (th *thread) rename(arg string) (kdb.Value, error)         { return nil, errNYI }

func (t specialTable) fileKeywords() {}

func (th *thread) openFile(name string) (kdb.Value, error) { return nil, errNYI }

func appendValues(h *handle, x kdb.Value, lines bool) error { return errNYI }
