package q_test

import (
	"bufio"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// socket is a WebSocket's client, frame by frame.
type socket struct {
	t  *testing.T
	nc net.Conn
	r  *bufio.Reader
}

// Opcodes of frames, and the bit of a message's last one. Source: RFC 6455, 5.2.
const (
	frameMore   = 0
	frameText   = 1
	frameBinary = 2
	frameClose  = 8
	framePing   = 9
	framePong   = 10
	frameFin    = 0x80
)

// dialSocket asks for the upgrade, with the example key of RFC 6455.
func dialSocket(t *testing.T, port string) *socket {
	t.Helper()
	nc, err := net.Dial("tcp", "localhost:"+port)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = nc.Close() })
	_ = nc.SetDeadline(time.Now().Add(patience))
	if _, err := io.WriteString(nc, "GET /feed HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	w := &socket{t, nc, bufio.NewReader(nc)}
	resp, err := http.ReadResponse(w.r, nil)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusSwitchingProtocols || resp.Header.Get("Sec-WebSocket-Accept") != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" {
		t.Fatalf("upgrade: %v", resp)
	}
	return w
}

func (w *socket) send(head byte, payload string) {
	w.t.Helper()
	b := []byte{head}
	switch n := len(payload); {
	case n < 126:
		b = append(b, 0x80|byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, 0x80|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 0x80|127), uint64(n))
	}
	mask := [4]byte{1, 2, 3, 4}
	b = append(b, mask[:]...)
	for i := range len(payload) {
		b = append(b, payload[i]^mask[i%4])
	}
	if _, err := w.nc.Write(b); err != nil {
		w.t.Fatal(err)
	}
}

// want reads a frame, unmasked as a server's must be.
func (w *socket) want(head byte, payload string) {
	w.t.Helper()
	var b [10]byte
	if _, err := io.ReadFull(w.r, b[:2]); err != nil {
		w.t.Fatal(err)
	}
	n := uint64(b[1])
	switch n {
	case 126:
		_, _ = io.ReadFull(w.r, b[2:4])
		n = uint64(binary.BigEndian.Uint16(b[2:]))
	case 127:
		_, _ = io.ReadFull(w.r, b[2:10])
		n = binary.BigEndian.Uint64(b[2:])
	}
	got := make([]byte, n)
	if _, err := io.ReadFull(w.r, got); err != nil {
		w.t.Fatal(err)
	}
	if b[0] != head || string(got) != payload {
		w.t.Errorf("got %#x %.60q, want %#x %.60q", b[0], got, head, payload)
	}
}

// TestWebSocket: .z.wo, .z.ws and .z.wc, frames of every kind and length, and
// what a process sends by itself.
func TestWebSocket(t *testing.T) {
	s, port := listenQ(t, t.TempDir(), nil)
	s.all(
		try{"log1:()", ""},
		try{".z.wo:{log1,:enlist(`wo;x=.z.w)}", ""}, try{".z.wc:{log1,:enlist(`wc;x)}", ""},
		try{`.z.ws:{neg[.z.w]$[x~"p";.z.u;x~"long";70000#"y";10h=type x;.Q.s value x;reverse x]}`, ""},
	)
	w := dialSocket(t, port)
	w.send(frameText|frameFin, "2+3")
	w.want(frameText|frameFin, "5\n")
	w.send(frameBinary|frameFin, "\x01\x02\xff")
	w.want(frameBinary|frameFin, "\xff\x02\x01")
	w.send(frameText, "sum til")
	w.send(framePing|frameFin, "still there?")
	w.send(frameMore|frameFin, " 10")
	w.want(framePong|frameFin, "still there?")
	w.want(frameText|frameFin, "45\n")
	w.send(frameText|frameFin, "count\""+strings.Repeat("x", 200)+`"`)
	w.want(frameText|frameFin, "200\n")
	w.send(frameText|frameFin, "count\""+strings.Repeat("x", 70000)+`"`)
	w.want(frameText|frameFin, "70000\n")
	w.send(frameText|frameFin, "long")
	w.want(frameText|frameFin, strings.Repeat("y", 70000))
	s.all(
		try{"h:first .z.H", ""}, try{"(-38!h)`p`f", `"wt"`}, try{`h"sync"`, "'nyi"}, try{`neg[h]1 2 3`, "'type"},
		try{`neg[h]"news"`, ""}, try{"neg[h]0x0a0b", ""},
	)
	w.want(frameText|frameFin, "news")
	w.want(frameBinary|frameFin, "\x0a\x0b")
	w.send(frameClose|frameFin, "\x03\xe8")
	s.until("last[log1]0", "`wc")
	s.all(try{"log1[;0]", "`wo`wc"}, try{"log1[0;1]", "1b"}, try{"log1[1;1]=h", "1b"}, try{"count .z.H", "0"})
}

// TestWebSocketEnds: a process closes a socket after all it sent; without .z.ws
// there is none; an error in .z.ws closes nothing.
func TestWebSocketEnds(t *testing.T) {
	s, port := listenQ(t, t.TempDir(), nil)
	w := web{t, "http://localhost:" + port}
	if status, _, _ := w.ask("GET", "/", "", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Key: x"); status != 400 {
		t.Errorf("without .z.ws: %d", status)
	}
	s.do(`.z.ws:{$[x~"bye";[neg[.z.w]"last words";neg[.z.w][];hclose .z.w];x~"bad";'bad;neg[.z.w]x]}`)
	c := dialSocket(t, port)
	c.send(frameText|frameFin, "bad")
	c.send(frameText|frameFin, "alive")
	c.want(frameText|frameFin, "alive")
	c.send(frameText|frameFin, "bye")
	c.want(frameText|frameFin, "last words")
	for {
		if _, err := c.r.ReadByte(); err != nil {
			if ne, ok := err.(net.Error); ok && ne.Timeout() {
				t.Error("hclose left the socket open")
			}
			break
		}
	}
}

// TestWebSocketMalformed: frames that no client may send end the connection.
func TestWebSocketMalformed(t *testing.T) {
	s, port := listenQ(t, t.TempDir(), nil)
	s.do(".z.ws:{got::x};.z.wc:{gone::1+0^gone};gone:0")
	for i, frame := range []string{
		"\x81\x03abc", // not masked
		"\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff", // longer than anything
		"\x81\xfe\x10", // cut short
	} {
		c := dialSocket(t, port)
		if _, err := io.WriteString(c.nc, frame); err != nil {
			t.Fatal(err)
		}
		_ = c.nc.(*net.TCPConn).CloseWrite()
		_, _ = io.Copy(io.Discard, c.r)
		s.until("gone", string(rune('1'+i)))
	}
	s.all(try{"`got in key`.", "0b"}, try{"count .z.H", "0"})
}

// TestWebSocketClient: q opens a WebSocket to another q.
func TestWebSocketClient(t *testing.T) {
	s, port := listenQ(t, t.TempDir(), nil)
	s.do(`.z.ws:{neg[.z.w]"echo ",x}`)
	c := startQ(t, t.TempDir(), nil, "-q", "-t", "10000")
	c.do("got:();.z.ws:{got,:enlist x}")
	c.do("r:(`$\":ws://localhost:" + port + "\")\"GET / HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n\"")
	c.all(try{"type each r", "-6 10h"}, try{`r[1]like"HTTP/1.1 101*"`, "1b"}, try{`neg[r 0]"hi"`, ""})
	c.until("got", `"echo hi"`)
	c.do("hclose r 0")
	s.until("count .z.H", "0")
}
