package finspace

import (
	"context"
	"sync"
	"time"

	"github.com/quoinhq/quoin/internal/sigv4"
)

// Credentials sign requests. The session token is empty for long-term ones.
type Credentials struct {
	AccessKeyID     string
	SecretAccessKey string
	SessionToken    string
	Expires         time.Time // zero if they do not
}

// String names the access key only, so that a secret does not reach a log.
func (c Credentials) String() string { return "credentials " + c.AccessKeyID }

// GoString is String.
func (c Credentials) GoString() string { return c.String() }

func (c Credentials) signing() sigv4.Credentials {
	return sigv4.Credentials{AccessKeyID: c.AccessKeyID, SecretAccessKey: c.SecretAccessKey, SessionToken: c.SessionToken}
}

// CredentialsProvider gives the credentials to sign with now. It may be called
// by many goroutines, and is called for every request.
type CredentialsProvider interface {
	Credentials(ctx context.Context) (Credentials, error)
}

// StaticCredentials are always the same.
type StaticCredentials Credentials

// Credentials returns c.
func (c StaticCredentials) Credentials(context.Context) (Credentials, error) {
	return Credentials(c), nil
}

// String names the access key only.
func (c StaticCredentials) String() string { return Credentials(c).String() }

// GoString is String.
func (c StaticCredentials) GoString() string { return Credentials(c).String() }

// earlyRefresh is how long before their end credentials are renewed.
const earlyRefresh = time.Minute

// cachedCredentials keeps what fetch returned until shortly before it expires.
// Callers that come while it is fetched wait for it.
type cachedCredentials struct {
	fetch func(context.Context) (Credentials, error)
	mu    sync.Mutex
	have  Credentials
}

// Credentials returns the credentials, fetched if need be.
func (c *cachedCredentials) Credentials(ctx context.Context) (Credentials, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.have.AccessKeyID != "" && (c.have.Expires.IsZero() || time.Until(c.have.Expires) > earlyRefresh) {
		return c.have, nil
	}
	got, err := c.fetch(ctx)
	if err != nil {
		return Credentials{}, err
	}
	c.have = got
	return got, nil
}
