"""A session with a stock boto3: prints what came back, one JSON object."""
import json
import time

import boto3

finspace, iam, sts = boto3.client("finspace"), boto3.client("iam"), boto3.client("sts")
account = sts.get_caller_identity()["Account"]
trust = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": "sts:AssumeRole"}]})


def until(status, poll):
    for _ in range(1000):
        if (seen := poll()) == status:
            return
        time.sleep(0.01)
    raise TimeoutError(seen)


def error(call, **arguments):
    try:
        call(**arguments)
    except finspace.exceptions.ClientError as e:
        return [type(e).__name__, e.response["ResponseMetadata"]["HTTPStatusCode"], bool(e.response["Error"]["Message"]), e.response.get("reason")]
    return None


env = finspace.create_kx_environment(name="boto3", kmsKeyId="arn:aws:kms:us-east-1:123456789012:key/1", tags={"made": "by boto3"})
id = env["environmentId"]
until("CREATED", lambda: finspace.get_kx_environment(environmentId=id)["status"])
roles = [iam.create_role(RoleName=f"boto3-{n}", AssumeRolePolicyDocument=trust)["Role"]["Arn"] for n in "ab"]
user = finspace.create_kx_user(environmentId=id, userName="bob", iamRole=roles[0], tags={"team": "fx"})
updated = finspace.update_kx_user(environmentId=id, userName="bob", iamRole=roles[1], clientToken="once")
again = finspace.update_kx_user(environmentId=id, userName="bob", iamRole=roles[1], clientToken="once")
for i in range(7):
    finspace.create_kx_user(environmentId=id, userName=f"user-{i}", iamRole=roles[0])
names, page = [], finspace.list_kx_users(environmentId=id, maxResults=3)
while True:
    names += [u["userName"] for u in page["users"]]
    if "nextToken" not in page:
        break
    page = finspace.list_kx_users(environmentId=id, maxResults=3, nextToken=page["nextToken"])
arn = user["userArn"]
finspace.tag_resource(resourceArn=arn, tags={"desk": "1"})
tags = finspace.list_tags_for_resource(resourceArn=arn)["tags"]
finspace.untag_resource(resourceArn=arn, tagKeys=["team", "desk"])

facts = {
    "status": env["status"],
    "environmentTags": finspace.list_tags_for_resource(resourceArn=env["environmentArn"])["tags"],
    "zones": finspace.get_kx_environment(environmentId=id)["availabilityZoneIds"],
    "created": sorted(k for k in user if k != "ResponseMetadata"),
    "updated": updated["iamRole"] == roles[1] and {k: v for k, v in updated.items() if k != "ResponseMetadata"} == {k: v for k, v in again.items() if k != "ResponseMetadata"},
    "got": finspace.get_kx_user(environmentId=id, userName="bob")["iamRole"] == roles[1],
    "names": names,
    "times": all(u["updateTimestamp"] >= u["createTimestamp"] for u in finspace.list_kx_users(environmentId=id)["users"]),
    "tags": tags,
    "tagsLeft": finspace.list_tags_for_resource(resourceArn=arn)["tags"],
    "errors": {
        "missing": error(finspace.get_kx_user, environmentId=id, userName="nobody"),
        "taken": error(finspace.create_kx_user, environmentId=id, userName="bob", iamRole=roles[0]),
        "invalid": error(finspace.create_kx_user, environmentId=id, userName="a b", iamRole=roles[0]),
        "conflict": error(finspace.update_kx_user, environmentId=id, userName="bob", iamRole=roles[0], clientToken="once"),
    },
}
for u in list(names):
    finspace.delete_kx_user(environmentId=id, userName=u)
finspace.delete_kx_environment(environmentId=id)
until("DELETED", lambda: finspace.get_kx_environment(environmentId=id)["status"])
facts["left"] = [e["name"] for p in finspace.get_paginator("list_kx_environments").paginate() for e in p["environments"]]
for n in "ab":
    iam.delete_role(RoleName=f"boto3-{n}")
print(json.dumps(facts))
