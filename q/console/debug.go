package console

import (
	"errors"
	"fmt"
	"strings"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q/eval"
)

// suspension is an execution that an error stopped, waiting for lines from the
// debug prompt. Source: KX manual, "Debugging" (basics/debug).
type suspension struct {
	*eval.Suspension
	lines  chan string
	nested bool // a line at another's prompt led to it
}

// debug is the engine's debugger. It keeps the execution on its goroutine until
// a line at the debug prompt says how to go on.
func (c *console) debug(e *eval.Suspension) (kdb.Value, error) {
	s := &suspension{Suspension: e, lines: make(chan string)}
	c.mu.Lock()
	s.nested = len(c.suspended) > 0
	c.suspended = append(c.suspended, s)
	c.mu.Unlock()
	fmt.Fprint(c.errs, e.Err.Format())
	if e.Remote && !s.nested {
		c.refresh() // nobody here waits for what a client asked for
	} else {
		c.settled <- struct{}{}
	}
	for line := range s.lines {
		v, done, err := c.debugLine(s, line)
		if done {
			c.mu.Lock()
			c.suspended = c.suspended[:len(c.suspended)-1]
			c.mu.Unlock()
			if e.Remote && !s.nested {
				c.settled <- struct{}{}
			}
			return v, err
		}
		c.settled <- struct{}{}
	}
	return nil, eval.ErrAborted
}

// innermost returns the suspension that has the prompt, or nil.
func (c *console) innermost() *suspension {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n := len(c.suspended); n > 0 {
		return c.suspended[n-1]
	}
	return nil
}

// prompt is what stands before the input: one more bracket for each suspended
// execution.
func (c *console) prompt() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	n, ns := len(c.suspended), ""
	if n > 0 {
		ns = c.suspended[n-1].Namespace()
	} else {
		ns = c.eng.Namespace()
	}
	return "q" + ns + ")" + strings.Repeat(")", n)
}

// debugLine does what a line at the debug prompt says. done tells that the
// execution goes on, with v or an error.
func (c *console) debugLine(s *suspension, line string) (v kdb.Value, done bool, err error) {
	switch text := strings.TrimSpace(line); {
	case text == "\\":
		return nil, true, eval.ErrAborted
	case text == "`":
		s.Up()
		fmt.Fprint(c.out, s.Where().Format())
		return nil, false, nil
	case text == ".":
		s.Down()
		fmt.Fprint(c.out, s.Where().Format())
		return nil, false, nil
	case text == "&":
		fmt.Fprint(c.out, "'"+string(s.Err.Msg)+"\n"+s.Where().Format())
		return nil, false, nil
	case text == ":":
		return kdb.Nil, true, nil
	case strings.HasPrefix(text, ":") && !strings.HasPrefix(text, "::"):
		v, _, err := s.Eval(text[1:])
		if err != nil {
			c.report(err)
			return nil, false, nil
		}
		return v, true, nil
	case strings.HasPrefix(text, "'"):
		_, _, err := s.Eval(text)
		if err == nil || err == eval.ErrAborted {
			return nil, false, nil
		}
		var e *eval.Error
		if errors.As(err, &e) {
			return nil, true, e.Msg
		}
		return nil, true, err
	}
	c.show(s.Eval(line))
	return nil, false, nil
}
