package control

import "sync"

// turns counts what is being done, by environment. The zero value is ready.
type turns struct {
	mu sync.Mutex
	n  map[string]int
}

// take reports whether fewer than limit things are being done in an
// environment, and then counts one more; done ends it.
func (t *turns) take(env string, limit int) (done func(), ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.n[env] >= limit {
		return nil, false
	}
	if t.n == nil {
		t.n = make(map[string]int)
	}
	t.n[env]++
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if t.n[env]--; t.n[env] == 0 {
			delete(t.n, env)
		}
	}, true
}
