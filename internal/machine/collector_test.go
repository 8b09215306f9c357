package machine_test

import (
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/quoinhq/quoin/internal/machine"
)

// The collector runs seldom while little is live, and at Go's own pace again
// when much is.
func TestSpareCollector(t *testing.T) {
	t.Setenv("GOGC", "")
	defer debug.SetGCPercent(debug.SetGCPercent(100))
	machine.SpareCollector(64 << 20)
	if got := percent(); got < 400 {
		t.Errorf("with little live the heap may grow by %d percent", got)
	}
	held := make([]byte, 256<<20)
	for range 100 { // the adjustment runs some time after the collection
		runtime.GC()
		runtime.Gosched()
		if percent() == 100 {
			break
		}
	}
	if got := percent(); got != 100 {
		t.Errorf("with %d bytes live it may grow by %d percent", len(held), got)
	}
	runtime.KeepAlive(held)
}

func percent() int {
	now := debug.SetGCPercent(100)
	debug.SetGCPercent(now)
	return now
}
