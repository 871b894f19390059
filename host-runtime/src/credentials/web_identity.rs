//! A role taken by a token from a file, as pods on Amazon EKS have it.
//!
//! AWS Security Token Service API Reference, "AssumeRoleWithWebIdentity": not signed.

use http::{Request, header};

use super::document::read_time;
use super::{Keys, ask_for_200};
use crate::body::Body;
use crate::perform::http::HttpClient;

/// Where the token is and what it is exchanged for.
#[derive(Debug, Clone)]
pub(super) struct WebIdentity {
    pub(super) token_file: String,
    pub(super) role_arn: String,
    pub(super) session_name: String,
    pub(super) endpoint: String,
}

impl WebIdentity {
    pub(super) fn from_environment(
        set: &dyn Fn(&str) -> Option<String>,
        region: &str,
    ) -> Option<Self> {
        Some(Self {
            token_file: set("AWS_WEB_IDENTITY_TOKEN_FILE")?,
            role_arn: set("AWS_ROLE_ARN")?,
            session_name: set("AWS_ROLE_SESSION_NAME").unwrap_or_else(|| "edgeway".into()),
            endpoint: endpoint(set, region),
        })
    }

    pub(super) async fn exchange(&self, client: &HttpClient) -> Result<Keys, String> {
        let token = std::fs::read_to_string(&self.token_file)
            .map_err(|error| format!("reading {}: {error}", self.token_file))?;
        let parameters = [
            ("Action", "AssumeRoleWithWebIdentity"),
            ("Version", "2011-06-15"),
            ("RoleArn", &self.role_arn),
            ("RoleSessionName", &self.session_name),
            ("WebIdentityToken", token.trim()),
        ];
        let form: Vec<String> = parameters
            .iter()
            .map(|(name, value)| format!("{name}={}", crate::sigv4::encode(value)))
            .collect();
        let request = Request::post(format!("{}/", self.endpoint))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(form.join("&").into_bytes()))
            .map_err(|error| format!("{}: {error}", self.endpoint))?;
        let answer = ask_for_200(client, request).await?;
        read_answer(&String::from_utf8_lossy(&answer))
            .ok_or_else(|| format!("{} answered without credentials", self.endpoint))
    }
}

/// Where tokens are exchanged.
pub(super) fn endpoint(set: &dyn Fn(&str) -> Option<String>, region: &str) -> String {
    let suffix = if region.starts_with("cn-") { ".cn" } else { "" };
    let endpoint = set("AWS_ENDPOINT_URL_STS").or_else(|| set("AWS_ENDPOINT_URL"));
    let endpoint =
        endpoint.unwrap_or_else(|| format!("https://sts.{region}.amazonaws.com{suffix}"));
    endpoint.trim_end_matches('/').into()
}

/// The keys in an answer of STS. The four values are base64 and a time: nothing in them is escaped.
pub(super) fn read_answer(xml: &str) -> Option<Keys> {
    let text = |tag: &str| {
        let (_, rest) = xml.split_once(&format!("<{tag}>"))?;
        Some(rest.split_once(&format!("</{tag}>"))?.0.to_owned())
    };
    let expiry = read_time(&text("Expiration")?)?;
    let (id, secret) = (text("AccessKeyId")?, text("SecretAccessKey")?);
    Some(Keys::new(id, secret, text("SessionToken"), Some(expiry), "web identity"))
}
