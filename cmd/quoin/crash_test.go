package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/quoinhq/quoin/internal/audit"
	"github.com/quoinhq/quoin/internal/control"
	"github.com/quoinhq/quoin/internal/server"
	"github.com/quoinhq/quoin/internal/sigv4"
	"github.com/quoinhq/quoin/internal/store/sqlite"
	"github.com/quoinhq/quoin/internal/store/storetest"
	"github.com/quoinhq/quoin/test/live"
)

// killed is a data folder on which the program runs until it is killed, and
// between two kills a server of this process.
type killed struct {
	t    *testing.T
	dir  string
	keys sigv4.Credentials
	url  string // of the server that runs
}

func newKilled(t *testing.T) *killed { return &killed{t: t, dir: filepath.Join(t.TempDir(), "data")} }

// between has fn use a server on the folder, and ends it.
func (k *killed) between(fn func(s *live.Server)) {
	k.t.Helper()
	k.t.Run("between", func(t *testing.T) {
		s := live.Start(t, func(c *server.Config) {
			c.DataDir = k.dir
			c.Quotas = control.Quotas{control.QuotaUsers: 1_000_000, control.QuotaChangesets: 10}
		})
		k.keys, k.url = s.Root, s.URL()
		fn(s)
	})
	if k.t.Failed() {
		k.t.FailNow()
	}
}

// kill runs the program, has work begin, and kills it.
func (k *killed) kill(within time.Duration, work func()) {
	k.t.Helper()
	self, err := os.Executable()
	if err != nil {
		k.t.Fatal(err)
	}
	storetest.Killable{
		Command: func(ctx context.Context) *exec.Cmd {
			cmd := exec.CommandContext(ctx, self, "serve", "--data-dir", k.dir, "--api-addr", "127.0.0.1:0", "--gateway-addr", "127.0.0.1:0", "--quota", "users=1000000")
			cmd.Env = append(os.Environ(), "QUOIN_TEST_MAIN=1")
			return cmd
		},
		Ready:  "Quoin is ready at ",
		Within: within,
		OnReady: func(line string) {
			k.url, _, _ = strings.Cut(strings.TrimPrefix(line, "Quoin is ready at "), " ")
			work()
		},
	}.Kill(k.t)
}

// send sends a signed request; an error says that there was no whole reply.
func (k *killed) send(service, method, path string, body any) (status int, id string, reply []byte, err error) {
	data, ok := body.([]byte)
	if !ok && body != nil {
		if data, err = json.Marshal(body); err != nil {
			return 0, "", nil, err
		}
	}
	r, err := http.NewRequestWithContext(k.t.Context(), method, k.url+path, bytes.NewReader(data))
	if err != nil {
		return 0, "", nil, err
	}
	if err := sigv4.Sign(r, k.keys, "us-east-1", service, sigv4.HashBody(data), time.Now()); err != nil {
		return 0, "", nil, err
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, "", nil, err
	}
	defer res.Body.Close()
	reply, err = io.ReadAll(res.Body)
	return res.StatusCode, res.Header.Get("X-Amzn-Requestid"), reply, err
}

// writer is one client that updates one user until the server is gone.
type writer struct {
	path         string
	requests     []string // ids of acknowledged requests that changed something
	acknowledged string   // role after the last acknowledged request; "" before the first
	flying       string   // role in the request that was not answered
	token        string   // of that request
}

func (w *writer) run(k *killed, user string, roles []string) {
	for i := 0; ; i++ {
		w.flying, w.token = roles[i%len(roles)], fmt.Sprintf("%s-%d", user, i)
		body := map[string]string{"iamRole": w.flying, "clientToken": w.token}
		method, path := http.MethodPut, w.path
		if i == 0 {
			body["userName"] = user
			method, path = http.MethodPost, filepath.Dir(w.path)
		}
		status, id, reply, err := k.send("finspace", method, path, body)
		if err != nil {
			return
		}
		if status != http.StatusOK {
			k.t.Errorf("%s %s: %d %s", method, path, status, reply)
			return
		}
		w.acknowledged = w.flying
		w.requests = append(w.requests, id)
	}
}

// TestKillUnderWriters kills the server under sixteen writers, again and again.
// Every acknowledged update is there, with its record in the audit trail; what
// was not answered is there or not, and can be sent again.
func TestKillUnderWriters(t *testing.T) {
	rounds := storetest.KillRounds(t, 5)
	k := newKilled(t)
	var users string
	var roles []string
	k.between(func(s *live.Server) {
		users = "/kx/environments/" + s.Environment("env") + "/users"
		roles = []string{s.Role("a"), s.Role("b"), s.Role("c")}
	})
	total := 0
	for round := range rounds {
		writers := make([]writer, 16)
		var wg sync.WaitGroup
		k.kill(400*time.Millisecond, func() {
			for i := range writers {
				user := fmt.Sprintf("u%dx%d", round, i)
				writers[i].path = users + "/" + user
				wg.Go(func() { writers[i].run(k, user, roles) })
			}
		})
		wg.Wait()
		recorded := trailByRequest(t, filepath.Join(k.dir, "quoin.db"))
		k.between(func(s *live.Server) {
			for i := range writers {
				total += len(writers[i].requests)
				writers[i].check(s, recorded)
			}
		})
	}
	t.Logf("%d kills, %d acknowledged updates, none lost", rounds, total)
}

func (w *writer) check(s *live.Server, recorded map[string]int) {
	t := s.T()
	for _, id := range w.requests {
		if recorded[id] != 1 {
			t.Errorf("%s: request %s was acknowledged and is %d times in the audit trail", w.path, id, recorded[id])
		}
	}
	r := s.Do(http.MethodGet, w.path, nil)
	role := r.Member("iamRole")
	switch {
	case w.acknowledged == "" && r.Status == http.StatusNotFound:
		return // nothing was promised
	case r.Status != http.StatusOK:
		t.Errorf("%s: acknowledged with role %s, now %d %s", w.path, w.acknowledged, r.Status, r.Body)
		return
	case role != w.acknowledged && role != w.flying:
		t.Errorf("%s: has role %s, acknowledged was %s and asked for %s", w.path, role, w.acknowledged, w.flying)
	}
	if w.acknowledged == "" {
		return
	}
	again := map[string]string{"iamRole": w.flying, "clientToken": w.token}
	if r := s.Do(http.MethodPut, w.path, again); r.Status != http.StatusOK || r.Member("iamRole") != w.flying {
		t.Errorf("%s: the unanswered request, sent again: %d %s", w.path, r.Status, r.Body)
	}
}

// trailByRequest counts the events of each request that went well, in a
// folder that no server has open.
func trailByRequest(t *testing.T, path string) map[string]int {
	t.Helper()
	db, err := sqlite.OpenReader(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	if _, err := audit.Verify(t.Context(), db, nil); err != nil {
		t.Error(err)
	}
	n := map[string]int{}
	for e, err := range audit.Events(t.Context(), db, audit.Filter{Outcome: audit.OK}, 0) {
		if err != nil {
			t.Fatal(err)
		}
		n[e.RequestID]++
	}
	return n
}

// TestKillImports kills the server while it imports changesets. Each is in the
// end completed with all its files, or is as if it had never been.
func TestKillImports(t *testing.T) {
	rounds := storetest.KillRounds(t, 5)
	const files = 40 // of a changeset
	k := newKilled(t)
	var database, changesets string
	k.between(func(s *live.Server) {
		env := s.Environment("env")
		database = "/kx/environments/" + env + "/databases/hist"
		changesets = database + "/changesets"
		if r := s.Do(http.MethodPost, "/kx/environments/"+env+"/databases", map[string]string{"databaseName": "hist", "clientToken": "1"}); r.Status != http.StatusOK {
			s.T().Fatalf("create database: %d %s", r.Status, r.Body)
		}
		mustPut(s.T(), k, "/hdb", nil)
		for i := range files {
			mustPut(s.T(), k, fmt.Sprintf("/hdb/part/t/c%d", i), bytes.Repeat([]byte(fmt.Sprint(i)), 30000))
		}
	})
	asked, completed := 0, 0
	for round := range rounds {
		k.kill(250*time.Millisecond, func() {
			for i := range 3 {
				_, _, _, err := k.send("finspace", http.MethodPost, changesets, map[string]any{
					"changeRequests": []map[string]string{{"changeType": "PUT", "s3Path": "s3://hdb/part/", "dbPath": fmt.Sprintf("/p%d_%d/", round, i)}},
					"clientToken":    fmt.Sprint(round, "-", i),
				})
				if err != nil {
					return // killed already
				}
				asked++
			}
		})
		k.between(func(s *live.Server) {
			t := s.T()
			s.WaitFor("the changesets to end", func() bool {
				for c, status := range statuses(s, changesets) {
					switch status {
					case "PENDING", "PROCESSING":
						return false
					case "FAILED":
						t.Errorf("changeset %s failed: a kill is no reason", c)
					}
				}
				return true
			})
			r := s.Do(http.MethodGet, database, nil)
			var db struct{ NumChangesets, NumFiles, NumBytes int }
			if err := json.Unmarshal(r.Body, &db); err != nil {
				t.Fatal(err)
			}
			if completed = db.NumChangesets; completed < asked || db.NumFiles != completed*files {
				t.Errorf("%d changesets were acknowledged; there are %d, with %d files", asked, completed, db.NumFiles)
			}
		})
	}
	t.Logf("%d kills, %d changesets acknowledged, %d completed whole", rounds, asked, completed)
}

// statuses returns the status of every changeset.
func statuses(s *live.Server, path string) map[string]string {
	s.T().Helper()
	all := map[string]string{}
	for query := ""; ; {
		r := s.Do(http.MethodGet, path+query, nil)
		var page struct {
			KxChangesets []struct{ ChangesetID, Status string }
			NextToken    string
		}
		if err := json.Unmarshal(r.Body, &page); err != nil || r.Status != http.StatusOK {
			s.T().Fatalf("list changesets: %d %s, %v", r.Status, r.Body, err)
		}
		for _, c := range page.KxChangesets {
			all[c.ChangesetID] = c.Status
		}
		if page.NextToken == "" {
			return all
		}
		query = "?nextToken=" + url.QueryEscape(page.NextToken)
	}
}

func mustPut(t testing.TB, k *killed, path string, body []byte) {
	t.Helper()
	if status, _, reply, err := k.send("s3", http.MethodPut, path, body); err != nil || status != http.StatusOK {
		t.Fatalf("put %s: %d %s, %v", path, status, reply, err)
	}
}
