package sigv4

import (
	"encoding/hex"
	"errors"
	"net/http"
	"sort"
	"strconv"
	"strings"
	"time"
)

// Sign adds an Authorization header for a request of a service in a region.
// bodyHash is the SHA-256 of the body in hex (see [HashBody]) or, for S3, a
// payload marker. Signed are the host, Content-Type, Content-MD5, Date and
// every X-Amz-* header, so these must be set before.
func Sign(r *http.Request, c Credentials, region, service, bodyHash string, now time.Time) error {
	if c.AccessKeyID == "" || c.SecretAccessKey == "" {
		return errors.New("sigv4: no credentials to sign with")
	}
	if r.Header == nil {
		r.Header = make(http.Header)
	}
	date := now.UTC().Format(timeFormat)
	r.Header.Del(headerAuth)
	r.Header.Set(headerDate, date)
	r.Header.Del(headerToken)
	if c.SessionToken != "" {
		r.Header.Set(headerToken, c.SessionToken)
	}
	if service == serviceS3 {
		r.Header.Set(headerHash, bodyHash)
	}
	scope := Scope{date[:8], region, service}
	signed, signature := compute(messageOf(r, ""), c, scope, date, headersToSign(r.Header), bodyHash)
	r.Header.Set(headerAuth, Algorithm+" Credential="+c.AccessKeyID+"/"+scope.String()+
		", SignedHeaders="+signed+", Signature="+signature)
	return nil
}

// Presign puts the signature into the request's URL, good for the given time
// from now (whole seconds, at most [MaxExpires]). Only the host is signed
// beside the URL and X-Amz-* headers that the request has.
func Presign(r *http.Request, c Credentials, region, service, bodyHash string, now time.Time, life time.Duration) error {
	if c.AccessKeyID == "" || c.SecretAccessKey == "" {
		return errors.New("sigv4: no credentials to sign with")
	}
	if life < time.Second || life > MaxExpires {
		return errors.New("sigv4: a presigned request lives from one second to seven days")
	}
	if service == serviceS3 && bodyHash == "" {
		bodyHash = UnsignedPayload
	}
	date := now.UTC().Format(timeFormat)
	scope := Scope{date[:8], region, service}
	names := headersToSign(r.Header)
	q := r.URL.Query()
	q.Set("X-Amz-Algorithm", Algorithm)
	q.Set("X-Amz-Credential", c.AccessKeyID+"/"+scope.String())
	q.Set(headerDate, date)
	q.Set("X-Amz-Expires", strconv.Itoa(int(life/time.Second)))
	q.Set("X-Amz-SignedHeaders", strings.Join(names, ";"))
	q.Del("X-Amz-Signature")
	q.Del(headerToken)
	if c.SessionToken != "" {
		q.Set(headerToken, c.SessionToken)
	}
	r.URL.RawQuery = strings.ReplaceAll(q.Encode(), "+", "%20")
	_, signature := compute(messageOf(r, ""), c, scope, date, names, bodyHash)
	r.URL.RawQuery += "&X-Amz-Signature=" + signature
	return nil
}

// headersToSign lists host and the headers that mean something to a service,
// sorted. Others may be changed by proxies on the way.
func headersToSign(h http.Header) []string {
	names := []string{"host"}
	for name := range h {
		switch lower := strings.ToLower(name); {
		case isAmz(lower), lower == "content-type", lower == "content-md5", lower == "date":
			names = append(names, lower)
		}
	}
	sort.Strings(names)
	return names
}

func compute(m message, c Credentials, scope Scope, date string, names []string, payload string) (signed, signature string) {
	if payload == "" {
		payload = EmptyHash
	}
	signed = strings.Join(names, ";")
	var set headerSet
	m.collect(&set, signed)
	canonical := m.appendCanonical(nil, &set, signed, scope.Service, payload)
	key := deriveKey(c.SecretAccessKey, scope)
	sum := mac(key[:], appendStringToSign(nil, date, scope, canonical))
	return signed, hex.EncodeToString(sum[:])
}
