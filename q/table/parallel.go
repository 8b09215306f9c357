package table

import (
	"github.com/quoinhq/quoin/q/prim"
)

// blockLen is how many rows a kernel works on at a time: few enough that the
// scratch vectors of an expression stay in the first-level cache.
const blockLen = 2048

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
	step := ((n+p-1)/p + blockLen - 1) &^ (blockLen - 1)
	prim.InParallel(p, func(i int) { f(i, min(i*step, n), min((i+1)*step, n)) })
}
