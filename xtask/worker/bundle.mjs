// Bundles what wasm-bindgen generated into one module, and makes the Wasm smaller.
// Arguments: the folder with index.js, index_bg.wasm and entry.mjs; the folder to write into. Prints the sizes as JSON.
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { gzipSync } from "node:zlib";

const [staging, out] = process.argv.slice(2).map((path) => resolve(path));
// The packages are the Worker's, not this script's.
const require = createRequire(resolve("edge-worker/package.json"));
const esbuild = require("esbuild");

// What Rust 1.95 may emit for wasm32-unknown-unknown, and wasm-bindgen after it.
const WASM_FEATURES = [
  "bulk-memory",
  "bulk-memory-opt",
  "exception-handling",
  "multivalue",
  "mutable-globals",
  "nontrapping-float-to-int",
  "reference-types",
  "sign-ext",
];

// A function with one caller is put into it only if it is small. V8 compiles a function when it is called for the first
// time: without the bound, binaryen makes two functions of 160 kB, and the first request waits 15 ms for them.
const INLINE = ["--one-caller-inline-max-function-size", "50"];

// Rust's stack has the first megabyte, the data begin above it: an address below 1024 is no object's. So a sum of a pointer
// and a constant may become the offset of a load: 5 kB less, gzipped.
const MEMORY = ["--low-memory-unused"];
// By how often they are called: small numbers of functions are alike, which gzip likes (1 %).
const ORDER = ["--reorder-functions"];

mkdirSync(out, { recursive: true });
const bundled = await esbuild.build({
  absWorkingDir: staging,
  entryPoints: ["./entry.mjs"],
  bundle: true,
  format: "esm",
  minify: true,
  target: "es2022",
  // Modules that the host of the Worker adds: the Wasm, the deployment's snapshot, workerd's own.
  plugins: [{ name: "modules-beside", setup: (build) => build.onResolve({ filter: /(^cloudflare:)|(\/(index_bg\.wasm|snapshot\.bin)$)/ }, beside) }],
  write: false,
  logLevel: "warning",
});
function beside({ path }) {
  return { path: path.startsWith("cloudflare:") ? path : `./${path.split("/").pop()}`, external: true };
}
// workerd takes a module of type CompiledWasm through a plain import.
const script = bundled.outputFiles[0].text;

const raw = join(staging, "index_bg.wasm");
const small = join(staging, "small.wasm");
execFileSync(
  process.execPath,
  [require.resolve("binaryen/bin/wasm-opt"), "-Oz", ...ORDER, ...INLINE, ...MEMORY, "--strip-debug", "--strip-producers", ...WASM_FEATURES.map((name) => `--enable-${name}`), raw, "-o", small],
  { stdio: ["ignore", "inherit", "inherit"] },
);

// Renamed into place: a running workerd may be reading the old ones.
function place(name, contents) {
  writeFileSync(join(out, `${name}.new`), contents);
  renameSync(join(out, `${name}.new`), join(out, name));
  return { name, raw: contents.length, gzip: gzipSync(contents, { level: 9 }).length };
}
const files = [place("index.js", Buffer.from(script)), place("index_bg.wasm", readFileSync(small))];
console.log(JSON.stringify({ files, unoptimised: readFileSync(raw).length }));
