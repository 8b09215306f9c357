package server

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"time"

	"github.com/quoinhq/quoin/internal/api"
	"github.com/quoinhq/quoin/internal/iam"
	"github.com/quoinhq/quoin/internal/sigv4"
)

// exchange is one request on its way through the pipeline, and what has been
// found out about it so far.
type exchange struct {
	w  recorder
	r  *http.Request
	id string    // request id, a UUID
	t0 time.Time // when it came in, on the server's clock
	ip string    // address of the caller

	service   *service
	operation string // for logs and metrics: a name from a table, never the caller's text
	auth      *sigv4.Auth
	authErr   error // why auth is nil
	body      []byte
	identity  *iam.Identity

	ctx context.Context // the request's, with identity and environment, for handlers

	op     *api.Operation // finspace only
	params api.Params
	in     any

	err error // what it was answered with, if it was refused or failed
}

// unknownOperation stands for the operation until it is known.
const unknownOperation = "(none)"

// recorder notes the status and size of a reply.
type recorder struct {
	http.ResponseWriter
	status int
	size   int64
	pace   func() // before each write; nil for what has one limit for all
	settle func() // before the reply begins; nil for what nothing waits for
}

// begin notes the status of the reply that begins, unless it has begun.
func (w *recorder) begin(status int) {
	if w.status != 0 {
		return
	}
	w.status = status
	if w.settle != nil {
		w.settle()
	}
}

func (w *recorder) WriteHeader(status int) {
	w.begin(status)
	if w.pace != nil {
		w.pace()
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *recorder) Write(b []byte) (int, error) {
	w.begin(http.StatusOK)
	if w.pace != nil {
		w.pace()
	}
	n, err := w.ResponseWriter.Write(b)
	w.size += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// newRequestID makes a random UUID (RFC 9562, version 4).
func newRequestID() string {
	var b [16]byte
	// crypto/rand.Read never fails: it ends the program rather than return
	// anything that is not random.
	_, _ = rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	var s [36]byte
	hex.Encode(s[:], b[:4])
	hex.Encode(s[9:], b[4:6])
	hex.Encode(s[14:], b[6:8])
	hex.Encode(s[19:], b[8:10])
	hex.Encode(s[24:], b[10:])
	s[8], s[13], s[18], s[23] = '-', '-', '-', '-'
	return string(s[:])
}
