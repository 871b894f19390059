//! `cargo xtask worker`: the Cloudflare Worker, from the crate to the two files that are deployed.
//!
//! cargo builds `edge-worker`, wasm-bindgen's library writes the JavaScript around it, esbuild bundles that with our own
//! entry, wasm-opt makes the Wasm smaller. Nothing is downloaded but crates and npm packages.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::{node, shell, toolchain};

/// The version of the library crate that writes the glue, as in xtask/glue/Cargo.toml.
const GLUE_VERSION: &str = "0.2.130";
/// What a Worker may weigh, script and Wasm together.
const GZIP_BYTES_MAX: u64 = 1_000_000;
/// Of the example: a Host and a path that are answered with 200.
const EXAMPLE_REQUEST: [&str; 2] = ["products.execute-api.localhost", "/prod/health"];
/// What starting may cost over an empty Worker: what Cloudflare calls startup time, until the global scope has run, and the
/// first answer besides.
const STARTUP_MS_MAX: f64 = 50.0;

/// `cargo xtask worker`.
pub(crate) fn run(rest: &[String]) -> Result<()> {
    match rest {
        [] => {
            let dist = build()?;
            measure_startup(&dist)
        }
        [flag] if flag == "--no-startup" => build().map(drop),
        _ => bail!("`worker` takes no argument but --no-startup"),
    }
}

/// Builds `edge-worker/dist/index.js` and `index_bg.wasm`, and fails if they are too big.
pub(crate) fn build() -> Result<PathBuf> {
    check_glue_version(
        &std::fs::read_to_string(shell::root().join("Cargo.lock")).context("reading Cargo.lock")?,
    )?;
    node::install("edge-worker")?;
    let wasm_target = toolchain::wasm_target()?;

    shell::say("building the Worker");
    let mut build = wasm_target.cargo();
    shell::run(build.args(["build", "--package", "edge-worker", "--profile", "wasm-edge"]))?;
    let module = wasm_target.built("wasm-edge").join("edge_worker.wasm");

    let staging = shell::artefacts()?.join("worker");
    let _ = std::fs::remove_dir_all(&staging); // snippets of an earlier build
    std::fs::create_dir_all(&staging).with_context(|| format!("creating {}", staging.display()))?;
    write_glue(&module, &staging)?;
    write_entry(&staging)?;

    let dist = shell::root().join("edge-worker/dist");
    let printed = shell::output(
        shell::command("node").arg("xtask/worker/bundle.mjs").arg(&staging).arg(&dist),
    )?;
    report_size(&serde_json::from_str(&printed).context("reading the bundler's sizes")?)?;
    Ok(dist)
}

/// The glue and the crate `wasm-bindgen` must agree to the patch version: they share a private format.
fn check_glue_version(lock: &str) -> Result<()> {
    let mut lines = lock.lines();
    let locked = lines
        .by_ref()
        .find(|line| *line == r#"name = "wasm-bindgen""#)
        .and_then(|_| lines.next())
        .and_then(|line| line.strip_prefix("version = \""))
        .and_then(|rest| rest.strip_suffix('"'));
    match locked {
        Some(version) if version == GLUE_VERSION => Ok(()),
        Some(version) => bail!(
            "Cargo.lock has wasm-bindgen {version}, but xtask writes the glue of {GLUE_VERSION}: \
             run `cargo update -p wasm-bindgen --precise {GLUE_VERSION}`, or raise `wasm-bindgen-cli-support` in xtask/glue/Cargo.toml \
             and the version in xtask/src/worker.rs together"
        ),
        None => bail!("Cargo.lock has no wasm-bindgen: does edge-worker depend on it?"),
    }
}

/// By a program of its own: wasm-bindgen's library takes a minute to build, and nothing else needs it.
fn write_glue(module: &Path, staging: &Path) -> Result<()> {
    shell::run(shell::cargo().args(["build", "--package", "worker-glue"]))?;
    let glue = shell::target_dir().join("debug/worker-glue");
    shell::run(shell::command(glue).arg(module).arg(staging))?;
    // wasm-bindgen writes an import in the source phase, which workerd does not know: its plain import is the same.
    let index = staging.join("index.js");
    let script =
        std::fs::read_to_string(&index).with_context(|| format!("reading {}", index.display()))?;
    write(&index, &script.replace("import source ", "import "))
}

/// Adds an export per Durable Object class to the entry: workerd looks for them by name.
fn write_entry(staging: &Path) -> Result<()> {
    let glue = std::fs::read_to_string(staging.join("index.js")).context("reading the glue")?;
    let mut objects = String::new();
    for class in exported_classes(&glue) {
        objects.push_str(&format!("export const {class} = durableObject({class:?});\n"));
    }
    let entry = include_str!("../worker/entry.mjs").replace("/* DURABLE OBJECTS */", &objects);
    write(&staging.join("entry.mjs"), &entry)
}

/// The classes that end in `Object`: wasm-bindgen exports those of the crate `worker` itself, too.
fn exported_classes(glue: &str) -> Vec<&str> {
    glue.lines()
        .filter_map(|line| line.strip_prefix("export class "))
        .filter_map(|rest| rest.split([' ', '{']).next())
        .filter(|name| name.ends_with("Object"))
        .collect()
}

fn report_size(sizes: &Value) -> Result<()> {
    let mut gzip_bytes = 0;
    println!("\nWorker     raw         gzip");
    for file in sizes["files"].as_array().context("the bundler printed no files")? {
        let (raw, gzip) = (file["raw"].as_u64().unwrap_or(0), file["gzip"].as_u64().unwrap_or(0));
        gzip_bytes += gzip;
        println!("{raw:>10} B {gzip:>10} B  {}", file["name"].as_str().unwrap_or(""));
    }
    println!("{:>23} B  together, of {GZIP_BYTES_MAX} allowed", gzip_bytes);
    if gzip_bytes >= GZIP_BYTES_MAX {
        bail!("the Worker is too big: {gzip_bytes} bytes gzipped");
    }
    Ok(())
}

/// Measures the start under workerd, and fails if it takes too long.
pub(crate) fn measure_startup(dist: &Path) -> Result<()> {
    node::install("tests/worker")?;
    let mut measure = shell::command("node");
    measure.arg("xtask/worker/startup.mjs").arg(dist);
    let snapshot = example_snapshot();
    if let Some(snapshot) = &snapshot {
        measure.arg(snapshot).args(EXAMPLE_REQUEST);
    }
    let printed = shell::output(&mut measure)?;
    let times: Value = serde_json::from_str(&printed).context("reading the measured times")?;
    if snapshot.is_some() && times["status"] != 200 {
        bail!(
            "the Worker answers the example's health check with {}: was `edgeway` built from the same sources? (`cargo build -p host-runtime`)",
            times["status"]
        );
    }
    println!("\nunder workerd, fastest of 9, over an empty Worker");
    within("startup", over_empty(&times, "listens")?)?;
    if snapshot.is_some() {
        within("first answer", over_empty(&times, "answers")?)?;
    }
    Ok(())
}

/// By how many milliseconds ours comes to this point later than an empty Worker.
fn over_empty(times: &Value, at: &str) -> Result<f64> {
    let ms = |worker: &str| {
        times[worker][at].as_f64().with_context(|| format!("no time is told of `{worker}`: {at}"))
    };
    Ok(ms("edgeway")? - ms("empty")?)
}

fn within(what: &str, ms: f64) -> Result<()> {
    println!("{what:>12} {ms:>4.0} ms, of {STARTUP_MS_MAX:.0} allowed");
    if ms >= STARTUP_MS_MAX {
        bail!("the Worker starts too slowly: {what} {ms:.0} ms over an empty one's");
    }
    Ok(())
}

/// The example's snapshot, if the host that writes it is built: without one the Worker starts with an empty file.
fn example_snapshot() -> Option<PathBuf> {
    let host =
        ["debug", "release"].map(|profile| shell::target_dir().join(profile).join("edgeway"));
    let host = host.iter().find(|path| path.is_file())?;
    let out = shell::artefacts().ok()?.join("bundle");
    let mut bundle = shell::command(host);
    bundle.args(["bundle", "--config", "examples/products/edgeway.yaml", "--out"]).arg(&out);
    match shell::output(&mut bundle) {
        Ok(_) => Some(out.join("snapshot.bin")).filter(|path| path.is_file()),
        Err(error) => {
            eprintln!("    without the example's snapshot: {error:#}");
            None
        }
    }
}

fn write(path: &Path, text: &str) -> Result<()> {
    std::fs::write(path, text).with_context(|| format!("writing {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wasm_bindgen_of_another_version_is_refused_with_the_command_that_helps() {
        let lock = |version: &str| {
            format!("[[package]]\nname = \"wasm-bindgen\"\nversion = \"{version}\"\n")
        };
        assert!(check_glue_version(&lock(GLUE_VERSION)).is_ok());
        let refused = check_glue_version(&lock("0.2.999")).unwrap_err().to_string();
        assert!(refused.contains("cargo update -p wasm-bindgen --precise 0.2.130"), "{refused}");
        assert!(check_glue_version("").is_err());
    }

    #[test]
    fn durable_objects_are_found_by_their_class() {
        let glue = "export class BucketObject {\nexport class MinifyConfig {\nexport class ConnectionObject{\nfunction f() {}";
        assert_eq!(exported_classes(glue), ["BucketObject", "ConnectionObject"]);
    }

    #[test]
    fn a_bundle_over_the_limit_is_refused() {
        let sizes = |gzip: u64| serde_json::json!({"files": [{"name": "index.js", "raw": 1, "gzip": gzip}]});
        assert!(report_size(&sizes(GZIP_BYTES_MAX - 1)).is_ok());
        assert!(report_size(&sizes(GZIP_BYTES_MAX)).is_err());
    }
}
