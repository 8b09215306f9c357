"""Removes what create.py created, clusters first."""
import time

import boto3

NAME = "tick"
finspace, iam, s3 = boto3.client("finspace"), boto3.client("iam"), boto3.client("s3")
account = boto3.client("sts").get_caller_identity()["Account"]
env = next(e["environmentId"] for e in finspace.list_kx_environments()["environments"] if e["name"] == NAME and e["status"] == "CREATED")


def gone(get, **args):
    """Waits until there is no such thing any more."""
    try:
        while get(**args)["status"] != "DELETED":
            time.sleep(0.1)
    except finspace.exceptions.ResourceNotFoundException:
        pass


clusters = ["feed", "gateway", "rts", "rdb", "hdb", "tickerplant"]
for name in clusters:
    finspace.delete_kx_cluster(environmentId=env, clusterName=name)
for name in clusters:
    gone(finspace.get_kx_cluster, environmentId=env, clusterName=name)
finspace.delete_kx_dataview(environmentId=env, databaseName="market", dataviewName="market")
gone(finspace.get_kx_dataview, environmentId=env, databaseName="market", dataviewName="market")
finspace.delete_kx_database(environmentId=env, databaseName="market")
finspace.delete_kx_volume(environmentId=env, volumeName=NAME)
gone(finspace.get_kx_volume, environmentId=env, volumeName=NAME)
finspace.delete_kx_scaling_group(environmentId=env, scalingGroupName=NAME)
gone(finspace.get_kx_scaling_group, environmentId=env, scalingGroupName=NAME)
finspace.delete_kx_user(environmentId=env, userName="trader")
finspace.delete_kx_environment(environmentId=env)
gone(finspace.get_kx_environment, environmentId=env)
iam.delete_role_policy(RoleName=NAME, PolicyName="kx")
iam.delete_role(RoleName=NAME)
bucket = f"{NAME}-code-{account}"
s3.delete_object(Bucket=bucket, Key="tick.zip")
s3.delete_bucket(Bucket=bucket)
print("gone")
