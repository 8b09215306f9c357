package prim

import (
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// ReturnMemory gives what is not in use back to the system, and returns how many
// bytes that were.
func ReturnMemory() int64 {
	released := []metrics.Sample{{Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(released)
	before := released[0].Value.Uint64()
	debug.FreeOSMemory()
	metrics.Read(released)
	return max(0, int64(released[0].Value.Uint64()-before))
}

// Rest gives memory back to the system that nothing has asked for lately. What
// PaceCollector does, it does when there is a collection; a process that has
// loaded its tables and waits has none. The zero value is ready; it is used by
// one goroutine.
type Rest struct {
	cycles uint64 // collections so far
	since  time.Time
	least  uint64 // what the process had when it was last made small
}

// idleRoom is how much more memory than is live a resting process may have.
const idleRoom = 32 << 20

// Look gives memory back if there was no collection lately and there is more of
// it than is live, by an eighth at least. Call it every second or so.
func (r *Rest) Look(now time.Time) {
	s := []metrics.Sample{{Name: "/gc/cycles/total:gc-cycles"}, {Name: "/gc/heap/live:bytes"},
		{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(s)
	cycles, live, held := s[0].Value.Uint64(), s[1].Value.Uint64(), s[2].Value.Uint64()-s[3].Value.Uint64()
	if cycles != r.cycles || r.since.IsZero() {
		r.cycles, r.since = cycles, now
		return
	}
	if now.Sub(r.since) < lately || held < live+live/8+idleRoom || held < r.least+r.least/8 {
		return
	}
	ReturnMemory()
	metrics.Read(s)
	r.cycles, r.since, r.least = s[0].Value.Uint64(), now, s[2].Value.Uint64()-s[3].Value.Uint64()
}
