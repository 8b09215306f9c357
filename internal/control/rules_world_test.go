package control_test

import (
	"fmt"
	"testing"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/control"
)

type (
	viewInput     = finspace.CreateKxDataviewInput
	viewUpdate    = finspace.UpdateKxDataviewInput
	volumeInput   = finspace.CreateKxVolumeInput
	nasInput      = finspace.KxNAS1Configuration
	codeInput     = finspace.CodeConfiguration
	codeUpdate    = finspace.UpdateKxClusterCodeConfigurationInput
	argumentInput = finspace.KxCommandLineArgument
	gatewayInput  = finspace.TransitGatewayConfiguration
)

// rulesWorld has something of everything that the rules are about: the
// clusters hdb (on the dataview dv), gp, rdb (saving down to vol) and hosts
// (dedicated, of database db); the dataviews dv (which follows), segmented (on
// vol2), writable (on vol3) and only (of database shown); the scaling group far
// in another zone; the database failed, whose only changeset did; an environment raw that is not made yet, and
// one that is connected to the transit gateway tgw-1.
type rulesWorld struct {
	*clusterWorld
	one            string // the first changeset of db, which has two
	raw, connected string
	made           int // names given to what rows make
}

func newRulesWorld(t *testing.T) *rulesWorld {
	w := &rulesWorld{clusterWorld: newClusterWorld(t)}
	w.quotas[control.QuotaAll] = control.Unlimited
	w.volume(w.env, "vol2")
	w.volume(w.env, "vol3")
	w.database(w.env, "empty")
	w.database(w.env, "shown")
	w.database(w.env, "failed")
	w.changeset(w.env, "failed", putRequest("s3://b/none/", "/"))
	out := must(w.ListKxChangesets(t.Context(), &finspace.ListKxChangesetsInput{EnvironmentId: &w.env, DatabaseName: ptr("db")}))
	w.one = *out.KxChangesets[0].ChangesetId
	w.changeset(w.env, "db", putRequest("s3://b/more/", "/d/"))

	w.running(w.grouped(same))
	w.running(w.grouped(func(in *clusterInput) { gpOf(in); in.ClusterName = ptr("gp") }))
	w.running(w.grouped(func(in *clusterInput) {
		in.ClusterName, in.ClusterType, in.Databases = ptr("rdb"), "RDB", nil
		in.SavedownStorageConfiguration = &finspace.KxSavedownStorageConfiguration{VolumeName: ptr("vol")}
	}))
	w.running(w.dedicated(func(in *clusterInput) {
		in.ClusterName, in.CapacityConfiguration.NodeCount = ptr("hosts"), ptr(int32(1))
	}))

	must(w.dataview(w.env, func(in *viewInput) {
		in.DataviewName, in.SegmentConfigurations = ptr("segmented"), segments(segment("vol2", false, "/d/*"))
	}))
	must(w.dataview(w.env, func(in *viewInput) { in.DataviewName = ptr("writable"); w.writable(in) }))
	must(w.dataview(w.env, func(in *viewInput) { in.DatabaseName, in.DataviewName = ptr("shown"), ptr("only") }))
	must(w.CreateKxScalingGroup(t.Context(), &finspace.CreateKxScalingGroupInput{EnvironmentId: &w.env, ScalingGroupName: ptr("far"), HostType: ptr("tiny"), AvailabilityZoneId: ptr("use1-az2")}))
	w.restAll()

	w.raw = *must(w.CreateKxEnvironment(t.Context(), &finspace.CreateKxEnvironmentInput{Name: ptr("raw"), KmsKeyId: ptr(kmsKey)})).EnvironmentId
	w.connected = w.environment("connected")
	must(w.UpdateKxEnvironmentNetwork(t.Context(), &finspace.UpdateKxEnvironmentNetworkInput{
		EnvironmentId: &w.connected, TransitGatewayConfiguration: &gatewayInput{TransitGatewayID: ptr("tgw-1"), RoutableCIDRSpace: ptr("100.64.0.0/26")},
	}))
	w.settle(w.connected)
	return w
}

func segments(s ...finspace.KxDataviewSegmentConfiguration) []finspace.KxDataviewSegmentConfiguration {
	return s
}

// next names what a row makes.
func (w *rulesWorld) next() *string {
	w.made++
	return ptr(fmt.Sprintf("new%d", w.made))
}

// gpOf makes a cluster one of type GP, which has one node.
func gpOf(in *clusterInput) {
	in.ClusterType, in.Databases = "GP", nil
	if in.ScalingGroupConfiguration != nil {
		in.ScalingGroupConfiguration.NodeCount = ptr(int32(1))
	} else {
		in.CapacityConfiguration.NodeCount = ptr(int32(1))
	}
}

// multi puts a cluster into three availability zones.
func multi(in *clusterInput) {
	in.AzMode, in.AvailabilityZoneId = "MULTI", nil
	in.VpcConfiguration.SubnetIds = []string{"subnet-1", "subnet-2", "subnet-3"}
}

func savedown(volume, kind string, size int32) *finspace.KxSavedownStorageConfiguration {
	c := &finspace.KxSavedownStorageConfiguration{Type: finspace.KxSavedownStorageType(kind)}
	if volume != "" {
		c.VolumeName = &volume
	}
	if size != 0 {
		c.Size = &size
	}
	return c
}

func scaling(lo, hi int32) *finspace.AutoScalingConfiguration {
	return &finspace.AutoScalingConfiguration{MinNodeCount: &lo, MaxNodeCount: &hi}
}

func caches(kind string, size int32) []finspace.KxCacheStorageConfiguration {
	return []finspace.KxCacheStorageConfiguration{{Type: &kind, Size: &size}}
}

func cachedPaths(kind string) []finspace.KxDatabaseCacheConfiguration {
	return []finspace.KxDatabaseCacheConfiguration{{CacheType: &kind, DbPaths: []string{"/"}}}
}

// writable makes a dataview one that may be written to, on vol3.
func (w *rulesWorld) writable(in *viewInput) {
	in.ReadWrite, in.ChangesetId = ptr(true), &w.one
	in.SegmentConfigurations = segments(segment("vol3", false, "/*"))
}

// on makes a cluster on the scaling group: an HDB with dataview dv, changed.
func (w *rulesWorld) on(change func(*clusterInput)) func() error {
	return w.cluster(w.grouped(change))
}

// alone makes a dedicated cluster: an HDB of three nodes with database db, changed.
func (w *rulesWorld) alone(change func(*clusterInput)) func() error {
	return w.cluster(w.dedicated(change))
}

func (w *rulesWorld) cluster(in *clusterInput) func() error {
	in.ClusterName = w.next()
	return func() error { return errOf(w.CreateKxCluster(w.t.Context(), in)) }
}

// code updates a cluster's code with NO_RESTART, changed.
func (w *rulesWorld) code(cluster string, change func(*codeUpdate)) func() error {
	in := &codeUpdate{
		EnvironmentId: &w.env, ClusterName: &cluster, Code: &codeInput{S3Bucket: ptr("b"), S3Key: ptr("c.zip")},
		DeploymentConfiguration: &finspace.KxClusterCodeDeploymentConfiguration{DeploymentStrategy: "NO_RESTART"},
	}
	change(in)
	return func() error { return errOf(w.UpdateKxClusterCodeConfiguration(w.t.Context(), in)) }
}

// databases gives a cluster others.
func (w *rulesWorld) databases(cluster string, dbs ...finspace.KxDatabaseConfiguration) func() error {
	return func() error {
		return errOf(w.UpdateKxClusterDatabases(w.t.Context(), &finspace.UpdateKxClusterDatabasesInput{EnvironmentId: &w.env, ClusterName: &cluster, Databases: dbs}))
	}
}

func (w *rulesWorld) view(change func(*viewInput)) func() error {
	return func() error {
		return errOf(w.dataview(w.env, func(in *viewInput) {
			in.DataviewName = w.next()
			change(in)
		}))
	}
}

func (w *rulesWorld) updateView(view string, change func(*viewUpdate)) func() error {
	in := &viewUpdate{EnvironmentId: &w.env, DatabaseName: ptr("db"), DataviewName: &view}
	change(in)
	return func() error { return errOf(w.UpdateKxDataview(w.t.Context(), in)) }
}

func (w *rulesWorld) changes(env, db string, reqs ...finspace.ChangeRequest) func() error {
	return func() error {
		return errOf(w.CreateKxChangeset(w.t.Context(), &finspace.CreateKxChangesetInput{EnvironmentId: &env, DatabaseName: &db, ChangeRequests: reqs}))
	}
}

func (w *rulesWorld) newVolume(env string, change func(*volumeInput)) func() error {
	in := &volumeInput{
		EnvironmentId: &env, VolumeName: w.next(), VolumeType: "NAS_1", AzMode: "SINGLE", AvailabilityZoneIds: []string{zone},
		Nas1Configuration: &nasInput{Type: "SSD_1000", Size: ptr(int32(1200))},
	}
	change(in)
	return func() error { return errOf(w.CreateKxVolume(w.t.Context(), in)) }
}

func (w *rulesWorld) resize(size int32) func() error {
	return func() error {
		return errOf(w.UpdateKxVolume(w.t.Context(), &finspace.UpdateKxVolumeInput{EnvironmentId: &w.env, VolumeName: ptr("vol"), Nas1Configuration: &nasInput{Size: &size}}))
	}
}

func (w *rulesWorld) network(env string, gateway *gatewayInput, dns ...string) func() error {
	in := &finspace.UpdateKxEnvironmentNetworkInput{EnvironmentId: &env, TransitGatewayConfiguration: gateway}
	for _, ip := range dns {
		in.CustomDNSConfiguration = append(in.CustomDNSConfiguration, finspace.CustomDNSServer{CustomDNSServerName: ptr("dns"), CustomDNSServerIP: &ip})
	}
	return func() error { return errOf(w.UpdateKxEnvironmentNetwork(w.t.Context(), in)) }
}
