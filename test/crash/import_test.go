package crash_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/url"
	"testing"
	"time"

	"github.com/quoinhq/quoin/internal/store/storetest"
)

// TestKillImports kills a server while it imports changesets, QUOIN_KILL_ROUNDS
// times (5 unless it is set). Each changeset that was acknowledged is in the
// end completed with all its files.
func TestKillImports(t *testing.T) {
	rounds := storetest.KillRounds(t, 5)
	const files = 40 // of a changeset
	dir := t.TempDir()
	v := start(t, dir)
	defer func() { v.kill() }()
	database := setUpDatabase(t, v, files)
	asked := 0
	for round := range rounds {
		asked += ask(v, database, round)
		v = start(t, dir)
		waitForChangesets(t, v, database)
		_, db := v.call("GET", database, nil)
		completed, _ := db["numChangesets"].(float64)
		if int(completed) < asked || db["numFiles"] != completed*files {
			t.Fatalf("round %d: %d changesets were acknowledged; there are %v, with %v files", round, asked, completed, db["numFiles"])
		}
	}
	t.Logf("%d kills, %d acknowledged changesets, each whole", rounds, asked)
}

func setUpDatabase(t *testing.T, v *victim, files int) (database string) {
	t.Helper()
	status, env := v.call("POST", "/kx/environments", map[string]any{"name": "crash", "kmsKeyId": "arn:aws:kms:us-east-1:123456789012:key/1"})
	if status != 200 {
		t.Fatalf("create environment: %d %v", status, env)
	}
	path := "/kx/environments/" + env["environmentId"].(string)
	waitFor(t, "the environment", func() bool {
		_, got := v.call("GET", path, nil)
		return got["status"] == "CREATED"
	})
	if status, reply := v.call("POST", path+"/databases", map[string]any{"databaseName": "hist", "clientToken": "1"}); status != 200 {
		t.Fatalf("create database: %d %v", status, reply)
	}
	if status, _ := v.send("PUT", "/bucket", "s3", "", nil); status != 200 {
		t.Fatalf("create bucket: %d", status)
	}
	for i := range files {
		content := bytes.Repeat(fmt.Append(nil, i), 30000)
		if status, _ := v.send("PUT", fmt.Sprintf("/bucket/part/t/c%d", i), "s3", "application/octet-stream", content); status != 200 {
			t.Fatalf("put object: %d", status)
		}
	}
	return path + "/databases/hist"
}

// ask asks for changesets until the server is killed, some milliseconds on.
func ask(v *victim, database string, round int) (acknowledged int) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range 3 {
			status, _ := v.call("POST", database+"/changesets", map[string]any{
				"changeRequests": []map[string]string{{"changeType": "PUT", "s3Path": "s3://bucket/part/", "dbPath": fmt.Sprintf("/p%d_%d/", round, i)}},
				"clientToken":    fmt.Sprint(round, "-", i),
			})
			if status != 200 {
				return
			}
			acknowledged++
		}
	}()
	time.Sleep(time.Duration(rand.IntN(250)) * time.Millisecond)
	v.kill()
	<-done
	return acknowledged
}

// waitForChangesets waits until all changesets have ended; a kill is no reason
// to fail.
func waitForChangesets(t *testing.T, v *victim, database string) {
	t.Helper()
	waitFor(t, "the changesets to end", func() bool {
		for query := ""; ; {
			status, page := v.call("GET", database+"/changesets"+query, nil)
			if status != 200 {
				t.Fatalf("list changesets: %d %v", status, page)
			}
			list, _ := page["kxChangesets"].([]any)
			for _, c := range list {
				switch c.(map[string]any)["status"] {
				case "FAILED":
					t.Fatalf("a changeset failed: %v", c)
				case "PENDING", "PROCESSING":
					return false
				}
			}
			next, _ := page["nextToken"].(string)
			if next == "" {
				return true
			}
			query = "?nextToken=" + url.QueryEscape(next)
		}
	})
}

func waitFor(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !done(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}
