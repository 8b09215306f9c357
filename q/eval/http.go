package eval

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/quoinhq/quoin/kdb"
)

// Bounds on what an HTTP client may send, and how long it may take.
const (
	maxHTTPBody = 64 << 20
	httpIdle    = 2 * time.Minute
)

// serveHTTP answers HTTP requests on a connection: GET with .z.ph, POST with
// .z.pp, an upgrade to WebSocket with .z.ws.
// Source: KX manual, "The .z namespace", Callbacks (HTTP).
func (c *connections) serveHTTP(ctx context.Context, nc net.Conn) {
	defer nc.Close()
	stop := context.AfterFunc(ctx, func() { _ = nc.Close() })
	defer stop()
	r := bufio.NewReader(nc)
	for {
		_ = nc.SetReadDeadline(time.Now().Add(httpIdle))
		req, err := http.ReadRequest(r)
		if err != nil {
			return
		}
		if strings.EqualFold(req.Header.Get("Upgrade"), "websocket") {
			c.serveWebSocket(ctx, nc, r, req)
			return
		}
		body, err := io.ReadAll(io.LimitReader(req.Body, maxHTTPBody))
		if err != nil {
			return
		}
		if !c.mayHTTP(req) {
			_, _ = io.WriteString(nc, "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"q\"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
			return
		}
		out := c.answerHTTP(nc, req, string(body))
		if _, err := io.WriteString(nc, out); err != nil {
			return
		}
		head, _, _ := strings.Cut(out, "\r\n\r\n")
		if !strings.Contains(strings.ToLower(head), "keep-alive") {
			return
		}
	}
}

// mayHTTP checks the password file of -u against basic authentication.
func (c *connections) mayHTTP(req *http.Request) bool {
	if c.users == nil {
		return true
	}
	user, pass, ok := req.BasicAuth()
	want, known := c.users[user]
	return ok && known && passwordIs(want, pass)
}

// answerHTTP evaluates one request and returns the whole response.
func (c *connections) answerHTTP(nc net.Conn, req *http.Request, body string) string {
	h := &handle{addr: nc.RemoteAddr()}
	if user, _, ok := req.BasicAuth(); ok {
		h.user = user
	}
	id := c.add(h)
	defer c.remove(id)
	c.eng.turn.Lock()
	defer c.eng.turn.Unlock()
	text := strings.TrimPrefix(req.URL.RequestURI(), "/")
	name := "ph"
	if req.Method == http.MethodPost {
		name = "pp"
		text += " " + body
	}
	request := kdb.NewList(kdb.Str(text), headers(req))
	th := c.eng.main
	v, err := c.forClient(th, id, func() (kdb.Value, error) {
		f := c.eng.handler(name)
		if f == nil {
			var err error
			if f, err = th.getName(kdb.Sym(".h.serve")); err != nil {
				return nil, err
			}
		}
		return th.apply(f, []kdb.Value{request})
	})
	if err == nil {
		if s, ok := rawText(v); ok {
			return string(s)
		}
		err = errType
	}
	msg := "'" + string(message(err))
	var e *Error
	if errors.As(err, &e) && c.eng.conf.errorTraps == 2 {
		msg = e.FormatTrace()
	}
	return "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: " +
		kdb.Inline(kdb.Long(len(msg))) + "\r\n\r\n" + msg
}

func headers(req *http.Request) kdb.Value {
	keys := []kdb.Symbol{kdb.Sym("Host")}
	vals := []kdb.Value{kdb.Str(req.Host)}
	for k, v := range req.Header {
		keys = append(keys, kdb.Sym(k))
		vals = append(vals, kdb.Str(strings.Join(v, ",")))
	}
	return kdb.NewDict(kdb.NewVec(keys), kdb.NewList(vals...))
}
