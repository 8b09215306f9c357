package s3

import (
	"encoding/xml"
	"errors"
	"net/http"
)

// Error is a failure that the caller is told of. Source: S3 API reference,
// "Error responses".
type Error struct {
	Status  int
	Code    string
	Message string
	Err     error // for operators; never shown
}

// Error returns code and message.
func (e *Error) Error() string { return e.Code + ": " + e.Message }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

func newError(status int, code, text string) *Error {
	return &Error{Status: status, Code: code, Message: text}
}

func errNoSuchBucket() *Error {
	return newError(404, "NoSuchBucket", "The specified bucket does not exist.")
}
func errNoSuchKey() *Error { return newError(404, "NoSuchKey", "The specified key does not exist.") }
func errNoSuchVersion() *Error {
	return newError(404, "NoSuchVersion", "The specified version does not exist.")
}
func errNoSuchUpload() *Error {
	return newError(404, "NoSuchUpload", "The specified upload does not exist. It may have been aborted or completed.")
}
func errNoSuchTagSet() *Error { return newError(404, "NoSuchTagSet", "There is no tag set.") }
func errNotImplemented(sub string) *Error {
	return newError(501, "NotImplemented", "This server does not have that operation on the sub-resource "+sub+".")
}

func errMethodNotAllowed() *Error {
	return newError(405, "MethodNotAllowed", "This server does not have that operation on that resource.")
}
func errInvalidURI() *Error { return newError(400, "InvalidURI", "The path cannot be decoded.") }
func errKeyTooLong() *Error {
	return newError(400, "KeyTooLongError", "A key has at most 1,024 bytes.")
}
func errInvalidBucketName() *Error {
	return newError(400, "InvalidBucketName", "A bucket name has 3 to 63 lower-case letters, digits, dots and hyphens.")
}
func errBucketExists() *Error {
	return newError(409, "BucketAlreadyOwnedByYou", "The bucket exists and is yours.")
}
func errBucketNotEmpty() *Error {
	return newError(409, "BucketNotEmpty", "The bucket is not empty.")
}
func errInvalidArgument(text string) *Error { return newError(400, "InvalidArgument", text) }
func errMalformedXML() *Error {
	return newError(400, "MalformedXML", "The XML is not well-formed or lacks required elements.")
}
func errBadDigest() *Error {
	return newError(400, "BadDigest", "A checksum given with the content does not match what was received.")
}
func errIncompleteBody() *Error {
	return newError(400, "IncompleteBody", "The body is shorter than the request says.")
}
func errInvalidPart(text string) *Error { return newError(400, "InvalidPart", text) }
func errInvalidPartOrder() *Error {
	return newError(400, "InvalidPartOrder", "The parts are not listed in ascending order.")
}
func errEntityTooSmall() *Error {
	return newError(400, "EntityTooSmall", "A part other than the last has less than 5 MiB.")
}
func errEntityTooLarge() *Error {
	return newError(400, "EntityTooLarge", "The object is larger than allowed.")
}
func errInvalidRange() *Error {
	return newError(416, "InvalidRange", "The requested range is not satisfiable.")
}
func errPrecondition() *Error {
	return newError(412, "PreconditionFailed", "A condition given with the request does not hold.")
}
func errAccessDenied(cause error) *Error {
	return &Error{Status: 403, Code: "AccessDenied", Message: cause.Error(), Err: cause}
}
func errInternal(cause error) *Error {
	return &Error{Status: 500, Code: "InternalError", Message: "We encountered an internal error. Please try again.", Err: cause}
}

type errorXML struct {
	XMLName   xml.Name `xml:"Error"`
	Code      string
	Message   string
	Resource  string
	RequestID string `xml:"RequestId"`
}

// writeError answers with err; anything that is no *Error is internal.
func (h *Handler) writeError(r *request, err error) {
	var e *Error
	if !errors.As(err, &e) {
		e = errInternal(err)
	}
	if e.Status == http.StatusNotModified || r.Method == http.MethodHead {
		r.w.WriteHeader(e.Status)
		return
	}
	// A body that was not read would be taken for the next request.
	r.w.Header().Set("Connection", "close")
	_ = writeXML(r.w, e.Status, errorXML{Code: e.Code, Message: e.Message, Resource: r.URL.EscapedPath(), RequestID: h.RequestID(r.Request)})
}
