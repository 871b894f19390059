//! What the platform tells of a viewer (`request.cf`), by the names that CloudFront has for it ("Add CloudFront request
//! headers").

use gateway_core::message::Arrival;
use js_sys::Reflect;

/// Those of the fields that are known, with their values.
pub(super) fn told(
    request: &web_sys::Request,
    arrival: &Arrival,
    asked: &[&'static str],
) -> Vec<(&'static str, String)> {
    let greeting = || arrival.tls.as_deref()?.fingerprints.clone();
    let value = |name: &str| {
        let of = |of: &str| member(request, of);
        match name.strip_prefix("cloudfront-viewer-")? {
            "asn" => of("asn"),
            "city" => of("city"),
            "country-region" => of("regionCode"),
            "country-region-name" => of("region"),
            "http-version" => of("httpProtocol").map(|protocol| version(&protocol)),
            "ja3-fingerprint" => Some(greeting()?.ja3),
            "ja4-fingerprint" => Some(greeting()?.ja4),
            "latitude" => of("latitude"),
            "longitude" => of("longitude"),
            "metro-code" => of("metroCode"),
            "postal-code" => of("postalCode"),
            "time-zone" => of("timezone"),
            // Whether hands were shaken for this connection nobody tells.
            "tls" => {
                arrival.tls.as_deref().map(|tls| [&*tls.version, ":", &tls.cipher_suite].concat())
            }
            _ => None,
        }
    };
    asked.iter().filter_map(|name| Some((*name, value(name)?))).collect()
}

/// A member of `request.cf`, text or a number.
pub(super) fn member(request: &web_sys::Request, name: &str) -> Option<String> {
    let cf = Reflect::get(request, &"cf".into()).ok().filter(|cf| cf.is_object())?;
    let value = Reflect::get(&cf, &name.into()).ok()?;
    let number = || value.as_f64().map(|number| (number as u64).to_string());
    value.as_string().or_else(number).filter(|text| !text.is_empty())
}

/// `HTTP/2` is CloudFront's `2.0`.
fn version(protocol: &str) -> String {
    let number = protocol.trim_start_matches("HTTP/");
    let minor = if number.contains('.') { "" } else { ".0" };
    [number, minor].concat()
}
