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
	info, err := th.stat(full)
	if err != nil {
		return osError(name, err)
	}
	if info.IsDir() {
		return th.loadFolder(full, true, name != ".")
	}
	if ext := path.Ext(full); ext == ".q" || ext == ".k" || ext == ".txt" || th.looksLikeScript(full) {
		return th.loadScript(full)
	}
	return th.loadFile(full)
}

// loadScript runs a script. The namespace it sets ends with it.
func (th *thread) loadScript(full string) error {
	b, err := th.readFile(full)
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

// looksLikeScript tells a text from a file of data by its first bytes.
func (th *thread) looksLikeScript(full string) bool {
	b, err := th.readFile(full)
	if err != nil || len(b) == 0 {
		return true
	}
	return b[0] < 0x80
}

// loadFile is \l of a file of data: a global of its name.
func (th *thread) loadFile(full string) error {
	v, err := th.readValue(kdb.Sym(":" + full))
	if err != nil {
		return err
	}
	return th.setName(kdb.Sym(path.Base(full)), v)
}

// groupLines is .Q.ld: the lines of a script as \l groups them.
func groupLines(_ *thread, a []kdb.Value) (kdb.Value, error) {
	l, ok := a[0].(*kdb.List)
	if !ok {
		return nil, errType
	}
	lines := make([]string, len(l.V))
	for i, v := range l.V {
		if lines[i], ok = stringOf(v); !ok {
			return nil, errType
		}
	}
	var at []kdb.Long
	var text []kdb.Value
	for _, s := range syntax.Group(lines) {
		at, text = append(at, kdb.Long(s.Line)), append(text, kdb.Str(s.Text))
	}
	return kdb.NewList(kdb.NewVec(at), kdb.NewList(text...)), nil
}
