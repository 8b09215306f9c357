package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"github.com/quoinhq/quoin/internal/blob"
	"github.com/quoinhq/quoin/internal/server"
	"github.com/quoinhq/quoin/internal/sigv4"
	"github.com/quoinhq/quoin/test/live"
)

func TestDisplay(t *testing.T) {
	steps := []struct {
		after time.Duration
		p     blob.Progress
	}{
		{0, blob.Progress{}},
		{time.Second, blob.Progress{Stage: "reading"}},
		{2 * time.Second, blob.Progress{Stage: "reading", Done: blob.Amount{Files: 10, Bytes: 4_000_000}}},
		{8 * time.Second, blob.Progress{Stage: "linking", Done: blob.Amount{Files: 1, Bytes: 500}, Total: blob.Amount{Files: 4, Bytes: 2000}}},
		{time.Second, blob.Progress{Stage: "linking", Done: blob.Amount{Files: 2}, Total: blob.Amount{Files: 4}}},
	}
	for name, c := range map[string]struct {
		live bool
		want string
	}{
		"in a terminal": {true, "\rreading\x1b[K\rreading, 10 files, 4.0 MB, 2.0 MB/s\x1b[K" +
			"\rlinking, 25%, 1 of 4 files, 500 B of 2.0 kB\x1b[K\rlinking, 50%, 2 of 4 files\x1b[K\r\x1b[K"},
		"in a pipe": {false, "linking, 25%, 1 of 4 files, 500 B of 2.0 kB (11s)\n"},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			now := time.Unix(0, 0)
			d := &display{w: &out, live: c.live, now: func() time.Time { return now }, began: now, last: now}
			for _, s := range steps {
				now = now.Add(s.after)
				d.show(s.p)
			}
			d.end()
			if out.String() != c.want {
				t.Errorf("got  %q\nwant %q", out.String(), c.want)
			}
		})
	}
}

// An import from another server's S3 that has taken in one of two objects says
// so in the log.
func TestLogShowsProgress(t *testing.T) {
	answer := make(chan struct{})
	s3 := gofakes3.New(s3mem.New()).Server()
	slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/slow") {
			select {
			case <-answer:
			case <-r.Context().Done():
			}
		}
		s3.ServeHTTP(w, r)
	}))
	t.Cleanup(slow.Close)
	s := live.Start(t, func(c *server.Config) { c.S3Endpoint, c.S3AccessKey, c.S3SecretKey = slow.URL, "AKIDFAKES3", "any" })
	for _, path := range []string{"/data", "/data/hist/quick", "/data/hist/slow"} {
		body := []byte(strings.Repeat("x", 1500))
		if path == "/data" {
			body = nil
		}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, slow.URL+path, bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if err := sigv4.Sign(r, sigv4.Credentials{AccessKeyID: "AKIDFAKES3", SecretAccessKey: "any"}, "us-east-1", "s3", sigv4.HashBody(body), time.Now()); err != nil {
			t.Fatal(err)
		}
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
	}
	env := s.Environment("env")
	s.Do(http.MethodPost, "/kx/environments/"+env+"/databases", map[string]string{"databaseName": "hist", "clientToken": "1"})
	r := s.Do(http.MethodPost, "/kx/environments/"+env+"/databases/hist/changesets", map[string]any{
		"changeRequests": []any{map[string]string{"changeType": "PUT", "s3Path": "s3://data/hist/", "dbPath": "/"}}, "clientToken": "2",
	})
	if r.Status != http.StatusOK {
		t.Fatalf("%d %s", r.Status, r.Body)
	}
	log := func() string {
		t.Helper()
		code, out, errs := execute(t, "db", "log", "hist", "--data-dir", s.DataDir().Path())
		if code != 0 {
			t.Fatal(errs)
		}
		return out
	}
	want := "PROCESSING  reading, 50%, 1 of 2 files, 1.5 kB of 3.0 kB"
	s.WaitFor("progress in the log", func() bool { return strings.Contains(log(), want) })
	close(answer)
	s.WaitFor("the end of the import", func() bool { return strings.Contains(log(), "COMPLETED\n") })
	s.Do(http.MethodPost, "/kx/environments/"+env+"/databases/hist/changesets", map[string]any{
		"changeRequests": []any{map[string]string{"changeType": "PUT", "s3Path": "s3://data/none/", "dbPath": "/"}}, "clientToken": "3",
	})
	s.WaitFor("the reason of a failure", func() bool {
		return strings.Contains(log(), "FAILED  changeRequests.1: There is nothing under s3://data/none/.\n")
	})
}

// A caller who wants to hear of an import, an export and a collection does.
func TestNewsOfLongCalls(t *testing.T) {
	s := live.Start(t, func(c *server.Config) { c.NewsEach = time.Microsecond })
	env := s.Environment("env")
	s.Do(http.MethodPost, "/kx/environments/"+env+"/databases", map[string]string{"databaseName": "hist", "clientToken": "1"})
	root := t.TempDir()
	for i := range 200 {
		if err := os.WriteFile(filepath.Join(root, fmt.Sprint(i)), fmt.Append(nil, i), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	o, err := newOperator(s.DataDir())
	if err != nil {
		t.Fatal(err)
	}
	defer o.close()
	var imported server.ImportReply
	var found blob.Garbage
	for _, c := range []struct {
		path  string
		in    func() any
		out   any
		stage string
	}{
		{server.ImportPath, func() any { return server.ImportRequest{Environment: env, Database: "hist", Folder: root} }, &imported, "reading"},
		{server.ExportPath, func() any {
			return server.ExportRequest{Environment: env, Database: "hist", Folder: filepath.Join(t.TempDir(), "out")}
		}, nil, "linking"},
		{server.CollectPath, func() any { return server.CollectRequest{DryRun: true} }, &found, "looking at all content"},
	} {
		if c.path == server.ExportPath {
			s.WaitFor("the import", func() bool {
				return s.Do(http.MethodGet, "/kx/environments/"+env+"/databases/hist/changesets/"+imported.Changeset, nil).Member("status") == "COMPLETED"
			})
		}
		// A call may be over before there is time to tell of it; not each time.
		stages, last := map[string]bool{}, int64(0)
		s.WaitFor("news of "+c.path, func() bool {
			if err := o.follow(t.Context(), c.path, c.in(), c.out, func(p blob.Progress) {
				stages[p.Stage] = true
				last = max(last, p.Done.Files)
			}); err != nil {
				t.Fatal(err)
			}
			return stages[c.stage] && last > 0
		})
	}
	if imported.Changeset == "" || found.Kept == 0 {
		t.Errorf("replies: %+v, %+v", imported, found)
	}
	// A refusal after the reply has begun, or before, is one all the same.
	err = o.follow(t.Context(), server.ImportPath, server.ImportRequest{Environment: env, Database: "none", Folder: root}, nil, func(blob.Progress) {})
	if err == nil || !strings.Contains(err.Error(), "has no database none") {
		t.Errorf("%v", err)
	}
}
