package server

import (
	"context"
	"net/http"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/datadir"
	"github.com/quoinhq/quoin/internal/iam"
)

// RotateRootPath is where the root user, and nobody else, has its credentials
// replaced: POST, signed for finspace. The new ones are written to the data
// folder and do not travel.
const RotateRootPath = "/-/rotate-root"

// rotateRootOperation is what metrics and the audit trail call it.
const rotateRootOperation = "RotateRootCredentials"

// withOperator answers what is no part of any AWS service.
func (s *Server) withOperator(next handler) handler {
	return func(x *exchange) error {
		if x.operation != rotateRootOperation {
			return next(x)
		}
		if !x.identity.Root {
			return finspace.NewAccessDeniedException("Only the root user can replace the root user's credentials.")
		}
		if err := rotateRoot(x.ctx, s.iam, s.dir); err != nil {
			return err
		}
		x.w.WriteHeader(http.StatusNoContent)
		return nil
	}
}

// RotateRoot replaces the root credentials in a folder that no server runs on.
func RotateRoot(ctx context.Context, cfg Config) (err error) {
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
	return rotateRoot(ctx, s.iam, s.dir)
}

func rotateRoot(ctx context.Context, who *iam.Service, dir *datadir.Dir) error {
	fresh, err := who.RotateRoot(ctx)
	if err != nil {
		return err
	}
	// Should this fail, the next start of the server writes the file.
	return dir.WriteCredentials(datadir.Credentials{AccessKeyID: fresh.AccessKeyID, SecretAccessKey: fresh.SecretAccessKey})
}
