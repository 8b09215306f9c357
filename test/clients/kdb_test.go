package clients_test

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/quoinhq/quoin/internal/server"
	"github.com/quoinhq/quoin/test/live"
)

// quoin is the program that nodes of clusters are started with.
var quoin string

func TestMain(m *testing.M) { live.Main(m, &quoin) }

// withEngine has a server's clusters run.
func withEngine(c *server.Config) { c.Engine = []string{quoin, "q"} }

const everything = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`

// grant lets sessions of a role do everything.
func grant(t *testing.T, s *live.Server, role string) {
	t.Helper()
	reply := s.Query(s.Root, "iam", map[string]string{
		"Action": "PutRolePolicy", "Version": "2010-05-08", "RoleName": role, "PolicyName": "all", "PolicyDocument": everything,
	})
	if reply.Status != http.StatusOK {
		t.Fatalf("PutRolePolicy: %d %s", reply.Status, reply.Body)
	}
}

// TestNodeQ has node-q, with the SDK for JavaScript for the string, ask a
// cluster through the gateway until its user's role no longer may.
func TestNodeQ(t *testing.T) {
	modules := nodeModules(t)
	live.Need(t, "node-q for Node.js", "node", "--no-deprecation", "-e", "require('"+modules+"/node-q')")
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
	env := append(environ(s, ""), "AWS_ACCESS_KEY_ID="+dev.AccessKeyID, "AWS_SECRET_ACCESS_KEY="+dev.SecretAccessKey, "QUOIN_NODE_MODULES="+modules)
	user := "arn:aws:finspace:us-east-1:" + s.AccountID() + ":kxEnvironment/" + c.env + "/kxUser/bob"
	got := session(t, env, "node", "--no-deprecation", "testdata/kdb.mjs", c.env, "ask", user, reader, poor, s.DataDir().Path("gateway-ca.pem"))
	want := map[string]any{
		"protocol": "tcps", "loginUser": "bob", "user": "bob", "sum": 42.0, "large": 1e6,
		"table":   []any{map[string]any{"sym": "a", "price": 1.5}, map[string]any{"sym": "b", "price": 2.5}},
		"failure": map[string]any{"error": "type"}, "pushed": []any{"trade", []any{1.0, 2.0}},
		"ended": true, "again": "Connection closes (wrong auth?)",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// gpCluster is the input for a cluster of one node on the scaling group.
func gpCluster(name string) members {
	return members{
		"clusterName": name, "clusterType": "GP", "releaseLabel": "1.0", "azMode": "SINGLE", "availabilityZoneId": "use1-az1",
		"scalingGroupConfiguration": members{"scalingGroupName": "group", "memoryReservation": 6, "nodeCount": 1},
		"vpcConfiguration":          members{"vpcId": "vpc-12345678", "subnetIds": []string{"subnet-12345678"}, "securityGroupIds": []string{"sg-12345678"}, "ipAddressType": "IP_V4"},
	}
}
