package server_test

import (
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/quoinhq/quoin/internal/server"
	"github.com/quoinhq/quoin/internal/sigv4"
	"github.com/quoinhq/quoin/test/live"
)

// The two benchmarks go over loopback with net/http's client, one connection
// for each of GOMAXPROCS goroutines; test/load measures with more of them and
// a client that costs less.

func BenchmarkGetKxUser(b *testing.B) {
	benchmark(b, func(users string, _ int64) (string, string, []byte) { return http.MethodGet, users + "/bob", nil })
}

func BenchmarkUpdateKxUser(b *testing.B) {
	benchmark(b, func(users string, n int64) (string, string, []byte) {
		return http.MethodPut, users + "/bob", fmt.Appendf(nil, `{"iamRole":"arn:aws:iam::123456789012:role/a","clientToken":"t-%d"}`, n)
	})
}

func benchmark(b *testing.B, request func(users string, n int64) (method, path string, body []byte)) {
	s := live.Start(b, func(c *server.Config) { c.Limits.PrincipalRate = -1 })
	env := s.Environment("env")
	s.User(env, "bob", s.Role("a"))
	users := "/kx/environments/" + env + "/users"
	var n atomic.Int64
	b.ReportAllocs()
	b.SetParallelism(8)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		client := &http.Client{Transport: &http.Transport{}}
		defer client.CloseIdleConnections()
		for pb.Next() {
			method, path, body := request(users, n.Add(1))
			r, body := s.Request(method, path, body)
			if err := sigv4.Sign(r, s.Root, "us-east-1", "finspace", sigv4.HashBody(body), time.Now()); err != nil {
				b.Error(err)
				return
			}
			res, err := client.Do(r)
			if err != nil {
				b.Error(err)
				return
			}
			text, err := io.ReadAll(res.Body)
			res.Body.Close()
			if err != nil || res.StatusCode != http.StatusOK {
				b.Errorf("%s: %s %v", res.Status, text, err)
				return
			}
		}
	})
}
