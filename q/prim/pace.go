package prim

import (
	"math"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// leastRoom is how much garbage may always stand, however small the heap: a process
// that aggregates batches of ticks holds little, and spent half of its CPU time
// collecting at Go's own pace. Where nothing is live yet, Go reckons with four
// megabytes, of which that is mostPercent.
const (
	leastRoom   = 64 << 20
	mostPercent = 100 * leastRoom / (4 << 20)
)

// PaceCollector makes Go's collector keep a heap of columns small, until done is
// closed. By itself it lets the heap grow to twice what is live, because a
// collection costs what it has to scan: of columns nothing, for they hold no
// pointers. So the garbage that may stand beside a large heap is a sixth of it,
// and as much again as has to be scanned. Collecting more often also makes large
// queries faster: their results get memory that the process has already, and
// getting it from the system costs more than filling it.
//
// Memory that is free stays the process's while queries are likely to want it
// again: as much as was live at once within seconds, and room for garbage. What
// is beyond that, and above all the places of columns that have grown out of
// them, goes back to the system before more is taken from it; Go does that where
// it has a memory limit. A limit that the user has set is left as it is.
//
// The pace is set after each collection, by the finalizer of an object that
// nobody holds.
func PaceCollector(done <-chan struct{}) {
	if limit := debug.SetMemoryLimit(-1); limit != math.MaxInt64 {
		LimitMemory(limit) // GOMEMLIMIT may be odd
	}
	before := debug.SetGCPercent(mostPercent)
	percent := mostPercent
	var after func(*pace)
	after = func(p *pace) {
		select {
		case <-done:
			debug.SetGCPercent(before)
			advise(math.MaxInt64)
			return
		default:
		}
		p.read()
		// Setting it stops the world for a moment.
		if next := pacePercent(p.live, p.scanned); 10*next < 9*percent || 9*next > 10*percent {
			percent = next
			debug.SetGCPercent(next)
		}
		advise(p.limit(time.Now()))
		runtime.SetFinalizer(p, after)
	}
	runtime.SetFinalizer(newPace(), after)
}

// pace is what the collector's pace follows.
type pace struct {
	samples [6]metrics.Sample

	live, scanned uint64 // bytes, and how many of them have to be scanned
	other         uint64 // bytes that are no objects and not free for them either

	most uint64 // as much was live at once lately
	at   time.Time
}

func newPace() *pace {
	p := &pace{}
	for i, name := range [...]string{"/gc/heap/live:bytes", "/gc/scan/heap:bytes", "/memory/classes/total:bytes",
		"/memory/classes/heap/released:bytes", "/memory/classes/heap/free:bytes", "/memory/classes/heap/objects:bytes"} {
		p.samples[i].Name = name
	}
	return p
}

func (p *pace) read() {
	metrics.Read(p.samples[:])
	v := func(i int) uint64 { return p.samples[i].Value.Uint64() }
	p.live, p.scanned, p.other = v(0), v(1), v(2)-v(3)-v(4)-v(5)
}

// lately is the time in which half of what was live at once is forgotten.
const lately = 5 * time.Second

// limit is how much memory the process should have.
func (p *pace) limit(now time.Time) int64 {
	if !p.at.IsZero() {
		p.most = uint64(float64(p.most) * math.Exp2(-now.Sub(p.at).Seconds()/lately.Seconds()))
	}
	p.at, p.most = now, max(p.most, p.live)
	heap := p.most + pacedRoom(p.most, p.scanned)
	// Go collects before the heap is within three per cent of its limit (runtime,
	// memoryLimitHeapGoalHeadroomPercent): not for that reason.
	return int64(heap + heap/24 + p.other)
}

// pacedRoom is how much garbage may stand.
func pacedRoom(live, scanned uint64) uint64 { return max(leastRoom, live/6) + min(scanned, live) }

// pacePercent is by how much a heap may grow before it is collected.
func pacePercent(live, scanned uint64) int {
	live = max(live, 1<<20)
	return int(min(100*pacedRoom(live, scanned)/live, mostPercent))
}

// The memory limit of Go's runtime has two uses, told apart by its lowest bit. A
// limit that binds, -w or GOMEMLIMIT, is even: allocations beyond it are refused.
// An odd one, no limit among them, is advice to the collector. So the process,
// whose heap all engines in it share, needs no second place for its limit.

// binding returns the limit that binds, if there is one.
func binding() (limit int64, ok bool) {
	limit = debug.SetMemoryLimit(-1)
	return limit, limit&1 == 0
}

// LimitMemory limits the process's memory: where an allocation would exceed the
// limit, an evaluation ends with ErrMemory.
func LimitMemory(bytes int64) { debug.SetMemoryLimit(bytes &^ 1) }

// advise sets a limit unless there is one that binds, which may be set meanwhile.
func advise(bytes int64) {
	if was := debug.SetMemoryLimit(bytes | 1); was&1 == 0 {
		debug.SetMemoryLimit(was)
	}
}
