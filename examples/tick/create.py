"""Creates the tick application with plain boto3; delete.py removes it."""
import io
import json
import pathlib
import time
import zipfile

import boto3

NAME = "tick"  # of the environment, scaling group, volume, bucket and roles
finspace, iam, s3 = boto3.client("finspace"), boto3.client("iam"), boto3.client("s3")
account = boto3.client("sts").get_caller_identity()["Account"]


def wait(get, want, **args):
    """Asks until the status is the one that is wanted."""
    while (got := get(**args))["status"] != want:
        if "FAILED" in got["status"]:
            raise SystemExit(f"{args}: {got['status']}: {got.get('statusReason', got.get('errorInfo'))}")
        time.sleep(0.1)
    return got


env = finspace.create_kx_environment(name=NAME, kmsKeyId=f"arn:aws:kms:us-east-1:{account}:key/any")["environmentId"]
zone = wait(finspace.get_kx_environment, "CREATED", environmentId=env)["availabilityZoneIds"][0]

trust = {"Version": "2012-10-17", "Statement": [{
    "Effect": "Allow", "Action": "sts:AssumeRole",
    "Principal": {"AWS": f"arn:aws:iam::{account}:root", "Service": ["finspace.amazonaws.com", "prod.finspacekx.aws.internal"]}}]}
policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["finspace:*", "s3:GetObject*", "s3:ListBucket"], "Resource": "*"}]}
role = iam.create_role(RoleName=NAME, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
iam.put_role_policy(RoleName=NAME, PolicyName="kx", PolicyDocument=json.dumps(policy))
finspace.create_kx_user(environmentId=env, userName="trader", iamRole=role)

code = io.BytesIO()
with zipfile.ZipFile(code, "w") as z:
    for file in sorted((pathlib.Path(__file__).parent / "q").glob("*.q")):
        z.write(file, file.name)
bucket = f"{NAME}-code-{account}"
s3.create_bucket(Bucket=bucket)
s3.put_object(Bucket=bucket, Key="tick.zip", Body=code.getvalue())

finspace.create_kx_scaling_group(environmentId=env, scalingGroupName=NAME, hostType="kx.sg.4xlarge", availabilityZoneId=zone)
finspace.create_kx_volume(
    environmentId=env, volumeName=NAME, volumeType="NAS_1", nas1Configuration={"type": "SSD_250", "size": 1200},
    azMode="SINGLE", availabilityZoneIds=[zone])
finspace.create_kx_database(environmentId=env, databaseName="market")
wait(finspace.get_kx_scaling_group, "ACTIVE", environmentId=env, scalingGroupName=NAME)
wait(finspace.get_kx_volume, "ACTIVE", environmentId=env, volumeName=NAME)


def cluster(name, kind, script, nodes=1, args={}, **more):
    finspace.create_kx_cluster(
        environmentId=env, clusterName=name, clusterType=kind, releaseLabel="1.0", executionRole=role,
        code={"s3Bucket": bucket, "s3Key": "tick.zip"}, initializationScript=script,
        commandLineArguments=[{"key": k, "value": v} for k, v in args.items()],
        scalingGroupConfiguration={"scalingGroupName": NAME, "memoryReservation": 6, "nodeCount": nodes},
        azMode="SINGLE", availabilityZoneId=zone,
        vpcConfiguration={"vpcId": "vpc-12345678", "securityGroupIds": ["sg-12345678"], "subnetIds": ["subnet-12345678"], "ipAddressType": "IP_V4"},
        **more)
    wait(finspace.get_kx_cluster, "RUNNING", environmentId=env, clusterName=name)
    print(name, "runs")


cluster("tickerplant", "TICKERPLANT", "tick.q", tickerplantLogConfiguration={"tickerplantLogVolumes": [NAME]})
cluster("rdb", "RDB", "rdb.q", databases=[{"databaseName": "market"}], savedownStorageConfiguration={"volumeName": NAME},
        args={"name": "rdb", "volume": NAME, "tp": "tickerplant", "hdb": "hdb", "dataview": "market"})
first = finspace.list_kx_changesets(environmentId=env, databaseName="market")["kxChangesets"][0]["changesetId"]
finspace.create_kx_dataview(
    environmentId=env, databaseName="market", dataviewName="market", changesetId=first, autoUpdate=False,
    azMode="SINGLE", availabilityZoneId=zone, segmentConfigurations=[{"volumeName": NAME, "dbPaths": ["/*"]}])
wait(finspace.get_kx_dataview, "ACTIVE", environmentId=env, databaseName="market", dataviewName="market")
cluster("hdb", "HDB", "hdb.q", nodes=2, databases=[{"databaseName": "market", "dataviewName": "market"}])
cluster("rts", "RDB", "rts.q", args={"tp": "tickerplant"})
cluster("gateway", "GATEWAY", "gw.q", args={"tp": "tickerplant", "rdb": "rdb", "hdb": "hdb"})
cluster("feed", "GP", "feed.q", args={"tp": "tickerplant"})
