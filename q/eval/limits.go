package eval

import (
	"fmt"
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"

	"github.com/quoinhq/quoin/internal/machine"
	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/kdb/ipc"
	"github.com/quoinhq/quoin/q/prim"
)

func numCPU() int { return runtime.NumCPU() }

// errInternal is a fault of the engine itself. What it was is for whoever
// operates the engine, not for the q program.
const errInternal = kdb.Error("internal")

// guard turns a panic of the code it runs into a q error, so that no q program
// ends the process: 'wsfull where there is no memory for a result, 'internal
// for a fault of the engine, whose stack goes to the engine's standard error.
// A mapped file that somebody cuts short is a panic too, not a signal.
func (eng *Engine) guard(f func() (kdb.Value, error)) (v kdb.Value, err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			v, err = nil, eng.fault(r)
		}
	}()
	return f()
}

// contain is guard for a goroutine of the engine's own: what went wrong has been
// told, and the goroutine ends.
func (eng *Engine) contain(f func()) {
	_, _ = eng.guard(func() (kdb.Value, error) { f(); return nil, nil })
}

// fault returns the q error of a recovered panic.
func (eng *Engine) fault(r any) error {
	if e, ok := r.(kdb.Error); ok {
		return e
	}
	fmt.Fprintf(eng.sys.Stderr(), "q: internal error: %v\n%s\n", r, debug.Stack())
	return errInternal
}

// watchEvery is how often memory in use is looked at where it is limited.
const watchEvery = 20 * time.Millisecond

// restEvery is how many of these looks there are to one for memory to give back.
const restEvery = int(time.Second / watchEvery)

// SetMemoryLimit sets -w: how many bytes the process may hold before
// evaluations end with 'wsfull; 0 is no limit but that of the machine.
func (eng *Engine) SetMemoryLimit(bytes int64) {
	eng.limit.Store(bytes)
	eng.conf.limitMB = bytes >> 20
	if bytes > 0 && eng.alone {
		// What kernels see before they allocate; see prim.Room.
		prim.LimitMemory(bytes)
	}
	if bytes > 0 {
		eng.watchMemory()
	}
}

// ProtectMachine ends evaluations with 'wsfull before they use up the machine's
// memory, and keeps what is not live small beside what is, for a process that has
// the machine to itself.
func (eng *Engine) ProtectMachine() {
	eng.alone = true
	if eng.paced = os.Getenv("GOGC") == ""; eng.paced {
		prim.PaceCollector(eng.ipc.ctx.Done())
	}
	if eng.limit.Load() == 0 {
		eng.limit.Store(machine.Memory() / 10 * 9)
		eng.watchMemory()
	}
}

// watchMemory looks at the memory in use until the engine closes, and ends the
// evaluation that runs when it is over the limit. Where the pace of collections is
// ours, it also gives memory back when nothing goes on.
func (eng *Engine) watchMemory() {
	if eng.watching.Swap(true) {
		return
	}
	eng.ipc.work.Add(1)
	go func() {
		defer eng.ipc.work.Done()
		t := time.NewTicker(watchEvery)
		defer t.Stop()
		sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		over := func(limit int64) bool {
			metrics.Read(sample)
			return limit > 0 && sample[0].Value.Uint64() > uint64(limit)
		}
		var rest prim.Rest
		for tick := 1; ; tick++ {
			select {
			case <-eng.ipc.ctx.Done():
				return
			case <-t.C:
			}
			if eng.paced && tick%restEvery == 0 {
				rest.Look(time.Now())
			}
			if !over(eng.limit.Load()) {
				continue
			}
			if runtime.GC(); over(eng.limit.Load()) {
				eng.stop.CompareAndSwap(stopNo, stopMemory)
			}
		}
	}()
}

// room refuses a result of n items before memory is asked for that is not there:
// Go would end the process.
func (eng *Engine) room(n int64) error {
	if n > prim.MaxLen || n < -prim.MaxLen && n != math.MinInt64 {
		return prim.ErrLimit
	}
	limit := eng.limit.Load()
	if limit == 0 {
		limit = machine.Memory()
	}
	if n > limit/8 || n < -limit/8 {
		return errMemory
	}
	return nil
}

// sendable returns v as it goes to others, if its encoding fits into memory.
func (eng *Engine) sendable(v kdb.Value) (kdb.Value, error) {
	v, err := encodable(v)
	if err != nil {
		return nil, err
	}
	return v, eng.fits(roughSize(v), 1)
}

// maxNesting is how deep values may be nested in each other. Most of what works
// on values goes down into them, and Go ends a process whose stack is used up;
// so no value is made that is deeper, and no recursion need count.
const maxNesting = 10_000

// tooMany reports whether what goes down into a value comes across more values
// than can be, where one that is held twice counts twice: a list of one list twice,
// and so on, takes no memory itself, but all the time there is, and memory without
// end for whatever is made of it.
func tooMany(items int) bool {
	const always, never = 1 << 26, 1 << 30
	return items > always && (items > never || int64(items) > machine.Memory()/16)
}

// nested returns v, or 'limit if it is nested too deep or what is in it too often.
func nested(v kdb.Value) (kdb.Value, error) {
	switch v.(type) {
	case *kdb.List, *kdb.Dict, *kdb.Table, *kdb.Projection, *kdb.Compose, *kdb.Derived:
		if kdb.Depth(v) > maxNesting || tooMany(kdb.Items(v)) {
			return nil, errNesting
		}
	}
	return v, nil
}

const errNesting = kdb.Error("limit")

// wireNesting is how deep kdb encodes values.
const wireNesting = 1000

// encodable returns v as it goes to others and to files, or 'limit if it is
// nested too deep for that.
func encodable(v kdb.Value) (kdb.Value, error) {
	if kdb.Depth(v) > wireNesting {
		return nil, errNesting
	}
	return outgoing(v), nil
}

// manifold are the primitives that may make much more than there is of a list
// whose items are one and the same, and by how much a result is larger than what
// the items have together.
var manifold = map[string]int{"string": 8, "sums": 1, "prds": 1, "mins": 1, "maxs": 1, "avgs": 1, "deltas": 1, "ratios": 1, "raze": 1}

// roughSize is about how many bytes the encoding of v has, from some of the items
// of long lists: what is much larger than memory shows all the same, and others
// do not pay for it.
func roughSize(v kdb.Value) int {
	switch v := v.(type) {
	case *kdb.List:
		const some = 64
		step := max(1, len(v.V)/some)
		size := 0
		for i := 0; i < len(v.V); i += step {
			size += roughSize(v.V[i])
		}
		return size * step
	case *kdb.Dict:
		return roughSize(v.K) + roughSize(v.V)
	case *kdb.Table:
		size := 0
		for _, c := range v.Cols {
			size += roughSize(c)
		}
		return size
	case nil:
		return 0
	}
	return ipc.Size(v)
}

// fits refuses a result of n times size bytes before it is made.
func (eng *Engine) fits(n, size int) error {
	if limit := eng.limit.Load(); limit > 0 && int64(n) > limit/int64(size) {
		return errMemory
	}
	prim.Room(n, size)
	return nil
}

// limited registers primitives whose result is as long as a number says.
func (t specialTable) limited() {
	til := t.add("til")
	base := til.Unary
	til.Unary = func(e *prim.Env, x kdb.Value) (kdb.Value, error) {
		if n, ok := intOf(x); ok {
			if err := e.Owner.(*thread).eng.room(int64(n)); err != nil {
				return nil, err
			}
		}
		return base(e, x)
	}
	for _, name := range []string{"#", "?"} {
		b := t[name]
		if b == nil {
			b = t.add(name)
		}
		base := b.Binary
		b.Binary = func(e *prim.Env, x, y kdb.Value) (kdb.Value, error) {
			n, counted := intOf(x)
			if shape, ok := x.(*kdb.Longs); ok && name == "#" && y.Type() < kdb.TTable {
				n, counted = 1, true
				for _, k := range shape.V {
					if k > 0 && n < 1<<40 {
						n *= int(min(k, 1<<40))
					}
				}
			}
			if counted && n != int(kdb.NullLong) {
				if err := e.Owner.(*thread).eng.room(int64(n)); err != nil {
					return nil, err
				}
			}
			return base(e, x, y)
		}
	}
	for name, factor := range manifold {
		b := t[name]
		if b == nil {
			b = t.add(name)
		}
		base := b.Unary
		b.Unary = func(e *prim.Env, x kdb.Value) (kdb.Value, error) {
			if l, ok := x.(*kdb.List); ok {
				if err := e.Owner.(*thread).eng.fits(roughSize(l), factor); err != nil {
					return nil, err
				}
			}
			return base(e, x)
		}
	}
	where := t.add("where")
	baseWhere := where.Unary
	where.Unary = func(e *prim.Env, x kdb.Value) (kdb.Value, error) {
		if v, ok := x.(*kdb.Longs); ok {
			var n int64
			for _, k := range v.V {
				if k > 0 && n < 1<<40 {
					n += min(int64(k), 1<<40)
				}
			}
			if err := e.Owner.(*thread).eng.room(n); err != nil {
				return nil, err
			}
		}
		return baseWhere(e, x)
	}
}
