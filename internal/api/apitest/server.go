package apitest

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/api"
	"github.com/quoinhq/quoin/internal/sigv4"
)

// What requests to a Server are signed with.
const (
	KeyID  = "AKIDEXAMPLE"
	Secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
	Region = "eu-west-1"
)

// Server answers requests whose signatures are right, with one function for
// all operations.
type Server struct {
	URL string

	mu       sync.Mutex
	answer   func(op *api.Operation, in any) (any, error)
	before   []http.HandlerFunc
	requests int
	tokens   []string
}

// NewServer starts a server that ends with the test. The handlers in before
// take the first requests, one each, in place of the answer. Both run one at a
// time.
func NewServer(t testing.TB, answer func(op *api.Operation, in any) (any, error), before ...http.HandlerFunc) *Server {
	t.Helper()
	s := &Server{answer: answer, before: before}
	rt := api.NewRouter()
	verifier := sigv4.NewVerifier(sigv4.Config{Region: Region, Services: []string{"finspace"}})
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		op, in, err := s.read(rt, verifier, r)
		if err == nil {
			if instead := s.next(op.TokenOf(in)); instead != nil {
				instead(w, r)
				return
			}
			s.mu.Lock()
			var out any
			out, err = s.answer(op, in)
			s.mu.Unlock()
			if err == nil {
				w.Header().Set("X-Amzn-Requestid", "req-1")
				err = api.WriteOutput(w, op, out)
			}
		}
		if err != nil {
			api.WriteError(w, "req-1", err)
		}
	}))
	t.Cleanup(srv.Close)
	s.URL = srv.URL
	return s
}

func (s *Server) read(rt *api.Router, verifier *sigv4.Verifier, r *http.Request) (*api.Operation, any, error) {
	body, err := api.ReadBody(r)
	if err != nil {
		return nil, nil, err
	}
	auth, err := sigv4.Parse(r)
	if err == nil {
		err = verifier.Verify(auth, Secret, sigv4.HashBody(body), time.Now())
	}
	if err != nil {
		return nil, nil, finspace.NewAccessDeniedException(err.Error())
	}
	op, params, err := rt.Match(r)
	if err != nil {
		return nil, nil, err
	}
	in, err := op.Bind(r, params, body)
	if err != nil {
		return nil, nil, err
	}
	return op, in, op.Validate(in)
}

// next counts a request and takes what comes before the answer, if anything.
func (s *Server) next(token string) http.HandlerFunc {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests++
	s.tokens = append(s.tokens, token)
	if len(s.before) == 0 {
		return nil
	}
	h := s.before[0]
	s.before = s.before[1:]
	return h
}

// Requests returns how many requests came whose signature and input were
// right.
func (s *Server) Requests() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests
}

// Tokens returns the idempotency tokens of those requests.
func (s *Server) Tokens() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.tokens...)
}

// Config returns a configuration of clients of the server.
func (s *Server) Config() finspace.Config {
	return finspace.Config{
		Endpoint: s.URL, Region: Region, PollInterval: time.Millisecond,
		Credentials: finspace.StaticCredentials{AccessKeyID: KeyID, SecretAccessKey: Secret},
	}
}
