package iam

import (
	"strings"

	"github.com/quoinhq/quoin/internal/store"
)

// Instance profiles mean nothing to this server; they are kept since tools that
// manage roles make, list and remove them.
func profileOperations() map[string]operation {
	return map[string]operation{
		"CreateInstanceProfile":         createProfile,
		"GetInstanceProfile":            getProfile,
		"ListInstanceProfiles":          listProfiles,
		"DeleteInstanceProfile":         deleteProfile,
		"AddRoleToInstanceProfile":      addRoleToProfile,
		"RemoveRoleFromInstanceProfile": removeRoleFromProfile,
		"ListInstanceProfilesForRole":   listProfilesForRole,
		"TagInstanceProfile":            tagProfile,
		"UntagInstanceProfile":          untagProfile,
		"ListInstanceProfileTags":       listProfileTags,
	}
}

// profile is an instance profile in a reply.
type profile struct {
	Path                string
	InstanceProfileName string
	InstanceProfileId   string
	Arn                 string
	CreateDate          stamp
	Roles               *members[*role]
	Tags                *members[tag] `xml:",omitempty"`
}

func (s *Service) profileARN(p *profileRecord) string {
	return s.arn("instance-profile" + p.Path + p.Name)
}

func (s *Service) profileReply(tx store.Tx, p *profileRecord) (*profile, error) {
	reply := &profile{Path: p.Path, InstanceProfileName: p.Name, InstanceProfileId: p.ID, Arn: s.profileARN(p),
		CreateDate: stamp(p.Created), Roles: &members[*role]{}, Tags: listOrNil(p.Tags)}
	if p.Role != "" {
		r, err := roles.Get(tx, p.Role)
		if err != nil {
			return nil, err
		}
		shown, err := s.roleReply(tx, r)
		if err != nil {
			return nil, err
		}
		reply.Roles.Member = append(reply.Roles.Member, shown)
	}
	return reply, nil
}

type profileResult struct{ InstanceProfile *profile }

func createProfile(c *call) (any, error) {
	path, hasPath := c.in.get("Path", anyPath)
	if !hasPath {
		path = "/"
	}
	p := &profileRecord{Name: c.in.need("InstanceProfileName", name128), ID: newID("AIPA"), Path: path, Tags: c.in.tags("Tags")}
	if err := c.allow("CreateInstanceProfile", target{arn: c.s.profileARN(p), newTags: p.Tags}); err != nil {
		return nil, err
	}
	var reply *profile
	err := c.update(func(tx store.Tx) (err error) {
		p.Created = tx.Now()
		if err := create(tx, profiles, p.Name, p, "Instance Profile", "InstanceProfilesPerAccount", c.s.quotas.Profiles); err != nil {
			return err
		}
		reply, err = c.s.profileReply(tx, p)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &profileResult{reply}, nil
}

func errNoProfile(name string) error {
	return errNoSuchEntity("Instance Profile %s cannot be found.", name)
}

func (c *call) openProfile(action string, t target) (*profileRecord, error) {
	name := c.in.need("InstanceProfileName", name128)
	if err := c.in.err(); err != nil {
		return nil, err
	}
	var rec *profileRecord
	err := c.view(func(tx store.Tx) (err error) {
		rec, err = found(tx, profiles, name)
		return err
	})
	if err != nil {
		return nil, err
	}
	t.arn = c.s.arn("instance-profile/" + name)
	if rec != nil {
		t.arn, t.tags = c.s.profileARN(rec), rec.Tags
	}
	if err := c.allow(action, t); err != nil {
		return nil, err
	}
	if rec == nil {
		return nil, errNoProfile(name)
	}
	return rec, nil
}

func (c *call) changeProfile(opened *profileRecord, fn func(store.Tx, *profileRecord) error) error {
	return c.update(func(tx store.Tx) error {
		rec, err := current(tx, profiles, opened.Name, opened.ID, errNoProfile(opened.Name))
		if err != nil {
			return err
		}
		if err := fn(tx, rec); err != nil {
			return err
		}
		return profiles.Put(tx, recordKey(rec.Name), rec)
	})
}

func getProfile(c *call) (any, error) {
	p, err := c.openProfile("GetInstanceProfile", target{})
	if err != nil {
		return nil, err
	}
	var reply *profile
	err = c.view(func(tx store.Tx) (err error) {
		reply, err = c.s.profileReply(tx, p)
		return err
	})
	return &profileResult{reply}, err
}

func (c *call) profilePage(keep func(*profileRecord) bool) (any, error) {
	recs, pg, err := pageOf(c, profiles, keep)
	if err != nil {
		return nil, err
	}
	out := make([]*profile, len(recs))
	err = c.view(func(tx store.Tx) (err error) {
		for i, p := range recs {
			if out[i], err = c.s.profileReply(tx, p); err != nil {
				return err
			}
		}
		return nil
	})
	return &struct {
		InstanceProfiles *members[*profile]
		paging
	}{listOf(out), pg}, err
}

func listProfiles(c *call) (any, error) {
	prefix := c.in.opt("PathPrefix", pathPrefix)
	if err := c.allow("ListInstanceProfiles", target{arn: c.s.arn("instance-profile" + orSlash(prefix) + "*")}); err != nil {
		return nil, err
	}
	return c.profilePage(func(p *profileRecord) bool { return strings.HasPrefix(p.Path, prefix) })
}

func listProfilesForRole(c *call) (any, error) {
	r, err := c.open(roleNoun, "ListInstanceProfilesForRole", target{})
	if err != nil {
		return nil, err
	}
	return c.profilePage(func(p *profileRecord) bool { return p.Role == recordKey(r.Name) })
}

func deleteProfile(c *call) (any, error) {
	p, err := c.openProfile("DeleteInstanceProfile", target{})
	if err != nil {
		return nil, err
	}
	return nil, c.update(func(tx store.Tx) error {
		rec, err := current(tx, profiles, p.Name, p.ID, errNoProfile(p.Name))
		switch {
		case err != nil:
			return err
		case rec.Role != "":
			return errDeleteConflict("remove roles from instance profile")
		}
		return profiles.Delete(tx, recordKey(rec.Name))
	})
}

func addRoleToProfile(c *call) (any, error) {
	roleName := c.in.need("RoleName", name64)
	p, err := c.openProfile("AddRoleToInstanceProfile", target{})
	if err != nil {
		return nil, err
	}
	return nil, c.changeProfile(p, func(tx store.Tx, rec *profileRecord) error {
		r, err := found(tx, roles, roleName)
		switch {
		case err != nil:
			return err
		case r == nil:
			return roleNoun.missing(roleName)
		case rec.Role != "":
			return errLimitExceeded("Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1")
		}
		rec.Role = recordKey(roleName)
		return nil
	})
}

func removeRoleFromProfile(c *call) (any, error) {
	roleName := c.in.need("RoleName", name64)
	p, err := c.openProfile("RemoveRoleFromInstanceProfile", target{})
	if err != nil {
		return nil, err
	}
	return nil, c.changeProfile(p, func(_ store.Tx, rec *profileRecord) error {
		if rec.Role != recordKey(roleName) {
			return roleNoun.missing(roleName)
		}
		rec.Role = ""
		return nil
	})
}

func tagProfile(c *call) (any, error) {
	tags := c.in.tags("Tags")
	p, err := c.openProfile("TagInstanceProfile", target{newTags: tags})
	if err != nil {
		return nil, err
	}
	return nil, c.changeProfile(p, func(_ store.Tx, rec *profileRecord) (err error) {
		rec.Tags, err = c.s.addTags(rec.Tags, tags)
		return err
	})
}

func untagProfile(c *call) (any, error) {
	keys := c.tagKeys()
	p, err := c.openProfile("UntagInstanceProfile", target{tagKeys: keys})
	if err != nil {
		return nil, err
	}
	return nil, c.changeProfile(p, func(_ store.Tx, rec *profileRecord) error {
		rec.Tags = removeTags(rec.Tags, keys)
		return nil
	})
}

func listProfileTags(c *call) (any, error) {
	p, err := c.openProfile("ListInstanceProfileTags", target{})
	if err != nil {
		return nil, err
	}
	return c.tagPage(p.Tags)
}
