package iam

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/quoinhq/quoin/internal/iam/policy"
	"github.com/quoinhq/quoin/internal/sigv4"
	"github.com/quoinhq/quoin/internal/store"
)

func stsOperations() map[string]operation {
	return map[string]operation{
		"AssumeRole":        assumeRole,
		"GetCallerIdentity": getCallerIdentity,
		"GetSessionToken":   getSessionToken,
		"GetAccessKeyInfo":  getAccessKeyInfo,
		webIdentityAction:   assumeRoleWithWebIdentity,
	}
}

// Lives of sessions. Source: IAM user guide, "Methods to assume a role" and
// "Compare AWS STS credentials".
const (
	defaultLife      = time.Hour
	maxChainedLife   = time.Hour
	defaultTokenLife = 12 * time.Hour
	maxTokenLife     = 36 * time.Hour
	maxRootTokenLife = time.Hour
)

func getCallerIdentity(c *call) (any, error) {
	return &struct{ UserId, Account, Arn string }{c.id.UserID, c.id.Account, c.id.ARN}, nil
}

func getAccessKeyInfo(c *call) (any, error) {
	id := c.in.need("AccessKeyId", keyID)
	if err := c.in.err(); err != nil {
		return nil, err
	}
	d := c.s.Authorize(c.ctx, Request{Identity: c.id, Action: "sts:GetAccessKeyInfo", Resource: "*"})
	if err := d.Err(); err != nil {
		return nil, err
	}
	if _, err := c.s.credential(c.ctx, id); errors.Is(err, store.ErrNotFound) {
		return nil, errValidation([]string{"Invalid AWS Access Key."})
	} else if err != nil {
		return nil, err
	}
	return &struct{ Account string }{c.s.account}, nil
}

// credentials are temporary credentials in a reply.
type credentials struct {
	AccessKeyId     string
	SecretAccessKey string
	SessionToken    string
	Expiration      stamp
}

// issue writes a session down and returns its credentials.
func (s *Service) issue(tx store.Tx, rec *sessionRecord, life time.Duration) (*credentials, error) {
	id := newID("ASIA")
	rec.Secret, rec.Token = newSecret(), newToken()
	rec.Issued = tx.Now().UTC()
	rec.Expires = rec.Issued.Truncate(time.Second).Add(life) // clients are told whole seconds
	if err := sessions.PutUntil(tx, id, rec, rec.Expires.Add(sessionGrace)); err != nil {
		return nil, err
	}
	return &credentials{id, rec.Secret, rec.Token, stamp(rec.Expires)}, nil
}

func getSessionToken(c *call) (any, error) {
	seconds := c.in.number("DurationSeconds", 900, int(maxTokenLife/time.Second), 0)
	if err := c.in.err(); err != nil {
		return nil, err
	}
	if c.id.Session != nil {
		return nil, errDenied("Cannot call GetSessionToken with session credentials")
	}
	life := time.Duration(seconds) * time.Second
	max := maxTokenLife
	if c.id.Root {
		max = maxRootTokenLife
	}
	if life == 0 {
		life = defaultTokenLife
	}
	rec := &sessionRecord{Principal: c.id.principal, ID: c.id.uniqueID, Opener: c.id.opener()}
	var out *credentials
	err := c.update(func(tx store.Tx) (err error) {
		out, err = c.s.issue(tx, rec, min(life, max))
		return err
	})
	if err != nil {
		return nil, err
	}
	return &struct{ Credentials *credentials }{out}, nil
}

// assumption is what the ways to assume a role have in common.
type assumption struct {
	roleARN    string
	name       string
	policy     string
	policyARNs []string
	seconds    int // asked for, 0 for the default
	tags       []tag
	transitive []string
	source     string
	externalID string
}

func (c *call) readAssumption() *assumption {
	a := &assumption{
		roleARN: c.in.need("RoleArn", arnText),
		name:    c.in.need("RoleSessionName", session64),
		seconds: c.in.number("DurationSeconds", 900, 43200, 0),
	}
	a.policy = c.in.opt("Policy", text(1, maxSessionText, document.pattern))
	for i := 1; ; i++ {
		arn, ok := c.in.get(fmt.Sprintf("PolicyArns.member.%d.arn", i), arnText)
		if !ok {
			break
		}
		if a.policyARNs = append(a.policyARNs, arn); len(a.policyARNs) > maxSessionARNs {
			c.in.fault("PolicyArns", "", fmt.Sprintf("Member must have length less than or equal to %d", maxSessionARNs))
			break
		}
	}
	return a
}

// check reads the session policies.
func (a *assumption) check() error {
	if a.policy != "" {
		if _, err := policy.Parse(policy.Identity, a.policy); err != nil {
			return errMalformedPolicy(err)
		}
	}
	return nil
}

// findRole returns the role to assume, nil when there is none of that ARN.
func (s *Service) findRole(ctx context.Context, arn string) (*principal, error) {
	path, name, ok := s.nameOf(arn, "role")
	if !ok {
		return nil, nil
	}
	p, err := s.principal(ctx, "role/"+recordKey(name))
	if errors.Is(err, store.ErrNotFound) || err == nil && (p.rec.Path != path || p.rec.Name != name) {
		return nil, nil
	}
	return p, err
}

// life is how long the session shall be. max is the longest that the way of
// assuming allows, beside the role's own limit.
func (a *assumption) life(p *principal, max time.Duration) (time.Duration, error) {
	life := time.Duration(a.seconds) * time.Second
	switch {
	case life == 0:
		return min(defaultLife, max, p.maxLife), nil
	case life > max:
		return 0, errValidation([]string{"The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."})
	case life > p.maxLife:
		return 0, errValidation([]string{"The requested DurationSeconds exceeds the MaxSessionDuration set for this role."})
	}
	return life, nil
}

// keys are the condition keys of assuming a role.
func (a *assumption) keys(p *principal) map[string][]string {
	keys := map[string][]string{"sts:RoleSessionName": {a.name}}
	for k, v := range p.tags {
		keys["aws:ResourceTag/"+k] = []string{v}
		keys["iam:ResourceTag/"+k] = []string{v}
	}
	for _, t := range a.tags {
		keys["aws:RequestTag/"+t.Key] = []string{t.Value}
		keys["aws:TagKeys"] = append(keys["aws:TagKeys"], t.Key)
	}
	if len(a.transitive) > 0 {
		keys["sts:TransitiveTagKeys"] = a.transitive
	}
	if a.externalID != "" {
		keys["sts:ExternalId"] = []string{a.externalID}
	}
	if a.source != "" {
		keys["sts:SourceIdentity"] = []string{a.source}
	}
	if a.seconds != 0 {
		keys["sts:DurationSeconds"] = []string{strconv.Itoa(a.seconds)}
	}
	return keys
}

func (a *assumption) record(p *principal) *sessionRecord {
	rec := &sessionRecord{Principal: "role/" + recordKey(p.rec.Name), ID: p.rec.ID, Name: a.name,
		Policy: a.policy, PolicyARNs: a.policyARNs, Source: a.source, Transitive: a.transitive}
	for _, t := range a.tags {
		if rec.Tags == nil {
			rec.Tags = make(map[string]string)
		}
		rec.Tags[t.Key] = t.Value
	}
	return rec
}

// openSession writes the session down, unless the role has gone since it was trusted.
func (c *call) openSession(p *principal, rec *sessionRecord, life time.Duration) (out *credentials, err error) {
	err = c.update(func(tx store.Tx) error {
		r, err := found(tx, roles, p.rec.Name)
		if err != nil {
			return err
		}
		if r == nil || r.ID != p.rec.ID {
			return errChanged()
		}
		for _, arn := range rec.PolicyARNs {
			if err := c.s.attachable(tx, arn); err != nil {
				return err
			}
		}
		out, err = c.s.issue(tx, rec, life)
		return err
	})
	return out, err
}

// assumedRole is the session's principal in a reply.
type assumedRole struct {
	AssumedRoleId string
	Arn           string
}

func (s *Service) assumedRole(p *principal, name string) assumedRole {
	return assumedRole{p.rec.ID + ":" + name, s.assumedARN(p.rec.Name, name)}
}

func assumeRole(c *call) (any, error) {
	a := c.readAssumption()
	a.tags = c.in.tags("Tags")
	a.transitive, _ = c.in.list("TransitiveTagKeys", 50, tagKey)
	a.externalID = c.in.opt("ExternalId", externalID)
	a.source = c.in.opt("SourceIdentity", session64)
	if err := c.in.err(); err != nil {
		return nil, err
	}
	for _, k := range a.transitive {
		if !slices.ContainsFunc(a.tags, func(t tag) bool { return strings.EqualFold(t.Key, k) }) {
			return nil, errValidation([]string{"The specified transitive tag key must be included in the requested tags."})
		}
	}
	if err := a.check(); err != nil {
		return nil, err
	}
	p, err := c.s.findRole(c.ctx, a.roleARN)
	if err != nil {
		return nil, err
	}
	if p == nil {
		d := Decision{principal: c.id.ARN, action: "sts:AssumeRole", resource: a.roleARN, Layer: TrustLayer}
		return nil, d.Err()
	}
	if err := c.inherit(a); err != nil {
		return nil, err
	}
	if err := c.mayAssume(a, p); err != nil {
		return nil, err
	}
	max := 12 * time.Hour
	if c.id.Session != nil && c.id.Session.RoleARN != "" {
		max = maxChainedLife
	}
	life, err := a.life(p, max)
	if err != nil {
		return nil, err
	}
	rec := a.record(p)
	rec.Opener = c.id.opener()
	out, err := c.openSession(p, rec, life)
	if err != nil {
		return nil, err
	}
	return &struct {
		Credentials      *credentials
		AssumedRoleUser  assumedRole
		PackedPolicySize int    `xml:",omitempty"`
		SourceIdentity   string `xml:",omitempty"`
	}{out, c.s.assumedRole(p, a.name), a.packedSize(), a.source}, nil
}

// inherit hands on what a session must hand on to the sessions it opens: its
// transitive tags and its source identity.
func (c *call) inherit(a *assumption) error {
	if c.id.Session == nil {
		return nil
	}
	if src := c.id.Session.Source; src != "" {
		if a.source != "" && a.source != src {
			return errDenied("The source identity of a session cannot be changed.")
		}
		a.source = src
	}
	var rec *sessionRecord
	err := c.view(func(tx store.Tx) (err error) {
		rec, err = sessions.Get(tx, c.id.AccessKeyID)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return sigv4.ErrUnknownKey()
	}
	if err != nil {
		return err
	}
	for _, k := range rec.Transitive {
		if slices.ContainsFunc(a.tags, func(t tag) bool { return strings.EqualFold(t.Key, k) }) {
			return errInvalidInput("One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.")
		}
		a.tags = append(a.tags, tag{k, rec.Tags[k]})
		a.transitive = append(a.transitive, k)
	}
	return nil
}

// mayAssume wants every action that the assumption amounts to.
func (c *call) mayAssume(a *assumption, p *principal) error {
	actions := []string{"sts:AssumeRole"}
	if len(a.tags) > 0 {
		actions = append(actions, "sts:TagSession")
	}
	if a.source != "" {
		actions = append(actions, "sts:SetSourceIdentity")
	}
	keys := a.keys(p)
	for _, action := range actions {
		d, _ := c.s.decide(c.ctx, &Request{Identity: c.id, Action: action, Resource: a.roleARN, Keys: keys}, p.trust)
		if err := d.Err(); err != nil {
			return err
		}
	}
	return nil
}

// packedSize is the share of the allowed space that policies and tags take, in
// percent. STS packs them in a way of its own; this counts their characters.
func (a *assumption) packedSize() int {
	n := len(a.policy)
	for _, arn := range a.policyARNs {
		n += len(arn)
	}
	for _, t := range a.tags {
		n += len(t.Key) + len(t.Value)
	}
	if n == 0 {
		return 0
	}
	return min(100, 1+n*100/(maxSessionText+50*128))
}

// ServiceSession opens a session of a role for a part of the server itself, as
// AWS's services assume the roles they are given. The role must trust one of
// the service principals or this account. Errors: *DeniedError, also for a role
// that does not exist.
func (s *Service) ServiceSession(ctx context.Context, roleARN, sessionName string, life time.Duration, services ...string) (sigv4.Credentials, time.Time, error) {
	var none sigv4.Credentials
	denied := Decision{principal: strings.Join(services, ", "), action: "sts:AssumeRole", resource: roleARN, Layer: TrustLayer}
	p, err := s.findRole(ctx, roleARN)
	if err != nil {
		return none, time.Time{}, err
	}
	if p == nil || !s.trustsService(ctx, p, roleARN, sessionName, services) {
		return none, time.Time{}, denied.Err()
	}
	a := &assumption{roleARN: roleARN, name: sessionName}
	rec := a.record(p)
	rec.Opener.Name = services[0]
	c := &call{s: s, ctx: ctx}
	out, err := c.openSession(p, rec, min(life, p.maxLife))
	if err != nil {
		return none, time.Time{}, err
	}
	return sigv4.Credentials{AccessKeyID: out.AccessKeyId, SecretAccessKey: out.SecretAccessKey, SessionToken: out.SessionToken}, rec.Expires, nil
}

func (s *Service) trustsService(ctx context.Context, p *principal, roleARN, sessionName string, services []string) bool {
	a := &assumption{name: sessionName}
	keys := a.keys(p)
	keys["aws:SourceAccount"] = []string{s.account}
	keys["aws:PrincipalIsAWSService"] = []string{"true"}
	keys["aws:SecureTransport"] = []string{"true"}
	callers := []*policy.Caller{{Account: s.account}}
	for _, name := range services {
		callers = append(callers, &policy.Caller{Service: name})
	}
	return s.trusts(ctx, p, "sts:AssumeRole", roleARN, keys, callers...)
}

// trusts asks a role's trust policy alone, for callers that are not principals
// of this account's IAM. One of them must be allowed and none denied.
func (s *Service) trusts(ctx context.Context, p *principal, action, roleARN string, keys map[string][]string, callers ...*policy.Caller) bool {
	lower := make(map[string][]string, len(keys))
	for k, v := range keys {
		lower[strings.ToLower(k)] = v
	}
	ask := &policy.Request{Action: action, Resource: roleARN, Key: func(name string) ([]string, bool) {
		if v, ok := lower[name]; ok {
			return v, true
		}
		return s.callKey(ctx, name)
	}}
	trusted := false
	for _, who := range callers {
		ask.Caller = who
		switch p.trust.EvaluateTrust(ask).Effect {
		case policy.Deny:
			return false
		case policy.Allow:
			trusted = true
		}
	}
	return trusted
}
