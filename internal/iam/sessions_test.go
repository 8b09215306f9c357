package iam_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/quoinhq/quoin/internal/iam"
	"github.com/quoinhq/quoin/internal/iam/iamtest"
	"github.com/quoinhq/quoin/internal/sigv4"
	"github.com/quoinhq/quoin/internal/store"
)

// Sessions that open sessions: alice opens a and, with it, b; root opens c, and
// one of its own; a service opens d.
func TestSessions(t *testing.T) {
	type world struct {
		*iamtest.Env
		root  *client
		creds map[string]sigv4.Credentials
	}
	start := func(t *testing.T) *world {
		e := iamtest.New(t)
		w := &world{e, newClient(t, e), map[string]sigv4.Credentials{}}
		for _, r := range []string{"desk", "next"} {
			w.root.makeRole(r)
			w.root.ok("iam", "PutRolePolicy", "RoleName", r, "PolicyName", "p", "PolicyDocument", allowAll)
		}
		alice := w.root.makeUser("alice")
		w.root.ok("iam", "PutUserPolicy", "UserName", "alice", "PolicyName", "p", "PolicyDocument", allowAll)
		w.creds["alice"] = alice.creds
		w.creds["own"] = credsIn(alice.ok("sts", "GetSessionToken"))
		a := alice.assume("desk")
		w.creds["a"], w.creds["b"], w.creds["c"] = a.creds, a.assume("next").creds, w.root.assume("next").creds
		w.creds["root"] = credsIn(w.root.ok("sts", "GetSessionToken"))
		var err error
		if w.creds["d"], _, err = e.IAM.ServiceSession(context.Background(), roleARN+"desk", "node", time.Hour, "finspace.amazonaws.com"); err != nil {
			t.Fatal(err)
		}
		return w
	}
	names := func(w *world, ids []string) string {
		var out []string
		for name, c := range w.creds {
			if slices.Contains(ids, c.AccessKeyID) {
				out = append(out, name)
			}
		}
		slices.Sort(out)
		return strings.Join(out, " ")
	}
	for name, c := range map[string]struct {
		query func(*world) iam.SessionQuery
		want  string
	}{
		"all":                     {func(*world) iam.SessionQuery { return iam.SessionQuery{} }, "a b c d own root"},
		"of a role":               {func(*world) iam.SessionQuery { return iam.SessionQuery{Principal: "role/desk"} }, "a b d"},
		"of another role":         {func(*world) iam.SessionQuery { return iam.SessionQuery{Principal: "role/next"} }, "b c"},
		"of a user":               {func(*world) iam.SessionQuery { return iam.SessionQuery{Principal: "user/alice"} }, "a b own"},
		"of root":                 {func(*world) iam.SessionQuery { return iam.SessionQuery{Principal: iam.RootPrincipal} }, "c root"},
		"one":                     {func(w *world) iam.SessionQuery { return iam.SessionQuery{AccessKeyID: w.creds["b"].AccessKeyID} }, "b"},
		"one that opened another": {func(w *world) iam.SessionQuery { return iam.SessionQuery{AccessKeyID: w.creds["a"].AccessKeyID} }, "a b"},
		"older ones": {func(*world) iam.SessionQuery {
			return iam.SessionQuery{Principal: "role/desk", IssuedBefore: time.Now().Add(-time.Minute)}
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := start(t)
			q := c.query(w)
			listed, err := iam.Sessions(context.Background(), w.Store, iamtest.Account, q)
			if err != nil {
				t.Fatal(err)
			}
			var ids []string
			for _, s := range listed {
				ids = append(ids, s.AccessKeyID)
			}
			if got := names(w, ids); got != c.want {
				t.Errorf("listed %q, want %q", got, c.want)
			}
			n, err := w.IAM.RevokeSessions(context.Background(), q)
			if err != nil || n != len(ids) {
				t.Errorf("revoked %d, %v", n, err)
			}
			var ended []string
			for _, creds := range w.creds {
				if _, _, err := w.IAM.Authenticate(context.Background(), creds.AccessKeyID, creds.SessionToken); err != nil {
					var refused *sigv4.Error
					if !errors.As(err, &refused) || refused.Cause != sigv4.UnknownKey {
						t.Error(err)
					}
					ended = append(ended, creds.AccessKeyID)
				}
			}
			if got := names(w, ended); got != c.want {
				t.Errorf("ended %q, want %q", got, c.want)
			}
			// What is opened afterwards counts, in the same second too.
			w.root.assume("desk").ok("iam", "ListRoles")
			if left, err := iam.Sessions(context.Background(), w.Store, iamtest.Account, q); q.IssuedBefore.IsZero() && (err != nil || len(left) > 1) && !errors.Is(err, store.ErrNotFound) {
				t.Errorf("left: %v %v", left, err)
			}
		})
	}
	t.Run("what is listed", func(t *testing.T) {
		w := start(t)
		listed, err := iam.Sessions(context.Background(), w.Store, iamtest.Account, iam.SessionQuery{Principal: "role/desk"})
		if err != nil {
			t.Fatal(err)
		}
		got := map[string][2]string{}
		for _, s := range listed {
			if s.Expires.Sub(s.Issued) != time.Hour {
				t.Errorf("%s to %s", s.Issued, s.Expires)
			}
			got[names(w, []string{s.AccessKeyID})] = [2]string{s.Principal, s.OpenedBy}
		}
		const sts = "arn:aws:sts::123456789012:assumed-role/"
		for name, want := range map[string][2]string{
			"a": {sts + "desk/test", "arn:aws:iam::123456789012:user/alice"},
			"b": {sts + "next/test", sts + "desk/test"},
			"d": {sts + "desk/node", "finspace.amazonaws.com"},
		} {
			if got[name] != want {
				t.Errorf("%s: %q, want %q", name, got[name], want)
			}
		}
	})
	t.Run("a role that was deleted has none", func(t *testing.T) {
		w := start(t)
		w.root.ok("iam", "DeleteRolePolicy", "RoleName", "next", "PolicyName", "p")
		w.root.ok("iam", "DeleteRole", "RoleName", "next")
		w.root.makeRole("next")
		listed, err := iam.Sessions(context.Background(), w.Store, iamtest.Account, iam.SessionQuery{AccessKeyID: w.creds["c"].AccessKeyID})
		if err != nil || len(listed) != 0 {
			t.Error(listed, err)
		}
	})
	for name, q := range map[string]iam.SessionQuery{
		"no such role": {Principal: "role/none"}, "no such user": {Principal: "user/none"}, "no such session": {AccessKeyID: "ASIANONE"},
	} {
		t.Run(name, func(t *testing.T) {
			w := start(t)
			if _, err := iam.Sessions(context.Background(), w.Store, iamtest.Account, q); !errors.Is(err, store.ErrNotFound) {
				t.Error(err)
			}
			if _, err := w.IAM.RevokeSessions(context.Background(), q); !errors.Is(err, store.ErrNotFound) {
				t.Error(err)
			}
		})
	}
	t.Run("rotating root ends its own", func(t *testing.T) {
		w := start(t)
		if _, err := w.IAM.RotateRoot(context.Background()); err != nil {
			t.Fatal(err)
		}
		w.root.as(w.creds["root"]).fails("InvalidClientTokenId", "sts", "GetCallerIdentity")
		w.root.as(w.creds["c"]).ok("sts", "GetCallerIdentity")
	})
}
