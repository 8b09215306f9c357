package file

import (
	"io/fs"
	"os"
	"sync"

	"github.com/quoinhq/quoin/kdb"
)

// symCache keeps domains that have been read, while their files are as they were:
// another process may add symbols, and then refer to them.
type symCache struct {
	mu sync.Mutex
	m  map[kdb.Symbol]cachedDomain
}

type cachedDomain struct {
	syms *kdb.Symbols
	file fs.FileInfo
}

// get returns the domain of that name, which read reads from the file at path.
func (c *symCache) get(name kdb.Symbol, path string, read func() (*kdb.Symbols, error)) (*kdb.Symbols, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	// Before it is read: what comes in between is read once too often.
	now, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if d, ok := c.m[name]; ok && d.file.Size() == now.Size() && os.SameFile(d.file, now) {
		return d.syms, nil
	}
	s, err := read()
	if err != nil {
		return nil, err
	}
	if c.m == nil {
		c.m = map[kdb.Symbol]cachedDomain{}
	}
	c.m[name] = cachedDomain{s, now}
	return s, nil
}

func (c *symCache) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.m)
}
