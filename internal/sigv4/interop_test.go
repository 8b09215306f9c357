package sigv4_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsv4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/smithy-go/aws-http-auth/credentials"
	smithy "github.com/aws/smithy-go/aws-http-auth/sigv4"
	smithyv4 "github.com/aws/smithy-go/aws-http-auth/v4"

	"github.com/quoinhq/quoin/internal/sigv4"
)

// spec is a request to be signed by someone else.
type spec struct {
	Method, URL   string
	Headers       map[string]string
	Body          string
	Form          string // header or query
	Service       string
	Region        string
	Date          string
	Expires       int
	Key, Secret   string
	Token         string
	at            time.Time
	doubledSpaces bool
}

func (s *spec) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]any{"method": s.Method, "url": s.URL, "headers": s.Headers, "body": s.Body, "form": s.Form,
		"service": s.Service, "region": s.Region, "date": s.Date, "expires": s.Expires, "key": s.Key, "secret": s.Secret, "token": s.Token})
}

const samples = 2000

// generate makes requests of every kind that the services see. Query names
// begin with different letters: signers sort names that are the same but for
// reserved characters in different ways, before or after encoding them.
func generate(seed uint64, n int) []*spec {
	rng := rand.New(rand.NewPCG(seed, 42))
	alphabet := []rune("abcXYZ0189-_.~ !\"#$%&'()*+,/:;<=>?@[]^`{|}äß€日本\u00a0")
	word := func(max int) string {
		out := make([]rune, 1+rng.IntN(max))
		for i := range out {
			out[i] = alphabet[rng.IntN(len(alphabet))]
		}
		return string(out)
	}
	escape := func(s string) string {
		var b strings.Builder
		for _, c := range []byte(s) {
			if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-_.~", c) >= 0 {
				b.WriteByte(c)
			} else {
				fmt.Fprintf(&b, "%%%02X", c)
			}
		}
		return b.String()
	}
	out := make([]*spec, n)
	for i := range out {
		s := &spec{
			Method:  []string{"GET", "PUT", "POST", "DELETE", "HEAD", "PATCH"}[rng.IntN(6)],
			Service: []string{"finspace", "iam", "sts", "s3"}[rng.IntN(4)],
			Region:  region, Key: akid, Secret: secret, Headers: map[string]string{},
			at: now.Add(time.Duration(rng.IntN(600)-300) * time.Second), Form: "header", Expires: 600 + rng.IntN(3600),
		}
		if rng.IntN(2) == 0 {
			s.Token = temporary.SessionToken + strconv.Itoa(i)
		}
		if rng.IntN(3) == 0 {
			s.Form, s.Method = "query", "GET"
		}
		s.Date = s.at.Format("20060102T150405Z")
		path := ""
		for range rng.IntN(5) {
			if seg := escape(word(12)); seg != "." && seg != ".." {
				path += "/" + seg
			}
		}
		if path == "" || rng.IntN(6) == 0 {
			path += "/"
		}
		var query []string
		for k := range rng.IntN(5) {
			name := string(rune('a'+k)) + escape(word(4))
			for range 1 + rng.IntN(2) {
				query = append(query, name+"="+escape(strconv.Itoa(rng.IntN(1e6))))
			}
		}
		s.URL = []string{"http", "https"}[rng.IntN(2)] + "://" + []string{"127.0.0.1:8650", "quoin.example.test", "[::1]:8650"}[rng.IntN(3)] + path
		if len(query) > 0 {
			s.URL += "?" + strings.Join(query, "&")
		}
		if s.Form == "header" {
			if s.Method != "GET" && s.Method != "HEAD" && rng.IntN(4) > 0 {
				s.Body = word(200)
				s.Headers["Content-Type"] = "application/json"
			}
			for range rng.IntN(3) {
				s.Headers["X-Amz-Meta-"+strconv.Itoa(rng.IntN(9))] = strings.ReplaceAll(hex.EncodeToString([]byte(word(9))), "2", "2 ") + "x"
			}
			if rng.IntN(3) == 0 {
				s.Headers["X-Amz-Target"], s.doubledSpaces = "  Some   spaced value ", true
			}
		}
		out[i] = s
	}
	return out
}

func (s *spec) request(t testing.TB) *http.Request {
	t.Helper()
	r, err := http.NewRequest(s.Method, s.URL, strings.NewReader(s.Body))
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range s.Headers {
		r.Header.Set(k, v)
	}
	return r
}

// payload is what the last line of the canonical request has to be.
func (s *spec) payload() string {
	if s.Service == "s3" && s.Form == "query" {
		return sigv4.UnsignedPayload
	}
	return sigv4.HashBody([]byte(s.Body))
}

// check verifies what another signer made, in time, with another secret, and
// over another body.
func (s *spec) check(t testing.TB, v *sigv4.Verifier, r *http.Request) {
	t.Helper()
	in := received(t, r, s.Body)
	a, err := sigv4.Parse(in)
	if err != nil {
		t.Fatalf("%+v\n%v", s, err)
	}
	if a.Token != s.Token || a.AccessKeyID != s.Key || a.Scope.Service != s.Service {
		t.Fatalf("%+v\nread as %+v", s, a)
	}
	hash := sigv4.HashBody([]byte(s.Body))
	if err := v.Verify(a, s.Secret, hash, now); err != nil {
		t.Fatalf("%+v\n%v", s, err)
	}
	if err := v.Verify(a, s.Secret+"!", hash, now); causeOf(err) != sigv4.Mismatch {
		t.Fatalf("%+v\naccepted with another secret: %v", s, err)
	}
	if !(s.Service == "s3" && s.Form == "query") {
		if v.Verify(a, s.Secret, sigv4.HashBody([]byte(s.Body+"!")), now) == nil {
			t.Fatalf("%+v\naccepted with another body", s)
		}
	}
}

func TestAgreesWithAWSSDKGo(t *testing.T) {
	v, ctx := newVerifier(), context.Background()
	for _, s := range generate(1, samples) {
		signer := awsv4.NewSigner(func(o *awsv4.SignerOptions) { o.DisableURIPathEscaping = s.Service == "s3" })
		creds := aws.Credentials{AccessKeyID: s.Key, SecretAccessKey: s.Secret, SessionToken: s.Token}
		r := s.request(t)
		if s.Service == "s3" && s.Form == "header" {
			r.Header.Set("X-Amz-Content-Sha256", s.payload())
		}
		if s.Form == "query" {
			q := r.URL.Query()
			q.Set("X-Amz-Expires", strconv.Itoa(s.Expires))
			r.URL.RawQuery = q.Encode()
			signed, header, err := signer.PresignHTTP(ctx, creds, r, s.payload(), s.Service, s.Region, s.at)
			if err != nil {
				t.Fatal(err)
			}
			if r.URL, err = url.Parse(signed); err != nil {
				t.Fatal(err)
			}
			r.Header = header
		} else if err := signer.SignHTTP(ctx, creds, r, s.payload(), s.Service, s.Region, s.at); err != nil {
			t.Fatal(err)
		}
		s.check(t, v, r)
	}
}

func TestAgreesWithSmithyGo(t *testing.T) {
	v := newVerifier()
	for _, s := range generate(2, samples) {
		if s.Form == "query" && s.Service == "s3" {
			continue // this signer gives no expiry, without which S3 takes no presigned request
		}
		if s.doubledSpaces {
			delete(s.Headers, "X-Amz-Target") // it does not fold them
		}
		r := s.request(t)
		hash, err := hex.DecodeString(sigv4.HashBody([]byte(s.Body)))
		if err != nil {
			t.Fatal(err)
		}
		kind := smithyv4.SignatureTypeHeader
		if s.Form == "query" {
			kind = smithyv4.SignatureTypeQueryString
		}
		signer := smithy.New(func(o *smithyv4.SignerOptions) {
			o.DisableDoublePathEscape = s.Service == "s3"
			o.AddPayloadHashHeader = s.Service == "s3"
		})
		err = signer.SignRequest(&smithy.SignRequestInput{Request: r, PayloadHash: hash, Service: s.Service, Region: s.Region, Time: s.at,
			SignatureType: kind, Credentials: credentials.Credentials{AccessKeyID: s.Key, SecretAccessKey: s.Secret, SessionToken: s.Token}})
		if err != nil {
			t.Fatal(err)
		}
		if s.Form == "query" {
			// Without an expiry the request is good for the allowed skew.
			r.Header.Del("Host")
		}
		s.check(t, v, r)
	}
}

func TestAgreesWithBotocore(t *testing.T) {
	python(t, "botocore")
	specs := generate(3, samples)
	var in bytes.Buffer
	enc := json.NewEncoder(&in)
	for _, s := range specs {
		if err := enc.Encode(s); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("python3", "testdata/sign.py")
	cmd.Stdin, cmd.Stderr = &in, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	v, dec := newVerifier(), json.NewDecoder(bytes.NewReader(out))
	for _, s := range specs {
		var got struct {
			URL     string
			Headers map[string]string
		}
		if err := dec.Decode(&got); err != nil {
			t.Fatal(err)
		}
		s.URL, s.Headers = got.URL, got.Headers
		s.check(t, v, s.request(t))
	}
}

// And they agree with us: a request that we sign gets the same signature.
func TestSignsAsAWSSDKGo(t *testing.T) {
	for _, s := range generate(4, samples) {
		if s.Form == "query" || s.Service == "s3" {
			continue
		}
		s.Headers = nil // which headers are signed is each signer's choice
		ours, theirs := s.request(t), s.request(t)
		ours.ContentLength, theirs.ContentLength = 0, 0
		if err := sigv4.Sign(ours, sigv4.Credentials{AccessKeyID: s.Key, SecretAccessKey: s.Secret, SessionToken: s.Token}, s.Region, s.Service, s.payload(), s.at); err != nil {
			t.Fatal(err)
		}
		err := awsv4.NewSigner().SignHTTP(context.Background(), aws.Credentials{AccessKeyID: s.Key, SecretAccessKey: s.Secret, SessionToken: s.Token},
			theirs, s.payload(), s.Service, s.Region, s.at)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := ours.Header.Get("Authorization"), theirs.Header.Get("Authorization"); got != want {
			t.Fatalf("%+v\ngot  %s\nwant %s", s, got, want)
		}
	}
}

// python skips the test where python3 or a module is missing, unless the run is
// one that has to have them.
func python(t *testing.T, module string) {
	t.Helper()
	if err := exec.Command("python3", "-c", "import "+module).Run(); err != nil {
		if os.Getenv("QUOIN_REQUIRE_CLIENTS") != "" {
			t.Fatalf("python3 with %s is required here: %v", module, err)
		}
		t.Skipf("needs python3 with %s: %v", module, err)
	}
}

// Every field of a signed request, bent by one character, is refused.
func TestEveryCorruptionRefused(t *testing.T) {
	v := newVerifier()
	rng := rand.New(rand.NewPCG(5, 5))
	bend := func(s string) string {
		i := rng.IntN(len(s))
		b := []byte(s)
		if b[i] == 'a' {
			b[i] = 'b'
		} else {
			b[i] = 'a'
		}
		return string(b)
	}
	for _, s := range generate(6, 400) {
		creds := sigv4.Credentials{AccessKeyID: s.Key, SecretAccessKey: s.Secret, SessionToken: s.Token}
		r := s.request(t)
		var err error
		if s.Form == "query" {
			err = sigv4.Presign(r, creds, s.Region, s.Service, "", s.at, time.Hour)
		} else {
			err = sigv4.Sign(r, creds, s.Region, s.Service, s.payload(), s.at)
		}
		if err != nil {
			t.Fatal(err)
		}
		s.check(t, v, r)
		refuse := func(what string, change func(*http.Request)) {
			t.Helper()
			in := received(t, r, s.Body)
			change(in)
			if a, err := sigv4.Parse(in); err != nil || a.AccessKeyID != s.Key {
				return
			} else if v.Verify(a, s.Secret, sigv4.HashBody([]byte(s.Body)), now) == nil {
				t.Fatalf("%+v\naccepted with another %s: %s %s %v", s, what, in.Method, in.URL, in.Header)
			}
		}
		refuse("method", func(in *http.Request) { in.Method = bend(in.Method) })
		refuse("host", func(in *http.Request) { in.Host = bend(in.Host) })
		for name := range r.Header {
			refuse("header "+name, func(in *http.Request) { in.Header.Set(name, bend(in.Header.Get(name))) })
			refuse("header, gone: "+name, func(in *http.Request) { in.Header.Del(name) })
		}
		for name, values := range r.URL.Query() {
			refuse("parameter "+name, func(in *http.Request) {
				q := in.URL.Query()
				q[name] = append([]string{bend(values[0] + "z")}, values[1:]...)
				in.URL.RawQuery = q.Encode()
			})
			refuse("parameter, gone: "+name, func(in *http.Request) {
				q := in.URL.Query()
				q.Del(name)
				in.URL.RawQuery = q.Encode()
			})
			refuse("parameter, once more: "+name, func(in *http.Request) { in.URL.RawQuery += "&" + url.QueryEscape(name) + "=1" })
		}
		refuse("path", func(in *http.Request) { in.URL.Path, in.URL.RawPath = in.URL.Path+"a", "" })
	}
}
