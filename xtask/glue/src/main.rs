//! The JavaScript around the Worker's Wasm, by wasm-bindgen's library: `worker-glue MODULE FOLDER` writes `index.js` and
//! `index_bg.wasm`.

use anyhow::{Context, Result, bail};

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [module, folder] = &arguments[..] else { bail!("worker-glue MODULE FOLDER") };
    let mut bindgen = wasm_bindgen_cli_support::Bindgen::new();
    bindgen
        .input_path(module)
        .out_name("index")
        .typescript(false)
        // An instance that panicked is replaced, see xtask/worker/entry.mjs.
        .reset_state_function(true)
        .force_enable_abort_handler(true)
        .module(true)
        .and_then(|bindgen| bindgen.generate(folder))
        .context("writing the JavaScript around the Worker's Wasm")
}
