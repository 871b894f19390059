//! A request to an endpoint, before a version of HTTP gives it its form.

use gateway_core::effect::EffectError;
use gateway_core::message::{Names, OutgoingFields};
use gateway_core::transcript::shown_url;
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderMap, Method, Request, Uri};

use super::pool::Origin;
use crate::section::{Line, checked, edited, header_map, lines_of, remove_connection_options};

/// The head of a request to an endpoint, but for what frames its content: that is the connection's.
///
/// Nothing in it is copied: it is made of the client's fields and the pipeline's edits, and can be
/// sent again.
#[derive(Debug)]
pub(crate) struct OutgoingRequest<'a> {
    pub(crate) method: Method,
    pub(crate) origin: Origin,
    /// What the URL names, where the origin is another.
    pub(crate) named: Option<Authority>,
    pub(crate) target: PathAndQuery,
    pub(crate) lines: Vec<Line<'a>>,
}

impl<'a> OutgoingRequest<'a> {
    /// The request that the pipeline asks for. Edits refer to the fields of `client`.
    ///
    /// # Errors
    /// [`EffectError::Unavailable`] with what HTTP cannot carry.
    pub(crate) fn new(
        method: &str,
        url: String,
        fields: &'a OutgoingFields,
        client: &'a HeaderMap,
    ) -> Result<Self, EffectError> {
        let lines = lines(fields, client).map_err(EffectError::Unavailable)?;
        let method = Method::from_bytes(method.as_bytes())
            .map_err(|e| EffectError::Unavailable(format!("{method}: {e}")))?;
        let uri = Uri::from_maybe_shared(bytes::Bytes::from(url))
            .map_err(|e| EffectError::Unavailable(format!("the endpoint's URL: {e}")))?;
        let (origin, target) = split(uri)?;
        Ok(Self { method, origin, named: None, target, lines })
    }

    /// A request of the host's own.
    ///
    /// # Errors
    /// [`EffectError::Unavailable`] for what is no http or https URL.
    pub(crate) fn own<B>(request: &'a Request<B>) -> Result<Self, EffectError> {
        let (origin, target) = split(request.uri().clone())?;
        let mut lines = lines_of(request.headers());
        lines.retain(|(name, _)| !FRAMING.contains(name));
        Ok(Self { method: request.method().clone(), origin, named: None, target, lines })
    }

    /// As hyper has requests, with an absolute URI.
    ///
    /// # Errors
    /// [`EffectError::Unavailable`] with what HTTP cannot carry.
    pub(crate) fn to_request<B>(&self, content: B) -> Result<Request<B>, EffectError> {
        let scheme = if self.origin.tls { Scheme::HTTPS } else { Scheme::HTTP };
        let uri = Uri::builder().scheme(scheme).authority(self.origin.authority.clone());
        let uri = uri.path_and_query(self.target.clone()).build();
        let mut request = Request::new(content);
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = uri.map_err(|e| EffectError::Unavailable(e.to_string()))?;
        *request.headers_mut() = header_map(&self.lines).map_err(EffectError::Unavailable)?;
        Ok(request)
    }

    /// The value of `Host`: what a line sets, else what the URL names.
    pub(crate) fn host(&self) -> &[u8] {
        let set = self.lines.iter().find(|(name, _)| name.eq_ignore_ascii_case("host"));
        let named = self.named.as_ref().unwrap_or(&self.origin.authority);
        set.map_or(host_of(named).as_bytes(), |(_, value)| value)
    }

    /// Whether a `Content-Length` belongs there, be it 0 (RFC 9110 §8.6).
    pub(crate) fn expects_content(&self) -> bool {
        matches!(self.method, Method::POST | Method::PUT | Method::PATCH)
    }
}

fn split(uri: Uri) -> Result<(Origin, PathAndQuery), EffectError> {
    let tls = match uri.scheme_str() {
        Some("https") => true,
        Some("http") => false,
        _ => {
            let shown = shown_url(&uri.to_string());
            return Err(EffectError::Unavailable(format!("{shown} is no http or https URL")));
        }
    };
    let parts = uri.into_parts();
    let target = parts.path_and_query.unwrap_or_else(|| PathAndQuery::from_static("/"));
    match parts.authority.filter(|authority| !authority.host().is_empty()) {
        Some(authority) => {
            let authority = without_user(authority);
            let server_name = None;
            Ok((Origin { tls, any_authority: false, server_name, authority }, target))
        }
        None => Err(EffectError::Unavailable(format!("{target}: no host before it"))),
    }
}

/// User information says nothing to the endpoint (RFC 9110 §4.2.4), and is nobody's to read in a log.
fn without_user(authority: Authority) -> Authority {
    match authority.as_str().contains('@') {
        true => host_of(&authority).parse().unwrap_or(authority),
        false => authority,
    }
}

/// User information is not part of `Host` (RFC 9110 §7.2).
fn host_of(authority: &Authority) -> &str {
    let text = authority.as_str();
    text.rsplit_once('@').map_or(text, |(_, host)| host)
}

/// Framing is the connection's own.
const FRAMING: Names = Names::of(&["content-length", "transfer-encoding"]);
/// What frames a message, or is about the connection that it comes on (RFC 9110 §7.6.1); `Expect`
/// is answered here already.
const NEVER: Names = Names::of(&[
    "connection",
    "content-length",
    "expect",
    "keep-alive",
    "proxy-connection",
    "transfer-encoding",
]);
/// What is about the client's connection where the client says it. Where the pipeline sets it, it
/// passes: a `TE` that an API maps is its own word, and AWS sends it too.
const UNLESS_SET: Names = Names::of(&["host", "te", "trailer", "upgrade"]);

fn lines<'a>(fields: &'a OutgoingFields, client: &'a HeaderMap) -> Result<Vec<Line<'a>>, String> {
    let mut lines = match fields {
        OutgoingFields::Complete(fields) => {
            fields.iter().map(checked).collect::<Result<Vec<_>, _>>()?
        }
        OutgoingFields::Edited(edits) => {
            let mut lines = lines_of(client);
            // The client's `Host` names the gateway.
            lines.retain(|(name, _)| !UNLESS_SET.contains(name));
            remove_connection_options(&mut lines);
            edited(edits, &mut lines)?;
            lines
        }
    };
    lines.retain(|(name, _)| !NEVER.contains(name));
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framing::tests::headers;
    use gateway_core::message::{Field, FieldEdits, Fields};

    fn sent<'a>(fields: &'a OutgoingFields, client: &'a HeaderMap) -> Vec<(&'a str, &'a str)> {
        let request = OutgoingRequest::new("GET", "http://e/a".into(), fields, client).unwrap();
        request.lines.into_iter().map(|(n, v)| (n, std::str::from_utf8(v).unwrap())).collect()
    }
    fn unchanged() -> OutgoingFields {
        OutgoingFields::Edited(FieldEdits::new())
    }
    fn setting(fields: &[(&str, &str)]) -> OutgoingFields {
        let mut edits = FieldEdits::new();
        fields.iter().for_each(|(name, value)| edits.set(name, value));
        OutgoingFields::Edited(edits)
    }
    fn refused(method: &str, url: &str, field: (&str, &str)) -> bool {
        let fields = setting(&[field]);
        OutgoingRequest::new(method, url.into(), &fields, &HeaderMap::new()).is_err()
    }

    #[test]
    fn fields_of_the_connection_are_not_passed_on() {
        let client = headers(&[
            ("host", "gateway"),
            ("connection", "close, X-Secret"),
            ("x-secret", "1"),
            ("te", "trailers"),
            ("upgrade", "h2c"),
            ("expect", "100-continue"),
            ("content-length", "5"),
            ("accept", "*/*"),
        ]);
        assert_eq!(sent(&unchanged(), &client), [("accept", "*/*")]);
    }

    #[test]
    fn the_user_information_of_a_url_is_neither_sent_nor_told() {
        let fields = unchanged();
        let client = HeaderMap::new();
        let url = "http://fu:hush@e:8080/a".into();
        let request = OutgoingRequest::new("GET", url, &fields, &client).unwrap();
        assert_eq!(request.origin.authority.as_str(), "e:8080", "what logs name endpoints by");
        assert_eq!(request.host(), b"e:8080");
    }

    #[test]
    fn no_connection_takes_away_what_the_gateway_sets() {
        let edits = setting(&[("X-User", "gateway"), ("Via", "gateway")]);
        let client = headers(&[("connection", "X-User, via"), ("x-user", "evil"), ("via", "evil")]);
        assert_eq!(sent(&edits, &client), [("X-User", "gateway"), ("Via", "gateway")]);
    }

    #[test]
    fn what_the_pipeline_sets_passes_unless_it_frames() {
        let mut complete = Fields::new();
        for name in ["TE", "Trailer", "Upgrade", "Connection", "Transfer-Encoding", "Keep-Alive"] {
            complete.push(name, "x");
        }
        let client = headers(&[("te", "trailers"), ("upgrade", "h2c")]);
        let passed = [("TE", "x"), ("Trailer", "x"), ("Upgrade", "x")];
        assert_eq!(sent(&OutgoingFields::Complete(complete), &client), passed);
        assert_eq!(sent(&setting(&[("TE", "x")]), &client), [("TE", "x")]);
    }

    #[test]
    fn no_connection_takes_away_the_type_of_content() {
        let client = headers(&[("connection", "content-type"), ("content-type", "text/plain")]);
        assert_eq!(sent(&unchanged(), &client), [("content-type", "text/plain")]);
    }

    #[test]
    fn the_host_is_the_endpoints_unless_an_edit_sets_another() {
        let client = headers(&[("host", "gateway")]);
        let fields = unchanged();
        let request =
            OutgoingRequest::new("GET", "http://u:p@e:81/a".into(), &fields, &client).unwrap();
        assert_eq!(request.host(), b"e:81");
        let edits = setting(&[("Host", "other")]);
        let request = OutgoingRequest::new("GET", "http://e/a".into(), &edits, &client).unwrap();
        assert_eq!(request.host(), b"other");
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
        let by_core = {
            let base: Fields = base.iter().map(|(n, v)| Field::new(*n, *v)).collect();
            OutgoingFields::Edited(edits.clone()).resolve(&base)
        };
        let (edits, client) = (OutgoingFields::Edited(edits), headers(&base));
        let by_core: Vec<_> = by_core.iter().map(|f| (f.name, f.value)).collect();
        assert_eq!(sent(&edits, &client), by_core);
    }

    #[test]
    fn what_http_cannot_carry_is_an_error() {
        let good = || ("a", "grün\t1");
        assert!(!refused("GET", "http://e/", good()));
        assert!(refused("GET", "http://e/", ("a b", "1")));
        assert!(refused("GET", "http://e/", ("", "1")));
        assert!(refused("GET", "http://e/", ("a", "1\r\nb: 2")));
        assert!(refused("GE T", "http://e/", good()));
        assert!(refused("GET", "http://e/a b", good()));
        assert!(refused("GET", "http://e/a\r\nb", good()));
        assert!(refused("GET", "/a", good()));
        assert!(refused("GET", "ftp://e/a", good()));
    }
}
