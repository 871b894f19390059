//! From hyper's request to the pipeline's arrival.

use std::cell::{Cell, OnceCell};
use std::net::SocketAddr;
use std::sync::Arc;

use gateway_core::limits::PAYLOAD_BYTES_MAX;
use gateway_core::message::{self, Arrival, Fields, Location, Scheme};
use http::uri::{Authority, PathAndQuery};
use http::{HeaderMap, HeaderValue, Method, Request, Response, Version, header, request::Parts};
use hyper::body::Incoming;

use crate::body::{Body, ClientContent};
use crate::drive::now;
use crate::explained;
use crate::framing::{ClientRequest, own_response};
use crate::host::VpcEndpointId;
use crate::perform::content::Contents;
use crate::section::fields_of;
use crate::spelling::Heads;
use crate::tls::Session;
use crate::worker::Worker;

/// The client at the other end of a connection.
#[derive(Debug)]
pub(crate) struct Peer {
    address: SocketAddr,
    source_ip: String,
    port: u16,
    vpc_endpoint_id: Option<VpcEndpointId>,
    distribution_id: Option<Arc<str>>,
    heads: Option<Heads>,
    session: Option<Session>,
    is_known: Cell<bool>,
    location: OnceCell<Option<Box<Location>>>,
}

impl Peer {
    /// `port` and the endpoint are the listener's.
    pub(crate) fn new(
        address: SocketAddr,
        port: u16,
        vpc_endpoint_id: Option<VpcEndpointId>,
    ) -> Self {
        // A client of a listener on `[::]` that speaks IPv4 is known by its IPv4 address.
        let source_ip = address.ip().to_canonical().to_string();
        Self {
            address,
            source_ip,
            port,
            vpc_endpoint_id,
            distribution_id: None,
            heads: None,
            session: None,
            is_known: Cell::new(false),
            location: OnceCell::new(),
        }
    }

    /// By the listener of a distribution.
    pub(crate) fn of_distribution(self, distribution_id: Option<Arc<str>>) -> Self {
        Self { distribution_id, ..self }
    }

    /// The distribution whose listener it came by.
    pub(crate) fn distribution_id(&self) -> Option<&str> {
        self.distribution_id.as_deref()
    }

    /// Whether it came by a private endpoint's listener.
    pub(crate) fn is_of_private_endpoint(&self) -> bool {
        self.vpc_endpoint_id.is_some()
    }

    /// With the heads that are noted, which are there for HTTP/1.1.
    pub(crate) fn with_heads(self, heads: Option<Heads>) -> Self {
        Self { heads, ..self }
    }

    /// How its heads were spelled, if anybody notes that.
    pub(crate) fn heads(&self) -> Option<&Heads> {
        self.heads.as_ref()
    }

    /// The TLS session that it came by.
    pub(crate) fn session(&self) -> Option<&Session> {
        self.session.as_ref()
    }

    /// Notes a request. Whether its connection had one before.
    pub(crate) fn asks_again(&self) -> bool {
        self.is_known.replace(true)
    }

    /// Where it is, whatever databases say.
    pub(crate) fn at(self, location: Option<Location>) -> Self {
        Self { location: OnceCell::from(location.map(Box::new)), ..self }
    }

    /// By TLS.
    pub(crate) fn with_session(self, session: Option<Session>) -> Self {
        Self { session, ..self }
    }

    /// The client's address, as text.
    pub(crate) fn source_ip(&self) -> &str {
        &self.source_ip
    }

    /// Where the client is: looked up once a connection, with the first request.
    pub(crate) fn location(&self, worker: &Worker) -> Option<&Location> {
        let find = || worker.settings.borrow().locations.find(self.address.ip()).map(Box::new);
        self.location.get_or_init(find).as_deref()
    }

    /// Over TLS.
    pub(crate) fn is_tls(&self) -> bool {
        self.session.is_some()
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

/// What an exchange starts from, or the answer to a request that cannot become one.
pub(crate) fn arrive(
    worker: &Worker,
    peer: &Peer,
    request: Request<Incoming>,
) -> Result<(Arrival, ClientRequest, Contents), Box<Response<Body>>> {
    let (parts, content) = ClientContent::of(request);
    let part_max = worker.settings.borrow().limits.content_timeout;
    let content = Body::from_client(content, PAYLOAD_BYTES_MAX.into(), part_max);
    arrive_with(worker, peer, parts, content, peer.heads.as_ref())
}

/// The same for a request of which the head is `parts`. `heads` has their spelling, if anybody noted it.
pub(crate) fn arrive_with(
    worker: &Worker,
    peer: &Peer,
    mut parts: Parts,
    content: Body,
    heads: Option<&Heads>,
) -> Result<(Arrival, ClientRequest, Contents), Box<Response<Body>>> {
    if parts.method == Method::CONNECT {
        return Err(Box::new(own_response(405, "MethodNotAllowedException", "Method Not Allowed")));
    }
    check(&parts)?;
    if parts.version == Version::HTTP_2 {
        join_cookies(&mut parts.headers);
    }
    let mut fields = fields(&parts, heads);
    let is_explained = {
        let settings = worker.settings.borrow();
        explained::is_asked(settings.admin_token.as_ref(), &mut fields, &mut parts.headers)
    };
    let target = target(&parts);
    let mut contents = Contents::default();
    let content = contents.hold(content);
    let now = now();
    let tls = peer.session.as_ref().map(|s| s.told(&worker.settings.borrow().tls, now));
    let arrival = Arrival {
        now,
        seed: worker.seed(),
        source_ip: peer.source_ip.clone(),
        location: peer.location(worker).cloned().map(Box::new),
        scheme: if tls.is_some() { Scheme::Https } else { Scheme::Http },
        port: peer.port,
        is_explained,
        inspection: None,
        tls: tls.map(Box::new),
        vpc_endpoint_id: peer.vpc_endpoint_id.as_deref().map(Into::into),
        request: message::Request {
            method: parts.method.as_str().to_owned(),
            target,
            version: match parts.version {
                Version::HTTP_10 => message::Version::Http10,
                Version::HTTP_2 => message::Version::Http2,
                _ => message::Version::Http11,
            },
            fields,
            content,
        },
    };
    Ok((arrival, ClientRequest { method: parts.method, headers: parts.headers }, contents))
}

/// The target in origin form, whichever it has. A URL without a path is that of `/` (RFC 9110 §4.2.3).
pub(crate) fn target(parts: &Parts) -> String {
    match parts.uri.path_and_query().map(PathAndQuery::as_str) {
        Some(query) if query.starts_with('?') => format!("/{query}"),
        target => target.unwrap_or("/").to_owned(),
    }
}

/// Refuses a request that two readers could take for different ones.
pub(crate) fn check(parts: &Parts) -> Result<(), Box<Response<Body>>> {
    // "The authority-form of request-target is only used for CONNECT requests" (RFC 9112 §3.2.3).
    let is_authority = parts.uri.authority().is_some() && parts.uri.scheme().is_none();
    if is_authority && parts.method != Method::CONNECT || !has_one_host(parts) {
        return Err(Box::new(own_response(400, "BadRequestException", "Bad Request")));
    }
    if !is_framed_plainly(parts) {
        return Err(Box::new(own_response(501, "NotImplementedException", "Not Implemented")));
    }
    Ok(())
}

/// A request without `Host`, with several, or with one that no host can have is answered with 400
/// (RFC 9112 §3.2): two readers could take it for different APIs. So is one of HTTP/2 whose `:authority`
/// is another one (RFC 9113 §8.3.1).
fn has_one_host(parts: &Parts) -> bool {
    let authority = parts.uri.authority().map(Authority::as_str);
    if authority.is_some_and(|authority| authority.contains('@')) {
        return false;
    }
    let mut hosts = parts.headers.get_all(header::HOST).iter();
    let Some(host) = hosts.next() else { return parts.version != Version::HTTP_11 };
    // An empty one is what a client sends whose target has no authority.
    let is_host =
        |host: &[u8]| host.is_empty() || !host.contains(&b'@') && Authority::try_from(host).is_ok();
    let is_own = parts.version != Version::HTTP_2
        || authority.is_none_or(|own| own.as_bytes().eq_ignore_ascii_case(host.as_bytes()));
    hosts.next().is_none() && is_host(host.as_bytes()) && is_own
}

/// Content in a coding other than `chunked` would go on without a word of its coding, which is the
/// connection's, and no coding is applied twice (RFC 9112 §6.1).
fn is_framed_plainly(parts: &Parts) -> bool {
    let mut codings = parts.headers.get_all(header::TRANSFER_ENCODING).iter();
    let is_chunked = |coding: &HeaderValue| coding.as_bytes().eq_ignore_ascii_case(b"chunked");
    codings.next().is_none_or(is_chunked) && codings.next().is_none()
}

fn fields(parts: &Parts, heads: Option<&Heads>) -> Fields {
    let mut fields = match heads {
        Some(heads) => heads.fields(&parts.method, &parts.headers),
        None => fields_of(&parts.headers),
    };
    // An authority in the target overrides `Host` (RFC 9112 §3.2.2), and HTTP/2 has only that.
    if let Some(authority) = parts.uri.authority() {
        fields.set("host", authority.as_str());
    }
    fields
}

/// HTTP/2 may split `Cookie`; nobody behind the gateway expects that, be it a function or an endpoint
/// (RFC 9113 §8.2.3).
fn join_cookies(headers: &mut HeaderMap) {
    let crumbs: Vec<&[u8]> = headers.get_all(header::COOKIE).iter().map(|c| c.as_bytes()).collect();
    if crumbs.len() > 1
        && let Ok(joined) = HeaderValue::from_bytes(&crumbs.join(&b"; "[..]))
    {
        headers.insert(header::COOKIE, joined);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_asked_is_said_once() {
        let is_refused = |version, uri: &str, host: Option<&str>| {
            let mut request = Request::builder().version(version).uri(uri);
            if let Some(host) = host {
                request = request.header("host", host);
            }
            check(&request.body(()).unwrap().into_parts().0).is_err()
        };
        let (h1, h2) = (Version::HTTP_11, Version::HTTP_2);
        assert!(!is_refused(h2, "https://a/x", None) && !is_refused(h2, "https://a/x", Some("A")));
        assert!(is_refused(h2, "https://a/x", Some("b")));
        assert!(is_refused(h2, "https://evil@a/x", None));
        // A target's authority overrides `Host` (RFC 9112 §3.2.2).
        assert!(!is_refused(h1, "http://a/x", Some("b")));
        assert!(is_refused(h1, "http://evil@a/x", Some("a")));
        // A name alone is what a tunnel leads to, and nothing to get.
        assert!(is_refused(h1, "a", Some("a")) && is_refused(h1, "a:443", Some("a")));
    }

    #[test]
    fn a_target_in_absolute_form_has_a_path() {
        for (uri, expected) in [
            ("/a?x", "/a?x"),
            ("http://a", "/"),
            ("http://a?x", "/?x"),
            ("http://a/b?x", "/b?x"),
            ("*", "*"),
        ] {
            let parts = Request::builder().uri(uri).body(()).unwrap().into_parts().0;
            assert_eq!(target(&parts), expected, "{uri}");
        }
    }

    #[test]
    fn cookies_that_came_in_crumbs_are_one_line() {
        let mut headers = HeaderMap::new();
        join_cookies(&mut headers);
        assert!(headers.is_empty());
        for cookie in [&b"a=1"[..], b"b=2; c=3", b"d=\xe9"] {
            headers.append(header::COOKIE, HeaderValue::from_bytes(cookie).unwrap());
        }
        join_cookies(&mut headers);
        let lines: Vec<&[u8]> = headers.get_all("cookie").iter().map(|c| c.as_bytes()).collect();
        assert_eq!(lines, [b"a=1; b=2; c=3; d=\xe9"]);
    }

    #[test]
    fn no_coding_is_applied_twice() {
        let is_refused = |codings: &[&str]| {
            let request = Request::builder().uri("/").header("host", "a");
            let with = |request: http::request::Builder, coding: &&str| {
                request.header("transfer-encoding", *coding)
            };
            let request = codings.iter().fold(request, with).body(()).unwrap();
            check(&request.into_parts().0).is_err()
        };
        assert!(!is_refused(&[]) && !is_refused(&["Chunked"]));
        assert!(is_refused(&["chunked", "chunked"]) && is_refused(&["chunked, chunked"]));
        assert!(is_refused(&["gzip", "chunked"]));
    }
}
