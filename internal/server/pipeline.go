package server

import (
	"net/http"
)

// handler answers an exchange, or returns the error to answer it with.
type handler func(*exchange) error

// middleware is one station on a request's way.
type middleware struct {
	name string
	wrap func(*Server, handler) handler
}

// pipeline is the way of every request, outermost station first. A station
// that answers by itself, or returns an error, ends the way there.
func pipeline() []middleware {
	return []middleware{
		{"request id", (*Server).withRequestID},
		{"access log, metrics", (*Server).withAccessLog},
		{"errors", (*Server).withErrors},
		{"recover", (*Server).withRecover},
		{"probes", (*Server).withProbes},
		{"service", (*Server).withService},
		{"address limit", (*Server).withAddressLimit},
		{"audit", (*Server).withAudit},
		{"recover, for the trail", (*Server).withRecover},
		{"body limit", (*Server).withBody},
		{"route", (*Server).withRoute},
		{"signature and principal", (*Server).withPrincipal},
		{"principal limit", (*Server).withPrincipalLimit},
		{"other services", (*Server).withOtherServices},
		{"operator", (*Server).withOperator},
		{"bind and validate", (*Server).withInput},
		{"authorise", (*Server).withAuthorisation},
		{"call and encode", (*Server).withCall},
	}
}

// newHandler makes the API's HTTP handler of the pipeline.
func (s *Server) newHandler() http.Handler {
	var h handler
	stations := pipeline()
	for i := len(stations) - 1; i >= 0; i-- {
		h = stations[i].wrap(s, h)
	}
	_, other := services()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x := &exchange{w: recorder{ResponseWriter: w}, r: r, ctx: r.Context(), service: other}
		// Whatever is to be said of an error has been said further inside.
		_ = h(x)
	})
}
