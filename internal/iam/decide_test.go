package iam_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/quoinhq/quoin/internal/iam"
	"github.com/quoinhq/quoin/internal/iam/iamtest"
	"github.com/quoinhq/quoin/internal/sigv4"
)

const (
	update  = "finspace:UpdateKxUser"
	userBob = "arn:aws:finspace:eu-west-1:123456789012:kxEnvironment/e1/kxUser/bob"
)

func statement(effect, action string, more ...string) string {
	return fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":%q,"Action":%q,"Resource":"*"%s}]}`, effect, action, strings.Join(more, ""))
}

// policies is what a role and its session are made with.
type policies struct {
	inline, managed, boundary, session string
}

func (p policies) identity(t testing.TB, e *iamtest.Env, root *client, name string) *iam.Identity {
	t.Helper()
	root.makeRole(name)
	if p.inline != "" {
		root.ok("iam", "PutRolePolicy", "RoleName", name, "PolicyName", "inline", "PolicyDocument", p.inline)
	}
	for use, doc := range map[string]string{"managed": p.managed, "boundary": p.boundary} {
		if doc == "" {
			continue
		}
		arn := element(root.ok("iam", "CreatePolicy", "PolicyName", name+"-"+use, "PolicyDocument", doc), "Arn")
		if use == "managed" {
			root.ok("iam", "AttachRolePolicy", "RoleName", name, "PolicyArn", arn)
		} else {
			root.ok("iam", "PutRolePermissionsBoundary", "RoleName", name, "PermissionsBoundary", arn)
		}
	}
	var params []string
	if p.session != "" {
		params = []string{"Policy", p.session}
	}
	c := root.assume(name, params...).creds
	id, _, err := e.IAM.Authenticate(context.Background(), c.AccessKeyID, c.SessionToken)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestLayers(t *testing.T) {
	e := iamtest.New(t)
	root := newClient(t, e)
	var (
		yes   = statement("Allow", "finspace:*")
		no    = statement("Deny", "finspace:*")
		other = statement("Allow", "s3:*")
	)
	for i, c := range []struct {
		name   string
		p      policies
		allows bool
		layer  iam.Layer
		why    string
	}{
		{"nothing", policies{}, false, iam.IdentityLayer, "because no identity-based policy allows the finspace:UpdateKxUser action"},
		{"inline", policies{inline: yes}, true, iam.IdentityLayer, ""},
		{"managed", policies{managed: yes}, true, iam.IdentityLayer, ""},
		{"inline of something else", policies{inline: other}, false, iam.IdentityLayer, "because no identity-based policy allows"},
		{"inline denies managed", policies{inline: no, managed: yes}, false, iam.IdentityLayer, "with an explicit deny in an identity-based policy"},
		{"managed denies inline", policies{inline: yes, managed: no}, false, iam.IdentityLayer, "with an explicit deny in an identity-based policy"},
		{"boundary allows too", policies{inline: yes, boundary: yes}, true, iam.IdentityLayer, ""},
		{"boundary alone", policies{boundary: yes}, false, iam.IdentityLayer, "because no identity-based policy allows"},
		{"boundary of something else", policies{inline: yes, boundary: other}, false, iam.BoundaryLayer, "because no permissions boundary allows the finspace:UpdateKxUser action"},
		{"boundary denies", policies{inline: yes, boundary: no}, false, iam.BoundaryLayer, "with an explicit deny in a permissions boundary"},
		{"session allows too", policies{inline: yes, session: yes}, true, iam.IdentityLayer, ""},
		{"session alone", policies{session: yes}, false, iam.IdentityLayer, "because no identity-based policy allows"},
		{"session of something else", policies{inline: yes, session: other}, false, iam.SessionLayer, "because no session policy allows the finspace:UpdateKxUser action"},
		{"session denies", policies{inline: yes, session: no}, false, iam.SessionLayer, "with an explicit deny in a session policy"},
		{"all three allow", policies{inline: yes, boundary: yes, session: yes}, true, iam.IdentityLayer, ""},
		{"session and boundary without identity", policies{boundary: yes, session: yes}, false, iam.IdentityLayer, "because no identity-based policy allows"},
		{"session denies what nothing allows", policies{session: no}, false, iam.SessionLayer, "with an explicit deny in a session policy"},
		{"boundary denies what nothing allows", policies{boundary: no}, false, iam.BoundaryLayer, "with an explicit deny in a permissions boundary"},
		{"boundary narrower than session", policies{inline: yes, boundary: other, session: yes}, false, iam.BoundaryLayer, "because no permissions boundary allows"},
	} {
		t.Run(c.name, func(t *testing.T) {
			id := c.p.identity(t, e, root, fmt.Sprintf("r%d", i))
			d := e.IAM.Authorize(context.Background(), iam.Request{Identity: id, Action: update, Resource: userBob})
			if d.Allowed != c.allows || d.Layer != c.layer {
				t.Fatalf("got %s", d)
			}
			if c.allows {
				if d.Err() != nil || d.Statement != 0 {
					t.Fatalf("got %v, %s", d.Err(), d)
				}
				return
			}
			want := "User: arn:aws:sts::123456789012:assumed-role/" + fmt.Sprintf("r%d", i) + "/test is not authorized to perform: " + update + " on resource: " + userBob + " " + c.why
			var denied *iam.DeniedError
			if !errors.As(d.Err(), &denied) || !strings.HasPrefix(denied.Message, want) {
				t.Fatalf("got  %v\nwant %s", d.Err(), want)
			}
		})
	}
}

// A boundary and a session policy only ever take away.
func TestBoundaryAndSessionNeverWiden(t *testing.T) {
	e := iamtest.New(t)
	root := newClient(t, e)
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		if n++; n > 30 { // each makes real roles and sessions
			return
		}
		draw := func(what string) string {
			return statement(rapid.SampledFrom([]string{"Allow", "Allow", "Deny"}).Draw(rt, what), rapid.SampledFrom([]string{"*", "finspace:*", "finspace:Get*", "s3:*"}).Draw(rt, what+" action"))
		}
		p := policies{inline: draw("inline")}
		narrow := p
		narrow.boundary, narrow.session = draw("boundary"), draw("session")
		ask := iam.Request{Action: rapid.SampledFrom([]string{update, "finspace:GetKxUser", "s3:GetObject"}).Draw(rt, "asks"), Resource: userBob}
		ask.Identity = p.identity(t, e, root, fmt.Sprintf("wide%d", n))
		wide := e.IAM.Authorize(context.Background(), ask)
		ask.Identity = narrow.identity(t, e, root, fmt.Sprintf("narrow%d", n))
		if got := e.IAM.Authorize(context.Background(), ask); got.Allowed && !wide.Allowed {
			rt.Fatalf("%s became %s", wide, got)
		}
	})
}

func TestAuthorizeKeys(t *testing.T) {
	e := iamtest.New(t)
	root := newClient(t, e)
	root.ok("iam", "CreateUser", "UserName", "alice", "Tags.member.1.Key", "team", "Tags.member.1.Value", "fx")
	alice := root.as(credsIn(root.ok("iam", "CreateAccessKey", "UserName", "alice")))
	id, _, err := e.IAM.Authenticate(context.Background(), alice.creds.AccessKeyID, "")
	if err != nil {
		t.Fatal(err)
	}
	env := &iam.Env{SourceIP: netip.MustParseAddr("203.0.113.9"), Secure: true, UserAgent: "test/1", Referer: "r"}
	for _, c := range []struct {
		key, value string
	}{
		{"aws:PrincipalArn", "arn:aws:iam::123456789012:user/alice"},
		{"aws:PrincipalAccount", "123456789012"},
		{"aws:PrincipalType", "User"},
		{"aws:userid", id.UserID},
		{"aws:username", "alice"},
		{"aws:PrincipalTag/team", "fx"},
		{"aws:PrincipalTag/TEAM", "fx"},
		{"aws:SourceIp", "203.0.113.9"},
		{"aws:SecureTransport", "true"},
		{"aws:UserAgent", "test/1"},
		{"aws:Referer", "r"},
		{"aws:RequestedRegion", iamtest.Region},
		{"aws:PrincipalIsAWSService", "false"},
		{"aws:ViaAWSService", "false"},
		{"aws:ResourceAccount", "123456789012"},
		{"aws:RequestTag/Cost", "7"},
		{"aws:ResourceTag/owner", "bob"},
	} {
		t.Run(c.key, func(t *testing.T) {
			root.ok("iam", "PutUserPolicy", "UserName", "alice", "PolicyName", "p",
				"PolicyDocument", statement("Allow", "finspace:*", fmt.Sprintf(`,"Condition":{"StringEquals":{%q:%q}}`, c.key, c.value)))
			ctx := iam.WithEnv(context.Background(), env)
			req := iam.Request{Identity: id, Action: update, Resource: userBob, Keys: map[string][]string{"aws:RequestTag/cost": {"7"}},
				Key: func(name string) ([]string, bool, error) {
					return []string{"bob"}, name == "aws:resourcetag/owner", nil
				}}
			if d := e.IAM.Authorize(ctx, req); !d.Allowed {
				t.Fatal(d)
			}
		})
	}
	t.Run("a key that cannot be found out", func(t *testing.T) {
		root.ok("iam", "PutUserPolicy", "UserName", "alice", "PolicyName", "p",
			"PolicyDocument", statement("Allow", "finspace:*", `,"Condition":{"StringNotEquals":{"aws:ResourceTag/x":"y"}}`))
		broken := errors.New("disk")
		d := e.IAM.Authorize(context.Background(), iam.Request{Identity: id, Action: update, Resource: userBob,
			Key: func(string) ([]string, bool, error) { return nil, false, broken }})
		if d.Allowed || !errors.Is(d.Err(), broken) {
			t.Fatal(d)
		}
	})
	t.Run("an identity that nobody has proved", func(t *testing.T) {
		for _, id := range []*iam.Identity{{}, {ARN: "arn:aws:iam::123456789012:root", Account: "123456789012"}, {UserName: "alice", UserID: "AIDA"}} {
			if d := e.IAM.Authorize(context.Background(), iam.Request{Identity: id, Action: update, Resource: userBob}); d.Allowed || d.Err() == nil {
				t.Fatal(d)
			}
		}
	})
	t.Run("nobody", func(t *testing.T) {
		if d := e.IAM.Authorize(context.Background(), iam.Request{Action: update}); d.Allowed || d.Err() == nil {
			t.Fatal(d)
		}
	})
}

func TestSessionsExpire(t *testing.T) {
	clock := time.Now()
	e := iamtest.New(t, func(c *iam.Config) { c.Now = func() time.Time { return clock } })
	root := newClient(t, e)
	root.makeRole("r")
	c := root.assume("r", "DurationSeconds", "900").creds
	for _, step := range []struct {
		after time.Duration
		ok    bool
	}{{0, true}, {898 * time.Second, true}, {901 * time.Second, false}, {time.Hour, false}} {
		clock = time.Now().Add(step.after)
		_, _, err := e.IAM.Authenticate(context.Background(), c.AccessKeyID, c.SessionToken)
		var refused *sigv4.Error
		if step.ok != (err == nil) || !step.ok && (!errors.As(err, &refused) || refused.Cause != sigv4.ExpiredToken) {
			t.Errorf("after %v: %v", step.after, err)
		}
	}
}

func TestOnChange(t *testing.T) {
	e := iamtest.New(t)
	root := newClient(t, e)
	root.makeRole("a")
	root.makeRole("b")
	ids := map[string]*iam.Identity{}
	creds := map[string]sigv4.Credentials{}
	for _, n := range []string{"a", "b"} {
		creds[n] = root.assume(n).creds
		id, _, err := e.IAM.Authenticate(context.Background(), creds[n].AccessKeyID, creds[n].SessionToken)
		if err != nil {
			t.Fatal(err)
		}
		ids[n] = id
	}
	var touched string
	stop := e.IAM.OnChange(func(c iam.Change) {
		for _, n := range []string{"a", "b"} {
			if c.Touches(ids[n]) {
				touched += n
			}
		}
	})
	for _, c := range []struct {
		name, want string
		do         func()
	}{
		{"policy of one role", "a", func() {
			root.ok("iam", "PutRolePolicy", "RoleName", "a", "PolicyName", "p", "PolicyDocument", allowAll)
		}},
		{"trust of the other", "b", func() { root.ok("iam", "UpdateAssumeRolePolicy", "RoleName", "b", "PolicyDocument", trustAccount) }},
		{"one session", "b", func() {
			if _, err := e.IAM.RevokeSessions(context.Background(), iam.SessionQuery{AccessKeyID: creds["b"].AccessKeyID}); err != nil {
				t.Fatal(err)
			}
		}},
		{"another session", "", func() { root.assume("a") }},
		{"managed policies", "ab", func() { root.ok("iam", "CreatePolicy", "PolicyName", "p", "PolicyDocument", allowAll) }},
		{"a user", "", func() { root.ok("iam", "CreateUser", "UserName", "u") }},
	} {
		touched = ""
		if c.do(); touched != c.want {
			t.Errorf("%s: touched %q, want %q", c.name, touched, c.want)
		}
	}
	root.as(creds["b"]).fails("InvalidClientTokenId", "sts", "GetCallerIdentity")
	stop()
	touched = ""
	root.ok("iam", "DeleteRolePolicy", "RoleName", "a", "PolicyName", "p")
	if touched != "" {
		t.Error("told after it was ended")
	}
}

func TestServiceSession(t *testing.T) {
	e := iamtest.New(t)
	root := newClient(t, e)
	trust := func(principal string) string {
		return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":` + principal + `,"Action":"sts:AssumeRole"}]}`
	}
	for i, c := range []struct {
		name, trust string
		ok          bool
	}{
		{"trusts the service", trust(`{"Service":"finspace.amazonaws.com"}`), true},
		{"trusts the other name", trust(`{"Service":"prod.finspacekx.aws.internal"}`), true},
		{"trusts the account", trust(`{"AWS":"123456789012"}`), true},
		{"trusts another service", trust(`{"Service":"ec2.amazonaws.com"}`), false},
		{"trusts it from another account", strings.Replace(trust(`{"Service":"finspace.amazonaws.com"}`), `"Action"`, `"Condition":{"StringEquals":{"aws:SourceAccount":"999999999999"}},"Action"`, 1), false},
		{"trusts it from this account", strings.Replace(trust(`{"Service":"finspace.amazonaws.com"}`), `"Action"`, `"Condition":{"StringEquals":{"aws:SourceAccount":"123456789012"}},"Action"`, 1), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			name := fmt.Sprintf("r%d", i)
			root.ok("iam", "CreateRole", "RoleName", name, "AssumeRolePolicyDocument", c.trust)
			creds, expires, err := e.IAM.ServiceSession(context.Background(), roleARN+name, "cluster-1", time.Hour, "finspace.amazonaws.com", "prod.finspacekx.aws.internal")
			if !c.ok {
				var denied *iam.DeniedError
				if !errors.As(err, &denied) {
					t.Fatalf("got %v", err)
				}
				return
			}
			if err != nil || time.Until(expires) > time.Hour {
				t.Fatal(err, expires)
			}
			if got := element(root.as(creds).ok("sts", "GetCallerIdentity"), "Arn"); got != "arn:aws:sts::123456789012:assumed-role/"+name+"/cluster-1" {
				t.Error(got)
			}
		})
	}
	t.Run("no such role", func(t *testing.T) {
		_, _, err := e.IAM.ServiceSession(context.Background(), roleARN+"none", "s", time.Hour, "finspace.amazonaws.com")
		var denied *iam.DeniedError
		if !errors.As(err, &denied) {
			t.Fatalf("got %v", err)
		}
	})
}

func TestTrustAndPermissions(t *testing.T) {
	trustUser := strings.Replace(trustAccount, ":root", ":user/alice", 1)
	denyUser := strings.Replace(trustAccount, `[{`, `[{"Effect":"Deny","Principal":{"AWS":"arn:aws:iam::123456789012:user/alice"},"Action":"sts:AssumeRole"},{`, 1)
	may := statement("Allow", "sts:AssumeRole")
	for _, c := range []struct {
		name, trust, policy string
		ok                  bool
	}{
		{"trusted account, permission", trustAccount, may, true},
		{"trusted account, no permission", trustAccount, "", false},
		{"trusted itself, no permission", trustUser, "", true},
		{"trusted itself, permission", trustUser, may, true},
		{"trusted itself, denied by its policy", trustUser, statement("Deny", "sts:*"), false},
		{"denied by the trust", denyUser, may, false},
		{"not trusted", strings.Replace(trustAccount, `{"AWS":"arn:aws:iam::123456789012:root"}`, `{"Service":"ec2.amazonaws.com"}`, 1), may, false},
		{"other account trusted", strings.Replace(trustAccount, "123456789012", "999999999999", 1), may, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			root := newClient(t, iamtest.New(t))
			alice := root.makeUser("alice")
			root.ok("iam", "CreateRole", "RoleName", "r", "AssumeRolePolicyDocument", c.trust)
			if c.policy != "" {
				root.ok("iam", "PutUserPolicy", "UserName", "alice", "PolicyName", "p", "PolicyDocument", c.policy)
			}
			status, body := alice.call("sts", "AssumeRole", "RoleArn", roleARN+"r", "RoleSessionName", "test")
			if c.ok != (status == 200) || !c.ok && element(body, "Code") != "AccessDenied" {
				t.Fatalf("%d %s", status, body)
			}
		})
	}
}

func TestSessionTags(t *testing.T) {
	root := newClient(t, iamtest.New(t))
	root.makeRole("r")
	root.ok("iam", "PutRolePolicy", "RoleName", "r", "PolicyName", "p", "PolicyDocument",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:*","Resource":"*"},
		  {"Effect":"Allow","Action":"iam:ListUsers","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/team":"fx"}}}]}`)
	root.assume("r").fails("AccessDenied", "iam", "ListUsers")
	tagged := root.assume("r", "Tags.member.1.Key", "team", "Tags.member.1.Value", "fx", "TransitiveTagKeys.member.1", "team")
	tagged.ok("iam", "ListUsers")
	tagged.assume("r").ok("iam", "ListUsers")
	tagged.fails("InvalidInput", "sts", "AssumeRole", "RoleArn", roleARN+"r", "RoleSessionName", "test", "Tags.member.1.Key", "team", "Tags.member.1.Value", "eq")
	plain := root.assume("r", "Tags.member.1.Key", "team", "Tags.member.1.Value", "fx")
	plain.assume("r").fails("AccessDenied", "iam", "ListUsers")
	root.ok("iam", "UpdateAssumeRolePolicy", "RoleName", "r", "PolicyDocument", strings.Replace(trustAccount, `,"sts:TagSession"`, "", 1))
	if msg := root.fails("AccessDenied", "sts", "AssumeRole", "RoleArn", roleARN+"r", "RoleSessionName", "test", "Tags.member.1.Key", "a", "Tags.member.1.Value", "b"); !strings.Contains(msg, "sts:TagSession") {
		t.Error(msg)
	}
}

func TestRotateRoot(t *testing.T) {
	e := iamtest.New(t)
	old := newClient(t, e)
	old.ok("sts", "GetCallerIdentity")
	creds, err := e.IAM.RotateRoot(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	old.fails("InvalidClientTokenId", "sts", "GetCallerIdentity")
	old.as(creds).ok("sts", "GetCallerIdentity")
	again, created, err := e.IAM.Bootstrap(context.Background())
	if err != nil || created || again != creds {
		t.Fatal(again, created, err)
	}
}

func BenchmarkAuthenticateAuthorize(b *testing.B) {
	e := iamtest.New(b)
	root := newClient(b, e)
	alice := root.makeUser("alice")
	root.ok("iam", "PutUserPolicy", "UserName", "alice", "PolicyName", "p", "PolicyDocument",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["finspace:Get*","finspace:UpdateKxUser"],"Resource":"arn:aws:finspace:*:*:kxEnvironment/*"}]}`)
	ctx := context.Background()
	b.ReportAllocs()
	for b.Loop() {
		id, _, err := e.IAM.Authenticate(ctx, alice.creds.AccessKeyID, "")
		if err != nil {
			b.Fatal(err)
		}
		if d := e.IAM.Authorize(ctx, iam.Request{Identity: id, Action: update, Resource: userBob}); !d.Allowed {
			b.Fatal(d)
		}
	}
}
