package iam_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/quoinhq/quoin/internal/iam"
	"github.com/quoinhq/quoin/internal/iam/iamtest"
	"github.com/quoinhq/quoin/internal/sigv4"
)

// issuer is an identity provider with one RSA and one elliptic-curve key.
type issuer struct {
	url     string
	rsa     *rsa.PrivateKey
	ec      *ecdsa.PrivateKey
	fetches atomic.Int64
	keys    func() any // the key set it gives out
	client  *http.Client
}

func newIssuer(t testing.TB) *issuer {
	t.Helper()
	i := new(issuer)
	var err error
	if i.rsa, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		t.Fatal(err)
	}
	if i.ec, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		t.Fatal(err)
	}
	i.keys = i.keySet
	mux := http.NewServeMux()
	mux.HandleFunc("/realm/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		json.NewEncoder(w).Encode(map[string]string{"issuer": i.url, "jwks_uri": i.url + "/keys"})
	})
	mux.HandleFunc("/realm/keys", func(w http.ResponseWriter, _ *http.Request) {
		i.fetches.Add(1)
		json.NewEncoder(w).Encode(i.keys())
	})
	srv := httptest.NewTLSServer(mux)
	t.Cleanup(srv.Close)
	i.url, i.client = srv.URL+"/realm", srv.Client()
	return i
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func (i *issuer) keySet() any {
	point, err := i.ec.PublicKey.Bytes()
	if err != nil {
		panic(err)
	}
	return map[string]any{"keys": []map[string]string{
		{"kty": "RSA", "kid": "r", "use": "sig", "alg": "RS256", "n": b64(i.rsa.N.Bytes()), "e": b64(big.NewInt(int64(i.rsa.E)).Bytes())},
		{"kty": "EC", "kid": "e", "crv": "P-256", "x": b64(point[1:33]), "y": b64(point[33:])},
		{"kty": "RSA", "kid": "enc", "use": "enc", "n": b64(i.rsa.N.Bytes()), "e": "AQAB"},
		{"kty": "oct", "kid": "o"},
	}}
}

// token signs claims; header members override those of the algorithm.
func (i *issuer) token(t testing.TB, alg string, claims, header map[string]any) string {
	t.Helper()
	h := map[string]any{"alg": alg, "typ": "JWT", "kid": map[string]string{"RS256": "r", "ES256": "e"}[alg]}
	maps.Copy(h, header)
	c := map[string]any{"iss": i.url, "sub": "alice", "aud": "quoin", "exp": time.Now().Add(time.Hour).Unix(), "iat": time.Now().Unix()}
	maps.Copy(c, claims)
	for k, v := range c {
		if v == nil {
			delete(c, k)
		}
	}
	head, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	text := b64(head) + "." + b64(body)
	sum := sha256.Sum256([]byte(text))
	var sig []byte
	switch alg {
	case "RS256":
		sig, err = rsa.SignPKCS1v15(nil, i.rsa, crypto.SHA256, sum[:])
	case "ES256":
		var r, s *big.Int
		r, s, err = ecdsa.Sign(rand.Reader, i.ec, sum[:])
		sig = append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
	case "HS256": // the old trick: the public key as a shared secret
		m := hmac.New(sha256.New, i.rsa.N.Bytes())
		m.Write([]byte(text))
		sig = m.Sum(nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return text + "." + b64(sig)
}

func (i *issuer) name() string { return strings.TrimPrefix(i.url, "https://") }

func (i *issuer) trust(condition string) string {
	return fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::123456789012:oidc-provider/%s"},
	  "Action":["sts:AssumeRoleWithWebIdentity","sts:TagSession","sts:SetSourceIdentity"]%s}]}`, i.name(), condition)
}

func newFederation(t testing.TB, providers ...iam.Provider) (*issuer, *client) {
	t.Helper()
	i := newIssuer(t)
	if len(providers) == 0 {
		providers = []iam.Provider{{Issuer: i.url, Audiences: []string{"quoin", "other"}}}
	}
	e := iamtest.New(t, func(c *iam.Config) { c.Providers, c.Transport = providers, i.client.Transport })
	root := newClient(t, e)
	root.ok("iam", "CreateRole", "RoleName", "web", "AssumeRolePolicyDocument", i.trust(""))
	return i, root
}

// signIn trades a token for a session, unsigned as web identities do.
func (c *client) signIn(token string, params ...string) (int, string) {
	c.t.Helper()
	return c.as(sigv4.Credentials{}).call("sts", "AssumeRoleWithWebIdentity",
		append([]string{"RoleArn", roleARN + "web", "RoleSessionName", "web", "WebIdentityToken", token}, params...)...)
}

func TestWebIdentity(t *testing.T) {
	i, root := newFederation(t)
	for _, alg := range []string{"RS256", "ES256"} {
		t.Run(alg, func(t *testing.T) {
			status, body := root.signIn(i.token(t, alg, nil, nil))
			if status != 200 {
				t.Fatal(body)
			}
			for name, want := range map[string]string{"SubjectFromWebIdentityToken": "alice", "Audience": "quoin", "Provider": i.url} {
				if got := element(body, name); got != want {
					t.Errorf("%s %q", name, got)
				}
			}
			if got := element(root.as(credsIn(body)).ok("sts", "GetCallerIdentity"), "Arn"); got != "arn:aws:sts::123456789012:assumed-role/web/web" {
				t.Error(got)
			}
		})
	}
	if n := i.fetches.Load(); n != 1 {
		t.Errorf("keys were fetched %d times", n)
	}
}

func TestWebIdentityRefused(t *testing.T) {
	i, root := newFederation(t)
	other := newIssuer(t)
	ago := func(d time.Duration) int64 { return time.Now().Add(-d).Unix() }
	good := i.token(t, "RS256", nil, nil)
	parts := strings.Split(good, ".")
	for _, c := range []struct{ name, token, code string }{
		{"no JWT", "abcdef", "InvalidIdentityToken"},
		{"two parts", parts[0] + "." + parts[1], "InvalidIdentityToken"},
		{"no signature", parts[0] + "." + parts[1] + ".", "InvalidIdentityToken"},
		{"signature cut", good[:len(good)-4], "InvalidIdentityToken"},
		{"other claims under the signature", parts[0] + "." + strings.Split(i.token(t, "RS256", map[string]any{"sub": "eve"}, nil), ".")[1] + "." + parts[2], "InvalidIdentityToken"},
		{"alg none", i.token(t, "none", nil, nil), "InvalidIdentityToken"},
		{"alg HS256 with the public key", i.token(t, "HS256", nil, map[string]any{"kid": "r"}), "InvalidIdentityToken"},
		{"alg of the other key", i.token(t, "RS256", nil, map[string]any{"kid": "e"}), "InvalidIdentityToken"},
		{"encryption key", i.token(t, "RS256", nil, map[string]any{"kid": "enc"}), "InvalidIdentityToken"},
		{"unknown key", i.token(t, "RS256", nil, map[string]any{"kid": "x"}), "InvalidIdentityToken"},
		{"critical extension", i.token(t, "RS256", nil, map[string]any{"crit": []string{"b64"}}), "InvalidIdentityToken"},
		{"expired", i.token(t, "RS256", map[string]any{"exp": ago(2 * time.Minute)}, nil), "ExpiredTokenException"},
		{"no expiry", i.token(t, "RS256", map[string]any{"exp": nil}, nil), "InvalidIdentityToken"},
		{"not yet", i.token(t, "RS256", map[string]any{"nbf": time.Now().Add(time.Hour).Unix()}, nil), "InvalidIdentityToken"},
		{"other audience", i.token(t, "RS256", map[string]any{"aud": "elsewhere"}, nil), "InvalidIdentityToken"},
		{"audience by azp", i.token(t, "RS256", map[string]any{"azp": "elsewhere"}, nil), "InvalidIdentityToken"},
		{"no audience", i.token(t, "RS256", map[string]any{"aud": nil}, nil), "InvalidIdentityToken"},
		{"no subject", i.token(t, "RS256", map[string]any{"sub": nil}, nil), "InvalidIdentityToken"},
		{"unknown issuer", other.token(t, "RS256", nil, nil), "InvalidIdentityToken"},
		{"our issuer, another's key", other.token(t, "RS256", map[string]any{"iss": i.url}, nil), "InvalidIdentityToken"},
		{"issuer with a slash more", i.token(t, "RS256", map[string]any{"iss": i.url + "/"}, nil), "InvalidIdentityToken"},
	} {
		t.Run(c.name, func(t *testing.T) {
			status, body := root.signIn(c.token)
			if status == 200 || element(body, "Code") != c.code {
				t.Fatalf("%d %s", status, body)
			}
			if len(parts[2]) > 20 && strings.Contains(body, parts[2][:20]) {
				t.Error("the token is in the error")
			}
		})
	}
	t.Run("role that does not trust it", func(t *testing.T) {
		root.makeRole("plain")
		status, body := root.signIn(good, "RoleArn", roleARN+"plain")
		if status != 403 || element(body, "Code") != "AccessDenied" {
			t.Fatalf("%d %s", status, body)
		}
	})
	t.Run("no role", func(t *testing.T) {
		if status, body := root.signIn(good, "RoleArn", roleARN+"none"); status != 403 || element(body, "Code") != "AccessDenied" {
			t.Fatalf("%d %s", status, body)
		}
	})
	t.Run("other operations stay closed", func(t *testing.T) {
		if status, body := root.as(sigv4.Credentials{}).call("sts", "GetCallerIdentity"); status != 403 || element(body, "Code") != "MissingAuthenticationToken" {
			t.Fatalf("%d %s", status, body)
		}
	})
}

func TestWebIdentityConditions(t *testing.T) {
	i, root := newFederation(t)
	key := func(name string) string { return i.name() + ":" + name }
	for _, c := range []struct {
		name, condition string
		claims          map[string]any
		ok              bool
	}{
		{"subject", `{"StringEquals":{"` + key("sub") + `":"alice"}}`, nil, true},
		{"other subject", `{"StringEquals":{"` + key("sub") + `":"bob"}}`, nil, false},
		{"audience", `{"StringEquals":{"` + key("aud") + `":"quoin"}}`, nil, true},
		{"azp is the audience", `{"StringEquals":{"` + key("aud") + `":"other"}}`, map[string]any{"azp": "other"}, true},
		{"audience in a list", `{"StringEquals":{"` + key("aud") + `":"quoin"}}`, map[string]any{"aud": []string{"x", "quoin"}}, true},
		{"method", `{"ForAnyValue:StringEquals":{"` + key("amr") + `":"mfa"}}`, map[string]any{"amr": []string{"pwd", "mfa"}}, true},
		{"method missing", `{"ForAnyValue:StringEquals":{"` + key("amr") + `":"mfa"}}`, nil, false},
		{"key of another issuer", `{"StringNotEquals":{"idp.other:sub":"alice"}}`, nil, false},
		{"session tag", `{"StringEquals":{"aws:RequestTag/team":"fx"}}`, map[string]any{"https://aws.amazon.com/tags": map[string]any{"principal_tags": map[string]any{"team": []string{"fx"}}}}, true},
		{"other session tag", `{"StringEquals":{"aws:RequestTag/team":"fx"}}`, map[string]any{"https://aws.amazon.com/tags": map[string]any{"principal_tags": map[string]any{"team": []string{"eq"}}}}, false},
		{"source identity", `{"StringEquals":{"sts:SourceIdentity":"alice"}}`, map[string]any{"https://aws.amazon.com/source_identity": "alice"}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			root.ok("iam", "UpdateAssumeRolePolicy", "RoleName", "web", "PolicyDocument", i.trust(`,"Condition":`+c.condition))
			status, body := root.signIn(i.token(t, "ES256", c.claims, nil))
			if c.ok != (status == 200) {
				t.Fatalf("%d %s", status, body)
			}
		})
	}
}

// New keys of an issuer are found, though not at every unknown name.
func TestWebIdentityKeysRotate(t *testing.T) {
	clock := time.Now()
	i := newIssuer(t)
	e := iamtest.New(t, func(c *iam.Config) {
		c.Providers, c.Transport = []iam.Provider{{Issuer: i.url, Audiences: []string{"quoin"}}}, i.client.Transport
		c.Now = func() time.Time { return clock }
	})
	root := newClient(t, e)
	root.ok("iam", "CreateRole", "RoleName", "web", "AssumeRolePolicyDocument", i.trust(""))
	if status, body := root.signIn(i.token(t, "RS256", nil, nil)); status != 200 {
		t.Fatal(body)
	}
	i.keys = func() any {
		return map[string]any{"keys": []map[string]string{{"kty": "RSA", "kid": "new", "n": b64(i.rsa.N.Bytes()), "e": "AQAB"}}}
	}
	fresh := i.token(t, "RS256", nil, map[string]any{"kid": "new"})
	if status, _ := root.signIn(fresh); status == 200 {
		t.Fatal("keys were fetched again at once")
	}
	clock = clock.Add(2 * time.Minute)
	if status, body := root.signIn(fresh); status != 200 {
		t.Fatal(body)
	}
	if status, _ := root.signIn(i.token(t, "RS256", nil, nil)); status == 200 {
		t.Fatal("the old key still counts")
	}
	if n := i.fetches.Load(); n != 2 {
		t.Errorf("keys were fetched %d times", n)
	}
}

func TestWebIdentityKeysFromFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "keys.json")
	const url = "https://idp.example/realm"
	i, root := newFederation(t, iam.Provider{Issuer: url, Audiences: []string{"quoin"}, KeysFile: file})
	b, err := json.Marshal(i.keySet())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
	i.url = url
	root.ok("iam", "UpdateAssumeRolePolicy", "RoleName", "web", "PolicyDocument", i.trust(""))
	if status, body := root.signIn(i.token(t, "RS256", nil, nil)); status != 200 {
		t.Fatal(body)
	}
}

func TestWebIdentityProviderOfTheAPI(t *testing.T) {
	i, root := newFederation(t, iam.Provider{Issuer: "https://unused.example", Audiences: []string{"x"}})
	if status, _ := root.signIn(i.token(t, "RS256", nil, nil)); status == 200 {
		t.Fatal("accepted before the provider was made")
	}
	arn := element(root.ok("iam", "CreateOpenIDConnectProvider", "Url", i.url, "ClientIDList.member.1", "quoin"), "OpenIDConnectProviderArn")
	if status, body := root.signIn(i.token(t, "RS256", nil, nil)); status != 200 {
		t.Fatal(body)
	}
	root.ok("iam", "DeleteOpenIDConnectProvider", "OpenIDConnectProviderArn", arn)
	if status, _ := root.signIn(i.token(t, "RS256", nil, nil)); status == 200 {
		t.Fatal("accepted after the provider was deleted")
	}
}

func TestProviderCheck(t *testing.T) {
	i, dir := newIssuer(t), t.TempDir()
	file := func(name string, content any) string {
		b, err := json.Marshal(content)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	keys := func(name string, more map[string]string) string {
		return file(name, map[string]any{"keys": []map[string]string{more}})
	}
	long := strings.Repeat("_", 60) // 45 bytes of ones
	for name, c := range map[string]struct {
		p  iam.Provider
		ok bool
	}{
		"good":              {iam.Provider{Issuer: "https://idp", Audiences: []string{"a"}}, true},
		"http with file":    {iam.Provider{Issuer: "http://idp", Audiences: []string{"a"}, KeysFile: file("keys", i.keySet())}, true},
		"no such file":      {iam.Provider{Issuer: "https://idp", Audiences: []string{"a"}, KeysFile: dir + "/none"}, false},
		"no key set":        {iam.Provider{Issuer: "https://idp", Audiences: []string{"a"}, KeysFile: file("text", "text")}, false},
		"no usable key":     {iam.Provider{Issuer: "https://idp", Audiences: []string{"a"}, KeysFile: keys("oct", map[string]string{"kty": "oct"})}, false},
		"a key too long":    {iam.Provider{Issuer: "https://idp", Audiences: []string{"a"}, KeysFile: keys("long", map[string]string{"kty": "EC", "crv": "P-256", "x": long, "y": long})}, false},
		"http without file": {iam.Provider{Issuer: "http://idp", Audiences: []string{"a"}}, false},
		"no audience":       {iam.Provider{Issuer: "https://idp"}, false},
		"no URL":            {iam.Provider{Issuer: "idp", Audiences: []string{"a"}}, false},
		"query":             {iam.Provider{Issuer: "https://idp?x", Audiences: []string{"a"}}, false},
	} {
		if err := c.p.Check(); c.ok != (err == nil) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Whatever is sent as a token is answered, and opens nothing unless what it says
// was signed.
func FuzzWebIdentity(f *testing.F) {
	i := newIssuer(f)
	e := iamtest.New(f, func(c *iam.Config) {
		c.Providers, c.Transport = []iam.Provider{{Issuer: i.url, Audiences: []string{"quoin"}}}, i.client.Transport
	})
	newClient(f, e).ok("iam", "CreateRole", "RoleName", "web", "AssumeRolePolicyDocument", i.trust(""))
	said := make(map[string]bool) // header and claims of the tokens that were signed
	for _, token := range []string{
		i.token(f, "RS256", nil, nil),
		i.token(f, "ES256", map[string]any{"aud": []string{"a", "quoin"}, "nbf": 1.5}, nil),
	} {
		said[token[:strings.LastIndexByte(token, '.')]] = true
		f.Add(token)
	}
	body, err := json.Marshal(map[string]any{"iss": i.url, "sub": "alice", "aud": "quoin", "exp": 1 << 40})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b64([]byte(`{"alg":"none"}`)) + "." + b64(body) + ".")
	f.Add(b64([]byte(`{"alg":"RS256","kid":"r"}`)) + "." + b64(body) + "." + b64([]byte("x")))
	handler := e.Handler()
	f.Fuzz(func(t *testing.T, token string) {
		form := url.Values{"Action": {"AssumeRoleWithWebIdentity"}, "RoleArn": {roleARN + "web"}, "RoleSessionName": {"web"}, "WebIdentityToken": {token}}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest("POST", "/", strings.NewReader(form.Encode())))
		if w.Code >= 500 {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		if w.Code == http.StatusOK && !said[token[:strings.LastIndexByte(token, '.')]] {
			t.Fatalf("accepted %q", token)
		}
	})
}
