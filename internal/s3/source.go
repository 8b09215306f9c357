package s3

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net"
	"net/http"
	"net/url"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/quoinhq/quoin/internal/blob"
)

// What a Source returns beside other errors.
var (
	// ErrNoObject is returned for a bucket or an object that is not there.
	ErrNoObject = errors.New("s3: no such object")
	// ErrRefused is returned when another server does not let this one read.
	ErrRefused = errors.New("s3: the server refuses access")
	// ErrUnavailable is returned when another server cannot be reached, or
	// says that it cannot answer now.
	ErrUnavailable = errors.New("s3: the server cannot be reached")
)

// Source is where s3:// paths lead: the built-in store or another server.
// Its methods may be called concurrently.
type Source interface {
	// List yields the objects of a bucket whose keys begin with prefix, in key
	// order. Errors: ErrNoObject for the bucket, ErrRefused, ErrUnavailable.
	List(ctx context.Context, bucket, prefix string) iter.Seq2[Info, error]
	// Fetch brings an object's content into blobs and returns its name there.
	// An empty version is the current one. Errors: ErrNoObject, ErrRefused,
	// ErrUnavailable. The caller holds a lease on blobs.
	Fetch(ctx context.Context, blobs *blob.Store, bucket, key, version string) (blob.Ref, error)
}

// Info is one object of a listing.
type Info struct {
	Key  string
	Size int64
}

// Source returns the built-in store as a source. Its content lies in the same
// blob store, so fetching copies nothing.
func (h *Handler) Source() Source { return h.objects }

// List implements Source.
func (s objects) List(ctx context.Context, bucket, prefix string) iter.Seq2[Info, error] {
	return func(yield func(Info, error) bool) {
		for o, err := range s.Objects(ctx, bucket, prefix) {
			if err != nil {
				yield(Info{}, absentObject(err))
				return
			}
			if !yield(Info{o.Key, o.Rec.Size}, nil) {
				return
			}
		}
	}
}

// Fetch implements Source.
func (s objects) Fetch(ctx context.Context, blobs *blob.Store, bucket, key, version string) (blob.Ref, error) {
	o, err := s.hold(ctx, bucket, key, version)
	if err != nil {
		return blob.Ref{}, absentObject(err)
	}
	if blobs == s.blobs {
		return o.Ref, nil
	}
	f, err := s.blobs.Open(o.Hash)
	if err != nil {
		return blob.Ref{}, err
	}
	defer f.Close()
	return blobs.Ingest(ctx, f)
}

func absentObject(err error) error {
	var e *Error
	if errors.As(err, &e) && e.Status == http.StatusNotFound {
		return ErrNoObject
	}
	return err
}

// External is another S3 server.
type External struct{ c *minio.Client }

// NewExternal returns the server at endpoint, a URL, with static credentials.
// Errors: an endpoint that is no URL of http or https.
func NewExternal(endpoint, region, accessKey, secretKey string) (*External, error) {
	u, err := url.Parse(endpoint)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("s3: %q is not the URL of a server", endpoint)
	}
	c, err := minio.New(u.Host, &minio.Options{
		Creds: credentials.NewStaticV4(accessKey, secretKey, ""), Secure: u.Scheme == "https", Region: region,
	})
	if err != nil {
		return nil, fmt.Errorf("s3: %w", err)
	}
	return &External{c}, nil
}

// List implements Source.
func (x *External) List(ctx context.Context, bucket, prefix string) iter.Seq2[Info, error] {
	return func(yield func(Info, error) bool) {
		ctx, cancel := context.WithCancel(ctx) // ends the lister's goroutine when yield has enough
		defer cancel()
		for o := range x.c.ListObjects(ctx, bucket, minio.ListObjectsOptions{Prefix: prefix, Recursive: true}) {
			if o.Err != nil {
				yield(Info{}, externalError(o.Err))
				return
			}
			if !yield(Info{o.Key, o.Size}, nil) {
				return
			}
		}
	}
}

// Fetch implements Source.
func (x *External) Fetch(ctx context.Context, blobs *blob.Store, bucket, key, version string) (blob.Ref, error) {
	o, err := x.c.GetObject(ctx, bucket, key, minio.GetObjectOptions{VersionID: version})
	if err != nil {
		return blob.Ref{}, externalError(err)
	}
	defer o.Close()
	ref, err := blobs.Ingest(ctx, io.Reader(o))
	return ref, externalError(err)
}

// externalError tells the causes apart that a user can do something about. The
// cause stays in the chain, for operators.
func externalError(err error) error {
	if err == nil {
		return nil
	}
	var answer minio.ErrorResponse
	errors.As(err, &answer)
	var network net.Error
	switch {
	case answer.Code == "NoSuchBucket" || answer.Code == "NoSuchKey" || answer.Code == "NoSuchVersion":
		return fmt.Errorf("%w: %w", ErrNoObject, err)
	case answer.StatusCode == http.StatusForbidden || answer.StatusCode == http.StatusUnauthorized:
		return fmt.Errorf("%w: %w", ErrRefused, err)
	case answer.StatusCode == http.StatusTooManyRequests || answer.StatusCode >= http.StatusInternalServerError, errors.As(err, &network):
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return err
}
