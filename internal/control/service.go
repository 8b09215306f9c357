// Package control holds the rules of the service: what each operation checks,
// reads, decides, writes and returns. There is one file per noun. Transport
// and encoding are elsewhere; so is the question who is calling and whether
// they may.
package control

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/quoinhq/quoin/internal/api"
	"github.com/quoinhq/quoin/internal/store"
)

// Config is what a Service needs. All fields but Quotas and
// Releases are required.
type Config struct {
	Store  store.Store
	ARNs   ARNs
	Quotas Quotas

	// RoleExists reports whether an IAM role of that ARN exists.
	RoleExists func(tx store.Tx, arn string) (bool, error)

	// Principal names the caller of a request; requests with different
	// principals never share an idempotency token.
	Principal func(ctx context.Context) string

	// Data is what databases, dataviews and volumes are made of.
	Data Data

	// Releases are the labels of releases that clusters may run besides
	// DefaultRelease. They are not changed.
	Releases []string

	// Nodes runs the processes of clusters.
	Nodes Nodes

	// Role is the ARN of the role whose session the caller in ctx uses, or "".
	Role func(ctx context.Context) string

	// UserChanged ends the connections of a user that are no longer allowed,
	// before the call that changed the user is answered.
	UserChanged func(ctx context.Context, env, user string)

	// Sign makes a connection string that lets the caller in ctx in.
	Sign func(ctx context.Context, to Endpoint) (string, error)
}

// Service implements the API. It may be used concurrently. Operations that it
// does not override answer that they are not implemented.
type Service struct {
	api.Unimplemented
	Config
	pager   pager
	layouts sync.RWMutex // held for reading while folders are laid out and recorded
	imports imports      // changesets being imported
	making  turns        // versions of dataviews being made, by environment
}

var _ api.Service = (*Service)(nil)

// New makes the service, and on a fresh store the secret that its page tokens
// are authenticated with.
func New(ctx context.Context, cfg Config) (*Service, error) {
	s := &Service{Config: cfg}
	secrets := store.Table[[]byte]{Kind: "secret"}
	err := cfg.Store.Update(ctx, func(tx store.Tx) error {
		secret, err := secrets.Get(tx, "page-token")
		if errors.Is(err, store.ErrNotFound) {
			fresh := make([]byte, 32)
			if _, err := rand.Read(fresh); err != nil {
				return err
			}
			secret, err = &fresh, secrets.Put(tx, "page-token", &fresh)
		}
		if err != nil {
			return err
		}
		s.pager.secret = *secret
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("control: %w", err)
	}
	return s, nil
}

// view answers a request that only reads, from one snapshot.
func view[Out any](ctx context.Context, s *Service, read func(store.Tx) (*Out, error)) (out *Out, err error) {
	err = s.Store.View(ctx, func(tx store.Tx) error {
		out, err = read(tx)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// newID makes an identifier of the form that the service gave its
// environments: 22 characters of base 32 in lower case, 110 random bits.
func newID() string { return strings.ToLower(rand.Text())[:22] }

// key joins the names of a record's parents and its own.
func key(names ...string) string { return strings.Join(names, "/") }

// ptr is a pointer to v; replies have pointers where a member may be absent.
func ptr[T any](v T) *T { return &v }

// orNil is a pointer to v, or nil where v is the zero value and the member is
// to be left out of the reply.
func orNil[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

// millis cuts t to what a reply can carry without loss: milliseconds.
func millis(t time.Time) *time.Time { return ptr(t.UTC().Truncate(time.Millisecond)) }
