// Package measure holds what the engine's benchmarks measure besides time.
package measure

import (
	"syscall"
	"testing"
	"time"
)

// CPU measures what a benchmark costs in processor time, on all threads: on a
// machine that others use it says more than the time that passes. Call the
// result when the loop has ended.
func CPU(b *testing.B) func() {
	start := cpuTime()
	return func() {
		b.ReportMetric(float64((cpuTime()-start).Microseconds())/float64(b.N), "cpu-µs/op")
	}
}

func cpuTime() time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		return 0
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}
