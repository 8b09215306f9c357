package server

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strings"

	"github.com/quoinhq/quoin/internal/api"
	"github.com/quoinhq/quoin/internal/control"
	"github.com/quoinhq/quoin/internal/iam"
	"github.com/quoinhq/quoin/internal/sigv4"
	"github.com/quoinhq/quoin/internal/store"
)

// withPrincipal verifies the signature and finds out who made it. A caller
// without one goes on only to trade a web identity for a session.
func (s *Server) withPrincipal(next handler) handler {
	verifier := sigv4.NewVerifier(sigv4.Config{
		Region:   s.cfg.Region,
		Services: []string{"finspace", "iam", "sts", "s3", "logs"},
		Global:   []string{"iam", "sts"},
	})
	return func(x *exchange) error {
		env := &iam.Env{
			RequestID: x.id, Secure: s.secure(x.r), Region: s.cfg.Region,
			UserAgent: x.r.Header.Get("User-Agent"), Referer: x.r.Header.Get("Referer"),
		}
		if ip, err := netip.ParseAddr(x.ip); err == nil {
			env.SourceIP = ip
		}
		x.ctx = iam.WithEnv(x.r.Context(), env)
		if missing(x.authErr) && x.service.protocol == sigv4.Query {
			return next(x) // a web identity's token stands in for the signature
		}
		if x.authErr != nil {
			return x.authErr
		}
		id, secret, err := s.iam.Authenticate(x.ctx, x.auth.AccessKeyID, x.auth.Token)
		if err != nil {
			return err
		}
		hash := "" // of a body that has not been read: its reader checks it
		if x.service.protocol != sigv4.S3 {
			sum := sha256.Sum256(x.body)
			hash = hex.EncodeToString(sum[:])
		}
		if err := verifier.Verify(x.auth, secret, hash, s.cfg.Now()); err != nil {
			return err
		}
		if x.service.protocol == sigv4.S3 {
			s.pace(x)
			x.r.Body = payload{verifier.Body(x.auth, secret, x.r.Body)}
		}
		s.iam.Authenticated(id, x.auth.Scope.Service, x.auth.Scope.Region)
		x.identity, x.ctx = id, iam.WithIdentity(x.ctx, id)
		if x.op != nil && x.op.Name == "GetKxConnectionString" {
			x.ctx = context.WithValue(x.ctx, credentialsKey{}, sigv4.Credentials{AccessKeyID: x.auth.AccessKeyID, SecretAccessKey: secret, SessionToken: x.auth.Token})
		}
		return next(x)
	}
}

func missing(err error) bool { return caused(err, sigv4.Missing) }

// caused reports whether an identity was refused for that cause.
func caused(err error, cause sigv4.Cause) bool {
	var auth *sigv4.Error
	return errors.As(err, &auth) && auth.Cause == cause
}

// secure reports whether the client speaks TLS, with us or with a proxy that
// is trusted.
func (s *Server) secure(r *http.Request) bool {
	if r.TLS != nil {
		return true
	}
	return trusted(r, s.cfg.TrustedProxies) && r.Header.Get("X-Forwarded-Proto") == "https"
}

// forwardedFor is the caller's address as the nearest trusted proxies tell it:
// the last one in X-Forwarded-For that is not itself such a proxy.
func forwardedFor(r *http.Request, proxies []netip.Prefix) string {
	if !trusted(r, proxies) {
		return ""
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0; i-- {
		addr, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			return ""
		}
		if !contains(proxies, addr) {
			return addr.Unmap().String()
		}
	}
	return ""
}

// trusted reports whether a request comes from one of the proxies.
func trusted(r *http.Request, proxies []netip.Prefix) bool {
	if len(proxies) == 0 {
		return false
	}
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && contains(proxies, peer.Addr())
}

func contains(prefixes []netip.Prefix, addr netip.Addr) bool {
	for _, p := range prefixes {
		if p.Contains(addr.Unmap()) {
			return true
		}
	}
	return false
}

// withAuthorisation asks the caller's policies.
func (s *Server) withAuthorisation(next handler) handler {
	rules := make(map[*api.Operation]*accessRule)
	for _, op := range api.Operations() {
		rules[op] = newAccessRule(op, s.arns())
	}
	return func(x *exchange) error {
		rule := rules[x.op]
		resource := rule.resource(x.in)
		req := iam.Request{
			Identity: x.identity,
			Action:   "finspace:" + x.op.Name,
			Resource: resource,
			Keys:     rule.tags(x.in),
			Key:      func(name string) ([]string, bool, error) { return s.resourceTag(x.ctx, name, resource) },
		}
		if err := s.iam.Authorize(x.ctx, req).Err(); err != nil {
			return err
		}
		return next(x)
	}
}

// resourceTag answers aws:ResourceTag/KEY. Policies that do not ask for it cost
// no look at the store.
func (s *Server) resourceTag(ctx context.Context, name, arn string) (values []string, ok bool, err error) {
	key, ok := strings.CutPrefix(name, "aws:resourcetag/")
	if !ok {
		return nil, false, nil
	}
	err = s.store.View(ctx, func(tx store.Tx) error {
		tags, err := control.Tags(tx, arn)
		for k, v := range tags {
			if strings.EqualFold(k, key) {
				values = append(values, v)
			}
		}
		return err
	})
	if err != nil {
		return nil, false, fmt.Errorf("tags of %s: %w", arn, err)
	}
	return values, len(values) > 0, nil
}
