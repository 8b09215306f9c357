package node_test

import (
	"context"
	"errors"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/datadir"
	"github.com/quoinhq/quoin/internal/server"
	"github.com/quoinhq/quoin/internal/sigv4"
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

	e.updateUser(t, other)
	if got := ask(t, c, "x"); got != "42" {
		t.Errorf("after a change to a role that may connect: %s", got)
	}
	e.updateUser(t, poor)
	t.Logf("closed %s after UpdateKxUser answered", closed(t, c))

	e.updateUser(t, e.role)
	c = e.connect(t, "gp1")
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
