package gateway

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/quoinhq/quoin/internal/iam"
	"github.com/quoinhq/quoin/internal/sigv4"
)

// reviewEvery is how often connections are asked again when nothing told of a
// change: policies may have conditions on the time.
const reviewEvery = time.Minute

// reviews counts the reviews of all connections: those that were asked for and
// how far they have been done.
type reviews struct {
	due chan struct{} // has room for one: there are more asked for than done

	mu    sync.Mutex // protects the rest
	asked int
	done  int           // of asked
	step  chan struct{} // closed and replaced when done grows
	over  bool          // nothing is reviewed any more
}

func newReviews() reviews { return reviews{due: make(chan struct{}, 1), step: make(chan struct{})} }

// ask asks for a review.
func (r *reviews) ask() {
	r.mu.Lock()
	r.asked++
	r.mu.Unlock()
	select {
	case r.due <- struct{}{}:
	default: // one is due already, and it will see this change too
	}
}

// begin returns how many reviews the one that begins answers.
func (r *reviews) begin() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.asked
}

// finish says that the reviews up to the nth are done, and with over that there
// will be no more.
func (r *reviews) finish(n int, over bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.done, r.over = n, r.over || over
	close(r.step)
	r.step = make(chan struct{})
}

// settled returns nil when all that was asked for until the nth is done, and
// otherwise what to wait for before asking again.
func (r *reviews) settled(n int) <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.done >= n || r.over {
		return nil
	}
	return r.step
}

// Review has every connection asked again soon whether it is still allowed. It
// does not wait and may be called from anywhere.
func (g *Gateway) Review() { g.reviews.ask() }

// Settle waits until every Review that was asked for has been made: connections
// that it found to be no longer allowed carry nothing any more. Errors: those
// of ctx.
func (g *Gateway) Settle(ctx context.Context) error {
	n := g.reviews.begin()
	for step := g.reviews.settled(n); step != nil; step = g.reviews.settled(n) {
		select {
		case <-step:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// ReviewUser asks the connections of one user again whether they are allowed,
// and returns when those that are not carry nothing any more. It is for the
// call that changed the user: what a client sends after that call was answered
// does not arrive.
func (g *Gateway) ReviewUser(ctx context.Context, env, user string) {
	// Not even a caller that has gone leaves connections open.
	g.recheck(context.WithoutCancel(ctx), g.sessions.ofOwner(owner{env, user}))
}

func (g *Gateway) reviewLoop(ctx context.Context) {
	defer g.reviews.finish(0, true)
	tick := time.NewTicker(reviewEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-g.reviews.due:
		}
		n := g.reviews.begin()
		g.recheck(ctx, g.sessions.all())
		g.reviews.finish(n, false)
	}
}

func (g *Gateway) recheck(ctx context.Context, sessions []*session) {
	for _, s := range sessions {
		if err := g.check(ctx, s); err != nil && ctx.Err() == nil {
			s.stop(err)
		}
	}
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
