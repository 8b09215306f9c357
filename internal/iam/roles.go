package iam

import (
	"errors"
	"maps"
	"strings"

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

func (s *Service) roleReply(tx store.Tx, r *roleRecord) (*role, error) {
	trust, err := s.showTrust(tx, r.Trust)
	return &role{
		Path: r.Path, RoleName: r.Name, RoleId: r.ID, Arn: s.roleARN(r), CreateDate: stamp(r.Created),
		AssumeRolePolicyDocument: encoded(trust), Description: r.Description, MaxSessionDuration: r.MaxSession,
		PermissionsBoundary: boundaryOf(r.Boundary), Tags: listOrNil(r.Tags),
	}, err
}

type roleResult struct{ Role *role }

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
	var reply *role
	err := c.update(func(tx store.Tx) (err error) {
		if r.Trust, err = c.s.bindTrust(tx, r.Trust); err != nil {
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
		if err := create(tx, roles, r.Name, r, "Role", "RolesPerAccount", c.s.quotas.Roles); err != nil {
			return err
		}
		reply, err = c.s.roleReply(tx, r)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &roleResult{reply}, nil
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

func getRole(c *call) (any, error) {
	p, err := c.open(roleNoun, "GetRole", target{})
	if err != nil {
		return nil, err
	}
	var reply *role
	err = c.view(func(tx store.Tx) error {
		r, err := current(tx, roles, p.Name, p.ID, roleNoun.missing(p.Name))
		if err != nil {
			return err
		}
		if reply, err = c.s.roleReply(tx, r); err != nil {
			return err
		}
		use, err := c.s.lastUse(tx, "role/"+recordKey(p.Name))
		reply.RoleLastUsed = &lastUsed{}
		if !use.Time.IsZero() {
			t := stamp(use.Time)
			reply.RoleLastUsed = &lastUsed{&t, use.Region}
		}
		return err
	})
	if err != nil {
		return nil, err
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
	err = c.view(func(tx store.Tx) (err error) {
		for i, r := range recs {
			if out[i], err = c.s.roleReply(tx, r); err != nil {
				return err
			}
			out[i].Tags, out[i].PermissionsBoundary = nil, nil // as documented: GetRole gives them
		}
		return nil
	})
	if err != nil {
		return nil, err
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
		if err := errors.Join(forget(tx, keyUses, "role/"+key), forget(tx, uniqueIDs, r.ID)); err != nil {
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

// changeRole is change for what only roles have. It returns the role as it is
// shown afterwards.
func (c *call) changeRole(opened *principalRecord, fn func(store.Tx, *roleRecord) error) (out *role, err error) {
	err = c.update(func(tx store.Tx) error {
		r, err := current(tx, roles, opened.Name, opened.ID, roleNoun.missing(opened.Name))
		if err != nil {
			return err
		}
		if err := fn(tx, r); err != nil {
			return err
		}
		if err := roles.Put(tx, recordKey(r.Name), r); err != nil {
			return err
		}
		out, err = c.s.roleReply(tx, r)
		return err
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
	return &roleResult{r}, nil
}

func updateTrust(c *call) (any, error) {
	doc := c.in.need("PolicyDocument", document)
	p, err := c.open(roleNoun, "UpdateAssumeRolePolicy", target{})
	if err != nil {
		return nil, err
	}
	_, err = c.changeRole(p, func(tx store.Tx, r *roleRecord) (err error) {
		r.Trust, err = c.s.bindTrust(tx, doc)
		return err
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
	r, err := roles.Peek(tx, recordKey(name))
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return err == nil && r.Name == name && r.Path == path, err
}
