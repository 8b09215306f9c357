// Package iamtest runs the iam and sts services behind the checks that the
// server makes before it hands a request over, for tests of other rooms too.
package iamtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/quoinhq/quoin/internal/iam"
	"github.com/quoinhq/quoin/internal/sigv4"
	"github.com/quoinhq/quoin/internal/store"
	"github.com/quoinhq/quoin/internal/store/sqlite"
)

// Account and Region are those of every test service.
const (
	Account = "123456789012"
	Region  = "eu-west-1"
)

// Env is a service over a store of its own.
type Env struct {
	IAM   *iam.Service
	Store store.Store
	Root  sigv4.Credentials
}

// New returns a service in an empty store, which ends with the test.
func New(t testing.TB, configure ...func(*iam.Config)) *Env {
	t.Helper()
	cfg := iam.Config{Account: Account, Region: Region}
	for _, fn := range configure {
		fn(&cfg)
	}
	if cfg.Store == nil {
		db, err := sqlite.Open(context.Background(), filepath.Join(t.TempDir(), "quoin.db"), sqlite.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := db.Close(); err != nil && !errors.Is(err, store.ErrClosed) { // a test may have closed it
				t.Error(err)
			}
		})
		cfg.Store = db
	}
	s := iam.New(cfg)
	t.Cleanup(s.Close)
	root, _, err := s.Bootstrap(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return &Env{IAM: s, Store: cfg.Store, Root: root}
}

// Serve starts a server that verifies signatures and answers as endpoint URL.
func (e *Env) Serve(t testing.TB) (url string) {
	t.Helper()
	srv := httptest.NewServer(e.Handler())
	t.Cleanup(srv.Close)
	return srv.URL
}

// Handler verifies signatures and hands requests to the service that they are
// signed for.
func (e *Env) Handler() http.Handler {
	v := sigv4.NewVerifier(sigv4.Config{Region: Region, Services: []string{"iam", "sts"}, Global: []string{"iam", "sts"}})
	handlers := map[string]http.Handler{"iam": e.IAM.Handler("iam"), "sts": e.IAM.Handler("sts")}
	var n atomic.Int64
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		env := &iam.Env{RequestID: fmt.Sprintf("00000000-0000-0000-0000-%012d", n.Add(1)), Secure: r.TLS != nil, UserAgent: r.UserAgent()}
		if peer, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
			env.SourceIP = peer.Addr()
		}
		ctx := iam.WithEnv(r.Context(), env)
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		service := "sts"
		if !iam.Anonymous(r, body) {
			auth, err := sigv4.Parse(r)
			var id *iam.Identity
			if err == nil {
				service = auth.Scope.Service
				id, err = e.verify(ctx, v, auth, body)
			}
			if err != nil {
				iam.WriteError(w, service, env.RequestID, err)
				return
			}
			ctx = iam.WithIdentity(ctx, id)
		}
		handlers[service].ServeHTTP(w, r.WithContext(ctx))
	})
}

func (e *Env) verify(ctx context.Context, v *sigv4.Verifier, a *sigv4.Auth, body []byte) (*iam.Identity, error) {
	id, secret, err := e.IAM.Authenticate(ctx, a.AccessKeyID, a.Token)
	if err != nil {
		return nil, err
	}
	if err := v.Verify(a, secret, sigv4.HashBody(body), time.Now()); err != nil {
		return nil, err
	}
	e.IAM.Authenticated(id, a.Scope.Service, a.Scope.Region)
	return id, nil
}
