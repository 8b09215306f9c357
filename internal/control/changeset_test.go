package control_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/control"
	"github.com/quoinhq/quoin/internal/s3"
)

func exists(p string) bool {
	_, err := os.Stat(p)
	return err == nil
}

// shown lays a changeset out and returns what it holds.
func (w *world) shown(env, db, id string) map[string]string {
	w.t.Helper()
	dir := filepath.Join(w.t.TempDir(), "view")
	if err := w.ExportChangeset(w.t.Context(), env, db, id, dir); err != nil {
		w.t.Fatal(err)
	}
	return folder(w.t, dir)
}

// folder is the content of all files under dir.
func folder(tb testing.TB, dir string) map[string]string {
	tb.Helper()
	got := map[string]string{}
	var walk func(string)
	walk = func(rel string) {
		entries, err := os.ReadDir(filepath.Join(dir, rel))
		if err != nil {
			tb.Fatal(err)
		}
		for _, e := range entries {
			p := filepath.Join(rel, e.Name())
			fi, err := os.Stat(filepath.Join(dir, p)) // through links
			if err != nil {
				tb.Fatal(err)
			}
			if fi.IsDir() {
				walk(p)
				continue
			}
			b, err := os.ReadFile(filepath.Join(dir, p))
			if err != nil {
				tb.Fatal(err)
			}
			got[p] = string(b)
		}
	}
	walk("")
	return got
}

// What cannot be in a database was refused by one text for all of it.
func TestChangesetSaysWhatIsWrongWithAPath(t *testing.T) {
	w := newWorld(t)
	env := w.environment("env")
	w.database(env, "db")
	w.objects.content = map[string]string{
		"b/dots/../x": "1", "b/empty//x": "1", "b/long/" + strings.Repeat("n", 256): "1", "b/file/a": "1", "b/folder/a/x": "1",
	}
	for _, c := range []struct{ from, want string }{
		{"dots", "changeRequests.1: The file /../x cannot be put: it has a part that is empty, '.' or '..'."},
		{"empty", "changeRequests.1: The file //x cannot be put: it has a part that is empty, '.' or '..'."},
		{"long", "changeRequests.1: The file /" + strings.Repeat("n", 256) + " cannot be put: it has a part that is longer than 255 bytes."},
		{"file", ""},
		{"folder", "changeRequests.1: The file /a/x cannot be put: a file and a folder would have one name."},
	} {
		got := ""
		if e := w.changeset(env, "db", putRequest("s3://b/"+c.from+"/", "/")).ErrorInfo; e != nil {
			got = *e.ErrorMessage
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.from, got, c.want)
		}
	}
	_, err := w.CreateKxChangeset(t.Context(), &finspace.CreateKxChangesetInput{
		EnvironmentId: &env, DatabaseName: ptr("db"), ChangeRequests: []finspace.ChangeRequest{putRequest("s3://b/file/", "/"+strings.Repeat("n", 256)+"/")}})
	wantCode(t, err, "ValidationException")
	if err != nil && !strings.Contains(err.Error(), "longer than 255 bytes") {
		t.Error(err)
	}
}

func TestChangeset(t *testing.T) {
	w := newWorld(t)
	env := w.environment("env")
	w.database(env, "db")
	w.objects.content = map[string]string{"b/hdb/sym": "s", "b/hdb/2024.01.02/t/p": "1", "b/hdb/2024.01.02/t/.d": "d", "b/hdb/": "", "b/new/t/p": "22"}
	one := w.changeset(env, "db", putRequest("s3://b/hdb/", "/"))
	if one.Status != "COMPLETED" || one.ActiveFromTimestamp == nil || one.ErrorInfo != nil {
		t.Fatalf("%+v", one)
	}
	// A DELETE and then a PUT replace a partition; a file is put into a folder.
	two := w.changeset(env, "db", deleteRequest("/2024.01.02/"), putRequest("s3://b/new/", "/2024.01.02/"), putRequest("s3://b/hdb/sym", "/lists/"))
	if d := cmp.Diff(map[string]string{"sym": "s", "2024.01.02/t/p": "22", "lists/sym": "s"}, w.shown(env, "db", *two.ChangesetId)); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(map[string]string{"sym": "s", "2024.01.02/t/p": "1", "2024.01.02/t/.d": "d"}, w.shown(env, "db", *one.ChangesetId)); d != "" {
		t.Errorf("the first changeset is not what it was: %s", d)
	}
	got := must(w.GetKxDatabase(t.Context(), &finspace.GetKxDatabaseInput{EnvironmentId: &env, DatabaseName: ptr("db")}))
	if *got.LastCompletedChangesetId != *two.ChangesetId || *got.NumChangesets != 2 || *got.NumFiles != 3 || *got.NumBytes != 4 {
		t.Errorf("%+v", got)
	}
	list := must(w.ListKxChangesets(t.Context(), &finspace.ListKxChangesetsInput{EnvironmentId: &env, DatabaseName: ptr("db")}))
	if len(list.KxChangesets) != 2 || *list.KxChangesets[0].ChangesetId != *two.ChangesetId {
		t.Error("the newest changeset does not come first")
	}
}

func TestChangesetErrors(t *testing.T) {
	w := newWorld(t)
	env := w.environment("env")
	w.database(env, "db")
	w.objects.content = map[string]string{"b/a": "1", "b/a/x": "2"}
	for name, c := range map[string]struct {
		req  finspace.ChangeRequest
		code string
	}{
		"ValidationException/PUT without s3Path": {finspace.ChangeRequest{ChangeType: "PUT", DbPath: ptr("/")}, "ValidationException"},
		"ValidationException/DELETE with s3Path": {finspace.ChangeRequest{ChangeType: "DELETE", DbPath: ptr("/"), S3Path: ptr("s3://b/a")}, "ValidationException"},
		"ValidationException/no slash at first":  {putRequest("s3://b/a", "x/"), "ValidationException"},
		"ValidationException/no slash at last":   {putRequest("s3://b/a", "/x"), "ValidationException"},
		"ValidationException/wildcard":           {putRequest("s3://b/a", "/*/"), "ValidationException"},
		"ValidationException/dotted":             {putRequest("s3://b/a", "/../"), "ValidationException"},
		"ValidationException/first DELETE":       {deleteRequest("/x/"), "ValidationException"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.CreateKxChangeset(t.Context(), &finspace.CreateKxChangesetInput{EnvironmentId: &env, DatabaseName: ptr("db"), ChangeRequests: []finspace.ChangeRequest{c.req}})
			wantCode(t, err, c.code)
		})
	}
	t.Run("AccessDeniedException of the bucket", func(t *testing.T) {
		w.denied = func(action, arn string) error {
			if action == "s3:GetObject" && arn == "arn:aws:s3:::b/a/*" {
				return finspace.NewAccessDeniedException("no")
			}
			return nil
		}
		defer func() { w.denied = nil }()
		_, err := w.CreateKxChangeset(t.Context(), &finspace.CreateKxChangesetInput{EnvironmentId: &env, DatabaseName: ptr("db"), ChangeRequests: []finspace.ChangeRequest{putRequest("s3://b/a/", "/")}})
		wantCode(t, err, "AccessDeniedException")
	})
	for name, c := range map[string]struct {
		reqs  []finspace.ChangeRequest
		check error
		fetch error
		kind  finspace.ErrorDetails
	}{
		"no object":      {reqs: []finspace.ChangeRequest{putRequest("s3://b/none", "/")}, kind: finspace.ErrorDetailsResourceNotFound},
		"nothing under":  {reqs: []finspace.ChangeRequest{putRequest("s3://b/none/", "/")}, kind: finspace.ErrorDetailsResourceNotFound},
		"file or folder": {reqs: []finspace.ChangeRequest{putRequest("s3://b/", "/")}, kind: finspace.ErrorDetailsValidation},
		"check":          {reqs: []finspace.ChangeRequest{putRequest("s3://b/a", "/")}, check: errors.New("the sym file is missing"), kind: finspace.ErrorDetailsValidation},
		"refused":        {reqs: []finspace.ChangeRequest{putRequest("s3://b/a", "/")}, fetch: fmt.Errorf("%w: secret", s3.ErrRefused), kind: finspace.ErrorDetailsAccessDenied},
		"unavailable":    {reqs: []finspace.ChangeRequest{putRequest("s3://b/a", "/")}, fetch: fmt.Errorf("%w: secret", s3.ErrUnavailable), kind: finspace.ErrorDetailsThrottling},
		"internal":       {reqs: []finspace.ChangeRequest{putRequest("s3://b/a", "/")}, fetch: errors.New("secret text"), kind: finspace.ErrorDetailsInternalServiceException},
	} {
		t.Run("FAILED/"+name, func(t *testing.T) {
			w.checked, w.objects.fetch = c.check, nil
			if c.fetch != nil {
				w.objects.fetch = func() error { return c.fetch }
			}
			got := w.changeset(env, "db", c.reqs...)
			if got.Status != "FAILED" || got.ErrorInfo == nil || got.ErrorInfo.ErrorType != c.kind || *got.ErrorInfo.ErrorMessage == "" || strings.Contains(*got.ErrorInfo.ErrorMessage, "secret") {
				t.Errorf("%+v, %+v", got.Status, got.ErrorInfo)
			}
		})
	}
	d := must(w.GetKxDatabase(t.Context(), &finspace.GetKxDatabaseInput{EnvironmentId: &env, DatabaseName: ptr("db")}))
	if *d.NumFiles != 0 || *d.NumChangesets != 0 {
		t.Errorf("failed changesets left %d files", *d.NumFiles)
	}
}

// A server that stops in the middle of an import starts it over.
func TestChangesetSurvivesRestart(t *testing.T) {
	w := newWorld(t)
	env := w.environment("env")
	w.database(env, "db")
	w.objects.content = map[string]string{"b/a": "1"}
	ctx, cancel := context.WithCancel(t.Context())
	w.objects.fetch = func() error { cancel(); return ctx.Err() }
	out := must(w.CreateKxChangeset(t.Context(), &finspace.CreateKxChangesetInput{EnvironmentId: &env, DatabaseName: ptr("db"), ChangeRequests: []finspace.ChangeRequest{putRequest("s3://b/a", "/")}}))
	if _, err := w.ReconcileChangeset(ctx, env+"/db/"+*out.ChangesetId); err == nil {
		t.Fatal("an import that was stopped ended well")
	}
	w.objects.fetch = nil
	w.restart()
	w.rest(control.KindOpenChangeset, w.ReconcileChangeset)
	if d := cmp.Diff(map[string]string{"a": "1"}, w.shown(env, "db", *out.ChangesetId)); d != "" {
		t.Error(d)
	}
}

// Changesets of random PUTs and DELETEs make the tree that the same changes
// make of a plain map.
func TestChangesetsAreAMap(t *testing.T) {
	w := newWorld(t)
	env := w.environment("env")
	w.objects.content = map[string]string{"b/one/t/p": "1", "b/one/t/q": "2", "b/two/p": "3", "b/sym": "s"}
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		db := "db" + string(rune('a'+n%26)) + strings.Repeat("x", n/26)
		w.database(env, db)
		model := map[string]string{}
		made := false // the first changeset of a database deletes nothing
		for range rapid.IntRange(1, 3).Draw(rt, "changesets") {
			var reqs []finspace.ChangeRequest
			for range rapid.IntRange(1, 4).Draw(rt, "requests") {
				under := rapid.SampledFrom([]string{"/", "/2024.01.02/", "/2024.01.03/", "/2024.01.02/t/"}).Draw(rt, "dbPath")
				from := rapid.SampledFrom([]string{"", "s3://b/one/", "s3://b/two/", "s3://b/sym"}).Draw(rt, "s3Path")
				if from == "" && made {
					reqs = append(reqs, deleteRequest(under))
				} else if from != "" {
					reqs = append(reqs, putRequest(from, under))
				}
			}
			if len(reqs) == 0 {
				continue
			}
			next, ok := apply(w.objects.content, model, reqs)
			made = made || ok // none that failed counts as the first
			got := w.changeset(env, db, reqs...)
			if (got.Status == "COMPLETED") != ok {
				rt.Fatalf("%s, the map says %v: %v", got.Status, ok, got.ErrorInfo)
			}
			if !ok {
				continue
			}
			model = next
			if d := cmp.Diff(model, w.shown(env, db, *got.ChangesetId)); d != "" {
				rt.Fatal(d)
			}
		}
	})
}

// apply makes the changes on a map of paths; false when a file and a folder
// would have one name.
func apply(source, before map[string]string, reqs []finspace.ChangeRequest) (map[string]string, bool) {
	m := map[string]string{}
	for k, v := range before {
		m[k] = v
	}
	for _, r := range reqs {
		under := strings.TrimPrefix(*r.DbPath, "/")
		if r.ChangeType == "DELETE" {
			for k := range m {
				if strings.HasPrefix(k, under) {
					delete(m, k)
				}
			}
			continue
		}
		from := strings.TrimPrefix(*r.S3Path, "s3://")
		for k, v := range source {
			rest, ok := strings.CutPrefix(k, from)
			switch {
			case strings.HasSuffix(from, "/") && ok:
				m[under+rest] = v
			case k == from:
				m[under+path.Base(k)] = v
			}
		}
		for a := range m {
			for b := range m {
				if strings.HasPrefix(a, b+"/") {
					return nil, false
				}
			}
		}
	}
	return m, true
}

var errBad = errors.New("bad")
