//! The host: worker threads, and what is done to all of them.

mod deploy;

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use crate::config::DistributionsOnDisk;
use crate::edge::{Disk, DiskWriter, EdgeCache};
use crate::engine::{Engine, EngineError, EngineKind};
use crate::perform::access_log::AccessLog;
use crate::perform::metrics::Metrics;
use crate::perform::tokens::Tokens;
use crate::usage_store::UsageStore;
use crate::usage_store::writer::UsageWriter;
use crate::worker::{Command, Deployment, Shared, Worker};

/// Connections that the system queues for one listener.
const BACKLOG: i32 = 4096;

/// How a host is run.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where clients are served: one place for everybody at least. Port 0 lets the system choose.
    pub places: Vec<Place>,
    /// Worker threads.
    pub threads: usize,
    /// What runs the pipeline.
    pub engine: EngineKind,
    /// Where counts of quotas are kept; without it in memory alone.
    pub data_directory: Option<PathBuf>,
    /// Where what distributions have stored outlives memory; without it nowhere.
    pub distributions_on_disk: Option<DistributionsOnDisk>,
}

/// `vpce-…`: the endpoint that a listener stands in for.
pub type VpcEndpointId = Arc<str>;

/// What is listened at, and for whom.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// As it is configured.
    pub address: SocketAddr,
    /// Over TLS, not in clear text.
    pub is_tls: bool,
    /// For a private endpoint; `None`: for everybody.
    pub vpc_endpoint_id: Option<VpcEndpointId>,
    /// For a distribution alone; `None`: by host name.
    pub distribution_id: Option<Arc<str>>,
}

/// A host that serves. Dropped, it ends without waiting for anything.
#[derive(Debug)]
pub struct Host {
    shared: Arc<Shared>,
    engine: EngineKind,
    workers: Vec<WorkerThread>,
    /// Places with the addresses that the system gave, in the order of the configuration.
    addresses: Vec<(Place, SocketAddr)>,
    /// Last, so that it goes when nobody counts any more.
    _usage_writer: Option<UsageWriter>,
    /// Likewise: it writes what is left.
    _disk_writer: Option<DiskWriter>,
}

/// An address, listened at by a listener for each thread.
#[derive(Debug)]
pub struct Listeners {
    place: Place,
    address: SocketAddr,
    listeners: Vec<std::net::TcpListener>,
}

impl Listeners {
    /// The address that the system gave.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

#[derive(Debug)]
struct WorkerThread {
    commands: UnboundedSender<Command>,
    thread: JoinHandle<()>,
}

impl Host {
    /// Starts to serve.
    ///
    /// # Errors
    /// When the address cannot be listened at, the engine refuses the snapshot, or a folder for data is no use.
    pub fn start(options: &Options, deployment: &Deployment) -> io::Result<Self> {
        let (tokens, usage_writer) = match &options.data_directory {
            Some(directory) => counted_on(directory)?,
            None => Default::default(),
        };
        let disk = options.distributions_on_disk.as_ref().map(Disk::open).transpose()?;
        let (disk, disk_writer) = disk.unzip();
        let shared = Arc::new(Shared {
            tokens,
            verified: Default::default(),
            counted: Default::default(),
            samples: Default::default(),
            stage_caches: Default::default(),
            edge_cache: EdgeCache::on(disk),
            metrics: Metrics::default(),
            access_log: AccessLog::start()?,
            memory: Arc::default(),
            load: Arc::default(),
            challenges: Default::default(),
            acme: Default::default(),
            explanations: Default::default(),
        });
        let start = |index| WorkerThread::start(index, options.engine, deployment, &shared);
        let workers = (0..options.threads.max(1)).map(start).collect::<io::Result<Vec<_>>>()?;
        // Nobody can connect before everything is there to answer.
        let addresses = Vec::new();
        let mut host = Self {
            shared,
            engine: options.engine,
            workers,
            addresses,
            _usage_writer: usage_writer,
            _disk_writer: disk_writer,
        };
        let listeners = options.places.iter().map(|place| host.listen(place.clone()));
        let listeners = listeners.collect::<io::Result<Vec<_>>>()?;
        listeners.into_iter().for_each(|listeners| host.accept_at(listeners));
        Ok(host)
    }

    /// Where clients are served: the first place for everybody.
    pub fn address(&self) -> SocketAddr {
        let is_public = |p: &Place| p.vpc_endpoint_id.is_none() && p.distribution_id.is_none();
        let mut public = self.addresses.iter().filter(|(p, _)| is_public(p));
        public.next().expect("a configuration has a listener for everybody").1
    }

    /// All places, and their addresses.
    pub fn addresses(&self) -> &[(Place, SocketAddr)] {
        &self.addresses
    }

    /// What all threads share: metrics and logs.
    pub fn shared(&self) -> Arc<Shared> {
        Arc::clone(&self.shared)
    }

    /// Serves this from now on; requests in flight finish on what they began with.
    ///
    /// # Errors
    /// When an engine refuses the snapshot: every thread serves the one before on.
    pub fn deploy(&self, deployment: &Deployment) -> Result<(), EngineError> {
        deploy::on_all(&self.workers, self.engine, deployment)
    }

    /// Whether nobody listens at these addresses yet: better known before anything is compiled for them.
    ///
    /// # Errors
    /// The first that is taken, or cannot be listened at.
    pub fn places_are_free(addresses: impl IntoIterator<Item = SocketAddr>) -> io::Result<()> {
        let chosen = addresses.into_iter().filter(|address| address.port() != 0);
        // Several places may share an address; none is held on to.
        chosen.into_iter().try_for_each(|address| socket(address, false).map(drop))
    }

    /// Listens at another place. Nothing is accepted there before [`Host::accept_at`].
    ///
    /// # Errors
    /// When the address cannot be listened at.
    pub fn listen(&self, place: Place) -> io::Result<Listeners> {
        // A place that becomes another kind of place at its address shares it for a moment.
        let is_own = self.addresses.iter().any(|(own, _)| own.address == place.address);
        let (address, listeners) = listeners(place.address, self.workers.len(), is_own)?;
        Ok(Listeners { place, address, listeners })
    }

    /// Accepts there from now on.
    pub fn accept_at(&mut self, listeners: Listeners) {
        let Listeners { place, address, listeners } = listeners;
        for (worker, listener) in self.workers.iter().zip(listeners) {
            worker.send(Command::Listen(place.clone(), listener));
        }
        self.addresses.push((place, address));
    }

    /// Accepts no more there. Connections that are open stay so; what comes by those of a private
    /// endpoint is for an endpoint that nobody has, and refused.
    pub fn close(&mut self, place: &Place) {
        self.addresses.retain(|(own, _)| own != place);
        for worker in &self.workers {
            worker.send(Command::Close(place.clone()));
        }
    }

    /// Stops accepting, finishes the requests in flight (within `time_max`), and writes the logs.
    pub fn drain(self, time_max: Duration) {
        self.workers.iter().for_each(|worker| worker.send(Command::Drain(time_max)));
        for worker in self.workers {
            if worker.thread.join().is_err() {
                tracing::error!("a worker thread panicked");
            }
        }
        self.shared.access_log.flush();
    }
}

impl WorkerThread {
    fn start(
        index: usize,
        engine: EngineKind,
        deployment: &Deployment,
        shared: &Arc<Shared>,
    ) -> io::Result<Self> {
        let (commands, orders) = unbounded_channel();
        let (started, start) = mpsc::channel::<io::Result<()>>();
        let (shared, deployment) = (Arc::clone(shared), deployment.clone());
        let thread =
            std::thread::Builder::new().name(format!("worker-{index}")).spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build_local(tokio::runtime::LocalOptions::default());
                let runtime = match runtime {
                    Ok(runtime) => runtime,
                    Err(error) => {
                        started.send(Err(error)).ok();
                        return;
                    }
                };
                let engine = match Engine::start(engine, deployment.snapshot) {
                    Ok(engine) => engine,
                    Err(error) => {
                        started.send(Err(io::Error::other(error))).ok();
                        return;
                    }
                };
                started.send(Ok(())).ok();
                let worker = Rc::new(Worker::new(engine, shared, deployment.settings));
                runtime.block_on(worker.run(orders));
            })?;
        start.recv().unwrap_or_else(|_| Err(io::Error::other("a worker thread ended at once")))?;
        Ok(Self { commands, thread })
    }

    fn send(&self, command: Command) {
        // A thread that ended has nothing more to do; `drain` reports why.
        self.commands.send(command).ok();
    }
}

/// Counts that go on where they ended.
fn counted_on(directory: &Path) -> io::Result<(Arc<Tokens>, Option<UsageWriter>)> {
    let store = UsageStore::open(directory).map_err(io::Error::other)?;
    let tokens = Arc::new(Tokens::new(store.load().map_err(io::Error::other)?));
    let writer = UsageWriter::start(store, Arc::clone(&tokens))?;
    Ok((tokens, Some(writer)))
}

/// One listener for each thread at one address: the system spreads connections over them.
fn listeners(
    address: SocketAddr,
    count: usize,
    is_own: bool,
) -> io::Result<(SocketAddr, Vec<std::net::TcpListener>)> {
    // `SO_REUSEPORT` would let a second edgeway take half of the first one's connections.
    if address.port() != 0 && !is_own {
        drop(socket(address, false)?);
    }
    let first = listener(address)?;
    let address = first.local_addr()?;
    let rest = (1..count).map(|_| listener(address));
    let listeners = std::iter::once(Ok(first)).chain(rest).collect::<io::Result<_>>()?;
    Ok((address, listeners))
}

fn listener(address: SocketAddr) -> io::Result<std::net::TcpListener> {
    let socket = socket(address, true)?;
    socket.listen(BACKLOG).map_err(|error| named(address, &error))?;
    Ok(socket.into())
}

fn socket(address: SocketAddr, shared: bool) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    socket.set_reuse_port(shared)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into()).map_err(|error| named(address, &error))?;
    Ok(socket)
}

fn named(address: SocketAddr, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("listening at {address}: {error}"))
}
