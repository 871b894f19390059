// The Worker's entry: what workerd calls, around what wasm-bindgen generated. `cargo xtask worker` bundles it.
//
// A Rust panic leaves the Wasm instance unusable. The request that met it fails; the next one gets a fresh instance, and
// a Durable Object is made anew from its storage. Cloudflare's own build tool does the same.
import * as wasm from "./index.js";

const state = wasm.__worker_init_state();

/** How often the module was instantiated anew: objects made before belong to an instance that is gone. */
let generation = 0;

/** Handlers of a Durable Object that workerd looks for by name. */
const OBJECT_HANDLERS = ["fetch", "alarm", "webSocketMessage", "webSocketClose", "webSocketError"];

/** Handlers of a Worker that workerd looks for by name. */
const WORKER_HANDLERS = ["fetch", "scheduled", "queue"];

function ready() {
  if (!state.criticalError) return;
  wasm.__wbg_reset_state();
  state.criticalError = false;
  generation += 1;
}

function noticeTrap(error) {
  if (error instanceof WebAssembly.RuntimeError) state.criticalError = true;
}

async function enter(call) {
  ready();
  try {
    return await call();
  } catch (error) {
    noticeTrap(error);
    throw error;
  }
}

// A panic in a task that no handler waits for ends up here.
addEventListener("error", (event) => noticeTrap(event.error));

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
export default worker;

/* DURABLE OBJECTS */
