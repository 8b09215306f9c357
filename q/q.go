// Package q is an engine for the language q, to be embedded in Go programs.
//
//	e := q.New(q.Options{})
//	defer e.Close()
//	v, err := e.Eval(ctx, "select sum size by sym from trade")
//	v, err = e.Call(ctx, "upd", kdb.Sym("trade"), rows)
//	e.Register(".my.twice", func(x kdb.Long) kdb.Long { return 2 * x })
//
// Each engine is one q session of its own: globals, namespace, settings. An
// engine evaluates one thing at a time; methods may be called from any
// goroutine and wait for their turn. Everything an engine touches outside
// itself goes through its [Sys].
package q

import (
	"context"
	"time"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q/eval"
)

// Options configure an engine. The zero Options are those of q started without
// any option.
type Options struct {
	// Sys is the outside; nil is the machine itself, &Host{}.
	Sys Sys
	// Threads is -s: on how many goroutines peach and kernels over long columns
	// run. For 0, peach runs on one and kernels use every core.
	Threads int
	// MemoryLimit is -w in bytes: evaluations that take the process over it
	// end with 'wsfull. 0 is no limit.
	MemoryLimit int64
	// Timeout bounds every evaluation, which then ends with 'stop. 0 is none.
	Timeout time.Duration
}

// Error is a q error: its name, and the places it passed on its way up.
type Error = eval.Error

// Engine is one q session.
type Engine struct {
	*session
}

type session struct {
	eng     *eval.Engine
	timeout time.Duration
}

// New returns an engine.
func New(o Options) *Engine {
	sys := o.Sys
	if sys == nil {
		sys = &Host{}
	}
	eng := eval.NewEngine(sys)
	eng.SetThreads(o.Threads)
	eng.SetMemoryLimit(o.MemoryLimit)
	return &Engine{&session{eng: eng, timeout: o.Timeout}}
}

// Close ends what the engine has running: its listener, handles and timer.
func (e *Engine) Close() error { return e.eng.Close() }

// bound makes ctx end the evaluation that runs until the returned function is
// called.
func (e *Engine) bound(ctx context.Context) (end func()) {
	cancel := context.CancelFunc(func() {})
	if e.timeout > 0 {
		ctx, cancel = context.WithTimeout(ctx, e.timeout)
	}
	if ctx.Done() == nil {
		return cancel
	}
	interrupted := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		e.eng.Interrupt()
		close(interrupted)
	})
	return func() {
		if !stop() {
			<-interrupted // or it would be the next evaluation's
			e.eng.Resume()
		}
		cancel()
	}
}

// Eval evaluates one q expression or system command. Errors are *Error; when
// ctx ends first that is 'stop.
func (e *Engine) Eval(ctx context.Context, src string) (kdb.Value, error) {
	v, _, err := e.eng.EvalBound(src, func() func() { return e.bound(ctx) })
	return v, err
}

// Call calls the function that name names (or that an expression like
// "{x+y}" gives) with arguments.
func (e *Engine) Call(ctx context.Context, name string, args ...kdb.Value) (kdb.Value, error) {
	return e.eng.CallBound(name, args, func() func() { return e.bound(ctx) })
}

// Script evaluates the text of a script, statement by statement. file is what
// error traces call it.
func (e *Engine) Script(ctx context.Context, text, file string) error {
	return e.eng.ScriptBound(text, file, func() func() { return e.bound(ctx) })
}

// Get returns the value of a global, or the error that is its name.
func (e *Engine) Get(name string) (kdb.Value, error) { return e.eng.Get(name) }

// Set assigns a global.
func (e *Engine) Set(name string, v kdb.Value) error { return e.eng.Set(name, v) }

// Format returns a value as q's console shows it, lines and all.
func (e *Engine) Format(v kdb.Value) string { return e.eng.Format(v) }

// Show evaluates like Eval and returns what q's console prints for the result:
// nothing for an assignment or a generic null.
func (e *Engine) Show(ctx context.Context, src string) (string, error) {
	v, quiet, err := e.eng.EvalBound(src, func() func() { return e.bound(ctx) })
	if err != nil || quiet || v == kdb.Nil {
		return "", err
	}
	return e.eng.Format(v), nil
}
