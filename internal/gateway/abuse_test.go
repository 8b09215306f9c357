package gateway_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/quoinhq/quoin/internal/control"
	"github.com/quoinhq/quoin/internal/gateway"
	"github.com/quoinhq/quoin/internal/sigv4"
	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/kdb/ipc"
)

func TestRefused(t *testing.T) {
	f := newFixture(t)
	role, other, poor := f.role("reader", true), f.role("other", true), f.role("poor", false)
	f.setUser("bob", role)
	f.setUser("eve", other)
	f.setUser("joe", poor)
	bob := f.assume(role)
	to := control.Endpoint{Environment: env, Cluster: cluster, User: "bob"}
	at := func(change func(*control.Endpoint)) control.Endpoint {
		e := to
		change(&e)
		return e
	}
	user, good := f.sign(to, bob, time.Now())
	sign := func(e control.Endpoint, c sigv4.Credentials, when time.Time) [2]string {
		u, p := f.sign(e, c, when)
		return [2]string{u, p}
	}
	tests := map[string]struct {
		login [2]string
		cause gateway.Cause
	}{
		"no password":            {[2]string{"bob", ""}, gateway.BadSignature},
		"a plain password":       {[2]string{"bob", "secret"}, gateway.BadSignature},
		"another user's login":   {[2]string{"eve", good}, gateway.BadSignature},
		"expired":                {sign(to, bob, time.Now().Add(-20*time.Minute)), gateway.BadSignature},
		"of the future":          {sign(to, bob, time.Now().Add(time.Hour)), gateway.BadSignature},
		"unknown access key":     {sign(to, sigv4.Credentials{AccessKeyID: "ASIAUNKNOWN", SecretAccessKey: "x", SessionToken: "y"}, time.Now()), gateway.BadSignature},
		"signed by root":         {sign(to, f.iam.Root, time.Now()), gateway.NotAllowed},
		"another user's role":    {sign(at(func(e *control.Endpoint) { e.User = "eve" }), bob, time.Now()), gateway.NotAllowed},
		"no such user":           {sign(at(func(e *control.Endpoint) { e.User = "nobody" }), bob, time.Now()), gateway.UserDeleted},
		"another environment":    {sign(at(func(e *control.Endpoint) { e.Environment = "env2" }), bob, time.Now()), gateway.UserDeleted},
		"a role without a right": {sign(at(func(e *control.Endpoint) { e.User = "joe" }), f.assume(poor), time.Now()), gateway.NotAllowed},
		"a cluster that is gone": {sign(at(func(e *control.Endpoint) { e.Cluster = "gone" }), bob, time.Now()), gateway.ClusterClosed},
		"another cluster's":      {[2]string{user, strings.Replace(good, cluster+".", "hdb.", 1)}, gateway.BadSignature},
		"another cluster":        {sign(at(func(e *control.Endpoint) { e.Cluster = "hdb" }), bob, time.Now()), gateway.NotAllowed},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f.mu.Lock()
			f.events = nil
			f.mu.Unlock()
			if c, err := f.dial(tt.login[0], tt.login[1]); !errors.Is(err, ipc.ErrRefused) {
				if c != nil {
					c.Close()
				}
				t.Errorf("err = %v, want a refusal", err)
			}
			e := f.wants("Refuse", tt.cause)
			if strings.Contains(e.Detail, bob.SecretAccessKey) || strings.Contains(e.Detail, bob.SessionToken) {
				t.Error("the event tells a secret")
			}
		})
	}
	t.Run("every character", func(t *testing.T) {
		decoded, err := url.QueryUnescape(good)
		if err != nil {
			t.Fatal(err)
		}
		for i := range len(good) {
			next := good[i] + 1
			if next == ':' {
				next++
			}
			for how, bad := range map[string]string{
				"changed": good[:i] + string(next) + good[i+1:], "left out": good[:i] + good[i+1:], "doubled": good[:i+1] + good[i:],
				"in the other case": good[:i] + string(otherCase(good[i])) + good[i+1:],
			} {
				// %3a is %3A: it says the same, and is as good.
				if same, err := url.QueryUnescape(bad); err == nil && same == decoded {
					continue
				}
				if c, err := f.dial(user, bad); err == nil {
					c.Close()
					t.Errorf("character %d, %q in %q, %s: let in", i, good[i], good[max(0, i-10):min(len(good), i+10)], how)
				}
			}
		}
	})
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.released != 0 {
		t.Errorf("%d nodes were asked for", f.released)
	}
}

// otherCase is an ASCII letter in the other case, and anything else as it is.
func otherCase(c byte) byte {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z':
		return c ^ 0x20
	}
	return c
}

// A string lets in for its time and no longer, however often it was used.
func TestReplayAfterExpiry(t *testing.T) {
	f := newFixture(t)
	role := f.role("reader", true)
	f.setUser("bob", role)
	user, password := f.sign(control.Endpoint{Environment: env, Cluster: cluster, User: "bob"}, f.assume(role), time.Now())
	for range 2 {
		c, err := f.dial(user, password)
		if err != nil {
			t.Fatal(err)
		}
		c.Close()
	}
	f.pass(gateway.DefaultLife + time.Minute)
	if c, err := f.dial(user, password); !errors.Is(err, ipc.ErrRefused) {
		if c != nil {
			c.Close()
		}
		t.Errorf("err = %v, want a refusal", err)
	}
	f.wants("Refuse", gateway.BadSignature)
}

// descriptors is how many files and sockets this process has open.
func descriptors(t *testing.T) int {
	t.Helper()
	open, err := os.ReadDir("/dev/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(open)
}

// A thousand clients that log in at one time are all served, and nothing of
// them is left: no connection, no node taken, no goroutine, no file descriptor.
func TestThousandAtOnce(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	t.Run("connections", func(t *testing.T) {
		const n = 1000
		f := newFixture(t, func(c *gateway.Config) { c.MaxPerAddress, c.LoginTimeout = n, 5*time.Minute })
		role := f.role("reader", true)
		f.setUser("bob", role)
		user, password := f.sign(control.Endpoint{Environment: env, Cluster: cluster, User: "bob"}, f.assume(role), time.Now())
		before := descriptors(t)
		var wg sync.WaitGroup
		conns := make([]*ipc.Conn, n)
		errs := make([]error, n)
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
		defer cancel()
		for i := range conns {
			wg.Go(func() {
				d := ipc.Dialer{User: user, Password: password, TLS: f.trusted}
				if conns[i], errs[i] = d.Dial(ctx, f.addr); errs[i] == nil {
					_, errs[i] = conns[i].Sync(ctx, kdb.Long(7))
				}
			})
		}
		wg.Wait()
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
		if got := f.Connections(); got != n {
			t.Errorf("%d connections, want %d", got, n)
		}
		if got := f.traffic.Out.Messages.Load(); got != n {
			t.Errorf("%d messages counted, want %d", got, n)
		}
		for _, c := range conns {
			c.Close()
		}
		for end := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
			f.mu.Lock()
			released := f.released
			f.mu.Unlock()
			now := descriptors(t)
			if released == n && f.Connections() == 0 && now <= before {
				break
			}
			if time.Now().After(end) {
				t.Fatalf("%d of %d released, %d connections, %d descriptors where there were %d", released, n, f.Connections(), now, before)
			}
		}
	})
}

// Messages that are cut off, or are none, are between the client and its node:
// the connection ends with the client, and the gateway counts what was one.
func TestTruncatedFrames(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	t.Run("frames", func(t *testing.T) {
		f := newFixture(t)
		role := f.role("reader", true)
		f.setUser("bob", role)
		creds := f.assume(role)
		message, err := ipc.Marshal(kdb.NewVec(make([]kdb.Long, 100)))
		if err != nil {
			t.Fatal(err)
		}
		for i, sent := range [][]byte{nil, message[:1], message[:7], message[:8], message[:9], message[:100], []byte("GET / HTTP/1.1\r\n\r\n")} {
			user, password := f.sign(control.Endpoint{Environment: env, Cluster: cluster, User: "bob"}, creds, time.Now())
			c, err := tls.Dial("tcp", f.addr, f.trusted)
			if err != nil {
				t.Fatal(err)
			}
			// The beginning comes in the same packet as the login.
			if _, err := c.Write(append(ipc.Login{User: user, Password: password, Capability: 3}.Append(nil), sent...)); err != nil {
				t.Fatal(err)
			}
			if _, err := c.Read(make([]byte, 1)); err != nil {
				t.Fatalf("frame %d: the login was refused: %v", i, err)
			}
			c.Close()
			for end := time.Now().Add(30 * time.Second); f.Connections() > 0; time.Sleep(time.Millisecond) {
				if time.Now().After(end) {
					t.Fatalf("frame %d: the connection never ends", i)
				}
			}
		}
		if got := f.traffic.In.Messages.Load(); got != 2 { // those of which a value began
			t.Errorf("%d messages counted", got)
		}
	})
}

func TestLoginAbuse(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	t.Run("limits", func(t *testing.T) {
		f := newFixture(t, func(c *gateway.Config) { c.LoginTimeout, c.MaxPerAddress = 100*time.Millisecond, 8 })
		raw := func() net.Conn {
			nc, err := net.Dial("tcp", f.addr)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { nc.Close() })
			return nc
		}
		secure := func() *tls.Conn {
			c := tls.Client(raw(), f.trusted)
			if err := c.Handshake(); err != nil {
				t.Fatal(err)
			}
			return c
		}
		closed := func(nc net.Conn) {
			t.Helper()
			nc.SetReadDeadline(time.Now().Add(20 * time.Second))
			var ne net.Error
			if _, err := nc.Read(make([]byte, 1)); err == nil || errors.As(err, &ne) && ne.Timeout() {
				t.Errorf("still open: %v", err)
			}
		}
		closed(raw()) // says nothing
		plain := raw()
		plain.Write([]byte("bob:secret\x03\x00"))
		closed(plain)
		closed(secure()) // shakes hands and says nothing
		slow := secure()
		slow.Write([]byte("bob:"))
		closed(slow)
		gone := secure() // goes in the middle of its login
		gone.Write([]byte("bob:Host="))
		gone.Close()
		drips := tls.Client(drip{raw()}, f.trusted) // shakes hands a byte at a time
		if err := drips.Handshake(); err == nil {
			t.Error("a handshake of many seconds was waited for")
		}
		long := secure()
		long.Write([]byte(strings.Repeat("x", 9<<10)))
		closed(long)
		f.wants("Refuse", gateway.BadLogin)
		var many []net.Conn
		for range 20 {
			many = append(many, raw())
		}
		f.wants("Refuse", gateway.TooMany)
		for _, nc := range many {
			closed(nc)
		}
	})
}

// drip writes a byte at a time, slowly.
type drip struct{ net.Conn }

func (d drip) Write(p []byte) (int, error) {
	for i := range p {
		if _, err := d.Conn.Write(p[i : i+1]); err != nil {
			return i, err
		}
		time.Sleep(5 * time.Millisecond)
	}
	return len(p), nil
}
