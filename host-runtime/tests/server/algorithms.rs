//! By which signatures tokens get in: those that `docs/compatibility.md` names, and no others.

use std::net::SocketAddr;
use std::time::SystemTime;

use serde_json::{Value, json};

use crate::forged_tokens::{issuer, serve_paths};
use crate::kit::*;
use crate::signers::{Signer, signers};

fn status(served: &Served, token: &str) -> u16 {
    let mut client = served.client();
    let request = format!("GET / HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {token}\r\n\r\n");
    client.send(request.as_bytes());
    client.answer().status
}

fn serve(issuer: SocketAddr) -> Served {
    let integration = json!({
        "type": "http_proxy", "httpMethod": "GET", "payloadFormatVersion": "1.0",
        "uri": format!("http://{}/", echo()),
    });
    let method = json!({
        "security": [{"jwt": []}], "responses": {}, "x-amazon-apigateway-integration": integration,
    });
    serve_paths(issuer, &json!({"/": {"get": method}}))
}

#[test]
fn tokens_get_in_by_the_documented_signatures_and_by_no_others() {
    let signers = signers();
    let keys: Vec<&Value> = signers.iter().map(|(signer, _)| &signer.jwk).collect();
    let (issuer, _) = issuer(json!({"keys": keys}));
    let served = serve(issuer);
    let now_s = SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs();
    let claims =
        json!({"iss": format!("http://{issuer}"), "aud": "api", "exp": now_s + 600}).to_string();
    for (Signer { alg, sign, .. }, is_taken) in &signers {
        let named =
            |alg: &str, kid: &str| sign(&json!({"alg": alg, "kid": kid}).to_string(), &claims);
        let expected = if *is_taken { 200 } else { 401 };
        assert_eq!(status(&served, &named(alg, alg)), expected, "{alg}");
        // By no other name, and by nobody else's key.
        for (other, _) in signers.iter().filter(|(other, _)| other.alg != *alg) {
            assert_eq!(status(&served, &named(other.alg, alg)), 401, "{alg} as {}", other.alg);
            assert_eq!(status(&served, &named(alg, other.alg)), 401, "{alg} by {}", other.alg);
        }
    }
}
