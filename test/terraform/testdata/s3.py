"""Replays the calls of Terraform's AWS provider for aws_s3_bucket and aws_s3_object.

Source: hashicorp/terraform-provider-aws, internal/service/s3: a refresh of a
bucket asks for every configuration a bucket can have, and takes only certain
errors for "there is none".
"""

import hashlib
import io
import zipfile

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

s3 = boto3.client("s3", config=Config(retries={"max_attempts": 1}, s3={"addressing_style": "path"}))
BUCKET = "terraform"


def code(call, **arguments):
    try:
        call(**arguments)
    except ClientError as e:
        return e.response["Error"]["Code"]
    return None


def refresh(bucket, tags, versioned):
    s3.head_bucket(Bucket=bucket)
    absent = {
        "get_bucket_policy": "NoSuchBucketPolicy", "get_bucket_cors": "NoSuchCORSConfiguration",
        "get_bucket_website": "NoSuchWebsiteConfiguration", "get_bucket_lifecycle_configuration": "NoSuchLifecycleConfiguration",
        "get_bucket_replication": "ReplicationConfigurationNotFoundError",
        "get_bucket_encryption": "ServerSideEncryptionConfigurationNotFoundError",
        "get_object_lock_configuration": "ObjectLockConfigurationNotFoundError",
    }
    for call, want in absent.items():
        got = code(getattr(s3, call), Bucket=bucket)
        assert got == want, f"{call}: {got}, want {want}"
    for call in ["get_bucket_acl", "get_bucket_accelerate_configuration", "get_bucket_request_payment", "get_bucket_logging", "get_bucket_location"]:
        assert code(getattr(s3, call), Bucket=bucket) is None, call
    assert s3.get_bucket_versioning(Bucket=bucket).get("Status") == ("Enabled" if versioned else None)
    if not tags:
        assert code(s3.get_bucket_tagging, Bucket=bucket) == "NoSuchTagSet"
        return
    assert {t["Key"]: t["Value"] for t in s3.get_bucket_tagging(Bucket=bucket)["TagSet"]} == tags


def tag_set(tags):
    return {"TagSet": [{"Key": k, "Value": v} for k, v in tags.items()]}


def archive(text):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        z.writestr("init.q", text)
    return out.getvalue()


def put(body, tagging):
    s3.put_object(Bucket=BUCKET, Key="code.zip", Body=body, ContentType="application/zip", Tagging=tagging, ChecksumAlgorithm="CRC32")
    head = s3.head_object(Bucket=BUCKET, Key="code.zip", ChecksumMode="ENABLED")
    assert head["ETag"].strip('"') == hashlib.md5(body).hexdigest() and head["ContentType"] == "application/zip"
    tags = s3.get_object_tagging(Bucket=BUCKET, Key="code.zip")["TagSet"]
    assert "&".join(f"{t['Key']}={t['Value']}" for t in tags) == tagging, tags
    return head.get("VersionId")


assert code(s3.head_bucket, Bucket=BUCKET) == "404"  # the provider looks first
s3.create_bucket(Bucket=BUCKET)
refresh(BUCKET, {}, False)
s3.put_bucket_tagging(Bucket=BUCKET, Tagging=tag_set({"a": "1"}))
refresh(BUCKET, {"a": "1"}, False)
s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
refresh(BUCKET, {"a": "1"}, True)
s3.delete_bucket_tagging(Bucket=BUCKET)
refresh(BUCKET, {}, True)
print("ok aws_s3_bucket")

one = put(archive("1"), "a=1")
two = put(archive("2"), "b=2")
assert one and two and one != two
s3.put_object_tagging(Bucket=BUCKET, Key="code.zip", Tagging=tag_set({"c": "3"}))
assert s3.get_object_tagging(Bucket=BUCKET, Key="code.zip")["TagSet"] == [{"Key": "c", "Value": "3"}]
assert code(s3.delete_bucket, Bucket=BUCKET) == "BucketNotEmpty"
# Destroying an object takes away every version of it.
for page in s3.get_paginator("list_object_versions").paginate(Bucket=BUCKET, Prefix="code.zip"):
    for v in page.get("Versions", []) + page.get("DeleteMarkers", []):
        s3.delete_object(Bucket=BUCKET, Key=v["Key"], VersionId=v["VersionId"])
assert code(s3.head_object, Bucket=BUCKET, Key="code.zip") == "404"
print("ok aws_s3_object")
s3.delete_bucket(Bucket=BUCKET)
assert code(s3.head_bucket, Bucket=BUCKET) == "404"
