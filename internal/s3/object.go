package s3

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/quoinhq/quoin/internal/blob"
	"github.com/quoinhq/quoin/internal/store"
)

// Limits of the service. Source: S3 user guide, "Amazon S3 multipart upload limits".
const (
	maxPut      = 5 << 30
	minPart     = 5 << 20
	maxParts    = 10_000
	maxMetaSize = 8 << 10
)

// kept are the headers of a PUT that come back with a GET.
var kept = []string{"Content-Type", "Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Language", "Expires"}

const metaPrefix = "X-Amz-Meta-"

// headersOf takes the headers to keep out of a request.
func headersOf(r *request) (map[string]string, error) {
	out := map[string]string{}
	size := 0
	for _, name := range kept {
		if v := r.Header.Get(name); v != "" {
			out[name] = v
		}
	}
	if v, ok := out["Content-Encoding"]; ok { // the framing of the transfer is no property of the object
		var rest []string
		for _, e := range strings.Split(v, ",") {
			if e = strings.TrimSpace(e); e != "aws-chunked" && e != "" {
				rest = append(rest, e)
			}
		}
		if out["Content-Encoding"] = strings.Join(rest, ","); len(rest) == 0 {
			delete(out, "Content-Encoding")
		}
	}
	for name, vs := range r.Header {
		if strings.HasPrefix(name, metaPrefix) {
			out[name] = strings.Join(vs, ",")
			size += len(name) + len(out[name])
		}
	}
	if size > maxMetaSize {
		return nil, newError(400, "MetadataTooLarge", "The metadata headers are larger than allowed.")
	}
	if out["Content-Type"] == "" {
		out["Content-Type"] = "binary/octet-stream"
	}
	return out, nil
}

func random() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails; crypto/rand
	return hex.EncodeToString(b[:])
}

func validKey(k string) error {
	if strings.ContainsRune(k, 0) {
		return errInvalidArgument("A key holds no NUL.")
	}
	return nil
}

// properties are what a request says of the object that it makes.
func properties(r *request) (headers, tags map[string]string, err error) {
	if err := validKey(r.key); err != nil {
		return nil, nil, err
	}
	if headers, err = headersOf(r); err != nil {
		return nil, nil, err
	}
	tags, err = headerTags(r)
	return headers, tags, err
}

func (h *Handler) putObject(r *request) error {
	headers, tags, err := properties(r)
	if err != nil {
		return err
	}
	if _, err := h.bucketOf(r.Context(), r.bucket); err != nil {
		return err
	}
	lease := h.blobs.Lease()
	defer lease.Release()
	in, err := h.receive(r, maxPut)
	if err != nil {
		return err
	}
	o := &Object{Ref: in.Ref, ETag: hexSum(in.md5), Headers: headers, Checksums: in.checksums, Tags: tags}
	if err := h.putRecord(r, o); err != nil {
		return err
	}
	o.describe(r.w.Header(), true)
	r.w.WriteHeader(http.StatusOK)
	return nil
}

// putRecord makes o current if the request's conditions hold.
func (h *Handler) putRecord(r *request, o *Object) error {
	rnd := random()
	return h.st.Update(r.Context(), func(tx store.Tx) error {
		old, err := current.Get(tx, objectKey(r.bucket, r.key))
		exists := err == nil && !old.Deleted
		if r.Header.Get("If-None-Match") == "*" && exists {
			return errPrecondition()
		}
		if m := r.Header.Get("If-Match"); m != "" && (!exists || !matches(m, old.ETag)) {
			return errPrecondition()
		}
		o.Modified = tx.Now()
		return put(tx, r.bucket, r.key, o, rnd)
	})
}

// describe sets the headers that tell of an object version; those of a reply
// to a write are fewer.
func (o *Object) describe(hd http.Header, written bool) {
	hd.Set("ETag", `"`+o.ETag+`"`)
	if o.VersionID != "" {
		hd.Set("X-Amz-Version-Id", o.VersionID)
	}
	if written {
		for name, v := range o.Checksums {
			hd.Set(checksumPrefix+name, v)
		}
		return
	}
	for name, v := range o.Headers {
		if strings.HasPrefix(name, metaPrefix) {
			// S3 gives these names in lower case, and clients take them as they come.
			hd[strings.ToLower(name)] = []string{v}
			continue
		}
		hd.Set(name, v)
	}
	hd.Set("Last-Modified", o.Modified.UTC().Format(http.TimeFormat))
	hd.Set("Accept-Ranges", "bytes")
	if len(o.Tags) > 0 {
		hd.Set("X-Amz-Tagging-Count", strconv.Itoa(len(o.Tags)))
	}
}

// version returns the object version that the request names.
func (h *Handler) version(r *request) (*Object, error) {
	return h.Stat(r.Context(), r.bucket, r.key, r.q.Get("versionId"))
}

// Stat returns what is known of an object, of one version of it when id is not
// "". Errors: *Error with code NoSuchBucket, NoSuchKey or NoSuchVersion.
func (s objects) Stat(ctx context.Context, b, k, id string) (*Object, error) {
	var o *Object
	err := s.st.View(ctx, func(tx store.Tx) (err error) {
		o, err = getVersion(tx, b, k, id)
		return err
	})
	if err != nil {
		return nil, err
	}
	if o.Deleted {
		return o, errNoSuchKey()
	}
	return o, nil
}

// hold is Stat, and keeps the content from being collected while the caller
// holds a lease. Content that was replaced and collected between the two is
// looked up once more.
func (s objects) hold(ctx context.Context, b, k, id string) (o *Object, err error) {
	for range 2 {
		if o, err = s.Stat(ctx, b, k, id); err != nil {
			return nil, err
		}
		if err = s.blobs.Touch(o.Hash); !errors.Is(err, blob.ErrNotFound) {
			break
		}
	}
	return o, err
}

func (h *Handler) getObject(r *request) error { return h.get(r, false) }

func (h *Handler) get(r *request, retried bool) error {
	o, err := h.version(r)
	if o != nil && o.Deleted {
		r.w.Header().Set("X-Amz-Delete-Marker", "true")
		r.w.Header().Set("X-Amz-Version-Id", o.id())
	}
	if err != nil {
		return err
	}
	if err := conditions(r, o); err != nil {
		return err
	}
	f, err := h.blobs.Open(o.Hash)
	if errors.Is(err, blob.ErrNotFound) && !retried {
		return h.get(r, true) // replaced and collected since its record was read
	}
	if err != nil {
		return errInternal(err)
	}
	defer f.Close()
	hd := r.w.Header()
	o.describe(hd, false)
	for _, name := range kept { // response-content-type and its like
		if v := r.q.Get("response-" + strings.ToLower(name)); v != "" {
			hd.Set(name, v)
		}
	}
	off, n, partial, err := span(r.Header.Get("Range"), o.Size)
	if err != nil {
		hd.Set("Content-Range", fmt.Sprintf("bytes */%d", o.Size))
		return err
	}
	status := http.StatusOK
	if partial {
		hd.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", off, off+n-1, o.Size))
		status = http.StatusPartialContent
	} else if strings.EqualFold(r.Header.Get("X-Amz-Checksum-Mode"), "enabled") && o.Parts == 0 {
		for name, v := range o.Checksums {
			hd.Set(checksumPrefix+name, v)
		}
	}
	hd.Set("Content-Length", strconv.FormatInt(n, 10))
	r.w.WriteHeader(status)
	if r.Method == http.MethodHead {
		return nil
	}
	if _, err := f.Seek(off, io.SeekStart); err != nil {
		return nil // the status is sent; a short body tells the client
	}
	_, _ = io.CopyN(r.w, f, n)
	return nil
}

// span reads a Range header of one range; several, or one that is malformed,
// give the whole object. Source: RFC 9110, section 14.
func span(header string, size int64) (off, n int64, partial bool, err error) {
	spec, ok := strings.CutPrefix(header, "bytes=")
	if !ok || strings.Contains(spec, ",") {
		return 0, size, false, nil
	}
	from, to, ok := strings.Cut(strings.TrimSpace(spec), "-")
	if !ok {
		return 0, size, false, nil
	}
	a, aerr := strconv.ParseInt(from, 10, 64)
	b, berr := strconv.ParseInt(to, 10, 64)
	switch {
	case from == "" && berr == nil: // the last b bytes
		if b <= 0 || size == 0 {
			return 0, 0, false, errInvalidRange()
		}
		b = min(b, size)
		return size - b, b, true, nil
	case aerr != nil || a < 0 || to != "" && (berr != nil || b < a):
		return 0, size, false, nil
	case a >= size:
		return 0, 0, false, errInvalidRange()
	case to == "" || b >= size:
		b = size - 1
	}
	return a, b - a + 1, true, nil
}

// conditions checks If-Match and its like. Source: RFC 9110, section 13.2.2.
func conditions(r *request, o *Object) error {
	mod := o.Modified.Truncate(time.Second)
	if m := r.Header.Get("If-Match"); m != "" {
		if !matches(m, o.ETag) {
			return errPrecondition()
		}
	} else if t, err := http.ParseTime(r.Header.Get("If-Unmodified-Since")); err == nil && mod.After(t) {
		return errPrecondition()
	}
	if m := r.Header.Get("If-None-Match"); m != "" {
		if matches(m, o.ETag) {
			return newError(http.StatusNotModified, "NotModified", "")
		}
	} else if t, err := http.ParseTime(r.Header.Get("If-Modified-Since")); err == nil && !mod.After(t) {
		return newError(http.StatusNotModified, "NotModified", "")
	}
	return nil
}

func matches(header, etag string) bool {
	for _, m := range strings.Split(header, ",") {
		if m = strings.Trim(strings.TrimSpace(m), `"`); m == "*" || m == etag {
			return true
		}
	}
	return false
}

func (h *Handler) deleteObject(r *request) error {
	id := r.q.Get("versionId")
	var version string
	var marker bool
	rnd := random()
	err := h.st.Update(r.Context(), func(tx store.Tx) (err error) {
		version, marker, err = remove(tx, r.bucket, r.key, id, rnd)
		return err
	})
	if err != nil {
		return err
	}
	if version != "" {
		r.w.Header().Set("X-Amz-Version-Id", version)
	}
	if marker {
		r.w.Header().Set("X-Amz-Delete-Marker", "true")
	}
	r.w.WriteHeader(http.StatusNoContent)
	return nil
}

type copyXML struct {
	LastModified string
	ETag         string
}

// copySource reads the header x-amz-copy-source: "/BUCKET/KEY?versionId=ID".
// The caller holds a lease.
func (h *Handler) copySource(r *request) (*Object, error) {
	path, query, _ := strings.Cut(strings.TrimPrefix(r.Header.Get("X-Amz-Copy-Source"), "/"), "?")
	src, err := url.PathUnescape(path)
	if err != nil {
		return nil, errInvalidArgument("The header x-amz-copy-source is malformed.")
	}
	b, k, ok := strings.Cut(src, "/")
	q, err := url.ParseQuery(query)
	if !ok || k == "" || err != nil {
		return nil, errInvalidArgument("The header x-amz-copy-source names no object.")
	}
	if err := h.Authorize(r.Context(), r.Request, "s3:GetObject", "arn:aws:s3:::"+b+"/"+k); err != nil {
		return nil, errAccessDenied(err)
	}
	return h.hold(r.Context(), b, k, q.Get("versionId"))
}

// copyObject makes a new name for the same content; nothing is copied.
func (h *Handler) copyObject(r *request) error {
	if r.q.Has("uploadId") {
		return h.uploadPart(r)
	}
	if err := validKey(r.key); err != nil {
		return err
	}
	lease := h.blobs.Lease()
	defer lease.Release()
	src, err := h.copySource(r)
	if err != nil {
		return err
	}
	if m := r.Header.Get("X-Amz-Copy-Source-If-Match"); m != "" && !matches(m, src.ETag) {
		return errPrecondition()
	}
	o := &Object{Ref: src.Ref, ETag: src.ETag, Headers: src.Headers, Tags: src.Tags, Checksums: src.Checksums, Parts: src.Parts}
	if strings.EqualFold(r.Header.Get("X-Amz-Metadata-Directive"), "REPLACE") {
		if o.Headers, err = headersOf(r); err != nil {
			return err
		}
	}
	if strings.EqualFold(r.Header.Get("X-Amz-Tagging-Directive"), "REPLACE") {
		if o.Tags, err = headerTags(r); err != nil {
			return err
		}
	}
	if err := h.putRecord(r, o); err != nil {
		return err
	}
	if o.VersionID != "" {
		r.w.Header().Set("X-Amz-Version-Id", o.VersionID)
	}
	return writeXML(r.w, http.StatusOK, struct {
		XMLName struct{} `xml:"http://s3.amazonaws.com/doc/2006-03-01/ CopyObjectResult"`
		copyXML
	}{copyXML: copyXML{iso(o.Modified), `"` + o.ETag + `"`}})
}

// Open opens the content of an object for reading.
func (s objects) Open(o *Object) (blob.File, error) { return s.blobs.Open(o.Hash) }
