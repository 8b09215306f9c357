package node_test

import (
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
