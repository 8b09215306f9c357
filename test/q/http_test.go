package q_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// web is a browser's view of a q process.
type web struct {
	t    *testing.T
	base string
}

// ask makes a request and returns status, content type and body. A header is
// "Name: value".
func (w web) ask(method, path, body string, header ...string) (status int, typ, text string) {
	w.t.Helper()
	r := w.response(method, path, body, header...)
	b, err := io.ReadAll(r.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return r.StatusCode, r.Header.Get("Content-Type"), string(b)
}

func (w web) response(method, path, body string, header ...string) *http.Response {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), method, w.base+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	for _, h := range header {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
	}
	r, err := (&http.Client{Timeout: patience, Transport: &http.Transport{DisableCompression: true, DisableKeepAlives: true}}).Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = r.Body.Close() })
	return r
}

// TestHTTP: what q answers of itself: names, expressions, files, formats, errors.
func TestHTTP(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "html", "index.html"), "<p>hello")
	writeFile(t, filepath.Join(dir, "html", "sub", "a b.txt"), "text")
	writeFile(t, filepath.Join(dir, "secret.txt"), "secret")
	s, port := listenQ(t, dir, nil)
	s.do("t:([]a:1 2;b:`x`y)")
	w := web{t, "http://localhost:" + port}
	for _, tt := range []struct {
		path, typ, want string
		status          int
	}{
		{"/", "text/html", "<pre>t\n</pre>", 200},
		{"/?1+1", "text/html", "<pre>2\n", 200},
		{"/?t", "text/html", "<pre>a b\n---\n1 x\n2 y\n", 200},
		{"/?sum%20t%60a", "text/html", "<pre>3\n", 200},
		{"/t.csv?t", "text/comma-separated-values", "a,b\n1,x\n2,y", 200},
		{"/t.txt?t", "text/plain", "a\tb\n1\tx\n2\ty", 200},
		{"/t.json?t", "application/json", `{"a":1,"b":"x"}`, 200},
		{"/t.xml?t", "text/plain", "<R>\n<r><a>1</a><b>x</b></r>", 200},
		{"/index.html", "text/html", "<p>hello", 200},
		{"/sub/a%20b.txt", "text/plain", "text", 200},
		{"/?%60a+1", "text/plain", "'type", 400},
		{"/?none", "text/plain", "'none", 400},
	} {
		status, typ, body := w.ask("GET", tt.path, "")
		if status != tt.status || typ != tt.typ || !strings.Contains(body, tt.want) {
			t.Errorf("%s: %d %s\n%s", tt.path, status, typ, body)
		}
	}
	// Nothing outside .h.HOME is a file to serve.
	for _, path := range []string{"/../secret.txt", "/%2e%2e/secret.txt", "/sub/..%2f..%2fsecret.txt", "/%2fetc/hostname"} {
		if _, _, body := w.ask("GET", path, ""); strings.Contains(body, "secret") {
			t.Errorf("%s: %s", path, body)
		}
	}
	// .h.HOME and .h.val can be set.
	s.do(`.h.HOME:"html/sub"`)
	s.do(`.h.val:{"val ",x}`)
	if _, _, body := w.ask("GET", "/a%20b.txt", ""); body != "text" {
		t.Errorf("after .h.HOME: %s", body)
	}
	if _, _, body := w.ask("GET", "/?xyz", ""); !strings.Contains(body, "val xyz") {
		t.Errorf("after .h.val: %s", body)
	}
}

// TestHTTPHandlers: .z.ph, .z.pp and .z.pm get request and headers; a method
// without its handler is refused; what they return is the response, as it is.
func TestHTTPHandlers(t *testing.T) {
	s, port := listenQ(t, t.TempDir(), nil)
	w := web{t, "http://localhost:" + port}
	for _, method := range []string{"POST", "PUT", "DELETE", "PATCH", "OPTIONS"} {
		if status, _, body := w.ask(method, "/x", "b"); status != 501 || !strings.HasPrefix(body, "'nyi: .z.p") {
			t.Errorf("%s without a handler: %d %s", method, status, body)
		}
	}
	s.all(
		try{`.z.ph:{got::x;.h.hy[` + "`json" + `].j.j first x}`, ""},
		try{`.z.pp:{got::x;.h.hn["201 Created";` + "`txt" + `;"made ",first x]}`, ""},
		try{`.z.pm:{got::x;.h.hn["200 OK";` + "`txt" + `;string[first x],x 1]}`, ""},
	)
	if status, typ, body := w.ask("GET", "/a/b?c=1%202", "", "X-Trace: 77"); status != 200 || typ != "application/json" || !strings.Contains(body, `a/b?c=1%202`) {
		t.Errorf("GET: %d %s %s", status, typ, body)
	}
	s.all(try{"count got", "2"}, try{"got[1;`$\"X-Trace\"]", `"77"`}, try{"got[1;`Host]like\"localhost:*\"", "1b"})
	if status, _, body := w.ask("POST", "/form", "a=1&b=2"); status != 201 || body != "made form a=1&b=2" {
		t.Errorf("POST: %d %s", status, body)
	}
	if status, _, body := w.ask("POST", "/form", ""); status != 201 || body != "made form " {
		t.Errorf("POST of nothing: %d %s", status, body)
	}
	for _, method := range []string{"PUT", "DELETE", "PATCH", "OPTIONS"} {
		if status, _, body := w.ask(method, "/thing", ""); status != 200 || body != method+"thing" {
			t.Errorf("%s: %d %s", method, status, body)
		}
		s.all(try{"first got", "`" + method}, try{"count got", "3"})
	}
	s.do(".z.ph:{'oops}")
	if status, _, body := w.ask("GET", "/", ""); status != 400 || body != "'oops" {
		t.Errorf("a handler that fails: %d %s", status, body)
	}
	s.do(".z.ph:{42}")
	if status, _, body := w.ask("GET", "/", ""); status != 400 || body != "'type" {
		t.Errorf("a handler that returns no text: %d %s", status, body)
	}
	s.all(try{`\x .z.ph`, ""}, try{"count .z.W", "0"})
	if _, _, body := w.ask("GET", "/?2*21", ""); !strings.Contains(body, "42") {
		t.Errorf("after \\x .z.ph: %s", body)
	}
}

// TestHTTPAccess: .z.ac decides in each of its ways; without it, the password
// file and .z.pw do.
func TestHTTPAccess(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "users"), "ann:secret\n")
	s, port := listenQ(t, dir, nil, "-U", "users")
	w := web{t, "http://localhost:" + port}
	basic := "Authorization: Basic YW5uOnNlY3JldA==" // ann:secret
	wrong := "Authorization: Basic YW5uOndyb25n"     // ann:wrong
	check := func(what string, status int, want string, header ...string) {
		t.Helper()
		if got, _, body := w.ask("GET", "/?.z.u", "", header...); got != status || !strings.Contains(body, want) {
			t.Errorf("%s: %d %s", what, got, body)
		}
	}
	check("no password", 401, "")
	check("another password", 401, "", wrong)
	check("the password", 200, "ann", basic)
	if got := w.response("GET", "/", "").Header.Get("WWW-Authenticate"); !strings.HasPrefix(got, "Basic ") {
		t.Errorf("how to log in: %q", got)
	}
	s.do(".z.pw:{[u;p]0b}")
	check("refused by .z.pw", 401, "", basic)
	s.do(".z.pw:{[u;p]1b}")
	s.do(`.z.ac:{seen::x;(0;"")}`)
	check("0", 401, "", basic)
	s.all(try{"type each seen", "10 99h"})
	s.do(`.z.ac:{(1;"bob")}`)
	check("1", 200, "bob")
	s.do(`.z.ac:{(2;.h.hn["403 Forbidden";` + "`txt" + `;"not you"])}`)
	check("2", 403, "not you")
	s.do(`.z.ac:{(4;"")}`)
	check("4 without password", 401, "")
	check("4", 200, "ann", basic)
	s.do(".z.ac:{'broken}")
	check("a .z.ac that fails", 401, "", basic)
}

// TestHTTPCompression: a long answer to a query is compressed for who asks.
func TestHTTPCompression(t *testing.T) {
	_, port := listenQ(t, t.TempDir(), nil)
	w := web{t, "http://localhost:" + port}
	plain := w.response("GET", "/?5000%23%22x%22", "")
	long, _ := io.ReadAll(plain.Body)
	if plain.Header.Get("Content-Encoding") != "" || len(long) < 2000 {
		t.Errorf("not asked for: %v, %d bytes", plain.Header, len(long))
	}
	packed := w.response("GET", "/?5000%23%22x%22", "", "Accept-Encoding: gzip")
	if packed.Header.Get("Content-Encoding") != "gzip" {
		t.Fatalf("asked for: %v", packed.Header)
	}
	z, err := gzip.NewReader(packed.Body)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(z); err != nil || !bytes.Equal(got, long) {
		t.Errorf("%v, %d bytes, want %d", err, len(got), len(long))
	}
	if short := w.response("GET", "/?1", "", "Accept-Encoding: gzip"); short.Header.Get("Content-Encoding") != "" {
		t.Error("a short answer is compressed")
	}
}

// TestHTTPKeepAlive: with .h.ka a connection serves another request.
func TestHTTPKeepAlive(t *testing.T) {
	s, port := listenQ(t, t.TempDir(), nil)
	s.do(`.z.ph:{"HTTP/1.1 200 OK\r\nConnection: ",.h.ka[1000],"\r\nContent-Length: 1\r\n\r\n",string[n+:1]}`)
	s.do("n:0")
	client := &http.Client{Timeout: patience, Transport: &http.Transport{MaxConnsPerHost: 1}}
	for _, want := range []string{"1", "2", "3"} {
		r, err := client.Get("http://localhost:" + port + "/")
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(r.Body)
		_ = r.Body.Close()
		if string(body) != want {
			t.Errorf("got %q, want %q", body, want)
		}
	}
}

// TestHTTPClient: .Q.hg, .Q.hp and the raw form of a request, from one q to another.
func TestHTTPClient(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "html"), 0o777); err != nil {
		t.Fatal(err)
	}
	s, port := listenQ(t, dir, nil)
	s.do(`.z.ph:{.h.hy[` + "`txt" + `]"got ",first x}`)
	s.do(`.z.pp:{typ::x[1]` + "`$\"Content-Type\"" + `;.h.hy[` + "`txt" + `]"posted ",first x}`)
	s.do(`.z.pm:{.h.hy[` + "`txt" + `]"did ",string first x}`)
	c := startQ(t, t.TempDir(), nil, "-q")
	c.do(`u:"http://localhost:` + port + `"`)
	c.all(
		try{`.Q.hg u,"/a?b"`, `"got a?b"`},
		try{".Q.hg`$\":\",u,\"/a\"", `"got a"`},
		try{".Q.hp[u,\"/p\";.h.ty`json]\"[1]\"", `"posted p [1]"`},
		try{`last"\r\n\r\n"vs(` + "`$\":\",u" + `)"DELETE /z HTTP/1.1\r\nConnection: close\r\nHost: localhost\r\n\r\n"`, `"did DELETE"`},
	)
	s.all(try{"typ", `"application/json"`})
}
