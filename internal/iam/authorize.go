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
	"github.com/quoinhq/quoin/internal/store"
)

// Request asks whether an identity may do something.
type Request struct {
	Identity *Identity
	Action   string // service:Operation
	Resource string // ARN; "" and "*" are for actions that have none
	// Keys holds the condition keys of this action and resource, for instance
	// aws:RequestTag/team. Those of the principal and of the call itself are
	// known already. Letters may be in either case.
	Keys map[string][]string
	// Key is asked for keys that Keys does not have, by lower-case name; nil
	// for none. It lets a caller look tags up only when a policy asks for them.
	// When it returns an error the request is refused with that error.
	Key func(name string) (values []string, ok bool, err error)
}

// Layer is a kind of policy that has a say in a decision.
type Layer string

// The layers, in the words of AWS's refusals.
const (
	IdentityLayer Layer = "identity-based policy"
	BoundaryLayer Layer = "permissions boundary"
	SessionLayer  Layer = "session policy"
	TrustLayer    Layer = "resource-based policy"
)

// Decision is the answer to a Request.
type Decision struct {
	Allowed bool
	// Explicit says that a statement denied, rather than that none allowed.
	Explicit bool
	// Layer, Policy, Statement and Sid name what decided: the statement that
	// allowed or denied, or only the layer in which none allowed.
	Layer     Layer
	Policy    string // name of an inline policy or ARN of a managed one
	Statement int    // index in Policy, -1 for none
	Sid       string

	principal, action, resource string
	doc                         *policy.Document
	fault                       error
}

// Text is the source of the statement that decided, "" when none did.
func (d Decision) Text() string {
	if d.doc == nil || d.Statement < 0 {
		return ""
	}
	return d.doc.Text(d.Statement)
}

// DeniedError is the refusal of a request that was understood and signed.
type DeniedError struct{ Message string }

func (e *DeniedError) Error() string { return e.Message }

// Err returns nil when allowed, a *DeniedError that says who may not do what
// and why, or the store's error when it could not be found out.
func (d Decision) Err() error {
	if d.fault != nil {
		return d.fault
	}
	if d.Allowed {
		return nil
	}
	why := fmt.Sprintf("because no %s allows the %s action", d.Layer, d.action)
	if d.Explicit {
		article := "a"
		if d.Layer == IdentityLayer {
			article = "an"
		}
		why = fmt.Sprintf("with an explicit deny in %s %s", article, d.Layer)
	}
	on := ""
	if d.resource != "" && d.resource != "*" {
		on = " on resource: " + d.resource
	}
	return &DeniedError{fmt.Sprintf("User: %s is not authorized to perform: %s%s %s", d.principal, d.action, on, why)}
}

// String describes the decision for people.
func (d Decision) String() string {
	switch {
	case d.fault != nil:
		return "undecided: " + d.fault.Error()
	case d.Statement < 0 && d.Allowed:
		return "allowed: the account's root may do everything"
	case d.Statement < 0:
		return fmt.Sprintf("denied: no %s allows it", d.Layer)
	}
	verb := "denied"
	if d.Allowed {
		verb = "allowed"
	}
	sid := ""
	if d.Sid != "" {
		sid = " (" + d.Sid + ")"
	}
	return fmt.Sprintf("%s by %s %s, statement %d%s", verb, d.Layer, d.Policy, d.Statement, sid)
}

// Authorize decides by the policies as they are now: a deny in any of them
// denies; otherwise the identity's policies must allow, and so must its
// permissions boundary and the session's policies where there are any.
func (s *Service) Authorize(ctx context.Context, req Request) Decision {
	d, _ := s.decide(ctx, &req, nil)
	return d
}

// decide is Authorize; with a trust policy the caller must be trusted too, and
// a trust that names the caller itself does instead of its own policies.
func (s *Service) decide(ctx context.Context, req *Request, trust *policy.Document) (Decision, *principal) {
	d := Decision{Statement: -1, Layer: IdentityLayer, action: req.Action, resource: req.Resource}
	env := EnvFrom(ctx)
	env.Action, env.Resource = req.Action, req.Resource
	id := req.Identity
	if id == nil {
		d.principal = "anonymous"
		return d, nil
	}
	d.principal = id.ARN
	var p *principal
	if !id.Root {
		var err error
		if p, err = s.principal(ctx, id.principal); err != nil && !errors.Is(err, store.ErrNotFound) {
			d.fault = err
			return d, nil
		}
		if p == nil || p.rec.ID != id.uniqueID || id.Session != nil && id.Session.Issued.Before(p.rec.RevokedBefore) {
			return d, nil
		}
	}
	ask, fault := s.ask(ctx, req, p)
	layers := make([]layer, 0, 4)
	if p != nil {
		layers = append(layers, layer{IdentityLayer, p.policies, false})
		if p.boundary != nil {
			layers = append(layers, layer{BoundaryLayer, p.boundary, false})
		}
	}
	if id.Session != nil && id.Session.limits != nil {
		layers = append(layers, layer{SessionLayer, id.Session.limits, false})
	}
	if trust != nil {
		layers = append(layers, layer{TrustLayer, []attached{{"trust policy", trust}}, true})
	}
	d.Allowed = id.Root // who has no policies of its own; others have that layer
	d = d.weigh(layers, ask)
	d.fault = *fault
	d.Allowed = d.Allowed && d.fault == nil
	return d, p
}

type layer struct {
	name     Layer
	policies []attached
	trust    bool
}

// weigh asks every policy of every layer. What d says stands when there is none.
func (d Decision) weigh(layers []layer, ask *policy.Request) Decision {
	allows := make([]Decision, len(layers))
	direct := false
	for i, l := range layers {
		allows[i] = d
		allows[i].Layer, allows[i].Allowed = l.name, false
		for _, a := range l.policies {
			var o policy.Outcome
			if l.trust {
				o = a.doc.EvaluateTrust(ask)
			} else {
				o = a.doc.Evaluate(ask)
			}
			if o.Effect == policy.None || o.Effect == policy.Allow && allows[i].Allowed {
				continue
			}
			hit := allows[i]
			hit.Policy, hit.Statement, hit.Sid, hit.doc = a.name, o.Statement, a.doc.Statements[o.Statement].Sid, a.doc
			if o.Effect == policy.Deny {
				hit.Allowed, hit.Explicit = false, true
				return hit
			}
			hit.Allowed = true
			allows[i] = hit
			direct = direct || l.trust && o.Direct
		}
	}
	result := d
	for i, l := range layers {
		if !allows[i].Allowed {
			if l.name == IdentityLayer && direct {
				continue
			}
			return allows[i]
		}
		if l.name == IdentityLayer || result.Statement < 0 {
			result = allows[i]
		}
	}
	return result
}

// ask puts together what policies may ask of the request. fault is set when a
// key that they asked for could not be found out.
func (s *Service) ask(ctx context.Context, req *Request, p *principal) (ask *policy.Request, fault *error) {
	fault = new(error)
	resource := req.Resource
	if resource == "" {
		resource = "*"
	}
	var extra map[string][]string
	if len(req.Keys) > 0 {
		extra = make(map[string][]string, len(req.Keys))
		for k, v := range req.Keys {
			extra[strings.ToLower(k)] = v
		}
	}
	return &policy.Request{
		Action:   req.Action,
		Resource: resource,
		Caller:   callerOf(req.Identity),
		Key: func(name string) ([]string, bool) {
			if v, ok := extra[name]; ok {
				return v, true
			}
			if req.Key != nil {
				v, ok, err := req.Key(name)
				if err != nil {
					*fault = err
				}
				if ok {
					return v, true
				}
			}
			return s.key(ctx, name, req.Identity, p)
		},
	}, fault
}

func callerOf(id *Identity) *policy.Caller {
	return &policy.Caller{Account: id.Account, Names: []string{id.uniqueID, id.ARN, id.PrincipalARN}}
}

// key returns the keys that every signed request has. Source: IAM user guide,
// "AWS global condition context keys".
func (s *Service) key(ctx context.Context, name string, id *Identity, p *principal) ([]string, bool) {
	switch name {
	case "aws:principalarn":
		return one(id.PrincipalARN)
	case "aws:principalaccount":
		return one(id.Account)
	case "aws:principaltype":
		switch {
		case id.Root:
			return one("Account")
		case id.UserName != "":
			return one("User")
		}
		return one("AssumedRole")
	case "aws:userid":
		return one(id.UserID)
	case "aws:username":
		return one(id.UserName)
	}
	if tag, ok := strings.CutPrefix(name, "aws:principaltag/"); ok {
		return principalTag(tag, id, p)
	}
	if id.Session != nil {
		switch name {
		case "aws:tokenissuetime":
			return one(id.Session.Issued.UTC().Format(time.RFC3339))
		case "aws:multifactorauthpresent":
			return one("false")
		case "aws:federatedprovider":
			return one(id.Session.Provider)
		case "aws:sourceidentity":
			return one(id.Session.Source)
		}
	}
	return s.callKey(ctx, name)
}

func one(v string) ([]string, bool) { return []string{v}, v != "" }

// callKey returns the keys that do not depend on who calls.
func (s *Service) callKey(ctx context.Context, name string) ([]string, bool) {
	env := EnvFrom(ctx)
	switch name {
	case "aws:currenttime":
		return one(s.now().UTC().Format(time.RFC3339))
	case "aws:epochtime":
		return one(strconv.FormatInt(s.now().Unix(), 10))
	case "aws:securetransport":
		return one(strconv.FormatBool(env.Secure))
	case "aws:sourceip":
		if env.SourceIP.IsValid() {
			return one(env.SourceIP.Unmap().String())
		}
	case "aws:useragent":
		return one(env.UserAgent)
	case "aws:referer":
		return one(env.Referer)
	case "aws:requestedregion":
		if env.Region != "" {
			return one(env.Region)
		}
		return one(s.region)
	case "aws:principalisawsservice", "aws:viaawsservice":
		return one("false")
	case "aws:resourceaccount":
		return one(s.account)
	}
	return nil, false
}

// principalTag looks among the session's tags first, which override the role's.
func principalTag(name string, id *Identity, p *principal) ([]string, bool) {
	find := func(tags map[string]string) ([]string, bool) {
		for k, v := range tags {
			if strings.ToLower(k) == name {
				return []string{v}, true
			}
		}
		return nil, false
	}
	if id.Session != nil {
		if v, ok := find(id.Session.Tags); ok {
			return v, true
		}
	}
	if p == nil {
		return nil, false
	}
	return find(p.tags)
}

func sortedNames[T any](m map[string]T) []string {
	names := make([]string, 0, len(m))
	for n := range m {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}
