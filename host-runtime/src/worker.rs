//! A worker thread: one engine, one client, one runtime, its share of the connections.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use gateway_core::message::Seed;
use tokio::sync::{Notify, mpsc::UnboundedReceiver, watch};
use tokio::task::JoinHandle;

use crate::acme::{AcmeHealth, Challenges};
use crate::edge::{self, EdgeCache};
use crate::engine::{Engine, EngineError, Prepared, PreparedComponent};
use crate::explained::Explanations;
use crate::growth::Growth;
use crate::host::Place;
use crate::load::Load;
use crate::memory::Memory;
use crate::perform::access_log::{AccessLog, AccessLogBuffer};
use crate::perform::at_once;
use crate::perform::counted::Counted;
use crate::perform::http::HttpClient;
use crate::perform::metrics::Metrics;
use crate::perform::samples::Samples;
use crate::perform::stage_caches::StageCaches;
use crate::perform::stage_caches::shared::SharedCaches;
use crate::perform::tokens::Tokens;
use crate::perform::tokens::shared::SharedTokens;
use crate::perform::verified::Verified;
use crate::server;
use crate::settings::Settings;
use crate::tls::handshake::Handshakes;
use crate::traces::Traces;

/// How long connections are kept open for one more request when the host goes down: a client that
/// sends meanwhile is answered, and told that the connection ends.
const LAST_REQUEST: Duration = Duration::from_millis(500);

/// How often memory is given back that nothing needs.
const TEND_EVERY: Duration = Duration::from_secs(1);

/// What all threads share.
#[derive(Debug)]
pub struct Shared {
    /// Token buckets, and what keys have used.
    pub tokens: Arc<Tokens>,
    /// Signatures of tokens that were found right.
    pub verified: Verified,
    /// What rate-based rules of web ACLs have counted.
    pub counted: Counted,
    /// Requests that web ACLs have inspected.
    pub samples: Samples,
    /// Responses that are cached by stages.
    pub stage_caches: StageCaches,
    /// Responses that are cached by distributions.
    pub edge_cache: EdgeCache,
    /// Metrics.
    pub metrics: Metrics,
    /// Access logs.
    pub access_log: AccessLog,
    /// Content that is held whole.
    pub memory: Arc<Memory>,
    /// Requests under way.
    pub load: Arc<Load>,
    /// Proofs for authorities that issue certificates.
    pub challenges: Arc<Challenges>,
    /// How it goes with certificates that are ordered.
    pub acme: Arc<AcmeHealth>,
    /// Accounts of requests that asked for them.
    pub explanations: Explanations,
}

/// A configuration, ready to be served.
#[derive(Debug, Clone)]
pub struct Deployment {
    /// [`gateway_core::definition::Snapshot::to_bytes`].
    pub snapshot: Arc<[u8]>,
    /// The rest.
    pub settings: Arc<Settings>,
}

/// What a thread has for its requests.
pub(crate) struct Worker {
    pub(crate) engine: Engine,
    pub(crate) client: RefCell<HttpClient>,
    pub(crate) access_log: AccessLogBuffer,
    pub(crate) shared: Arc<Shared>,
    pub(crate) settings: RefCell<Arc<Settings>>,
    /// What this machine shares with others; without it [`Shared::tokens`] is all there is.
    pub(crate) shared_tokens: RefCell<Option<Rc<SharedTokens>>>,
    /// Likewise, with [`Shared::stage_caches`].
    pub(crate) shared_caches: RefCell<Option<Rc<SharedCaches>>>,
    /// Spans on their way to a collector.
    traces: RefCell<Option<Rc<Traces>>>,
    pub(crate) connections: Connections,
    pub(crate) handshakes: Handshakes,
    seeds: RefCell<Seeds>,
}

/// The open connections of a thread.
#[derive(Debug, Default)]
pub(crate) struct Connections {
    open: Cell<usize>,
    closed: Notify,
    /// The host goes down: every response ends its connection.
    pub(crate) closing: Cell<bool>,
}

/// An order to a worker.
pub(crate) enum Command {
    /// Be ready to serve what was loaded elsewhere.
    Hold(PreparedComponent),
    /// Compile this snapshot, and serve the one before on.
    Prepare(Arc<[u8]>, mpsc::Sender<Result<(), EngineError>>),
    /// Serve what was prepared from now on, with these settings.
    Commit(Arc<Settings>, mpsc::Sender<()>),
    /// Let go of what was prepared: another thread could not.
    Forget,
    /// Accept here from now on.
    Listen(Place, std::net::TcpListener),
    /// Accept no more here.
    Close(Place),
    /// Stop accepting, finish what is under way within this time, and end.
    Drain(Duration),
}

impl Worker {
    pub(crate) fn new(engine: Engine, shared: Arc<Shared>, settings: Arc<Settings>) -> Self {
        shared.memory.limit(settings.limits.content_in_memory_bytes);
        Growth::of_process().limit(settings.limits.instances_in_memory_bytes);
        shared.stage_caches.configure(&settings.stage_caches);
        shared.load.limit(settings.limits.load);
        shared.edge_cache.configure(&settings.limits, &settings.distributions);
        edge::begin_logs(&shared.access_log, &settings.distributions);
        shared.metrics.tell_of(&settings.vpc_links);
        let handshakes = Handshakes::new(&shared.challenges);
        Self {
            engine,
            client: RefCell::new(HttpClient::new(&settings.trust)),
            access_log: shared.access_log.buffer(),
            shared,
            settings: RefCell::new(settings),
            shared_tokens: RefCell::default(),
            shared_caches: RefCell::default(),
            traces: RefCell::default(),
            connections: Connections::default(),
            handshakes,
            seeds: RefCell::default(),
        }
    }

    /// Randomness for one request.
    pub(crate) fn seed(&self) -> Seed {
        self.seeds.borrow_mut().draw()
    }

    /// Does what it is ordered to until it is drained.
    pub(crate) async fn run(self: Rc<Self>, mut commands: UnboundedReceiver<Command>) {
        self.engine.answer_at_once(at_once::answers(&self));
        self.share(&self.settings.borrow());
        self.export_spans(&self.settings.borrow());
        self.tend_engine();
        let (ending, ended) = watch::channel(false);
        let mut accepting: BTreeMap<Place, Accepting> = BTreeMap::new();
        let mut prepared = None;
        while let Some(command) = commands.recv().await {
            match command {
                Command::Hold(loaded) => prepared = Some(Prepared::Component(loaded)),
                Command::Prepare(snapshot, done) => {
                    let answer = match self.engine.prepare(snapshot) {
                        Ok(compiled) => {
                            prepared = Some(compiled);
                            Ok(())
                        }
                        Err(error) => Err(error),
                    };
                    done.send(answer).ok(); // whoever asked may have gone
                }
                Command::Commit(settings, done) => {
                    if let Some(prepared) = prepared.take() {
                        self.engine.commit(prepared);
                        self.take_over(settings);
                    }
                    done.send(()).ok();
                }
                Command::Forget => prepared = None,
                Command::Listen(place, listener) => {
                    if let Some(next) = Accepting::start(&self, place.clone(), listener, &ended) {
                        accepting.insert(place, next);
                    }
                }
                Command::Close(place) => {
                    if let Some(before) = accepting.remove(&place) {
                        before.stop().await;
                    }
                }
                Command::Drain(time_max) => {
                    // Before a listener closes: whoever finds the host gone may know that its connections end.
                    self.connections.closing.set(true);
                    for accepting in std::mem::take(&mut accepting).into_values() {
                        accepting.stop().await;
                    }
                    self.drain(&ending, time_max).await;
                    if let Some(traces) = self.traces.take() {
                        traces.flush().await;
                    }
                    break;
                }
            }
        }
        self.access_log.flush();
    }

    /// Has the engine give memory back though nobody asks anything of this thread.
    fn tend_engine(self: &Rc<Self>) {
        let worker = Rc::downgrade(self);
        tokio::task::spawn_local(async move {
            let mut every = tokio::time::interval(TEND_EVERY);
            loop {
                every.tick().await;
                let Some(worker) = worker.upgrade() else { return };
                worker.engine.tend();
            }
        });
    }

    /// Connects to what these settings share with other machines.
    fn share(&self, settings: &Settings) {
        let shared = settings.redis.as_ref().map(|config| {
            let (trust, health) = (Arc::clone(&settings.trust), self.shared.tokens.redis_health());
            Rc::new(SharedTokens::new(Arc::clone(config), trust, health))
        });
        shared.iter().for_each(|shared| shared.start());
        self.shared_tokens.replace(shared);
        let caches = settings.redis.as_ref().and_then(|config| {
            let health = &self.shared.stage_caches.health;
            SharedCaches::new(config, &settings.trust, health).map(Rc::new)
        });
        caches.iter().for_each(|caches| caches.start());
        self.shared_caches.replace(caches);
    }

    /// Sends spans to the collector of these settings; the one before gets what is for it still.
    fn export_spans(&self, settings: &Settings) {
        let traces = settings.tracing.as_ref().map(|config| {
            let counts = Arc::clone(&self.shared.metrics.spans);
            Traces::new(Arc::clone(config), &settings.trust, counts)
        });
        traces.iter().for_each(Traces::start);
        if let Some(before) = self.traces.replace(traces) {
            tokio::task::spawn_local(async move { before.flush().await });
        }
    }

    /// Where spans go, if they go anywhere.
    pub(crate) fn traces(&self) -> Option<Rc<Traces>> {
        self.traces.borrow().clone()
    }

    fn take_over(&self, settings: Arc<Settings>) {
        self.shared.memory.limit(settings.limits.content_in_memory_bytes);
        Growth::of_process().limit(settings.limits.instances_in_memory_bytes);
        self.shared.stage_caches.configure(&settings.stage_caches);
        self.shared.load.limit(settings.limits.load);
        self.shared.edge_cache.configure(&settings.limits, &settings.distributions);
        edge::begin_logs(&self.shared.access_log, &settings.distributions);
        self.shared.metrics.tell_of(&settings.vpc_links);
        if !Arc::ptr_eq(&settings.trust, &self.settings.borrow().trust) {
            // Nobody may use a connection for which an authority vouched that is trusted no more.
            self.client.replace(HttpClient::new(&settings.trust));
        }
        let before = self.settings.borrow().clone();
        if before.redis != settings.redis || !Arc::ptr_eq(&settings.trust, &before.trust) {
            self.share(&settings);
        }
        if before.tracing != settings.tracing || !Arc::ptr_eq(&settings.trust, &before.trust) {
            self.export_spans(&settings);
        }
        self.settings.replace(settings);
    }

    async fn drain(&self, ending: &watch::Sender<bool>, time_max: Duration) {
        let all_closed = async {
            tokio::time::timeout(LAST_REQUEST, self.connections.all_closed()).await.ok();
            ending.send_replace(true);
            self.connections.all_closed().await;
        };
        if tokio::time::timeout(time_max, all_closed).await.is_err() {
            let open = self.connections.open.get();
            tracing::warn!(open, "connections are closed before their requests have ended");
        }
    }
}

/// A task that accepts connections.
struct Accepting {
    task: JoinHandle<()>,
    stop: watch::Sender<bool>,
}

impl Accepting {
    fn start(
        worker: &Rc<Worker>,
        place: Place,
        listener: std::net::TcpListener,
        ended: &watch::Receiver<bool>,
    ) -> Option<Self> {
        let listener = match tokio::net::TcpListener::from_std(listener) {
            Ok(listener) => listener,
            Err(error) => {
                tracing::error!(%error, "cannot accept connections");
                return None;
            }
        };
        let (stop, stopped) = watch::channel(false);
        let listener = server::Listener { listener, place };
        let accept = server::accept(Rc::clone(worker), listener, stopped, ended.clone());
        Some(Self { task: tokio::task::spawn_local(accept), stop })
    }

    /// Waits until the connections that already stand in the listener's queue are taken.
    async fn stop(self) {
        self.stop.send_replace(true);
        self.task.await.ok();
    }
}

impl Connections {
    /// Counts a connection until the guard is dropped.
    pub(crate) fn open(worker: &Rc<Worker>) -> OpenConnection {
        let connections = &worker.connections;
        connections.open.set(connections.open.get() + 1);
        worker.shared.metrics.connections.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        OpenConnection(Rc::clone(worker))
    }

    pub(crate) fn count(&self) -> usize {
        self.open.get()
    }

    /// Waits for the next connection to close.
    pub(crate) async fn one_closed(&self) {
        self.closed.notified().await;
    }

    async fn all_closed(&self) {
        while self.open.get() > 0 {
            self.closed.notified().await;
        }
    }
}

pub(crate) struct OpenConnection(Rc<Worker>);

impl Drop for OpenConnection {
    fn drop(&mut self) {
        let connections = &self.0.connections;
        connections.open.set(connections.open.get() - 1);
        self.0.shared.metrics.connections.fetch_sub(1, std::sync::atomic::Ordering::Relaxed);
        connections.closed.notify_one();
    }
}

/// Random bytes, drawn from the system a page at a time.
struct Seeds {
    bytes: [u8; 4096],
    used: usize,
}

impl Default for Seeds {
    fn default() -> Self {
        Self { bytes: [0; 4096], used: 4096 }
    }
}

impl Seeds {
    fn draw(&mut self) -> Seed {
        if self.used == self.bytes.len() {
            // Without the system's randomness ids would repeat: better to serve them than to stop,
            // since they are names, not secrets.
            if let Err(error) = getrandom::fill(&mut self.bytes) {
                tracing::error!(%error, "the system gives no random bytes");
            }
            self.used = 0;
        }
        let mut seed = Seed([0; 32]);
        seed.0.copy_from_slice(&self.bytes[self.used..self.used + 32]);
        self.used += 32;
        seed
    }
}
