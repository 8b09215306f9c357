package eval

import (
	"context"
	"errors"
	"io/fs"
	"math"
	"os"
	"path"
	"runtime"
	"runtime/metrics"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/quoinhq/quoin/internal/machine"
	"github.com/quoinhq/quoin/kdb"
)

const (
	noOffset    = math.MinInt
	defaultSeed = -314159
)

// system runs a system command: the text after the backslash.
// Source: KX manual, "System commands" (basics/syscmds).
func (th *thread) system(cmd string) (kdb.Value, error) {
	name, arg, _ := strings.Cut(cmd, " ")
	arg = strings.TrimSpace(arg)
	if len(name) <= 2 {
		arg = withoutComment(arg)
	}
	if err := th.maySystem(name, arg); err != nil {
		return nil, err
	}
	// \ts:100 and \t:100 carry a count.
	if word, n, ok := strings.Cut(name, ":"); ok && (word == "t" || word == "ts") {
		count, err := strconv.Atoi(n)
		if err != nil {
			return nil, kdb.Error(name)
		}
		return th.timeIt(word, arg, count)
	}
	c := &th.eng.conf
	switch name {
	case "a", "b", "B", "f", "v":
		return th.namesOf(name, arg)
	case "c":
		return pairSetting(arg, &c.consoleH, &c.consoleW)
	case "C":
		return pairSetting(arg, &c.httpH, &c.httpW)
	case "cd":
		return th.chdir(arg)
	case "d":
		return th.changeNamespace(arg)
	case "e":
		return intSetting(arg, &c.errorTraps)
	case "E":
		return kdb.Int(c.tlsMode), nil
	case "g":
		return intSetting(arg, &c.gcMode)
	case "l":
		if arg == "" && th.eng.journal != nil {
			return kdb.Nil, th.eng.journal.checkpoint(th)
		}
		return kdb.Nil, th.load(arg)
	case "o":
		if arg == "" {
			if c.utcOffset == noOffset {
				return kdb.NullInt, nil
			}
			return kdb.Int(c.utcOffset), nil
		}
		n, err := settingOf(arg)
		if arg == "0N" {
			n, err = noOffset, nil
		} else if n > -24 && n < 24 {
			n *= 60
		}
		if err == nil {
			c.utcOffset = n
		}
		return kdb.Nil, err
	case "P":
		if arg == "" {
			return kdb.Int(c.precision), nil
		}
		n, err := settingOf(arg)
		if err != nil || n < 0 {
			return nil, errDomain
		}
		c.precision = min(n, 17)
		th.env.Precision = c.precision
		return kdb.Nil, nil
	case "p":
		return th.eng.ipc.port(th, arg)
	case "r":
		if arg == "" {
			return nil, errNYI // a primary's side of -r
		}
		return th.rename(arg)
	case "s":
		return th.secondaries(arg)
	case "S":
		switch arg {
		case "":
			return kdb.Int(c.seed), nil
		case "0N":
			return th.currentSeed(), nil
		}
		n, err := settingOf(arg)
		if err != nil || n == 0 {
			return nil, errDomain
		}
		c.seed = n
		th.env.Rand = newRand(n)
		return kdb.Nil, nil
	case "t":
		return th.timer(arg)
	case "ts":
		return th.timeIt("ts", arg, 1)
	case "T":
		return intSetting(arg, &c.timeoutSec)
	case "u":
		return kdb.Nil, th.eng.ipc.reloadUsers()
	case "w":
		return th.workspace(arg)
	case "W":
		r, err := intSetting(arg, &c.weekStart)
		th.env.WeekStart = c.weekStart
		return r, err
	case "x":
		if c.keepsZ {
			return nil, kdb.Error("access")
		}
		v := th.eng.names.find(kdb.Sym(arg))
		if v != nil && v.sealed {
			return nil, errAccess
		}
		if v != nil && strings.HasPrefix(arg, ".z.") {
			th.eng.names.remove(v.name)
		}
		return kdb.Nil, nil
	case "z":
		n := 0
		if c.dayFirst {
			n = 1
		}
		r, err := intSetting(arg, &n)
		c.dayFirst = n == 1
		th.env.DayFirst = c.dayFirst
		return r, err
	case "1":
		return th.redirect(th.eng.stdout, arg)
	case "2":
		return th.redirect(th.eng.stderr, arg)
	case "_":
		if arg != "" {
			return nil, errNYI // hiding a script's code
		}
		return kdb.Bool(c.blocked), nil
	case "\\":
		th.eng.exit(th, 0)
		return nil, errStop
	case "":
		return kdb.Nil, nil
	}
	return th.shell(cmd)
}

// withoutComment cuts a comment off a command's argument: a slash between
// blanks, which no path of q's commands has.
func withoutComment(arg string) string {
	if arg == "/" || strings.HasPrefix(arg, "/ ") {
		return ""
	}
	arg, _, _ = strings.Cut(arg, " / ")
	return strings.TrimSpace(arg)
}

// settingOf is the number in a command's argument. A letter of its type may
// follow, so that what a command shows sets it: system"c ",.Q.s1 system"c".
func settingOf(arg string) (int, error) {
	n, err := strconv.Atoi(strings.TrimRight(arg, "hij"))
	if err != nil {
		return 0, errDomain
	}
	return n, nil
}

func intSetting(arg string, v *int) (kdb.Value, error) {
	if arg == "" {
		return kdb.Int(*v), nil
	}
	n, err := settingOf(arg)
	if err != nil {
		return nil, err
	}
	*v = n
	return kdb.Nil, nil
}

func pairSetting(arg string, h, w *int) (kdb.Value, error) {
	if arg == "" {
		return kdb.Of(kdb.Int(*h), kdb.Int(*w)), nil
	}
	parts := strings.Fields(arg)
	if len(parts) != 2 {
		return nil, errLength
	}
	a, err := settingOf(parts[0])
	if err != nil {
		return nil, err
	}
	b, err := settingOf(parts[1])
	if err != nil {
		return nil, err
	}
	clamp := func(n int) int { return min(max(n, 10), 2000) }
	*h, *w = clamp(a), clamp(b)
	return kdb.Nil, nil
}

func (th *thread) namespaceArg(arg string) string {
	if arg == "" {
		return th.ns
	}
	if arg == "." {
		return ""
	}
	if arg[0] != '.' {
		return "." + arg
	}
	return arg
}

// namesOf is \a, \b, \B, \f and \v: the names in a namespace of what they list.
func (th *thread) namesOf(command, arg string) (kdb.Value, error) {
	ns := th.namespaceArg(arg)
	if arg != "" && th.eng.names.spaces[ns] == nil {
		return nil, kdb.Error(arg)
	}
	keep := func(v *variable) bool {
		switch command {
		case "a":
			_, _, keyed := kdb.IsKeyed(v.v)
			return keyed || v.v.Type() == kdb.TTable
		case "b":
			return v.view != nil
		case "B":
			return v.view != nil && (v.view.value == nil || th.stale(v.view))
		case "f":
			return v.v.Type() >= kdb.TLambda && v.view == nil
		}
		return v.v.Type() < kdb.TLambda || v.view != nil
	}
	return th.eng.names.list(ns, keep, command == "f" || command == "v" || command == "b"), nil
}

// currentSeed is \S 0N: a seed from which the numbers that come next come again.
// The generator's own state is wider, so it goes on from that seed.
func (th *thread) currentSeed() kdb.Value {
	n := int(int32(th.env.Rand.Uint64()))
	if n == 0 {
		n = defaultSeed
	}
	th.env.Rand = newRand(n)
	return kdb.Int(n)
}

// changeNamespace is \d.
func (th *thread) changeNamespace(arg string) (kdb.Value, error) {
	switch {
	case arg == "":
		if th.ns == "" {
			return kdb.Sym("."), nil
		}
		return kdb.Sym(th.ns), nil
	case arg == ".":
		th.ns = ""
		return kdb.Nil, nil
	case arg[0] != '.':
		if th.ns == "" {
			return nil, kdb.Error("nyi")
		}
		return nil, kdb.Error("nyi")
	}
	th.ns = arg
	th.eng.names.space(arg)
	return kdb.Nil, nil
}

// timeIt is \t and \ts of an expression.
func (th *thread) timeIt(word, src string, count int) (kdb.Value, error) {
	var before, after runtime.MemStats
	if word == "ts" {
		runtime.ReadMemStats(&before)
	}
	start := time.Now()
	for range count {
		if _, err := th.evalText(src); err != nil {
			return nil, err
		}
	}
	ms := kdb.Long(time.Since(start).Milliseconds())
	if word == "t" {
		return ms, nil
	}
	runtime.ReadMemStats(&after)
	return kdb.Of(ms, kdb.Long((after.TotalAlloc-before.TotalAlloc)/uint64(max(count, 1)))), nil
}

// timer is \t: the interval of .z.ts, or the time an expression takes.
func (th *thread) timer(arg string) (kdb.Value, error) {
	if arg == "" {
		return kdb.Int(th.eng.conf.timerMS), nil
	}
	if n, err := strconv.Atoi(arg); err == nil {
		th.eng.conf.timerMS = max(n, 0)
		th.eng.ipc.setTimer(max(n, 0))
		return kdb.Nil, nil
	}
	return th.timeIt("t", arg, 1)
}

func (th *thread) secondaries(arg string) (kdb.Value, error) {
	c := &th.eng.conf
	switch arg {
	case "":
		return kdb.Int(c.secondaries), nil
	case "0N":
		return kdb.Int(max(c.maxThreads, 0)), nil
	}
	n, err := settingOf(arg)
	if err != nil {
		return nil, err
	}
	if n > c.maxThreads && c.maxThreads >= 0 && n > 1 && c.maxThreads > 0 {
		return nil, kdb.Error("-s limit")
	}
	c.threads, c.secondaries = max(1, n), n
	th.env.Threads = c.threads
	return kdb.Nil, nil
}

// workspace is \w: bytes in use, from the system, at their peak, the limit,
// mapped, and of the machine.
func (th *thread) workspace(arg string) (kdb.Value, error) {
	if arg != "" {
		n, err := strconv.Atoi(arg)
		if err != nil {
			return nil, errDomain
		}
		if n <= 1 {
			return kdb.Of(kdb.Long(kdb.SymbolCount()), kdb.Long(kdb.SymbolCount()*16)), nil
		}
		c := &th.eng.conf
		if !c.limitSet {
			return nil, kdb.Error("-w init via cmd line")
		}
		if int64(n) > c.limitMB {
			th.eng.SetMemoryLimit(int64(n) << 20)
		}
		return kdb.Long(c.limitMB << 20), nil
	}
	s := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/total:bytes"}}
	metrics.Read(s)
	used, heap := int64(s[0].Value.Uint64()), int64(s[1].Value.Uint64())
	if heap > th.eng.peak.Load() {
		th.eng.peak.Store(heap)
	}
	return kdb.Of(kdb.Long(used), kdb.Long(heap), kdb.Long(th.eng.peak.Load()), kdb.Long(th.eng.conf.limitMB<<20),
		kdb.Long(th.eng.mapped()), kdb.Long(machine.Memory())), nil
}

// chdir is \cd.
func (th *thread) chdir(arg string) (kdb.Value, error) {
	if arg == "" {
		return kdb.Str(th.eng.dir()), nil
	}
	full := th.eng.abs(arg)
	p, err := th.path(full, Read)
	if err != nil {
		return nil, err
	}
	switch st, err := os.Stat(p); {
	case errors.Is(err, fs.ErrNotExist):
		if p, err = th.path(full, Write); err != nil {
			return nil, err
		}
		if err := os.MkdirAll(p, 0o777); err != nil {
			return nil, osError(full, err)
		}
	case err != nil:
		return nil, osError(full, err)
	case !st.IsDir():
		return nil, osError(full, syscall.ENOTDIR)
	}
	th.eng.cwd = full
	return kdb.Nil, nil
}

// dir is the folder relative file names start from.
func (eng *Engine) dir() string {
	if eng.cwd == "" {
		wd, err := eng.sys.Getwd()
		if err != nil {
			wd = "/"
		}
		eng.cwd = wd
	}
	return eng.cwd
}

// abs makes a file name absolute.
func (eng *Engine) abs(name string) string {
	if path.IsAbs(name) {
		return path.Clean(name)
	}
	return path.Join(eng.dir(), name)
}

// shell runs a command of the operating system, in the folder that \cd chose.
func (th *thread) shell(cmd string) (kdb.Value, error) {
	out, err := th.eng.sys.Run(context.Background(), th.eng.dir(), cmd)
	if err != nil {
		return nil, kdb.Error("os")
	}
	return lines(out), nil
}

// lines splits text into a list of strings.
func lines(b []byte) kdb.Value {
	s := strings.TrimSuffix(string(b), "\n")
	if s == "" {
		return kdb.NewList()
	}
	var out []kdb.Value
	for _, l := range strings.Split(s, "\n") {
		out = append(out, kdb.Str(strings.TrimSuffix(l, "\r")))
	}
	return kdb.NewList(out...)
}

// print writes to the console.
func (eng *Engine) print(s string) error {
	_, err := eng.stdout.Write([]byte(s))
	return err
}

// format returns a value as the console shows it, with its line ends.
func (eng *Engine) format(v kdb.Value) string {
	return eng.formatIn(eng.conf.consoleH, eng.conf.consoleW, v)
}

// formatText is .Q.s: format, or for a browser's page while an HTTP request is
// answered.
func (eng *Engine) formatText(v kdb.Value) string {
	if eng.browsed {
		return eng.formatIn(eng.conf.httpH, eng.conf.httpW, v)
	}
	return eng.format(v)
}

func (eng *Engine) formatIn(rows, cols int, v kdb.Value) string {
	if p, ok := v.(*partitioned); ok {
		if t, err := p.head(rows + 1); err == nil {
			v = t
		}
	}
	return kdb.Format(v, kdb.Console{Rows: rows, Cols: cols, Precision: eng.conf.precision})
}
