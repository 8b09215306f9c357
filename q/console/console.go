// Package console is q's console: `quoin q` at a terminal and in a pipe, with
// q's command-line options.
package console

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"golang.org/x/term"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q"
	"github.com/quoinhq/quoin/q/eval"
)

// Run runs q with its command line and returns the process's exit code.
func Run(args []string, in io.Reader, out, errs io.Writer) int {
	o, err := parseArgs(args)
	if err != nil {
		fmt.Fprintln(errs, err)
		return 1
	}
	c := &console{opts: o, out: out, errs: errs}
	host := &q.Host{In: in, Out: out, Err: errs}
	host.OnExit = func(int) {} // Run returns the code
	c.eng = eval.NewEngine(host)
	defer func() { _ = c.eng.Close() }()
	defer c.signals()()
	c.eng.ProtectMachine()
	if err := c.eng.Start(o.Start); err != nil {
		c.report(err)
		return 1
	}
	if o.Script != "" {
		if err := c.eng.Load(o.Script); err != nil {
			c.report(err)
			if o.quitOnError {
				return 1
			}
		}
	}
	f, isFile := in.(*os.File)
	c.tty = isFile && term.IsTerminal(int(f.Fd()))
	if c.tty && !o.Start.Quiet {
		fmt.Fprintln(out, banner())
	}
	if c.tty {
		return c.terminal(f)
	}
	return c.pipe(bufio.NewReader(in))
}

type console struct {
	eng  *eval.Engine
	opts options
	out  io.Writer
	errs io.Writer
	tty  bool
}

func banner() string {
	return "Quoin q, compatible with kdb+ " + kdb.InlineAt(kdb.Float(eval.Version), 7)
}

// pipe reads statements line by line until the input ends.
func (c *console) pipe(in *bufio.Reader) int {
	for {
		line, err := in.ReadString('\n')
		line = strings.TrimRight(line, "\r\n")
		if line != "" {
			if line == "\\\\" {
				return 0
			}
			c.line(line)
		}
		if c.eng.Exited() {
			return c.eng.ExitCode()
		}
		if err != nil {
			if c.eng.Serving() {
				c.eng.Wait()
			}
			return c.eng.ExitCode()
		}
	}
}

// signals has an interrupt end the evaluation that runs, and a termination end
// the process in order.
func (c *console) signals() (stop func()) {
	ch := make(chan os.Signal, 1)
	done := make(chan struct{})
	signal.Notify(ch, os.Interrupt, syscall.SIGTERM)
	go func() {
		for {
			select {
			case <-done:
				return
			case s := <-ch:
				if s == syscall.SIGTERM {
					os.Exit(c.terminate())
				}
				c.eng.Interrupt()
			}
		}
	}()
	return func() {
		signal.Stop(ch)
		close(done)
	}
}

// terminate is what SIGTERM does: .z.exit, then the end.
func (c *console) terminate() int {
	c.eng.Terminate()
	return 143
}

// line evaluates one line and shows what it gives.
func (c *console) line(line string) {
	if strings.HasPrefix(line, "/") {
		return
	}
	c.eng.Resume()
	v, quiet, err := c.eng.Eval(line)
	if err != nil {
		c.report(err)
		return
	}
	if !quiet && v != nil && v != kdb.Nil {
		fmt.Fprint(c.out, c.eng.Format(v))
	}
}

// report prints an error as q does.
func (c *console) report(err error) {
	var e *eval.Error
	if errors.As(err, &e) {
		fmt.Fprint(c.errs, e.Format())
		return
	}
	fmt.Fprintln(c.errs, "'"+err.Error())
}
