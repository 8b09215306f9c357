// Makes the calls that come in, one JSON object a line, with the AWS SDK for
// JavaScript, and prints what came of each.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
const require = createRequire(process.env.QUOIN_NODE_MODULES + "/");
const { FinspaceClient, ...f } = require("@aws-sdk/client-finspace");
const client = new FinspaceClient({ endpoint: process.env.AWS_ENDPOINT_URL, region: process.env.AWS_REGION, maxAttempts: 1 });

for await (const line of createInterface({ input: process.stdin })) {
  const { operation, input } = JSON.parse(line);
  let result;
  try {
    const { $metadata, ...output } = await client.send(new f[operation + "Command"](input));
    result = { output };
  } catch (e) {
    result = { code: f[e.name] && e instanceof f[e.name] ? e.name : "untyped " + e.name, status: e.$metadata?.httpStatusCode, message: e.message, reason: e.reason ?? "" };
  }
  process.stdout.write(JSON.stringify(result) + "\n");
}
