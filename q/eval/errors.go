package eval

import (
	"errors"
	"strconv"
	"strings"

	"github.com/quoinhq/quoin/kdb"
)

// Errors of the evaluator by q's names.
// Source: KX manual, "Errors" (basics/errors).
const (
	errType   = kdb.Error("type")
	errRank   = kdb.Error("rank")
	errLength = kdb.Error("length")
	errDomain = kdb.Error("domain")
	errIndex  = kdb.Error("index")
	errNYI    = kdb.Error("nyi")
	errStack  = kdb.Error("stack")
	errStop   = kdb.Error("stop")
	errMemory = kdb.Error("wsfull")
	errAssign = kdb.Error("assign")
	errNoUpd  = kdb.Error("noupdate")
	errAccess = kdb.Error("access")

	errNoSocket   = kdb.Error("nosocket")
	errThreadView = kdb.Error("threadview")
)

// errReturn unwinds to the lambda whose frame holds the result.
var errReturn = errors.New("return")

// Error is a q error on its way up, with the places it passed.
type Error struct {
	Msg   kdb.Error
	Trace []Place // innermost first
	depth int     // call depth of the frame that Trace ends with
	// op and args are the primitive that failed and what it was given.
	op   kdb.Value
	args []kdb.Value
}

// Place is one level of a trace.
type Place struct {
	Depth  int    // index of the stack frame
	File   string // script the code came from; "" for the console
	Line   int
	Name   string // name of the function, if it has one
	Source string // text of the function or expression
	Pos    int    // offset of the failed primitive in Source
	hidden bool   // a function that comes with q, shown by its name only
}

// Error returns the text of the error, as 'signal took it.
func (e *Error) Error() string { return string(e.Msg) }

// Unwrap returns the error as a q value.
func (e *Error) Unwrap() error { return e.Msg }

// message returns the q error text of any error.
func message(err error) kdb.Error {
	var q kdb.Error
	if errors.As(err, &q) {
		return q
	}
	if errors.Is(err, errReturn) {
		return kdb.Error("return")
	}
	return kdb.Error(err.Error())
}

// at adds the place pos in fr to an error that passes through it. Where the
// thread has a debugger it may give a value for what failed, to go on with.
func (fr *frame) at(err error, pos int) (kdb.Value, error) {
	return fr.failed(err, pos, nil)
}

// failed is at for a primitive, which the debugger shows as .z.ex and .z.ey.
func (fr *frame) failed(err error, pos int, op kdb.Value, args ...kdb.Value) (kdb.Value, error) {
	e, ok := err.(*Error)
	if !ok {
		if err == errReturn || err == ErrAborted {
			return nil, err
		}
		e = &Error{Msg: message(err), depth: fr.depth + 1}
	}
	// A parse tree has no text: the query or function around it tells the place.
	if e.depth <= fr.depth || len(e.Trace) > 100 || fr.fn.source == "" {
		return nil, e
	}
	e.depth = fr.depth
	e.Trace = append(e.Trace, fr.place(pos))
	if op != nil && e.op == nil && len(e.Trace) == 1 {
		e.op, e.args = op, append([]kdb.Value(nil), args...)
	}
	if fr.th.mode == modeDebug && fr.fn.lambda != nil {
		return fr.suspend(e)
	}
	return nil, e
}

// place is where in its text a frame is.
func (fr *frame) place(pos int) Place {
	fn := fr.fn
	return Place{Depth: fr.depth, File: fn.file, Line: fn.line, Name: fn.name, Source: fn.source, Pos: pos - fn.offset, hidden: fn.own}
}

// Format returns the error as q prints it: its name, and the innermost place
// with a caret under what failed.
func (e *Error) Format() string {
	var b strings.Builder
	b.WriteString("'" + string(e.Msg) + "\n")
	if len(e.Trace) > 0 {
		e.Trace[0].format(&b, "  ")
	}
	return b.String()
}

// FormatTrace returns the error's name and every place, as q does where it
// collects the trace instead of stopping: error-trap mode 2.
func (e *Error) FormatTrace() string { return "'" + string(e.Msg) + "\n" + Backtrace(e.Trace) }

// Format returns the place as q prints it in a trace.
func (p Place) Format() string {
	var b strings.Builder
	p.format(&b, "  ")
	return b.String()
}

// Backtrace returns every place, innermost first, as .Q.sbt shows them.
func Backtrace(trace []Place) string {
	var b strings.Builder
	for _, p := range trace {
		p.format(&b, "  ")
	}
	return b.String()
}

// format writes the place behind two characters that mark it or do not.
func (p Place) format(b *strings.Builder, mark string) {
	head := mark + "[" + strconv.Itoa(p.Depth) + "]  "
	if p.hidden {
		b.WriteString(head + "(" + p.Name + ")\n\n")
		return
	}
	if p.File != "" {
		head += p.File + ":" + strconv.Itoa(p.Line) + ": "
	}
	if p.Name != "" {
		head += p.Name + ":"
	}
	pos := min(max(p.Pos, 0), len(p.Source))
	start := strings.LastIndexByte(p.Source[:pos], '\n') + 1
	lines := strings.SplitAfter(p.Source, "\n")
	b.WriteString(head)
	at := 0
	for _, line := range lines {
		b.WriteString(strings.TrimRight(line, "\n"))
		b.WriteByte('\n')
		if at == start {
			n := pos - start
			if at == 0 {
				n += len([]rune(head))
			}
			b.WriteString(strings.Repeat(" ", n) + "^\n")
		}
		at += len(line)
	}
}
