package node_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/quoinhq/quoin/internal/node"
)

func TestBinaries(t *testing.T) {
	dir := t.TempDir()
	q, text := filepath.Join(dir, "q"), filepath.Join(dir, "text")
	for path, mode := range map[string]os.FileMode{q: 0o700, text: 0o600} {
		if err := os.WriteFile(path, []byte("x"), mode); err != nil {
			t.Fatal(err)
		}
	}
	for name, tt := range map[string]struct {
		binaries node.Binaries
		want     string // "" is no error
	}{
		"none":          {nil, ""},
		"one":           {node.Binaries{"": {Path: q, Home: dir, License: dir}}, ""},
		"two releases":  {node.Binaries{"1.0": {Path: q}, "4.1": {Path: q}}, ""},
		"no file":       {node.Binaries{"4.1": {Path: filepath.Join(dir, "none")}}, "q binary of release 4.1: stat "},
		"no program":    {node.Binaries{"4.1": {Path: text}}, "text is no program"},
		"a folder":      {node.Binaries{"": {Path: dir}}, "is no program"},
		"only a home":   {node.Binaries{"": {Home: dir}}, "q binary: a home or a licence is given, and no program"},
		"no home":       {node.Binaries{"": {Path: q, Home: text}}, "text is no folder"},
		"no such label": {node.Binaries{"a b": {Path: q}}, `"a b" is no release label`},
	} {
		err := tt.binaries.Check()
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		}
	}
	if got := (node.Binaries{"": {Path: q}, "1.0": {Path: q}, "b": {Path: q}, "a": {Path: q}}).Releases(); strings.Join(got, " ") != "a b" {
		t.Errorf("the releases are %v", got)
	}
}

// TestNoBinaryForRelease: a cluster of a release that the server was once
// started with says what is missing.
func TestNoBinaryForRelease(t *testing.T) {
	b := newBench(t)
	s := b.spec(t, "n1", "x:1")
	s.Release = "4.1"
	b.Start(s)
	if st := b.await(t, "n1", failed); !strings.Contains(st.Failed, "no q binary for the release 4.1. It is started with --q-binary 4.1=FILE") {
		t.Errorf("the reason is %q", st.Failed)
	}
}
