package crash_test

import (
	"path/filepath"
	"testing"

	"github.com/quoinhq/quoin/internal/audit"
	"github.com/quoinhq/quoin/internal/store/sqlite"
)

// checkTrail finds the chain of the audit trail whole, and in it every write
// that was acknowledged, once.
func checkTrail(t *testing.T, dir string, acknowledged int) {
	t.Helper()
	db, err := sqlite.OpenReader(t.Context(), filepath.Join(dir, "quoin.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	if _, err := audit.Verify(t.Context(), db, nil); err != nil {
		t.Error(err)
	}
	recorded := map[string]bool{}
	writes := 0
	for e, err := range audit.Events(t.Context(), db, audit.Filter{Outcome: audit.OK}, 0) {
		if err != nil {
			t.Fatal(err)
		}
		if recorded[e.RequestID] {
			t.Errorf("request %s (%s) is in the trail twice", e.RequestID, e.Operation)
		}
		recorded[e.RequestID] = true
		if e.Operation == "CreateKxUser" || e.Operation == "UpdateKxUser" {
			writes++
		}
	}
	if writes < acknowledged {
		t.Errorf("%d writes were acknowledged, and %d are in the audit trail", acknowledged, writes)
	}
}
