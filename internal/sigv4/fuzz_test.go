package sigv4_test

import (
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/quoinhq/quoin/internal/sigv4"
)

// Parsing never panics, and what was never signed never verifies.
func FuzzParse(f *testing.F) {
	r := signed(f, temporary, "GET", "http://h:1/kx/environments?a=b", "")
	f.Add("GET", "/kx/environments", "a=b", r.Header.Get("Authorization"), r.Header.Get("X-Amz-Date"), temporary.SessionToken)
	p, err := url.Parse("http://h:1/kx/environments?a=b")
	if err != nil {
		f.Fatal(err)
	}
	q := httptest.NewRequest("GET", p.String(), nil)
	if err := sigv4.Presign(q, longTerm, region, "finspace", "", now, time.Minute); err != nil {
		f.Fatal(err)
	}
	f.Add("GET", "/kx/environments", q.URL.RawQuery, "", "", "")
	f.Add("POST", "/%2F", "a=%zz;b&&=", "AWS4-HMAC-SHA256 Credential=a/b/c/d/aws4_request,SignedHeaders=host,Signature=0", "", "")
	v := newVerifier()
	f.Fuzz(func(t *testing.T, method, path, query, auth, date, token string) {
		r := httptest.NewRequest("GET", "/", nil)
		r.Method, r.URL.Path, r.URL.RawPath, r.URL.RawQuery, r.Host = method, path, "", query, "h:1"
		if auth != "" {
			r.Header["Authorization"] = []string{auth}
		}
		if date != "" {
			r.Header["X-Amz-Date"] = []string{date}
		}
		if token != "" {
			r.Header["X-Amz-Security-Token"] = []string{token}
		}
		a, err := sigv4.Parse(r)
		if err != nil {
			if causeOf(err) < 0 {
				t.Fatalf("not a refusal: %v", err)
			}
			return
		}
		if err := v.Verify(a, "another secret", sigv4.EmptyHash, now); err == nil {
			t.Fatal("verified with a secret that nobody signed with")
		}
	})
}
