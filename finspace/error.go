package finspace

import "github.com/quoinhq/quoin/finspace/schema"

// Error is an error that the service declares, as [ConflictException]. Its
// message is meant for the caller.
type Error interface {
	error
	ErrorCode() string    // the name of the exception
	ErrorMessage() string // text for the caller
	HTTPStatus() int
}

func errorText(e Error) string {
	if m := e.ErrorMessage(); m != "" {
		return e.ErrorCode() + ": " + m
	}
	return e.ErrorCode()
}

// Schema describes the API. What it returns must not be changed.
func Schema() *schema.Service { return &service }

// Value returns what p points to, or the zero value if p is nil.
func Value[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}
