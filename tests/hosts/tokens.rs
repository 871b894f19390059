//! By which signatures tokens get in at hosts with a cryptography of their own: WebCrypto's in the Worker, Rust's compiled
//! to Wasm in the component for `wasi:http`. `host-runtime/tests/server/algorithms.rs` has the native host's.

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use tests::backend::{Answer, Backend};
use tests::client::{self, Request};
use tests::json::Json;
use tests::setup::{Setup, set_up};
use tests::target::{Engine, Failure, Gateway, Target};

use super::on_a_runtime;

#[path = "../../host-runtime/tests/server/signers.rs"]
mod signers;

use signers::{Signer, signers};

#[test]
fn tokens_get_in_at_the_worker_by_the_documented_signatures_and_by_no_others() {
    get_in_by_the_documented_signatures(Engine::Worker);
}

#[test]
fn tokens_get_in_at_wasmtimes_serve_by_the_documented_signatures_and_by_no_others() {
    get_in_by_the_documented_signatures(Engine::Wasi);
}

fn get_in_by_the_documented_signatures(engine: Engine) {
    on_a_runtime(async {
        let signers = signers();
        let keys: Vec<&Value> = signers.iter().map(|(signer, _)| &signer.jwk).collect();
        let issuer = issuer(&json!({"keys": keys})).await;
        let setup = api_for_tokens_of(&issuer.url()).await;
        let target = Target::find(engine).await.unwrap_or_else(|error| panic!("{error}"));
        let gateway = target.start(&setup.config, setup.listen, 0).await;
        let gateway = gateway.unwrap_or_else(|failure| match failure {
            Failure::Refused(why) | Failure::Broken(why) => panic!("{engine}: {why}"),
        });
        let now_s = SystemTime::UNIX_EPOCH.elapsed().expect("it is after 1970").as_secs();
        let claims = json!({"iss": issuer.url(), "aud": "api", "exp": now_s + 600}).to_string();
        let mut wrong = Vec::new();
        for (Signer { alg, sign, .. }, is_taken) in &signers {
            let named =
                |alg: &str, kid: &str| sign(&json!({"alg": alg, "kid": kid}).to_string(), &claims);
            let mut asked = vec![
                (format!("{alg}, tampered with"), tampered(&named(alg, alg)), 401),
                (format!("{alg}, of other claims"), with_other_claims(&named(alg, alg)), 401),
                ((*alg).to_owned(), named(alg, alg), if *is_taken { 200 } else { 401 }),
            ];
            // By no other name, and by nobody else's key.
            for (Signer { alg: other, .. }, _) in signers.iter().filter(|(o, _)| o.alg != *alg) {
                asked.push((format!("{alg} as {other}"), named(other, alg), 401));
                asked.push((format!("{alg} by {other}'s key"), named(alg, other), 401));
            }
            for (how, token, expected) in asked {
                let status = status(&gateway, &token).await;
                if status != expected {
                    wrong.push(format!("{how}: {status}"));
                }
            }
        }
        assert!(wrong.is_empty(), "{engine}: {wrong:#?}\n{}", gateway.log());
        gateway.stop().await;
        target.stop().await;
    });
}

/// A token with one bit of its signature changed, in the middle: no form of a signature allows for that.
fn tampered(token: &str) -> String {
    let (signed, signature) = token.rsplit_once('.').expect("a token has three parts");
    let mut signature = signature.as_bytes().to_vec();
    let middle = signature.len() / 2;
    signature[middle] = if signature[middle] == b'A' { b'B' } else { b'A' };
    format!("{signed}.{}", String::from_utf8(signature).expect("it is base64url"))
}

/// A token with other claims than were signed: for one second more.
fn with_other_claims(token: &str) -> String {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;

    let parts: Vec<&str> = token.split('.').collect();
    let claims = BASE64URL.decode(parts[1]).expect("a part is base64url");
    let mut claims: Value = serde_json::from_slice(&claims).expect("claims are JSON");
    claims["exp"] = json!(claims["exp"].as_u64().expect("it expires") + 1);
    format!("{}.{}.{}", parts[0], BASE64URL.encode(claims.to_string()), parts[2])
}

async fn status(gateway: &Gateway, token: &str) -> u16 {
    let fields =
        [("host", gateway.address.to_string()), ("authorization", format!("Bearer {token}"))];
    let request = Request {
        method: "GET".to_owned(),
        target: "/".to_owned(),
        fields: fields.map(|(name, value)| (name.to_owned(), value)).into(),
        content: Vec::new(),
    };
    client::send(gateway.address, &request).await.expect("an answer").status
}

/// Discovery, these keys, and 200 for anything else: it is the API's endpoint too.
async fn issuer(keys: &Value) -> Backend {
    let keys = keys.to_string();
    let answer = move |request: &mut tests::backend::Received| {
        let own = format!("http://{}", request.fields.joined("host").unwrap_or_default());
        let content = match &*request.path {
            "/.well-known/openid-configuration" => {
                json!({"issuer": own, "jwks_uri": format!("{own}/keys")}).to_string()
            }
            "/keys" => keys.clone(),
            _ => "{}".to_owned(),
        };
        Answer::Respond {
            status: 200,
            fields: vec![("Content-Type".to_owned(), "application/json".to_owned())],
            content: content.into_bytes(),
            delay: Duration::ZERO,
        }
    };
    Backend::start(answer).await.expect("there is a free port")
}

/// An HTTP API whose one route asks for a token of the issuer.
async fn api_for_tokens_of(issuer: &str) -> Setup {
    let case = json!({
        "name": "tokens", "source": "this project", "kind": "http",
        "api": {
            "openapi": "3.0.1", "info": {"title": "tokens", "version": "1"},
            "paths": {"/": {"get": {
                "security": [{"jwt": []}],
                "responses": {"200": {"description": "200"}},
                "x-amazon-apigateway-integration": {
                    "type": "http_proxy", "httpMethod": "GET", "payloadFormatVersion": "1.0",
                    "uri": format!("{issuer}/endpoint"),
                },
            }}},
            "components": {"securitySchemes": {"jwt": {
                "type": "oauth2",
                "x-amazon-apigateway-authorizer": {
                    "type": "jwt",
                    "identitySource": "$request.header.Authorization",
                    "jwtConfiguration": {"issuer": issuer, "audience": ["api"]},
                },
            }}},
        },
        "exchanges": [],
    });
    let case = Json::parse(&case.to_string()).expect("the case is JSON");
    set_up(&case).await.unwrap_or_else(|error| panic!("{error}"))
}
