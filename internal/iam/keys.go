package iam

import (
	"errors"
	"slices"
	"strings"

	"github.com/quoinhq/quoin/internal/store"
)

func keyOperations() map[string]operation {
	return map[string]operation{
		"CreateAccessKey":      createKey,
		"ListAccessKeys":       listKeys,
		"UpdateAccessKey":      updateKey,
		"DeleteAccessKey":      deleteKey,
		"GetAccessKeyLastUsed": getKeyLastUsed,
	}
}

// accessKey is an access key in a reply; only CreateAccessKey gives the secret.
type accessKey struct {
	UserName        string `xml:",omitempty"`
	AccessKeyId     string
	Status          string
	SecretAccessKey string `xml:",omitempty"`
	CreateDate      stamp
}

func (k *keyRecord) status() string {
	if k.Inactive {
		return "Inactive"
	}
	return "Active"
}

// keyOwner authorises an action on the keys of the user that the call means and
// returns that user, nil for root.
func (c *call) keyOwner(action string) (*principalRecord, error) {
	name := c.ownName()
	if c.in.err() == nil && name == "" {
		return nil, c.allow(action, target{arn: c.id.ARN})
	}
	return c.openNamed(userNoun, name, action, target{})
}

func createKey(c *call) (any, error) {
	p, err := c.keyOwner("CreateAccessKey")
	if err != nil {
		return nil, err
	}
	if p == nil {
		return nil, errDenied("The root user's access key is replaced with the server's own command, not by CreateAccessKey.")
	}
	reply := &accessKey{UserName: p.Name, AccessKeyId: newID("AKIA"), Status: "Active", SecretAccessKey: newSecret()}
	err = c.changeUser(p, func(tx store.Tx, u *userRecord) error {
		if max := c.s.quotas.KeysPerUser; len(u.Keys) >= max {
			return errLimitExceeded("%s", quotaText("AccessKeysPerUser", max))
		}
		u.Keys = append(u.Keys, reply.AccessKeyId)
		reply.CreateDate = stamp(tx.Now())
		return keys.Put(tx, reply.AccessKeyId, &keyRecord{User: recordKey(u.Name), Secret: reply.SecretAccessKey, Created: tx.Now()})
	})
	if err != nil {
		return nil, err
	}
	return &struct{ AccessKey *accessKey }{reply}, nil
}

// changeUser is change for what only users have.
func (c *call) changeUser(opened *principalRecord, fn func(store.Tx, *userRecord) error) error {
	return c.update(func(tx store.Tx) error {
		u, err := current(tx, users, opened.Name, opened.ID, userNoun.missing(opened.Name))
		if err != nil {
			return err
		}
		if err := fn(tx, u); err != nil {
			return err
		}
		return users.Put(tx, recordKey(u.Name), u)
	})
}

func listKeys(c *call) (any, error) {
	p, err := c.keyOwner("ListAccessKeys")
	if err != nil {
		return nil, err
	}
	var all []*accessKey
	err = c.view(func(tx store.Tx) error {
		all = nil
		add := func(id string, k *keyRecord, user string) {
			all = append(all, &accessKey{UserName: user, AccessKeyId: id, Status: k.status(), CreateDate: stamp(k.Created)})
		}
		if p == nil {
			for k, err := range keys.List(tx, store.Query{}) {
				if err != nil {
					return err
				}
				if k.Rec.User == "" {
					add(k.Key, k.Rec, "")
				}
			}
			return nil
		}
		u, err := found(tx, users, p.Name)
		if err != nil || u == nil {
			return err
		}
		for _, id := range u.Keys {
			k, err := keys.Get(tx, id)
			if err != nil {
				return err
			}
			add(id, k, u.Name)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(all, func(a, b *accessKey) int { return strings.Compare(a.AccessKeyId, b.AccessKeyId) })
	some, pg := page(c, all, func(k *accessKey) string { return k.AccessKeyId })
	reply := &struct {
		UserName          string `xml:",omitempty"`
		AccessKeyMetadata *members[*accessKey]
		paging
	}{AccessKeyMetadata: listOf(some), paging: pg}
	if p != nil {
		reply.UserName = p.Name
	}
	return reply, c.in.err()
}

func errNoKey(id string) error {
	return errNoSuchEntity("The Access Key with id %s cannot be found.", id)
}

// ownedKey finds a key of the user that was opened, nil for root.
func ownedKey(tx store.Tx, p *principalRecord, id string) (*keyRecord, error) {
	k, err := keys.Get(tx, id)
	if err != nil {
		if errors.Is(err, store.ErrNotFound) {
			err = errNoKey(id)
		}
		return nil, err
	}
	owner := ""
	if p != nil {
		owner = recordKey(p.Name)
	}
	if k.User != owner {
		return nil, errNoKey(id)
	}
	return k, nil
}

func updateKey(c *call) (any, error) {
	id, status := c.in.need("AccessKeyId", keyID), c.in.need("Status", keyStatus)
	p, err := c.keyOwner("UpdateAccessKey")
	if err != nil {
		return nil, err
	}
	if p == nil {
		return nil, errDenied("The root user's access key cannot be deactivated.")
	}
	return nil, c.update(func(tx store.Tx) error {
		k, err := ownedKey(tx, p, id)
		if err != nil {
			return err
		}
		k.Inactive = status == "Inactive"
		return keys.Put(tx, id, k)
	})
}

func deleteKey(c *call) (any, error) {
	id := c.in.need("AccessKeyId", keyID)
	p, err := c.keyOwner("DeleteAccessKey")
	if err != nil {
		return nil, err
	}
	if p == nil {
		return nil, errDenied("The root user's access key cannot be deleted.")
	}
	return nil, c.changeUser(p, func(tx store.Tx, u *userRecord) error {
		if _, err := ownedKey(tx, p, id); err != nil {
			return err
		}
		u.Keys = slices.DeleteFunc(u.Keys, func(k string) bool { return k == id })
		if err := forget(tx, keyUses, id); err != nil {
			return err
		}
		return keys.Delete(tx, id)
	})
}

func getKeyLastUsed(c *call) (any, error) {
	id := c.in.need("AccessKeyId", keyID)
	if err := c.in.err(); err != nil {
		return nil, err
	}
	type lastUse struct {
		LastUsedDate *stamp `xml:",omitempty"`
		ServiceName  string
		Region       string
	}
	reply := &struct {
		UserName          string `xml:",omitempty"`
		AccessKeyLastUsed lastUse
	}{AccessKeyLastUsed: lastUse{ServiceName: "N/A", Region: "N/A"}}
	arn, known := c.s.arn("user/*"), false
	err := c.view(func(tx store.Tx) error {
		k, err := keys.Get(tx, id)
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		known, arn = true, c.s.arn("root")
		if k.User != "" {
			u, err := users.Get(tx, k.User)
			if err != nil {
				return err
			}
			reply.UserName, arn = u.Name, c.s.userARN(u)
		}
		use, err := c.s.lastUse(tx, id)
		if err == nil && !use.Time.IsZero() {
			t := stamp(use.Time)
			reply.AccessKeyLastUsed = lastUse{&t, use.Service, use.Region}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := c.allow("GetAccessKeyLastUsed", target{arn: arn}); err != nil {
		return nil, err
	}
	if !known {
		return nil, errNoKey(id)
	}
	return reply, nil
}
