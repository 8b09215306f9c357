package call

import (
	"context"

	"github.com/quoinhq/quoin/finspace"
)

// waitFunc waits for what an operation has begun. It returns the name of the
// operation that describes the result, and its output; nil if the resource is
// gone.
type waitFunc func(ctx context.Context, c *finspace.Client, in, out any) (string, any, error)

// described keeps a nil output from becoming an interface that is not nil.
func described[O any](operation string, out *O, err error) (string, any, error) {
	if err != nil || out == nil {
		return "", nil, err
	}
	return operation, out, nil
}

// waits has a function for every operation whose effect comes later.
var waits = map[string]waitFunc{
	"CreateKxEnvironment": func(ctx context.Context, c *finspace.Client, in, out any) (string, any, error) {
		return environment(ctx, c, out.(*finspace.CreateKxEnvironmentOutput).EnvironmentId, finspace.EnvironmentStatusCreated)
	},
	"UpdateKxEnvironmentNetwork": func(ctx context.Context, c *finspace.Client, in, out any) (string, any, error) {
		id := in.(*finspace.UpdateKxEnvironmentNetworkInput).EnvironmentId
		if _, err := c.WaitKxEnvironmentNetwork(ctx, &finspace.GetKxEnvironmentInput{EnvironmentId: id}); err != nil {
			return "", nil, err
		}
		return environment(ctx, c, id, finspace.EnvironmentStatusCreated)
	},
	"DeleteKxEnvironment": func(ctx context.Context, c *finspace.Client, in, out any) (string, any, error) {
		return environment(ctx, c, in.(*finspace.DeleteKxEnvironmentInput).EnvironmentId, finspace.EnvironmentStatusDeleted)
	},
	"CreateKxCluster": func(ctx context.Context, c *finspace.Client, in, out any) (string, any, error) {
		i := in.(*finspace.CreateKxClusterInput)
		return cluster(ctx, c, i.EnvironmentId, i.ClusterName, finspace.KxClusterStatusRunning)
	},
	"UpdateKxClusterCodeConfiguration": func(ctx context.Context, c *finspace.Client, in, out any) (string, any, error) {
		i := in.(*finspace.UpdateKxClusterCodeConfigurationInput)
		return cluster(ctx, c, i.EnvironmentId, i.ClusterName, finspace.KxClusterStatusRunning)
	},
	"UpdateKxClusterDatabases": func(ctx context.Context, c *finspace.Client, in, out any) (string, any, error) {
		i := in.(*finspace.UpdateKxClusterDatabasesInput)
		return cluster(ctx, c, i.EnvironmentId, i.ClusterName, finspace.KxClusterStatusRunning)
	},
	"DeleteKxClusterNode": func(ctx context.Context, c *finspace.Client, in, out any) (string, any, error) {
		i := in.(*finspace.DeleteKxClusterNodeInput)
		return cluster(ctx, c, i.EnvironmentId, i.ClusterName, finspace.KxClusterStatusRunning)
	},
	"DeleteKxCluster": func(ctx context.Context, c *finspace.Client, in, out any) (string, any, error) {
		i := in.(*finspace.DeleteKxClusterInput)
		return cluster(ctx, c, i.EnvironmentId, i.ClusterName, finspace.KxClusterStatusDeleted)
	},
	"CreateKxVolume": func(ctx context.Context, c *finspace.Client, in, out any) (string, any, error) {
		i := in.(*finspace.CreateKxVolumeInput)
		return volume(ctx, c, i.EnvironmentId, i.VolumeName, finspace.KxVolumeStatusActive)
	},
	"UpdateKxVolume": func(ctx context.Context, c *finspace.Client, in, out any) (string, any, error) {
		i := in.(*finspace.UpdateKxVolumeInput)
		return volume(ctx, c, i.EnvironmentId, i.VolumeName, finspace.KxVolumeStatusActive)
	},
	"DeleteKxVolume": func(ctx context.Context, c *finspace.Client, in, out any) (string, any, error) {
		i := in.(*finspace.DeleteKxVolumeInput)
		return volume(ctx, c, i.EnvironmentId, i.VolumeName, finspace.KxVolumeStatusDeleted)
	},
	"CreateKxScalingGroup": func(ctx context.Context, c *finspace.Client, in, out any) (string, any, error) {
		i := in.(*finspace.CreateKxScalingGroupInput)
		return scalingGroup(ctx, c, i.EnvironmentId, i.ScalingGroupName, finspace.KxScalingGroupStatusActive)
	},
	"DeleteKxScalingGroup": func(ctx context.Context, c *finspace.Client, in, out any) (string, any, error) {
		i := in.(*finspace.DeleteKxScalingGroupInput)
		return scalingGroup(ctx, c, i.EnvironmentId, i.ScalingGroupName, finspace.KxScalingGroupStatusDeleted)
	},
	"CreateKxDataview": func(ctx context.Context, c *finspace.Client, in, out any) (string, any, error) {
		i := in.(*finspace.CreateKxDataviewInput)
		return dataview(ctx, c, i.EnvironmentId, i.DatabaseName, i.DataviewName, finspace.KxDataviewStatusActive)
	},
	"UpdateKxDataview": func(ctx context.Context, c *finspace.Client, in, out any) (string, any, error) {
		i := in.(*finspace.UpdateKxDataviewInput)
		return dataview(ctx, c, i.EnvironmentId, i.DatabaseName, i.DataviewName, finspace.KxDataviewStatusActive)
	},
	"DeleteKxDataview": func(ctx context.Context, c *finspace.Client, in, out any) (string, any, error) {
		i := in.(*finspace.DeleteKxDataviewInput)
		return dataview(ctx, c, i.EnvironmentId, i.DatabaseName, i.DataviewName, finspace.KxDataviewStatusDeleted)
	},
	"CreateKxChangeset": func(ctx context.Context, c *finspace.Client, in, out any) (string, any, error) {
		o, err := c.WaitKxChangeset(ctx, &finspace.GetKxChangesetInput{
			EnvironmentId: in.(*finspace.CreateKxChangesetInput).EnvironmentId,
			DatabaseName:  in.(*finspace.CreateKxChangesetInput).DatabaseName,
			ChangesetId:   out.(*finspace.CreateKxChangesetOutput).ChangesetId,
		}, finspace.ChangesetStatusCompleted)
		return described("GetKxChangeset", o, err)
	},
}

func environment(ctx context.Context, c *finspace.Client, id *string, want finspace.EnvironmentStatus) (string, any, error) {
	out, err := c.WaitKxEnvironment(ctx, &finspace.GetKxEnvironmentInput{EnvironmentId: id}, want)
	return described("GetKxEnvironment", out, err)
}

func cluster(ctx context.Context, c *finspace.Client, env, name *string, want finspace.KxClusterStatus) (string, any, error) {
	out, err := c.WaitKxCluster(ctx, &finspace.GetKxClusterInput{EnvironmentId: env, ClusterName: name}, want)
	return described("GetKxCluster", out, err)
}

func volume(ctx context.Context, c *finspace.Client, env, name *string, want finspace.KxVolumeStatus) (string, any, error) {
	out, err := c.WaitKxVolume(ctx, &finspace.GetKxVolumeInput{EnvironmentId: env, VolumeName: name}, want)
	return described("GetKxVolume", out, err)
}

func scalingGroup(ctx context.Context, c *finspace.Client, env, name *string, want finspace.KxScalingGroupStatus) (string, any, error) {
	out, err := c.WaitKxScalingGroup(ctx, &finspace.GetKxScalingGroupInput{EnvironmentId: env, ScalingGroupName: name}, want)
	return described("GetKxScalingGroup", out, err)
}

func dataview(ctx context.Context, c *finspace.Client, env, database, name *string, want finspace.KxDataviewStatus) (string, any, error) {
	out, err := c.WaitKxDataview(ctx, &finspace.GetKxDataviewInput{EnvironmentId: env, DatabaseName: database, DataviewName: name}, want)
	return described("GetKxDataview", out, err)
}
