package control

import (
	"context"

	"github.com/quoinhq/quoin/finspace"
)

// The Dataset Browser was another product under the same API; its five
// operations are deprecated. They answer as they do in an account that never
// had it: there is nothing, and nothing can be made.

func noBrowserEnvironment(id *string) error {
	return finspace.NewResourceNotFoundException("There is no Dataset Browser environment " + finspace.Value(id) + ".")
}

// CreateEnvironment implements [api.Service].
func (s *Service) CreateEnvironment(context.Context, *finspace.CreateEnvironmentInput) (*finspace.CreateEnvironmentOutput, error) {
	return nil, finspace.NewValidationException("The Dataset Browser is not available to this account. Use CreateKxEnvironment for a kdb environment.")
}

// GetEnvironment implements [api.Service].
func (s *Service) GetEnvironment(_ context.Context, in *finspace.GetEnvironmentInput) (*finspace.GetEnvironmentOutput, error) {
	return nil, noBrowserEnvironment(in.EnvironmentId)
}

// ListEnvironments implements [api.Service]. No token is one of an empty list.
func (s *Service) ListEnvironments(_ context.Context, in *finspace.ListEnvironmentsInput) (*finspace.ListEnvironmentsOutput, error) {
	if in.NextToken != nil {
		return nil, finspace.NewValidationException("nextToken is not one that this list gave out.")
	}
	return &finspace.ListEnvironmentsOutput{Environments: []finspace.Environment{}}, nil
}

// UpdateEnvironment implements [api.Service].
func (s *Service) UpdateEnvironment(_ context.Context, in *finspace.UpdateEnvironmentInput) (*finspace.UpdateEnvironmentOutput, error) {
	return nil, noBrowserEnvironment(in.EnvironmentId)
}

// DeleteEnvironment implements [api.Service].
func (s *Service) DeleteEnvironment(_ context.Context, in *finspace.DeleteEnvironmentInput) (*finspace.DeleteEnvironmentOutput, error) {
	return nil, noBrowserEnvironment(in.EnvironmentId)
}
