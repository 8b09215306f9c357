package control_test

import (
	"strings"
	"testing"

	"github.com/quoinhq/quoin/finspace"
)

// outcome is what a row of the rules comes to: an exception, "" for none, and
// what its text says: the member and what holds, or who is in the way.
type outcome struct {
	code string
	says []string
}

func refused(says ...string) outcome  { return outcome{"ValidationException", says} }
func conflict(says ...string) outcome { return outcome{"ConflictException", says} }
func beyond(says ...string) outcome   { return outcome{"LimitExceededException", says} }

// Each rule that the model does not carry, by its number in section 5 of the
// project's notes on how the service behaved; what stands next to a rule and
// is allowed has a row too.
func TestRules(t *testing.T) {
	w := newRulesWorld(t)
	for _, r := range []struct {
		rule string
		do   func() error
		want outcome
	}{
		{"1 both capacities", w.on(func(in *clusterInput) {
			in.CapacityConfiguration = &finspace.CapacityConfiguration{NodeType: ptr("kx.s.large"), NodeCount: ptr(int32(1))}
		}), refused("Exactly one", "capacityConfiguration", "scalingGroupConfiguration")},
		{"1 no capacity", w.on(func(in *clusterInput) { in.ScalingGroupConfiguration = nil }), refused("Exactly one", "capacityConfiguration", "scalingGroupConfiguration")},
		{"1 a host of groups as node type", w.alone(func(in *clusterInput) { in.CapacityConfiguration.NodeType = ptr("kx.sg.large") }), refused("capacityConfiguration.nodeType", "scaling groups")},

		{"2 SINGLE without a zone", w.on(func(in *clusterInput) { in.AvailabilityZoneId = nil }), refused("availabilityZoneId", "SINGLE")},
		{"2 SINGLE in none of the three zones", w.alone(func(in *clusterInput) { in.AvailabilityZoneId = ptr("use1-az9") }), refused("availabilityZoneId", "use1-az1, use1-az2, use1-az3")},
		{"2 SINGLE with two subnets", w.on(func(in *clusterInput) { in.VpcConfiguration.SubnetIds = []string{"a", "b"} }), refused("vpcConfiguration.subnetIds", "one subnet")},
		{"2 SINGLE without a VPC", w.on(func(in *clusterInput) { in.VpcConfiguration = nil }), refused("vpcConfiguration.subnetIds", "one subnet")},
		{"2 MULTI with a zone", w.alone(func(in *clusterInput) { multi(in); in.AvailabilityZoneId = ptr(zone) }), refused("availabilityZoneId", "MULTI")},
		{"2 MULTI with two subnets", w.alone(func(in *clusterInput) { multi(in); in.VpcConfiguration.SubnetIds = []string{"a", "b"} }), refused("vpcConfiguration.subnetIds", "three subnets")},
		{"2 MULTI with one subnet thrice", w.alone(func(in *clusterInput) { multi(in); in.VpcConfiguration.SubnetIds = []string{"a", "b", "a"} }), refused("vpcConfiguration.subnetIds", "three subnets")},
		{"2 MULTI on a group", w.on(multi), refused("azMode", "scaling group")},
		{"2 MULTI for a GP", w.alone(func(in *clusterInput) { gpOf(in); multi(in) }), refused("azMode", "GP")},
		{"2 MULTI for a TICKERPLANT", w.alone(func(in *clusterInput) { gpOf(in); multi(in); in.ClusterType = "TICKERPLANT" }), refused("azMode", "TICKERPLANT")},
		{"2 MULTI for a dedicated HDB", w.alone(multi), outcome{}},
		{"2 MULTI for a dedicated RDB", w.alone(func(in *clusterInput) { multi(in); in.ClusterType, in.Databases = "RDB", nil }), outcome{}},
		{"2 MULTI for a dedicated GATEWAY", w.alone(func(in *clusterInput) { multi(in); in.ClusterType, in.Databases = "GATEWAY", nil }), outcome{}},

		{"3 two nodes of a GP", w.on(func(in *clusterInput) { gpOf(in); in.ScalingGroupConfiguration.NodeCount = ptr(int32(2)) }), refused("scalingGroupConfiguration.nodeCount", "GP")},
		{"3 two nodes of a TICKERPLANT", w.alone(func(in *clusterInput) {
			in.ClusterType, in.Databases, in.CapacityConfiguration.NodeCount = "TICKERPLANT", nil, ptr(int32(2))
		}), refused("capacityConfiguration.nodeCount", "TICKERPLANT")},
		{"3 a GP that scales", w.alone(func(in *clusterInput) { gpOf(in); in.AutoScalingConfiguration = scaling(1, 2) }), refused("autoScalingConfiguration", "HDB")},

		{"4 a dataview, dedicated", w.alone(func(in *clusterInput) { in.Databases[0].DataviewName = ptr("dv") }), refused("databases.1.dataviewName", "scaling group")},
		{"4 a dataview, dedicated, by an update", w.databases("hosts", finspace.KxDatabaseConfiguration{DatabaseName: ptr("db"), DataviewName: ptr("dv")}), refused("databases.1.dataviewName", "scaling group")},
		{"4 cache storage on a group", w.on(func(in *clusterInput) { in.CacheStorageConfigurations = caches("CACHE_12", 6000) }), refused("cacheStorageConfigurations", "dedicated")},
		{"4 cache of a database, on a group", w.on(func(in *clusterInput) { in.Databases[0].CacheConfigurations = cachedPaths("CACHE_12") }), refused("databases.1.cacheConfigurations", "dedicated")},
		{"4 scaling on a group", w.on(func(in *clusterInput) { in.AutoScalingConfiguration = scaling(1, 3) }), refused("autoScalingConfiguration", "dedicated")},
		{"4 savedown on a group, of its own", w.on(func(in *clusterInput) {
			gpOf(in)
			in.SavedownStorageConfiguration = savedown("", "SDS01", 10)
		}), refused("savedownStorageConfiguration", "volumeName alone")},
		{"4 savedown on a group, both", w.on(func(in *clusterInput) {
			gpOf(in)
			in.SavedownStorageConfiguration = savedown("vol", "SDS01", 10)
		}), refused("savedownStorageConfiguration", "volumeName alone")},
		{"4 savedown dedicated, on a volume", w.alone(func(in *clusterInput) {
			gpOf(in)
			in.SavedownStorageConfiguration = savedown("vol", "", 0)
		}), refused("savedownStorageConfiguration", "type and size", "no volumeName")},
		{"4 savedown dedicated, without its size", w.alone(func(in *clusterInput) {
			gpOf(in)
			in.SavedownStorageConfiguration = savedown("", "SDS01", 0)
		}), refused("savedownStorageConfiguration", "type and size")},
		{"4 savedown of an HDB", w.on(func(in *clusterInput) { in.SavedownStorageConfiguration = savedown("vol", "", 0) }), refused("savedownStorageConfiguration", "RDB and GP")},
		{"4 savedown on a group", w.on(func(in *clusterInput) { gpOf(in); in.SavedownStorageConfiguration = savedown("vol", "", 0) }), outcome{}},
		{"4 savedown dedicated", w.alone(func(in *clusterInput) { gpOf(in); in.SavedownStorageConfiguration = savedown("", "SDS01", 10) }), outcome{}},

		{"5 a GATEWAY with a database", w.on(func(in *clusterInput) { in.ClusterType = "GATEWAY" }), refused("databases", "GATEWAY")},
		{"5 a TICKERPLANT with a database", w.alone(func(in *clusterInput) {
			in.ClusterType, in.CapacityConfiguration.NodeCount = "TICKERPLANT", ptr(int32(1))
		}), refused("databases", "TICKERPLANT")},
		{"5 an RDB with a dataview", w.on(func(in *clusterInput) { in.ClusterType = "RDB" }), refused("databases.1", "saves data down")},
		{"5 an RDB with a cache", w.alone(func(in *clusterInput) {
			in.ClusterType, in.Databases[0].CacheConfigurations = "RDB", cachedPaths("CACHE_12")
		}), refused("databases.1", "saves data down")},
		{"5 an RDB's database by name", w.alone(func(in *clusterInput) { in.ClusterType = "RDB" }), outcome{}},

		{"6 zones of cluster and dataview", w.on(func(in *clusterInput) {
			in.ScalingGroupConfiguration.ScalingGroupName, in.AvailabilityZoneId = ptr("far"), ptr("use1-az2")
		}), refused("databases.1.dataviewName", zone)},
		{"6 zones of cluster and savedown volume", w.on(func(in *clusterInput) {
			gpOf(in)
			in.ScalingGroupConfiguration.ScalingGroupName, in.AvailabilityZoneId = ptr("far"), ptr("use1-az2")
			in.SavedownStorageConfiguration = savedown("vol", "", 0)
		}), refused("savedownStorageConfiguration.volumeName", zone)},
		{"6 zones of cluster and log volume", w.on(func(in *clusterInput) {
			gpOf(in)
			in.ScalingGroupConfiguration.ScalingGroupName, in.AvailabilityZoneId = ptr("far"), ptr("use1-az2")
			in.TickerplantLogConfiguration = &finspace.TickerplantLogConfiguration{TickerplantLogVolumes: []string{"vol"}}
		}), refused("tickerplantLogConfiguration.tickerplantLogVolumes.1", zone)},
		{"6 zones of cluster and group", w.on(func(in *clusterInput) { in.AvailabilityZoneId = ptr("use1-az2") }), refused("availabilityZoneId", zone)},
		{"6 zones of dataview and volume", w.view(func(in *viewInput) {
			in.AvailabilityZoneId, in.SegmentConfigurations = ptr("use1-az2"), segments(segment("vol", false, "/*"))
		}), refused("segmentConfigurations.1.volumeName", zone)},

		{"7 a cache type that is not there", w.alone(func(in *clusterInput) {
			in.CacheStorageConfigurations = caches("CACHE_250", 1200)
			in.Databases[0].CacheConfigurations = cachedPaths("CACHE_12")
		}), refused("databases.1.cacheConfigurations.1.cacheType", "CACHE_12")},

		{"8 a script without code", w.on(func(in *clusterInput) { in.InitializationScript = ptr("init.q") }), refused("initializationScript", "code must be given")},
		{"8 a script out of the code", w.on(func(in *clusterInput) {
			in.Code, in.InitializationScript = &codeInput{S3Bucket: ptr("b"), S3Key: ptr("c.zip")}, ptr("a/../../init.q")
		}), refused("initializationScript", "inside the code")},
		{"8 code without a key", w.on(func(in *clusterInput) { in.Code = &codeInput{S3Bucket: ptr("b")} }), refused("code", "s3Key")},
		{"8 code without a bucket", w.on(func(in *clusterInput) { in.Code = &codeInput{S3Key: ptr("c.zip")} }), refused("code", "s3Bucket")},
		{"8 code without a key, by an update", w.code("gp", func(in *codeUpdate) { in.Code = &codeInput{S3Bucket: ptr("b")} }), refused("code", "s3Key")},
		{"8 code that is no zip", w.on(func(in *clusterInput) { in.Code = &codeInput{S3Bucket: ptr("b"), S3Key: ptr("c.tar")} }), refused("code.s3Key", ".zip")},

		{"9 a limit below the reservation", w.on(func(in *clusterInput) {
			in.ScalingGroupConfiguration.MemoryReservation, in.ScalingGroupConfiguration.MemoryLimit = ptr(int32(8)), ptr(int32(7))
		}), refused("scalingGroupConfiguration.memoryLimit", "below the reservation of 8 MiB")},
		{"9 a node fits, two do not", w.on(func(in *clusterInput) { in.ScalingGroupConfiguration.MemoryReservation = ptr(int32(50)) }), beyond("sg", "the cluster needs 100 MiB")},
		{"9 cores do not fit", w.on(func(in *clusterInput) { in.ScalingGroupConfiguration.Cpu = ptr(0.6) }), beyond("sg", "the cluster needs 1.2")},

		{"10 bounds that are one", w.alone(func(in *clusterInput) { in.AutoScalingConfiguration = scaling(3, 3) }), refused("autoScalingConfiguration", "minNodeCount must be below maxNodeCount")},
		{"10 two nodes in three zones", w.alone(func(in *clusterInput) { multi(in); in.AutoScalingConfiguration = scaling(2, 5) }), refused("autoScalingConfiguration.minNodeCount", "at least three")},
		{"10 fewer nodes than the bounds", w.alone(func(in *clusterInput) { in.AutoScalingConfiguration = scaling(4, 5) }), refused("capacityConfiguration.nodeCount", "between minNodeCount and maxNodeCount")},
		{"10 more nodes than the bounds", w.alone(func(in *clusterInput) { in.AutoScalingConfiguration = scaling(1, 2) }), refused("capacityConfiguration.nodeCount", "between minNodeCount and maxNodeCount")},
		{"10 nodes within the bounds", w.alone(func(in *clusterInput) { multi(in); in.AutoScalingConfiguration = scaling(3, 5) }), outcome{}},

		{"11 PUT without s3Path", w.changes(w.env, "db", finspace.ChangeRequest{ChangeType: "PUT", DbPath: ptr("/")}), refused("changeRequests.1.s3Path", "PUT")},
		{"11 DELETE with s3Path", w.changes(w.env, "db", putRequest("s3://bkt/x/", "/d/"), finspace.ChangeRequest{ChangeType: "DELETE", DbPath: ptr("/d/"), S3Path: ptr("s3://bkt/x/")}), refused("changeRequests.2.s3Path", "DELETE")},
		{"11 DELETE without s3Path", w.changes(w.env, "db", deleteRequest("/d/")), outcome{}},
		{"11 dbPath that does not end with a slash", w.changes(w.env, "db", putRequest("s3://bkt/x/", "/d")), refused("changeRequests.1.dbPath", "must end with '/'")},
		{"11 dbPath that does not begin with a slash", w.changes(w.env, "db", putRequest("s3://bkt/x/", "d/")), refused("changeRequests.1.dbPath", "must begin with '/'")},
		{"11 dbPath with an empty part", w.changes(w.env, "db", putRequest("s3://bkt/x/", "/d//e/")), refused("changeRequests.1.dbPath", "empty")},
		{"11 dbPath with a wildcard", w.changes(w.env, "db", putRequest("s3://bkt/x/", "/*/")), refused("changeRequests.1.dbPath", "wildcards")},
		{"11 DELETE in the first changeset", w.changes(w.env, "empty", putRequest("s3://bkt/x/", "/"), deleteRequest("/d/")), refused("changeRequests.2.changeType", "first changeset")},
		{"11 DELETE while none before has completed", w.changes(w.env, "failed", deleteRequest("/d/")), refused("changeRequests.1.changeType", "first changeset")},

		{"12 autoUpdate with changesetId", w.view(func(in *viewInput) { in.AutoUpdate, in.ChangesetId = ptr(true), &w.one }), refused("changesetId", "autoUpdate")},
		{"12 autoUpdate with changesetId, by an update", w.updateView("dv", func(in *viewUpdate) { in.ChangesetId = &w.one }), refused("changesetId", "autoUpdate")},
		{"12 readWrite with autoUpdate", w.view(func(in *viewInput) { w.writable(in); in.AutoUpdate, in.ChangesetId = ptr(true), nil }), refused("autoUpdate", "readWrite")},
		{"12 readWrite without changesetId", w.view(func(in *viewInput) { w.writable(in); in.ChangesetId = nil }), refused("changesetId", "readWrite")},
		{"12 readWrite with two segments", w.view(func(in *viewInput) {
			w.writable(in)
			in.SegmentConfigurations = segments(segment("vol", false, "/*"), segment("vol", false, "/d/*"))
		}), refused("segmentConfigurations", "exactly one segment")},
		{"12 readWrite with another path", w.view(func(in *viewInput) {
			w.writable(in)
			in.SegmentConfigurations = segments(segment("vol", false, "/d/*"))
		}), refused("segmentConfigurations", "'/*'")},
		{"12 readWrite on a volume of another", w.view(func(in *viewInput) { w.writable(in) }), refused("segmentConfigurations.1.volumeName", "writable")},
		{"12 a writable one updated", w.updateView("writable", func(*viewUpdate) {}), refused("writable", "never be updated")},
		{"12 onDemand beside another", w.view(func(in *viewInput) {
			in.SegmentConfigurations = segments(segment("vol", true, "/d1/*"), segment("vol2", false, "/d2/*"))
		}), refused("segmentConfigurations.1.onDemand", "only that segment")},
		{"12 overlap on two volumes", w.view(func(in *viewInput) {
			in.SegmentConfigurations = segments(segment("vol", false, "/d*"), segment("vol2", false, "/d2/*"))
		}), refused("segmentConfigurations.2.dbPaths", "overlaps")},
		{"12 overlap on two volumes, by an update", w.updateView("segmented", func(in *viewUpdate) {
			in.SegmentConfigurations = segments(segment("vol", false, "*"), segment("vol2", false, "/x"))
		}), refused("segmentConfigurations.2.dbPaths", "overlaps")},
		{"12 overlap on one volume", w.view(func(in *viewInput) {
			in.SegmentConfigurations = segments(segment("vol", false, "/d*"), segment("vol", false, "/d2/*"))
		}), outcome{}},
		{"12 azMode of a dataview", w.view(func(in *viewInput) { in.AzMode = "MULTI" }), refused("azMode", "SINGLE")},
		{"12 a dataview without a zone", w.view(func(in *viewInput) { in.AvailabilityZoneId = nil }), refused("availabilityZoneId", "SINGLE")},

		{"13 size of an SSD", w.newVolume(w.env, func(in *volumeInput) { in.Nas1Configuration.Size = ptr(int32(3600)) }), refused("nas1Configuration.size", "1200 GB or a multiple of 2400")},
		{"13 size of an SSD, by an update", w.resize(1300), refused("nas1Configuration.size", "1200 GB or a multiple of 2400")},
		{"13 size of an HDD", w.newVolume(w.env, func(in *volumeInput) { in.Nas1Configuration.Type = "HDD_12" }), refused("nas1Configuration.size", "multiple of 6000")},
		{"13 size of a cache", w.alone(func(in *clusterInput) { in.CacheStorageConfigurations = caches("CACHE_1000", 1300) }), refused("cacheStorageConfigurations.1", "1200 GB or a multiple of 2400")},
		{"13 size of a slow cache", w.alone(func(in *clusterInput) { in.CacheStorageConfigurations = caches("CACHE_12", 2400) }), refused("cacheStorageConfigurations.1", "multiple of 6000")},
		{"13 NAS_1 without its configuration", w.newVolume(w.env, func(in *volumeInput) { in.Nas1Configuration = nil }), refused("nas1Configuration", "NAS_1")},
		{"13 azMode of a volume", w.newVolume(w.env, func(in *volumeInput) { in.AzMode = "MULTI" }), refused("azMode", "SINGLE")},
		{"13 zones of a volume", w.newVolume(w.env, func(in *volumeInput) { in.AvailabilityZoneIds = []string{zone, "use1-az2"} }), refused("availabilityZoneIds", "exactly one")},
		{"13 sizes that there are", w.newVolume(w.env, func(in *volumeInput) { in.Nas1Configuration.Size = ptr(int32(4800)) }), outcome{}},

		{"14 NO_RESTART for an HDB", w.code("hdb", func(*codeUpdate) {}), refused("deploymentConfiguration.deploymentStrategy", "GP")},
		{"14 NO_RESTART with a script", w.code("gp", func(in *codeUpdate) { in.InitializationScript = ptr("init.q") }), refused("deploymentConfiguration.deploymentStrategy", "initializationScript")},
		{"14 NO_RESTART with arguments", w.code("gp", func(in *codeUpdate) { in.CommandLineArguments = []argumentInput{{Key: ptr("ab"), Value: ptr("1")}} }), refused("deploymentConfiguration.deploymentStrategy", "commandLineArguments")},
		{"14 NO_RESTART for a GP", w.code("gp", func(*codeUpdate) {}), outcome{}},

		{"15 a volume that a cluster mounts", func() error {
			return errOf(w.DeleteKxVolume(t.Context(), &finspace.DeleteKxVolumeInput{EnvironmentId: &w.env, VolumeName: ptr("vol")}))
		}, conflict("volume vol", "rdb")},
		{"15 a volume that a dataview lies on", func() error {
			return errOf(w.DeleteKxVolume(t.Context(), &finspace.DeleteKxVolumeInput{EnvironmentId: &w.env, VolumeName: ptr("vol2")}))
		}, conflict("volume vol2", "dataview segmented")},
		{"15 a dataview that a cluster mounts", func() error {
			return errOf(w.DeleteKxDataview(t.Context(), &finspace.DeleteKxDataviewInput{EnvironmentId: &w.env, DatabaseName: ptr("db"), DataviewName: ptr("dv")}))
		}, conflict("dataview dv", "cluster hdb")},
		{"15 a scaling group that clusters run on", func() error {
			return errOf(w.DeleteKxScalingGroup(t.Context(), &finspace.DeleteKxScalingGroupInput{EnvironmentId: &w.env, ScalingGroupName: ptr("sg")}))
		}, conflict("scaling group sg", "gp", "hdb", "rdb")},
		{"15 a database that clusters mount", func() error {
			return errOf(w.DeleteKxDatabase(t.Context(), &finspace.DeleteKxDatabaseInput{EnvironmentId: &w.env, DatabaseName: ptr("db")}))
		}, conflict("database db", "hdb", "hosts")},
		{"15 a database that a dataview shows", func() error {
			return errOf(w.DeleteKxDatabase(t.Context(), &finspace.DeleteKxDatabaseInput{EnvironmentId: &w.env, DatabaseName: ptr("shown")}))
		}, conflict("database shown", "dataview only")},

		{"16 another gateway", w.network(w.connected, &gatewayInput{TransitGatewayID: ptr("tgw-2"), RoutableCIDRSpace: ptr("100.64.0.0/26")}), refused("transitGatewayConfiguration", "cannot be changed")},
		{"16 another CIDR space", w.network(w.connected, &gatewayInput{TransitGatewayID: ptr("tgw-1"), RoutableCIDRSpace: ptr("100.64.0.64/26")}), refused("transitGatewayConfiguration", "cannot be changed")},
		{"16 two DNS servers", w.network(w.connected, nil, "10.0.0.1", "10.0.0.2"), refused("customDNSConfiguration", "one DNS server")},
		{"16 gateway and DNS in one request", w.network(w.env, &gatewayInput{TransitGatewayID: ptr("tgw-1"), RoutableCIDRSpace: ptr("100.64.0.0/26")}, "10.0.0.1"), refused("transitGatewayConfiguration", "customDNSConfiguration", "two requests")},
		{"16 a gateway's CIDR space that is no /26", w.network(w.env, &gatewayInput{TransitGatewayID: ptr("tgw-1"), RoutableCIDRSpace: ptr("100.64.0.0/24")}), refused("transitGatewayConfiguration.routableCIDRSpace", "/26")},
		{"16 DNS after the gateway", w.network(w.connected, nil, "10.0.0.1"), outcome{}},

		{"17 a user", func() error {
			return errOf(w.CreateKxUser(t.Context(), &finspace.CreateKxUserInput{EnvironmentId: &w.raw, UserName: ptr("bob"), IamRole: ptr(roleA)}))
		}, conflict(w.raw, "CREATE_REQUESTED")},
		{"17 a database", func() error {
			return errOf(w.CreateKxDatabase(t.Context(), &finspace.CreateKxDatabaseInput{EnvironmentId: &w.raw, DatabaseName: ptr("db")}))
		}, conflict(w.raw, "CREATE_REQUESTED")},
		{"17 a changeset", w.changes(w.raw, "db", putRequest("s3://bkt/x/", "/")), conflict(w.raw, "CREATE_REQUESTED")},
		{"17 a dataview", w.view(func(in *viewInput) { in.EnvironmentId = &w.raw }), conflict(w.raw, "CREATE_REQUESTED")},
		{"17 a volume", w.newVolume(w.raw, func(*volumeInput) {}), conflict(w.raw, "CREATE_REQUESTED")},
		{"17 a scaling group", func() error {
			return errOf(w.CreateKxScalingGroup(t.Context(), &finspace.CreateKxScalingGroupInput{EnvironmentId: &w.raw, ScalingGroupName: ptr("sg"), HostType: ptr("tiny"), AvailabilityZoneId: ptr(zone)}))
		}, conflict(w.raw, "CREATE_REQUESTED")},
		{"17 a cluster", w.alone(func(in *clusterInput) { in.EnvironmentId, in.Databases = &w.raw, nil }), conflict(w.raw, "CREATE_REQUESTED")},
	} {
		t.Run(r.rule, func(t *testing.T) {
			err := r.do()
			wantCode(t, err, r.want.code)
			for _, part := range r.want.says {
				if err != nil && !strings.Contains(err.Error(), part) {
					t.Errorf("%v\ndoes not say %q", err, part)
				}
			}
		})
	}
}
