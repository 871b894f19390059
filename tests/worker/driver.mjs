// Runs the Worker under workerd for the tests. One process serves a whole test run: it reads one JSON
// object a line from standard input and answers each with one line on standard output. README.md says
// what it understands and what it expects of the Worker's bundle.
import { appendFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Miniflare, Response } from "miniflare";

const WORKER_NAME = "edgeway";
/** The same Worker once more, in an isolate of its own: the objects are the first one's. */
const BESIDE_NAME = "beside";
/** A Worker whose objects fail. */
const AWAY = {
  name: "away",
  modules: [
    {
      type: "ESModule",
      path: "away.js",
      contents: `import { DurableObject } from "cloudflare:workers";
        export class BucketObject extends DurableObject { fetch() { throw new Error("away"); } }
        export default { fetch: () => new Response("") };`,
    },
  ],
};
/** An entry before the Worker's own that logs each call of an object with the request that it is made for. */
const COUNTED = {
  type: "ESModule",
  path: "counted.js",
  contents: `import worker from "./index.js";
    export { BucketObject } from "./index.js";
    const noted = (namespace, request) => new Proxy(namespace, {
      get(target, name) {
        const value = target[name];
        if (typeof value !== "function" || name === "constructor") return value;
        return (...given) => {
          if (name === "get" || name === "getByName") console.log(\`object call for \${request.url}\`);
          return value.apply(target, given);
        };
      },
    });
    export default {
      fetch: (request, env, context) =>
        worker.fetch(request, { ...env, BUCKETS: noted(env.BUCKETS, request) }, context),
    };`,
};
const COMPATIBILITY_DATE = "2026-03-01";

/** Running Workers by the caller's slot: a slot holds one at a time. */
const running = new Map();

/** A service binding's other end: it says what it was asked. */
async function service(name, request) {
  return new Response(`${name}: ${request.method} ${request.url} ${await request.text()}`);
}

async function start({ slot, modules, snapshot, bindings, beside, away, unbound, counted, objects, services = [], logs, log }) {
  await stop({ slot });
  const files = [
    { type: "ESModule", path: "index.js", contents: await readFile(join(modules, "index.js"), "utf8") },
    { type: "CompiledWasm", path: "index_bg.wasm", contents: await readFile(join(modules, "index_bg.wasm")) },
    { type: "Data", path: "snapshot.bin", contents: await readFile(snapshot) },
  ];
  if (counted) files.unshift(COUNTED);
  const isolate = (name, bindings, scriptName) => ({
    name,
    compatibilityDate: COMPATIBILITY_DATE,
    modules: files,
    bindings,
    serviceBindings: Object.fromEntries(services.map((name) => [name, (request) => service(name, request)])),
    kvNamespaces: ["INVALIDATIONS"],
    durableObjects: unbound ? {} : { BUCKETS: { className: "BucketObject", useSQLite: true, scriptName } },
    // Straight to the Worker: miniflare's own entry point would rewrite the URL, drop and add
    // fields, and compress answers.
    unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }],
  });
  const workers = [isolate(WORKER_NAME, bindings, away ? AWAY.name : undefined)];
  if (beside) {
    workers.push(isolate(BESIDE_NAME, { ...bindings, ...beside }, away ? AWAY.name : WORKER_NAME));
  }
  if (away) workers.push({ ...AWAY, compatibilityDate: COMPATIBILITY_DATE });
  // A new instance, not `setOptions` on the old one: that keeps the caches' and objects' state, and a
  // fresh workerd is answering after less than 100 ms.
  const miniflare = new Miniflare({
    host: "127.0.0.1",
    port: 0,
    cf: false,
    telemetry: { enabled: false },
    durableObjectsPersist: objects ?? false,
    handleRuntimeStdio: (stdout, stderr) => {
      stdout.on("data", (data) => relay(logs, data, log));
      stderr.on("data", (data) => relay(logs, data, log));
    },
    workers,
  });
  running.set(slot, miniflare);
  try {
    await miniflare.ready;
    const url = async (name) => (await miniflare.unsafeGetDirectURL(name)).origin;
    return { url: await url(WORKER_NAME), beside: beside && (await url(BESIDE_NAME)) };
  } catch (error) {
    await stop({ slot });
    throw error;
  }
}

async function stop({ slot }) {
  const miniflare = running.get(slot);
  running.delete(slot);
  await miniflare?.dispose();
  return {};
}

/** Writes into a KV namespace of a Worker, as an operator does. */
async function put({ slot, namespace, key, value }) {
  const store = await running.get(slot).getKVNamespace(namespace, WORKER_NAME);
  await store.put(key, value);
  return {};
}

/** What the Worker writes down, as the platform would be told it. */
function relay(logs, data, log) {
  if (logs) process.stderr.write(data);
  if (log) appendFileSync(log, data);
}

const operations = { start, stop, put };

function answer(value) {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

const lines = createInterface({ input: process.stdin });
const open = new Set();
for await (const line of lines) {
  const command = JSON.parse(line);
  const work = (async () => {
    try {
      const operation = operations[command.op];
      if (!operation) throw new Error(`unknown operation ${command.op}`);
      answer({ id: command.id, ...(await operation(command)) });
    } catch (error) {
      answer({ id: command.id, error: String(error?.stack ?? error) });
    }
  })();
  open.add(work);
  work.finally(() => open.delete(work));
}
// The tests are gone: leave no workerd behind.
await Promise.allSettled(open);
await Promise.allSettled([...running.keys()].map((slot) => stop({ slot })));
