package gateway_test

import (
	"context"
	"crypto/x509"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/quoinhq/quoin/internal/control"
	"github.com/quoinhq/quoin/internal/gateway"
	"github.com/quoinhq/quoin/kdb/ipc"
)

func TestConnect(t *testing.T) {
	f := newFixture(t)
	role := f.role("reader", true)
	f.setUser("bob", role)
	c := f.connected("bob", f.assume(role))
	if e := f.wants("Connect", ""); e.User != "bob" || e.Endpoint.Node != "node-1" || e.Identity.PrincipalARN != role {
		t.Errorf("%+v", e)
	}
	if f.Connections() != 1 {
		t.Errorf("%d connections", f.Connections())
	}
	c.Close()
	if e := f.wants("Disconnect", gateway.ClientClosed); e.Bytes[0] == 0 || e.Bytes[1] == 0 {
		t.Errorf("%+v", e)
	}
}

func TestCloseCluster(t *testing.T) {
	f := newFixture(t)
	role := f.role("reader", true)
	f.setUser("bob", role)
	c := f.connected("bob", f.assume(role))
	f.CloseCluster(env, "another", "")
	f.answers(c, "bob")
	f.CloseCluster(env, cluster, "")
	f.ended(c)
	f.wants("Disconnect", gateway.ClusterClosed)
}

// A node that does not let the gateway in is as good as none; a shadowed error
// once let the client in before nobody.
func TestNodeRefusesLogin(t *testing.T) {
	f := newFixture(t, func(c *gateway.Config) {
		pick := c.Pick
		c.Pick = func(ctx context.Context, to control.Endpoint) (*gateway.Backend, error) {
			b, err := pick(ctx, to)
			if b != nil {
				b.Password = "wrong"
			}
			return b, err
		}
	})
	role := f.role("reader", true)
	f.setUser("bob", role)
	user, password := f.sign(control.Endpoint{Environment: env, Cluster: cluster, User: "bob"}, f.assume(role), time.Now())
	if c, err := f.dial(user, password); !errors.Is(err, ipc.ErrRefused) {
		if c != nil {
			c.Close()
		}
		t.Errorf("err = %v, want a refusal", err)
	}
	f.wants("Refuse", gateway.NoNode)
}

// The gateway ends, connections or not, and leaves nothing running.
func TestDrain(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	t.Run("open connections", func(t *testing.T) {
		f := newFixture(t)
		role := f.role("reader", true)
		f.setUser("bob", role)
		creds := f.assume(role)
		for range 5 {
			f.connected("bob", creds)
		}
	})
}

func TestCertificateAuthority(t *testing.T) {
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "ca.pem"), filepath.Join(dir, "ca.key")
	now := time.Now()
	clock := func() time.Time { return now }
	a, err := gateway.OpenAuthority(cert, key, clock)
	if err != nil {
		t.Fatal(err)
	}
	b, err := gateway.OpenAuthority(cert, key, clock)
	if err != nil || string(a.PEM()) != string(b.PEM()) {
		t.Fatalf("opened again: another authority, %v", err)
	}
	leaf := func() *x509.Certificate {
		c, err := b.TLS("127.0.0.1", "kx.example.com").GetCertificate(nil)
		if err != nil {
			t.Fatal(err)
		}
		return c.Leaf
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(a.PEM())
	first := leaf()
	for _, name := range []string{"127.0.0.1", "kx.example.com"} {
		if _, err := first.Verify(x509.VerifyOptions{Roots: pool, DNSName: name, CurrentTime: now}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	now = now.Add(21 * 24 * time.Hour)
	if second := leaf(); !second.NotAfter.After(first.NotAfter) {
		t.Error("the certificate was not renewed before its end")
	}
}
