package control_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/control"
	"github.com/quoinhq/quoin/internal/store"
	"github.com/quoinhq/quoin/internal/store/storetest"
)

func TestCreateKxUser(t *testing.T) {
	w := newWorld(t)
	env := w.environment("env")
	in := func(name, role string) *finspace.CreateKxUserInput {
		return &finspace.CreateKxUserInput{EnvironmentId: &env, UserName: &name, IamRole: &role}
	}
	t.Run("ok", func(t *testing.T) {
		got, err := w.CreateKxUser(t.Context(), in("bob", roleA))
		want := &finspace.CreateKxUserOutput{
			UserName: ptr("bob"), EnvironmentId: &env, IamRole: ptr(roleA),
			UserArn: ptr("arn:aws:finspace:us-east-1:123456789012:kxEnvironment/" + env + "/kxUser/bob"),
		}
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%v %s", err, diff)
		}
	})
	for name, c := range map[string]struct {
		in   *finspace.CreateKxUserInput
		code string
	}{
		"ResourceAlreadyExistsException":                   {in("bob", roleA), "ResourceAlreadyExistsException"},
		"ResourceNotFoundException for the environment":    {&finspace.CreateKxUserInput{EnvironmentId: ptr("none"), UserName: ptr("x"), IamRole: ptr(roleA)}, "ResourceNotFoundException"},
		"ValidationException for a role that is not there": {in("eve", "arn:aws:iam::123456789012:role/none"), "ValidationException"},
		"ValidationException for another account's role":   {in("eve", "arn:aws:iam::210987654321:role/a"), "ValidationException"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.CreateKxUser(t.Context(), c.in)
			wantCode(t, err, c.code)
		})
	}
	t.Run("LimitExceededException", func(t *testing.T) {
		w.quotas[control.QuotaUsers] = 1
		defer delete(w.quotas, control.QuotaUsers)
		_, err := w.CreateKxUser(t.Context(), in("carol", roleA))
		wantCode(t, err, "LimitExceededException")
	})
	t.Run("ConflictException while the environment is not ready", func(t *testing.T) {
		out := must(w.CreateKxEnvironment(t.Context(), &finspace.CreateKxEnvironmentInput{Name: ptr("raw"), KmsKeyId: ptr(kmsKey)}))
		_, err := w.CreateKxUser(t.Context(), &finspace.CreateKxUserInput{EnvironmentId: out.EnvironmentId, UserName: ptr("x"), IamRole: ptr(roleA)})
		wantCode(t, err, "ConflictException")
	})
	t.Run("InternalServerException leaves nothing behind", func(t *testing.T) {
		dave := &finspace.CreateKxUserInput{
			EnvironmentId: &env, UserName: ptr("dave"), IamRole: ptr(roleA), Tags: map[string]string{"a": "b"}, ClientToken: ptr("dave"),
		}
		before := w.records()
		for n := 1; ; n++ {
			w.faulty.FailNth(n)
			_, err := w.CreateKxUser(t.Context(), dave)
			w.faulty.FailWhen(nil)
			if err == nil {
				if n < 5 {
					t.Errorf("only %d places in it that can fail", n)
				}
				return
			}
			if !errors.Is(err, storetest.ErrInjected) {
				t.Errorf("fault %d: %v", n, err)
			}
			if diff := cmp.Diff(before, w.records()); diff != "" {
				t.Fatalf("fault %d: %s", n, diff)
			}
		}
	})
	t.Run("a deleted name can be taken at once", func(t *testing.T) {
		if _, err := w.DeleteKxUser(t.Context(), &finspace.DeleteKxUserInput{EnvironmentId: &env, UserName: ptr("bob")}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.CreateKxUser(t.Context(), in("bob", roleB)); err != nil {
			t.Error(err)
		}
	})
}

func TestUpdateKxUser(t *testing.T) {
	w := newWorld(t)
	env := w.environment("env")
	w.user(env, "bob")
	in := func(name, role string) *finspace.UpdateKxUserInput {
		return &finspace.UpdateKxUserInput{EnvironmentId: &env, UserName: &name, IamRole: &role}
	}
	t.Run("only the role and the time of the update change", func(t *testing.T) {
		before := w.list(env)[0]
		w.clock.Advance(time.Minute)
		got, err := w.UpdateKxUser(t.Context(), in("bob", roleB))
		want := &finspace.UpdateKxUserOutput{UserName: ptr("bob"), EnvironmentId: &env, IamRole: ptr(roleB), UserArn: before.UserArn}
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%v %s", err, diff)
		}
		after := before
		after.IamRole, after.UpdateTimestamp = ptr(roleB), ptr(w.clock.Now())
		if diff := cmp.Diff([]finspace.KxUser{after}, w.list(env)); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("the new role counts before the answer", func(t *testing.T) {
		var seen []string
		w.changed = func(env, user string) {
			if out, err := w.GetKxUser(t.Context(), &finspace.GetKxUserInput{EnvironmentId: &env, UserName: &user}); err == nil {
				seen = append(seen, user+" has "+*out.IamRole)
			} else {
				seen = append(seen, user+" has gone")
			}
		}
		defer func() { w.changed = nil }()
		w.user(env, "dora")
		if _, err := w.UpdateKxUser(t.Context(), in("dora", roleB)); err != nil {
			t.Fatal(err)
		}
		if _, err := w.DeleteKxUser(t.Context(), &finspace.DeleteKxUserInput{EnvironmentId: &env, UserName: ptr("dora")}); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"dora has " + roleB, "dora has gone"}, seen); diff != "" {
			t.Error(diff)
		}
	})
	for name, c := range map[string]struct {
		in   *finspace.UpdateKxUserInput
		code string
	}{
		"ResourceNotFoundException for the user":           {in("nobody", roleA), "ResourceNotFoundException"},
		"ResourceNotFoundException for the environment":    {&finspace.UpdateKxUserInput{EnvironmentId: ptr("none"), UserName: ptr("bob"), IamRole: ptr(roleA)}, "ResourceNotFoundException"},
		"ValidationException for a role that is not there": {in("bob", "arn:aws:iam::123456789012:role/none"), "ValidationException"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.UpdateKxUser(t.Context(), c.in)
			wantCode(t, err, c.code)
		})
	}
	t.Run("LimitExceededException", func(t *testing.T) {
		w.user(env, "carol") // has role A
		w.quotas[control.QuotaUsersPerRole] = 1
		defer delete(w.quotas, control.QuotaUsersPerRole)
		_, err := w.UpdateKxUser(t.Context(), in("bob", roleA))
		wantCode(t, err, "LimitExceededException")
		_, err = w.UpdateKxUser(t.Context(), in("carol", roleA))
		wantCode(t, err, "") // the role that it has already
	})
	t.Run("ConflictException while the environment's network changes", func(t *testing.T) {
		must(w.UpdateKxEnvironmentNetwork(t.Context(), dnsUpdate(env, "10.0.0.1")))
		_, err := w.UpdateKxUser(t.Context(), in("bob", roleA))
		wantCode(t, err, "ConflictException")
		var conflict *finspace.ConflictException
		if errors.As(err, &conflict); conflict == nil || conflict.Reason == "" {
			t.Errorf("no reason in %v", err)
		}
		w.settle(env)
	})
	t.Run("two at once: both are done, one after the other", func(t *testing.T) {
		var wg sync.WaitGroup
		for i := range 20 {
			wg.Go(func() {
				role := []string{roleA, roleB}[i%2]
				if out, err := w.UpdateKxUser(t.Context(), in("bob", role)); err != nil || *out.IamRole != role {
					t.Errorf("update %d: %v %v", i, out, err)
				}
			})
		}
		wg.Wait()
	})
}

func TestClientToken(t *testing.T) {
	w := newWorld(t)
	env := w.environment("env")
	update := func(role, token string) (*finspace.UpdateKxUserOutput, error) {
		return w.UpdateKxUser(t.Context(), &finspace.UpdateKxUserInput{
			EnvironmentId: &env, UserName: ptr("bob"), IamRole: &role, ClientToken: &token,
		})
	}
	setUp := func(t *testing.T) *finspace.UpdateKxUserOutput {
		t.Helper()
		w.clock.Advance(time.Hour) // every token before is forgotten
		w.user(env, "bob")
		t.Cleanup(func() {
			w.principal = "root"
			_, _ = w.DeleteKxUser(w.t.Context(), &finspace.DeleteKxUserInput{EnvironmentId: &env, UserName: ptr("bob")})
		})
		first, err := update(roleB, "t1")
		if err != nil {
			t.Fatal(err)
		}
		return first
	}
	wantFirst := func(t *testing.T, first *finspace.UpdateKxUserOutput) {
		t.Helper()
		again, err := update(roleB, "t1")
		if diff := cmp.Diff(first, again); err != nil || diff != "" {
			t.Errorf("the reply is another: %v %s", err, diff)
		}
	}
	t.Run("the first reply again though the user has changed", func(t *testing.T) {
		first := setUp(t)
		must(update(roleA, "t2"))
		wantFirst(t, first)
		if got := *w.list(env)[0].IamRole; got != roleA {
			t.Errorf("the repeated request had an effect: role %s", got)
		}
	})
	t.Run("the first reply again though the user is deleted", func(t *testing.T) {
		first := setUp(t)
		must(w.DeleteKxUser(t.Context(), &finspace.DeleteKxUserInput{EnvironmentId: &env, UserName: ptr("bob")}))
		wantFirst(t, first)
	})
	t.Run("the first reply again after a restart", func(t *testing.T) {
		first := setUp(t)
		must(update(roleA, "t2"))
		w.restart()
		wantFirst(t, first)
	})
	t.Run("ConflictException for another request", func(t *testing.T) {
		setUp(t)
		_, err := update(roleA, "t1")
		wantCode(t, err, "ConflictException")
	})
	t.Run("remembered for just under ten minutes, then forgotten", func(t *testing.T) {
		first := setUp(t)
		must(update(roleA, "t2"))
		w.clock.Advance(10*time.Minute - time.Millisecond)
		wantFirst(t, first)
		w.clock.Advance(time.Millisecond)
		if _, err := update(roleA, "t1"); err != nil {
			t.Errorf("another request with a forgotten token: %v", err)
		}
	})
	t.Run("forgotten after ten minutes of which the server was down", func(t *testing.T) {
		setUp(t)
		w.clock.Advance(10 * time.Minute)
		w.restart()
		if _, err := update(roleA, "t1"); err != nil {
			t.Error(err)
		}
	})
	t.Run("another principal's token is another token", func(t *testing.T) {
		setUp(t)
		w.principal = "somebody else"
		if _, err := update(roleA, "t1"); err != nil {
			t.Error(err)
		}
	})
	t.Run("another operation's token is another token", func(t *testing.T) {
		setUp(t)
		_, err := w.CreateKxUser(t.Context(), &finspace.CreateKxUserInput{
			EnvironmentId: &env, UserName: ptr("eve"), IamRole: ptr(roleA), ClientToken: ptr("t1"),
		})
		wantCode(t, err, "")
	})
	t.Run("a request that failed leaves no token", func(t *testing.T) {
		setUp(t)
		_, err := update("arn:aws:iam::123456789012:role/none", "t3")
		wantCode(t, err, "ValidationException")
		if _, err := update(roleA, "t3"); err != nil {
			t.Error(err)
		}
	})
	t.Run("one effect of many requests at once", func(t *testing.T) {
		setUp(t)
		var wg sync.WaitGroup
		for range 16 {
			wg.Go(func() {
				_, err := w.CreateKxUser(t.Context(), &finspace.CreateKxUserInput{
					EnvironmentId: &env, UserName: ptr("once"), IamRole: ptr(roleA), ClientToken: ptr("t4"),
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	})
}

func TestListKxUsers(t *testing.T) {
	w := newWorld(t)
	env, other := w.environment("env"), w.environment("other")
	w.user(other, "elsewhere")
	var want []string
	for i := range 250 {
		name := fmt.Sprintf("user-%03d", i)
		want = append(want, name)
		w.user(env, name)
	}
	list := func(token *string, limit int32) (*finspace.ListKxUsersOutput, error) {
		return w.ListKxUsers(t.Context(), &finspace.ListKxUsersInput{EnvironmentId: &env, NextToken: token, MaxResults: &limit})
	}
	for _, limit := range []int32{0, 1, 7, 50, 100} {
		t.Run(fmt.Sprintf("pages of %d", limit), func(t *testing.T) {
			var got []string
			var token *string
			for {
				out, err := list(token, limit)
				if err != nil {
					t.Fatal(err)
				}
				if most := int(limit); len(out.Users) > 100 || most > 0 && len(out.Users) > most {
					t.Fatalf("a page of %d", len(out.Users))
				}
				for _, u := range out.Users {
					got = append(got, *u.UserName)
				}
				if token = out.NextToken; token == nil {
					break
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	t.Run("no token on a last page that is full", func(t *testing.T) {
		out := must(list(must(list(must(list(nil, 100)).NextToken, 100)).NextToken, 50))
		if out.NextToken != nil || len(out.Users) != 50 {
			t.Errorf("%d users, token %v", len(out.Users), out.NextToken)
		}
	})
	t.Run("users that come and go between pages", func(t *testing.T) {
		first := must(list(nil, 100))
		must(w.DeleteKxUser(t.Context(), &finspace.DeleteKxUserInput{EnvironmentId: &env, UserName: ptr("user-099")}))
		w.user(env, "a-new-one")
		second := must(list(first.NextToken, 100))
		if got := *second.Users[0].UserName; got != "user-100" {
			t.Errorf("the second page begins with %s", got)
		}
	})
	token := must(list(nil, 10)).NextToken
	t.Run("a token outlives a restart", func(t *testing.T) {
		w.restart()
		if out := must(list(token, 10)); *out.Users[0].UserName == *must(list(nil, 10)).Users[0].UserName {
			t.Error("the first page again")
		}
	})
	t.Run("ValidationException for a token of another environment", func(t *testing.T) {
		_, err := w.ListKxUsers(t.Context(), &finspace.ListKxUsersInput{EnvironmentId: &other, NextToken: token})
		wantCode(t, err, "ValidationException")
	})
	t.Run("ValidationException for a token of another operation", func(t *testing.T) {
		_, err := w.ListKxEnvironments(t.Context(), &finspace.ListKxEnvironmentsInput{NextToken: token})
		wantCode(t, err, "ValidationException")
	})
	t.Run("ValidationException for a changed token", func(t *testing.T) {
		for i := range *token {
			b := []byte(*token)
			b[i] ^= 1
			_, err := list(ptr(string(b)), 10)
			wantCode(t, err, "ValidationException")
		}
	})
	for _, bad := range []string{"x", "%", "AAAAAAAAAAAAAAAAAAAAAA", *token + "A", (*token)[:len(*token)-1]} {
		t.Run("ValidationException for "+bad, func(t *testing.T) {
			_, err := list(&bad, 10)
			wantCode(t, err, "ValidationException")
		})
	}
}

// records counts the records of each kind that a user can leave.
func (w *world) records() map[store.Kind]int {
	w.t.Helper()
	n := make(map[store.Kind]int)
	err := w.store.View(w.t.Context(), func(tx store.Tx) (err error) {
		for _, kind := range []store.Kind{"user", "tag", "idempotency"} {
			if n[kind], err = tx.Count(kind, ""); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

func (w *world) list(env string) []finspace.KxUser {
	w.t.Helper()
	out, err := w.ListKxUsers(w.t.Context(), &finspace.ListKxUsersInput{EnvironmentId: &env})
	if err != nil {
		w.t.Fatal(err)
	}
	return out.Users
}

func dnsUpdate(env, ip string) *finspace.UpdateKxEnvironmentNetworkInput {
	return &finspace.UpdateKxEnvironmentNetworkInput{
		EnvironmentId:          &env,
		CustomDNSConfiguration: []finspace.CustomDNSServer{{CustomDNSServerName: ptr("example.finspace.amazonaws.com"), CustomDNSServerIP: &ip}},
	}
}
