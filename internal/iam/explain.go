package iam

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/quoinhq/quoin/internal/iam/policy"
	"github.com/quoinhq/quoin/internal/store"
)

// Viewer is as much of a store as explaining needs.
type Viewer interface {
	View(ctx context.Context, fn func(store.Tx) error) error
}

// Question asks what a principal may do.
type Question struct {
	Principal string // ARN of a user, a role, a role's session, or the root user
	Action    string
	Resource  string
	Keys      map[string][]string // condition keys of the request
}

// Explain decides as Authorize would for a caller without session policies.
// Assuming a role of the account takes its trust policy into account. It
// returns an error for a principal that does not exist.
func Explain(ctx context.Context, v Viewer, account, region string, q Question) (Decision, error) {
	s := offline(v, account, region)
	id, err := s.identityOf(ctx, q.Principal)
	if err != nil {
		return Decision{}, err
	}
	req := Request{Identity: id, Action: q.Action, Resource: q.Resource, Keys: q.Keys}
	var trust *policy.Document
	if role, err := s.findRole(ctx, q.Resource); err != nil {
		return Decision{}, err
	} else if role != nil && strings.HasPrefix(strings.ToLower(q.Action), "sts:") {
		trust = role.trust
	}
	d, _ := s.decide(ctx, &req, trust)
	if d.fault == nil && d.Layer == TrustLayer && d.doc != nil {
		d.doc, d.fault = s.shownTrust(ctx, d.doc)
	}
	return d, d.fault
}

func (s *Service) shownTrust(ctx context.Context, kept *policy.Document) (shown *policy.Document, err error) {
	err = s.store.View(ctx, func(tx store.Tx) error {
		src, err := s.showTrust(tx, kept.Source())
		if err == nil {
			shown, err = policy.Parse(policy.Trust, src)
		}
		return err
	})
	return shown, err
}

// offline is a service that only reads.
func offline(v Viewer, account, region string) *Service {
	return &Service{
		store: viewOnly{v}, account: account, region: region, now: time.Now, log: slog.New(slog.DiscardHandler),
		principals: newCache[*principal](1), credentials: newCache[*credential](1),
	}
}

// identityOf makes the identity that a principal would have.
func (s *Service) identityOf(ctx context.Context, arn string) (*Identity, error) {
	if arn == s.arn("root") {
		return s.rootIdentity(""), nil
	}
	var out *Identity
	err := s.store.View(ctx, func(tx store.Tx) error {
		if _, name, ok := s.nameOf(arn, "user"); ok {
			u, err := users.Get(tx, recordKey(name))
			if err == nil && s.userARN(u) == arn {
				out = s.userIdentity("", u)
			}
			return err
		}
		name, session, isSession := "", "", false
		if rest, ok := strings.CutPrefix(arn, "arn:aws:sts::"+s.account+":assumed-role/"); ok {
			name, session, isSession = strings.Cut(rest, "/")
		} else if _, rest, ok := s.nameOf(arn, "role"); ok {
			name = rest
		}
		if name == "" {
			return store.ErrNotFound
		}
		r, err := roles.Get(tx, recordKey(name))
		if err == nil && (isSession || s.roleARN(r) == arn) {
			now := s.now()
			out = s.roleIdentity("", &r.principalRecord, &Session{Name: session, Issued: now, Expires: now.Add(defaultLife)})
			out.ARN = arn
		}
		return err
	})
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, err
	}
	if out == nil {
		return nil, fmt.Errorf("there is no principal %s in account %s", arn, s.account)
	}
	return out, nil
}

// viewOnly is a store that nothing can be changed in.
type viewOnly struct{ Viewer }

func (viewOnly) Update(context.Context, func(store.Tx) error) error {
	return errors.New("iam: the store is open for reading only")
}
func (viewOnly) Watch(store.Kind, func([]string)) (stop func()) { return func() {} }
func (viewOnly) Close() error                                   { return nil }
