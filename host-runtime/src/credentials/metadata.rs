//! Keys that the place gives to whatever runs there: a container's, an instance's.

use std::net::IpAddr;

use gateway_core::effect::EffectError;
use http::{HeaderValue, Request, StatusCode, Uri, header};

use super::document::read_keys;
use super::{Keys, ask, ask_for_200};
use crate::body::Body;
use crate::perform::http::HttpClient;

/// The endpoint of Amazon ECS and EKS ("Container credential provider").
#[derive(Debug, Clone)]
pub(super) struct Container {
    url: String,
    authorization: Option<String>,
    authorization_file: Option<String>,
}

impl Container {
    pub(super) fn from_environment(set: &dyn Fn(&str) -> Option<String>) -> Option<Self> {
        let relative = set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
        let url = relative.map(|path| format!("http://169.254.170.2{path}"));
        Some(Self {
            url: url.or_else(|| set("AWS_CONTAINER_CREDENTIALS_FULL_URI"))?,
            authorization: set("AWS_CONTAINER_AUTHORIZATION_TOKEN"),
            authorization_file: set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"),
        })
    }

    pub(super) async fn keys(&self, client: &HttpClient) -> Result<Keys, String> {
        let url = &self.url;
        let uri: Uri = url.parse().map_err(|error| format!("{url}: {error}"))?;
        if !is_trusted(&uri) {
            return Err(format!("{url}: credentials are not fetched in clear text from there"));
        }
        let mut request = Request::get(uri).header(header::ACCEPT, "application/json");
        if let Some(token) = self.token()? {
            let mut token = HeaderValue::try_from(token.trim_end())
                .map_err(|_| "the container's authorization token is no field value".to_owned())?;
            token.set_sensitive(true);
            request = request.header(header::AUTHORIZATION, token);
        }
        let request = request.body(Body::Empty).map_err(|error| format!("{url}: {error}"))?;
        read_keys(&ask_for_200(client, request).await?)
    }

    /// The file changes: it is read each time.
    fn token(&self) -> Result<Option<String>, String> {
        match &self.authorization_file {
            Some(path) => std::fs::read_to_string(path)
                .map(Some)
                .map_err(|error| format!("reading {path}: {error}")),
            None => Ok(self.authorization.clone()),
        }
    }
}

/// TLS, this machine, or the addresses of ECS and EKS.
fn is_trusted(uri: &Uri) -> bool {
    const SERVICES: [&str; 3] = ["169.254.170.2", "169.254.170.23", "fd00:ec2::23"];
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    uri.scheme_str() == Some("https")
        || SERVICES.contains(&host)
        || host == "localhost"
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// The instance metadata service of Amazon EC2, version 2.
#[derive(Debug, Clone)]
pub(super) struct Instance {
    endpoint: String,
}

impl Instance {
    pub(super) fn from_environment(set: &dyn Fn(&str) -> Option<String>) -> Option<Self> {
        if set("AWS_EC2_METADATA_DISABLED").is_some_and(|text| text.eq_ignore_ascii_case("true")) {
            return None;
        }
        let mode = set("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE").unwrap_or_default();
        let usual = match mode.eq_ignore_ascii_case("ipv6") {
            true => "http://[fd00:ec2::254]",
            false => "http://169.254.169.254",
        };
        let endpoint = set("AWS_EC2_METADATA_SERVICE_ENDPOINT").unwrap_or_else(|| usual.into());
        Some(Self { endpoint: endpoint.trim_end_matches('/').into() })
    }

    /// None where there is no such service, and for an instance without a role.
    pub(super) async fn keys(&self, client: &HttpClient) -> Result<Option<Keys>, String> {
        const ROLES: &str = "meta-data/iam/security-credentials/";
        let Some(token) = self.token(client).await? else { return Ok(None) };
        let (status, roles) = self.get(client, ROLES, &token).await?;
        if status == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        let roles = String::from_utf8_lossy(&roles);
        let Some(role) = roles.lines().next().filter(|_| status == StatusCode::OK) else {
            return Err(format!("the instance metadata service answered {status} to {ROLES}"));
        };
        let (status, document) =
            self.get(client, &format!("{ROLES}{}", role.trim()), &token).await?;
        if status != StatusCode::OK {
            return Err(format!("the instance metadata service answered {status} for role {role}"));
        }
        read_keys(&document).map(Some)
    }

    async fn token(&self, client: &HttpClient) -> Result<Option<HeaderValue>, String> {
        let request = Request::put(format!("{}/latest/api/token", self.endpoint))
            .header("x-aws-ec2-metadata-token-ttl-seconds", "300")
            .body(Body::Empty)
            .map_err(|error| format!("{}: {error}", self.endpoint))?;
        match ask(client, request).await {
            Ok((StatusCode::OK, token)) => HeaderValue::from_maybe_shared(token)
                .map(Some)
                .map_err(|_| "the instance metadata service gave no valid token".into()),
            Ok((status, _)) => {
                Err(format!("the instance metadata service answered {status} to the token request"))
            }
            Err(EffectError::TimedOut | EffectError::Unavailable(_)) => Ok(None),
            Err(error) => Err(format!("the instance metadata service: {error}")),
        }
    }

    async fn get(
        &self,
        client: &HttpClient,
        path: &str,
        token: &HeaderValue,
    ) -> Result<(StatusCode, bytes::Bytes), String> {
        let url = format!("{}/latest/{path}", self.endpoint);
        let request = Request::get(&url)
            .header("x-aws-ec2-metadata-token", token)
            .body(Body::Empty)
            .map_err(|error| format!("{url}: {error}"))?;
        ask(client, request).await.map_err(|error| format!("{url}: {error}"))
    }
}
