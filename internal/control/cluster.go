package control

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/store"
)

var clusters = store.Table[cluster]{Kind: KindCluster}

// cluster is a set of q processes that do one thing. Config holds the members
// of the request that made it, with what was left to the service filled in.
type cluster struct {
	Environment string                        `json:"env"`
	Name        string                        `json:"name"`
	Type        finspace.KxClusterType        `json:"type"`
	Config      finspace.CreateKxClusterInput `json:"config"`
	Status      finspace.KxClusterStatus      `json:"status"`
	Reason      string                        `json:"reason,omitempty"`
	Created     time.Time                     `json:"created"`
	Updated     time.Time                     `json:"updated"`

	// Generation counts what nodes have to be started anew for; Reload counts
	// what running nodes have to load.
	Generation int  `json:"generation"`
	Reload     int  `json:"reload,omitempty"`
	Force      bool `json:"force,omitempty"` // the update stops all nodes at once

	// An update that is under way: what was before it, or what failed once it
	// is being undone; and whether it leaves processes alone. Latest is the
	// highest generation there was, Failure why the last update was undone.
	Former  *former `json:"former,omitempty"`
	InPlace bool    `json:"in_place,omitempty"`
	Undone  bool    `json:"undone,omitempty"`
	Latest  int     `json:"latest,omitempty"`
	Failure string  `json:"failure,omitempty"`
}

func noCluster(env, name string) error { return noSuch("cluster", env, name) }

// CreateKxCluster implements [api.Service].
func (s *Service) CreateKxCluster(ctx context.Context, in *finspace.CreateKxClusterInput) (*finspace.CreateKxClusterOutput, error) {
	if err := s.mayMount(ctx, *in.EnvironmentId, in.Databases, in.Code); err != nil {
		return nil, err
	}
	return change(ctx, s, "CreateKxCluster", in, in.ClientToken, func(tx store.Tx) (*finspace.CreateKxClusterOutput, error) {
		env, name := *in.EnvironmentId, *in.ClusterName
		// This operation declares no ResourceAlreadyExistsException.
		taken := finspace.NewConflictException("The environment already has a cluster "+name+".", "NAME_TAKEN")
		if err := fresh(s, tx, clusters, QuotaClusters, env, name, taken); err != nil {
			return nil, err
		}
		c := &cluster{
			Environment: env, Name: name, Type: in.ClusterType, Config: copyConfig(in), Generation: 1,
			Status: finspace.KxClusterStatusPending, Created: tx.Now(), Updated: tx.Now(),
		}
		if err := s.checkCluster(tx, c); err != nil {
			return nil, err
		}
		if err := s.checkClusterQuotas(tx, c); err != nil {
			return nil, err
		}
		if err := clusters.Put(tx, key(env, name), c); err != nil {
			return nil, err
		}
		if err := s.putTags(tx, s.ARNs.Cluster(env, name), in.Tags); err != nil {
			return nil, err
		}
		x := s.describeCluster(c)
		return &finspace.CreateKxClusterOutput{
			EnvironmentId: &env, Status: x.Status, StatusReason: x.StatusReason, ClusterName: x.ClusterName, ClusterType: x.ClusterType,
			TickerplantLogConfiguration: x.TickerplantLogConfiguration, Volumes: x.Volumes, Databases: x.Databases,
			CacheStorageConfigurations: x.CacheStorageConfigurations, AutoScalingConfiguration: x.AutoScalingConfiguration,
			ClusterDescription: x.ClusterDescription, CapacityConfiguration: x.CapacityConfiguration, ReleaseLabel: x.ReleaseLabel,
			VpcConfiguration: x.VpcConfiguration, InitializationScript: x.InitializationScript, CommandLineArguments: x.CommandLineArguments,
			Code: x.Code, ExecutionRole: x.ExecutionRole, LastModifiedTimestamp: x.LastModifiedTimestamp,
			SavedownStorageConfiguration: x.SavedownStorageConfiguration, AzMode: x.AzMode, AvailabilityZoneId: x.AvailabilityZoneId,
			CreatedTimestamp: x.CreatedTimestamp, ScalingGroupConfiguration: x.ScalingGroupConfiguration,
		}, nil
	})
}

// copyConfig copies what the rules fill in, so that the request stays as it
// was hashed.
func copyConfig(in *finspace.CreateKxClusterInput) finspace.CreateKxClusterInput {
	c := *in
	c.ClientToken, c.Tags = nil, nil
	c.Databases = append([]finspace.KxDatabaseConfiguration(nil), in.Databases...)
	return c
}

// GetKxCluster implements [api.Service].
func (s *Service) GetKxCluster(ctx context.Context, in *finspace.GetKxClusterInput) (*finspace.GetKxClusterOutput, error) {
	env, name := *in.EnvironmentId, *in.ClusterName
	c, err := get(ctx, s, clusters, env, name, noCluster(env, name))
	if err != nil {
		return nil, err
	}
	out := s.describeCluster(c)
	return &out, nil
}

// ListKxClusters implements [api.Service], in the order of names.
func (s *Service) ListKxClusters(ctx context.Context, in *finspace.ListKxClustersInput) (*finspace.ListKxClustersOutput, error) {
	return view(ctx, s, func(tx store.Tx) (*finspace.ListKxClustersOutput, error) {
		if _, err := findEnvironment(tx, *in.EnvironmentId); err != nil {
			return nil, err
		}
		l := listing[cluster]{
			operation: "ListKxClusters", table: clusters, prefix: *in.EnvironmentId + "/",
			filters: []string{string(in.ClusterType)}, maxResults: in.MaxResults, nextToken: in.NextToken,
		}
		if in.ClusterType != "" {
			l.keep = func(c *cluster) bool { return c.Type == in.ClusterType }
		}
		found, next, err := page(s, tx, l)
		if err != nil {
			return nil, err
		}
		out := &finspace.ListKxClustersOutput{NextToken: next, KxClusterSummaries: make([]finspace.KxCluster, 0, len(found))}
		for _, f := range found {
			x := s.describeCluster(f.Rec)
			out.KxClusterSummaries = append(out.KxClusterSummaries, finspace.KxCluster{
				Status: x.Status, StatusReason: x.StatusReason, ClusterName: x.ClusterName, ClusterType: x.ClusterType,
				ClusterDescription: x.ClusterDescription, ReleaseLabel: x.ReleaseLabel, Volumes: x.Volumes, InitializationScript: x.InitializationScript,
				ExecutionRole: x.ExecutionRole, AzMode: x.AzMode, AvailabilityZoneId: x.AvailabilityZoneId,
				LastModifiedTimestamp: x.LastModifiedTimestamp, CreatedTimestamp: x.CreatedTimestamp,
			})
		}
		return out, nil
	})
}

// DeleteKxCluster implements [api.Service].
func (s *Service) DeleteKxCluster(ctx context.Context, in *finspace.DeleteKxClusterInput) (*finspace.DeleteKxClusterOutput, error) {
	return change(ctx, s, "DeleteKxCluster", in, in.ClientToken, func(tx store.Tx) (*finspace.DeleteKxClusterOutput, error) {
		c, err := find(tx, clusters, "cluster", *in.EnvironmentId, *in.ClusterName)
		if err != nil {
			return nil, err
		}
		if c.Status == finspace.KxClusterStatusDeleting {
			return nil, c.busy()
		}
		c.Status, c.Updated = finspace.KxClusterStatusDeleting, tx.Now()
		return &finspace.DeleteKxClusterOutput{}, clusters.Put(tx, key(c.Environment, c.Name), c)
	})
}

func (c *cluster) busy() error {
	return finspace.NewConflictException(fmt.Sprintf("The cluster %s is in status %s.", c.Name, c.Status), "CLUSTER_"+string(c.Status))
}

func (s *Service) describeCluster(c *cluster) finspace.GetKxClusterOutput {
	in := &c.Config
	out := finspace.GetKxClusterOutput{
		Status: c.Status, StatusReason: orNil(c.Reason), ClusterName: &c.Name, ClusterType: c.Type,
		TickerplantLogConfiguration: in.TickerplantLogConfiguration, Volumes: []finspace.Volume{}, Databases: in.Databases,
		CacheStorageConfigurations: in.CacheStorageConfigurations, AutoScalingConfiguration: in.AutoScalingConfiguration,
		ClusterDescription: in.ClusterDescription, CapacityConfiguration: in.CapacityConfiguration, ReleaseLabel: in.ReleaseLabel,
		VpcConfiguration: in.VpcConfiguration, InitializationScript: in.InitializationScript, CommandLineArguments: in.CommandLineArguments,
		Code: in.Code, ExecutionRole: in.ExecutionRole, LastModifiedTimestamp: millis(c.Updated),
		SavedownStorageConfiguration: in.SavedownStorageConfiguration, AzMode: in.AzMode, AvailabilityZoneId: in.AvailabilityZoneId,
		CreatedTimestamp: millis(c.Created), ScalingGroupConfiguration: in.ScalingGroupConfiguration,
	}
	for _, v := range c.volumeNames() {
		out.Volumes = append(out.Volumes, finspace.Volume{VolumeName: &v, VolumeType: finspace.VolumeTypeNas1})
	}
	return out
}

// scalingGroup is the name of the scaling group the cluster runs on, or "".
func (c *cluster) scalingGroup() string {
	if g := c.Config.ScalingGroupConfiguration; g != nil {
		return finspace.Value(g.ScalingGroupName)
	}
	return ""
}

// nodeCount is how many nodes the cluster is to have.
func (c *cluster) nodeCount() int {
	if g := c.Config.ScalingGroupConfiguration; g != nil {
		return int(finspace.Value(g.NodeCount))
	}
	return int(finspace.Value(c.Config.CapacityConfiguration.NodeCount))
}

// reservation is what the cluster takes of its scaling group.
func (c *cluster) reservation() Host {
	g := c.Config.ScalingGroupConfiguration
	if g == nil {
		return Host{}
	}
	n := finspace.Value(g.NodeCount)
	return Host{CPU: finspace.Value(g.Cpu) * float64(n), Memory: int64(finspace.Value(g.MemoryReservation)) * int64(n)}
}

// volumeMount is how a cluster mounts a volume.
type volumeMount struct {
	name   string
	writes bool
}

// volumeMounts are the volumes that the cluster mounts, each once, in the
// order that the request names them.
func (c *cluster) volumeMounts() []volumeMount {
	var out []volumeMount
	add := func(name string, writes bool) {
		for i := range out {
			if out[i].name == name {
				out[i].writes = out[i].writes || writes
				return
			}
		}
		if name != "" {
			out = append(out, volumeMount{name, writes})
		}
	}
	if t := c.Config.TickerplantLogConfiguration; t != nil {
		for _, v := range t.TickerplantLogVolumes {
			add(v, c.Type == finspace.KxClusterTypeTickerplant)
		}
	}
	if sd := c.Config.SavedownStorageConfiguration; sd != nil {
		add(finspace.Value(sd.VolumeName), true)
	}
	for _, d := range c.Config.Databases {
		if d.DataviewConfiguration != nil {
			for _, seg := range d.DataviewConfiguration.SegmentConfigurations {
				add(finspace.Value(seg.VolumeName), false)
			}
		}
	}
	return out
}

// volumeNames are the names of those volumes.
func (c *cluster) volumeNames() []string {
	var names []string
	for _, m := range c.volumeMounts() {
		names = append(names, m.name)
	}
	return names
}

// uses reports whether the cluster mounts the volume.
func (c *cluster) uses(volume string) bool {
	return slices.Contains(c.volumeNames(), volume) || slices.ContainsFunc(c.attached(), func(d finspace.KxDatabaseConfiguration) bool {
		return d.DataviewConfiguration != nil && slices.ContainsFunc(d.DataviewConfiguration.SegmentConfigurations, func(seg finspace.KxDataviewSegmentConfiguration) bool {
			return finspace.Value(seg.VolumeName) == volume
		})
	})
}

// mounts reports whether the cluster uses the database, and when dataview is
// not "" that dataview of it.
func (c *cluster) mounts(database, dataview string) bool {
	for _, d := range c.attached() {
		if finspace.Value(d.DatabaseName) != database {
			continue
		}
		if dataview == "" || d.DataviewConfiguration != nil && finspace.Value(d.DataviewConfiguration.DataviewName) == dataview {
			return true
		}
	}
	return false
}
