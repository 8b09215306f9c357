package sigv4

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
)

// maxSignedHeaders bounds the work that one request can ask for.
const maxSignedHeaders = 64

// message is what gets signed, whichever way it arrived.
type message struct {
	method string
	path   string // as on the wire
	query  string // as on the wire
	host   string
	header http.Header
	length int64 // of the body, -1 when unknown
}

func messageOf(r *http.Request, host string) message {
	if host == "" {
		host = r.Host
	}
	if host == "" {
		host = r.URL.Host
	}
	return message{
		method: r.Method,
		path:   r.URL.EscapedPath(),
		query:  r.URL.RawQuery,
		host:   host,
		header: r.Header,
		length: r.ContentLength,
	}
}

// headerSet is the list of signed header names with the values found for each.
type headerSet struct {
	n      int
	names  [maxSignedHeaders]string
	values [maxSignedHeaders][]string
	host   [1]string
}

// collect pairs the signed names, in their order, with the values of the
// message. It returns the name of an x-amz-* header that is not signed, if one
// is there, and a signed name that the message does not have.
func (m *message) collect(set *headerSet, signed string) (unsigned, absent string) {
	set.n = 0
	for signed != "" && set.n < maxSignedHeaders {
		set.names[set.n], signed, _ = strings.Cut(signed, ";")
		set.values[set.n] = nil
		set.n++
	}
	for name, values := range m.header {
		found := false
		for i := 0; i < set.n; i++ {
			if len(set.names[i]) == len(name) && strings.EqualFold(set.names[i], name) {
				set.values[i], found = values, true
				break
			}
		}
		if !found && isAmz(name) {
			unsigned = name
		}
	}
	for i := 0; i < set.n; i++ {
		// net/http takes these two out of the header map.
		switch name := set.names[i]; {
		case name == "host":
			set.host[0] = m.host
			set.values[i] = set.host[:]
		case set.values[i] != nil:
		case name == "content-length" && m.length >= 0:
			set.values[i] = []string{strconv.FormatInt(m.length, 10)}
		default:
			absent = name
		}
	}
	return unsigned, absent
}

func isAmz(name string) bool {
	return len(name) > 6 && strings.EqualFold(name[:6], "x-amz-")
}

// appendCanonical writes the canonical request.
func (m *message) appendCanonical(dst []byte, set *headerSet, signed, service, payload string) []byte {
	dst = append(append(dst, m.method...), '\n')
	dst = append(appendPath(dst, m.path, service), '\n')
	dst = append(appendQuery(dst, m.query, "X-Amz-Signature"), '\n')
	for i := 0; i < set.n; i++ {
		dst = append(append(dst, set.names[i]...), ':')
		for j, v := range set.values[i] {
			if j > 0 {
				dst = append(dst, ',')
			}
			dst = appendTrimmed(dst, v)
		}
		dst = append(dst, '\n')
	}
	dst = append(append(append(dst, '\n'), signed...), '\n')
	return append(dst, payload...)
}

// appendStringToSign writes the text whose MAC is the signature.
func appendStringToSign(dst []byte, date string, scope Scope, canonical []byte) []byte {
	dst = append(append(append(dst, Algorithm...), '\n'), date...)
	dst = append(scope.append(append(dst, '\n')), '\n')
	sum := sha256.Sum256(canonical)
	return hex.AppendEncode(dst, sum[:])
}

type signingKey [sha256.Size]byte

func mac(key, data []byte) (out [sha256.Size]byte) {
	h := hmac.New(sha256.New, key)
	h.Write(data)
	h.Sum(out[:0])
	return out
}

func deriveKey(secret string, scope Scope) signingKey {
	k := mac([]byte("AWS4"+secret), []byte(scope.Date))
	k = mac(k[:], []byte(scope.Region))
	k = mac(k[:], []byte(scope.Service))
	return mac(k[:], []byte(terminator))
}

// HashBody returns the SHA-256 of a body in hex.
func HashBody(body []byte) string {
	if len(body) == 0 {
		return EmptyHash
	}
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}
