package s3_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	"github.com/quoinhq/quoin/internal/blob"
	"github.com/quoinhq/quoin/internal/s3"
	"github.com/quoinhq/quoin/internal/sigv4"
	"github.com/quoinhq/quoin/internal/store/sqlite"
)

const (
	testKey    = "AKIDEXAMPLE"
	testSecret = "a secret for tests"
	testRegion = "us-east-1"
)

// server is the handler behind nothing but a signature check.
type server struct {
	*httptest.Server
	blobs *blob.Store
	h     *s3.Handler
	deny  func(action, arn string) error
}

type bodyKey struct{}

func newServer(tb testing.TB) *server {
	tb.Helper()
	dir := tb.TempDir()
	st, err := sqlite.Open(context.Background(), filepath.Join(dir, "db"), sqlite.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { st.Close() })
	s := &server{deny: func(string, string) error { return nil }}
	if s.blobs, err = blob.Open(filepath.Join(dir, "blobs")); err != nil {
		tb.Fatal(err)
	}
	s.h = s3.New(s3.Config{
		Store: st, Blobs: s.blobs, Region: testRegion, AccountID: "123456789012",
		Authorize: func(_ context.Context, _ *http.Request, action, arn string) error { return s.deny(action, arn) },
		Body:      func(r *http.Request) io.Reader { return r.Context().Value(bodyKey{}).(io.Reader) },
		RequestID: func(*http.Request) string { return "request-1" },
	})
	v := sigv4.NewVerifier(sigv4.Config{Region: testRegion, Services: []string{"s3"}})
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a, err := sigv4.Parse(r)
		if err == nil {
			err = v.Verify(a, testSecret, "", time.Now())
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusForbidden)
			return
		}
		s.h.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), bodyKey{}, v.Body(a, testSecret, r.Body))))
	}))
	tb.Cleanup(s.Close)
	return s
}

func (s *server) client() *awss3.Client {
	return awss3.New(awss3.Options{
		BaseEndpoint: &s.URL, Region: testRegion, UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider(testKey, testSecret, ""),
	})
}

// fixture is a client on a server with one bucket.
type fixture struct {
	*server
	*awss3.Client
	tb testing.TB
}

func newFixture(tb testing.TB) *fixture {
	s := newServer(tb)
	f := &fixture{s, s.client(), tb}
	_, err := f.CreateBucket(context.Background(), &awss3.CreateBucketInput{Bucket: aws.String("data")})
	f.ok(err)
	return f
}

func (f *fixture) ok(err error) {
	f.tb.Helper()
	if err != nil {
		f.tb.Fatal(err)
	}
}

func (f *fixture) put(key, text string) *awss3.PutObjectOutput {
	f.tb.Helper()
	out, err := f.PutObject(context.Background(), &awss3.PutObjectInput{Bucket: aws.String("data"), Key: &key, Body: strings.NewReader(text)})
	f.ok(err)
	return out
}

func (f *fixture) get(key string, change func(*awss3.GetObjectInput)) string {
	f.tb.Helper()
	in := &awss3.GetObjectInput{Bucket: aws.String("data"), Key: &key}
	if change != nil {
		change(in)
	}
	out, err := f.GetObject(context.Background(), in)
	f.ok(err)
	defer out.Body.Close()
	b, err := io.ReadAll(out.Body)
	f.ok(err)
	return string(b)
}

// wantCode fails the test unless err is the API error of that code.
func wantCode(tb testing.TB, err error, code string) {
	tb.Helper()
	var ae smithy.APIError
	if !errors.As(err, &ae) || ae.ErrorCode() != code {
		tb.Errorf("err = %v, want %s", err, code)
	}
}

func TestObjectRoundTrip(t *testing.T) {
	f := newFixture(t)
	for _, key := range []string{"sym", "2024.01.02/trade/price", "a b+c%d/é#?&", "x//y", strings.Repeat("k", 1024)} {
		f.put(key, "content of "+key)
		if got := f.get(key, nil); got != "content of "+key {
			t.Errorf("%q: %q", key, got)
		}
	}
	f.put("sym", "again")
	if got := f.get("sym", nil); got != "again" {
		t.Errorf("after a second put: %q", got)
	}
}

func TestMetadataComesBack(t *testing.T) {
	f := newFixture(t)
	_, err := f.PutObject(t.Context(), &awss3.PutObjectInput{
		Bucket: aws.String("data"), Key: aws.String("code.zip"), Body: strings.NewReader("zip"), ContentType: aws.String("application/zip"),
		CacheControl: aws.String("no-store"), Metadata: map[string]string{"owner": "desk"}, Tagging: aws.String("a=1&b=2"),
	})
	f.ok(err)
	h, err := f.HeadObject(t.Context(), &awss3.HeadObjectInput{Bucket: aws.String("data"), Key: aws.String("code.zip")})
	f.ok(err)
	if *h.ContentType != "application/zip" || *h.CacheControl != "no-store" || h.Metadata["owner"] != "desk" || *h.ContentLength != 3 || h.ContentEncoding != nil {
		t.Errorf("head = %+v", h)
	}
	tags, err := f.GetObjectTagging(t.Context(), &awss3.GetObjectTaggingInput{Bucket: aws.String("data"), Key: aws.String("code.zip")})
	f.ok(err)
	if len(tags.TagSet) != 2 {
		t.Errorf("tags = %v", tags.TagSet)
	}
}

func TestRange(t *testing.T) {
	f := newFixture(t)
	f.put("k", "0123456789")
	for spec, want := range map[string]string{"bytes=0-3": "0123", "bytes=7-": "789", "bytes=-2": "89", "bytes=8-99": "89", "bytes=x": "0123456789", "bytes=5-2": "0123456789"} {
		if got := f.get("k", func(in *awss3.GetObjectInput) { in.Range = &spec }); got != want {
			t.Errorf("%s: %q, want %q", spec, got, want)
		}
	}
	_, err := f.GetObject(t.Context(), &awss3.GetObjectInput{Bucket: aws.String("data"), Key: aws.String("k"), Range: aws.String("bytes=10-")})
	wantCode(t, err, "InvalidRange")
}

func TestErrors(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	b, nb, k := aws.String("data"), aws.String("nothing"), aws.String("k")
	f.put("k", "x")
	tests := map[string]struct {
		code string
		call func() error
	}{
		"NoSuchBucket": {"NoSuchBucket", func() error { _, err := f.ListObjectsV2(ctx, &awss3.ListObjectsV2Input{Bucket: nb}); return err }},
		"NoSuchBucket/put": {"NoSuchBucket", func() error {
			_, err := f.PutObject(ctx, &awss3.PutObjectInput{Bucket: nb, Key: k, Body: strings.NewReader("x")})
			return err
		}},
		"NoSuchKey":     {"NoSuchKey", func() error { _, err := f.GetObject(ctx, &awss3.GetObjectInput{Bucket: b, Key: nb}); return err }},
		"NotFound/head": {"NotFound", func() error { _, err := f.HeadObject(ctx, &awss3.HeadObjectInput{Bucket: b, Key: nb}); return err }},
		"NoSuchVersion": {"NoSuchVersion", func() error {
			_, err := f.GetObject(ctx, &awss3.GetObjectInput{Bucket: b, Key: k, VersionId: nb})
			return err
		}},
		"BucketAlreadyOwnedByYou": {"BucketAlreadyOwnedByYou", func() error { _, err := f.CreateBucket(ctx, &awss3.CreateBucketInput{Bucket: b}); return err }},
		"InvalidBucketName": {"InvalidBucketName", func() error {
			_, err := f.CreateBucket(ctx, &awss3.CreateBucketInput{Bucket: aws.String("Up_x")})
			return err
		}},
		"BucketNotEmpty": {"BucketNotEmpty", func() error { _, err := f.DeleteBucket(ctx, &awss3.DeleteBucketInput{Bucket: b}); return err }},
		"NoSuchUpload": {"NoSuchUpload", func() error {
			_, err := f.AbortMultipartUpload(ctx, &awss3.AbortMultipartUploadInput{Bucket: b, Key: k, UploadId: nb})
			return err
		}},
		"NoSuchTagSet":       {"NoSuchTagSet", func() error { _, err := f.GetBucketTagging(ctx, &awss3.GetBucketTaggingInput{Bucket: b}); return err }},
		"NoSuchBucketPolicy": {"NoSuchBucketPolicy", func() error { _, err := f.GetBucketPolicy(ctx, &awss3.GetBucketPolicyInput{Bucket: b}); return err }},
		"PreconditionFailed": {"PreconditionFailed", func() error {
			_, err := f.PutObject(ctx, &awss3.PutObjectInput{Bucket: b, Key: k, Body: strings.NewReader("y"), IfNoneMatch: aws.String("*")})
			return err
		}},
		"BadDigest": {"BadDigest", func() error {
			_, err := f.PutObject(ctx, &awss3.PutObjectInput{Bucket: b, Key: k, Body: strings.NewReader("y"), ContentMD5: aws.String("AAAAAAAAAAAAAAAAAAAAAA==")})
			return err
		}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) { wantCode(t, tt.call(), tt.code) })
	}
	if got := f.get("k", nil); got != "x" {
		t.Errorf("a refused put changed the object to %q", got)
	}
}

func TestErrAccessDenied(t *testing.T) {
	f := newFixture(t)
	f.put("k", "x")
	var asked []string
	f.deny = func(action, arn string) error {
		asked = append(asked, action+" "+arn)
		if action == "s3:GetObject" || strings.HasSuffix(arn, "/secret") {
			return errors.New("no")
		}
		return nil
	}
	_, err := f.GetObject(t.Context(), &awss3.GetObjectInput{Bucket: aws.String("data"), Key: aws.String("k")})
	wantCode(t, err, "AccessDenied")
	// A copy reads its source.
	_, err = f.CopyObject(t.Context(), &awss3.CopyObjectInput{Bucket: aws.String("data"), Key: aws.String("l"), CopySource: aws.String("data/k")})
	wantCode(t, err, "AccessDenied")
	if want := "s3:GetObject arn:aws:s3:::data/k"; asked[0] != want {
		t.Errorf("asked %q, want %q", asked[0], want)
	}
}

func TestCopy(t *testing.T) {
	f := newFixture(t)
	f.put("a b", "content")
	out, err := f.CopyObject(t.Context(), &awss3.CopyObjectInput{Bucket: aws.String("data"), Key: aws.String("c"), CopySource: aws.String("data/a%20b")})
	f.ok(err)
	if out.CopyObjectResult.ETag == nil || f.get("c", nil) != "content" {
		t.Error("no copy")
	}
}

// A listing is what a plain sort and cut of the keys gives, page by page, in
// both versions of the call.
func TestListing(t *testing.T) {
	f := newFixture(t)
	keys := []string{"2024.01.02/trade/price", "2024.01.02/trade/size", "2024.01.03/trade/price", "a", "a/b", "a/c", "a0", "sym", "é/ü"}
	for _, k := range keys {
		f.put(k, k)
	}
	for _, prefix := range []string{"", "a", "a/", "2024.01.02/", "z"} {
		for _, delim := range []string{"", "/"} {
			want := flat(keys, prefix, delim)
			for _, size := range []int32{1, 2, 1000} {
				t.Run(fmt.Sprintf("%q %q %d", prefix, delim, size), func(t *testing.T) {
					var got2 []string
					p := awss3.NewListObjectsV2Paginator(f.Client, &awss3.ListObjectsV2Input{Bucket: aws.String("data"), Prefix: &prefix, Delimiter: &delim, MaxKeys: &size})
					for p.HasMorePages() {
						out, err := p.NextPage(t.Context())
						f.ok(err)
						for _, o := range out.Contents {
							got2 = append(got2, *o.Key)
						}
						for _, c := range out.CommonPrefixes {
							got2 = append(got2, *c.Prefix+"*")
						}
					}
					var got1 []string
					for marker := aws.String(""); marker != nil; {
						out, err := f.ListObjects(t.Context(), &awss3.ListObjectsInput{Bucket: aws.String("data"), Prefix: &prefix, Delimiter: &delim, MaxKeys: &size, Marker: marker})
						f.ok(err)
						for _, o := range out.Contents {
							got1 = append(got1, *o.Key)
						}
						for _, c := range out.CommonPrefixes {
							got1 = append(got1, *c.Prefix+"*")
						}
						marker = out.NextMarker
					}
					for v, got := range [][]string{got1, got2} {
						if !sameSet(got, want) {
							t.Errorf("version %d: %q, want %q", v+1, got, want)
						}
					}
				})
			}
		}
	}
}

func flat(keys []string, prefix, delim string) []string {
	var out []string
	for _, k := range keys {
		rest, ok := strings.CutPrefix(k, prefix)
		if !ok {
			continue
		}
		if i := strings.Index(rest, delim); delim != "" && i >= 0 {
			k = prefix + rest[:i+1] + "*"
		}
		if len(out) == 0 || !contains(out, k) {
			out = append(out, k)
		}
	}
	return out
}

func contains(s []string, x string) bool {
	for _, y := range s {
		if x == y {
			return true
		}
	}
	return false
}

func sameSet(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	for _, x := range a {
		if !contains(b, x) {
			return false
		}
	}
	return true
}
