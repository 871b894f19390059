//! What is known of a viewer beyond its request, by the names that CloudFront has for it ("Add CloudFront request
//! headers").

use std::cell::OnceCell;

use http::Version;

use crate::arrival::Peer;
use crate::drive::now;
use crate::worker::Worker;

/// Those of the fields that are known, with their values.
pub(crate) fn told(
    worker: &Worker,
    (peer, is_reused): (&Peer, bool),
    asked: &[&'static str],
    version: Version,
) -> Vec<(&'static str, String)> {
    let place = OnceCell::new();
    let place =
        || place.get_or_init(|| worker.settings.borrow().locations.describe(peer.address().ip()));
    let location = || peer.location(worker);
    let greeting = || {
        let told = peer.session()?.told(&worker.settings.borrow().tls, now());
        told.fingerprints
    };
    let tls = || {
        let session = peer.session()?;
        let (version, cipher) = session.agreed();
        let handshake = match () {
            () if is_reused => "connectionReused",
            () if session.is_resumed() => "sessionResumed",
            () => "fullHandshake",
        };
        Some(format!("{version}:{cipher}:{handshake}"))
    };
    let value = |name: &str| match name.strip_prefix("cloudfront-viewer-")? {
        "asn" => Some(location()?.asn?.to_string()),
        "country-name" => place().country_name.clone(),
        "country-region" => location()?.region.clone(),
        "city" => place().city.clone(),
        "country-region-name" => place().region_name.clone(),
        "latitude" => place().latitude.clone(),
        "longitude" => place().longitude.clone(),
        "metro-code" => place().metro_code.clone(),
        "postal-code" => place().postal_code.clone(),
        "time-zone" => place().time_zone.clone(),
        "ja3-fingerprint" => Some(greeting()?.ja3),
        "ja4-fingerprint" => Some(greeting()?.ja4),
        "tls" => tls(),
        "http-version" => Some(match version {
            Version::HTTP_10 => "1.0".into(),
            Version::HTTP_2 => "2.0".into(),
            _ => "1.1".into(),
        }),
        _ => None,
    };
    asked.iter().filter_map(|name| Some((*name, value(name)?))).collect()
}
