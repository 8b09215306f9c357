// Package server puts Quoin together: which parts there are, in which order
// they start and stop, what a request passes through on its way, and what the
// ports are bound to. What the parts do is not its business.
package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"

	"github.com/quoinhq/quoin/internal/audit"
	"github.com/quoinhq/quoin/internal/blob"
	"github.com/quoinhq/quoin/internal/control"
	"github.com/quoinhq/quoin/internal/datadir"
	"github.com/quoinhq/quoin/internal/gateway"
	"github.com/quoinhq/quoin/internal/iam"
	"github.com/quoinhq/quoin/internal/logs"
	"github.com/quoinhq/quoin/internal/node"
	"github.com/quoinhq/quoin/internal/s3"
	"github.com/quoinhq/quoin/internal/store"
)

// Server is a running Quoin.
type Server struct {
	cfg     Config
	dir     *datadir.Dir
	store   store.Store
	trail   *audit.Trail
	blobs   *blob.Store
	objects *s3.Handler
	iam     *iam.Service
	control *control.Service
	gateway *gateway.Gateway
	// pick chooses a node for a connection.
	pick        func(context.Context, control.Endpoint) (*gateway.Backend, error)
	authority   *gateway.Authority
	gatewayAddr string
	metrics     *metrics
	cert        *certificate // nil without TLS

	nodes *node.Manager
	logs  *logs.Collector

	listener net.Listener
	up       chan struct{} // closed when all parts have started
	ready    atomic.Bool
	failed   chan error // why the API stopped being served
	stops    []stop     // of the parts that have started
}

// part is something a server is made of.
type part struct {
	name  string
	start func(*Server, context.Context) (stopFunc, error)
}

// stopFunc ends a part; it returns when nothing of it runs any more. The
// context bounds how long it may take. Nil when there is nothing to end.
type stopFunc func(context.Context) error

type stop struct {
	part string
	do   stopFunc
}

// parts is what a server consists of, in the order in which it starts. It
// stops in the reverse order.
func parts() []part {
	return []part{
		{"data folder", (*Server).startDataDir},
		{"store", (*Server).startStore},
		{"audit trail", (*Server).startAudit},
		{"blobs", (*Server).startBlobs},
		{"identity", (*Server).startIAM},
		{"nodes", (*Server).startNodes},
		{"control", (*Server).startControl},
		{"reconcilers", (*Server).startReconcilers},
		{"gateway", (*Server).startGateway},
		{"API", (*Server).startAPI},
	}
}

// Open starts a server. It is ready for requests when Open returns; it must be
// ended with Close. An error leaves nothing behind that runs.
func Open(ctx context.Context, cfg Config) (*Server, error) {
	cfg.EnsureDefaults()
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	s := &Server{cfg: cfg, metrics: newMetrics(), pick: noNodes, up: make(chan struct{}), failed: make(chan error, 1)}
	for _, p := range parts() {
		stopPart, err := p.start(s, ctx)
		if err != nil {
			return nil, errors.Join(err, s.Close())
		}
		if stopPart != nil {
			s.stops = append(s.stops, stop{p.name, stopPart})
		}
	}
	s.ready.Store(true)
	close(s.up)
	return s, nil
}

// Run waits until ctx is done and then ends the server in good order: requests
// that have begun are answered. The error is what made it end otherwise.
func (s *Server) Run(ctx context.Context) error {
	var err error
	select {
	case <-ctx.Done():
		s.cfg.Log.Info("stopping")
	case err = <-s.failed:
	}
	return errors.Join(err, s.Close())
}

// Close ends the server and waits until all of it has ended.
func (s *Server) Close() error {
	s.ready.Store(false)
	ctx, cancel := context.WithTimeout(context.Background(), s.cfg.Limits.Drain)
	defer cancel()
	var errs []error
	for len(s.stops) > 0 {
		last := s.stops[len(s.stops)-1]
		s.stops = s.stops[:len(s.stops)-1]
		if err := last.do(ctx); err != nil {
			errs = append(errs, fmt.Errorf("stop %s: %w", last.part, err))
		}
	}
	return errors.Join(errs...)
}

// URL is where the API is.
func (s *Server) URL() string {
	scheme := "http"
	if s.cert != nil {
		scheme = "https"
	}
	return scheme + "://" + reachable(s.listener.Addr())
}

// reachable is an address that a client on this machine can connect to: the
// unspecified address is one to listen on only.
func reachable(addr net.Addr) string {
	if tcp, ok := addr.(*net.TCPAddr); ok && tcp.IP.IsUnspecified() {
		return fmt.Sprintf("127.0.0.1:%d", tcp.Port)
	}
	return addr.String()
}

// AccountID is the account that the server's resources belong to.
func (s *Server) AccountID() string { return s.dir.AccountID() }

// DataDir is the server's data folder.
func (s *Server) DataDir() *datadir.Dir { return s.dir }

func (s *Server) startAPI(ctx context.Context) (stopFunc, error) {
	var err error
	if s.cfg.TLSCert != "" {
		if s.cert, err = loadCertificate(s.cfg.TLSCert, s.cfg.TLSKey, s.cfg.Log); err != nil {
			return nil, fmt.Errorf("TLS certificate: %w", err)
		}
	}
	var listen net.ListenConfig
	if s.listener, err = listen.Listen(ctx, "tcp", s.cfg.APIAddr); err != nil {
		return nil, fmt.Errorf("API address %s: %w", s.cfg.APIAddr, err)
	}
	if err := s.announce(); err != nil {
		return nil, errors.Join(err, s.listener.Close())
	}
	limits := s.cfg.Limits
	hs := &http.Server{
		Handler:           s.newHandler(),
		ReadHeaderTimeout: limits.HeaderTimeout,
		ReadTimeout:       limits.BodyTimeout,
		WriteTimeout:      limits.ReplyTimeout,
		IdleTimeout:       limits.IdleTimeout,
		MaxHeaderBytes:    limits.Header,
		ErrorLog:          slog.NewLogLogger(s.cfg.Log.Handler(), slog.LevelDebug),
	}
	l := limitListener(s.listener, limits.Connections)
	if s.cert != nil {
		l = tls.NewListener(l, s.cert.config())
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := hs.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			s.fail(fmt.Errorf("API: %w", err))
		}
	}()
	return func(ctx context.Context) error {
		err := hs.Shutdown(ctx)
		if errors.Is(err, context.DeadlineExceeded) {
			// Whoever is still there has had the time to finish.
			err = hs.Close()
		}
		<-done
		return err
	}, nil
}

// announce leaves in the data folder how to reach the server.
func (s *Server) announce() error {
	e := datadir.Endpoint{URL: s.URL(), Region: s.cfg.Region, Gateway: s.gatewayAddr, GatewayCA: s.dir.Path(caFile)}
	if s.cert != nil && s.cert.private() {
		e.CABundle = s.cfg.TLSCert
	}
	return s.dir.WriteEndpoint(e)
}
