package control

import (
	"slices"
	"strings"
	"sync"

	"github.com/quoinhq/quoin/internal/blob"
)

// imports are the changesets that are being imported. The zero value is ready.
type imports struct {
	mu  sync.Mutex // protects now
	now map[string]*blob.Meter
}

// begin takes a changeset down, and returns what its work tells.
func (i *imports) begin(c *changeset) *blob.Meter {
	m := &blob.Meter{}
	m.Stage("reading", blob.Amount{})
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.now == nil {
		i.now = map[string]*blob.Meter{}
	}
	i.now[c.key()] = m
	return m
}

func (i *imports) end(k string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	delete(i.now, k)
}

// Import is a changeset that is being imported.
type Import struct {
	Environment, Database, Changeset string
	Progress                         blob.Progress
}

// Imports lists what is being imported now, in the order of names and ids.
func (s *Service) Imports() []Import {
	s.imports.mu.Lock()
	defer s.imports.mu.Unlock()
	out := make([]Import, 0, len(s.imports.now))
	for k, m := range s.imports.now {
		parts := strings.Split(k, "/")
		out = append(out, Import{parts[0], parts[1], parts[2], m.Progress()})
	}
	slices.SortFunc(out, func(a, b Import) int {
		return strings.Compare(key(a.Environment, a.Database, a.Changeset), key(b.Environment, b.Database, b.Changeset))
	})
	return out
}
