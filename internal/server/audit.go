package server

import (
	"context"
	"net/http"
	"os"
	"strings"

	"github.com/quoinhq/quoin/internal/audit"
	"github.com/quoinhq/quoin/internal/iam"
	"github.com/quoinhq/quoin/internal/sigv4"
)

// auditFolder is where in the data folder the trail is exported to.
const auditFolder = "audit"

// startAudit makes the store record what changes it.
func (s *Server) startAudit(context.Context) (stopFunc, error) {
	folder := s.dir.Path(auditFolder)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	s.trail = audit.New(s.store, audit.Options{
		MaxBytes: max(s.cfg.Audit.MaxBytes, 0), MaxAge: max(s.cfg.Audit.MaxAge, 0), ExportDir: folder,
		Report: func(err error) { s.cfg.Log.Error("audit trail", "error", err) },
	})
	s.store = s.trail.Attach(s.store)
	return s.background(s.trail.Run), nil
}

// withAudit has every request recorded: one that changes something in the
// transaction that does, every other one once it is answered. Requests that
// the address limit refuses are not: who floods us must not flood the trail.
func (s *Server) withAudit(next handler) handler {
	return func(x *exchange) error {
		if err := s.trail.Ready(); err != nil {
			return err // what cannot be recorded is not done
		}
		call := audit.NewCall(func() audit.Event { return s.event(x) })
		x.r = x.r.WithContext(audit.WithCall(x.r.Context(), call))
		x.ctx = x.r.Context()
		err := next(x)
		env := iam.EnvFrom(x.ctx)
		if x.operation == unknownOperation && env.Operation != "" {
			x.operation = env.Operation
		}
		e := s.event(x)
		e.Outcome = outcome(x, env, err)
		if call.Recorded() && e.Outcome == audit.OK {
			return err
		}
		// A client that has gone away was answered all the same.
		if noteErr := s.trail.Note(context.WithoutCancel(x.ctx), e); noteErr != nil && err == nil {
			err = noteErr
		}
		return err
	}
}

// event is what is known of a request so far. Nothing in it is a header, a
// query or a body; names in it were chosen by callers who may choose them.
func (s *Server) event(x *exchange) audit.Event {
	env := iam.EnvFrom(x.ctx)
	e := audit.Event{
		Time: x.t0, RequestID: x.id, SourceIP: x.ip,
		Service: x.service.name, Operation: x.operation, Resource: env.Resource,
	}
	if x.operation == unknownOperation {
		switch _, action, _ := strings.Cut(env.Action, ":"); {
		case env.Operation != "":
			e.Operation = env.Operation
		case action != "":
			e.Operation = action
		}
	}
	if id := x.identity; id != nil {
		e.Principal, e.AccessKey = id.ARN, id.AccessKeyID
		if id.Session != nil {
			e.Session = id.Session.Name
		}
	}
	return e
}

// outcome names how a request ended. Handlers of other services than finspace
// answer their errors themselves.
func outcome(x *exchange, env *iam.Env, err error) string {
	switch {
	case err != nil:
		return describe(x.service.protocol, err).code
	case env.Fault != "":
		return env.Fault
	case x.service.protocol == sigv4.S3 && x.w.status >= http.StatusBadRequest:
		return strings.ReplaceAll(http.StatusText(x.w.status), " ", "")
	}
	return audit.OK
}
