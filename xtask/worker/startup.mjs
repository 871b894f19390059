// Measures how long the Worker takes to start under workerd, against an empty Worker.
// Arguments: the Worker's folder; a snapshot file or nothing. Prints milliseconds as JSON.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { performance } from "node:perf_hooks";

const ROUNDS = 9;
const [dist, snapshot] = process.argv.slice(2);
const { Miniflare } = createRequire(resolve("tests/worker/package.json"))("miniflare");

const edgeway = {
  modules: [
    { type: "ESModule", path: "index.js", contents: readFileSync(join(dist, "index.js"), "utf8") },
    { type: "CompiledWasm", path: "index_bg.wasm", contents: readFileSync(join(dist, "index_bg.wasm")) },
    { type: "Data", path: "snapshot.bin", contents: snapshot ? readFileSync(snapshot) : Buffer.alloc(0) },
  ],
  durableObjects: { BUCKETS: { className: "BucketObject", useSQLite: true } },
};
const empty = {
  modules: [{
    type: "ESModule",
    path: "index.js",
    contents: `export default { fetch: () => new Response("") };
      export class BucketObject { constructor() {} fetch() { return new Response("") } }`,
  }],
  durableObjects: edgeway.durableObjects,
};

/** From starting workerd to the first answer, of whatever status. */
async function firstAnswer(worker) {
  const began = performance.now();
  const miniflare = new Miniflare({
    host: "127.0.0.1",
    port: 0,
    cf: false,
    telemetry: { enabled: false },
    handleRuntimeStdio: (stdout, stderr) => (stdout.resume(), stderr.resume()),
    workers: [{
      name: "edgeway",
      compatibilityDate: "2026-03-01",
      unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }],
      ...worker,
    }],
  });
  try {
    await miniflare.ready;
    const url = await miniflare.unsafeGetDirectURL("edgeway");
    const answer = await fetch(url);
    await answer.arrayBuffer();
    return { ms: performance.now() - began, status: answer.status };
  } finally {
    await miniflare.dispose();
  }
}

await firstAnswer(empty); // the files come from the disk only once
const times = { empty: [], edgeway: [] };
let status = 0;
for (let round = 0; round < ROUNDS; round += 1) {
  times.empty.push((await firstAnswer(empty)).ms);
  const answer = await firstAnswer(edgeway);
  times.edgeway.push(answer.ms);
  status = answer.status;
}
// The fastest of each: what else the machine does only ever adds.
console.log(JSON.stringify({ empty: Math.min(...times.empty), edgeway: Math.min(...times.edgeway), status }));
