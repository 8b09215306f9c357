package server_test

import (
	"net/http"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/quoinhq/quoin/internal/server"
	"github.com/quoinhq/quoin/test/live"
)

// TestNothingRunsOn ends servers, in good order and in the middle of starting,
// and looks for goroutines that they left.
func TestNothingRunsOn(t *testing.T) {
	before := goleak.IgnoreCurrent()
	t.Run("after a server", func(t *testing.T) {
		transport := &http.Transport{}
		s := live.Start(t)
		s.Client = &http.Client{Transport: transport}
		env := s.Environment("env")
		s.User(env, "bob", s.Role("a"))
		s.Restart()
		transport.CloseIdleConnections()
	})
	t.Run("after a server that could not start", func(t *testing.T) {
		s := live.Start(t)
		cfg := server.Config{DataDir: t.TempDir(), APIAddr: strings.TrimPrefix(s.URL(), "http://"), GatewayAddr: "127.0.0.1:0"}
		for range 3 {
			if _, err := server.Open(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), "address already in use") {
				t.Fatalf("got %v", err)
			}
		}
		cfg.APIAddr = "127.0.0.1:0"
		again, err := server.Open(t.Context(), cfg)
		if err != nil {
			t.Fatalf("the folder is not free again: %v", err)
		}
		if err := again.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := goleak.Find(before); err != nil {
		t.Error(err)
	}
}
