package eval

import (
	"strings"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q/syntax"
)

// KeepLocals makes errors keep the locals of the functions they passed, which
// EvalAt reads; it costs a copy for each function on an error's way.
func (eng *Engine) KeepLocals(keep bool) { eng.main.keepLocals = keep }

// Suspended reports whether an error came out of a function, so that there are
// locals to look at.
func (e *Error) Suspended() bool {
	for _, p := range e.Trace {
		if p.fn != nil && p.fn.lambda != nil {
			return true
		}
	}
	return false
}

// Format returns the place as q prints it in a trace.
func (p Place) Format() string {
	var b strings.Builder
	p.format(&b, "  ")
	return b.String()
}

// EvalAt evaluates a statement with the locals of a place of an error's trace,
// as q's debug prompt does. Assignments go to globals. The engine must have
// kept locals when the error happened.
func (eng *Engine) EvalAt(p Place, src string) (v kdb.Value, quiet bool, err error) {
	if strings.HasPrefix(strings.TrimSpace(src), "\\") || p.fn == nil {
		return eng.Eval(src)
	}
	eng.turn.Lock()
	defer eng.turn.Unlock()
	th := eng.main
	v, err = guard(func() (kdb.Value, error) {
		n, err := syntax.Parse(src, eng.infixKeyword)
		if err != nil {
			return nil, parseError(err, src, "", 0, 0)
		}
		if n == nil {
			quiet = true
			return kdb.Nil, nil
		}
		quiet = silent(n)
		c := &compiler{eng: eng, ns: th.ns, src: src, dynamic: true, fn: &function{eng: eng, source: src, ns: th.ns}}
		x, err := c.compile(n)
		if err != nil {
			return nil, parseError(err, src, "", 0, 0)
		}
		c.fn.body = []node{x}
		fr := &frame{th: th, fn: c.fn, lookup: func(name kdb.Symbol) (kdb.Value, bool) {
			for i, l := range p.fn.locals {
				if l == name.String() && i < len(p.locals) && p.locals[i] != nil {
					share(p.locals[i])
					return p.locals[i], true
				}
			}
			return nil, false
		}}
		return c.fn.exec(fr)
	})
	return v, quiet, th.finish(err)
}
