package iam

import (
	"net/url"
	"slices"
	"strings"

	"github.com/quoinhq/quoin/internal/store"
)

func providerOperations() map[string]operation {
	return map[string]operation{
		"CreateOpenIDConnectProvider":             createProvider,
		"GetOpenIDConnectProvider":                getProvider,
		"ListOpenIDConnectProviders":              listProviders,
		"DeleteOpenIDConnectProvider":             deleteProvider,
		"UpdateOpenIDConnectProviderThumbprint":   updateThumbprint,
		"AddClientIDToOpenIDConnectProvider":      addClientID,
		"RemoveClientIDFromOpenIDConnectProvider": removeClientID,
		"TagOpenIDConnectProvider":                tagProvider,
		"UntagOpenIDConnectProvider":              untagProvider,
		"ListOpenIDConnectProviderTags":           listProviderTags,
	}
}

func (s *Service) providerARN(name string) string { return s.arn("oidc-provider/" + name) }

func createProvider(c *call) (any, error) {
	issuer := c.in.need("Url", providerURL)
	ids, _ := c.in.list("ClientIDList", 100, clientID)
	prints, _ := c.in.list("ThumbprintList", 5, thumbprint)
	rec := &providerRecord{URL: issuer, ClientIDs: ids, Thumbprints: prints, Tags: c.in.tags("Tags")}
	u, err := url.Parse(issuer)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		c.in.fault("Url", issuer, "Member must be an https URL without query")
	}
	name := issuerName(issuer)
	if err := c.allow("CreateOpenIDConnectProvider", target{arn: c.s.providerARN(name), newTags: rec.Tags}); err != nil {
		return nil, err
	}
	err = c.update(func(tx store.Tx) error {
		rec.Created = tx.Now()
		return create(tx, providers, name, rec, "Provider", "OpenIdConnectProvidersPerAccount", c.s.quotas.Providers)
	})
	if err != nil {
		return nil, err
	}
	return &struct {
		OpenIDConnectProviderArn string
		Tags                     *members[tag] `xml:",omitempty"`
	}{c.s.providerARN(name), listOrNil(rec.Tags)}, nil
}

func (c *call) openProvider(action string, t target) (*providerRecord, string, error) {
	arn := c.in.need("OpenIDConnectProviderArn", arnText)
	if err := c.in.err(); err != nil {
		return nil, "", err
	}
	name, ok := strings.CutPrefix(arn, c.s.providerARN(""))
	if !ok {
		return nil, "", errInvalidInput("ARN %s is not valid.", printable(arn))
	}
	var rec *providerRecord
	err := c.view(func(tx store.Tx) (err error) {
		rec, err = found(tx, providers, name)
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
		return nil, "", errNoSuchEntity("OpenIDConnect Provider not found for arn %s", arn)
	}
	return rec, name, nil
}

func (c *call) changeProvider(action string, t target, fn func(*providerRecord) error) error {
	_, name, err := c.openProvider(action, t)
	if err != nil {
		return err
	}
	return c.update(func(tx store.Tx) error {
		rec, err := found(tx, providers, name)
		if err != nil {
			return err
		}
		if rec == nil {
			return errNoSuchEntity("OpenIDConnect Provider not found for arn %s", c.s.providerARN(name))
		}
		if err := fn(rec); err != nil {
			return err
		}
		return providers.Put(tx, recordKey(name), rec)
	})
}

func getProvider(c *call) (any, error) {
	rec, _, err := c.openProvider("GetOpenIDConnectProvider", target{})
	if err != nil {
		return nil, err
	}
	return &struct {
		Url            string
		ClientIDList   *members[string]
		ThumbprintList *members[string]
		CreateDate     stamp
		Tags           *members[tag] `xml:",omitempty"`
	}{issuerName(rec.URL), listOf(rec.ClientIDs), listOf(rec.Thumbprints), stamp(rec.Created), listOrNil(rec.Tags)}, nil
}

func listProviders(c *call) (any, error) {
	if err := c.allow("ListOpenIDConnectProviders", target{arn: c.s.providerARN("*")}); err != nil {
		return nil, err
	}
	type entry struct{ Arn string }
	var all []entry
	err := c.view(func(tx store.Tx) error {
		all = nil
		for k, err := range providers.List(tx, store.Query{}) {
			if err != nil {
				return err
			}
			all = append(all, entry{c.s.providerARN(issuerName(k.Rec.URL))})
		}
		return nil
	})
	return &struct{ OpenIDConnectProviderList *members[entry] }{listOf(all)}, err
}

func deleteProvider(c *call) (any, error) {
	_, name, err := c.openProvider("DeleteOpenIDConnectProvider", target{})
	if err != nil {
		return nil, err
	}
	return nil, c.update(func(tx store.Tx) error { return forget(tx, providers, recordKey(name)) })
}

func updateThumbprint(c *call) (any, error) {
	prints, _ := c.in.list("ThumbprintList", 5, thumbprint)
	return nil, c.changeProvider("UpdateOpenIDConnectProviderThumbprint", target{}, func(rec *providerRecord) error {
		rec.Thumbprints = prints
		return nil
	})
}

func addClientID(c *call) (any, error) {
	id := c.in.need("ClientID", clientID)
	return nil, c.changeProvider("AddClientIDToOpenIDConnectProvider", target{}, func(rec *providerRecord) error {
		if slices.Contains(rec.ClientIDs, id) {
			return nil
		}
		if rec.ClientIDs = append(rec.ClientIDs, id); len(rec.ClientIDs) > 100 {
			return errLimitExceeded("%s", quotaText("ClientIdsPerOpenIdConnectProvider", 100))
		}
		return nil
	})
}

func removeClientID(c *call) (any, error) {
	id := c.in.need("ClientID", clientID)
	return nil, c.changeProvider("RemoveClientIDFromOpenIDConnectProvider", target{}, func(rec *providerRecord) error {
		rec.ClientIDs = slices.DeleteFunc(rec.ClientIDs, func(s string) bool { return s == id })
		return nil
	})
}

func tagProvider(c *call) (any, error) {
	tags := c.in.tags("Tags")
	return nil, c.changeProvider("TagOpenIDConnectProvider", target{newTags: tags}, func(rec *providerRecord) (err error) {
		rec.Tags, err = c.s.addTags(rec.Tags, tags)
		return err
	})
}

func untagProvider(c *call) (any, error) {
	keys := c.tagKeys()
	return nil, c.changeProvider("UntagOpenIDConnectProvider", target{tagKeys: keys}, func(rec *providerRecord) error {
		rec.Tags = removeTags(rec.Tags, keys)
		return nil
	})
}

func listProviderTags(c *call) (any, error) {
	rec, _, err := c.openProvider("ListOpenIDConnectProviderTags", target{})
	if err != nil {
		return nil, err
	}
	return c.tagPage(rec.Tags)
}
