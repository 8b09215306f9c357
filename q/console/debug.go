package console

import (
	"errors"
	"fmt"
	"strings"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q/eval"
)

// suspended is an error that the debug prompt looks at, and the place in its
// trace that expressions see. Source: KX manual, "Debugging" (basics/debug).
type suspended struct {
	err *eval.Error
	at  int // index into err.Trace
}

func (s *suspended) place() eval.Place { return s.err.Trace[s.at] }

// suspend opens a debug prompt for an error that came out of a function.
func (c *console) suspend(err error) {
	var e *eval.Error
	if errors.As(err, &e) && c.tty && e.Suspended() {
		c.debug = append(c.debug, &suspended{err: e})
	}
}

// prompt is what stands before the input: one more bracket for each suspended
// execution.
func (c *console) prompt() string {
	return "q" + c.eng.Namespace() + ")" + strings.Repeat(")", len(c.debug))
}

// debugLine evaluates a line at the debug prompt.
func (c *console) debugLine(line string) {
	s := c.debug[len(c.debug)-1]
	drop := func() { c.debug = c.debug[:len(c.debug)-1] }
	switch text := strings.TrimSpace(line); {
	case text == "\\":
		drop()
	case text == "`":
		s.at = min(s.at+1, len(s.err.Trace)-1)
		fmt.Fprint(c.out, s.place().Format())
	case text == ".":
		s.at = max(s.at-1, 0)
		fmt.Fprint(c.out, s.place().Format())
	case text == "&":
		fmt.Fprint(c.out, s.place().Format())
	case text == ".Q.bt[]":
		fmt.Fprint(c.out, eval.Backtrace(s.err.Trace))
	case strings.HasPrefix(text, ":"):
		fmt.Fprintln(c.errs, "'nyi. A failed function cannot be resumed; \\ ends the debug prompt")
	case strings.HasPrefix(text, "'"):
		drop()
		fmt.Fprintln(c.errs, text)
		if s.at+1 < len(s.err.Trace) {
			fmt.Fprint(c.errs, s.err.Trace[s.at+1].Format())
		}
	default:
		v, quiet, err := c.eng.EvalAt(s.place(), line)
		if err != nil {
			c.report(err)
			c.suspend(err)
			return
		}
		if !quiet && v != nil && v != kdb.Nil {
			fmt.Fprint(c.out, c.eng.Format(v))
		}
	}
}
