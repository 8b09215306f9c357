package s3_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/quoinhq/quoin/internal/blob"
	"github.com/quoinhq/quoin/internal/s3"
)

// Both sources, the built-in store and the same store seen as another server,
// list and fetch alike.
func TestSources(t *testing.T) {
	f := newFixture(t)
	f.put("hdb/sym", "symbols")
	f.put("hdb/d/p", strings.Repeat("x", 100_000))
	f.put("other", "o")
	external, err := s3.NewExternal(f.URL, testRegion, testKey, testSecret)
	if err != nil {
		t.Fatal(err)
	}
	elsewhere, err := blob.Open(filepath.Join(t.TempDir(), "blobs"))
	if err != nil {
		t.Fatal(err)
	}
	for name, src := range map[string]s3.Source{"built in": f.h.Source(), "external": external} {
		for where, blobs := range map[string]*blob.Store{"own": f.blobs, "elsewhere": elsewhere} {
			t.Run(name+"/"+where, func(t *testing.T) {
				var keys []string
				for o, err := range src.List(t.Context(), "data", "hdb/") {
					if err != nil {
						t.Fatal(err)
					}
					keys = append(keys, o.Key)
					ref, err := src.Fetch(t.Context(), blobs, "data", o.Key, "")
					if err != nil || ref.Size != o.Size {
						t.Fatalf("%s: %d bytes of %d, %v", o.Key, ref.Size, o.Size, err)
					}
					if _, err := blobs.Stat(ref.Hash); err != nil {
						t.Error(err)
					}
				}
				if got := strings.Join(keys, " "); got != "hdb/d/p hdb/sym" {
					t.Errorf("listed %q", got)
				}
				if _, err := src.Fetch(t.Context(), blobs, "data", "none", ""); !errors.Is(err, s3.ErrNoObject) {
					t.Errorf("fetch of nothing: %v", err)
				}
				for _, err := range src.List(t.Context(), "nobucket", "") {
					if !errors.Is(err, s3.ErrNoObject) {
						t.Errorf("list of no bucket: %v", err)
					}
				}
			})
		}
	}
}

func TestNewExternalErrors(t *testing.T) {
	for _, endpoint := range []string{"", "not a url", "ftp://x", "//x", "http://"} {
		if _, err := s3.NewExternal(endpoint, testRegion, testKey, testSecret); err == nil {
			t.Errorf("%q was taken", endpoint)
		}
	}
}
