package ipc_test

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/kdb/ipc"
	"github.com/quoinhq/quoin/kdb/kdbtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// echo answers each request with itself; `fail with 'oops, `silent with an
// error that is none of the client's business, `push with a message before the answer.
func echo(ctx context.Context, c *ipc.Conn, m ipc.Message) (kdb.Value, error) {
	if m.Kind == ipc.Async {
		return nil, c.Async(ctx, m.Value) // deferred response
	}
	switch m.Value {
	case kdb.Sym("fail"):
		return nil, kdb.Error("oops")
	case kdb.Sym("silent"):
		return nil, errors.New("secret")
	case kdb.Sym("push"):
		for i := range 3 {
			if err := c.Async(ctx, kdb.Long(i)); err != nil {
				return nil, err
			}
		}
	case kdb.Sym("slow"):
		time.Sleep(100 * time.Millisecond)
	case kdb.Sym("back"): // a request of the server's own, while the client waits
		return c.Sync(ctx, kdb.Str("who?"))
	}
	return m.Value, nil
}

// start serves until the test ends and returns the address.
func start(t testing.TB, s *ipc.Server, network, addr string) string {
	t.Helper()
	l, err := net.Listen(network, addr)
	if err != nil {
		t.Fatal(err)
	}
	if s.Handler == nil {
		s.Handler = ipc.Answer(echo)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- s.Serve(ctx, l) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error("serve:", err)
		}
	})
	return l.Addr().String()
}

func dial(t testing.TB, d *ipc.Dialer, addr string) *ipc.Conn {
	t.Helper()
	c, err := d.Dial(t.Context(), addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func TestSync(t *testing.T) {
	c := dial(t, new(ipc.Dialer), start(t, &ipc.Server{}, "tcp", "127.0.0.1:0"))
	for _, v := range []kdb.Value{kdb.Long(1), kdb.Str("abc"), kdb.NewVec(make([]kdb.Float, 1e6)), kdb.Syms("a", "b"), kdb.Nil} {
		got, err := c.Sync(t.Context(), v)
		if err != nil {
			t.Fatal(err)
		}
		if d := kdbtest.Diff(got, v); d != "" {
			t.Error(d)
		}
	}
	var qe kdb.Error
	if _, err := c.Sync(t.Context(), kdb.Sym("fail")); !errors.As(err, &qe) || qe != "oops" {
		t.Errorf("error: got %v", err)
	}
	if _, err := c.Sync(t.Context(), kdb.Sym("silent")); !errors.As(err, &qe) || qe != "internal" {
		t.Errorf("internal error: got %v", err)
	}
}

func TestSyncOfManyGoroutines(t *testing.T) {
	c := dial(t, new(ipc.Dialer), start(t, &ipc.Server{}, "tcp", "127.0.0.1:0"))
	var wg sync.WaitGroup
	for g := range 20 {
		wg.Go(func() {
			for i := range 100 {
				want := kdb.Long(g*1000 + i)
				if got, err := c.Sync(t.Context(), want); err != nil || got != want {
					t.Errorf("got %v, %v; want %v", got, err, want)
				}
			}
		})
	}
	wg.Wait()
}

func TestReceive(t *testing.T) {
	c := dial(t, new(ipc.Dialer), start(t, &ipc.Server{}, "tcp", "127.0.0.1:0"))
	if _, err := c.Sync(t.Context(), kdb.Sym("push")); err != nil {
		t.Fatal(err)
	}
	if err := c.Async(t.Context(), kdb.Str("deferred")); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		if m, err := c.Receive(t.Context()); err != nil || m.Value != kdb.Long(i) || m.Kind != ipc.Async {
			t.Errorf("pushed: got %v, %v", m, err)
		}
	}
	m, err := c.Receive(t.Context())
	if err != nil || kdbtest.Diff(m.Value, kdb.Str("deferred")) != "" {
		t.Errorf("deferred: got %v, %v", m, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := c.Receive(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("nothing to receive: got %v", err)
	}
	if v, err := c.Sync(t.Context(), kdb.Long(7)); err != nil || v != kdb.Long(7) {
		t.Errorf("after a deadline: got %v, %v", v, err)
	}
}

func TestSyncDeadlineKeepsConnection(t *testing.T) {
	c := dial(t, new(ipc.Dialer), start(t, &ipc.Server{}, "tcp", "127.0.0.1:0"))
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := c.Sync(ctx, kdb.Sym("slow")); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("got %v", err)
	}
	// The late response must not be taken for that of a later request.
	if v, err := c.Sync(t.Context(), kdb.Long(7)); err != nil || v != kdb.Long(7) {
		t.Errorf("got %v, %v", v, err)
	}
}

// TestDeadlinesInTheMiddleOfMessages has many goroutines share a connection and
// give up at any moment, also while they read for the others: whoever gets a
// response gets their own.
func TestDeadlinesInTheMiddleOfMessages(t *testing.T) {
	c := dial(t, new(ipc.Dialer), start(t, &ipc.Server{Handler: ipc.Answer(repeat)}, "tcp", "127.0.0.1:0"))
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 40 {
				ctx, cancel := context.WithCancel(t.Context())
				if i%2 == 0 {
					time.AfterFunc(time.Duration(i)*50*time.Microsecond, cancel)
				}
				id := kdb.Long(g*1000 + i)
				got, err := c.Sync(ctx, id)
				cancel()
				if errors.Is(err, context.Canceled) {
					continue
				}
				v, ok := got.(*kdb.Longs)
				if err != nil || !ok || slices.Min(v.V) != id || slices.Max(v.V) != id {
					t.Errorf("request %d: got %v", id, err)
					return
				}
			}
		})
	}
	wg.Wait()
	if _, err := c.Sync(t.Context(), kdb.Long(7)); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// repeat answers a long with a vector of it, which takes several reads.
func repeat(_ context.Context, _ *ipc.Conn, m ipc.Message) (kdb.Value, error) {
	v := make([]kdb.Long, 20000)
	for i := range v {
		v[i] = m.Value.(kdb.Long)
	}
	return kdb.NewVec(v), nil
}

func TestRequestFromServer(t *testing.T) {
	c := dial(t, new(ipc.Dialer), start(t, &ipc.Server{}, "tcp", "127.0.0.1:0"))
	var wg sync.WaitGroup
	wg.Go(func() {
		m, err := c.Receive(t.Context())
		if err != nil || m.Kind != ipc.Sync {
			t.Errorf("got %v, %v", m, err)
			return
		}
		if err := c.Reply(t.Context(), kdb.Sym("me")); err != nil {
			t.Error(err)
		}
	})
	if v, err := c.Sync(t.Context(), kdb.Sym("back")); err != nil || v != kdb.Sym("me") {
		t.Errorf("got %v, %v", v, err)
	}
	wg.Wait()
}

func TestCloseEndsWaitingCalls(t *testing.T) {
	c := dial(t, new(ipc.Dialer), start(t, &ipc.Server{}, "tcp", "127.0.0.1:0"))
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			var err error
			if i == 0 {
				_, err = c.Receive(t.Context())
			} else {
				_, err = c.Sync(t.Context(), kdb.Sym("slow"))
			}
			if !errors.Is(err, ipc.ErrClosed) {
				t.Errorf("got %v", err)
			}
		})
	}
	time.Sleep(20 * time.Millisecond)
	c.Close()
	wg.Wait()
	if _, err := c.Sync(t.Context(), kdb.Nil); !errors.Is(err, ipc.ErrClosed) {
		t.Errorf("after close: got %v", err)
	}
}

func TestPeerCloses(t *testing.T) {
	addr := start(t, &ipc.Server{Handler: func(context.Context, *ipc.Conn) {}}, "tcp", "127.0.0.1:0")
	c := dial(t, new(ipc.Dialer), addr)
	if _, err := c.Receive(t.Context()); !errors.Is(err, io.EOF) {
		t.Errorf("got %v", err)
	}
}

func TestLogin(t *testing.T) {
	var mu sync.Mutex
	var seen ipc.Login
	addr := start(t, &ipc.Server{Auth: func(_ context.Context, l ipc.Login, _ net.Conn) error {
		mu.Lock()
		defer mu.Unlock()
		seen = l
		if l.Password != "pass:word" {
			return errors.New("no")
		}
		return nil
	}}, "tcp", "127.0.0.1:0")
	if _, err := ipc.Dial(t.Context(), addr+":user:wrong"); !errors.Is(err, ipc.ErrRefused) {
		t.Errorf("wrong password: got %v", err)
	}
	c, err := ipc.Dial(t.Context(), ":"+addr+":user:pass:word")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	mu.Lock()
	defer mu.Unlock()
	if seen.User != "user" || seen.Capability != ipc.Large || c.Capability() != ipc.Large {
		t.Errorf("got %+v, agreed %d", seen, c.Capability())
	}
}

// TestLoginReplyIsOneByte: two widely used clients read exactly one byte.
func TestLoginReplyIsOneByte(t *testing.T) {
	addr := start(t, &ipc.Server{}, "tcp", "127.0.0.1:0")
	for login, want := range map[string]byte{
		"user:pw\x03\x00": 3,
		"user:pw\x01\x00": 1,
		"user:pw\x06\x00": 5,
		"user\x00":        0,
		"\x00":            0,
		"GE\x03\x00":      3,
	} {
		nc, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		defer nc.Close()
		// The request goes out with the login, as an eager client might.
		request, _ := ipc.Marshal(kdb.Long(5))
		request[1] = 1
		if _, err := nc.Write(append([]byte(login), request...)); err != nil {
			t.Fatal(err)
		}
		var b [1]byte
		if _, err := io.ReadFull(nc, b[:]); err != nil || b[0] != want {
			t.Errorf("%q: got %d, %v; want %d", login, b[0], err, want)
		}
		answer := make([]byte, len(request))
		if _, err := io.ReadFull(nc, answer); err != nil || answer[1] != 2 {
			t.Errorf("%q: got %x, %v", login, answer, err)
		}
	}
}

func TestParseLoginErrors(t *testing.T) {
	if _, err := ipc.ParseLogin([]byte("a\nb:c\x03")); !errors.Is(err, ipc.ErrLogin) {
		t.Errorf("control character: got %v", err)
	}
	r := bufio.NewReader(io.LimitReader(zeroless{}, 1<<20))
	if _, err := ipc.ReadLogin(r, 100); !errors.Is(err, ipc.ErrLogin) {
		t.Errorf("endless login: got %v", err)
	}
}

type zeroless struct{}

func (zeroless) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = 'x'
	}
	return len(b), nil
}

func TestMessageLimit(t *testing.T) {
	addr := start(t, &ipc.Server{MaxMessage: 1000}, "tcp", "127.0.0.1:0")
	c := dial(t, new(ipc.Dialer), addr)
	if _, err := c.Sync(t.Context(), kdb.NewVec(make([]kdb.Byte, 2000))); err == nil {
		t.Error("the server took a message over its limit")
	}
	c = dial(t, &ipc.Dialer{MaxMessage: 100}, start(t, &ipc.Server{}, "tcp", "127.0.0.1:0"))
	if _, err := c.Sync(t.Context(), kdb.NewVec(make([]kdb.Byte, 2000))); !errors.Is(err, ipc.ErrTooLarge) {
		t.Errorf("client's limit: got %v", err)
	}
	// A compressed message counts with its plain length.
	z := start(t, &ipc.Server{Compression: ipc.CompressAlways}, "tcp", "127.0.0.1:0")
	c = dial(t, &ipc.Dialer{MaxMessage: 3000}, z)
	if _, err := c.Sync(t.Context(), kdb.NewVec(make([]kdb.Byte, 5000))); !errors.Is(err, ipc.ErrTooLarge) {
		t.Errorf("compressed: got %v", err)
	}
}

func TestCompression(t *testing.T) {
	addr := start(t, &ipc.Server{Compression: ipc.CompressAlways}, "tcp", "127.0.0.1:0")
	c := dial(t, &ipc.Dialer{Compression: ipc.CompressAlways}, addr)
	v := make([]kdb.Long, 100000)
	for i := range v {
		v[i] = kdb.Long(i / 100)
	}
	got, err := c.Sync(t.Context(), kdb.NewVec(v))
	if err != nil {
		t.Fatal(err)
	}
	if d := kdbtest.Diff(got, kdb.NewVec(v)); d != "" {
		t.Error(d)
	}
}

func TestUnixSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kx.5010")
	start(t, &ipc.Server{}, "unix", path)
	c := dial(t, new(ipc.Dialer), "unix://"+path)
	if v, err := c.Sync(t.Context(), kdb.Long(7)); err != nil || v != kdb.Long(7) {
		t.Errorf("got %v, %v", v, err)
	}
}

func TestDialAddressErrors(t *testing.T) {
	for _, addr := range []string{"", "host", "host:", "[::1]"} {
		if _, err := ipc.Dial(t.Context(), addr); err == nil {
			t.Errorf("%q: no error", addr)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := ipc.Dial(ctx, "127.0.0.1:1"); !errors.Is(err, context.Canceled) {
		t.Errorf("ended context: got %v", err)
	}
}

// certificate returns a server's configuration and one for clients that trust it.
func certificate(t testing.TB) (server, client *tls.Config) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, &tls.Config{RootCAs: pool}
}

func TestTLS(t *testing.T) {
	server, client := certificate(t)
	addr := start(t, &ipc.Server{TLS: server}, "tcp", "127.0.0.1:0")
	c := dial(t, &ipc.Dialer{TLS: client}, addr)
	v := kdb.NewVec(make([]kdb.Long, 100000))
	got, err := c.Sync(t.Context(), v)
	if err != nil {
		t.Fatal(err)
	}
	if d := kdbtest.Diff(got, v); d != "" {
		t.Error(d)
	}
	if _, err := ipc.Dial(t.Context(), addr); err == nil {
		t.Error("a client without TLS was let in")
	}
	if _, err := ipc.Dial(t.Context(), "tcps://"+addr); err == nil {
		t.Error("the client trusted a certificate it does not know")
	}
	// A deadline in the middle of reading leaves TLS usable as well.
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := c.Sync(ctx, kdb.Sym("slow")); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("deadline: got %v", err)
	}
	if v, err := c.Sync(t.Context(), kdb.Long(7)); err != nil || v != kdb.Long(7) {
		t.Errorf("after a deadline: got %v, %v", v, err)
	}
	both := start(t, &ipc.Server{TLS: server, Plain: true}, "tcp", "127.0.0.1:0")
	for _, d := range []*ipc.Dialer{{TLS: client}, {}} {
		if v, err := dial(t, d, both).Sync(t.Context(), kdb.Long(7)); err != nil || v != kdb.Long(7) {
			t.Errorf("plain and TLS: got %v, %v", v, err)
		}
	}
}

// TestHTTP serves HTTP and IPC on one port.
func TestHTTP(t *testing.T) {
	addr := start(t, &ipc.Server{HTTP: func(_ context.Context, nc net.Conn) {
		defer nc.Close()
		r, err := http.ReadRequest(bufio.NewReader(nc))
		if err != nil {
			t.Error(err)
			return
		}
		fmt.Fprintf(nc, "HTTP/1.0 200 OK\r\nConnection: close\r\n\r\n%s", r.URL.Path)
	}}, "tcp", "127.0.0.1:0")
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for _, f := range []func() (*http.Response, error){
		func() (*http.Response, error) { return client.Get("http://" + addr + "/x") },
		func() (*http.Response, error) { return client.Post("http://"+addr+"/x", "text/plain", nil) },
	} {
		res, err := f()
		if err != nil {
			t.Fatal(err)
		}
		b, _ := io.ReadAll(res.Body)
		res.Body.Close()
		if string(b) != "/x" {
			t.Errorf("got %q", b)
		}
	}
	if v, err := dial(t, new(ipc.Dialer), addr).Sync(t.Context(), kdb.Long(7)); err != nil || v != kdb.Long(7) {
		t.Errorf("ipc on the same port: got %v, %v", v, err)
	}
}

// TestShutdownAnswersWhatWasAsked: a request under way when the server is told
// to stop is answered.
func TestShutdownAnswersWhatWasAsked(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	s := &ipc.Server{Handler: ipc.Answer(echo)}
	go func() { done <- s.Serve(ctx, l) }()
	c := dial(t, new(ipc.Dialer), l.Addr().String())
	time.AfterFunc(30*time.Millisecond, stop)
	if v, err := c.Sync(t.Context(), kdb.Sym("slow")); err != nil || v != kdb.Sym("slow") {
		t.Errorf("got %v, %v", v, err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	if _, err := c.Receive(t.Context()); err == nil {
		t.Error("still open")
	}
}

// TestLoginTimeout: a client that says nothing is not kept.
func TestLoginTimeout(t *testing.T) {
	addr := start(t, &ipc.Server{LoginTimeout: 20 * time.Millisecond}, "tcp", "127.0.0.1:0")
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	if _, err := nc.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("got %v", err)
	}
}

// TestAsyncInOneWrite sends several messages at once, and one to several.
func TestAsyncInOneWrite(t *testing.T) {
	for _, z := range []ipc.Compression{ipc.CompressNever, ipc.CompressAlways} {
		c := dial(t, &ipc.Dialer{Compression: z}, start(t, &ipc.Server{}, "tcp", "127.0.0.1:0"))
		messages := []kdb.Value{kdb.Long(1), kdb.NewVec(make([]kdb.Long, 5000)), kdb.Syms("a")}
		if err := c.Async(t.Context(), messages...); err != nil {
			t.Fatal(err)
		}
		e, err := ipc.Encode(messages[1])
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := c.AsyncEncoded(t.Context(), e); err != nil {
				t.Fatal(err)
			}
		}
		for i, want := range append(messages, messages[1], messages[1]) {
			m, err := c.Receive(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if d := kdbtest.Diff(m.Value, want); d != "" {
				t.Errorf("message %d: %s", i, d)
			}
		}
		if err := c.Async(t.Context(), kdb.Long(1), foreign{}); err == nil {
			t.Error("a value without encoding was sent")
		}
		if v, err := c.Sync(t.Context(), kdb.Long(7)); err != nil || v != kdb.Long(7) {
			t.Errorf("after a message that was not sent: got %v, %v", v, err)
		}
	}
}

// foreign is a value of somebody else's.
type foreign struct{}

func (foreign) Type() kdb.Type { return kdb.TDynamic }
func (foreign) Len() int       { return 1 }
