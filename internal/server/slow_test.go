package server_test

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/quoinhq/quoin/internal/server"
	"github.com/quoinhq/quoin/internal/sigv4"
	"github.com/quoinhq/quoin/test/live"
)

// quick are limits that are short, and yet long for a request that comes whole
// to a slow machine.
func quick(c *server.Config) {
	c.Limits.HeaderTimeout, c.Limits.BodyTimeout = 2*time.Second, 3*time.Second
	c.Limits.ReplyTimeout, c.Limits.IdleTimeout = time.Minute, 2*time.Second
}

// ends waits until the server has hung up, and returns what it said before.
func ends(t *testing.T, conn net.Conn) string {
	t.Helper()
	_ = conn.SetReadDeadline(time.Now().Add(time.Minute))
	said, err := io.ReadAll(conn)
	if net, ok := err.(net.Error); ok && net.Timeout() {
		t.Errorf("the connection is still open; it said %.200q", said)
	}
	return string(said)
}

func dial(t *testing.T, addr string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// TestSlowClients holds connections open without sending what was announced:
// the server lets go of them and answers others all the while.
func TestSlowClients(t *testing.T) {
	s := live.Start(t, quick)
	addr := strings.TrimPrefix(s.URL(), "http://")
	signedLike := func(service string) string {
		return "Authorization: AWS4-HMAC-SHA256 Credential=AKIAAAAAAAAAAAAAAAAA/" + s.Now().UTC().Format("20060102") + "/us-east-1/" + service +
			"/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=" + strings.Repeat("0", 64) + "\r\n" +
			"X-Amz-Content-Sha256: UNSIGNED-PAYLOAD\r\nX-Amz-Date: " + s.Now().UTC().Format("20060102T150405Z") + "\r\n"
	}
	for name, c := range map[string]struct {
		send, want string
		trickle    string // sent again and again
	}{
		"no header":               {want: ""},
		"half a header":           {send: "GET /kx/environments HTTP/1.1\r\nHost: x\r\nX-", want: ""},
		"a header that trickles":  {send: "GET /kx/environments HTTP/1.1\r\nHost: x\r\n", trickle: "X-A: b\r\n", want: ""},
		"a body that stalls":      {send: "PUT /kx/environments/a/users/b HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{", want: "408"},
		"a body that trickles":    {send: "PUT /kx/environments/a/users/b HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n{", trickle: " ", want: "408"},
		"chunks that never end":   {send: "PUT /kx/environments/a/users/b HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", trickle: "1\r\n \r\n", want: "408"},
		"an object of a stranger": {send: "PUT /bucket/key HTTP/1.1\r\nHost: x\r\n" + signedLike("s3") + "Content-Length: 1000\r\n\r\n", want: "403"},
		"one that trickles":       {send: "PUT /bucket/key HTTP/1.1\r\nHost: x\r\n" + signedLike("s3") + "Content-Length: 100000\r\n\r\n", trickle: " ", want: "403"},
		"nothing after an answer": {send: "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", want: "200"},
		"no TLS, no HTTP":         {send: "\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03\r\n\r\n", want: "400"},
		"a header too large":      {send: "GET / HTTP/1.1\r\nHost: x\r\nX-A: " + strings.Repeat("a", 80<<10) + "\r\n\r\n", want: "431"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn := dial(t, addr)
			if _, err := io.WriteString(conn, c.send); err != nil {
				return // it has hung up on us already
			}
			if r := s.Do("GET", "/kx/environments", nil); r.Status != 200 {
				t.Errorf("another client: %d", r.Status)
			}
			if c.trickle != "" {
				stopped := make(chan struct{})
				go func() {
					defer close(stopped)
					for range 200 {
						if _, err := io.WriteString(conn, c.trickle); err != nil {
							return
						}
						time.Sleep(100 * time.Millisecond)
					}
				}()
				defer func() { conn.Close(); <-stopped }()
			}
			if said := ends(t, conn); !strings.Contains(said, c.want) {
				t.Errorf("got %.200q, want %s", said, c.want)
			}
		})
	}
}

// TestSlowHandshakes has clients that begin with TLS and go no further.
func TestSlowHandshakes(t *testing.T) {
	cert, key := live.Certificate(t, 1)
	s := live.Start(t, quick, func(c *server.Config) { c.TLSCert, c.TLSKey = cert, key })
	s.Client = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	defer s.Client.CloseIdleConnections()
	var conns []net.Conn
	for _, begin := range []string{"", "\x16", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"} {
		conn := dial(t, strings.TrimPrefix(s.URL(), "https://"))
		if _, err := io.WriteString(conn, begin); err != nil {
			t.Fatal(err)
		}
		conns = append(conns, conn)
	}
	if r := s.Do("GET", "/kx/environments", nil); r.Status != 200 {
		t.Errorf("another client: %d", r.Status)
	}
	for _, conn := range conns {
		ends(t, conn)
	}
}

// TestSlowObjects takes the time that an object needs, from and to somebody who
// may, and ends what does not go on.
func TestSlowObjects(t *testing.T) {
	s := live.Start(t, quick, func(c *server.Config) { c.Limits.BodyTimeout = 2 * time.Second })
	send := func(method, path string, body []byte) ([]byte, net.Conn) {
		r, _ := s.Request(method, path, body)
		if err := sigv4.Sign(r, s.Root, "us-east-1", "s3", sigv4.HashBody(body), s.Now()); err != nil {
			t.Fatal(err)
		}
		var wire bytes.Buffer
		if err := r.Write(&wire); err != nil {
			t.Fatal(err)
		}
		return wire.Bytes(), dial(t, r.URL.Host)
	}
	status := func(conn net.Conn) string {
		_ = conn.SetReadDeadline(time.Now().Add(time.Minute))
		line, err := bufio.NewReader(conn).ReadString('\n')
		if err != nil {
			t.Error(err)
		}
		return strings.TrimSpace(line)
	}
	write := func(conn net.Conn, b []byte) {
		if _, err := conn.Write(b); err != nil {
			t.Fatal(err)
		}
	}
	wire, conn := send("PUT", "/bucket", nil)
	write(conn, wire)
	if got := status(conn); !strings.Contains(got, "200") {
		t.Fatal(got)
	}
	wire, conn = send("PUT", "/bucket/key", bytes.Repeat([]byte("0123456789abcdef"), 64))
	write(conn, wire[:len(wire)-1000])
	for rest := wire[len(wire)-1000:]; len(rest) > 0; rest = rest[100:] {
		time.Sleep(400 * time.Millisecond) // four seconds in all, twice the limit
		write(conn, rest[:100])
	}
	if got := status(conn); !strings.Contains(got, "200") {
		t.Errorf("an object that went on coming: %s", got)
	}
	wire, conn = send("PUT", "/bucket/half", []byte("0123456789abcdef"))
	write(conn, wire[:len(wire)-8])
	if said := ends(t, conn); strings.Contains(said, "200 OK") {
		t.Errorf("half an object was taken: %s", said)
	}
	wire, conn = send("GET", "/bucket/half", nil)
	write(conn, wire)
	if got := status(conn); !strings.Contains(got, "404") {
		t.Errorf("half an object is there: %s", got)
	}
}
