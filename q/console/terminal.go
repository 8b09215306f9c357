package console

import (
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// terminal reads lines with editing and history until the input ends. The
// terminal is raw only while a line is read, so that an interrupt reaches what
// runs and output needs no care.
func (c *console) terminal(f *os.File) int {
	fd := int(f.Fd())
	t := term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{f, c.out}, "")
	for {
		line, err := c.readLine(t, fd)
		if err != nil || line == "\\\\" {
			return c.eng.ExitCode()
		}
		if strings.TrimSpace(line) != "" {
			c.line(line)
		}
		if c.eng.Exited() {
			return c.eng.ExitCode()
		}
	}
}

func (c *console) readLine(t *term.Terminal, fd int) (string, error) {
	state, err := term.MakeRaw(fd)
	if err != nil {
		return "", err
	}
	defer func() { _ = term.Restore(fd, state) }()
	if w, h, err := term.GetSize(fd); err == nil {
		_ = t.SetSize(w, h)
	}
	t.SetPrompt(c.prompt())
	return t.ReadLine()
}
