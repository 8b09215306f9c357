package eval

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/kdb/ipc"
)

// WebSocket opcodes. Source: RFC 6455, section 5.2.
const (
	wsText   = 1
	wsBinary = 2
	wsClose  = 8
	wsPing   = 9
	wsPong   = 10
)

// wsConn is one end of a WebSocket. What a client sends is masked.
type wsConn struct {
	nc     net.Conn
	r      *bufio.Reader
	client bool
}

// close says goodbye, which may not get through, and ends the connection.
func (w *wsConn) close() {
	_ = w.nc.SetWriteDeadline(time.Now().Add(wsGoodbye))
	_ = w.write(wsClose, nil)
	_ = w.nc.Close()
}

// wsGoodbye is how long the last frame of a WebSocket may take.
const wsGoodbye = time.Second

// acceptKey proves that a server speaks the protocol. Source: RFC 6455, 4.2.2.
func acceptKey(key string) string {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// serveWebSocket gives each message of a client to .z.ws; .z.wo and .z.wc hear
// of its coming and going. Source: KX manual, "WebSockets" (kb/websockets).
func (c *connections) serveWebSocket(ctx context.Context, nc net.Conn, r *bufio.Reader, req *http.Request, user string) {
	c.eng.turn.Lock()
	served := c.eng.handler("ws") != nil
	c.eng.turn.Unlock()
	if !served {
		_, _ = io.WriteString(nc, "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
		return
	}
	if _, err := io.WriteString(nc, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "+
		acceptKey(req.Header.Get("Sec-WebSocket-Key"))+"\r\n\r\n"); err != nil {
		return
	}
	_ = nc.SetReadDeadline(time.Time{})
	h := &handle{ws: &wsConn{nc: nc, r: r}, addr: nc.RemoteAddr(), user: user}
	if s, ok := ipc.ConnectionState(nc); ok {
		h.secure, h.verified = &s, len(s.VerifiedChains) > 0
	}
	id := c.add(h)
	c.eng.turn.take(func() { c.callback(id, "wo", kdb.Int(id)) })
	c.converse(ctx, h)
}

// converse gives .z.ws what arrives on a WebSocket, until it closes.
func (c *connections) converse(ctx context.Context, h *handle) {
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		c.eng.contain(func() { h.send(ctx) })
	}()
	for {
		op, payload, err := h.ws.read()
		if err != nil || op == wsClose {
			break
		}
		var msg kdb.Value = kdb.Str(string(payload))
		if op == wsBinary {
			msg = bytesOf(payload)
		}
		c.eng.turn.take(func() { c.callback(h.id, "ws", msg) })
	}
	h.close()
	<-sent
	if ctx.Err() != nil {
		c.remove(h)
		return
	}
	c.ended(h, "wc")
}

// openWebSocket is `:ws://host:port text: asks for the upgrade with that text,
// to which the headers of the protocol are added, and returns the handle, null
// if the server would not, and its response.
func (th *thread) openWebSocket(name string, x kdb.Value) (kdb.Value, error) {
	text, ok := stringOf(x)
	head, complete := strings.CutSuffix(text, "\r\n\r\n")
	if !ok || !complete {
		return nil, errType
	}
	eng := th.eng
	if eng.handler("ws") == nil {
		return nil, kdb.Error(".z.ws")
	}
	u, nc, err := th.dialWeb(name)
	if err != nil {
		return nil, err
	}
	var nonce [16]byte
	eng.sys.Entropy(nonce[:])
	key := base64.StdEncoding.EncodeToString(nonce[:])
	if user := u.User; user != nil && !strings.Contains(head, "\r\nAuthorization:") {
		password, _ := user.Password()
		head += "\r\nAuthorization: Basic " + base64.StdEncoding.EncodeToString([]byte(user.Username()+":"+password))
	}
	_, err = io.WriteString(nc, head+"\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "+key+"\r\n\r\n")
	r := bufio.NewReader(nc)
	var answer string
	if err == nil {
		answer, err = readHead(r)
	}
	if err != nil {
		_ = nc.Close()
		return nil, th.httpError(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(strings.NewReader(answer)), nil)
	if err != nil || resp.StatusCode != http.StatusSwitchingProtocols || resp.Header.Get("Sec-WebSocket-Accept") != acceptKey(key) {
		_ = nc.Close()
		return kdb.NewList(kdb.NullInt, kdb.Str(answer)), nil
	}
	h := &handle{ws: &wsConn{nc: nc, r: r, client: true}, addr: nc.RemoteAddr(), mine: true, path: name}
	c := eng.ipc
	id := c.add(h)
	c.work.Go(func() { c.eng.contain(func() { c.converse(c.ctx, h) }) })
	return kdb.NewList(kdb.Int(id), kdb.Str(answer)), nil
}

var errFrame = errors.New("websocket: bad frame")

// read returns the next message, answering pings on the way.
func (w *wsConn) read() (op byte, payload []byte, err error) {
	for {
		fin, o, p, err := w.frame()
		if err != nil {
			return 0, nil, err
		}
		switch o {
		case wsPing:
			if err := w.write(wsPong, p); err != nil {
				return 0, nil, err
			}
			continue
		case wsPong:
			continue
		case wsClose:
			return o, nil, nil
		case wsText, wsBinary:
			op = o
		}
		if payload = append(payload, p...); len(payload) > maxHTTPBody {
			return 0, nil, errFrame
		}
		if fin {
			return op, payload, nil
		}
	}
}

func (w *wsConn) frame() (fin bool, op byte, payload []byte, err error) {
	var head [14]byte
	if _, err = io.ReadFull(w.r, head[:2]); err != nil {
		return
	}
	fin, op = head[0]&0x80 != 0, head[0]&15
	n, masked := uint64(head[1]&0x7f), head[1]&0x80 != 0
	switch n {
	case 126:
		if _, err = io.ReadFull(w.r, head[:2]); err != nil {
			return
		}
		n = uint64(binary.BigEndian.Uint16(head[:2]))
	case 127:
		if _, err = io.ReadFull(w.r, head[:8]); err != nil {
			return
		}
		n = binary.BigEndian.Uint64(head[:8])
	}
	if n > maxHTTPBody || masked == w.client { // RFC 6455, 5.1
		return fin, op, nil, errFrame
	}
	var mask [4]byte
	if masked {
		if _, err = io.ReadFull(w.r, mask[:]); err != nil {
			return
		}
	}
	payload = make([]byte, n)
	if _, err = io.ReadFull(w.r, payload); err != nil {
		return
	}
	for i := range payload {
		payload[i] ^= mask[i&3]
	}
	return fin, op, payload, nil
}

// write sends one message in one frame.
func (w *wsConn) write(op byte, payload []byte) error {
	b := []byte{0x80 | op}
	switch n := len(payload); {
	case n < 126:
		b = append(b, byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, 126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 127), uint64(n))
	}
	if w.client {
		var mask [4]byte
		_, _ = rand.Read(mask[:]) // never fails
		b[1] |= 0x80
		b = append(b, mask[:]...)
		payload = bytes.Clone(payload)
		for i := range payload {
			payload[i] ^= mask[i&3]
		}
	}
	_, err := w.nc.Write(append(b, payload...))
	return err
}

// writeValue sends a string as text and bytes as binary.
func (w *wsConn) writeValue(v kdb.Value) error {
	b, ok := rawText(v)
	if !ok {
		return errType
	}
	if v.Type() == kdb.TByte {
		return w.write(wsBinary, b)
	}
	return w.write(wsText, b)
}
