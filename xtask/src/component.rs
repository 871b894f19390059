//! `cargo xtask component`: the pipeline as a Wasm component, and the same as machine code.
//!
//! `gateway-component` is built for wasm32-unknown-unknown, and `component-compiler` (a crate beside xtask) makes a component
//! of it from the WIT types that wit-bindgen left in it, checks what it imports, and compiles it ahead of time: the host maps
//! the result at start instead of compiling for seconds.

use std::path::PathBuf;

use anyhow::Result;

use crate::{serve, shell, toolchain};

/// What `cargo xtask component` leaves behind.
pub(crate) struct Built {
    /// The component.
    pub(crate) wasm: PathBuf,
    /// The component, compiled for this machine's architecture.
    pub(crate) cwasm: PathBuf,
}

/// Builds `target/edgeway/gateway.wasm` and `gateway.cwasm`, and fails if the component imports anything foreign.
pub(crate) fn build(how: serve::Build) -> Result<Built> {
    let wasm_target = toolchain::wasm_target()?;
    shell::say("building the component");
    let mut build = wasm_target.cargo();
    shell::run(build.args(["build", "--package", "gateway-component", "--profile", "wasm"]))?;
    let core_module = wasm_target.built("wasm").join("gateway_component.wasm");

    let compiler = compiler(how)?;
    let built = Built {
        wasm: shell::artefacts()?.join("gateway.wasm"),
        cwasm: shell::artefacts()?.join("gateway.cwasm"),
    };
    if !shell::up_to_date(&built.cwasm, &[&core_module, &compiler]) {
        shell::run(shell::command(&compiler).arg(&core_module).arg(shell::artefacts()?))?;
    }
    println!("{}\n{}", built.wasm.display(), built.cwasm.display());
    Ok(built)
}

/// Builds what makes components of core modules.
pub(crate) fn compiler(how: serve::Build) -> Result<PathBuf> {
    shell::say("building the compiler of components");
    shell::run(serve::cargo_build(how).args(["--bin", "component-compiler"]))?;
    Ok(shell::target_dir().join("debug/component-compiler"))
}
