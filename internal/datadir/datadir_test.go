package datadir_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/quoinhq/quoin/internal/datadir"
)

func TestOpen(t *testing.T) {
	t.Run("a fresh folder is private and gets a random account", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "new", "data")
		d := mustOpen(t, path, "")
		if len(d.AccountID()) != 12 {
			t.Errorf("account id %q, want 12 digits", d.AccountID())
		}
		wantMode(t, path, 0o700)
		wantMode(t, d.Path("quoin.json"), 0o600)
	})
	t.Run("the account stays", func(t *testing.T) {
		path := t.TempDir()
		d := mustOpen(t, path, "123456789012")
		d.Close()
		d = mustOpen(t, path, "")
		if d.AccountID() != "123456789012" {
			t.Errorf("account id %q after reopening", d.AccountID())
		}
	})
	t.Run("ErrAccount", func(t *testing.T) {
		path := t.TempDir()
		mustOpen(t, path, "123456789012").Close()
		wantErr(t, path, "210987654321", datadir.ErrAccount)
	})
	t.Run("ErrLocked", func(t *testing.T) {
		path := t.TempDir()
		d := mustOpen(t, path, "")
		wantErr(t, path, "", datadir.ErrLocked)
		d.Close()
		mustOpen(t, path, "")
	})
	t.Run("ErrFormat", func(t *testing.T) {
		path := t.TempDir()
		if err := os.WriteFile(filepath.Join(path, "quoin.json"), []byte(`{"format":99}`), 0o600); err != nil {
			t.Fatal(err)
		}
		wantErr(t, path, "", datadir.ErrFormat)
	})
	t.Run("ErrForeign", func(t *testing.T) {
		path := t.TempDir()
		if err := errors.Join(os.WriteFile(filepath.Join(path, "thesis.tex"), nil, 0o600), os.Chmod(path, 0o755)); err != nil {
			t.Fatal(err)
		}
		wantErr(t, path, "", datadir.ErrForeign)
		wantMode(t, path, 0o755)
		if entries, err := os.ReadDir(path); err != nil || len(entries) != 1 {
			t.Errorf("left %v (%v) in somebody else's folder", entries, err)
		}
	})
	t.Run("a disk of its own, and a first start that was cut short", func(t *testing.T) {
		path := t.TempDir()
		if err := errors.Join(os.Mkdir(filepath.Join(path, "lost+found"), 0o700), os.WriteFile(filepath.Join(path, "lock"), nil, 0o600)); err != nil {
			t.Fatal(err)
		}
		mustOpen(t, path, "")
	})
	t.Run("a file in the way", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := datadir.Open(path, ""); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("got %v, want an error that names the folder", err)
		}
	})
	t.Run("a wrong account id", func(t *testing.T) {
		if _, err := datadir.Open(t.TempDir(), "12"); err == nil {
			t.Error("opened")
		}
	})
}

func TestFind(t *testing.T) {
	if _, err := datadir.Find(t.TempDir()); !errors.Is(err, datadir.ErrNotExist) {
		t.Errorf("empty folder: got %v, want ErrNotExist", err)
	}
	path := t.TempDir()
	mustOpen(t, path, "123456789012")
	d, err := datadir.Find(path)
	if err != nil {
		t.Fatalf("of a folder in use: %v", err)
	}
	if _, err := d.Endpoint(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("endpoint before the first start: %v", err)
	}
}

func TestCredentials(t *testing.T) {
	d := mustOpen(t, t.TempDir(), "")
	if _, err := d.Credentials(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("before they are written: %v", err)
	}
	want := datadir.Credentials{AccessKeyID: "AKIAX", SecretAccessKey: "abc/+="}
	if err := d.WriteCredentials(want); err != nil {
		t.Fatal(err)
	}
	wantMode(t, d.Path("credentials"), 0o600)
	if got, err := d.Credentials(); err != nil || got != want {
		t.Errorf("got %v, %v", got, err)
	}
	e := datadir.Endpoint{URL: "http://127.0.0.1:1", Region: "eu-west-1"}
	if err := d.WriteEndpoint(e); err != nil {
		t.Fatal(err)
	}
	if got, err := d.Endpoint(); err != nil || got != e {
		t.Errorf("endpoint: got %v, %v", got, err)
	}
}

func mustOpen(t *testing.T, path, account string) *datadir.Dir {
	t.Helper()
	d, err := datadir.Open(path, account)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func wantErr(t *testing.T, path, account string, want error) {
	t.Helper()
	if _, err := datadir.Open(path, account); !errors.Is(err, want) {
		t.Errorf("got %v, want %v", err, want)
	}
}

func wantMode(t *testing.T, path string, want fs.FileMode) {
	t.Helper()
	st, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := st.Mode().Perm(); got != want {
		t.Errorf("%s: mode %o, want %o", path, got, want)
	}
}
