//! From the pipeline's responses to HTTP's: header sections are edited, framing is the host's own.

use gateway_core::message::{FieldEdit, Names, OutgoingFields};
use http::header::{self, HeaderMap, HeaderValue};
use http::{Method, Response, StatusCode};
use hyper::body::Body as _;
use hyper::ext::ReasonPhrase;

use crate::body::Body;
use crate::section::{
    Line, Section, checked, edited, header_map, remove, remove_connection_options,
};

/// The head of the client's request.
#[derive(Debug)]
pub(crate) struct ClientRequest {
    pub(crate) method: Method,
    pub(crate) headers: HeaderMap,
}

/// The response that the client is sent. Edits refer to what an endpoint answered.
///
/// # Errors
/// What HTTP cannot carry, in words.
pub(crate) fn client_response(
    status: u16,
    fields: &OutgoingFields,
    endpoint: &Section,
    body: Body,
    request_method: &Method,
) -> Result<Response<Body>, String> {
    let status = StatusCode::from_u16(status).map_err(|_| format!("status {status}"))?;
    if status.is_informational() {
        return Err(format!("{status} as a final status"));
    }
    let mut lines = client_section(fields, endpoint)?;
    let length = body.size_hint().exact();
    let is_head = *request_method == Method::HEAD;
    let has_none = matches!(
        status,
        StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED | StatusCode::RESET_CONTENT
    );
    let is_as_said = match length {
        _ if has_none => false,
        // An endpoint's own `Content-Length` tells what GET would have given (RFC 9110 §8.6).
        length if is_head => length == Some(0),
        length => length.is_none() && says_length(fields, &lines),
    };
    if !is_as_said {
        remove("content-length", &mut lines);
    }
    let mut headers = header_map(&lines)?;
    if let Some(length) = length.filter(|_| is_head && !has_none && !is_as_said) {
        headers.insert(header::CONTENT_LENGTH, length.into());
    }
    let body = if is_head || has_none { Body::Empty } else { body };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    if status.canonical_reason().is_none() {
        // RFC 9112 §4: a server may leave the phrase out. hyper would write `<none>`.
        response.extensions_mut().insert(ReasonPhrase::from_static(b""));
    }
    Ok(response)
}

/// Whether a response says how long it is where nobody else knows: a function's that is streamed may.
/// An endpoint's own length is none: with chunks beside it, it is a lie.
fn says_length(fields: &OutgoingFields, lines: &[Line<'_>]) -> bool {
    let is_length = |(name, value): &Line<'_>| {
        let text = std::str::from_utf8(value).ok();
        name.eq_ignore_ascii_case("content-length")
            && text.is_some_and(|text| text.parse::<u64>().is_ok())
    };
    matches!(fields, OutgoingFields::Complete(_)) && lines.iter().any(is_length)
}

/// The header section of a response, but for what frames it.
///
/// # Errors
/// What HTTP cannot carry, in words.
pub(crate) fn client_section<'a>(
    fields: &'a OutgoingFields,
    endpoint: &'a Section,
) -> Result<Vec<Line<'a>>, String> {
    let mut lines = match fields {
        OutgoingFields::Complete(fields) => {
            fields.iter().map(checked).collect::<Result<Vec<_>, _>>()?
        }
        OutgoingFields::Edited(edits) => {
            let mut lines = endpoint.lines_with_room();
            remove_connection_options(&mut lines);
            edited(edits, &mut lines)?;
            lines
        }
    };
    remove_hop_by_hop(&mut lines, fields);
    Ok(lines)
}

/// Takes away what is about one connection. What of it does not frame a message passes where the
/// pipeline set it: a `TE` that an API maps is its own word, and AWS sends it too.
fn remove_hop_by_hop(lines: &mut Vec<Line<'_>>, fields: &OutgoingFields) {
    const NEVER: Names =
        Names::of(&["connection", "keep-alive", "proxy-connection", "transfer-encoding"]);
    const UNLESS_SET: Names = Names::of(&["te", "trailer", "upgrade"]);
    lines.retain(|(name, _)| {
        !NEVER.contains(name) && (!UNLESS_SET.contains(name) || sets(fields, name))
    });
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

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use gateway_core::message::{Field, FieldEdits, Fields};

    fn section(lines: &[(&'static str, &'static str)]) -> Section {
        Section::from(&headers(lines))
    }
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
        client_response(status, &unchanged(), &section(endpoint), body, &method).unwrap()
    }

    #[test]
    fn no_connection_takes_away_what_the_gateway_sets() {
        let edits = setting(&[("X-User", "gateway"), ("Via", "gateway")]);
        let evil = section(&[("connection", "X-User, via"), ("x-user", "evil"), ("via", "evil")]);
        let expected = headers(&[("x-user", "gateway"), ("via", "gateway")]);
        let response = client_response(200, &edits, &evil, Body::Empty, &Method::GET).unwrap();
        assert_eq!(response.headers(), &expected);
    }

    #[test]
    fn what_the_pipeline_sets_passes_unless_it_frames() {
        let mut complete = Fields::new();
        for name in ["TE", "Trailer", "Upgrade", "Connection", "Transfer-Encoding", "Keep-Alive"] {
            complete.push(name, "x");
        }
        let complete = OutgoingFields::Complete(complete);
        let endpoint = section(&[("te", "trailers"), ("upgrade", "h2c")]);
        let response =
            client_response(200, &complete, &endpoint, Body::Empty, &Method::GET).unwrap();
        let expected = headers(&[("te", "x"), ("trailer", "x"), ("upgrade", "x")]);
        assert_eq!(response.headers(), &expected);
    }

    #[test]
    fn what_is_about_a_connection_can_be_told_under_another_name() {
        let mut edits = FieldEdits::new();
        edits.rename("connection", "x-amzn-remapped-connection");
        edits.rename("upgrade", "x-amzn-remapped-upgrade");
        let endpoint = section(&[("connection", "keep-alive"), ("upgrade", "h2c"), ("te", "x")]);
        let edits = OutgoingFields::Edited(edits);
        let lines = client_section(&edits, &endpoint).unwrap();
        let expected = [
            ("x-amzn-remapped-connection", &b"keep-alive"[..]),
            ("x-amzn-remapped-upgrade", b"h2c"),
        ];
        assert_eq!(lines, expected);
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
            client_response(status, &fields, &Section::default(), Body::Empty, &Method::GET)
                .is_err()
        };
        assert!(bad(200, "a b", "1") && bad(200, "a", "1\r\nb: 2") && bad(99, "a", "1"));
        assert!(bad(101, "a", "1") && bad(1000, "a", "1"));
        assert!(!bad(999, "a", "grün"));
    }

    #[test]
    fn a_status_that_nobody_named_has_no_phrase() {
        let phrase = |status: u16| {
            let fields = OutgoingFields::Complete(Fields::new());
            let section = Section::default();
            let response =
                client_response(status, &fields, &section, Body::Empty, &Method::GET).unwrap();
            response.extensions().get::<ReasonPhrase>().map(|phrase| phrase.as_bytes().to_vec())
        };
        assert_eq!((phrase(200), phrase(460), phrase(599)), (None, Some(vec![]), Some(vec![])));
    }
}
