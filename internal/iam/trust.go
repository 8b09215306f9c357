package iam

import (
	"errors"
	"strings"

	"github.com/quoinhq/quoin/internal/iam/policy"
	"github.com/quoinhq/quoin/internal/store"
)

// Trust policies are kept with the unique ids of the users and roles that they
// name, and shown with their ARNs, so that one made anew under the name of a
// deleted one is not trusted, and one that was renamed still is. An id that
// names nobody any more is shown as it is. Source: IAM user guide, "AWS JSON
// policy elements: Principal".

// idRecord says whose a unique id is: user/NAME or role/NAME. There is one for
// each principal that a trust policy ever named.
type idRecord struct{ Principal string }

// bindTrust checks a trust policy (its form, its size, and that the principals
// of this account that it names exist) and returns it as it is kept.
func (s *Service) bindTrust(tx store.Tx, doc string) (string, error) {
	d, err := policy.Parse(policy.Trust, doc)
	if err != nil {
		return "", errMalformedPolicy(err)
	}
	if policySize(doc) > maxTrust {
		return "", errLimitExceeded("Cannot exceed quota for ACLSizePerRole: %d", maxTrust)
	}
	return d.RenamePrincipals(func(id string) (string, error) { return s.bindPrincipal(tx, id) })
}

func (s *Service) bindPrincipal(tx store.Tx, id string) (string, error) {
	invalid := errMalformedPolicy(errors.New(`Invalid principal in policy: "AWS":"` + id + `"`))
	if policy.UniqueID(id) {
		arn, err := s.arnOf(tx, id)
		if err == nil && arn == "" {
			err = invalid
		}
		return id, err
	}
	for _, n := range [...]noun{roleNoun, userNoun} {
		path, name, ok := s.nameOf(id, n.kind)
		if !ok {
			continue
		}
		rec, _, err := n.load(tx, recordKey(name))
		switch {
		case errors.Is(err, store.ErrNotFound), err == nil && (rec.Name != name || rec.Path != path):
			return "", invalid
		case err != nil:
			return "", err
		}
		return rec.ID, uniqueIDs.Put(tx, rec.ID, &idRecord{n.kind + "/" + recordKey(name)})
	}
	return id, nil
}

// showTrust returns a trust policy as it is shown.
func (s *Service) showTrust(tx store.Tx, kept string) (string, error) {
	if !strings.Contains(kept, "AIDA") && !strings.Contains(kept, "AROA") {
		return kept, nil
	}
	d, err := policy.Parse(policy.Trust, kept)
	if err != nil {
		return kept, nil // whoever is to mend it must see it
	}
	return d.RenamePrincipals(func(id string) (string, error) {
		if !policy.UniqueID(id) {
			return id, nil
		}
		arn, err := s.arnOf(tx, id)
		if arn == "" {
			arn = id
		}
		return arn, err
	})
}

// arnOf returns the ARN of the user or role with a unique id that a trust
// policy names, "" when there is none any more.
func (s *Service) arnOf(tx store.Tx, id string) (string, error) {
	rec, err := uniqueIDs.Get(tx, id)
	if errors.Is(err, store.ErrNotFound) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	n, p, _, err := openPrincipal(tx, rec.Principal)
	if err != nil {
		return "", err
	}
	return s.principalARN(n, p), nil
}
