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
	"sync"
	"syscall"
	"time"

	"golang.org/x/term"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q"
	"github.com/quoinhq/quoin/q/eval"
)

// Run runs q with its command line and returns the process's exit code.
func Run(args []string, in io.Reader, out, errs io.Writer) int {
	var tty *terminal
	if f, ok := in.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		tty = newTerminal(f, out)
		out = tty
		if e, ok := errs.(*os.File); ok && term.IsTerminal(int(e.Fd())) {
			errs = tty
		}
	}
	host := &q.Host{In: in, Out: out, Err: errs}
	c, code := newConsole(args, host, host, errs)
	if c == nil {
		return code
	}
	c.out, c.errs, c.tty = c.eng.Stdout(), c.eng.Stderr(), tty
	defer c.close()
	if tty == nil {
		if !c.load() {
			return 1
		}
		if c.eng.Exited() {
			return c.eng.ExitCode()
		}
		return c.pipe(bufio.NewReader(in))
	}
	if !c.opts.Start.Quiet {
		fmt.Fprintln(out, banner())
	}
	c.settled = make(chan struct{})
	c.eng.SetDebugger(c.debug)
	switch script := c.opts.Script; {
	case c.opts.Start.Log != eval.NoLog:
		c.load()
	case script != "":
		c.await(func() { c.show(c.eng.EvalConsole("\\l " + script)) })
	}
	c.eng.Loaded()
	return c.converse()
}

// watchedGrace is how long .z.exit may take when the watching process is gone.
const watchedGrace = 2 * time.Second

// RunWatched runs q as the child of a process that watches it: it evaluates
// nothing that comes in and ends when in does, whatever it is doing. sys is the
// outside of the engine and host the one that sys embeds; prepare is called with
// the engine before it loads anything.
func RunWatched(args []string, sys q.Sys, host *q.Host, prepare func(*eval.Engine) error, in io.Reader, errs io.Writer) int {
	c, code := newConsole(args, sys, host, errs)
	if c == nil {
		return code
	}
	defer c.close()
	if err := prepare(c.eng); err != nil {
		c.report(err)
		return 1
	}
	go func() { // ends with the process
		_, _ = io.Copy(io.Discard, in)
		time.AfterFunc(watchedGrace, func() { os.Exit(1) })
		os.Exit(c.terminate())
	}()
	c.opts.quitOnError = true
	if !c.load() && !c.eng.Exited() {
		return 1
	}
	if c.eng.Serving() && !c.eng.Exited() {
		c.eng.Wait()
	}
	return c.eng.ExitCode()
}

// newConsole starts an engine with a command line. Without one it returns the
// exit code.
func newConsole(args []string, sys q.Sys, host *q.Host, errs io.Writer) (*console, int) {
	o, err := parseArgs(args)
	if err != nil {
		fmt.Fprintln(errs, err)
		return nil, 1
	}
	host.OnExit = func(int) {} // Run returns the code
	c := &console{opts: o, errs: errs, eng: eval.NewEngine(sys)}
	c.unsignal = c.signals()
	c.eng.ProtectMachine()
	if err := c.eng.Start(o.Start); err != nil {
		c.report(err)
		c.close()
		return nil, 1
	}
	return c, 0
}

func (c *console) close() {
	c.unsignal()
	_ = c.eng.Close()
}

// load runs the script of the command line where nobody is there to debug it,
// and reports whether to go on. An error is told with its whole trace.
func (c *console) load() bool {
	err := c.eng.LoadStart(c.opts.Start)
	if c.eng.Exited() {
		return true
	}
	var e *eval.Error
	if errors.As(err, &e) {
		fmt.Fprint(c.errs, e.FormatTrace())
	} else if err != nil {
		c.report(err)
	}
	return err == nil || !c.opts.quitOnError
}

type console struct {
	unsignal func()
	eng      *eval.Engine
	opts     options
	out      io.Writer
	errs     io.Writer
	tty      *terminal // nil in a pipe

	mu        sync.Mutex
	suspended []*suspension // executions that errors stopped, innermost last
	settled   chan struct{} // a line's work has ended or is suspended
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
				c.eng.Exit(0)
				return c.eng.ExitCode()
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

// terminate is what SIGTERM does: .z.exit, then the end. It does not wait for ever
// for a kernel that does not look whether it is interrupted.
func (c *console) terminate() int {
	const grace = 5 * time.Second
	done := make(chan struct{})
	go func() {
		c.eng.Terminate()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(grace):
	}
	return 143
}

// line evaluates one line and shows what it gives.
func (c *console) line(line string) {
	if strings.HasPrefix(line, "/") {
		return
	}
	c.eng.Resume()
	c.show(c.eng.Input(line))
}

// show prints the result of an evaluation, or its error.
func (c *console) show(v kdb.Value, quiet bool, err error) {
	if err != nil {
		if c.eng.Exited() {
			return
		}
		c.report(err)
		return
	}
	if !quiet && v != nil && v != kdb.Nil {
		fmt.Fprint(c.out, c.eng.Format(v))
	}
}

// report prints an error as q does, and nothing for an execution given up.
func (c *console) report(err error) {
	if err == eval.ErrAborted {
		return
	}
	var e *eval.Error
	if errors.As(err, &e) {
		fmt.Fprint(c.errs, e.Format())
		return
	}
	fmt.Fprintln(c.errs, "'"+err.Error())
}
