package control_test

import (
	"slices"
	"testing"
	"time"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/control"
)

// Six hundred changesets of one database, made without waiting, each asked the
// store fifty times a second whether its turn had come, in a transaction that
// writes: nobody else got through. One that waits sleeps now, and is called by
// the one that ends.
func TestWaitingChangesetsAskedAgainAndAgain(t *testing.T) {
	w := newWorld(t)
	w.quotas[control.QuotaChangesets] = 1
	env := w.environment("env")
	w.objects.content = map[string]string{"b/x": "1"}
	var keys []string
	for _, db := range []string{"zzz", "zzz", "aaa", "zzz"} {
		if len(keys) == 0 || db == "aaa" {
			w.database(env, db)
		}
		w.clock.Advance(time.Millisecond)
		out := must(w.CreateKxChangeset(t.Context(), &finspace.CreateKxChangesetInput{EnvironmentId: &env, DatabaseName: &db, ChangeRequests: []finspace.ChangeRequest{putRequest("s3://b/x", "/")}}))
		keys = append(keys, env+"/"+db+"/"+*out.ChangesetId)
	}
	var called []string
	stop := w.store.Watch(control.KindOpenChangeset, func(ks []string) { called = append(called, ks...) })
	defer stop()
	for i := range keys {
		for j := len(keys) - 1; j > i; j-- {
			res, err := w.ReconcileChangeset(t.Context(), keys[j])
			if err != nil || res.RequeueAfter < time.Second {
				t.Fatalf("while %d is to run, %d waits for %s, %v", i, j, res.RequeueAfter, err)
			}
		}
		if len(called) != 0 {
			t.Fatalf("waiting wrote %v", called)
		}
		if _, err := w.ReconcileChangeset(t.Context(), keys[i]); err != nil {
			t.Fatal(err)
		}
		if i+1 < len(keys) && !slices.Contains(called, keys[i+1]) {
			t.Fatalf("%d has ended and %d was not called, only %v", i, i+1, called)
		}
		called = nil
	}
	for _, db := range []string{"aaa", "zzz"} {
		if n := *must(w.GetKxDatabase(t.Context(), &finspace.GetKxDatabaseInput{EnvironmentId: &env, DatabaseName: &db})).NumChangesets; n != map[string]int32{"aaa": 1, "zzz": 3}[db] {
			t.Errorf("%d changesets of %s have completed", n, db)
		}
	}
}
