"""Replays the calls of Terraform's AWS provider for aws_iam_* resources.

Each resource reads itself back after every step, as a refresh does; what it
reads must be what was asked for, or a plan would never settle.
"""

import json
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

endpoint, key, secret = sys.argv[1:4]
ACCOUNT = "123456789012"


def client(service):
    return boto3.client(service, endpoint_url=endpoint, region_name="eu-west-1", config=Config(retries={"max_attempts": 1}),
                        aws_access_key_id=key, aws_secret_access_key=secret)


iam = client("iam")


def gone(fn, **params):
    try:
        fn(**params)
    except ClientError as e:
        return e.response["Error"]["Code"] == "NoSuchEntity"
    return False


def tags_in(tags):
    return [{"Key": k, "Value": v} for k, v in tags.items()]


def tags_out(tags):
    return {t["Key"]: t["Value"] for t in tags or []}


def all_of(operation, element, **params):
    return [x for page in iam.get_paginator(operation).paginate(**params) for x in page[element]]


def retag(tag, untag, old, new, **who):
    removed = [k for k in old if k not in new]
    if removed:
        untag(TagKeys=removed, **who)
    changed = {k: v for k, v in new.items() if old.get(k) != v}
    if changed:
        tag(Tags=tags_in(changed), **who)


class Role:
    def create(self, c):
        iam.create_role(RoleName=c["name"], Path=c["path"], AssumeRolePolicyDocument=json.dumps(c["trust"]), Description=c["description"],
                        MaxSessionDuration=c["max"], Tags=tags_in(c["tags"]))
        for n, d in c["inline"].items():
            iam.put_role_policy(RoleName=c["name"], PolicyName=n, PolicyDocument=json.dumps(d))
        for arn in c["managed"]:
            iam.attach_role_policy(RoleName=c["name"], PolicyArn=arn)
        return c["name"]

    def read(self, id_):
        r = iam.get_role(RoleName=id_)["Role"]
        assert r["Arn"].startswith("arn:aws:iam::") and r["RoleId"].startswith("AROA")
        inline = {n: iam.get_role_policy(RoleName=id_, PolicyName=n)["PolicyDocument"] for n in all_of("list_role_policies", "PolicyNames", RoleName=id_)}
        managed = [p["PolicyArn"] for p in all_of("list_attached_role_policies", "AttachedPolicies", RoleName=id_)]
        return dict(name=r["RoleName"], path=r["Path"], trust=r["AssumeRolePolicyDocument"], description=r.get("Description", ""), max=r["MaxSessionDuration"],
                    tags=tags_out(r.get("Tags")), boundary=r.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn"), inline=inline, managed=managed)

    def update(self, id_, old, new):
        iam.update_assume_role_policy(RoleName=id_, PolicyDocument=json.dumps(new["trust"]))
        iam.update_role_description(RoleName=id_, Description=new["description"])
        iam.update_role(RoleName=id_, MaxSessionDuration=new["max"])
        if new["boundary"]:
            iam.put_role_permissions_boundary(RoleName=id_, PermissionsBoundary=new["boundary"])
        elif old["boundary"]:
            iam.delete_role_permissions_boundary(RoleName=id_)
        for n in old["inline"]:
            if new["inline"].get(n) != old["inline"][n]:
                iam.delete_role_policy(RoleName=id_, PolicyName=n)
        for n, d in new["inline"].items():
            if old["inline"].get(n) != d:
                iam.put_role_policy(RoleName=id_, PolicyName=n, PolicyDocument=json.dumps(d))
        for arn in set(old["managed"]) - set(new["managed"]):
            iam.detach_role_policy(RoleName=id_, PolicyArn=arn)
        for arn in set(new["managed"]) - set(old["managed"]):
            iam.attach_role_policy(RoleName=id_, PolicyArn=arn)
        retag(iam.tag_role, iam.untag_role, old["tags"], new["tags"], RoleName=id_)
        return id_

    def delete(self, id_):
        for p in all_of("list_instance_profiles_for_role", "InstanceProfiles", RoleName=id_):
            iam.remove_role_from_instance_profile(InstanceProfileName=p["InstanceProfileName"], RoleName=id_)
        for p in all_of("list_attached_role_policies", "AttachedPolicies", RoleName=id_):
            iam.detach_role_policy(RoleName=id_, PolicyArn=p["PolicyArn"])
        for n in all_of("list_role_policies", "PolicyNames", RoleName=id_):
            iam.delete_role_policy(RoleName=id_, PolicyName=n)
        iam.delete_role(RoleName=id_)
        assert gone(iam.get_role, RoleName=id_)


class Policy:
    def create(self, c):
        return iam.create_policy(PolicyName=c["name"], Path=c["path"], Description=c["description"], PolicyDocument=json.dumps(c["policy"]),
                                 Tags=tags_in(c["tags"]))["Policy"]["Arn"]

    def read(self, id_):
        p = iam.get_policy(PolicyArn=id_)["Policy"]
        v = iam.get_policy_version(PolicyArn=id_, VersionId=p["DefaultVersionId"])["PolicyVersion"]
        assert v["IsDefaultVersion"]
        return dict(name=p["PolicyName"], path=p["Path"], description=p.get("Description", ""), policy=v["Document"], tags=tags_out(p.get("Tags")))

    def update(self, id_, old, new):
        for _ in range(6):  # as after many applies: old versions have to be pruned
            versions = all_of("list_policy_versions", "Versions", PolicyArn=id_)
            if len(versions) >= 5:
                oldest = min((v for v in versions if not v["IsDefaultVersion"]), key=lambda v: (v["CreateDate"], int(v["VersionId"][1:])))
                iam.delete_policy_version(PolicyArn=id_, VersionId=oldest["VersionId"])
            made = iam.create_policy_version(PolicyArn=id_, PolicyDocument=json.dumps(new["policy"]), SetAsDefault=False)["PolicyVersion"]
            iam.set_default_policy_version(PolicyArn=id_, VersionId=made["VersionId"])
        retag(iam.tag_policy, iam.untag_policy, old["tags"], new["tags"], PolicyArn=id_)
        return id_

    def delete(self, id_):
        for v in all_of("list_policy_versions", "Versions", PolicyArn=id_):
            if not v["IsDefaultVersion"]:
                iam.delete_policy_version(PolicyArn=id_, VersionId=v["VersionId"])
        iam.delete_policy(PolicyArn=id_)
        assert gone(iam.get_policy, PolicyArn=id_)


class RolePolicy:
    def create(self, c):
        iam.put_role_policy(RoleName=c["role"], PolicyName=c["name"], PolicyDocument=json.dumps(c["policy"]))
        return f"{c['role']}:{c['name']}"

    def read(self, id_):
        role, name = id_.split(":")
        p = iam.get_role_policy(RoleName=role, PolicyName=name)
        return dict(role=p["RoleName"], name=p["PolicyName"], policy=p["PolicyDocument"])

    def update(self, id_, old, new):
        return self.create(new)

    def delete(self, id_):
        role, name = id_.split(":")
        iam.delete_role_policy(RoleName=role, PolicyName=name)
        assert gone(iam.get_role_policy, RoleName=role, PolicyName=name)


class RolePolicyAttachment:
    def create(self, c):
        iam.attach_role_policy(RoleName=c["role"], PolicyArn=c["arn"])
        return f"{c['role']}/{c['arn']}"

    def read(self, id_):
        role, arn = id_.split("/", 1)
        [found] = [p for p in all_of("list_attached_role_policies", "AttachedPolicies", RoleName=role) if p["PolicyArn"] == arn]
        return dict(role=role, arn=found["PolicyArn"])

    def update(self, id_, old, new):
        self.delete(id_)
        return self.create(new)

    def delete(self, id_):
        role, arn = id_.split("/", 1)
        iam.detach_role_policy(RoleName=role, PolicyArn=arn)
        assert gone(iam.detach_role_policy, RoleName=role, PolicyArn=arn)


class User:
    def create(self, c):
        return iam.create_user(UserName=c["name"], Path=c["path"], Tags=tags_in(c["tags"]))["User"]["UserName"]

    def read(self, id_):
        u = iam.get_user(UserName=id_)["User"]
        return dict(name=u["UserName"], path=u["Path"], tags=tags_out(u.get("Tags")), boundary=u.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn"))

    def update(self, id_, old, new):
        iam.update_user(UserName=id_, NewUserName=new["name"], NewPath=new["path"])
        id_ = new["name"]
        if new["boundary"]:
            iam.put_user_permissions_boundary(UserName=id_, PermissionsBoundary=new["boundary"])
        elif old["boundary"]:
            iam.delete_user_permissions_boundary(UserName=id_)
        retag(iam.tag_user, iam.untag_user, old["tags"], new["tags"], UserName=id_)
        return id_

    def delete(self, id_):
        assert all_of("list_groups_for_user", "Groups", UserName=id_) == []
        for k in all_of("list_access_keys", "AccessKeyMetadata", UserName=id_):
            iam.delete_access_key(UserName=id_, AccessKeyId=k["AccessKeyId"])
        assert all_of("list_ssh_public_keys", "SSHPublicKeys", UserName=id_) == []
        assert all_of("list_virtual_mfa_devices", "VirtualMFADevices", AssignmentStatus="Assigned") == []
        assert all_of("list_mfa_devices", "MFADevices", UserName=id_) == []
        assert gone(iam.delete_login_profile, UserName=id_)
        assert all_of("list_signing_certificates", "Certificates", UserName=id_) == []
        assert iam.list_service_specific_credentials(UserName=id_)["ServiceSpecificCredentials"] == []
        iam.delete_user(UserName=id_)
        assert gone(iam.get_user, UserName=id_)


class AccessKey:
    def create(self, c):
        k = iam.create_access_key(UserName=c["user"])["AccessKey"]
        if c["status"] != k["Status"]:
            iam.update_access_key(UserName=c["user"], AccessKeyId=k["AccessKeyId"], Status=c["status"])
        return c["user"] + " " + k["AccessKeyId"]

    def read(self, id_):
        user, key_id = id_.split()
        [k] = [k for k in all_of("list_access_keys", "AccessKeyMetadata", UserName=user) if k["AccessKeyId"] == key_id]
        return dict(user=k["UserName"], status=k["Status"])

    def update(self, id_, old, new):
        user, key_id = id_.split()
        iam.update_access_key(UserName=user, AccessKeyId=key_id, Status=new["status"])
        return id_

    def delete(self, id_):
        user, key_id = id_.split()
        iam.delete_access_key(UserName=user, AccessKeyId=key_id)
        assert gone(iam.delete_access_key, UserName=user, AccessKeyId=key_id)


def settled(resource, id_, want):
    got = resource.read(id_)
    assert got == want, f"a plan would change {type(resource).__name__} {id_}:\n{got}\n{want}"


def replay(resource, first, second):
    id_ = resource.create(first)
    settled(resource, id_, first)
    settled(resource, id_, first)  # refresh, and import: a read by id
    id_ = resource.update(id_, first, second)
    settled(resource, id_, second)
    id_ = resource.update(id_, second, first)
    settled(resource, id_, first)
    resource.delete(id_)
    print("ok", type(resource).__name__)


def doc(action, **more):
    return {"Version": "2012-10-17", "Statement": [{"Action": action, "Effect": "Allow", "Resource": "*", **more}]}


def trust(service):
    return {"Version": "2012-10-17", "Statement": [{"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"Service": service}}]}


client("sts").get_caller_identity()  # what the provider begins with
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
own = iam.create_policy(PolicyName="own", PolicyDocument=json.dumps(doc("s3:*")))["Policy"]["Arn"]

replay(Policy(), dict(name="pol", path="/", description="", policy=doc("s3:Get*"), tags={}),
       dict(name="pol", path="/", description="", policy=doc(["s3:Get*", "s3:List*"], Sid="x"), tags={"a": "b", "c": ""}))
replay(Role(), dict(name="role", path="/tf/", trust=trust("ec2.amazonaws.com"), description="", max=3600, tags={"a": "1", "b": "2"}, boundary=None, inline={}, managed=[own]),
       dict(name="role", path="/tf/", trust=trust("prod.finspacekx.aws.internal"), description="now", max=7200, tags={"b": "3"}, boundary=ADMIN,
            inline={"x": doc("finspace:*"), "y": doc("s3:*")}, managed=[ADMIN]))
replay(User(), dict(name="user", path="/", tags={}, boundary=None), dict(name="user-2", path="/x/", tags={"a": "b"}, boundary=own))
iam.create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(trust("ec2.amazonaws.com")))
replay(RolePolicy(), dict(role="r", name="p", policy=doc("a:b")), dict(role="r", name="p", policy=doc("a:c")))
replay(RolePolicyAttachment(), dict(role="r", arn=own), dict(role="r", arn=ADMIN))
iam.create_user(UserName="u")
replay(AccessKey(), dict(user="u", status="Active"), dict(user="u", status="Inactive"))
User().delete("u")
Role().delete("r")
Policy().delete(own)
left = all_of("list_roles", "Roles") + all_of("list_users", "Users") + all_of("list_policies", "Policies", Scope="Local")
assert left == [], left
