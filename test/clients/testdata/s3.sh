# A session with the AWS CLI's s3 commands: prints ok at the end.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir -p "$dir/db/2026.01.02/trade"
head -c 20000000 /dev/urandom >"$dir/db/2026.01.02/trade/price" # several parts
printf 'symbols' >"$dir/db/sym"
printf 'odd' >"$dir/db/odd name+é"
aws s3 mb s3://hist
aws s3 sync "$dir/db" s3://hist/db/ --no-progress >/dev/null
aws s3 sync "$dir/db" s3://hist/db/ | grep -q . && { echo "a second sync sent something"; exit 1; }
aws s3 ls s3://hist/db/ | grep -q 'PRE 2026.01.02/'
test "$(aws s3 ls s3://hist/ --recursive | wc -l)" = 3
aws s3 cp s3://hist/db/2026.01.02/trade/price "$dir/back" --no-progress >/dev/null
cmp "$dir/db/2026.01.02/trade/price" "$dir/back"
aws s3 cp s3://hist/db/2026.01.02/trade/price s3://hist/copy --no-progress >/dev/null # part by part
aws s3 cp s3://hist/copy - | cmp - "$dir/back"
printf 'streamed' | aws s3 cp - s3://hist/streamed
test "$(aws s3 cp s3://hist/streamed -)" = streamed
aws s3 mv s3://hist/streamed s3://hist/moved >/dev/null
aws s3api get-object --bucket hist --key db/sym --range bytes=0-2 "$dir/range" >/dev/null
test "$(cat "$dir/range")" = sym
# Unless told otherwise botocore presigns for other endpoints with version 2 of signatures.
printf '[default]\ns3 =\n  signature_version = s3v4\n' >"$dir/config"
url=$(AWS_CONFIG_FILE="$dir/config" aws s3 presign s3://hist/moved --expires-in 60)
python3 -c 'import os, ssl, sys, urllib.request
tls = ssl.create_default_context(cafile=os.environ.get("AWS_CA_BUNDLE"))
print(urllib.request.urlopen(sys.argv[1], context=tls).read().decode())' "$url" | grep -qx streamed
rm "$dir/db/sym"
aws s3 sync "$dir/db" s3://hist/db/ --delete | grep -q 'delete: s3://hist/db/sym'
aws s3 rb s3://hist 2>&1 | grep -q BucketNotEmpty
aws s3 rm s3://hist/ --recursive >/dev/null
aws s3 rb s3://hist >/dev/null
aws s3 ls s3://hist 2>&1 | grep -q NoSuchBucket
echo ok
