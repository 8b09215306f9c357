package console

import (
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// terminal reads lines with editing and history until the input ends.
func (c *console) terminal(f *os.File) int {
	state, err := term.MakeRaw(int(f.Fd()))
	if err != nil {
		return 1
	}
	defer func() { _ = term.Restore(int(f.Fd()), state) }()
	t := term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{f, c.out}, "q)")
	c.out, c.errs = t, t
	for {
		if w, h, err := term.GetSize(int(f.Fd())); err == nil {
			_ = t.SetSize(w, h)
		}
		t.SetPrompt("q" + c.eng.Namespace() + ")")
		line, err := t.ReadLine()
		if err != nil || line == "\\\\" {
			return 0
		}
		if strings.TrimSpace(line) != "" {
			c.line(line)
		}
		if c.eng.Exited() {
			return c.eng.ExitCode()
		}
	}
}
