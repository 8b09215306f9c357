package control_test

import (
	"strings"
	"testing"

	"github.com/quoinhq/quoin/finspace"
)

// Each rule among members that concerns data and that the model does not have
// is refused by a text that names the member, and says what holds.
func TestDataRulesNameMemberAndRule(t *testing.T) {
	w, env, one, _ := dataviewWorld(t)
	view := func(change func(*finspace.CreateKxDataviewInput)) func() error {
		return func() error {
			_, err := w.dataview(env, change)
			return err
		}
	}
	type viewIn = finspace.CreateKxDataviewInput
	volume := func(change func(*finspace.CreateKxVolumeInput)) func() error {
		return func() error {
			in := &finspace.CreateKxVolumeInput{
				EnvironmentId: &env, VolumeName: ptr("new"), VolumeType: "NAS_1", AzMode: "SINGLE", AvailabilityZoneIds: []string{zone},
				Nas1Configuration: &finspace.KxNAS1Configuration{Type: "SSD_1000", Size: ptr(int32(1200))},
			}
			change(in)
			_, err := w.CreateKxVolume(t.Context(), in)
			return err
		}
	}
	type volumeIn = finspace.CreateKxVolumeInput
	changes := func(db string, reqs ...finspace.ChangeRequest) func() error {
		return func() error {
			_, err := w.CreateKxChangeset(t.Context(), &finspace.CreateKxChangesetInput{EnvironmentId: &env, DatabaseName: &db, ChangeRequests: reqs})
			return err
		}
	}
	w.database(env, "empty")
	cluster := newClusterWorld(t)
	create := func(in *clusterInput) func() error {
		return func() error {
			_, err := cluster.CreateKxCluster(t.Context(), in)
			return err
		}
	}
	segs := func(s ...finspace.KxDataviewSegmentConfiguration) []finspace.KxDataviewSegmentConfiguration { return s }
	for name, c := range map[string]struct {
		do   func() error
		want []string // member, rule
	}{
		"4 dataview, dedicated": {create(cluster.dedicated(func(in *clusterInput) { in.Databases[0].DataviewName = ptr("dv") })), []string{"databases.1.dataviewName", "scaling group"}},
		"4 cache storage on a group": {create(cluster.grouped(func(in *clusterInput) {
			in.CacheStorageConfigurations = []finspace.KxCacheStorageConfiguration{{Type: ptr("CACHE_12"), Size: ptr(int32(6000))}}
		})), []string{"cacheStorageConfigurations", "dedicated"}},
		"4 cache of a database, on group": {create(cluster.grouped(func(in *clusterInput) {
			in.Databases[0].CacheConfigurations = []finspace.KxDatabaseCacheConfiguration{{CacheType: ptr("CACHE_12"), DbPaths: []string{"/"}}}
		})), []string{"databases.1.cacheConfigurations", "dedicated"}},
		"5 GATEWAY with a database":      {create(cluster.grouped(func(in *clusterInput) { in.ClusterType = "GATEWAY" })), []string{"databases", "GATEWAY"}},
		"5 RDB with a dataview":          {create(cluster.grouped(func(in *clusterInput) { in.ClusterType = "RDB" })), []string{"databases.1", "saves data down"}},
		"6 zone of cluster and dataview": {create(cluster.grouped(func(in *clusterInput) { in.AvailabilityZoneId = ptr("use1-az2") })), []string{"availabilityZoneId", zone}},
		"6 zone of dataview and volume": {view(func(in *viewIn) {
			in.AvailabilityZoneId, in.SegmentConfigurations = ptr("use1-az2"), segs(segment("vol", false, "/*"))
		}), []string{"segmentConfigurations.1.volumeName", zone}},
		"7 cache type that is not there": {create(cluster.dedicated(func(in *clusterInput) {
			in.Databases[0].CacheConfigurations = []finspace.KxDatabaseCacheConfiguration{{CacheType: ptr("CACHE_12"), DbPaths: []string{"/"}}}
		})), []string{"databases.1.cacheConfigurations.1.cacheType", "CACHE_12"}},
		"11 PUT without s3Path":          {changes("db", finspace.ChangeRequest{ChangeType: "PUT", DbPath: ptr("/")}), []string{"changeRequests.1", "s3Path"}},
		"11 dbPath without slash":        {changes("db", putRequest("s3://bkt/x", "/d")), []string{"changeRequests.1.dbPath", "/"}},
		"11 DELETE first":                {changes("empty", deleteRequest("/d/")), []string{"changeRequests.1.changeType", "first changeset"}},
		"12 autoUpdate with changesetId": {view(func(in *viewIn) { in.AutoUpdate, in.ChangesetId = ptr(true), &one }), []string{"changesetId", "autoUpdate"}},
		"12 readWrite with autoUpdate":   {view(func(in *viewIn) { in.AutoUpdate, in.ReadWrite = ptr(true), ptr(true) }), []string{"autoUpdate", "readWrite"}},
		"12 readWrite, no changesetId": {view(func(in *viewIn) {
			in.ReadWrite, in.SegmentConfigurations = ptr(true), segs(segment("vol", false, "/*"))
		}), []string{"changesetId", "readWrite"}},
		"12 readWrite, another path": {view(func(in *viewIn) {
			in.ReadWrite, in.ChangesetId, in.SegmentConfigurations = ptr(true), &one, segs(segment("vol", false, "/d1/*"))
		}), []string{"segmentConfigurations", "'/*'"}},
		"12 onDemand beside another": {view(func(in *viewIn) {
			in.SegmentConfigurations = segs(segment("vol", true, "/d1/*"), segment("vol2", false, "/d2/*"))
		}), []string{"segmentConfigurations.1.onDemand", "only that segment"}},
		"12 overlap": {view(func(in *viewIn) {
			in.SegmentConfigurations = segs(segment("vol", false, "/d*"), segment("vol2", false, "/d2/*"))
		}), []string{"segmentConfigurations.2.dbPaths", "overlaps"}},
		"12 azMode of a dataview":  {view(func(in *viewIn) { in.AzMode = "MULTI" }), []string{"azMode", "SINGLE"}},
		"13 size of a volume":      {volume(func(in *volumeIn) { in.Nas1Configuration.Size = ptr(int32(1300)) }), []string{"nas1Configuration.size", "multiple of 2400"}},
		"13 size of HDD":           {volume(func(in *volumeIn) { in.Nas1Configuration.Type = "HDD_12" }), []string{"nas1Configuration.size", "multiple of 6000"}},
		"13 NAS_1 without its own": {volume(func(in *volumeIn) { in.Nas1Configuration = nil }), []string{"nas1Configuration", "NAS_1"}},
		"13 azMode of a volume":    {volume(func(in *volumeIn) { in.AzMode = "MULTI" }), []string{"azMode", "SINGLE"}},
		"13 zones of a volume":     {volume(func(in *volumeIn) { in.AvailabilityZoneIds = nil }), []string{"availabilityZoneIds", "exactly one"}},
		"13 size of a cache": {create(cluster.dedicated(func(in *clusterInput) {
			in.CacheStorageConfigurations = []finspace.KxCacheStorageConfiguration{{Type: ptr("CACHE_250"), Size: ptr(int32(1300))}}
		})), []string{"cacheStorageConfigurations.1", "multiple of 2400"}},
	} {
		t.Run(name, func(t *testing.T) {
			err := c.do()
			wantCode(t, err, "ValidationException")
			for _, part := range c.want {
				if err != nil && !strings.Contains(err.Error(), part) {
					t.Errorf("%v\ndoes not say %q", err, part)
				}
			}
		})
	}
}
