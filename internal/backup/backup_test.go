package backup_test

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/quoinhq/quoin/internal/backup"
	"github.com/quoinhq/quoin/internal/control"
	"github.com/quoinhq/quoin/internal/server"
	"github.com/quoinhq/quoin/internal/sigv4"
	"github.com/quoinhq/quoin/internal/store/sqlite"
	"github.com/quoinhq/quoin/test/live"
)

// TestRestoreUnderLoad backs a server up while users are made and objects are
// put, and finds in servers on the copies all that was acknowledged before.
func TestRestoreUnderLoad(t *testing.T) {
	quotas := control.Quotas{control.QuotaUsers: 1_000_000}
	s := live.Start(t, func(c *server.Config) { c.Quotas = quotas })
	env, role := s.Environment("env"), s.Role("reader")
	users := "/kx/environments/" + env + "/users"
	s3 := func(s *live.Server, method, path string, body []byte) *live.Reply {
		t.Helper()
		r, _ := s.Request(method, path, body)
		if err := sigv4.Sign(r, s.Root, "us-east-1", "s3", sigv4.HashBody(body), s.Now()); err != nil {
			t.Fatal(err)
		}
		return s.Send(r)
	}
	if r := s3(s, http.MethodPut, "/bucket", nil); r.Status != http.StatusOK {
		t.Fatalf("create bucket: %d %s", r.Status, r.Body)
	}
	var mu sync.Mutex
	var acknowledged []string // names of users and of objects
	stop := make(chan struct{})
	var wg sync.WaitGroup
	stopWriters := sync.OnceFunc(func() { close(stop); wg.Wait() })
	defer stopWriters()
	for w := range 4 {
		wg.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				name := fmt.Sprintf("u-%d-%d", w, i)
				if r := s3(s, http.MethodPut, "/bucket/"+name, []byte("content of "+name)); r.Status != http.StatusOK {
					t.Errorf("put object: %d %s", r.Status, r.Body)
					return
				}
				s.User(env, name, role)
				mu.Lock()
				acknowledged = append(acknowledged, name)
				mu.Unlock()
			}
		})
	}
	for round := range 3 {
		s.WaitFor("more users", func() bool {
			mu.Lock()
			defer mu.Unlock()
			return len(acknowledged) > 20*(round+1)
		})
		mu.Lock()
		before := append([]string(nil), acknowledged...)
		mu.Unlock()
		var archive bytes.Buffer
		if err := backup.Write(t.Context(), s.DataDir().Path(), &archive); err != nil {
			t.Fatal(err)
		}
		dir := filepath.Join(t.TempDir(), "restored")
		if err := backup.Restore(t.Context(), &archive, dir); err != nil {
			t.Fatal(err)
		}
		copied := live.Start(t, func(c *server.Config) { c.DataDir, c.Quotas = dir, quotas })
		if copied.Root != s.Root {
			t.Error("the copy has other credentials")
		}
		for _, name := range before {
			if r := copied.Do(http.MethodGet, users+"/"+name, nil); r.Status != http.StatusOK {
				t.Errorf("user %s is not in the copy: %d %s", name, r.Status, r.Body)
			}
			if r := s3(copied, http.MethodGet, "/bucket/"+name, nil); string(r.Body) != "content of "+name {
				t.Errorf("object %s in the copy: %d %s", name, r.Status, r.Body)
			}
		}
		copied.User(env, fmt.Sprint("made-in-the-copy-", round), role)
	}
	stopWriters()
	left, err := filepath.Glob(filepath.Join(s.DataDir().Path(), ".backup-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %q, %v", left, err)
	}
}

// folder makes a data folder without a server: a database and some files.
func folder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	db, err := sqlite.Open(t.Context(), filepath.Join(dir, "quoin.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"credentials": "[default]\n", "quoin.json": "{}", "server.json": "{}", "lock": "", ".hidden": "x",
		"blobs/ab/cdef": "content", "blobs/tmp/half": "ha", "views/v1/trade": "", "views/v1/odd name\n": "x",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, err := range []error{
		os.Link(filepath.Join(dir, "blobs/ab/cdef"), filepath.Join(dir, "views/v1/linked")),
		os.Symlink("linked", filepath.Join(dir, "views/v1/symbolic")),
		os.Chmod(filepath.Join(dir, "views/v1/trade"), 0o444),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func write(t *testing.T, dir string) []byte {
	t.Helper()
	var buf bytes.Buffer
	if err := backup.Write(t.Context(), dir, &buf); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func TestRestore(t *testing.T) {
	archive := write(t, folder(t))
	to := filepath.Join(t.TempDir(), "a", "b")
	if err := backup.Restore(t.Context(), bytes.NewReader(archive), to); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"credentials": "[default]\n", "quoin.json": "{}", "blobs/ab/cdef": "content",
		"views/v1/linked": "content", "views/v1/symbolic": "content", "views/v1/trade": "", "views/v1/odd name\n": "x",
	} {
		if got, err := os.ReadFile(filepath.Join(to, name)); err != nil || string(got) != want {
			t.Errorf("%s: got %q, %v, want %q", name, got, err, want)
		}
	}
	for _, name := range []string{"server.json", "lock", ".hidden", "blobs/tmp/half", "quoin.db-wal"} {
		if _, err := os.Lstat(filepath.Join(to, name)); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: got %v, want it left out", name, err)
		}
	}
	a, aerr := os.Stat(filepath.Join(to, "blobs/ab/cdef"))
	b, berr := os.Stat(filepath.Join(to, "views/v1/linked"))
	if aerr != nil || berr != nil || !os.SameFile(a, b) {
		t.Errorf("a link became a copy: %v, %v", aerr, berr)
	}
	for name, mode := range map[string]os.FileMode{"": 0o700, "quoin.db": 0o600, "credentials": 0o600, "views/v1/trade": 0o444} {
		if fi, err := os.Stat(filepath.Join(to, name)); err != nil || fi.Mode().Perm() != mode {
			t.Errorf("%q: %v, %v, want mode %v", name, fi.Mode(), err, mode)
		}
	}
}

func TestRestoreErrExists(t *testing.T) {
	archive := write(t, folder(t))
	to := t.TempDir()
	if err := os.WriteFile(filepath.Join(to, "precious"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := backup.Restore(t.Context(), bytes.NewReader(archive), to); !errors.Is(err, backup.ErrExists) {
		t.Errorf("got %v, want ErrExists", err)
	}
	if entries, err := os.ReadDir(to); err != nil || len(entries) != 1 {
		t.Errorf("the folder has %v, %v", entries, err)
	}
	if err := backup.Restore(t.Context(), bytes.NewReader(archive), t.TempDir()); err != nil {
		t.Errorf("into an empty folder: %v", err)
	}
}

func TestRestoreErrBroken(t *testing.T) {
	archive := write(t, folder(t))
	tests := map[string][]byte{
		"empty":     nil,
		"text":      []byte("this is not an archive"),
		"truncated": archive[:len(archive)-100],
		"half":      archive[:len(archive)/2],
		"no list": rewrite(t, archive, func(h *tar.Header, b []byte) []byte {
			if h.Name == "MANIFEST.json" {
				h.Name = "other"
			}
			return b
		}),
		"changed": rewrite(t, archive, func(h *tar.Header, b []byte) []byte {
			if h.Name == "credentials" {
				return []byte("[DEFAULT]\n")
			}
			return b
		}),
		"renamed": rewrite(t, archive, func(h *tar.Header, b []byte) []byte {
			if h.Name == "credentials" {
				h.Name = "credentials2"
			}
			return b
		}),
		"database that is none": rewrite(t, archive, func(h *tar.Header, b []byte) []byte {
			if h.Name == "quoin.db" {
				return bytes.Repeat([]byte("x"), len(b))
			}
			return b
		}),
	}
	for name, bad := range tests {
		t.Run(name, func(t *testing.T) {
			parent := t.TempDir()
			if err := backup.Restore(t.Context(), bytes.NewReader(bad), filepath.Join(parent, "to")); !errors.Is(err, backup.ErrBroken) {
				t.Errorf("got %v, want ErrBroken", err)
			}
			if entries, err := os.ReadDir(parent); err != nil || len(entries) > 0 {
				t.Errorf("left behind: %v, %v", entries, err)
			}
		})
	}
}

// TestRestoreStaysInside has archives that reach out of the folder.
func TestRestoreStaysInside(t *testing.T) {
	archive := write(t, folder(t))
	outside := t.TempDir()
	for name, edit := range map[string]func(h *tar.Header){
		"dots":          func(h *tar.Header) { h.Name = "../../escaped" },
		"absolute":      func(h *tar.Header) { h.Name = filepath.Join(outside, "escaped") },
		"link":          func(h *tar.Header) { h.Typeflag, h.Linkname, h.Size = tar.TypeLink, "/etc/passwd", 0 },
		"through a way": func(h *tar.Header) { h.Name = "views/out/escaped" },
	} {
		t.Run(name, func(t *testing.T) {
			bad := rewrite(t, archive, func(h *tar.Header, b []byte) []byte {
				switch h.Name {
				case "views/v1/symbolic":
					h.Name, h.Linkname = "views/out", outside
				case "views/v1/trade":
					edit(h)
					if h.Size == 0 {
						return nil
					}
				}
				return b
			})
			parent := t.TempDir()
			if err := backup.Restore(t.Context(), bytes.NewReader(bad), filepath.Join(parent, "a", "b")); err == nil {
				t.Error("restored")
			}
			for _, dir := range []string{outside, parent} {
				if err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
					if strings.Contains(path, "escaped") {
						t.Errorf("made %s", path)
					}
					return err
				}); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

func TestWriteEnded(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	dir := folder(t)
	if err := backup.Write(ctx, dir, io.Discard); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
	if left, err := filepath.Glob(filepath.Join(dir, ".backup-*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %q, %v", left, err)
	}
	full := errors.New("no space")
	if err := backup.Write(t.Context(), dir, failing{full}); !errors.Is(err, full) {
		t.Errorf("got %v, want the writer's error", err)
	}
	if err := backup.Write(t.Context(), t.TempDir(), io.Discard); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no data folder: got %v, want ErrNotExist", err)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

// rewrite returns the archive with entries as edit makes them.
func rewrite(t *testing.T, archive []byte, edit func(h *tar.Header, body []byte) []byte) []byte {
	t.Helper()
	zr, err := zstd.NewReader(bytes.NewReader(archive))
	if err != nil {
		t.Fatal(err)
	}
	defer zr.Close()
	var buf bytes.Buffer
	zw, err := zstd.NewWriter(&buf)
	if err != nil {
		t.Fatal(err)
	}
	in, out := tar.NewReader(zr), tar.NewWriter(zw)
	for {
		h, err := in.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		body = edit(h, body)
		h.Size = int64(len(body))
		if err := out.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := out.Write(body); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(out.Close(), zw.Close()); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}
