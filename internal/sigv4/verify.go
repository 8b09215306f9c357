package sigv4

import (
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// Config says what a Verifier accepts.
type Config struct {
	// Region that requests must be signed for.
	Region string
	// Services that may be signed for.
	Services []string
	// Global lists services that have one endpoint for the world, for which
	// clients sign us-east-1 wherever they are (iam, sts).
	Global []string
	// MaxConnect is the longest life of a connection string, 0 for 15 minutes.
	MaxConnect time.Duration
	// Keys bounds how many derived keys are remembered, 0 for 8192.
	Keys int
}

// Verifier checks signatures. It may be used concurrently.
type Verifier struct {
	cfg     Config
	keys    *keyCache
	scratch sync.Pool // *scratch
}

type scratch struct {
	set       headerSet
	canonical []byte
	toSign    []byte
}

// NewVerifier returns a verifier for the configuration.
func NewVerifier(cfg Config) *Verifier {
	if cfg.Keys == 0 {
		cfg.Keys = 8192
	}
	if cfg.MaxConnect == 0 {
		cfg.MaxConnect = 15 * time.Minute
	}
	return &Verifier{
		cfg:     cfg,
		keys:    newKeyCache(cfg.Keys),
		scratch: sync.Pool{New: func() any { return new(scratch) }},
	}
}

// Verify decides whether the request was signed with secret, for this region
// and one of the services, at a time that is near enough to now, over the body
// whose SHA-256 is bodyHash. It returns an *Error that says why not.
//
// bodyHash may be "" for S3 when the body has not been read; the caller then
// reads it through [Verifier.Body], which checks it.
func (v *Verifier) Verify(a *Auth, secret, bodyHash string, now time.Time) error {
	if err := v.checkScope(a); err != nil {
		return err
	}
	if err := v.checkTime(a, now); err != nil {
		return err
	}
	payload, err := a.payload(bodyHash)
	if err != nil {
		return err
	}
	s := v.scratch.Get().(*scratch)
	defer v.scratch.Put(s)
	unsigned, absent := a.msg.collect(&s.set, a.Signed)
	if unsigned != "" {
		return incomplete("The header '" + strings.ToLower(unsigned) + "' is present and must be signed.")
	}
	if absent != "" {
		return incomplete("The signed header '" + absent + "' is not in the request.")
	}
	key := v.keys.get(secret, a.Scope)
	s.canonical = a.msg.appendCanonical(s.canonical[:0], &s.set, a.Signed, a.Scope.Service, payload)
	s.toSign = appendStringToSign(s.toSign[:0], a.date, a.Scope, s.canonical)
	sum := mac(key[:], s.toSign)
	var want [64]byte
	hex.Encode(want[:], sum[:])
	if subtle.ConstantTimeCompare(want[:], []byte(a.signature)) != 1 {
		return mismatch(s.canonical, s.toSign)
	}
	return nil
}

func (v *Verifier) checkScope(a *Auth) error {
	if !slices.Contains(v.cfg.Services, a.Scope.Service) {
		return &Error{WrongScope, "Credential should be scoped to correct service: '" + strings.Join(v.cfg.Services, "' or '") + "'."}
	}
	if a.Scope.Region != v.cfg.Region &&
		!(a.Scope.Region == "us-east-1" && slices.Contains(v.cfg.Global, a.Scope.Service)) {
		return &Error{WrongScope, "Credential should be scoped to a valid region: '" + v.cfg.Region + "'."}
	}
	if a.Scope.Date != a.date[:8] {
		return &Error{WrongScope, fmt.Sprintf("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '%s' != '%s', from '%s'.",
			a.Scope.Date, a.date[:8], a.date)}
	}
	return nil
}

func (v *Verifier) checkTime(a *Auth, now time.Time) error {
	now = now.UTC()
	if early := a.Date.Add(-MaxSkew); now.Before(early) {
		return &Error{Expired, fmt.Sprintf("Signature not yet current: %s is still later than %s (%s + 15 min.)",
			a.date, now.Add(MaxSkew).Format(timeFormat), now.Format(timeFormat))}
	}
	life, text := MaxSkew, "15 min."
	switch a.Form {
	case InConnect:
		life = min(a.Expires, v.cfg.MaxConnect)
		text = life.String()
	case InQuery:
		if a.Expires == 0 && a.Scope.Service == serviceS3 {
			return incomplete("AWS query-string parameters must include 'X-Amz-Expires'.")
		}
		if a.Expires != 0 {
			life, text = a.Expires, a.Expires.String()
		}
	}
	if now.After(a.Date.Add(life)) {
		return &Error{Expired, fmt.Sprintf("Signature expired: %s is now earlier than %s (%s - %s)",
			a.date, now.Add(-life).Format(timeFormat), now.Format(timeFormat), text)}
	}
	return nil
}

// payload is the last line of the canonical request.
func (a *Auth) payload(bodyHash string) (string, error) {
	said := a.BodyHash
	if a.Scope.Service == serviceS3 {
		switch {
		case said == "" && a.Form == InQuery:
			return UnsignedPayload, nil
		case said == "":
			return "", &Error{Incomplete, "Missing required header for this request: x-amz-content-sha256"}
		case said == UnsignedPayload, a.Streaming():
			return said, nil
		case len(said) != 64 || !lowerHex(said):
			return "", &Error{Incomplete, "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256 value."}
		case bodyHash == "":
			return said, nil
		}
	} else if bodyHash == "" {
		bodyHash = EmptyHash
	}
	if said != "" && said != bodyHash {
		return "", &Error{BodyMismatch, "The provided 'x-amz-content-sha256' does not match what was computed."}
	}
	return bodyHash, nil
}

// Streaming reports whether the body comes in aws-chunked framing.
func (a *Auth) Streaming() bool {
	switch a.BodyHash {
	case StreamingSigned, StreamingSignedTrailer, StreamingUnsignedTrailer:
		return true
	}
	return false
}

// A session token is a secret, also in the text that helps to find out why
// two canonical requests differ.
var tokenText = regexp.MustCompile(`(?m)(^x-amz-security-token:|X-Amz-Security-Token=)[^&\n]*`)

func mismatch(canonical, toSign []byte) *Error {
	return &Error{Mismatch, "The request signature we calculated does not match the signature you provided. " +
		"Check your AWS Secret Access Key and signing method. Consult the service documentation for details.\n\n" +
		"The Canonical String for this request should have been\n'" + string(tokenText.ReplaceAll(canonical, []byte("${1}(not shown)"))) +
		"'\n\nThe String-to-Sign should have been\n'" + string(toSign) + "'\n"}
}
