//! A request for each thing that the world's APIs do, with the answer it gets when nothing fails.

use gateway_core::message::{
    Arrival, Content, ContentId, Field, Request, Scheme, Seed, Timestamp, Version,
};

use super::api::{HTTP_API, REST_API};
use super::{ISSUER, SIGNING_KEYS, token};

/// A request and the status it is answered with when nothing fails.
#[derive(Debug, Clone)]
pub struct Sample {
    /// What it is about.
    pub name: &'static str,
    /// The request.
    pub arrival: Arrival,
    /// Its content, which the host holds; empty if it has none.
    pub content: Vec<u8>,
    /// The status when nothing fails.
    pub status: u16,
}

/// When samples arrive.
const NOW: Timestamp = Timestamp(1_700_000_000_000);

/// One of each.
pub fn samples() -> Vec<Sample> {
    let jwt = |claims: &str| format!("Bearer {}", token(SIGNING_KEYS[0], claims));
    let exp = NOW.0 / 1_000 + 3_600;
    let id_token = jwt(&format!(
        r#"{{"iss":"https://cognito-idp.us-east-1.amazonaws.com/us-east-1_world","sub":"u1","token_use":"id","aud":"client1","exp":{exp}}}"#
    ));
    let access_token = jwt(&format!(
        r#"{{"iss":"https://cognito-idp.us-east-1.amazonaws.com/us-east-1_world","sub":"u1","token_use":"access","scope":"read write","exp":{exp}}}"#
    ));
    let claims = |aud: &str, scope: &str| {
        format!(r#"{{"iss":"{ISSUER}","sub":"u1","aud":"{aud}","scope":"{scope}","exp":{exp}}}"#)
    };
    let reader = jwt(&claims("client1", "read"));
    let writer = jwt(&claims("client1", "write"));
    let stranger = jwt(&claims("client2", "read"));
    let mut forged = reader.clone();
    forged.replace_range(forged.len() - 2.., "AA");
    let (rest, http) = (REST_API, HTTP_API);
    let auth = |token: &str| vec![("Authorization".to_string(), token.to_string())];
    let sample = |name, api: &str, line: &str, status| Sample {
        name,
        arrival: arrival(api, line),
        content: Vec::new(),
        status,
    };
    let with = |mut sample: Sample, fields: Vec<(String, String)>| {
        for (name, value) in fields {
            sample.arrival.request.fields.push(name, value);
        }
        sample
    };
    let sending = |mut sample: Sample, media_type: &str, content: &[u8]| {
        sample.arrival.request.fields.push("Content-Type", media_type);
        sample.arrival.request.fields.push("Content-Length", content.len().to_string());
        sample.arrival.request.content = Content::Held(ContentId(0));
        Sample { content: content.into(), ..sample }
    };
    let json = b"{\"a\":1}";
    vec![
        sample("a mock", rest, "GET /prod/mock", 200),
        sending(
            sample("a mapped request", rest, "POST /prod/mapped/7?q=a%20b", 200),
            "application/json",
            br#"{"item":"i","items":["a\"b",1,null]}"#,
        ),
        sending(
            sample("a mapped request without JSON", rest, "POST /prod/mapped/7", 200),
            "application/json",
            b"<a/>",
        ),
        sample("a REST preflight", rest, "OPTIONS /prod/mapped/7", 200),
        sending(
            sample("a called function", rest, "POST /prod/called/7", 201),
            "application/json",
            json,
        ),
        sample("a REST proxy", rest, "GET /prod/http/a//b%20c?x=1&y", 200),
        sending(
            sample("a REST upload", rest, "PUT /prod/http/a", 200),
            "image/png",
            b"\x89PNG\xff",
        ),
        sample("a REST function", rest, "GET /prod/fn/7?q=%22", 200),
        sending(sample("a REST event", rest, "POST /prod/fn/7", 200), "application/json", json),
        sending(
            sample("a REST binary event", rest, "POST /prod/fn/7", 200),
            "image/png",
            b"\xff\0",
        ),
        sending(sample("an odd REST answer", rest, "POST /prod/odd", 502), "text/plain", b"x"),
        sample("a REST limit", rest, "GET /prod/limited", 200),
        sample("a cached proxy", rest, "GET /prod/cached/a%20b?x=1", 200),
        with(
            sample("a cached proxy to be asked again", rest, "GET /prod/cached/a%20b?x=1", 200),
            vec![("Cache-Control".into(), "max-age=0".into())],
        ),
        sending(sample("a cached upload", rest, "PUT /prod/cached/a", 200), "text/plain", b"x"),
        sample("a cached function", rest, "GET /prod/cached-fn/7", 200),
        sample("no REST method", rest, "GET /prod/absent", 403),
        sample("no REST stage", rest, "GET /absent", 403),
        sample("no API", "absent0001", "GET /prod/mock", 403),
        sample("no REST token", rest, "GET /prod/private", 401),
        with(sample("an id token", rest, "GET /prod/private", 200), auth(&id_token)),
        with(sample("an access token", rest, "GET /prod/scoped", 200), auth(&access_token)),
        with(sample("a token of another issuer", rest, "GET /prod/private", 401), auth(&reader)),
        sample("nothing for a Lambda authorizer", rest, "GET /prod/guarded/1", 401),
        with(sample("a grant", rest, "GET /prod/guarded/1", 200), auth("allow")),
        with(sample("a grant of another method", rest, "POST /prod/guarded/1", 403), auth("allow")),
        with(sample("a denial", rest, "GET /prod/guarded/1", 403), auth("deny")),
        with(sample("no answer of an authorizer", rest, "GET /prod/guarded/1", 500), auth("odd")),
        sample("format 1.0", http, "GET /v1/%E2%98%95?a=1&a=2", 200),
        sample("format 2.0", http, "GET /v2/7?a=1&a=2", 200),
        sending(sample("a 2.0 event", http, "POST /v2/7", 200), "application/json", json),
        sending(sample("an odd 2.0 answer", http, "POST /odd", 500), "text/plain", b"x"),
        sample("an HTTP limit", http, "GET /limited", 200),
        sample("an HTTP proxy", http, "DELETE /http/a?b", 200),
        sample("mapped parameters", http, "GET /mapped/a%2Fb?x=1", 203),
        sample("no HTTP route", http, "GET /absent", 404),
        with(
            sample("a preflight", http, "OPTIONS /private", 204),
            vec![
                ("Origin".into(), "https://app.example".into()),
                ("Access-Control-Request-Method".into(), "GET".into()),
            ],
        ),
        sample("no HTTP token", http, "GET /private", 401),
        with(sample("a token", http, "GET /private", 200), auth(&writer)),
        with(sample("a token with a scope", http, "GET /scoped", 200), auth(&reader)),
        with(sample("a token without the scope", http, "GET /scoped", 403), auth(&writer)),
        with(sample("a token for somebody else", http, "GET /private", 401), auth(&stranger)),
        with(sample("a forged token", http, "GET /private", 401), auth(&forged)),
    ]
}

/// A request to an API by its host name, as `GET /path`, with fields that are nobody's business.
pub fn arrival(api: &str, line: &str) -> Arrival {
    let (method, target) = line.split_once(' ').expect("METHOD /path");
    let host = format!("{api}.execute-api.us-east-1.amazonaws.com");
    let fields = [("Host", host.as_str()), ("User-Agent", "w\"orld\u{2028}/1"), ("Cookie", COOKIE)];
    Arrival {
        now: NOW,
        seed: Seed(std::array::from_fn(|i| i as u8)),
        source_ip: "192.0.2.7".into(),
        scheme: Scheme::Https,
        port: 443,
        vpc_endpoint_id: None,
        location: None,
        tls: None,
        is_explained: false,
        inspection: None,
        request: Request {
            method: method.into(),
            target: target.into(),
            version: Version::Http11,
            fields: fields.iter().map(|(name, value)| Field::new(*name, *value)).collect(),
            content: Content::Empty,
        },
    }
}

/// What no notice may tell.
pub(super) const COOKIE: &str = "session=do-not-log-this";
