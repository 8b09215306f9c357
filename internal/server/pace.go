package server

import (
	"errors"
	"io"
	"net/http"
	"time"
)

// pace lets a request for S3 take the time that its object takes, as long as it
// goes on: each read and each write has a limit of its own in place of those of
// whole requests and replies. It begins once it is known who is calling; what
// anybody can send, an S3 request by its looks, has the limits of all others.
func (s *Server) pace(x *exchange) {
	control := http.NewResponseController(&x.w)
	// Not every connection has deadlines; then there are none to move.
	x.w.pace = func() { _ = control.SetWriteDeadline(time.Now().Add(s.cfg.Limits.ReplyTimeout)) }
	body := &pacedBody{
		ReadCloser: x.r.Body,
		more:       func() { _ = control.SetReadDeadline(time.Now().Add(s.cfg.Limits.BodyTimeout)) },
		done:       func() { _ = control.SetReadDeadline(time.Time{}) },
	}
	if x.r.ContentLength == 0 {
		body.done()
	} else {
		body.more()
	}
	x.r.Body = body
}

// pacedBody moves the deadline on with each read, and lifts it at the end: what
// is done with the body then has no limit. After any other error it stays, for
// the server reads what is left of a body that nobody wanted.
type pacedBody struct {
	io.ReadCloser
	more, done func()
}

func (b *pacedBody) Read(p []byte) (int, error) {
	b.more()
	n, err := b.ReadCloser.Read(p)
	if errors.Is(err, io.EOF) {
		b.done()
	}
	return n, err
}
