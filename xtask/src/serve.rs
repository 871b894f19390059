//! `cargo xtask serve`: the example API, from a fresh clone to curl lines that work.
//!
//! The component is always optimised; the programs are built as for development, which is minutes sooner: what a request
//! costs is measured by `cargo xtask bench`, not here. `--release` builds them the other way.
//! `--check` asks each line itself and ends; `cargo xtask test` does that too.

mod processes;
mod to_try;

use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::{component, shell, toolchain};
use processes::Process;

/// Where the example listens, as its configuration says.
const GATEWAY: ([u8; 4], u16) = ([127, 0, 0, 1], 8080);
/// Longest wait for a program to listen.
pub(crate) const START_MAX: Duration = Duration::from_secs(30);
/// Where the example's token issuer listens, as its configuration says.
const ISSUER: ([u8; 4], u16) = ([127, 0, 0, 1], 9902);
/// Longest wait for another check to end.
const PORTS_MAX: Duration = Duration::from_secs(60);
/// Longest wait for functions to end after their gateway.
const STOP_MAX: Duration = Duration::from_secs(5);
const CONFIG: &str = "examples/products/edgeway.yaml";
/// The programs of the example, and the gateway itself last.
const PACKAGES: [(&str, &str); 3] = [
    ("products-function", "products-function"),
    ("products-issuer", "products-issuer"),
    ("host-runtime", "edgeway"),
];

/// Everything that was built to serve the example.
pub(crate) struct Programs {
    /// The folder with `edgeway`, `products-function` and `products-issuer`.
    bin: PathBuf,
}

impl Programs {
    /// One of them.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.bin.join(name)
    }
}

/// `cargo xtask serve`.
pub(crate) fn run(rest: &[String]) -> Result<()> {
    let (mut how, mut checks) = (Build::Development, false);
    let mut arguments = rest.iter();
    let mut passed_on: &[String] = &[];
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--release" => how = Build::Release,
            "--check" => checks = true,
            "--" => {
                passed_on = arguments.as_slice();
                break;
            }
            other => bail!(
                "unknown argument `{other}`: `serve [--release] [--check] [-- ARGUMENTS OF edgeway serve]`"
            ),
        }
    }
    let programs = build(how)?;
    if checks {
        return ask(&programs, passed_on);
    }
    expect_free()?;
    shell::end_children_at_ctrl_c(0)?; // which is how one ends it
    let mut children = start(&programs, passed_on)?;
    to_try::print();
    loop {
        if let Some(ended) = children.ended() {
            bail!("{ended}, so the rest is stopped too");
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// That every line which is printed to try is answered as it says, and that nothing runs afterwards.
pub(crate) fn check() -> Result<()> {
    ask(&build(Build::Workspace)?, &[])
}

fn ask(programs: &Programs, passed_on: &[String]) -> Result<()> {
    toolchain::program("curl", &["curl"])?;
    shell::end_children_at_ctrl_c(130)?;
    // Another check on this machine has the same addresses, and ends soon.
    within(PORTS_MAX, expect_free)?;
    let mut children = start(programs, passed_on)?;
    let asked = to_try::ask();
    let started = processes::below(std::process::id());
    children.stop();
    asked.and(within(STOP_MAX, || expect_none_left(&started)))
}

/// Starts the token issuer and the gateway, and waits until both listen.
fn start(programs: &Programs, passed_on: &[String]) -> Result<shell::Children> {
    let mut children = shell::Children::new();
    let issuer = SocketAddr::from(ISSUER).to_string();
    children.start(
        shell::command(programs.path("products-issuer")).args(["serve", "--listen", &issuer]),
    )?;
    wait_for("the token issuer", ISSUER.into(), START_MAX, &mut children)?;
    children.start(
        shell::command(programs.path("edgeway"))
            .args(["serve", "--config", CONFIG])
            .args(passed_on),
    )?;
    wait_for("the gateway", GATEWAY.into(), START_MAX, &mut children)?;
    Ok(children)
}

fn expect_free() -> Result<()> {
    for (name, address) in [("the gateway", GATEWAY), ("the token issuer", ISSUER)] {
        let address = SocketAddr::from(address);
        if TcpStream::connect(address).is_ok() {
            bail!(
                "{name} is to listen on {address}, where something else already answers: stop that first"
            );
        }
    }
    Ok(())
}

/// That the programs have ended, and the functions that the gateway started. Others may run the same programs meanwhile.
fn expect_none_left(started: &[Process]) -> Result<()> {
    match started.iter().find(|process| process.runs()) {
        Some(process) => bail!("{process} still runs"),
        None => expect_free(),
    }
}

/// Tries again and again until it succeeds, for so long.
fn within(patience: Duration, mut attempt: impl FnMut() -> Result<()>) -> Result<()> {
    let began = Instant::now();
    loop {
        match attempt() {
            Err(_) if began.elapsed() < patience => std::thread::sleep(Duration::from_millis(50)),
            last => return last,
        }
    }
}

/// How the programs are built.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Build {
    /// Soonest.
    Development,
    /// Fastest.
    Release,
    /// For development, but with the features that a build of the whole workspace gives every crate: the tests are
    /// built that way, and share what is compiled for it.
    Workspace,
}

/// Builds the component, the gateway and the example, and puts the programs where the example's configuration names them.
pub(crate) fn build(how: Build) -> Result<Programs> {
    toolchain::c_compiler()?;
    component::build(how)?;
    shell::say("building the gateway and the example");
    let mut build = cargo_build(how);
    if how == Build::Release {
        build = shell::cargo();
        build.args(["build", "--release"]);
        build.args(PACKAGES.iter().flat_map(|(package, _)| ["--package", package]));
    }
    shell::run(build.args(PACKAGES.iter().flat_map(|(_, program)| ["--bin", program])))?;

    let bin = shell::artefacts()?.join("bin");
    std::fs::create_dir_all(&bin).with_context(|| format!("creating {}", bin.display()))?;
    let built = shell::target_dir().join(if how == Build::Release { "release" } else { "debug" });
    for (_, program) in PACKAGES {
        place(&built.join(program), &bin.join(program))?;
    }
    Ok(Programs { bin })
}

/// `cargo build` of the programs and of what compiles the component, whichever of them are then named by `--bin`: features
/// unify over the packages of one command, and so both are built upon the same wasmtime, compiled once.
pub(crate) fn cargo_build(how: Build) -> Command {
    let mut build = shell::cargo();
    build.arg("build");
    match how {
        Build::Workspace => build.arg("--workspace"),
        // The compiler of a release build is no part of the release.
        Build::Development | Build::Release => {
            let packages =
                PACKAGES.iter().map(|(package, _)| *package).chain(["component-compiler"]);
            build.args(packages.flat_map(|package| ["--package", package]))
        }
    };
    build
}

/// Copied beside and renamed: a program that runs cannot be written to.
pub(crate) fn place(from: &Path, to: &Path) -> Result<()> {
    let fresh = to.with_extension("new");
    std::fs::copy(from, &fresh).with_context(|| format!("copying {}", from.display()))?;
    std::fs::rename(&fresh, to).with_context(|| format!("writing {}", to.display()))
}

/// Waits until somebody listens on an address, or one of these has ended.
pub(crate) fn wait_for(
    name: &str,
    address: SocketAddr,
    patience: Duration,
    children: &mut shell::Children,
) -> Result<()> {
    let began = Instant::now();
    while TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_err() {
        if let Some(ended) = children.ended() {
            bail!("{name} did not start: {ended}");
        }
        if began.elapsed() > patience {
            bail!("{name} does not listen on {address} after {} s", patience.as_secs());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}
