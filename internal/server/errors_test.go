package server_test

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/quoinhq/quoin/internal/control"
	"github.com/quoinhq/quoin/internal/server"
	"github.com/quoinhq/quoin/internal/store"
	"github.com/quoinhq/quoin/test/live"
)

// faulty fails every transaction while it is switched on.
type faulty struct {
	store.Store
	on atomic.Bool
}

var errDisk = errors.New("write /var/lib/secret-path/quoin.db: no space left on device")

func (f *faulty) View(ctx context.Context, fn func(store.Tx) error) error {
	if f.on.Load() {
		return errDisk
	}
	return f.Store.View(ctx, fn)
}

func (f *faulty) Update(ctx context.Context, fn func(store.Tx) error) error {
	if f.on.Load() {
		return errDisk
	}
	return f.Store.Update(ctx, fn)
}

// TestUpdateKxUserErrors provokes each of the seven errors that UpdateKxUser
// declares, over the wire.
func TestUpdateKxUserErrors(t *testing.T) {
	disk := new(faulty)
	clock := live.NewClock(time.Now())
	s := live.Start(t, func(c *server.Config) {
		c.WrapStore = func(inner store.Store) store.Store { disk.Store = inner; return disk }
		c.Quotas = control.Quotas{control.QuotaUsersPerRole: 1}
		c.Limits.PrincipalRate, c.Limits.PrincipalBurst = 1e-9, 500
		c.Now = clock.Now
	})
	env, roleA, roleB, roleC := s.Environment("env"), s.Role("a"), s.Role("b"), s.Role("c")
	s.User(env, "bob", roleA)
	s.User(env, "carol", roleC)
	users := "/kx/environments/" + env + "/users/"
	update := func(user, role, token string) *live.Reply {
		body := map[string]string{"iamRole": role}
		if token != "" {
			body["clientToken"] = token
		}
		return s.Do(http.MethodPut, users+user, body)
	}
	want := func(t *testing.T, r *live.Reply, status int, code string) {
		t.Helper()
		if r.Status != status || r.Code() != code {
			t.Errorf("got %d %s, want %d %s: %s", r.Status, r.Code(), status, code, r.Body)
		}
		if r.Member("message") == "" {
			t.Errorf("no message in %s", r.Body)
		}
		if got := r.Header.Get("Content-Type"); got != "application/json" {
			t.Errorf("content type %s", got)
		}
		if len(r.Header.Get("X-Amzn-Requestid")) != 36 {
			t.Errorf("request id %q", r.Header.Get("X-Amzn-Requestid"))
		}
	}
	t.Run("the reply, when there is none", func(t *testing.T) {
		r := update("bob", roleB, "first")
		wantBody := `{"userName":"bob","userArn":"arn:aws:finspace:us-east-1:123456789012:kxEnvironment/` + env +
			`/kxUser/bob","environmentId":"` + env + `","iamRole":"` + roleB + `"}`
		if r.Status != http.StatusOK || string(r.Body) != wantBody {
			t.Errorf("got %d %s, want %s", r.Status, r.Body, wantBody)
		}
	})
	t.Run("ValidationException", func(t *testing.T) {
		want(t, update("bob", "arn:aws:iam::123456789012:role/none", ""), 400, "ValidationException")
		want(t, update("bob", "no role at all, though it is long enough", ""), 400, "ValidationException")
		want(t, s.Do(http.MethodPut, users+"bob", map[string]string{}), 400, "ValidationException")
		want(t, update("bob", roleA, " "), 400, "ValidationException")
		want(t, update("bob", roleA, "a token of more than thirty-six characters"), 400, "ValidationException")
		want(t, update("bob%20x", roleA, ""), 400, "ValidationException")
	})
	t.Run("LimitExceededException", func(t *testing.T) {
		want(t, update("bob", roleC, ""), 400, "LimitExceededException")
	})
	t.Run("AccessDeniedException", func(t *testing.T) {
		key := s.UserKey("weak", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"finspace:GetKxUser","Resource":"*"}}`)
		r := s.DoAs(key, http.MethodPut, users+"bob", map[string]string{"iamRole": roleA})
		want(t, r, 403, "AccessDeniedException")
		wantMessage := "User: arn:aws:iam::123456789012:user/weak is not authorized to perform: finspace:UpdateKxUser on resource: " +
			"arn:aws:finspace:us-east-1:123456789012:kxEnvironment/" + env + "/kxUser/bob because no identity-based policy allows the finspace:UpdateKxUser action"
		if got := r.Member("message"); got != wantMessage {
			t.Errorf("got  %s\nwant %s", got, wantMessage)
		}
		if r := s.DoAs(key, http.MethodGet, users+"bob", nil); r.Status != http.StatusOK {
			t.Errorf("what is allowed: %d %s", r.Status, r.Body)
		}
	})
	t.Run("ResourceNotFoundException", func(t *testing.T) {
		want(t, update("nobody", roleA, ""), 404, "ResourceNotFoundException")
		want(t, s.Do(http.MethodPut, "/kx/environments/none/users/bob", map[string]string{"iamRole": roleA}), 404, "ResourceNotFoundException")
	})
	t.Run("ConflictException", func(t *testing.T) {
		r := update("bob", roleA, "first")
		want(t, r, 409, "ConflictException")
		if r.Member("reason") == "" {
			t.Errorf("no reason in %s", r.Body)
		}
	})
	t.Run("the first reply again", func(t *testing.T) {
		if r := s.Do(http.MethodDelete, users+"bob", nil); r.Status != http.StatusOK {
			t.Fatalf("delete: %d %s", r.Status, r.Body)
		}
		for _, later := range []func(){func() {}, s.Restart, func() { clock.Advance(9 * time.Minute) }} {
			later()
			if r := update("bob", roleB, "first"); r.Status != http.StatusOK || r.Member("iamRole") != roleB {
				t.Errorf("got %d %s", r.Status, r.Body)
			}
		}
		clock.Advance(time.Minute)
		want(t, update("bob", roleB, "first"), 404, "ResourceNotFoundException")
	})
	t.Run("InternalServerException", func(t *testing.T) {
		s.User(env, "dave", roleA)
		disk.on.Store(true)
		r := update("dave", roleB, "")
		disk.on.Store(false)
		want(t, r, 500, "InternalServerException")
		if got := r.Member("message"); got != "The request failed because of an internal error." {
			t.Errorf("internal text reached the caller: %s", got)
		}
		if got := s.Do(http.MethodGet, users+"dave", nil).Member("iamRole"); got != roleA {
			t.Errorf("the failed update had an effect: %s", got)
		}
	})
	t.Run("ThrottlingException", func(t *testing.T) {
		for range 600 {
			if r := update("dave", roleB, ""); r.Status != http.StatusOK {
				want(t, r, 429, "ThrottlingException")
				return
			}
		}
		t.Error("never throttled")
	})
}
