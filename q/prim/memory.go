package prim

import (
	"bytes"
	"math"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"strconv"

	"github.com/quoinhq/quoin/kdb"
)

// ErrMemory is q's error for a result that does not fit into memory.
const ErrMemory = kdb.Error("wsfull")

// roomFrom is the size from which an allocation is looked at beforehand.
const roomFrom = 256 << 20

// room makes sure that n elements of size bytes fit into the memory the machine
// has left (or the process is allowed, GOMEMLIMIT); otherwise it panics with
// ErrMemory. Go ends a process that runs out of memory, so this has to be known
// before; and it can come up in any kernel, which is why it is a panic, which
// the evaluator's guard turns into the q error, and not a result of each.
func room(n, size int) {
	if n >= 0 && n < roomFrom/size {
		return
	}
	if n < 0 || n > math.MaxInt64/4/size || int64(n)*int64(size) > available() {
		panic(ErrMemory)
	}
}

// available returns how many bytes may still be allocated, as far as known.
func available() int64 {
	left := int64(math.MaxInt64)
	if b, err := os.ReadFile("/proc/meminfo"); err == nil {
		if _, rest, ok := bytes.Cut(b, []byte("MemAvailable:")); ok {
			if f := bytes.Fields(rest); len(f) > 0 {
				if kb, err := strconv.ParseInt(string(f[0]), 10, 64); err == nil {
					left = kb << 10
				}
			}
		}
	}
	if limit := debug.SetMemoryLimit(-1); limit < math.MaxInt64 {
		used := []metrics.Sample{{Name: "/memory/classes/total:bytes"}}
		metrics.Read(used)
		left = min(left, limit-int64(used[0].Value.Uint64()))
	}
	return left
}

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
