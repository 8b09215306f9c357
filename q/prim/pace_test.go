package prim_test

import (
	"testing"

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
