// The work that the benchmark of peers gives to node-q, one command a line on
// standard input, each answered with a line when it is done. The arguments are
// the files that Go wrote: a message with a table, and many small messages.
"use strict";
const fs = require("fs");
const readline = require("readline");
const { deserialize, serialize } = require("node-q/lib/c.js");
const typed = require("node-q/lib/typed.js");
const Long = require("long");

const [tableFile, smallFile] = process.argv.slice(2);
const decode = (b) => deserialize(b, false, false); // columns, nanoseconds as numbers
let table, messages, columns, updates;

const commands = {
  "load table": () => {
    table = fs.readFileSync(tableFile);
  },
  "decode table": () => decode(table),
  "make table": () => {
    const t = decode(table);
    table = null;
    for (const name in t) t[name] = t[name].slice(0, t[name].length / 10);
    columns = typed.dict({
      time: typed.timestamps(t.time.map((n) => new Date(n / 1e6))),
      sym: typed.symbols(t.sym),
      price: typed.floats(t.price),
      size: typed.longs(t.size.map((n) => Long.fromNumber(n))),
    });
  },
  "encode table": () => serialize(columns),
  "load messages": () => {
    columns = null;
    const b = fs.readFileSync(smallFile);
    messages = [];
    for (let at = 0; at < b.length; at += b.readUInt32LE(at + 4)) messages.push(b.subarray(at, at + b.readUInt32LE(at + 4)));
  },
  "decode messages": () => messages.forEach((m) => decode(m)),
  "make messages": () => {
    updates = messages.map((m) => {
      const [f, name, [time, sym, price, size]] = decode(m);
      const row = [typed.timestamp(new Date(time / 1e6)), typed.symbol(sym), typed.float(price), typed.long(Long.fromNumber(size))];
      return [typed.symbol(f), typed.symbol(name), row];
    });
    messages = null;
  },
  "encode messages": () => updates.forEach((u) => serialize(u)),
};

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  commands[line]();
  process.stdout.write("done\n");
});
