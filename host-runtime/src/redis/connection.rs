//! One connection: commands go out as they come, answers come back in the same order.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;

use super::resp::{Command, Reply};
use super::{Asked, RedisConfig};
use crate::perform::trust::Trust;
use crate::tls::words;

/// A server that went without a word is noticed after some of these.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// Commands that go out in one piece.
const WRITE_BYTES_MAX: usize = 64 * 1024;

/// A connection that is greeted.
pub(super) struct Connection {
    stream: Box<dyn Stream>,
    read: Vec<u8>,
}

trait Stream: AsyncRead + AsyncWrite + Unpin {}
impl<S: AsyncRead + AsyncWrite + Unpin> Stream for S {}

impl Connection {
    /// Connects, authenticates, chooses the database, and greets.
    ///
    /// # Errors
    /// Why not, in words without secrets.
    pub(super) async fn open(
        config: &RedisConfig,
        trust: &Trust,
        greeting: &[Command],
    ) -> Result<Self, String> {
        let tcp = TcpStream::connect((&*config.host, config.port)).await;
        let tcp = tcp.map_err(|e| format!("connecting: {e}"))?;
        tcp.set_nodelay(true).map_err(|e| e.to_string())?;
        let keep_alive = TcpKeepalive::new().with_time(KEEP_ALIVE).with_interval(KEEP_ALIVE);
        SockRef::from(&tcp).set_tcp_keepalive(&keep_alive).map_err(|e| e.to_string())?;
        let stream: Box<dyn Stream> = match config.tls {
            false => Box::new(tcp),
            true => {
                let name = ServerName::try_from(config.host.clone()).map_err(|e| e.to_string())?;
                let tls = TlsConnector::from(trust.client_config_of(&[]));
                let failed = |error| format!("TLS: {}", words::handshake(&error, "the server"));
                Box::new(tls.connect(name, tcp).await.map_err(failed)?)
            }
        };
        let mut connection = Self { stream, read: Vec::new() };
        if let Some(password) = &config.password {
            let username = config.username.as_deref();
            let words = ["AUTH"].into_iter().chain(username).chain([&**password]);
            connection.say(&Command::new(words), "AUTH").await?;
        }
        if config.database != 0 {
            let database = config.database.to_string();
            connection.say(&Command::new(["SELECT", &database]), "SELECT").await?;
        }
        for command in greeting {
            connection.say(command, "greeting").await?;
        }
        Ok(connection)
    }

    /// Serves commands until nobody can send more, or it breaks; then every command that waits is
    /// without an answer. The reason, in words.
    pub(super) async fn run(self, commands: mpsc::Receiver<Asked>) -> String {
        let Self { stream, read } = self;
        let (from, to) = tokio::io::split(stream);
        // Answers are for those who wait, in the order of their commands.
        let waiting = RefCell::default();
        tokio::select! {
            reason = write(to, commands, &waiting) => reason,
            reason = answer(from, read, &waiting) => reason,
        }
    }

    async fn say(&mut self, command: &Command, what: &str) -> Result<(), String> {
        self.stream.write_all(&command.0).await.map_err(|e| format!("{what}: {e}"))?;
        self.stream.flush().await.map_err(|e| format!("{what}: {e}"))?;
        loop {
            match Reply::read(&self.read).map_err(|e| format!("{what}: {e}"))? {
                Some((Reply::Error(words), _)) => return Err(format!("{what}: {words}")),
                Some((_, length)) => {
                    self.read.drain(..length);
                    return Ok(());
                }
                None => match self.stream.read_buf(&mut self.read).await {
                    Ok(0) => return Err(format!("{what}: the server hangs up")),
                    Ok(_) => {}
                    Err(error) => return Err(format!("{what}: {error}")),
                },
            }
        }
    }
}

type Waiting = RefCell<VecDeque<oneshot::Sender<Reply>>>;

async fn write(
    mut to: impl AsyncWrite + Unpin,
    mut commands: mpsc::Receiver<Asked>,
    waiting: &Waiting,
) -> String {
    let mut bytes = Vec::new();
    while let Some(Asked { command, answer }) = commands.recv().await {
        bytes.clear();
        bytes.extend_from_slice(&command.0);
        waiting.borrow_mut().push_back(answer);
        while bytes.len() < WRITE_BYTES_MAX
            && let Ok(Asked { command, answer }) = commands.try_recv()
        {
            bytes.extend_from_slice(&command.0);
            waiting.borrow_mut().push_back(answer);
        }
        let written = async {
            to.write_all(&bytes).await?;
            to.flush().await
        };
        if let Err(error) = written.await {
            return format!("the connection broke: {error}");
        }
    }
    "the connection is given up".into()
}

async fn answer(mut from: impl AsyncRead + Unpin, mut read: Vec<u8>, waiting: &Waiting) -> String {
    loop {
        let mut done = 0;
        loop {
            match Reply::read(&read[done..]) {
                Ok(Some((reply, length))) => {
                    done += length;
                    let Some(answer) = waiting.borrow_mut().pop_front() else {
                        return "an answer that nobody asked for".into();
                    };
                    answer.send(reply).ok(); // whoever asked waits no longer
                }
                Ok(None) => break,
                Err(reason) => return reason.into(),
            }
        }
        read.drain(..done);
        match from.read_buf(&mut read).await {
            Ok(0) => return "the server hung up".into(),
            Ok(_) => {}
            Err(error) => return format!("the connection broke: {error}"),
        }
    }
}
