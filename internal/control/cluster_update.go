package control

import (
	"context"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/store"
)

// UpdateKxClusterCodeConfiguration implements [api.Service]. Script and
// arguments that are not given stay as they are: Terraform sends only what
// changed, AWS's samples copy what is there, and the API text, which says that
// everything is overridden, has no caller that relies on it.
func (s *Service) UpdateKxClusterCodeConfiguration(ctx context.Context, in *finspace.UpdateKxClusterCodeConfigurationInput) (*finspace.UpdateKxClusterCodeConfigurationOutput, error) {
	if err := s.mayMount(ctx, *in.EnvironmentId, nil, in.Code); err != nil {
		return nil, err
	}
	return change(ctx, s, "UpdateKxClusterCodeConfiguration", in, in.ClientToken, func(tx store.Tx) (*finspace.UpdateKxClusterCodeConfigurationOutput, error) {
		c, err := find(tx, clusters, "cluster", *in.EnvironmentId, *in.ClusterName)
		if err != nil {
			return nil, err
		}
		if c.Status != finspace.KxClusterStatusRunning {
			return nil, c.busy()
		}
		strategy := finspace.KxClusterCodeDeploymentStrategyRolling
		if d := in.DeploymentConfiguration; d != nil && d.DeploymentStrategy != "" {
			strategy = d.DeploymentStrategy
		}
		if strategy == finspace.KxClusterCodeDeploymentStrategyNoRestart {
			if c.Type != finspace.KxClusterTypeGp {
				return nil, invalid("deploymentConfiguration.deploymentStrategy", "NO_RESTART is for clusters of type GP only.")
			}
			if in.InitializationScript != nil || in.CommandLineArguments != nil {
				return nil, invalid("deploymentConfiguration.deploymentStrategy", "with NO_RESTART neither initializationScript nor commandLineArguments can be given: nothing is started that would read them.")
			}
		}
		c.deploy(strategy == finspace.KxClusterCodeDeploymentStrategyNoRestart, func(next *finspace.CreateKxClusterInput) {
			next.Code = in.Code
			if in.InitializationScript != nil {
				next.InitializationScript = in.InitializationScript
			}
			if in.CommandLineArguments != nil {
				next.CommandLineArguments = in.CommandLineArguments
			}
		})
		if err := checkCode(c.Config.Code, c.Config.InitializationScript, c.Config.CommandLineArguments); err != nil {
			return nil, err
		}
		c.Force = strategy == finspace.KxClusterCodeDeploymentStrategyForce
		c.Updated = tx.Now()
		return &finspace.UpdateKxClusterCodeConfigurationOutput{}, clusters.Put(tx, key(c.Environment, c.Name), c)
	})
}

// UpdateKxClusterDatabases implements [api.Service]: which changeset or which
// version of a dataview a cluster shows.
func (s *Service) UpdateKxClusterDatabases(ctx context.Context, in *finspace.UpdateKxClusterDatabasesInput) (*finspace.UpdateKxClusterDatabasesOutput, error) {
	if err := s.mayMount(ctx, *in.EnvironmentId, in.Databases, nil); err != nil {
		return nil, err
	}
	return change(ctx, s, "UpdateKxClusterDatabases", in, in.ClientToken, func(tx store.Tx) (*finspace.UpdateKxClusterDatabasesOutput, error) {
		c, err := find(tx, clusters, "cluster", *in.EnvironmentId, *in.ClusterName)
		if err != nil {
			return nil, err
		}
		if c.Status != finspace.KxClusterStatusRunning {
			return nil, c.busy()
		}
		if c.Type != finspace.KxClusterTypeHdb && c.Type != finspace.KxClusterTypeGp {
			return nil, invalid("clusterName", "only clusters of type HDB and GP change their databases; %s is of type %s.", c.Name, c.Type)
		}
		if err := c.sameDatabases(in.Databases); err != nil {
			return nil, err
		}
		strategy := finspace.KxDeploymentStrategyRolling
		if d := in.DeploymentConfiguration; d != nil && d.DeploymentStrategy != "" {
			strategy = d.DeploymentStrategy
		}
		c.deploy(strategy == finspace.KxDeploymentStrategyNoRestart, func(next *finspace.CreateKxClusterInput) {
			next.Databases = append([]finspace.KxDatabaseConfiguration(nil), in.Databases...)
		})
		if err := s.checkClusterDatabases(tx, c, clusterKinds[c.Type]); err != nil {
			return nil, err
		}
		c.Force, c.Updated = false, tx.Now()
		return &finspace.UpdateKxClusterDatabasesOutput{}, clusters.Put(tx, key(c.Environment, c.Name), c)
	})
}

// sameDatabases makes sure that an update names the databases that are there.
func (c *cluster) sameDatabases(next []finspace.KxDatabaseConfiguration) error {
	if len(next) != len(c.Config.Databases) {
		return invalid("databases", "databases cannot be added to a cluster or taken away from it.")
	}
	for _, d := range next {
		if !c.mounts(finspace.Value(d.DatabaseName), "") {
			return invalid("databases", "the cluster does not have the database %s, and databases cannot be added to a cluster.", finspace.Value(d.DatabaseName))
		}
	}
	return nil
}

// mountedViews are the dataviews that a cluster mounts, as DATABASE/NAME, and
// while it is updated those that it mounted before.
func mountedViews(c *cluster) []string {
	var out []string
	for _, d := range c.attached() {
		if v := d.DataviewConfiguration; v != nil {
			out = append(out, key(finspace.Value(d.DatabaseName), finspace.Value(v.DataviewName)))
		}
	}
	return out
}

// touchDataviews brings dataviews to their reconciler, which releases versions
// that nobody mounts any more.
func touchDataviews(tx store.Tx, env string, views []string) error {
	for _, v := range views {
		d, err := dataviews.Get(tx, key(env, v))
		if err == nil {
			err = dataviews.Put(tx, d.key(), d)
		}
		if err := ignoreNotFound(err); err != nil {
			return err
		}
	}
	return nil
}
