package api

import (
	"io"
	"net/http"
	"strconv"
	"sync"
)

// MaxBody is how large a request body may be. The largest that the model
// admits in an operation that does something is a tenth of it.
const MaxBody = 1 << 20

// ReadBody reads a request's body. One that is larger than [MaxBody] is a
// [*RequestError] with status 413, found from its declared length if it has
// one; any other error is the connection's.
func ReadBody(r *http.Request) ([]byte, error) {
	if r.ContentLength > MaxBody {
		return nil, bodyTooLarge()
	}
	if r.ContentLength == 0 || r.Body == nil {
		return nil, nil
	}
	body, err := readLimited(r.Body, r.ContentLength)
	if err != nil {
		return nil, err
	}
	if len(body) > MaxBody {
		return nil, bodyTooLarge()
	}
	return body, nil
}

// readLimited reads what there is, up to one byte more than MaxBody. A length
// that is known saves growing.
func readLimited(r io.Reader, length int64) ([]byte, error) {
	if length < 0 {
		return io.ReadAll(io.LimitReader(r, MaxBody+1))
	}
	body := make([]byte, length)
	_, err := io.ReadFull(r, body)
	return body, err
}

// buffers are reused between replies; those that a long list has grown are
// not kept.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

const keepBuffer = 64 << 10

// WriteOutput answers a request with an operation's output and status 200. The
// error returned is that of writing.
func WriteOutput(w http.ResponseWriter, op *Operation, out any) error {
	buf := buffers.Get().(*[]byte)
	b := op.AppendOutput((*buf)[:0], out)
	err := WriteDocument(w, b)
	if cap(b) <= keepBuffer {
		*buf = b
		buffers.Put(buf)
	}
	return err
}

// WriteDocument answers a request with a JSON document that AppendOutput made,
// now or for an earlier request, and status 200.
func WriteDocument(w http.ResponseWriter, doc []byte) error {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(doc)))
	w.WriteHeader(http.StatusOK)
	_, err := w.Write(doc)
	return err
}
