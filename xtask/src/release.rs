//! `cargo xtask release`: the gateway as it is shipped.
//!
//! The compiler is told what requests run through: the gateway is built once so that it counts that itself, serves a mixed
//! load of a few seconds, and is built again with the counts (`docs/decisions/0012`). That is a quarter of what a request
//! costs. The component within is the same as ever.

mod training;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::{component, serve, shell, toolchain};

/// `cargo xtask release`.
pub(crate) fn run() -> Result<()> {
    let built = build()?;
    println!("\n{}", built.display());
    Ok(())
}

/// Builds `target/edgeway/release/edgeway`.
pub(crate) fn build() -> Result<PathBuf> {
    toolchain::c_compiler()?;
    let llvm_profdata = toolchain::llvm_profdata()?;
    component::build(serve::Build::Development)?;
    let dir = folder()?;
    let (counts, profile) = (dir.join("counts"), dir.join("edgeway.profdata"));

    shell::say("building the gateway so that it counts what runs");
    let counting = compile("counting", &format!("-Cprofile-generate={}", counts.display()))?;
    if !shell::up_to_date(&profile, &[&counting]) {
        let _ = std::fs::remove_dir_all(&counts);
        std::fs::create_dir_all(&counts)
            .with_context(|| format!("creating {}", counts.display()))?;
        training::run(&counting, &dir.join("load"))?;
        merge(&llvm_profdata, &counts, &profile)?;
    }
    shell::say("building the gateway with what was counted");
    let shipped = compile("shipped", &format!("-Cprofile-use={}", profile.display()))?;
    serve::place(&shipped, &program()?)?;
    program()
}

/// Where [`build`] leaves it.
pub(crate) fn program() -> Result<PathBuf> {
    Ok(folder()?.join("edgeway"))
}

fn folder() -> Result<PathBuf> {
    Ok(shell::artefacts()?.join("release"))
}

/// Builds the gateway with this flag, in a folder of its own: nothing of one build serves the other.
fn compile(folder: &str, flag: &str) -> Result<PathBuf> {
    let host = toolchain::host()?;
    let target_dir = shell::target_dir().join(folder);
    let mut flags = std::env::var("RUSTFLAGS").unwrap_or_default();
    flags.push(' ');
    flags.push_str(flag);
    let mut build = shell::cargo();
    // With a target named, flags are not for what runs while it is built.
    build.args(["build", "--package", "host-runtime", "--bin", "edgeway", "--profile", "shipped"]);
    build.args(["--target", &host, "--target-dir"]).arg(&target_dir).env("RUSTFLAGS", flags);
    shell::run(&mut build)?;
    Ok(target_dir.join(host).join("shipped/edgeway"))
}

fn merge(llvm_profdata: &Path, counts: &Path, profile: &Path) -> Result<()> {
    let mut merge = shell::command(llvm_profdata);
    shell::run(merge.arg("merge").arg("--output").arg(profile).arg(counts))
}
