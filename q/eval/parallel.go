package eval

import (
	"sync"
	"sync/atomic"

	"github.com/quoinhq/quoin/kdb"
)

// parallel evaluates work for 0 to n-1 on up to workers goroutines, each with a
// thread of its own that may not assign globals. It waits for all; the error
// of the lowest index wins.
func (th *thread) parallel(n, workers int, work func(sub *thread, i int) (kdb.Value, error)) ([]kdb.Value, error) {
	workers = min(workers, n)
	out := make([]kdb.Value, n)
	errs := make([]error, n)
	var next atomic.Int64
	var failed atomic.Bool
	var wg sync.WaitGroup
	for range workers {
		sub := th.eng.newThread()
		sub.sub, sub.ns, sub.handle = true, th.ns, th.handle
		sub.env.Threads = 1
		wg.Add(1)
		go func() {
			defer wg.Done()
			for !failed.Load() {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				v, err := th.eng.guard(func() (kdb.Value, error) { return work(sub, i) })
				if err != nil {
					errs[i] = err
					failed.Store(true)
					return
				}
				out[i] = v
			}
		}()
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}
