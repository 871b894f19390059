//! `listen`: where clients are served, in clear text or over TLS.

use std::net::SocketAddr;
use std::path::Path;

use gateway_core::definition::document::{At, Value};

use super::Config;
use super::certificates::{self, Certificate};
use super::reading::Reading;
use crate::host::Place;
use crate::tls::policy::SecurityPolicy;

/// A listener for everybody, or for one private endpoint.
#[derive(Debug, Clone, PartialEq)]
pub struct Listener {
    /// Where clients are served.
    pub address: SocketAddr,
    /// Over TLS; `None` is clear text.
    pub tls: Option<ListenerTls>,
}

/// What clients are shown whose host name has no certificate of its own.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ListenerTls {
    /// Without one they are refused.
    pub certificate: Option<Certificate>,
    /// Versions and ciphers.
    pub security_policy: SecurityPolicy,
}

impl Listener {
    /// In clear text.
    pub fn plain(address: SocketAddr) -> Self {
        Self { address, tls: None }
    }

    /// As a place for this endpoint, or for everybody.
    pub fn place(&self, vpc_endpoint_id: Option<&str>) -> Place {
        Place {
            address: self.address,
            is_tls: self.tls.is_some(),
            vpc_endpoint_id: vpc_endpoint_id.map(Into::into),
            distribution_id: None,
        }
    }
}

/// One listener, or a list of them; `default` where nothing is said.
pub(super) fn read_all(
    reading: &Reading,
    at: &At<'_>,
    directory: &Path,
    default: SocketAddr,
) -> Vec<Listener> {
    let Some(at) = at.get("listen") else { return vec![Listener::plain(default)] };
    if !matches!(at.node.value, Value::Array(_)) {
        let listener = read(reading, &at, directory);
        return vec![listener.unwrap_or_else(|| Listener::plain(default))];
    }
    let mut listeners: Vec<Listener> = Vec::new();
    for item in reading.array(&at) {
        let Some(listener) = read(reading, &item, directory) else { continue };
        if listeners.iter().any(|other| is_same(other, &listener)) {
            reading.error(&item, format!("`{}` is listened at already", listener.address));
        }
        listeners.push(listener);
    }
    if listeners.is_empty() {
        reading.error(&at, "there is no listener: nobody could be served");
        listeners.push(Listener::plain(default));
    }
    listeners
}

/// Whether two listeners would take each other's connections. Port 0 is another one each time.
pub(super) fn is_same(one: &Listener, other: &Listener) -> bool {
    let chosen = one.address.port() == 0 && one.tls.is_some() != other.tls.is_some();
    one.address == other.address && !chosen
}

/// The operator's listener cannot stand where clients are served.
pub(super) fn keep_admin_apart(reading: &Reading, at: &At<'_>, config: &Config) {
    let (Some(at), Some(admin)) = (at.get("admin"), config.admin) else { return };
    let places = config.places();
    if let Some(taken) = places.iter().find(|place| is_taken(admin, place.address)) {
        let message = format!("clients are served at `{}`: `{admin}` is not free", taken.address);
        reading.error_with(
            &at,
            message,
            "`admin` has an address of its own, such as 127.0.0.1:9901",
        );
    }
}

/// Nor can a distribution have the listener of others: whose requests came there would be chance.
pub(super) fn keep_distributions_apart(reading: &Reading, at: &At<'_>, config: &Config) {
    let others = config.listeners();
    for (place, listener) in &others {
        let Some(id) = &place.distribution_id else { continue };
        let is_other = |other: &Place| other.distribution_id.as_ref() != Some(id);
        let taken = others.iter().map(|(other, _)| other).filter(|other| is_other(other));
        let Some(taken) = taken.into_iter().find(|other| is_taken(listener.address, other.address))
        else {
            continue;
        };
        let own = config.distributions.iter().find(|one| *one.id == **id);
        let place = own.and_then(|own| at.find(&format!("{}/listen", own.source.pointer)));
        let message = format!("`{}` is listened at already", taken.address);
        let help = "a distribution has an address of its own, or none: then its aliases lead to it";
        reading.error_with(place.as_ref().unwrap_or(at), message, help);
    }
}

/// Whether nobody listens at one of these while somebody does at the other. `[::]` is every address, of version 4 too.
fn is_taken(one: SocketAddr, other: SocketAddr) -> bool {
    let is_all = |all: SocketAddr, of: SocketAddr| {
        all.ip().is_unspecified() && (all.is_ipv6() || of.is_ipv4())
    };
    let is_same = one.ip() == other.ip() || is_all(one, other) || is_all(other, one);
    one.port() != 0 && one.port() == other.port() && is_same
}

/// `HOST:PORT`, or `{address: HOST:PORT, tls: {…}}`.
pub(super) fn read(reading: &Reading, at: &At<'_>, directory: &Path) -> Option<Listener> {
    if !matches!(at.node.value, Value::Object(_)) {
        return reading.address(at).map(Listener::plain);
    }
    reading.keys(at, &["address", "tls"]);
    let address = reading.required(at, "address").and_then(|at| reading.address(&at));
    let tls = at.get("tls").map(|at| tls(reading, &at, directory));
    Some(Listener { address: address?, tls })
}

fn tls(reading: &Reading, at: &At<'_>, directory: &Path) -> ListenerTls {
    reading.keys(at, &["certificate", "securityPolicy"]);
    ListenerTls {
        certificate: at
            .get("certificate")
            .and_then(|at| certificates::read(reading, &at, directory)),
        security_policy: at
            .get("securityPolicy")
            .and_then(|at| certificates::security_policy(reading, &at))
            .unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use gateway_core::definition::DefinitionError;

    use super::*;

    #[test]
    fn a_distribution_listens_where_nobody_else_does() {
        let told = |listen: &str, other: &str| {
            let text = format!(
                "listen: 127.0.0.1:8080\ndistributions:\n- {{id: a, definition: d, listen: '{listen}'}}\n\
                 - {{id: b, definition: d, listen: '{other}'}}\n"
            );
            let read = Config::read(&crate::document::read(&text).unwrap(), Path::new(""));
            let places = |errors: Vec<DefinitionError>| {
                errors.into_iter().map(|error| error.source.pointer).collect::<Vec<_>>()
            };
            read.err().map(places).unwrap_or_default()
        };
        assert_eq!(told("127.0.0.1:8081", "127.0.0.1:8082"), [""; 0]);
        assert_eq!(told("127.0.0.1:0", "127.0.0.1:0"), [""; 0], "another one each time");
        assert_eq!(told("127.0.0.1:8080", "127.0.0.1:8082"), ["/distributions/0/listen"]);
        let both = ["/distributions/0/listen", "/distributions/1/listen"];
        assert_eq!(told("127.0.0.1:8081", "0.0.0.0:8081"), both);
    }

    #[test]
    fn the_operators_listener_is_refused_where_clients_are_served() {
        let told = |listen: &str, admin: &str| {
            let api = "{id: a, protocol: REST, definition: d, stages: [{stageName: s}]}";
            let text = format!("listen: '{listen}'\nadmin: '{admin}'\napis: [{api}]");
            let read = Config::read(&crate::document::read(&text).unwrap(), Path::new(""));
            read.err().map(|errors| errors[0].source.pointer.clone())
        };
        for (listen, admin) in [
            ("127.0.0.1:8080", "127.0.0.1:8080"),
            ("0.0.0.0:8080", "127.0.0.1:8080"),
            ("127.0.0.1:8080", "0.0.0.0:8080"),
            ("[::]:8080", "127.0.0.1:8080"),
        ] {
            assert_eq!(told(listen, admin).as_deref(), Some("/admin"), "{listen} {admin}");
        }
        for (listen, admin) in [
            ("127.0.0.1:8080", "127.0.0.1:8081"),
            ("127.0.0.1:0", "127.0.0.1:0"),
            ("127.0.0.1:8080", "127.0.0.2:8080"),
            ("0.0.0.0:8080", "[::1]:8080"),
        ] {
            assert_eq!(told(listen, admin), None, "{listen} {admin}");
        }
    }
}
