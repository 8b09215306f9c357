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
	v, err = eng.guard(func() (kdb.Value, error) {
		var v kdb.Value
		var err error
		v, quiet, err = eng.main.evalLine(src, "", 0)
		return v, err
	})
	ns := eng.main.ns
	eng.atPrompt.Store(&ns)
	return v, quiet, eng.main.finish(err)
}

// finish brings a thread to rest after an evaluation, and makes its error an
// *Error, but for ErrAborted.
func (th *thread) finish(err error) error {
	th.state, th.sp, th.readOnly, th.reval = state{mode: th.mode}, 0, 0, 0
	if err == nil || err == ErrAborted {
		return err
	}
	clear(th.stack) // a panic leaves values behind
	e := asError(err)
	th.lastErr = e
	return e
}

// asError makes any error an *Error.
func asError(err error) *Error {
	e, ok := err.(*Error)
	if !ok {
		e = &Error{Msg: message(err)}
	}
	return e
}

// Script runs the text of a script; file is the name its traces show.
func (eng *Engine) Script(src, file string) error {
	eng.turn.Lock()
	defer eng.turn.Unlock()
	_, err := eng.guard(func() (kdb.Value, error) { return nil, eng.main.runScript(src, file) })
	return eng.main.finish(err)
}

// Call calls a function by its global name, or whatever expression fn is.
func (eng *Engine) Call(fn kdb.Value, args ...kdb.Value) (kdb.Value, error) {
	eng.turn.Lock()
	defer eng.turn.Unlock()
	return eng.callLocked(fn, args)
}

func (eng *Engine) callLocked(fn kdb.Value, args []kdb.Value) (kdb.Value, error) {
	v, err := eng.guard(func() (kdb.Value, error) {
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

// Namespace returns the namespace that Eval left: "" or ".a".
func (eng *Engine) Namespace() string {
	if ns := eng.atPrompt.Load(); ns != nil {
		return *ns
	}
	return ""
}
