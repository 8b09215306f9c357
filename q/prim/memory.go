package prim

import (
	"bytes"
	"math"
	"os"
	"runtime"
	"runtime/metrics"
	"strconv"

	"github.com/quoinhq/quoin/kdb"
)

// ErrMemory is q's error for a result that does not fit into memory.
const ErrMemory = kdb.Error("wsfull")

// An allocation of this many bytes is looked at beforehand: at the process's own
// limit (-w, GOMEMLIMIT), and from the second on at what the machine has left,
// which takes longer to find out.
const (
	roomFrom    = 16 << 20
	machineFrom = 256 << 20
)

// Room is room for those who allocate outside this package.
func Room(n, size int) { room(n, size) }

// room makes sure that n elements of size bytes fit into the memory the machine
// has left (or the process is allowed, GOMEMLIMIT); otherwise it panics with
// ErrMemory. Go ends a process that runs out of memory, so this has to be known
// before; and it can come up in any kernel, which is why it is a panic, which
// the evaluator's guard turns into the q error, and not a result of each.
func room(n, size int) {
	if n >= 0 && n < roomFrom/size {
		return
	}
	if n < 0 || n > math.MaxInt64/4/size {
		panic(ErrMemory)
	}
	bytes := int64(n) * int64(size)
	if bytes >= machineFrom && bytes > available() {
		panic(ErrMemory)
	}
	limit, ok := binding()
	if !ok || bytes <= limit-live() {
		return
	}
	if runtime.GC(); bytes > limit-live() {
		panic(ErrMemory)
	}
}

// live returns how many bytes objects take, garbage among them.
func live() int64 {
	s := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(s)
	return int64(s[0].Value.Uint64())
}

// available returns how many bytes the machine has left, as far as known.
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
	return left
}
