//! The deployment that this Worker serves, compiled once per isolate.

use std::cell::OnceCell;
use std::rc::Rc;

use gateway_core::definition::Snapshot;
use gateway_core::gateway::Gateway;
use js_sys::{ArrayBuffer, Uint8Array};
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(raw_module = "./snapshot.bin")]
extern "C" {
    /// A data module: what `edgeway bundle` wrote.
    #[wasm_bindgen(thread_local_v2, js_name = "default")]
    static SNAPSHOT: ArrayBuffer;
}

thread_local! {
    static GATEWAY: OnceCell<Result<Rc<Gateway>, String>> = const { OnceCell::new() };
}

/// The compiled gateway, or why there is none.
pub(crate) fn gateway() -> Result<Rc<Gateway>, String> {
    GATEWAY.with(|cell| cell.get_or_init(load).clone())
}

fn load() -> Result<Rc<Gateway>, String> {
    let bytes = SNAPSHOT.with(|buffer| Uint8Array::new(buffer).to_vec());
    let mut snapshot = Snapshot::from_bytes(&bytes).map_err(|error| error.to_string())?;
    // Nobody here takes spans: what comes is passed on as it is.
    snapshot.tracing = None;
    match Gateway::compile(snapshot) {
        Ok(gateway) => Ok(Rc::new(gateway)),
        Err(errors) => {
            let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
            Err(lines.join("\n"))
        }
    }
}
