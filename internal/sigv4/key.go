package sigv4

import "sync"

// keyCache remembers derived signing keys: a key serves one day, region and
// service, and deriving one costs four MACs. It holds two generations of at
// most limit keys; when the young one is full it becomes the old one and the
// old one is dropped, so that memory is bounded and a key in use survives.
type keyCache struct {
	limit int

	mu         sync.RWMutex
	young, old map[keyID]signingKey
}

type keyID struct {
	secret string
	scope  Scope
}

func newKeyCache(limit int) *keyCache {
	return &keyCache{limit: limit, young: make(map[keyID]signingKey)}
}

func (c *keyCache) get(secret string, scope Scope) signingKey {
	id := keyID{secret, scope}
	c.mu.RLock()
	key, ok := c.young[id]
	if ok {
		c.mu.RUnlock()
		return key
	}
	key, ok = c.old[id]
	c.mu.RUnlock()
	if !ok {
		key = deriveKey(secret, scope)
		// The strings may point into a request's buffers.
		id.scope = Scope{clone(scope.Date), clone(scope.Region), clone(scope.Service)}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.young) >= c.limit {
		c.old, c.young = c.young, make(map[keyID]signingKey)
	}
	c.young[id] = key
	return key
}

func clone(s string) string { return string([]byte(s)) }
