package server_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/quoinhq/quoin/internal/server"
	"github.com/quoinhq/quoin/internal/sigv4"
	"github.com/quoinhq/quoin/test/live"
)

// attack is a request that must not get in: a valid one that has been spoiled.
type attack struct {
	name  string
	spoil func(*forgery)
}

// forgery is a request under construction.
type forgery struct {
	*http.Request
	s    *live.Server
	body []byte
}

// edit changes the Authorization header.
func (f *forgery) edit(change func(string) string) {
	f.Header.Set("Authorization", change(f.Header.Get("Authorization")))
}

func (f *forgery) replace(old, with string) {
	f.edit(func(a string) string {
		if !strings.Contains(a, old) {
			f.s.WaitFor("a header with "+old, func() bool { return false })
		}
		return strings.Replace(a, old, with, 1)
	})
}

// part cuts the named part out of the Authorization header.
func part(a, name string) string {
	_, rest, _ := strings.Cut(a, name+"=")
	value, _, _ := strings.Cut(rest, ",")
	return value
}

// resign signs the request again after it was changed.
func (f *forgery) resign(c sigv4.Credentials, region, service string, now time.Time) {
	if err := sigv4.Sign(f.Request, c, region, service, sigv4.HashBody(f.body), now); err != nil {
		panic(err)
	}
}

// presign moves the signature to the query string.
func (f *forgery) presign(life time.Duration) {
	f.Header.Del("Authorization")
	f.Header.Del("X-Amz-Date")
	if err := sigv4.Presign(f.Request, f.s.Root, "us-east-1", "finspace", sigv4.HashBody(f.body), f.s.Now(), life); err != nil {
		panic(err)
	}
}

func (f *forgery) query(change func(url.Values)) {
	q := f.URL.Query()
	change(q)
	f.URL.RawQuery = q.Encode()
}

// attacks lists the ways in that must be closed.
func attacks() []attack {
	var all []attack
	add := func(name string, spoil func(*forgery)) { all = append(all, attack{name, spoil}) }
	authorization := func(name string, change func(string) string) {
		add("authorization/"+name, func(f *forgery) { f.edit(change) })
	}

	// No signature, or no signature of this kind.
	add("none at all", func(f *forgery) { f.Header.Del("Authorization") })
	for _, scheme := range []string{
		"", " ", "AWS4-HMAC-SHA256", "aws4-hmac-sha256 ", "AWS4-HMAC-SHA1 ", "AWS4-HMAC-SHA512 ", "AWS4-ECDSA-P256-SHA256 ",
		"AWS4-HMAC-SHA256-PAYLOAD ", "AWS3 ", "Basic ", "Bearer ", "AWS4-HMAC-SHA256,", "AWS4-HMAC-SHA256\t",
	} {
		authorization(fmt.Sprintf("scheme %q", scheme), func(a string) string { return scheme + strings.TrimPrefix(a, "AWS4-HMAC-SHA256 ") })
	}
	authorization("basic with the root's keys", func(string) string { return "Basic QUtJQTpzZWNyZXQ=" })
	authorization("the old AWS scheme", func(a string) string {
		return "AWS " + strings.SplitN(part(a, "Credential"), "/", 2)[0] + ":" + part(a, "Signature")
	})
	for _, name := range []string{"Credential", "SignedHeaders", "Signature"} {
		value := func(a string) string { return name + "=" + part(a, name) }
		authorization(name+" missing", func(a string) string { return strings.Replace(a, value(a), "", 1) })
		authorization(name+" empty", func(a string) string { return strings.Replace(a, value(a), name+"=", 1) })
		authorization(name+" twice", func(a string) string { return a + ", " + value(a) })
		authorization(name+" twice with another value", func(a string) string { return a + ", " + name + "=x" })
		authorization(name+" in lower case", func(a string) string { return strings.Replace(a, name, strings.ToLower(name), 1) })
		authorization(name+" without its value's sign", func(a string) string { return strings.Replace(a, name+"=", name, 1) })
		authorization(name+" in quotes", func(a string) string {
			return strings.Replace(a, value(a), name+`="`+part(a, name)+`"`, 1)
		})
	}
	authorization("an unknown part", func(a string) string { return a + ", Extra=1" })
	authorization("parts without commas", func(a string) string { return strings.ReplaceAll(a, ",", " ") })
	authorization("parts divided by semicolons", func(a string) string { return strings.ReplaceAll(a, ", ", "; ") })
	authorization("a thousand commas", func(a string) string { return a + strings.Repeat(",", 1000) })
	add("two authorization headers", func(f *forgery) { f.Header.Add("Authorization", f.Header.Get("Authorization")) })
	add("two authorization headers, the second void", func(f *forgery) { f.Header.Add("Authorization", "") })

	// Each part of the credential, changed without and with signing again.
	for i, what := range []string{"access key", "date", "region", "service", "terminator"} {
		for _, v := range []string{"", " ", "x", "%2F", "..", "*", strings.Repeat("a", 200), "\u00e9"} {
			authorization(fmt.Sprintf("credential/%s %.10q", what, v), func(a string) string {
				old := part(a, "Credential")
				fields := strings.Split(old, "/")
				fields[i] = v
				return strings.Replace(a, old, strings.Join(fields, "/"), 1)
			})
		}
		authorization("credential/without the "+what, func(a string) string {
			old := part(a, "Credential")
			fields := strings.Split(old, "/")
			return strings.Replace(a, old, strings.Join(append(fields[:i], fields[i+1:]...), "/"), 1)
		})
	}
	authorization("credential/one part more", func(a string) string { return strings.Replace(a, "aws4_request", "aws4_request/x", 1) })
	authorization("credential/access key in lower case", func(a string) string {
		key, _, _ := strings.Cut(part(a, "Credential"), "/")
		return strings.Replace(a, key, strings.ToLower(key), 1)
	})
	for _, region := range []string{"us-west-2", "eu-west-1", "US-EAST-1", "us-east-1a", "aws-global", "local"} {
		add("signed for region "+region, func(f *forgery) { f.resign(f.s.Root, region, "finspace", f.s.Now()) })
	}
	for _, service := range []string{"finspace-apricot", "FinSpace", "finspace-api", "execute-api", "ec2", "s3", "iam", "sts"} {
		add("signed for service "+service, func(f *forgery) { f.resign(f.s.Root, "us-east-1", service, f.s.Now()) })
	}
	add("an access key that does not exist", func(f *forgery) {
		f.resign(sigv4.Credentials{AccessKeyID: "AKIAAAAAAAAAAAAAAAAA", SecretAccessKey: f.s.Root.SecretAccessKey}, "us-east-1", "finspace", f.s.Now())
	})
	for _, secret := range []string{"x", " ", "null", "AWS4", strings.Repeat("a", 40)} {
		add(fmt.Sprintf("signed with the secret %.10q", secret), func(f *forgery) {
			f.resign(sigv4.Credentials{AccessKeyID: f.s.Root.AccessKeyID, SecretAccessKey: secret}, "us-east-1", "finspace", f.s.Now())
		})
	}
	add("signed with the access key as secret", func(f *forgery) {
		f.resign(sigv4.Credentials{AccessKeyID: f.s.Root.AccessKeyID, SecretAccessKey: f.s.Root.AccessKeyID}, "us-east-1", "finspace", f.s.Now())
	})

	// Time.
	for name, off := range map[string]time.Duration{
		"just expired": -15*time.Minute - time.Second, "an hour ago": -time.Hour, "yesterday": -24 * time.Hour, "in 1970": -56 * 365 * 24 * time.Hour,
		"in the future": 16 * time.Minute, "tomorrow": 24 * time.Hour, "in a hundred years": 100 * 365 * 24 * time.Hour,
	} {
		add("date/signed "+name, func(f *forgery) { f.resign(f.s.Root, "us-east-1", "finspace", f.s.Now().Add(off)) })
	}
	for _, date := range []string{
		"", "0", "now", "20261007", "20261007T120000", "20261007T120000z", "2026-10-07T12:00:00Z", "20261307T120000Z", "20261032T120000Z",
		"20261007T250000Z", "20261007T126000Z", "20261007T120060Z", "20261007 120000Z", "20261007T120000ZZ", " 20261007T120000.5Z", "-0261007T120000Z",
		"99999999T999999Z", "Wed, 07 Oct 2026 12:00:00 GMT",
	} {
		add(fmt.Sprintf("date/header %q", date), func(f *forgery) { f.Header.Set("X-Amz-Date", date) })
	}
	add("date/no header", func(f *forgery) { f.Header.Del("X-Amz-Date") })
	add("date/twice", func(f *forgery) { f.Header.Add("X-Amz-Date", f.Header.Get("X-Amz-Date")) })
	add("date/one second on", func(f *forgery) {
		t, _ := time.Parse("20060102T150405Z", f.Header.Get("X-Amz-Date"))
		f.Header.Set("X-Amz-Date", t.Add(time.Second).Format("20060102T150405Z"))
	})
	add("date/Date header instead, not signed", func(f *forgery) {
		f.Header.Del("X-Amz-Date")
		f.Header.Set("Date", f.s.Now().UTC().Format(http.TimeFormat))
	})
	add("date/another day than the scope's", func(f *forgery) {
		day := f.s.Now().UTC()
		f.replace("/"+day.Format("20060102")+"/", "/"+day.Add(-24*time.Hour).Format("20060102")+"/")
	})

	// Signed headers.
	for name, list := range map[string]string{
		"not sorted": "x-amz-date;host;content-type", "in upper case": "Content-Type;Host;X-Amz-Date", "without host": "content-type;x-amz-date",
		"without the date": "content-type;host", "twice the same": "content-type;host;host;x-amz-date", "one that is not there": "content-type;host;x-absent;x-amz-date",
		"a void one": "content-type;;host;x-amz-date", "a semicolon at the end": "content-type;host;x-amz-date;", "commas": "content-type:host:x-amz-date",
		"only host": "host", "spaces": "content-type; host; x-amz-date", "authorization among them": "authorization;content-type;host;x-amz-date",
		"ten thousand": strings.Repeat("a;", 10000) + "host",
	} {
		add("signed headers/"+name, func(f *forgery) { f.replace(part(f.Header.Get("Authorization"), "SignedHeaders"), list) })
	}
	for _, name := range []string{
		"X-Amz-Target", "X-Amz-Meta-A", "X-Amz-User-Agent", "X-Amz-Security-Token", "X-Amz-Content-Sha256", "X-Amz-Invocation-Id",
		"X-Amz-Acl", "X-Amz-Source-Account", "X-Amz-Expires", "X-Amz-Signature",
	} {
		add("signed headers/"+name+" not among them", func(f *forgery) { f.Header.Set(name, "x") })
	}
	add("signed headers/content type changed", func(f *forgery) { f.Header.Set("Content-Type", "text/plain") })
	add("signed headers/host changed", func(f *forgery) { f.Host = "finspace.us-east-1.amazonaws.com" })
	add("signed headers/host changed, told by a proxy that is not trusted", func(f *forgery) {
		f.Header.Set("X-Forwarded-Host", f.URL.Host)
		f.Host = "example.com"
	})

	// The signature itself: every digit of it.
	for i := range 64 {
		add(fmt.Sprintf("signature/digit %d changed", i), func(f *forgery) {
			f.edit(func(a string) string {
				b := []byte(a)
				at := strings.Index(a, "Signature=") + len("Signature=") + i
				if b[at]++; b[at] == 'g' || b[at] == ':' {
					b[at] = '0'
				}
				return string(b)
			})
		})
	}
	for name, change := range map[string]func(string) string{
		"in upper case":   func(s string) string { return "A" + strings.ToUpper(s[1:]) },
		"one digit short": func(s string) string { return s[1:] },
		"one digit long":  func(s string) string { return s + "0" },
		"not hex":         func(s string) string { return "g" + s[1:] },
		"zeros":           func(string) string { return strings.Repeat("0", 64) },
		"base 64":         func(string) string { return "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=" },
		"of nothing":      func(string) string { return sigv4.EmptyHash },
		"reversed":        func(s string) string { b := []byte(s); b[0], b[63] = b[63]^1, b[0]; return string(b) },
		"with a blank":    func(s string) string { return s + " x" },
		"percent-encoded": func(s string) string { return "%30" + s[3:] },
	} {
		add("signature/"+name, func(f *forgery) {
			old := part(f.Header.Get("Authorization"), "Signature")
			f.replace(old, change(old))
		})
	}

	// What was signed is not what came.
	add("request/another method", func(f *forgery) { f.Method = http.MethodDelete })
	add("request/another user", func(f *forgery) { f.URL.Path = strings.Replace(f.URL.Path, "bob", "bobby", 1) })
	add("request/another query", func(f *forgery) { f.URL.RawQuery = "a=b" })
	add("request/a query of nothing but a token", func(f *forgery) { f.URL.RawQuery = "clientToken=x" })
	add("request/another body", func(f *forgery) { f.setBody(bytes.Replace(f.body, []byte("role/"), []byte("role/x"), 1)) })
	add("request/no body", func(f *forgery) { f.setBody(nil) })
	add("request/a blank more", func(f *forgery) { f.setBody(append(f.body, ' ')) })
	add("request/hash of another body", func(f *forgery) {
		f.Header.Set("X-Amz-Content-Sha256", sigv4.EmptyHash)
		f.resign(f.s.Root, "us-east-1", "finspace", f.s.Now())
	})
	for _, marker := range []string{sigv4.UnsignedPayload, sigv4.StreamingSigned, sigv4.StreamingUnsignedTrailer, "x"} {
		add("request/payload "+marker, func(f *forgery) {
			f.Header.Set("X-Amz-Content-Sha256", marker)
			if err := sigv4.Sign(f.Request, f.s.Root, "us-east-1", "finspace", marker, f.s.Now()); err != nil {
				panic(err)
			}
		})
	}

	// Session tokens.
	for _, token := range []string{"x", "null", strings.Repeat("t", 4096)} {
		add(fmt.Sprintf("token/%.8s with the root's key", token), func(f *forgery) {
			c := f.s.Root
			c.SessionToken = token
			f.resign(c, "us-east-1", "finspace", f.s.Now())
		})
		add(fmt.Sprintf("token/%.8s with a session that does not exist", token), func(f *forgery) {
			c := sigv4.Credentials{AccessKeyID: "ASIAAAAAAAAAAAAAAAAA", SecretAccessKey: "x", SessionToken: token}
			f.resign(c, "us-east-1", "finspace", f.s.Now())
		})
	}
	add("token/twice", func(f *forgery) { f.Header["X-Amz-Security-Token"] = []string{"a", "b"} })

	// Query strings.
	presigned := func(name string, spoil func(*forgery)) {
		add("presigned/"+name, func(f *forgery) { f.presign(time.Minute); spoil(f) })
	}
	names := []string{"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders", "X-Amz-Signature"}
	for _, name := range names {
		presigned("without "+name, func(f *forgery) { f.query(func(q url.Values) { q.Del(name) }) })
		presigned("void "+name, func(f *forgery) { f.query(func(q url.Values) { q.Set(name, "") }) })
		presigned("twice "+name, func(f *forgery) { f.query(func(q url.Values) { q.Add(name, q.Get(name)) }) })
		presigned("twice "+name+", the second another", func(f *forgery) { f.query(func(q url.Values) { q.Add(name, "x") }) })
		presigned("lower case "+name, func(f *forgery) {
			f.query(func(q url.Values) { q.Set(strings.ToLower(name), q.Get(name)); q.Del(name) })
		})
	}
	for _, life := range []string{"0", "-1", "604801", "1e3", "60.0", "0x3c", " 60", "+60", "060", "99999999999999999999", "x"} {
		presigned(fmt.Sprintf("expires %q", life), func(f *forgery) { f.query(func(q url.Values) { q.Set("X-Amz-Expires", life) }) })
	}
	presigned("longer life than was signed", func(f *forgery) { f.query(func(q url.Values) { q.Set("X-Amz-Expires", "3600") }) })
	presigned("another method", func(f *forgery) { f.Method = http.MethodDelete })
	presigned("another path", func(f *forgery) { f.URL.Path += "x" })
	presigned("another parameter", func(f *forgery) { f.query(func(q url.Values) { q.Set("a", "b") }) })
	presigned("another host", func(f *forgery) { f.Host = "example.com" })
	presigned("another body", func(f *forgery) { f.setBody(append(f.body, ' ')) })
	presigned("a header beside it", func(f *forgery) { f.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=x") })
	presigned("a date header beside it", func(f *forgery) { f.Header.Set("X-Amz-Date", f.URL.Query().Get("X-Amz-Date")) })
	presigned("a token beside it", func(f *forgery) { f.query(func(q url.Values) { q.Set("X-Amz-Security-Token", "x") }) })
	add("presigned/expired", func(f *forgery) {
		f.Header.Del("Authorization")
		f.Header.Del("X-Amz-Date")
		if err := sigv4.Presign(f.Request, f.s.Root, "us-east-1", "finspace", sigv4.HashBody(f.body), f.s.Now().Add(-2*time.Minute), time.Minute); err != nil {
			panic(err)
		}
	})
	return all
}

func (f *forgery) setBody(b []byte) {
	f.Body = http.NoBody
	f.ContentLength = int64(len(b))
	if len(b) > 0 {
		f.Body = readCloser{bytes.NewReader(b)}
	}
}

type readCloser struct{ *bytes.Reader }

func (readCloser) Close() error { return nil }

// TestMalformedAuthentication sends every attack to a live server: each is
// refused with a status of the 4xx and an error that a client can read, none
// has an effect or shows a secret.
func TestMalformedAuthentication(t *testing.T) {
	s := live.Start(t, func(c *server.Config) { c.Limits.AddressRate = -1 })
	env, role, other := s.Environment("env"), s.Role("a"), s.Role("b")
	s.User(env, "bob", role)
	path := "/kx/environments/" + env + "/users/bob"
	cases := attacks()
	if len(cases) < 200 {
		t.Errorf("only %d attacks", len(cases))
	}
	seen := make(map[string]bool)
	for _, c := range cases {
		if seen[c.name] {
			t.Errorf("two attacks are called %s", c.name)
		}
		seen[c.name] = true
		t.Run(c.name, func(t *testing.T) {
			r, body := s.Request(http.MethodPut, path, map[string]string{"iamRole": other})
			s.Sign(r, body, s.Root)
			f := &forgery{r, s, body}
			c.spoil(f)
			res, err := http.DefaultClient.Do(f.Request)
			if err != nil {
				return // not even HTTP: the client does not send it
			}
			defer res.Body.Close()
			var text bytes.Buffer
			if _, err := text.ReadFrom(res.Body); err != nil {
				t.Fatal(err)
			}
			if res.StatusCode < 400 || res.StatusCode > 499 {
				t.Errorf("status %d: %s", res.StatusCode, &text)
			}
			if ct := res.Header.Get("Content-Type"); !strings.Contains(ct, "json") && !strings.Contains(ct, "xml") {
				t.Errorf("content type %q: %s", ct, &text)
			}
			if strings.Contains(text.String(), s.Root.SecretAccessKey) {
				t.Errorf("the secret is in the reply: %s", &text)
			}
		})
	}
	if got := s.Do(http.MethodGet, path, nil).Member("iamRole"); got != role {
		t.Errorf("an attack had an effect: the role is %s", got)
	}
}

// TestGoodAuthentication makes sure that the attacks fail for what they are.
func TestGoodAuthentication(t *testing.T) {
	s := live.Start(t)
	env, role := s.Environment("env"), s.Role("a")
	s.User(env, "bob", role)
	for name, change := range map[string]func(*forgery){
		"header":          func(*forgery) {},
		"presigned":       func(f *forgery) { f.presign(time.Minute) },
		"14 minutes slow": func(f *forgery) { f.resign(s.Root, "us-east-1", "finspace", s.Now().Add(-14*time.Minute)) },
		"14 minutes fast": func(f *forgery) { f.resign(s.Root, "us-east-1", "finspace", s.Now().Add(14*time.Minute)) },
		"parts turned":    func(f *forgery) { f.edit(turned) },
		"no blanks":       func(f *forgery) { f.edit(func(a string) string { return strings.ReplaceAll(a, ", ", ",") }) },
		"unsigned header": func(f *forgery) { f.Header.Set("X-Other", "1") },
		"body's hash given": func(f *forgery) {
			f.Header.Set("X-Amz-Content-Sha256", sigv4.HashBody(f.body))
			f.resign(s.Root, "us-east-1", "finspace", s.Now())
		},
	} {
		t.Run(name, func(t *testing.T) {
			r, body := s.Request(http.MethodPut, "/kx/environments/"+env+"/users/bob", map[string]string{"iamRole": role})
			s.Sign(r, body, s.Root)
			change(&forgery{r, s, body})
			if reply := s.Send(r); reply.Status != http.StatusOK {
				t.Errorf("%d %s", reply.Status, reply.Body)
			}
		})
	}
}

// turned puts the parts of an Authorization header into another order.
func turned(a string) string {
	return "AWS4-HMAC-SHA256 Signature=" + part(a, "Signature") + ", SignedHeaders=" + part(a, "SignedHeaders") + ", Credential=" + part(a, "Credential")
}
