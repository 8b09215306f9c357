"""Uses every IAM and STS operation of the server from boto3, as its users do."""

import json
import sys
import time

import boto3
import botocore
from botocore.config import Config
from botocore.exceptions import ClientError

endpoint, key, secret = sys.argv[1:4]
ACCOUNT = "123456789012"
config = Config(retries={"max_attempts": 1}, parameter_validation=False)


def client(service, creds=None):
    creds = creds or {"AccessKeyId": key, "SecretAccessKey": secret}
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name="eu-west-1",
        config=config,
        aws_access_key_id=creds["AccessKeyId"],
        aws_secret_access_key=creds["SecretAccessKey"],
        aws_session_token=creds.get("SessionToken"),
    )


iam, sts = client("iam"), client("sts")


def fails(code, fn, **params):
    try:
        fn(**params)
    except ClientError as e:
        assert e.response["Error"]["Code"] == code, (fn.__name__, params, e)
        assert e.response["ResponseMetadata"]["RequestId"], e.response
        return e
    raise AssertionError(f"{fn.__name__} {params} succeeded, want {code}")


def policy(action, effect="Allow", resource="*"):
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": effect, "Action": action, "Resource": resource}]})


trust = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]}
    ],
}


def roles():
    made = iam.create_role(
        RoleName="reader", Path="/team/", AssumeRolePolicyDocument=json.dumps(trust), Description="Reads & <writes>",
        MaxSessionDuration=7200, Tags=[{"Key": "team", "Value": "fx é"}],
    )["Role"]
    assert made["Arn"] == f"arn:aws:iam::{ACCOUNT}:role/team/reader" and made["RoleId"].startswith("AROA")
    assert made["AssumeRolePolicyDocument"] == trust and made["MaxSessionDuration"] == 7200
    got = iam.get_role(RoleName="reader")["Role"]
    assert got["CreateDate"] == made["CreateDate"] and got["Tags"] == [{"Key": "team", "Value": "fx é"}]
    assert got["Description"] == "Reads & <writes>" and got["RoleLastUsed"] == {}
    fails("EntityAlreadyExists", iam.create_role, RoleName="READER", AssumeRolePolicyDocument=json.dumps(trust))
    fails("MalformedPolicyDocument", iam.create_role, RoleName="x", AssumeRolePolicyDocument="{}")
    fails("NoSuchEntity", iam.get_role, RoleName="nobody")
    fails("ValidationError", iam.get_role, RoleName="a b")
    fails("ValidationError", iam.create_role, RoleName="x", AssumeRolePolicyDocument=json.dumps(trust), MaxSessionDuration=60)
    iam.update_role(RoleName="reader", Description="", MaxSessionDuration=3600)
    got = iam.get_role(RoleName="reader")["Role"]
    assert "Description" not in got and got["MaxSessionDuration"] == 3600
    assert iam.update_role_description(RoleName="reader", Description="d")["Role"]["Description"] == "d"
    more = json.loads(json.dumps(trust))
    more["Statement"].append({"Effect": "Allow", "Principal": {"Service": "finspace.amazonaws.com"}, "Action": "sts:AssumeRole"})
    iam.update_assume_role_policy(RoleName="reader", PolicyDocument=json.dumps(more))
    assert iam.get_role(RoleName="reader")["Role"]["AssumeRolePolicyDocument"] == more
    e = fails("MalformedPolicyDocument", iam.update_assume_role_policy, RoleName="reader",
              PolicyDocument=json.dumps(trust).replace(":root", ":user/nobody"))
    assert "Invalid principal in policy" in str(e)
    iam.update_assume_role_policy(RoleName="reader", PolicyDocument=json.dumps(trust))
    iam.tag_role(RoleName="reader", Tags=[{"Key": "Team", "Value": "eq"}, {"Key": "cost", "Value": ""}])
    assert iam.list_role_tags(RoleName="reader")["Tags"] == [{"Key": "cost", "Value": ""}, {"Key": "Team", "Value": "eq"}]
    iam.untag_role(RoleName="reader", TagKeys=["cost", "none"])
    assert iam.list_role_tags(RoleName="reader")["Tags"] == [{"Key": "Team", "Value": "eq"}]
    iam.put_role_policy(RoleName="reader", PolicyName="p", PolicyDocument=policy("finspace:*"))
    assert iam.get_role_policy(RoleName="reader", PolicyName="p")["PolicyDocument"] == json.loads(policy("finspace:*"))
    assert iam.list_role_policies(RoleName="reader")["PolicyNames"] == ["p"]
    e = fails("MalformedPolicyDocument", iam.put_role_policy, RoleName="reader", PolicyName="q",
              PolicyDocument=policy("finspace:*").replace("Resource", "Resourse"))
    assert "Statement[0].Resourse" in str(e), e
    fails("NoSuchEntity", iam.get_role_policy, RoleName="reader", PolicyName="q")
    fails("DeleteConflict", iam.delete_role, RoleName="reader")
    iam.delete_role_policy(RoleName="reader", PolicyName="p")
    fails("NoSuchEntity", iam.delete_role_policy, RoleName="reader", PolicyName="p")
    iam.put_role_permissions_boundary(RoleName="reader", PermissionsBoundary="arn:aws:iam::aws:policy/AdministratorAccess")
    got = iam.get_role(RoleName="reader")["Role"]["PermissionsBoundary"]
    assert got == {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": "arn:aws:iam::aws:policy/AdministratorAccess"}
    iam.delete_role_permissions_boundary(RoleName="reader")
    fails("NoSuchEntity", iam.put_role_permissions_boundary, RoleName="reader", PermissionsBoundary=f"arn:aws:iam::{ACCOUNT}:policy/none")
    iam.delete_role(RoleName="reader")
    fails("NoSuchEntity", iam.delete_role, RoleName="reader")


def paging():
    for i in range(25):
        iam.create_role(RoleName=f"page{i:02}", Path="/pages/", AssumeRolePolicyDocument=json.dumps(trust))
    first = iam.list_roles(PathPrefix="/pages/", MaxItems=10)
    assert first["IsTruncated"] and len(first["Roles"]) == 10
    pages = iam.get_paginator("list_roles").paginate(PathPrefix="/pages/", PaginationConfig={"PageSize": 7})
    names = [r["RoleName"] for p in pages for r in p["Roles"]]
    assert names == [f"page{i:02}" for i in range(25)], names
    fails("ValidationError", iam.list_roles, Marker="nonsense")
    exact = iam.list_roles(PathPrefix="/pages/", MaxItems=25)
    assert not exact["IsTruncated"] and "Marker" not in exact
    for n in names:
        iam.delete_role(RoleName=n)
    assert iam.list_roles(PathPrefix="/pages/")["Roles"] == []


def users():
    made = iam.create_user(UserName="alice", Tags=[{"Key": "a", "Value": "b"}])["User"]
    assert made["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/alice" and made["UserId"].startswith("AIDA")
    assert iam.get_user(UserName="alice")["User"] == made
    assert iam.get_user()["User"]["Arn"] == f"arn:aws:iam::{ACCOUNT}:root"
    assert [u["UserName"] for u in iam.list_users()["Users"]] == ["alice"]
    k = iam.create_access_key(UserName="alice")["AccessKey"]
    assert k["Status"] == "Active" and len(k["SecretAccessKey"]) == 40 and len(k["AccessKeyId"]) == 20
    alice_iam, alice_sts = client("iam", k), client("sts", k)
    assert iam.get_access_key_last_used(AccessKeyId=k["AccessKeyId"])["AccessKeyLastUsed"]["ServiceName"] == "N/A"
    assert alice_sts.get_caller_identity()["Arn"] == made["Arn"]
    used = iam.get_access_key_last_used(AccessKeyId=k["AccessKeyId"])
    assert used["UserName"] == "alice" and used["AccessKeyLastUsed"]["ServiceName"] == "sts", used
    fails("AccessDenied", alice_iam.get_user)
    iam.put_user_policy(UserName="alice", PolicyName="self", PolicyDocument=policy("iam:*", resource="arn:aws:iam::*:user/${aws:username}"))
    assert alice_iam.get_user()["User"]["UserName"] == "alice"
    assert alice_iam.list_access_keys()["AccessKeyMetadata"][0]["AccessKeyId"] == k["AccessKeyId"]
    fails("AccessDenied", alice_iam.get_user, UserName="bob")
    second = alice_iam.create_access_key()["AccessKey"]
    fails("LimitExceeded", alice_iam.create_access_key)
    alice_iam.update_access_key(AccessKeyId=second["AccessKeyId"], Status="Inactive")
    fails("InvalidClientTokenId", client("sts", second).get_caller_identity)
    assert {m["Status"] for m in iam.list_access_keys(UserName="alice")["AccessKeyMetadata"]} == {"Active", "Inactive"}
    alice_iam.delete_access_key(AccessKeyId=second["AccessKeyId"])
    fails("NoSuchEntity", iam.delete_access_key, UserName="alice", AccessKeyId=second["AccessKeyId"])
    assert iam.list_user_policies(UserName="alice")["PolicyNames"] == ["self"]
    assert iam.get_user_policy(UserName="alice", PolicyName="self")["UserName"] == "alice"
    iam.update_user(UserName="alice", NewUserName="alicia", NewPath="/x/")
    assert alice_sts.get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/x/alicia"
    fails("NoSuchEntity", iam.get_user, UserName="alice")
    iam.tag_user(UserName="alicia", Tags=[{"Key": "c", "Value": "d"}])
    assert len(iam.list_user_tags(UserName="alicia")["Tags"]) == 2
    iam.untag_user(UserName="alicia", TagKeys=["a", "c"])
    iam.put_user_permissions_boundary(UserName="alicia", PermissionsBoundary="arn:aws:iam::aws:policy/IAMReadOnlyAccess")
    iam.delete_user_permissions_boundary(UserName="alicia")
    fails("DeleteConflict", iam.delete_user, UserName="alicia")
    iam.delete_access_key(UserName="alicia", AccessKeyId=k["AccessKeyId"])
    fails("InvalidClientTokenId", alice_sts.get_caller_identity)
    fails("DeleteConflict", iam.delete_user, UserName="alicia")
    iam.delete_user_policy(UserName="alicia", PolicyName="self")
    for list_, element in [("list_groups_for_user", "Groups"), ("list_mfa_devices", "MFADevices"), ("list_ssh_public_keys", "SSHPublicKeys"),
                           ("list_signing_certificates", "Certificates"), ("list_service_specific_credentials", "ServiceSpecificCredentials")]:
        assert getattr(iam, list_)(UserName="alicia")[element] == []
    assert iam.list_virtual_mfa_devices()["VirtualMFADevices"] == []
    fails("NoSuchEntity", iam.get_login_profile, UserName="alicia")
    fails("NoSuchEntity", iam.delete_login_profile, UserName="alicia")
    iam.delete_user(UserName="alicia")
    fails("NoSuchEntity", iam.delete_user, UserName="alicia")


def managed():
    made = iam.create_policy(PolicyName="p", Path="/team/", PolicyDocument=policy("s3:*"), Description="what", Tags=[{"Key": "a", "Value": "b"}])["Policy"]
    arn = made["Arn"]
    assert arn == f"arn:aws:iam::{ACCOUNT}:policy/team/p" and made["DefaultVersionId"] == "v1" and made["AttachmentCount"] == 0
    fails("EntityAlreadyExists", iam.create_policy, PolicyName="p", PolicyDocument=policy("s3:*"))
    for i in range(2, 6):
        v = iam.create_policy_version(PolicyArn=arn, PolicyDocument=policy(f"s3:Get{i}"), SetAsDefault=i == 3)["PolicyVersion"]
        assert v["VersionId"] == f"v{i}" and v["IsDefaultVersion"] == (i == 3)
    fails("LimitExceeded", iam.create_policy_version, PolicyArn=arn, PolicyDocument=policy("s3:*"))
    assert [v["VersionId"] for v in iam.list_policy_versions(PolicyArn=arn)["Versions"]] == ["v5", "v4", "v3", "v2", "v1"]
    pages = iam.get_paginator("list_policy_versions").paginate(PolicyArn=arn, PaginationConfig={"PageSize": 2})
    assert [v["VersionId"] for p in pages for v in p["Versions"]] == ["v5", "v4", "v3", "v2", "v1"]
    assert iam.get_policy_version(PolicyArn=arn, VersionId="v4")["PolicyVersion"]["Document"] == json.loads(policy("s3:Get4"))
    fails("DeleteConflict", iam.delete_policy_version, PolicyArn=arn, VersionId="v3")
    fails("NoSuchEntity", iam.delete_policy_version, PolicyArn=arn, VersionId="v9")
    iam.set_default_policy_version(PolicyArn=arn, VersionId="v5")
    iam.delete_policy_version(PolicyArn=arn, VersionId="v3")
    v = iam.create_policy_version(PolicyArn=arn, PolicyDocument=policy("s3:*"))["PolicyVersion"]
    assert v["VersionId"] == "v6"
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(trust))
    iam.create_user(UserName="u", PermissionsBoundary=arn)
    iam.attach_role_policy(RoleName="r", PolicyArn=arn)
    iam.attach_role_policy(RoleName="r", PolicyArn=arn)
    iam.attach_user_policy(UserName="u", PolicyArn="arn:aws:iam::aws:policy/IAMReadOnlyAccess")
    fails("NoSuchEntity", iam.attach_role_policy, RoleName="r", PolicyArn=arn + "x")
    assert iam.list_attached_role_policies(RoleName="r")["AttachedPolicies"] == [{"PolicyName": "p", "PolicyArn": arn}]
    assert iam.list_attached_role_policies(RoleName="r", PathPrefix="/other/")["AttachedPolicies"] == []
    assert iam.list_attached_user_policies(UserName="u")["AttachedPolicies"][0]["PolicyName"] == "IAMReadOnlyAccess"
    got = iam.get_policy(PolicyArn=arn)["Policy"]
    assert (got["AttachmentCount"], got["PermissionsBoundaryUsageCount"], got["Description"]) == (1, 1, "what")
    e = iam.list_entities_for_policy(PolicyArn=arn)
    assert [r["RoleName"] for r in e["PolicyRoles"]] == ["r"] and [u["UserName"] for u in e["PolicyUsers"]] == ["u"] and e["PolicyGroups"] == []
    assert iam.list_entities_for_policy(PolicyArn=arn, EntityFilter="User", PolicyUsageFilter="PermissionsPolicy")["PolicyUsers"] == []
    assert [p["PolicyName"] for p in iam.list_policies(Scope="Local")["Policies"]] == ["p"]
    assert "AdministratorAccess" in [p["PolicyName"] for p in iam.list_policies(Scope="AWS")["Policies"]]
    assert {p["PolicyName"] for p in iam.list_policies(OnlyAttached=True)["Policies"]} == {"p", "IAMReadOnlyAccess"}
    iam.tag_policy(PolicyArn=arn, Tags=[{"Key": "c", "Value": "d"}])
    assert len(iam.list_policy_tags(PolicyArn=arn)["Tags"]) == 2
    iam.untag_policy(PolicyArn=arn, TagKeys=["a"])
    fails("DeleteConflict", iam.delete_policy, PolicyArn=arn)
    for id_ in ["v1", "v2", "v4", "v6"]:
        iam.delete_policy_version(PolicyArn=arn, VersionId=id_)
    fails("DeleteConflict", iam.delete_policy, PolicyArn=arn)
    fails("DeleteConflict", iam.delete_role, RoleName="r")
    iam.detach_role_policy(RoleName="r", PolicyArn=arn)
    fails("NoSuchEntity", iam.detach_role_policy, RoleName="r", PolicyArn=arn)
    iam.detach_user_policy(UserName="u", PolicyArn="arn:aws:iam::aws:policy/IAMReadOnlyAccess")
    iam.delete_user(UserName="u")
    iam.delete_role(RoleName="r")
    iam.delete_policy(PolicyArn=arn)
    fails("NoSuchEntity", iam.get_policy, PolicyArn=arn)
    fails("AccessDenied", iam.delete_policy, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")


def profiles():
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(trust))
    made = iam.create_instance_profile(InstanceProfileName="ip", Tags=[{"Key": "a", "Value": "b"}])["InstanceProfile"]
    assert made["Arn"] == f"arn:aws:iam::{ACCOUNT}:instance-profile/ip" and made["Roles"] == []
    assert iam.list_instance_profiles_for_role(RoleName="r")["InstanceProfiles"] == []
    iam.add_role_to_instance_profile(InstanceProfileName="ip", RoleName="r")
    fails("LimitExceeded", iam.add_role_to_instance_profile, InstanceProfileName="ip", RoleName="r")
    assert iam.get_instance_profile(InstanceProfileName="ip")["InstanceProfile"]["Roles"][0]["AssumeRolePolicyDocument"] == trust
    assert [p["InstanceProfileName"] for p in iam.list_instance_profiles_for_role(RoleName="r")["InstanceProfiles"]] == ["ip"]
    assert [p["InstanceProfileName"] for p in iam.list_instance_profiles()["InstanceProfiles"]] == ["ip"]
    fails("DeleteConflict", iam.delete_role, RoleName="r")
    fails("DeleteConflict", iam.delete_instance_profile, InstanceProfileName="ip")
    iam.tag_instance_profile(InstanceProfileName="ip", Tags=[{"Key": "c", "Value": "d"}])
    assert len(iam.list_instance_profile_tags(InstanceProfileName="ip")["Tags"]) == 2
    iam.untag_instance_profile(InstanceProfileName="ip", TagKeys=["a"])
    iam.remove_role_from_instance_profile(InstanceProfileName="ip", RoleName="r")
    fails("NoSuchEntity", iam.remove_role_from_instance_profile, InstanceProfileName="ip", RoleName="r")
    iam.delete_instance_profile(InstanceProfileName="ip")
    fails("NoSuchEntity", iam.get_instance_profile, InstanceProfileName="ip")
    iam.delete_role(RoleName="r")


def providers():
    arn = iam.create_open_id_connect_provider(Url="https://idp.example/realm", ClientIDList=["quoin"], ThumbprintList=["a" * 40])["OpenIDConnectProviderArn"]
    assert arn == f"arn:aws:iam::{ACCOUNT}:oidc-provider/idp.example/realm"
    iam.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="two")
    iam.remove_client_id_from_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="quoin")
    iam.update_open_id_connect_provider_thumbprint(OpenIDConnectProviderArn=arn, ThumbprintList=["b" * 40])
    iam.tag_open_id_connect_provider(OpenIDConnectProviderArn=arn, Tags=[{"Key": "a", "Value": "b"}])
    got = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    assert (got["Url"], got["ClientIDList"], got["ThumbprintList"]) == ("idp.example/realm", ["two"], ["b" * 40])
    assert iam.list_open_id_connect_provider_tags(OpenIDConnectProviderArn=arn)["Tags"] == [{"Key": "a", "Value": "b"}]
    iam.untag_open_id_connect_provider(OpenIDConnectProviderArn=arn, TagKeys=["a"])
    assert iam.list_open_id_connect_providers()["OpenIDConnectProviderList"] == [{"Arn": arn}]
    fails("EntityAlreadyExists", iam.create_open_id_connect_provider, Url="https://idp.example/realm")
    fails("ValidationError", iam.create_open_id_connect_provider, Url="http://idp.example/realm")
    iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    fails("NoSuchEntity", iam.get_open_id_connect_provider, OpenIDConnectProviderArn=arn)


def sessions():
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(trust), MaxSessionDuration=7200)
    iam.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=policy(["iam:List*", "sts:*"]))
    arn = f"arn:aws:iam::{ACCOUNT}:role/r"
    a = sts.assume_role(RoleArn=arn, RoleSessionName="one", DurationSeconds=900)
    assert a["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/r/one"
    left = a["Credentials"]["Expiration"].timestamp() - time.time()
    assert 890 < left < 901, left
    s = client("iam", a["Credentials"])
    s.list_roles()
    fails("AccessDenied", s.get_role, RoleName="r")
    assert iam.get_role(RoleName="r")["Role"]["RoleLastUsed"]["Region"] == "eu-west-1"
    narrowed = sts.assume_role(RoleArn=arn, RoleSessionName="two", Policy=policy("iam:ListUsers"), Tags=[{"Key": "t", "Value": "v"}],
                               TransitiveTagKeys=["t"], SourceIdentity="alice")
    assert narrowed["SourceIdentity"] == "alice" and narrowed["PackedPolicySize"] > 0
    n = client("iam", narrowed["Credentials"])
    n.list_users()
    e = fails("AccessDenied", n.list_roles)
    assert "no session policy allows" in str(e)
    by_arn = sts.assume_role(RoleArn=arn, RoleSessionName="three", PolicyArns=[{"arn": "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"}])
    fails("AccessDenied", client("iam", by_arn["Credentials"]).list_users)
    chained = client("sts", a["Credentials"])
    chained.assume_role(RoleArn=arn, RoleSessionName="four")
    fails("ValidationError", chained.assume_role, RoleArn=arn, RoleSessionName="four", DurationSeconds=7200)
    fails("ValidationError", sts.assume_role, RoleArn=arn, RoleSessionName="four", DurationSeconds=10000)
    fails("ValidationError", sts.assume_role, RoleArn=arn, RoleSessionName="with space")
    fails("MalformedPolicyDocument", sts.assume_role, RoleArn=arn, RoleSessionName="five", Policy="{}")
    e = fails("AccessDenied", sts.assume_role, RoleArn=arn + "x", RoleSessionName="five")
    assert f"is not authorized to perform: sts:AssumeRole on resource: {arn}x" in str(e)
    ext = json.loads(json.dumps(trust))
    ext["Statement"][0]["Condition"] = {"StringEquals": {"sts:ExternalId": "secret-id"}}
    iam.update_assume_role_policy(RoleName="r", PolicyDocument=json.dumps(ext))
    fails("AccessDenied", sts.assume_role, RoleArn=arn, RoleSessionName="six")
    fails("AccessDenied", sts.assume_role, RoleArn=arn, RoleSessionName="six", ExternalId="other")
    sts.assume_role(RoleArn=arn, RoleSessionName="six", ExternalId="secret-id")
    t = sts.get_session_token(DurationSeconds=900)["Credentials"]
    assert client("sts", t).get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT}:root"
    fails("AccessDenied", client("sts", t).get_session_token)
    fails("AccessDenied", client("iam", t).list_users)
    wrong = dict(t, SessionToken="x")
    fails("InvalidClientTokenId", client("sts", wrong).get_caller_identity)
    fails("InvalidClientTokenId", client("sts", {k: v for k, v in t.items() if k != "SessionToken"}).get_caller_identity)
    fails("SignatureDoesNotMatch", client("sts", {"AccessKeyId": key, "SecretAccessKey": "x" * 40}).get_caller_identity)
    assert sts.get_access_key_info(AccessKeyId=key)["Account"] == ACCOUNT
    iam.delete_role_policy(RoleName="r", PolicyName="p")
    iam.delete_role(RoleName="r")
    fails("InvalidClientTokenId", s.list_roles)
    url = sts.generate_presigned_url("get_caller_identity", HttpMethod="GET")
    import urllib.request

    assert f"arn:aws:iam::{ACCOUNT}:root" in urllib.request.urlopen(url).read().decode()


def simulation():
    iam.create_user(UserName="u")
    iam.put_user_policy(UserName="u", PolicyName="p", PolicyDocument=policy("finspace:Get*", resource="arn:aws:finspace:*:*:kxEnvironment/e1/*"))
    src = f"arn:aws:iam::{ACCOUNT}:user/u"
    res = f"arn:aws:finspace:eu-west-1:{ACCOUNT}:kxEnvironment/e1/kxUser/bob"
    out = iam.simulate_principal_policy(PolicySourceArn=src, ActionNames=["finspace:GetKxUser", "finspace:UpdateKxUser"], ResourceArns=[res])["EvaluationResults"]
    assert [(r["EvalActionName"], r["EvalDecision"]) for r in out] == [("finspace:GetKxUser", "allowed"), ("finspace:UpdateKxUser", "implicitDeny")]
    m = out[0]["MatchedStatements"][0]
    assert m["SourcePolicyId"] == "p" and m["StartPosition"]["Line"] == 1 and m["EndPosition"]["Column"] > m["StartPosition"]["Column"]
    out = iam.simulate_custom_policy(PolicyInputList=[policy("a:b"), policy("a:b", effect="Deny")], ActionNames=["a:b"])["EvaluationResults"]
    assert out[0]["EvalDecision"] == "explicitDeny" and out[0]["MatchedStatements"][0]["SourcePolicyId"] == "PolicyInputList.2"
    cond = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "a:b", "Resource": "*", "Condition": {"StringEquals": {"aws:RequestTag/x": "y"}}}})
    ask = dict(PolicyInputList=[cond], ActionNames=["a:b"])
    out = iam.simulate_custom_policy(**ask)["EvaluationResults"][0]
    assert out["EvalDecision"] == "implicitDeny" and out["MissingContextValues"] == ["aws:requesttag/x"]
    out = iam.simulate_custom_policy(**ask, ContextEntries=[{"ContextKeyName": "aws:RequestTag/x", "ContextKeyType": "string", "ContextKeyValues": ["y"]}])
    assert out["EvaluationResults"][0]["EvalDecision"] == "allowed"
    iam.delete_user_policy(UserName="u", PolicyName="p")
    iam.delete_user(UserName="u")


def account():
    summary = iam.get_account_summary()["SummaryMap"]
    assert summary["Users"] == 0 and summary["UsersQuota"] == 5000
    assert iam.list_account_aliases()["AccountAliases"] == []
    e = fails("InvalidAction", iam.list_groups)
    assert "ListGroups" in str(e)


for step in [roles, paging, users, managed, profiles, providers, sessions, simulation, account]:
    step()
    print("ok", step.__name__)
