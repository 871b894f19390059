//! `edgeway serve`: start, reload, drain.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use gateway_core::definition::Protocol;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::{ServeArguments, print_diagnostics, print_refused};
use crate::admin::{Admin, State};
use crate::config::Config;
use crate::descriptors;
use crate::engine::EngineKind;
use crate::host::{DRAIN_MAX, Host, Options};
use crate::reload::Watch;
use crate::settings::Settings;
use crate::snapshot::{Built, Origin};
use crate::worker::Deployment;

/// Serves until a signal ends it.
pub(super) fn serve(arguments: &ServeArguments) -> ExitCode {
    start_log();
    descriptors::raise_limit();
    let origin = arguments.source.origin(arguments.listen);
    let built = match origin.build() {
        Ok(built) => built,
        Err(refused) => return print_refused(&refused),
    };
    print_diagnostics(&built.warnings);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build_local(tokio::runtime::LocalOptions::default());
    let served = runtime.and_then(|runtime| runtime.block_on(run(origin, built, arguments)));
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// What serves, and what it was made of.
struct Served {
    origin: Origin,
    host: Host,
    config: Config,
    settings: Arc<Settings>,
    admin: Option<Admin>,
    state: State,
    watch: Watch,
}

async fn run(origin: Origin, built: Built, arguments: &ServeArguments) -> std::io::Result<()> {
    let processors = || std::thread::available_parallelism().map_or(1, usize::from);
    let options = Options {
        listen: built.config.listen,
        private: built.config.private_listeners(),
        threads: arguments.threads.map_or_else(processors, usize::from),
        engine: arguments.engine.into(),
    };
    let settings = Arc::new(Settings::new(&built.config, None));
    let host = Host::start(&options, &deployment(&built, &settings))?;
    let state = State { shared: host.shared(), ready: Arc::new(AtomicBool::new(true)) };
    let admin = match built.config.admin {
        Some(address) => Some(Admin::start(address, state.clone()).await?),
        None => None,
    };
    greet(&built.config, &host, &options, admin.as_ref());
    let mut signals = Signals::new()?;
    let watch = Watch::start(&built.files);
    let mut served = Served { origin, host, config: built.config, settings, admin, state, watch };
    loop {
        tokio::select! {
            signal = signals.next() => match signal {
                Received::End => break,
                Received::HangUp => {
                served.state.shared.access_log.reopen();
                served.reload().await;
                }
            },
            () = served.watch.changed() => served.reload().await,
        }
    }
    drain(served, signals).await;
    Ok(())
}

fn deployment(built: &Built, settings: &Arc<Settings>) -> Deployment {
    Deployment { snapshot: built.snapshot.to_bytes().into(), settings: Arc::clone(settings) }
}

impl Served {
    /// Takes the files over as they are now, or goes on with what it has.
    async fn reload(&mut self) {
        let built = match self.origin.build() {
            Ok(built) => built,
            Err(refused) => {
                refused.diagnostics.iter().for_each(log_diagnostic);
                self.watch.files(&refused.files);
                return self.refuse("the new configuration is refused");
            }
        };
        built.warnings.iter().for_each(log_diagnostic);
        self.watch.files(&built.files);
        if let Err(error) = self.take_over(built).await {
            tracing::error!(%error, "the new configuration cannot be served");
            self.refuse("the new configuration is refused");
        }
    }

    async fn take_over(&mut self, built: Built) -> Result<(), Box<dyn std::error::Error>> {
        let listeners = match built.config.listen {
            address if address == self.config.listen => None,
            address => Some(self.host.listen(None, address)?),
        };
        let (before, private) = (self.config.private_listeners(), built.config.private_listeners());
        let moved = private.iter().filter(|(id, address)| before.get(*id) != Some(address));
        let moved = moved.map(|(id, address)| self.host.listen(Some(Arc::clone(id)), *address));
        let moved = moved.collect::<std::io::Result<Vec<_>>>()?;
        let admin = match built.config.admin {
            address if address == self.config.admin => None,
            Some(address) => Some(Some(Admin::start(address, self.state.clone()).await?)),
            None => Some(None),
        };
        let settings = Arc::new(Settings::new(&built.config, Some(&self.settings)));
        self.host.deploy(&deployment(&built, &settings))?;
        self.settings = settings;
        if let Some(listeners) = listeners {
            self.host.accept_at(listeners);
            tracing::info!(listen = %self.host.address(), "listening at another address");
        }
        moved.into_iter().for_each(|listeners| self.host.accept_at(listeners));
        for id in before.keys().filter(|id| !private.contains_key(*id)) {
            self.host.close(id);
        }
        if let Some(admin) = admin {
            self.admin = admin;
        }
        self.config = built.config;
        self.state.shared.metrics.reloads.fetch_add(1, Relaxed);
        tracing::info!(apis = self.config.apis.len(), "serving the new configuration");
        Ok(())
    }

    fn refuse(&self, message: &str) {
        self.state.shared.metrics.reloads_refused.fetch_add(1, Relaxed);
        tracing::error!("{message}; the one before is served on");
    }
}

/// Finishes what is under way. The operator can still ask; a second signal ends it at once.
async fn drain(served: Served, mut signals: Signals) {
    let Served { host, state, admin: _admin, .. } = served;
    state.ready.store(false, Relaxed);
    tracing::info!("going down: requests in flight are finished");
    let drained = tokio::task::spawn_blocking(move || host.drain(DRAIN_MAX));
    tokio::select! {
        _ = drained => tracing::info!("done"),
        () = signals.end() => {
            tracing::warn!("a second signal: requests in flight are dropped");
            std::process::exit(1);
        }
    }
}

struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }
}

enum Received {
    End,
    HangUp,
}

impl Signals {
    async fn next(&mut self) -> Received {
        tokio::select! {
            _ = self.terminate.recv() => Received::End,
            _ = self.interrupt.recv() => Received::End,
            _ = self.hang_up.recv() => Received::HangUp,
        }
    }

    async fn end(&mut self) {
        while !matches!(self.next().await, Received::End) {}
    }
}

fn log_diagnostic(diagnostic: &crate::diagnostic::Diagnostic) {
    if diagnostic.is_error() {
        tracing::error!("{diagnostic}");
    } else {
        tracing::warn!("{diagnostic}");
    }
}

/// To standard error: standard output belongs to access logs.
fn start_log() {
    let level = std::env::var("EDGEWAY_LOG").ok().and_then(|level| level.parse().ok());
    tracing_subscriber::fmt()
        .with_max_level(level.unwrap_or(tracing::Level::INFO))
        .with_target(false)
        .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
        .with_writer(std::io::stderr)
        .init();
}

/// What a newcomer wants to know first: where to send a request.
fn greet(config: &Config, host: &Host, options: &Options, admin: Option<&Admin>) {
    let engine = match options.engine {
        EngineKind::Component => "Wasm component",
        EngineKind::Native => "native",
    };
    eprintln!("edgeway {} ({engine}, threads: {})", env!("CARGO_PKG_VERSION"), options.threads);
    let address = host.address();
    for api in &config.apis {
        for stage in &api.stages {
            let kind = if api.protocol == Protocol::Rest { "REST" } else { "HTTP" };
            let path = match (config.apis.len(), stage.stage_name.as_str()) {
                (1, "$default") => String::new(),
                (1, stage) => stage.to_owned() + "/",
                (_, stage) => format!("_aws/execute-api/{}/{stage}/", api.id),
            };
            eprintln!(
                "  {kind} API {}, stage {}: http://{address}/{path}",
                api.id, stage.stage_name
            );
        }
    }
    for (id, address) in host.private_addresses() {
        eprintln!("  private endpoint {id}: http://{address}/");
    }
    if let Some(admin) = admin {
        eprintln!("  health and metrics: http://{}/healthz /readyz /metrics", admin.address);
    }
}
