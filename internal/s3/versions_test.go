package s3_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"io"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

func TestVersions(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	b, k := aws.String("data"), aws.String("code.zip")
	f.put("code.zip", "before")
	_, err := f.PutBucketVersioning(ctx, &awss3.PutBucketVersioningInput{Bucket: b, VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled}})
	f.ok(err)
	one, two := f.put("code.zip", "one"), f.put("code.zip", "two")
	version := func(id string) func(*awss3.GetObjectInput) {
		return func(in *awss3.GetObjectInput) { in.VersionId = &id }
	}
	for id, want := range map[string]string{"null": "before", *one.VersionId: "one", *two.VersionId: "two"} {
		if got := f.get("code.zip", version(id)); got != want {
			t.Errorf("version %s: %q, want %q", id, got, want)
		}
	}
	del, err := f.DeleteObject(ctx, &awss3.DeleteObjectInput{Bucket: b, Key: k})
	f.ok(err)
	if !aws.ToBool(del.DeleteMarker) {
		t.Error("a delete without a version makes a marker")
	}
	_, err = f.GetObject(ctx, &awss3.GetObjectInput{Bucket: b, Key: k})
	wantCode(t, err, "NoSuchKey")
	list, err := f.ListObjectVersions(ctx, &awss3.ListObjectVersionsInput{Bucket: b})
	f.ok(err)
	if len(list.Versions) != 3 || len(list.DeleteMarkers) != 1 || *list.Versions[0].VersionId != *two.VersionId {
		t.Errorf("%d versions, %d markers", len(list.Versions), len(list.DeleteMarkers))
	}
	_, err = f.DeleteObject(ctx, &awss3.DeleteObjectInput{Bucket: b, Key: k, VersionId: del.VersionId})
	f.ok(err)
	if got := f.get("code.zip", nil); got != "two" {
		t.Errorf("without the marker: %q", got)
	}
	for _, id := range []*string{two.VersionId, one.VersionId, aws.String("null")} {
		_, err = f.DeleteObject(ctx, &awss3.DeleteObjectInput{Bucket: b, Key: k, VersionId: id})
		f.ok(err)
	}
	_, err = f.DeleteBucket(ctx, &awss3.DeleteBucketInput{Bucket: b})
	f.ok(err)
}

func TestBatchDelete(t *testing.T) {
	f := newFixture(t)
	var ids []types.ObjectIdentifier
	for _, k := range []string{"a", "b", "never there"} {
		if k != "never there" {
			f.put(k, "x")
		}
		ids = append(ids, types.ObjectIdentifier{Key: aws.String(k)})
	}
	out, err := f.DeleteObjects(t.Context(), &awss3.DeleteObjectsInput{Bucket: aws.String("data"), Delete: &types.Delete{Objects: ids}})
	f.ok(err)
	if len(out.Deleted) != 3 || len(out.Errors) != 0 {
		t.Errorf("%d deleted, %d errors", len(out.Deleted), len(out.Errors))
	}
	_, err = f.DeleteBucket(t.Context(), &awss3.DeleteBucketInput{Bucket: aws.String("data")})
	f.ok(err)
}

func TestMultipart(t *testing.T) {
	f := newFixture(t)
	ctx := context.Background()
	b, k := aws.String("data"), aws.String("big")
	up, err := f.CreateMultipartUpload(ctx, &awss3.CreateMultipartUploadInput{Bucket: b, Key: k, ContentType: aws.String("x/y")})
	f.ok(err)
	var want []byte
	var done []types.CompletedPart
	for i, n := range []int{5 << 20, 5<<20 + 1, 3} {
		p := make([]byte, n)
		rand.Read(p)
		want = append(want, p...)
		num := aws.Int32(int32(i*2 + 1))
		out, err := f.UploadPart(ctx, &awss3.UploadPartInput{Bucket: b, Key: k, UploadId: up.UploadId, PartNumber: num, Body: bytes.NewReader(p)})
		f.ok(err)
		done = append(done, types.CompletedPart{PartNumber: num, ETag: out.ETag})
	}
	parts, err := f.ListParts(ctx, &awss3.ListPartsInput{Bucket: b, Key: k, UploadId: up.UploadId})
	f.ok(err)
	if len(parts.Parts) != 3 || *parts.Parts[2].PartNumber != 5 {
		t.Errorf("parts = %v", parts.Parts)
	}
	complete := func(p []types.CompletedPart) error {
		_, err := f.CompleteMultipartUpload(ctx, &awss3.CompleteMultipartUploadInput{Bucket: b, Key: k, UploadId: up.UploadId, MultipartUpload: &types.CompletedMultipartUpload{Parts: p}})
		return err
	}
	wantCode(t, complete([]types.CompletedPart{done[1], done[0]}), "InvalidPartOrder")
	wantCode(t, complete([]types.CompletedPart{{PartNumber: aws.Int32(2), ETag: done[0].ETag}}), "InvalidPart")
	wantCode(t, complete([]types.CompletedPart{done[0], {PartNumber: aws.Int32(9), ETag: done[0].ETag}}), "InvalidPart")
	f.ok(complete(done))
	wantCode(t, complete(done), "NoSuchUpload")
	if got := f.get("big", nil); got != string(want) {
		t.Error("the object is not its parts")
	}
}

func TestSmallPartIsRefused(t *testing.T) {
	f := newFixture(t)
	b, k := aws.String("data"), aws.String("big")
	up, err := f.CreateMultipartUpload(t.Context(), &awss3.CreateMultipartUploadInput{Bucket: b, Key: k})
	f.ok(err)
	var done []types.CompletedPart
	for i := range int32(2) {
		out, err := f.UploadPart(t.Context(), &awss3.UploadPartInput{Bucket: b, Key: k, UploadId: up.UploadId, PartNumber: aws.Int32(i + 1), Body: bytes.NewReader([]byte("x"))})
		f.ok(err)
		done = append(done, types.CompletedPart{PartNumber: aws.Int32(i + 1), ETag: out.ETag})
	}
	_, err = f.CompleteMultipartUpload(t.Context(), &awss3.CompleteMultipartUploadInput{Bucket: b, Key: k, UploadId: up.UploadId, MultipartUpload: &types.CompletedMultipartUpload{Parts: done}})
	wantCode(t, err, "EntityTooSmall")
}

func TestChecksumAlgorithms(t *testing.T) {
	f := newFixture(t)
	for _, a := range types.ChecksumAlgorithm("").Values() {
		switch a {
		case types.ChecksumAlgorithmCrc32, types.ChecksumAlgorithmCrc32c, types.ChecksumAlgorithmCrc64nvme, types.ChecksumAlgorithmSha1, types.ChecksumAlgorithmSha256:
		default:
			continue // newer than the service's clients
		}
		t.Run(string(a), func(t *testing.T) {
			_, err := f.PutObject(t.Context(), &awss3.PutObjectInput{Bucket: aws.String("data"), Key: aws.String("k"), Body: bytes.NewReader([]byte("content")), ChecksumAlgorithm: a})
			f.ok(err)
			out, err := f.GetObject(t.Context(), &awss3.GetObjectInput{Bucket: aws.String("data"), Key: aws.String("k"), ChecksumMode: types.ChecksumModeEnabled})
			f.ok(err)
			defer out.Body.Close()
			if b, err := io.ReadAll(out.Body); err != nil || string(b) != "content" { // the SDK checks as it reads
				t.Errorf("%q, %v", b, err)
			}
		})
	}
}
