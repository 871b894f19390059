// Measures how long the Worker takes to start under workerd, and to its first answer, against an empty Worker.
// Arguments: the Worker's folder; a snapshot file, and the Host and path of a request that it answers with 200.
// Prints milliseconds as JSON: `listens` when its global scope has run, `answers` when the first request is answered.
//
// workerd itself is started, and reads the files itself: miniflare takes 40 ms to hand it two megabytes.
import { spawn } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { performance } from "node:perf_hooks";

const ROUNDS = 9;
const START_MS_MAX = 20_000;
const [dist, snapshot, host, path] = process.argv.slice(2);
// The package exports the path of its program.
const workerd = createRequire(resolve("tests/worker/package.json"))("workerd").default;

const folder = mkdtempSync(join(tmpdir(), "edgeway-startup-"));
for (const name of ["index.js", "index_bg.wasm"]) copyFileSync(join(dist, name), join(folder, name));
if (snapshot) copyFileSync(snapshot, join(folder, "snapshot.bin"));
else writeFileSync(join(folder, "snapshot.bin"), "");
writeFileSync(
  join(folder, "empty.js"),
  `export default { fetch: () => new Response("") };
   export class BucketObject { fetch() { return new Response("") } }`,
);

function configure(name, modules) {
  const file = join(folder, `${name}.capnp`);
  writeFileSync(
    file,
    `using Workerd = import "/workerd/workerd.capnp";
     const config :Workerd.Config = (
       services = [(name = "main", worker = (
         modules = [${modules}],
         compatibilityDate = "2026-03-01",
         durableObjectNamespaces = [(className = "BucketObject", uniqueKey = "buckets", enableSql = true)],
         durableObjectStorage = (inMemory = void),
         bindings = [(name = "BUCKETS", durableObjectNamespace = "BucketObject")],
       ))],
       sockets = [(name = "http", address = "127.0.0.1:0", service = "main")],
     );`,
  );
  return file;
}
const configurations = {
  empty: configure("empty", `(name = "index.js", esModule = embed "empty.js")`),
  edgeway: configure(
    "edgeway",
    `(name = "index.js", esModule = embed "index.js"),
     (name = "./index_bg.wasm", wasm = embed "index_bg.wasm"),
     (name = "./snapshot.bin", data = embed "snapshot.bin")`,
  ),
};

/** The port, as workerd tells it when it listens. */
function listening(process) {
  return new Promise((answer, fail) => {
    process.once("exit", (code) => fail(new Error(`workerd ended with ${code}`)));
    let told = "";
    process.stdio[3].on("data", (data) => {
      told += data;
      const port = /"event":\s*"listen".*"port":\s*(\d+)/.exec(told)?.[1];
      if (port) answer(Number(port));
    });
  });
}

function ask(port) {
  const headers = host ? { host } : {};
  return new Promise((answer, fail) => {
    const request = get({ host: "127.0.0.1", port, path: path ?? "/", headers, agent: false }, (response) => {
      response.resume();
      response.on("end", () => answer(response.statusCode));
    });
    request.on("error", fail);
  });
}

/** From starting workerd until it listens, and to the first answer. */
async function start(configuration) {
  const began = performance.now();
  const process = spawn(workerd, ["serve", configuration, "--experimental", "--control-fd=3"], {
    stdio: ["ignore", "ignore", "ignore", "pipe"],
    timeout: START_MS_MAX,
  });
  const gone = new Promise((ended) => process.once("close", ended));
  try {
    const port = await listening(process);
    const listens = performance.now() - began;
    const status = await ask(port);
    return { listens, answers: performance.now() - began, status };
  } finally {
    process.kill("SIGKILL");
    await gone;
  }
}

try {
  await start(configurations.empty); // the files come from the disk only once
  const starts = { empty: [], edgeway: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    starts.empty.push(await start(configurations.empty));
    starts.edgeway.push(await start(configurations.edgeway));
  }
  // The fastest of each: what else the machine does only ever adds.
  const fastest = (of) => ({
    listens: Math.min(...of.map(({ listens }) => listens)),
    answers: Math.min(...of.map(({ answers }) => answers)),
  });
  const { status } = starts.edgeway.at(-1);
  console.log(JSON.stringify({ empty: fastest(starts.empty), edgeway: fastest(starts.edgeway), status }));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
