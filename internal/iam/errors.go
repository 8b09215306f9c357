package iam

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/quoinhq/quoin/internal/iam/policy"
	"github.com/quoinhq/quoin/internal/sigv4"
	"github.com/quoinhq/quoin/internal/store"
)

// Fault is an error of an IAM or STS operation as its caller sees it.
type Fault struct {
	Code    string
	Status  int
	Message string
}

func (f *Fault) Error() string { return f.Code + ": " + f.Message }

func errNoSuchEntity(format string, args ...any) error {
	return &Fault{"NoSuchEntity", http.StatusNotFound, fmt.Sprintf(format, args...)}
}

func errAlreadyExists(format string, args ...any) error {
	return &Fault{"EntityAlreadyExists", http.StatusConflict, fmt.Sprintf(format, args...)}
}

func errDeleteConflict(text string) error {
	return &Fault{"DeleteConflict", http.StatusConflict, "Cannot delete entity, must " + text + " first."}
}

func errLimitExceeded(format string, args ...any) error {
	return &Fault{"LimitExceeded", http.StatusConflict, fmt.Sprintf(format, args...)}
}

func errMalformedPolicy(err error) error {
	text := err.Error()
	if s := (*policy.SyntaxError)(nil); errors.As(err, &s) && s.Place != "" {
		text = "Syntax error in policy at " + text
	}
	return &Fault{"MalformedPolicyDocument", http.StatusBadRequest, text}
}

func errInvalidInput(format string, args ...any) error {
	return &Fault{"InvalidInput", http.StatusBadRequest, fmt.Sprintf(format, args...)}
}

func errValidation(faults []string) error {
	plural := ""
	if len(faults) > 1 {
		plural = "s"
	}
	return &Fault{"ValidationError", http.StatusBadRequest,
		fmt.Sprintf("%d validation error%s detected: %s", len(faults), plural, strings.Join(faults, "; "))}
}

func errInvalidAction(action, version string) error {
	return &Fault{"InvalidAction", http.StatusBadRequest,
		fmt.Sprintf("Could not find operation %s for version %s", action, version)}
}

func errMalformedQuery(text string) error {
	return &Fault{"MalformedQueryString", http.StatusBadRequest, text}
}

// errChanged answers a change to something that was replaced after it had been
// authorised.
func errChanged() error {
	return &Fault{"ConcurrentModification", http.StatusConflict,
		"The request was rejected because multiple requests to change this object were submitted simultaneously. Wait a few minutes and submit your request again."}
}

func errInvalidIdentityToken(text string) error {
	return &Fault{"InvalidIdentityToken", http.StatusBadRequest, text}
}

func errExpiredIdentityToken() error {
	return &Fault{"ExpiredTokenException", http.StatusBadRequest, "Token expired: the web identity token is past its expiry"}
}

func errProviderUnreachable() error {
	return &Fault{"IDPCommunicationError", http.StatusBadRequest, "The identity provider's keys could not be fetched. Try again."}
}

func errDenied(text string) error { return &DeniedError{text} }

// faultOf is the one place where an error becomes what a caller sees. Any error
// that is not meant for callers becomes a failure without its text.
func faultOf(err error) *Fault {
	var f *Fault
	var denied *DeniedError
	var auth *sigv4.Error
	switch {
	case errors.As(err, &f):
		return f
	case errors.As(err, &denied):
		return &Fault{"AccessDenied", http.StatusForbidden, denied.Message}
	case errors.As(err, &auth):
		return &Fault{auth.Code(sigv4.Query), auth.Status(sigv4.Query), auth.Message}
	case errors.Is(err, store.ErrClosed):
		return &Fault{"ServiceUnavailable", http.StatusServiceUnavailable, "The server is shutting down."}
	}
	return &Fault{"ServiceFailure", http.StatusInternalServerError, "The request processing has failed because of an internal error."}
}
