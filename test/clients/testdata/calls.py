"""Makes the calls that come in, one JSON object a line, and prints what came of
each: with boto3, or with the AWS CLI's own code, which starts slowly as a
program of its own."""
import contextlib, io, json, re, sys

from botocore import xform_name
from botocore.exceptions import ClientError


def boto3_caller():
    import boto3

    client = boto3.client("finspace")

    def call(operation, members):
        try:
            out = getattr(client, xform_name(operation))(**members)
        except ClientError as e:
            typed = getattr(client.exceptions, e.response["Error"]["Code"], None)
            code = e.response["Error"]["Code"] if typed and isinstance(e, typed) else "untyped"
            return {"code": code, "status": e.response["ResponseMetadata"]["HTTPStatusCode"],
                    "message": e.response["Error"]["Message"], "reason": e.response.get("reason", "")}
        out.pop("ResponseMetadata")
        return {"output": out}

    return call


def cli_caller():
    from awscli.clidriver import create_clidriver

    driver = create_clidriver()

    def call(operation, members):
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = driver.main(["finspace", xform_name(operation, "-"), "--output", "json", "--cli-input-json", json.dumps(members)])
        if status == 0:
            return {"output": json.loads(out.getvalue() or "{}")}
        m = re.search(r"An error occurred \((\w+)\) when calling the (\w+) operation(?: \(reached max retries: 0\))?: (.*)", err.getvalue(), re.S)
        if not m or m[2] != operation:
            return {"code": "untyped", "message": err.getvalue()}
        return {"code": m[1], "message": m[3].strip()}

    return call


call = {"boto3": boto3_caller, "cli": cli_caller}[sys.argv[1]]()
for line in sys.stdin:
    request = json.loads(line)
    print(json.dumps(call(request["operation"], request["input"]), default=str), flush=True)
