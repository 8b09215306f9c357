package iam

import (
	"context"
	"time"
)

// RoleIdentity is a role as a caller of its own, without credentials: what its
// policies allow a session that was opened at a time and brings no policies of
// its own. The gateway asks with it whether a user whose role was changed may
// stay connected. Errors: *DeniedError for a role that does not exist, or the
// store's.
func (s *Service) RoleIdentity(ctx context.Context, roleARN, sessionName string, issued time.Time) (*Identity, error) {
	p, err := s.findRole(ctx, roleARN)
	if err != nil {
		return nil, err
	}
	if p == nil {
		return nil, &DeniedError{"The role " + roleARN + " does not exist."}
	}
	return s.roleIdentity("", &p.rec, &Session{Name: sessionName, Issued: issued}), nil
}
