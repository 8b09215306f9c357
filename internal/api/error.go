package api

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/restjson"
)

// NotImplementedError is the answer of an operation that this server does not
// have. It is no error of the service's model.
type NotImplementedError struct{ Operation string }

// Error returns code and message.
func (e *NotImplementedError) Error() string { return e.ErrorCode() + ": " + e.ErrorMessage() }

// ErrorCode returns "NotImplementedException".
func (e *NotImplementedError) ErrorCode() string { return "NotImplementedException" }

// ErrorMessage names the operation.
func (e *NotImplementedError) ErrorMessage() string {
	return fmt.Sprintf("Quoin does not implement %s.", e.Operation)
}

// HTTPStatus returns 501.
func (e *NotImplementedError) HTTPStatus() int { return http.StatusNotImplemented }

// RequestError refuses a request before any operation has seen it: there is
// none for its path or method, or it is too large. It is no error of the
// service's model.
type RequestError struct {
	Code    string
	Message string
	Status  int
	Allow   []string // methods that the path takes, if the method was wrong
}

// Error returns code and message.
func (e *RequestError) Error() string { return e.Code + ": " + e.Message }

// ErrorCode returns the error's name on the wire.
func (e *RequestError) ErrorCode() string { return e.Code }

// ErrorMessage returns the text for the caller.
func (e *RequestError) ErrorMessage() string { return e.Message }

// HTTPStatus returns the status to answer with.
func (e *RequestError) HTTPStatus() int { return e.Status }

func unknownRoute() error {
	return &RequestError{
		Code:    "UnknownOperationException",
		Message: "No operation of this service has this path.",
		Status:  http.StatusNotFound,
	}
}

func wrongMethod(method string, allow []string) error {
	return &RequestError{
		Code:    "MethodNotAllowedException",
		Message: fmt.Sprintf("No operation has this path with method %.16q; there are %s.", method, strings.Join(allow, ", ")),
		Status:  http.StatusMethodNotAllowed,
		Allow:   allow,
	}
}

func bodyTooLarge() error {
	return &RequestError{
		Code:    "RequestEntityTooLargeException",
		Message: fmt.Sprintf("The request body is larger than %d bytes.", MaxBody),
		Status:  http.StatusRequestEntityTooLarge,
	}
}

// internalText is all that a caller learns of an error that is not the API's.
const internalText = "The request failed because of an internal error."

// Public returns the error that a caller may see: err itself, or the one it
// wraps, if that is a [finspace.Error]; an InternalServerException with a
// generic text for any other.
func Public(err error) finspace.Error {
	var public finspace.Error
	if errors.As(err, &public) {
		return public
	}
	return finspace.NewInternalServerException(internalText)
}

// WriteError answers a request with an error in the service's form: the
// exception's name in a header, where SDKs look first, and its members in
// JSON. What is written is what [Public] makes of err. An empty requestID is
// left out. The error returned is that of writing.
func WriteError(w http.ResponseWriter, requestID string, err error) error {
	public := Public(err)
	h := w.Header()
	h.Set("X-Amzn-Errortype", public.ErrorCode())
	if requestID != "" {
		h.Set("X-Amzn-Requestid", requestID)
	}
	if e, ok := public.(*RequestError); ok && len(e.Allow) > 0 {
		h.Set("Allow", strings.Join(e.Allow, ", "))
	}
	body := append(make([]byte, 0, 256), `{"message":`...)
	body = restjson.AppendString(body, public.ErrorMessage())
	if e, ok := public.(*finspace.ConflictException); ok && e.Reason != "" {
		body = append(body, `,"reason":`...)
		body = restjson.AppendString(body, e.Reason)
	}
	body = append(body, '}')
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(public.HTTPStatus())
	_, werr := w.Write(body)
	return werr
}
