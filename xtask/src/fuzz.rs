//! The fuzz targets on a bounded number of inputs, the same ones every time.
//!
//! Searching for new paths needs a nightly compiler and cargo-fuzz (`cargo +nightly fuzz run TARGET`). Trying inputs that
//! are there does not: these are the seeds of `fuzz/seeds`, or noise, and what is made of them here. (libFuzzer mutates
//! nothing in a target without instrumentation.)

mod mutate;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use self::mutate::Random;
use crate::{shell, toolchain};

/// Every target, and how many inputs it is given.
const TARGETS: [(&str, usize); 8] = [
    ("codec", 2_000),
    ("definition", 1_000),
    ("exchange", 1_000),
    ("json_path", 2_000),
    ("json_schema", 2_000),
    ("policy", 2_000),
    ("velocity", 2_000),
    // 64 KB through seven web ACLs each.
    ("waf", 40),
];
/// Seeds of targets that read bytes of no format.
const NOISE: usize = 32;

/// Builds the targets and runs all of them; each that fails is named.
pub(crate) fn run() -> Result<()> {
    let folder = shell::root().join("fuzz");
    toolchain::program("c++", &["g++"])?; // libFuzzer is C++
    // A folder of its own: fuzz/ is no member of the workspace, so that its nightly features touch nothing else.
    let target_dir = shell::target_dir().join("fuzz");
    let mut build = shell::cargo();
    build.args(["build", "--quiet", "--bins", "--manifest-path"]).arg(folder.join("Cargo.toml"));
    shell::run(build.env("CARGO_TARGET_DIR", &target_dir))?;
    let mut failed = Vec::new();
    for (name, count) in TARGETS {
        let inputs = target_dir.join("inputs").join(name);
        write_inputs(&folder.join("seeds").join(name), count, &inputs)?;
        println!("{name}: {count} inputs");
        let mut target = shell::command(target_dir.join("debug").join(name));
        target.arg("-runs=0").arg(format!("-artifact_prefix={}/failed-", target_dir.display()));
        if let Err(error) = shell::output(target.arg(&inputs)) {
            failed.push(format!("{error:#}"));
        }
    }
    if failed.is_empty() { Ok(()) } else { bail!("{}", failed.join("\n\n")) }
}

/// The seeds, and what is made of them, a file each.
fn write_inputs(seeds: &Path, count: usize, folder: &Path) -> Result<()> {
    let mut random = Random::new();
    let seeds = match seeds.is_dir() {
        true => read_all(seeds)?,
        false => (0..NOISE).map(|index| random.bytes(16 << (index % 8))).collect(),
    };
    let _ = std::fs::remove_dir_all(folder);
    std::fs::create_dir_all(folder).with_context(|| format!("creating {}", folder.display()))?;
    for index in 0..count {
        let input = match seeds.get(index) {
            Some(seed) => seed.clone(),
            None => random.mutate(&seeds),
        };
        let file = folder.join(format!("{index:05}"));
        std::fs::write(&file, input).with_context(|| format!("writing {}", file.display()))?;
    }
    Ok(())
}

/// All files of a folder, in the order of their names.
fn read_all(folder: &Path) -> Result<Vec<Vec<u8>>> {
    let read = || -> std::io::Result<Vec<Vec<u8>>> {
        let files = std::fs::read_dir(folder)?.map(|file| Ok(file?.path()));
        let mut files: Vec<PathBuf> = files.collect::<std::io::Result<_>>()?;
        files.sort();
        files.iter().map(std::fs::read).collect()
    };
    read().with_context(|| format!("reading {}", folder.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_target_is_left_out() {
        let folder = shell::root().join("fuzz/targets");
        let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
        let mut names: Vec<String> =
            files.map(|file| file.file_stem().unwrap().to_string_lossy().into_owned()).collect();
        names.sort();
        assert_eq!(names, TARGETS.map(|(name, _)| name));
    }
}
