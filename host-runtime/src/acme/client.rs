//! The requests of an order (RFC 8555 §7).

use std::time::Duration;

use http::{HeaderMap, Request, header};
use serde_json::{Value, json};

use super::certificate;
use super::challenges::Challenges;
use super::jws::AccountKey;
use crate::body::Body;
use crate::perform::http::HttpClient;

const ANSWER_MAX: Duration = Duration::from_secs(30);
const ANSWER_BYTES_MAX: usize = 256 * 1024;
/// Attempts with a nonce that the authority has just given (RFC 8555 §6.5).
const NONCES_MAX: usize = 10;
/// Waits between questions whether something is done: doubled from the first to the last.
const POLL: [Duration; 2] = [Duration::from_millis(250), Duration::from_secs(5)];
/// Of what an authority says is wrong.
const DETAIL_CHARACTERS_MAX: usize = 300;

/// A client of an authority.
pub(super) struct Client<'h> {
    http: &'h HttpClient,
    directory: Value,
    key: AccountKey,
    account: Option<String>,
    nonce: Option<String>,
}

/// An answer that is none of an error.
struct Answer {
    headers: HeaderMap,
    content: Vec<u8>,
}

impl<'h> Client<'h> {
    /// Reads the authority's directory.
    pub(super) async fn open(
        http: &'h HttpClient,
        directory_url: &str,
        key: AccountKey,
    ) -> Result<Self, String> {
        let request = Request::get(directory_url).body(Body::Empty).map_err(|e| e.to_string())?;
        let (status, answer) = send(http, request).await?;
        if status != 200 {
            return Err(format!("the directory is answered with {status}"));
        }
        let directory = answer.json()?;
        Ok(Self { http, directory, key, account: None, nonce: None })
    }

    /// Makes the account, or finds it (§7.3).
    pub(super) async fn sign_in(&mut self, contacts: &[String]) -> Result<(), String> {
        let url = text(&self.directory, "newAccount")?;
        let mut payload = json!({"termsOfServiceAgreed": true});
        if !contacts.is_empty() {
            payload["contact"] = contacts.into();
        }
        let answer = self.post(&url, Some(payload)).await?;
        self.account = Some(answer.location()?);
        Ok(())
    }

    /// Orders the certificate of a domain name: its chain, and its key, in PEM.
    pub(super) async fn order(
        &mut self,
        domain_name: &str,
        challenges: &Challenges,
    ) -> Result<(String, String), String> {
        let url = text(&self.directory, "newOrder")?;
        let identifiers = json!([{"type": "dns", "value": domain_name}]);
        let answer = self.post(&url, Some(json!({"identifiers": identifiers}))).await?;
        let (order_url, order) = (answer.location()?, answer.json()?);
        let authorizations = order["authorizations"].as_array().cloned().unwrap_or_default();
        for url in &authorizations {
            let url = url.as_str().ok_or("an authorization without a URL")?;
            self.authorize(url, domain_name, challenges).await?;
        }
        let (request, key) = certificate::request(domain_name)?;
        let payload = json!({"csr": base64_url(&request)});
        self.post(&text(&order, "finalize")?, Some(payload)).await?;
        let order = self.wait(&order_url, "the order", &["pending", "ready", "processing"]).await?;
        let chain = self.post(&text(&order, "certificate")?, None).await?;
        let chain = String::from_utf8(chain.content).map_err(|_| "the certificate is no text")?;
        Ok((chain, key))
    }

    /// Proves whose the domain name is (§7.5).
    async fn authorize(
        &mut self,
        url: &str,
        domain_name: &str,
        challenges: &Challenges,
    ) -> Result<(), String> {
        let authorization = self.post(url, None).await?.json()?;
        if authorization["status"] == "valid" {
            return Ok(());
        }
        let offered = authorization["challenges"].as_array();
        let challenge = offered.and_then(|all| all.iter().find(|c| c["type"] == "tls-alpn-01"));
        let challenge = challenge.ok_or("the authority takes no proof by tls-alpn-01")?;
        let digest = self.key.authorization_digest(&text(challenge, "token")?);
        let _shown = challenges.show(domain_name, certificate::proof(domain_name, &digest)?);
        self.post(&text(challenge, "url")?, Some(json!({}))).await?;
        self.wait(url, "the proof", &["pending"]).await?;
        Ok(())
    }

    /// Waits until something is valid; with an error when it is anything else but one of these.
    async fn wait(&mut self, url: &str, what: &str, meanwhile: &[&str]) -> Result<Value, String> {
        let mut wait = POLL[0];
        loop {
            let answer = self.post(url, None).await?;
            let value = answer.json()?;
            let status = text(&value, "status")?;
            if status == "valid" {
                return Ok(value);
            }
            if !meanwhile.contains(&&*status) {
                let challenges = value["challenges"].as_array();
                let failed = challenges.and_then(|c| c.iter().find(|c| c["error"].is_object()));
                let error = failed.map_or(&value["error"], |challenge| &challenge["error"]);
                return Err(format!("{what} is {status}: {}", problem(error)));
            }
            // The caller bounds how long that may go on.
            tokio::time::sleep(answer.retry_after().unwrap_or(wait).min(POLL[1])).await;
            wait = (wait * 2).min(POLL[1]);
        }
    }

    /// Sends a signed request; without a payload one that reads (§6.3).
    async fn post(&mut self, url: &str, payload: Option<Value>) -> Result<Answer, String> {
        for _ in 0..NONCES_MAX {
            let nonce = match self.nonce.take() {
                Some(nonce) => nonce,
                None => self.new_nonce().await?,
            };
            let account = self.account.as_deref();
            let content = self.key.sign(url, &nonce, account, payload.as_ref())?;
            let request = Request::post(url)
                .header(header::CONTENT_TYPE, "application/jose+json")
                .header(header::CONTENT_LENGTH, content.len())
                .body(Body::from(content))
                .map_err(|error| error.to_string())?;
            let (status, answer) = send(self.http, request).await?;
            self.nonce = answer.nonce();
            if (200..300).contains(&status) {
                return Ok(answer);
            }
            let error = answer.json().unwrap_or_default();
            if error["type"] != "urn:ietf:params:acme:error:badNonce" {
                return Err(format!("{}: {status}: {}", shown(url), problem(&error)));
            }
        }
        Err(format!("{}: the authority takes none of its own nonces", shown(url)))
    }

    async fn new_nonce(&self) -> Result<String, String> {
        let url = text(&self.directory, "newNonce")?;
        let request = Request::head(&url).body(Body::Empty).map_err(|error| error.to_string())?;
        let (_, answer) = send(self.http, request).await?;
        answer.nonce().ok_or_else(|| format!("{}: there is no nonce", shown(&url)))
    }
}

impl Answer {
    fn json(&self) -> Result<Value, String> {
        serde_json::from_slice(&self.content).map_err(|error| format!("an answer: {error}"))
    }

    fn field(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    fn nonce(&self) -> Option<String> {
        self.field("replay-nonce").map(Into::into)
    }

    fn location(&self) -> Result<String, String> {
        self.field("location").map(Into::into).ok_or_else(|| "an answer without a place".into())
    }

    fn retry_after(&self) -> Option<Duration> {
        self.field("retry-after")?.parse().ok().map(Duration::from_secs)
    }
}

/// A URL without what may be a secret of it: its user information, and its query.
pub(super) fn shown(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    let Some((scheme, rest)) = url.split_once("://") else { return url.into() };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = authority.rsplit('@').next().unwrap_or_default();
    format!("{scheme}://{host}{path}")
}

async fn send(http: &HttpClient, request: Request<Body>) -> Result<(u16, Answer), String> {
    let url = shown(&request.uri().to_string());
    let told = |error: &dyn std::fmt::Display| format!("{url}: {error}");
    let sent = http.send(request, ANSWER_MAX).await.map_err(|error| told(&error))?;
    let (head, body) = sent.into_parts();
    let content = tokio::time::timeout(ANSWER_MAX, body.collect(ANSWER_BYTES_MAX)).await;
    let content = content.map_err(|_| format!("{url}: the answer takes too long"))?;
    let content = content.map_err(|error| told(&error))?.to_vec();
    Ok((head.status.as_u16(), Answer { headers: head.headers, content }))
}

fn text(value: &Value, name: &str) -> Result<String, String> {
    let text = value[name].as_str().map(Into::into);
    text.ok_or_else(|| format!("the authority's answer has no `{name}`"))
}

/// RFC 7807, of which no more is told than fits a line.
fn problem(error: &Value) -> String {
    let detail = error["detail"].as_str().or_else(|| error["type"].as_str());
    let detail = detail.unwrap_or("without a reason").chars();
    detail.map(|c| if c.is_control() { ' ' } else { c }).take(DETAIL_CHARACTERS_MAX).collect()
}

fn base64_url(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_shown_without_its_user_information_and_its_query() {
        for (url, expected) in [
            ("https://ca.example/dir", "https://ca.example/dir"),
            (
                "https://fu:hush@ca.example:14000/dir?token=hush#hush",
                "https://ca.example:14000/dir",
            ),
            ("https://fu:hu@sh@ca.example?hush", "https://ca.example"),
            ("nonsense?hush", "nonsense"),
        ] {
            assert_eq!(shown(url), expected);
        }
    }
}
