package iam

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/quoinhq/quoin/internal/store"
)

// SessionQuery selects sessions: those that fit all that is given.
type SessionQuery struct {
	// Principal is role/NAME or user/NAME, or root: sessions of it, and sessions
	// of roles that it, or a session of it, assumed.
	Principal string `json:",omitempty"`
	// AccessKeyID is that of one session.
	AccessKeyID string `json:",omitempty"`
	// IssuedBefore leaves out what was opened later; zero leaves out nothing.
	IssuedBefore time.Time `json:",omitzero"`
}

// RootPrincipal is the Principal of a query for the account's root user.
const RootPrincipal = "root"

// ActiveSession is a session that has not ended. It carries no secret.
type ActiveSession struct {
	AccessKeyID string
	Principal   string    // ARN of the session: a user, the root user, or a role's session
	Issued      time.Time // whole seconds
	Expires     time.Time
	OpenedBy    string `json:",omitempty"` // ARN, service or web identity that opened it
	Source      string `json:",omitempty"` // source identity
}

// Sessions lists the sessions of an account that have not ended, oldest first.
// Errors: store.ErrNotFound for a principal or a session that does not exist,
// or the store's.
func Sessions(ctx context.Context, v Viewer, account string, q SessionQuery) (out []ActiveSession, err error) {
	s := offline(v, account, "")
	err = v.View(ctx, func(tx store.Tx) error {
		found, err := s.selectSessions(tx, q)
		if err != nil {
			return err
		}
		for _, k := range found {
			if !tx.Now().Before(k.Rec.Expires) {
				continue
			}
			who, err := s.sessionIdentity(tx, k.Key, k.Rec)
			if errors.Is(err, store.ErrNotFound) {
				continue // the role or user has gone
			}
			if err != nil {
				return err
			}
			out = append(out, ActiveSession{k.Key, who.ARN, k.Rec.Issued.Truncate(time.Second), k.Rec.Expires, k.Rec.openedBy(), k.Rec.Source})
		}
		return nil
	})
	slices.SortFunc(out, func(a, b ActiveSession) int {
		return cmp.Or(a.Issued.Compare(b.Issued), cmp.Compare(a.AccessKeyID, b.AccessKeyID))
	})
	return out, err
}

// RevokeSessions ends the sessions that q selects and all that were opened with
// them, at once and for good: their credentials are unknown from then on, and
// open connections that they let in are closed. Sessions that the principal
// opens afterwards are not touched. It returns how many had not ended yet.
// Errors: those of Sessions.
//
// Of a role or user also the time is kept: a session that has expired, and so
// is no longer listed, may have let in a connection that is still open.
func (s *Service) RevokeSessions(ctx context.Context, q SessionQuery) (ended int, err error) {
	err = s.store.Update(ctx, func(tx store.Tx) error {
		found, err := s.selectSessions(tx, q)
		if err != nil {
			return err
		}
		for _, k := range found {
			if tx.Now().Before(k.Rec.Expires) {
				ended++
			}
			if err := sessions.Delete(tx, k.Key); err != nil {
				return err
			}
		}
		if q.Principal == "" || q.Principal == RootPrincipal || q.AccessKeyID != "" {
			return nil
		}
		_, rec, save, err := openPrincipal(tx, q.Principal)
		if err != nil {
			return err
		}
		before := q.IssuedBefore
		if before.IsZero() || before.After(tx.Now()) {
			before = tx.Now()
		}
		if before.After(rec.RevokedBefore) {
			rec.RevokedBefore = before
		}
		return save()
	})
	return ended, err
}

// selectSessions returns the sessions of a query, those that have ended but are
// remembered among them, and every session that was opened with one of them.
func (s *Service) selectSessions(tx store.Tx, q SessionQuery) ([]store.Keyed[sessionRecord], error) {
	id := ""
	switch q.Principal {
	case "", RootPrincipal:
		id = s.account
	default:
		_, rec, _, err := openPrincipal(tx, q.Principal)
		if err != nil {
			return nil, err
		}
		id = rec.ID
	}
	var rest, chosen []store.Keyed[sessionRecord]
	for k, err := range sessions.List(tx, store.Query{}) {
		if err != nil {
			return nil, err
		}
		rest = append(rest, k)
	}
	opened := make(map[string]bool) // access key ids of what is chosen
	choose := func(fits func(string, *sessionRecord) bool) (some bool) {
		rest = slices.DeleteFunc(rest, func(k store.Keyed[sessionRecord]) bool {
			if !fits(k.Key, k.Rec) {
				return false
			}
			chosen, opened[k.Key], some = append(chosen, k), true, true
			return true
		})
		return some
	}
	more := choose(func(key string, r *sessionRecord) bool {
		return (q.AccessKeyID == "" || key == q.AccessKeyID) &&
			(q.Principal == "" || r.ownerID(s.account) == id || r.Opener.ID == id) &&
			(q.IssuedBefore.IsZero() || r.Issued.Before(q.IssuedBefore))
	})
	if !more && q.AccessKeyID != "" {
		return nil, store.ErrNotFound
	}
	for more {
		more = choose(func(_ string, r *sessionRecord) bool { return opened[r.Opener.AccessKeyID] })
	}
	return chosen, nil
}

// opener says who opened a session.
type opener struct {
	Name        string `json:",omitempty"` // ARN or service
	ID          string `json:",omitempty"` // unique id of the user or role, the account of root
	AccessKeyID string `json:",omitempty"` // what it signed with
}

func (id *Identity) opener() opener {
	return opener{id.ARN, cmp.Or(id.uniqueID, id.Account), id.AccessKeyID}
}

func (r *sessionRecord) openedBy() string {
	if r.Provider != "" {
		return r.Provider + " " + r.Subject
	}
	return r.Opener.Name
}

// ownerID is the unique id of the user or role that acts in the session.
func (r *sessionRecord) ownerID(account string) string {
	if r.Principal == "" {
		return account
	}
	return r.ID
}
