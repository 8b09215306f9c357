package api

import (
	"fmt"
	"net/http"
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

// RouteError says that a request's path or method belongs to no operation.
type RouteError struct {
	Code    string
	Message string
	Status  int
	Allow   []string // methods that the path takes, if the method was wrong
}

// Error returns code and message.
func (e *RouteError) Error() string { return e.Code + ": " + e.Message }

// ErrorCode returns the error's name on the wire.
func (e *RouteError) ErrorCode() string { return e.Code }

// ErrorMessage returns the text for the caller.
func (e *RouteError) ErrorMessage() string { return e.Message }

// HTTPStatus returns 404 for an unknown path, 405 for a wrong method.
func (e *RouteError) HTTPStatus() int { return e.Status }
