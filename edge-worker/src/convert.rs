//! workerd's messages to the core's, and back.

use gateway_core::message::{
    Arrival, ClientCertificate, Field, Fields, Fingerprints, Location, Request, Scheme, Seed,
    Timestamp, Tls, Version,
};
use js_sys::{Array, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Headers, Response, ResponseInit};

use crate::content::Contents;

/// Fields that the platform adds, which the client did not send.
const PLATFORM_PREFIX: &str = "cf-";
/// The native host's, with a token that nobody behind the gateway may see; accounts are not kept here.
const EXPLAIN_FIELD: &str = "x-edgeway-explain";
/// Framing and connection fields that workerd makes itself.
const FRAMING: [&str; 4] = ["connection", "content-length", "transfer-encoding", "keep-alive"];

/// The arrival of a request. Its content is held as number 0.
pub(crate) fn arrival(request: &web_sys::Request, contents: &mut Contents) -> Arrival {
    let url = request.url();
    let (scheme, authority, target) = parts(&url);
    let scheme = if scheme == "https" { Scheme::Https } else { Scheme::Http };
    let headers = request.headers();
    let source_ip = headers.get("cf-connecting-ip").ok().flatten();
    Arrival {
        now: now(),
        seed: seed(),
        // Only Cloudflare's own network leaves the field out: a Worker run locally.
        source_ip: source_ip.unwrap_or_else(|| "127.0.0.1".into()),
        scheme,
        port: port(authority, scheme),
        vpc_endpoint_id: None,
        location: location(request),
        tls: tls(request, authority),
        is_explained: false,
        inspection: None,
        request: Request {
            method: request.method(),
            target: target.split('#').next().unwrap_or("/").into(),
            version: Version::Http11,
            fields: arrival_fields(&headers, authority),
            content: contents.hold(request.body()),
        },
    }
}

/// Scheme, authority and the rest of a URL as workerd writes it.
fn parts(url: &str) -> (&str, &str, &str) {
    let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
    let (authority, target) = match rest.find('/') {
        Some(at) => rest.split_at(at),
        None => (rest, "/"),
    };
    (scheme, authority, target)
}

/// The authority of a URL.
pub(crate) fn authority(url: &str) -> &str {
    parts(url).1
}

/// What Cloudflare tells of the connection (`request.cf`). It has verified the certificate against the
/// authorities of the zone, which stand in for the truststore of the domain name.
fn tls(request: &web_sys::Request, authority: &str) -> Option<Box<Tls>> {
    let member = |of: &JsValue, name: &str| Reflect::get(of, &name.into()).ok();
    let text = |of: &JsValue, name: &str| member(of, name)?.as_string();
    let cf = member(request, "cf").filter(JsValue::is_object)?;
    let version = text(&cf, "tlsVersion").filter(|version| version.starts_with("TLS"))?;
    let client = member(&cf, "tlsClientAuth").filter(JsValue::is_object);
    let is_trusted = |client: &JsValue| {
        text(client, "certVerified").as_deref() == Some("SUCCESS")
            && text(client, "certRevoked").as_deref() != Some("1")
    };
    let certificate = client.filter(is_trusted).map(|client| {
        let text = |name| text(&client, name).unwrap_or_default();
        Box::new(ClientCertificate {
            pem: String::new(), // a Worker is not told it
            subject_dn: text("certSubjectDN"),
            issuer_dn: text("certIssuerDN"),
            serial_number: text("certSerial"),
            not_before: text("certNotBefore"),
            not_after: text("certNotAfter"),
        })
    });
    let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
    Some(Box::new(Tls {
        server_name: Some(host.to_ascii_lowercase()),
        version,
        cipher_suite: text(&cf, "tlsCipher").unwrap_or_default(),
        client_certificate: certificate,
        fingerprints: fingerprints(&cf),
    }))
}

/// What Cloudflare's bot management tells of the client's greeting, where a zone has it.
fn fingerprints(cf: &JsValue) -> Option<Box<Fingerprints>> {
    let told = Reflect::get(cf, &"botManagement".into()).ok().filter(JsValue::is_object)?;
    let text = |name: &str| Reflect::get(&told, &name.into()).ok()?.as_string();
    let (ja3, ja4) = (text("ja3Hash"), text("ja4"));
    (ja3.is_some() || ja4.is_some()).then(|| {
        let (ja3, ja4) = (ja3.unwrap_or_default(), ja4.unwrap_or_default());
        Box::new(Fingerprints { ja3, ja4 })
    })
}

/// Where Cloudflare says that its client is; `None` where it says nothing of that. `XX` is its word for what it does not know, `T1` for Tor.
fn location(request: &web_sys::Request) -> Option<Box<Location>> {
    let cf = Reflect::get(request, &"cf".into()).ok().filter(JsValue::is_object)?;
    let member = |name: &str| Reflect::get(&cf, &name.into()).ok();
    let text = |name: &str| member(name)?.as_string();
    let is_country = |code: &String| {
        code.len() == 2 && code != "XX" && code.bytes().all(|b| b.is_ascii_uppercase())
    };
    let country = text("country");
    let region = text("regionCode").filter(|code| !code.is_empty());
    let asn = member("asn").and_then(|asn| asn.as_f64()).map(|asn| asn as u32);
    let is_told = country.is_some() || region.is_some() || asn.is_some();
    is_told.then(|| Box::new(Location { country: country.filter(is_country), region, asn }))
}

fn arrival_fields(headers: &Headers, authority: &str) -> Fields {
    let mut fields = fields(headers);
    fields.retain(|field| !field.name.starts_with(PLATFORM_PREFIX));
    fields.remove(EXPLAIN_FIELD);
    if !fields.contains("host") {
        fields.push("host", authority);
    }
    fields
}

fn port(authority: &str, scheme: Scheme) -> u16 {
    let given = authority.rsplit_once(':').and_then(|(_, port)| port.parse().ok());
    given.unwrap_or(if scheme == Scheme::Https { 443 } else { 80 })
}

/// Milliseconds; workerd's clock stands still between two I/O events.
pub(crate) fn now() -> Timestamp {
    Timestamp(js_sys::Date::now() as u64)
}

/// The time in ISO 8601's basic format: `20150830T123600Z`.
pub(crate) fn basic_date_time() -> String {
    let extended = String::from(js_sys::Date::new_0().to_iso_string());
    let seconds = extended.split('.').next().unwrap_or_default();
    let digits: String = seconds.chars().filter(|c| !matches!(c, '-' | ':')).collect();
    digits + "Z"
}

/// Randomness for a request.
pub(crate) fn seed() -> Seed {
    let mut bytes = [0; 32];
    if getrandom::fill(&mut bytes).is_err() {
        worker::console_error!("no randomness: request ids repeat");
    }
    Seed(bytes)
}

/// All field lines; workerd lower-cases the names and joins repeats, but for `set-cookie`. It leaves the white space
/// behind a value, which is not a part of it (RFC 9110 §5.5).
pub(crate) fn fields(headers: &Headers) -> Fields {
    headers
        .entries()
        .into_iter()
        .filter_map(Result::ok)
        .map(|entry| entry.unchecked_into::<Array>())
        .filter_map(|pair| {
            let value = pair.get(1).as_string()?;
            Some(Field::new(pair.get(0).as_string()?, value.trim_end_matches([' ', '\t'])))
        })
        .collect()
}

/// A header section for workerd. Lines that it cannot carry are left out, and named in the log.
pub(crate) fn headers(fields: &Fields) -> Headers {
    let headers = Headers::new().expect("an empty Headers can always be made");
    for field in fields {
        if is_framing(field.name) {
            continue;
        }
        if headers.append(field.name, field.value).is_err() {
            worker::console_warn!("the field {:?} cannot be sent", field.name);
        }
    }
    headers
}

/// Whether a field is workerd's to say.
pub(crate) fn is_framing(name: &str) -> bool {
    FRAMING.iter().any(|framing| name.eq_ignore_ascii_case(framing))
}

/// The response for the client. What HTTP cannot carry (a status that workerd refuses) is a 502.
pub(crate) fn response(status: u16, fields: &Fields, body: Option<JsValue>) -> Response {
    response_with(status, &headers(fields), body)
}

/// The same with a header section that is workerd's already.
pub(crate) fn response_with(status: u16, headers: &Headers, body: Option<JsValue>) -> Response {
    if !headers.has("date").unwrap_or(true) {
        let date = js_sys::Date::new_0().to_utc_string();
        let _ = headers.set("date", &String::from(date));
    }
    let init = ResponseInit::new();
    init.set_status(status);
    init.set_headers(headers);
    // Content that has a coding already is not coded again.
    let _ = Reflect::set(&init, &"encodeBody".into(), &"manual".into());
    let body = body.filter(|_| !matches!(status, 101 | 204 | 205 | 304));
    make_response(body.as_ref(), &init).unwrap_or_else(|_| bad_gateway())
}

fn make_response(body: Option<&JsValue>, init: &ResponseInit) -> Result<Response, JsValue> {
    let constructor: js_sys::Function =
        Reflect::get(&js_sys::global(), &"Response".into())?.dyn_into()?;
    let arguments = Array::of2(body.unwrap_or(&JsValue::NULL), init);
    Reflect::construct(&constructor, &arguments)?.dyn_into()
}

/// What AWS answers when nothing better is known.
pub(crate) fn internal_server_error() -> Response {
    plain(500, r#"{"message": "Internal server error"}"#)
}

fn bad_gateway() -> Response {
    plain(502, r#"{"message": "Internal server error"}"#)
}

fn plain(status: u16, body: &str) -> Response {
    let headers = Headers::new().expect("an empty Headers can always be made");
    let _ = headers.set("content-type", "application/json");
    let init = ResponseInit::new();
    init.set_status(status);
    init.set_headers(&headers);
    Response::new_with_opt_str_and_init(Some(body), &init)
        .expect("a plain response can always be made")
}
