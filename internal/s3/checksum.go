package s3

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"hash"
	"hash/crc32"
	"io"
	"net/http"
	"strings"

	"github.com/minio/crc64nvme"

	"github.com/quoinhq/quoin/internal/blob"
	"github.com/quoinhq/quoin/internal/sigv4"
)

// algorithms are the flexible checksums: the tail of the header
// x-amz-checksum-NAME. Source: S3 user guide, "Checking object integrity".
var algorithms = map[string]func() hash.Hash{
	"crc32":     func() hash.Hash { return crc32.NewIEEE() },
	"crc32c":    func() hash.Hash { return crc32.New(crc32.MakeTable(crc32.Castagnoli)) },
	"crc64nvme": func() hash.Hash { return crc64nvme.New() },
	"sha1":      sha1.New,
	"sha256":    sha256.New,
}

const checksumPrefix = "X-Amz-Checksum-"

// received is content taken in from a request.
type received struct {
	blob.Ref
	md5       []byte
	checksums map[string]string // base64 by algorithm
}

// receive stores the request's body and checks every digest that came with it,
// in headers or in the trailer.
func (h *Handler) receive(r *request, limit int64) (*received, error) {
	if r.ContentLength > limit {
		return nil, errEntityTooLarge()
	}
	w, err := h.blobs.Writer()
	if err != nil {
		return nil, err
	}
	defer w.Abort()
	sum := md5.New()
	sinks := []io.Writer{w, sum}
	hashes := map[string]hash.Hash{}
	for _, name := range wantedChecksums(r.Header) {
		hashes[name] = algorithms[name]()
		sinks = append(sinks, hashes[name])
	}
	body := h.Body(r.Request)
	n, err := io.Copy(io.MultiWriter(sinks...), io.LimitReader(body, limit+1))
	if err != nil {
		return nil, bodyError(err)
	}
	if n > limit {
		return nil, errEntityTooLarge()
	}
	out := &received{md5: sum.Sum(nil), checksums: map[string]string{}}
	if want := r.Header.Get("Content-Md5"); want != "" && want != base64.StdEncoding.EncodeToString(out.md5) {
		return nil, errBadDigest()
	}
	var trailer http.Header
	if c, ok := body.(*sigv4.ChunkReader); ok {
		trailer = c.Trailer
	}
	for name, x := range hashes {
		got := base64.StdEncoding.EncodeToString(x.Sum(nil))
		for _, want := range []string{r.Header.Get(checksumPrefix + name), trailer.Get(checksumPrefix + name)} {
			if want != "" && want != got {
				return nil, errBadDigest()
			}
		}
		out.checksums[name] = got
	}
	if out.Ref, err = w.Commit(); err != nil {
		return nil, err
	}
	return out, h.blobs.Sync(r.Context())
}

// wantedChecksums lists the algorithms that the request names in a header, in
// the list of its trailers, or as the SDK's choice.
func wantedChecksums(hd http.Header) []string {
	var out []string
	named := map[string]bool{strings.ToLower(hd.Get("X-Amz-Sdk-Checksum-Algorithm")): true}
	for _, t := range strings.Split(strings.ToLower(strings.Join(hd.Values("X-Amz-Trailer"), ",")), ",") {
		named[strings.TrimPrefix(strings.TrimSpace(t), "x-amz-checksum-")] = true
	}
	for name := range algorithms {
		if hd.Get(checksumPrefix+name) != "" || named[name] {
			out = append(out, name)
		}
	}
	return out
}

// bodyError tells a caller's fault in sending a body from one of ours.
func bodyError(err error) error {
	var own *Error
	var max *http.MaxBytesError
	var signed *sigv4.Error
	switch {
	case errors.As(err, &own):
		return own
	case errors.As(err, &signed):
		return newError(signed.Status(sigv4.S3), signed.Code(sigv4.S3), signed.Message)
	case errors.As(err, &max):
		return errEntityTooLarge()
	case errors.Is(err, io.ErrUnexpectedEOF):
		return errIncompleteBody()
	}
	return err
}

func hexSum(b []byte) string { return hex.EncodeToString(b) }
