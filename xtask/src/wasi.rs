//! `cargo xtask wasi`: Edgeway as a component for hosts of `wasi:http`. `edgeway deploy --target wasi` puts APIs into it.

use std::path::PathBuf;

use anyhow::Result;

use crate::{component, serve, shell, toolchain};

/// Builds `target/edgeway/wasi-http.wasm`, and fails if the component imports anything but WASI.
pub(crate) fn build(how: serve::Build) -> Result<PathBuf> {
    let wasm_target = toolchain::wasm_target()?;
    shell::say("building the wasi:http component");
    let mut build = wasm_target.cargo();
    shell::run(build.args(["build", "--package", "wasi-http", "--profile", "wasm"]))?;
    let core_module = wasm_target.built("wasm").join("wasi_http.wasm");
    let compiler = component::compiler(how)?;
    let file = shell::artefacts()?.join("wasi-http.wasm");
    if !shell::up_to_date(&file, &[&core_module, &compiler]) {
        shell::run(shell::command(&compiler).arg("--proxy").arg(&core_module).arg(&file))?;
    }
    println!("{}", file.display());
    Ok(file)
}
