// The Worker's entry: what workerd calls, around what wasm-bindgen generated. `cargo xtask worker` bundles it.
//
// A Rust panic leaves the Wasm instance unusable, and whatever waited in it waits for ever. So the requests that were in it
// are answered with an error, the next one gets a fresh instance, and a Durable Object is made anew from its storage.
import * as wasm from "./index.js";

const state = wasm.__worker_init_state();

/** How often the module was instantiated anew: objects made before belong to an instance that is gone. */
let generation = 0;

/** Handlers of a Durable Object that workerd looks for by name. */
const OBJECT_HANDLERS = ["fetch", "alarm", "webSocketMessage", "webSocketClose", "webSocketError"];

/** Handlers of a Worker that workerd looks for by name. */
const WORKER_HANDLERS = ["fetch", "scheduled", "queue"];

/** Ends of the calls that are in the instance now. */
const failures = new Set();

// The panic hook sets this, before the trap: the only notice of a panic in a task that no handler waits for.
let trapped = false;
Object.defineProperty(state, "criticalError", {
  get: () => trapped,
  set(value) {
    trapped = value;
    if (!trapped) return;
    for (const fail of failures) fail(new Error("the Wasm instance has panicked"));
    failures.clear();
  },
});

function ready() {
  if (!trapped) return;
  wasm.__wbg_reset_state();
  trapped = false;
  generation += 1;
}

function noticeTrap(error) {
  if (!(error instanceof WebAssembly.RuntimeError) || trapped) return;
  // Those who are told below know only that there was one.
  console.error(`the Wasm instance has trapped: ${error.stack}`);
  state.criticalError = true;
}

async function enter(call) {
  ready();
  const { promise, reject } = Promise.withResolvers();
  failures.add(reject);
  try {
    return await Promise.race([call(), promise]);
  } catch (error) {
    noticeTrap(error);
    throw error;
  } finally {
    failures.delete(reject);
  }
}

// A trap without a panic (a stack overflow, say) in such a task.
addEventListener("error", (event) => noticeTrap(event.error));

/** What API Gateway answers when it fails itself. */
function internalServerError() {
  return Response.json({ message: "Internal server error" }, { status: 500 });
}

function durableObject(name) {
  const Outer = class {
    #state;
    #env;
    #inner;
    #generation = -1;

    constructor(objectState, env) {
      this.#state = objectState;
      this.#env = env;
    }

    handle(handler, parameters) {
      return enter(() => {
        if (this.#generation !== generation) {
          this.#inner = new wasm[name](this.#state, this.#env);
          this.#generation = generation;
        }
        return this.#inner[handler](...parameters);
      });
    }
  };
  for (const handler of OBJECT_HANDLERS) {
    if (!(handler in wasm[name].prototype)) continue;
    Outer.prototype[handler] = function (...parameters) {
      return this.handle(handler, parameters);
    };
  }
  return Outer;
}

const worker = {};
for (const handler of WORKER_HANDLERS) {
  if (typeof wasm[handler] !== "function") continue;
  worker[handler] = (event, env, context) => enter(() => wasm[handler](event, env, context));
}
if (worker.fetch) {
  const answer = worker.fetch;
  worker.fetch = (request, env, context) =>
    answer(request, env, context).catch((error) => {
      console.error(String(error?.stack ?? error));
      return internalServerError();
    });
}
export default worker;

/* DURABLE OBJECTS */
