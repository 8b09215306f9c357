package eval

import (
	"github.com/quoinhq/quoin/kdb"
)

// Eval evaluates one statement as the console does. quiet tells that a console
// shows nothing for it. Errors are *Error.
func (eng *Engine) Eval(src string) (v kdb.Value, quiet bool, err error) {
	eng.turn.Lock()
	defer eng.turn.Unlock()
	return eng.evalLocked(src)
}

func (eng *Engine) evalLocked(src string) (v kdb.Value, quiet bool, err error) {
	v, err = guard(func() (kdb.Value, error) {
		var v kdb.Value
		var err error
		v, quiet, err = eng.main.evalLine(src, "", 0)
		return v, err
	})
	return v, quiet, eng.main.finish(err)
}

// finish brings a thread to rest after an evaluation, and makes its error an
// *Error.
func (th *thread) finish(err error) error {
	th.depth, th.sp, th.sql, th.readOnly = 0, 0, nil, 0
	if err == nil {
		return nil
	}
	clear(th.stack) // a panic leaves values behind
	e, ok := err.(*Error)
	if !ok {
		e = &Error{Msg: message(err)}
	}
	th.lastErr = e
	return e
}

// Script runs the text of a script; file is the name its traces show.
func (eng *Engine) Script(src, file string) error {
	eng.turn.Lock()
	defer eng.turn.Unlock()
	_, err := guard(func() (kdb.Value, error) { return nil, eng.main.runScript(src, file) })
	return eng.main.finish(err)
}

// Call calls a function by its global name, or whatever expression fn is.
func (eng *Engine) Call(fn kdb.Value, args ...kdb.Value) (kdb.Value, error) {
	eng.turn.Lock()
	defer eng.turn.Unlock()
	return eng.callLocked(fn, args)
}

func (eng *Engine) callLocked(fn kdb.Value, args []kdb.Value) (kdb.Value, error) {
	v, err := guard(func() (kdb.Value, error) {
		for _, a := range args {
			share(a)
		}
		if len(args) == 0 {
			args = []kdb.Value{kdb.Nil}
		}
		return eng.main.apply(fn, args)
	})
	return v, eng.main.finish(err)
}

// Get returns the value of a global.
func (eng *Engine) Get(name string) (kdb.Value, error) {
	eng.turn.Lock()
	defer eng.turn.Unlock()
	return eng.main.getName(kdb.Sym(name))
}

// Set assigns a global.
func (eng *Engine) Set(name string, v kdb.Value) error {
	eng.turn.Lock()
	defer eng.turn.Unlock()
	share(v)
	return eng.main.setName(kdb.Sym(name), v)
}

// Format returns a value as the console shows it.
func (eng *Engine) Format(v kdb.Value) string { return eng.format(v) }

// Namespace returns the current namespace: "" or ".a".
func (eng *Engine) Namespace() string { return eng.main.ns }
