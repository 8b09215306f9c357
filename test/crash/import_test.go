package crash_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/quoinhq/quoin/internal/store/storetest"
)

// TestKillImports kills a server while it imports changesets, from its own
// object store and from another server's, QUOIN_KILL_ROUNDS times each (5
// unless it is set). Each changeset that was acknowledged is in the end
// completed, with every byte of its files.
func TestKillImports(t *testing.T) {
	rounds := storetest.KillRounds(t, 5)
	t.Run("built-in", func(t *testing.T) {
		dir := t.TempDir()
		v := start(t, dir)
		putObjects(t, v)
		killImports(t, rounds, dir, v)
	})
	t.Run("external", func(t *testing.T) {
		other := start(t, t.TempDir())
		defer other.kill()
		putObjects(t, other)
		dir := t.TempDir()
		source := []string{"QUOIN_CRASH_S3=" + other.url, "QUOIN_CRASH_S3_KEY=" + other.root.AccessKeyID, "QUOIN_CRASH_S3_SECRET=" + other.root.SecretAccessKey}
		killImports(t, rounds, dir, start(t, dir, source...), source...)
	})
}

const objectsPut = 40 // by putObjects, and so files of a changeset

func content(i int) []byte { return bytes.Repeat(fmt.Append(nil, i), 30000) }

func putObjects(t *testing.T, v *victim) {
	t.Helper()
	if status, _ := v.send("PUT", "/bucket", "s3", "", nil); status != 200 {
		t.Fatalf("create bucket: %d", status)
	}
	for i := range objectsPut {
		if status, _ := v.send("PUT", fmt.Sprintf("/bucket/part/t/c%d", i), "s3", "application/octet-stream", content(i)); status != 200 {
			t.Fatalf("put object: %d", status)
		}
	}
}

func killImports(t *testing.T, rounds int, dir string, v *victim, env ...string) {
	defer func() { v.kill() }()
	database := setUpDatabase(t, v)
	asked := 0
	for round := range rounds {
		asked += ask(v, database, round)
		v = start(t, dir, env...)
		waitForChangesets(t, v, database)
		_, db := v.call("GET", database, nil)
		completed, _ := db["numChangesets"].(float64)
		if int(completed) < asked || db["numFiles"] != completed*objectsPut {
			t.Fatalf("round %d: %d changesets were acknowledged; there are %v, with %v files", round, asked, completed, db["numFiles"])
		}
	}
	t.Logf("%d kills, %d acknowledged changesets, each whole: %d files compared", rounds, asked, compareAll(t, v, dir, database))
}

// compareAll mounts the database as it is now and compares every file of it.
func compareAll(t *testing.T, v *victim, dir, database string) (files int) {
	t.Helper()
	env := strings.Split(database, "/")[3]
	if status, reply := v.call("POST", database+"/dataviews", map[string]any{
		"dataviewName": "all", "azMode": "SINGLE", "availabilityZoneId": "use1-az1", "clientToken": "1",
	}); status != 200 {
		t.Fatalf("create dataview: %d %v", status, reply)
	}
	waitFor(t, "the dataview", func() bool {
		_, got := v.call("GET", database+"/dataviews/all", nil)
		return got["status"] == "ACTIVE"
	})
	columns, err := filepath.Glob(filepath.Join(dir, "data", "dataviews", env, "hist", "all", "*", "*", "t", "c*"))
	if err != nil {
		t.Fatal(err)
	}
	want := make([][]byte, objectsPut)
	for i := range want {
		want[i] = content(i)
	}
	for _, path := range columns {
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var i int
		if _, err := fmt.Sscanf(filepath.Base(path), "c%d", &i); err != nil || !bytes.Equal(got, want[i]) {
			t.Errorf("%s is not what was imported: %v", path, err)
		}
	}
	_, db := v.call("GET", database, nil)
	if db["numFiles"] != float64(len(columns)) {
		t.Errorf("%d files can be mounted, of %v", len(columns), db["numFiles"])
	}
	return len(columns)
}

func setUpDatabase(t *testing.T, v *victim) (database string) {
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
