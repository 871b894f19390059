//! Users of a Cognito user pool whose keys are at `endpoints.cognito-idp`.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use serde_json::{Value, json};

use crate::kit::*;
use crate::signers::{jwk, sign};

const POOL: &str = "eu-west-1_a1B2";
const ISSUER: &str = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_a1B2";

/// A REST API for users of the pool, whose keys this endpoint has.
fn serve(endpoint: &str, backend: &str) -> Served {
    let integration =
        json!({"type": "http_proxy", "httpMethod": "GET", "uri": format!("http://{backend}/")});
    let method = |scopes: Value| {
        json!({"get": {
            "security": [{"pool": scopes}],
            "responses": {},
            "x-amazon-apigateway-integration": integration,
        }})
    };
    let arn = format!("arn:aws:cognito-idp:eu-west-1:123456789012:userpool/{POOL}");
    let definition = json!({
        "openapi": "3.0.1",
        "info": {"title": "t", "version": "1"},
        "paths": {"/": method(json!([])), "/scoped": method(json!(["pets/read"]))},
        "components": {"securitySchemes": {"pool": {
            "type": "apiKey",
            "name": "Authorization",
            "in": "header",
            "x-amazon-apigateway-authtype": "cognito_user_pools",
            "x-amazon-apigateway-authorizer": {"type": "cognito_user_pools", "providerARNs": [arn]},
        }}},
    });
    let folder = Folder::new();
    folder.write("api.json", &definition.to_string());
    let config = format!(
        "listen: 127.0.0.1:0
endpoints: {{cognito-idp: 'http://{endpoint}'}}
apis: [{{id: a, protocol: REST, definition: api.json, stages: [{{stageName: prod}}]}}]
"
    );
    let config = folder.write("edgeway.yaml", &config);
    Served::start_configured(folder, config, 1)
}

#[test]
fn users_of_the_pool_get_in_and_nobody_who_merely_says_so() {
    let (key, strange) = (
        KeyPair::generate(KeySize::Rsa2048).unwrap(),
        KeyPair::generate(KeySize::Rsa2048).unwrap(),
    );
    let keys = json!({"keys": [jwk(&key, "k1")]}).to_string();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let paths = Arc::clone(&asked);
    let pool = endpoint(move |mut connection| {
        while let Some(head) = connection.head() {
            paths.lock().unwrap().push(head.split(' ').nth(1).unwrap().to_owned());
            let length = keys.len();
            let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{keys}");
            connection.send(answer.as_bytes());
        }
    });
    let calls = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&calls);
    let backend = endpoint(move |mut connection| {
        while connection.head().is_some() {
            count.fetch_add(1, Relaxed);
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        }
    });
    let served = serve(&pool.to_string(), &backend.to_string());
    let mut client = served.client();
    let mut ask = |path: &str, authorization: &str| {
        let head = format!("GET /prod{path} HTTP/1.1\r\nHost: h\r\n{authorization}\r\n");
        client.send(head.as_bytes());
        let answer = client.answer();
        (answer.status, answer.text())
    };
    let now_s = SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs();
    let id = json!({"iss": ISSUER, "token_use": "id", "sub": "jo", "exp": now_s + 600});
    let changed = |name: &str, value: Value| {
        let mut claims = id.clone();
        claims[name] = value;
        claims
    };
    let by = |key: &KeyPair, kid: &str, claims: &Value| {
        let header = json!({"alg": "RS256", "kid": kid}).to_string();
        let token = sign(&RSA_PKCS1_SHA256, key, &header, &claims.to_string());
        format!("Authorization: Bearer {token}\r\n")
    };
    let told = |status: u16, message: &str| (status, json!({ "message": message }).to_string());
    let refused = || told(401, "Unauthorized");
    let elsewhere = changed("iss", json!(format!("http://{pool}/{POOL}")));
    // Nothing of these costs the pool a question.
    for (path, field) in [
        ("/", String::new()),
        ("/", "Authorization: Bearer x\r\n".into()),
        ("/", by(&key, "k1", &elsewhere)),
        ("/", by(&key, "k1", &changed("token_use", json!("access")))),
        ("/", by(&key, "k1", &changed("nbf", json!(now_s + 300)))),
        ("/scoped", by(&key, "k1", &id)),
    ] {
        assert_eq!(ask(path, &field), refused(), "{path} {field}");
    }
    assert_eq!(asked.lock().unwrap()[..], [""; 0]);
    assert_eq!(ask("/", &by(&key, "k1", &id)), (200, String::new()));
    let mut access = changed("token_use", json!("access"));
    access["scope"] = "pets/write pets/read".into();
    assert_eq!(ask("/scoped", &by(&key, "k1", &access)), (200, String::new()));
    access["scope"] = "pets/write".into();
    assert_eq!(ask("/scoped", &by(&key, "k1", &access)), refused());
    for field in [by(&strange, "k1", &id), by(&key, "k2", &id)] {
        assert_eq!(ask("/", &field), refused(), "{field}");
    }
    let over = changed("exp", json!(now_s - 1));
    assert_eq!(ask("/", &by(&key, "k1", &over)), told(401, "The incoming token has expired"));
    assert_eq!(ask("/", &by(&strange, "k1", &over)), refused());
    let expected = format!("/{POOL}/.well-known/jwks.json");
    assert_eq!(*asked.lock().unwrap(), [expected]);
    assert_eq!(calls.load(Relaxed), 2);
}
