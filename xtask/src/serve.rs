//! `cargo xtask serve`: the example API, from a fresh clone to curl lines that work.
//!
//! The component is always optimised; the programs are built as for development, which is minutes sooner: what a request
//! costs is measured by `cargo xtask bench`, not here. `--release` builds them the other way.

use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::{component, shell, toolchain};

/// Where the example listens, as its configuration says.
const GATEWAY: ([u8; 4], u16) = ([127, 0, 0, 1], 8080);
/// Longest wait for a program to listen.
pub(crate) const START_MAX: Duration = Duration::from_secs(30);
/// Where the example's token issuer listens, as its configuration says.
const ISSUER: ([u8; 4], u16) = ([127, 0, 0, 1], 9902);
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
    let mut release = false;
    let mut arguments = rest.iter();
    let mut passed_on: &[String] = &[];
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--release" => release = true,
            "--" => {
                passed_on = arguments.as_slice();
                break;
            }
            other => bail!(
                "unknown argument `{other}`: `serve [--release] [-- ARGUMENTS OF edgeway serve]`"
            ),
        }
    }
    let programs = build(if release { Build::Release } else { Build::Development })?;
    for (name, address) in [("the gateway", GATEWAY), ("the token issuer", ISSUER)] {
        let address = SocketAddr::from(address);
        if TcpStream::connect(address).is_ok() {
            bail!(
                "{name} is to listen on {address}, where something else already answers: stop that first"
            );
        }
    }

    shell::end_children_at_ctrl_c()?;
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

    print_what_to_try();
    loop {
        if let Some(ended) = children.ended() {
            bail!("{ended}, so the rest is stopped too");
        }
        std::thread::sleep(Duration::from_millis(200));
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

fn print_what_to_try() {
    let rest = format!("http://{}/_aws/execute-api/products/prod", SocketAddr::from(GATEWAY));
    let http =
        format!("http://{}/_aws/execute-api/products-http/$default", SocketAddr::from(GATEWAY));
    let order = r#"{"customerId":"cust-0a1b2c3d","items":[{"productId":"prod-123","quantity":2}]}"#;
    println!(
        "\n\
         Edgeway serves the Products API. Ctrl-C ends it.\n\n\
         REST API    {rest}\n\
         HTTP API    {http}\n\
         by name     http://products.execute-api.localhost:8080/prod   http://products-http.execute-api.localhost:8080\n\
         admin       http://127.0.0.1:9901/healthz  /readyz  /metrics\n\n\
         Try, in another terminal, in this folder:\n\n\
         REST={rest}\n\
         TOKEN=$(target/edgeway/bin/products-issuer token --for rest)\n\
         curl -i $REST/health\n\
         curl -i $REST/products/prod-123                                   # 401: no token\n\
         curl -i -H \"Authorization: $TOKEN\" $REST/products/prod-123\n\
         curl -i -H \"Authorization: $TOKEN\" -H 'content-type: application/json' -d '{order}' $REST/orders\n\n\
         HTTP='{http}'\n\
         HTTP_TOKEN=$(target/edgeway/bin/products-issuer token --for http)\n\
         curl -i -H \"Authorization: Bearer $HTTP_TOKEN\" \"$HTTP/products/prod-123\"\n\
         curl -i -X OPTIONS -H 'Origin: https://app.example.com' -H 'Access-Control-Request-Method: POST' \"$HTTP/orders\"\n"
    );
}
