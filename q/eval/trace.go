package eval

import (
	"runtime"
	"time"

	"github.com/quoinhq/quoin/kdb"
)

// traceValue is the backtrace object that .Q.trp hands to its handler.
type traceValue struct{ places []Place }

// Type returns 0: q has it as a list.
func (*traceValue) Type() kdb.Type { return kdb.TList }

// Len returns the number of places.
func (t *traceValue) Len() int { return len(t.places) }

// String returns the trace as .Q.sbt does.
func (t *traceValue) String() string { return Backtrace(t.places) }

// places returns the stack of running functions, innermost first.
func (th *thread) places() []Place {
	var out []Place
	for i := th.depth - 1; i >= 0; i-- {
		if fr := th.frames[i]; fr.fn.source != "" {
			out = append(out, fr.place(fr.pos))
		}
	}
	return out
}

// backtrace is what .Q.bt prints: the stack, from the frame that an expression
// at a debug prompt sees, which is marked.
func (th *thread) backtrace() string {
	if th.stopped != nil {
		return th.stopped.Backtrace()
	}
	return Backtrace(th.places())
}

// trapTrace is .Q.trp: like a trap, but its handler also gets the trace.
func (th *thread) trapTrace(f, args, handler kdb.Value) (kdb.Value, error) {
	return th.trapped(func() (kdb.Value, error) { return th.applyList(f, args) }, func(err error) (kdb.Value, error) {
		t := &traceValue{}
		if e, ok := err.(*Error); ok {
			t.places = append(t.places, e.Trace...)
		}
		t.places = append(t.places, th.places()...)
		return th.apply(handler, []kdb.Value{kdb.Str(string(message(err))), t})
	})
}

// timeApply is .Q.ts: time and space of f . args, and its result.
func (th *thread) timeApply(f, args kdb.Value) (kdb.Value, error) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	v, err := th.applyList(f, args)
	if err != nil {
		return nil, err
	}
	ms := time.Since(start).Milliseconds()
	runtime.ReadMemStats(&after)
	share(v)
	return kdb.NewList(kdb.Of(kdb.Long(ms), kdb.Long(after.TotalAlloc-before.TotalAlloc)), v), nil
}
