package node_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/datadir"
	"github.com/quoinhq/quoin/internal/server"
	"github.com/quoinhq/quoin/internal/sigv4"
	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/kdb/ipc"
)

// addRole makes a role that trusts the account and may do nothing.
func (e *estate) addRole(t *testing.T, name string) (arn string) {
	t.Helper()
	trust := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"` + e.account + `"},"Action":"sts:AssumeRole"}]}`
	e.iam(t, "iam", url.Values{"Action": {"CreateRole"}, "RoleName": {name}, "AssumeRolePolicyDocument": {trust}})
	return "arn:aws:iam::" + e.account + ":role/" + name
}

func (e *estate) updateUser(t *testing.T, role string) {
	t.Helper()
	if _, err := e.client.UpdateKxUser(t.Context(), &finspace.UpdateKxUserInput{EnvironmentId: &e.env, UserName: ptr("alice"), IamRole: &role}); err != nil {
		t.Fatal(err)
	}
}

// closed waits until the connection is, and says how long that took.
func closed(t *testing.T, c *ipc.Conn) time.Duration {
	t.Helper()
	began := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if _, err := c.Receive(ctx); err == nil || errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("the connection is still open: %v", err)
	}
	return time.Since(began)
}

// UpdateKxUser reaches connections that are open: the mission's one promise,
// from the API call to a real q process behind the gateway.
func TestUpdateKxUserReachesOpenConnections(t *testing.T) {
	e := newEstate(t)
	e.create(t, e.cluster(t, "gp1", finspace.KxClusterTypeGp, "x:42\n"))
	other := e.addRole(t, "other")
	e.iam(t, "iam", url.Values{"Action": {"PutRolePolicy"}, "RoleName": {"other"}, "PolicyName": {"all"}, "PolicyDocument": {everything}})
	poor := e.addRole(t, "poor")
	c := e.connect(t, "gp1")

	// The first query after the answer has to fail, each time.
	for range 10 {
		e.updateUser(t, other)
		if got := ask(t, c, "x"); got != "42" {
			t.Errorf("after a change to a role that may connect: %s", got)
		}
		e.updateUser(t, poor)
		if v, err := c.Sync(t.Context(), kdb.Str("x")); err == nil {
			t.Fatalf("after a change to a role that may not connect: %s", v)
		}
		e.updateUser(t, e.role)
		c = e.connect(t, "gp1")
	}
	if _, err := e.client.DeleteKxUser(t.Context(), &finspace.DeleteKxUserInput{EnvironmentId: &e.env, UserName: ptr("alice")}); err != nil {
		t.Fatal(err)
	}
	t.Logf("closed %s after DeleteKxUser answered", closed(t, c))
}

// Revoking sessions reaches open connections, and a node whose own session was
// among them goes on with a new one.
func TestRevokeSessionsReachesNodes(t *testing.T) {
	e := newEstate(t)
	e.create(t, e.cluster(t, "gp1", finspace.KxClusterTypeGp, "x:42\n"))
	c := e.connect(t, "gp1")
	const status = ".aws.get_kx_cluster[\"\"]`status"
	if got := ask(t, c, status); got != `"RUNNING"` {
		t.Fatalf("get_kx_cluster says %s", got)
	}
	root, err := datadir.ReadCredentials(filepath.Join(e.dir, "credentials"))
	if err != nil {
		t.Fatal(err)
	}
	asRoot := *e
	asRoot.creds = sigv4.Credentials{AccessKeyID: root.AccessKeyID, SecretAccessKey: root.SecretAccessKey}
	name := e.role[strings.LastIndexByte(e.role, '/')+1:]
	asRoot.send(t, "finspace", "POST", server.RevokeSessionsPath, []byte(`{"Principal":"role/`+name+`"}`), nil)
	t.Logf("closed %s after the sessions were revoked", closed(t, c))
	if got := ask(t, e.connect(t, "gp1"), status); got != `"RUNNING"` {
		t.Errorf("afterwards get_kx_cluster says %s", got)
	}
}

// What a node writes down, and the server about it, has no secret of those who
// made, run and use the cluster.
func TestSecretsStayOutOfLogs(t *testing.T) {
	e := newEstate(t)
	in := e.cluster(t, "gp1", finspace.KxClusterTypeGp, "x:42\n")
	in.ClientToken = ptr("PLANTED-token")
	e.create(t, in)
	user := e.assume(t)
	client, err := finspace.New(finspace.Config{Endpoint: e.url, Region: "us-east-1", Credentials: user})
	if err != nil {
		t.Fatal(err)
	}
	out, err := client.GetKxConnectionString(t.Context(), &finspace.GetKxConnectionStringInput{
		EnvironmentId: &e.env, ClusterName: ptr("gp1"), UserArn: ptr("arn:aws:finspace:us-east-1:" + e.account + ":kxEnvironment/" + e.env + "/kxUser/alice"),
	})
	if err != nil {
		t.Fatal(err)
	}
	_, signature, _ := strings.Cut(*out.SignedConnectionString, "X-Amz-Signature=")
	signature, _, _ = strings.Cut(signature, "&")
	c := e.connect(t, "gp1")
	ask(t, c, ".aws.get_kx_cluster[\"\"]") // the node opens a session of its own
	secrets := []string{"PLANTED", e.creds.SecretAccessKey, user.SecretAccessKey, user.SessionToken, signature}
	looked := 0
	err = filepath.WalkDir(e.dir, func(path string, d fs.DirEntry, err error) error {
		name := filepath.Base(path)
		if err != nil || !d.Type().IsRegular() || strings.HasPrefix(name, "quoin.db") || name == "credentials" || strings.Contains(path, "/blobs/") {
			return err
		}
		b, err := os.ReadFile(path)
		looked++
		for i, secret := range secrets {
			if secret == "" || bytes.Contains(b, []byte(secret)) {
				t.Errorf("%s has secret %d", path, i)
			}
		}
		return err
	})
	if err != nil || looked < 3 {
		t.Errorf("looked at %d files: %v", looked, err)
	}
	for i, secret := range secrets {
		if strings.Contains(e.printed(t), secret) {
			t.Errorf("the nodes printed secret %d", i)
		}
	}
	resp, err := http.Get(e.url + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	metrics, err := io.ReadAll(resp.Body)
	if err != nil || !bytes.Contains(metrics, []byte("quoin_node_")) {
		t.Errorf("the metrics say nothing of nodes: %v", err)
	}
	for i, secret := range secrets {
		if bytes.Contains(metrics, []byte(secret)) {
			t.Errorf("the metrics have secret %d", i)
		}
	}
}
