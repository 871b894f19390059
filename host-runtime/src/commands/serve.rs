//! `edgeway serve`: start, reload, drain.

mod greeting;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::process::ExitCode;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Instant;

use gateway_core::definition::Snapshot;
use tokio::runtime::LocalRuntime;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;

use super::{ServeArguments, print_diagnostics, print_refused};
use crate::acme::Acme;
use crate::admin::answer::Answer;
use crate::admin::stages::Patch;
use crate::admin::{Admin, Current, Order, State};
use crate::config::Config;
use crate::descriptors;
use crate::drain;
use crate::growth;
use crate::host::{Host, Options};
use crate::perform::trust::Trust;
use crate::pipes;
use crate::reload::{FilesRead, Watch, elsewhere};
use crate::settings::Settings;
use crate::snapshot::{Built, Origin, without_entry};
use crate::worker::Deployment;

/// Most changes that wait for those before them.
const ORDERS_MAX: usize = 16;

/// Serves until a signal ends it.
pub(super) fn serve(arguments: &ServeArguments) -> ExitCode {
    start_log();
    descriptors::raise_limit();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build_local(tokio::runtime::LocalOptions::default());
    // Before the files are read: SIGHUP would end the process otherwise, whoever sends it early.
    let hung_up = |runtime: &LocalRuntime| {
        let _context = runtime.enter();
        signal(SignalKind::hangup())
    };
    let (runtime, hang_up) = match runtime.and_then(|r| hung_up(&r).map(|signal| (r, signal))) {
        Ok(started) => started,
        Err(error) => {
            tell!("error: {error}");
            return ExitCode::FAILURE;
        }
    };
    let processors = || std::thread::available_parallelism().map_or(1, usize::from);
    let threads = arguments.threads.map_or_else(processors, usize::from);
    growth::serve_by(threads); // which limits are read by
    let origin = arguments.source.origin(arguments.listen);
    let built = match origin.build() {
        Ok(built) => built,
        Err(refused) => return print_refused(&refused),
    };
    print_diagnostics(&built.warnings);
    if let (Origin::Definition { .. }, true) = (&origin, built.config.names_account()) {
        tell!("account {}, which the definition names", built.config.account_id);
    }
    let places = built.config.places().into_iter().map(|place| place.address);
    if let Err(error) = Host::places_are_free(places.chain(built.config.admin)) {
        tell!("error: {error}");
        if error.kind() == std::io::ErrorKind::AddrInUse {
            tell!("  help: stop what listens there, or {}", another_address(&origin));
        }
        return ExitCode::FAILURE;
    }
    let served = runtime.block_on(run(origin, built, arguments, hang_up));
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tell!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn another_address(origin: &Origin) -> &'static str {
    match origin {
        Origin::Definition { .. } => "name another address by `--listen HOST:PORT`",
        Origin::Config(_) => "name another address in the configuration (`listen`, `admin`)",
    }
}

/// What serves, and what it was made of.
struct Served {
    origin: Origin,
    host: Host,
    admin: Option<Admin>,
    state: State,
    watch: Watch,
    /// Orders certificates.
    acme: Acme,
    /// What the files said when they were read.
    read: Arc<Snapshot>,
    /// The stages that the operator has changed since then.
    changed: BTreeSet<(String, String)>,
}

/// What becomes of the operator's changes when the files are read again.
#[derive(Clone, Copy, PartialEq)]
enum Changes {
    /// Somebody wants the files to be read: they win.
    Forgotten,
    /// A certificate is another, and nobody has changed anything.
    Kept,
}

async fn run(
    origin: Origin,
    built: Built,
    arguments: &ServeArguments,
    hang_up: Signal,
) -> std::io::Result<()> {
    let mut signals = Signals::new(hang_up)?;
    let options = Options {
        places: built.config.places(),
        threads: growth::threads(),
        engine: arguments.engine.into(),
        data_directory: built.config.data_directory.clone(),
        distributions_on_disk: built.config.distributions_on_disk.clone(),
    };
    let Built { config, snapshot, files, .. } = built;
    let settings = Arc::new(Settings::new(&config, None));
    let host = Host::start(&options, &deployment(&snapshot, &settings))?;
    let (orders, mut ordered) = mpsc::channel(ORDERS_MAX);
    let current = Current { config: Arc::new(config), settings, snapshot: Arc::new(snapshot) };
    let state = State {
        shared: host.shared(),
        ready: Arc::new(AtomicBool::new(true)),
        current: Rc::new(RefCell::new(current)),
        invalidations: Default::default(),
        orders,
    };
    let config = Arc::clone(&state.current.borrow().config);
    let admin = match config.admin {
        Some(address) => Some(Admin::start(address, state.clone()).await?),
        None => None,
    };
    greeting::greet(&config, &state.current.borrow().snapshot, &host, &options, admin.as_ref());
    tell_of_lambda(&config, &state.current.borrow().snapshot);
    pipes::wait_no_more();
    let watch = Watch::start(files);
    let trust = Arc::clone(&state.current.borrow().settings.trust);
    let acme = acme(&config, &trust, &state);
    let (read, changed) = (Arc::clone(&state.current.borrow().snapshot), BTreeSet::new());
    let mut served = Served { origin, host, admin, state, watch, acme, read, changed };
    loop {
        let changes = tokio::select! {
            signal = signals.next() => match signal {
                Received::End => break,
                Received::HangUp => {
                    served.state.shared.access_log.reopen();
                    Changes::Forgotten
                }
            },
            () = served.watch.changed() => Changes::Forgotten,
            () = served.acme.issued() => Changes::Kept,
            Some(order) = ordered.recv() => {
                served.change(order);
                continue;
            }
        };
        tokio::select! {
            () = served.reload(changes) => {}
            () = signals.end() => break,
        }
    }
    // Both came at once: what is logged from here on is in the new files.
    if signals.has_hung_up().await {
        served.state.shared.access_log.reopen();
    }
    drop(ordered); // changes are refused from here on
    drain(served, signals).await;
    Ok(())
}

fn acme(config: &Config, trust: &Arc<Trust>, state: &State) -> Acme {
    Acme::start(config, trust, &state.shared.challenges, &state.shared.acme)
}

fn deployment(snapshot: &Snapshot, settings: &Arc<Settings>) -> Deployment {
    Deployment { snapshot: snapshot.to_bytes().into(), settings: Arc::clone(settings) }
}

impl Served {
    /// Takes the files over as they are now, or goes on with what it has.
    async fn reload(&mut self, changes: Changes) {
        let origin = self.origin.clone();
        let Some(built) = elsewhere(move || origin.build()).await else {
            return self.refuse("the new configuration cannot be read");
        };
        let built = match built {
            Ok(built) => built,
            Err(refused) => {
                refused.diagnostics.iter().for_each(log_diagnostic);
                tell_of_pipes(&refused.files);
                self.watch.files(refused.files);
                return self.refuse("the new configuration is refused");
            }
        };
        built.warnings.iter().for_each(log_diagnostic);
        tell_of_pipes(&built.files);
        self.watch.files(built.files.clone());
        if let Err(error) = self.take_over(built, changes).await {
            tracing::error!(%error, "the new configuration cannot be served");
            self.refuse("the new configuration is refused");
        }
    }

    async fn take_over(
        &mut self,
        built: Built,
        changes: Changes,
    ) -> Result<(), Box<dyn std::error::Error>> {
        let Current { config: before, settings, snapshot } = self.state.current.borrow().clone();
        if built.config.data_directory != before.data_directory {
            return Err("`dataDirectory` changes with a restart alone".into());
        }
        if built.config.distributions_on_disk != before.distributions_on_disk {
            return Err("`distributionsOnDisk` changes with a restart alone".into());
        }
        let (listening, now) = (before.places(), built.config.places());
        let opened = now.iter().filter(|place| !listening.contains(place));
        let opened = opened.map(|place| self.host.listen(place.clone()));
        let opened = opened.collect::<std::io::Result<Vec<_>>>()?;
        let admin = match built.config.admin {
            address if address == before.admin => None,
            Some(address) => Some(Some(Admin::start(address, self.state.clone()).await?)),
            None => Some(None),
        };
        let settings = Arc::new(Settings::new(&built.config, Some(&settings)));
        let is_kept = changes == Changes::Kept && built.snapshot == *self.read;
        let snapshot = if is_kept { snapshot } else { Arc::new(built.snapshot) };
        self.host.deploy(&deployment(&snapshot, &settings))?;
        for place in listening.iter().filter(|place| !now.contains(place)) {
            self.host.close(place);
        }
        for listeners in opened {
            tracing::info!(address = %listeners.address(), "listening here now");
            self.host.accept_at(listeners);
        }
        if let Some(admin) = admin {
            self.admin = admin;
        }
        if !self.acme.is_for(&built.config, &settings.trust) {
            self.acme = acme(&built.config, &settings.trust, &self.state);
        }
        if !is_kept {
            self.read = Arc::clone(&snapshot);
            for (api, stage) in std::mem::take(&mut self.changed) {
                tracing::warn!(
                    api,
                    stage,
                    "what the operator changed here is gone: the files were read again, and they win"
                );
            }
        }
        let apis = built.config.apis.len();
        let config = Arc::new(built.config);
        self.state.current.replace(Current { config, settings, snapshot });
        self.state.shared.metrics.reloads.fetch_add(1, Relaxed);
        tracing::info!(apis, "serving the new configuration");
        Ok(())
    }

    /// Makes a change that the operator orders: another snapshot, in the place of the one before.
    /// Requests in flight end on what they began with.
    fn change(&mut self, order: Order) {
        let Order { patch, done } = order;
        let answer = self.patched(&patch).unwrap_or_else(|refused| refused);
        done.send(answer).ok(); // the operator's client may have left
    }

    fn patched(&mut self, patch: &Patch) -> Result<Answer, Answer> {
        let Current { config, settings, snapshot } = self.state.current.borrow().clone();
        let changed = patch.apply(&snapshot)?;
        if changed != *snapshot {
            let deployed = self.host.deploy(&deployment(&changed, &settings));
            deployed.map_err(|error| Answer::bad_request(error.to_string()))?;
            let (api, stage) = (&patch.api_id, &patch.stage_name);
            tracing::warn!(
                api,
                stage,
                "the operator changed this stage, until the configuration is read again"
            );
            self.changed.insert((api.clone(), stage.clone()));
        }
        let answer = patch.answer(&changed);
        self.state.current.replace(Current { config, settings, snapshot: Arc::new(changed) });
        Ok(answer)
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
    let time_max = {
        let current = state.current.borrow();
        let configured = current.config.limits.drain_timeout;
        configured.unwrap_or_else(|| drain::time_max(&current.snapshot))
    };
    let seconds = time_max.as_secs();
    tracing::info!(seconds, "going down: requests in flight are finished, within this time");
    let settings = Arc::clone(&state.current.borrow().settings);
    let drained = tokio::task::spawn_blocking(move || {
        let start = Instant::now();
        host.drain(time_max);
        settings.functions.finish(time_max.saturating_sub(start.elapsed()));
    });
    tokio::select! {
        _ = drained => tracing::info!("done"),
        () = signals.end() => {
            tracing::warn!("a second signal: requests and invocations in flight are dropped");
            std::process::exit(1);
        }
    }
}

/// What was not read again.
fn tell_of_pipes(files: &FilesRead) {
    for file in files.paths().filter(|file| pipes::has_told(file)) {
        let file = file.display();
        tracing::warn!(%file, "a pipe is read at the start alone, and what it told then is kept: start anew to have it read");
    }
}

/// Functions that nothing here runs, which is easily overlooked.
fn tell_of_lambda(config: &Config, snapshot: &Snapshot) {
    let functions: Vec<String> = without_entry(config, snapshot).into_iter().collect();
    if !functions.is_empty() {
        let place = config.endpoint("lambda").unwrap_or_else(|| "AWS".into());
        tell!("  invoked at {place}, as `functions` has no entry: {}", functions.join(", "));
    }
}

struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
}

impl Signals {
    fn new(hang_up: Signal) -> std::io::Result<Self> {
        let (terminate, interrupt) = (SignalKind::terminate(), SignalKind::interrupt());
        Ok(Self { terminate: signal(terminate)?, interrupt: signal(interrupt)?, hang_up })
    }
}

enum Received {
    End,
    HangUp,
}

impl Signals {
    /// Safe to be dropped: a signal that was not taken is still there. One to end comes first.
    async fn next(&mut self) -> Received {
        tokio::select! {
            biased;
            _ = self.terminate.recv() => Received::End,
            _ = self.interrupt.recv() => Received::End,
            _ = self.hang_up.recv() => Received::HangUp,
        }
    }

    /// Whether there is one to read the files again, now.
    async fn has_hung_up(&mut self) -> bool {
        tokio::select! {
            biased;
            signal = self.hang_up.recv() => signal.is_some(),
            () = std::future::ready(()) => false,
        }
    }

    /// Waits for one to end, and leaves those to read the files again. Safe to be dropped.
    async fn end(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

fn log_diagnostic(diagnostic: &crate::diagnostic::Diagnostic) {
    // The line says it already.
    if diagnostic.is_error() {
        tracing::error!("{diagnostic:#}");
    } else {
        tracing::warn!("{diagnostic:#}");
    }
}

/// To standard error: standard output belongs to access logs.
pub(super) fn start_log() {
    let level = std::env::var("EDGEWAY_LOG").ok().and_then(|level| level.parse().ok());
    tracing_subscriber::fmt()
        .with_max_level(level.unwrap_or(tracing::Level::INFO))
        .with_target(false)
        .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
        .with_writer(std::io::stderr)
        // A line that cannot be written is lost. To say so would be another one, and end the thread.
        .log_internal_errors(false)
        .init();
}
