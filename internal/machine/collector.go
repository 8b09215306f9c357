package machine

import (
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// SpareCollector lets the heap grow by room bytes, at least, before Go's
// collector runs again, whatever is live. Go's own pace, twice what is live,
// has a program that holds little collect hundreds of times a second, and a
// collection costs the more the less it finds: half of the CPU time of a process
// that aggregates batches of ticks. It is for programs that have the process to
// themselves; GOGC, where it is set, stands.
func SpareCollector(room int64) {
	if os.Getenv("GOGC") != "" {
		return
	}
	p := &pace{room: room}
	p.adjust()
	p.follow()
}

// pace sets the percentage by which the heap may grow, anew after each
// collection.
type pace struct {
	room    int64
	percent int
}

// firstHeap is what Go's own pace starts from.
const firstHeap = 4 << 20

// follow has the pace adjusted at the next collection, which finds garbage made
// here.
func (p *pace) follow() {
	runtime.AddCleanup(new([32]byte), func(p *pace) {
		p.adjust()
		p.follow()
	}, p)
}

func (p *pace) adjust() {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	held := max(live[0].Value.Uint64(), firstHeap)
	percent := max(100, int(min(uint64(p.room)*100/held, math.MaxInt32)))
	// Each change stops the program for a moment.
	if 4*percent > 5*p.percent || 5*percent < 4*p.percent {
		p.percent = percent
		debug.SetGCPercent(percent)
	}
}
