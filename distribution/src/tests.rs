//! Claims about distributions, each made of a document as `aws cloudfront` prints it.

mod bad_input;
mod behaviors;
mod buckets;
mod keys;
mod logs;
mod managed;
mod public_keys;
mod reading;
mod responses;
mod signed;
mod whole;

use std::string::{String, ToString};
use std::vec::Vec;

use http_cache::Fields;
use serde_json::{Value, json};

use crate::{Answer, Distribution, Matched, Options, OriginRequest, Problem, Viewer};

const CACHING_OPTIMIZED: &str = "658327ea-f89d-4fab-a63d-7e88639e58f6";
const CACHING_DISABLED: &str = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad";
const ALL_VIEWER: &str = "216adef6-5c7f-47e4-b989-5492eafa07d3";

/// The key of `tests/keys/rsa.pem`.
const RSA_2048: &str = "\
-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAseoi+Xaj9rDhdpq/xzxI
n8X9KFGhTTMGOb90S6asWg36JYTKRpBU5E0q5vfw1+KwhEbuqYVperMop1FEIlHT
F7t0qmrqUqGriUaLuHpVxMg5gMh5PLDFMdmDlZfq9cdMkq7AKNF2r/ilSsLAB6zW
KYKM7zWPdRww90BbvwoGWU0P8Ou1qAPWBW79fIhDiQXYCZVkRxHnA+aVnxKHE7kR
N0ujyExGI9QvB0u8lR3QXzpsb17OiR1lE9xRKR8dvt+wjrgf9DioGbDJVOCj+Epp
WR9XxfC/2Wztu1yyyIKy2aliIh6bdh73njWogyNLqfk0slfZcgk5eoufhvGvbw5+
AQIDAQAB
-----END PUBLIC KEY-----
";

fn public_key(id: &str, pem: &str) -> Value {
    json!({"PublicKey": {"Id": id, "PublicKeyConfig": {"EncodedKey": pem}}})
}

/// What a member says instead; `null` takes it away.
fn with(mut value: Value, changes: Value) -> Value {
    if let (Some(object), Value::Object(changes)) = (value.as_object_mut(), changes) {
        for (name, change) in changes {
            if change.is_null() {
                object.remove(&name)
            } else {
                object.insert(name, change)
            };
        }
    }
    value
}

fn behavior(changes: Value) -> Value {
    let plain = json!({
        "TargetOriginId": "web",
        "ViewerProtocolPolicy": "allow-all",
        "AllowedMethods": {"Quantity": 2, "Items": ["HEAD", "GET"]},
        "CachePolicyId": CACHING_OPTIMIZED,
    });
    with(plain, changes)
}

fn origin(changes: Value) -> Value {
    let plain = json!({
        "Id": "web",
        "DomainName": "web.example",
        "OriginPath": "",
        "CustomOriginConfig": {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "http-only"},
    });
    with(plain, changes)
}

fn document(changes: Value) -> Value {
    let plain = json!({
        "CallerReference": "r",
        "Comment": "",
        "Enabled": true,
        "Origins": {"Quantity": 1, "Items": [origin(json!({}))]},
        "DefaultCacheBehavior": behavior(json!({})),
    });
    json!({"ETag": "E", "DistributionConfig": with(plain, changes)})
}

fn read_all(document: &Value, references: &[Value]) -> (Option<Distribution>, Vec<Problem>) {
    let texts: Vec<String> = references.iter().map(Value::to_string).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let checked = Distribution::check("d", &document.to_string(), &texts, Options::default());
    let is_refused = checked.is_refused();
    (checked.distribution.filter(|_| !is_refused), checked.problems)
}

fn distribution_of(document: &Value, references: &[Value]) -> Distribution {
    let (distribution, problems) = read_all(document, references);
    distribution.unwrap_or_else(|| panic!("{problems:?}"))
}

/// With one behaviour, changed so.
fn serving(changes: Value, references: &[Value]) -> Distribution {
    distribution_of(&document(json!({"DefaultCacheBehavior": behavior(changes)})), references)
}

/// A cache policy with the id `p`.
fn cache_policy(headers: Value, cookies: Value, query_strings: Value) -> Value {
    json!({"CachePolicy": {"Id": "p", "CachePolicyConfig": {
        "Name": "p", "MinTTL": 0, "DefaultTTL": 60, "MaxTTL": 600,
        "ParametersInCacheKeyAndForwardedToOrigin": {
            "EnableAcceptEncodingGzip": true, "EnableAcceptEncodingBrotli": true,
            "HeadersConfig": headers, "CookiesConfig": cookies, "QueryStringsConfig": query_strings,
        },
    }}})
}

fn none_in_key() -> Value {
    cache_policy(
        json!({"HeaderBehavior": "none"}),
        json!({"CookieBehavior": "none"}),
        json!({"QueryStringBehavior": "none"}),
    )
}

type Lines<'a> = &'a [(&'a str, &'a str)];

fn ask<'d>(
    distribution: &'d Distribution,
    method: &str,
    target: &str,
    lines: Lines<'_>,
) -> Result<Matched<'d>, Answer> {
    let mut fields: Fields = lines.iter().map(|(n, v)| (n.to_string(), v)).collect();
    fields.push("Host", "cdn.example");
    distribution.route(&Viewer {
        method,
        target,
        host: "cdn.example",
        is_https: false,
        ip: "192.0.2.7",
        country: None,
        told: &[],
        fields: &fields,
        has_content: false,
    })
}

fn get<'d>(distribution: &'d Distribution, target: &str, lines: Lines<'_>) -> Matched<'d> {
    ask(distribution, "GET", target, lines).unwrap()
}

fn status(distribution: &Distribution, method: &str, target: &str) -> u16 {
    ask(distribution, method, target, &[]).err().map_or(200, |answer| answer.status)
}

fn sent<'d>(distribution: &'d Distribution, target: &str, lines: Lines<'_>) -> OriginRequest<'d> {
    get(distribution, target, lines).origin_request(0, "id")
}
