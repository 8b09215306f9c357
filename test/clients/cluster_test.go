package clients_test

import (
	"archive/zip"
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/quoinhq/quoin/internal/control"
	"github.com/quoinhq/quoin/internal/server"
	"github.com/quoinhq/quoin/internal/sigv4"
	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/kdb/ipc"
	"github.com/quoinhq/quoin/test/live"
)

// clusterOperations are all operations on clusters that name nothing else, as
// dataOperations are those on data.
var clusterOperations = map[string]members{
	"CreateKxCluster":                  gpCluster("other"),
	"GetKxCluster":                     {"clusterName": "none"},
	"ListKxClusters":                   {},
	"ListKxClusterNodes":               {"clusterName": "none"},
	"DeleteKxClusterNode":              {"clusterName": "none", "nodeId": "node-1"},
	"UpdateKxClusterCodeConfiguration": {"clusterName": "none", "clientToken": "t", "code": members{"s3Bucket": "code", "s3Key": "v1.zip"}},
	"UpdateKxClusterDatabases":         {"clusterName": "none", "clientToken": "t", "databases": []members{{"databaseName": "hist"}}},
	"DeleteKxCluster":                  {"clusterName": "none", "clientToken": "t"},
}

// TestClusters goes through every operation on clusters with every client, and
// through the errors that only some of them declare: a dedicated cluster of two
// nodes whose code is replaced by force and whose database changes in place.
func TestClusters(t *testing.T) {
	for name, open := range callers(t) {
		t.Run(name, func(t *testing.T) {
			s := live.Start(t, withEngine, func(c *server.Config) {
				c.Quotas = control.Quotas{control.QuotaClusters: 3, control.QuotaNodes: 2}
			})
			for _, bucket := range []string{"/code", "/data"} {
				putObject(t, s, bucket, "")
			}
			putObject(t, s, "/code/v1.zip", zipped(t, "init.q", "version:1"))
			putObject(t, s, "/code/v2.zip", zipped(t, "init.q", "version:2"))
			putObject(t, s, "/data/one/v.q", "v:1")
			putObject(t, s, "/data/two/v.q", "v:2")
			role := s.Role("reader")
			grant(t, s, "reader")
			c := clusterClient{dataClient{call: open(t, s, s.Root), env: s.Environment("clusters"), readWrite: name != "JavaScript"}, s, role, nil}
			s.User(c.env, "bob", role)
			c.user = open(t, s, c.session(t))
			c.creates(t)
			c.updates(t)
			c.nodes(t)
			c.strings(t)
			c.grouped(t)
			c.ends(t)
		})
	}
}

func zipped(t *testing.T, name, content string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte(content)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// clusterClient is a client of one kind, with what clusters are made of.
type clusterClient struct {
	dataClient
	s    *live.Server
	role string
	user caller // with a session of the role that the kdb+ user bob has
}

// session opens a session of the role.
func (c clusterClient) session(t *testing.T) sigv4.Credentials {
	t.Helper()
	reply := c.s.Query(c.s.UserKey("dev", everything), "sts", map[string]string{
		"Action": "AssumeRole", "Version": "2011-06-15", "RoleArn": c.role, "RoleSessionName": "bob",
	})
	if reply.Status != http.StatusOK {
		t.Fatalf("AssumeRole: %d %s", reply.Status, reply.Body)
	}
	return sigv4.Credentials{AccessKeyID: reply.Element("AccessKeyId"), SecretAccessKey: reply.Element("SecretAccessKey"), SessionToken: reply.Element("SessionToken")}
}

func (c clusterClient) bob() string {
	return "arn:aws:finspace:us-east-1:" + c.s.AccountID() + ":kxEnvironment/" + c.env + "/kxUser/bob"
}

// ask asks a cluster through the gateway, with a string that the client got.
func (c clusterClient) ask(t *testing.T, cluster, code string) string {
	t.Helper()
	as := c.dataClient
	as.call = c.user
	to := as.ok(t, "GetKxConnectionString", members{"clusterName": cluster, "userArn": c.bob()})["signedConnectionString"].(string)
	pem, err := os.ReadFile(c.s.DataDir().Path("gateway-ca.pem"))
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	conn, err := (&ipc.Dialer{TLS: &tls.Config{RootCAs: pool}}).Dial(t.Context(), to)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	v, err := conn.Sync(t.Context(), kdb.Str(code))
	if err != nil {
		t.Fatalf("%s: %v", code, err)
	}
	return kdb.Inline(v)
}

// dedicated is the input for a cluster with hosts and cache of its own.
func dedicated(changeset any) members {
	in := gpCluster("hdb")
	delete(in, "scalingGroupConfiguration")
	in["clusterType"] = "HDB"
	in["clusterDescription"] = "History"
	in["capacityConfiguration"] = members{"nodeType": "kx.s.large", "nodeCount": 2}
	in["cacheStorageConfigurations"] = []members{{"type": "CACHE_1000", "size": 1200}}
	in["databases"] = []members{{"databaseName": "hist", "changesetId": changeset, "cacheConfigurations": []members{{"cacheType": "CACHE_1000", "dbPaths": []string{"/"}}}}}
	in["code"] = members{"s3Bucket": "code", "s3Key": "v1.zip"}
	in["initializationScript"] = "init.q"
	in["commandLineArguments"] = []members{{"key": "mode", "value": "fast"}}
	return in
}

// changeset puts an object into the database and returns the changeset's id.
func (c clusterClient) changeset(t *testing.T, from string) any {
	t.Helper()
	at := members{"databaseName": "hist"}
	id := c.ok(t, "CreateKxChangeset", c.with(at, members{"changeRequests": []members{{"changeType": "PUT", "s3Path": from, "dbPath": "/"}}}))["changesetId"]
	c.becomes(t, "COMPLETED", "GetKxChangeset", c.with(at, members{"changesetId": id}))
	return id
}

func (c clusterClient) creates(t *testing.T) {
	c.ok(t, "CreateKxDatabase", members{"databaseName": "hist"})
	in := dedicated(c.changeset(t, "s3://data/one/"))
	in["executionRole"] = c.role
	out := c.ok(t, "CreateKxCluster", c.with(in, members{"clientToken": "made", "tags": members{"team": "fx"}}))
	if out["status"] != "PENDING" || out["clusterName"] != "hdb" || out["environmentId"] != c.env {
		t.Errorf("CreateKxCluster: %v", out)
	}
	got := c.becomes(t, "RUNNING", "GetKxCluster", members{"clusterName": "hdb"})
	capacity, _ := got["capacityConfiguration"].(members)
	if capacity["nodeCount"] != 2.0 || capacity["nodeType"] != "kx.s.large" || got["clusterDescription"] != "History" || got["executionRole"] != c.role || got["statusReason"] != nil {
		t.Errorf("GetKxCluster: %v", got)
	}
	if said := c.ask(t, "hdb", "version,v"); said != "1 1" {
		t.Errorf("the cluster says %s", said)
	}
	if said := c.ask(t, "hdb", ".Q.opt[.z.X]`mode"); said != `,"fast"` {
		t.Errorf("its argument is %s", said)
	}
	c.fails(t, "ConflictException", "hdb", "CreateKxCluster", c.with(in, members{"clientToken": "again"}))
	c.fails(t, "ConflictException", "", "CreateKxCluster", c.with(in, members{"clientToken": "made", "clusterName": "other"}))
	many := c.with(in, members{"clusterName": "many", "clientToken": "many", "capacityConfiguration": members{"nodeType": "kx.s.large", "nodeCount": 3}})
	c.fails(t, "LimitExceededException", "2", "CreateKxCluster", many)
	for mention, more := range map[string]members{
		"capacityConfiguration": {"scalingGroupConfiguration": members{"scalingGroupName": "group", "memoryReservation": 6, "nodeCount": 1}},
		"releaseLabel":          {"releaseLabel": "9.9"},
		"availabilityZoneId":    {"availabilityZoneId": "euw1-az1"},
		"executionRole":         {"executionRole": c.role + "-none"},
		"code.s3Key":            {"code": members{"s3Bucket": "code", "s3Key": "v1.tar"}},
		"databases.1":           {"databases": []members{{"databaseName": "hist", "changesetId": in["databases"].([]members)[0]["changesetId"], "cacheConfigurations": []members{{"cacheType": "CACHE_12", "dbPaths": []string{"/"}}}}}},
	} {
		c.fails(t, "ValidationException", mention, "CreateKxCluster", c.with(in, c.with(more, members{"clusterName": "bad", "clientToken": "bad"})))
	}
	c.fails(t, "ResourceNotFoundException", "none", "CreateKxCluster", c.with(in, members{"clusterName": "bad", "clientToken": "bad", "databases": []members{{"databaseName": "none"}}}))
}

// ids are the nodes of the cluster that are up.
func (c clusterClient) ids(t *testing.T) map[any]bool {
	t.Helper()
	up := map[any]bool{}
	out := c.ok(t, "ListKxClusterNodes", members{"clusterName": "hdb"})
	for _, n := range out["nodes"].([]any) {
		n := n.(members)
		if status, shown := n["status"]; !shown || status == "RUNNING" { // the JavaScript client does not show it
			up[n["nodeId"]] = true
		}
	}
	return up
}

func (c clusterClient) updates(t *testing.T) {
	at := members{"clusterName": "hdb"}
	strategy := func(s string) members { return members{"deploymentConfiguration": members{"deploymentStrategy": s}} }
	code := c.with(at, members{"code": members{"s3Bucket": "code", "s3Key": "v2.zip"}, "clientToken": "force"})
	c.fails(t, "ValidationException", "NO_RESTART", "UpdateKxClusterCodeConfiguration", c.with(code, strategy("NO_RESTART")))
	before := c.ids(t)
	c.ok(t, "UpdateKxClusterCodeConfiguration", c.with(code, strategy("FORCE")))
	c.becomes(t, "RUNNING", "GetKxCluster", at)
	if said := c.ask(t, "hdb", "version"); said != "2" {
		t.Errorf("after FORCE the version is %s", said)
	}
	after := c.ids(t)
	for id := range after {
		if before[id] {
			t.Errorf("the node %v is still there after FORCE", id)
		}
	}
	if len(after) != 2 {
		t.Errorf("nodes after FORCE: %v", after)
	}

	second := c.changeset(t, "s3://data/two/")
	databases := c.with(at, members{"clientToken": "place", "databases": []members{{"databaseName": "hist", "changesetId": second}}})
	c.ok(t, "UpdateKxClusterDatabases", c.with(databases, strategy("NO_RESTART")))
	c.becomes(t, "RUNNING", "GetKxCluster", at)
	if said := c.ask(t, "hdb", "version,v"); said != "2 2" {
		t.Errorf("after NO_RESTART the cluster says %s", said)
	}
	if now := c.ids(t); len(now) != 2 || !now[first(after)] {
		t.Errorf("after NO_RESTART the nodes are %v, before %v", now, after)
	}
	c.ok(t, "UpdateKxClusterDatabases", c.with(databases, c.with(strategy("ROLLING"), members{"clientToken": "roll"})))
	c.becomes(t, "RUNNING", "GetKxCluster", at)
	if now := c.ids(t); len(now) != 2 || now[first(after)] {
		t.Errorf("after ROLLING the nodes are %v, before %v", now, after)
	}
	c.fails(t, "ValidationException", "databases", "UpdateKxClusterDatabases", c.with(at, members{"clientToken": "no", "databases": []members{{"databaseName": "hist"}, {"databaseName": "more"}}}))
}

func first(set map[any]bool) any {
	for k := range set {
		return k
	}
	return nil
}

func (c clusterClient) nodes(t *testing.T) {
	if !c.readWrite {
		return
	}
	at := members{"clusterName": "hdb"}
	gone := first(c.ids(t))
	c.ok(t, "DeleteKxClusterNode", c.with(at, members{"nodeId": gone}))
	for end := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		if up := c.ids(t); len(up) == 2 && !up[gone] {
			break
		} else if time.Now().After(end) {
			t.Fatalf("after DeleteKxClusterNode the nodes are %v", up)
		}
	}
	c.fails(t, "ResourceNotFoundException", gone.(string), "DeleteKxClusterNode", c.with(at, members{"nodeId": gone}))
}

func (c clusterClient) strings(t *testing.T) {
	in := members{"clusterName": "hdb", "userArn": c.bob()}
	c.fails(t, "AccessDeniedException", "reader", "GetKxConnectionString", in) // by root
	as := c.dataClient
	as.call = c.user
	as.fails(t, "ResourceNotFoundException", "none", "GetKxConnectionString", c.with(in, members{"clusterName": "none"}))
	as.fails(t, "ResourceNotFoundException", "eve", "GetKxConnectionString", c.with(in, members{"userArn": strings.TrimSuffix(c.bob(), "bob") + "eve"}))
	as.fails(t, "ValidationException", "userArn", "GetKxConnectionString", c.with(in, members{"userArn": strings.Replace(c.bob(), c.env, "elsewhere", 1)}))
}

// grouped has a cluster on a scaling group, one that cannot come up, and one
// too many.
func (c clusterClient) grouped(t *testing.T) {
	c.ok(t, "CreateKxScalingGroup", dataOperations["CreateKxScalingGroup"])
	c.becomes(t, "ACTIVE", "GetKxScalingGroup", members{"scalingGroupName": "group"})
	c.ok(t, "CreateKxCluster", gpCluster("ask"))
	c.becomes(t, "RUNNING", "GetKxCluster", members{"clusterName": "ask"})
	c.ok(t, "CreateKxCluster", c.with(gpCluster("bad"), members{"code": members{"s3Bucket": "code", "s3Key": "none.zip"}, "initializationScript": "init.q"}))
	failed := c.becomes(t, "CREATE_FAILED", "GetKxCluster", members{"clusterName": "bad"})
	if reason, _ := failed["statusReason"].(string); !strings.Contains(reason, "none.zip") {
		t.Errorf("statusReason: %v", failed)
	}
	as := c.dataClient
	as.call = c.user
	as.fails(t, "ValidationException", "CREATE_FAILED", "GetKxConnectionString", members{"clusterName": "bad", "userArn": c.bob()})
	c.fails(t, "ConflictException", "bad", "UpdateKxClusterCodeConfiguration", members{"clusterName": "bad", "clientToken": "fix", "code": members{"s3Bucket": "code", "s3Key": "v1.zip"}})
	c.fails(t, "LimitExceededException", "3", "CreateKxCluster", gpCluster("fourth"))
	if out := c.ok(t, "ListKxClusters", members{}); len(out["kxClusterSummaries"].([]any)) != 3 {
		t.Errorf("ListKxClusters: %v", out)
	}
	if out := c.ok(t, "ListKxClusters", members{"clusterType": "HDB"}); len(out["kxClusterSummaries"].([]any)) != 1 {
		t.Errorf("ListKxClusters of type HDB: %v", out)
	}
}

func (c clusterClient) ends(t *testing.T) {
	for _, name := range []string{"hdb", "ask", "bad"} {
		c.ok(t, "DeleteKxCluster", members{"clusterName": name, "clientToken": "end-" + name})
		c.gone(t, "GetKxCluster", members{"clusterName": name})
	}
	c.ok(t, "DeleteKxScalingGroup", members{"scalingGroupName": "group", "clientToken": "end"})
	c.gone(t, "GetKxScalingGroup", members{"scalingGroupName": "group"})
}
