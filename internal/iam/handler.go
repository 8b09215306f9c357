package iam

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"

	"github.com/quoinhq/quoin/internal/sigv4"
)

// api is one of the two services that the handler answers.
type api struct {
	namespace  string
	version    string
	operations map[string]operation
}

// operation answers one action. It returns the content of the reply's Result
// element, nil for a reply without one.
type operation func(*call) (any, error)

// apis is a constant table, by the service that requests are signed for.
var apis = map[string]*api{
	"iam": {"https://iam.amazonaws.com/doc/2010-05-08/", "2010-05-08", iamOperations()},
	"sts": {"https://sts.amazonaws.com/doc/2011-06-15/", "2011-06-15", stsOperations()},
}

// Operations lists the actions of a service, iam or sts, that are answered.
func Operations(service string) []string {
	return slices.Sorted(maps.Keys(apis[service].operations))
}

func iamOperations() map[string]operation {
	all := make(map[string]operation)
	for _, group := range []map[string]operation{roleOperations(), userOperations(), keyOperations(), policyOperations(),
		profileOperations(), providerOperations(), simulateOperations(), accountOperations()} {
		maps.Copy(all, group)
	}
	return all
}

// Handler answers requests of the services iam and sts in the query protocol.
// The request must have been verified: the identity comes from its context
// (see [WithIdentity]). Without one only AssumeRoleWithWebIdentity is answered.
func (s *Service) Handler(service string) http.Handler {
	a := apis[service]
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requestID := EnvFrom(r.Context()).RequestID
		if err := s.serve(a, w, r, requestID); err != nil {
			f := faultOf(err)
			EnvFrom(r.Context()).Fault = f.Code
			if f.Status >= 500 {
				s.log.ErrorContext(r.Context(), "iam request failed", "request", requestID, "err", err)
			}
			WriteError(w, service, requestID, err)
		}
	})
}

func (s *Service) serve(a *api, w http.ResponseWriter, r *http.Request, requestID string) error {
	if r.Method != http.MethodPost && r.Method != http.MethodGet {
		return &Fault{"InvalidAction", http.StatusMethodNotAllowed, "The query protocol takes GET and POST."}
	}
	in, err := readForm(r)
	if err != nil {
		return err
	}
	action, version := in.values.Get("Action"), in.values.Get("Version")
	if action == "" {
		return &Fault{"MissingAction", http.StatusBadRequest, "The request is missing an action or a required parameter."}
	}
	op, ok := a.operations[action]
	if !ok || version != "" && version != a.version {
		return errInvalidAction(printable(action), printable(version))
	}
	EnvFrom(r.Context()).Operation = action
	c := &call{s: s, ctx: r.Context(), in: in, id: IdentityFrom(r.Context())}
	if c.id == nil && action != webIdentityAction {
		return sigv4.ErrMissing()
	}
	if a == apis["iam"] && c.id.Session != nil && c.id.Session.RoleARN == "" {
		return errDenied("Temporary credentials of GetSessionToken cannot call IAM operations without multi-factor authentication.")
	}
	result, err := op(c)
	if err != nil {
		return err
	}
	return a.writeResult(w, action, requestID, result)
}

const webIdentityAction = "AssumeRoleWithWebIdentity"

// Anonymous reports whether a request without a signature may be answered: it
// brings a web identity's token in place of one. body is its form, nil for GET.
func Anonymous(r *http.Request, body []byte) bool {
	if r.URL.Path != "/" || r.Header.Get("Authorization") != "" {
		return false
	}
	if r.URL.Query().Get("Action") == webIdentityAction {
		return true
	}
	posted, err := url.ParseQuery(string(body))
	return err == nil && posted.Get("Action") == webIdentityAction
}

// call is one request on its way through an operation.
type call struct {
	s   *Service
	ctx context.Context
	in  *form
	id  *Identity
}
