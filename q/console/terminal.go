package console

import (
	"io"
	"os"
	"strings"
	"sync"

	"golang.org/x/term"
)

// terminal is where somebody types: line editing, history, and output that
// comes while a line is being typed. It is raw only while a line is read, so
// that an interrupt reaches what runs.
type terminal struct {
	in   *os.File
	out  io.Writer
	term *term.Terminal

	mu      sync.Mutex
	reading bool
}

func newTerminal(in *os.File, out io.Writer) *terminal {
	t := &terminal{in: in, out: out}
	t.term = term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{&keys{r: in}, out}, "")
	return t
}

// Write writes output. While a line is read it stands above the prompt.
func (t *terminal) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.reading {
		return t.term.Write(b)
	}
	return t.out.Write(b)
}

// setPrompt changes the prompt of the line that is being read.
func (t *terminal) setPrompt(prompt string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.reading {
		t.term.SetPrompt(prompt)
		_, _ = t.term.Write(nil) // draws it
	}
}

// readLine reads a line; io.EOF is the end of the input.
func (t *terminal) readLine(prompt string) (string, error) {
	fd := int(t.in.Fd())
	state, err := term.MakeRaw(fd)
	if err != nil {
		return "", err
	}
	defer func() { _ = term.Restore(fd, state) }()
	if w, h, err := term.GetSize(fd); err == nil && w > 0 {
		_ = t.term.SetSize(w, h)
	}
	t.term.SetPrompt(prompt)
	t.mark(true)
	defer t.mark(false)
	return t.term.ReadLine()
}

func (t *terminal) mark(reading bool) {
	t.mu.Lock()
	t.reading = reading
	t.mu.Unlock()
}

// keys passes on what is typed, but for an interrupt: at the prompt it discards
// the line, as in a shell, and does not end the session.
type keys struct {
	r    io.Reader
	rest []byte
}

const (
	ctrlC       = 3
	discardLine = "\x05\x15" // to the end, and delete back to the start
)

func (k *keys) Read(b []byte) (int, error) {
	if len(k.rest) == 0 {
		n, err := k.r.Read(b)
		if err != nil {
			return 0, err
		}
		k.rest = []byte(strings.ReplaceAll(string(b[:n]), string(rune(ctrlC)), discardLine))
	}
	n := copy(b, k.rest)
	k.rest = k.rest[n:]
	return n, nil
}

// converse reads lines and evaluates them until the input ends.
func (c *console) converse() int {
	for !c.eng.Exited() {
		line, err := c.tty.readLine(c.prompt())
		if err != nil || line == "\\\\" {
			break
		}
		if strings.TrimSpace(line) == "" || strings.HasPrefix(line, "/") {
			continue
		}
		c.eng.Resume()
		c.deliver(line)
	}
	for c.innermost() != nil {
		c.eng.Resume()
		c.deliver("\\")
	}
	return c.eng.ExitCode()
}

// deliver gives a line to the execution that has the prompt, or evaluates it,
// and returns when what it started has ended or is suspended.
func (c *console) deliver(line string) {
	s := c.innermost()
	if s == nil {
		c.await(func() { c.show(c.eng.Input(line)) })
		return
	}
	s.lines <- line
	<-c.settled
}

// await runs f on a goroutine of its own, where it may be suspended for longer
// than await waits.
func (c *console) await(f func()) {
	go func() {
		f()
		c.settled <- struct{}{}
	}()
	<-c.settled
}

// refresh shows the prompt anew, after something else changed it.
func (c *console) refresh() { c.tty.setPrompt(c.prompt()) }
