package server

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/datadir"
	"github.com/quoinhq/quoin/internal/iam"
	"github.com/quoinhq/quoin/internal/store"
)

// Operator calls are what this server's own commands ask of it: no part of any
// AWS service, POST, signed for finspace, for the root user and nobody else.
const (
	// RotateRootPath has the root user's credentials replaced. The new ones
	// are written to the data folder and do not travel.
	RotateRootPath = "/-/rotate-root"

	// RevokeSessionsPath ends sessions: an iam.SessionQuery, answered with a
	// RevokeReply.
	RevokeSessionsPath = "/-/iam/revoke-sessions"

	ExportPath  = "/-/db/export"  // ExportRequest
	ImportPath  = "/-/db/import"  // ImportRequest, answered with an ImportReply
	DiffPath    = "/-/db/diff"    // DiffRequest, answered with a DiffReply
	CollectPath = "/-/db/collect" // CollectRequest, answered with a blob.Garbage
	ImportsPath = "/-/db/imports" // answered with an ImportsReply
)

// operatorCall is one of them: what metrics and the audit trail call it, and
// what it does. A nil reply is an empty one.
type operatorCall struct {
	name string
	do   func(s *Server, x *exchange) (reply any, err error)
}

// operatorCalls is the table of them by path.
func operatorCalls() map[string]operatorCall {
	return map[string]operatorCall{
		RotateRootPath:     {"RotateRootCredentials", func(s *Server, x *exchange) (any, error) { return nil, rotateRoot(x.ctx, s.iam, s.dir) }},
		RevokeSessionsPath: {"RevokeSessions", (*Server).revokeSessions},
		ExportPath:         {"ExportDatabase", (*Server).exportDatabase},
		ImportPath:         {"ImportDatabase", (*Server).importDatabase},
		DiffPath:           {"DiffDatabase", (*Server).diffDatabase},
		CollectPath:        {"CollectGarbage", (*Server).collectGarbage},
		ImportsPath:        {"ListImports", (*Server).listImports},
	}
}

// withOperator answers operator calls.
func (s *Server) withOperator(next handler) handler {
	calls := operatorCalls()
	return func(x *exchange) error {
		call, ok := calls[x.r.URL.Path]
		if !ok || call.name != x.operation {
			return next(x)
		}
		if !x.identity.Root {
			return finspace.NewAccessDeniedException("Only the root user can do this.")
		}
		// These take the time that they take.
		control := http.NewResponseController(&x.w)
		_ = control.SetReadDeadline(time.Time{})
		_ = control.SetWriteDeadline(time.Time{})
		news := subscribe(x, s.cfg.NewsEach)
		reply, err := call.do(s, x)
		if news.end() {
			return news.deliver(reply, err)
		}
		if err != nil {
			return err
		}
		if reply == nil {
			x.w.WriteHeader(http.StatusNoContent)
			return nil
		}
		x.w.Header().Set("Content-Type", "application/json")
		return json.NewEncoder(&x.w).Encode(reply)
	}
}

// RotateRoot replaces the root credentials in a folder that no server runs on.
func RotateRoot(ctx context.Context, cfg Config) error {
	return offline(ctx, cfg, func(s *Server) error { return rotateRoot(ctx, s.iam, s.dir) })
}

// RevokeSessions ends sessions in a folder that no server runs on. Errors:
// store.ErrNotFound as in iam.Service.RevokeSessions.
func RevokeSessions(ctx context.Context, cfg Config, q iam.SessionQuery) (ended int, err error) {
	err = offline(ctx, cfg, func(s *Server) (err error) {
		ended, err = s.iam.RevokeSessions(ctx, q)
		return err
	})
	return ended, err
}

// offline starts as much of a server as identities need and ends it after fn.
func offline(ctx context.Context, cfg Config, fn func(*Server) error) (err error) {
	cfg.EnsureDefaults()
	s := &Server{cfg: cfg, failed: make(chan error, 1)}
	defer func() {
		if closeErr := s.Close(); err == nil {
			err = closeErr
		}
	}()
	for _, p := range parts() {
		stopPart, err := p.start(s, ctx)
		if err != nil {
			return err
		}
		if stopPart != nil {
			s.stops = append(s.stops, stop{p.name, stopPart})
		}
		if s.iam != nil {
			break
		}
	}
	return fn(s)
}

// RevokeReply says how many sessions had not ended yet.
type RevokeReply struct{ Ended int }

func (s *Server) revokeSessions(x *exchange) (any, error) {
	q, err := request[iam.SessionQuery](x)
	if err != nil {
		return nil, err
	}
	if q.Principal == "" && q.AccessKeyID == "" {
		return nil, finspace.NewValidationException("Say whose sessions.")
	}
	iam.EnvFrom(x.ctx).Resource = cmp.Or(q.Principal, q.AccessKeyID)
	ended, err := s.iam.RevokeSessions(x.ctx, q)
	if errors.Is(err, store.ErrNotFound) {
		return nil, finspace.NewResourceNotFoundException("There is no " + strings.Replace(cmp.Or(q.Principal, "session/"+q.AccessKeyID), "/", " ", 1) + ".")
	}
	if err != nil {
		return nil, err
	}
	return RevokeReply{ended}, s.gateway.Settle(x.ctx)
}

func rotateRoot(ctx context.Context, who *iam.Service, dir *datadir.Dir) error {
	fresh, err := who.RotateRoot(ctx)
	if err != nil {
		return err
	}
	// Should this fail, the next start of the server writes the file.
	return dir.WriteCredentials(datadir.Credentials{AccessKeyID: fresh.AccessKeyID, SecretAccessKey: fresh.SecretAccessKey})
}
