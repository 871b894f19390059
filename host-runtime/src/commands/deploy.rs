//! `edgeway deploy`: APIs and the edge worker to where they are served, or APIs in a component that hosts of
//! `wasi:http` serve.

mod embed;
mod lacks;
mod manifest;
#[cfg(test)]
mod tests;
mod wasi;
mod wrangler;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{fs, io};

use aws_lc_rs::digest::{Context, SHA256};
use clap::{Args, ValueEnum};
use edge_common::bundled::Draft;

use super::bundle::{self, Bundle, EDGE, Told};
use super::{LISTEN_DEFAULT, Source};
use manifest::Manifest;
use wrangler::{Command, Wrangler};

/// What Cloudflare takes of script and modules, compressed: "Worker size", Workers' limits (free plan).
const GZIP_BYTES_MAX: usize = 3 * 1024 * 1024;
/// Of a digest: enough to tell versions apart.
const VERSION_CHARACTERS: usize = 12;
const OUT_DEFAULT: &str = "edgeway-cloudflare";
const WORKER_FILES: [&str; 2] = ["index.js", "index_bg.wasm"];

pub(super) const HELP: &str = "\
Examples:
  edgeway deploy --target cloudflare --config edgeway.yaml --dry-run
  edgeway deploy --target cloudflare --config edgeway.yaml
  edgeway deploy --target cloudflare --config edgeway.yaml --percentage 10   beside what is served now
  edgeway deploy --target cloudflare --config edgeway.yaml --percentage 100
  edgeway rollback --target cloudflare
  edgeway deploy --target wasi --config edgeway.yaml --out gateway.wasm
  edgeway deploy --target wasi --config edgeway.yaml --out gateway.wasm --keyvalue 0.2.0-draft2   for Spin

Keys of the configuration are never written: what is deployed names those that it asks for, for `wrangler secret put`
(docs/edge.md), or the host's environment. What --target wasi writes is served by any host of wasi:http, such as `wasmtime serve -S cli gateway.wasm` (docs/wasi.md).";

#[derive(Debug, Args)]
pub(super) struct DeployArguments {
    /// Where to
    #[arg(long, value_enum)]
    target: Target,
    #[command(flatten)]
    source: Source,
    /// cloudflare: the folder with the worker that `cargo xtask worker` built [default: edge-worker/dist]
    #[arg(long, value_name = "DIR")]
    worker: Option<PathBuf>,
    /// wasi: the component that `cargo xtask wasi` built, by default `target/edgeway/wasi-http.wasm` or the one for
    /// --keyvalue beside it
    #[arg(long, value_name = "FILE")]
    component: Option<PathBuf>,
    /// What to write: the folder `edgeway-cloudflare`, which is created if need be, or the file `edgeway.wasm`
    #[arg(long, value_name = "PATH")]
    out: Option<PathBuf>,
    /// wasi: the field by which the host, or a proxy in front of it, tells who the client is
    #[arg(long, value_name = "NAME")]
    source_ip_field: Option<String>,
    /// wasi: throttles and rate-based rules that no store keeps are kept by each instance alone
    #[arg(long)]
    limits_per_instance: bool,
    /// wasi: the draft of wasi:keyvalue that the host has: instances share quotas, keys of issuers, results of
    /// authorizers, and throttles too by the second draft
    #[arg(long, value_enum, value_name = "VERSION")]
    keyvalue: Option<KeyvalueDraft>,
    /// wasi: what the host calls the store; wasmtime's own has an empty name [default: default]
    #[arg(long, value_name = "NAME")]
    keyvalue_store: Option<String>,
    /// cloudflare: a wrangler.toml with routes and whatever else is yours; edgeway fills in the rest
    #[arg(long, value_name = "FILE")]
    manifest: Option<PathBuf>,
    /// cloudflare: what the Worker is called [default: edgeway]
    #[arg(long, value_name = "NAME", value_parser = worker_name)]
    name: Option<String>,
    /// cloudflare: how much of the traffic the new version gets; what was served before keeps the rest
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(1..=100))]
    percentage: Option<u8>,
    /// cloudflare: write everything and call nobody
    #[arg(long)]
    dry_run: bool,
    /// cloudflare: the program to call [default: wrangler]
    #[arg(long, value_name = "PROGRAM")]
    wrangler: Option<PathBuf>,
}

impl DeployArguments {
    /// An option that is the other target's: what it asks for would not be done.
    fn of_other_target(&self) -> Option<&'static str> {
        let of_cloudflare = [
            ("--worker", self.worker.is_some()),
            ("--manifest", self.manifest.is_some()),
            ("--name", self.name.is_some()),
            ("--percentage", self.percentage.is_some()),
            ("--dry-run", self.dry_run),
            ("--wrangler", self.wrangler.is_some()),
        ];
        let of_wasi = [
            ("--component", self.component.is_some()),
            ("--source-ip-field", self.source_ip_field.is_some()),
            ("--limits-per-instance", self.limits_per_instance),
            ("--keyvalue", self.keyvalue.is_some()),
            ("--keyvalue-store", self.keyvalue_store.is_some()),
        ];
        let others = match self.target {
            Target::Cloudflare => &of_wasi[..],
            Target::Wasi => &of_cloudflare,
        };
        others.iter().find(|(_, is_given)| *is_given).map(|(name, _)| *name)
    }

    fn name(&self) -> &str {
        self.name.as_deref().unwrap_or("edgeway")
    }
}

#[derive(Debug, Args)]
pub(super) struct RollbackArguments {
    /// Where from
    #[arg(long, value_enum)]
    target: RollbackTarget,
    /// What the Worker is called
    #[arg(long, value_name = "NAME", default_value = "edgeway", value_parser = worker_name)]
    name: String,
    /// The folder that was deployed, if not `edgeway-cloudflare`: its wrangler.toml may name the account
    #[arg(long, value_name = "PATH")]
    out: Option<PathBuf>,
    /// The wrangler.toml to ask for the account in place of that folder's
    #[arg(long, value_name = "FILE")]
    manifest: Option<PathBuf>,
    /// Tell what would be called, and call nobody
    #[arg(long)]
    dry_run: bool,
    /// The program to call
    #[arg(long, value_name = "PROGRAM", default_value = "wrangler")]
    wrangler: PathBuf,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Target {
    /// A Cloudflare Worker
    Cloudflare,
    /// A component for hosts of wasi:http: wasmtime, Spin, wasmCloud
    Wasi,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum KeyvalueDraft {
    /// That of wasmtime and wasmCloud
    #[value(name = "0.2.0-draft")]
    Draft,
    /// That of Spin
    #[value(name = "0.2.0-draft2")]
    Draft2,
}

impl From<KeyvalueDraft> for Draft {
    fn from(draft: KeyvalueDraft) -> Self {
        match draft {
            KeyvalueDraft::Draft => Self::Draft,
            KeyvalueDraft::Draft2 => Self::Draft2,
        }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum RollbackTarget {
    /// A Cloudflare Worker
    Cloudflare,
}

/// Cloudflare's rule for names: a label of a host.
fn worker_name(name: &str) -> Result<String, String> {
    let is_label = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    let is_name = !name.is_empty() && name.len() <= 63 && name.bytes().all(is_label);
    match is_name && !name.starts_with('-') && !name.ends_with('-') {
        true => Ok(name.into()),
        false => Err("lower case letters, digits and `-`, at most 63".into()),
    }
}

/// Writes what is deployed, and has it deployed.
pub(super) fn deploy(arguments: &DeployArguments) -> ExitCode {
    if let Some(option) = arguments.of_other_target() {
        let other = match arguments.target {
            Target::Cloudflare => "wasi",
            Target::Wasi => "cloudflare",
        };
        tell!("error: {option} is for --target {other} alone");
        return ExitCode::FAILURE;
    }
    match arguments.target {
        Target::Cloudflare => to_cloudflare(arguments),
        Target::Wasi => to_wasi(arguments),
    }
}

fn to_cloudflare(arguments: &DeployArguments) -> ExitCode {
    let folder = arguments.out.as_deref().unwrap_or(Path::new(OUT_DEFAULT));
    match prepare(arguments, folder) {
        Ok(command) => {
            let program = program(arguments.wrangler.as_deref().unwrap_or(Path::new("wrangler")));
            let wrangler = Wrangler { program: &program, folder, name: arguments.name() };
            call(&wrangler, &command, arguments.dry_run)
        }
        Err(code) => code,
    }
}

fn to_wasi(arguments: &DeployArguments) -> ExitCode {
    let choices = wasi::Choices {
        source_ip_field: arguments.source_ip_field.as_deref(),
        limits_per_instance: arguments.limits_per_instance,
        keyvalue: arguments.keyvalue.map(Draft::from),
        keyvalue_store: arguments.keyvalue_store.as_deref().unwrap_or("default"),
    };
    let bundle =
        bundle::build_for(&arguments.source.origin(LISTEN_DEFAULT), bundle::WASI_HOST, |built| {
            let (warnings, refused) = (wasi::warned(built), wasi::refused(built, &choices));
            Told { warnings, refused }
        });
    let bundle = match bundle {
        Ok(bundle) => bundle,
        Err(code) => return code,
    };
    let out = arguments.out.as_deref().unwrap_or(Path::new("edgeway.wasm"));
    let component = arguments.component.clone().unwrap_or_else(|| choices.component());
    match wasi::write(bundle, &choices, &component, out) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            tell!("error: {reason}");
            ExitCode::FAILURE
        }
    }
}

/// Goes back to the version that was served before: worker and definitions together.
pub(super) fn rollback(arguments: &RollbackArguments) -> ExitCode {
    let RollbackTarget::Cloudflare = arguments.target;
    let program = program(&arguments.wrangler);
    let wrangler = Wrangler { program: &program, folder: Path::new("."), name: &arguments.name };
    let manifest = match (&arguments.manifest, &arguments.out) {
        (Some(file), _) => Some(file.clone()),
        (None, Some(out)) => Some(out.join("wrangler.toml")),
        // Without one, wrangler knows the account by the environment, or asks for it.
        (None, None) => {
            Some(Path::new(OUT_DEFAULT).join("wrangler.toml")).filter(|file| file.is_file())
        }
    };
    call(&wrangler, &Command::Rollback { manifest }, arguments.dry_run)
}

fn call(wrangler: &Wrangler<'_>, command: &Command, is_dry: bool) -> ExitCode {
    if is_dry {
        tell!("not called: {}", wrangler.shown(command));
        return ExitCode::SUCCESS;
    }
    match wrangler.run(command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            tell!("error: {reason}");
            ExitCode::FAILURE
        }
    }
}

/// A path is one from here, wherever the program runs; a name is looked for as the system does.
fn program(named: &Path) -> PathBuf {
    match named.components().count() {
        0 | 1 => named.into(),
        _ => std::path::absolute(named).unwrap_or_else(|_| named.into()),
    }
}

fn prepare(arguments: &DeployArguments, out: &Path) -> Result<Command, ExitCode> {
    let failed = |error: String| {
        tell!("error: {error}");
        ExitCode::FAILURE
    };
    let mut template = match &arguments.manifest {
        Some(file) => {
            read_manifest(file).map_err(|error| failed(format!("{}: {error}", file.display())))?
        }
        None => Manifest::read(manifest::TEMPLATE).map_err(failed)?,
    };
    let mut bundle = bundle::build_for(&arguments.source.origin(LISTEN_DEFAULT), EDGE, |built| {
        let warnings = lacks::lacks(built, &template);
        let mut refused = lacks::refused(built, &template);
        if arguments.manifest.is_none() && !built.config.edges.is_empty() {
            match Manifest::read(&manifest::for_distributions(&lacks::aliases(built))) {
                Ok(completed) => template = completed,
                Err(reason) => refused.push(reason),
            }
        }
        Told { warnings, refused }
    })?;
    let worker = arguments.worker.as_deref().unwrap_or(Path::new("edge-worker/dist"));
    let [script, wasm] = WORKER_FILES.map(|name| read(worker, name));
    let [script, wasm] = [script.map_err(failed)?, wasm.map_err(failed)?];
    let manifest =
        |bundle: &Bundle| template.filled(arguments.name(), &bundle.bindings, &bundle.secrets);
    // Its variables and bindings are a part of what is served.
    let unversioned = manifest(&bundle).map_err(failed)?;
    let version = version(&[&script, &wasm, &bundle.snapshot, unversioned.as_bytes()]);
    bundle.bindings.insert("EDGEWAY_VERSION".into(), version.clone());
    let manifest = manifest(&bundle).map_err(failed)?;
    let files = [(WORKER_FILES[0], &script), (WORKER_FILES[1], &wasm)];
    write(out, &bundle, &files, &manifest)
        .map_err(|error| failed(format!("{}: {error}", out.display())))?;
    report_sizes(&[files[0], files[1], ("snapshot.bin", &bundle.snapshot)]).map_err(failed)?;
    tell!("version {version} in {}", out.display());
    bundle::tell_secrets(&bundle.secrets, bundle::PUT);
    Ok(match arguments.percentage {
        None => Command::Deploy,
        Some(percentage) => Command::Beside { version, percentage },
    })
}

fn read_manifest(file: &Path) -> Result<Manifest, String> {
    let text = fs::read_to_string(file).map_err(|error| error.to_string())?;
    Manifest::read(&text)
}

fn read(folder: &Path, name: &str) -> Result<Vec<u8>, String> {
    let path = folder.join(name);
    fs::read(&path).map_err(|error| {
        format!(
            "{}: {error}: build the worker by `cargo xtask worker`, or name its folder by --worker",
            path.display()
        )
    })
}

fn write(
    out: &Path,
    bundle: &Bundle,
    files: &[(&str, &Vec<u8>)],
    manifest: &str,
) -> io::Result<()> {
    bundle::write(out, bundle)?;
    for (name, bytes) in files {
        fs::write(out.join(name), bytes)?;
    }
    fs::write(out.join("wrangler.toml"), manifest)
}

/// The same worker and definitions have the same version.
fn version(modules: &[&[u8]]) -> String {
    let mut digest = Context::new(&SHA256);
    for module in modules {
        digest.update(&(module.len() as u64).to_be_bytes());
        digest.update(module);
    }
    let mut text: String =
        digest.finish().as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    text.truncate(VERSION_CHARACTERS);
    text
}

fn report_sizes(modules: &[(&str, &Vec<u8>)]) -> Result<(), String> {
    let mut together = 0;
    for (name, bytes) in modules {
        // A gzip member has 18 bytes around what is deflated (RFC 1952 section 2.3).
        let compressed = miniz_oxide::deflate::compress_to_vec(bytes, 9).len() + 18;
        together += compressed;
        tell!("{:>10} B {compressed:>10} B gzip  {name}", bytes.len());
    }
    tell!("{together:>23} B gzip  together, of {GZIP_BYTES_MAX} allowed");
    match together > GZIP_BYTES_MAX {
        true => Err("more than Cloudflare takes".into()),
        false => Ok(()),
    }
}
