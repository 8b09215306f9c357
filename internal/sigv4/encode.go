package sigv4

import (
	"slices"
	"strings"
)

const upperHex = "0123456789ABCDEF"

// unreserved reports the bytes that AWS's UriEncode leaves as they are.
func unreserved(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' ||
		c == '-' || c == '.' || c == '_' || c == '~'
}

func appendByte(dst []byte, c byte) []byte {
	if unreserved(c) {
		return append(dst, c)
	}
	return append(dst, '%', upperHex[c>>4], upperHex[c&15])
}

// appendEncoded percent-encodes s; keep is one more byte to leave alone (0 for none).
func appendEncoded(dst []byte, s string, keep byte) []byte {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c == keep && keep != 0 {
			dst = append(dst, c)
		} else {
			dst = appendByte(dst, c)
		}
	}
	return dst
}

func unhex(c byte) (byte, bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10, true
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}

// appendReencoded brings text that is already percent-encoded, in whatever
// style, into AWS's one spelling. A '%' that starts no escape stands for
// itself. plus says that '+' means a space, as it does in a query.
func appendReencoded(dst []byte, s string, keep byte, plus bool) []byte {
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '%' && i+2 < len(s):
			hi, ok1 := unhex(s[i+1])
			lo, ok2 := unhex(s[i+2])
			if !ok1 || !ok2 {
				dst = appendByte(dst, c)
				continue
			}
			dst = appendByte(dst, hi<<4|lo)
			i += 2
		case c == '+' && plus:
			dst = append(dst, '%', '2', '0')
		case c == keep && keep != 0:
			dst = append(dst, c)
		default:
			dst = appendByte(dst, c)
		}
	}
	return dst
}

// canonicalSpelling reports whether re-encoding s would give s again, so that
// the usual request needs no copy.
func canonicalSpelling(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if unreserved(c) {
			continue
		}
		if c != '%' || i+2 >= len(s) {
			return false
		}
		hi, ok1 := unhex(s[i+1])
		lo, ok2 := unhex(s[i+2])
		if !ok1 || !ok2 || s[i+1] >= 'a' || s[i+2] >= 'a' || unreserved(hi<<4|lo) {
			return false
		}
		i += 2
	}
	return true
}

// appendPath writes the canonical form of the path as it stood on the wire.
// Every service but S3 signs the normalised path and encodes what is encoded
// already; S3 signs the object's name, encoded once.
func appendPath(dst []byte, path, service string) []byte {
	if path == "" {
		return append(dst, '/')
	}
	if service == serviceS3 {
		return appendReencoded(dst, path, '/', false)
	}
	if strings.Contains(path, "//") || strings.Contains(path, "/.") {
		path = normalizePath(path)
	}
	return appendEncoded(dst, path, '/')
}

// normalizePath removes empty and dot segments (RFC 3986, 5.2.4) and keeps a
// slash at the end.
func normalizePath(path string) string {
	var keep []string
	for _, seg := range strings.Split(path, "/") {
		switch seg {
		case "", ".":
		case "..":
			if len(keep) > 0 {
				keep = keep[:len(keep)-1]
			}
		default:
			keep = append(keep, seg)
		}
	}
	if len(keep) == 0 {
		return "/"
	}
	out := "/" + strings.Join(keep, "/")
	if strings.HasSuffix(path, "/") {
		out += "/"
	}
	return out
}

type param struct{ key, value string }

// appendQuery writes the canonical query: every parameter but the one named
// omit, re-encoded, ordered by name and then by value.
func appendQuery(dst []byte, raw, omit string) []byte {
	if raw == "" {
		return dst
	}
	var room [16]param
	params := room[:0]
	for raw != "" {
		var piece string
		piece, raw, _ = strings.Cut(raw, "&")
		if piece == "" {
			continue
		}
		key, value, _ := strings.Cut(piece, "=")
		if key = respell(key); key == omit {
			continue
		}
		params = append(params, param{key, respell(value)})
	}
	slices.SortFunc(params, func(a, b param) int {
		if c := strings.Compare(a.key, b.key); c != 0 {
			return c
		}
		return strings.Compare(a.value, b.value)
	})
	for i, p := range params {
		if i > 0 {
			dst = append(dst, '&')
		}
		dst = append(append(append(dst, p.key...), '='), p.value...)
	}
	return dst
}

func respell(s string) string {
	if canonicalSpelling(s) {
		return s
	}
	return string(appendReencoded(make([]byte, 0, len(s)+16), s, 0, true))
}

// appendTrimmed writes a header value without blanks at its ends and with every
// run of blanks inside as one. A tab inside stays: the rule speaks of spaces.
func appendTrimmed(dst []byte, v string) []byte {
	v = strings.Trim(v, " \t")
	for i := 0; i < len(v); i++ {
		if v[i] != ' ' || v[i-1] != ' ' {
			dst = append(dst, v[i])
		}
	}
	return dst
}
