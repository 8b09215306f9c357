package ipc

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// Capability is what both ends of a connection can do; each announces its own
// and the lesser counts. Source: KX manual, "Interprocess communication".
type Capability uint8

// Capabilities.
const (
	Basic     Capability = 0 // kdb+ 2.5: no compression, timestamp, timespan, GUID
	Compress  Capability = 1 // compression, timestamp, timespan
	GUIDs     Capability = 3 // GUIDs as well
	Large     Capability = 5 // messages over 2 GB
	VeryLarge Capability = 6 // vectors of over 2,000,000,000 items
)

// ours is what this package can do.
const ours = Large

// Login is what a client says first.
type Login struct {
	User, Password string
	Capability     Capability
}

// Append appends the login as it is on the wire.
func (l Login) Append(b []byte) []byte {
	b = append(append(b, l.User...), ':')
	return append(append(b, l.Password...), byte(l.Capability), 0)
}

// ErrLogin is wrapped by the errors for a login that is not one.
var ErrLogin = errors.New("malformed login")

// ReadLogin reads a client's login of at most max bytes, and nothing after it.
// Errors: ErrLogin, those of r.
func ReadLogin(r *bufio.Reader, max int) (Login, error) {
	var b []byte
	for {
		c, err := r.ReadByte()
		if err != nil {
			if err == io.EOF && len(b) > 0 {
				err = io.ErrUnexpectedEOF
			}
			return Login{}, err
		}
		if c == 0 {
			return ParseLogin(b)
		}
		if len(b) == max {
			return Login{}, fmt.Errorf("ipc: over %d bytes: %w", max, ErrLogin)
		}
		b = append(b, c)
	}
}

// ParseLogin reads a login without its final NUL. The password is what follows
// the first colon. A client of before kdb+ 2.6 sends no capability.
func ParseLogin(b []byte) (Login, error) {
	var l Login
	if n := len(b); n > 0 && b[n-1] < ' ' {
		l.Capability, b = Capability(b[n-1]), b[:n-1]
	}
	user, password, _ := bytes.Cut(b, []byte{':'})
	for _, c := range b {
		if c < ' ' {
			return l, fmt.Errorf("ipc: control character: %w", ErrLogin)
		}
	}
	l.User, l.Password = string(user), string(password)
	return l, nil
}
