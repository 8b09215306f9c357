"""Makes examples/tick by the calls of Terraform's AWS provider, as create.py makes
it by boto3's: the same names, so that delete.py removes either.
"""

import io
import json
import pathlib
import zipfile

from provider import Cluster, Database, Dataview, Environment, ScalingGroup, User, Volume, client, iam, kx, s3

NAME = "tick"
account = client("sts").get_caller_identity()["Account"]

environment = Environment()
env = environment.begin(dict(name=NAME, kmsKeyId=f"arn:aws:kms:us-east-1:{account}:key/any", tags={}))
zone = environment.get(env)["availabilityZoneIds"][0]

trust = {"Version": "2012-10-17", "Statement": [{
    "Effect": "Allow", "Action": "sts:AssumeRole",
    "Principal": {"AWS": f"arn:aws:iam::{account}:root", "Service": ["finspace.amazonaws.com", "prod.finspacekx.aws.internal"]}}]}
policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["finspace:*", "s3:GetObject*", "s3:ListBucket"], "Resource": "*"}]}
role = iam.create_role(RoleName=NAME, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
iam.put_role_policy(RoleName=NAME, PolicyName="kx", PolicyDocument=json.dumps(policy))
User(env).begin(dict(name="trader", iamRole=role, tags={}))

code = io.BytesIO()
with zipfile.ZipFile(code, "w") as z:
    for file in sorted((pathlib.Path(__file__).resolve().parents[3] / "examples/tick/q").glob("*.q")):
        z.write(file, file.name)
bucket = f"{NAME}-code-{account}"
s3.create_bucket(Bucket=bucket)
s3.put_object(Bucket=bucket, Key="tick.zip", Body=code.getvalue())

ScalingGroup(env).begin(dict(name=NAME, hostType="kx.sg.4xlarge", availabilityZoneId=zone, tags={}))
Volume(env).begin(dict(name=NAME, volumeType="NAS_1", nas1Configuration={"type": "SSD_250", "size": 1200}, azMode="SINGLE", availabilityZoneIds=[zone], tags={}))
Database(env).begin(dict(name="market", tags={}))


def cluster(name, kind, script, nodes=1, args={}, **more):
    if args:
        more["commandLineArguments"] = [{"key": k, "value": v} for k, v in args.items()]
    Cluster(env).begin(dict(
        name=name, clusterType=kind, releaseLabel="1.0", executionRole=role, initializationScript=script, tags={},
        code={"s3Bucket": bucket, "s3Key": "tick.zip"}, azMode="SINGLE", availabilityZoneId=zone,
        scalingGroupConfiguration={"scalingGroupName": NAME, "memoryReservation": 6, "nodeCount": nodes},
        vpcConfiguration={"vpcId": "vpc-12345678", "securityGroupIds": ["sg-12345678"], "subnetIds": ["subnet-12345678"], "ipAddressType": "IP_V4"},
        **more))
    print(name, "runs")


cluster("tickerplant", "TICKERPLANT", "tick.q", tickerplantLogConfiguration={"tickerplantLogVolumes": [NAME]})
cluster("rdb", "RDB", "rdb.q", databases=[{"databaseName": "market"}], savedownStorageConfiguration={"volumeName": NAME},
        args={"name": "rdb", "volume": NAME, "tp": "tickerplant", "hdb": "hdb", "dataview": "market"})
first = kx.list_kx_changesets(environmentId=env, databaseName="market")["kxChangesets"][0]["changesetId"]
Dataview(env, "market").begin(dict(
    name="market", changesetId=first, autoUpdate=False, readWrite=False, azMode="SINGLE", availabilityZoneId=zone, tags={},
    segmentConfigurations=[{"volumeName": NAME, "dbPaths": ["/*"], "onDemand": False}]))
cluster("hdb", "HDB", "hdb.q", nodes=2, databases=[{"databaseName": "market", "dataviewName": "market"}])
cluster("rts", "RDB", "rts.q", args={"tp": "tickerplant"})
cluster("gateway", "GATEWAY", "gw.q", args={"tp": "tickerplant", "rdb": "rdb", "hdb": "hdb"})
cluster("feed", "GP", "feed.q", args={"tp": "tickerplant"})
