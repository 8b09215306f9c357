// A session with the AWS SDK for JavaScript: prints what came back, one JSON object.
import { createRequire } from "node:module";
const require = createRequire(process.env.QUOIN_NODE_MODULES + "/");
const { FinspaceClient, ...f } = require("@aws-sdk/client-finspace");
const { IAMClient, CreateRoleCommand, DeleteRoleCommand } = require("@aws-sdk/client-iam");
const { STSClient, GetCallerIdentityCommand } = require("@aws-sdk/client-sts");

// Its version of the SDK has this endpoint variable for newer packages only.
const config = { endpoint: process.env.AWS_ENDPOINT_URL, region: process.env.AWS_REGION };
const finspace = new FinspaceClient(config), iam = new IAMClient(config), sts = new STSClient(config);
const call = (command, input) => finspace.send(new f[command + "Command"](input));
const account = (await sts.send(new GetCallerIdentityCommand({}))).Account;
const trust = JSON.stringify({ Version: "2012-10-17", Statement: [
  { Effect: "Allow", Principal: { AWS: `arn:aws:iam::${account}:root` }, Action: "sts:AssumeRole" }] });

const until = async (status, poll) => {
  for (let i = 0; i < 1000; i++) {
    if ((await poll()) === status) return;
    await new Promise((done) => setTimeout(done, 10));
  }
  throw new Error("waited in vain for " + status);
};
const error = async (command, input) => {
  try {
    await call(command, input);
  } catch (e) {
    return [e instanceof f[e.name] ? e.name : "untyped " + e.name, e.$metadata.httpStatusCode, !!e.message, e.reason ?? null];
  }
  return null;
};

const env = await call("CreateKxEnvironment", { name: "node", kmsKeyId: "arn:aws:kms:us-east-1:123456789012:key/1", tags: { made: "by node" } });
const environmentId = env.environmentId;
const status = async () => (await call("GetKxEnvironment", { environmentId })).status;
await until("CREATED", status);
const roles = [];
for (const n of "ab") {
  roles.push((await iam.send(new CreateRoleCommand({ RoleName: `node-${n}`, AssumeRolePolicyDocument: trust }))).Role.Arn);
}
const user = await call("CreateKxUser", { environmentId, userName: "bob", iamRole: roles[0], tags: { team: "fx" } });
const change = { environmentId, userName: "bob", iamRole: roles[1], clientToken: "once" };
const strip = ({ $metadata, ...rest }) => JSON.stringify(rest);
const updated = await call("UpdateKxUser", change), again = await call("UpdateKxUser", change);
for (let i = 0; i < 7; i++) await call("CreateKxUser", { environmentId, userName: `user-${i}`, iamRole: roles[0] });
const names = [];
let nextToken;
do {
  const page = await call("ListKxUsers", { environmentId, maxResults: 3, nextToken });
  names.push(...page.users.map((u) => u.userName));
  nextToken = page.nextToken;
} while (nextToken);
const resourceArn = user.userArn;
await call("TagResource", { resourceArn, tags: { desk: "1" } });
const tagsOf = async (arn) => (await call("ListTagsForResource", { resourceArn: arn })).tags;
const tags = await tagsOf(resourceArn);
await call("UntagResource", { resourceArn, tagKeys: ["team", "desk"] });

const facts = {
  status: env.status,
  environmentTags: await tagsOf(env.environmentArn),
  zones: (await call("GetKxEnvironment", { environmentId })).availabilityZoneIds,
  created: Object.keys(user).filter((k) => k !== "$metadata").sort(),
  updated: updated.iamRole === roles[1] && strip(updated) === strip(again),
  got: (await call("GetKxUser", { environmentId, userName: "bob" })).iamRole === roles[1],
  names,
  times: (await call("ListKxUsers", { environmentId })).users.every((u) => u.updateTimestamp >= u.createTimestamp),
  tags,
  tagsLeft: await tagsOf(resourceArn),
  errors: {
    missing: await error("GetKxUser", { environmentId, userName: "nobody" }),
    taken: await error("CreateKxUser", { environmentId, userName: "bob", iamRole: roles[0] }),
    invalid: await error("CreateKxUser", { environmentId, userName: "a b", iamRole: roles[0] }),
    conflict: await error("UpdateKxUser", { ...change, iamRole: roles[0] }),
  },
};
for (const userName of names) await call("DeleteKxUser", { environmentId, userName });
await call("DeleteKxEnvironment", { environmentId });
await until("DELETED", status);
facts.left = [];
for await (const page of f.paginateListKxEnvironments({ client: finspace }, {})) facts.left.push(...page.environments.map((e) => e.name));
for (const n of "ab") await iam.send(new DeleteRoleCommand({ RoleName: `node-${n}` }));
console.log(JSON.stringify(facts));
