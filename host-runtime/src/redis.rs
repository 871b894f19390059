//! A client for Redis and Valkey: one connection for each thread, on which all its requests' commands
//! are under way together.
//!
//! By hand, as HTTP/1.1 is: RESP needs few lines, and the connections have the roots, the runtime and
//! the bounds of all others here. While the server is away every call fails at once, and a task in
//! the background connects again.

mod connection;
mod resp;
pub(crate) mod script;

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, mpsc, oneshot, watch};

use crate::perform::stage_caches::seal::Sealing;
use crate::perform::trust::Trust;
use connection::Connection;
pub use resp::{Command, Reply};
pub use script::Script;

/// Commands that wait for their answers on one connection. Beyond, the server is too slow.
const IN_FLIGHT_MAX: usize = 4096;
/// Waits between attempts to connect: doubled from the first to the last.
const BACK_OFF: [Duration; 2] = [Duration::from_millis(50), Duration::from_secs(5)];
/// Longest that connecting takes, TLS and authentication included.
const CONNECT_MAX: Duration = Duration::from_secs(2);
/// One line of the log in this time tells that the server is away.
const LOG_EVERY: Duration = Duration::from_secs(10);

/// Where a server is, and who asks it.
#[derive(Clone, PartialEq)]
pub struct RedisConfig {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Whether over TLS.
    pub tls: bool,
    /// For `SELECT`.
    pub database: u32,
    /// For `AUTH`; `default` if there is a password alone.
    pub username: Option<String>,
    /// For `AUTH`.
    pub password: Option<String>,
    /// What all keys begin with.
    pub key_prefix: String,
    /// Longest wait for an answer.
    pub timeout: Duration,
    /// Whether it keeps the caches of stages too, and how.
    pub stage_caches: Option<Sealing>,
}

impl fmt::Debug for RedisConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls { "rediss" } else { "redis" };
        write!(f, "{scheme}://{}:{}/{}", self.host, self.port, self.database)
    }
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RedisError {
    /// There is no connection.
    Away,
    /// There was one; the answer did not come in time, or the connection broke.
    Lost,
    /// The server refuses the command; with its words.
    Refused(String),
}

/// For people.
impl fmt::Display for RedisError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Away => "there is no connection",
            Self::Lost => "the connection broke, or no answer came in time",
            Self::Refused(words) => words,
        })
    }
}

/// How it goes with the connections of all threads.
#[derive(Debug, Default)]
pub struct Health {
    /// Open connections.
    pub connections: AtomicI64,
    /// Connections that broke, and attempts that failed.
    pub failures: AtomicU64,
    last_told: std::sync::Mutex<Option<Instant>>,
    /// Why the last of them did.
    reason: std::sync::Mutex<Option<String>>,
}

impl Health {
    /// Why the last connection broke, or could not be made.
    pub(crate) fn reason(&self) -> Option<String> {
        self.reason.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }
}

/// A client of one thread.
#[derive(Debug)]
pub struct Redis {
    config: Arc<RedisConfig>,
    trust: Arc<Trust>,
    health: Arc<Health>,
    /// Sent on each connection before anything else.
    greeting: Vec<Command>,
    link: watch::Sender<Link>,
    /// Held by the task that connects.
    connecting: RefCell<Option<tokio::task::JoinHandle<()>>>,
}

#[derive(Debug, Clone)]
enum Link {
    /// Nobody knows yet.
    Unknown,
    There(mpsc::Sender<Asked>, Rc<Notify>),
    Away,
}

/// A command under way.
#[derive(Debug)]
struct Asked {
    command: Command,
    answer: oneshot::Sender<Reply>,
}

type Opened = (Connection, mpsc::Sender<Asked>, mpsc::Receiver<Asked>);

impl Redis {
    /// A client that says `greeting` on each connection; nothing of it may be refused.
    pub fn new(
        config: Arc<RedisConfig>,
        trust: Arc<Trust>,
        health: Arc<Health>,
        greeting: Vec<Command>,
    ) -> Rc<Self> {
        let link = watch::Sender::new(Link::Unknown);
        Rc::new(Self { config, trust, health, greeting, link, connecting: RefCell::default() })
    }

    /// Connects, and stays connected as long as the client lives. On a runtime for local tasks.
    pub fn start(self: &Rc<Self>) {
        let client = Rc::downgrade(self);
        let mut wait = BACK_OFF[0];
        let connecting = async move {
            loop {
                // The client must be free to go while a connection is served.
                let Some(this) = client.upgrade() else { return };
                let opened = tokio::time::timeout(CONNECT_MAX, this.open()).await;
                let connection = opened.unwrap_or_else(|_| Err("no answer in time".into()));
                let ended = match connection {
                    Ok((connection, sender, commands)) => {
                        let hang_up = Rc::new(Notify::new());
                        this.there(sender, Rc::clone(&hang_up));
                        wait = BACK_OFF[0];
                        drop(this);
                        tokio::select! {
                            ended = connection.run(commands) => Some(ended),
                            // Also where the server takes no more bytes.
                            () = hang_up.notified() => None,
                        }
                    }
                    Err(reason) => Some(reason),
                };
                let Some(this) = client.upgrade() else { return };
                // Whoever hung up has said why.
                ended.iter().for_each(|reason| this.away(reason));
                drop(this);
                tokio::time::sleep(jittered(wait)).await;
                wait = (wait * 2).min(BACK_OFF[1]);
            }
        };
        let task = tokio::task::spawn_local(connecting);
        if let Some(before) = self.connecting.replace(Some(task)) {
            before.abort();
        }
    }

    /// The answer to a command. Fails at once while the server is away.
    ///
    /// # Errors
    /// See [`RedisError`]. A command whose answer is lost may have been carried out.
    pub async fn ask(&self, command: Command) -> Result<Reply, RedisError> {
        let asked = tokio::time::timeout(self.config.timeout, self.asked(command)).await;
        match asked {
            Ok(Ok(Reply::Error(words))) => Err(RedisError::Refused(words)),
            Ok(answer) => answer,
            Err(_) => {
                // What did not answer once would keep everybody waiting.
                self.hang_up("no answer in time");
                Err(RedisError::Lost)
            }
        }
    }

    /// Breaks the connection off: it is made anew.
    pub fn hang_up(&self, reason: &str) {
        let link = self.link.borrow().clone();
        if let Link::There(_, hang_up) = link {
            self.away(reason);
            hang_up.notify_one();
        }
    }

    /// What all its keys begin with.
    pub fn key_prefix(&self) -> &str {
        &self.config.key_prefix
    }

    async fn asked(&self, command: Command) -> Result<Reply, RedisError> {
        let mut changes = self.link.subscribe();
        let link = changes.wait_for(|link| !matches!(link, Link::Unknown)).await;
        let commands = match link.as_deref() {
            Ok(Link::There(commands, _)) => commands.clone(),
            _ => return Err(RedisError::Away),
        };
        drop(link);
        let (answer, answered) = oneshot::channel();
        let sent = commands.try_send(Asked { command, answer });
        sent.map_err(|_| RedisError::Away)?;
        // Once nobody can send, the connection ends.
        drop(commands);
        answered.await.map_err(|_| RedisError::Lost)
    }

    async fn open(&self) -> Result<Opened, String> {
        let connection = Connection::open(&self.config, &self.trust, &self.greeting).await?;
        let (sender, commands) = mpsc::channel(IN_FLIGHT_MAX);
        Ok((connection, sender, commands))
    }

    fn there(&self, commands: mpsc::Sender<Asked>, hang_up: Rc<Notify>) {
        self.health.connections.fetch_add(1, Relaxed);
        if self.link.send_replace(Link::There(commands, hang_up)).is_away() {
            tracing::info!(redis = ?self.config, "Redis is there again");
        }
    }

    fn away(&self, reason: &str) {
        let before = self.link.send_replace(Link::Away);
        if before.is_there() {
            self.health.connections.fetch_sub(1, Relaxed);
        }
        self.health.failures.fetch_add(1, Relaxed);
        let last = self.health.reason.lock();
        *last.unwrap_or_else(std::sync::PoisonError::into_inner) = Some(reason.to_owned());
        let last_told = self.health.last_told.lock();
        let mut last_told = last_told.unwrap_or_else(std::sync::PoisonError::into_inner);
        if last_told.is_none_or(|told| told.elapsed() >= LOG_EVERY) {
            *last_told = Some(Instant::now());
            tracing::error!(redis = ?self.config, reason, "Redis is away");
        }
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        if self.link.borrow().is_there() {
            self.health.connections.fetch_sub(1, Relaxed);
        }
        if let Some(connecting) = self.connecting.take() {
            connecting.abort();
        }
    }
}

impl Link {
    fn is_there(&self) -> bool {
        matches!(self, Self::There(..))
    }
    fn is_away(&self) -> bool {
        matches!(self, Self::Away)
    }
}

/// Between three and five quarters: gateways that lost a server together do not come back together.
fn jittered(wait: Duration) -> Duration {
    let mut random = [0; 1];
    getrandom::fill(&mut random).ok(); // without randomness it is three quarters
    wait * (192 + u32::from(random[0] / 2)) / 256
}
