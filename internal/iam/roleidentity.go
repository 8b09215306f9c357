package iam

import (
	"context"
	"errors"

	"github.com/quoinhq/quoin/internal/store"
)

// RoleIdentity is a role as a caller of its own, without credentials: what its
// policies allow a session that brings none of its own. The gateway asks with
// it whether a user whose role was changed may stay connected. Errors:
// *DeniedError for a role that does not exist, or the store's.
func (s *Service) RoleIdentity(ctx context.Context, roleARN, sessionName string) (*Identity, error) {
	p, err := s.findRole(ctx, roleARN)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, err
	}
	if p == nil {
		return nil, &DeniedError{"The role " + roleARN + " does not exist."}
	}
	return &Identity{
		ARN:          "arn:aws:sts::" + s.account + ":assumed-role/" + p.rec.Name + "/" + sessionName,
		PrincipalARN: roleARN,
		UserID:       p.rec.ID + ":" + sessionName,
		Account:      s.account,
		Session:      &Session{RoleARN: roleARN, Name: sessionName},
		principal:    "role/" + recordKey(p.rec.Name),
		uniqueID:     p.rec.ID,
	}, nil
}
