package clients_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/feature/s3/transfermanager"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	"github.com/quoinhq/quoin/test/live"
)

// TestAWSCLIS3 goes through mb, sync, ls, cp, mv, presign, rm and rb, with a
// file of several parts and keys that need escaping.
func TestAWSCLIS3(t *testing.T) {
	live.Need(t, "the AWS CLI", "aws", "--version")
	live.Need(t, "python3", "python3", "--version")
	transports(t, func(t *testing.T, _ *live.Server, env []string) {
		if out := run(t, ".", env, "sh", "testdata/s3.sh"); !strings.HasSuffix(out, "ok\n") {
			t.Error(out)
		}
	})
}

// TestBoto3S3 goes through transfers of several parts, checksums in headers
// and trailers, versions, lists, presigned URLs and errors; so do the others.
func TestBoto3S3(t *testing.T) {
	live.Need(t, "boto3", "python3", "-c", "import boto3")
	transports(t, func(t *testing.T, _ *live.Server, env []string) {
		if out := run(t, ".", env, "python3", "testdata/s3.py"); out != "ok\n" {
			t.Error(out)
		}
	})
}

func TestJavaScriptS3(t *testing.T) {
	modules := nodeModules(t)
	live.Need(t, "@aws-sdk/client-s3 for Node.js", "node", "-e", "require('"+modules+"/@aws-sdk/client-s3')")
	transports(t, func(t *testing.T, _ *live.Server, env []string) {
		if out := run(t, ".", append(env, "QUOIN_NODE_MODULES="+modules), "node", "testdata/s3.mjs"); out != "ok\n" {
			t.Error(out)
		}
	})
}

func TestGoSDKS3(t *testing.T) {
	goTransports(t, func(t *testing.T, s *live.Server, h *http.Client) {
		client := s3.New(s3.Options{
			BaseEndpoint: aws.String(s.URL()), Region: "us-east-1", HTTPClient: h, UsePathStyle: true,
			Credentials: credentials.NewStaticCredentialsProvider(s.Root.AccessKeyID, s.Root.SecretAccessKey, ""),
		})
		if _, err := client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("gopher")}); err != nil {
			t.Fatal(err)
		}
		t.Run("transfers", func(t *testing.T) { goTransfers(t, client) })
		t.Run("checksums", func(t *testing.T) { goChecksums(t, client) })
		t.Run("versions", func(t *testing.T) { goVersions(t, client) })
		t.Run("presigned", func(t *testing.T) { goPresigned(t, client, h) })
		t.Run("errors", func(t *testing.T) { goS3Errors(t, client) })
	})
}

// read is the content of an object.
func read(t *testing.T, client *s3.Client, in *s3.GetObjectInput) string {
	t.Helper()
	in.Bucket = aws.String("gopher")
	out, err := client.GetObject(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Body.Close()
	b, err := io.ReadAll(out.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// writerAt takes the ranges of a download wherever they belong.
type writerAt []byte

func (w writerAt) WriteAt(b []byte, at int64) (int, error) { return copy(w[at:], b), nil }

func goTransfers(t *testing.T, client *s3.Client) {
	big := make([]byte, 17<<20+3)
	_, _ = rand.Read(big) // never fails
	transfers := transfermanager.New(client, func(o *transfermanager.Options) {
		o.PartSizeBytes, o.MultipartUploadThreshold, o.Concurrency = 5<<20, 5<<20, 4
	})
	// A reader without a length, as of a pipe.
	up, err := transfers.UploadObject(t.Context(), &transfermanager.UploadObjectInput{
		Bucket: aws.String("gopher"), Key: aws.String("big"), Body: io.MultiReader(bytes.NewReader(big)),
	})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(aws.ToString(up.ETag), `-4"`) {
		t.Errorf("ETag %s of an object of four parts", aws.ToString(up.ETag))
	}
	got := make(writerAt, len(big))
	if _, err := transfers.DownloadObject(t.Context(), &transfermanager.DownloadObjectInput{
		Bucket: aws.String("gopher"), Key: aws.String("big"), WriterAt: got,
	}); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, big) {
		t.Error("what came back is not what was sent")
	}
}

func goChecksums(t *testing.T, client *s3.Client) {
	for _, algorithm := range types.ChecksumAlgorithm("").Values() {
		put, err := client.PutObject(t.Context(), &s3.PutObjectInput{
			Bucket: aws.String("gopher"), Key: aws.String("sum"), Body: strings.NewReader("content"), ChecksumAlgorithm: algorithm,
		})
		var missing smithy.APIError
		if err != nil && !errors.As(err, &missing) {
			continue // this SDK has no implementation of it
		}
		if err != nil {
			t.Errorf("%s: %v", algorithm, err)
			continue
		}
		got, err := client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("gopher"), Key: aws.String("sum"), ChecksumMode: types.ChecksumModeEnabled})
		if err != nil {
			t.Errorf("%s: %v", algorithm, err)
			continue
		}
		got.Body.Close()
		sums := func(a, b, c, d, e *string) []string {
			return []string{aws.ToString(a), aws.ToString(b), aws.ToString(c), aws.ToString(d), aws.ToString(e)}
		}
		sent := sums(put.ChecksumCRC32, put.ChecksumCRC32C, put.ChecksumCRC64NVME, put.ChecksumSHA1, put.ChecksumSHA256)
		back := sums(got.ChecksumCRC32, got.ChecksumCRC32C, got.ChecksumCRC64NVME, got.ChecksumSHA1, got.ChecksumSHA256)
		if !slices.Equal(sent, back) {
			t.Errorf("%s: %v, want %v", algorithm, back, sent)
		}
	}
	_, err := client.PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: aws.String("gopher"), Key: aws.String("bad"), Body: strings.NewReader("content"), ChecksumCRC32: aws.String("AAAAAA=="),
	})
	wantS3(t, "a wrong checksum", err, "BadDigest")
}

func goVersions(t *testing.T, client *s3.Client) {
	if _, err := client.PutBucketVersioning(t.Context(), &s3.PutBucketVersioningInput{
		Bucket: aws.String("gopher"), VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled},
	}); err != nil {
		t.Fatal(err)
	}
	key, first := aws.String("code.zip"), (*string)(nil)
	for _, text := range []string{"one", "two"} {
		out, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("gopher"), Key: key, Body: strings.NewReader(text)})
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = out.VersionId
		}
	}
	if old, now := read(t, client, &s3.GetObjectInput{Key: key, VersionId: first}), read(t, client, &s3.GetObjectInput{Key: key}); old != "one" || now != "two" {
		t.Errorf("%q and %q", old, now)
	}
}

func goPresigned(t *testing.T, client *s3.Client, h *http.Client) {
	presign := s3.NewPresignClient(client)
	put, err := presign.PresignPutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("gopher"), Key: aws.String("signed")})
	if err != nil {
		t.Fatal(err)
	}
	get, err := presign.PresignGetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("gopher"), Key: aws.String("signed")})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		method, url, body, want string
		status                  int
	}{
		{put.Method, put.URL, "signed", "", 200},
		{get.Method, get.URL, "", "signed", 200},
		{get.Method, strings.Replace(get.URL, "/signed", "/big", 1), "", "SignatureDoesNotMatch", 403},
	} {
		r, err := http.NewRequestWithContext(t.Context(), c.method, c.url, strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		reply, err := h.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(reply.Body)
		reply.Body.Close()
		if err != nil || reply.StatusCode != c.status || !strings.Contains(string(b), c.want) {
			t.Errorf("%s %s: %d %s %v", c.method, c.url, reply.StatusCode, b, err)
		}
	}
}

func goS3Errors(t *testing.T, client *s3.Client) {
	var noKey *types.NoSuchKey
	if _, err := client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("gopher"), Key: aws.String("none")}); !errors.As(err, &noKey) {
		t.Errorf("no such key: %v", err)
	}
	_, err := client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("none-such"), Key: aws.String("x")})
	wantS3(t, "no such bucket", err, "NoSuchBucket")
	_, err = client.DeleteBucket(t.Context(), &s3.DeleteBucketInput{Bucket: aws.String("gopher")})
	wantS3(t, "a bucket that holds something", err, "BucketNotEmpty")
	_, err = client.CompleteMultipartUpload(t.Context(), &s3.CompleteMultipartUploadInput{
		Bucket: aws.String("gopher"), Key: aws.String("x"), UploadId: aws.String("none"),
		MultipartUpload: &types.CompletedMultipartUpload{Parts: []types.CompletedPart{{PartNumber: aws.Int32(1), ETag: aws.String("x")}}},
	})
	wantS3(t, "no such upload", err, "NoSuchUpload")
}

func wantS3(t *testing.T, what string, err error, code string) {
	t.Helper()
	var e smithy.APIError
	if !errors.As(err, &e) || e.ErrorCode() != code {
		t.Errorf("%s: %v, want %s", what, err, code)
	}
}
