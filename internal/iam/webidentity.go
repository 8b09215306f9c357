package iam

import (
	"errors"
	"time"

	"github.com/quoinhq/quoin/internal/iam/policy"
	"github.com/quoinhq/quoin/internal/store"
)

// findProvider returns the issuer that a token names, from the configuration or
// from what CreateOpenIDConnectProvider made.
func (c *call) findProvider(issuer string) (Provider, bool, error) {
	name := issuerName(issuer)
	if p, ok := c.s.oidc.configured[name]; ok && p.Issuer == issuer {
		return p, true, nil
	}
	var rec *providerRecord
	err := c.view(func(tx store.Tx) (err error) {
		rec, err = found(tx, providers, name)
		return err
	})
	if err != nil || rec == nil || rec.URL != issuer {
		return Provider{}, false, err
	}
	return Provider{Issuer: rec.URL, Audiences: rec.ClientIDs}, true, nil
}

func assumeRoleWithWebIdentity(c *call) (any, error) {
	a := c.readAssumption()
	text := c.in.need("WebIdentityToken", webToken)
	if _, ok := c.in.values["ProviderId"]; ok {
		c.in.fault("ProviderId", "(given)", "Member must be null: OAuth 2.0 access tokens are not accepted")
	}
	if err := c.in.err(); err != nil {
		return nil, err
	}
	if err := a.check(); err != nil {
		return nil, err
	}
	t, err := readToken(text)
	if err != nil {
		return nil, err
	}
	provider, ok, err := c.findProvider(t.Issuer)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, errInvalidIdentityToken("No OpenIDConnect provider found in your account for " + printable(t.Issuer))
	}
	client, ok := provider.accepts(t)
	if !ok {
		return nil, errInvalidIdentityToken("Incorrect token audience")
	}
	// Whoever holds no valid token learns nothing about roles.
	if err := c.s.oidc.verify(c.ctx, t, provider, c.s.now()); err != nil {
		return nil, err
	}
	if err := t.checkTime(c.s.now()); err != nil {
		return nil, err
	}
	if err := a.takeClaims(t); err != nil {
		return nil, err
	}
	p, err := c.s.findRole(c.ctx, a.roleARN)
	if err != nil {
		return nil, err
	}
	if p == nil || !c.trustsToken(a, p, t, client) {
		return nil, errDenied("Not authorized to perform sts:AssumeRoleWithWebIdentity")
	}
	life, err := a.life(p, 12*time.Hour)
	if err != nil {
		return nil, err
	}
	rec := a.record(p)
	rec.Provider, rec.Subject = t.Issuer, t.Subject
	out, err := c.openSession(p, rec, life)
	if err != nil {
		return nil, err
	}
	return &struct {
		Credentials                 *credentials
		SubjectFromWebIdentityToken string
		AssumedRoleUser             assumedRole
		PackedPolicySize            int `xml:",omitempty"`
		Provider                    string
		Audience                    string
		SourceIdentity              string `xml:",omitempty"`
	}{out, t.Subject, c.s.assumedRole(p, a.name), a.packedSize(), t.Issuer, client, a.source}, nil
}

// takeClaims reads the session tags and the source identity that the provider
// put into the token. Source: IAM user guide, "Pass session tags in AWS STS".
func (a *assumption) takeClaims(t *token) error {
	f := &form{}
	for _, k := range sortedNames(t.Tags.Principal) {
		v := t.Tags.Principal[k]
		if len(v) != 1 {
			return errInvalidIdentityToken("Each principal tag of the ID Token must have one value.")
		}
		f.check("principal_tags", k, tagKey)
		f.check("principal_tags", v[0], tagValue)
		a.tags = append(a.tags, tag{k, v[0]})
	}
	if a.source = t.Source; a.source != "" {
		f.check("source_identity", a.source, session64)
	}
	if err := f.err(); err != nil || len(a.tags) > 50 {
		return errors.Join(errInvalidIdentityToken("The ID Token carries tags or a source identity that are not allowed."), err)
	}
	a.transitive = t.Tags.Transitive
	return nil
}

func (c *call) trustsToken(a *assumption, p *principal, t *token, client string) bool {
	name := issuerName(t.Issuer)
	keys := a.keys(p)
	keys[name+":sub"] = []string{t.Subject}
	keys[name+":aud"] = []string{client}
	if t.Party != "" && len(t.Audience) > 0 {
		keys[name+":oaud"] = t.Audience
	}
	if len(t.Methods) > 0 {
		keys[name+":amr"] = t.Methods
	}
	arn := c.s.arn("oidc-provider/" + name)
	keys["aws:FederatedProvider"] = []string{arn}
	caller := &policy.Caller{Federated: arn}
	actions := []string{"sts:AssumeRoleWithWebIdentity"}
	if len(a.tags) > 0 {
		actions = append(actions, "sts:TagSession")
	}
	if a.source != "" {
		actions = append(actions, "sts:SetSourceIdentity")
	}
	for _, action := range actions {
		if !c.s.trusts(c.ctx, p, action, a.roleARN, keys, caller) {
			return false
		}
	}
	return true
}
