package backup_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/quoinhq/quoin/internal/backup"
)

// FuzzRestore restores what anybody may have written: an error, and nothing
// left behind, unless it is a whole backup.
func FuzzRestore(f *testing.F) {
	header := make([]byte, 1024) // the end of a tar archive
	f.Add(header, true)
	f.Add([]byte("MANIFEST.json"), true)
	f.Add([]byte("text"), false)
	f.Fuzz(func(t *testing.T, archive []byte, packed bool) {
		if packed {
			z, err := zstd.NewWriter(nil)
			if err != nil {
				t.Fatal(err)
			}
			archive = z.EncodeAll(archive, nil)
		}
		parent := t.TempDir()
		to := filepath.Join(parent, "to")
		if err := backup.Restore(t.Context(), bytes.NewReader(archive), to); err == nil {
			return
		}
		if entries, err := os.ReadDir(parent); err != nil || len(entries) > 0 {
			t.Errorf("left behind: %v, %v", entries, err)
		}
	})
}
