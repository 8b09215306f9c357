package lifecycle

import (
	"container/heap"
	"context"
	"sync"
	"time"
)

// queue holds the keys that wait to be reconciled. A key in it is in one state:
//
//	ready    it waits for a worker; more adds change nothing
//	running  a worker has it; an add is noted in again
//	delayed  it waits for its time; an add makes it ready at once
//
// A key with none of these is not in the map.
type queue struct {
	mu      sync.Mutex
	wake    sync.Cond // a key is ready, or the queue is closed
	keys    map[string]*item
	ready   []string
	delayed delays
	sooner  chan struct{} // the earliest time has changed
	closed  bool
}

type item struct {
	key      string
	ready    bool
	running  bool
	again    bool // something changed while it was running
	failures int  // in a row
	due      time.Time
	place    int // in delayed; -1 when it is not there
}

func newQueue() *queue {
	q := &queue{keys: map[string]*item{}, sooner: make(chan struct{}, 1)}
	q.wake.L = &q.mu
	return q
}

// add has key taken soon.
func (q *queue) add(key string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	it := q.keys[key]
	if it == nil {
		it = &item{key: key, place: -1}
		q.keys[key] = it
	}
	if it.running {
		it.again = true
		return
	}
	q.makeReadyLocked(it)
}

func (q *queue) makeReadyLocked(it *item) {
	if it.place >= 0 {
		heap.Remove(&q.delayed, it.place)
	}
	if !it.ready {
		it.ready = true
		q.ready = append(q.ready, it.key)
		q.wake.Signal()
	}
}

// take waits for a key, marks it as running, and says how many are still
// ready. The caller reports with succeeded or failed. It returns false once
// the queue is closed.
func (q *queue) take() (key string, waiting int, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.ready) == 0 && !q.closed {
		q.wake.Wait()
	}
	if q.closed {
		return "", 0, false
	}
	key, q.ready = q.ready[0], q.ready[1:]
	it := q.keys[key]
	it.ready, it.running = false, true
	return key, len(q.ready), true
}

// succeeded ends the run of key and returns when it comes again by itself. A
// change during the run brings it at once.
func (q *queue) succeeded(key string, after time.Duration) (next time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	it := q.keys[key]
	again := it.again
	it.running, it.again, it.failures = false, false, 0
	switch {
	case again:
		q.makeReadyLocked(it)
	case after > 0:
		q.delayLocked(it, after)
		return after
	default:
		delete(q.keys, key)
	}
	return 0
}

// failed ends the run of key. It comes again after backoff. That holds for a
// change during the run too, since most often that is the record of the failure,
// written by the run itself: taking it as news would try again without rest.
// After a terminal error the key comes again only for such a change.
func (q *queue) failed(key string, terminal bool, backoff func(failures int) time.Duration) (failures int, next time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	it := q.keys[key]
	again := it.again
	it.running, it.again = false, false
	it.failures++
	if terminal && !again {
		failures = it.failures
		delete(q.keys, key)
		return failures, 0
	}
	next = backoff(it.failures)
	q.delayLocked(it, next)
	return it.failures, next
}

func (q *queue) delayLocked(it *item, d time.Duration) {
	it.due = time.Now().Add(d)
	heap.Push(&q.delayed, it)
	if it.place == 0 {
		select {
		case q.sooner <- struct{}{}:
		default:
		}
	}
}

// timekeep makes delayed keys ready when their time comes, until ctx ends.
func (q *queue) timekeep(ctx context.Context) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		timer.Reset(q.ripen(time.Now()))
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-q.sooner:
		}
	}
}

// ripen makes ready what is due and returns how long it is until the next.
func (q *queue) ripen(now time.Time) time.Duration {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.delayed) > 0 {
		if wait := q.delayed[0].due.Sub(now); wait > 0 {
			return wait
		}
		q.makeReadyLocked(q.delayed[0])
	}
	return time.Hour
}

// close has take return false, to all who wait and will.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.wake.Broadcast()
}

// delays is a heap of items by the time they are due.
type delays []*item

func (d delays) Len() int           { return len(d) }
func (d delays) Less(i, j int) bool { return d[i].due.Before(d[j].due) }

func (d delays) Swap(i, j int) {
	d[i], d[j] = d[j], d[i]
	d[i].place, d[j].place = i, j
}

func (d *delays) Push(x any) {
	it := x.(*item)
	it.place = len(*d)
	*d = append(*d, it)
}

func (d *delays) Pop() any {
	last := len(*d) - 1
	it := (*d)[last]
	(*d)[last] = nil
	*d = (*d)[:last]
	it.place = -1
	return it
}
