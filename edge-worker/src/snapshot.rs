//! The deployment that this Worker serves, compiled once per isolate.

use std::cell::OnceCell;
use std::rc::Rc;

use edge_common::token_keys;
use gateway_core::definition::Snapshot;
use gateway_core::gateway::{Gateway, TOKEN_KEY_BYTES_MIN};
use js_sys::{ArrayBuffer, Uint8Array};
use wasm_bindgen::prelude::wasm_bindgen;
use worker::Env;

use crate::bindings;
use crate::edge::Edges;

#[wasm_bindgen(raw_module = "./snapshot.bin")]
extern "C" {
    /// A data module: what `edgeway bundle` wrote.
    #[wasm_bindgen(thread_local_v2, js_name = "default")]
    static SNAPSHOT: ArrayBuffer;
}

/// What a snapshot is made into.
#[derive(Clone)]
pub(crate) struct Deployment {
    pub(crate) gateway: Rc<Gateway>,
    pub(crate) edges: Rc<Edges>,
}

thread_local! {
    static DEPLOYMENT: OnceCell<Result<Deployment, String>> = const { OnceCell::new() };
}

/// The compiled deployment, or why there is none.
pub(crate) fn deployment(env: &Env) -> Result<Deployment, String> {
    DEPLOYMENT.with(|cell| cell.get_or_init(|| load(env)).clone())
}

/// What `edgeway bundle` wrote.
pub(crate) fn bytes() -> Vec<u8> {
    SNAPSHOT.with(|buffer| Uint8Array::new(buffer).to_vec())
}

fn load(env: &Env) -> Result<Deployment, String> {
    let mut snapshot = Snapshot::from_bytes(&bytes()).map_err(|error| error.to_string())?;
    // Nobody here takes spans: what comes is passed on as it is.
    snapshot.tracing = None;
    let told = token_keys::fill(&mut snapshot.web_acls, &bindings::variables(env), random_key);
    told.iter().for_each(|told| worker::console_error!("{told}"));
    let edges = Edges::read(&core::mem::take(&mut snapshot.distributions), &snapshot)?;
    match Gateway::compile(snapshot) {
        Ok(gateway) => Ok(Deployment { gateway: Rc::new(gateway), edges: Rc::new(edges) }),
        Err(errors) => {
            let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
            Err(lines.join("\n"))
        }
    }
}

/// A key of this isolate.
fn random_key() -> Option<Vec<u8>> {
    let mut key = vec![0; TOKEN_KEY_BYTES_MIN];
    getrandom::fill(&mut key).ok().map(|()| key)
}
