"""Serialises inputs and parses replies with botocore, one JSON document a line.

In:  {"op": name, "input": {...}, "output": "JSON text"}
     {"op": name, "status": n, "headers": {...}, "error": "JSON text"}
Out: {"method":, "url":, "body":, "output": {...}} or {"code":, "members": {...}}
"""
import datetime
import json
import sys

import botocore.session
from botocore import parsers, serialize
from botocore.awsrequest import HeadersDict, create_request_object, prepare_request_dict

model = botocore.session.get_session().get_service_model("finspace")
serializer = serialize.create_serializer("rest-json")
parser = parsers.create_parser("rest-json")


def plain(v):
    if isinstance(v, dict):
        return {k: plain(x) for k, x in v.items()}
    if isinstance(v, list):
        return [plain(x) for x in v]
    if isinstance(v, datetime.datetime):
        return round(v.timestamp() * 1000)
    return v


def answer(line):
    op = model.operation_model(line["op"])
    if "error" in line:
        reply = {"status_code": line["status"], "headers": HeadersDict(line["headers"]), "body": line["error"].encode()}
        parsed = parser.parse(reply, op.output_shape)
        shape = model.shape_for_error_code(parsed["Error"]["Code"])
        members = parser.parse(reply, shape) if shape else {}
        return {"code": parsed["Error"]["Code"], "text": parsed["Error"]["Message"],
                "members": {k: v for k, v in members.items() if k in ("message", "reason")}}
    request = serializer.serialize_to_request(line["input"], op)
    prepare_request_dict(request, "http://localhost")
    sent = create_request_object(request).prepare()
    body = sent.body or b""
    if isinstance(body, str):
        body = body.encode()
    reply = {"status_code": 200, "headers": {}, "body": line["output"].encode()}
    output = parser.parse(reply, op.output_shape)
    output.pop("ResponseMetadata", None)
    return {"method": sent.method, "url": sent.url, "body": body.decode(), "output": plain(output)}


for text in sys.stdin:
    print(json.dumps(answer(json.loads(text))), flush=True)
