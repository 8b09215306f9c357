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
		fn := th.frames[i].fn
		out = append(out, Place{Depth: i, File: fn.file, Line: fn.line, Name: fn.name, Source: fn.source})
	}
	return out
}

// trapTrace is .Q.trp: like a trap, but its handler also gets the trace.
func (th *thread) trapTrace(f, args, handler kdb.Value) (kdb.Value, error) {
	depth, m, sql := th.depth, th.mark(), th.sql
	v, err := th.applyList(f, args)
	if err == nil || err == errReturn {
		return v, err
	}
	if th.eng.stop.Load() == stopCancelled {
		return nil, err
	}
	th.depth, th.sql = depth, sql
	th.release(m)
	t := &traceValue{}
	if e, ok := err.(*Error); ok {
		t.places = append(t.places, e.Trace...)
	}
	t.places = append(t.places, th.places()...)
	return th.apply(handler, []kdb.Value{kdb.Str(string(message(err))), t})
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
