package table

import (
	"sync"

	"github.com/quoinhq/quoin/q/prim"
)

// parts returns how many goroutines are worth starting over n items when each
// should have at least grain of them.
func parts(e *prim.Env, n, grain int) int {
	return max(1, min(e.Threads, n/grain))
}

// parallel calls f for consecutive parts of 0 to n, on up to e.Threads
// goroutines, and returns when all have ended. Parts begin at multiples of
// blockLen, so that blocks are never split.
func parallel(e *prim.Env, n, grain int, f func(part, lo, hi int)) {
	p := parts(e, n, grain)
	if p == 1 {
		f(0, 0, n)
		return
	}
	var wg sync.WaitGroup
	step := ((n+p-1)/p + blockLen - 1) &^ (blockLen - 1)
	for i := 1; i < p; i++ {
		lo, hi := min(i*step, n), min((i+1)*step, n)
		wg.Go(func() { f(i, lo, hi) })
	}
	f(0, 0, min(step, n))
	wg.Wait()
}

// blockLen is how many rows a kernel works on at a time: few enough that the
// scratch vectors of an expression stay in the first-level cache.
const blockLen = 2048

// parallelParts calls f for the parts 0 to n-1, each on a goroutine of its own,
// and returns when all have ended.
func parallelParts(n int, f func(part int)) {
	var wg sync.WaitGroup
	for i := 1; i < n; i++ {
		wg.Go(func() { f(i) })
	}
	f(0)
	wg.Wait()
}
