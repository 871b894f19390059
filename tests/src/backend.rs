//! Recording HTTP servers: what stands behind the gateway in a case.

mod behaviour;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

pub use self::behaviour::{field_pairs, http, lambda, service};
use crate::json::{Json, object};
use crate::wire::{self, Fields, Otherwise};

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct Received {
    /// The method.
    pub method: String,
    /// The path as sent.
    pub path: String,
    /// The query as sent.
    pub query: String,
    /// The header fields.
    pub fields: Fields,
    /// The content.
    pub content: Vec<u8>,
    /// The function that was invoked; empty for anything but an invocation.
    pub function: Option<String>,
    /// The function's version or alias.
    pub qualifier: Option<String>,
    /// The order of arrival among all backends of the process.
    pub sequence: u64,
}

impl Received {
    /// The content as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.content).into_owned()
    }

    /// All of it as JSON, fields by name but for those in `without`: what an echoing backend answers.
    fn to_json(&self, without: &[Json]) -> Json {
        let mut names = self.fields.names();
        names.retain(|name| !without.iter().any(|left_out| left_out.as_str() == Some(name)));
        names.sort();
        let joined = |name: String| {
            (name.clone(), Json::from(self.fields.joined(&name).unwrap_or_default()))
        };
        object([
            ("method", self.method.as_str().into()),
            ("path", self.path.as_str().into()),
            ("query", self.query.as_str().into()),
            ("headers", Json::Object(names.into_iter().map(joined).collect())),
            ("body", self.text().into()),
        ])
    }
}

/// What a backend does with a request.
#[derive(Debug)]
pub enum Answer {
    /// It answers.
    Respond {
        /// The status code.
        status: u16,
        /// The fields; `Content-Length` is added where none is among them.
        fields: Vec<(String, String)>,
        /// The content.
        content: Vec<u8>,
        /// How long it waits before.
        delay: Duration,
    },
    /// It closes the connection.
    Drop,
}

/// Decides what a backend answers. It may note in the request which function was invoked.
pub type Behaviour = dyn Fn(&mut Received) -> Answer + Send + Sync;

/// A server on a free loopback port that records what it receives; it ends when dropped.
#[derive(Debug)]
pub struct Backend {
    /// Where it listens.
    pub address: SocketAddr,
    received: Arc<Mutex<Vec<Received>>>,
    accepting: JoinHandle<()>,
}

impl Backend {
    /// Starts a server on a free port that answers as `behaviour` says.
    pub async fn start(
        behaviour: impl Fn(&mut Received) -> Answer + Send + Sync + 'static,
    ) -> std::io::Result<Self> {
        Self::serve(Self::listen().await?, behaviour)
    }

    /// Takes a free port, for a server whose answers depend on its own address. (A port that is looked up,
    /// given back and bound later may be held at that moment by a process just being forked.)
    pub async fn listen() -> std::io::Result<TcpListener> {
        TcpListener::bind("127.0.0.1:0").await
    }

    /// Starts a server on that port.
    pub fn serve(
        listener: TcpListener,
        behaviour: impl Fn(&mut Received) -> Answer + Send + Sync + 'static,
    ) -> std::io::Result<Self> {
        let address = listener.local_addr()?;
        let received = Arc::new(Mutex::new(Vec::new()));
        let (record, behaviour) = (received.clone(), Arc::new(behaviour) as Arc<Behaviour>);
        let accepting = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (record, behaviour) = (record.clone(), behaviour.clone());
                connections.spawn(async move {
                    // A gateway that goes away in the middle of an exchange is its own matter.
                    let _ = serve(stream, &record, &*behaviour).await;
                });
                while connections.try_join_next().is_some() {}
            }
        });
        Ok(Self { address, received, accepting })
    }

    /// `http://127.0.0.1:PORT`
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Takes what has been received so far.
    pub fn take(&self) -> Vec<Received> {
        std::mem::take(&mut *self.received.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// How much has been received and not been taken.
    pub fn received_len(&self) -> usize {
        self.received.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn serve(
    stream: TcpStream,
    record: &Mutex<Vec<Received>>,
    behaviour: &Behaviour,
) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    while let Some(head) = wire::read_head(&mut stream).await? {
        if head.fields.all("expect").any(|value| value.eq_ignore_ascii_case("100-continue")) {
            stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
        }
        let content = wire::read_content(&mut stream, &head.fields, Otherwise::Empty).await?;
        let closes = head.fields.all("connection").any(|value| value.eq_ignore_ascii_case("close"));
        let mut request = received(head, content);
        let answer = behaviour(&mut request);
        let head_only = request.method == "HEAD";
        record.lock().unwrap_or_else(PoisonError::into_inner).push(request);
        let Answer::Respond { status, fields, content, delay } = answer else { return Ok(()) };
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        stream.write_all(&on_the_wire(status, &fields, &content, head_only)).await?;
        if closes {
            break;
        }
    }
    stream.shutdown().await
}

fn received(head: wire::Head, content: Vec<u8>) -> Received {
    static SEQUENCE: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
    let mut start = head.start.split(' ');
    let method = start.next().unwrap_or_default().to_owned();
    let target = start.next().unwrap_or_default();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    Received {
        method,
        path: path.to_owned(),
        query: query.to_owned(),
        fields: head.fields,
        content,
        function: None,
        qualifier: None,
        sequence: SEQUENCE.fetch_add(1, std::sync::atomic::Ordering::Relaxed),
    }
}

fn on_the_wire(
    status: u16,
    fields: &[(String, String)],
    content: &[u8],
    head_only: bool,
) -> Vec<u8> {
    let mut bytes = format!("HTTP/1.1 {status} Answer\r\n").into_bytes();
    for (name, value) in fields {
        bytes.extend(wire::string_to_latin1(&format!("{name}: {value}\r\n")));
    }
    if !fields.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-length")) {
        bytes.extend(format!("Content-Length: {}\r\n", content.len()).as_bytes());
    }
    bytes.extend(b"\r\n");
    // RFC 9112 section 6.3: content after these would be read as the next response.
    if !head_only && status != 204 && status != 304 {
        bytes.extend(content);
    }
    bytes
}

#[cfg(test)]
mod tests;
