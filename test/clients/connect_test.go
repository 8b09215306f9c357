package clients_test

import (
	"strings"
	"testing"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/connect"
	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/test/live"
)

// TestConnectAfterRoleChange: the console said EOF when a change of role had
// closed its connection, and then went on with the role that its user had had.
func TestConnectAfterRoleChange(t *testing.T) {
	s := live.Start(t, withEngine)
	c := dataClient{call: goCaller(t, s, s.Root), env: s.Environment("kdb")}
	reader, poor := s.Role("reader"), s.Role("poor")
	grant(t, s, "reader")
	s.User(c.env, "bob", reader)
	c.ok(t, "CreateKxScalingGroup", dataOperations["CreateKxScalingGroup"])
	c.becomes(t, "ACTIVE", "GetKxScalingGroup", members{"scalingGroupName": "group"})
	c.ok(t, "CreateKxCluster", gpCluster("ask"))
	c.becomes(t, "RUNNING", "GetKxCluster", members{"clusterName": "ask"})
	dev := s.UserKey("dev", everything)
	cfg := finspace.Config{
		Endpoint: s.URL(), Region: "us-east-1",
		Credentials: finspace.StaticCredentials{AccessKeyID: dev.AccessKeyID, SecretAccessKey: dev.SecretAccessKey},
	}
	console, err := connect.Open(t.Context(), cfg, connect.Target{Environment: c.env, Cluster: "ask", User: "bob", Node: "1"})
	if err != nil {
		t.Fatal(err)
	}
	defer console.Close()
	eval := func() string {
		v, err := console.Eval(t.Context(), "6*7")
		if err != nil {
			return err.Error()
		}
		return kdb.Inline(v)
	}
	role := func(arn string) { c.ok(t, "UpdateKxUser", members{"userName": "bob", "iamRole": arn}) }
	if got := eval(); got != "42" {
		t.Fatalf("the cluster answers %s", got)
	}
	role(poor)
	if got := eval(); !strings.HasPrefix(got, "the server has closed the connection") {
		t.Errorf("after the change: %s", got)
	}
	if got := eval(); !strings.Contains(got, "AccessDeniedException") {
		t.Errorf("with the role that may not connect: %s", got)
	}
	role(reader)
	if got := eval(); got != "42" {
		t.Errorf("with the first role again: %s", got)
	}
}
