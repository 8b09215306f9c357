package sigv4_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/quoinhq/quoin/internal/sigv4"
)

const (
	region = "eu-west-1"
	akid   = "AKIDEXAMPLE"
	secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
)

var (
	now       = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	longTerm  = sigv4.Credentials{AccessKeyID: akid, SecretAccessKey: secret}
	temporary = sigv4.Credentials{AccessKeyID: akid, SecretAccessKey: secret, SessionToken: "tok/en+with=signs"}
)

func newVerifier() *sigv4.Verifier {
	return sigv4.NewVerifier(sigv4.Config{
		Region:   region,
		Services: []string{"finspace", "iam", "sts", "s3", sigv4.ConnectService},
		Global:   []string{"iam", "sts"},
	})
}

// received turns a client's request into what a server sees of it.
func received(t testing.TB, r *http.Request, body string) *http.Request {
	t.Helper()
	host := r.Host
	if host == "" {
		host = r.URL.Host
	}
	in := httptest.NewRequest(r.Method, r.URL.RequestURI(), strings.NewReader(body))
	in.Host = host
	in.Header = r.Header.Clone()
	in.Header.Del("Host")
	return in
}

func verify(v *sigv4.Verifier, r *http.Request, body string, at time.Time) error {
	a, err := sigv4.Parse(r)
	if err != nil {
		return err
	}
	return v.Verify(a, secret, sigv4.HashBody([]byte(body)), at)
}

func causeOf(err error) sigv4.Cause {
	var e *sigv4.Error
	if errors.As(err, &e) {
		return e.Cause
	}
	return -1
}

func signed(t testing.TB, c sigv4.Credentials, method, url, body string) *http.Request {
	t.Helper()
	r, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if err := sigv4.Sign(r, c, region, "finspace", sigv4.HashBody([]byte(body)), now); err != nil {
		t.Fatal(err)
	}
	return received(t, r, body)
}

// The example of the IAM user guide's signing pages, as AWS's test suite
// "get-vanilla-query-order-key" gives it.
func TestPublishedExample(t *testing.T) {
	r := httptest.NewRequest("GET", "/?Param2=value2&Param1=value1", nil)
	r.Host = "example.amazonaws.com"
	r.Header.Set("X-Amz-Date", "20150830T123600Z")
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "+
		"SignedHeaders=host;x-amz-date, Signature=b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500")
	v := sigv4.NewVerifier(sigv4.Config{Region: "us-east-1", Services: []string{"service"}})
	a, err := sigv4.Parse(r)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2015, 8, 30, 12, 36, 0, 0, time.UTC)
	if err := v.Verify(a, "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "", at); err != nil {
		t.Fatal(err)
	}
}

func TestVerifyTime(t *testing.T) {
	v := newVerifier()
	for _, c := range []struct {
		name string
		at   time.Duration
		ok   bool
	}{
		{"now", 0, true},
		{"15 minutes late", 15 * time.Minute, true},
		{"more than 15 minutes late", 15*time.Minute + time.Second, false},
		{"15 minutes early", -15 * time.Minute, true},
		{"more than 15 minutes early", -15*time.Minute - time.Second, false},
		{"replayed next day", 24 * time.Hour, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := verify(v, signed(t, longTerm, "GET", "http://h:1/kx/environments", ""), "", now.Add(c.at))
			if c.ok != (err == nil) || !c.ok && causeOf(err) != sigv4.Expired {
				t.Fatalf("got %v", err)
			}
		})
	}
}

func TestPresignTime(t *testing.T) {
	v := newVerifier()
	for _, c := range []struct {
		name  string
		after time.Duration
		ok    bool
	}{
		{"at once", 0, true},
		{"at the last second", time.Hour, true},
		{"too late", time.Hour + time.Second, false},
		{"too early", -16 * time.Minute, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, _ := http.NewRequest("GET", "http://h:1/bucket/a%20b", nil)
			if err := sigv4.Presign(r, temporary, region, "s3", "", now, time.Hour); err != nil {
				t.Fatal(err)
			}
			err := verify(v, received(t, r, ""), "", now.Add(c.after))
			if c.ok != (err == nil) || !c.ok && causeOf(err) != sigv4.Expired {
				t.Fatalf("got %v", err)
			}
		})
	}
}

func TestScope(t *testing.T) {
	v := newVerifier()
	for _, c := range []struct {
		name, region, service string
		ok                    bool
	}{
		{"ours", region, "finspace", true},
		{"other region", "us-east-1", "finspace", false},
		{"other service", region, "ec2", false},
		{"global service", "us-east-1", "iam", true},
		{"global service in its region", region, "sts", true},
		{"global service elsewhere", "us-west-2", "sts", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, _ := http.NewRequest("GET", "http://h:1/", nil)
			if err := sigv4.Sign(r, longTerm, c.region, c.service, sigv4.EmptyHash, now); err != nil {
				t.Fatal(err)
			}
			err := verify(v, received(t, r, ""), "", now)
			if c.ok != (err == nil) || !c.ok && causeOf(err) != sigv4.WrongScope {
				t.Fatalf("got %v", err)
			}
		})
	}
}

// Every way to bend a signed request is refused, with the cause that is named.
func TestRefused(t *testing.T) {
	replaceAuth := func(old, new string) func(*http.Request) {
		return func(r *http.Request) {
			h := r.Header.Get("Authorization")
			r.Header.Set("Authorization", strings.Replace(h, old, new, 1))
		}
	}
	addQuery := func(q string) func(*http.Request) {
		return func(r *http.Request) {
			if r.URL.RawQuery != "" {
				q = r.URL.RawQuery + "&" + q
			}
			r.URL.RawQuery = q
		}
	}
	cases := []struct {
		name string
		bend func(*http.Request)
		want sigv4.Cause
	}{
		{"no signature", func(r *http.Request) { r.Header.Del("Authorization") }, sigv4.Missing},
		{"method", func(r *http.Request) { r.Method = "PUT" }, sigv4.Mismatch},
		{"path", func(r *http.Request) { r.URL.Path += "x" }, sigv4.Mismatch},
		{"encoded slash", func(r *http.Request) { r.URL.RawPath = "/kx%2Fenvironments"; r.URL.Path = "/kx/environments" }, sigv4.Mismatch},
		{"query added", addQuery("a=c"), sigv4.Mismatch},
		{"query removed", func(r *http.Request) { r.URL.RawQuery = "" }, sigv4.Mismatch},
		{"host", func(r *http.Request) { r.Host = "evil:1" }, sigv4.Mismatch},
		{"content type", func(r *http.Request) { r.Header.Set("Content-Type", "text/xml") }, sigv4.Mismatch},
		{"content type gone", func(r *http.Request) { r.Header.Del("Content-Type") }, sigv4.Incomplete},
		{"date header", func(r *http.Request) { r.Header.Set("X-Amz-Date", "20260304T050608Z") }, sigv4.Mismatch},
		{"date of another day", func(r *http.Request) { r.Header.Set("X-Amz-Date", "20260305T050607Z") }, sigv4.WrongScope},
		{"date gone", func(r *http.Request) { r.Header.Del("X-Amz-Date") }, sigv4.Incomplete},
		{"date malformed", func(r *http.Request) { r.Header.Set("X-Amz-Date", "2026-03-04T05:06:07Z") }, sigv4.Incomplete},
		{"two dates", func(r *http.Request) { r.Header.Add("X-Amz-Date", "20260304T050607Z") }, sigv4.Incomplete},
		{"token", func(r *http.Request) { r.Header.Set("X-Amz-Security-Token", "other") }, sigv4.Mismatch},
		{"token gone", func(r *http.Request) { r.Header.Del("X-Amz-Security-Token") }, sigv4.Incomplete},
		{"two tokens", func(r *http.Request) { r.Header.Add("X-Amz-Security-Token", "other") }, sigv4.Incomplete},
		{"token in the query too", addQuery("X-Amz-Security-Token=x"), sigv4.Incomplete},
		{"unsigned x-amz header", func(r *http.Request) { r.Header.Set("X-Amz-Acl", "public") }, sigv4.Incomplete},
		{"wrong body hash", func(r *http.Request) { r.Header.Set("X-Amz-Content-Sha256", sigv4.EmptyHash) }, sigv4.BodyMismatch},
		{"unsigned payload outside s3", func(r *http.Request) { r.Header.Set("X-Amz-Content-Sha256", sigv4.UnsignedPayload) }, sigv4.BodyMismatch},
		{"two Authorization headers", func(r *http.Request) { r.Header.Add("Authorization", r.Header.Get("Authorization")) }, sigv4.Incomplete},
		{"header and query", addQuery("X-Amz-Algorithm=AWS4-HMAC-SHA256"), sigv4.Incomplete},
		{"header and query signature", addQuery("X-Amz-Signature=00"), sigv4.Incomplete},
		{"header and spelled query signature", addQuery("X-%41mz-Signature=00"), sigv4.Incomplete},
		{"access key", replaceAuth(akid, "AKIDOTHER"), -1}, // is another key: found out by looking its secret up
		{"scope date", replaceAuth("/20260304/", "/20260305/"), sigv4.WrongScope},
		{"scope region", replaceAuth("/"+region+"/", "/us-west-2/"), sigv4.WrongScope},
		{"scope service", replaceAuth("/finspace/", "/s3/"), sigv4.Incomplete},
		{"scope service of the same rules", replaceAuth("/finspace/", "/iam/"), sigv4.Mismatch},
		{"scope end", replaceAuth("aws4_request", "aws5_request"), sigv4.Incomplete},
		{"scope short", replaceAuth("/"+region, ""), sigv4.Incomplete},
		{"scope empty part", replaceAuth("/"+region+"/", "//"), sigv4.Incomplete},
		{"signature digit", func(r *http.Request) {
			h := []byte(r.Header.Get("Authorization"))
			if h[len(h)-1] ^= 1; h[len(h)-1] < '0' {
				h[len(h)-1] = '7'
			}
			r.Header.Set("Authorization", string(h))
		}, -2},
		{"signature short", func(r *http.Request) {
			h := r.Header.Get("Authorization")
			r.Header.Set("Authorization", h[:len(h)-1])
		}, sigv4.Incomplete},
		{"signature in capitals", func(r *http.Request) {
			h := r.Header.Get("Authorization")
			r.Header.Set("Authorization", h[:len(h)-64]+strings.Repeat("AB", 32))
		}, sigv4.Incomplete},
		{"algorithm", replaceAuth("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA1"), sigv4.Incomplete},
		{"bearer", func(r *http.Request) { r.Header.Set("Authorization", "Bearer abc") }, sigv4.Incomplete},
		{"empty Authorization", func(r *http.Request) { r.Header.Set("Authorization", "") }, sigv4.Incomplete},
		{"signed headers without host", replaceAuth("host;", ""), sigv4.Incomplete},
		{"signed headers without date", replaceAuth(";x-amz-date", ""), sigv4.Incomplete},
		{"signed headers unsorted", replaceAuth("content-type;host", "host;content-type"), sigv4.Incomplete},
		{"signed headers twice", replaceAuth("content-type;host", "content-type;content-type;host"), sigv4.Incomplete},
		{"signed headers in capitals", replaceAuth("content-type", "Content-Type"), sigv4.Incomplete},
		{"signed headers fewer", replaceAuth("content-type;", ""), sigv4.Mismatch},
		{"signed headers more", replaceAuth("content-type;", "accept;content-type;"), sigv4.Incomplete},
		{"credential twice", replaceAuth("SignedHeaders=", "Credential=a/b/c/d/aws4_request, SignedHeaders="), sigv4.Incomplete},
		{"signature twice", replaceAuth("SignedHeaders=", "Signature=00, SignedHeaders="), sigv4.Incomplete},
		{"unknown part", replaceAuth("SignedHeaders=", "Extra=1, SignedHeaders="), sigv4.Incomplete},
		{"no credential", replaceAuth("Credential=", "Credential=, "), sigv4.Incomplete},
	}
	v := newVerifier()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := signed(t, temporary, "POST", "http://quoin.test:8650/kx/environments?a=b", `{"name":"x"}`)
			if err := verify(v, r, `{"name":"x"}`, now); err != nil {
				t.Fatalf("unbent: %v", err)
			}
			c.bend(r)
			err := verify(v, r, `{"name":"x"}`, now)
			switch {
			case c.want == -1:
				if a, _ := sigv4.Parse(r); a.AccessKeyID == akid {
					t.Fatal("the access key is still ours")
				}
			case err == nil:
				t.Fatal("accepted")
			case c.want >= 0 && causeOf(err) != c.want:
				t.Fatalf("got %v, cause %d", err, causeOf(err))
			}
		})
	}
	t.Run("body", func(t *testing.T) {
		r := signed(t, temporary, "POST", "http://quoin.test:8650/kx/environments", `{"name":"x"}`)
		if err := verify(v, r, `{"name":"y"}`, now); causeOf(err) != sigv4.Mismatch {
			t.Fatalf("got %v", err)
		}
	})
	t.Run("secret", func(t *testing.T) {
		r := signed(t, temporary, "GET", "http://quoin.test:8650/kx/environments", "")
		a, _ := sigv4.Parse(r)
		if err := v.Verify(a, secret+"x", "", now); causeOf(err) != sigv4.Mismatch {
			t.Fatalf("got %v", err)
		}
	})
}

func TestRefusedPresigned(t *testing.T) {
	edit := func(old, new string) func(*http.Request) {
		return func(r *http.Request) { r.URL.RawQuery = strings.Replace(r.URL.RawQuery, old, new, 1) }
	}
	cases := []struct {
		name string
		bend func(*http.Request)
		want sigv4.Cause
	}{
		{"parameter twice", edit("X-Amz-Date=", "X-Amz-Date=20260304T050607Z&X-Amz-Date="), sigv4.Incomplete},
		{"parameter twice, one spelled", edit("X-Amz-Date=", "X%2DAmz-Date=20260304T050607Z&X-Amz-Date="), sigv4.Incomplete},
		{"signature twice", func(r *http.Request) { r.URL.RawQuery += "&X-Amz-Signature=" + strings.Repeat("0", 64) }, sigv4.Incomplete},
		{"token in a header too", func(r *http.Request) { r.Header.Set("X-Amz-Security-Token", "x") }, sigv4.Incomplete},
		{"date in a header too", func(r *http.Request) { r.Header.Set("X-Amz-Date", "x") }, sigv4.Incomplete},
		{"expires longer", edit("X-Amz-Expires=60", "X-Amz-Expires=61"), sigv4.Mismatch},
		{"expires zero", edit("X-Amz-Expires=60", "X-Amz-Expires=0"), sigv4.Incomplete},
		{"expires negative", edit("X-Amz-Expires=60", "X-Amz-Expires=-60"), sigv4.Incomplete},
		{"expires eight days", edit("X-Amz-Expires=60", "X-Amz-Expires=691200"), sigv4.Incomplete},
		{"expires with a sign", edit("X-Amz-Expires=60", "X-Amz-Expires=%2B60"), sigv4.Incomplete},
		{"expires gone", edit("X-Amz-Expires=60&", ""), sigv4.Mismatch},
		{"token gone", edit("X-Amz-Security-Token=tok%2Fen%2Bwith%3Dsigns&", ""), sigv4.Mismatch},
		{"token", edit("X-Amz-Security-Token=tok", "X-Amz-Security-Token=toc"), sigv4.Mismatch},
		{"credential gone", edit("X-Amz-Credential", "X-Amz-Kredential"), sigv4.Incomplete},
		{"algorithm", edit("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA1"), sigv4.Incomplete},
		{"bad escape", edit("X-Amz-Date=", "X-Amz-Date=%zz"), sigv4.Incomplete},
		{"extra parameter", func(r *http.Request) { r.URL.RawQuery += "&a=b" }, sigv4.Mismatch},
		{"unsigned x-amz header", func(r *http.Request) { r.Header.Set("X-Amz-Meta-A", "b") }, sigv4.Incomplete},
	}
	v := newVerifier()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r, _ := http.NewRequest("GET", "http://quoin.test:8650/kx/environments?b=1&a=2", nil)
			if err := sigv4.Presign(r, temporary, region, "finspace", "", now, time.Minute); err != nil {
				t.Fatal(err)
			}
			in := received(t, r, "")
			if err := verify(v, in, "", now); err != nil {
				t.Fatalf("unbent: %v", err)
			}
			c.bend(in)
			if err := verify(v, in, "", now); causeOf(err) != c.want {
				t.Fatalf("got %v, cause %d", err, causeOf(err))
			}
		})
	}
}

func TestMismatchTextHasNoSecrets(t *testing.T) {
	v := newVerifier()
	for _, query := range []bool{false, true} {
		r, _ := http.NewRequest("GET", "http://h:1/x?a=1", nil)
		c := temporary
		c.SessionToken = "TOKENSECRET"
		if query {
			if err := sigv4.Presign(r, c, region, "finspace", "", now, time.Minute); err != nil {
				t.Fatal(err)
			}
		} else if err := sigv4.Sign(r, c, region, "finspace", sigv4.EmptyHash, now); err != nil {
			t.Fatal(err)
		}
		a, err := sigv4.Parse(received(t, r, ""))
		if err != nil {
			t.Fatal(err)
		}
		err = v.Verify(a, "MYSECRET", "", now)
		if causeOf(err) != sigv4.Mismatch {
			t.Fatalf("got %v", err)
		}
		for _, s := range []string{"TOKENSECRET", "MYSECRET", secret} {
			if strings.Contains(err.Error(), s) {
				t.Errorf("the text shows %q: %v", s, err)
			}
		}
		for _, s := range []string{"Canonical String", "String-to-Sign", "host:h:1", "20260304/eu-west-1/finspace/aws4_request"} {
			if !strings.Contains(err.Error(), s) {
				t.Errorf("the text lacks %q: %v", s, err)
			}
		}
	}
}

func TestForwardedHost(t *testing.T) {
	v := newVerifier()
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	for _, c := range []struct {
		name, peer string
		trusted    []netip.Prefix
		ok         bool
	}{
		{"trusted proxy", "10.1.2.3:999", proxies, true},
		{"other peer", "192.0.2.1:999", proxies, false},
		{"not configured", "10.1.2.3:999", nil, false},
		{"peer in IPv6 form", "[::ffff:10.1.2.3]:999", proxies, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := signed(t, longTerm, "GET", "https://public.test/kx/environments", "")
			r.Host = "inner:8650"
			r.Header.Set("X-Forwarded-Host", "public.test")
			r.RemoteAddr = c.peer
			a, err := sigv4.ParseFor(r, sigv4.ForwardedHost(r, c.trusted))
			if err != nil {
				t.Fatal(err)
			}
			if err := v.Verify(a, secret, "", now); c.ok != (err == nil) {
				t.Fatalf("got %v", err)
			}
		})
	}
}

func TestErrorTable(t *testing.T) {
	for c := sigv4.Missing; c <= sigv4.ExpiredToken; c++ {
		for _, p := range []sigv4.Protocol{sigv4.JSON, sigv4.Query, sigv4.S3} {
			e := &sigv4.Error{Cause: c}
			if e.Code(p) == "" || e.Status(p) < 400 {
				t.Errorf("cause %d, protocol %d: %q %d", c, p, e.Code(p), e.Status(p))
			}
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	v := newVerifier()
	body := `{"iamRole":"arn:aws:iam::123456789012:role/reader","clientToken":"0e3b8a1e-6a05-4b43-9c5e-0c9e5a3a2d11"}`
	r := signed(b, longTerm, "PUT", "http://127.0.0.1:8650/kx/environments/jlcenjvtkgzrdek2qqv7ic/users/bob", body)
	for name, value := range map[string]string{"User-Agent": "Boto3/1.43.11", "Accept-Encoding": "identity",
		"Amz-Sdk-Invocation-Id": "0e3b8a1e-6a05-4b43-9c5e-0c9e5a3a2d11", "Amz-Sdk-Request": "attempt=1", "Content-Length": "101"} {
		r.Header.Set(name, value)
	}
	hash := sigv4.HashBody([]byte(body))
	b.ReportAllocs()
	for b.Loop() {
		a, err := sigv4.Parse(r)
		if err == nil {
			err = v.Verify(a, secret, hash, now)
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}
