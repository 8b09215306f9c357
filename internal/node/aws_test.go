package node_test

import (
	"strings"
	"testing"
	"time"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/kdb"
)

func TestServerPublishes(t *testing.T) {
	e := newEstate(t)
	e.create(t, e.cluster(t, "gp1", finspace.KxClusterTypeGp, "trade:([]sym:`$();price:`float$())\n.aws.init_pubsub[]\n"))
	feed, sub := e.connect(t, "gp1"), e.connect(t, "gp1")
	if got := ask(t, sub, ".aws.sub[`trade;`IBM]"); !strings.HasPrefix(got, "(`trade;") {
		t.Errorf("sub gave %s", got)
	}
	ask(t, feed, ".aws.pub[`trade;([]sym:`IBM`MSFT`IBM;price:1 2 3f)]")
	m, err := sub.Receive(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := kdb.Inline(m.Value); got != "(`upd;`trade;+`sym`price!(`IBM`IBM;1 3f))" {
		t.Errorf("the subscriber got %s", got)
	}
	sub.Close()
	for began := time.Now(); ask(t, feed, "count .aws.w`trade") != "0"; time.Sleep(5 * time.Millisecond) {
		if time.Since(began) > 10*time.Second {
			t.Fatal("a subscriber that went away still counts")
		}
	}
}

func TestServerGetsObjects(t *testing.T) {
	e := newEstate(t)
	e.s3(t, "PUT", "/code/notes.txt", []byte("hello\n"))
	e.create(t, e.cluster(t, "gp1", finspace.KxClusterTypeGp, "x:1\n"))
	c := e.connect(t, "gp1")
	if got := ask(t, c, "read0 hsym`$first .aws.s3.get_object[\"s3://code/notes.txt\";\"/opt/kx/app/scratch\"]`containerFileDestinationPath"); got != `,"hello"` {
		t.Errorf("the object holds %s", got)
	}
	for code, want := range map[string]string{
		`.aws.s3.get_object["s3://code/none";"/opt/kx/app/scratch"]`: "ResourceNotFoundException",
		`.aws.s3.get_object["s3://code/notes.txt";"/etc"]`:           "AccessDeniedException",
		`.aws.s3.get_object["notes.txt";"/opt/kx/app/scratch"]`:      "ValidationException",
		`.aws.get_kx_node_connection_string["gp1";"node-none"]`:      "ResourceNotFoundException",
		`.aws.create_changeset["none";([]a:1 2)]`:                    "ValidationException",
		`.aws.get_latest_sym_file["none";"/opt/kx/app/scratch"]`:     "ResourceNotFoundException",
	} {
		if got := ask(t, c, code+"`finspace_error_code"); got != `"`+want+`"` {
			t.Errorf("%s failed with %s, want %s", code, got, want)
		}
	}
}

// TestServerCommits: what is changed in a writable dataview becomes a changeset.
func TestServerCommits(t *testing.T) {
	e := newEstate(t)
	ctx := t.Context()
	must := func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(e.client.CreateKxDatabase(ctx, &finspace.CreateKxDatabaseInput{ClientToken: ptr("db"), EnvironmentId: &e.env, DatabaseName: ptr("market")}))
	must(e.client.CreateKxVolume(ctx, &finspace.CreateKxVolumeInput{
		EnvironmentId: &e.env, VolumeName: ptr("vol"), VolumeType: finspace.KxVolumeTypeNas1, AzMode: finspace.KxAzModeSingle, AvailabilityZoneIds: []string{e.zone},
		Nas1Configuration: &finspace.KxNAS1Configuration{Type: finspace.KxNAS1TypeSsd250, Size: ptr(int32(1200))},
	}))
	e.s3(t, "PUT", "/code/ref.q", []byte("rate:1\n"))
	made, err := e.client.CreateKxChangeset(ctx, &finspace.CreateKxChangesetInput{
		ClientToken: ptr("cs"), EnvironmentId: &e.env, DatabaseName: ptr("market"),
		ChangeRequests: []finspace.ChangeRequest{{ChangeType: finspace.ChangeTypePut, S3Path: ptr("s3://code/ref.q"), DbPath: ptr("/")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	completed := func(id string) {
		t.Helper()
		e.until(t, func() (string, error) {
			out, err := e.client.GetKxChangeset(ctx, &finspace.GetKxChangesetInput{EnvironmentId: &e.env, DatabaseName: ptr("market"), ChangesetId: &id})
			if err != nil {
				return "", err
			}
			return string(out.Status), nil
		}, "COMPLETED")
	}
	completed(*made.ChangesetId)
	e.until(t, func() (string, error) {
		out, err := e.client.GetKxVolume(ctx, &finspace.GetKxVolumeInput{EnvironmentId: &e.env, VolumeName: ptr("vol")})
		if err != nil {
			return "", err
		}
		return string(out.Status), nil
	}, "ACTIVE")
	must(e.client.CreateKxDataview(ctx, &finspace.CreateKxDataviewInput{
		ClientToken: ptr("dv"), EnvironmentId: &e.env, DatabaseName: ptr("market"), DataviewName: ptr("edit"), AzMode: finspace.KxAzModeSingle,
		AvailabilityZoneId: &e.zone, ChangesetId: made.ChangesetId, AutoUpdate: ptr(false), ReadWrite: ptr(true),
		SegmentConfigurations: []finspace.KxDataviewSegmentConfiguration{{VolumeName: ptr("vol"), DbPaths: []string{"/*"}}},
	}))
	e.until(t, func() (string, error) {
		out, err := e.client.GetKxDataview(ctx, &finspace.GetKxDataviewInput{EnvironmentId: &e.env, DatabaseName: ptr("market"), DataviewName: ptr("edit")})
		if err != nil {
			return "", err
		}
		return string(out.Status), nil
	}, "ACTIVE")
	in := e.cluster(t, "gp1", finspace.KxClusterTypeGp, "x:1\n")
	in.Databases = []finspace.KxDatabaseConfiguration{{DatabaseName: ptr("market"), DataviewName: ptr("edit")}}
	e.create(t, in)
	c := e.connect(t, "gp1")
	ask(t, c, "`:/opt/kx/app/db/market/more.q 0:enlist\"level:2\"")
	completed(strings.Trim(ask(t, c, ".aws.commit_kx_database[\"market\"]`id"), `"`))
	if got := ask(t, c, "asc last each\"/\"vs/:.aws.copy_database_files[\"market\";\"/opt/kx/app/scratch\";\"\";\"\"]`result_paths"); got != `("more.q";"ref.q")` {
		t.Errorf("the database holds %s", got)
	}
}
