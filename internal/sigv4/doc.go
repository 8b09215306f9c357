// Package sigv4 signs requests with AWS Signature Version 4 and verifies them.
//
// Three forms share one canonicaliser: the Authorization header, the query
// string (a presigned URL), and the connection string that a kdb+ client hands
// over as its password. [Parse] and [ParseConnect] take the signature apart
// without trusting anything; [Verifier.Verify] decides. Between the two the
// caller looks up the secret that belongs to the access key.
//
// The rules are those of the IAM user guide, "Create a signed AWS API request"
// and "Elements of a request signature", and of the S3 API reference,
// "Authenticating Requests (AWS Signature Version 4)".
package sigv4

import "time"

// Algorithm is the only signature algorithm that is accepted.
const Algorithm = "AWS4-HMAC-SHA256"

// Payload markers that stand where the hash of the body would, S3 only.
const (
	UnsignedPayload          = "UNSIGNED-PAYLOAD"
	StreamingSigned          = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
	StreamingSignedTrailer   = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
	StreamingUnsignedTrailer = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
)

// EmptyHash is the SHA-256 of no bytes, in hex.
const EmptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

// MaxSkew is how far a request's date may lie from the verifier's clock.
const MaxSkew = 15 * time.Minute

// MaxExpires is the longest life of a presigned request.
const MaxExpires = 7 * 24 * time.Hour

const (
	timeFormat  = "20060102T150405Z"
	terminator  = "aws4_request"
	serviceS3   = "s3"
	headerAuth  = "Authorization"
	headerDate  = "X-Amz-Date"
	headerHash  = "X-Amz-Content-Sha256"
	headerToken = "X-Amz-Security-Token"
)

// Credentials sign. SessionToken is empty for long-term credentials.
type Credentials struct {
	AccessKeyID     string
	SecretAccessKey string
	SessionToken    string
}

// String names the access key only, so that a secret does not reach a log.
func (c Credentials) String() string { return c.AccessKeyID }

// GoString is String: %#v shows no secret either.
func (c Credentials) GoString() string { return "sigv4.Credentials{" + c.AccessKeyID + "}" }

// Scope is what a signature is bound to.
type Scope struct {
	Date    string // YYYYMMDD
	Region  string
	Service string
}

func (s Scope) append(dst []byte) []byte {
	dst = append(append(dst, s.Date...), '/')
	dst = append(append(dst, s.Region...), '/')
	dst = append(append(dst, s.Service...), '/')
	return append(dst, terminator...)
}

// String is the scope as it stands in a credential: date/region/service/aws4_request.
func (s Scope) String() string { return string(s.append(nil)) }
