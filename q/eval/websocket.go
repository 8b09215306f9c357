package eval

import (
	"bufio"
	"context"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
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

// wsConn is the server's end of a WebSocket.
type wsConn struct {
	nc net.Conn
	r  *bufio.Reader
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
	// The accept key proves that the server speaks the protocol: RFC 6455, 4.2.2.
	sum := sha1.Sum([]byte(req.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	if _, err := io.WriteString(nc, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "+
		base64.StdEncoding.EncodeToString(sum[:])+"\r\n\r\n"); err != nil {
		return
	}
	ws := &wsConn{nc, r}
	_ = nc.SetReadDeadline(time.Time{})
	h := &handle{ws: ws, addr: nc.RemoteAddr(), user: user}
	if s, ok := ipc.ConnectionState(nc); ok {
		h.secure, h.verified = &s, len(s.VerifiedChains) > 0
	}
	id := c.add(h)
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		c.eng.contain(func() { h.send(ctx) })
	}()
	c.eng.turn.take(func() { c.callback(id, "wo", kdb.Int(id)) })
	for {
		op, payload, err := ws.read()
		if err != nil || op == wsClose {
			break
		}
		var msg kdb.Value = kdb.Str(string(payload))
		if op == wsBinary {
			msg = bytesOf(payload)
		}
		c.eng.turn.take(func() { c.callback(id, "ws", msg) })
	}
	h.close()
	_ = nc.Close()
	<-sent
	c.remove(id)
	if ctx.Err() == nil {
		c.eng.turn.take(func() { c.callback(0, "wc", kdb.Int(id)) })
	}
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
	n := uint64(head[1] & 0x7f)
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
	if n > maxHTTPBody || head[1]&0x80 == 0 && n > 0 {
		return fin, op, nil, errFrame
	}
	var mask [4]byte
	if _, err = io.ReadFull(w.r, mask[:]); err != nil {
		return
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
