"""Signs requests with botocore: one JSON object a line in, one out."""

import datetime
import json
import sys

import botocore.auth
import botocore.awsrequest
import botocore.credentials


def signer(spec, creds):
    if spec["form"] == "query":
        cls = botocore.auth.S3SigV4QueryAuth if spec["service"] == "s3" else botocore.auth.SigV4QueryAuth
        return cls(creds, spec["service"], spec["region"], expires=spec["expires"])
    cls = botocore.auth.S3SigV4Auth if spec["service"] == "s3" else botocore.auth.SigV4Auth
    return cls(creds, spec["service"], spec["region"])


for line in sys.stdin:
    spec = json.loads(line)
    now = datetime.datetime.strptime(spec["date"], "%Y%m%dT%H%M%SZ")
    botocore.auth.get_current_datetime = lambda *args, now=now: now
    creds = botocore.credentials.Credentials(spec["key"], spec["secret"], spec["token"] or None)
    request = botocore.awsrequest.AWSRequest(
        method=spec["method"], url=spec["url"], headers=spec["headers"], data=spec["body"].encode() or None
    )
    signer(spec, creds).add_auth(request)
    headers = {k: v.decode() if isinstance(v, bytes) else v for k, v in request.headers.items()}
    print(json.dumps({"url": request.url, "headers": headers}))
