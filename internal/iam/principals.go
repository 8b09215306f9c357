package iam

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/quoinhq/quoin/internal/iam/policy"
	"github.com/quoinhq/quoin/internal/store"
)

// noun is one of the two kinds of principals that hold policies and tags. What
// they have in common is written once, for both.
type noun struct {
	kind      string // role
	title     string // Role, as it stands in the names of actions and parameters
	name      rule
	maxInline int
	load      func(tx store.Tx, key string) (rec *principalRecord, save func() error, err error)
}

var roleNoun = noun{"role", "Role", name64, maxInlineRole,
	func(tx store.Tx, key string) (*principalRecord, func() error, error) {
		r, err := roles.Get(tx, key)
		if err != nil {
			return nil, nil, err
		}
		return &r.principalRecord, func() error { return roles.Put(tx, key, r) }, nil
	}}

var userNoun = noun{"user", "User", name128, maxInlineUser,
	func(tx store.Tx, key string) (*principalRecord, func() error, error) {
		u, err := users.Get(tx, key)
		if err != nil {
			return nil, nil, err
		}
		return &u.principalRecord, func() error { return users.Put(tx, key, u) }, nil
	}}

// openPrincipal loads the user or role of a key role/NAME or user/NAME, to be
// read, or changed and saved. Errors: store.ErrNotFound.
func openPrincipal(tx store.Tx, principal string) (n noun, rec *principalRecord, save func() error, err error) {
	kind, key, _ := strings.Cut(principal, "/")
	n = roleNoun
	if kind == userNoun.kind {
		n = userNoun
	}
	rec, save, err = n.load(tx, key)
	return n, rec, save, err
}

func (n noun) operations() map[string]operation {
	bind := func(fn func(*call, noun) (any, error)) operation {
		return func(c *call) (any, error) { return fn(c, n) }
	}
	return map[string]operation{
		"Put" + n.title + "Policy":                 bind(putInline),
		"Get" + n.title + "Policy":                 bind(getInline),
		"List" + n.title + "Policies":              bind(listInline),
		"Delete" + n.title + "Policy":              bind(deleteInline),
		"Attach" + n.title + "Policy":              bind(attachPolicy),
		"Detach" + n.title + "Policy":              bind(detachPolicy),
		"ListAttached" + n.title + "Policies":      bind(listAttached),
		"Put" + n.title + "PermissionsBoundary":    bind(putBoundary),
		"Delete" + n.title + "PermissionsBoundary": bind(deleteBoundary),
		"Tag" + n.title:                            bind(tagPrincipal),
		"Untag" + n.title:                          bind(untagPrincipal),
		"List" + n.title + "Tags":                  bind(listPrincipalTags),
	}
}

func (n noun) missing(name string) error {
	return errNoSuchEntity("The %s with name %s cannot be found.", n.kind, name)
}

func (s *Service) principalARN(n noun, rec *principalRecord) string {
	return s.arn(n.kind + rec.Path + rec.Name)
}

// open finds the principal that a call names and authorises the action on it.
// One that is not there is told only to callers who may do the action.
func (c *call) open(n noun, action string, t target) (*principalRecord, error) {
	return c.openNamed(n, c.in.need(n.title+"Name", n.name), action, t)
}

func (c *call) openNamed(n noun, name, action string, t target) (*principalRecord, error) {
	if err := c.in.err(); err != nil {
		return nil, err
	}
	var rec *principalRecord
	err := c.view(func(tx store.Tx) (err error) {
		if rec, _, err = n.load(tx, recordKey(name)); errors.Is(err, store.ErrNotFound) {
			rec, err = nil, nil
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	t.arn = c.s.arn(n.kind + "/" + name)
	if rec != nil {
		t.arn, t.tags = c.s.principalARN(n, rec), rec.Tags
		if t.boundary == "" {
			t.boundary = rec.Boundary
		}
	}
	if err := c.allow(action, t); err != nil {
		return nil, err
	}
	if rec == nil {
		return nil, n.missing(name)
	}
	return rec, nil
}

// change applies fn to the principal that was opened, unless another has taken
// its name since.
func (c *call) change(n noun, opened *principalRecord, fn func(store.Tx, *principalRecord) error) error {
	return c.update(func(tx store.Tx) error {
		rec, save, err := n.load(tx, recordKey(opened.Name))
		if errors.Is(err, store.ErrNotFound) {
			return n.missing(opened.Name)
		}
		if err != nil {
			return err
		}
		if rec.ID != opened.ID || rec.Path != opened.Path {
			return errChanged()
		}
		if err := fn(tx, rec); err != nil {
			return err
		}
		return save()
	})
}

func putInline(c *call, n noun) (any, error) {
	name, doc := c.in.need("PolicyName", name128), c.in.need("PolicyDocument", document)
	p, err := c.open(n, "Put"+n.title+"Policy", target{})
	if err != nil {
		return nil, err
	}
	if _, err := policy.Parse(policy.Identity, doc); err != nil {
		return nil, errMalformedPolicy(err)
	}
	return nil, c.change(n, p, func(_ store.Tx, rec *principalRecord) error {
		if rec.Inline == nil {
			rec.Inline = make(map[string]string)
		}
		rec.Inline[name] = doc
		size := 0
		for _, d := range rec.Inline {
			size += policySize(d)
		}
		if size > n.maxInline {
			return errLimitExceeded("Maximum policy size of %d bytes exceeded for %s %s", n.maxInline, n.kind, rec.Name)
		}
		return nil
	})
}

type inlinePolicy struct {
	RoleName       string `xml:",omitempty"`
	UserName       string `xml:",omitempty"`
	PolicyName     string
	PolicyDocument string
}

func getInline(c *call, n noun) (any, error) {
	name := c.in.need("PolicyName", name128)
	p, err := c.open(n, "Get"+n.title+"Policy", target{})
	if err != nil {
		return nil, err
	}
	doc, ok := p.Inline[name]
	if !ok {
		return nil, errNoSuchEntity("The %s policy with name %s cannot be found.", n.kind, name)
	}
	out := &inlinePolicy{PolicyName: name, PolicyDocument: encoded(doc)}
	if n.kind == "role" {
		out.RoleName = p.Name
	} else {
		out.UserName = p.Name
	}
	return out, nil
}

func listInline(c *call, n noun) (any, error) {
	p, err := c.open(n, "List"+n.title+"Policies", target{})
	if err != nil {
		return nil, err
	}
	names, pg := page(c, sortedNames(p.Inline), func(s string) string { return s })
	return &struct {
		PolicyNames *members[string]
		paging
	}{listOf(names), pg}, c.in.err()
}

func deleteInline(c *call, n noun) (any, error) {
	name := c.in.need("PolicyName", name128)
	p, err := c.open(n, "Delete"+n.title+"Policy", target{})
	if err != nil {
		return nil, err
	}
	return nil, c.change(n, p, func(_ store.Tx, rec *principalRecord) error {
		if _, ok := rec.Inline[name]; !ok {
			return errNoSuchEntity("The %s policy with name %s cannot be found.", n.kind, name)
		}
		delete(rec.Inline, name)
		return nil
	})
}

func attachPolicy(c *call, n noun) (any, error) {
	arn := c.in.need("PolicyArn", arnText)
	p, err := c.open(n, "Attach"+n.title+"Policy", target{policy: arn})
	if err != nil {
		return nil, err
	}
	return nil, c.change(n, p, func(tx store.Tx, rec *principalRecord) error {
		if slices.Contains(rec.Attached, arn) {
			return nil
		}
		if err := c.s.attachable(tx, arn); err != nil {
			return err
		}
		if max := c.s.quotas.AttachedPolicies; len(rec.Attached) >= max {
			return errLimitExceeded("Cannot exceed quota for PoliciesPer%s: %d", n.title, max)
		}
		rec.Attached = append(rec.Attached, arn)
		return nil
	})
}

func detachPolicy(c *call, n noun) (any, error) {
	arn := c.in.need("PolicyArn", arnText)
	p, err := c.open(n, "Detach"+n.title+"Policy", target{policy: arn})
	if err != nil {
		return nil, err
	}
	return nil, c.change(n, p, func(_ store.Tx, rec *principalRecord) error {
		i := slices.Index(rec.Attached, arn)
		if i < 0 {
			return errNoSuchEntity("Policy %s was not found.", arn)
		}
		rec.Attached = slices.Delete(rec.Attached, i, i+1)
		return nil
	})
}

type attachedPolicy struct {
	PolicyName string
	PolicyArn  string
}

func listAttached(c *call, n noun) (any, error) {
	prefix := c.in.opt("PathPrefix", policyPath)
	p, err := c.open(n, "ListAttached"+n.title+"Policies", target{})
	if err != nil {
		return nil, err
	}
	var all []attachedPolicy
	for _, arn := range slices.Sorted(slices.Values(p.Attached)) {
		_, rest, _ := strings.Cut(arn, ":policy")
		if strings.HasPrefix(rest, prefix) {
			all = append(all, attachedPolicy{rest[strings.LastIndexByte(rest, '/')+1:], arn})
		}
	}
	some, pg := page(c, all, func(a attachedPolicy) string { return a.PolicyArn })
	return &struct {
		AttachedPolicies *members[attachedPolicy]
		paging
	}{listOf(some), pg}, c.in.err()
}

func putBoundary(c *call, n noun) (any, error) {
	arn := c.in.need("PermissionsBoundary", arnText)
	p, err := c.open(n, "Put"+n.title+"PermissionsBoundary", target{boundary: arn})
	if err != nil {
		return nil, err
	}
	return nil, c.change(n, p, func(tx store.Tx, rec *principalRecord) error {
		rec.Boundary = arn
		return c.s.attachable(tx, arn)
	})
}

func deleteBoundary(c *call, n noun) (any, error) {
	p, err := c.open(n, "Delete"+n.title+"PermissionsBoundary", target{})
	if err != nil {
		return nil, err
	}
	return nil, c.change(n, p, func(_ store.Tx, rec *principalRecord) error {
		if rec.Boundary == "" {
			return errNoSuchEntity("The %s with name %s has no permissions boundary.", n.kind, rec.Name)
		}
		rec.Boundary = ""
		return nil
	})
}

// attachable returns an error unless there is a managed policy of that ARN.
func (s *Service) attachable(tx store.Tx, arn string) error {
	if _, ok := builtin(arn); ok {
		return nil
	}
	rec, err := s.findPolicy(tx, arn)
	if err == nil && rec == nil {
		err = errNoSuchEntity("Policy %s does not exist or is not attachable.", arn)
	}
	return err
}

func tagPrincipal(c *call, n noun) (any, error) {
	tags := c.in.tags("Tags")
	if len(tags) == 0 {
		c.in.fault("Tags", "", "Member must not be null")
	}
	p, err := c.open(n, "Tag"+n.title, target{newTags: tags})
	if err != nil {
		return nil, err
	}
	return nil, c.change(n, p, func(_ store.Tx, rec *principalRecord) (err error) {
		rec.Tags, err = c.s.addTags(rec.Tags, tags)
		return err
	})
}

func untagPrincipal(c *call, n noun) (any, error) {
	keys := c.tagKeys()
	p, err := c.open(n, "Untag"+n.title, target{tagKeys: keys})
	if err != nil {
		return nil, err
	}
	return nil, c.change(n, p, func(_ store.Tx, rec *principalRecord) error {
		rec.Tags = removeTags(rec.Tags, keys)
		return nil
	})
}

func listPrincipalTags(c *call, n noun) (any, error) {
	p, err := c.open(n, "List"+n.title+"Tags", target{})
	if err != nil {
		return nil, err
	}
	return c.tagPage(p.Tags)
}

func (c *call) tagKeys() []string {
	keys, ok := c.in.list("TagKeys", 50, tagKey)
	if !ok {
		c.in.fault("TagKeys", "", "Member must not be null")
	}
	return keys
}

func (c *call) tagPage(tags []tag) (any, error) {
	some, pg := page(c, tags, func(t tag) string { return strings.ToLower(t.Key) })
	return &struct {
		Tags *members[tag]
		paging
	}{listOf(some), pg}, c.in.err()
}

// addTags puts tags in, replacing those whose keys are the same but for case,
// and keeps the list sorted.
func (s *Service) addTags(have, add []tag) ([]tag, error) {
	byKey := make(map[string]tag)
	for _, t := range append(slices.Clone(have), add...) {
		byKey[strings.ToLower(t.Key)] = t
	}
	if max := s.quotas.TagsPerResource; len(byKey) > max {
		return nil, errLimitExceeded("The number of tags has reached the maximum limit of %d.", max)
	}
	out := make([]tag, 0, len(byKey))
	for _, k := range slices.Sorted(maps.Keys(byKey)) {
		out = append(out, byKey[k])
	}
	return out, nil
}

func removeTags(have []tag, keys []string) []tag {
	return slices.DeleteFunc(slices.Clone(have), func(t tag) bool {
		return slices.ContainsFunc(keys, func(k string) bool { return strings.EqualFold(k, t.Key) })
	})
}

// boundary is a permissions boundary in a reply.
type boundary struct {
	PermissionsBoundaryType string
	PermissionsBoundaryArn  string
}

func boundaryOf(arn string) *boundary {
	if arn == "" {
		return nil
	}
	return &boundary{"Policy", arn}
}

// lastUsed is when a role was last used, in a reply.
type lastUsed struct {
	LastUsedDate *stamp `xml:",omitempty"`
	Region       string `xml:",omitempty"`
}

func quotaText(what string, max int) string {
	return fmt.Sprintf("Cannot exceed quota for %s: %d", what, max)
}
