package control_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/control"
)

// The defaults are the service's, but for the clusters in one zone.
func TestQuotaDefaults(t *testing.T) {
	for q, want := range map[control.Quota]int{
		control.QuotaEnvironments: 10, control.QuotaUsers: 1000, control.QuotaUsersPerRole: control.Unlimited,
		control.QuotaClusters: 10, control.QuotaClustersSingleAZ: 10, control.QuotaClustersMultiAZ: 1, control.QuotaNodes: 5,
		control.QuotaCache: 7730, control.QuotaSavedown: 17179,
		control.QuotaDatabases: 1500, control.QuotaChangesets: 10, control.QuotaDataviews: 4500, control.QuotaVersions: 10,
		control.QuotaVolumes: 5, control.QuotaVolumeReads: 5, control.QuotaVolumeWrites: 5, control.QuotaVolumeStorage: 7730,
		control.QuotaScalingGroups: 10, control.QuotaTags: 50,
		control.QuotaHosts("kx.sg.8xlarge"): 1, control.QuotaHosts("kx.sg.16xlarge"): 0, control.QuotaHosts("kx.sg1.24xlarge"): 0,
		control.QuotaDedicated("kx.s.2xlarge"): 5, control.QuotaDedicated("kx.s.8xlarge"): 1, control.QuotaDedicated("kx.s.32xlarge"): 0,
		control.QuotaHosts(control.LocalHost): control.Unlimited, control.QuotaHosts("big"): control.Unlimited,
	} {
		if got := (control.Quotas{}).Of(q); got != want {
			t.Errorf("%s: %d, want %d", q, got, want)
		}
	}
}

func TestSetQuota(t *testing.T) {
	q := control.Quotas{}
	for name, value := range map[string]string{"all": "unlimited", "users": "7", "hosts-kx.sg.32xlarge": "2"} {
		if err := q.Set(name, value); err != nil {
			t.Error(err)
		}
	}
	if q.Of(control.QuotaUsers) != 7 || q.Of(control.QuotaHosts("kx.sg.32xlarge")) != 2 || q.Of(control.QuotaVolumes) != control.Unlimited {
		t.Error(q)
	}
	for name, value := range map[string]string{"beer": "7", "hosts-": "1", "users": "-1", "volumes": "many"} {
		if err := q.Set(name, value); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s=%s: %v", name, value, err)
		}
	}
}

// Each quota that clusters count for refuses the one cluster too many, by
// name, and lets it in when it is raised.
func TestClusterQuotas(t *testing.T) {
	named := func(name string, more func(*clusterInput)) func(*clusterInput) {
		return func(in *clusterInput) {
			in.ClusterName = &name
			if in.CapacityConfiguration != nil {
				in.CapacityConfiguration.NodeCount = ptr(int32(1))
			} else {
				in.ScalingGroupConfiguration.NodeCount = ptr(int32(1))
			}
			more(in)
		}
	}
	nodes := func(n int32, typ string) func(*clusterInput) {
		return func(in *clusterInput) {
			in.CapacityConfiguration.NodeCount, in.CapacityConfiguration.NodeType = &n, &typ
		}
	}
	multi := func(in *clusterInput) {
		in.AzMode, in.AvailabilityZoneId = "MULTI", nil
		in.VpcConfiguration.SubnetIds = []string{"subnet-12345671", "subnet-12345672", "subnet-12345673"}
	}
	writes := func(in *clusterInput) {
		in.ClusterType, in.Databases = "TICKERPLANT", nil
		in.TickerplantLogConfiguration = &finspace.TickerplantLogConfiguration{TickerplantLogVolumes: []string{"vol"}}
	}
	reads := func(in *clusterInput) { writes(in); in.ClusterType = "GP" }
	savedown := func(in *clusterInput) {
		in.ClusterType = "RDB"
		in.SavedownStorageConfiguration = &finspace.KxSavedownStorageConfiguration{Type: "SDS01", Size: ptr(int32(16000))}
	}
	cache := func(in *clusterInput) {
		in.CacheStorageConfigurations = []finspace.KxCacheStorageConfiguration{{Type: ptr("CACHE_1000"), Size: ptr(int32(4800))}}
	}
	tests := map[control.Quota]struct {
		grouped  bool
		change   func(*clusterInput)
		fit, set int // so many fit the default, or the quota that is set if not 0
	}{
		control.QuotaClusters:                  {true, same, 10, 0},
		control.QuotaClustersSingleAZ:          {true, same, 3, 3},
		control.QuotaClustersMultiAZ:           {false, multi, 1, 0},
		control.QuotaNodes:                     {false, nodes(3, "kx.s.large"), 0, 2},
		control.QuotaDedicated("kx.s.large"):   {false, nodes(2, "kx.s.large"), 2, 0},
		control.QuotaDedicated("kx.s.4xlarge"): {false, nodes(1, "kx.s.4xlarge"), 1, 0},
		control.QuotaVolumeWrites:              {true, writes, 5, 0},
		control.QuotaVolumeReads:               {true, reads, 5, 0},
		control.QuotaSavedown:                  {false, savedown, 1, 0},
		control.QuotaCache:                     {false, cache, 1, 0},
	}
	for q, tt := range tests {
		t.Run(string(q), func(t *testing.T) {
			c := newClusterWorld(t)
			if tt.set > 0 {
				c.quotas[q] = tt.set
			}
			create := func(i int) error {
				in := c.dedicated
				if tt.grouped {
					in = c.grouped
				}
				_, err := c.CreateKxCluster(t.Context(), in(named(fmt.Sprint("cluster-", i), tt.change)))
				return err
			}
			for i := range tt.fit {
				if err := create(i); err != nil {
					t.Fatal(err)
				}
			}
			err := create(tt.fit)
			wantCode(t, err, "LimitExceededException")
			if err != nil && !strings.Contains(err.Error(), "(quota "+string(q)+")") {
				t.Errorf("the error does not name the quota: %v", err)
			}
			c.quotas[q], c.quotas[control.QuotaAll] = control.Unlimited, control.Unlimited
			wantCode(t, create(tt.fit), "")
		})
	}
}

func TestScalingGroupQuotas(t *testing.T) {
	w := newWorld(t)
	env := w.environment("env")
	create := func(name, host string) error {
		_, err := w.CreateKxScalingGroup(t.Context(), &finspace.CreateKxScalingGroupInput{EnvironmentId: &env, ScalingGroupName: &name, HostType: &host, AvailabilityZoneId: ptr(zone)})
		return err
	}
	wantCode(t, create("large", "kx.sg.large"), "")
	wantCode(t, create("large-2", "kx.sg.large"), "LimitExceededException")
	wantCode(t, create("huge", "kx.sg.32xlarge"), "LimitExceededException")
	w.quotas[control.QuotaHosts("kx.sg.32xlarge")] = 1
	wantCode(t, create("huge", "kx.sg.32xlarge"), "")
	for i := range 8 { // what is this machine's own is not limited by type
		wantCode(t, create(fmt.Sprint("local-", i), control.LocalHost), "")
	}
	wantCode(t, create("local-8", control.LocalHost), "LimitExceededException")
}

// No more versions of dataviews are made at once than the quota says; the
// others wait for their turn.
func TestDataviewVersionsInProgress(t *testing.T) {
	w, env, _, _ := dataviewWorld(t)
	w.quotas[control.QuotaVersions] = 0
	name := ptr("waits")
	must(w.CreateKxDataview(t.Context(), &finspace.CreateKxDataviewInput{EnvironmentId: &env, DatabaseName: ptr("db"), DataviewName: name, AzMode: "SINGLE", AvailabilityZoneId: ptr(zone)}))
	res, err := w.ReconcileDataview(t.Context(), env+"/db/waits")
	if err != nil || res.RequeueAfter == 0 || w.getDataview(env, *name).Status != "CREATING" {
		t.Errorf("%+v, %v, status %s", res, err, w.getDataview(env, *name).Status)
	}
	w.quotas[control.QuotaVersions] = 1
	w.restAll()
	if s := w.getDataview(env, *name).Status; s != "ACTIVE" {
		t.Errorf("status %s", s)
	}
}
