package prim

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
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
// The pace is set after each collection, by the finalizer of an object that
// nobody holds.
func PaceCollector(done <-chan struct{}) {
	before := debug.SetGCPercent(mostPercent)
	percent := mostPercent
	var after func(*pace)
	after = func(p *pace) {
		select {
		case <-done:
			debug.SetGCPercent(before)
			return
		default:
		}
		// Setting it stops the world for a moment.
		if next := pacePercent(p.read()); 10*next < 9*percent || 9*next > 10*percent {
			percent = next
			debug.SetGCPercent(next)
		}
		runtime.SetFinalizer(p, after)
	}
	p := &pace{samples: []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/gc/scan/heap:bytes"}}}
	runtime.SetFinalizer(p, after)
}

type pace struct{ samples []metrics.Sample }

// read returns how many bytes are live, and how many of them have to be scanned.
func (p *pace) read() (live, scanned uint64) {
	metrics.Read(p.samples)
	return p.samples[0].Value.Uint64(), p.samples[1].Value.Uint64()
}

// pacePercent is by how much a heap may grow before it is collected.
func pacePercent(live, scanned uint64) int {
	live = max(live, 1<<20)
	scanned = min(scanned, live)
	room := max(leastRoom, live/6) + scanned
	return int(min(100*room/live, mostPercent))
}
