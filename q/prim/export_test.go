package prim

import "time"

// PacePercent is pacePercent.
var PacePercent = pacePercent

// PaceLimits returns pace.limit of one heap without pointers, with what is live
// given.
func PaceLimits() func(live uint64, now time.Time) int64 {
	var p pace
	return func(live uint64, now time.Time) int64 {
		p.live = live
		return p.limit(now)
	}
}
