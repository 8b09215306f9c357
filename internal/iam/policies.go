package iam

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/quoinhq/quoin/internal/iam/policy"
	"github.com/quoinhq/quoin/internal/store"
)

func policyOperations() map[string]operation {
	return map[string]operation{
		"CreatePolicy":            createPolicy,
		"GetPolicy":               getPolicy,
		"ListPolicies":            listPolicies,
		"DeletePolicy":            deletePolicy,
		"CreatePolicyVersion":     createVersion,
		"GetPolicyVersion":        getVersion,
		"ListPolicyVersions":      listVersions,
		"DeletePolicyVersion":     deleteVersion,
		"SetDefaultPolicyVersion": setDefaultVersion,
		"ListEntitiesForPolicy":   listEntities,
		"TagPolicy":               tagPolicy,
		"UntagPolicy":             untagPolicy,
		"ListPolicyTags":          listPolicyTags,
	}
}

// managedPolicy is a managed policy in a reply.
type managedPolicy struct {
	PolicyName                    string
	PolicyId                      string
	Arn                           string
	Path                          string
	DefaultVersionId              string
	AttachmentCount               int
	PermissionsBoundaryUsageCount int
	IsAttachable                  bool
	Description                   string `xml:",omitempty"`
	CreateDate                    stamp
	UpdateDate                    stamp
	Tags                          *members[tag] `xml:",omitempty"`
}

func (s *Service) policyReply(p *policyRecord, arn string, u usage) *managedPolicy {
	return &managedPolicy{PolicyName: p.Name, PolicyId: p.ID, Arn: arn, Path: p.Path, DefaultVersionId: p.Default,
		AttachmentCount: len(u.attached), PermissionsBoundaryUsageCount: len(u.boundary), IsAttachable: true,
		Description: p.Description, CreateDate: stamp(p.Created), UpdateDate: stamp(p.Updated), Tags: listOrNil(p.Tags)}
}

type policyResult struct{ Policy *managedPolicy }

// holder is a user or role that uses a policy.
type holder struct{ kind, name, id, path string }

type usage struct{ attached, boundary []holder }

// usages finds who uses managed policies, by ARN. It reads every user and role:
// an index would have to be kept for a question that is seldom asked.
func usages(tx store.Tx) (map[string]usage, error) {
	out := make(map[string]usage)
	add := func(kind string, p *principalRecord) {
		h := holder{kind, p.Name, p.ID, p.Path}
		for _, arn := range p.Attached {
			u := out[arn]
			u.attached = append(u.attached, h)
			out[arn] = u
		}
		if p.Boundary != "" {
			u := out[p.Boundary]
			u.boundary = append(u.boundary, h)
			out[p.Boundary] = u
		}
	}
	for k, err := range roles.List(tx, store.Query{}) {
		if err != nil {
			return nil, err
		}
		add("role", &k.Rec.principalRecord)
	}
	for k, err := range users.List(tx, store.Query{}) {
		if err != nil {
			return nil, err
		}
		add("user", &k.Rec.principalRecord)
	}
	return out, nil
}

// findPolicy returns the managed policy with that ARN, nil when there is none.
func (s *Service) findPolicy(tx store.Tx, arn string) (*policyRecord, error) {
	if doc, ok := builtin(arn); ok {
		name := strings.TrimPrefix(arn, builtinPrefix)
		since := time.Date(2015, 2, 6, 18, 40, 0, 0, time.UTC)
		return &policyRecord{Name: name, ID: "ANPA" + strings.ToUpper(name), Path: "/", Created: since, Updated: since, Default: "v1",
			Versions: []policyVersion{{"v1", doc, since}}}, nil
	}
	path, name, ok := s.nameOf(arn, "policy")
	if !ok {
		return nil, nil
	}
	rec, err := found(tx, policies, name)
	if err != nil || rec == nil || rec.Path != path || rec.Name != name {
		return nil, err
	}
	return rec, nil
}

func errNoPolicy(arn string) error {
	return errNoSuchEntity("Policy %s was not found.", arn)
}

// openPolicy finds the managed policy that a call names and authorises the
// action on it.
func (c *call) openPolicy(action string, t target) (*policyRecord, string, error) {
	arn := c.in.need("PolicyArn", arnText)
	if err := c.in.err(); err != nil {
		return nil, "", err
	}
	if !strings.HasPrefix(arn, c.s.arn("policy/")) && !strings.HasPrefix(arn, builtinPrefix) {
		return nil, "", errInvalidInput("ARN %s is not valid.", printable(arn))
	}
	var rec *policyRecord
	err := c.view(func(tx store.Tx) (err error) {
		rec, err = c.s.findPolicy(tx, arn)
		return err
	})
	if err != nil {
		return nil, "", err
	}
	if t.arn = arn; rec != nil {
		t.tags = rec.Tags
	}
	if err := c.allow(action, t); err != nil {
		return nil, "", err
	}
	if rec == nil {
		return nil, "", errNoPolicy(arn)
	}
	return rec, arn, nil
}

// changePolicy applies fn to the policy that was opened.
func (c *call) changePolicy(arn string, opened *policyRecord, fn func(store.Tx, *policyRecord) error) error {
	if strings.HasPrefix(arn, builtinPrefix) {
		return errDenied("Policy " + arn + " is managed by the server and cannot be changed.")
	}
	return c.update(func(tx store.Tx) error {
		rec, err := current(tx, policies, opened.Name, opened.ID, errNoPolicy(arn))
		if err != nil {
			return err
		}
		if err := fn(tx, rec); err != nil {
			return err
		}
		return policies.Put(tx, recordKey(rec.Name), rec)
	})
}

func checkManaged(doc string) error {
	if _, err := policy.Parse(policy.Identity, doc); err != nil {
		return errMalformedPolicy(err)
	}
	if policySize(doc) > maxManaged {
		return errLimitExceeded("Cannot exceed quota for PolicySize: %d", maxManaged)
	}
	return nil
}

func createPolicy(c *call) (any, error) {
	path, hasPath := c.in.get("Path", policyPath)
	if !hasPath {
		path = "/"
	}
	p := &policyRecord{Name: c.in.need("PolicyName", name128), ID: newID("ANPA"), Path: path,
		Description: c.in.opt("Description", freeText1000), Tags: c.in.tags("Tags"), Default: "v1", NextVersion: 2}
	doc := c.in.need("PolicyDocument", document)
	if err := c.allow("CreatePolicy", target{arn: c.s.policyARN(p), newTags: p.Tags}); err != nil {
		return nil, err
	}
	if err := checkManaged(doc); err != nil {
		return nil, err
	}
	err := c.update(func(tx store.Tx) (err error) {
		p.Created, p.Updated = tx.Now(), tx.Now()
		p.Versions = []policyVersion{{"v1", doc, tx.Now()}}
		if p.Tags, err = c.s.addTags(nil, p.Tags); err != nil {
			return err
		}
		return create(tx, policies, p.Name, p, "A policy", "PoliciesPerAccount", c.s.quotas.Policies)
	})
	if err != nil {
		return nil, err
	}
	return &policyResult{c.s.policyReply(p, c.s.policyARN(p), usage{})}, nil
}

func (c *call) usage(arn string) (u usage, err error) {
	err = c.view(func(tx store.Tx) error {
		all, err := usages(tx)
		u = all[arn]
		return err
	})
	return u, err
}

func getPolicy(c *call) (any, error) {
	p, arn, err := c.openPolicy("GetPolicy", target{})
	if err != nil {
		return nil, err
	}
	u, err := c.usage(arn)
	if err != nil {
		return nil, err
	}
	return &policyResult{c.s.policyReply(p, arn, u)}, nil
}

func listPolicies(c *call) (any, error) {
	scope := c.in.opt("Scope", oneOf("All", "AWS", "Local"))
	prefix := c.in.opt("PathPrefix", policyPath)
	filter := c.in.opt("PolicyUsageFilter", oneOf("PermissionsPolicy", "PermissionsBoundary"))
	onlyAttached := c.in.flag("OnlyAttached")
	if err := c.allow("ListPolicies", target{arn: c.s.arn("policy" + orSlash(prefix) + "*")}); err != nil {
		return nil, err
	}
	var all []*managedPolicy
	err := c.view(func(tx store.Tx) error {
		all = nil
		used, err := usages(tx)
		if err != nil {
			return err
		}
		add := func(p *policyRecord, arn string) {
			u := used[arn]
			switch {
			case !strings.HasPrefix(p.Path, prefix),
				onlyAttached && filter != "PermissionsBoundary" && len(u.attached) == 0,
				filter == "PermissionsBoundary" && len(u.boundary) == 0,
				filter == "PermissionsPolicy" && len(u.attached) == 0:
				return
			}
			reply := c.s.policyReply(p, arn, u)
			reply.Tags, reply.Description = nil, "" // as documented: GetPolicy gives them
			all = append(all, reply)
		}
		if scope != "AWS" {
			for k, err := range policies.List(tx, store.Query{}) {
				if err != nil {
					return err
				}
				add(k.Rec, c.s.policyARN(k.Rec))
			}
		}
		if scope != "Local" {
			for _, name := range sortedNames(builtins) {
				p, err := c.s.findPolicy(tx, builtinPrefix+name)
				if err != nil {
					return err
				}
				add(p, builtinPrefix+name)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(all, func(a, b *managedPolicy) int { return strings.Compare(a.Arn, b.Arn) })
	some, pg := page(c, all, func(p *managedPolicy) string { return p.Arn })
	return &struct {
		Policies *members[*managedPolicy]
		paging
	}{listOf(some), pg}, c.in.err()
}

func deletePolicy(c *call) (any, error) {
	p, arn, err := c.openPolicy("DeletePolicy", target{})
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(arn, builtinPrefix) {
		return nil, errDenied("Policy " + arn + " is managed by the server and cannot be deleted.")
	}
	return nil, c.update(func(tx store.Tx) error {
		rec, err := current(tx, policies, p.Name, p.ID, errNoPolicy(arn))
		switch {
		case err != nil:
			return err
		case len(rec.Versions) > 1:
			return &Fault{"DeleteConflict", 409, "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy."}
		}
		used, err := usages(tx)
		if err != nil {
			return err
		}
		if u := used[arn]; len(u.attached)+len(u.boundary) > 0 {
			return &Fault{"DeleteConflict", 409, "Cannot delete a policy attached to entities."}
		}
		return policies.Delete(tx, recordKey(rec.Name))
	})
}

// version is a policy version in a reply.
type version struct {
	Document         string `xml:",omitempty"`
	VersionId        string
	IsDefaultVersion bool
	CreateDate       stamp
}

type versionResult struct{ PolicyVersion *version }

func createVersion(c *call) (any, error) {
	doc, asDefault := c.in.need("PolicyDocument", document), c.in.flag("SetAsDefault")
	p, arn, err := c.openPolicy("CreatePolicyVersion", target{})
	if err != nil {
		return nil, err
	}
	if err := checkManaged(doc); err != nil {
		return nil, err
	}
	var reply *version
	err = c.changePolicy(arn, p, func(tx store.Tx, rec *policyRecord) error {
		if max := c.s.quotas.PolicyVersions; len(rec.Versions) >= max {
			return errLimitExceeded("A managed policy can have up to %d versions. Before you create a new version, you must delete an existing version.", max)
		}
		v := policyVersion{fmt.Sprintf("v%d", rec.NextVersion), doc, tx.Now()}
		rec.NextVersion++
		rec.Versions = append(rec.Versions, v)
		if asDefault {
			rec.Default = v.ID
		}
		rec.Updated = tx.Now()
		reply = &version{VersionId: v.ID, IsDefaultVersion: asDefault, CreateDate: stamp(v.Created)}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &versionResult{reply}, nil
}

func errNoVersion(arn, id string) error {
	return errNoSuchEntity("Policy %s version %s does not exist or is not attachable.", arn, id)
}

func getVersion(c *call) (any, error) {
	id := c.in.need("VersionId", versionID)
	p, arn, err := c.openPolicy("GetPolicyVersion", target{})
	if err != nil {
		return nil, err
	}
	for _, v := range p.Versions {
		if v.ID == id {
			return &versionResult{&version{encoded(v.Document), v.ID, v.ID == p.Default, stamp(v.Created)}}, nil
		}
	}
	return nil, errNoVersion(arn, id)
}

func listVersions(c *call) (any, error) {
	p, _, err := c.openPolicy("ListPolicyVersions", target{})
	if err != nil {
		return nil, err
	}
	var all []*version
	for _, v := range p.Versions {
		all = append(all, &version{"", v.ID, v.ID == p.Default, stamp(v.Created)})
	}
	// Newest first; the marker orders by age turned round, as fixed-width text.
	slices.Reverse(all)
	some, pg := page(c, all, func(v *version) string {
		var n int
		fmt.Sscanf(v.VersionId, "v%d", &n)
		return fmt.Sprintf("%012d", 1_000_000_000-n)
	})
	return &struct {
		Versions *members[*version]
		paging
	}{listOf(some), pg}, c.in.err()
}

func deleteVersion(c *call) (any, error) {
	id := c.in.need("VersionId", versionID)
	p, arn, err := c.openPolicy("DeletePolicyVersion", target{})
	if err != nil {
		return nil, err
	}
	return nil, c.changePolicy(arn, p, func(_ store.Tx, rec *policyRecord) error {
		if id == rec.Default {
			return &Fault{"DeleteConflict", 409, "Cannot delete the default version of a policy."}
		}
		n := len(rec.Versions)
		rec.Versions = slices.DeleteFunc(rec.Versions, func(v policyVersion) bool { return v.ID == id })
		if len(rec.Versions) == n {
			return errNoVersion(arn, id)
		}
		return nil
	})
}

func setDefaultVersion(c *call) (any, error) {
	id := c.in.need("VersionId", versionID)
	p, arn, err := c.openPolicy("SetDefaultPolicyVersion", target{})
	if err != nil {
		return nil, err
	}
	return nil, c.changePolicy(arn, p, func(tx store.Tx, rec *policyRecord) error {
		if !slices.ContainsFunc(rec.Versions, func(v policyVersion) bool { return v.ID == id }) {
			return errNoVersion(arn, id)
		}
		rec.Default, rec.Updated = id, tx.Now()
		return nil
	})
}

func listEntities(c *call) (any, error) {
	entity := c.in.opt("EntityFilter", oneOf("User", "Role", "Group", "LocalManagedPolicy", "AWSManagedPolicy"))
	prefix := c.in.opt("PathPrefix", anyPath)
	filter := c.in.opt("PolicyUsageFilter", oneOf("PermissionsPolicy", "PermissionsBoundary"))
	_, arn, err := c.openPolicy("ListEntitiesForPolicy", target{})
	if err != nil {
		return nil, err
	}
	u, err := c.usage(arn)
	if err != nil {
		return nil, err
	}
	byKey := make(map[string]holder)
	add := func(hs []holder) {
		for _, h := range hs {
			if (entity == "" || strings.EqualFold(entity, h.kind)) && strings.HasPrefix(h.path, prefix) {
				byKey[h.kind+"/"+h.name] = h
			}
		}
	}
	if filter != "PermissionsBoundary" {
		add(u.attached)
	}
	if filter != "PermissionsPolicy" {
		add(u.boundary)
	}
	some, pg := page(c, slices.Sorted(maps.Keys(byKey)), func(s string) string { return s })
	type policyRole struct{ RoleName, RoleId string }
	type policyUser struct{ UserName, UserId string }
	reply := &struct {
		PolicyGroups *members[string]
		PolicyUsers  *members[policyUser]
		PolicyRoles  *members[policyRole]
		paging
	}{listOf[string](nil), &members[policyUser]{}, &members[policyRole]{}, pg}
	for _, k := range some {
		if h := byKey[k]; h.kind == "role" {
			reply.PolicyRoles.Member = append(reply.PolicyRoles.Member, policyRole{h.name, h.id})
		} else {
			reply.PolicyUsers.Member = append(reply.PolicyUsers.Member, policyUser{h.name, h.id})
		}
	}
	return reply, c.in.err()
}

func tagPolicy(c *call) (any, error) {
	tags := c.in.tags("Tags")
	p, arn, err := c.openPolicy("TagPolicy", target{newTags: tags})
	if err != nil {
		return nil, err
	}
	return nil, c.changePolicy(arn, p, func(_ store.Tx, rec *policyRecord) (err error) {
		rec.Tags, err = c.s.addTags(rec.Tags, tags)
		return err
	})
}

func untagPolicy(c *call) (any, error) {
	keys := c.tagKeys()
	p, arn, err := c.openPolicy("UntagPolicy", target{tagKeys: keys})
	if err != nil {
		return nil, err
	}
	return nil, c.changePolicy(arn, p, func(_ store.Tx, rec *policyRecord) error {
		rec.Tags = removeTags(rec.Tags, keys)
		return nil
	})
}

func listPolicyTags(c *call) (any, error) {
	p, _, err := c.openPolicy("ListPolicyTags", target{})
	if err != nil {
		return nil, err
	}
	return c.tagPage(p.Tags)
}
