package file

import (
	"sync"

	"github.com/quoinhq/quoin/kdb"
)

// symCache keeps domains that have been read.
type symCache struct {
	mu sync.Mutex
	m  map[kdb.Symbol]*kdb.Symbols
}

func (c *symCache) get(name kdb.Symbol, read func() (*kdb.Symbols, error)) (*kdb.Symbols, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s := c.m[name]; s != nil {
		return s, nil
	}
	s, err := read()
	if err != nil {
		return nil, err
	}
	if c.m == nil {
		c.m = map[kdb.Symbol]*kdb.Symbols{}
	}
	c.m[name] = s
	return s, nil
}

func (c *symCache) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.m)
}
