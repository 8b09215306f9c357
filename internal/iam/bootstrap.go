package iam

import (
	"context"

	"github.com/quoinhq/quoin/internal/sigv4"
	"github.com/quoinhq/quoin/internal/store"
)

// Bootstrap makes the root credentials of a fresh store, or returns those there
// are.
func (s *Service) Bootstrap(ctx context.Context) (creds sigv4.Credentials, created bool, err error) {
	err = s.store.Update(ctx, func(tx store.Tx) error {
		created = false
		creds, err = rootKey(tx)
		if err != nil || creds.AccessKeyID != "" {
			return err
		}
		creds, created = newRootKey(), true
		return putRootKey(tx, creds)
	})
	return creds, created, err
}

// RotateRoot replaces the root credentials: the new ones count and the old ones
// end in the same instant, with the sessions of GetSessionToken that they
// opened. Sessions of roles that root assumed go on: see [Service.RevokeSessions].
func (s *Service) RotateRoot(ctx context.Context) (creds sigv4.Credentials, err error) {
	err = s.store.Update(ctx, func(tx store.Tx) error {
		for {
			old, err := rootKey(tx)
			if err != nil {
				return err
			}
			if old.AccessKeyID == "" {
				break
			}
			if err := keys.Delete(tx, old.AccessKeyID); err != nil {
				return err
			}
		}
		for k, err := range sessions.List(tx, store.Query{}) {
			if err != nil {
				return err
			}
			if k.Rec.Principal != "" {
				continue
			}
			if err := sessions.Delete(tx, k.Key); err != nil {
				return err
			}
		}
		creds = newRootKey()
		return putRootKey(tx, creds)
	})
	return creds, err
}

func newRootKey() sigv4.Credentials {
	return sigv4.Credentials{AccessKeyID: newID("AKIA"), SecretAccessKey: newSecret()}
}

func putRootKey(tx store.Tx, c sigv4.Credentials) error {
	return keys.Put(tx, c.AccessKeyID, &keyRecord{Secret: c.SecretAccessKey, Created: tx.Now()})
}

// rootKey returns the zero value when there is none.
func rootKey(tx store.Tx) (sigv4.Credentials, error) {
	for k, err := range keys.List(tx, store.Query{}) {
		if err != nil {
			return sigv4.Credentials{}, err
		}
		if k.Rec.User == "" {
			return sigv4.Credentials{AccessKeyID: k.Key, SecretAccessKey: k.Rec.Secret}, nil
		}
	}
	return sigv4.Credentials{}, nil
}
