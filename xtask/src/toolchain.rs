//! What must be on the machine: the wasm32 target and programs, installed where that can be done without asking.
//!
//! The target comes from the toolchain itself, else from rustup, else from Debian's packages: `rustc-web` with the sources
//! in `rust-web-src`, from which cargo builds the standard library. Debian's compiler is used for that, not rustup's: the
//! standard library of one version does not serve the compiler of another.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use anyhow::{Context, Result, bail};

use crate::shell;

/// The target of everything that runs as Wasm.
pub(crate) const WASM: &str = "wasm32-unknown-unknown";

/// `cargo xtask toolchain`.
pub(crate) fn run(rest: &[String]) -> Result<()> {
    match rest {
        [] => {
            let wasm = wasm_target()?;
            println!("{WASM}: {wasm}");
        }
        [flag] if flag == "--debian" => {
            let wasm = debian()?;
            println!("{WASM}: {wasm}");
            let mut build = wasm.cargo();
            shell::run(build.args([
                "build",
                "--package",
                "gateway-component",
                "--profile",
                "wasm",
            ]))?;
        }
        _ => bail!("`toolchain` takes no argument but --debian"),
    }
    Ok(())
}

/// How crates are built for wasm32 on this machine.
#[derive(Clone, Debug)]
pub(crate) enum WasmTarget {
    /// The toolchain that runs this xtask has the target.
    Installed,
    /// Debian's compiler builds the standard library along with the crate.
    Debian {
        /// Debian's cargo and rustc.
        bin: PathBuf,
        /// A linker for Wasm.
        linker: PathBuf,
    },
}

impl std::fmt::Display for WasmTarget {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Installed => formatter.write_str("part of the toolchain"),
            Self::Debian { bin, linker } => {
                write!(
                    formatter,
                    "built by {} with {}",
                    bin.join("rustc").display(),
                    linker.display()
                )
            }
        }
    }
}

impl WasmTarget {
    /// A cargo command to which a subcommand is added.
    pub(crate) fn cargo(&self) -> Command {
        match self {
            Self::Installed => {
                let mut cargo = shell::cargo();
                cargo.env("CARGO_BUILD_TARGET", WASM);
                cargo
            }
            Self::Debian { bin, linker } => {
                let mut cargo = shell::command(bin.join("cargo"));
                cargo
                    .env("CARGO_BUILD_TARGET", WASM)
                    .env("RUSTC", bin.join("rustc"))
                    .env("RUSTC_BOOTSTRAP", "1") // -Z on a stable compiler
                    .env("CARGO_UNSTABLE_BUILD_STD", "std,panic_abort")
                    .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker)
                    .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", "-Cembed-bitcode=yes")
                    // rustup's environment would lead Debian's cargo back to rustup's compiler.
                    .env_remove("RUSTUP_TOOLCHAIN")
                    .env_remove("RUSTDOC")
                    .env_remove("CARGO");
                cargo
            }
        }
    }

    /// Where cargo puts what it builds with the given profile.
    pub(crate) fn built(&self, profile: &str) -> PathBuf {
        shell::target_dir().join(WASM).join(profile)
    }
}

/// Makes sure that crates can be built for wasm32-unknown-unknown, and says how.
pub(crate) fn wasm_target() -> Result<WasmTarget> {
    static FOUND: OnceLock<WasmTarget> = OnceLock::new();
    if let Some(found) = FOUND.get() {
        return Ok(found.clone());
    }
    let found =
        if is_installed()? || install_with_rustup()? { WasmTarget::Installed } else { debian()? };
    Ok(FOUND.get_or_init(|| found).clone())
}

fn rustc() -> std::ffi::OsString {
    std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into())
}

fn sysroot() -> Result<PathBuf> {
    Ok(shell::output(shell::command(rustc()).args(["--print", "sysroot"]))?.trim().into())
}

fn is_installed() -> Result<bool> {
    let libraries = sysroot()?.join("lib/rustlib").join(WASM).join("lib");
    Ok(std::fs::read_dir(libraries).is_ok_and(|mut entries| {
        entries.any(|entry| {
            entry.is_ok_and(|entry| entry.file_name().to_string_lossy().starts_with("libcore-"))
        })
    }))
}

fn install_with_rustup() -> Result<bool> {
    if shell::find("rustup").is_none() {
        return Ok(false);
    }
    shell::say(format!("installing the target {WASM}"));
    if let Err(error) = shell::run(shell::command("rustup").args(["target", "add", WASM])) {
        eprintln!("    {error:#}");
        return Ok(false);
    }
    is_installed()
}

fn debian() -> Result<WasmTarget> {
    shell::say(format!(
        "the toolchain has no {WASM} and rustup cannot add it: using Debian's compiler and sources"
    ));
    let bin = PathBuf::from("/usr/bin");
    let sources = ["/usr/lib/rustlib/src/rust/library", "/usr/src/rustc-web/library"];
    if !bin.join("rustc").is_file()
        || !bin.join("cargo").is_file()
        || !sources.iter().any(|dir| Path::new(dir).is_dir())
    {
        apt(&["rustc-web", "cargo-web", "rust-web-src"]).with_context(|| {
            format!("{WASM} is missing; with rustup it is installed by `rustup target add {WASM}`")
        })?;
    }
    Ok(WasmTarget::Debian { bin, linker: wasm_linker()? })
}

fn wasm_linker() -> Result<PathBuf> {
    let rustlib = sysroot()?.join("lib/rustlib");
    if let Ok(hosts) = std::fs::read_dir(rustlib) {
        for host in hosts.flatten() {
            let candidate = host.path().join("bin/rust-lld");
            if candidate.is_file() {
                return Ok(candidate);
            }
        }
    }
    for name in ["rust-lld", "wasm-ld"] {
        if let Some(found) = shell::find(name) {
            return Ok(found);
        }
    }
    apt(&["lld"])?;
    shell::find("wasm-ld").context("package lld has no wasm-ld")
}

/// The architecture and system that this machine's programs are built for.
pub(crate) fn host() -> Result<String> {
    let version = shell::output(shell::command(rustc()).arg("-vV"))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).context("rustc names no host")
}

/// Makes sure of `llvm-profdata`, of the compiler's own version of LLVM: no other reads its counts.
pub(crate) fn llvm_profdata() -> Result<PathBuf> {
    let program = sysroot()?.join("lib/rustlib").join(host()?).join("bin/llvm-profdata");
    if !program.is_file() {
        shell::say("installing the compiler's tools for counts");
        shell::run(shell::command("rustup").args(["component", "add", "llvm-tools"])).context(
            "a release is optimised by counts, which only rustup's component `llvm-tools` reads; without rustup, \
             `cargo build --release --package host-runtime` builds a gateway that costs a quarter more",
        )?;
    }
    Ok(program)
}

/// Makes sure of a program, which a Debian package brings.
pub(crate) fn program(name: &str, packages: &[&str]) -> Result<PathBuf> {
    if let Some(found) = shell::find(name) {
        return Ok(found);
    }
    apt(packages).with_context(|| format!("`{name}` is needed and not there"))?;
    shell::find(name).with_context(|| format!("{} did not bring `{name}`", packages.join(" ")))
}

/// Makes sure of Node, of a version that the pinned node packages run on.
pub(crate) fn node() -> Result<()> {
    const ADVICE: &str = "install Node 20 or newer (https://nodejs.org, or your system's packages `nodejs` and `npm`)";
    if shell::find("node").is_none() || shell::find("npm").is_none() {
        bail!("`node` and `npm` are needed to build and run the Worker: {ADVICE}");
    }
    let version = shell::output(shell::command("node").arg("--version"))?;
    let major: u32 = version
        .trim()
        .trim_start_matches('v')
        .split('.')
        .next()
        .and_then(|text| text.parse().ok())
        .unwrap_or(0);
    if major < 20 {
        bail!("Node {} is too old: {ADVICE}", version.trim());
    }
    Ok(())
}

/// Makes sure of a C compiler, which the crypto crates need.
pub(crate) fn c_compiler() -> Result<()> {
    if shell::find("cc").is_none() {
        program("cc", &["gcc", "libc6-dev"])?;
    }
    Ok(())
}

/// Installs packages as root on Debian; says the command otherwise.
pub(crate) fn apt(packages: &[&str]) -> Result<()> {
    let line = format!("apt-get install -y {}", packages.join(" "));
    let is_root = shell::output(shell::command("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
    if shell::find("apt-get").is_none() {
        bail!("install {} (on Debian: `{line}`)", packages.join(", "));
    }
    if !is_root {
        bail!("run `sudo {line}`, then this command again");
    }
    shell::say(format!("installing {}", packages.join(", ")));
    let install = || {
        let mut install = shell::command("apt-get");
        install.args(["install", "-y", "--no-install-recommends"]).args(packages);
        install.env("DEBIAN_FRONTEND", "noninteractive");
        shell::run(&mut install)
    };
    // The lists may be missing or name versions that the mirror no longer has.
    install().or_else(|_| {
        shell::run(shell::command("apt-get").args(["update", "-qq"]))?;
        install()
    })
}
