package eval

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/quoinhq/quoin/kdb"
)

// httpGet is .Q.hg, httpPost .Q.hp: the body of what a web server answers,
// whatever its status. Source: KX manual, ".Q.hg".
func httpGet(th *thread, a []kdb.Value) (kdb.Value, error) {
	return th.fetch(http.MethodGet, a[0], "", nil)
}

func httpPost(th *thread, a []kdb.Value) (kdb.Value, error) {
	mime, ok := stringOf(a[1])
	body, ok2 := rawText(a[2])
	if !ok || !ok2 {
		return nil, errType
	}
	return th.fetch(http.MethodPost, a[0], mime, body)
}

func (th *thread) fetch(method string, target kdb.Value, mime string, body []byte) (kdb.Value, error) {
	if th.reval > 0 {
		return nil, errNoUpd
	}
	name, ok := stringOf(target)
	if !ok {
		return nil, errType
	}
	ctx, cancel := context.WithCancel(th.eng.ipc.ctx)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimPrefix(name, ":"), bytes.NewReader(body))
	if err != nil || req.URL.Host == "" {
		return nil, errDomain
	}
	if mime != "" {
		req.Header.Set("Content-Type", mime)
	}
	eng := th.eng
	transport := &http.Transport{DialContext: eng.sys.Dial, Proxy: eng.proxy}
	if req.URL.Scheme == "https" {
		if transport.TLSClientConfig, err = eng.tlsClient(req.URL.Hostname()); err != nil {
			return nil, err
		}
	}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	var text []byte
	eng.ipc.interruptible(cancel, func() {
		var resp *http.Response
		if resp, err = client.Do(req); err == nil {
			text, err = io.ReadAll(resp.Body)
			_ = resp.Body.Close()
		}
	})
	if err != nil {
		return nil, th.httpError(err)
	}
	return kdb.Str(string(text)), nil
}

// interruptible runs f, which cancel ends when the evaluation is interrupted.
func (c *connections) interruptible(cancel func(), f func()) {
	c.mu.Lock()
	c.waiting = cancel
	c.mu.Unlock()
	f()
	c.mu.Lock()
	c.waiting = nil
	c.mu.Unlock()
}

func (th *thread) httpError(err error) error {
	if th.eng.stop.Load() != stopNo {
		return errStop
	}
	var q kdb.Error
	if errors.As(err, &q) {
		return q
	}
	return kdb.Error("conn. OS reports: " + reason(err))
}

// proxy says through which proxy a request goes, by the environment.
func (eng *Engine) proxy(req *http.Request) (*url.URL, error) {
	env := func(name string) string {
		for _, n := range []string{strings.ToLower(name), name} {
			if v, ok := eng.sys.LookupEnv(n); ok && v != "" {
				return v
			}
		}
		return ""
	}
	via := env("HTTP_PROXY")
	if via == "" || req.URL.Scheme != "http" {
		return nil, nil
	}
	host := req.URL.Hostname()
	for _, no := range strings.Split(env("NO_PROXY"), ",") {
		no = strings.TrimPrefix(strings.TrimSpace(no), ".")
		if no == "*" || no != "" && (host == no || strings.HasSuffix(host, "."+no)) {
			return nil, nil
		}
	}
	if !strings.Contains(via, "://") {
		via = "http://" + via
	}
	return url.Parse(via)
}

// isWeb tells the address of a web server from that of a q process.
func isWeb(name string) bool {
	s := strings.TrimPrefix(name, ":")
	return strings.HasPrefix(s, "http://") || strings.HasPrefix(s, "https://") || isWebSocket(name)
}

func isWebSocket(name string) bool {
	s := strings.TrimPrefix(name, ":")
	return strings.HasPrefix(s, "ws://") || strings.HasPrefix(s, "wss://")
}

// dialWeb connects to a web server, encrypted if its scheme says so.
func (th *thread) dialWeb(name string) (u *url.URL, nc net.Conn, err error) {
	if th.reval > 0 {
		return nil, nil, errNoUpd
	}
	u, err = url.Parse(strings.TrimPrefix(name, ":"))
	if err != nil || u.Host == "" {
		return nil, nil, errDomain
	}
	secure := u.Scheme == "https" || u.Scheme == "wss"
	port := u.Port()
	if port == "" {
		if port = "80"; secure {
			port = "443"
		}
	}
	var cfg *tls.Config
	if secure {
		if cfg, err = th.eng.tlsClient(u.Hostname()); err != nil {
			return nil, nil, err
		}
	}
	ctx, cancel := context.WithCancel(th.eng.ipc.ctx)
	defer cancel()
	th.eng.ipc.interruptible(cancel, func() {
		nc, err = th.eng.sys.Dial(ctx, "tcp", net.JoinHostPort(u.Hostname(), port))
	})
	if err != nil {
		return nil, nil, th.httpError(err)
	}
	if secure {
		nc = tls.Client(nc, cfg)
	}
	return u, nc, nil
}

// rawHTTP is `:http://host:port text: the text sent as it is, and the whole
// response, its chunks put together. Source: KX manual, "HTTP" (kb/http).
func (th *thread) rawHTTP(name string, x kdb.Value) (kdb.Value, error) {
	text, ok := stringOf(x)
	if !ok {
		return nil, errType
	}
	_, nc, err := th.dialWeb(name)
	if err != nil {
		return nil, err
	}
	defer nc.Close()
	ctx, cancel := context.WithCancel(th.eng.ipc.ctx)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = nc.Close() })
	defer stop()
	var out string
	th.eng.ipc.interruptible(cancel, func() {
		if _, err = io.WriteString(nc, text); err == nil {
			out, err = readResponse(nc, text)
		}
	})
	if err != nil {
		return nil, th.httpError(err)
	}
	return kdb.Str(out), nil
}

// readHead reads the head of a response as it comes, with its empty line.
func readHead(r *bufio.Reader) (string, error) {
	var head strings.Builder
	for {
		line, err := r.ReadString('\n')
		head.WriteString(line)
		if err != nil {
			return head.String(), err
		}
		if strings.TrimRight(line, "\r\n") == "" {
			return head.String(), nil
		}
	}
}

// readResponse reads one response to a request; its head stays as it came.
func readResponse(r io.Reader, request string) (string, error) {
	br := bufio.NewReader(r)
	head, err := readHead(br)
	if err != nil {
		return head, err
	}
	method, _, _ := strings.Cut(request, " ")
	resp, err := http.ReadResponse(bufio.NewReader(io.MultiReader(strings.NewReader(head), br)), &http.Request{Method: method})
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return head + string(body), err
}
