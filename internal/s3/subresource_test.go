package s3_test

import (
	"context"
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
)

// A legal hold that was put on an object became its content, a retention
// likewise; its attributes were its content; and a bucket went with its
// inventory. What there is not is refused as that.
func TestSubResourcesWereTakenForTheObject(t *testing.T) {
	f := newFixture(t)
	f.put("k", "content")
	ctx, bucket, key := context.Background(), aws.String("data"), aws.String("k")
	if _, err := f.CreateBucket(ctx, &awss3.CreateBucketInput{Bucket: aws.String("empty")}); err != nil {
		t.Fatal(err)
	}
	for name, do := range map[string]func() error{
		"PutObjectLegalHold": func() error {
			_, err := f.PutObjectLegalHold(ctx, &awss3.PutObjectLegalHoldInput{Bucket: bucket, Key: key, LegalHold: &types.ObjectLockLegalHold{Status: types.ObjectLockLegalHoldStatusOn}})
			return err
		},
		"PutObjectRetention": func() error {
			_, err := f.PutObjectRetention(ctx, &awss3.PutObjectRetentionInput{Bucket: bucket, Key: key, Retention: &types.ObjectLockRetention{Mode: types.ObjectLockRetentionModeGovernance}})
			return err
		},
		"PutObjectAcl": func() error {
			_, err := f.PutObjectAcl(ctx, &awss3.PutObjectAclInput{Bucket: bucket, Key: key, ACL: types.ObjectCannedACLPrivate})
			return err
		},
		"GetObjectAttributes": func() error {
			_, err := f.GetObjectAttributes(ctx, &awss3.GetObjectAttributesInput{Bucket: bucket, Key: key, ObjectAttributes: []types.ObjectAttributes{types.ObjectAttributesEtag}})
			return err
		},
		"GetObjectTorrent": func() error {
			_, err := f.GetObjectTorrent(ctx, &awss3.GetObjectTorrentInput{Bucket: bucket, Key: key})
			return err
		},
		"RestoreObject": func() error {
			_, err := f.RestoreObject(ctx, &awss3.RestoreObjectInput{Bucket: bucket, Key: key})
			return err
		},
		"DeleteBucketInventoryConfiguration": func() error {
			_, err := f.DeleteBucketInventoryConfiguration(ctx, &awss3.DeleteBucketInventoryConfigurationInput{Bucket: aws.String("empty"), Id: aws.String("i")})
			return err
		},
		"PutBucketPolicy": func() error {
			_, err := f.PutBucketPolicy(ctx, &awss3.PutBucketPolicyInput{Bucket: bucket, Policy: aws.String("{}")})
			return err
		},
	} {
		var e smithy.APIError
		if err := do(); !errors.As(err, &e) || e.ErrorCode() != "NotImplemented" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := f.get("k", nil); got != "content" {
		t.Errorf("the object's content is %q", got)
	}
	if _, err := f.HeadBucket(ctx, &awss3.HeadBucketInput{Bucket: aws.String("empty")}); err != nil {
		t.Errorf("the bucket: %v", err)
	}
	// Parameters without a value are still that.
	out, err := f.ListObjectsV2(ctx, &awss3.ListObjectsV2Input{Bucket: bucket, Prefix: aws.String(""), Delimiter: aws.String(""), StartAfter: aws.String("")})
	if err != nil || len(out.Contents) != 1 {
		t.Errorf("%+v, %v", out, err)
	}
}
