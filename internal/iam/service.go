package iam

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/quoinhq/quoin/internal/store"
)

// Config is what a Service is built from.
type Config struct {
	Store   store.Store
	Account string // 12 digits
	Region  string
	Now     func() time.Time // nil is time.Now
	Log     *slog.Logger     // nil logs nothing
	// Providers are identity providers given by configuration, beside those
	// that CreateOpenIDConnectProvider makes.
	Providers []Provider
	// Transport fetches the keys of identity providers; nil is
	// http.DefaultTransport.
	Transport http.RoundTripper
	// Quotas bounds what can be made; zero fields mean AWS's defaults.
	Quotas Quotas
}

// Service is the account's identity. It may be used concurrently.
type Service struct {
	store   store.Store
	account string
	region  string
	now     func() time.Time
	log     *slog.Logger
	quotas  Quotas
	oidc    *verifier

	credentials *cache[*credential]
	principals  *cache[*principal]
	uses        useLog
	stop        []func()

	mu        sync.Mutex
	listeners map[int]func(Change)
	next      int
}

// cacheSize bounds each cache; a full one starts anew.
const cacheSize = 1 << 16

// New returns a service over the store. Close ends it; the store stays open.
func New(cfg Config) *Service {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	s := &Service{
		store:       cfg.Store,
		account:     cfg.Account,
		region:      cfg.Region,
		now:         cfg.Now,
		log:         cfg.Log,
		quotas:      cfg.Quotas.withDefaults(),
		oidc:        newOIDC(cfg.Providers, cfg.Transport),
		credentials: newCache[*credential](cacheSize),
		principals:  newCache[*principal](cacheSize),
		listeners:   make(map[int]func(Change)),
	}
	watch := func(kind store.Kind, fn func(keys []string)) {
		s.stop = append(s.stop, s.store.Watch(kind, fn))
	}
	watch(kindKey, func(ids []string) { s.forgetCredentials(ids) })
	watch(kindSession, func(ids []string) { s.forgetCredentials(ids) })
	watch(kindUser, func(names []string) { s.forgetPrincipals("user/", names) })
	watch(kindRole, func(names []string) { s.forgetPrincipals("role/", names) })
	watch(kindPolicy, func([]string) {
		// Which principals and sessions use the policy is not worth an index:
		// managed policies change rarely.
		s.credentials.forget()
		s.principals.forget()
		s.tell(Change{all: true})
	})
	return s
}

// Close stops watching the store.
func (s *Service) Close() {
	for _, stop := range s.stop {
		stop()
	}
}

// Run writes down now and then when access keys were last used. It returns when
// ctx ends, after the last write.
func (s *Service) Run(ctx context.Context) error {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return s.flushUses(context.WithoutCancel(ctx))
		case <-tick.C:
			if err := s.flushUses(ctx); err != nil && ctx.Err() == nil {
				s.log.Error("writing down the last use of access keys", "err", err)
			}
		}
	}
}

// Account is the account id.
func (s *Service) Account() string { return s.account }

// Change says whose rights or credentials may be others now.
type Change struct {
	all         bool
	principals  []string
	credentials []string
}

// Touches reports whether the change may concern the identity: whoever acts for
// it should authenticate and authorise anew.
func (c Change) Touches(id *Identity) bool {
	return c.all || slices.Contains(c.principals, id.principal) || slices.Contains(c.credentials, id.AccessKeyID)
}

// OnChange has fn called after each change, before the call that made it
// returns. fn must be quick and must not call the service. The returned
// function ends it. To miss nothing, subscribe first and authenticate then.
func (s *Service) OnChange(fn func(Change)) (stop func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.next
	s.next++
	s.listeners[n] = fn
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.listeners, n)
	}
}

func (s *Service) tell(c Change) {
	s.mu.Lock()
	fns := make([]func(Change), 0, len(s.listeners))
	for _, fn := range s.listeners {
		fns = append(fns, fn)
	}
	s.mu.Unlock()
	for _, fn := range fns {
		fn(c)
	}
}

func (s *Service) forgetCredentials(ids []string) {
	s.credentials.forget(ids...)
	s.tell(Change{credentials: slices.Clone(ids)})
}

func (s *Service) forgetPrincipals(prefix string, names []string) {
	ids := make([]string, len(names))
	for i, n := range names {
		ids[i] = prefix + n
	}
	s.principals.forget(ids...)
	s.tell(Change{principals: ids})
}
