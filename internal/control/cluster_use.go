package control

import (
	"context"
	"fmt"
	"strings"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/store"
)

// clustersOf lists the clusters of an environment that keep says yes to.
func clustersOf(tx store.Tx, env string, keep func(*cluster) bool) ([]*cluster, error) {
	var out []*cluster
	for c, err := range clusters.List(tx, store.Query{Prefix: env + "/"}) {
		if err != nil {
			return nil, err
		}
		if keep(c.Rec) {
			out = append(out, c.Rec)
		}
	}
	return out, nil
}

// FindCluster says whether there is such a cluster. Errors:
// ResourceNotFoundException.
func (s *Service) FindCluster(ctx context.Context, env, name string) error {
	_, err := get(ctx, s, clusters, env, name, noCluster(env, name))
	return err
}

// inUse is the refusal to delete what clusters use.
func inUse(what, name string, users []*cluster) error {
	names := make([]string, len(users))
	for i, c := range users {
		names[i] = c.Name
	}
	return finspace.NewConflictException(fmt.Sprintf("The %s %s is in use by %s.", what, name, plural("cluster", names)), "IN_USE")
}

func plural(word string, names []string) string {
	if len(names) == 1 {
		return "the " + word + " " + names[0]
	}
	return "the " + word + "s " + strings.Join(names, ", ")
}
