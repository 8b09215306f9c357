// Does what the job file says and prints one JSON object: the answers by name.
"use strict";
const fs = require("fs");
const nodeq = require("node-q");
const Long = require("long");

const job = JSON.parse(fs.readFileSync(process.argv[2]));
const params = Object.assign({ nanos2date: false }, job.params);

if (params.ca) params.ca = Buffer.from(params.ca);

const answers = {};
function finish() {
  process.stdout.write(JSON.stringify(answers));
  process.exit(0);
}

nodeq.connect(params, (err, con) => {
  if (err) {
    answers.connect = "refused: " + err.message;
    return finish();
  }
  answers.connect = "ok";
  const steps = job.steps.slice();
  const next = () => {
    const s = steps.shift();
    if (!s) return con.close(finish);
    const done = (err, res) => {
      answers[s.name] = err ? { error: err.message } : { value: res };
      next();
    };
    if (s.send !== undefined) {
      con.k("text", eval(s.send), done); // the expression stands in the test
    } else if (s.async) {
      con.on("upd", (table, row) => done(null, [table, row]));
      con.ks("push", () => {});
    } else {
      con.k(s.query, done);
    }
  };
  next();
});
