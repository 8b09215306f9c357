package eval

import (
	"errors"
	"strings"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q/syntax"
)

// trapMode says what an error does before it goes up.
// Source: KX manual, "Debugging" (basics/debug), Error trap modes.
type trapMode uint8

const (
	modeAbort trapMode = iota // goes up at once; also how a trace is collected
	modeDebug                 // suspends the function it happened in
)

// ErrAborted ends an evaluation that a debugger gave up.
var ErrAborted = errors.New("aborted")

// Debugger is told of an execution that an error suspended, on the goroutine
// that runs it. It returns the value to go on with in place of the operation
// that failed; or ErrAborted to end the evaluation; or another error to signal
// from the suspended function, which ends it and suspends its caller.
type Debugger func(*Suspension) (kdb.Value, error)

// SetDebugger has errors in functions suspend what the console evaluates
// (EvalConsole) and, with \e 1, what clients ask for. It is called before the
// engine runs anything.
func (eng *Engine) SetDebugger(d Debugger) { eng.debugger = d }

// EvalConsole is Eval for the debugger's console; the error is ErrAborted if
// the debugger gave the evaluation up.
func (eng *Engine) EvalConsole(src string) (v kdb.Value, quiet bool, err error) {
	eng.turn.Lock()
	defer eng.turn.Unlock()
	if eng.debugger != nil {
		eng.main.mode = modeDebug
		defer func() { eng.main.mode = modeAbort }()
	}
	return eng.evalLocked(src)
}

// Input evaluates a line of console input: with .z.pi if q code set that, and
// text that it returns is shown as it is; else as EvalConsole does.
// Source: KX manual, "The .z namespace", .z.pi.
func (eng *Engine) Input(line string) (v kdb.Value, quiet bool, err error) {
	eng.turn.Lock()
	f := eng.handler("pi")
	eng.turn.Unlock()
	if f == nil {
		return eng.EvalConsole(line)
	}
	v, err = eng.Call(f, kdb.Str(line+"\n"))
	if s, ok := v.(*kdb.Chars); ok && err == nil {
		return nil, true, eng.print(text(s))
	}
	return v, false, err
}

// clientMode is how errors of what clients ask for are trapped: \e.
func (eng *Engine) clientMode() trapMode {
	if eng.conf.errorTraps == 1 && eng.debugger != nil {
		return modeDebug
	}
	return modeAbort
}

// Suspension is an execution that an error stopped: the stack of functions, and
// the one whose locals expressions see. Only the Debugger that got it may use
// it, and only until it returns.
type Suspension struct {
	Err    *Error
	Remote bool // a client asked for what failed

	th     *thread
	frames []*frame // innermost first
	at     int      // index into frames
}

// suspend hands fr's execution to the debugger.
func (fr *frame) suspend(e *Error) (kdb.Value, error) {
	th := fr.th
	s := &Suspension{Err: e, Remote: th.handle != 0, th: th}
	// The innermost place is where the error is; outer ones where calls are.
	fr.pos = e.Trace[len(e.Trace)-1].Pos + fr.fn.offset
	for i := fr.depth; i >= 0; i-- {
		if f := th.frames[i]; f.fn.source != "" {
			s.frames = append(s.frames, f)
		}
	}
	before, stopped := th.state, th.stopped
	th.lastErr = e
	v, err := th.eng.debugger(s)
	th.state, th.stopped = before, stopped
	if err == nil || err == ErrAborted {
		return v, err
	}
	// The signal destroys this frame: its place is the caller's.
	return nil, &Error{Msg: message(err), depth: fr.depth}
}

// Where returns the place that expressions see.
func (s *Suspension) Where() Place { return s.place(s.at) }

func (s *Suspension) place(i int) Place { return s.frames[i].place(s.frames[i].pos) }

// Up goes to the caller, Down to the callee.
func (s *Suspension) Up() { s.at = min(s.at+1, len(s.frames)-1) }

// Down is the opposite of Up.
func (s *Suspension) Down() { s.at = max(s.at-1, 0) }

// Namespace returns the namespace of the function that expressions see: "" or ".a".
func (s *Suspension) Namespace() string { return s.frames[s.at].fn.ns }

// Backtrace returns the stack as .Q.bt prints it, the current place marked.
func (s *Suspension) Backtrace() string {
	var b strings.Builder
	for i := range s.frames {
		mark := "  "
		if i == s.at {
			mark = ">>"
		}
		s.place(i).format(&b, mark)
	}
	return b.String()
}

// hidden is the debugger's own frame, which shows nowhere.
var hidden = &function{}

// Eval evaluates a statement in the function that Where shows: its locals can
// be read and assigned. An error in a function that the statement calls
// suspends that; the error is ErrAborted if its debugger gave up.
func (s *Suspension) Eval(src string) (v kdb.Value, quiet bool, err error) {
	th := s.th
	target := s.frames[s.at]
	before, m, ns := th.state, th.mark(), th.ns
	th.stopped, th.ns = s, target.fn.ns
	th.frame(hidden, nil)
	th.depth++
	defer func() {
		th.state, th.ns = before, ns
		th.release(m)
	}()
	v, err = th.eng.guard(func() (kdb.Value, error) {
		if strings.HasPrefix(strings.TrimSpace(src), "\\") {
			v, q, err := th.evalLine(src, "", 0)
			quiet = q
			return v, err
		}
		fn, ast, err := th.eng.compileAt(src, target.fn)
		if err != nil || ast == nil {
			quiet = true
			return kdb.Nil, err
		}
		quiet = silent(ast)
		return th.run(fn, target.slots)
	})
	if err != nil && err != ErrAborted {
		err = asError(err)
	}
	return v, quiet, err
}

// compileAt compiles an expression that sees the locals of a function.
func (eng *Engine) compileAt(src string, at *function) (*function, syntax.Node, error) {
	ast, err := syntax.Parse(src, eng.infixKeyword)
	if err != nil {
		return nil, nil, parseError(err, src, "", 0, 0)
	}
	fn := &function{eng: eng, source: src, ns: at.ns, locals: at.locals}
	if ast == nil {
		return fn, nil, nil
	}
	c := &compiler{eng: eng, ns: at.ns, src: src, fn: fn, slots: map[string]int{}}
	for i, name := range at.locals {
		c.slots[name] = i
	}
	n, err := c.compile(ast)
	if err != nil {
		return nil, nil, parseError(err, src, "", 0, 0)
	}
	fn.body = []node{n}
	return fn, ast, nil
}
