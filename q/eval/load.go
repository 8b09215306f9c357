package eval

import (
	"path"
	"strings"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q/syntax"
)

// load is \l: a script, a file of data, or a database folder.
func (th *thread) load(name string) error {
	if name == "" {
		return errType
	}
	full := th.eng.abs(name)
	info, err := th.eng.stat(full)
	if err != nil {
		return osError(name, err)
	}
	if info.IsDir() {
		return th.loadFolder(full)
	}
	if ext := path.Ext(full); ext == ".q" || ext == ".k" || ext == ".txt" || th.looksLikeScript(full) {
		return th.loadScript(full)
	}
	return th.loadFile(full)
}

// loadScript runs a script. The namespace it sets ends with it.
func (th *thread) loadScript(full string) error {
	b, err := th.eng.readFile(full)
	if err != nil {
		return osError(full, err)
	}
	if strings.HasSuffix(full, ".k") {
		return errNYI
	}
	ns := th.ns
	th.eng.loading = append(th.eng.loading, full)
	defer func() {
		th.ns = ns
		th.eng.loading = th.eng.loading[:len(th.eng.loading)-1]
	}()
	return th.runScript(string(b), full)
}

// runScript evaluates the statements of a script, showing nothing.
func (th *thread) runScript(src, file string) error {
	for _, s := range syntax.Script(src) {
		if err := th.eng.check(); err != nil {
			return err
		}
		if _, _, err := th.evalLine(s.Text, file, s.Line); err != nil {
			return err
		}
	}
	return nil
}

func (th *thread) looksLikeScript(full string) bool { return false }
func (th *thread) loadFolder(full string) error     { return errNYI }
func (th *thread) loadFile(full string) error       { return errNYI }

var _ = kdb.Nil
