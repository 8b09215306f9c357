package finspace

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/quoinhq/quoin/finspace/schema"
)

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

// UnknownError is an error answer that is none of the service's exceptions: a
// signature that was refused, or a proxy that is in the way.
type UnknownError struct {
	Code    string
	Message string
	Status  int
}

// Error returns code and message.
func (e *UnknownError) Error() string { return errorText(e) }

// ErrorCode returns the name that the answer gave, or its HTTP status.
func (e *UnknownError) ErrorCode() string { return e.Code }

// ErrorMessage returns the text that the answer gave.
func (e *UnknownError) ErrorMessage() string { return e.Message }

// HTTPStatus returns the answer's status.
func (e *UnknownError) HTTPStatus() int { return e.Status }

// readError makes an error of an answer. Its name stands in a header or in the
// document, maybe between a namespace and an address.
func readError(resp *http.Response, body []byte) Error {
	var doc struct {
		Type    string `json:"__type"`
		Code    string `json:"code"`
		Message string `json:"message"` // encoding/json takes Message as well
		Reason  string `json:"reason"`
	}
	// What is no JSON leaves the document empty, and the status must do.
	_ = json.Unmarshal(body, &doc)
	for _, code := range []string{resp.Header.Get("X-Amzn-Errortype"), doc.Type, doc.Code} {
		code, _, _ = strings.Cut(code, ":")
		if i := strings.LastIndexByte(code, '#'); i >= 0 {
			code = code[i+1:]
		}
		if code = strings.TrimSpace(code); code == "" {
			continue
		}
		if e := newException(code, doc.Message, doc.Reason); e != nil {
			return e
		}
		return &UnknownError{Code: code, Message: doc.Message, Status: resp.StatusCode}
	}
	return &UnknownError{Code: "HTTP" + strconv.Itoa(resp.StatusCode), Message: doc.Message, Status: resp.StatusCode}
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
