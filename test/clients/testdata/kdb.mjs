// Connects to a cluster with node-q, a kdb+ client that others wrote, as a user
// of the SDK would: assume the user's role, ask for a string, log in with it.
// Prints what came back, one JSON object.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
const require = createRequire(process.env.QUOIN_NODE_MODULES + "/");
const { FinspaceClient, GetKxConnectionStringCommand, UpdateKxUserCommand } = require("@aws-sdk/client-finspace");
const { STSClient, AssumeRoleCommand } = require("@aws-sdk/client-sts");
const nodeq = require("node-q");

const [environmentId, clusterName, userArn, role, poorRole, caFile] = process.argv.slice(2);
const config = { endpoint: process.env.AWS_ENDPOINT_URL, region: process.env.AWS_REGION };
const keys = (await new STSClient(config).send(new AssumeRoleCommand({ RoleArn: role, RoleSessionName: "bob" }))).Credentials;
const finspace = new FinspaceClient({ ...config, credentials: {
  accessKeyId: keys.AccessKeyId, secretAccessKey: keys.SecretAccessKey, sessionToken: keys.SessionToken } });
const string = (await finspace.send(new GetKxConnectionStringCommand({ environmentId, clusterName, userArn }))).signedConnectionString;
const [, protocol, host, port, user, password] = string.split(":");

const connect = () => new Promise((done, failed) => nodeq.connect({
  host: host.replace("//", ""), port: Number(port), user, password, useTLS: protocol === "tcps", ca: readFileSync(caFile),
}, (err, con) => err ? failed(err) : done(con)));
const con = await connect();
const ask = (...call) => new Promise((done) => con.k(...call, (err, value) => done(err ? { error: err.message } : value)));

const facts = { protocol, loginUser: user };
facts.user = await ask("string .z.u");
facts.sum = await ask("{x+y}", 40, 2);
facts.table = await ask("([]sym:`a`b;price:1.5 2.5)");
facts.large = (await ask("til 1000000")).length;
facts.failure = await ask("1+`a");
facts.pushed = await new Promise((done) => {
  con.on("upd", (table, row) => done([table, row]));
  con.ks("neg[.z.w](`upd;`trade;1 2)", () => {});
});
const ended = new Promise((done) => con.socket.once("close", () => done(true)));
await finspace.send(new UpdateKxUserCommand({ environmentId, userName: user, iamRole: poorRole }));
facts.ended = await ended;
facts.again = await connect().then(() => "let in", (err) => err.message);
process.stdout.write(JSON.stringify(facts));
process.exit(0);
