package eval

import (
	"bufio"
	"sync"
	"sync/atomic"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/kdb/file"
	"github.com/quoinhq/quoin/q/prim"
)

// maxDepth is how deep calls may nest before q's 'stack error.
const maxDepth = 4000

// Engine is one q session: its globals, settings and the outside it may reach.
type Engine struct {
	names *names
	sys   Sys
	main  *thread
	stop  atomic.Int32 // a reason to end, see the stop constants
	conf  settings
	// turn is held while q code runs; handlers and timers wait for it.
	turn     *turn
	stdout   *redirect
	stderr   *redirect
	journal  *journal // -l, -L; nil without
	changes  uint64   // assignments to globals of the default namespace
	ipc      *connections
	cwd      string // folder that relative names start from; "" until it is asked for
	exited   atomic.Bool
	ending   atomic.Bool // Terminate was called: what runs stays interrupted
	code     int
	vs       *variable    // .z.vs
	alone    bool         // the process is this engine's
	paced    bool         // and the pace of its collector too
	limit    atomic.Int64 // bytes the process may hold; 0 if not limited
	watching atomic.Bool
	peak     atomic.Int64  // most bytes that \w saw
	input    *bufio.Reader // the console, once read0 0 has read from it
	mapMu    sync.Mutex
	mappings []*file.Mapping     // of files that values may still refer to
	hdb      *hdb                // the partitioned database that is loaded
	tablesIn map[string][]string // tables of partitions that .Q.bv has seen, by folder
	loading  []string            // scripts being loaded, innermost last
	adoptMu  sync.Mutex
	adopted  map[*kdb.Lambda]*function // compiled forms of other engines' functions
	booting  bool                      // q's own functions are being defined
	debugger Debugger                  // nil if errors suspend nothing
	browsed  bool                      // an HTTP request is being answered
	atPrompt atomic.Pointer[string]    // namespace that the last Eval left
}

const (
	stopNo int32 = iota
	stopCancelled
	stopMemory
)

// settings are what system commands and options change.
type settings struct {
	precision  int // \P
	consoleH   int // \c
	consoleW   int
	httpH      int // \C
	httpW      int
	weekStart  int // \W
	dayFirst   bool
	errorTraps int // \e
	gcMode     int // \g
	timerMS    int // \t
	utcOffset  int // \o, minutes; math.MinInt for the local zone's
	threads    int // \s
	maxThreads int
	// secondaries is what \s shows: none until it has set a number, as the
	// manual's example has it.
	secondaries int
	seed        int // \S
	limitMB     int64
	timeoutSec  int // \T
	args, line  []string
	script      string
	quiet       bool
	blocked     bool // -b
	restricted  bool // -u 1
	keepsZ      bool // -U: \x is refused
	limitSet    bool // -w was given, so that \w may raise it
	tlsMode     int  // -E
}

// thread is what one goroutine needs to run q code.
type thread struct {
	env    prim.Env
	eng    *Engine
	frames []*frame
	state
	stack []kdb.Value // values of frames and arguments in use
	sp    int
	ns    string // current namespace, "" or ".a"
	sub   bool   // a secondary of peach: may not assign globals
	// client is a thread that serves one client of a threaded port, once the
	// handle of the one request that it may send just now.
	client bool
	once   int
	trees  treeCache

	handle   int // .z.w
	readOnly int // > 0 where updates are refused: in reval, and to others under -b
	reval    int // > 0 inside reval
	lastErr  *Error
	inVS     bool        // .z.vs is running
	stopped  *Suspension // whose prompt evaluates
}

// state is what a trap puts back where it was.
type state struct {
	depth int    // of running functions: the index of the next frame
	sql   *frame // frame whose locals a query's expressions may name
	mode  trapMode
}

// frame is one running function.
type frame struct {
	th    *thread
	fn    *function
	slots []kdb.Value // parameters first, then other locals
	ret   kdb.Value   // result of :x, on its way out
	held  kdb.Value   // item that a pattern is assigning
	depth int
	pos   int // of the call that runs, in the text that fn's places count in
	// lookup and sql resolve names in a query's expression: columns, and the
	// locals of the function around.
	lookup func(kdb.Symbol) (kdb.Value, bool)
	sql    *frame
}

// NewEngine returns an engine that reaches the outside through sys.
func NewEngine(sys Sys) *Engine {
	eng := &Engine{names: newNames(), sys: sys, turn: newTurn()}
	eng.stdout, eng.stderr = &redirect{to: sys.Stdout}, &redirect{to: sys.Stderr}
	eng.conf = settings{precision: kdb.DefaultPrecision, consoleH: 25, consoleW: 80, httpH: 36, httpW: 2000,
		weekStart: 2, threads: 1, utcOffset: noOffset, seed: defaultSeed}
	eng.vs = eng.names.ref(kdb.Sym(".z.vs"))
	eng.main = eng.newThread()
	eng.ipc = newConnections(eng)
	for _, ns := range []string{".q", ".Q", ".h", ".j", ".z", ".m"} {
		eng.names.space(ns)
	}
	eng.defineNamespaces()
	return eng
}

func (eng *Engine) newThread() *thread {
	th := &thread{eng: eng, stack: make([]kdb.Value, 1024)}
	th.env = prim.Env{
		Owner:     th,
		Precision: eng.conf.precision,
		Threads:   max(1, eng.conf.threads),
		WeekStart: eng.conf.weekStart,
		DayFirst:  eng.conf.dayFirst,
		Rand:      newRand(eng.conf.seed),
		Apply: func(f kdb.Value, args ...kdb.Value) (kdb.Value, error) {
			return th.apply(f, args)
		},
		EvalTree: th.evalTree,
		Get:      th.getName,
		Set:      th.setName,
		Check:    eng.check,
	}
	return th
}

// check returns an error when evaluation should end.
func (eng *Engine) check() error {
	switch eng.stop.Load() {
	case stopNo:
		return nil
	case stopMemory:
		eng.stop.CompareAndSwap(stopMemory, stopNo)
		return errMemory
	}
	return errStop
}

// Interrupt ends the running evaluation with 'stop. Any goroutine may call it.
func (eng *Engine) Interrupt() {
	eng.stop.Store(stopCancelled)
	eng.ipc.interrupt()
}

// Resume clears an interruption, but not that of Terminate.
func (eng *Engine) Resume() {
	if !eng.ending.Load() {
		eng.stop.Store(stopNo)
	}
}

// mark is a place in a thread's value stack.
type mark struct {
	stack []kdb.Value
	sp    int
}

func (th *thread) mark() mark { return mark{th.stack, th.sp} }

// alloc returns n nil values on the stack.
func (th *thread) alloc(n int) []kdb.Value {
	if th.sp+n > len(th.stack) {
		th.stack = make([]kdb.Value, max(2*len(th.stack), 2*n))
		th.sp = 0
	}
	s := th.stack[th.sp : th.sp+n : th.sp+n]
	th.sp += n
	return s
}

// release drops what was allocated since m.
func (th *thread) release(m mark) {
	if len(th.stack) == len(m.stack) {
		clear(th.stack[m.sp:th.sp])
	}
	th.stack, th.sp = m.stack, m.sp
}

// extend returns args, which are the last thing allocated, with room for n
// values in all.
func (th *thread) extend(args []kdb.Value, n int) []kdb.Value {
	if n <= len(args) {
		return args
	}
	if start := th.sp - len(args); start >= 0 && start+n <= len(th.stack) && (len(args) == 0 || &th.stack[start] == &args[0]) {
		th.sp = start + n
		return th.stack[start:th.sp:th.sp]
	}
	s := th.alloc(n)
	copy(s, args)
	return s
}

// run evaluates fn's body over slots.
func (th *thread) run(fn *function, slots []kdb.Value) (kdb.Value, error) {
	if th.eng.stop.Load() != stopNo {
		if err := th.eng.check(); err != nil {
			return nil, err
		}
	}
	if th.depth >= maxDepth {
		return nil, errStack
	}
	fr := th.frame(fn, slots)
	th.depth++
	v, err := fn.exec(fr)
	th.depth--
	fr.slots = nil
	return v, err
}

// frame returns the frame at the thread's depth, for fn over slots.
func (th *thread) frame(fn *function, slots []kdb.Value) *frame {
	if th.depth >= len(th.frames) {
		th.frames = append(th.frames, &frame{th: th, depth: th.depth})
	}
	fr := th.frames[th.depth]
	fr.fn, fr.slots = fn, slots
	return fr
}

// exec runs the statements of a function.
func (fn *function) exec(fr *frame) (kdb.Value, error) {
	last := len(fn.body) - 1
	for i, n := range fn.body {
		v, err := n.eval(fr)
		if err != nil {
			if err == errReturn {
				v, fr.ret = fr.ret, nil
				return v, nil
			}
			return nil, err
		}
		if i == last {
			return v, nil
		}
	}
	return kdb.Nil, nil
}

// getName is prim.Env.Get.
func (th *thread) getName(name kdb.Symbol) (kdb.Value, error) {
	v, err := th.global(name)
	if err == nil {
		share(v)
	}
	return v, err
}

// global returns the value of a global without sharing it.
func (th *thread) global(name kdb.Symbol) (kdb.Value, error) {
	if s := name.String(); s != "" && s[0] == ':' {
		return th.readValue(name)
	} else if s == "." {
		return th.eng.names.dict(th.eng.names.space("")), nil
	}
	text := absolute(th.ns, name.String())
	v := th.eng.names.find(kdb.Sym(text))
	if v != nil && v.v != nil && v.view == nil {
		return v.v, nil
	}
	return th.value(th.eng.names.ref(kdb.Sym(text)), name.String())
}

// value returns the value of a variable that is not simply there.
func (th *thread) value(v *variable, name string) (kdb.Value, error) {
	if v.view != nil {
		return th.viewValue(v)
	}
	if x := th.eng.names.get(v); x != nil {
		return x, nil
	}
	if x, ok, err := th.zValue(v.name.String()); ok || err != nil {
		return x, err
	}
	if b, ok := keyword(v.name.String()); ok {
		return b, nil
	}
	return nil, kdb.Error(name)
}

// setName is prim.Env.Set.
func (th *thread) setName(name kdb.Symbol, val kdb.Value) error {
	if s := name.String(); s != "" && s[0] == ':' {
		_, err := th.writeValue(name, val)
		return err
	}
	return th.assign(th.eng.names.ref(kdb.Sym(absolute(th.ns, name.String()))), val)
}

// assign sets a global, with the effects that some names have.
func (th *thread) assign(v *variable, val kdb.Value) error {
	if th.sub || th.readOnly > 0 {
		return errNoUpd
	}
	if v.sealed {
		return errAccess
	}
	if v.v != nil && v.view == nil {
		v.v = val
		v.version++
		return th.valueSet(v, nil)
	}
	if _, ok := keyword(v.name.String()); ok {
		return errAssign
	}
	if isUncalled(v.name.String()) {
		return errNYI
	}
	v.version++
	if err := th.eng.names.set(v, val); err != nil {
		return err
	}
	return th.valueSet(v, nil)
}

// valueSet calls .z.vs, if q code defined it, after a global in the default
// namespace was set. Source: KX manual, .z.vs.
func (th *thread) valueSet(v *variable, path []kdb.Value) error {
	if name := v.name.String(); name == "" || name[0] == '.' {
		return nil
	}
	th.eng.changes++
	f := th.eng.vs.v
	if f == nil || th.inVS {
		return nil
	}
	th.inVS = true
	defer func() { th.inVS = false }()
	_, err := th.apply(f, []kdb.Value{v.name, prim.Collapse(path)})
	return err
}

// share marks a value as held more than once.
func share(v kdb.Value) {
	if s, ok := v.(interface{ Share() }); ok {
		s.Share()
	}
}

// item returns item i of x; what it takes out of a container is shared.
func item(x kdb.Value, i int) kdb.Value {
	switch x := x.(type) {
	case *kdb.Longs:
		if uint(i) < uint(len(x.V)) {
			return x.V[i]
		}
	case *kdb.List:
		if uint(i) < uint(len(x.V)) {
			v := x.V[i]
			share(v)
			return v
		}
	}
	v := prim.Item(x, i)
	if _, ok := x.(*kdb.Dict); ok {
		share(v)
	}
	return v
}
