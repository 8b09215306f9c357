package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"path/filepath"
	"strings"
	"time"

	"github.com/quoinhq/quoin/internal/control"
	"github.com/quoinhq/quoin/internal/datadir"
	"github.com/quoinhq/quoin/internal/iam"
	"github.com/quoinhq/quoin/internal/server"
)

type serveCommand struct {
	dataDir
	APIAddr        string        `name:"api-addr" env:"QUOIN_API_ADDR" default:"127.0.0.1:8650" help:"Address of the API (${default})."`
	GatewayAddr    string        `env:"QUOIN_GATEWAY_ADDR" default:"127.0.0.1:8651" help:"Address where kdb+ clients connect (${default})."`
	GatewayHost    string        `env:"QUOIN_GATEWAY_HOST" placeholder:"HOST" help:"Host that connection strings show (an address of this machine)."`
	ConnectionLife time.Duration `env:"QUOIN_CONNECTION_LIFE" default:"15m" help:"How long a connection string lets anybody in (${default})."`
	Region         string        `env:"QUOIN_REGION" default:"us-east-1" help:"Region that requests are signed for (${default})."`
	AccountID      string        `env:"QUOIN_ACCOUNT_ID" placeholder:"DIGITS" help:"Account of a new data folder: 12 digits (random)."`
	TLSCert        string        `name:"tls-cert" env:"QUOIN_TLS_CERT" placeholder:"FILE" help:"Certificate chain of the API, PEM. Read again when it changes."`
	TLSKey         string        `name:"tls-key" env:"QUOIN_TLS_KEY" placeholder:"FILE" help:"Its key, PEM."`

	S3Endpoint    string            `name:"s3-endpoint" env:"QUOIN_S3_ENDPOINT" placeholder:"URL" help:"S3 server that s3:// paths lead to (the built-in one)."`
	S3Credentials string            `name:"s3-credentials" env:"QUOIN_S3_CREDENTIALS" placeholder:"FILE" help:"Keys for it, in the form of an AWS credentials file."`
	Host          map[string]string `env:"QUOIN_HOST" placeholder:"NAME=CPUxGIB" help:"A host type of scaling groups, big=64x512 for instance; more than once, or separated by semicolons."`

	OIDC     map[string]string `name:"oidc" env:"QUOIN_OIDC" placeholder:"ISSUER=CLIENT" help:"OpenID Connect issuer whose tokens for that client id open sessions; client ids are separated by commas, issuers given one by one or separated by semicolons."`
	OIDCKeys map[string]string `name:"oidc-keys" env:"QUOIN_OIDC_KEYS" placeholder:"ISSUER=FILE" help:"Its keys, a JSON Web Key Set, instead of asking the issuer for them."`

	engines

	Rate          float64           `env:"QUOIN_RATE" placeholder:"N" help:"Requests a second of one principal; negative: no limit (10000)."`
	Burst         int               `env:"QUOIN_BURST" placeholder:"N" help:"Requests that a principal may make at once (10000)."`
	AddressRate   float64           `env:"QUOIN_ADDRESS_RATE" placeholder:"N" help:"Refused requests a second of one address; negative: no limit (100)."`
	AddressBurst  int               `env:"QUOIN_ADDRESS_BURST" placeholder:"N" help:"Refused requests that an address may make at once (500)."`
	Quota         map[string]string `env:"QUOIN_QUOTA" placeholder:"NAME=N" help:"Change a quota, users=5000 for instance, or all=unlimited; more than once, or separated by semicolons."`
	TrustedProxy  []string          `env:"QUOIN_TRUSTED_PROXY" placeholder:"CIDR" help:"Proxies whose X-Forwarded headers count."`
	AuditMaxBytes int64             `env:"QUOIN_AUDIT_MAX_BYTES" placeholder:"N" help:"Bytes of audit trail to keep before the oldest is exported; negative: no bound (1 GiB)."`
	AuditMaxAge   time.Duration     `env:"QUOIN_AUDIT_MAX_AGE" placeholder:"D" help:"Age at which audit events are exported; negative: no bound (9600h)."`
	Drain         time.Duration     `env:"QUOIN_DRAIN" default:"10s" help:"How long requests may take to end at shutdown (${default})."`

	LogFormat string `env:"QUOIN_LOG_FORMAT" enum:"text,json" default:"text" help:"text or json (${default})."`
	LogLevel  string `env:"QUOIN_LOG_LEVEL" enum:"debug,info,warn,error" default:"info" help:"debug (with every request), info, warn or error (${default})."`
}

// Help shows how it is used.
func (serveCommand) Help() string {
	return `Nothing need be set. The first start makes the data folder and the root user's keys. SIGTERM and Ctrl-C end it once running requests are
answered.

  quoin serve
  quoin serve --data-dir /var/lib/quoin --api-addr 0.0.0.0:8650 --tls-cert cert.pem --tls-key key.pem --gateway-addr 0.0.0.0:8651 --gateway-host q.example
  quoin serve --quota users=5000 --quota volumes=50
  quoin serve --oidc https://idp.example/realm=quoin
  QUOIN_LOG_FORMAT=json QUOIN_LOG_LEVEL=debug quoin serve`
}

// Run serves until the program is told to end.
func (c serveCommand) Run(ctx context.Context, std *stdio) error {
	cfg, err := c.config(std)
	if err != nil {
		return err
	}
	s, err := server.Open(ctx, cfg)
	if err != nil {
		return err
	}
	dir := s.DataDir().Path()
	fmt.Fprintf(std.out, "Quoin is ready at %s (region %s, account %s).\n", s.URL(), cfg.Region, s.AccountID())
	fmt.Fprintf(std.out, "Its data are in %s, the root user's keys in %s.\n", dir, s.DataDir().Path("credentials"))
	fmt.Fprintf(std.out, "To point AWS tools at it: eval \"$(quoin env --data-dir %s)\"\n", shellQuote(dir))
	return s.Run(ctx)
}

func (c serveCommand) config(std *stdio) (server.Config, error) {
	path, err := c.path()
	if err != nil {
		return server.Config{}, err
	}
	cfg := server.Config{
		DataDir: path, APIAddr: c.APIAddr, GatewayAddr: c.GatewayAddr, GatewayHost: c.GatewayHost, ConnectionLife: c.ConnectionLife, Region: c.Region, AccountID: c.AccountID,
		TLSCert: c.TLSCert, TLSKey: c.TLSKey,
		Limits: server.Limits{
			PrincipalRate: c.Rate, PrincipalBurst: c.Burst,
			AddressRate: c.AddressRate, AddressBurst: c.AddressBurst, Drain: c.Drain,
		},
		QBinaries: c.binaries(),
		Quotas:    make(control.Quotas),
		Hosts:     make(control.Hosts),
		Audit:     server.AuditBounds{MaxBytes: c.AuditMaxBytes, MaxAge: c.AuditMaxAge},
		Log:       c.logger(std),
	}
	// Clients read the certificate from folders of their own.
	if c.TLSCert != "" {
		if cfg.TLSCert, err = filepath.Abs(c.TLSCert); err != nil {
			return cfg, err
		}
	}
	switch {
	case (c.S3Endpoint == "") != (c.S3Credentials == ""):
		return cfg, errors.New("--s3-endpoint and --s3-credentials need each other")
	case c.ConnectionLife <= 0:
		return cfg, fmt.Errorf("--connection-life %s would let nobody in", c.ConnectionLife)
	}
	if cfg.S3Endpoint = c.S3Endpoint; cfg.S3Endpoint != "" {
		keys, err := datadir.ReadCredentials(c.S3Credentials)
		if err != nil {
			return cfg, fmt.Errorf("--s3-credentials: %w", err)
		}
		cfg.S3AccessKey, cfg.S3SecretKey = keys.AccessKeyID, keys.SecretAccessKey
	}
	for name, value := range c.Host {
		if err := cfg.Hosts.Set(name, value); err != nil {
			return cfg, fmt.Errorf("--host: %w", err)
		}
	}
	for name, value := range c.Quota {
		if err := cfg.Quotas.Set(name, value); err != nil {
			return cfg, err
		}
	}
	if cfg.Providers, err = c.providers(); err != nil {
		return cfg, err
	}
	for _, text := range c.TrustedProxy {
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			return cfg, fmt.Errorf("--trusted-proxy: %q is not a CIDR block, such as 10.0.0.0/8", text)
		}
		cfg.TrustedProxies = append(cfg.TrustedProxies, prefix)
	}
	return cfg, nil
}

func (c serveCommand) providers() (out []iam.Provider, err error) {
	for issuer, clients := range c.OIDC {
		p := iam.Provider{Issuer: issuer, Audiences: strings.Split(clients, ","), KeysFile: c.OIDCKeys[issuer]}
		if err := p.Check(); err != nil {
			return nil, fmt.Errorf("--oidc: %w", err)
		}
		out = append(out, p)
	}
	for issuer := range c.OIDCKeys {
		if _, ok := c.OIDC[issuer]; !ok {
			return nil, fmt.Errorf("--oidc-keys: %q is no issuer of --oidc", issuer)
		}
	}
	return out, nil
}

func (c serveCommand) logger(std *stdio) *slog.Logger {
	level := map[string]slog.Level{"debug": slog.LevelDebug, "warn": slog.LevelWarn, "error": slog.LevelError}[c.LogLevel]
	options := &slog.HandlerOptions{Level: level}
	if c.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(std.err, options))
	}
	return slog.New(slog.NewTextHandler(std.err, options))
}
