package sigv4

import (
	"bufio"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"hash"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// Body returns a reader of the bytes that the client means to send, checking
// them as the request's payload marker says: against the signed hash, chunk by
// chunk, or not at all. It returns io.EOF only after the last check; any other
// error means that what was read before must be thrown away. The request must
// have been verified.
func (v *Verifier) Body(a *Auth, secret string, body io.Reader) io.Reader {
	switch {
	case a.Streaming():
		return v.Chunks(a, secret, body)
	case a.BodyHash == UnsignedPayload, a.BodyHash == "" && a.Form == InQuery && a.Scope.Service == serviceS3:
		return body
	case a.BodyHash == "":
		return &hashReader{body, sha256.New(), EmptyHash}
	}
	return &hashReader{body, sha256.New(), a.BodyHash}
}

type hashReader struct {
	r    io.Reader
	h    hash.Hash
	want string
}

func (r *hashReader) Read(p []byte) (int, error) {
	n, err := r.r.Read(p)
	r.h.Write(p[:n])
	if err == io.EOF && hex.EncodeToString(r.h.Sum(nil)) != r.want {
		return n, &Error{BodyMismatch, "The provided 'x-amz-content-sha256' does not match what was computed."}
	}
	return n, err
}

const (
	maxChunkLine = 4096
	maxTrailers  = 16
)

// ChunkReader decodes a body in aws-chunked framing and verifies the signature
// of each chunk and of the trailer where the request promised them. S3 API
// reference: "Signature calculations for the authorization header: transferring
// payload in multiple chunks", with and without trailing headers.
type ChunkReader struct {
	// Trailer holds the trailing headers once Read has returned io.EOF.
	Trailer http.Header

	r        *bufio.Reader
	key      signingKey
	date     string
	scope    Scope
	previous string // signature of the last chunk, the request's to begin with
	signed   bool
	trailer  bool

	left int64 // bytes still to come of this chunk
	want string
	sum  hash.Hash
	err  error
}

// Chunks returns the decoder for a verified request whose body is streamed.
func (v *Verifier) Chunks(a *Auth, secret string, body io.Reader) *ChunkReader {
	return &ChunkReader{
		r:        bufio.NewReaderSize(body, maxChunkLine),
		key:      v.keys.get(secret, a.Scope),
		date:     a.date,
		scope:    a.Scope,
		previous: a.signature,
		signed:   a.BodyHash != StreamingUnsignedTrailer,
		trailer:  a.BodyHash != StreamingSigned,
		sum:      sha256.New(),
	}
}

// Read gives the decoded bytes. It returns an *Error on a framing or signature
// fault and io.ErrUnexpectedEOF on a body that ends too soon.
func (c *ChunkReader) Read(p []byte) (int, error) {
	if c.err != nil {
		return 0, c.err
	}
	if c.left == 0 {
		if c.err = c.next(); c.err != nil {
			return 0, c.err
		}
	}
	if int64(len(p)) > c.left {
		p = p[:c.left]
	}
	n, err := c.r.Read(p)
	if c.signed {
		c.sum.Write(p[:n])
	}
	c.left -= int64(n)
	switch {
	case c.left == 0:
		c.err = c.endChunk()
	case err == io.EOF:
		c.err = io.ErrUnexpectedEOF
	default:
		c.err = err
	}
	if n > 0 && c.err != io.EOF {
		return n, nil // the error comes with the next call, before any more data
	}
	return n, c.err
}

// next reads a chunk's head. After the last chunk it reads what follows and
// returns io.EOF.
func (c *ChunkReader) next() error {
	line, err := c.line()
	if err != nil {
		return err
	}
	size, ext, _ := strings.Cut(line, ";")
	n, err := strconv.ParseUint(size, 16, 40)
	if err != nil || size == "" {
		return badChunk("a chunk has no valid size")
	}
	c.left, c.want = int64(n), ""
	if c.signed {
		sig, ok := strings.CutPrefix(ext, "chunk-signature=")
		if !ok || len(sig) != 64 || !lowerHex(sig) {
			return badChunk("a chunk has no valid signature")
		}
		c.want = sig
	} else if ext != "" {
		return badChunk("an unsigned chunk carries an extension")
	}
	if n > 0 {
		return nil
	}
	if err := c.checkChunk(); err != nil {
		return err
	}
	if err := c.readTrailer(); err != nil {
		return err
	}
	return io.EOF
}

func (c *ChunkReader) endChunk() error {
	if err := c.checkChunk(); err != nil {
		return err
	}
	line, err := c.line()
	if err == nil && line != "" {
		err = badChunk("a chunk is longer than it says")
	}
	return err
}

func (c *ChunkReader) checkChunk() error {
	if !c.signed {
		return nil
	}
	return c.check("AWS4-HMAC-SHA256-PAYLOAD", EmptyHash+"\n"+hex.EncodeToString(c.sum.Sum(nil)), c.want)
}

func (c *ChunkReader) check(kind, rest, want string) error {
	text := kind + "\n" + c.date + "\n" + c.scope.String() + "\n" + c.previous + "\n" + rest
	sum := mac(c.key[:], []byte(text))
	if subtle.ConstantTimeCompare([]byte(hex.EncodeToString(sum[:])), []byte(want)) != 1 {
		return &Error{Mismatch, "The signature of a chunk of the body does not match."}
	}
	c.previous = want
	c.sum.Reset()
	return nil
}

func (c *ChunkReader) readTrailer() error {
	c.Trailer = make(http.Header)
	var text strings.Builder
	for {
		line, err := c.line()
		if err == io.ErrUnexpectedEOF && !(c.signed && c.trailer) {
			line, err = "", nil // some clients leave out the last empty line
		}
		if err != nil {
			return err
		}
		if line == "" {
			break
		}
		name, value, ok := strings.Cut(line, ":")
		name = strings.ToLower(strings.TrimSpace(name))
		if !ok || name == "" || !c.trailer || len(c.Trailer) >= maxTrailers {
			return badChunk("the trailer is malformed")
		}
		value = strings.TrimSpace(value)
		c.Trailer.Add(name, value)
		if name != "x-amz-trailer-signature" {
			text.WriteString(name + ":" + value + "\n")
		}
	}
	if !c.signed || !c.trailer {
		return nil
	}
	want := c.Trailer.Get("X-Amz-Trailer-Signature")
	c.Trailer.Del("X-Amz-Trailer-Signature")
	sum := sha256.Sum256([]byte(text.String()))
	return c.check("AWS4-HMAC-SHA256-TRAILER", hex.EncodeToString(sum[:]), want)
}

func (c *ChunkReader) line() (string, error) {
	b, err := c.r.ReadSlice('\n')
	switch {
	case err == bufio.ErrBufferFull:
		return "", badChunk("a line is too long")
	case err == io.EOF:
		return "", io.ErrUnexpectedEOF
	case err != nil:
		return "", err
	}
	return strings.TrimSuffix(string(b[:len(b)-1]), "\r"), nil
}

func badChunk(text string) *Error {
	return &Error{Incomplete, "The body is not valid aws-chunked content: " + text + "."}
}
