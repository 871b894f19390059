//! What the host hands over when a request arrives.

use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::field_names::HOP_BY_HOP;
use super::{Content, Fields, Names, OutgoingFields, Response, Tls};

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct Timestamp(pub u64);

/// 32 random bytes drawn by the host for this request alone: its ids are made from them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Seed(pub [u8; 32]);

/// The scheme of the connection that the request came by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scheme {
    /// Clear text.
    Http,
    /// TLS.
    Https,
}

/// The protocol version that the request came by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Version {
    /// HTTP/1.0
    Http10,
    /// HTTP/1.1
    Http11,
    /// HTTP/2
    Http2,
}

impl Version {
    /// As `$context.protocol` shows it. AWS shows HTTP/2 as `HTTP/2.0`? Its edge speaks HTTP/1.1
    /// to the gateway, so `HTTP/1.1` is what templates and functions see there.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http10 => "HTTP/1.0",
            Self::Http11 | Self::Http2 => "HTTP/1.1",
        }
    }
}

/// A request as it came, before anything was decided about it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// The method, as sent (case-sensitive, RFC 9110 §9.1).
    pub method: String,
    /// Path and query as sent, percent-encoding untouched: `/a%20b?x=1`.
    pub target: String,
    /// The protocol version.
    pub version: Version,
    /// All field lines in order, names spelled as sent; for HTTP/2 `:authority` becomes `host`.
    /// Framing (`Transfer-Encoding`, `Connection`) is listed too: the core knows what to drop.
    pub fields: Fields,
    /// The content: `Held` unless the request has none.
    pub content: Content,
}

/// Where an address is, as far as the host knows.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Location {
    /// The country: two capital letters (ISO 3166-1).
    pub country: Option<String>,
    /// The region within it, without the country (ISO 3166-2): `CA`.
    pub region: Option<String>,
    /// The autonomous system.
    pub asn: Option<u32>,
}

/// Everything an exchange starts from. Same arrival and same outcomes: the same steps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Arrival {
    /// When the request's fields were complete.
    pub now: Timestamp,
    /// Randomness for this request's ids.
    pub seed: Seed,
    /// The peer's IP address, without port.
    pub source_ip: String,
    /// Where that address is, if the host knows anything of it.
    pub location: Option<Box<Location>>,
    /// The scheme of the connection.
    pub scheme: Scheme,
    /// The port of the listener, for `X-Forwarded-Port`.
    pub port: u16,
    /// The private endpoint (`vpce-…`) whose listener the request came by; `None`: a public listener.
    pub vpc_endpoint_id: Option<String>,
    /// The TLS connection that the request came by; `None`: clear text, or nothing is known of it.
    pub tls: Option<Box<Tls>>,
    /// The request.
    pub request: Request,
    /// Whether the exchange accounts for itself in an [`Explain`](crate::effect::Notice::Explain):
    /// for those alone who may know all of the definition.
    pub is_explained: bool,
    /// A request to a distribution, for its web ACL alone ([`Inspection`]); `None`: for an API.
    pub inspection: Option<Box<Inspection>>,
}

impl Arrival {
    /// Without what `Connection` lists (RFC 9110 §7.6.1), which no host sends on: what decides who may call, what is
    /// valid and by which key an answer is kept must not see what the endpoint never gets. A message without the
    /// fields that frame it or say what it is could be taken for another one: no connection takes them away.
    pub(crate) fn without_connection_options(self: Rc<Self>) -> Rc<Self> {
        const KEPT: Names = Names::of(&["host", "content-length", "content-type"]);
        let fields = &self.request.fields;
        let values = fields.all("connection");
        let options = values.flat_map(|value| value.split(',')).map(str::trim);
        let is_lost = |option: &&str| {
            !KEPT.contains(option) && !HOP_BY_HOP.contains(option) && fields.contains(option)
        };
        let lost: Vec<String> = options.filter(is_lost).map(Into::into).collect();
        if lost.is_empty() {
            return self;
        }
        let mut arrival = (*self).clone();
        lost.iter().for_each(|name| arrival.request.fields.remove(name));
        Rc::new(arrival)
    }
}

/// Has an exchange be a web ACL's and nobody else's. It reads no route, and takes no tokens; its response
/// is read as an [`Inspected`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inspection {
    /// Index into `Snapshot::web_acls`.
    pub web_acl: u32,
    /// The distribution, as logs name it.
    pub source_id: String,
    /// The host's name for the request, as logs name it.
    pub request_id: String,
}

/// What the response of an [`Inspection`] says.
#[derive(Debug, Clone, PartialEq)]
pub enum Inspected {
    /// Status 100 (Continue): the request goes on, with these fields added to it.
    GoesOn(Fields),
    /// Any other status with complete fields: the web ACL's own answer.
    Answered {
        /// The status code.
        status: u16,
        /// The header section.
        fields: Fields,
        /// The content.
        content: Content,
    },
    /// Any other status with edits: the host refuses with it, in its own words.
    Refused(u16),
}

impl From<Response> for Inspected {
    fn from(response: Response) -> Self {
        match response {
            Response { status: 100, fields: OutgoingFields::Complete(inserted), .. } => {
                Self::GoesOn(inserted)
            }
            Response { status, fields: OutgoingFields::Complete(fields), content } => {
                Self::Answered { status, fields, content }
            }
            Response { status, .. } => Self::Refused(status),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::world::arrival;

    #[test]
    fn what_connection_lists_is_of_the_connection_alone() {
        let sent = [
            "Host: a.example",
            "X-Lang: fr",
            "Authorization: secret",
            "Content-Type: text/plain",
            "Upgrade: h2c",
            "Connection: close, x-lang",
            "Connection: AUTHORIZATION ,content-type, host, upgrade",
        ];
        let arrived = Rc::new(arrival("GET /", &sent)).without_connection_options();
        let left: Vec<_> = arrived.request.fields.iter().map(|line| line.name).collect();
        assert_eq!(left, ["Host", "Content-Type", "Upgrade", "Connection", "Connection"]);
    }

    #[test]
    fn a_connection_that_lists_nothing_that_is_there_costs_no_copy() {
        let sent = Rc::new(arrival("GET /", &["Connection: keep-alive, Upgrade, x", "X-Lang: fr"]));
        assert!(Rc::ptr_eq(&sent, &Rc::clone(&sent).without_connection_options()));
    }
}
