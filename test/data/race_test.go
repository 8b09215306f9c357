package data_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/server"
	"github.com/quoinhq/quoin/internal/sigv4"
)

// TestCollectRacesNobody collects garbage in a loop while changesets replace
// partitions, dataviews follow, are moved back, made and deleted, and readers
// read dataviews and objects that are replaced under them. All that is read is
// whole, no changeset fails, and garbage is found. QUOIN_RACE_ROUNDS is how
// often each database is changed.
func TestCollectRacesNobody(t *testing.T) {
	const (
		partitions = 3
		columns    = 5
		importers  = 3
	)
	rounds := 4
	if more, err := strconv.Atoi(os.Getenv("QUOIN_RACE_ROUNDS")); err == nil {
		rounds = more
	}
	d := open(t)
	put(t, d.URL(), d.Root, "/data", "")
	zone := "use1-az1"
	text := func(round, col int) string { return strings.Repeat(fmt.Sprintf("%d %d ", round, col), 500) }
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var background sync.WaitGroup
	forever := func(fn func(i int)) {
		background.Go(func() {
			for i := 0; ctx.Err() == nil && !t.Failed(); i++ {
				fn(i)
			}
		})
	}
	var collections, removed atomic.Int64
	forever(func(int) {
		reply := d.Do(http.MethodPost, server.CollectPath, server.CollectRequest{})
		if reply.Status != http.StatusOK {
			t.Errorf("collect: %d %s", reply.Status, reply.Body)
		}
		var n int64
		_, _ = fmt.Sscan(reply.Member("Removed"), &n)
		removed.Add(n)
		collections.Add(1)
	})
	// An object that is replaced all the time is there, and whole.
	put(t, d.URL(), d.Root, "/data/busy", text(0, 0))
	forever(func(i int) {
		put(t, d.URL(), d.Root, "/data/busy", text(i, 0))
		time.Sleep(20 * time.Millisecond)
	})
	forever(func(int) {
		r, body := d.Request(http.MethodGet, "/data/busy", nil)
		if err := sigv4.Sign(r, d.Root, "us-east-1", "s3", sigv4.HashBody(body), d.Now()); err != nil {
			t.Error(err)
			return
		}
		reply := d.Send(r)
		var round int
		_, _ = fmt.Sscan(string(reply.Body), &round)
		if reply.Status != http.StatusOK || string(reply.Body) != text(round, 0) {
			t.Errorf("GET of a replaced object: %d, %d bytes", reply.Status, len(reply.Body))
		}
	})
	var work sync.WaitGroup
	for n := range importers {
		db := fmt.Sprint("hist", n)
		d.makeDatabase(t, db)
		at := finspace.GetKxDataviewInput{EnvironmentId: &d.env, DatabaseName: &db, DataviewName: new("follow")}
		if _, err := d.api.CreateKxDataview(t.Context(), &finspace.CreateKxDataviewInput{
			EnvironmentId: &d.env, DatabaseName: &db, DataviewName: at.DataviewName, AzMode: finspace.KxAzModeSingle, AvailabilityZoneId: &zone, AutoUpdate: new(true),
		}); err != nil {
			t.Fatal(err)
		}
		forever(func(int) { readViews(t, d, db, text) })
		work.Go(func() {
			for round := range rounds {
				if t.Failed() {
					return
				}
				// Objects are replaced and the old content is garbage, but for
				// changesets that still name it.
				for p := range partitions {
					for c := range columns {
						put(t, d.URL(), d.Root, fmt.Sprintf("/data/%s/p%d/t/c%d", db, p, c), text(round, c))
					}
				}
				put(t, d.URL(), d.Root, fmt.Sprintf("/data/%s/once", db), text(round, n+100))
				c, err := d.api.CreateKxChangeset(ctx, &finspace.CreateKxChangesetInput{
					EnvironmentId: &d.env, DatabaseName: &db,
					ChangeRequests: []finspace.ChangeRequest{{ChangeType: finspace.ChangeTypePut, S3Path: new("s3://data/" + db + "/"), DbPath: new(fmt.Sprintf("/r%d/", round))}},
				})
				if err != nil {
					t.Error(err)
					return
				}
				if _, err := d.api.WaitKxChangeset(ctx, &finspace.GetKxChangesetInput{EnvironmentId: &d.env, DatabaseName: &db, ChangesetId: c.ChangesetId}, finspace.ChangesetStatusCompleted); err != nil {
					t.Errorf("%s: %v", db, err)
					return
				}
				name := fmt.Sprint("view", round)
				if _, err := d.api.CreateKxDataview(ctx, &finspace.CreateKxDataviewInput{
					EnvironmentId: &d.env, DatabaseName: &db, DataviewName: &name, AzMode: finspace.KxAzModeSingle, AvailabilityZoneId: &zone, ChangesetId: c.ChangesetId,
				}); err != nil {
					t.Error(err)
					return
				}
				if _, err := d.api.WaitKxDataview(ctx, &finspace.GetKxDataviewInput{EnvironmentId: &d.env, DatabaseName: &db, DataviewName: &name}, finspace.KxDataviewStatusActive); err != nil {
					t.Errorf("%s: %v", db, err)
				}
				if round%2 == 1 {
					if _, err := d.api.DeleteKxDataview(ctx, &finspace.DeleteKxDataviewInput{EnvironmentId: &d.env, DatabaseName: &db, DataviewName: &name}); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	work.Wait()
	// What was replaced early is old enough for the margin of file times now.
	for end := time.Now().Add(time.Minute); removed.Load() == 0 && !t.Failed() && time.Now().Before(end); {
		time.Sleep(10 * time.Millisecond)
	}
	stop()
	background.Wait()
	if removed.Load() == 0 {
		t.Error("no garbage was found: the test looks at nothing")
	}
	t.Logf("%d collections, %d contents removed", collections.Load(), removed.Load())
}

// readViews reads every file of every version of the database's dataviews. A
// version that is taken away while it is read counts for nothing.
func readViews(t *testing.T, d *service, db string, text func(round, col int) string) {
	versions, err := filepath.Glob(d.DataDir().Path("data") + "/dataviews/" + d.env + "/" + db + "/*/*")
	if err != nil {
		t.Error(err)
	}
	for _, version := range versions {
		rounds, err := os.ReadDir(version)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Error(err)
		}
		for _, e := range rounds {
			err := filepath.WalkDir(filepath.Join(version, e.Name())+"/", func(path string, f fs.DirEntry, err error) error {
				if err != nil || f.IsDir() {
					return err
				}
				b, err := os.ReadFile(path)
				if err != nil {
					return err
				}
				var round, col int
				_, _ = fmt.Sscan(string(b), &round, &col)
				if string(b) != text(round, col) {
					t.Errorf("%s holds %d bytes that are no whole file", path, len(b))
				}
				return nil
			})
			if _, gone := os.Lstat(filepath.Join(version, e.Name())); err != nil && gone == nil {
				t.Errorf("%s: %v", version, err)
			}
		}
	}
	time.Sleep(5 * time.Millisecond)
}
