package control

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/store"
)

// Endpoint is what a connection string leads to.
type Endpoint struct {
	Environment string
	Cluster     string
	Node        string // "" is any node of the cluster
	User        string // the kdb+ user
}

// GetKxConnectionString implements [api.Service]. It is called with the role
// that the user has: that is whom the string will let in. Source: API
// reference, GetKxConnectionString.
func (s *Service) GetKxConnectionString(ctx context.Context, in *finspace.GetKxConnectionStringInput) (*finspace.GetKxConnectionStringOutput, error) {
	env, name := *in.EnvironmentId, *in.ClusterName
	user, ok := strings.CutPrefix(*in.UserArn, s.ARNs.User(env, ""))
	if !ok {
		return nil, invalid("userArn", "%s is no user of the environment %s.", *in.UserArn, env)
	}
	err := s.Store.View(ctx, func(tx store.Tx) error {
		u, err := findUser(tx, env, user)
		if err != nil {
			return err
		}
		c, err := find(tx, clusters, "cluster", env, name)
		if err != nil {
			return err
		}
		if role := s.Role(ctx); role != u.Role {
			return finspace.NewAccessDeniedException("A connection string for the user " + user + " is given to sessions of the role " + u.Role + " only.")
		}
		if !c.open() {
			return invalid("clusterName", "the cluster %s is in status %s; nobody can connect to it.", name, c.Status)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if err := s.Data.Authorize(ctx, "finspace:ConnectKxCluster", s.ARNs.Cluster(env, name)); err != nil {
		return nil, err
	}
	signed, err := s.Sign(ctx, Endpoint{Environment: env, Cluster: name, User: user})
	if err != nil {
		return nil, err
	}
	return &finspace.GetKxConnectionStringOutput{SignedConnectionString: &signed}, nil
}

// Standing is what a connection of a user to a cluster rests on.
type Standing struct {
	Role string // the ARN of the user's role, or of the cluster's that is its name; "" when there is neither
	Open bool   // the cluster takes connections

	// Since is when the user was made, or the cluster that is its name: who comes
	// after one that was deleted is somebody else, whatever the role.
	Since time.Time
}

// Look tells how a user and a cluster are now.
func (s *Service) Look(ctx context.Context, env, cluster, user string) (Standing, error) {
	var st Standing
	err := s.Store.View(ctx, func(tx store.Tx) error {
		u, err := Users.Get(tx, key(env, user))
		switch {
		case err == nil:
			st.Role, st.Since = u.Role, u.Created
		case !errors.Is(err, store.ErrNotFound):
			return err
		default:
			if st.Role, st.Since, err = executionRole(tx, env, user); err != nil {
				return err
			}
		}
		c, err := clusters.Get(tx, key(env, cluster))
		if err == nil {
			st.Open = c.open()
		}
		return ignoreNotFound(err)
	})
	return st, err
}

// executionRole is the role of the cluster of that name, "" when there is none:
// in the strings that q code gets for nodes the user is its own cluster.
// Source: recorded node strings, pykx_query_all.ipynb of basic_tick_V3.
func executionRole(tx store.Tx, env, name string) (role string, since time.Time, err error) {
	c, err := clusters.Get(tx, key(env, name))
	if err != nil {
		return "", time.Time{}, ignoreNotFound(err)
	}
	return finspace.Value(c.Config.ExecutionRole), c.Created, nil
}

// open reports whether the cluster takes connections.
func (c *cluster) open() bool {
	return c.Status == finspace.KxClusterStatusRunning || c.Status == finspace.KxClusterStatusUpdating
}
