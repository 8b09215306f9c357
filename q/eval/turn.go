package eval

import "sync"

// turn decides whose code an engine runs: one goroutine at a time, or any number
// that only read, who let those wait for whom it is said that they want a turn.
// While the one whose turn it is waits for an answer on a handle, messages that
// arrive on that same handle have their turn inside it, so that two processes may
// call each other back.
type turn struct {
	mu      sync.Mutex
	free    sync.Cond
	busy    bool
	readers int  // goroutines that only read
	wanted  int  // goroutines that wait for a turn of their own
	waiting int  // handle that the owner waits on, 0 if it runs
	nested  bool // a message on that handle is being served
}

func newTurn() *turn {
	t := &turn{}
	t.free.L = &t.mu
	return t
}

// Lock waits for a turn.
func (t *turn) Lock() {
	t.mu.Lock()
	t.wanted++
	for t.busy || t.readers > 0 {
		t.free.Wait()
	}
	t.wanted--
	t.busy = true
	t.mu.Unlock()
}

// Unlock ends the turn.
func (t *turn) Unlock() {
	t.mu.Lock()
	t.busy = false
	t.mu.Unlock()
	t.free.Broadcast()
}

// take runs f in a turn of its own.
func (t *turn) take(f func()) {
	t.Lock()
	defer t.Unlock()
	f()
}

// lockFor waits for a turn to serve a message on handle h; nested tells that it
// is inside another's. release ends it.
func (t *turn) lockFor(h int) (nested bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.wanted++
	defer func() { t.wanted-- }()
	for {
		if !t.busy && t.readers == 0 {
			t.busy = true
			return false
		}
		if t.waiting == h && h != 0 && !t.nested {
			t.nested = true
			return true
		}
		t.free.Wait()
	}
}

// beside runs f, which only reads, beside others that do, once nobody has or
// wants a turn.
func (t *turn) beside(f func()) {
	t.mu.Lock()
	for t.busy || t.wanted > 0 {
		t.free.Wait()
	}
	t.readers++
	t.mu.Unlock()
	defer func() {
		t.mu.Lock()
		t.readers--
		t.mu.Unlock()
		t.free.Broadcast()
	}()
	f()
}

func (t *turn) release(nested bool) {
	t.mu.Lock()
	if nested {
		t.nested = false
	} else {
		t.busy = false
	}
	t.mu.Unlock()
	t.free.Broadcast()
}

// await runs f, which waits for an answer on handle h.
func (t *turn) await(h int, f func()) {
	t.mu.Lock()
	before := t.waiting
	t.waiting = h
	t.mu.Unlock()
	t.free.Broadcast()
	f()
	t.mu.Lock()
	for t.nested && before == 0 {
		t.free.Wait()
	}
	t.waiting = before
	t.mu.Unlock()
}
