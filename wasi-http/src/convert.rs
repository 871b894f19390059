//! WASI's messages to the core's, and back.

use gateway_core::message::{
    Arrival, Fields, Request, Response, Scheme, Seed, Version, is_same_name,
};
use wasip2::http::types::{
    self, IncomingRequest, Method, OutgoingBody, OutgoingResponse, ResponseOutparam,
};
use wasip2::random::random::get_random_bytes;

use crate::content::{Contents, Outgoing, Reader};
use crate::{clock, environment, log};

/// Where it is said who the client is. WASI does not tell addresses.
const SOURCE_IP_FIELD: &str = "EDGEWAY_SOURCE_IP_FIELD";
/// A client of whom nobody says anything: "this host" (RFC 6890), which no network has.
const UNKNOWN_ADDRESS: &str = "0.0.0.0";
/// The native host's, with a token that nobody behind the gateway may see; accounts are not kept here.
const EXPLAIN_FIELD: &str = "x-edgeway-explain";
/// Framing and connection fields, which the host says itself; it refuses them of components.
const FRAMING: [&str; 7] = [
    "connection",
    "keep-alive",
    "proxy-connection",
    "transfer-encoding",
    "upgrade",
    "host",
    "http2-settings",
];

/// The arrival of a request. Its content is held as number 0.
pub(crate) fn arrival(request: &IncomingRequest, contents: &mut Contents) -> Arrival {
    let mut fields = Fields::new();
    let authority = request.authority().unwrap_or_default();
    // Hosts take `Host` out of the fields. Clients send it first.
    fields.push("host", &authority);
    let headers = request.headers();
    for (name, value) in headers.entries() {
        if !is_same_name(name.as_bytes(), b"host")
            && !is_same_name(name.as_bytes(), EXPLAIN_FIELD.as_bytes())
        {
            fields.push(name, text(value));
        }
    }
    drop(headers);
    let source_ip =
        environment::text(SOURCE_IP_FIELD).and_then(|name| source_ip(&mut fields, &name));
    let scheme = match request.scheme() {
        Some(types::Scheme::Https) => Scheme::Https,
        _ => Scheme::Http,
    };
    let method = method(request.method());
    let length = fields.get("content-length");
    let content = request.consume().ok().map(|body| Reader::of_client(body, length));
    let content = contents.hold_arrival(content);
    Arrival {
        now: clock::now(),
        seed: seed(),
        source_ip: source_ip.unwrap_or_else(|| UNKNOWN_ADDRESS.into()),
        location: None,
        scheme,
        port: port(&authority, scheme),
        vpc_endpoint_id: None,
        tls: None,
        is_explained: false,
        inspection: None,
        request: Request {
            method,
            target: request.path_with_query().unwrap_or_else(|| "/".into()),
            version: Version::Http11,
            fields,
            content,
        },
    }
}

/// The last address of the field that the operator trusts, which is taken out: it is the host's word and not the
/// client's. Of `X-Forwarded-For` what stands before it stays, and the gateway adds the address again.
fn source_ip(fields: &mut Fields, name: &str) -> Option<String> {
    let mut lines: Vec<String> = fields.all(name).map(str::to_owned).collect();
    fields.remove(name);
    let line = lines.pop()?;
    let (before, last) =
        line.rsplit_once(',').map_or(("", line.as_str()), |(before, last)| (before.trim(), last));
    if name.eq_ignore_ascii_case("x-forwarded-for") {
        lines.into_iter().for_each(|line| fields.push(name, line));
        if !before.is_empty() {
            fields.push(name, before);
        }
    }
    address(last.trim())
}

/// An address without a port: `192.0.2.1:80`, `[2001:db8::1]:80`.
fn address(text: &str) -> Option<String> {
    let with_port = text.parse::<std::net::SocketAddr>().map(|address| address.ip());
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    let address = with_port.or_else(|_| bare.parse()).ok()?;
    Some(address.to_canonical().to_string())
}

fn port(authority: &str, scheme: Scheme) -> u16 {
    let given = authority.rsplit_once(':').and_then(|(_, port)| port.parse().ok());
    given.unwrap_or(if scheme == Scheme::Https { 443 } else { 80 })
}

fn seed() -> Seed {
    let mut seed = [0; 32];
    let random = get_random_bytes(seed.len() as u64);
    seed.iter_mut().zip(random).for_each(|(byte, random)| *byte = random);
    Seed(seed)
}

fn method(method: Method) -> String {
    match method {
        Method::Get => "GET".into(),
        Method::Head => "HEAD".into(),
        Method::Post => "POST".into(),
        Method::Put => "PUT".into(),
        Method::Delete => "DELETE".into(),
        Method::Connect => "CONNECT".into(),
        Method::Options => "OPTIONS".into(),
        Method::Trace => "TRACE".into(),
        Method::Patch => "PATCH".into(),
        Method::Other(name) => name,
    }
}

/// The method as WASI names it.
pub(crate) fn wasi_method(method: &str) -> Method {
    match method {
        "GET" => Method::Get,
        "HEAD" => Method::Head,
        "POST" => Method::Post,
        "PUT" => Method::Put,
        "DELETE" => Method::Delete,
        "CONNECT" => Method::Connect,
        "OPTIONS" => Method::Options,
        "TRACE" => Method::Trace,
        "PATCH" => Method::Patch,
        other => Method::Other(other.into()),
    }
}

/// All field lines. Bytes that are not UTF-8 are read as ISO 8859-1.
pub(crate) fn fields(headers: &types::Fields) -> Fields {
    let mut fields = Fields::new();
    headers.entries().into_iter().for_each(|(name, value)| fields.push(name, text(value)));
    fields
}

fn text(value: Vec<u8>) -> String {
    String::from_utf8(value)
        .unwrap_or_else(|error| error.into_bytes().into_iter().map(char::from).collect())
}

/// A header section for the host. Lines that it does not take are left out, and named in its log.
pub(crate) fn headers(fields: &Fields) -> types::Fields {
    let headers = types::Fields::new();
    for field in fields {
        if FRAMING.iter().any(|name| field.name.eq_ignore_ascii_case(name)) {
            continue;
        }
        if let Err(error) = headers.append(field.name, field.value.as_bytes()) {
            log::error(&format!("the field {:?} cannot be sent: {error:?}", field.name));
        }
    }
    headers
}

/// Sends the response to the client, content and all.
pub(crate) fn respond(
    out: ResponseOutparam,
    response: Response,
    endpoint_fields: &Fields,
    contents: &mut Contents,
    is_head: bool,
) {
    let mut fields = response.fields.resolve(endpoint_fields);
    let content = match contents.take(response.content) {
        Ok(content) => content,
        Err(error) => {
            log::error(&format!("the response's content is gone: {error:?}"));
            return respond_internal_server_error(out);
        }
    };
    let has_none = is_head || matches!(response.status, 100..200 | 204 | 205 | 304);
    if !is_head && response.status != 304 {
        fields.remove("content-length");
    }
    if !has_none && let Some(length) = content.length() {
        fields.push("content-length", length.to_string());
    }
    let content = if has_none { Outgoing::Empty } else { content };
    let sent = send(out, response.status, &fields, content);
    // What a response to HEAD would have as content is announced, and hosts miss it.
    if let Err(reason) = sent
        && !has_none
    {
        log::error(&format!("the response broke off: {reason}"));
    }
}

fn send(
    out: ResponseOutparam,
    status: u16,
    fields: &Fields,
    content: Outgoing,
) -> Result<(), String> {
    let response = OutgoingResponse::new(headers(fields));
    if response.set_status_code(status).is_err() {
        respond_with(out, 502);
        return Err(format!("{status} is no status"));
    }
    let body = response.body().map_err(|()| "a response has one body")?;
    ResponseOutparam::set(out, Ok(response));
    content.write(body, None).map_err(|error| format!("{error:?}"))
}

/// What AWS answers when nothing better is known.
pub(crate) fn respond_internal_server_error(out: ResponseOutparam) {
    respond_with(out, 500);
}

fn respond_with(out: ResponseOutparam, status: u16) {
    let mut fields = Fields::new();
    fields.push("content-type", "application/json");
    let content = br#"{"message": "Internal server error"}"#.to_vec();
    fields.push("content-length", content.len().to_string());
    let response = OutgoingResponse::new(headers(&fields));
    let _ = response.set_status_code(status);
    let body: Result<OutgoingBody, ()> = response.body();
    ResponseOutparam::set(out, Ok(response));
    if let Ok(body) = body {
        let _ = Outgoing::Bytes(content).write(body, None); // the client has left
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_address_of_the_named_field_is_the_clients() {
        for (line, address) in [
            ("192.0.2.1", Some("192.0.2.1")),
            ("192.0.2.1:8080", Some("192.0.2.1")),
            ("203.0.113.9, 192.0.2.1", Some("192.0.2.1")),
            ("2001:db8::1", Some("2001:db8::1")),
            ("[2001:db8::1]:443", Some("2001:db8::1")),
            ("[2001:db8::1]", Some("2001:db8::1")),
            ("::ffff:192.0.2.1", Some("192.0.2.1")),
            ("192.0.2.1, ", None),
            ("unknown", None),
            ("", None),
        ] {
            let mut fields = Fields::new();
            fields.push("spin-client-addr", "198.51.100.7");
            fields.push("Spin-Client-Addr", line);
            assert_eq!(source_ip(&mut fields, "spin-client-addr").as_deref(), address, "{line}");
            assert!(fields.is_empty(), "it is taken out: {fields:?}");
        }
    }

    #[test]
    fn what_stands_before_the_client_in_x_forwarded_for_stays() {
        let mut fields = Fields::new();
        fields.push("x-forwarded-for", "203.0.113.1");
        fields.push("x-forwarded-for", "203.0.113.2, 203.0.113.3,192.0.2.1");
        let found = source_ip(&mut fields, "X-Forwarded-For");
        assert_eq!(found.as_deref(), Some("192.0.2.1"));
        let left: Vec<&str> = fields.all("x-forwarded-for").collect();
        assert_eq!(left, ["203.0.113.1", "203.0.113.2, 203.0.113.3"]);
    }
}
