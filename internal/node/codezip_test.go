package node_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/quoinhq/quoin/internal/node"
)

// entry is one entry of a zip file that nobody with good intentions made.
type entry struct {
	name string
	mode fs.FileMode
	body string
}

func hostileZip(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, e := range entries {
		h := &zip.FileHeader{Name: e.name, Method: zip.Deflate}
		h.SetMode(e.mode)
		w, err := z.CreateHeader(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(e.body)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func unpack(t testing.TB, content []byte, max node.ZipLimits) (dir string, err error) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "a", "code")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	return dir, node.Unpack(bytes.NewReader(content), int64(len(content)), dir, max)
}

func TestUnpack(t *testing.T) {
	dir, err := unpack(t, hostileZip(t, entry{"lib/", fs.ModeDir | 0o755, ""}, entry{"lib/a.q", 0o777, "a:1"}, entry{"deep/er/b.q", 0o600, "b:2"}), node.DefaultZipLimits())
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"lib/a.q": "a:1", "deep/er/b.q": "b:2"} {
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || string(got) != want {
			t.Errorf("%s holds %q, %v", name, got, err)
		}
		if st, err := os.Stat(filepath.Join(dir, name)); err != nil || st.Mode().Perm() != 0o400 {
			t.Errorf("%s has mode %v, %v", name, st.Mode(), err)
		}
	}
}

func TestUnpackRefuses(t *testing.T) {
	small := node.ZipLimits{Files: 3, File: 2 << 20, Total: 3 << 20, Ratio: 10}
	for name, entries := range map[string][]entry{
		"a path upwards":              {{"../x.q", 0o644, "x"}},
		"a path upwards from inside":  {{"a/../../x.q", 0o644, "x"}},
		"an absolute path":            {{"/tmp/x.q", 0o644, "x"}},
		"a path of another system":    {{`a\..\x.q`, 0o644, "x"}},
		"a path that is not clean":    {{"a//x.q", 0o644, "x"}},
		"an empty name":               {{"", 0o644, "x"}},
		"a link":                      {{"x", fs.ModeSymlink | 0o777, "/etc"}},
		"a link and a file behind it": {{"x", fs.ModeSymlink | 0o777, "/tmp"}, {"x/y", 0o644, "y"}},
		"a device":                    {{"x", fs.ModeDevice | 0o777, ""}},
		"a name twice":                {{"x", 0o644, "1"}, {"x", 0o644, "2"}},
		"a file below a file":         {{"x", 0o644, "1"}, {"x/y", 0o644, "2"}},
		"a folder that is a file":     {{"x", 0o644, "1"}, {"x/", fs.ModeDir | 0o755, ""}},
		"too many entries":            {{"a", 0o644, ""}, {"b", 0o644, ""}, {"c", 0o644, ""}, {"d", 0o644, ""}},
		"a bomb":                      {{"x", 0o644, strings.Repeat("0", 2<<20)}},
	} {
		t.Run(name, func(t *testing.T) {
			dir, err := unpack(t, hostileZip(t, entries...), small)
			var bad *node.ZipError
			if !errors.As(err, &bad) {
				t.Fatalf("error %v, want a *ZipError", err)
			}
			checkInside(t, dir)
		})
	}
	t.Run("no zip", func(t *testing.T) {
		var bad *node.ZipError
		if _, err := unpack(t, []byte("PK but not really"), small); !errors.As(err, &bad) {
			t.Fatalf("error %v, want a *ZipError", err)
		}
	})
}

// checkInside makes sure that there is nothing beside dir, and in it only plain
// files and folders.
func checkInside(t testing.TB, dir string) {
	t.Helper()
	top := filepath.Dir(filepath.Dir(dir))
	err := filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if path != top && path != filepath.Dir(dir) && path != dir && !strings.HasPrefix(path, dir+"/") {
			t.Errorf("%s was made outside", path)
		}
		if !d.IsDir() && !d.Type().IsRegular() {
			t.Errorf("%s is a %v", path, d.Type())
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// FuzzUnpack: whatever a zip file holds, nothing is made outside its folder and
// nothing grows beyond the limits.
func FuzzUnpack(f *testing.F) {
	f.Add(hostileZip(f, entry{"a/b.q", 0o644, "x:1"}))
	f.Add(hostileZip(f, entry{"../x", 0o644, "x"}, entry{"l", fs.ModeSymlink, "/etc/passwd"}))
	f.Add([]byte("PK\x05\x06"))
	limits := node.ZipLimits{Files: 16, File: 1 << 16, Total: 1 << 17, Ratio: 4}
	f.Fuzz(func(t *testing.T, content []byte) {
		dir, err := unpack(t, content, limits)
		var bad *node.ZipError
		if err != nil && !errors.As(err, &bad) {
			t.Fatalf("the disk was blamed: %v", err)
		}
		checkInside(t, dir)
	})
}
