package finspace

import (
	"context"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"
)

// Waits between attempts: at random up to the first one, which doubles each
// time until the last.
const (
	firstBackoff = 100 * time.Millisecond
	lastBackoff  = 20 * time.Second
)

// backoff returns how long to wait after that many attempts. It is chosen at
// random from zero up, so that clients that failed together do not come back
// together.
func backoff(attempts int) time.Duration {
	most := lastBackoff
	if attempts < 10 {
		most = min(most, firstBackoff<<(attempts-1))
	}
	return rand.N(most) + 1
}

// retryable reports whether the same request may succeed later: it came too
// often, or the server or something before it failed.
func retryable(e Error) bool {
	switch e.HTTPStatus() {
	case http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusBadGateway,
		http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return e.ErrorCode() == "ThrottlingException"
}

// retryAfter returns how long the server asks to wait, in seconds or until a
// date (RFC 9110, section 10.2.3), or 0.
func retryAfter(h http.Header, now time.Time) time.Duration {
	v := h.Get("Retry-After")
	if s, err := strconv.Atoi(v); err == nil && s > 0 {
		return time.Duration(s) * time.Second
	}
	if t, err := http.ParseTime(v); err == nil {
		return max(0, t.Sub(now))
	}
	return 0
}

// pause waits, unless the context will be over before: then it returns at
// once with an error.
func pause(ctx context.Context, d time.Duration) error {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < d {
		return context.DeadlineExceeded
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
