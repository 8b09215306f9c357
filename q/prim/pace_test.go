package prim_test

import (
	"testing"
	"time"

	"github.com/quoinhq/quoin/q/prim"
)

func TestPace(t *testing.T) {
	const mb = 1 << 20
	for _, c := range []struct {
		name          string
		live, scanned uint64
		atLeast, most uint64 // the garbage that may stand
	}{
		{"small", 2 * mb, mb, 16 * mb, 33 * mb},
		{"one column", 80 * mb, 0, 60 * mb, 64 * mb},
		{"columns", 1200 * mb, 10 * mb, 200 * mb, 210 * mb},
		{"strings", 1200 * mb, 1200 * mb, 1200 * mb, 1400 * mb},
	} {
		t.Run(c.name, func(t *testing.T) {
			if room := c.live * uint64(prim.PacePercent(c.live, c.scanned)) / 100; room < c.atLeast-c.live/100 || room > c.most {
				t.Errorf("%d MB live: room for %d MB", c.live/mb, room/mb)
			}
		})
	}
}

// TestPaceKeepsWhatQueriesWant: memory that was live at once a moment ago is kept
// for the next query, and let go of when none comes.
func TestPaceKeepsWhatQueriesWant(t *testing.T) {
	const mb = 1 << 20
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	limit := prim.PaceLimits()
	at := func(live uint64, after time.Duration) int64 { return limit(live*mb, now.Add(after)) / mb }
	for _, c := range []struct {
		name          string
		live          uint64
		after         time.Duration
		atLeast, most int64
	}{
		{"a table", 600, 0, 700, 760},
		{"a query's results beside it", 1000, time.Second, 1160, 1220},
		{"the results gone", 600, 2 * time.Second, 1000, 1150},
		{"a minute later", 600, time.Minute, 700, 760},
	} {
		if got := at(c.live, c.after); got < c.atLeast || got > c.most {
			t.Errorf("%s: a limit of %d MB, want %d to %d", c.name, got, c.atLeast, c.most)
		}
	}
}
