package eval

import (
	"errors"
	"strings"

	"github.com/quoinhq/quoin/kdb"
)

// NoOffset stands for no -o option: .z.P follows the zone of the machine.
const NoOffset = noOffset

// Start is what q's command line sets; the zero value of a field, or -1 where
// told, leaves q's default.
type Start struct {
	Port       string // -p
	Threads    int    // -s
	Precision  int    // -P; -1 if not given
	Console    [2]int // -c
	HTTP       [2]int // -C
	ErrorTraps int    // -e
	GC         int    // -g
	Offset     int    // -o; NoOffset if not given
	Seed       int    // -S
	Timer      int    // -t
	Timeout    int    // -T
	Users      string // -u FILE, -U FILE
	Restricted bool   // -u 1, and -u FILE
	Blocked    bool   // -b
	TLS        int    // -E
	Log        Log    // -l, -L
	MemoryMB   int    // -w
	Week       int    // -W; -1 if not given
	DayFirst   bool   // -z
	Quiet      bool   // -q
	Script     string
	Args       []string
	Line       []string // all of the command line, for .z.X
}

// Log says whether messages that change something are logged.
type Log uint8

// Kinds of logging.
const (
	NoLog   Log = iota
	LogAll      // -l: in the file before the answer goes out
	LogSync     // -L: on disk before the answer goes out
)

// Start applies the options of a command line, and begins to listen; who
// connects is served once Loaded is called.
func (eng *Engine) Start(s Start) error {
	c, th := &eng.conf, eng.main
	c.quiet, c.script, c.args, c.line = s.Quiet, s.Script, s.Args, s.Line
	c.blocked, c.restricted, c.keepsZ, c.tlsMode = s.Blocked, s.Restricted, s.Users != "", s.TLS
	c.dayFirst, th.env.DayFirst = s.DayFirst, s.DayFirst
	c.errorTraps, c.gcMode, c.timeoutSec = s.ErrorTraps, s.GC, s.Timeout
	if s.Precision >= 0 {
		c.precision, th.env.Precision = s.Precision, s.Precision
	}
	if s.Week >= 0 {
		c.weekStart, th.env.WeekStart = s.Week, s.Week
	}
	if s.Console[0] > 0 {
		c.consoleH, c.consoleW = s.Console[0], s.Console[1]
	}
	if s.HTTP[0] > 0 {
		c.httpH, c.httpW = s.HTTP[0], s.HTTP[1]
	}
	if s.Offset != NoOffset {
		c.utcOffset = s.Offset
		if s.Offset > -24 && s.Offset < 24 {
			c.utcOffset *= 60
		}
	}
	if s.Seed != 0 {
		c.seed, th.env.Rand = s.Seed, newRand(s.Seed)
	}
	eng.SetThreads(s.Threads)
	c.maxThreads = s.Threads
	if s.MemoryMB > 0 {
		eng.SetMemoryLimit(int64(s.MemoryMB) << 20)
		c.limitSet = true
	}
	if s.Users != "" {
		if err := eng.ipc.loadUsers(s.Users); err != nil {
			return th.finish(err)
		}
	}
	if s.Port != "" {
		eng.ipc.loaded = make(chan struct{})
		if _, err := eng.ipc.port(th, s.Port); err != nil {
			return th.finish(err)
		}
	}
	if s.Timer > 0 {
		c.timerMS = s.Timer
		eng.ipc.setTimer(s.Timer)
	}
	return nil
}

// SetThreads sets -s: on how many goroutines peach and kernels over long columns
// run. Without it, for 0, peach runs on one and kernels use every core, which
// shows in nothing but time and the last digit of a sum of floats.
func (eng *Engine) SetThreads(n int) {
	eng.conf.threads = max(1, n)
	eng.main.env.Threads = n
	if n <= 0 {
		eng.main.env.Threads = numCPU()
	}
}

// Seal ends changes of a namespace such as ".z", and of the port: what q code
// still tries is refused with 'access. It is called while the engine evaluates
// nothing, or by a function that q code calls.
func (eng *Engine) Seal(namespaces ...string) {
	for _, ns := range namespaces {
		eng.names.seal(ns)
	}
}

// Load loads a script, data file or database, as \l.
func (eng *Engine) Load(name string) error {
	eng.turn.Lock()
	defer eng.turn.Unlock()
	_, err := eng.guard(func() (kdb.Value, error) { return nil, eng.main.load(name) })
	return eng.main.finish(err)
}

// LoadStart loads what the command line names, as \l, and lets in those who
// connect. With -l and -L that is NAME.q if there is one and what NAME.qdb and
// NAME.log hold, and messages are logged from then on.
func (eng *Engine) LoadStart(s Start) error {
	defer eng.Loaded()
	if s.Log == NoLog {
		if s.Script == "" {
			return nil
		}
		return eng.Load(s.Script)
	}
	eng.turn.Lock()
	defer eng.turn.Unlock()
	base := eng.abs(strings.TrimSuffix(s.Script, ".q"))
	_, err := eng.guard(func() (kdb.Value, error) {
		if _, err := eng.main.stat(base + ".q"); err == nil {
			if err := eng.main.loadScript(base + ".q"); err != nil {
				return nil, err
			}
		}
		return nil, eng.openJournal(base, s.Log == LogSync)
	})
	return eng.main.finish(err)
}

// EvalBound, CallBound and ScriptBound are Eval, Call and Script with a limit
// that begins when the engine's turn comes: begin returns what ends it.
func (eng *Engine) EvalBound(src string, begin func() func()) (v kdb.Value, quiet bool, err error) {
	eng.turn.Lock()
	defer eng.turn.Unlock()
	defer begin()()
	return eng.evalLocked(src)
}

// CallBound is Call by name; see EvalBound.
func (eng *Engine) CallBound(name string, args []kdb.Value, begin func() func()) (kdb.Value, error) {
	eng.turn.Lock()
	defer eng.turn.Unlock()
	defer begin()()
	f, _, err := eng.evalLocked(name)
	if err != nil {
		return nil, err
	}
	return eng.callLocked(f, args)
}

// ScriptBound is Script; see EvalBound.
func (eng *Engine) ScriptBound(src, file string, begin func() func()) error {
	eng.turn.Lock()
	defer eng.turn.Unlock()
	defer begin()()
	_, err := eng.guard(func() (kdb.Value, error) { return nil, eng.main.runScript(src, file) })
	return eng.main.finish(err)
}

// Close ends the engine's listener, handles and timer.
func (eng *Engine) Close() error {
	eng.ipc.close()
	eng.turn.Lock()
	defer eng.turn.Unlock()
	var errs []error
	for _, m := range eng.mappings {
		errs = append(errs, m.Close())
	}
	eng.mappings = nil
	errs = append(errs, eng.journal.close(), eng.stdout.set(nil), eng.stderr.set(nil))
	return errors.Join(errs...)
}

// Exited reports whether q code called exit; ExitCode is its argument.
func (eng *Engine) Exited() bool { return eng.exited.Load() }

// ExitCode returns the argument of exit.
func (eng *Engine) ExitCode() int { return eng.code }

// Serving reports whether the engine has a port or timer to stay alive for;
// Wait blocks while it has.
func (eng *Engine) Serving() bool { return eng.ipc.portNo != 0 || eng.conf.timerMS > 0 }

// Wait blocks until the engine exits.
func (eng *Engine) Wait() { <-eng.ipc.ctx.Done() }

// Exit is what exit does: .z.exit, then the end.
func (eng *Engine) Exit(code int) {
	eng.turn.Lock()
	defer eng.turn.Unlock()
	eng.exit(eng.main, code)
}

// Terminate runs .z.exit and ends the engine, interrupting what runs.
func (eng *Engine) Terminate() {
	eng.ending.Store(true)
	eng.Interrupt()
	eng.turn.Lock()
	defer eng.turn.Unlock()
	eng.stop.Store(stopNo)
	eng.exit(eng.main, 143)
}
