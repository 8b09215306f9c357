package gateway

import (
	"context"
	"errors"
	"time"

	"github.com/quoinhq/quoin/internal/iam"
	"github.com/quoinhq/quoin/internal/sigv4"
)

// reviewEvery is how often connections are asked again when nothing told of a
// change: policies may have conditions on the time.
const reviewEvery = time.Minute

func (g *Gateway) reviewLoop(ctx context.Context) {
	tick := time.NewTicker(reviewEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-g.review:
		}
		for _, s := range g.snapshot() {
			if err := g.check(ctx, s); err != nil && ctx.Err() == nil {
				s.end(err)
			}
		}
	}
}

func (g *Gateway) snapshot() []*session {
	g.mu.Lock()
	defer g.mu.Unlock()
	out := make([]*session, 0, len(g.sessions))
	for s := range g.sessions {
		out = append(out, s)
	}
	return out
}

// check decides whether a session is allowed as things are now: the cluster
// takes connections, the user exists, the session speaks for the role that the user has, and that role's
// policies allow the connection.
//
// A session whose credentials have expired goes on: they opened the door, and
// the service's connections lasted longer than its credentials. Credentials
// that were revoked end it. When the user was given another role it is that
// role which must allow the connection from then on.
func (g *Gateway) check(ctx context.Context, s *session) error {
	standing, err := g.cfg.Look(ctx, s.to.Environment, s.to.Cluster, s.user)
	switch {
	case err != nil:
		return refuse(Failed, err)
	case standing.Role == "":
		return refuse(UserDeleted, nil)
	case !standing.Open:
		return refuse(ClusterClosed, nil)
	}
	s.made.CompareAndSwap(nil, &standing.Since)
	if !standing.Since.Equal(*s.made.Load()) {
		return refuse(UserDeleted, errors.New("there is another user of that name"))
	}
	who := s.who.Load()
	switch {
	case who.Session == nil || who.Session.RoleARN == "":
		return refuse(NotAllowed, errors.New("the string was not signed by a session of a role"))
	case who.Session.RoleARN != standing.Role && s.on() == "":
		return refuse(NotAllowed, errors.New("the user has another role"))
	}
	if who, err = g.renew(ctx, s, who); err != nil {
		return err
	}
	s.who.Store(who)
	denied := NotAllowed
	if who.Session.RoleARN != standing.Role { // one that the user was given while connected
		denied = RoleChanged
		if who, err = g.cfg.IAM.RoleIdentity(ctx, standing.Role, s.user, who.Session.Issued); err != nil {
			return refuse(denied, err)
		}
	}
	err = g.cfg.IAM.Authorize(ctx, iam.Request{
		Identity: who, Action: sigv4.ConnectAction, Resource: g.cfg.ClusterARN(s.to.Environment, s.to.Cluster),
	}).Err()
	var d *iam.DeniedError
	switch {
	case errors.As(err, &d):
		return refuse(denied, err)
	case err != nil:
		return refuse(Failed, err)
	}
	return nil
}

// renew makes sure that the credentials which a session was let in with are
// not revoked, and returns the identity as it is now.
func (g *Gateway) renew(ctx context.Context, s *session, now *iam.Identity) (*iam.Identity, error) {
	id, _, err := g.cfg.IAM.Authenticate(ctx, s.auth.AccessKeyID, s.auth.Token)
	var bad *sigv4.Error
	switch {
	case err == nil:
		return id, nil
	case errors.As(err, &bad) && bad.Cause == sigv4.ExpiredToken:
		return now, nil
	case errors.As(err, &bad) && !now.Session.Expires.After(g.cfg.Now()):
		return now, nil // expired, and its record with it
	case errors.As(err, &bad):
		return nil, refuse(SessionRevoked, err)
	}
	return nil, refuse(Failed, err)
}
