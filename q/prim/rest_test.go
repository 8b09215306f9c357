package prim_test

import (
	"runtime"
	"runtime/metrics"
	"testing"
	"time"

	"github.com/quoinhq/quoin/q/prim"
)

// TestRest: what a process held for its queries goes back to the system when
// there was no collection for a while, and not before.
func TestRest(t *testing.T) {
	const mb = 1 << 20
	held := func() int64 {
		s := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
		metrics.Read(s)
		return int64(s[0].Value.Uint64()-s[1].Value.Uint64()) / mb
	}
	var columns [4][]byte
	for i := range columns {
		columns[i] = make([]byte, 64*mb)
		for j := 0; j < len(columns[i]); j += 4096 {
			columns[i][j] = 1
		}
	}
	full := held()
	clear(columns[1:])
	runtime.GC()
	var r prim.Rest
	now := time.Now()
	r.Look(now)
	r.Look(now.Add(time.Second))
	r.Look(now.Add(time.Minute))
	if rested := held(); rested > full-150 {
		t.Errorf("%d MB are held of %d, of which 192 were let go", rested, full)
	}
	runtime.KeepAlive(columns)
}
