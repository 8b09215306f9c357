package gateway

import "sync"

// owner is a user of an environment, as connections are for.
type owner struct{ env, user string }

// registry is the connections that are logged in or just being let in, found
// by their users: a change of one user does not cost what the others have open.
type registry struct {
	mu sync.Mutex
	of map[owner]map[*session]struct{}
	n  int
}

func (r *registry) add(s *session) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.of == nil {
		r.of = map[owner]map[*session]struct{}{}
	}
	mine := r.of[s.owner()]
	if mine == nil {
		mine = map[*session]struct{}{}
		r.of[s.owner()] = mine
	}
	mine[s] = struct{}{}
	r.n++
}

// remove takes a session out, if it is there.
func (r *registry) remove(s *session) {
	r.mu.Lock()
	defer r.mu.Unlock()
	mine := r.of[s.owner()]
	if _, ok := mine[s]; !ok {
		return
	}
	delete(mine, s)
	r.n--
	if len(mine) == 0 {
		delete(r.of, s.owner())
	}
}

// all returns every session.
func (r *registry) all() []*session {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make([]*session, 0, r.n)
	for _, mine := range r.of {
		for s := range mine {
			out = append(out, s)
		}
	}
	return out
}

// ofOwner returns the sessions of one user.
func (r *registry) ofOwner(o owner) []*session {
	r.mu.Lock()
	defer r.mu.Unlock()
	mine := r.of[o]
	if len(mine) == 0 {
		return nil
	}
	out := make([]*session, 0, len(mine))
	for s := range mine {
		out = append(out, s)
	}
	return out
}

func (r *registry) len() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.n
}
