//! `edgeway` as a process.

use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use super::{Engine, Failure, Gateway};

/// wasmtime compiles a component first.
const START_MS_MAX: u64 = 180_000;
const POLL_MS: u64 = 5;
const LOG_BYTES_SHOWN: usize = 1_500;

/// `EDGEWAY_BIN`, or the binary that the same build put beside the test.
pub fn find_edgeway() -> Result<PathBuf, String> {
    if let Some(path) = std::env::var_os("EDGEWAY_BIN") {
        let path = PathBuf::from(path);
        return if path.is_file() {
            Ok(path)
        } else {
            Err(format!("EDGEWAY_BIN: there is no {}", path.display()))
        };
    }
    let missing = |error| format!("{error}, or name a binary in EDGEWAY_BIN");
    find_program("edgeway", "host-runtime").map_err(missing)
}

/// A program of this package, which the same build put beside the test.
pub fn find_program(name: &str, package: &str) -> Result<PathBuf, String> {
    let test = std::env::current_exe().map_err(|error| format!("the test's own path: {error}"))?;
    // target/debug/deps/conformance-… → target/debug/edgeway
    let path = test.ancestors().nth(2).unwrap_or(Path::new(".")).join(name);
    if path.is_file() {
        return Ok(path);
    }
    let is_release = path.parent().is_some_and(|parent| parent.ends_with("release"));
    let release = if is_release { " --release" } else { "" };
    Err(format!("there is no {}: run `cargo build -p {package}{release}`", path.display()))
}

/// Starts `edgeway serve` and waits until its port is open.
pub(super) async fn serve(
    edgeway: &Path,
    engine: Engine,
    config: &Path,
    listen: SocketAddr,
    log: PathBuf,
) -> Result<Gateway, Failure> {
    let broken = |error: std::io::Error| Failure::Broken(format!("{}: {error}", edgeway.display()));
    let output = File::create(&log).map_err(broken)?;
    let mut command = command(edgeway, config);
    command.arg("serve").arg("--config").arg(config);
    if engine == Engine::Native {
        command.args(["--engine", "native"]);
    }
    command.stdout(output.try_clone().map_err(broken)?).stderr(output);
    wait_until_listening(command.spawn().map_err(broken)?, listen, log).await
}

/// Waits until a process that was started has its port open.
pub(super) async fn wait_until_listening(
    process: Child,
    listen: SocketAddr,
    log: PathBuf,
) -> Result<Gateway, Failure> {
    wait_until(process, listen, log, "").await
}

/// Waits until a process that was started has its port open, and has said so.
pub(super) async fn wait_until(
    mut process: Child,
    listen: SocketAddr,
    log: PathBuf,
    said: &str,
) -> Result<Gateway, Failure> {
    let broken = |error: std::io::Error| Failure::Broken(format!("the gateway: {error}"));
    let deadline = Instant::now() + Duration::from_millis(START_MS_MAX);
    let has_said =
        || said.is_empty() || fs::read_to_string(&log).unwrap_or_default().contains(said);
    while !has_said() || !is_listening(listen).await {
        if let Some(status) = process.try_wait().map_err(broken)? {
            let why = tail(&log);
            return Err(if status.success() {
                Failure::Broken(format!("the gateway ended by itself: {why}"))
            } else {
                Failure::Refused(why)
            });
        }
        if Instant::now() > deadline {
            return Err(Failure::Broken(format!(
                "the gateway did not listen within {START_MS_MAX} ms: {}",
                tail(&log)
            )));
        }
        tokio::time::sleep(Duration::from_millis(POLL_MS)).await;
    }
    Ok(Gateway { address: listen, beside: None, log, process: Some(process) })
}

/// Where the kernel hands out ports of that range to clients, a connection to a free port may be one to
/// itself.
async fn is_listening(address: SocketAddr) -> bool {
    let stream = TcpStream::connect(address).await;
    stream.and_then(|stream| stream.local_addr()).is_ok_and(|local| local != address)
}

/// Runs `edgeway bundle`, which writes what the Worker needs into a folder.
pub(super) async fn bundle(edgeway: &Path, config: &Path, out: &Path) -> Result<(), Failure> {
    let mut command = command(edgeway, config);
    command.arg("bundle").arg("--config").arg(config).arg("--out").arg(out);
    finish(command, edgeway).await
}

/// Runs `edgeway deploy --dry-run`, which writes all that a Worker is into a folder.
pub(super) async fn deploy(
    edgeway: &Path,
    config: &Path,
    worker: &Path,
    out: &Path,
) -> Result<(), Failure> {
    let mut command = command(edgeway, config);
    command.args(["deploy", "--target", "cloudflare", "--dry-run", "--config"]).arg(config);
    command.arg("--worker").arg(worker).arg("--out").arg(out);
    finish(command, edgeway).await
}

/// Runs a command that refuses a configuration, or does what it is to do.
pub(super) async fn finish(mut command: Command, edgeway: &Path) -> Result<(), Failure> {
    let output = command
        .output()
        .await
        .map_err(|error| Failure::Broken(format!("{}: {error}", edgeway.display())))?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    Err(Failure::Refused(String::from_utf8_lossy(&said).into_owned()))
}

/// The end of a log file.
pub(super) fn tail(log: &Path) -> String {
    let bytes = fs::read(log).unwrap_or_default();
    String::from_utf8_lossy(&bytes[bytes.len().saturating_sub(LOG_BYTES_SHOWN)..]).into_owned()
}

/// `edgeway` in the folder of the configuration, with the credentials of AWS's examples and no others.
pub(super) fn command(edgeway: &Path, config: &Path) -> Command {
    let folder = config.parent().unwrap_or(Path::new("."));
    let mut command = Command::new(edgeway);
    for (name, _) in
        std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("AWS_"))
    {
        command.env_remove(name);
    }
    command
        .current_dir(folder)
        .envs(super::worker::CREDENTIALS)
        .env("AWS_REGION", "us-east-1")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_CONFIG_FILE", folder.join("no-config"))
        .env("AWS_SHARED_CREDENTIALS_FILE", folder.join("no-credentials"))
        .stdin(Stdio::null())
        .kill_on_drop(true);
    command
}
