"""The calls of Terraform's AWS provider for aws_finspace_kx_* resources, with its
own waits. What is read must be what was asked for, or a plan would never settle.
"""

import time

import boto3
from botocore.config import Config


def client(service):
    # The provider's SDK sends an empty description, which botocore would not.
    return boto3.client(service, config=Config(retries={"max_attempts": 1}, parameter_validation=False, s3={"addressing_style": "path"}))


kx, s3, iam = client("finspace"), client("s3"), client("iam")


def wait(poll, pending, target, field="status"):
    """The provider's waiter: the target twice in a row; any other status than those pending is an error."""
    seen = 0
    for _ in range(4000):
        try:
            status = poll()[field]
        except kx.exceptions.ResourceNotFoundException:
            if target is None:
                return
            raise
        seen = seen + 1 if status == target else 0
        if seen == 2:
            return
        if target is None and status == "DELETED":
            return
        assert status == target or status in pending, f"status {status}, waiting for {target}"
        time.sleep(0.01)
    raise TimeoutError(f"{target} after {status}")


def retag(arn, old, new):
    if removed := [k for k in old if k not in new]:
        kx.untag_resource(resourceArn=arn, tagKeys=removed)
    if changed := {k: v for k, v in new.items() if old.get(k) != v}:
        kx.tag_resource(resourceArn=arn, tags=changed)


def tags(arn):
    return kx.list_tags_for_resource(resourceArn=arn)["tags"]


def pick(reply, *names):
    return {n: reply[n] for n in names if n in reply}


class Resource:
    def __init__(self, env=None):
        self.env = env

    def settled(self, id_, want):
        got = self.read(id_)
        assert got == want, f"a plan would change {type(self).__name__} {id_}:\n{got}\n{want}"

    def begin(self, config):
        id_ = self.create(config)
        self.settled(id_, config)
        self.settled(id_, config)  # refresh, and import: a read by id
        return id_

    def change(self, id_, old, new):
        self.update(id_, old, new)
        self.settled(id_, new)

    def end(self, id_):
        self.delete(id_)
        try:
            self.get(id_)
        except kx.exceptions.ResourceNotFoundException:
            print("ok", type(self).__name__)
            return
        raise AssertionError(f"{type(self).__name__} {id_} is still there")


class Environment(Resource):
    def get(self, id_):
        reply = kx.get_kx_environment(environmentId=id_)
        if reply["status"] == "DELETED":
            raise kx.exceptions.ResourceNotFoundException({"Error": {}}, "")
        return reply

    def network(self, id_, gateway, dns):
        if gateway:
            kx.update_kx_environment_network(environmentId=id_, transitGatewayConfiguration=gateway)
            self.wait_network(id_, "tgwStatus")
        if dns:
            kx.update_kx_environment_network(environmentId=id_, customDNSConfiguration=dns)
            self.wait_network(id_, "dnsStatus")

    def wait_network(self, id_, field):
        wait(lambda: self.get(id_), ("UPDATE_REQUESTED", "UPDATING"), "SUCCESSFULLY_UPDATED", field)

    def create(self, c):
        made = kx.create_kx_environment(**pick(c, "name", "description", "kmsKeyId"))
        id_ = made["environmentId"]
        wait(lambda: self.get(id_), ("CREATE_REQUESTED", "CREATING"), "CREATED")
        self.network(id_, c.get("transitGatewayConfiguration"), c.get("customDNSConfiguration"))
        if c["tags"]:
            kx.tag_resource(resourceArn=made["environmentArn"], tags=c["tags"])
        return id_

    def read(self, id_):
        got = self.get(id_)
        str(got["creationTimestamp"]), str(got["updateTimestamp"]), got["availabilityZoneIds"][0]
        return pick(got, "name", "description", "kmsKeyId", "transitGatewayConfiguration", "customDNSConfiguration") | {"tags": tags(got["environmentArn"])}

    def update(self, id_, old, new):
        kx.update_kx_environment(environmentId=id_, **pick(new, "name", "description"))
        if old.get("customDNSConfiguration") != new.get("customDNSConfiguration"):
            self.network(id_, None, new["customDNSConfiguration"])
        retag(self.get(id_)["environmentArn"], old["tags"], new["tags"])

    def delete(self, id_):
        kx.delete_kx_environment(environmentId=id_)
        wait(lambda: kx.get_kx_environment(environmentId=id_), ("DELETE_REQUESTED", "DELETING"), None)


class Child(Resource):
    """What lives in an environment. The provider's ids join the names with commas."""

    pending = ()
    target = None
    gone_waits = True

    def create(self, c):
        self.call("create", self.named(c["name"]), c)
        if self.target:
            wait(lambda: self.get(c["name"]), self.pending, self.target)
        return c["name"]

    def named(self, name):
        return {"environmentId": self.env, self.title[0].lower() + self.title[1:] + "Name" if self.title != "User" else "userName": name}

    def call(self, verb, who, c=None):
        words = "".join("_" + ch.lower() if ch.isupper() else ch for ch in self.title).strip("_")
        body = {k: v for k, v in (c or {}).items() if k != "name" and not (k == "tags" and not v)}
        return getattr(kx, f"{verb}_kx_{words}")(**who, **body)

    def get(self, name):
        return self.call("get", self.named(name))

    def arn(self, got):
        return got[self.title[0].lower() + self.title[1:] + "Arn"]

    def read(self, name):
        got = self.get(name)
        if self.title != "User":
            str(got["createdTimestamp"]), str(got["lastModifiedTimestamp"])
        return pick(got, *self.fields) | {"name": name, "tags": tags(self.arn(got))}

    def delete(self, name):
        self.call("delete", self.named(name))
        if self.target:
            wait(lambda: self.get(name), ("DELETING",), None)


class User(Child):
    title, fields = "User", ("iamRole",)

    def update(self, name, old, new):
        if old["iamRole"] != new["iamRole"]:
            kx.update_kx_user(**self.named(name), iamRole=new["iamRole"])
        retag(self.get(name)["userArn"], old["tags"], new["tags"])


class Database(Child):
    title, fields = "Database", ("description",)

    def read(self, name):
        got = super().read(name)
        if got.get("description") == "":  # the provider takes an empty text for none
            del got["description"]
        return got

    def update(self, name, old, new):
        kx.update_kx_database(**self.named(name), description=new.get("description", ""))
        retag(self.get(name)["databaseArn"], old["tags"], new["tags"])


class ScalingGroup(Child):
    title, fields, pending, target = "ScalingGroup", ("availabilityZoneId", "hostType"), ("CREATING",), "ACTIVE"

    def update(self, name, old, new):
        retag(self.get(name)["scalingGroupArn"], old["tags"], new["tags"])


class Volume(Child):
    title, fields, pending, target = "Volume", ("volumeType", "azMode", "availabilityZoneIds", "nas1Configuration", "description"), ("CREATING",), "ACTIVE"

    def create(self, c):
        name = super().create(c)
        if c["tags"]:
            kx.tag_resource(resourceArn=self.get(name)["volumeArn"], tags=c["tags"])
        return name

    def update(self, name, old, new):
        kx.update_kx_volume(**self.named(name), **pick(new, "description", "nas1Configuration"))
        wait(lambda: self.get(name), ("CREATING", "UPDATING"), "ACTIVE")
        retag(self.get(name)["volumeArn"], old["tags"], new["tags"])


class Dataview(Child):
    title, pending, target = "Dataview", ("CREATING",), "ACTIVE"
    fields = ("azMode", "availabilityZoneId", "autoUpdate", "changesetId", "description", "readWrite", "segmentConfigurations")

    def __init__(self, env, database):
        super().__init__(env)
        self.database = database

    def named(self, name):
        return super().named(name) | {"databaseName": self.database}

    def arn(self, got):
        return f"{kx.get_kx_environment(environmentId=self.env)['environmentArn']}/kxDatabase/{self.database}/kxDataview/{got['dataviewName']}"

    def update(self, name, old, new):
        changed = pick(new, "segmentConfigurations")
        if not new["autoUpdate"]:
            changed |= pick(new, "changesetId")
        kx.update_kx_dataview(**self.named(name), **changed)
        wait(lambda: self.get(name), ("UPDATING",), "ACTIVE")
        retag(self.arn(self.get(name)), old["tags"], new["tags"])


class Cluster(Child):
    title, pending, target = "Cluster", ("PENDING", "CREATING"), "RUNNING"
    fields = ("clusterType", "clusterDescription", "releaseLabel", "azMode", "availabilityZoneId", "vpcConfiguration", "scalingGroupConfiguration",
              "executionRole", "initializationScript", "commandLineArguments", "code", "savedownStorageConfiguration",
              "tickerplantLogConfiguration", "capacityConfiguration", "autoScalingConfiguration", "cacheStorageConfigurations")

    def arn(self, got):
        return f"{kx.get_kx_environment(environmentId=self.env)['environmentArn']}/kxCluster/{got['clusterName']}"

    def read(self, name):
        got, shown = super().read(name), self.get(name)
        if "databases" in shown:
            # The service moved the dataview's name and added changesets; the
            # provider's acceptance tests ignore changes of this block.
            got["databases"] = [pick(d, "databaseName") | pick(d.get("dataviewConfiguration", {}), "dataviewName") for d in shown["databases"]]
        return got

    def update(self, name, old, new):
        # No deploymentConfiguration is sent, and of the code only what changed.
        if old.get("databases") != new.get("databases"):
            kx.update_kx_cluster_databases(**self.named(name), databases=new["databases"])
            wait(lambda: self.get(name), ("PENDING", "UPDATING"), "RUNNING")
        changed = {k: new[k] for k in ("initializationScript", "commandLineArguments") if old.get(k) != new.get(k)}
        if changed or old.get("code") != new.get("code"):
            kx.update_kx_cluster_code_configuration(**self.named(name), code=new["code"], **changed)
            wait(lambda: self.get(name), ("PENDING", "UPDATING"), "RUNNING")
        retag(self.arn(self.get(name)), old["tags"], new["tags"])
