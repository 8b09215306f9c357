package control_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/control"
	"github.com/quoinhq/quoin/internal/store"
	"github.com/quoinhq/quoin/internal/store/sqlite"
	"github.com/quoinhq/quoin/internal/store/storetest"
)

const (
	account = "123456789012"
	region  = "us-east-1"
	roleA   = "arn:aws:iam::123456789012:role/a"
	roleB   = "arn:aws:iam::123456789012:role/path/b"
	kmsKey  = "arn:aws:kms:us-east-1:123456789012:key/5a1e0f52-0000-4000-8000-000000000000"
)

// clock is a time that only moves when it is told to.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// world is a service on a real store, and what it asks of the rest of the
// server, by hand.
type world struct {
	*control.Service
	t         testing.TB
	path      string
	store     store.Store
	clock     *clock
	quotas    control.Quotas
	principal string
	faulty    *storetest.Faulty // stands between the service and the store
	objects   *objects
	denied    func(action, arn string) error // nil allows everything
	checked   error                          // what a database's check says
	fleet     *fleet
	role      string                 // whose session the caller uses
	changed   func(env, user string) // told of users, unless nil
}

func newWorld(t testing.TB) *world {
	w := &world{
		t: t, path: filepath.Join(t.TempDir(), "quoin.db"), principal: "root", quotas: control.Quotas{control.QuotaEnvironments: 10},
		clock: &clock{now: time.Date(2026, 10, 7, 12, 0, 0, 0, time.UTC)},
	}
	w.fleet = &fleet{nodes: map[string]*fleetNode{}}
	w.open()
	t.Cleanup(func() { w.store.Close() })
	return w
}

func (w *world) open() {
	w.t.Helper()
	var err error
	w.store, err = sqlite.Open(context.Background(), w.path, sqlite.Options{Clock: w.clock.Now})
	if err != nil {
		w.t.Fatal(err)
	}
	w.faulty = storetest.NewFaulty(w.store)
	w.Service, err = control.New(context.Background(), control.Config{
		Store: w.faulty, ARNs: control.ARNs{Region: region, Account: account}, Quotas: w.quotas,
		RoleExists: func(_ store.Tx, arn string) (bool, error) { return arn == roleA || arn == roleB, nil },
		Principal:  func(context.Context) string { return w.principal },
		Data:       w.data(),
		Nodes:      w.fleet,
		UserChanged: func(_ context.Context, env, user string) {
			if w.changed != nil {
				w.changed(env, user)
			}
		},
		Role: func(context.Context) string { return w.role },
		Sign: func(_ context.Context, to control.Endpoint) (string, error) {
			return "signed for " + to.User + " at " + to.Cluster, nil
		},
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// restart closes the store and opens it again.
func (w *world) restart() {
	w.t.Helper()
	if err := w.store.Close(); err != nil {
		w.t.Fatal(err)
	}
	w.open()
}

// settle reconciles an environment until it rests, and returns the statuses it
// went through.
func (w *world) settle(id string) []finspace.EnvironmentStatus {
	w.t.Helper()
	var seen []finspace.EnvironmentStatus
	for range 100 {
		if w.step(id) {
			return seen
		}
		seen = append(seen, w.get(id).Status)
	}
	w.t.Fatal("the environment never comes to rest")
	return nil
}

// step reconciles an environment once, and reports whether it changed nothing.
func (w *world) step(id string) (resting bool) {
	w.t.Helper()
	changed := false
	stop := w.store.Watch(control.KindEnvironment, func([]string) { changed = true })
	defer stop()
	if _, err := w.ReconcileEnvironment(w.t.Context(), id); err != nil {
		w.t.Fatal(err)
	}
	return !changed
}

// environment makes one that is ready for use.
func (w *world) environment(name string) string {
	w.t.Helper()
	out, err := w.CreateKxEnvironment(w.t.Context(), &finspace.CreateKxEnvironmentInput{Name: &name, KmsKeyId: ptr(kmsKey)})
	if err != nil {
		w.t.Fatal(err)
	}
	w.settle(*out.EnvironmentId)
	return *out.EnvironmentId
}

func (w *world) user(env, name string) {
	w.t.Helper()
	if _, err := w.CreateKxUser(w.t.Context(), &finspace.CreateKxUserInput{EnvironmentId: &env, UserName: &name, IamRole: ptr(roleA)}); err != nil {
		w.t.Fatal(err)
	}
}

// wantCode checks that err is the exception of that name and says something.
func wantCode(t testing.TB, err error, code string) {
	t.Helper()
	var e finspace.Error
	switch {
	case code == "" && err != nil:
		t.Errorf("got %v, want no error", err)
	case code == "":
	case !errors.As(err, &e):
		t.Errorf("got %v, want %s", err, code)
	case e.ErrorCode() != code:
		t.Errorf("got %v, want %s", err, code)
	case strings.TrimSpace(e.ErrorMessage()) == "":
		t.Errorf("%s has no message", code)
	}
}

func ptr[T any](v T) *T { return &v }

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
