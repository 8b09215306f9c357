package node_test

import (
	"strings"
	"testing"

	"github.com/quoinhq/quoin/finspace"
)

// TestServerRolls: while the nodes of a cluster get new code one after the
// other, whoever connects is answered, by the old code or by the new.
func TestServerRolls(t *testing.T) {
	e := newEstate(t)
	in := e.cluster(t, "gw1", finspace.KxClusterTypeGateway, "version:1\n")
	in.ScalingGroupConfiguration.NodeCount = ptr(int32(2))
	e.create(t, in)
	if got := ask(t, e.connect(t, "gw1"), "version"); got != "1" {
		t.Fatalf("before the update the version is %s", got)
	}
	next := e.cluster(t, "gw2", finspace.KxClusterTypeGateway, "version:2\n")
	_, err := e.client.UpdateKxClusterCodeConfiguration(t.Context(), &finspace.UpdateKxClusterCodeConfigurationInput{
		EnvironmentId: &e.env, ClusterName: in.ClusterName, Code: next.Code, InitializationScript: next.InitializationScript,
	})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for {
		got := ask(t, e.connect(t, "gw1"), "version")
		seen[got]++
		if got != "1" && got != "2" {
			t.Fatalf("in the update the version is %s", got)
		}
		out, err := e.client.GetKxCluster(t.Context(), &finspace.GetKxClusterInput{EnvironmentId: &e.env, ClusterName: in.ClusterName})
		if err != nil {
			t.Fatal(err)
		}
		if out.Status == finspace.KxClusterStatusRunning {
			break
		}
		if out.Status != finspace.KxClusterStatusUpdating {
			t.Fatalf("in the update the status is %s %s", out.Status, finspace.Value(out.StatusReason))
		}
	}
	t.Logf("answers by version: %v", seen)
	for range 4 {
		if got := ask(t, e.connect(t, "gw1"), "version"); got != "2" {
			t.Errorf("after the update the version is %s", got)
		}
	}
}

// ended waits until an update has ended and returns what the cluster is then.
// Meanwhile whoever connects is answered, always by what ran before.
func (e *estate) ended(t *testing.T, cluster, code, want string) *finspace.GetKxClusterOutput {
	t.Helper()
	for {
		out, err := e.client.GetKxCluster(t.Context(), &finspace.GetKxClusterInput{EnvironmentId: &e.env, ClusterName: &cluster})
		if err != nil {
			t.Fatal(err)
		}
		if got := ask(t, e.connect(t, cluster), code); got != want {
			t.Fatalf("in status %s %s is %s, want %s", out.Status, code, got, want)
		}
		if out.Status != finspace.KxClusterStatusUpdating {
			return out
		}
	}
}

// undone checks that an update was, for a reason that begins as wanted.
func undone(t *testing.T, c *finspace.GetKxClusterOutput, reason string) {
	t.Helper()
	if got := finspace.Value(c.StatusReason); c.Status != finspace.KxClusterStatusRunning || !strings.HasPrefix(got, "The update failed and was undone. "+reason) {
		t.Errorf("after the update: %s, %q", c.Status, got)
	}
}

// An update whose init script fails left the cluster in UPDATING for ever.
func TestUpdateWithFailingInitScript(t *testing.T) {
	e := newEstate(t)
	in := e.cluster(t, "gw1", finspace.KxClusterTypeGateway, "version:1\n")
	in.ScalingGroupConfiguration.NodeCount = ptr(int32(2))
	e.create(t, in)
	next := e.cluster(t, "gw2", finspace.KxClusterTypeGateway, "version:2\n'broken\n")
	for _, code := range []*finspace.CodeConfiguration{next.Code, {S3Bucket: next.Code.S3Bucket, S3Key: ptr("none.zip")}} {
		_, err := e.client.UpdateKxClusterCodeConfiguration(t.Context(), &finspace.UpdateKxClusterCodeConfigurationInput{
			EnvironmentId: &e.env, ClusterName: in.ClusterName, Code: code, InitializationScript: next.InitializationScript,
		})
		if err != nil {
			t.Fatal(err)
		}
		reason := "The init script failed. broken"
		if *code.S3Key == "none.zip" {
			reason = "There is no code none.zip in the bucket code"
		}
		out := e.ended(t, "gw1", "version", "1")
		undone(t, out, reason)
		if *out.Code.S3Key != *in.Code.S3Key {
			t.Errorf("the cluster's code is %s", *out.Code.S3Key)
		}
	}
}

// An update to a changeset that q cannot load left the cluster in UPDATING, and
// with NO_RESTART in RUNNING with half of it.
func TestUpdateWithUnloadableChangeset(t *testing.T) {
	e := newEstate(t)
	ctx := t.Context()
	if _, err := e.client.CreateKxDatabase(ctx, &finspace.CreateKxDatabaseInput{ClientToken: ptr("db"), EnvironmentId: &e.env, DatabaseName: ptr("market")}); err != nil {
		t.Fatal(err)
	}
	changeset := func(script string) *string {
		e.s3(t, "PUT", "/code/ref.q", []byte(script))
		made, err := e.client.CreateKxChangeset(ctx, &finspace.CreateKxChangesetInput{
			EnvironmentId: &e.env, DatabaseName: ptr("market"),
			ChangeRequests: []finspace.ChangeRequest{{ChangeType: finspace.ChangeTypePut, S3Path: ptr("s3://code/ref.q"), DbPath: ptr("/")}},
		})
		if err != nil {
			t.Fatal(err)
		}
		e.until(t, func() (string, error) {
			out, err := e.client.GetKxChangeset(ctx, &finspace.GetKxChangesetInput{EnvironmentId: &e.env, DatabaseName: ptr("market"), ChangesetId: made.ChangesetId})
			if err != nil {
				return "", err
			}
			return string(out.Status), nil
		}, "COMPLETED")
		return made.ChangesetId
	}
	good := changeset("rate:1\n")
	in := e.cluster(t, "hdb1", finspace.KxClusterTypeHdb, "x:1\n")
	in.ScalingGroupConfiguration, in.CapacityConfiguration = nil, &finspace.CapacityConfiguration{NodeType: ptr("kx.s.large"), NodeCount: ptr(int32(1))}
	in.Databases = []finspace.KxDatabaseConfiguration{{DatabaseName: ptr("market"), ChangesetId: good}}
	e.create(t, in)
	bad := changeset("'broken\n")
	for _, strategy := range []finspace.KxDeploymentStrategy{"ROLLING", "NO_RESTART"} {
		_, err := e.client.UpdateKxClusterDatabases(ctx, &finspace.UpdateKxClusterDatabasesInput{
			EnvironmentId: &e.env, ClusterName: in.ClusterName, Databases: []finspace.KxDatabaseConfiguration{{DatabaseName: ptr("market"), ChangesetId: bad}},
			DeploymentConfiguration: &finspace.KxDeploymentConfiguration{DeploymentStrategy: strategy},
		})
		if err != nil {
			t.Fatal(err)
		}
		out := e.ended(t, "hdb1", "rate", "1")
		undone(t, out, "The database could not be loaded. broken")
		if got := finspace.Value(out.Databases[0].ChangesetId); got != *good {
			t.Errorf("%s: the cluster shows the changeset %s, not %s", strategy, got, *good)
		}
	}
}
