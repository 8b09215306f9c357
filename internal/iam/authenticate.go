package iam

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/quoinhq/quoin/internal/iam/policy"
	"github.com/quoinhq/quoin/internal/sigv4"
	"github.com/quoinhq/quoin/internal/store"
)

// credential is what an access key id stands for.
type credential struct {
	secret   string
	token    string
	inactive bool
	identity *Identity
}

// Authenticate returns whose the access key is and the secret that its
// signatures are made with. Nothing is proved until the signature was verified
// with that secret.
//
// Errors are *sigv4.Error with cause UnknownKey, InvalidToken or ExpiredToken,
// or whatever the store says.
func (s *Service) Authenticate(ctx context.Context, accessKeyID, sessionToken string) (*Identity, string, error) {
	c, err := s.credential(ctx, accessKeyID)
	if errors.Is(err, store.ErrNotFound) {
		return nil, "", sigv4.ErrUnknownKey()
	}
	if err != nil {
		return nil, "", err
	}
	if subtle.ConstantTimeCompare([]byte(c.token), []byte(sessionToken)) != 1 {
		return nil, "", sigv4.ErrInvalidToken()
	}
	id := c.identity
	if c.inactive {
		return nil, "", sigv4.ErrUnknownKey()
	}
	if id.Session != nil && !s.now().Before(id.Session.Expires) {
		return nil, "", sigv4.ErrExpiredToken()
	}
	if id.principal != "" {
		// The record says only whose the key is; that one may be gone.
		p, err := s.principal(ctx, id.principal)
		if errors.Is(err, store.ErrNotFound) || err == nil && p.rec.ID != id.uniqueID {
			return nil, "", sigv4.ErrUnknownKey()
		}
		if err != nil {
			return nil, "", err
		}
	}
	return id, c.secret, nil
}

// Authenticated notes that a signature of the identity was verified: when access
// keys and roles were last used.
func (s *Service) Authenticated(id *Identity, service, region string) {
	switch use := (keyUse{s.now(), region, service}); {
	case id.Session == nil:
		s.uses.note(id.AccessKeyID, use)
	case id.Session.RoleARN != "":
		s.uses.note(id.principal, use)
	}
}

func (s *Service) credential(ctx context.Context, id string) (*credential, error) {
	c, ok, generation := s.credentials.get(id)
	if ok {
		return c, nil
	}
	err := s.store.View(ctx, func(tx store.Tx) (err error) {
		if strings.HasPrefix(id, "ASIA") {
			c, err = s.loadSession(tx, id)
		} else {
			c, err = s.loadKey(tx, id)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	s.credentials.put(id, c, generation)
	return c, nil
}

func (s *Service) loadKey(tx store.Tx, id string) (*credential, error) {
	rec, err := keys.Get(tx, id)
	if err != nil {
		return nil, err
	}
	c := &credential{secret: rec.Secret, inactive: rec.Inactive}
	if rec.User == "" {
		c.identity = s.rootIdentity(id)
		return c, nil
	}
	u, err := users.Get(tx, rec.User)
	if err != nil {
		return nil, err
	}
	c.identity = s.userIdentity(id, u)
	return c, nil
}

func (s *Service) rootIdentity(keyID string) *Identity {
	arn := s.arn("root")
	return &Identity{ARN: arn, PrincipalARN: arn, UserID: s.account, Account: s.account, Root: true, AccessKeyID: keyID}
}

func (s *Service) userIdentity(keyID string, u *userRecord) *Identity {
	arn := s.userARN(u)
	return &Identity{ARN: arn, PrincipalARN: arn, UserID: u.ID, Account: s.account, AccessKeyID: keyID, UserName: u.Name,
		principal: "user/" + recordKey(u.Name), uniqueID: u.ID}
}

func (s *Service) loadSession(tx store.Tx, id string) (*credential, error) {
	rec, err := sessions.Get(tx, id)
	if err != nil {
		return nil, err
	}
	who, err := s.sessionIdentity(tx, id, rec)
	if err != nil {
		return nil, err
	}
	if who.Session.limits, err = s.sessionLimits(tx, rec); err != nil {
		return nil, err
	}
	return &credential{secret: rec.Secret, token: rec.Token, identity: who}, nil
}

// sessionIdentity returns who acts in a session, without its session policies.
// Errors: store.ErrNotFound when the user or role has gone.
func (s *Service) sessionIdentity(tx store.Tx, id string, rec *sessionRecord) (*Identity, error) {
	session := &Session{Name: rec.Name, Tags: rec.Tags, Issued: rec.Issued, Expires: rec.Expires,
		Provider: rec.Provider, Subject: rec.Subject, Source: rec.Source}
	var who *Identity
	switch kind, name, _ := strings.Cut(rec.Principal, "/"); kind {
	case "":
		who = s.rootIdentity(id)
	case "user":
		u, err := users.Get(tx, name)
		if err != nil {
			return nil, err
		}
		who = s.userIdentity(id, u)
	default:
		r, err := roles.Get(tx, name)
		if err != nil {
			return nil, err
		}
		who = s.roleIdentity(id, &r.principalRecord, session)
	}
	if who.uniqueID != rec.ID {
		return nil, store.ErrNotFound
	}
	who.Session = session
	return who, nil
}

// roleIdentity makes the identity of a role's session.
func (s *Service) roleIdentity(keyID string, r *principalRecord, session *Session) *Identity {
	session.RoleARN = s.principalARN(roleNoun, r)
	return &Identity{
		ARN:          s.assumedARN(r.Name, session.Name),
		PrincipalARN: session.RoleARN,
		UserID:       r.ID + ":" + session.Name,
		Account:      s.account,
		AccessKeyID:  keyID,
		Session:      session,
		principal:    "role/" + recordKey(r.Name),
		uniqueID:     r.ID,
	}
}

func (s *Service) assumedARN(role, session string) string {
	return "arn:aws:sts::" + s.account + ":assumed-role/" + role + "/" + session
}

// sessionLimits compiles the policies that a session was narrowed with. One
// that cannot be read allows nothing.
func (s *Service) sessionLimits(tx store.Tx, rec *sessionRecord) ([]attached, error) {
	if rec.Policy == "" && len(rec.PolicyARNs) == 0 {
		return nil, nil
	}
	limits := []attached{}
	if rec.Policy != "" {
		limits = append(limits, s.compile("session policy", rec.Policy))
	}
	for _, arn := range rec.PolicyARNs {
		a, err := s.managed(tx, arn)
		if err != nil {
			return nil, err
		}
		limits = append(limits, a)
	}
	return limits, nil
}

// compile reads a document that was checked when it was put. Should it be
// unreadable all the same, it becomes one that denies everything.
func (s *Service) compile(name, src string) attached {
	doc, err := policy.Parse(policy.Identity, src)
	if err != nil {
		s.log.Error("a stored policy cannot be read; it denies everything", "policy", name, "err", err)
		doc = denyAll()
	}
	return attached{name, doc}
}

func denyAll() *policy.Document {
	doc, err := policy.Parse(policy.Identity, `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}`)
	if err != nil {
		panic(fmt.Sprintf("iam: %v", err)) // the text is a constant
	}
	return doc
}

// managed finds a managed policy. One that is not there allows nothing.
func (s *Service) managed(tx store.Tx, arn string) (attached, error) {
	if doc, ok := builtin(arn); ok {
		return s.compile(arn, doc), nil
	}
	_, name, _ := s.nameOf(arn, "policy")
	rec, err := policies.Get(tx, recordKey(name))
	if errors.Is(err, store.ErrNotFound) {
		return attached{arn, &policy.Document{}}, nil
	}
	if err != nil {
		return attached{}, err
	}
	return s.compile(arn, rec.document()), nil
}

// principal is a user or role with its policies compiled.
type principal struct {
	rec      principalRecord
	policies []attached
	boundary []attached // one, or none
	tags     map[string]string
	trust    *policy.Document // roles only
	maxLife  time.Duration    // roles only
}

// principal returns the user or role with that key. Errors: store.ErrNotFound.
func (s *Service) principal(ctx context.Context, key string) (*principal, error) {
	p, ok, generation := s.principals.get(key)
	if ok {
		return p, nil
	}
	err := s.store.View(ctx, func(tx store.Tx) (err error) {
		p, err = s.loadPrincipal(tx, key)
		return err
	})
	if err != nil {
		return nil, err
	}
	s.principals.put(key, p, generation)
	return p, nil
}

func (s *Service) loadPrincipal(tx store.Tx, key string) (*principal, error) {
	p := new(principal)
	kind, name, _ := strings.Cut(key, "/")
	if kind == "user" {
		u, err := users.Get(tx, name)
		if err != nil {
			return nil, err
		}
		p.rec = u.principalRecord
	} else {
		r, err := roles.Get(tx, name)
		if err != nil {
			return nil, err
		}
		p.rec = r.principalRecord
		p.maxLife = time.Duration(r.MaxSession) * time.Second
		if p.trust, err = policy.Parse(policy.Trust, r.Trust); err != nil {
			s.log.Error("a stored trust policy cannot be read; it trusts no one", "role", r.Name, "err", err)
			p.trust = &policy.Document{}
		}
	}
	for _, name := range sortedNames(p.rec.Inline) {
		p.policies = append(p.policies, s.compile(name, p.rec.Inline[name]))
	}
	for _, arn := range p.rec.Attached {
		a, err := s.managed(tx, arn)
		if err != nil {
			return nil, err
		}
		p.policies = append(p.policies, a)
	}
	if p.rec.Boundary != "" {
		a, err := s.managed(tx, p.rec.Boundary)
		if err != nil {
			return nil, err
		}
		p.boundary = []attached{a}
	}
	p.tags = make(map[string]string, len(p.rec.Tags))
	for _, t := range p.rec.Tags {
		p.tags[t.Key] = t.Value
	}
	return p, nil
}
