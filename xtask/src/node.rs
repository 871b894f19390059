//! Node packages: installed from their lock files, once per lock file.

use std::path::Path;

use anyhow::{Context, Result};

use crate::{shell, toolchain};

/// Folders with a `package.json` of ours.
pub(crate) const FOLDERS: [&str; 2] = ["edge-worker", "tests/worker"];

/// Makes sure that the packages of that folder's lock file are installed there.
pub(crate) fn install(folder: &str) -> Result<()> {
    toolchain::node()?;
    let dir = shell::root().join(folder);
    let lock = dir.join("package-lock.json");
    let wanted = std::fs::read(&lock).with_context(|| format!("reading {}", lock.display()))?;
    // npm's own record of what it installed says nothing about which lock file that came from.
    let stamp = dir.join("node_modules/.edgeway-lock");
    if std::fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    shell::say(format!("installing the node packages of {folder}"));
    shell::run(
        shell::command("npm")
            .args(["ci", "--no-audit", "--no-fund", "--loglevel=error"])
            .current_dir(&dir),
    )?;
    write(&stamp, &wanted)
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    std::fs::write(path, bytes).with_context(|| format!("writing {}", path.display()))
}
