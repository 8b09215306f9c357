package connect

import (
	"context"

	"github.com/quoinhq/quoin/finspace"
)

// Clusters are the names of the clusters of an environment, "" being the only
// one there is.
func Clusters(ctx context.Context, cfg finspace.Config, env string) (names []string, err error) {
	client, err := finspace.New(cfg)
	if err != nil {
		return nil, err
	}
	if env == "" {
		if env, err = onlyEnvironment(ctx, client); err != nil {
			return nil, err
		}
	}
	for c, err := range client.KxClusters(ctx, &finspace.ListKxClustersInput{EnvironmentId: &env}) {
		if err != nil {
			return nil, err
		}
		names = append(names, *c.ClusterName)
	}
	return names, nil
}

// Users are the names of the users of an environment, as Clusters has it.
func Users(ctx context.Context, cfg finspace.Config, env string) (names []string, err error) {
	client, err := finspace.New(cfg)
	if err != nil {
		return nil, err
	}
	if env == "" {
		if env, err = onlyEnvironment(ctx, client); err != nil {
			return nil, err
		}
	}
	for u, err := range client.KxUsers(ctx, &finspace.ListKxUsersInput{EnvironmentId: &env}) {
		if err != nil {
			return nil, err
		}
		names = append(names, *u.UserName)
	}
	return names, nil
}
