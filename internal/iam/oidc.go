package iam

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
)

// Provider is an OpenID Connect issuer whose tokens open sessions.
type Provider struct {
	// Issuer is the URL that tokens name in iss.
	Issuer string
	// Audiences are the client ids that tokens may be meant for.
	Audiences []string
	// KeysFile is a JSON Web Key Set on disk. Without it the keys are found by
	// discovery: ISSUER/.well-known/openid-configuration.
	KeysFile string
}

// Check returns an error for a provider that could not be used.
func (p Provider) Check() error {
	u, err := url.Parse(p.Issuer)
	if err != nil || u.Host == "" || u.Fragment != "" || u.RawQuery != "" || u.User != nil {
		return fmt.Errorf("identity provider %q: the issuer must be a URL without query", p.Issuer)
	}
	if u.Scheme != "https" && p.KeysFile == "" {
		return fmt.Errorf("identity provider %q: keys are fetched over https only; give them in a file", p.Issuer)
	}
	if len(p.Audiences) == 0 {
		return fmt.Errorf("identity provider %q: needs an audience", p.Issuer)
	}
	if p.KeysFile != "" {
		if _, err := p.readKeys(); err != nil {
			return fmt.Errorf("identity provider %q: %w", p.Issuer, err)
		}
	}
	return nil
}

// readKeys reads the provider's keys from its file.
func (p Provider) readKeys() (map[string]crypto.PublicKey, error) {
	b, err := os.ReadFile(p.KeysFile)
	if err != nil {
		return nil, err
	}
	keys, err := parseKeys(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.KeysFile, err)
	}
	return keys, nil
}

// issuerName is how IAM names a provider: its URL without the scheme.
func issuerName(issuer string) string {
	_, name, _ := strings.Cut(issuer, "://")
	return strings.TrimSuffix(name, "/")
}

// Bounds of what is fetched and believed.
const (
	fetchTimeout  = 5 * time.Second
	maxKeySet     = 1 << 20
	keysFreshFor  = time.Hour
	keysRetry     = time.Minute // between fetches for keys we do not know
	tokenLeeway   = time.Minute
	minRSABits    = 2048
	maxTokenParts = 3
)

// verifier checks tokens and keeps the keys of their issuers.
type verifier struct {
	configured map[string]Provider // by issuer name
	client     *http.Client

	mu   sync.Mutex
	sets map[string]*keySet
}

type keySet struct {
	mu      sync.Mutex // held while fetching, so that one request fetches for all
	keys    map[string]crypto.PublicKey
	fetched time.Time
}

func newOIDC(configured []Provider, transport http.RoundTripper) *verifier {
	v := &verifier{
		configured: make(map[string]Provider),
		sets:       make(map[string]*keySet),
		client: &http.Client{Transport: transport, Timeout: fetchTimeout, CheckRedirect: func(r *http.Request, via []*http.Request) error {
			if r.URL.Scheme != "https" || len(via) > 3 {
				return errors.New("iam: redirected away from https or too often")
			}
			return nil
		}},
	}
	for _, p := range configured {
		v.configured[issuerName(p.Issuer)] = p
	}
	return v
}

// claims are what a token says of its holder.
type claims struct {
	Issuer   string   `json:"iss"`
	Subject  string   `json:"sub"`
	Audience audience `json:"aud"`
	Party    string   `json:"azp"`
	Expires  *float64 `json:"exp"`
	NotYet   *float64 `json:"nbf"`
	Methods  []string `json:"amr"`
	Source   string   `json:"https://aws.amazon.com/source_identity"`
	Tags     struct {
		Principal  map[string][]string `json:"principal_tags"`
		Transitive []string            `json:"transitive_tag_keys"`
	} `json:"https://aws.amazon.com/tags"`
}

// audience is one text or a list of them.
type audience []string

func (a *audience) UnmarshalJSON(b []byte) error {
	var s string
	if json.Unmarshal(b, &s) == nil {
		*a = audience{s}
		return nil
	}
	return json.Unmarshal(b, (*[]string)(a))
}

// client is the client id that the token was made for. As STS does, the
// authorised party goes before the audience.
func (c *claims) client() []string {
	if c.Party != "" {
		return []string{c.Party}
	}
	return c.Audience
}

type token struct {
	claims
	alg, kid  string
	signed    string
	signature []byte
}

// readToken takes a compact JWS apart without believing it.
func readToken(text string) (*token, error) {
	parts := strings.Split(text, ".")
	if len(parts) != maxTokenParts {
		return nil, errInvalidIdentityToken("The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)")
	}
	var header struct {
		Alg  string   `json:"alg"`
		Kid  string   `json:"kid"`
		Crit []string `json:"crit"`
	}
	t := &token{signed: parts[0] + "." + parts[1]}
	raw := [maxTokenParts][]byte{}
	for i, p := range parts {
		b, err := base64.RawURLEncoding.Strict().DecodeString(p)
		if err != nil {
			return nil, errInvalidIdentityToken("The ID Token provided is not a valid JWT.")
		}
		raw[i] = b
	}
	if json.Unmarshal(raw[0], &header) != nil || json.Unmarshal(raw[1], &t.claims) != nil || len(header.Crit) > 0 {
		return nil, errInvalidIdentityToken("The ID Token provided is not a valid JWT.")
	}
	t.alg, t.kid, t.signature = header.Alg, header.Kid, raw[2]
	if t.alg != "RS256" && t.alg != "ES256" {
		return nil, errInvalidIdentityToken("The ID Token must be signed with RS256 or ES256.")
	}
	if t.Issuer == "" || t.Subject == "" || t.Expires == nil || len(t.client()) == 0 {
		return nil, errInvalidIdentityToken("The ID Token must have iss, sub, aud and exp.")
	}
	return t, nil
}

func (t *token) checkTime(now time.Time) error {
	at := func(seconds float64) time.Time { return time.Unix(int64(seconds), 0) }
	if !now.Before(at(*t.Expires).Add(tokenLeeway)) {
		return errExpiredIdentityToken()
	}
	if t.NotYet != nil && now.Before(at(*t.NotYet).Add(-tokenLeeway)) {
		return errInvalidIdentityToken("The ID Token is not valid yet.")
	}
	return nil
}

// verifies reports whether key made the token's signature.
func (t *token) verifies(key crypto.PublicKey) bool {
	sum := sha256.Sum256([]byte(t.signed))
	switch k := key.(type) {
	case *rsa.PublicKey:
		return t.alg == "RS256" && rsa.VerifyPKCS1v15(k, crypto.SHA256, sum[:], t.signature) == nil
	case *ecdsa.PublicKey:
		if t.alg != "ES256" || len(t.signature) != 64 {
			return false
		}
		r, s := new(big.Int).SetBytes(t.signature[:32]), new(big.Int).SetBytes(t.signature[32:])
		return ecdsa.Verify(k, sum[:], r, s)
	}
	return false
}

// verify checks a token's signature with the keys of its issuer, which the
// caller has found to be trusted.
func (v *verifier) verify(ctx context.Context, t *token, p Provider, now time.Time) error {
	set := v.set(p.Issuer)
	set.mu.Lock()
	defer set.mu.Unlock()
	_, known := set.keys[t.kid]
	if age := now.Sub(set.fetched); age > keysFreshFor || !known && age > keysRetry {
		keys, err := v.load(ctx, p)
		if err != nil && len(set.keys) == 0 {
			return errors.Join(errProviderUnreachable(), err)
		}
		if err == nil {
			set.keys = keys
		}
		set.fetched = now
	}
	if key, ok := set.keys[t.kid]; ok && t.verifies(key) {
		return nil
	}
	return errInvalidIdentityToken("Couldn't retrieve verification key from your identity provider, or the signature is not valid.")
}

func (v *verifier) set(issuer string) *keySet {
	v.mu.Lock()
	defer v.mu.Unlock()
	s := v.sets[issuer]
	if s == nil {
		s = new(keySet)
		v.sets[issuer] = s
	}
	return s
}

func (v *verifier) load(ctx context.Context, p Provider) (map[string]crypto.PublicKey, error) {
	if p.KeysFile != "" {
		return p.readKeys()
	}
	var found struct {
		Issuer string `json:"issuer"`
		Keys   string `json:"jwks_uri"`
	}
	b, err := v.fetch(ctx, strings.TrimSuffix(p.Issuer, "/")+"/.well-known/openid-configuration")
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(b, &found); err != nil {
		return nil, fmt.Errorf("iam: discovery document of %s: %w", p.Issuer, err)
	}
	if found.Issuer != p.Issuer {
		return nil, fmt.Errorf("iam: the discovery document of %s is of another issuer", p.Issuer)
	}
	if b, err = v.fetch(ctx, found.Keys); err != nil {
		return nil, err
	}
	return parseKeys(b)
}

func (v *verifier) fetch(ctx context.Context, from string) ([]byte, error) {
	if !strings.HasPrefix(from, "https://") {
		return nil, fmt.Errorf("iam: %q is not fetched: not https", from)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, from, nil)
	if err != nil {
		return nil, err
	}
	resp, err := v.client.Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("iam: %s answered %s", from, resp.Status)
	}
	return io.ReadAll(io.LimitReader(resp.Body, maxKeySet))
}

// parseKeys reads a JSON Web Key Set (RFC 7517). Keys that are not for checking
// RS256 or ES256 signatures are passed over.
func parseKeys(b []byte) (map[string]crypto.PublicKey, error) {
	var set struct {
		Keys []struct {
			Kty, Kid, Use, Crv, N, E, X, Y string
		} `json:"keys"`
	}
	if err := json.Unmarshal(b, &set); err != nil {
		return nil, fmt.Errorf("iam: key set: %w", err)
	}
	number := func(s string) *big.Int {
		b, err := base64.RawURLEncoding.DecodeString(s)
		if err != nil {
			return new(big.Int)
		}
		return new(big.Int).SetBytes(b)
	}
	out := make(map[string]crypto.PublicKey)
	for _, k := range set.Keys {
		if k.Use != "" && k.Use != "sig" {
			continue
		}
		switch {
		case k.Kty == "RSA":
			n, e := number(k.N), number(k.E)
			if n.BitLen() >= minRSABits && e.IsInt64() && e.Int64() > 1 && e.Int64() < 1<<31 {
				out[k.Kid] = &rsa.PublicKey{N: n, E: int(e.Int64())}
			}
		case k.Kty == "EC" && k.Crv == "P-256":
			x, y := number(k.X), number(k.Y)
			if x.BitLen() > 256 || y.BitLen() > 256 { // no coordinates; FillBytes would panic
				continue
			}
			point := append([]byte{4}, append(x.FillBytes(make([]byte, 32)), y.FillBytes(make([]byte, 32))...)...)
			if key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point); err == nil {
				out[k.Kid] = key
			}
		}
	}
	if len(out) == 0 {
		return nil, errors.New("iam: the key set has no usable key")
	}
	return out, nil
}

// accepts reports whether the token was made for one of the provider's clients
// and returns which.
func (p Provider) accepts(t *token) (string, bool) {
	for _, id := range t.client() {
		if slices.Contains(p.Audiences, id) {
			return id, true
		}
	}
	return "", false
}
