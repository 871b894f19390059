// Measures the CPU time of requests to the Worker under workerd, beside an empty Worker's.
// Arguments: the Worker's folder; a snapshot file; a file with the request: {host, path, headers, content}.
// Prints milliseconds a request as JSON.
//
// It is the whole process that is measured, by the system's own clock: HTTP, the Worker, its Durable Objects, JavaScript's
// garbage. What an empty Worker takes is what the platform takes.
import { spawn } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const [dist, snapshot, file] = process.argv.slice(2);
const asked = JSON.parse(readFileSync(file, "utf8"));
const workerd = createRequire(resolve("tests/worker/package.json"))("workerd").default;
/** V8 compiles what is called often; only then is it as fast as it gets. */
const WARMING = 1500;
const REQUESTS = 2000;
const ROUNDS = 3;
/** Linux counts CPU time so often a second (`getconf CLK_TCK`). */
const TICKS_PER_S = 100;

const folder = mkdtempSync(join(tmpdir(), "edgeway-cpu-"));
for (const name of ["index.js", "index_bg.wasm"]) copyFileSync(join(dist, name), join(folder, name));
// On disk: alarms of objects in memory alone end workerd ("Promise callback destroyed itself").
mkdirSync(join(folder, "objects"));
copyFileSync(snapshot, join(folder, "snapshot.bin"));
writeFileSync(
  join(folder, "empty.js"),
  `export default { fetch: async (request) => { await request.text(); return new Response("") } };
   export class BucketObject { fetch() { return new Response("") } }`,
);
const module = (name, kind, path) => `(name = "${name}", ${kind} = embed "${path}")`;
const workers = {
  empty: module("index.js", "esModule", "empty.js"),
  edgeway: [
    module("index.js", "esModule", "index.js"),
    module("./index_bg.wasm", "wasm", "index_bg.wasm"),
    module("./snapshot.bin", "data", "snapshot.bin"),
  ].join(", "),
};

function configure(name) {
  const path = join(folder, `${name}.capnp`);
  writeFileSync(
    path,
    `using Workerd = import "/workerd/workerd.capnp";
     const config :Workerd.Config = (
       services = [(name = "disk", disk = (path = "${join(folder, "objects")}", writable = true)), (name = "main", worker = (
         modules = [${workers[name]}],
         compatibilityDate = "2026-03-01",
         durableObjectNamespaces = [(className = "BucketObject", uniqueKey = "buckets", enableSql = true)],
         durableObjectStorage = (localDisk = "disk"),
         bindings = [(name = "BUCKETS", durableObjectNamespace = "BucketObject")],
       ))],
       sockets = [(name = "http", address = "127.0.0.1:0", service = "main")],
     );`,
  );
  return path;
}

function listening(child) {
  return new Promise((answer, fail) => {
    child.once("exit", (code) => fail(new Error(`workerd ended with ${code}`)));
    let told = "";
    child.stdio[3].on("data", (data) => {
      told += data;
      const port = /"event":\s*"listen".*"port":\s*(\d+)/.exec(told)?.[1];
      if (port) answer(Number(port));
    });
  });
}

function ask(port, agent) {
  const headers = { ...asked.headers, host: asked.host, "content-length": Buffer.byteLength(asked.content) };
  return new Promise((answer, fail) => {
    const call = request({ host: "127.0.0.1", port, path: asked.path, method: "POST", headers, agent }, (response) => {
      response.resume();
      response.on("end", () => answer(response.statusCode));
    });
    call.on("error", fail);
    call.end(asked.content);
  });
}

function cpuMs(pid) {
  // The name may have blanks; it ends with the last parenthesis.
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").pop().split(" ");
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS_PER_S;
}

async function measure(name) {
  const child = spawn(workerd, ["serve", configure(name), "--experimental", "--control-fd=3"], {
    stdio: ["ignore", "ignore", "inherit", "pipe"],
  });
  const gone = new Promise((ended) => child.once("close", ended));
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  try {
    const port = await listening(child);
    const statuses = {};
    const send = async (count) => {
      for (let left = count; left > 0; left -= 1) {
        const status = await ask(port, agent);
        statuses[status] = (statuses[status] ?? 0) + 1;
      }
    };
    await send(WARMING);
    let least = Infinity;
    for (let round = 0; round < ROUNDS; round += 1) {
      const before = cpuMs(child.pid);
      await send(REQUESTS);
      least = Math.min(least, (cpuMs(child.pid) - before) / REQUESTS);
    }
    return { ms: least, statuses };
  } finally {
    agent.destroy();
    child.kill("SIGKILL");
    await gone;
  }
}

try {
  console.log(JSON.stringify({ empty: await measure("empty"), edgeway: await measure("edgeway") }));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
