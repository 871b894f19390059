//! One request through the pipeline, in this process: what `edgeway explain` and `edgeway test-invoke`
//! do. Its effects are real, performed as the server performs them.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::sync::Arc;

use bytes::Bytes;
use distribution::Viewer;
use gateway_core::definition::{LoggingLevel, Snapshot};
use gateway_core::limits::PAYLOAD_BYTES_MAX;
use gateway_core::message::{self, Arrival, Content, Field, Fields, Inspection, Location, Scheme};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, Version};
use tokio_rustls::rustls::pki_types::CertificateDer;

use crate::arrival::Peer;
use crate::body::Body;
use crate::drive::{self, Held, drive, now};
use crate::edge::{self, Account, Edge};
use crate::engine::{Engine, EngineKind};
use crate::explained::{Explained, GOES_ON};
use crate::framing::ClientRequest;
use crate::perform::access_log::AccessLog;
use crate::perform::content::Contents;
use crate::settings::Settings;
use crate::tls::Tls;
use crate::worker::{Shared, Worker};

/// Most content of an answer that is kept; AWS's limit for what is not streamed.
const ANSWER_BYTES_MAX: usize = PAYLOAD_BYTES_MAX as usize;

/// A request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The method.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// Header fields; `Host` and `Content-Length` are added where they are not given.
    pub fields: Vec<(String, String)>,
    /// The content.
    pub content: Vec<u8>,
    /// Whether fields that are not given are none: `Host` is added otherwise.
    pub is_complete: bool,
    /// How it comes.
    pub connection: Connection,
    /// Who asks.
    pub client: Client,
}

/// A connection, as a URL says; by default one in clear text to whatever host.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Connection {
    /// Over TLS.
    pub is_https: bool,
    /// The host of the URL, whatever `Host` says.
    pub host: Option<String>,
    /// The port, where the URL names one.
    pub port: Option<u16>,
    /// The private endpoint whose listener it leads to.
    pub vpc_endpoint_id: Option<String>,
    /// What the client shows where it is asked: its certificate, and those above it.
    pub certificates: Vec<CertificateDer<'static>>,
}

impl Connection {
    /// The port that it comes to.
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(if self.is_https { 443 } else { 80 })
    }

    /// What is known of it after the handshake.
    fn tls(&self, tls: &Tls) -> io::Result<Option<message::Tls>> {
        if !self.is_https {
            return Ok(None);
        }
        // No client asks for an address by its name (RFC 6066 §3).
        let is_name = |host: &&str| !host.starts_with('[') && host.parse::<IpAddr>().is_err();
        let server_name = self.host.as_deref().filter(is_name).map(str::to_ascii_lowercase);
        let told = tls.supposed(server_name, &self.certificates);
        let refused = |reason| io::Error::other(format!("the handshake is refused: {reason}"));
        told.map(Some).map_err(refused)
    }
}

/// A client, and where it is if not where databases say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// Its address.
    pub ip: IpAddr,
    /// Its country: two capital letters (ISO 3166-1).
    pub country: Option<String>,
    /// Its autonomous system.
    pub asn: Option<u32>,
}

impl Default for Client {
    fn default() -> Self {
        Self { ip: Ipv4Addr::LOCALHOST.into(), country: None, asn: None }
    }
}

impl Client {
    fn peer(&self, worker: &Worker) -> Peer {
        let found = worker.settings.borrow().locations.find(self.ip);
        let found = match &self.country {
            // A region is its country's.
            Some(country) => Some(Location {
                country: Some(country.clone()),
                region: None,
                asn: found.and_then(|found| found.asn),
            }),
            None => found,
        };
        let location = match self.asn {
            Some(_) => Some(Location { asn: self.asn, ..found.unwrap_or_default() }),
            None => found,
        };
        Peer::new(SocketAddr::new(self.ip, 0), 80, None).at(location)
    }
}

/// What was answered, and why.
#[derive(Debug, Clone)]
pub struct Answered {
    /// Status, time and why.
    pub explained: Explained,
    /// Header fields.
    pub fields: Vec<(String, String)>,
    /// The content.
    pub content: Bytes,
}

/// Has a snapshot answer a request, by the native engine.
///
/// # Errors
/// When the request is none that HTTP can carry, or nothing can be started here.
pub fn answer(snapshot: &Snapshot, settings: Settings, asked: &Asked) -> io::Result<Answered> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build_local(tokio::runtime::LocalOptions::default())?;
    let shared = Arc::new(Shared {
        tokens: Default::default(),
        verified: Default::default(),
        counted: Default::default(),
        samples: Default::default(),
        stage_caches: Default::default(),
        edge_cache: Default::default(),
        metrics: Default::default(),
        access_log: AccessLog::start()?,
        memory: Arc::default(),
        load: Arc::default(),
        challenges: Default::default(),
        acme: Default::default(),
        explanations: Default::default(),
    });
    let snapshot: Arc<[u8]> = without_logs(snapshot).to_bytes().into();
    let engine = Engine::start(EngineKind::Native, snapshot).map_err(io::Error::other)?;
    runtime.block_on(async {
        let worker = Rc::new(Worker::new(engine, shared, Arc::new(settings)));
        let peer = asked.client.peer(&worker);
        let (arrival, client, contents) = arrive(&worker, &peer, asked)?;
        match distribution(&worker, &asked.connection, &arrival) {
            Some(edge) => {
                let held = Held::new(client, contents);
                by_distribution(&worker, &edge, &peer, arrival, held).await
            }
            None => answered(drive(&worker, arrival, client, contents).await).await,
        }
    })
}

/// The distribution that listens at the request's port, or has its host name; at private endpoints there is none.
fn distribution(worker: &Worker, by: &Connection, arrival: &Arrival) -> Option<Arc<Edge>> {
    if by.vpc_endpoint_id.is_some() {
        return None;
    }
    let settings = worker.settings.borrow();
    let host = arrival.request.fields.get("host");
    edge::of_authority(&settings.distributions, by.port, host).cloned()
}

/// What the web ACL of a distribution says, if it has one, and what becomes of a request that goes on. No origin is
/// asked: what is stored is in the cache of who serves, which is not here.
async fn by_distribution(
    worker: &Rc<Worker>,
    edge: &Edge,
    peer: &Peer,
    mut arrival: Arrival,
    held: Held,
) -> io::Result<Answered> {
    let (request, is_https) = (arrival.request.clone(), arrival.scheme == Scheme::Https);
    let (mut answered, refused) = match edge.source().web_acl {
        Some(web_acl) => {
            let (source_id, request_id) = (edge.id().into(), String::new());
            arrival.inspection = Some(Box::new(Inspection { web_acl, source_id, request_id }));
            inspected(worker, arrival, held).await?
        }
        None => {
            let explained = Explained { status: GOES_ON, ..Explained::default() };
            (Answered { explained, fields: Vec::new(), content: Bytes::new() }, None)
        }
    };
    if answered.explained.status != GOES_ON && refused.is_none() {
        return Ok(answered); // in the web ACL's own words
    }
    let lines = request.fields.iter().map(|line| (line.name, line.value));
    let mut fields: http_cache::Fields = lines.collect();
    // What the web ACL inserts.
    answered.fields.drain(..).for_each(|(name, value)| fields.set(name, value));
    let asked = edge.distribution().asked_fields();
    let viewer = Viewer {
        method: &request.method,
        target: &request.target,
        host: request.fields.get("host").unwrap_or_default(),
        is_https,
        ip: peer.source_ip(),
        country: peer.location(worker).and_then(|location| location.country.as_deref()),
        told: &edge::viewer::told(worker, (peer, false), asked, Version::HTTP_11),
        fields: &fields,
        has_content: request.content != Content::Empty,
    };
    let account = match refused {
        Some(status) => Account::of_blocked(edge, &viewer, status),
        None => Account::of(edge, &viewer),
    };
    answered.explained.status = account.status;
    answered.explained.distribution = Some(account);
    Ok(answered)
}

/// What the web ACL of a distribution says: 100 of what it lets through, with what it inserts; and the status with which
/// the distribution is to refuse in its own words.
async fn inspected(
    worker: &Rc<Worker>,
    arrival: Arrival,
    mut held: Held,
) -> io::Result<(Answered, Option<u16>)> {
    let decided = drive::inspect(worker, arrival, &mut held).await;
    let (response, explained) = decided.ok_or_else(|| io::Error::other("it does not end"))?;
    let (fields, content, refused) = match message::Inspected::from(response) {
        message::Inspected::GoesOn(fields) => (fields, Content::Empty, None),
        message::Inspected::Answered { fields, content, .. } => (fields, content, None),
        message::Inspected::Refused(status) => (Fields::new(), Content::Empty, Some(status)),
    };
    let fields = fields.iter().map(|line| (line.name.into(), line.value.into())).collect();
    let content = match content {
        Content::Bytes(bytes) => bytes.into(),
        Content::Empty | Content::Held(_) => Bytes::new(),
    };
    Ok((Answered { explained: explained.unwrap_or_default(), fields, content }, refused))
}

/// A request of the operator's own is no traffic.
fn without_logs(snapshot: &Snapshot) -> Snapshot {
    let mut snapshot = snapshot.clone();
    snapshot.tracing = None;
    for stage in snapshot.apis.iter_mut().flat_map(|api| &mut api.stages) {
        stage.access_log_settings = None;
        let settings = stage.method_settings.values_mut();
        settings.for_each(|setting| setting.logging_level = Some(LoggingLevel::Off));
    }
    snapshot.web_acls.iter_mut().for_each(|web_acl| web_acl.logging = None);
    snapshot
}

fn arrive(
    worker: &Worker,
    peer: &Peer,
    asked: &Asked,
) -> io::Result<(Arrival, ClientRequest, Contents)> {
    let invalid = |what: String| io::Error::new(io::ErrorKind::InvalidInput, what);
    let method = Method::from_bytes(asked.method.as_bytes())
        .map_err(|_| invalid(format!("`{}` is no method", asked.method)))?;
    let target = asked.target.parse::<http::uri::PathAndQuery>();
    let target = target.map_err(|_| invalid(format!("`{}` is no path and query", asked.target)))?;
    let by = &asked.connection;
    let mut fields: Fields = asked.fields.iter().map(|(n, v)| Field::new(n, v)).collect();
    if !asked.is_complete && !fields.contains("host") {
        fields.push("Host", "localhost");
    }
    if !asked.content.is_empty() && !fields.contains("content-length") {
        fields.push("Content-Length", asked.content.len().to_string());
    }
    let mut headers = HeaderMap::new();
    for line in &fields {
        let name = HeaderName::from_bytes(line.name.as_bytes());
        let name = name.map_err(|_| invalid(format!("`{}` is no field name", line.name)))?;
        let value = HeaderValue::from_bytes(line.value.as_bytes());
        let value =
            value.map_err(|_| invalid(format!("no value that `{}` can have", line.name)))?;
        headers.append(name, value);
    }
    let mut contents = Contents::default();
    let content = contents.hold(match asked.content.is_empty() {
        true => Body::Empty,
        false => Bytes::from(asked.content.clone()).into(),
    });
    let arrival = Arrival {
        now: now(),
        seed: worker.seed(),
        source_ip: peer.source_ip().into(),
        scheme: if by.is_https { Scheme::Https } else { Scheme::Http },
        port: by.port(),
        vpc_endpoint_id: by.vpc_endpoint_id.clone(),
        location: peer.location(worker).cloned().map(Box::new),
        tls: by.tls(&worker.settings.borrow().tls)?.map(Box::new),
        is_explained: true,
        inspection: None,
        request: message::Request {
            method: asked.method.clone(),
            target: target.as_str().into(),
            version: message::Version::Http11,
            fields,
            content,
        },
    };
    Ok((arrival, ClientRequest { method, headers }, contents))
}

async fn answered(mut response: Response<Body>) -> io::Result<Answered> {
    let explained = response.extensions_mut().remove::<Explained>();
    let (head, body) = response.into_parts();
    let status = head.status.as_u16();
    let explained = explained.unwrap_or(Explained { status, ..Explained::default() });
    let content = body.collect(ANSWER_BYTES_MAX).await;
    let content = content.map_err(|error| io::Error::other(format!("the answer: {error}")))?;
    let line = |(name, value): (&HeaderName, &HeaderValue)| {
        (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    Ok(Answered { explained, fields: head.headers.iter().map(line).collect(), content })
}
