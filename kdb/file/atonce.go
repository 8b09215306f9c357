package file

import (
	"errors"
	"runtime/debug"
	"sync"
)

// columnsAtOnce is how many columns are written at a time: while one waits for the
// disk, the next is packed and handed to the system.
const columnsAtOnce = 4

// atOnce calls f for 0 to n-1, a few at a time, and returns when all have ended,
// with their errors. A panic in one of them, as of a mapped column that somebody
// cuts short, becomes the caller's, who alone can recover from it.
func atOnce(n int, f func(i int) error) error {
	errs, faults := make([]error, n), make([]any, n)
	places := make(chan struct{}, columnsAtOnce)
	var wg sync.WaitGroup
	for i := range n {
		places <- struct{}{}
		wg.Go(func() {
			defer func() {
				faults[i] = recover()
				<-places
			}()
			debug.SetPanicOnFault(true)
			errs[i] = f(i)
		})
	}
	wg.Wait()
	for _, r := range faults {
		if r != nil {
			panic(r)
		}
	}
	return errors.Join(errs...)
}
