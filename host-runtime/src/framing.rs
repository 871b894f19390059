//! From the pipeline's responses to HTTP's: header sections are edited, framing is the host's own.

use gateway_core::message::{FieldEdit, FieldLine, OutgoingFields, is_same_name};
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Method, Response, StatusCode};
use hyper::body::Body as _;

use crate::body::Body;

/// The head of the client's request.
#[derive(Debug)]
pub(crate) struct ClientRequest {
    pub(crate) method: Method,
    pub(crate) headers: HeaderMap,
}

/// The response that the client is sent.
///
/// # Errors
/// What HTTP cannot carry, in words.
pub(crate) fn client_response(
    status: u16,
    fields: &OutgoingFields,
    endpoint: HeaderMap,
    body: Body,
    request_method: &Method,
) -> Result<Response<Body>, String> {
    let status = StatusCode::from_u16(status).map_err(|_| format!("status {status}"))?;
    if status.is_informational() {
        return Err(format!("{status} as a final status"));
    }
    let mut headers = client_section(fields, endpoint)?;
    let mut body = body;
    if matches!(
        status,
        StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED | StatusCode::RESET_CONTENT
    ) {
        body = Body::Empty;
        headers.remove(header::CONTENT_LENGTH);
    } else if *request_method == Method::HEAD {
        // An endpoint's own `Content-Length` tells what GET would have given (RFC 9110 §8.6).
        match body.size_hint().exact() {
            Some(0) => {}
            Some(length) => {
                headers.insert(header::CONTENT_LENGTH, length.into());
            }
            None => {
                headers.remove(header::CONTENT_LENGTH);
            }
        }
        body = Body::Empty;
    } else if body.size_hint().exact().is_some() || !says_length(fields, &headers) {
        headers.remove(header::CONTENT_LENGTH);
    }
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    Ok(response)
}

/// Whether a response says how long it is where nobody else knows: a function's that is streamed may.
/// An endpoint's own length is none: with chunks beside it, it is a lie.
fn says_length(fields: &OutgoingFields, headers: &HeaderMap) -> bool {
    if !matches!(fields, OutgoingFields::Complete(_)) {
        return false;
    }
    let length = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    length.is_some_and(|length| length.parse::<u64>().is_ok())
}

/// The header section of a response, but for what frames it.
///
/// # Errors
/// What HTTP cannot carry, in words.
pub(crate) fn client_section(
    fields: &OutgoingFields,
    mut endpoint: HeaderMap,
) -> Result<HeaderMap, String> {
    remove_connection_options(&mut endpoint);
    let mut headers = outgoing(fields, endpoint)?;
    remove_hop_by_hop(&mut headers, fields);
    Ok(headers)
}

/// AWS's answer when the gateway itself is at fault.
pub(crate) fn internal_server_error(status: u16) -> Response<Body> {
    own_response(status, "InternalServerErrorException", "Internal server error")
}

/// An answer of the host's own, in the shape of AWS's gateway responses.
pub(crate) fn own_response(status: u16, error_type: &'static str, message: &str) -> Response<Body> {
    let mut response = Response::new(format!(r#"{{"message":"{message}"}}"#).into_bytes().into());
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert("x-amzn-errortype", HeaderValue::from_static(error_type));
    response
}

fn outgoing(fields: &OutgoingFields, base: HeaderMap) -> Result<HeaderMap, String> {
    match fields {
        OutgoingFields::Complete(fields) => {
            let mut headers = HeaderMap::with_capacity(fields.len());
            for field in fields {
                let (name, value) = line(field)?;
                headers.append(name, value);
            }
            Ok(headers)
        }
        OutgoingFields::Edited(edits) => edits.iter().try_fold(base, |mut headers, edit| {
            apply(edit, &mut headers)?;
            Ok(headers)
        }),
    }
}

/// [`FieldEdit::apply`] on hyper's map: the lines that stay are neither copied nor decoded.
fn apply(edit: FieldEdit<'_>, headers: &mut HeaderMap) -> Result<(), String> {
    match edit {
        FieldEdit::Remove(removed) => {
            headers.remove(name(removed)?);
        }
        FieldEdit::Rename(from, to) => {
            let (from, to) = (name(from)?, name(to)?);
            let others: Vec<HeaderValue> = headers.get_all(&from).iter().skip(1).cloned().collect();
            let first = headers.remove(&from);
            for value in first.into_iter().chain(others) {
                headers.append(to.clone(), value);
            }
        }
        FieldEdit::Set(field) => {
            let (name, value) = line(field)?;
            headers.insert(name, value);
        }
        FieldEdit::Append(field) => {
            let (name, value) = line(field)?;
            headers.append(name, value);
        }
    }
    Ok(())
}

fn line(field: FieldLine<'_>) -> Result<(HeaderName, HeaderValue), String> {
    let value = HeaderValue::from_bytes(field.value.as_bytes())
        .map_err(|_| format!("the value of {}", field.name))?;
    Ok((name(field.name)?, value))
}

fn name(name: &str) -> Result<HeaderName, String> {
    // What nearly every response has is found quicker than it is parsed.
    static OFTEN: [(&str, HeaderName); 14] = [
        ("date", header::DATE),
        ("server", header::SERVER),
        ("connection", header::CONNECTION),
        ("content-type", header::CONTENT_TYPE),
        ("content-length", header::CONTENT_LENGTH),
        ("x-amzn-requestid", HeaderName::from_static("x-amzn-requestid")),
        ("x-amz-apigw-id", HeaderName::from_static("x-amz-apigw-id")),
        ("apigw-requestid", HeaderName::from_static("apigw-requestid")),
        ("x-amzn-trace-id", HeaderName::from_static("x-amzn-trace-id")),
        ("x-amzn-errortype", HeaderName::from_static("x-amzn-errortype")),
        ("x-amzn-remapped-date", HeaderName::from_static("x-amzn-remapped-date")),
        ("x-amzn-remapped-server", HeaderName::from_static("x-amzn-remapped-server")),
        ("x-amzn-remapped-connection", HeaderName::from_static("x-amzn-remapped-connection")),
        (
            "x-amzn-remapped-content-length",
            HeaderName::from_static("x-amzn-remapped-content-length"),
        ),
    ];
    let is_it = |known: &str| is_same_name(known.as_bytes(), name.as_bytes());
    if let Some((_, known)) = OFTEN.iter().find(|(known, _)| is_it(known)) {
        return Ok(known.clone());
    }
    HeaderName::from_bytes(name.as_bytes()).map_err(|_| format!("{name:?} as a field name"))
}

/// Takes away what the endpoint's `Connection` lists, before any edit: it speaks of the endpoint's
/// own fields, and must not take away what the gateway sets (RFC 9110 §7.6.1).
fn remove_connection_options(headers: &mut HeaderMap) {
    // A message without these could be taken for another one: no connection may take them away.
    const NEEDED: [HeaderName; 3] = [header::HOST, header::CONTENT_LENGTH, header::CONTENT_TYPE];
    let values = headers.get_all(header::CONNECTION).iter().filter_map(|v| v.to_str().ok());
    let listed = values.flat_map(|v| v.split(',')).map(str::trim);
    // These two are nobody's fields, and all that most endpoints ever list.
    let listed = listed.filter(|one| !["keep-alive", "close"].contains(one));
    let listed: Vec<HeaderName> = listed.filter_map(|one| one.parse().ok()).collect();
    for name in listed.iter().filter(|name| **name != header::CONNECTION) {
        if !NEEDED.contains(name) {
            headers.remove(name);
        }
    }
}

/// Takes away what is about one connection. What of it does not frame a message passes where the
/// pipeline set it: a `TE` that an API maps is its own word, and AWS sends it too.
fn remove_hop_by_hop(headers: &mut HeaderMap, fields: &OutgoingFields) {
    static NEVER: [HeaderName; 4] = [
        header::CONNECTION,
        header::TRANSFER_ENCODING,
        HeaderName::from_static("keep-alive"),
        HeaderName::from_static("proxy-connection"),
    ];
    static UNLESS_SET: [HeaderName; 3] = [header::TE, header::TRAILER, header::UPGRADE];
    // Most responses have none of them: to see that is cheaper than to look each up.
    let removed = |name: &HeaderName| {
        NEVER.contains(name) || UNLESS_SET.contains(name) && !sets(fields, name.as_str())
    };
    while let Some(name) = headers.keys().find(|name| removed(name)).cloned() {
        headers.remove(name);
    }
}

/// Whether the pipeline, and nobody else, says what a field is.
fn sets(fields: &OutgoingFields, name: &str) -> bool {
    match fields {
        OutgoingFields::Complete(_) => true,
        OutgoingFields::Edited(edits) => edits.iter().any(|edit| match edit {
            FieldEdit::Set(line) | FieldEdit::Append(line) => line.name.eq_ignore_ascii_case(name),
            FieldEdit::Remove(_) | FieldEdit::Rename(..) => false,
        }),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use gateway_core::message::{Field, FieldEdits, Fields};

    pub(crate) fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }
    fn unchanged() -> OutgoingFields {
        OutgoingFields::Edited(FieldEdits::new())
    }
    fn setting(fields: &[(&str, &str)]) -> OutgoingFields {
        let mut edits = FieldEdits::new();
        fields.iter().for_each(|(name, value)| edits.set(name, value));
        OutgoingFields::Edited(edits)
    }
    fn answer(
        status: u16,
        endpoint: &[(&'static str, &'static str)],
        content: &str,
        method: Method,
    ) -> Response<Body> {
        let body = content.as_bytes().to_vec().into();
        client_response(status, &unchanged(), headers(endpoint), body, &method).unwrap()
    }

    #[test]
    fn no_connection_takes_away_what_the_gateway_sets() {
        let edits = setting(&[("X-User", "gateway"), ("Via", "gateway")]);
        let client = headers(&[("connection", "X-User, via"), ("x-user", "evil"), ("via", "evil")]);
        let expected = headers(&[("x-user", "gateway"), ("via", "gateway")]);
        let response = client_response(200, &edits, client, Body::Empty, &Method::GET).unwrap();
        assert_eq!(response.headers(), &expected);
    }

    #[test]
    fn what_the_pipeline_sets_passes_unless_it_frames() {
        let mut complete = Fields::new();
        for name in ["TE", "Trailer", "Upgrade", "Connection", "Transfer-Encoding", "Keep-Alive"] {
            complete.push(name, "x");
        }
        let complete = OutgoingFields::Complete(complete);
        let endpoint = headers(&[("te", "trailers"), ("upgrade", "h2c")]);
        let response =
            client_response(200, &complete, endpoint, Body::Empty, &Method::GET).unwrap();
        let expected = headers(&[("te", "x"), ("trailer", "x"), ("upgrade", "x")]);
        assert_eq!(response.headers(), &expected);
    }

    #[test]
    fn edits_do_what_the_core_says_they_do() {
        let base = [("date", "d"), ("via", "v"), ("a", "1"), ("a", "2"), ("b", "3")];
        let mut edits = FieldEdits::new();
        edits.rename("Date", "x-amzn-remapped-date");
        edits.rename("a", "c");
        edits.rename("absent", "d");
        edits.remove("VIA");
        edits.set("b", "4");
        edits.append("b", "5");
        let by_host = outgoing(&OutgoingFields::Edited(edits.clone()), headers(&base)).unwrap();
        let core_base = base.iter().map(|(n, v)| Field::new(*n, *v)).collect();
        let by_core = OutgoingFields::Edited(edits).resolve(&core_base);
        let sorted = |mut lines: Vec<(String, String)>| {
            lines.sort();
            lines
        };
        let by_host = by_host.iter().map(|(n, v)| (n.to_string(), v.to_str().unwrap().into()));
        let by_core = by_core.iter().map(|f| (f.name.to_string(), f.value.to_string()));
        assert_eq!(sorted(by_host.collect()), sorted(by_core.collect()));
    }

    #[test]
    fn head_tells_the_length_and_sends_nothing() {
        let response = answer(200, &[], "hello", Method::HEAD);
        assert_eq!(response.headers()["content-length"], "5");
        assert!(response.body().is_end_stream());
        let response = answer(200, &[("content-length", "7")], "", Method::HEAD);
        assert_eq!(response.headers()["content-length"], "7");
    }

    #[test]
    fn a_response_without_content_has_none() {
        for status in [204, 205, 304] {
            let response = answer(status, &[("content-length", "5")], "hello", Method::GET);
            assert!(response.body().is_end_stream(), "{status}");
            assert!(!response.headers().contains_key("content-length"), "{status}");
        }
    }

    #[test]
    fn framing_is_the_hosts_own() {
        let endpoint = [("content-length", "99"), ("transfer-encoding", "chunked")];
        let response = answer(200, &endpoint, "hello", Method::GET);
        assert!(response.headers().is_empty());
        assert_eq!(response.body().size_hint().exact(), Some(5));
    }

    #[test]
    fn what_http_cannot_carry_is_an_error() {
        let bad = |status, name: &str, value: &str| {
            let fields = OutgoingFields::Complete([Field::new(name, value)].into_iter().collect());
            client_response(status, &fields, HeaderMap::new(), Body::Empty, &Method::GET).is_err()
        };
        assert!(bad(200, "a b", "1") && bad(200, "a", "1\r\nb: 2") && bad(99, "a", "1"));
        assert!(bad(101, "a", "1") && bad(1000, "a", "1"));
        assert!(!bad(999, "a", "grün"));
    }
}
