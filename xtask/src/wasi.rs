//! `cargo xtask wasi`: Edgeway as a component for hosts of `wasi:http`. `edgeway deploy --target wasi` puts APIs into it.

use std::path::PathBuf;

use anyhow::Result;

use crate::{component, serve, shell, toolchain};

/// Builds `target/edgeway/wasi-http.wasm`, and beside it the same with each draft of `wasi:keyvalue`; fails if one imports
/// anything but WASI, or a draft that is not its own.
pub(crate) fn build(how: serve::Build) -> Result<PathBuf> {
    shell::say("building the wasi:http component");
    let file = made("wasi-http", "--proxy", "wasi-http.wasm", how)?;
    println!("{}", file.display());
    Ok(file)
}

/// Builds what tests put between a component with the second draft of `wasi:keyvalue` and a host with the first.
pub(crate) fn build_bridge(how: serve::Build) -> Result<PathBuf> {
    made("keyvalue", "--bridge", "keyvalue-bridge.wasm", how)
}

fn made(package: &str, flag: &str, name: &str, how: serve::Build) -> Result<PathBuf> {
    let wasm_target = toolchain::wasm_target()?;
    let mut build = wasm_target.cargo();
    shell::run(build.args(["build", "--package", package, "--profile", "wasm"]))?;
    let core_module = package.replace('-', "_") + ".wasm";
    let core_module = wasm_target.built("wasm").join(core_module);
    let compiler = component::compiler(how)?;
    let file = shell::artefacts()?.join(name);
    if !shell::up_to_date(&file, &[&core_module, &compiler]) {
        shell::run(shell::command(&compiler).arg(flag).arg(&core_module).arg(&file))?;
    }
    Ok(file)
}
