package iam

import (
	"maps"
	"strings"

	"github.com/quoinhq/quoin/internal/store"
)

func userOperations() map[string]operation {
	ops := map[string]operation{
		"CreateUser":         createUser,
		"GetUser":            getUser,
		"ListUsers":          listUsers,
		"UpdateUser":         updateUser,
		"DeleteUser":         deleteUser,
		"GetLoginProfile":    noLoginProfile("GetLoginProfile"),
		"DeleteLoginProfile": noLoginProfile("DeleteLoginProfile"),
		// What users do not have here; tools list them before they delete a user.
		"ListGroupsForUser":              emptyList("ListGroupsForUser", "Groups"),
		"ListMFADevices":                 emptyList("ListMFADevices", "MFADevices"),
		"ListSSHPublicKeys":              emptyList("ListSSHPublicKeys", "SSHPublicKeys"),
		"ListSigningCertificates":        emptyList("ListSigningCertificates", "Certificates"),
		"ListServiceSpecificCredentials": emptyList("ListServiceSpecificCredentials", "ServiceSpecificCredentials"),
	}
	maps.Copy(ops, userNoun.operations())
	return ops
}

// user is a user in a reply.
type user struct {
	Path                string
	UserName            string `xml:",omitempty"` // the root user has none
	UserId              string
	Arn                 string
	CreateDate          stamp
	PermissionsBoundary *boundary     `xml:",omitempty"`
	Tags                *members[tag] `xml:",omitempty"`
}

func (s *Service) userReply(p *principalRecord) *user {
	return &user{Path: p.Path, UserName: p.Name, UserId: p.ID, Arn: s.principalARN(userNoun, p), CreateDate: stamp(p.Created),
		PermissionsBoundary: boundaryOf(p.Boundary), Tags: listOrNil(p.Tags)}
}

type userResult struct{ User *user }

func createUser(c *call) (any, error) {
	path, hasPath := c.in.get("Path", anyPath)
	if !hasPath {
		path = "/"
	}
	u := &userRecord{principalRecord: principalRecord{
		Name: c.in.need("UserName", name64), ID: newID("AIDA"), Path: path,
		Tags: c.in.tags("Tags"), Boundary: c.in.opt("PermissionsBoundary", arnText),
	}}
	if err := c.allow("CreateUser", target{arn: c.s.userARN(u), newTags: u.Tags, boundary: u.Boundary}); err != nil {
		return nil, err
	}
	err := c.update(func(tx store.Tx) (err error) {
		u.Created = tx.Now()
		if u.Tags, err = c.s.addTags(nil, u.Tags); err != nil {
			return err
		}
		if u.Boundary != "" {
			if err := c.s.attachable(tx, u.Boundary); err != nil {
				return err
			}
		}
		return create(tx, users, u.Name, u, "User", "UsersPerAccount", c.s.quotas.Users)
	})
	if err != nil {
		return nil, err
	}
	return &userResult{c.s.userReply(&u.principalRecord)}, nil
}

// ownName is the user that a call means: the one it names, or the caller's own.
// It is "" for the root user.
func (c *call) ownName() string {
	name, ok := c.in.get("UserName", name128)
	switch {
	case ok:
		return name
	case c.id.UserName == "" && !c.id.Root:
		c.in.faults = append(c.in.faults, "Must specify userName when calling with non-User credentials")
	}
	return c.id.UserName
}

func getUser(c *call) (any, error) {
	name := c.ownName()
	if name == "" && c.in.err() == nil { // root asks for itself
		if err := c.allow("GetUser", target{arn: c.id.ARN}); err != nil {
			return nil, err
		}
		reply := &user{Path: "/", UserId: c.s.account, Arn: c.s.arn("root")}
		err := c.view(func(tx store.Tx) error {
			for k, err := range keys.List(tx, store.Query{}) {
				if err != nil {
					return err
				}
				if k.Rec.User == "" {
					reply.CreateDate = stamp(k.Rec.Created)
				}
			}
			return nil
		})
		return &userResult{reply}, err
	}
	p, err := c.openNamed(userNoun, name, "GetUser", target{})
	if err != nil {
		return nil, err
	}
	return &userResult{c.s.userReply(p)}, nil
}

func listUsers(c *call) (any, error) {
	prefix := c.in.opt("PathPrefix", pathPrefix)
	if err := c.allow("ListUsers", target{arn: c.s.arn("user" + orSlash(prefix) + "*")}); err != nil {
		return nil, err
	}
	recs, pg, err := pageOf(c, users, func(u *userRecord) bool { return strings.HasPrefix(u.Path, prefix) })
	if err != nil {
		return nil, err
	}
	out := make([]*user, len(recs))
	for i, u := range recs {
		out[i] = c.s.userReply(&u.principalRecord)
		out[i].Tags, out[i].PermissionsBoundary = nil, nil // as documented: GetUser gives them
	}
	return &struct {
		Users *members[*user]
		paging
	}{listOf(out), pg}, nil
}

// updateUser renames or moves a user. Its access keys stay; sessions of its
// GetSessionToken end with the old name.
func updateUser(c *call) (any, error) {
	path := c.in.opt("NewPath", anyPath)
	newName := c.in.opt("NewUserName", name64)
	p, err := c.open(userNoun, "UpdateUser", target{})
	if err != nil {
		return nil, err
	}
	after := *p
	if path != "" {
		after.Path = path
	}
	if newName != "" {
		after.Name = newName
	}
	// As documented, the caller needs the permission on both the old and the new.
	if err := c.allow("UpdateUser", target{arn: c.s.principalARN(userNoun, &after), tags: p.Tags}); err != nil {
		return nil, err
	}
	return nil, c.update(func(tx store.Tx) error {
		oldKey, newKey := recordKey(p.Name), recordKey(after.Name)
		u, err := current(tx, users, p.Name, p.ID, userNoun.missing(p.Name))
		if err != nil {
			return err
		}
		u.Path, u.Name = after.Path, after.Name
		if oldKey == newKey {
			if err := touchKeys(tx, u, newKey); err != nil {
				return err
			}
			return users.Put(tx, newKey, u)
		}
		if err := users.Delete(tx, oldKey); err != nil {
			return err
		}
		if err := uniqueIDs.Put(tx, u.ID, &idRecord{"user/" + newKey}); err != nil {
			return err
		}
		if err := create(tx, users, u.Name, u, "User", "UsersPerAccount", c.s.quotas.Users); err != nil {
			return err
		}
		return touchKeys(tx, u, newKey)
	})
}

// touchKeys writes a user's access keys anew, under the name it has now, so that
// what is remembered of them is read again.
func touchKeys(tx store.Tx, u *userRecord, owner string) error {
	for _, id := range u.Keys {
		k, err := keys.Get(tx, id)
		if err != nil {
			return err
		}
		k.User = owner
		if err := keys.Put(tx, id, k); err != nil {
			return err
		}
	}
	return nil
}

func deleteUser(c *call) (any, error) {
	p, err := c.open(userNoun, "DeleteUser", target{})
	if err != nil {
		return nil, err
	}
	return nil, c.update(func(tx store.Tx) error {
		u, err := current(tx, users, p.Name, p.ID, userNoun.missing(p.Name))
		switch {
		case err != nil:
			return err
		case len(u.Keys) > 0:
			return errDeleteConflict("delete access keys")
		case len(u.Attached) > 0:
			return errDeleteConflict("detach all policies")
		case len(u.Inline) > 0:
			return errDeleteConflict("delete policies")
		}
		if err := forget(tx, uniqueIDs, u.ID); err != nil {
			return err
		}
		return users.Delete(tx, recordKey(u.Name))
	})
}

func noLoginProfile(action string) operation {
	return func(c *call) (any, error) {
		p, err := c.open(userNoun, action, target{})
		if err != nil {
			return nil, err
		}
		return nil, errNoSuchEntity("Login Profile for User %s cannot be found.", p.Name)
	}
}

// emptyList answers for what users cannot have on this server.
func emptyList(action, element string) operation {
	return func(c *call) (any, error) {
		name := c.ownName()
		if c.in.err() == nil && name == "" { // root
			if err := c.allow(action, target{arn: c.id.ARN}); err != nil {
				return nil, err
			}
		} else if _, err := c.openNamed(userNoun, name, action, target{}); err != nil {
			return nil, err
		}
		return &struct {
			List emptyElement
			paging
		}{List: emptyElement(element)}, nil
	}
}
