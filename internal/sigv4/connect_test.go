package sigv4_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/quoinhq/quoin/internal/sigv4"
)

var bob = sigv4.Connection{Host: "vpce-1.vpce-svc-1.eu-west-1.vpce.amazonaws.com", Port: 443, User: "bob", Action: sigv4.ConnectAction}

func connectString(t testing.TB, k sigv4.Connection, c sigv4.Credentials) string {
	t.Helper()
	s, err := sigv4.SignConnect(k, c, region, now, 15*time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// The layout of recorded connection strings.
func TestConnectLayout(t *testing.T) {
	want := regexp.MustCompile(`^Host=vpce-1\.vpce-svc-1\.eu-west-1\.vpce\.amazonaws\.com&Port=443&User=bob&Action=finspace%3AConnectKxCluster` +
		`&X-Amz-Security-Token=tok%2Fen%2Bwith%3Dsigns&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=20260304T050607Z&X-Amz-SignedHeaders=host` +
		`&X-Amz-Expires=900&X-Amz-Credential=AKIDEXAMPLE%2F20260304%2Feu-west-1%2Ffinspace-apricot%2Faws4_request&X-Amz-Signature=[0-9a-f]{64}$`)
	s := connectString(t, bob, temporary)
	if !want.MatchString(s) {
		t.Error(s)
	}
	if strings.ContainsAny(s, ": ") {
		t.Error("has a character that a kdb+ handle cannot carry")
	}
}

func TestConnectRoundTrip(t *testing.T) {
	v := newVerifier()
	rapid.Check(t, func(t *rapid.T) {
		k := sigv4.Connection{
			Host:   rapid.StringMatching(`[a-z0-9.-]{1,60}`).Draw(t, "host"),
			Port:   rapid.IntRange(1, 65535).Draw(t, "port"),
			User:   rapid.StringMatching(`[A-Za-z0-9_-]{1,50}`).Draw(t, "user"),
			Action: sigv4.ConnectAction,
		}
		c := sigv4.Credentials{AccessKeyID: akid, SecretAccessKey: rapid.String().Draw(t, "secret") + "s", SessionToken: rapid.String().Draw(t, "token")}
		s, err := sigv4.SignConnect(k, c, region, now, 15*time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		a, got, err := sigv4.ParseConnect(s)
		if err != nil {
			t.Fatal(err)
		}
		if got != k || a.Token != c.SessionToken || a.Form != sigv4.InConnect {
			t.Fatalf("%+v %+v", got, a)
		}
		if err := v.Verify(a, c.SecretAccessKey, "", now); err != nil {
			t.Fatal(err)
		}
	})
}

func TestConnectRefused(t *testing.T) {
	v := newVerifier()
	edit := func(old, new string) func(string) string {
		return func(s string) string { return strings.Replace(s, old, new, 1) }
	}
	for _, c := range []struct {
		name string
		bend func(string) string
		at   time.Duration
		want sigv4.Cause
	}{
		{"expired", nil, 15*time.Minute + time.Second, sigv4.Expired},
		{"long life does not help", edit("Expires=900", "Expires=604800"), 16 * time.Minute, sigv4.Expired},
		{"host", edit("Host=vpce-1", "Host=vpce-2"), 0, sigv4.Mismatch},
		{"port", edit("Port=443", "Port=444"), 0, sigv4.Mismatch},
		{"user", edit("User=bob", "User=eve"), 0, sigv4.Mismatch},
		{"action", edit("ConnectKxCluster", "ConnectKxClusters"), 0, sigv4.Mismatch},
		{"token", edit("Token=tok", "Token=toc"), 0, sigv4.Mismatch},
		{"service", edit("finspace-apricot", "finspace"), 0, sigv4.Mismatch},
		{"region", edit("eu-west-1%2F", "us-west-1%2F"), 0, sigv4.WrongScope},
		{"user twice", edit("User=bob", "User=bob&User=eve"), 0, sigv4.Incomplete},
		{"user missing", edit("&User=bob", ""), 0, sigv4.Incomplete},
		{"user empty", edit("User=bob", "User="), 0, sigv4.Incomplete},
		{"host missing", edit("Host=vpce-1.vpce-svc-1.eu-west-1.vpce.amazonaws.com&", ""), 0, sigv4.Incomplete},
		{"port not a number", edit("Port=443", "Port=x"), 0, sigv4.Incomplete},
		{"port too great", edit("Port=443", "Port=65536"), 0, sigv4.Incomplete},
		{"unknown parameter", edit("User=bob", "User=bob&Admin=1"), 0, sigv4.Incomplete},
		{"expiry missing", edit("&X-Amz-Expires=900", ""), 0, sigv4.Incomplete},
		{"more signed headers", edit("SignedHeaders=host", "SignedHeaders=host%3Bx-a"), 0, sigv4.Incomplete},
		{"signature missing", func(s string) string { return s[:strings.Index(s, "&X-Amz-Signature")] }, 0, sigv4.Missing},
		{"bad escape", edit("User=bob", "User=%z"), 0, sigv4.Incomplete},
		{"plain password", func(string) string { return "hunter2" }, 0, sigv4.Incomplete},
		{"empty password", func(string) string { return "" }, 0, sigv4.Missing},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := connectString(t, bob, temporary)
			if c.bend != nil {
				s = c.bend(s)
			}
			a, _, err := sigv4.ParseConnect(s)
			if err == nil {
				err = v.Verify(a, secret, "", now.Add(c.at))
			}
			if causeOf(err) != c.want {
				t.Fatalf("got %v, cause %d", err, causeOf(err))
			}
		})
	}
}

func FuzzParseConnect(f *testing.F) {
	f.Add(connectString(f, bob, temporary))
	f.Add(connectString(f, bob, longTerm))
	f.Add("User=a&User=b")
	v := newVerifier()
	f.Fuzz(func(t *testing.T, s string) {
		a, k, err := sigv4.ParseConnect(s)
		if err != nil {
			return
		}
		if v.Verify(a, secret, "", now) != nil {
			return
		}
		// Whatever verifies says the same as one of the strings that were signed.
		q, err := url.ParseQuery(s)
		if err != nil || k != bob || q.Get("User") != "bob" {
			t.Fatalf("%q verifies as %+v", s, k)
		}
	})
}
