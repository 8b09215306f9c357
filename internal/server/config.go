package server

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"regexp"
	"time"

	"github.com/quoinhq/quoin/internal/control"
	"github.com/quoinhq/quoin/internal/gateway"
	"github.com/quoinhq/quoin/internal/iam"
	"github.com/quoinhq/quoin/internal/node"
	"github.com/quoinhq/quoin/internal/store"
)

// Config is everything that can be set about a server. The zero value of a
// field means its default, which EnsureDefaults fills in.
type Config struct {
	DataDir     string // data folder; required
	APIAddr     string // address of the API: 127.0.0.1:8650
	GatewayAddr string // address of the front door for kdb+ clients: 127.0.0.1:8651
	GatewayHost string // host that connection strings show; empty is an address of this machine
	Region      string // us-east-1

	ConnectionLife time.Duration // how long a connection string lets anybody in: 15 min
	AccountID      string        // 12 digits; empty is the data folder's own

	TLSCert string // PEM file of the API's certificate chain; empty is plain HTTP
	TLSKey  string // PEM file of its key

	// S3Endpoint is the URL of the server that s3:// paths lead to, with the
	// keys to use there; empty is the built-in object store.
	S3Endpoint, S3AccessKey, S3SecretKey string

	// Providers are the identity providers whose tokens open sessions.
	Providers []iam.Provider

	// Engine is the program that nodes run, with its first arguments; empty is
	// this program's own `q`. QBinaries are run instead, by release.
	Engine    []string
	QBinaries node.Binaries

	Limits Limits
	Hosts  control.Hosts
	Quotas control.Quotas
	Audit  AuditBounds

	// TrustedProxies are the peers whose X-Forwarded-For, -Host and -Proto are
	// believed. From anyone else they count for nothing.
	TrustedProxies []netip.Prefix

	NewsEach time.Duration // how often somebody who waits for an import or an export hears of it: 250 ms

	Log *slog.Logger     // discards
	Now func() time.Time // time.Now; tests turn it

	// WrapStore lets tests put a store that fails between the server and its own.
	WrapStore func(store.Store) store.Store
}

// Limits bound what callers can cost the server. A rate below zero is no limit.
type Limits struct {
	PrincipalRate  float64       // requests a second of one principal: 10,000
	PrincipalBurst int           // requests a principal may make at once: 10,000
	AddressRate    float64       // failed or unsigned requests a second of one address: 100
	AddressBurst   int           // such requests an address may make at once: 500
	Header         int           // bytes of a request's headers: 64 KiB
	HeaderTimeout  time.Duration // to send the headers in: 10 s
	BodyTimeout    time.Duration // to send the whole request in: 30 s
	ReplyTimeout   time.Duration // to take the request and its reply, from the end of the headers on: 1 min
	IdleTimeout    time.Duration // between two requests of a connection: 2 min
	Connections    int           // open at once: 10,000
	Drain          time.Duration // for running requests to end at shutdown: 10 s
}

// AuditBounds says how much of the audit trail is kept in the store. What
// exceeds it is written to a file in the data folder before it is dropped.
type AuditBounds struct {
	MaxBytes int64         // 1 GiB; negative: no bound
	MaxAge   time.Duration // 400 days; negative: no bound
}

// EnsureDefaults fills in what is not set.
func (c *Config) EnsureDefaults() {
	orString(&c.APIAddr, "127.0.0.1:8650")
	orString(&c.GatewayAddr, "127.0.0.1:8651")
	orString(&c.Region, "us-east-1")
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	c.Limits.ensureDefaults()
	or(&c.ConnectionLife, gateway.DefaultLife)
	or(&c.NewsEach, 250*time.Millisecond)
	or(&c.Audit.MaxBytes, 1<<30)
	or(&c.Audit.MaxAge, 400*24*time.Hour)
}

func (l *Limits) ensureDefaults() {
	or(&l.PrincipalRate, 10_000)
	or(&l.PrincipalBurst, 10_000)
	or(&l.AddressRate, 100)
	or(&l.AddressBurst, 500)
	or(&l.Header, 64<<10)
	or(&l.HeaderTimeout, 10*time.Second)
	or(&l.BodyTimeout, 30*time.Second)
	or(&l.ReplyTimeout, time.Minute)
	or(&l.IdleTimeout, 2*time.Minute)
	or(&l.Connections, 10_000)
	or(&l.Drain, 10*time.Second)
}

func orString(v *string, def string) {
	if *v == "" {
		*v = def
	}
}

func or[T int | int64 | float64 | time.Duration](v *T, def T) {
	if *v == 0 {
		*v = def
	}
}

var regionPattern = regexp.MustCompile(`^[a-z]{2,}(-[a-z]+)+-[0-9]+$`)

// Validate says what is wrong with a configuration whose defaults are filled in.
func (c *Config) Validate() error {
	switch {
	case c.DataDir == "":
		return errors.New("no data folder given")
	case !regionPattern.MatchString(c.Region):
		return fmt.Errorf("region %q does not look like one (us-east-1, for instance)", c.Region)
	case (c.TLSCert == "") != (c.TLSKey == ""):
		return errors.New("a TLS certificate needs its key, and a key its certificate")
	}
	if c.TLSCert != "" {
		if _, err := tls.LoadX509KeyPair(c.TLSCert, c.TLSKey); err != nil {
			return fmt.Errorf("TLS certificate: %w", err)
		}
	}
	return c.QBinaries.Check()
}
