package control_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/quoinhq/quoin/finspace"
)

// An update that failed left its cluster in UPDATING for ever. It ends: the
// cluster runs what it ran before and says so, under ROLLING without ever having
// had fewer nodes.
func TestFailedUpdateStayedInUpdating(t *testing.T) {
	good, bad := ptr("good.zip"), ptr("bad.zip")
	tests := map[string]struct {
		strategy finspace.KxClusterCodeDeploymentStrategy
		kind     finspace.KxClusterType
		log      []string
		least    int
	}{
		"ROLLING":    {"ROLLING", "HDB", []string{"start 2", "stop 2"}, 2},
		"FORCE":      {"FORCE", "HDB", []string{"stop 1", "stop 1", "start 2", "start 2", "stop 2", "stop 2", "start 1", "start 1"}, 0},
		"NO_RESTART": {"NO_RESTART", "GP", []string{"reload 1", "reload 2"}, 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := newClusterWorld(t)
			c.running(c.grouped(func(in *clusterInput) {
				in.ClusterType, in.Code = tt.kind, &finspace.CodeConfiguration{S3Bucket: ptr("code"), S3Key: good}
				if tt.kind == "GP" {
					in.ScalingGroupConfiguration.NodeCount = ptr(int32(1))
				}
			}))
			update := func(key *string) {
				must(c.UpdateKxClusterCodeConfiguration(t.Context(), &finspace.UpdateKxClusterCodeConfigurationInput{
					EnvironmentId: &c.env, ClusterName: ptr("hdb"), Code: &finspace.CodeConfiguration{S3Bucket: ptr("code"), S3Key: key},
					DeploymentConfiguration: &finspace.KxClusterCodeDeploymentConfiguration{DeploymentStrategy: tt.strategy}}))
				c.settleClusters()
			}
			c.fleet.log, c.fleet.least, c.fleet.broken = nil, 2, *bad
			update(bad)
			if d := cmp.Diff(tt.log, c.fleet.log); d != "" || c.fleet.least < tt.least {
				t.Errorf("at least %d ready; %s", c.fleet.least, d)
			}
			got := c.get("hdb")
			if got.Status != "RUNNING" || *got.Code.S3Key != *good || finspace.Value(got.StatusReason) != "The update failed and was undone. The code is broken." {
				t.Errorf("%s, code %s, %q", got.Status, *got.Code.S3Key, finspace.Value(got.StatusReason))
			}
			next := ptr("next.zip")
			update(next)
			if got := c.get("hdb"); got.Status != "RUNNING" || *got.Code.S3Key != *next || got.StatusReason != nil {
				t.Errorf("after the next update: %s, code %s, %q", got.Status, *got.Code.S3Key, finspace.Value(got.StatusReason))
			}
		})
	}
}

// What ran before may not come up again either: then nobody could do more than
// wait, had the cluster not ended in a status from which it can be updated.
func TestFailedUpdateCannotBeUndone(t *testing.T) {
	c := newClusterWorld(t)
	c.running(c.grouped(same))
	c.fleet.fail = "The volume is full."
	must(c.UpdateKxClusterCodeConfiguration(t.Context(), &finspace.UpdateKxClusterCodeConfigurationInput{
		EnvironmentId: &c.env, ClusterName: ptr("hdb"), Code: &finspace.CodeConfiguration{S3Bucket: ptr("code"), S3Key: ptr("c.zip")},
		DeploymentConfiguration: &finspace.KxClusterCodeDeploymentConfiguration{DeploymentStrategy: "FORCE"}}))
	c.settleClusters()
	if got := c.get("hdb"); got.Status != "RUNNING" || finspace.Value(got.StatusReason) != "The volume is full." {
		t.Errorf("%s, %q", got.Status, finspace.Value(got.StatusReason))
	}
}

// The version of a dataview that a cluster showed before an update is not taken
// away as long as the update may be undone.
func TestUpdateTookTheOldVersionAway(t *testing.T) {
	c := newClusterWorld(t)
	c.running(c.grouped(same))
	before := *c.get("hdb").Databases[0].DataviewConfiguration.DataviewVersionId
	c.changeset(c.env, "db", putRequest("s3://b/more/", "/"))
	c.restAll()
	versions := func() (ids []string) {
		out := must(c.GetKxDataview(t.Context(), &finspace.GetKxDataviewInput{EnvironmentId: &c.env, DatabaseName: ptr("db"), DataviewName: ptr("dv")}))
		for _, v := range out.ActiveVersions {
			ids = append(ids, *v.VersionId)
		}
		return ids
	}
	must(c.UpdateKxClusterDatabases(t.Context(), &finspace.UpdateKxClusterDatabasesInput{
		EnvironmentId: &c.env, ClusterName: ptr("hdb"), Databases: []finspace.KxDatabaseConfiguration{{DatabaseName: ptr("db"), DataviewName: ptr("dv")}}}))
	c.restAll()
	if ids := versions(); len(ids) != 2 || ids[1] != before {
		t.Errorf("while it is updated the dataview has %v, and not %s", ids, before)
	}
	c.settleClusters()
	if ids := versions(); len(ids) != 1 || ids[0] == before {
		t.Errorf("after the update the dataview has %v", ids)
	}
}
