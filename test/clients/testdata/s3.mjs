// A session with the S3 clients of the AWS SDK for JavaScript: prints ok at the end.
import { createRequire } from "node:module";
import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
const require = createRequire(process.env.QUOIN_NODE_MODULES + "/");
const { S3Client, paginateListObjectsV2, ...c } = require("@aws-sdk/client-s3");
const { Upload } = require("@aws-sdk/lib-storage");
const { getSignedUrl } = require("@aws-sdk/s3-request-presigner");

const s3 = new S3Client({ endpoint: process.env.AWS_ENDPOINT_URL, region: process.env.AWS_REGION, forcePathStyle: true });
const Bucket = "node";
const call = (command, input) => s3.send(new c[command + "Command"]({ Bucket, ...input }));
const bytes = async (input) => Buffer.from(await (await call("GetObject", input)).Body.transformToByteArray());
const error = async (command, input) => {
  try {
    await call(command, input);
  } catch (e) {
    return e.name;
  }
  return null;
};
const same = (what, got, want) => {
  if (JSON.stringify(got) !== JSON.stringify(want)) throw new Error(`${what}: ${JSON.stringify(got)}, want ${JSON.stringify(want)}`);
};

await call("CreateBucket", {});
// Several parts of a stream, whose length nobody knows before.
const big = randomBytes(12 * 1024 * 1024 + 5);
const pieces = async function* () {
  for (let i = 0; i < big.length; i += 100_000) yield big.subarray(i, i + 100_000);
};
const uploaded = await new Upload({ client: s3, params: { Bucket, Key: "big", Body: Readable.from(pieces()), Metadata: { made: "by node" } } }).done();
same("parts", uploaded.ETag.endsWith('-3"'), true);
same("big", (await bytes({ Key: "big" })).equals(big), true);
same("range", (await bytes({ Key: "big", Range: "bytes=5-9" })).equals(big.subarray(5, 10)), true);
same("head", (await call("HeadObject", { Key: "big" })).Metadata, { made: "by node" });

// Checksums, in a header and as the trailer of a stream.
for (const ChecksumAlgorithm of ["CRC32", "CRC32C", "SHA1", "SHA256"]) {
  const put = await call("PutObject", { Key: ChecksumAlgorithm, Body: "content", ChecksumAlgorithm });
  const got = await call("GetObject", { Key: ChecksumAlgorithm, ChecksumMode: "ENABLED" });
  same(ChecksumAlgorithm, [await got.Body.transformToString(), got["Checksum" + ChecksumAlgorithm]], ["content", put["Checksum" + ChecksumAlgorithm]]);
}
await call("PutObject", { Key: "stream", Body: Readable.from([Buffer.from("str"), Buffer.from("eam")]), ContentLength: 6, ChecksumAlgorithm: "CRC32" });
same("stream", (await bytes({ Key: "stream" })).toString(), "stream");
same("a wrong checksum", await error("PutObject", { Key: "bad", Body: "content", ChecksumCRC32: "AAAAAA==" }), "BadDigest");

// Versions.
await call("PutBucketVersioning", { VersioningConfiguration: { Status: "Enabled" } });
const one = (await call("PutObject", { Key: "code.zip", Body: "one" })).VersionId;
await call("PutObject", { Key: "code.zip", Body: "two" });
same("versions", [(await bytes({ Key: "code.zip", VersionId: one })).toString(), (await bytes({ Key: "code.zip" })).toString()], ["one", "two"]);
same("listed", (await call("ListObjectVersions", { Prefix: "code.zip" })).Versions.length, 2);
await call("PutBucketVersioning", { VersioningConfiguration: { Status: "Suspended" } });

// Lists, copies, deletions.
for (let i = 0; i < 5; i++) await call("CopyObject", { Key: `many/${i}/a b`, CopySource: `${Bucket}/stream` });
const keys = [];
for await (const page of paginateListObjectsV2({ client: s3, pageSize: 2 }, { Bucket, Prefix: "many/" })) keys.push(...page.Contents.map((o) => o.Key));
same("keys", keys.length, 5);
same("prefixes", (await call("ListObjectsV2", { Prefix: "many/", Delimiter: "/" })).CommonPrefixes.length, 5);
same("deleted", (await call("DeleteObjects", { Delete: { Objects: keys.map((Key) => ({ Key })) } })).Deleted.length, 5);

// Presigned URLs.
const put = await getSignedUrl(s3, new c.PutObjectCommand({ Bucket, Key: "signed" }), { expiresIn: 60 });
same("presigned PUT", (await fetch(put, { method: "PUT", body: "signed" })).status, 200);
const get = await getSignedUrl(s3, new c.GetObjectCommand({ Bucket, Key: "signed" }), { expiresIn: 60 });
same("presigned GET", await (await fetch(get)).text(), "signed");
same("another key", (await fetch(get.replace("/signed", "/stream"))).status, 403);

// Errors.
same("errors", [await error("GetObject", { Key: "none" }), await error("GetObject", { Bucket: "none-such", Key: "x" }), await error("DeleteBucket", {}), await error("CreateBucket", { Bucket: "A_b" })],
  ["NoSuchKey", "NoSuchBucket", "BucketNotEmpty", "InvalidBucketName"]);
console.log("ok");
