package sigv4

import "net/http"

// Cause says why a request's identity was not accepted.
type Cause int

// The causes. What a client sees for each depends on the protocol: see [Error.Code].
const (
	Missing      Cause = iota // no signature at all
	Incomplete                // a signature that is malformed, ambiguous or leaves out what must be signed
	Mismatch                  // a well-formed signature that is not ours
	Expired                   // a date outside the allowed time
	WrongScope                // signed for another day, region or service
	BodyMismatch              // the body is not the one that was signed
	UnknownKey                // no such access key, or it is inactive
	InvalidToken              // the session token does not belong to the access key
	ExpiredToken              // the session is over
	Version2                  // signed the way that S3 stopped taking: see [ErrVersion2]
	causes
)

// Protocol selects the family of error codes that a service's clients know.
type Protocol int

// The protocols of the services that share the port.
const (
	JSON  Protocol = iota // restJson1: finspace
	Query                 // iam and sts
	S3
)

type code struct {
	name   string
	status int
}

// codes has one row for each cause and one column for each protocol. Sources:
// "Common errors" of the IAM, STS and FinSpace API references, "Error
// responses" of the S3 API reference.
var codes = [causes][3]code{
	Missing:      {{"MissingAuthenticationTokenException", 403}, {"MissingAuthenticationToken", 403}, {"AccessDenied", 403}},
	Incomplete:   {{"IncompleteSignatureException", 403}, {"IncompleteSignature", 400}, {"AuthorizationHeaderMalformed", 400}},
	Mismatch:     {{"InvalidSignatureException", 403}, {"SignatureDoesNotMatch", 403}, {"SignatureDoesNotMatch", 403}},
	Expired:      {{"InvalidSignatureException", 403}, {"SignatureDoesNotMatch", 403}, {"RequestTimeTooSkewed", 403}},
	WrongScope:   {{"InvalidSignatureException", 403}, {"SignatureDoesNotMatch", 403}, {"AuthorizationHeaderMalformed", 400}},
	BodyMismatch: {{"InvalidSignatureException", 403}, {"SignatureDoesNotMatch", 403}, {"XAmzContentSHA256Mismatch", 400}},
	UnknownKey:   {{"UnrecognizedClientException", 403}, {"InvalidClientTokenId", 403}, {"InvalidAccessKeyId", 403}},
	InvalidToken: {{"UnrecognizedClientException", 403}, {"InvalidClientTokenId", 403}, {"InvalidToken", 400}},
	ExpiredToken: {{"ExpiredTokenException", 403}, {"ExpiredToken", 403}, {"ExpiredToken", 400}},
	Version2:     {{"IncompleteSignatureException", 403}, {"IncompleteSignature", 400}, {"InvalidRequest", 400}},
}

// Error is a refusal. Its text is meant for the caller: it may hold the
// canonical request, never a secret, a key, a token or a signature.
type Error struct {
	Cause   Cause
	Message string
}

func (e *Error) Error() string { return e.Message }

// Code is the error's name for clients of the protocol.
func (e *Error) Code(p Protocol) string { return codes[e.Cause][p].name }

// Status is the HTTP status that goes with Code.
func (e *Error) Status(p Protocol) int {
	if s := codes[e.Cause][p].status; s != 0 {
		return s
	}
	return http.StatusForbidden
}

// ErrMissing is the refusal of a request that is not signed.
func ErrMissing() *Error { return &Error{Missing, "Missing Authentication Token"} }

// ErrUnknownKey is the refusal of an access key that does not exist or is inactive.
func ErrUnknownKey() *Error {
	return &Error{UnknownKey, "The security token included in the request is invalid."}
}

// ErrInvalidToken is the refusal of a session token that is absent, unknown or of another key.
func ErrInvalidToken() *Error {
	return &Error{InvalidToken, "The security token included in the request is invalid."}
}

// ErrExpiredToken is the refusal of a session that has ended.
func ErrExpiredToken() *Error {
	return &Error{ExpiredToken, "The security token included in the request is expired"}
}

// ErrVersion2 is the refusal of a request with version 2 of AWS's signatures,
// which some tools still presign S3 URLs with unless told otherwise.
func ErrVersion2() *Error {
	return &Error{Version2, "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256: " +
		"version 2 of signatures is not taken (for botocore and the AWS CLI, set s3.signature_version to s3v4)."}
}

func incomplete(text string) *Error { return &Error{Incomplete, text} }
