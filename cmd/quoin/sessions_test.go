package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/quoinhq/quoin/internal/sigv4"
	"github.com/quoinhq/quoin/test/live"
)

// assume opens a session of a role as the root user.
func assume(t *testing.T, s *live.Server, role string) sigv4.Credentials {
	t.Helper()
	r := s.Query(s.Root, "sts", map[string]string{"Action": "AssumeRole", "RoleArn": role, "RoleSessionName": "test"})
	if r.Status != http.StatusOK {
		t.Fatalf("%s", r.Body)
	}
	return sigv4.Credentials{AccessKeyID: r.Element("AccessKeyId"), SecretAccessKey: r.Element("SecretAccessKey"), SessionToken: r.Element("SessionToken")}
}

func TestIAMSessions(t *testing.T) {
	s := live.Start(t)
	dir := s.DataDir().Path()
	role, other := s.Role("desk"), s.Role("other")
	one, two, left := assume(t, s, role), assume(t, s, role), assume(t, s, other)
	quoin := func(args ...string) (int, string, string) {
		return execute(t, append([]string{"iam", args[0], "--data-dir", dir}, args[1:]...)...)
	}
	code, out, _ := quoin("sessions", "--role", role)
	if code != 0 || strings.Count(out, "\n") != 3 || !strings.Contains(out, "assumed-role/desk/test") || !strings.Contains(out, one.AccessKeyID) {
		t.Errorf("%d %s", code, out)
	}
	for _, c := range []sigv4.Credentials{one, two, left} {
		if code, out, _ := quoin("sessions", "--output", "json"); code != 0 || !strings.Contains(out, c.AccessKeyID) ||
			strings.Contains(out, c.SecretAccessKey) || strings.Contains(out, c.SessionToken) {
			t.Errorf("%d %s", code, out)
		}
	}
	caller := func(c sigv4.Credentials) string {
		return s.Query(c, "sts", map[string]string{"Action": "GetCallerIdentity"}).Element("Code")
	}
	if code, out, errs := quoin("revoke-sessions", "--session", one.AccessKeyID); code != 0 || out != "1 session ended.\n" {
		t.Errorf("%d %s %s", code, out, errs)
	}
	if caller(one) != "InvalidClientTokenId" || caller(two) != "" {
		t.Errorf("%q %q", caller(one), caller(two))
	}
	if code, out, errs := quoin("revoke-sessions", "--role", "DESK"); code != 0 || out != "1 session ended.\n" {
		t.Errorf("%d %s %s", code, out, errs)
	}
	if caller(two) != "InvalidClientTokenId" || caller(left) != "" {
		t.Errorf("%q %q", caller(two), caller(left))
	}
	_, trail, _ := execute(t, "audit", "--data-dir", dir, "--operation", "RevokeSessions", "--resource", "role/desk")
	if strings.Count(trail, "\n") != 1 || !strings.Contains(trail, `"outcome":"OK"`) {
		t.Errorf("audit trail: %q", trail)
	}
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"nobody named":    {[]string{"revoke-sessions"}, "say whose: --role, --user, --root or --session"},
		"two named":       {[]string{"revoke-sessions", "--role", "a", "--user", "b"}, "--role and --user can't be used together"},
		"no such role":    {[]string{"revoke-sessions", "--role", "none"}, "there is no role none"},
		"no such user":    {[]string{"sessions", "--user", "none"}, "there is no user none"},
		"no such session": {[]string{"revoke-sessions", "--session", one.AccessKeyID}, "there is no session " + one.AccessKeyID},
		"no time":         {[]string{"sessions", "--issued-before", "noon"}, `--issued-before: "noon" is neither`},
	} {
		t.Run(name, func(t *testing.T) {
			if code, _, errs := quoin(c.args...); code != 2 || !strings.Contains(strings.ToLower(errs), strings.ToLower(c.says)) {
				t.Errorf("%d %s", code, errs)
			}
		})
	}
	// Without a server the command does it itself, and the next server knows.
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if code, out, errs := quoin("revoke-sessions", "--root"); code != 0 || out != "1 session ended.\n" {
		t.Errorf("%d %s %s", code, out, errs)
	}
	if code, _, errs := quoin("revoke-sessions", "--user", "none"); code != 2 || !strings.Contains(errs, "there is no user none") {
		t.Errorf("%d %s", code, errs)
	}
	s.Restart()
	if got := caller(left); got != "InvalidClientTokenId" {
		t.Errorf("after a restart %q", got)
	}
}
