package sigv4

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Form says where a signature was found.
type Form int

// The forms.
const (
	InHeader  Form = iota + 1 // Authorization header
	InQuery                   // query string, a presigned request
	InConnect                 // connection string
)

// Auth is the authentication material of one request, taken apart and not yet
// believed. It refers to the request and must not outlive it.
type Auth struct {
	Form        Form
	AccessKeyID string
	Scope       Scope
	Date        time.Time
	Expires     time.Duration // InQuery and InConnect; 0 when not given
	Signed      string        // signed header names, lower case, joined by ';'
	Token       string        // session token, "" when there is none
	// BodyHash is what the request says of its body: a hash in hex, one of the
	// payload markers, or "" when it says nothing.
	BodyHash string

	signature string
	date      string
	msg       message
}

// Parse finds the signature of a request. It returns an *Error with cause
// Missing when there is none, Version2 when it is of that version, and
// Incomplete when it is malformed or given more than once.
func Parse(r *http.Request) (*Auth, error) { return ParseFor(r, "") }

// ParseFor is Parse for a request whose client addressed another host than
// r.Host, as happens behind a proxy; see [ForwardedHost]. "" is r.Host.
func ParseFor(r *http.Request, host string) (*Auth, error) {
	a := &Auth{msg: messageOf(r, host)}
	var q authQuery
	err := q.scan(r.URL.RawQuery)
	if err != nil {
		return nil, err
	}
	switch lines := r.Header[headerAuth]; {
	case len(lines) > 1:
		return nil, incomplete("The request has more than one Authorization header.")
	case len(lines) == 1 && (q.present || q.token != "" || q.date != ""):
		return nil, incomplete("The request is signed in its Authorization header and in its query string; only one is allowed.")
	case len(lines) == 1:
		err = a.parseHeader(r.Header, lines[0])
	case q.present:
		err = a.parseQuery(&q)
		if err == nil {
			err = a.refuseHeaders(r.Header)
		}
	case version2(r.URL.RawQuery):
		return nil, ErrVersion2()
	default:
		return nil, ErrMissing()
	}
	if err != nil {
		return nil, err
	}
	return a, nil
}

// version2 reports whether a query string holds a signature of version 2.
// Source: S3 developer guide, "Signing and authenticating REST requests
// (AWS signature version 2)".
func version2(raw string) bool {
	return strings.Contains(raw, "AWSAccessKeyId=") && strings.Contains(raw, "Signature=")
}

func (a *Auth) parseHeader(h http.Header, line string) error {
	if strings.HasPrefix(line, "AWS ") {
		return ErrVersion2()
	}
	rest, ok := strings.CutPrefix(line, Algorithm+" ")
	if !ok {
		return incomplete("The Authorization header must begin with " + Algorithm + ".")
	}
	var credential string
	for rest != "" {
		var piece string
		piece, rest, _ = strings.Cut(rest, ",")
		key, value, _ := strings.Cut(strings.TrimSpace(piece), "=")
		var field *string
		switch key {
		case "Credential":
			field = &credential
		case "SignedHeaders":
			field = &a.Signed
		case "Signature":
			field = &a.signature
		default:
			return incomplete("The Authorization header has a part that is none of Credential, SignedHeaders and Signature.")
		}
		if *field != "" {
			return incomplete("The Authorization header gives '" + key + "' twice.")
		}
		if value == "" {
			return incomplete("Authorization header requires '" + key + "' parameter.")
		}
		*field = value
	}
	for _, f := range [...]struct{ name, value string }{
		{"Credential", credential}, {"SignedHeaders", a.Signed}, {"Signature", a.signature},
	} {
		if f.value == "" {
			return incomplete("Authorization header requires '" + f.name + "' parameter.")
		}
	}
	a.Form = InHeader
	if err := a.parseDate(h); err != nil {
		return err
	}
	var err error
	if a.Token, err = single(h, headerToken); err != nil {
		return err
	}
	if a.BodyHash, err = single(h, headerHash); err != nil {
		return err
	}
	return a.finish(credential)
}

// parseDate takes X-Amz-Date, or the Date header when that is absent.
func (a *Auth) parseDate(h http.Header) error {
	text, err := single(h, headerDate)
	if err != nil {
		return err
	}
	if text != "" {
		a.date = text
		return a.readDate()
	}
	if text, err = single(h, "Date"); err != nil {
		return err
	}
	if text == "" {
		return incomplete("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
	}
	t, err := http.ParseTime(text)
	if err != nil {
		return incomplete("The Date header is not a valid date.")
	}
	if !signs(a.Signed, "date") {
		return incomplete("The 'Date' header must be signed when there is no 'X-Amz-Date'.")
	}
	a.Date = t.UTC()
	a.date = a.Date.Format(timeFormat)
	return nil
}

func (a *Auth) readDate() error {
	t, err := time.Parse(timeFormat, a.date)
	if err != nil || len(a.date) != len(timeFormat) {
		return incomplete("Date must be in ISO-8601 'basic format': YYYYMMDD'T'HHMMSS'Z'.")
	}
	a.Date = t
	return nil
}

// authQuery holds the parameters of a query string that belong to a signature.
type authQuery struct {
	present                                                              bool
	algorithm, credential, date, expires, signed, signature, token, hash string
}

func (q *authQuery) field(key string) *string {
	switch key {
	case "X-Amz-Algorithm":
		return &q.algorithm
	case "X-Amz-Credential":
		return &q.credential
	case headerDate:
		return &q.date
	case "X-Amz-Expires":
		return &q.expires
	case "X-Amz-SignedHeaders":
		return &q.signed
	case "X-Amz-Signature":
		return &q.signature
	case headerToken:
		return &q.token
	case headerHash:
		return &q.hash
	}
	return nil
}

// scan reads the X-Amz-* parameters. One that is given twice is refused: the
// verifier and whoever reads it next could take different ones.
func (q *authQuery) scan(raw string) error {
	if !strings.Contains(raw, "mz") && !strings.Contains(raw, "%") {
		return nil
	}
	seen := make(map[string]bool)
	for raw != "" {
		var piece string
		piece, raw, _ = strings.Cut(raw, "&")
		key, value, _ := strings.Cut(piece, "=")
		key, err := url.QueryUnescape(key)
		if err != nil {
			continue // the router refuses it; here it is only text that was signed
		}
		field := q.field(key)
		if field == nil {
			continue
		}
		if seen[key] {
			return incomplete("The query string gives '" + key + "' more than once.")
		}
		seen[key] = true
		if *field, err = url.QueryUnescape(value); err != nil {
			return incomplete("The query parameter '" + key + "' is not properly encoded.")
		}
		switch key {
		case "X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders":
			q.present = true
		}
	}
	return nil
}

func (a *Auth) parseQuery(q *authQuery) error {
	for _, f := range [...]struct{ name, value string }{
		{"X-Amz-Algorithm", q.algorithm}, {"X-Amz-Credential", q.credential}, {"X-Amz-Signature", q.signature},
		{"X-Amz-SignedHeaders", q.signed}, {headerDate, q.date},
	} {
		if f.value == "" {
			return incomplete("AWS query-string parameters must include '" + f.name + "'.")
		}
	}
	if q.algorithm != Algorithm {
		return incomplete("X-Amz-Algorithm only supports \"" + Algorithm + "\".")
	}
	a.Form = InQuery
	a.Signed, a.signature, a.Token, a.BodyHash = q.signed, q.signature, q.token, q.hash
	a.date = q.date
	if err := a.readDate(); err != nil {
		return err
	}
	if q.expires != "" {
		n, err := strconv.Atoi(q.expires)
		if err != nil || n < 1 || time.Duration(n)*time.Second > MaxExpires || strconv.Itoa(n) != q.expires {
			return incomplete("X-Amz-Expires must be a number of seconds from 1 to 604800.")
		}
		a.Expires = time.Duration(n) * time.Second
	}
	return a.finish(q.credential)
}

// refuseHeaders refuses a presigned request that carries the same material
// once more in its headers.
func (a *Auth) refuseHeaders(h http.Header) error {
	for _, name := range [...]string{headerDate, headerToken} {
		if _, ok := h[name]; ok {
			return incomplete("A request signed in its query string must not have the header '" + name + "'.")
		}
	}
	hash, err := single(h, headerHash)
	if err != nil {
		return err
	}
	if hash != "" && a.BodyHash != "" {
		return incomplete("The body's hash is given in a header and in the query string; only one is allowed.")
	}
	if hash != "" {
		a.BodyHash = hash
	}
	return nil
}

// finish checks what all forms have in common.
func (a *Auth) finish(credential string) error {
	var parts [5]string
	rest, more, n := credential, true, 0
	for ; more && n < len(parts); n++ {
		parts[n], rest, more = strings.Cut(rest, "/")
	}
	if n != len(parts) || more || parts[4] != terminator {
		return incomplete("Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/aws4_request.")
	}
	for i, p := range parts {
		if p == "" || len(p) > 128 || !plain(p) {
			return incomplete("Credential has a part that is empty or not allowed: the " +
				[...]string{"access key", "date", "region", "service", "terminator"}[i] + ".")
		}
	}
	a.AccessKeyID = parts[0]
	a.Scope = Scope{Date: parts[1], Region: parts[2], Service: parts[3]}
	if len(a.signature) != 64 || !lowerHex(a.signature) {
		return incomplete("The signature must be 64 lower-case hexadecimal digits.")
	}
	return checkSigned(a.Signed)
}

// checkSigned wants lower-case names in strictly rising order with host among them.
func checkSigned(list string) error {
	host, last, n := false, "", 0
	for rest, more := list, true; more; {
		var name string
		name, rest, more = strings.Cut(rest, ";")
		if n++; n > maxSignedHeaders {
			return incomplete("Too many signed headers.")
		}
		if name <= last {
			return incomplete("SignedHeaders must be sorted and name each header once.")
		}
		for i := 0; i < len(name); i++ {
			if c := name[i]; c <= ' ' || c >= 0x7f || c == ':' || c >= 'A' && c <= 'Z' {
				return incomplete("SignedHeaders must hold lower-case header names.")
			}
		}
		host = host || name == "host"
		last = name
	}
	if !host {
		return incomplete("'Host' must be a 'SignedHeader' in the AWS Authorization.")
	}
	return nil
}

// signs reports whether name stands in the list of signed headers.
func signs(list, name string) bool {
	for list != "" {
		var n string
		if n, list, _ = strings.Cut(list, ";"); n == name {
			return true
		}
	}
	return false
}

func single(h http.Header, name string) (string, error) {
	switch v := h[name]; len(v) {
	case 0:
		return "", nil
	case 1:
		return strings.TrimSpace(v[0]), nil
	}
	return "", incomplete("The request has more than one '" + name + "' header.")
}

func plain(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; !unreserved(c) || c == '~' {
			return false
		}
	}
	return true
}

func lowerHex(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; !(c >= '0' && c <= '9' || c >= 'a' && c <= 'f') {
			return false
		}
	}
	return true
}
