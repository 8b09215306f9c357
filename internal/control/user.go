package control

import (
	"context"
	"errors"
	"time"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/store"
)

// Users holds the users of all environments, under ENVID/NAME.
var Users = store.Table[User]{Kind: KindUser}

// User is somebody who may connect to the clusters of an environment, with the
// permissions of an IAM role.
type User struct {
	Environment string    `json:"env"`
	Name        string    `json:"name"`
	Role        string    `json:"role"` // ARN
	Created     time.Time `json:"created"`
	Updated     time.Time `json:"updated"`
}

// CreateKxUser implements [api.Service].
func (s *Service) CreateKxUser(ctx context.Context, in *finspace.CreateKxUserInput) (*finspace.CreateKxUserOutput, error) {
	return change(ctx, s, "CreateKxUser", in, in.ClientToken, func(tx store.Tx) (*finspace.CreateKxUserOutput, error) {
		env, name := *in.EnvironmentId, *in.UserName
		if err := s.usableEnvironment(tx, env); err != nil {
			return nil, err
		}
		_, err := Users.Get(tx, key(env, name))
		if err == nil {
			return nil, finspace.NewResourceAlreadyExistsException("The environment " + env + " already has a user " + name + ".")
		}
		if !errors.Is(err, store.ErrNotFound) {
			return nil, err
		}
		if err := s.usableRole(tx, env, name, *in.IamRole); err != nil {
			return nil, err
		}
		if err := s.checkQuota(tx, QuotaUsers, KindUser, env); err != nil {
			return nil, err
		}
		now := tx.Now()
		u := &User{Environment: env, Name: name, Role: *in.IamRole, Created: now, Updated: now}
		if err := Users.Put(tx, key(env, name), u); err != nil {
			return nil, err
		}
		if err := s.putTags(tx, s.ARNs.User(env, name), in.Tags); err != nil {
			return nil, err
		}
		out := finspace.CreateKxUserOutput(s.describeUser(u))
		return &out, nil
	})
}

// GetKxUser implements [api.Service].
func (s *Service) GetKxUser(ctx context.Context, in *finspace.GetKxUserInput) (*finspace.GetKxUserOutput, error) {
	return view(ctx, s, func(tx store.Tx) (*finspace.GetKxUserOutput, error) {
		u, err := findUser(tx, *in.EnvironmentId, *in.UserName)
		if err != nil {
			return nil, err
		}
		out := s.describeUser(u)
		return &out, nil
	})
}

// ListKxUsers implements [api.Service]. Users come in the order of their names.
func (s *Service) ListKxUsers(ctx context.Context, in *finspace.ListKxUsersInput) (*finspace.ListKxUsersOutput, error) {
	return view(ctx, s, func(tx store.Tx) (*finspace.ListKxUsersOutput, error) {
		if _, err := findEnvironment(tx, *in.EnvironmentId); err != nil {
			return nil, err
		}
		found, next, err := page(s, tx, listing[User]{
			operation: "ListKxUsers", table: Users, prefix: *in.EnvironmentId + "/",
			maxResults: in.MaxResults, nextToken: in.NextToken,
		})
		if err != nil {
			return nil, err
		}
		out := &finspace.ListKxUsersOutput{NextToken: next, Users: make([]finspace.KxUser, 0, len(found))}
		for _, f := range found {
			out.Users = append(out.Users, finspace.KxUser{
				UserArn:         ptr(s.ARNs.User(f.Rec.Environment, f.Rec.Name)),
				UserName:        &f.Rec.Name,
				IamRole:         &f.Rec.Role,
				CreateTimestamp: millis(f.Rec.Created),
				UpdateTimestamp: millis(f.Rec.Updated),
			})
		}
		return out, nil
	})
}

// UpdateKxUser implements [api.Service]. The role is all that can change. When
// it is answered, connections that the new role does not allow are cut; so they
// are when it fails, since a failed write may have reached the disk.
func (s *Service) UpdateKxUser(ctx context.Context, in *finspace.UpdateKxUserInput) (*finspace.UpdateKxUserOutput, error) {
	defer s.UserChanged(ctx, *in.EnvironmentId, *in.UserName)
	return change(ctx, s, "UpdateKxUser", in, in.ClientToken, func(tx store.Tx) (*finspace.UpdateKxUserOutput, error) {
		env, name := *in.EnvironmentId, *in.UserName
		if err := s.usableEnvironment(tx, env); err != nil {
			return nil, err
		}
		u, err := findUser(tx, env, name)
		if err != nil {
			return nil, err
		}
		if err := s.usableRole(tx, env, name, *in.IamRole); err != nil {
			return nil, err
		}
		u.Role, u.Updated = *in.IamRole, tx.Now()
		if err := Users.Put(tx, key(env, name), u); err != nil {
			return nil, err
		}
		out := finspace.UpdateKxUserOutput(s.describeUser(u))
		return &out, nil
	})
}

// DeleteKxUser implements [api.Service]. When it is answered, the user's
// connections are cut.
func (s *Service) DeleteKxUser(ctx context.Context, in *finspace.DeleteKxUserInput) (*finspace.DeleteKxUserOutput, error) {
	defer s.UserChanged(ctx, *in.EnvironmentId, *in.UserName)
	return change(ctx, s, "DeleteKxUser", in, in.ClientToken, func(tx store.Tx) (*finspace.DeleteKxUserOutput, error) {
		env, name := *in.EnvironmentId, *in.UserName
		if err := s.usableEnvironment(tx, env); err != nil {
			return nil, err
		}
		if _, err := findUser(tx, env, name); err != nil {
			return nil, err
		}
		if err := Users.Delete(tx, key(env, name)); err != nil {
			return nil, err
		}
		return &finspace.DeleteKxUserOutput{}, dropTags(tx, s.ARNs.User(env, name))
	})
}

// findUser reads a user. Errors: ResourceNotFoundException, for the
// environment or the user.
func findUser(tx store.Tx, env, name string) (*User, error) {
	u, err := Users.Peek(tx, key(env, name))
	if err == nil {
		mine := *u
		return &mine, nil
	}
	if !errors.Is(err, store.ErrNotFound) {
		return nil, err
	}
	if _, err := findEnvironment(tx, env); err != nil {
		return nil, err
	}
	return nil, finspace.NewResourceNotFoundException("The environment " + env + " has no user " + name + ".")
}

// usableRole checks the role that a user is to have. Whether the role lets
// anybody in is not looked at: the service never checked its trust policy.
//
// A role that does not exist is a ValidationException, not "not found": of an
// update, a ResourceNotFoundException tells clients that the user is gone, and
// Terraform would drop it from its state.
func (s *Service) usableRole(tx store.Tx, env, user, role string) error {
	ok, err := s.RoleExists(tx, role)
	if err != nil {
		return err
	}
	if !ok {
		return finspace.NewValidationException("iamRole: the role " + role + " does not exist in this account.")
	}
	limit := s.Quotas.Of(QuotaUsersPerRole)
	if limit == Unlimited {
		return nil // nobody has to be counted
	}
	n := 0
	for u, err := range Users.List(tx, store.Query{Prefix: env + "/"}) {
		if err != nil {
			return err
		}
		if u.Rec.Role == role && u.Rec.Name != user {
			n++
		}
	}
	return s.within(QuotaUsersPerRole, n+1)
}

func (s *Service) describeUser(u *User) finspace.GetKxUserOutput {
	return finspace.GetKxUserOutput{
		UserName:      &u.Name,
		UserArn:       ptr(s.ARNs.User(u.Environment, u.Name)),
		EnvironmentId: &u.Environment,
		IamRole:       &u.Role,
	}
}
