package gateway_test

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/quoinhq/quoin/internal/gateway"
	"github.com/quoinhq/quoin/internal/iam"
	"github.com/quoinhq/quoin/internal/iam/iamtest"
	"github.com/quoinhq/quoin/internal/sigv4"
	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/kdb/ipc"
)

// What a change means for a connection that is open.
func TestReview(t *testing.T) {
	tests := map[string]struct {
		change func(f *fixture, role string)
		cause  gateway.Cause // "" stays
	}{
		"role changed to one that is allowed":     {func(f *fixture, _ string) { f.setUser("bob", f.role("other", true)) }, ""},
		"role changed to one that is not allowed": {func(f *fixture, _ string) { f.setUser("bob", f.role("other", false)) }, gateway.RoleChanged},
		"role changed to one that is not there":   {func(f *fixture, _ string) { f.setUser("bob", "arn:aws:iam::"+iamtest.Account+":role/gone") }, gateway.RoleChanged},
		"user deleted":                            {func(f *fixture, _ string) { f.setUser("bob", "") }, gateway.UserDeleted},
		"user deleted and made again before anybody looked": {func(f *fixture, _ string) {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.made = time.Now()
		}, gateway.UserDeleted},
		"policy taken away": {func(f *fixture, _ string) {
			_, err := f.roles.DeleteRolePolicy(context.Background(), &awsiam.DeleteRolePolicyInput{RoleName: aws.String("reader"), PolicyName: aws.String("connect")})
			if err != nil {
				f.Fatal(err)
			}
		}, gateway.NotAllowed},
		"policy denies":        {func(f *fixture, _ string) { f.policy("reader", "Deny") }, gateway.NotAllowed},
		"policy written again": {func(f *fixture, _ string) { f.policy("reader", "Allow") }, ""},
		"cluster deleted": {func(f *fixture, _ string) {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.closed = true
		}, gateway.ClusterClosed},
		"another user deleted": {func(f *fixture, _ string) { f.setUser("eve", "") }, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			role := f.role("reader", true)
			f.setUser("bob", role)
			c := f.connected("bob", f.assume(role))
			tt.change(f, role)
			f.Review()
			if tt.cause == "" {
				time.Sleep(50 * time.Millisecond) // a review that would end it has come by then
				f.answers(c, "bob")
				return
			}
			f.ended(c)
			f.wants("Disconnect", tt.cause)
		})
	}
}

// A session that is revoked takes its connections with it, however that is done
// and whatever became of the user since. Nobody calls Review here: IAM tells.
func TestSessionRevoked(t *testing.T) {
	revoke := func(q func(creds sigv4.Credentials) iam.SessionQuery) func(*fixture, sigv4.Credentials) {
		return func(f *fixture, creds sigv4.Credentials) {
			if _, err := f.iam.IAM.RevokeSessions(context.Background(), q(creds)); err != nil {
				f.Fatal(err)
			}
		}
	}
	session := revoke(func(c sigv4.Credentials) iam.SessionQuery { return iam.SessionQuery{AccessKeyID: c.AccessKeyID} })
	ofRole := revoke(func(sigv4.Credentials) iam.SessionQuery { return iam.SessionQuery{Principal: "role/reader"} })
	tests := map[string]struct {
		revoke func(*fixture, sigv4.Credentials)
		cause  gateway.Cause // "" stays
	}{
		"the session":         {session, gateway.SessionRevoked},
		"all of the role":     {ofRole, gateway.SessionRevoked},
		"all of another role": {revoke(func(sigv4.Credentials) iam.SessionQuery { return iam.SessionQuery{Principal: "role/other"} }), ""},
		"all that are older": {revoke(func(sigv4.Credentials) iam.SessionQuery {
			return iam.SessionQuery{Principal: "role/reader", IssuedBefore: time.Now().Add(-time.Minute)}
		}), ""},
		"all that root opened": {revoke(func(sigv4.Credentials) iam.SessionQuery { return iam.SessionQuery{Principal: iam.RootPrincipal} }), gateway.SessionRevoked},
		"after it has expired": {func(f *fixture, c sigv4.Credentials) { f.pass(2 * time.Hour); ofRole(f, c) }, gateway.NotAllowed},
		"expired, not revoked": {func(f *fixture, c sigv4.Credentials) { f.pass(2 * time.Hour); f.Review() }, ""},
		"the user's role moved": {func(f *fixture, c sigv4.Credentials) {
			f.setUser("bob", f.role("next", true))
			f.Review()
			session(f, c)
		}, gateway.SessionRevoked},
		"by a policy, as AWS's console does": {func(f *fixture, _ sigv4.Credentials) { f.revokeOlder("reader", time.Now().Add(time.Second)) }, gateway.NotAllowed},
		"by a policy, those that are older":  {func(f *fixture, _ sigv4.Credentials) { f.revokeOlder("reader", time.Now().Add(-time.Minute)) }, ""},
		"by a policy of the next role": {func(f *fixture, _ sigv4.Credentials) {
			f.setUser("bob", f.role("next", true))
			f.Review()
			f.revokeOlder("next", time.Now().Add(time.Second))
		}, gateway.RoleChanged},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			role := f.role("reader", true)
			f.role("other", true)
			f.setUser("bob", role)
			creds := f.assume(role)
			c := f.connected("bob", creds)
			tt.revoke(f, creds)
			if tt.cause == "" {
				time.Sleep(50 * time.Millisecond) // a review that would end it has come by then
				f.answers(c, "bob")
				return
			}
			f.ended(c)
			f.wants("Disconnect", tt.cause)
		})
	}
}

// TestNothingPassesAfterReview: the answer to UpdateKxUser overtook the end of
// the connections, and a query sent after it was still answered.
func TestNothingPassesAfterReview(t *testing.T) {
	tests := map[string]func(f *fixture){
		"of a user": func(f *fixture) {
			f.setUser("bob", f.role("other", false))
			f.ReviewUser(context.Background(), env, "bob")
		},
		"of a user, by a caller that has gone": func(f *fixture) {
			f.setUser("bob", "")
			ctx, cancel := context.WithCancel(context.Background())
			cancel()
			f.ReviewUser(ctx, env, "bob")
		},
		"of all": func(f *fixture) {
			f.policy("reader", "Deny")
			if err := f.Settle(context.Background()); err != nil {
				f.Error(err)
			}
		},
		"of all, as often as it was asked for": func(f *fixture) {
			f.Review()
			f.setUser("bob", "")
			for range 3 {
				f.Review()
			}
			if err := f.Settle(context.Background()); err != nil {
				f.Error(err)
			}
		},
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			role, other := f.role("reader", true), f.role("kept", true)
			f.setUser("bob", role)
			f.setUser("eve", other)
			creds := f.assume(role)
			conns := make([]*ipc.Conn, 32)
			for i := range conns {
				conns[i] = f.connected("bob", creds)
			}
			f.connected("eve", f.assume(other))
			before := f.traffic.In.Messages.Load()
			change(f)
			for _, c := range conns {
				if v, err := c.Sync(t.Context(), kdb.Long(7)); err == nil {
					t.Errorf("a query after it was answered with %s", v)
				}
			}
			if n := f.traffic.In.Messages.Load() - before; n != 0 {
				t.Errorf("%d messages reached the node after it", n)
			}
			f.answering("eve")
		})
	}
}

// Nobody waits for a gateway that has been closed.
func TestSettleAfterClose(t *testing.T) {
	var closed *gateway.Gateway
	t.Run("open", func(t *testing.T) { closed = newFixture(t).Gateway })
	closed.Review()
	if err := closed.Settle(t.Context()); err != nil {
		t.Error(err)
	}
}
