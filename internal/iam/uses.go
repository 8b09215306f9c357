package iam

import (
	"context"
	"errors"
	"strings"
	"sync"

	"github.com/quoinhq/quoin/internal/store"
)

// useLog collects the last use of access keys, and of roles as role/NAME, in memory, so that a request
// costs no write; a crash may lose the last minute of it.
type useLog struct {
	mu   sync.Mutex
	last map[string]keyUse
}

func (l *useLog) note(id string, u keyUse) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.last == nil {
		l.last = make(map[string]keyUse)
	}
	l.last[id] = u
}

func (l *useLog) get(id string) (keyUse, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	u, ok := l.last[id]
	return u, ok
}

func (l *useLog) take() map[string]keyUse {
	l.mu.Lock()
	defer l.mu.Unlock()
	taken := l.last
	l.last = nil
	return taken
}

func (s *Service) flushUses(ctx context.Context) error {
	taken := s.uses.take()
	if len(taken) == 0 {
		return nil
	}
	return s.store.Update(ctx, func(tx store.Tx) error {
		for id, u := range taken {
			kind, key := kindKey, id
			if role, ok := strings.CutPrefix(id, "role/"); ok {
				kind, key = kindRole, role
			}
			if _, err := tx.Get(kind, key); errors.Is(err, store.ErrNotFound) {
				continue // deleted since
			} else if err != nil {
				return err
			}
			if err := keyUses.Put(tx, id, &u); err != nil {
				return err
			}
		}
		return nil
	})
}

// lastUse returns when a key was last used, the zero value for never.
func (s *Service) lastUse(tx store.Tx, id string) (keyUse, error) {
	if u, ok := s.uses.get(id); ok {
		return u, nil
	}
	u, err := keyUses.Get(tx, id)
	if errors.Is(err, store.ErrNotFound) {
		return keyUse{}, nil
	}
	if err != nil {
		return keyUse{}, err
	}
	return *u, nil
}
