// Package crash_test kills servers in the middle of their work and looks at
// what is left: everything that was acknowledged, and nothing that is half done.
package crash_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/quoinhq/quoin/internal/control"
	"github.com/quoinhq/quoin/internal/datadir"
	"github.com/quoinhq/quoin/internal/server"
	"github.com/quoinhq/quoin/internal/sigv4"
)

const (
	writers = 16
	roles   = 32
)

// TestMain lets the test binary be the server that is killed.
func TestMain(m *testing.M) {
	if dir := os.Getenv("QUOIN_CRASH_DIR"); dir != "" {
		beServer(dir)
	}
	os.Exit(m.Run())
}

func beServer(dir string) {
	s, err := server.Open(context.Background(), server.Config{
		DataDir: dir, APIAddr: "127.0.0.1:0", GatewayAddr: "127.0.0.1:0", AccountID: "123456789012",
		Quotas:     control.Quotas{control.QuotaUsers: 1 << 30},
		S3Endpoint: os.Getenv("QUOIN_CRASH_S3"), S3AccessKey: os.Getenv("QUOIN_CRASH_S3_KEY"), S3SecretKey: os.Getenv("QUOIN_CRASH_S3_SECRET"),
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	fmt.Println("ready")
	if err := s.Run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// victim is a server process.
type victim struct {
	t    *testing.T
	cmd  *exec.Cmd
	url  string
	root sigv4.Credentials
	http *http.Client
}

// start starts a server in a folder, with more in its environment.
func start(t *testing.T, dir string, env ...string) *victim {
	t.Helper()
	v := &victim{t: t, cmd: exec.CommandContext(t.Context(), os.Args[0])}
	v.cmd.Env = append(append(os.Environ(), "QUOIN_CRASH_DIR="+dir), env...)
	v.cmd.Stderr = os.Stderr
	out, err := v.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := v.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 6)); err != nil {
		t.Fatalf("the server did not start: %v", err)
	}
	d, err := datadir.Find(dir)
	if err != nil {
		t.Fatal(err)
	}
	endpoint, err := d.Endpoint()
	if err != nil {
		t.Fatal(err)
	}
	keys, err := d.Credentials()
	if err != nil {
		t.Fatal(err)
	}
	v.url, v.root = endpoint.URL, sigv4.Credentials{AccessKeyID: keys.AccessKeyID, SecretAccessKey: keys.SecretAccessKey}
	v.http = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: writers}}
	return v
}

// kill ends it as a power cut would: nothing of it runs any more.
func (v *victim) kill() {
	v.t.Helper()
	if err := v.cmd.Process.Kill(); err != nil {
		v.t.Error(err)
	}
	_ = v.cmd.Wait() // it says that it was killed
	v.http.CloseIdleConnections()
}

// call returns the reply's status and JSON; 0 when there was none.
func (v *victim) call(method, path string, body any) (int, map[string]any) {
	data := []byte{}
	if body != nil {
		data, _ = json.Marshal(body)
	}
	return v.send(method, path, "finspace", "application/json", data)
}

func (v *victim) send(method, path, service, contentType string, data []byte) (int, map[string]any) {
	r, err := http.NewRequestWithContext(v.t.Context(), method, v.url+path, bytes.NewReader(data))
	if err != nil {
		panic(err)
	}
	r.Header.Set("Content-Type", contentType)
	if err := sigv4.Sign(r, v.root, "us-east-1", service, sigv4.HashBody(data), time.Now()); err != nil {
		panic(err)
	}
	res, err := v.http.Do(r)
	if err != nil {
		return 0, nil
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, nil
	}
	var reply map[string]any
	_ = json.Unmarshal(text, &reply)
	return res.StatusCode, reply
}

// book is what one writer knows: what was acknowledged, and what it had asked
// for when the server died.
type book struct {
	role    int // of its user, as acknowledged
	pending int // role it asked for last
	token   string
	made    []string // users acknowledged in this round
	asked   string   // user it asked for last
}

func role(n int) string { return fmt.Sprintf("arn:aws:iam::123456789012:role/r%d", n%roles) }

func name(w int) string { return fmt.Sprintf("writer-%d", w) }

// TestKill kills a server QUOIN_CRASH_ROUNDS times under 16 writers (10 times
// unless it is set). Two hundred rounds take a few minutes.
func TestKill(t *testing.T) {
	rounds := 10
	if testing.Short() {
		rounds = 3
	}
	if text := os.Getenv("QUOIN_CRASH_ROUNDS"); text != "" {
		var err error
		if rounds, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	v := start(t, dir)
	defer func() { v.kill() }()
	users := setUp(t, v)
	books := make([]*book, writers)
	for w := range books {
		books[w] = new(book)
		if status, reply := v.call("POST", users, map[string]any{"userName": name(w), "iamRole": role(0)}); status != 200 {
			t.Fatalf("create %s: %d %v", name(w), status, reply)
		}
	}
	acknowledged := 0
	for round := range rounds {
		acknowledged += work(v, users, round, books)
		v = start(t, dir)
		for w, b := range books {
			check(t, v, users, w, b)
		}
		if t.Failed() {
			t.Fatalf("in round %d", round)
		}
	}
	if acknowledged == 0 {
		t.Error("no write was acknowledged: the servers died too early to show anything")
	}
	checkTrail(t, dir, acknowledged)
	t.Logf("%d kills, %d acknowledged writes", rounds, acknowledged)
}

func setUp(t *testing.T, v *victim) (users string) {
	t.Helper()
	for n := range roles {
		form := "Action=CreateRole&Version=2010-05-08&RoleName=r" + strconv.Itoa(n) +
			"&AssumeRolePolicyDocument=%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C%22Principal%22%3A%7B%22AWS%22%3A%22123456789012%22%7D%2C%22Action%22%3A%22sts%3AAssumeRole%22%7D%7D"
		if status, _ := v.send("POST", "/", "iam", "application/x-www-form-urlencoded", []byte(form)); status != 200 {
			t.Fatalf("create role: %d", status)
		}
	}
	status, env := v.call("POST", "/kx/environments", map[string]any{"name": "crash", "kmsKeyId": "arn:aws:kms:us-east-1:123456789012:key/1"})
	if status != 200 {
		t.Fatalf("create environment: %d %v", status, env)
	}
	id := env["environmentId"].(string)
	for range 10_000 {
		if _, got := v.call("GET", "/kx/environments/"+id, nil); got["status"] == "CREATED" {
			return "/kx/environments/" + id + "/users"
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatal("the environment is never ready")
	return ""
}

// work has all writers write until the server is killed, some milliseconds on.
func work(v *victim, users string, round int, books []*book) (acknowledged int) {
	done := make([]int, writers)
	var wg sync.WaitGroup
	for w, b := range books {
		b.made, b.asked = nil, ""
		wg.Go(func() {
			for n := 0; ; n++ {
				b.pending, b.token = (b.role+1)%roles, fmt.Sprintf("u-%d-%d-%d", round, w, n)
				status, _ := v.call("PUT", users+"/"+name(w), map[string]any{"iamRole": role(b.pending), "clientToken": b.token})
				if status != 200 {
					return
				}
				b.role = b.pending
				b.asked = fmt.Sprintf("new-%d-%d-%d", round, w, n)
				status, _ = v.call("POST", users, map[string]any{"userName": b.asked, "iamRole": role(n), "tags": map[string]string{"made": "whole"}})
				if status != 200 {
					return
				}
				b.made = append(b.made, b.asked)
				b.asked = ""
				done[w] += 2
			}
		})
	}
	time.Sleep(time.Duration(5+rand.IntN(150)) * time.Millisecond)
	v.kill()
	wg.Wait()
	for _, n := range done {
		acknowledged += n
	}
	return acknowledged
}

// check compares what a writer knows with what is there.
func check(t *testing.T, v *victim, users string, w int, b *book) {
	t.Helper()
	status, got := v.call("GET", users+"/"+name(w), nil)
	if status != 200 {
		t.Errorf("%s: %d %v", name(w), status, got)
		return
	}
	switch got["iamRole"] {
	case role(b.role):
	case role(b.pending): // it was on disk and the reply was not sent any more
		b.role = b.pending
	default:
		t.Errorf("%s has the role %v; acknowledged was %s, asked for %s", name(w), got["iamRole"], role(b.role), role(b.pending))
	}
	// The same request again, as a client would send it: done once in any case.
	if b.pending != b.role || b.token != "" {
		status, got = v.call("PUT", users+"/"+name(w), map[string]any{"iamRole": role(b.pending), "clientToken": b.token})
		if status != 200 || got["iamRole"] != role(b.pending) {
			t.Errorf("%s: the last request again: %d %v", name(w), status, got)
		}
		b.role = b.pending
	}
	for _, user := range b.made {
		if tags, ok := v.tags(t, users, user); !ok || tags["made"] != "whole" {
			t.Errorf("%s was acknowledged and is %v with tags %v", user, ok, tags)
		}
	}
	if b.asked != "" {
		if tags, ok := v.tags(t, users, b.asked); ok && tags["made"] != "whole" {
			t.Errorf("%s is half done: tags %v", b.asked, tags)
		}
	}
}

// tags reads a user's tags; false when there is no such user.
func (v *victim) tags(t *testing.T, users, user string) (map[string]any, bool) {
	t.Helper()
	status, got := v.call("GET", users+"/"+user, nil)
	if status == 404 {
		return nil, false
	}
	arn, _ := got["userArn"].(string)
	if status != 200 || arn == "" {
		t.Errorf("%s: %d %v", user, status, got)
		return nil, false
	}
	status, got = v.call("GET", "/tags/"+escape(arn), nil)
	if status != 200 {
		t.Errorf("tags of %s: %d %v", user, status, got)
	}
	tags, _ := got["tags"].(map[string]any)
	return tags, true
}

func escape(arn string) string {
	var b bytes.Buffer
	for _, c := range []byte(arn) {
		if c == ':' || c == '/' {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}
