package control_test

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/control"
)

// FuzzPageToken feeds tokens that nobody made: none may be taken for one of
// ours, whatever it decodes to.
func FuzzPageToken(f *testing.F) {
	secret, scope := []byte("0123456789abcdef0123456789abcdef"), []string{"ListKxUsers", "env/"}
	good := control.PageToken(secret, scope, "env/bob")
	for _, seed := range []string{"", "a", good, good + "A", good[:len(good)-1], "AAAAAAAAAAAAAAAAAAAAAAAAAAAA", "%", "\xff", good + "\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		key, ok := control.PageKey(secret, scope, token)
		if ok && control.PageToken(secret, scope, key) != token {
			t.Errorf("token %q is taken for that of %q", token, key)
		}
		if _, ok := control.PageKey([]byte("another server's secret, 32 byte"), scope, token); ok {
			t.Errorf("token %q holds with another secret", token)
		}
	})
}

// TestPaging lists users page by page while others come and go: those that are
// there all along come exactly once, in order.
func TestPaging(t *testing.T) {
	w := newWorld(t)
	w.quotas[control.QuotaUsers] = 1 << 20
	w.quotas[control.QuotaEnvironments] = 1 << 20
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		env := w.environment(fmt.Sprintf("paging-%d", n))
		name := rapid.StringMatching(`[0-9A-Za-z_-]{1,6}`)
		stay := rapid.SliceOfNDistinct(name, 0, 12, rapid.ID[string]).Draw(rt, "stay")
		for _, u := range stay {
			w.user(env, u)
		}
		limit := int32(rapid.IntRange(1, 5).Draw(rt, "limit"))
		var got []string
		var token *string
		for {
			out, err := w.ListKxUsers(t.Context(), &finspace.ListKxUsersInput{EnvironmentId: &env, MaxResults: &limit, NextToken: token})
			if err != nil {
				rt.Fatal(err)
			}
			for _, u := range out.Users {
				if slices.Contains(stay, *u.UserName) {
					got = append(got, *u.UserName)
				}
			}
			if token = out.NextToken; token == nil {
				break
			}
			switch other := name.Draw(rt, "other"); {
			case slices.Contains(stay, other):
			case rapid.Bool().Draw(rt, "comes"):
				_, _ = w.CreateKxUser(t.Context(), &finspace.CreateKxUserInput{EnvironmentId: &env, UserName: &other, IamRole: ptr(roleA)})
			default:
				_, _ = w.DeleteKxUser(t.Context(), &finspace.DeleteKxUserInput{EnvironmentId: &env, UserName: &other})
			}
		}
		slices.Sort(stay)
		if !slices.Equal(got, stay) {
			rt.Fatalf("got %v, want %v", got, stay)
		}
	})
}
