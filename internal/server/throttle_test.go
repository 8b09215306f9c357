package server

import (
	"fmt"
	"net"
	"testing"
	"time"
)

func TestThrottle(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	limit := newThrottle(2, 3, func() time.Time { return now })
	take := func(caller string, n int) (allowed int) {
		for range n {
			if limit.allow(caller) {
				allowed++
			}
		}
		return allowed
	}
	if got := take("a", 10); got != 3 {
		t.Errorf("%d at once, want the burst of 3", got)
	}
	if got := take("b", 10); got != 3 {
		t.Errorf("another caller: %d", got)
	}
	if !limit.exhausted("a") || limit.exhausted("nobody") {
		t.Error("exhausted says otherwise")
	}
	now = now.Add(time.Second)
	if got := take("a", 10); got != 2 {
		t.Errorf("%d after a second, want 2", got)
	}
	for i := range 1000 {
		limit.allow(fmt.Sprint("passer-by ", i))
	}
	now = now.Add(2 * time.Minute)
	limit.allow("a")
	if n := len(limit.buckets); n != 1 {
		t.Errorf("%d buckets are kept of callers that are gone", n)
	}
	free := newThrottle(-1, 0, func() time.Time { return now })
	for range 1000 {
		if !free.allow("a") || free.exhausted("a") {
			t.Fatal("a limit that is off holds")
		}
	}
}

func TestLimitListener(t *testing.T) {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := limitListener(inner, 1)
	accepted := make(chan net.Conn)
	go func() {
		defer close(accepted)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			accepted <- c
		}
	}()
	for range 2 {
		c, err := net.Dial("tcp", inner.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
	}
	first := <-accepted
	select {
	case <-accepted:
		t.Fatal("a second connection beyond the limit of one")
	case <-time.After(50 * time.Millisecond):
	}
	if err := first.Close(); err != nil {
		t.Error(err)
	}
	second := <-accepted
	_ = first.Close() // a second time frees no second slot
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if c, ok := <-accepted; ok {
		t.Errorf("accepted %v after closing", c.RemoteAddr())
	}
	if err := second.Close(); err != nil {
		t.Error(err)
	}
}
