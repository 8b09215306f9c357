package prim

import (
	"runtime/debug"
	"sync"
)

// parallelFrom is the length from which a kernel is worth more than one goroutine.
const parallelFrom = 1 << 17

// InParallel calls f for the parts 0 to n-1, each on a goroutine of its own, and
// returns when all have ended. A panic in one of them becomes the caller's, who
// alone can recover from it; so does a mapped file that somebody cut short.
func InParallel(n int, f func(part int)) {
	if n == 1 {
		f(0)
		return
	}
	var wg sync.WaitGroup
	faults := make([]any, n)
	for i := range n {
		wg.Go(func() {
			defer func() { faults[i] = recover() }()
			debug.SetPanicOnFault(true)
			f(i)
		})
	}
	wg.Wait()
	for _, r := range faults {
		if r != nil {
			panic(r)
		}
	}
}

// threads is how many parts are worth making of n items.
func threads(e *Env, n int) int {
	if e == nil || n < parallelFrom {
		return 1
	}
	return max(1, e.Threads)
}

// inParts runs f over [0,n) in as many parts as the environment has threads
// for, or in one if n is small, and returns when all are done.
func inParts(e *Env, n int, f func(lo, hi int)) {
	k := threads(e, n)
	InParallel(k, func(p int) { f(p*n/k, (p+1)*n/k) })
}

// gatherParts runs f over parts of [0,n) and returns the results in order.
func gatherParts[T any](e *Env, n int, f func(lo, hi int) T) []T {
	k := threads(e, n)
	out := make([]T, k)
	InParallel(k, func(p int) { out[p] = f(p*n/k, (p+1)*n/k) })
	return out
}
