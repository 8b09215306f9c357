package server

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// throttle is a token bucket for each of many callers. Buckets that are full
// again are forgotten, so that it holds only callers that were busy just now.
type throttle struct {
	rate  rate.Limit
	burst int
	now   func() time.Time

	mu      sync.Mutex
	buckets map[string]*bucket
	sweep   time.Time // when to forget next
}

type bucket struct {
	*rate.Limiter
	used time.Time
}

// newThrottle allows perSecond requests of one caller and burst at once. A
// rate below zero is no limit.
func newThrottle(perSecond float64, burst int, now func() time.Time) *throttle {
	limit := rate.Limit(perSecond)
	if perSecond < 0 {
		limit = rate.Inf
	}
	return &throttle{rate: limit, burst: burst, now: now, buckets: make(map[string]*bucket)}
}

// allow takes a token out of the caller's bucket, or is false.
func (t *throttle) allow(caller string) bool {
	if t.rate == rate.Inf {
		return true
	}
	now := t.now()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.forget(now)
	b, ok := t.buckets[caller]
	if !ok {
		b = &bucket{Limiter: rate.NewLimiter(t.rate, t.burst)}
		t.buckets[caller] = b
	}
	b.used = now
	return b.AllowN(now, 1)
}

// exhausted reports whether the caller's bucket is empty, and takes nothing.
func (t *throttle) exhausted(caller string) bool {
	if t.rate == rate.Inf {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	b, ok := t.buckets[caller]
	return ok && b.TokensAt(t.now()) < 1
}

// longestSweep keeps the time between two sweeps sane for very low rates.
const longestSweep = 24 * time.Hour

// forget drops buckets that have had the time to fill up. Caller holds mu.
func (t *throttle) forget(now time.Time) {
	if now.Before(t.sweep) {
		return
	}
	full := time.Duration(min(float64(t.burst)/float64(t.rate), float64(longestSweep/time.Second))) * time.Second
	for caller, b := range t.buckets {
		if now.Sub(b.used) > full {
			delete(t.buckets, caller)
		}
	}
	t.sweep = now.Add(max(full, time.Minute))
}
