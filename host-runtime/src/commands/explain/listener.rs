//! Which listener a URL leads to.

use std::net::IpAddr;

use crate::alone::Connection;
use crate::config::Config;
use crate::host::Place;

/// The private endpoint whose listener a connection leads to: by the port, and by the address where it names one or
/// others have the port too.
pub(super) fn private_endpoint(config: &Config, to: &Connection) -> Option<String> {
    let host = to.host.as_deref()?;
    let ip: Option<IpAddr> = host.trim_matches(['[', ']']).parse().ok();
    let places: Vec<Place> =
        config.places().into_iter().filter(|place| place.address.port() == to.port()).collect();
    let is_it = |place: &&Place| ip == Some(place.address.ip());
    let place = places.iter().find(is_it).or(match &places[..] {
        [only] if ip.is_none() || only.address.ip().is_unspecified() => Some(only),
        _ => None,
    });
    place?.vpc_endpoint_id.as_deref().map(Into::into)
}
