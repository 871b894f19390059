//! Distributions: the edge in front of APIs and other origins.
//!
//! What is done is decided elsewhere: where a request goes and under which key its response is stored by
//! `distribution`, what may be stored and served by `http-cache`. Here it is carried out: requests are
//! sent, content is kept on its way, and those who want the same wait for one.

mod account;
mod cached;
mod compressing;
mod disk;
mod inspect;
mod keeping;
mod logged;
mod origin;
mod response;
mod standing_in;
mod store;
mod tiers;
mod together;
mod verify;
pub(crate) mod viewer;

use std::rc::Rc;
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use distribution::{CacheResult, Distribution, Matched, Place, Viewer};
use gateway_core::definition::DistributionSource;
use gateway_core::limits::{FIELDS_BYTES_MAX, FIELDS_MAX};
use http::request::Parts;
use http::{Request, Response, header};
use http_cache::{CacheStatus, Fields};
use hyper::body::{Body as _, Incoming};

pub(crate) use account::{Account, Behavior as AccountBehavior, Way as AccountWay};
pub(crate) use disk::{Disk, DiskContent, DiskWriter};
use inspect::{Inspected, inspect};
pub(crate) use keeping::{Keeping, Pumped};
use logged::Entry;
pub(crate) use logged::{Logged, begin_logs};
use response::{Outcome, to_response};
pub use store::EdgeCache;

use crate::arrival::{self, Peer};
use crate::body::{Body, ClientContent};
use crate::drive::now;
use crate::explained;
use crate::worker::Worker;

/// "Maximum file size for HTTP GET, POST, and PUT requests: 20 GB" (CloudFront's quotas). It passes as it comes.
const CONTENT_BYTES_MAX: u64 = 20 << 30;

/// A distribution, and where its origins are.
#[derive(Debug, Clone, PartialEq)]
pub struct Edge {
    distribution: Distribution,
    /// Beside the origins of the distribution.
    places: Vec<Place>,
    source: DistributionSource,
    /// The port of its own listener.
    port: Option<u16>,
}

impl Edge {
    /// What `source` describes, in front of these APIs.
    pub(crate) fn new(
        distribution: Distribution,
        source: DistributionSource,
        apis: &[&str],
    ) -> Self {
        let elsewhere = |id: &str| source.origins.get(id).map(String::as_str);
        Self { places: distribution.places(elsewhere, apis), distribution, source, port: None }
    }

    /// With a listener of its own at this port.
    pub(crate) fn at_port(self, port: Option<u16>) -> Self {
        Self { port, ..self }
    }

    /// What it was read from, for hosts elsewhere.
    pub(crate) fn source(&self) -> &DistributionSource {
        &self.source
    }

    /// Whether a viewer may have what it asks for, at this moment (seconds since 1970).
    fn verify(&self, matched: &Matched<'_>, now_s: u64) -> Result<(), distribution::Answer> {
        let Some(signature) = matched.signature(now_s)? else { return Ok(()) };
        let key = self.distribution.public_keys.get(&signature.key_id);
        let is_verified = key.is_some_and(|key| verify::is_verified(key, &signature));
        matched.is_trusted(is_verified).map_or(Ok(()), Err)
    }

    /// Its origins by their ids, with where they are over the network; those that are here are not among them.
    pub(crate) fn origins(&self) -> impl Iterator<Item = (&str, String)> {
        let all = self.distribution.origins.iter().zip(&self.places);
        all.filter_map(|(origin, place)| Some((origin.id.as_str(), origin.url(place)?)))
    }

    /// The host names that lead to it.
    pub(crate) fn aliases(&self) -> &[String] {
        &self.distribution.aliases
    }

    /// What it is, as it was read.
    pub(crate) fn distribution(&self) -> &Distribution {
        &self.distribution
    }

    /// What the operator calls it.
    pub fn id(&self) -> &str {
        &self.distribution.id
    }
}

/// The distribution that a request is for: that of the listener, or the one that has its host name.
pub(crate) fn find(
    edges: &[Arc<Edge>],
    peer: &Peer,
    request: &Request<Incoming>,
) -> Option<Arc<Edge>> {
    // What a private API answers at its endpoint's listener would be kept there for everybody.
    if edges.is_empty() || peer.is_of_private_endpoint() {
        return None;
    }
    if let Some(id) = peer.distribution_id() {
        return edges.iter().find(|edge| edge.id() == id).cloned();
    }
    let host = request.uri().authority().map(http::uri::Authority::as_str);
    let host = host.or_else(|| request.headers().get(header::HOST)?.to_str().ok())?;
    of_host(edges, host).cloned()
}

/// The distribution that has a host name.
pub(crate) fn of_host<'e>(edges: &'e [Arc<Edge>], host: &str) -> Option<&'e Arc<Edge>> {
    edges.iter().find(|edge| edge.distribution.is_for(host))
}

/// The distribution that a request for this host leads to, as [`find`] has it: the listener decides, then the name.
pub(crate) fn of_authority<'e>(
    edges: &'e [Arc<Edge>],
    port: Option<u16>,
    host: Option<&str>,
) -> Option<&'e Arc<Edge>> {
    let of_name = || host?.rsplit_once(':')?.1.parse::<u16>().ok();
    let port = port.or_else(of_name).filter(|port| *port != 0);
    let by_port = port.and_then(|port| edges.iter().find(|edge| edge.port == Some(port)));
    by_port.or_else(|| of_host(edges, host?))
}

/// Answers a viewer, whose connection is used again or is not.
pub(crate) async fn answer(
    worker: &Rc<Worker>,
    (peer, is_reused): (&Rc<Peer>, bool),
    edge: &Arc<Edge>,
    request: Request<Incoming>,
) -> Response<Body> {
    let (parts, content) = ClientContent::of(request);
    if let Err(refused) = arrival::check(&parts) {
        return *refused;
    }
    let mut fields = fields_of(&parts);
    // It goes no further, whoever sent it.
    fields.remove(explained::REQUEST_FIELD);
    let target = arrival::target(&parts);
    let bytes: usize = fields.iter().map(|f| f.name.len() + f.value.len()).sum();
    let request_id = URL_SAFE_NO_PAD.encode(worker.seed().0);
    let method = parts.method.clone();
    let mut entry = Entry::begin(worker, peer, edge, &parts, &fields, &request_id);
    let respond = |entry: &mut Option<Entry>, outcome: Outcome| {
        entry.iter_mut().for_each(|entry| entry.decided(&outcome));
        let response = to_response(outcome, &method);
        match entry.take() {
            Some(entry) => entry.sending(response),
            None => response,
        }
    };
    if bytes + target.len() > FIELDS_BYTES_MAX || fields.len() > FIELDS_MAX {
        let mut refused =
            Outcome::from(distribution::Answer::error(413, "The request is too large."));
        refused.result.mark(&mut refused.fields, &request_id);
        return respond(&mut entry, refused);
    }
    let host = fields.text("host").unwrap_or_default().to_owned();
    let part_max = worker.settings.borrow().limits.content_timeout;
    let content = Body::from_client(content, CONTENT_BYTES_MAX, part_max);
    let has_content = !content.is_end_stream();
    // Before the web ACL adds fields of its own, which no viewer's `Connection` is to take away.
    http_cache::remove_hop_by_hop(&mut fields);
    let (inspected, mut account) = match edge.source.web_acl {
        Some(index) => {
            let acl = (&**edge, index);
            Box::pin(inspect(worker, peer, acl, &request_id, &parts, content, &mut fields)).await
        }
        None => (Inspected::GoesOn { content, held: None }, None),
    };
    let asked = Asked {
        method: method.as_str().to_owned(),
        target,
        host,
        is_https: peer.is_tls(),
        ip: peer.source_ip().to_owned(),
        country: peer.location(worker).and_then(|location| location.country.clone()),
        told: viewer::told(
            worker,
            (peer, is_reused),
            edge.distribution.asked_fields(),
            parts.version,
        ),
        fields,
        has_content,
    };
    let exchange = Exchange {
        worker: Rc::clone(worker),
        peer: Rc::clone(peer),
        edge: Arc::clone(edge),
        asked: Rc::new(asked),
        request_id,
    };
    let outcome = match inspected {
        Inspected::GoesOn { content, held: _held } => exchange.run(content).await,
        Inspected::Refused(refused) => exchange.blocked(refused).await,
        Inspected::Answered(mut outcome) => {
            outcome.result.mark(&mut outcome.fields, &exchange.request_id);
            *outcome
        }
    };
    let mut response = respond(&mut entry, outcome);
    if let Some(mut explained) = account.take() {
        explained.status = response.status().as_u16();
        response.extensions_mut().insert(explained);
    }
    response
}

/// What a viewer asked.
#[derive(Debug)]
struct Asked {
    method: String,
    target: String,
    host: String,
    is_https: bool,
    ip: String,
    country: Option<String>,
    told: Vec<(&'static str, String)>,
    fields: Fields,
    has_content: bool,
}

/// A viewer's request on its way.
#[derive(Clone)]
struct Exchange {
    worker: Rc<Worker>,
    peer: Rc<Peer>,
    edge: Arc<Edge>,
    asked: Rc<Asked>,
    request_id: String,
}

impl Exchange {
    async fn run(&self, content: Body) -> Outcome {
        let matched = match self.matched() {
            Ok(matched) => matched,
            Err(refused) => return self.refused(refused),
        };
        if let Err(refused) = self.verify(&matched) {
            return self.blocked(refused).await;
        }
        let mut outcome = self.obtain(&matched, content).await;
        if let Some(paged) = Box::pin(self.error_page(&matched, outcome.status)).await {
            outcome = paged;
        }
        self.finish(&matched, outcome)
    }

    /// What the web ACL, a country or a missing signature keeps out, with a page of the operator's if it is to be
    /// had: "CloudFront cannot distinguish between a 403 of the origin and one of AWS WAF".
    async fn blocked(&self, refused: distribution::Answer) -> Outcome {
        let Ok(matched) = self.matched() else { return self.refused(refused) };
        // No origin is to see anything of what is kept out.
        match Box::pin(self.error_page(&matched.of_nobody(), refused.status)).await {
            Some(paged) => self.finish(&matched, paged),
            None => self.refused(refused),
        }
    }

    /// A page of the operator's own in the place of an error. "If the custom error page isn't available, CloudFront
    /// returns to the viewer the status code that it received from the origin that contains the custom error pages."
    async fn error_page(&self, matched: &Matched<'_>, status: u16) -> Option<Outcome> {
        let (page, told) = matched.error_page(status)?;
        let paged = self.obtain(&page, Body::Empty).await;
        let status = if paged.status < 400 { told } else { paged.status };
        Some(Outcome { status, result: CacheResult::Error, ..paged })
    }

    fn refused(&self, refused: distribution::Answer) -> Outcome {
        let mut outcome = Outcome::from(refused);
        outcome.result.mark(&mut outcome.fields, &self.request_id);
        outcome
    }

    fn finish(&self, matched: &Matched<'_>, mut outcome: Outcome) -> Outcome {
        let Outcome { fields, result, cache_status, .. } = &mut outcome;
        matched.finish(fields, *result, cache_status.as_ref(), &self.request_id);
        outcome
    }

    fn matched(&self) -> Result<Matched<'_>, distribution::Answer> {
        let asked = &*self.asked;
        self.edge.distribution.route(&Viewer {
            method: &asked.method,
            target: &asked.target,
            host: &asked.host,
            is_https: asked.is_https,
            ip: &asked.ip,
            country: asked.country.as_deref(),
            told: &asked.told,
            fields: &asked.fields,
            has_content: asked.has_content,
        })
    }

    fn verify(&self, matched: &Matched<'_>) -> Result<(), distribution::Answer> {
        let refused = self.edge.verify(matched, now().0 / 1000);
        if let Err(distribution::Answer { reason: Some(reason), .. }) = &refused {
            let (distribution, request_id) = (self.edge.id(), &*self.request_id);
            tracing::debug!(distribution, request_id, %reason, "a signature is refused");
        }
        refused
    }

    async fn obtain(&self, matched: &Matched<'_>, content: Body) -> Outcome {
        if matched.is_cached() {
            return self.cached(matched).await;
        }
        let status = CacheStatus::passed(&self.asked.method);
        match self.ask(matched, None, content).await {
            Ok(answer) => {
                // An error page is got, whatever was asked that failed.
                let gone = http_cache::invalidated(
                    matched.cache_method(),
                    &self.asked.host,
                    &self.asked.target,
                    answer.status,
                    &answer.fields,
                );
                let gone = gone.iter().filter_map(|gone| self.edge.distribution.object(gone));
                self.worker.shared.edge_cache.forget_objects(self.edge.id(), gone);
                Outcome::passed(answer).with_status(status)
            }
            Err(error) => Outcome::from(error).with_status(status),
        }
    }
}

/// The header section, `Host` from wherever it is said.
fn fields_of(parts: &Parts) -> Fields {
    let mut fields: Fields =
        parts.headers.iter().map(|(n, v)| (n.as_str(), v.as_bytes())).collect();
    if let Some(authority) = parts.uri.authority() {
        fields.set("host", authority.as_str());
    }
    fields
}

/// The digest of a key, which begins as that of the object's name: all its variants are in one shard, and found
/// together on disk.
fn digest_of(object: &str, key: &str) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest(&SHA256, key.as_bytes()).as_ref());
    let name = digest(&SHA256, object.as_bytes());
    bytes[..disk::NAME_BYTES].copy_from_slice(&name.as_ref()[..disk::NAME_BYTES]);
    bytes
}
