package eval

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/kdb/ipc"
)

// Bounds on what an HTTP client may send, and how long it may take.
const (
	maxHTTPBody = 64 << 20
	httpIdle    = 2 * time.Minute
)

const unauthorized = "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"q\"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

// serveHTTP answers HTTP requests on a connection: GET with .z.ph, POST with
// .z.pp, other methods with .z.pm, an upgrade to WebSocket with .z.ws; .z.ac
// or the password file say who may.
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
		user, refusal := c.admitHTTP(req)
		if refusal != "" {
			_, _ = io.WriteString(nc, refusal)
			return
		}
		if strings.EqualFold(req.Header.Get("Upgrade"), "websocket") {
			c.serveWebSocket(ctx, nc, r, req, user)
			return
		}
		body, err := io.ReadAll(io.LimitReader(req.Body, maxHTTPBody))
		if err != nil {
			return
		}
		out := c.answerHTTP(nc, req, user, string(body))
		if _, err := io.WriteString(nc, out); err != nil {
			return
		}
		head, _, _ := strings.Cut(out, "\r\n\r\n")
		if !strings.Contains(strings.ToLower(head), "keep-alive") {
			return
		}
	}
}

// admitHTTP says who makes a request, or with which response it is refused: as
// .z.ac says, or else by basic authentication.
func (c *connections) admitHTTP(req *http.Request) (user, refusal string) {
	var v kdb.Value
	asked, open := false, false
	c.eng.turn.take(func() {
		v, asked = c.callback(0, "ac", kdb.NewList(kdb.Str(requestText(req)), headers(req)))
		open = c.users.Load() == nil && c.eng.handler("pw") == nil
	})
	if asked {
		verdict, ok := v.(*kdb.List)
		if !ok || len(verdict.V) != 2 {
			return "", unauthorized
		}
		code, _ := intOf(verdict.V[0])
		text, _ := stringOf(verdict.V[1])
		switch code {
		case 1:
			return text, ""
		case 2:
			return "", text
		case 4: // basic authentication
		default:
			return "", unauthorized
		}
	}
	user, password, _ := req.BasicAuth()
	if !open && !c.admits(user, password) {
		return "", unauthorized
	}
	return user, ""
}

func requestText(req *http.Request) string { return strings.TrimPrefix(req.URL.RequestURI(), "/") }

// answerHTTP evaluates one request and returns the whole response.
func (c *connections) answerHTTP(nc net.Conn, req *http.Request, user, body string) string {
	h := &handle{addr: nc.RemoteAddr(), user: user}
	if s, ok := ipc.ConnectionState(nc); ok {
		h.secure, h.verified = &s, len(s.VerifiedChains) > 0
	}
	id := c.add(h)
	defer c.remove(h)
	c.eng.turn.Lock()
	defer c.eng.turn.Unlock()
	c.eng.browsed = true
	defer func() { c.eng.browsed = false }()
	text := requestText(req)
	name := "pm"
	args := []kdb.Value{kdb.Sym(req.Method)}
	switch req.Method {
	case http.MethodGet:
		name, args = "ph", nil
	case http.MethodPost:
		name, args = "pp", nil
		text += " " + body
	}
	request := kdb.NewList(append(args, kdb.Str(text), headers(req))...)
	f := c.eng.handler(name)
	byDefault := f == nil
	th := c.eng.main
	if byDefault {
		if name != "ph" {
			return httpResponse("501 Not Implemented", "'nyi: .z."+name)
		}
		f, _ = th.getName(kdb.Sym(".h.serve"))
	}
	v, err := c.forClient(th, id, func() (kdb.Value, error) {
		if f == nil {
			return nil, kdb.Error(".h.serve")
		}
		return th.apply(f, []kdb.Value{request})
	})
	if err == nil {
		if s, ok := rawText(v); ok {
			if byDefault && strings.Contains(text, "?") && strings.Contains(req.Header.Get("Accept-Encoding"), "gzip") {
				return compressed(string(s))
			}
			return string(s)
		}
		err = errType
	}
	msg := "'" + string(message(err))
	var e *Error
	if errors.As(err, &e) && c.eng.conf.errorTraps == 2 {
		msg = e.FormatTrace()
	}
	return httpResponse("400 Bad Request", msg)
}

func httpResponse(status, text string) string {
	return "HTTP/1.1 " + status + "\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: " + strconv.Itoa(len(text)) + "\r\n\r\n" + text
}

// gzipFrom is how long a payload is compressed from. Source: KX manual, "HTTP".
const gzipFrom = 2000

// compressed returns a response with its payload compressed.
func compressed(response string) string {
	head, payload, ok := strings.Cut(response, "\r\n\r\n")
	if !ok || len(payload) < gzipFrom {
		return response
	}
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = io.WriteString(w, payload) // a buffer takes everything
	_ = w.Close()
	lines := strings.Split(head, "\r\n")
	for i, l := range lines {
		if name, _, _ := strings.Cut(l, ":"); strings.EqualFold(name, "Content-Length") {
			lines[i] = "Content-Encoding: gzip\r\nContent-Length: " + strconv.Itoa(b.Len())
		}
	}
	return strings.Join(lines, "\r\n") + "\r\n\r\n" + b.String()
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
