//! `cargo xtask test`: every test there is, in parts, each with its time.
//!
//! A part that fails does not stop the others: one run tells everything. The parts stand in the order in which they
//! need each other's results.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::{
    cache_suite, component, doctests, fuzz, licences, no_std, node, serve, shell, toolchain, wasi,
    worker,
};

type Part = (&'static str, &'static str, fn() -> Result<()>);

/// Name, what it proves, and how.
const PARTS: &[Part] = &[
    ("tools", "what the tests need is on the machine", tools),
    ("format", "the sources are formatted", format),
    ("component", "the component builds and imports nothing foreign", component_),
    ("wasi", "the component for hosts of wasi:http builds and imports WASI alone", wasi_),
    (
        "wasm",
        "the core and both Wasm crates build for wasm32 without std's clock or randomness",
        wasm,
    ),
    ("no-std", "the core is without std, but for regular expressions", no_std::check),
    ("programs", "the gateway and the example build", programs),
    ("serve", "the example answers each line that `cargo xtask serve` prints to try", serve::check),
    ("worker", "the Worker builds and is small", worker_),
    ("clippy", "no warnings in any crate, tests and benchmarks included", clippy),
    ("docs", "the documentation has no broken links", docs),
    ("licences", "every dependency may be used", licences::check),
    ("fuzz", "the fuzz targets hold on the same thousands of inputs every time", fuzz::run),
    ("doctests", "the examples in the documentation run", doctests::run),
    ("velocity", "mapping templates render as Velocity 1.7 renders them, in Java", velocity),
    ("injections", "injections that libinjection finds, in C, are found", injections),
    ("caching", "the public suite of HTTP caches passes as far as the docs say", cache_suite::test),
    ("tests", "unit, simulation, conformance and host tests", tests),
];

/// `cargo xtask test`.
pub(crate) fn run(rest: &[String]) -> Result<()> {
    let mut only: Vec<&str> = Vec::new();
    let mut arguments = rest.iter();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--list" => {
                for (name, proves, _) in PARTS {
                    println!("{name:<10} {proves}");
                }
                return Ok(());
            }
            "--only" => only.push(arguments.next().context("--only takes the name of a part")?),
            other => bail!("unknown argument `{other}`: `test [--list] [--only PART]…`"),
        }
    }
    if let Some(unknown) = only.iter().find(|name| PARTS.iter().all(|(part, ..)| part != *name)) {
        bail!("there is no part `{unknown}`: see `cargo xtask test --list`");
    }

    let mut results = Vec::new();
    for (name, proves, part) in
        PARTS.iter().filter(|(name, ..)| only.is_empty() || only.contains(name))
    {
        shell::say(format!("{name}: {proves}"));
        let began = Instant::now();
        let result = part();
        if let Err(error) = &result {
            eprintln!("\x1b[31m{name} failed:\x1b[0m {error:#}");
        }
        results.push((*name, began.elapsed(), result));
    }
    if summarise(&results) > 0 {
        // The summary is the last word.
        std::process::exit(1);
    }
    Ok(())
}

/// Prints the table, and returns how many parts failed.
fn summarise(results: &[(&str, Duration, Result<()>)]) -> usize {
    println!("\npart            time  result");
    for (name, time, result) in results {
        let verdict = match result {
            Ok(()) => "ok".to_string(),
            Err(error) => format!("FAILED: {}", format!("{error:#}").lines().next().unwrap_or("")),
        };
        println!("{name:<10} {:>7.1} s  {verdict}", time.as_secs_f64());
    }
    let failed = results.iter().filter(|(.., result)| result.is_err()).count();
    println!("\n{} passed, {failed} failed", results.len() - failed);
    failed
}

/// Programs that the tests start, and the Debian packages that bring them: all that is missing is named, or installed,
/// at once.
const PROGRAMS: &[(&str, &[&str])] = &[
    ("cc", &["gcc", "libc6-dev"]),
    ("c++", &["g++"]),
    ("curl", &["curl"]),
    ("python3", &["python3", "python3-venv"]),
    ("redis-server", &["redis-server"]),
    ("pebble", &["pebble"]),
    ("chromium", &["chromium"]),
    ("promtool", &["prometheus"]),
    ("javac", &["default-jdk-headless"]),
];

/// What mapping templates are compared with, where Debian has it.
const JARS: &[(&str, &[&str])] = &[
    ("/usr/share/java/velocity.jar", &["velocity"]), // 1.7
    ("/usr/share/java/commons-collections3.jar", &["libcommons-collections3-java"]),
    ("/usr/share/java/commons-lang.jar", &["libcommons-lang-java"]),
];

/// What detectors of injections are compared with: ModSecurity's library has libinjection in it.
const LIBINJECTION: &[(&str, &[&str])] = &[("libmodsecurity.so.3", &["libmodsecurity3"])];
/// Where it is: in a folder of this one, which is named after the architecture.
const LIBRARIES: &str = "/usr/lib";

fn tools() -> Result<()> {
    let mut missing = packages_of_missing(PROGRAMS, |name| shell::find(name).is_some());
    missing.extend(packages_of_missing(JARS, |jar| Path::new(jar).is_file()));
    missing.extend(packages_of_missing(LIBINJECTION, is_library));
    let installed = install(&missing);
    // Node has advice of its own: both are told at once.
    match (installed, toolchain::node()) {
        (Err(packages), Err(node)) => bail!("{packages:#}; and {node:#}"),
        (packages, node) => packages.and(node)?,
    }
    for (name, packages) in PROGRAMS {
        println!("{name}: {}", toolchain::program(name, packages)?.display());
    }
    println!("{}: {}", toolchain::WASM, toolchain::wasm_target()?);
    for folder in node::FOLDERS {
        node::install(folder)?;
    }
    println!("python: {}", python()?.display());
    println!("moto: {}", moto()?.display());
    println!("wasmtime: for {}", wasmtime()?.display());
    match nextest() {
        true => println!("cargo-nextest: there"),
        false => println!("cargo-nextest: could not be installed; `cargo test` is used instead"),
    }
    Ok(())
}

fn packages_of_missing<'a>(
    programs: &[(&str, &'a [&'a str])],
    is_there: impl Fn(&str) -> bool,
) -> Vec<&'a str> {
    let missing = programs.iter().filter(|(name, _)| !is_there(name));
    missing.flat_map(|(_, packages)| packages.iter().copied()).collect()
}

/// Installs Debian's packages; elsewhere says what is to be installed, and where files are looked for.
fn install(packages: &[&str]) -> Result<()> {
    let files = files_of(packages);
    match packages {
        [] => Ok(()),
        _ if files.is_empty() => toolchain::apt(packages),
        _ => toolchain::apt(packages).with_context(|| {
            let others = "all parts but `tools`, `velocity` and `injections` do without (`--only PART`)";
            format!(
                "Apache Velocity 1.7 and ModSecurity 3 are looked for where Debian has them, and there is no {}; {others}",
                files.join(", ")
            )
        }),
    }
}

/// The files that are wanted of these packages.
fn files_of(packages: &[&str]) -> Vec<String> {
    let wanted = JARS.iter().chain(LIBINJECTION);
    let wanted = wanted.filter(|(_, of)| of.iter().any(|package| packages.contains(package)));
    let place = |file: &str| match file.starts_with('/') {
        true => file.to_string(),
        false => format!("{LIBRARIES}/*/{file}"),
    };
    wanted.map(|(file, _)| place(file)).collect()
}

fn format() -> Result<()> {
    shell::run(shell::cargo().args(["fmt", "--all", "--check"]))
}

fn component_() -> Result<()> {
    component::build(serve::Build::Workspace).map(drop)
}

fn wasi_() -> Result<()> {
    wasi::build(serve::Build::Workspace)?;
    wasi::build_bridge(serve::Build::Workspace).map(drop)
}

fn wasm() -> Result<()> {
    let wasm_target = toolchain::wasm_target()?;
    let mut build = wasm_target.cargo();
    shell::run(build.args([
        "build",
        "--profile",
        "wasm",
        "--package",
        "gateway-core",
        "--package",
        "gateway-component",
    ]))
}

fn programs() -> Result<()> {
    serve::build(serve::Build::Workspace).map(drop)
}

fn worker_() -> Result<()> {
    let dist = worker::build()?;
    // Time is judged by `cargo xtask worker` on a quiet machine; a busy one fails no test for it.
    if let Err(error) = worker::measure_startup(&dist) {
        println!("not judged here: {error:#}");
    }
    Ok(())
}

fn clippy() -> Result<()> {
    shell::run(shell::cargo().args([
        "clippy",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ]))?;
    // The Worker's own code exists for wasm32 only. Debian's compiler, if that is what builds it, comes without clippy.
    let wasm_target = toolchain::wasm_target()?;
    if !matches!(wasm_target, toolchain::WasmTarget::Installed) {
        return Ok(());
    }
    let mut clippy = wasm_target.cargo();
    shell::run(clippy.args([
        "clippy",
        "--package",
        "edge-worker",
        "--package",
        "gateway-component",
        "--package",
        "wasi-http",
        "--package",
        "keyvalue",
        "--",
        "-D",
        "warnings",
    ]))
}

fn docs() -> Result<()> {
    shell::run(
        shell::cargo().args(["doc", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings"),
    )
}

/// Compares with the real thing, which Debian has.
fn velocity() -> Result<()> {
    install(&packages_of_missing(JARS, |jar| Path::new(jar).is_file()))?;
    // The JDK, not a mere runtime: the driver is compiled where it is run.
    toolchain::program("javac", &["default-jdk-headless"])?;
    let mut test = shell::cargo();
    test.args(["test", "--package", "velocity", "--test", "differential"]);
    shell::run(test.env("VELOCITY17", "required"))
}

/// Compares with the real thing, as `velocity` does.
fn injections() -> Result<()> {
    install(&packages_of_missing(LIBINJECTION, is_library))?;
    let mut test = shell::cargo();
    test.args(["test", "--package", "waf", "--test", "libinjection"]);
    shell::run(test.env("LIBINJECTION", "required"))
}

/// Whether a shared library is where Debian has those of any architecture.
fn is_library(name: &str) -> bool {
    let folders = std::fs::read_dir(LIBRARIES).into_iter().flatten().flatten();
    let mut folders = folders.map(|folder| folder.path()).filter(|folder| folder.is_dir());
    folders.any(|folder| folder.join(name).is_file())
}

fn tests() -> Result<()> {
    let mut command = shell::cargo();
    if nextest() {
        command.args(["nextest", "run", "--workspace", "--no-tests", "pass"]);
    } else {
        command.args(["test", "--workspace", "--lib", "--bins", "--tests", "--no-fail-fast"]);
    }
    // The python of the venv first: functions are started as `python3 -m awslambdaric …`.
    let python = python()?;
    let bin = python.parent().context("the venv's python is in a folder")?.to_path_buf();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths(std::iter::once(bin).chain(std::env::split_paths(&path)))
        .context("extending the PATH")?;
    promtool()?;
    command.env("PATH", path).env("PROMTOOL", "required");
    command.env("EDGEWAY_WASMTIME_PYTHON", wasmtime()?);
    shell::run(command.env("EDGEWAY_PYTHON", python).env("EDGEWAY_MOTO_PYTHON", moto()?))
}

/// Whether cargo-nextest is there, installing it if it is not.
fn nextest() -> bool {
    let there = || shell::output(shell::cargo().args(["nextest", "--version"])).is_ok();
    there() || {
        shell::say("installing cargo-nextest (some minutes, once)");
        let _ = shell::run(shell::cargo().args(["install", "cargo-nextest", "--locked"]));
        there()
    }
}

/// The python of a virtual environment with what the Python functions need.
fn python() -> Result<PathBuf> {
    virtual_environment("venv", "examples/products/function-python/requirements.txt")
}

/// The python of a virtual environment with `moto`, which is AWS to the tests of service integrations.
fn moto() -> Result<PathBuf> {
    virtual_environment("venv-moto", "tests/services/requirements.txt")
}

/// The python of a virtual environment with wasmtime's own command beside it: `wasmtime serve` hosts the component.
fn wasmtime() -> Result<PathBuf> {
    virtual_environment("venv-wasmtime", "tests/wasi/requirements.txt")
}

/// Judges metrics and alert rules. Only the tool is wanted of its package; where the system starts
/// services by itself, a Prometheus comes with it.
fn promtool() -> Result<PathBuf> {
    toolchain::program("promtool", &["prometheus"])
}

fn virtual_environment(name: &str, requirements: &str) -> Result<PathBuf> {
    let venv = shell::artefacts()?.join(name);
    let python = venv.join("bin/python3");
    let wanted = std::fs::read(shell::root().join(requirements))
        .with_context(|| format!("reading {requirements}"))?;
    let stamp = venv.join("requirements.installed");
    if std::fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(python);
    }
    shell::say(format!("installing what {requirements} lists"));
    let system = toolchain::program("python3", &["python3", "python3-venv"])?;
    let make = || shell::run(shell::command(&system).args(["-m", "venv", "--clear"]).arg(&venv));
    make().or_else(|_| {
        // Debian's python3 has `venv` without the part that makes it work.
        toolchain::apt(&["python3-venv"])?;
        make()
    })?;
    shell::run(shell::command(&python).args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "-r",
        requirements,
    ]))?;
    std::fs::write(&stamp, wanted).with_context(|| format!("writing {}", stamp.display()))?;
    Ok(python)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_is_missing_is_named_at_once() {
        let missing = packages_of_missing(PROGRAMS, |name| !["pebble", "python3"].contains(&name));
        assert_eq!(missing, ["python3", "python3-venv", "pebble"]);
        assert!(packages_of_missing(PROGRAMS, |_| true).is_empty());
    }

    #[test]
    fn files_are_named_with_the_places_where_they_are_looked_for() {
        let told = files_of(&["gcc", "velocity", "libmodsecurity3"]);
        assert_eq!(told, ["/usr/share/java/velocity.jar", "/usr/lib/*/libmodsecurity.so.3"]);
        assert!(files_of(&["gcc", "redis-server"]).is_empty());
    }
}
