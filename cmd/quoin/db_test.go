package main

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/quoinhq/quoin/internal/sigv4"
	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/kdb/file"
	"github.com/quoinhq/quoin/test/live"
)

// writeDay writes trades of one day into the partitioned database root.
func writeDay(t *testing.T, root, day string, syms ...string) {
	t.Helper()
	sym, err := file.OpenSym(filepath.Join(root, "sym"))
	if err != nil {
		t.Fatal(err)
	}
	defer sym.Close()
	prices := make([]kdb.Float, len(syms))
	table, err := sym.EnumerateTable(kdb.NewTable([]kdb.Symbol{kdb.Sym("sym"), kdb.Sym("price")},
		[]kdb.Value{kdb.Syms(syms...), kdb.Of(prices...)}))
	if err != nil {
		t.Fatal(err)
	}
	if err := file.WriteTable(filepath.Join(root, day, "trade"), table, nil); err != nil {
		t.Fatal(err)
	}
}

// TestDB takes a database in, changes it, looks at its history, and takes both
// states out again.
func TestDB(t *testing.T) {
	s := live.Start(t)
	env := s.Environment("prod")
	if r := s.Do(http.MethodPost, "/kx/environments/"+env+"/databases", map[string]string{"databaseName": "hist", "clientToken": "1"}); r.Status != http.StatusOK {
		t.Fatalf("create database: %d %s", r.Status, r.Body)
	}
	data := []string{"--data-dir", s.DataDir().Path()}
	do := func(args ...string) string {
		t.Helper()
		code, out, errs := execute(t, append(append([]string{"db"}, args...), data...)...)
		if code != 0 || errs != "" {
			t.Fatalf("quoin db %q: %d, %s", args, code, errs)
		}
		return out
	}
	root := t.TempDir()
	writeDay(t, root, "2026.03.02", "IBM", "MSFT", "IBM")
	first := strings.TrimSpace(do("import", "hist", root))
	writeDay(t, root, "2026.03.03", "IBM", "ORCL")
	writeDay(t, root, "2026.03.02", "IBM")
	second := strings.TrimSpace(do("import", "hist", root, "-e", "prod"))

	log := do("log", "hist")
	if lines := strings.Split(strings.TrimSpace(log), "\n"); len(lines) != 3 ||
		!strings.HasPrefix(lines[1], second) || !strings.HasPrefix(lines[2], first) || strings.Count(log, "COMPLETED") != 2 {
		t.Errorf("log:\n%s", log)
	}
	diff := do("diff", "hist", first)
	for _, want := range []string{"/2026.03.02/trade +0 -0 ~2 ", " 3 > 1\n", "/2026.03.03/trade +3 -0 ~0 ", " 0 > 2\n", "/ +0 -0 ~1 "} {
		if !strings.Contains(strings.Join(strings.Fields(strings.ReplaceAll(diff, "\n", " ; ")), " "), strings.ReplaceAll(want, "\n", " ;")) {
			t.Errorf("diff lacks %q:\n%s", want, diff)
		}
	}
	if same := do("diff", "hist", second, second); strings.Count(same, "\n") != 1 {
		t.Errorf("diff of one with itself:\n%s", same)
	}
	for id, days := range map[string]int{first: 1, second: 2, "": 2} {
		dir := filepath.Join(t.TempDir(), "out")
		args := []string{"export", "hist", dir}
		if id != "" {
			args = append(args, "--changeset", id)
		}
		do(args...)
		db, err := file.Open(dir)
		if err != nil || len(db.Partitions) != days {
			t.Errorf("changeset %q holds %v, %v, want %d days", id, db, err, days)
		}
	}
	odd := func(make func(dir string) error) string {
		t.Helper()
		dir := t.TempDir()
		if err := make(dir); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		// These were internal errors, and the last one emptied the database.
		"import of a dangling link": {[]string{"import", "hist", odd(func(dir string) error { return os.Symlink("nowhere", filepath.Join(dir, "x")) })}, "/x: no such file"},
		"import of a loop":          {[]string{"import", "hist", odd(func(dir string) error { return os.Symlink(".", filepath.Join(dir, "x")) })}, "/x: a link leads back"},
		"import of an empty folder": {[]string{"import", "hist", t.TempDir()}, "holds no file"},
		"export over a folder":      {[]string{"export", "hist", root}, "something already"},
		"export into nowhere":       {[]string{"export", "hist", filepath.Join(root, "no", "where")}, "no such folder"},
		"import of nothing":         {[]string{"import", "hist", filepath.Join(root, "none")}, "no such folder"},
		"no such database":          {[]string{"log", "none"}, "none"},
		"no such changeset":         {[]string{"diff", "hist", "aaaaaaaaaaaaaaaaaaaaaa"}, "aaaaaaaaaaaaaaaaaaaaaa"},
		"no such environment":       {[]string{"log", "hist", "-e", "none"}, "no environment none"},
		"export of no database":     {[]string{"export", "none", filepath.Join(t.TempDir(), "x")}, "none"},
	} {
		code, out, errs := execute(t, append(append([]string{"db"}, c.args...), data...)...)
		if code != 2 || out != "" || !strings.Contains(errs, c.says) || strings.Count(errs, "\n") != 1 {
			t.Errorf("%s: got %d, %q, %q, want 2 and a line with %q", name, code, out, errs, c.says)
		}
	}
}

// TestDBCollect deletes an object and a database and finds their content
// collected, and nothing else, also under an exported folder.
func TestDBCollect(t *testing.T) {
	s := live.Start(t)
	s3 := func(method, path string, body []byte) *live.Reply {
		t.Helper()
		r, _ := s.Request(method, path, body)
		if err := sigv4.Sign(r, s.Root, "us-east-1", "s3", sigv4.HashBody(body), s.Now()); err != nil {
			t.Fatal(err)
		}
		return s.Send(r)
	}
	for _, name := range []string{"", "kept", "gone"} {
		if r := s3(http.MethodPut, "/bucket/"+name, bytes.Repeat([]byte(name), 3000)); r.Status != http.StatusOK {
			t.Fatalf("put %q: %d %s", name, r.Status, r.Body)
		}
	}
	env := s.Environment("env")
	for _, db := range []string{"kept", "gone"} {
		if r := s.Do(http.MethodPost, "/kx/environments/"+env+"/databases", map[string]string{"databaseName": db, "clientToken": db}); r.Status != http.StatusOK {
			t.Fatalf("create database: %d %s", r.Status, r.Body)
		}
	}
	gc := func(args ...string) string {
		t.Helper()
		code, out, errs := execute(t, append([]string{"db", "gc", "--data-dir", s.DataDir().Path()}, args...)...)
		if code != 0 {
			t.Fatalf("gc: %d %s", code, errs)
		}
		return out
	}
	data := "--data-dir=" + s.DataDir().Path()
	exported := filepath.Join(t.TempDir(), "gone")
	for _, db := range []string{"kept", "gone"} {
		root := t.TempDir()
		writeDay(t, root, "2026.03.02", strings.Repeat(db+" ", 5), db)
		if code, _, errs := execute(t, "db", "import", data, db, root); code != 0 {
			t.Fatal(errs)
		}
	}
	if code, _, errs := execute(t, "db", "export", data, "gone", exported); code != 0 {
		t.Fatal(errs)
	}
	s3(http.MethodDelete, "/bucket/gone", nil)
	if r := s.Do(http.MethodDelete, "/kx/environments/"+env+"/databases/gone?clientToken=x", nil); r.Status != http.StatusOK {
		t.Fatalf("delete database: %d %s", r.Status, r.Body)
	}
	// What is young is spared, as an import may be about to name it.
	old := time.Now().Add(-time.Hour)
	if err := filepath.WalkDir(s.DataDir().Path("blobs"), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		return os.Chtimes(path, old, old)
	}); err != nil {
		t.Fatal(err)
	}
	var removed int
	s.WaitFor("the deletion of the database", func() bool {
		_, err := fmt.Sscanf(gc("--dry-run"), "%d files", &removed)
		return err == nil && removed > 1
	})
	did := gc()
	if want := fmt.Sprintf("%d files", removed); !strings.HasPrefix(did, want) {
		t.Errorf("a dry run said %s; then: %s", want, did)
	}
	if again := gc(); !strings.HasPrefix(again, "0 files") {
		t.Errorf("a second time: %s", again)
	}
	if r := s3(http.MethodGet, "/bucket/kept", nil); len(r.Body) != 12000 {
		t.Errorf("an object that is left: %d, %d bytes", r.Status, len(r.Body))
	}
	if code, _, errs := execute(t, "db", "export", data, "kept", filepath.Join(t.TempDir(), "x")); code != 0 {
		t.Errorf("a database that is left: %s", errs)
	}
	if db, err := file.Open(exported); err != nil || len(db.Partitions) != 1 {
		t.Errorf("a folder that was exported before: %v, %v", db, err)
	}
	if _, err := file.ReadTable(filepath.Join(exported, "2026.03.02", "trade"), file.NewFolder(exported)); err != nil {
		t.Errorf("its table: %v", err)
	}
}
