package connect

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/quoinhq/quoin/kdb"
)

// Console reads lines of q from in until it ends or says \\, has the cluster
// evaluate each and prints what it answers, as q's console shows it.
func Console(ctx context.Context, s *Session, in io.Reader, out io.Writer) error {
	f, ok := in.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		lines := bufio.NewScanner(in)
		lines.Buffer(nil, 16<<20)
		for lines.Scan() {
			if lines.Text() == `\\` {
				return nil
			}
			s.answer(ctx, lines.Text(), out, kdb.DefaultConsole())
		}
		return lines.Err()
	}
	return s.terminal(ctx, f, out)
}

// terminal is Console for a person: a prompt, editing, history.
func (s *Session) terminal(ctx context.Context, f *os.File, out io.Writer) error {
	before, err := term.MakeRaw(int(f.Fd()))
	if err != nil {
		return err
	}
	defer term.Restore(int(f.Fd()), before)
	t := term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{f, out}, s.to.Cluster+"> ")
	for {
		if w, h, err := term.GetSize(int(f.Fd())); err == nil {
			_ = t.SetSize(w, h) // a size that it does not take is as good as none
		}
		line, err := t.ReadLine()
		if errors.Is(err, io.EOF) || line == `\\` {
			return nil
		}
		if err != nil {
			return err
		}
		s.answer(ctx, line, t, kdb.DefaultConsole())
	}
}

func (s *Session) answer(ctx context.Context, line string, out io.Writer, c kdb.Console) {
	if strings.TrimSpace(line) == "" {
		return
	}
	v, err := s.Eval(ctx, line)
	var qerr kdb.Error
	switch {
	case errors.As(err, &qerr):
		fmt.Fprintf(out, "'%s\n", string(qerr))
	case err != nil:
		fmt.Fprintf(out, "%v; the next line connects again\n", err)
	case v != kdb.Nil:
		fmt.Fprint(out, kdb.Format(v, c))
	}
}
