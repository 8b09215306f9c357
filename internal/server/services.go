package server

import (
	"context"
	"encoding/xml"
	"errors"
	"io"
	"net/http"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/api"
	"github.com/quoinhq/quoin/internal/iam"
	"github.com/quoinhq/quoin/internal/logs"
	"github.com/quoinhq/quoin/internal/s3"
	"github.com/quoinhq/quoin/internal/sigv4"
)

// service is one of the AWS services that share the port. Which one a request
// is for stands in its signature's credential scope.
type service struct {
	name       string
	protocol   sigv4.Protocol
	writeError func(w http.ResponseWriter, requestID string, err error) error
}

// The services. A request that is not signed, or signed for something else,
// counts as one for finspace: its clients are the ones that need to understand
// what was wrong. Connection strings are signed for finspace-apricot, which is
// not among them: one that leaks opens no API.
func services() (byName map[string]*service, other *service) {
	byName = make(map[string]*service)
	for _, s := range []*service{
		{"finspace", sigv4.JSON, writeJSONError},
		{"logs", sigv4.JSON, writeJSONError},
		{"iam", sigv4.Query, writeQueryError("iam")},
		{"sts", sigv4.Query, writeQueryError("sts")},
		{"s3", sigv4.S3, writeS3Error},
	} {
		byName[s.name] = s
	}
	return byName, byName["finspace"]
}

func writeJSONError(w http.ResponseWriter, requestID string, err error) error {
	return api.WriteError(w, requestID, public(err))
}

func writeQueryError(service string) func(http.ResponseWriter, string, error) error {
	return func(w http.ResponseWriter, requestID string, err error) error {
		if e, ok := err.(finspace.Error); ok {
			err = &iam.Fault{Code: queryCode(e), Status: e.HTTPStatus(), Message: e.ErrorMessage()}
		}
		iam.WriteError(w, service, requestID, err)
		return nil
	}
}

// queryCode is what an error of the pipeline is called in the query protocol.
func queryCode(e finspace.Error) string {
	if e.ErrorCode() == "ThrottlingException" {
		return "Throttling"
	}
	return e.ErrorCode()
}

// writeS3Error writes an error that came up before the S3 handler was reached
// ("Error responses" of the S3 API reference).
func writeS3Error(w http.ResponseWriter, requestID string, err error) error {
	f := describe(sigv4.S3, err)
	body, err := xml.Marshal(struct {
		XMLName   xml.Name `xml:"Error"`
		Code      string
		Message   string
		RequestID string `xml:"RequestId"`
	}{Code: f.code, Message: f.message, RequestID: requestID})
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(f.status)
	_, err = w.Write(append([]byte(xml.Header), body...))
	return err
}

// failure is an error as its caller sees it.
type failure struct {
	code    string
	message string
	status  int
}

// describe says what a caller of the protocol sees of an error.
func describe(p sigv4.Protocol, err error) failure {
	var auth *sigv4.Error
	if errors.As(err, &auth) {
		return failure{auth.Code(p), auth.Message, auth.Status(p)}
	}
	e := api.Public(public(err))
	return failure{e.ErrorCode(), e.ErrorMessage(), e.HTTPStatus()}
}

// public turns the refusals of the rooms that know nothing of this API into
// errors of it.
func public(err error) error {
	var auth *sigv4.Error
	if errors.As(err, &auth) {
		return &api.RequestError{Code: auth.Code(sigv4.JSON), Message: auth.Message, Status: auth.Status(sigv4.JSON)}
	}
	var denied *iam.DeniedError
	if errors.As(err, &denied) {
		return finspace.NewAccessDeniedException(denied.Message)
	}
	return err
}

// withService finds out which service a request is for, and takes its
// signature apart. One that is malformed is refused later, when it is known
// that there is something to be refused.
func (s *Server) withService(next handler) handler {
	byName, other := services()
	return func(x *exchange) error {
		x.service = other
		x.auth, x.authErr = sigv4.ParseFor(x.r, sigv4.ForwardedHost(x.r, s.cfg.TrustedProxies))
		if x.auth != nil {
			if named, ok := byName[x.auth.Scope.Service]; ok {
				x.service = named
			}
		}
		if caused(x.authErr, sigv4.Version2) {
			x.service = byName["s3"] // whose clients alone still sign so
		}
		return next(x)
	}
}

// withOtherServices hands requests for iam, sts and s3 over to their handlers,
// which decide for themselves what the caller may do. What IAM changed has
// reached connections that are open before it is answered.
func (s *Server) withOtherServices(next handler) handler {
	handlers := map[string]http.Handler{
		"iam": s.iam.Handler("iam"),
		"sts": s.iam.Handler("sts"),
		"s3":  s.objects,
		"logs": logs.Handler(logs.Config{
			Dir: s.dir.Path("logs"), Region: s.cfg.Region, Account: s.dir.AccountID(),
			Authorize: func(r *http.Request, action, arn string) error { return s.authorizeS3(r.Context(), r, action, arn) },
		}),
	}
	return func(x *exchange) error {
		h, ok := handlers[x.service.name]
		if !ok {
			return next(x)
		}
		if x.service.name == "iam" {
			x.w.settle = func() { _ = s.gateway.Settle(x.ctx) } // fails only when the caller has gone
		}
		h.ServeHTTP(&x.w, x.r.WithContext(x.ctx))
		return nil
	}
}

// newObjects is the built-in object store.
func (s *Server) newObjects() *s3.Handler {
	return s3.New(s3.Config{
		Store: s.store, Blobs: s.blobs, Region: s.cfg.Region, AccountID: s.dir.AccountID(),
		Authorize: s.authorizeS3,
		Body: func(r *http.Request) io.Reader {
			if p, ok := r.Body.(payload); ok {
				return p.Reader
			}
			return r.Body
		},
		RequestID: func(r *http.Request) string { return iam.EnvFrom(r.Context()).RequestID },
	})
}

// payload is a body that checks itself against the request's signature while
// it is read. The reader inside also knows the trailer.
type payload struct{ io.Reader }

func (payload) Close() error { return nil }

func (s *Server) authorizeS3(ctx context.Context, _ *http.Request, action, arn string) error {
	return s.iam.Authorize(ctx, iam.Request{Identity: iam.IdentityFrom(ctx), Action: action, Resource: arn}).Err()
}
