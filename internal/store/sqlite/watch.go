package sqlite

import (
	"slices"
	"sync"

	"github.com/quoinhq/quoin/internal/store"
)

// watchers is who wants to know of which kind's changes. The writer tells them
// under the read lock, so that once stop has returned a watcher is not called
// any more.
type watchers struct {
	mu   sync.RWMutex
	list map[store.Kind][]*watcher
}

type watcher struct{ tell func(keys []string) }

// Watch implements store.Store.
func (db *DB) Watch(kind store.Kind, fn func(keys []string)) (stop func()) {
	w := &watcher{fn}
	ws := &db.watchers
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if ws.list == nil {
		ws.list = map[store.Kind][]*watcher{}
	}
	ws.list[kind] = append(ws.list[kind], w)
	return func() {
		ws.mu.Lock()
		defer ws.mu.Unlock()
		ws.list[kind] = slices.DeleteFunc(ws.list[kind], func(x *watcher) bool { return x == w })
	}
}

// tell calls the watchers of the kinds that one update changed.
func (ws *watchers) tell(changes []change) {
	ws.mu.RLock()
	defer ws.mu.RUnlock()
	if len(ws.list) == 0 {
		return
	}
	for i, c := range changes {
		told := slices.ContainsFunc(changes[:i], func(b change) bool { return b.id.kind == c.id.kind })
		watching := ws.list[c.id.kind]
		if told || len(watching) == 0 {
			continue
		}
		var keys []string
		for _, d := range changes[i:] {
			if d.id.kind == c.id.kind {
				keys = append(keys, d.id.key)
			}
		}
		for _, w := range watching {
			w.tell(keys)
		}
	}
}
