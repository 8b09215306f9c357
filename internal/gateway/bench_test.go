package gateway_test

import (
	"context"
	"crypto/tls"
	"testing"
	"time"

	"github.com/quoinhq/quoin/internal/control"
	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/kdb/ipc"
)

// ways are connections to the node itself, without and with TLS, and one
// through the gateway.
func ways(b *testing.B) map[string]*ipc.Conn {
	f := newFixture(b)
	role := f.role("reader", true)
	f.setUser("bob", role)
	direct := func(addr string, secure *tls.Config) *ipc.Conn {
		c, err := (&ipc.Dialer{User: "bob", Password: nodePassword, TLS: secure}).Dial(context.Background(), addr)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { c.Close() })
		return c
	}
	return map[string]*ipc.Conn{"plain": direct(f.direct, nil), "TLS": direct(f.secure, f.trusted), "gateway": f.connected("bob", f.assume(role))}
}

func echo(b *testing.B, c *ipc.Conn, v kdb.Value) {
	if _, err := c.Sync(context.Background(), v); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkCall is a small synchronous call: what the gateway adds is the
// difference of the two.
func BenchmarkCall(b *testing.B) {
	for name, c := range ways(b) {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				echo(b, c, kdb.Long(7))
			}
		})
	}
}

// BenchmarkBulk sends 8 MB and gets them back.
func BenchmarkBulk(b *testing.B) {
	v := kdb.NewVec(make([]kdb.Float, 1<<20))
	for name, c := range ways(b) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(16 << 20)
			for b.Loop() {
				echo(b, c, v)
			}
		})
	}
}

// BenchmarkLogin is a whole login: TLS, signature, policies, node.
func BenchmarkLogin(b *testing.B) {
	f := newFixture(b)
	role := f.role("reader", true)
	f.setUser("bob", role)
	user, password := f.sign(control.Endpoint{Environment: env, Cluster: cluster, User: "bob"}, f.assume(role), time.Now())
	for b.Loop() {
		c, err := f.dial(user, password)
		if err != nil {
			b.Fatal(err)
		}
		c.Close()
	}
}
