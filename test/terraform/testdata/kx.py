"""Replays the calls of Terraform's AWS provider for aws_finspace_kx_* resources.

Each is created, read as a refresh or an import does, changed, read, changed
back, read, and destroyed.
"""

import io
import zipfile

from provider import Cluster, Database, Dataview, Environment, ScalingGroup, User, Volume, client, iam, s3

account = client("sts").get_caller_identity()["Account"]  # what the provider begins with
trust = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"%s","AWS":"%s"}}]}'
allow = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
roles = []
for name in ("reader", "writer"):
    roles.append(iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust % ("prod.finspacekx.aws.internal", account))["Role"]["Arn"])
    iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=allow)
s3.create_bucket(Bucket="code")
for name, text in (("one", "x:1\n"), ("two", "x:2\n")):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as z:
        z.writestr("init.q", text)
    s3.put_object(Bucket="code", Key=name + ".zip", Body=packed.getvalue())

environment = Environment()
first = dict(name="trading", description="one", kmsKeyId=f"arn:aws:kms:us-east-1:{account}:key/any", tags={"a": "1"},
             transitGatewayConfiguration={"transitGatewayID": "tgw-0123456789abcdef0", "routableCIDRSpace": "100.64.0.0/26"},
             customDNSConfiguration=[{"customDNSServerName": "example.com", "customDNSServerIP": "10.0.0.1"}])
second = first | dict(name="renamed", description="two", tags={"b": "2", "c": "3"}, customDNSConfiguration=[{"customDNSServerName": "example.com", "customDNSServerIP": "10.0.0.2"}])
env = environment.begin(first)
environment.change(env, first, second)
environment.change(env, second, second | {"tags": {"b": "2"}})
zone = environment.get(env)["availabilityZoneIds"][0]

standing = []  # resources that others need, in the order of their making


def keep(resource, first, second):
    """Creates, changes there and back, and leaves it for those that depend on it."""
    id_ = resource.begin(first)
    resource.change(id_, first, second)
    resource.change(id_, second, first)
    standing.append((resource, id_))


keep(User(env), dict(name="bob", iamRole=roles[0], tags={"team": "fx"}), dict(name="bob", iamRole=roles[1], tags={"team": "rates", "x": "y"}))
keep(Database(env), dict(name="prices", description="one", tags={}), dict(name="prices", tags={"a": "b"}))
keep(ScalingGroup(env), dict(name="group", availabilityZoneId=zone, hostType="kx.sg.4xlarge", tags={"a": "1"}),
     dict(name="group", availabilityZoneId=zone, hostType="kx.sg.4xlarge", tags={}))
volume = dict(name="volume", volumeType="NAS_1", azMode="SINGLE", availabilityZoneIds=[zone], description="one", nas1Configuration={"type": "SSD_250", "size": 1200}, tags={"a": "1"})
keep(Volume(env), volume, volume | dict(description="two", tags={"b": "2"}))
view = dict(name="view", azMode="SINGLE", availabilityZoneId=zone, autoUpdate=True, readWrite=False, description="d", tags={"a": "1"},
            segmentConfigurations=[{"dbPaths": ["/*"], "volumeName": "volume", "onDemand": False}])
keep(Dataview(env, "prices"), view, view | dict(tags={}, segmentConfigurations=[{"dbPaths": ["/a/*"], "volumeName": "volume", "onDemand": False}]))
common = dict(releaseLabel="1.0", azMode="SINGLE", availabilityZoneId=zone, executionRole=roles[0], initializationScript="init.q",
              code={"s3Bucket": "code", "s3Key": "one.zip"},
              vpcConfiguration={"vpcId": "vpc-0123456789abcdef0", "securityGroupIds": ["sg-0123456789abcdef0"], "subnetIds": ["subnet-0123456789abcdef0"], "ipAddressType": "IP_V4"})
host = {"scalingGroupName": "group", "memoryLimit": 200, "memoryReservation": 100, "nodeCount": 1, "cpu": 0.5}
gp = common | dict(name="gp1", clusterType="GP", clusterDescription="one", scalingGroupConfiguration=host, tags={"a": "1"},
                   commandLineArguments=[{"key": "mode", "value": "fast"}])
keep(Cluster(env), gp, gp | dict(tags={"b": "2"}, code={"s3Bucket": "code", "s3Key": "two.zip"}, commandLineArguments=[{"key": "mode", "value": "slow"}]))
hdb = common | dict(name="hdb", clusterType="HDB", scalingGroupConfiguration=host, tags={}, databases=[{"databaseName": "prices", "dataviewName": "view"}])
keep(Cluster(env), hdb, hdb | dict(tags={"a": "1"}, code={"s3Bucket": "code", "s3Key": "two.zip"}))
rdb = common | dict(name="rdb", clusterType="RDB", scalingGroupConfiguration=host, tags={}, savedownStorageConfiguration={"volumeName": "volume"}, databases=[{"databaseName": "prices"}])
keep(Cluster(env), rdb, rdb | dict(code={"s3Bucket": "code", "s3Key": "two.zip"}))
tp = common | dict(name="tp1", clusterType="TICKERPLANT", scalingGroupConfiguration=host, tags={}, tickerplantLogConfiguration={"tickerplantLogVolumes": ["volume"]})
keep(Cluster(env), tp, tp | dict(tags={"a": "1"}))

for resource, id_ in reversed(standing):
    resource.end(id_)
environment.end(env)
