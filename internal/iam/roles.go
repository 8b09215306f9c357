package iam

import (
	"errors"
	"maps"
	"strings"

	"github.com/quoinhq/quoin/internal/iam/policy"
	"github.com/quoinhq/quoin/internal/store"
)

func roleOperations() map[string]operation {
	ops := map[string]operation{
		"CreateRole":             createRole,
		"GetRole":                getRole,
		"ListRoles":              listRoles,
		"DeleteRole":             deleteRole,
		"UpdateRole":             updateRole,
		"UpdateRoleDescription":  updateRoleDescription,
		"UpdateAssumeRolePolicy": updateTrust,
	}
	maps.Copy(ops, roleNoun.operations())
	return ops
}

// role is a role in a reply.
type role struct {
	Path                     string
	RoleName                 string
	RoleId                   string
	Arn                      string
	CreateDate               stamp
	AssumeRolePolicyDocument string
	Description              string `xml:",omitempty"`
	MaxSessionDuration       int
	PermissionsBoundary      *boundary     `xml:",omitempty"`
	Tags                     *members[tag] `xml:",omitempty"`
	RoleLastUsed             *lastUsed     `xml:",omitempty"`
}

func (s *Service) roleReply(r *roleRecord) *role {
	return &role{
		Path: r.Path, RoleName: r.Name, RoleId: r.ID, Arn: s.roleARN(r), CreateDate: stamp(r.Created),
		AssumeRolePolicyDocument: encoded(r.Trust), Description: r.Description, MaxSessionDuration: r.MaxSession,
		PermissionsBoundary: boundaryOf(r.Boundary), Tags: listOrNil(r.Tags),
	}
}

type roleResult struct{ Role *role }

// parseTrust checks a trust policy: its form, its size, and that the principals
// of this account that it names exist.
func (s *Service) parseTrust(tx store.Tx, doc string) error {
	d, err := policy.Parse(policy.Trust, doc)
	if err != nil {
		return errMalformedPolicy(err)
	}
	if policySize(doc) > maxTrust {
		return errLimitExceeded("Cannot exceed quota for ACLSizePerRole: %d", maxTrust)
	}
	for _, arn := range d.AWSPrincipals() {
		if err := s.knownPrincipal(tx, arn); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) knownPrincipal(tx store.Tx, arn string) error {
	for _, n := range [...]noun{roleNoun, userNoun} {
		path, name, ok := s.nameOf(arn, n.kind)
		if !ok {
			continue
		}
		rec, _, err := n.load(tx, recordKey(name))
		switch {
		case errors.Is(err, store.ErrNotFound), err == nil && (rec.Name != name || rec.Path != path):
			return errMalformedPolicy(errors.New(`Invalid principal in policy: "AWS":"` + arn + `"`))
		case err != nil:
			return err
		}
	}
	return nil
}

func createRole(c *call) (any, error) {
	path, hasPath := c.in.get("Path", anyPath)
	if !hasPath {
		path = "/"
	}
	r := &roleRecord{
		principalRecord: principalRecord{
			Name: c.in.need("RoleName", name64), ID: newID("AROA"), Path: path,
			Tags: c.in.tags("Tags"), Boundary: c.in.opt("PermissionsBoundary", arnText),
		},
		Trust:       c.in.need("AssumeRolePolicyDocument", document),
		Description: c.in.opt("Description", description),
		MaxSession:  c.in.number("MaxSessionDuration", 3600, 43200, 3600),
	}
	if err := c.allow("CreateRole", target{arn: c.s.roleARN(r), newTags: r.Tags, boundary: r.Boundary}); err != nil {
		return nil, err
	}
	err := c.update(func(tx store.Tx) (err error) {
		if err := c.s.parseTrust(tx, r.Trust); err != nil {
			return err
		}
		r.Created = tx.Now()
		if r.Tags, err = c.s.addTags(nil, r.Tags); err != nil {
			return err
		}
		if r.Boundary != "" {
			if err := c.s.attachable(tx, r.Boundary); err != nil {
				return err
			}
		}
		return create(tx, roles, r.Name, r, "Role", "RolesPerAccount", c.s.quotas.Roles)
	})
	if err != nil {
		return nil, err
	}
	return &roleResult{c.s.roleReply(r)}, nil
}

// create puts a record that must not be there yet.
func create[T any](tx store.Tx, table store.Table[T], name string, rec *T, what, quota string, max int) error {
	old, err := found(tx, table, name)
	if err != nil {
		return err
	}
	if old != nil {
		return errAlreadyExists("%s with name %s already exists.", what, name)
	}
	n, err := table.Count(tx, "")
	if err != nil {
		return err
	}
	if n >= max {
		return errLimitExceeded("%s", quotaText(quota, max))
	}
	return table.Put(tx, recordKey(name), rec)
}

func (c *call) roleRecord(name string) (r *roleRecord, use keyUse, err error) {
	err = c.view(func(tx store.Tx) (err error) {
		if r, err = found(tx, roles, name); err != nil {
			return err
		}
		use, err = c.s.lastUse(tx, "role/"+recordKey(name))
		return err
	})
	if err == nil && r == nil {
		err = roleNoun.missing(name)
	}
	return r, use, err
}

func getRole(c *call) (any, error) {
	p, err := c.open(roleNoun, "GetRole", target{})
	if err != nil {
		return nil, err
	}
	r, use, err := c.roleRecord(p.Name)
	if err != nil {
		return nil, err
	}
	reply := c.s.roleReply(r)
	reply.RoleLastUsed = &lastUsed{}
	if !use.Time.IsZero() {
		t := stamp(use.Time)
		reply.RoleLastUsed = &lastUsed{&t, use.Region}
	}
	return &roleResult{reply}, nil
}

func listRoles(c *call) (any, error) {
	prefix := c.in.opt("PathPrefix", pathPrefix)
	if err := c.allow("ListRoles", target{arn: c.s.arn("role" + orSlash(prefix) + "*")}); err != nil {
		return nil, err
	}
	recs, pg, err := pageOf(c, roles, func(r *roleRecord) bool { return strings.HasPrefix(r.Path, prefix) })
	if err != nil {
		return nil, err
	}
	out := make([]*role, len(recs))
	for i, r := range recs {
		out[i] = c.s.roleReply(r)
		out[i].Tags, out[i].PermissionsBoundary = nil, nil // as documented: GetRole gives them
	}
	return &struct {
		Roles *members[*role]
		paging
	}{listOf(out), pg}, nil
}

func orSlash(prefix string) string {
	if prefix == "" {
		return "/"
	}
	return prefix
}

func deleteRole(c *call) (any, error) {
	p, err := c.open(roleNoun, "DeleteRole", target{})
	if err != nil {
		return nil, err
	}
	return nil, c.update(func(tx store.Tx) error {
		key := recordKey(p.Name)
		r, err := current(tx, roles, p.Name, p.ID, roleNoun.missing(p.Name))
		switch {
		case err != nil:
			return err
		case len(r.Attached) > 0:
			return errDeleteConflict("detach all policies")
		case len(r.Inline) > 0:
			return errDeleteConflict("delete policies")
		}
		for k, err := range profiles.List(tx, store.Query{}) {
			if err != nil {
				return err
			}
			if k.Rec.Role == key {
				return errDeleteConflict("remove roles from instance profile")
			}
		}
		if err := forget(tx, keyUses, "role/"+key); err != nil {
			return err
		}
		return roles.Delete(tx, key)
	})
}

// forget deletes a record that need not be there.
func forget[T any](tx store.Tx, table store.Table[T], key string) error {
	if err := table.Delete(tx, key); err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return nil
}

// changeRole is change for what only roles have.
func (c *call) changeRole(opened *principalRecord, fn func(store.Tx, *roleRecord) error) (out *roleRecord, err error) {
	err = c.update(func(tx store.Tx) error {
		r, err := current(tx, roles, opened.Name, opened.ID, roleNoun.missing(opened.Name))
		if err != nil {
			return err
		}
		if err := fn(tx, r); err != nil {
			return err
		}
		out = r
		return roles.Put(tx, recordKey(r.Name), r)
	})
	return out, err
}

func updateRole(c *call) (any, error) {
	text, hasText := c.in.get("Description", description)
	_, hasMax := c.in.values["MaxSessionDuration"]
	max := c.in.number("MaxSessionDuration", 3600, 43200, 0)
	p, err := c.open(roleNoun, "UpdateRole", target{})
	if err != nil {
		return nil, err
	}
	_, err = c.changeRole(p, func(_ store.Tx, r *roleRecord) error {
		if hasText {
			r.Description = text
		}
		if hasMax {
			r.MaxSession = max
		}
		return nil
	})
	return &struct{}{}, err
}

func updateRoleDescription(c *call) (any, error) {
	text := c.in.need("Description", description)
	p, err := c.open(roleNoun, "UpdateRoleDescription", target{})
	if err != nil {
		return nil, err
	}
	r, err := c.changeRole(p, func(_ store.Tx, r *roleRecord) error {
		r.Description = text
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &roleResult{c.s.roleReply(r)}, nil
}

func updateTrust(c *call) (any, error) {
	doc := c.in.need("PolicyDocument", document)
	p, err := c.open(roleNoun, "UpdateAssumeRolePolicy", target{})
	if err != nil {
		return nil, err
	}
	_, err = c.changeRole(p, func(tx store.Tx, r *roleRecord) error {
		r.Trust = doc
		return c.s.parseTrust(tx, doc)
	})
	return nil, err
}

// RoleExists reports whether the ARN is that of a role of this account, as the
// transaction sees it.
func (s *Service) RoleExists(tx store.Tx, roleARN string) (bool, error) {
	path, name, ok := s.nameOf(roleARN, "role")
	if !ok {
		return false, nil
	}
	r, err := found(tx, roles, name)
	return r != nil && r.Name == name && r.Path == path, err
}
