package control_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/control"
)

func segment(volume string, onDemand bool, paths ...string) finspace.KxDataviewSegmentConfiguration {
	s := finspace.KxDataviewSegmentConfiguration{VolumeName: &volume, DbPaths: paths}
	if onDemand {
		s.OnDemand = &onDemand
	}
	return s
}

// dataviewWorld is an environment with two volumes and a database with two
// changesets.
func dataviewWorld(t *testing.T) (w *world, env, one, two string) {
	w = newWorld(t)
	env = w.environment("env")
	w.volume(env, "vol")
	w.volume(env, "vol2")
	w.database(env, "db")
	w.objects.content = map[string]string{"b/1/sym": "s", "b/1/d1/p": "1", "b/2/d2/p": "2"}
	one = *w.changeset(env, "db", putRequest("s3://b/1/", "/")).ChangesetId
	two = *w.changeset(env, "db", putRequest("s3://b/2/", "/")).ChangesetId
	return w, env, one, two
}

func (w *world) dataview(env string, change func(*finspace.CreateKxDataviewInput)) (*finspace.CreateKxDataviewOutput, error) {
	in := &finspace.CreateKxDataviewInput{EnvironmentId: &env, DatabaseName: ptr("db"), DataviewName: ptr("dv"), AzMode: "SINGLE", AvailabilityZoneId: ptr(zone)}
	change(in)
	out, err := w.CreateKxDataview(w.t.Context(), in)
	w.restAll()
	return out, err
}

func (w *world) getDataview(env, name string) *finspace.GetKxDataviewOutput {
	w.t.Helper()
	return must(w.GetKxDataview(w.t.Context(), &finspace.GetKxDataviewInput{EnvironmentId: &env, DatabaseName: ptr("db"), DataviewName: &name}))
}

// versionFolder is what the newest version of a dataview shows.
func (w *world) versionFolder(env string, d *finspace.GetKxDataviewOutput) map[string]string {
	w.t.Helper()
	return folder(w.t, filepath.Join(filepath.Dir(w.path), "dataviews", env, "db", *d.DataviewName, *d.ActiveVersions[0].VersionId))
}

func TestDataview(t *testing.T) {
	w, env, one, two := dataviewWorld(t)
	both := map[string]string{"sym": "s", "d1/p": "1", "d2/p": "2"}
	out := must(w.dataview(env, func(in *finspace.CreateKxDataviewInput) {
		in.SegmentConfigurations = []finspace.KxDataviewSegmentConfiguration{segment("vol", false, "/d1/*")}
	}))
	if out.Status != "CREATING" || *out.ChangesetId != two || *out.SegmentConfigurations[0].OnDemand {
		t.Errorf("%+v", out)
	}
	d := w.getDataview(env, "dv")
	if d.Status != "ACTIVE" || len(d.ActiveVersions) != 1 || *d.ActiveVersions[0].ChangesetId != two || len(d.ActiveVersions[0].AttachedClusters) != 0 {
		t.Fatalf("%+v", d)
	}
	if diff := cmp.Diff(both, w.versionFolder(env, d)); diff != "" {
		t.Error(diff)
	}
	upd := must(w.UpdateKxDataview(t.Context(), &finspace.UpdateKxDataviewInput{EnvironmentId: &env, DatabaseName: ptr("db"), DataviewName: ptr("dv"), ChangesetId: &one}))
	if upd.Status != "UPDATING" {
		t.Errorf("status %s", upd.Status)
	}
	_, err := w.UpdateKxDataview(t.Context(), &finspace.UpdateKxDataviewInput{EnvironmentId: &env, DatabaseName: ptr("db"), DataviewName: ptr("dv"), ChangesetId: &two, ClientToken: ptr("x")})
	wantCode(t, err, "ConflictException")
	w.restAll()
	d = w.getDataview(env, "dv")
	if diff := cmp.Diff(map[string]string{"sym": "s", "d1/p": "1"}, w.versionFolder(env, d)); diff != "" || len(d.ActiveVersions) != 1 {
		t.Errorf("%d versions; %s", len(d.ActiveVersions), diff)
	}
	_, err = w.DeleteKxDatabase(t.Context(), &finspace.DeleteKxDatabaseInput{EnvironmentId: &env, DatabaseName: ptr("db")})
	wantCode(t, err, "ConflictException")
	_, err = w.DeleteKxVolume(t.Context(), &finspace.DeleteKxVolumeInput{EnvironmentId: &env, VolumeName: ptr("vol")})
	wantCode(t, err, "ConflictException")
	must(w.DeleteKxDataview(t.Context(), &finspace.DeleteKxDataviewInput{EnvironmentId: &env, DatabaseName: ptr("db"), DataviewName: ptr("dv")}))
	w.restAll()
	_, err = w.GetKxDataview(t.Context(), &finspace.GetKxDataviewInput{EnvironmentId: &env, DatabaseName: ptr("db"), DataviewName: ptr("dv")})
	wantCode(t, err, "ResourceNotFoundException")
	if exists(filepath.Join(filepath.Dir(w.path), "dataviews", env, "db", "dv")) {
		t.Error("a deleted dataview has a folder")
	}
}

// What a server that was killed had laid out goes with the next version, and
// shared folders that no version shows any more go when asked to.
func TestDataviewFolders(t *testing.T) {
	w, env, one, _ := dataviewWorld(t)
	must(w.dataview(env, func(*finspace.CreateKxDataviewInput) {}))
	root := filepath.Dir(w.path)
	stray := filepath.Join(root, "dataviews", env, "db", "dv", "stray")
	if err := os.Mkdir(stray, 0o700); err != nil {
		t.Fatal(err)
	}
	must(w.UpdateKxDataview(t.Context(), &finspace.UpdateKxDataviewInput{EnvironmentId: &env, DatabaseName: ptr("db"), DataviewName: ptr("dv"), ChangesetId: &one}))
	w.restAll()
	if exists(stray) {
		t.Error("the stray folder is still there")
	}
	shared := func() int {
		entries, err := os.ReadDir(filepath.Join(root, "trees"))
		if err != nil {
			t.Fatal(err)
		}
		return len(entries)
	}
	w.changeset(env, "db", deleteRequest("/d2/"))
	if n := shared(); n != 2 {
		t.Fatalf("%d shared folders before, want d1 and d2", n)
	}
	if err := w.PruneLayouts(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := shared(); n != 1 {
		t.Errorf("%d shared folders left, want that of d1", n)
	}
	if diff := cmp.Diff(map[string]string{"sym": "s", "d1/p": "1"}, w.versionFolder(env, w.getDataview(env, "dv"))); diff != "" {
		t.Error(diff)
	}
}

func TestDataviewFollows(t *testing.T) {
	w, env, _, _ := dataviewWorld(t)
	out := must(w.dataview(env, func(in *finspace.CreateKxDataviewInput) { in.AutoUpdate = ptr(true) }))
	if out.SegmentConfigurations != nil {
		t.Error("a dataview without segments is shown with an empty list of them, and none by GetKxDataview")
	}
	three := w.changeset(env, "db", deleteRequest("/d1/"))
	w.restAll()
	d := w.getDataview(env, "dv")
	if d.Status != "ACTIVE" || *d.ChangesetId != *three.ChangesetId {
		t.Fatalf("%+v", d)
	}
	if diff := cmp.Diff(map[string]string{"sym": "s", "d2/p": "2"}, w.versionFolder(env, d)); diff != "" {
		t.Error(diff)
	}
}

// Terraform makes dataviews of databases that have no changeset at all.
func TestDataviewOfEmptyDatabase(t *testing.T) {
	w := newWorld(t)
	env := w.environment("env")
	w.database(env, "db")
	must(w.dataview(env, func(in *finspace.CreateKxDataviewInput) { in.AutoUpdate = ptr(true) }))
	if d := w.getDataview(env, "dv"); d.Status != "ACTIVE" || d.ChangesetId != nil || len(w.versionFolder(env, d)) != 0 {
		t.Errorf("%+v", d)
	}
}

func TestDataviewErrors(t *testing.T) {
	w, env, _, _ := dataviewWorld(t)
	type in = finspace.CreateKxDataviewInput
	w.objects.content["b/3/x"] = "x"
	w.checked = errBad
	failed := *w.changeset(env, "db", putRequest("s3://b/3/", "/")).ChangesetId
	w.checked = nil
	for name, c := range map[string]struct {
		change func(*in)
		code   string
	}{
		"zone":              {func(i *in) { i.AvailabilityZoneId = ptr("use1-az9") }, "ValidationException"},
		"no such changeset": {func(i *in) { i.ChangesetId = ptr("none") }, "ResourceNotFoundException"},
		"failed changeset":  {func(i *in) { i.ChangesetId = &failed }, "ValidationException"},
		"no such volume":    {func(i *in) { i.SegmentConfigurations = segments(segment("none", false, "/*")) }, "ResourceNotFoundException"},
		"no such database":  {func(i *in) { i.DatabaseName = ptr("none") }, "ResourceNotFoundException"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.dataview(env, c.change)
			wantCode(t, err, c.code)
		})
	}
}

// Two patterns overlap exactly if some path matches both: tried against all
// short paths over a small alphabet.
func TestSegmentOverlap(t *testing.T) {
	paths := []string{""}
	for n, at := 0, 0; n < 6; n++ {
		for end := len(paths); at < end; at++ {
			for _, c := range "ab" {
				paths = append(paths, paths[at]+string(c))
			}
		}
	}
	pattern := rapid.StringMatching(`[ab?*]{0,3}`)
	rapid.Check(t, func(t *rapid.T) {
		a, b := pattern.Draw(t, "a"), pattern.Draw(t, "b")
		ra, rb := asRegexp(a), asRegexp(b)
		want := false
		for _, p := range paths {
			want = want || ra.MatchString(p) && rb.MatchString(p)
		}
		// Patterns of three signs that meet at all meet in a path of six.
		if got := control.ExportOverlap(a, b); got != want {
			t.Fatalf("%q and %q: %v, want %v", a, b, got, want)
		}
	})
}

func asRegexp(pattern string) *regexp.Regexp {
	return regexp.MustCompile("^" + strings.NewReplacer("*", ".*", "?", ".").Replace(pattern) + "$")
}
