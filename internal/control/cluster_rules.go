package control

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/store"
)

// clusterKind says what clusters of one type can have. Sources: user guide,
// kdb-cluster-types, create-cluster-step1, -step2 and -step4, and
// kdb-clusters-running-clusters-comparison; where recorded output of the
// service was more lenient, that counts.
type clusterKind struct {
	one       bool // one node in one availability zone
	databases bool // may mount databases
	target    bool // its database is only where data are saved down to
	cache     bool // may have cache storage, when dedicated
	scales    bool // may scale by itself, when dedicated
	savedown  bool // may have savedown storage
	logs      bool // may have tickerplant logs
}

var clusterKinds = map[finspace.KxClusterType]clusterKind{
	finspace.KxClusterTypeHdb:         {databases: true, cache: true, scales: true},
	finspace.KxClusterTypeRdb:         {databases: true, target: true, savedown: true, logs: true},
	finspace.KxClusterTypeGateway:     {},
	finspace.KxClusterTypeGp:          {one: true, databases: true, cache: true, savedown: true, logs: true},
	finspace.KxClusterTypeTickerplant: {one: true, logs: true},
}

// DefaultRelease is the label of the one release that the service had, kdb
// Insights core 4.0.3, and that every server has an engine for. Source: user
// guide, kdb-software-bundles.
const DefaultRelease = "1.0"

// invalid is a ValidationException that names the member and the rule.
func invalid(member, format string, args ...any) error {
	return finspace.NewValidationException(member + ": " + fmt.Sprintf(format, args...))
}

// checkCluster checks the rules among the members of a new cluster, and fills
// in what was left to the service.
func (s *Service) checkCluster(tx store.Tx, c *cluster) error {
	in := &c.Config
	for _, check := range []func(*Service, store.Tx, *cluster, clusterKind) error{
		(*Service).checkPlace, (*Service).checkCapacity, (*Service).checkScaling, (*Service).checkCache,
		(*Service).checkSavedown, (*Service).checkLogs, (*Service).checkClusterCode, (*Service).checkClusterDatabases,
	} {
		if err := check(s, tx, c, clusterKinds[in.ClusterType]); err != nil {
			return err
		}
	}
	if label := finspace.Value(in.ReleaseLabel); label != DefaultRelease && !slices.Contains(s.Releases, label) {
		return invalid("releaseLabel", "this server has no q binary for the release %s; it has %s.", label, strings.Join(append([]string{DefaultRelease}, s.Releases...), ", "))
	}
	if in.ExecutionRole != nil {
		ok, err := s.RoleExists(tx, *in.ExecutionRole)
		if err != nil {
			return err
		}
		if !ok {
			return invalid("executionRole", "the role %s does not exist in this account.", *in.ExecutionRole)
		}
	}
	return nil
}

// checkPlace checks availability zones and subnets.
func (s *Service) checkPlace(_ store.Tx, c *cluster, k clusterKind) error {
	in := &c.Config
	var subnets []string
	if in.VpcConfiguration != nil {
		subnets = in.VpcConfiguration.SubnetIds
	}
	if in.AzMode == finspace.KxAzModeMulti {
		switch {
		case k.one:
			return invalid("azMode", "a cluster of type %s lies in one availability zone.", in.ClusterType)
		case in.ScalingGroupConfiguration != nil:
			return invalid("azMode", "a cluster on a scaling group lies in the one availability zone of its host.")
		case in.AvailabilityZoneId != nil:
			return invalid("availabilityZoneId", "a cluster with azMode MULTI takes none.")
		case len(subnets) != 3 || subnets[0] == subnets[1] || subnets[1] == subnets[2] || subnets[0] == subnets[2]:
			return invalid("vpcConfiguration.subnetIds", "azMode MULTI needs three subnets, one in each availability zone.")
		}
		return nil
	}
	if in.AvailabilityZoneId == nil {
		return invalid("availabilityZoneId", "a cluster with azMode SINGLE needs one.")
	}
	if len(subnets) != 1 {
		return invalid("vpcConfiguration.subnetIds", "azMode SINGLE needs exactly one subnet.")
	}
	return s.zoneOf("availabilityZoneId", *in.AvailabilityZoneId)
}

// checkCapacity checks that there is one kind of capacity, and that it is there.
func (s *Service) checkCapacity(tx store.Tx, c *cluster, k clusterKind) error {
	in := &c.Config
	d, g := in.CapacityConfiguration, in.ScalingGroupConfiguration
	if (d == nil) == (g == nil) {
		return finspace.NewValidationException("Exactly one of capacityConfiguration and scalingGroupConfiguration must be given.")
	}
	nodes, member := int32(0), "scalingGroupConfiguration.nodeCount"
	if d != nil {
		if d.NodeType == nil || d.NodeCount == nil {
			return invalid("capacityConfiguration", "nodeType and nodeCount must both be given.")
		}
		if strings.HasPrefix(*d.NodeType, "kx.sg") {
			return invalid("capacityConfiguration.nodeType", "%s is a host type of scaling groups.", *d.NodeType)
		}
		if _, err := s.Data.Hosts.find("capacityConfiguration.nodeType", *d.NodeType); err != nil {
			return err
		}
		nodes, member = *d.NodeCount, "capacityConfiguration.nodeCount"
	} else {
		nodes = finspace.Value(g.NodeCount)
		if err := s.checkReservation(tx, c); err != nil {
			return err
		}
	}
	if k.one && nodes != 1 {
		return invalid(member, "a cluster of type %s has one node.", in.ClusterType)
	}
	return nil
}

// checkReservation checks that the cluster fits its scaling group.
func (s *Service) checkReservation(tx store.Tx, c *cluster) error {
	g := c.Config.ScalingGroupConfiguration
	name := finspace.Value(g.ScalingGroupName)
	sg, err := find(tx, scalingGroups, "scaling group", c.Environment, name)
	if err != nil {
		return err
	}
	if sg.Status != finspace.KxScalingGroupStatusActive {
		return finspace.NewConflictException(fmt.Sprintf("The scaling group %s is in status %s.", name, sg.Status), "SCALING_GROUP_"+string(sg.Status))
	}
	if sg.Zone != finspace.Value(c.Config.AvailabilityZoneId) {
		return invalid("availabilityZoneId", "the scaling group %s lies in %s.", name, sg.Zone)
	}
	reserve := finspace.Value(g.MemoryReservation)
	if g.MemoryLimit != nil && *g.MemoryLimit < reserve {
		return invalid("scalingGroupConfiguration.memoryLimit", "the limit of %d MiB is below the reservation of %d MiB.", *g.MemoryLimit, reserve)
	}
	left, err := s.capacityLeft(tx, sg, c.Name)
	if err != nil {
		return err
	}
	need := c.reservation()
	switch {
	case need.Memory > left.Memory:
		return finspace.NewLimitExceededException(fmt.Sprintf("The scaling group %s has %d MiB of memory left; the cluster needs %d MiB.", name, left.Memory, need.Memory))
	case need.CPU > left.CPU:
		return finspace.NewLimitExceededException(fmt.Sprintf("The scaling group %s has %g cores left; the cluster needs %g.", name, left.CPU, need.CPU))
	}
	return nil
}

func (s *Service) checkScaling(_ store.Tx, c *cluster, k clusterKind) error {
	in := &c.Config
	a := in.AutoScalingConfiguration
	if a == nil {
		return nil
	}
	if !k.scales || in.CapacityConfiguration == nil {
		return invalid("autoScalingConfiguration", "only dedicated clusters of type HDB scale by themselves.")
	}
	lo, hi, n := finspace.Value(a.MinNodeCount), finspace.Value(a.MaxNodeCount), finspace.Value(in.CapacityConfiguration.NodeCount)
	switch {
	case lo >= hi:
		return invalid("autoScalingConfiguration", "minNodeCount must be below maxNodeCount.")
	case in.AzMode == finspace.KxAzModeMulti && lo < 3:
		return invalid("autoScalingConfiguration.minNodeCount", "a cluster in three availability zones has at least three nodes.")
	case n < lo || n > hi:
		return invalid("capacityConfiguration.nodeCount", "%d nodes are not between minNodeCount and maxNodeCount.", n)
	}
	return nil
}

func (s *Service) checkCache(_ store.Tx, c *cluster, k clusterKind) error {
	in := &c.Config
	if len(in.CacheStorageConfigurations) == 0 {
		return nil
	}
	if !k.cache || in.CapacityConfiguration == nil {
		return invalid("cacheStorageConfigurations", "only dedicated clusters of type HDB and GP have cache storage.")
	}
	for i, x := range in.CacheStorageConfigurations {
		if err := checkStorageSize(fmt.Sprintf("cacheStorageConfigurations.%d", i+1), finspace.Value(x.Type), finspace.Value(x.Size)); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) checkSavedown(tx store.Tx, c *cluster, k clusterKind) error {
	in := &c.Config
	sd := in.SavedownStorageConfiguration
	if sd == nil {
		return nil
	}
	const member = "savedownStorageConfiguration"
	switch {
	case !k.savedown:
		return invalid(member, "only clusters of type RDB and GP save data down.")
	case in.ScalingGroupConfiguration != nil && (sd.VolumeName == nil || sd.Type != "" || sd.Size != nil):
		return invalid(member, "a cluster on a scaling group saves down to a volume: volumeName alone must be given.")
	case in.ScalingGroupConfiguration == nil && (sd.VolumeName != nil || sd.Type == "" || sd.Size == nil):
		return invalid(member, "a dedicated cluster saves down to storage of its own: type and size must be given, and no volumeName.")
	case sd.VolumeName != nil:
		return s.checkMount(tx, c, member+".volumeName", *sd.VolumeName)
	}
	return nil
}

func (s *Service) checkLogs(tx store.Tx, c *cluster, k clusterKind) error {
	t := c.Config.TickerplantLogConfiguration
	if t == nil {
		return nil
	}
	if !k.logs {
		return invalid("tickerplantLogConfiguration", "only clusters of type TICKERPLANT, RDB and GP use tickerplant logs.")
	}
	for i, name := range t.TickerplantLogVolumes {
		if err := s.checkMount(tx, c, fmt.Sprintf("tickerplantLogConfiguration.tickerplantLogVolumes.%d", i+1), name); err != nil {
			return err
		}
	}
	return nil
}

// checkMount checks that a cluster can mount a volume.
func (s *Service) checkMount(tx store.Tx, c *cluster, member, name string) error {
	v, err := find(tx, volumes, "volume", c.Environment, name)
	if err != nil {
		return err
	}
	if v.Status != finspace.KxVolumeStatusActive {
		return v.busy()
	}
	if zone := finspace.Value(c.Config.AvailabilityZoneId); v.Zones[0] != zone {
		return invalid(member, "the volume %s lies in availability zone %s, the cluster in %s.", name, v.Zones[0], zone)
	}
	return nil
}

func (s *Service) checkClusterCode(_ store.Tx, c *cluster, _ clusterKind) error {
	return checkCode(c.Config.Code, c.Config.InitializationScript, c.Config.CommandLineArguments)
}

// checkCode checks a cluster's code, script and arguments together.
func checkCode(code *finspace.CodeConfiguration, script *string, args []finspace.KxCommandLineArgument) error {
	if script != nil && code == nil {
		return invalid("initializationScript", "a script is a path inside the code; code must be given.")
	}
	if script != nil && (strings.HasPrefix(*script, "/") || strings.Contains("/"+*script+"/", "/../")) {
		return invalid("initializationScript", "the path must stay inside the code.")
	}
	if code != nil && (finspace.Value(code.S3Bucket) == "" || finspace.Value(code.S3Key) == "") {
		return invalid("code", "s3Bucket and s3Key must both be given.")
	}
	if code != nil && !strings.HasSuffix(*code.S3Key, ".zip") {
		return invalid("code.s3Key", "the code must be a .zip file.")
	}
	seen := map[string]bool{}
	for i, a := range args {
		k := finspace.Value(a.Key)
		if strings.HasPrefix(strings.ToUpper(k), "AWS") && k != "AWS_ZIP_DEFAULT" {
			return invalid(fmt.Sprintf("commandLineArguments.%d.key", i+1), "keys that begin with AWS are reserved.")
		}
		if seen[k] {
			return invalid(fmt.Sprintf("commandLineArguments.%d.key", i+1), "%s is given twice.", k)
		}
		seen[k] = true
	}
	return nil
}

// checkClusterDatabases checks what the cluster mounts, and fills in the
// changeset or the version of the dataview that it begins with.
func (s *Service) checkClusterDatabases(tx store.Tx, c *cluster, k clusterKind) error {
	in := &c.Config
	if len(in.Databases) > 0 && !k.databases {
		return invalid("databases", "a cluster of type %s mounts none.", in.ClusterType)
	}
	var names []string
	for i := range in.Databases {
		d := &in.Databases[i]
		member := fmt.Sprintf("databases.%d", i+1)
		name := finspace.Value(d.DatabaseName)
		if slices.Contains(names, name) {
			return invalid(member+".databaseName", "%s is given twice.", name)
		}
		names = append(names, name)
		if k.target && (d.DataviewName != nil || d.DataviewConfiguration != nil || d.ChangesetId != nil || len(d.CacheConfigurations) > 0) {
			return invalid(member, "a cluster of type %s names only the database it saves data down to.", in.ClusterType)
		}
		if err := s.resolveDatabase(tx, c, member, d); err != nil {
			return err
		}
	}
	return nil
}

// resolveDatabase checks one database of a cluster and fills in the rest.
func (s *Service) resolveDatabase(tx store.Tx, c *cluster, member string, d *finspace.KxDatabaseConfiguration) error {
	in := &c.Config
	base, err := find(tx, databases, "database", c.Environment, finspace.Value(d.DatabaseName))
	if err != nil {
		return err
	}
	grouped := in.ScalingGroupConfiguration != nil
	if v := d.DataviewConfiguration; v != nil && d.DataviewName == nil { // what Get returns is taken back
		d.DataviewName = v.DataviewName
	}
	switch {
	case d.DataviewName != nil && !grouped:
		return invalid(member+".dataviewName", "only clusters on a scaling group mount dataviews.")
	case grouped && len(d.CacheConfigurations) > 0:
		return invalid(member+".cacheConfigurations", "only dedicated clusters have a cache.")
	case grouped && d.ChangesetId != nil:
		return invalid(member+".changesetId", "a cluster on a scaling group mounts a dataview, not a changeset.")
	case d.DataviewName != nil:
		return s.resolveDataview(tx, c, member, d)
	}
	for i, x := range d.CacheConfigurations {
		if !slices.ContainsFunc(in.CacheStorageConfigurations, func(k finspace.KxCacheStorageConfiguration) bool {
			return finspace.Value(k.Type) == finspace.Value(x.CacheType)
		}) {
			return invalid(fmt.Sprintf("%s.cacheConfigurations.%d.cacheType", member, i+1), "the cluster has no cache storage of type %s.", finspace.Value(x.CacheType))
		}
	}
	if d.ChangesetId != nil {
		return completed(tx, c.Environment, base.Name, *d.ChangesetId)
	}
	if !grouped && !clusterKinds[in.ClusterType].target {
		d.ChangesetId = orNil(base.HeadID)
	}
	return nil
}

func (s *Service) resolveDataview(tx store.Tx, c *cluster, member string, d *finspace.KxDatabaseConfiguration) error {
	v, err := findDataview(tx, c.Environment, *d.DatabaseName, *d.DataviewName)
	if err != nil {
		return err
	}
	if v.Zone != finspace.Value(c.Config.AvailabilityZoneId) {
		return invalid(member+".dataviewName", "the dataview %s lies in availability zone %s.", v.Name, v.Zone)
	}
	if len(v.Versions) == 0 || v.Status == finspace.KxDataviewStatusDeleting {
		return v.busy()
	}
	if v.ReadWrite && c.Config.ClusterType != finspace.KxClusterTypeGp {
		return invalid(member+".dataviewName", "a dataview with readWrite is mounted by clusters of type GP only.")
	}
	now := v.Versions[0]
	d.DataviewName, d.ChangesetId = nil, nil
	d.DataviewConfiguration = &finspace.KxDataviewConfiguration{
		DataviewName: &v.Name, DataviewVersionId: &now.ID, ChangesetId: orNil(now.Changeset), SegmentConfigurations: now.Segments,
	}
	return nil
}

// mayMount makes sure that the caller may use what the cluster is made of.
// Source: service authorization reference, dependent actions of
// CreateKxCluster; user guide, permissions-managed-kdb.
func (s *Service) mayMount(ctx context.Context, env string, dbs []finspace.KxDatabaseConfiguration, code *finspace.CodeConfiguration) error {
	for _, d := range dbs {
		if err := s.Data.Authorize(ctx, "finspace:MountKxDatabase", s.ARNs.Database(env, finspace.Value(d.DatabaseName))); err != nil {
			return err
		}
	}
	if code == nil {
		return nil
	}
	action := "s3:GetObject"
	if code.S3ObjectVersion != nil {
		action = "s3:GetObjectVersion"
	}
	return s.Data.Authorize(ctx, action, "arn:aws:s3:::"+finspace.Value(code.S3Bucket)+"/"+finspace.Value(code.S3Key))
}
