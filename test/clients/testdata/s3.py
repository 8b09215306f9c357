"""A session with boto3's S3 client and its transfers: prints ok at the end."""
import hashlib
import io
import os
import ssl
import tempfile
import urllib.error
import urllib.request

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError

s3 = boto3.client("s3")
MIB = 1 << 20
parts = TransferConfig(multipart_threshold=5 * MIB, multipart_chunksize=5 * MIB, max_concurrency=4)
big = os.urandom(17 * MIB + 3)  # four parts, the last one short


def error(call, **arguments):
    try:
        call(**arguments)
    except ClientError as e:
        return e.response["Error"]["Code"]
    return None


def same(what, got, want):
    if got != want:
        raise SystemExit(f"{what}: {got!r}, want {want!r}")


def opened(url, method="GET", body=None):
    tls = ssl.create_default_context(cafile=os.environ.get("AWS_CA_BUNDLE"))
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, method=method), context=tls) as r:
            return r.status, r.read()
    except urllib.error.HTTPError as e:
        return e.code, e.read()


# Transfers: several parts up, several ranges down, and copies of parts.
s3.create_bucket(Bucket="boto")
with tempfile.TemporaryDirectory() as dir:
    path = os.path.join(dir, "file")
    with open(path, "wb") as f:
        f.write(big)
    seen = []
    s3.upload_file(path, "boto", "db/big", Config=parts, Callback=seen.append, ExtraArgs={"Metadata": {"made": "by boto3"}, "ContentType": "x/y"})
    same("bytes that the callback heard of", sum(seen), len(big))
    s3.download_file("boto", "db/big", path + "2", Config=parts)
    with open(path + "2", "rb") as f:
        same("download", hashlib.sha256(f.read()).hexdigest(), hashlib.sha256(big).hexdigest())
head = s3.head_object(Bucket="boto", Key="db/big")
same("head", (head["ContentLength"], head["Metadata"], head["ContentType"], head["ETag"].endswith('-4"')), (len(big), {"made": "by boto3"}, "x/y", True))
s3.upload_fileobj(io.BytesIO(big), "boto", "db/stream", Config=parts, ExtraArgs={"ChecksumAlgorithm": "SHA256"})
out = io.BytesIO()
s3.download_fileobj("boto", "db/stream", out, Config=parts)
same("stream", out.getvalue() == big, True)
s3.copy({"Bucket": "boto", "Key": "db/big"}, "boto", "db/copy", Config=parts)
same("range of the copy", s3.get_object(Bucket="boto", Key="db/copy", Range="bytes=-3")["Body"].read(), big[-3:])

# Checksums: each algorithm in a header, and one that lies.
for name in ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"]:
    try:
        put = s3.put_object(Bucket="boto", Key=name, Body=b"content", ChecksumAlgorithm=name)
    except Exception as e:  # what needs awscrt is not everywhere
        if "awscrt" in str(e) or "Missing Dependency" in str(e):
            continue
        raise
    got = s3.get_object(Bucket="boto", Key=name, ChecksumMode="ENABLED")
    same(name, (got["Body"].read(), got["Checksum" + name]), (b"content", put["Checksum" + name]))
same("a wrong checksum", error(s3.put_object, Bucket="boto", Key="bad", Body=b"content", ChecksumCRC32="AAAAAA=="), "BadDigest")
# A body that cannot be rewound is sent in signed chunks with a trailer.
pipe, end = os.pipe()
os.write(end, b"piped")
os.close(end)
with os.fdopen(pipe, "rb") as f:
    same("a pipe", error(s3.upload_fileobj, Fileobj=f, Bucket="boto", Key="piped"), None)
same("piped", s3.get_object(Bucket="boto", Key="piped")["Body"].read(), b"piped")

# Versions.
s3.create_bucket(Bucket="versions")
s3.put_bucket_versioning(Bucket="versions", VersioningConfiguration={"Status": "Enabled"})
one = s3.put_object(Bucket="versions", Key="code.zip", Body=b"one")["VersionId"]
two = s3.put_object(Bucket="versions", Key="code.zip", Body=b"two")["VersionId"]
same("old version", s3.get_object(Bucket="versions", Key="code.zip", VersionId=one)["Body"].read(), b"one")
marker = s3.delete_object(Bucket="versions", Key="code.zip")
same("delete marker", (marker["DeleteMarker"], error(s3.get_object, Bucket="versions", Key="code.zip")), (True, "NoSuchKey"))
same("version behind the marker", s3.get_object(Bucket="versions", Key="code.zip", VersionId=two)["Body"].read(), b"two")
listed = s3.list_object_versions(Bucket="versions")
same("versions", ([v["VersionId"] for v in listed["Versions"]], [m["VersionId"] for m in listed["DeleteMarkers"]]), ([two, one], [marker["VersionId"]]))

# Lists and deletions.
for i in range(7):
    s3.put_object(Bucket="boto", Key=f"many/{i}/x y+é", Body=b"")
pages = list(s3.get_paginator("list_objects_v2").paginate(Bucket="boto", Prefix="many/", PaginationConfig={"PageSize": 3}))
same("pages", ([p["KeyCount"] for p in pages], pages[0]["Contents"][0]["Key"]), ([3, 3, 1], "many/0/x y+é"))
same("prefixes", len(s3.list_objects(Bucket="boto", Prefix="many/", Delimiter="/")["CommonPrefixes"]), 7)
gone = s3.delete_objects(Bucket="boto", Delete={"Objects": [{"Key": c["Key"]} for p in pages for c in p["Contents"]]})
same("deleted", len(gone["Deleted"]), 7)

# Presigned URLs.
v4 = boto3.client("s3", config=Config(signature_version="s3v4"))
same("presigned PUT", opened(v4.generate_presigned_url("put_object", {"Bucket": "boto", "Key": "signed"}), "PUT", b"signed")[0], 200)
url = v4.generate_presigned_url("get_object", {"Bucket": "boto", "Key": "signed"}, ExpiresIn=60)
same("presigned GET", opened(url), (200, b"signed"))
same("another key", opened(url.replace("/signed", "/piped"))[0], 403)
v2 = boto3.client("s3", config=Config(signature_version="s3"))
status, body = opened(v2.generate_presigned_url("get_object", {"Bucket": "boto", "Key": "signed"}))
same("presigned with version 2", (status, b"<Code>InvalidRequest</Code>" in body and b"AWS4-HMAC-SHA256" in body), (400, True))
same("signed with version 2", error(v2.get_object, Bucket="boto", Key="signed"), "InvalidRequest")

# Errors.
same("errors", [error(s3.get_object, Bucket="none-such", Key="x"), error(s3.get_object, Bucket="boto", Key="none"), error(s3.delete_bucket, Bucket="boto"),
                error(s3.get_object, Bucket="versions", Key="code.zip", VersionId="none"), error(s3.create_bucket, Bucket="A_b"),
                error(s3.complete_multipart_upload, Bucket="boto", Key="x", UploadId="none", MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": "x"}]})],
     ["NoSuchBucket", "NoSuchKey", "BucketNotEmpty", "NoSuchVersion", "InvalidBucketName", "NoSuchUpload"])
print("ok")
