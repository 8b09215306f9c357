package server

import (
	"context"
	"errors"
	"fmt"
	"net"

	"github.com/quoinhq/quoin/internal/audit"
	"github.com/quoinhq/quoin/internal/control"
	"github.com/quoinhq/quoin/internal/gateway"
	"github.com/quoinhq/quoin/internal/iam"
	"github.com/quoinhq/quoin/internal/sigv4"
)

// Files of the data folder that have to do with the gateway.
const (
	caFile    = "gateway-ca.pem" // what kdb+ clients trust
	caKeyFile = "gateway-ca.key"
)

// startGateway opens the port for kdb+ clients.
func (s *Server) startGateway(ctx context.Context) (stopFunc, error) {
	authority, err := gateway.OpenAuthority(s.dir.Path(caFile), s.dir.Path(caKeyFile), s.cfg.Now)
	if err != nil {
		return nil, err
	}
	var listen net.ListenConfig
	l, err := listen.Listen(ctx, "tcp", s.cfg.GatewayAddr)
	if err != nil {
		return nil, fmt.Errorf("gateway address %s: %w", s.cfg.GatewayAddr, err)
	}
	s.authority, s.gatewayAddr = authority, gatewayAddress(l.Addr(), s.cfg.GatewayHost)
	host, _, err := net.SplitHostPort(s.gatewayAddr)
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	s.gateway = gateway.New(gateway.Config{
		IAM: s.iam, TLS: authority.TLS(names(host)...), Log: s.cfg.Log, Now: s.cfg.Now,
		Verifier: sigv4.NewVerifier(sigv4.Config{
			Region: s.cfg.Region, Services: []string{sigv4.ConnectService}, MaxConnect: s.cfg.ConnectionLife,
		}),
		Look: s.control.Look, ClusterARN: s.arns().Cluster,
		Pick: s.pick, Record: s.recordConnection,
	})
	stopClusters := s.store.Watch(control.KindCluster, func([]string) { s.gateway.Review() })
	stop := s.background(func(ctx context.Context) error { return s.gateway.Serve(ctx, l) })
	return func(ctx context.Context) error {
		stopClusters()
		return stop(ctx)
	}, nil
}

// gatewayAddress is the address that connection strings show: the given host,
// or one of this machine that the listener can be reached at.
func gatewayAddress(l net.Addr, host string) string {
	if host == "" {
		return reachable(l)
	}
	_, port, err := net.SplitHostPort(l.String())
	if err != nil {
		return l.String()
	}
	return net.JoinHostPort(host, port)
}

// names are what the gateway's certificate is for.
func names(host string) []string {
	out := []string{host}
	for _, n := range []string{"localhost", "127.0.0.1", "::1"} {
		if n != host {
			out = append(out, n)
		}
	}
	return out
}

// GatewayAddr is where kdb+ clients connect, as connection strings show it.
func (s *Server) GatewayAddr() string { return s.gatewayAddr }

// role is the role whose session the caller uses.
func role(ctx context.Context) string {
	if id := iam.IdentityFrom(ctx); id != nil && id.Session != nil {
		return id.Session.RoleARN
	}
	return ""
}

type credentialsKey struct{}

// sign makes a connection string with the credentials that the request in ctx
// was signed with.
func (s *Server) sign(ctx context.Context, to control.Endpoint) (string, error) {
	c, ok := ctx.Value(credentialsKey{}).(sigv4.Credentials)
	if !ok {
		return "", errors.New("server: a connection string for nobody")
	}
	return gateway.Sign(to, s.gatewayAddr, c, s.cfg.Region, s.cfg.Now(), s.cfg.ConnectionLife)
}

// recordConnection puts a connection's beginning, refusal or end in the trail.
func (s *Server) recordConnection(ctx context.Context, e gateway.Event) error {
	s.metrics.connection(e)
	a := audit.Event{
		Time: s.cfg.Now(), RequestID: newRequestID(), SourceIP: e.Address, Service: "gateway", Operation: e.Kind,
		Outcome: audit.OK, Reason: string(e.Cause),
	}
	if e.Endpoint.Cluster != "" {
		a.Resource = s.arns().Cluster(e.Endpoint.Environment, e.Endpoint.Cluster)
		if e.Endpoint.Node != "" {
			a.Resource += "/" + e.Endpoint.Node
		}
	}
	if e.Identity != nil {
		a.Principal, a.AccessKey = e.Identity.ARN, e.Identity.AccessKeyID
		if e.Identity.Session != nil {
			a.Session = e.Identity.Session.Name
		}
	}
	switch e.Kind {
	case "Refuse":
		a.Outcome = "Refused"
	case "Disconnect":
		a.Reason = fmt.Sprintf("%s; user %s, %d bytes in, %d bytes out", e.Cause, e.User, e.Bytes[0], e.Bytes[1])
	}
	return s.trail.Note(ctx, a)
}

// noNodes answers for a server that runs none.
func noNodes(context.Context, control.Endpoint) (*gateway.Backend, error) {
	return nil, gateway.ErrNoNode
}
