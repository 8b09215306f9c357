package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/api"
	"github.com/quoinhq/quoin/internal/iam"
	"github.com/quoinhq/quoin/internal/sigv4"
)

// withRequestID gives each request an id, and tells it to the caller.
func (s *Server) withRequestID(next handler) handler {
	return func(x *exchange) error {
		x.id, x.t0 = newRequestID(), s.cfg.Now()
		x.ip = s.callerAddress(x.r)
		x.operation = unknownOperation
		// SDKs look for it in this header, written so by the service.
		x.w.Header()["X-Amzn-Requestid"] = []string{x.id}
		return next(x)
	}
}

// callerAddress is the address that a request comes from.
func (s *Server) callerAddress(r *http.Request) string {
	if ip := forwardedFor(r, s.cfg.TrustedProxies); ip != "" {
		return ip
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// withAccessLog counts every request and, at level debug, logs it. What it
// says of a request are names from tables and the ids of principals: no
// header, query or body.
func (s *Server) withAccessLog(next handler) handler {
	return func(x *exchange) error {
		s.metrics.inFlight.Inc()
		defer s.metrics.inFlight.Dec()
		err := next(x)
		took := s.cfg.Now().Sub(x.t0)
		code := ""
		if x.err != nil {
			code = describe(x.service.protocol, x.err).code
		}
		s.metrics.observe(x.operation, code, x.w.status, took)
		if s.cfg.Log.Enabled(x.r.Context(), slog.LevelDebug) {
			attrs := []slog.Attr{
				slog.String("id", x.id), slog.String("operation", x.operation), slog.Int("status", x.w.status),
				slog.String("from", x.ip), slog.Duration("took", took), slog.Int64("bytes", x.w.size),
			}
			if x.identity != nil {
				attrs = append(attrs, slog.String("principal", x.identity.ARN))
			}
			if code != "" {
				attrs = append(attrs, slog.String("code", code))
			}
			s.cfg.Log.LogAttrs(x.r.Context(), slog.LevelDebug, "request", attrs...)
		}
		return err
	}
}

// withErrors answers a request with the error that came back, in the form that
// the service's clients read.
func (s *Server) withErrors(next handler) handler {
	return func(x *exchange) error {
		err := next(x)
		if err == nil {
			return nil
		}
		x.err = err
		if f := describe(x.service.protocol, err); f.status >= http.StatusInternalServerError && f.status != http.StatusNotImplemented {
			s.cfg.Log.Error("request failed", "id", x.id, "operation", x.operation, "error", err)
		}
		if x.w.status != 0 {
			return err // the reply had begun
		}
		return x.service.writeError(&x.w, x.id, err)
	}
}

// withRecover makes an error of a panic in a handler.
func (s *Server) withRecover(next handler) handler {
	return func(x *exchange) (err error) {
		defer func() {
			if p := recover(); p != nil {
				if p == http.ErrAbortHandler {
					panic(p)
				}
				err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
			}
		}()
		return next(x)
	}
}

// withProbes answers what is asked by machines that have no credentials.
func (s *Server) withProbes(next handler) handler {
	metrics := s.metrics.handler()
	return func(x *exchange) error {
		if x.r.Method != http.MethodGet && x.r.Method != http.MethodHead {
			return next(x)
		}
		switch x.r.URL.Path {
		case "/healthz":
			x.operation = "(health)"
			writeProbe(&x.w, http.StatusOK, "ok\n")
		case "/readyz":
			x.operation = "(ready)"
			if s.ready.Load() {
				writeProbe(&x.w, http.StatusOK, "ready\n")
			} else {
				writeProbe(&x.w, http.StatusServiceUnavailable, "not ready\n")
			}
		case "/gateway-ca.pem":
			x.operation = "(gateway certificate)"
			x.w.Header().Set("Content-Type", "application/x-pem-file")
			x.w.WriteHeader(http.StatusOK)
			_, _ = x.w.Write(s.authority.PEM()) // whoever has gone away needs none
		case "/metrics":
			x.operation = "(metrics)"
			metrics.ServeHTTP(&x.w, x.r)
		default:
			return next(x)
		}
		return nil
	}
}

func writeProbe(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	// A prober that has gone away needs no answer.
	_, _ = w.Write([]byte(text))
}

// withAddressLimit bounds what callers cost that do not get in. An address
// whose requests were refused too often waits until its bucket fills again;
// requests that are let in cost it nothing.
func (s *Server) withAddressLimit(next handler) handler {
	limit := newThrottle(s.cfg.Limits.AddressRate, s.cfg.Limits.AddressBurst, s.cfg.Now)
	return func(x *exchange) error {
		if limit.exhausted(x.ip) {
			return finspace.NewThrottlingException("Too many requests from this address were refused. Wait and try again.")
		}
		err := next(x)
		if x.identity == nil {
			limit.allow(x.ip)
		}
		return err
	}
}

// withBody reads the body, as large as bodies may be. An S3 object is no
// message: it is stored as it comes in.
func (s *Server) withBody(next handler) handler {
	byName, _ := services()
	return func(x *exchange) error {
		if x.service.protocol == sigv4.S3 {
			return next(x)
		}
		body, err := api.ReadBody(x.r)
		if err != nil {
			return bodyError(err)
		}
		x.body = body
		x.r.Body = io.NopCloser(bytes.NewReader(body))
		if missing(x.authErr) && iam.Anonymous(x.r, body) {
			x.service = byName["sts"] // which no signature has named
		}
		return next(x)
	}
}

// bodyError is what to answer when a body could not be read.
func bodyError(err error) error {
	var tooLarge *api.RequestError
	if errors.As(err, &tooLarge) {
		return err
	}
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		return &api.RequestError{Code: "RequestTimeoutException", Message: "The request's body did not come in time.", Status: http.StatusRequestTimeout}
	}
	return &api.RequestError{Code: "SerializationException", Message: "The request's body could not be read.", Status: http.StatusBadRequest}
}

// withRoute finds the operation that is asked for.
func (s *Server) withRoute(next handler) handler {
	router, operator := api.NewRouter(), operatorCalls()
	return func(x *exchange) error {
		if x.service.name != "finspace" {
			return next(x)
		}
		if call, ok := operator[x.r.URL.Path]; ok && x.r.Method == http.MethodPost {
			x.operation = call.name
			return next(x)
		}
		op, params, err := router.Match(x.r)
		if err != nil {
			return err
		}
		x.op, x.params, x.operation = op, params, op.Name
		return next(x)
	}
}

// withPrincipalLimit is each principal's token bucket.
func (s *Server) withPrincipalLimit(next handler) handler {
	limit := newThrottle(s.cfg.Limits.PrincipalRate, s.cfg.Limits.PrincipalBurst, s.cfg.Now)
	return func(x *exchange) error {
		// Sessions of one role share its bucket; anybody can have many.
		if x.identity != nil && !limit.allow(x.identity.PrincipalARN) {
			return finspace.NewThrottlingException("Rate exceeded")
		}
		return next(x)
	}
}

// withInput makes the operation's input of the request.
func (s *Server) withInput(next handler) handler {
	return func(x *exchange) (err error) {
		if x.in, err = x.op.Bind(x.r, x.params, x.body); err != nil {
			return err
		}
		if err := x.op.Validate(x.in); err != nil {
			return err
		}
		return next(x)
	}
}

// withCall calls the operation and writes its output.
func (s *Server) withCall(handler) handler {
	return func(x *exchange) error {
		out, err := x.op.Call(x.ctx, s.control, x.in)
		if err != nil {
			if errors.Is(err, context.Canceled) && x.r.Context().Err() != nil {
				return &api.RequestError{Code: "RequestAbortedException", Message: "The client went away.", Status: 499}
			}
			return err
		}
		return api.WriteOutput(&x.w, x.op, out)
	}
}
