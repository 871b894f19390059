//! The Worker under workerd, by way of `tests/worker/driver.mjs`.

use std::collections::HashMap;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::oneshot;

use crate::json::{Json, object};

/// The credentials of AWS's published examples.
pub(super) const CREDENTIALS: [(&str, &str); 2] = [
    ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
    ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
];

const STOP_MS_MAX: Duration = Duration::from_millis(5_000);

/// Who waits for the driver's answers, by id.
type Waiting = Arc<Mutex<HashMap<i64, oneshot::Sender<Json>>>>;

/// How a Worker is run.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Variables beside those of the bundle.
    pub variables: Vec<(String, String)>,
    /// Another isolate of it, which shares its objects; these variables are that one's own.
    pub beside: Option<Vec<(String, String)>>,
    /// Whether its objects fail.
    pub objects_are_away: bool,
    /// Whether nothing binds objects to it.
    pub has_no_objects: bool,
    /// Whether it logs each call of an object, with the URL of the request that it is made for.
    pub calls_are_logged: bool,
    /// Where its objects keep what they store; else it goes with the Worker.
    pub objects: Option<PathBuf>,
    /// Service bindings, by their names; who is behind them says what was asked.
    pub services: Vec<String>,
    /// A file for what it logs, if anywhere.
    pub log: Option<PathBuf>,
    /// Where its script and its Wasm are, if not where they are built.
    pub modules: Option<PathBuf>,
}

/// The Node process that runs Workers.
#[derive(Debug)]
pub struct Driver {
    modules: PathBuf,
    input: tokio::sync::Mutex<ChildStdin>,
    waiting: Waiting,
    next_id: AtomicU64,
    process: Child,
}

impl Driver {
    /// Starts the driver; the error names what is missing and how to get it.
    pub(super) async fn start() -> Result<Self, String> {
        let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
        let modules = std::env::var_os("EDGEWAY_WORKER")
            .map_or_else(|| tests.join("../edge-worker/dist"), PathBuf::from);
        for module in ["index.js", "index_bg.wasm"] {
            let path = modules.join(module);
            if !path.is_file() {
                return Err(format!(
                    "there is no {}: run `cargo xtask worker`, or name the bundle's folder in EDGEWAY_WORKER",
                    path.display()
                ));
            }
        }
        let folder = tests.join("worker");
        if !folder.join("node_modules/miniflare").is_dir() {
            return Err(format!(
                "miniflare is not installed: run `npm ci` in {}",
                folder.display()
            ));
        }
        let mut process = Command::new("node")
            .arg(folder.join("driver.mjs"))
            .current_dir(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("node: {error} (Node 20 or later must be installed)"))?;
        let (Some(input), Some(output)) = (process.stdin.take(), process.stdout.take()) else {
            return Err("node: no standard input or output".to_owned());
        };
        let waiting = Waiting::default();
        let answers = waiting.clone();
        tokio::spawn(async move {
            let mut lines = BufReader::new(output).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                let answer = Json::parse(&line).unwrap_or_default();
                let id = answer.get("id").and_then(Json::as_i64).unwrap_or(-1);
                if let Some(sender) = lock(&answers).remove(&id) {
                    // The one who asked may have given up.
                    let _ = sender.send(answer);
                }
            }
            // The driver is gone: dropping the senders tells everybody who waits.
            lock(&answers).clear();
        });
        Ok(Self { modules, input: input.into(), waiting, next_id: AtomicU64::new(0), process })
    }

    /// Where the Worker was built.
    pub(super) fn modules(&self) -> &Path {
        &self.modules
    }

    /// Starts a fresh Worker in a slot, on the bundle that `edgeway bundle` wrote.
    pub(super) async fn start_worker(
        &self,
        slot: usize,
        bundle: &Path,
        settings: &Settings,
    ) -> Result<(SocketAddr, Option<SocketAddr>), String> {
        let read = |name: &str| {
            fs::read_to_string(bundle.join(name)).map_err(|error| format!("{name}: {error}"))
        };
        let mut bindings = Json::parse(&read("bindings.json")?)
            .map_err(|error| format!("bindings.json: {error}"))?;
        for (name, value) in CREDENTIALS {
            bindings.set(name, value.into());
        }
        for (name, value) in settings.variables.iter().chain(&secrets_of_principals(bundle)) {
            bindings.set(name, value.as_str().into());
        }
        let mut start = object([
            ("op", "start".into()),
            ("slot", (slot as i64).into()),
            (
                "modules",
                settings.modules.as_ref().unwrap_or(&self.modules).display().to_string().into(),
            ),
            ("snapshot", bundle.join("snapshot.bin").display().to_string().into()),
            ("bindings", bindings),
            ("logs", Json::Bool(std::env::var_os("VERBOSE").is_some())),
        ]);
        let services = settings.services.iter().map(|name| name.as_str().into());
        start.set("services", Json::Array(services.collect()));
        if let Some(variables) = &settings.beside {
            let variables =
                variables.iter().map(|(name, value)| (name.clone(), value.as_str().into()));
            start.set("beside", Json::Object(variables.collect()));
        }
        start.set("away", Json::Bool(settings.objects_are_away));
        start.set("unbound", Json::Bool(settings.has_no_objects));
        start.set("counted", Json::Bool(settings.calls_are_logged));
        if let Some(objects) = &settings.objects {
            start.set("objects", objects.display().to_string().into());
        }
        if let Some(log) = &settings.log {
            start.set("log", log.display().to_string().into());
        }
        let answer = self.ask(start).await?;
        let address = |name: &str| {
            answer.get(name)?.as_str()?.strip_prefix("http://")?.parse::<SocketAddr>().ok()
        };
        let addresses = address("url").map(|own| (own, address("beside")));
        addresses.ok_or_else(|| {
            format!(
                "the Worker did not start: {}",
                answer.get("error").map(Json::text).unwrap_or_default()
            )
        })
    }

    /// Writes into a KV namespace of the Worker in a slot.
    pub(super) async fn put(&self, slot: usize, key: [&str; 2], value: &str) -> Result<(), String> {
        let [namespace, key] = key;
        let answer = self.ask(object([
            ("op", "put".into()),
            ("slot", (slot as i64).into()),
            ("namespace", namespace.into()),
            ("key", key.into()),
            ("value", value.into()),
        ]));
        match answer.await?.get("error") {
            Some(error) => Err(error.text()),
            None => Ok(()),
        }
    }

    /// Stops all Workers. Without this they end a little later: the driver is never killed, because its
    /// Workers would outlive it, but it ends by itself when its input does.
    pub(super) async fn stop(mut self) {
        drop(self.input);
        let _ = tokio::time::timeout(STOP_MS_MAX, self.process.wait()).await;
    }

    async fn ask(&self, mut command: Json) -> Result<Json, String> {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed) as i64;
        let (sender, receiver) = oneshot::channel();
        lock(&self.waiting).insert(id, sender);
        command.set("id", id.into());
        let written = self.input.lock().await.write_all(format!("{command}\n").as_bytes()).await;
        written.map_err(|error| format!("the Workers' driver: {error}"))?;
        receiver.await.map_err(|_| "the Workers' driver ended".to_owned())
    }
}

/// What an operator gives to `wrangler secret put`: the bundle has no secrets of those who sign requests. The
/// configuration is beside the bundle.
pub(super) fn secrets_of_principals(bundle: &Path) -> Vec<(String, String)> {
    let config = fs::read_to_string(bundle.with_file_name("edgeway.yaml")).unwrap_or_default();
    let config = Json::parse(&config).unwrap_or_default();
    let principals = config.get("iam").and_then(|iam| iam.get("principals")).map(Json::elements);
    let secrets = principals.unwrap_or_default().iter().flat_map(|principal| {
        let text = |name: &str| principal.get(name).and_then(Json::as_str).map(str::to_owned);
        let id = text("accessKeyId").unwrap_or_default();
        [("IAM_SECRET_", text("secretAccessKey")), ("IAM_TOKEN_", text("sessionToken"))]
            .map(|(name, value)| value.map(|value| (format!("{name}{id}"), value)))
    });
    secrets.flatten().collect()
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
